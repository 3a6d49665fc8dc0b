"""A book that is built of the ITCH feed alone is the engine's displayed book, after every step of random days."""

import random
import sys
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[up]) for up in (0, 1)] + [str(Path(__file__).parents[3] / "engine")]

from banded import BandedMarket
from beside import Follower, Stage, snapshot_of, traded
from flow import Day
from test_cross_flow import random_step as cross_step
from test_shown import random_us_step
from trading import Market
from words import TOMORROW, buy, sell, short

from engine.api import Cross, Display, Phase, PriceType, TimeInForce
from venue.record import Kind

REBUILT = pytest.mark.section("TotalView-ITCH 5.0", "Book of displayed orders")


@REBUILT
def test_random_days_of_three_exchanges_as_records(tmp_path, seed):
    day = Day(seed, tmp_path)
    followers = [Follower(day.machine, tmp_path, key) for key in ("nasdaq", "bx")]
    applied = day.machine.apply
    messages = day.machine.messages

    def apply(record):
        refused = applied(record)
        for follower in followers:
            follower.step(record.kind)
        return refused

    def several(port, payloads, now, wall_time):
        count = 0
        for payload in payloads:
            count += messages(port, (payload,), now, wall_time)
            for follower in followers:
                follower.step(Kind.MESSAGE)
            if day.machine.engine.mass_cancels and day.machine.is_busy(port):
                break
        return count

    day.machine.apply, day.machine.messages = apply, several
    for days in (1, 2):
        for _ in range(400):
            day.step()
        for follower in followers:
            reader, following = snapshot_of(follower.feed)
            assert reader.queues() == follower.reader.queues()
            assert (reader.states, reader.short) == (follower.reader.states, follower.reader.short)
            assert following == follower.reader.messages + 1
            assert follower.reader.volume == traded(day.machine.engine, follower.key)
        if days == 1:
            day.next_day()
    assert [reader.events[0] for reader in followers[0].old] == ["O"]
    assert followers[0].old[0].events[-2:] == ["E", "C"]
    assert {*"SRHYAED"} <= {letter for follower in followers for letter in follower.old[0].letters}


@REBUILT
def test_random_days_with_pegs_and_halts(tmp_path, seed):
    rng = random.Random(seed)
    letters = set()
    for _ in range(4):
        market = Market()
        follower = Follower(Stage(market), tmp_path)
        for _ in range(120):
            random_us_step(rng, market)
            follower.step()
        assert follower.reader.volume == traded(market.engine)
        letters |= set(follower.reader.letters)
    assert {*"AEDPH"} <= letters


@REBUILT
def test_random_days_with_crosses_reserves_and_busts(tmp_path, seed):
    rng = random.Random(seed)
    letters, days = set(), 0
    while days < 8 or not {*"AECDPQHI"} <= letters:
        days += 1
        assert days <= 80, f"no day has any {set('AECDPQHI') - letters}"
        market = Market()
        follower = Follower(Stage(market), tmp_path)
        for _ in range(60):
            cross_step(rng, market)(market)
            follower.step()
            trades = market.engine.markets["nasdaq"]
            if trades.match_number and rng.random() < 0.05:
                number = rng.randint(1, trades.match_number)
                if number not in trades.trades.broken:
                    market.bust(number)
                    assert [message.message_type for message in follower.step()] == [b"B"]
            market.wait(rng.choice([0, 0, 1]))
            follower.step(Kind.TIMER)
        market.next_day(TOMORROW)
        follower.step()
        assert not follower.reader.orders
        letters.update(follower.old[0].letters)


KINDS = (
    {},
    {},
    {"hidden": True},
    {"max_floor": 100},
    {"max_floor": 100, "random_reserve": 100},
    {"display": Display.ATTRIBUTABLE},
    {"display": Display.ATTRIBUTABLE, "max_floor": 100},
    {"discretion_price": 100_200},
    {"discretion_price": 99_800, "discretion_price_type": PriceType.MIDPOINT_PEG},
    {"price_type": PriceType.PRIMARY_PEG, "max_floor": 100},
    {"price_type": PriceType.PRIMARY_PEG, "peg_offset": -100},
    {"price_type": PriceType.MARKET_PEG, "peg_offset": -100},
    {"price_type": PriceType.MIDPOINT_PEG, "hidden": True},
    {"minimum_quantity": 200, "hidden": True},
    {"post_only": True},
    {"time_in_force": TimeInForce.EXTENDED_HOURS},
    {"cross": Cross.CLOSING},
    {"cross": Cross.HALT},
    {"good_for": 5},
)
PHASES = (Phase.HALT, Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.QUOTATION, Phase.PRE_MARKET, Phase.POST_MARKET)


def any_step(rng, market):
    """Anything that may happen to displayed orders: every kind of them, replaced by any other kind, and every phase."""
    live = sorted(key for _, key in market.open)
    dice = rng.random()
    side, price = rng.choice([buy, sell, short]), f"{rng.randint(994, 1006) / 100:.2f}"
    order = side(rng.choice([100, 200, 300, 500]), at=price, by=rng.choice(["IN1", "AK1"]), **rng.choice(KINDS))
    if dice < 0.6 or not live:
        market.enter(order)
    elif dice < 0.75:
        market.replace(rng.choice(live), order)
    elif dice < 0.85:
        market.cancel(rng.choice(live), to=rng.choice([0, 100, 200]))
    elif dice < 0.9:
        market.wait(rng.choice([1, 10]))
    else:
        market.phase(rng.choice(PHASES))


@REBUILT
def test_random_days_with_every_kind_of_order(tmp_path, seed):
    rng = random.Random(seed)
    letters = set()
    for _ in range(6):
        market = Market()
        follower = Follower(Stage(market), tmp_path)
        for _ in range(150):
            any_step(rng, market)
            follower.step()
        letters |= set(follower.reader.letters)
        assert snapshot_of(follower.feed)[0].queues() == follower.reader.queues()
        assert follower.reader.volume == traded(market.engine)
    assert {*"AFECXDUPQHI"} <= letters


@REBUILT
def test_random_days_under_price_bands(tmp_path, seed):
    rng = random.Random(seed)
    letters = set()
    for _ in range(6):
        market = BandedMarket()
        follower = Follower(Stage(market), tmp_path)
        for _ in range(60):
            side = rng.choice([buy, sell, short])
            price = f"{rng.choice([9.5, 9.49, 9.6, 10, 10.4, 10.5, 10.51]):.2f}"
            market.enter(side(rng.choice([100, 300]), at=price, by=rng.choice(["IN1", "AK1"])))
            follower.step(Kind.MESSAGE)
            market.wait(rng.choice([0, 1, 8, 16, 100]))
            follower.step(Kind.TIMER)
        letters |= set(follower.reader.letters)
        assert follower.reader.volume == traded(market.engine)
    assert {*"AEH"} <= letters


@REBUILT
def test_the_same_records_give_the_same_bytes(tmp_path, seed):
    streams = []
    for _ in range(2):
        rng = random.Random(seed)
        market = Market()
        follower = Follower(Stage(market), tmp_path)
        for _ in range(80):
            random_us_step(rng, market)
            follower.step()
        stream = follower.feed.day.writer.stream
        streams.append(stream.slice(0, stream.length))
    assert streams[0] == streams[1]
