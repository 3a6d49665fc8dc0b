"""Post-Trade Risk over a real log: exact after any restart, from every venue, and nothing of it in the engine."""

import random
import shutil

import msgspec
import pytest
from clearing_floor import ClearingFloor, totals

from engine.clearing_commands import ReportTrades, SetClearingLimits, TradeReport
from venue.machine import Machine
from venue.mailbox import Mailbox
from venue.recovery import recover
from venue.sidecar.clearing import FOLDER
from venue.sidecar.clearing_notices import ClearingNotices
from venue.sidecar.feed import Feed
from venue.sidecar.notices import Notifier

PTR = pytest.mark.section("PTR", "3.2 Semantics")


@pytest.fixture
def floor(tmp_path):
    floor = ClearingFloor(tmp_path)
    yield floor
    floor.close()


def limits(**values):
    return SetClearingLimits("INET", values, today=True, next_day=False, user="client:x")


REPORT = ReportTrades((TradeReport("INET", "AKAM", True, "AAPL", 10, 1_000_000),), "trf-1", "desk")


@PTR
async def test_executions_of_every_us_market_count_and_those_of_nordic_ones_do_not(floor):
    floor.trade("B", 100)
    floor.trade("S", 50, 201, market="bx")
    floor.trade("B", 10, market="psx")
    house = await floor.house()
    assert totals(house) == (22_000, 10_050, 11_950)
    assert totals(house, "AKAM") == (10_050, 22_000, -11_950)
    assert set(house.clearing.relations) == {"INET", "AKAM"}


@PTR
async def test_a_bust_and_a_day_are_seen_as_the_engine_sees_them(floor):
    first = floor.trade("B", 100)
    floor.trade("B", 10)
    floor.bust(first)
    floor.bust(first)  # refused: it is broken already
    floor.bust(99)
    house = await floor.house()
    assert totals(house) == (2_000, 0, 2_000)
    floor.next_day()
    floor.trade("S", 10)
    await house.replica.catch_up()
    assert totals(house) == (0, 2_000, -2_000)
    assert house.clearing.date == "2026-11-23"


async def test_the_engine_passes_the_records_over(floor):
    before = floor.machine.hash()
    number = floor.machine.number
    assert floor.do(limits(aggregate_buy=5)) is None
    assert floor.do(REPORT) is None
    assert floor.machine.hash() == before
    assert floor.machine.number == number + 2
    other = Machine(floor.data)
    recover(floor.data, other)
    assert (other.number, other.hash()) == (floor.machine.number, before)


def happen(floor, times):
    """A morning: trades of three markets, limits, a report, busts."""
    for i in range(times):
        match = floor.trade("B" if i % 3 else "S", 10 + i, 200 + i % 5, market=("nasdaq", "bx", "psx")[i % 3])
        if i % 4 == 0:
            floor.do(limits(aggregate_buy=1_000 * i, per_trade=5_000))
        if i % 5 == 0:
            floor.do(msgspec.structs.replace(REPORT, report_id=f"trf-{i}"))
        if i % 3 == 0:
            floor.bust(match, "nasdaq")


async def test_a_start_from_what_was_kept_and_one_from_the_first_record_agree(floor):
    happen(floor, 7)
    house = await floor.house()
    house.close()
    kept = house.hash()
    floor.snapshot()
    happen(floor, 6)
    floor.next_day()
    floor.snapshot()
    happen(floor, 5)
    restarted = await floor.house()
    assert restarted.replica.machine.number == floor.machine.number
    shutil.rmtree(floor.data / FOLDER)
    whole = await floor.house()
    assert restarted.hash() == whole.hash() != kept
    restarted.replica.rebuild()
    await restarted.replica.catch_up()
    assert restarted.hash() == whole.hash()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_totals_are_what_the_log_comes_to_under_random_trades_busts_and_restarts(floor, seed):
    draw, trades = random.Random(seed), {}
    house = await floor.house()
    for _ in range(40):
        act = draw.random()
        if act < 0.7 or not trades:
            side, quantity = draw.choice("BS"), draw.randrange(1, 500)
            dollars, market = draw.randrange(195_00, 205_00) / 100, draw.choice(("nasdaq", "bx", "psx"))
            match = floor.trade(side, quantity, dollars, market)
            trades[market, match] = side, quantity * round(dollars * 10_000)
        elif act < 0.85:
            market, match = draw.choice(list(trades))
            floor.bust(match, market)
            del trades[market, match]
        elif act < 0.95:
            await house.replica.catch_up()
            house.close()
            house = await floor.house()
        else:
            floor.snapshot()
    await house.replica.catch_up()
    bought, sold = (sum(amount for each, amount in trades.values() if each == side) for side in "BS")
    inet, akam = (house.clearing.relations[name] for name in ("INET", "AKAM"))
    assert (inet.buy, inet.sell, akam.buy, akam.sell) == (bought, sold, sold, bought)


async def test_a_process_that_is_killed_loses_nothing_however_often_it_was_kept(floor):
    house = await floor.house()
    for _ in range(4):
        happen(floor, 3)
        await house.replica.catch_up()
        house.close()
        happen(floor, 2)
        house = await floor.house()  # what came behind the last state is read once more
    shutil.rmtree(floor.data / FOLDER)
    assert house.hash() == (await floor.house()).hash()


async def test_a_start_whose_older_records_are_gone_goes_on_from_what_was_kept(floor):
    happen(floor, 5)
    floor.do(SetClearingLimits("INET", {"aggregate_buy": 77}, today=True, next_day=True, user="client:x"))
    floor.next_day()
    floor.snapshot()
    happen(floor, 4)
    house = await floor.house()
    house.close()
    happen(floor, 2)
    await house.replica.catch_up()
    (floor.data / "log" / "2026-11-20.db").unlink()
    house.replica.close()
    again = await floor.house()
    assert again.hash() == house.hash()
    assert again.clearing.relations["INET"].next_day.aggregate_buy == 77


async def test_where_nothing_was_kept_and_records_are_gone_the_day_begins_at_the_snapshot(floor):
    floor.do(limits(aggregate_buy=77))
    floor.next_day()
    broken = floor.trade("B", 10)
    floor.snapshot()
    floor.trade("B", 5)
    (floor.data / "log" / "2026-11-20.db").unlink()
    house = await floor.house()
    assert totals(house) == (1_000, 0, 1_000)
    floor.bust(broken)  # it was never counted
    await house.replica.catch_up()
    assert totals(house) == (1_000, 0, 1_000)


@pytest.mark.parametrize("has_snapshot", [False, True])
async def test_what_was_kept_of_another_log_is_put_aside(floor, tmp_path_factory, has_snapshot):
    other = ClearingFloor(tmp_path_factory.mktemp("other"))
    happen(other, 5)
    (await other.house()).close()
    other.close()
    floor.trade("B", 10)
    if has_snapshot:
        floor.snapshot()
    shutil.copytree(other.data / FOLDER, floor.data / FOLDER)
    house = await floor.house()
    house.put_aside()
    await house.replica.catch_up()
    assert totals(house) == (2_000, 0, 2_000)
    assert not (floor.data / FOLDER).exists()
    house.put_aside()
    assert house.replica.applied == floor.machine.number


async def test_both_firms_have_mail_of_an_alert_once_a_day_and_again_when_the_limit_is_another(floor):
    house = await floor.house()
    with Mailbox(floor.data) as mailbox:
        notifier = Notifier(house.replica, mailbox)
        house.listeners.append(ClearingNotices(notifier).tell)

        async def mails(*commands):
            for command in commands:
                floor.do(command)
            await house.replica.catch_up()
            assert notifier.has_kept(floor.machine.number)
            return [(mail.recipients, mail.subject) for mail in mailbox.due(float("inf"), 100)]

        floor.do(limits(aggregate_buy=20_000))
        for _ in range(3):
            floor.trade("B", 60)
        clrg, inet = ("risk@clrg.example",), ("risk@inet.example",)
        near = "Nasdaq PTR: Aggregate Buy alert for correspondent INET of CLRG"
        over = "Nasdaq PTR: Aggregate Buy BREACH for correspondent INET of CLRG"
        told = [(clrg, near), (inet, near), (clrg, over), (inet, over)]
        assert await mails() == told
        breach = mailbox.due(float("inf"), 100)[2].text
        assert "Limit: Aggregate Buy 20000.0000\nObserved: 24000.0000\n" in breach
        assert await mails(limits(aggregate_buy=100_000), limits(aggregate_buy=20_000)) == told, "once a day"
        assert len(await mails(limits(aggregate_buy=100_000), limits(aggregate_buy=9_000))) == 8


async def test_following_live_events_and_leaving_again_takes_no_execution_away(floor):
    house = await floor.house()
    feed = Feed(house.replica)
    subscription = feed.open()
    floor.trade("B", 10)
    await house.replica.catch_up()
    feed.leave(subscription)
    feed.close()
    floor.trade("B", 10)
    await house.replica.catch_up()
    assert totals(house) == (4_000, 0, 4_000)
