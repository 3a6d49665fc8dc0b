"""Phases by timetable: when each begins, and a Nordic day on a manual clock that is the same each time it is told."""

from datetime import UTC, date, datetime

import pytest

from engine.api import Phase
from engine.engine import NEVER, Engine
from ouch import nordic_codec
from venue import calendar
from venue.config import ConfigError, parse, sample
from venue.log import read_log
from venue.machine import Machine
from venue.record import Kind
from venue.recovery import replay
from venue.timetable import timetables

TIMETABLES = pytest.mark.section("Portcullis", "Timetables")
SERVICES = '[[service]]\nkey = "ouch.nasdaq"'
STOCKHOLM = """
[[timetable]]
market = "nordic"
entries = [
    { at = "08:00", phase = "PRE_OPEN" },
    { at = "08:45", phase = "OPENING_CALL" },
    { at = "09:00", phase = "CONTINUOUS", random_seconds = 5 },
    { at = "13:00", phase = "INTRADAY_CALL" },
    { at = "13:02", phase = "CONTINUOUS" },
    { at = "17:25", phase = "CLOSING_CALL" },
    { at = "17:29:30", phase = "POST_TRADE", random_seconds = 30 },
    { at = "18:00", phase = "CLOSED" },
]
"""
HELSINKI = """
[[timetable]]
market = "nordic"
mics = ["XHEL"]
timezone = "Europe/Helsinki"
calendar = "XHEL"
entries = [{ at = "10:00", phase = "CONTINUOUS" }, { at = "19:00", phase = "CLOSED" }]
"""
MANUAL = ("low_disk_mb", 'clock = "manual"\nclock_start = 2026-11-25T05:00:00Z\nlow_disk_mb')
DAY, SESSION = "2026-11-25", "261125AAAA"


def config_with(*tables):
    return parse(sample().replace(SERVICES, "".join(tables) + SERVICES))


def times(timetable, day=DAY, session=SESSION):
    """The moments of a day as UTC times of that day."""
    moments = timetable.moments(day, session)
    return [None if at == NEVER else datetime.fromtimestamp(at / 10**9, UTC).strftime("%H:%M:%S") for at in moments]


def made(*tables):
    return timetables(config_with(*tables), Engine(), lambda _: None)


@TIMETABLES
def test_entries_begin_at_their_local_time_and_random_ones_within_their_seconds():
    stockholm, helsinki = made(STOCKHOLM, HELSINKI)
    assert times(helsinki) == ["08:00:00", "17:00:00"]
    assert times(helsinki, "2026-07-01") == ["07:00:00", "16:00:00"]
    told = times(stockholm)
    assert told[:2] == ["07:00:00", "07:45:00"]
    assert "08:00:00" <= told[2] <= "08:00:05"
    assert "16:29:30" <= told[6] <= "16:30:00"
    several = {times(stockholm, session=f"261125{number:04d}")[6] for number in range(50)}
    assert len(several) > 10
    assert times(stockholm) == told
    assert {symbol for table in (stockholm, helsinki) for symbol in table.symbols} == {
        *("101", "102", "301", "401", "901"),
        "201",
    }


@TIMETABLES
def test_on_a_half_day_the_end_of_the_day_is_earlier_and_what_would_come_after_it_is_left_out():
    (stockholm,) = made(STOCKHOLM)
    half = next(day for day in calendar.load("XSTO").early_closes if day.startswith("2026-1"))
    early = calendar.load("XSTO").minutes_early(date.fromisoformat(half))
    assert early > 4 * 60
    told = times(stockholm, half)
    assert told[3:5] == [None, None]
    assert told[5] == datetime.fromtimestamp(stockholm.moments(half, "")[5] / 10**9, UTC).strftime("%H:%M:%S")
    zone = 60 if half > "2026-10-25" else 120
    closing = 17 * 60 + 25 - early - zone
    assert told[5] == f"{closing // 60:02d}:{closing % 60:02d}:00"
    assert [at for at in stockholm.moments(half, "") if at != NEVER] == sorted(
        at for at in stockholm.moments(half, "") if at != NEVER
    )


@TIMETABLES
def test_on_a_day_on_which_its_market_does_not_trade_nothing_begins():
    (stockholm,) = made(STOCKHOLM)
    assert set(times(stockholm, "2026-12-25")) == {None}


@TIMETABLES
@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ([STOCKHOLM.replace('"nordic"', '"nyse"')], "timetable[0].market"),
        ([STOCKHOLM.replace("PRE_OPEN", "MARKET")], "timetable[0].entries[0].phase"),
        ([STOCKHOLM.replace("08:45", "08:00")], "timetable[0].entries[1].at"),
        ([STOCKHOLM.replace("13:00", "09:00:05")], "timetable[0].entries[3].at"),
        ([STOCKHOLM.replace("18:00", "24:00")], "timetable[0].entries[7].at"),
        ([STOCKHOLM, STOCKHOLM], "timetable[1].mics"),
        ([HELSINKI, HELSINKI], "timetable[1].mics"),
        ([HELSINKI.replace("XHEL", "XPAR", 1)], "timetable[0].mics"),
        ([HELSINKI.replace("Europe/Helsinki", "Europe/Nowhere")], "timetable[0].timezone"),
    ],
)
def test_a_timetable_that_cannot_be_is_refused_by_its_key(tables, key):
    with pytest.raises(ConfigError) as refused:
        config_with(*tables)
    assert refused.value.key == key


def order(number, side, quantity, price, user, options=b"", book=101):
    return nordic_codec.pack_enter_order(number, side, quantity, book, price, user, 0, 0, 0, 0, b"1", b"-", options)


def play(venue, buyer, seller):
    """A Wednesday in Stockholm; gives what the operator saw."""

    def advance(time):
        answer = venue.ask("clock", {"advanceTo": f"{DAY}T{time}Z"})
        assert answer.status == 200, answer.body
        seen.append([venue.ask(f"books/nordic/{book}").body["phase"] for book in ("101", "102", "201")])

    def send(client, *message):
        client.send(order(*message))
        while client.take(1)[0][:1] != b"A":  # what traded before may come in front of it
            pass

    seen = []
    advance("07:50:00")
    for book, price in ((101, 1_010_000), (102, 2_900_000)):
        number = book - 100
        send(buyer, number, b"B", 100, price, b"GP29U5", b"", book)
        send(seller, number, b"S", 60, price, b"GP30U1", b"", book)
    advance("08:00:10")
    advance("08:04:00")
    send(seller, 3, b"S", 20, 1_010_000, b"GP30U1")
    tie = nordic_codec.pack_option(nordic_codec.TAG_CROSS_TYPE, b"C")
    send(buyer, 4, b"B", 50, 1_000_000, b"GP29U5", tie)
    send(seller, 4, b"S", 30, 1_000_000, b"GP30U1", tie)
    advance("16:27:00")
    advance("16:31:00")
    advance("18:00:00")
    return seen


@TIMETABLES
def test_a_nordic_day_told_twice_has_the_same_bytes_each_time_and_its_replay_too(host, connect, demo_config, tmp_path):
    outcomes = []
    for run in ("first", "second"):
        config = demo_config(MANUAL, (SERVICES, STOCKHOLM + HELSINKI + SERVICES), durability="process")
        venue = host(config, data=tmp_path / run)
        buyer, seller = (connect(venue, "ouch.nordic", name) for name in ("GP29O1", "GP30O1"))
        buyer.take(1)
        seller.take(1)
        seen = play(venue, buyer, seller)
        assert venue.ask("trading-day/next", {}).status == 200
        for client in (buyer, seller):
            client.read_to_end()
        venue.wait_for_leavers()
        venue.wait_for_disk()
        records = [record for _, record in read_log(venue.data) if record.kind == Kind.COMMAND]
        machine = Machine(tmp_path)
        replay(venue.data, machine)
        assert machine.hash() == venue.hash()
        outcomes.append(
            (seen, list(buyer.received), list(seller.received), [one._replace(wall_time=0) for one in records])
        )
        venue.clock.moment += 12_345 * 10**9
    assert outcomes[0] == outcomes[1]
    seen, bought, *_ = outcomes[0]
    assert seen == [
        ["OPENING_CALL", "OPENING_CALL", "CONTINUOUS"],
        ["CONTINUOUS", "OPENING_CALL", "CONTINUOUS"],  # Volvo would open 16 % away: its call goes on
        ["CONTINUOUS", "CONTINUOUS", "CONTINUOUS"],
        ["CLOSING_CALL", "CLOSING_CALL", "CONTINUOUS"],
        ["POST_TRADE", "POST_TRADE", "CONTINUOUS"],
        ["CLOSED", "CLOSED", "CLOSED"],
    ]
    trades = [nordic_codec.unpack_order_executed(message) for message in bought if message[:1] == b"E"]
    assert [(trade[1], trade[2], trade[3]) for trade in trades] == [
        (1, 60, 1_010_000),
        (2, 60, 2_900_000),
        (1, 20, 1_010_000),
        (1, 20, 1_000_000),
        (4, 10, 1_000_000),
    ]
    assert Phase.CLOSED in {book.phase for book in machine.engine.markets["nordic"].books.values()}


AUCTIONS = """
[[timetable]]
market = "nordic"
mics = ["SSME"]
entries = [
    { at = "08:00", phase = "PRE_OPEN" },
    { at = "08:45", phase = "OPENING_CALL" },
    { at = "09:00", phase = "INTRADAY_CALL" },
    { at = "11:00", phase = "INTRADAY_CALL" },
    { at = "13:00", phase = "INTRADAY_CALL" },
    { at = "15:00", phase = "CLOSING_CALL" },
    { at = "17:30", phase = "POST_TRADE" },
]
"""


@TIMETABLES
def test_a_segment_that_trades_in_auctions_alone_has_five_a_day_and_nothing_trades_in_between(
    host, connect, demo_config
):
    venue = host(demo_config(MANUAL, (SERVICES, AUCTIONS + SERVICES), durability="memory"))
    buyer, seller = (connect(venue, "ouch.nordic", name) for name in ("GP29O1", "GP30O1"))
    phases, told = [], []
    for number, time in enumerate(("07:50", "08:30", "10:30", "12:30", "14:30"), 1):
        assert venue.ask("clock", {"advanceTo": f"{DAY}T{time}:00Z"}).status == 200
        for client, side, user in ((buyer, b"B", b"GP29U5"), (seller, b"S", b"GP30U1")):
            client.send(order(number, side, 100, 20_000, user, b"", 901))
            told += client.take(2)  # the start of the day or an execution, and what is said of the order
        phases.append(venue.ask("books/nordic/901").body["phase"])
    venue.ask("clock", {"advanceTo": f"{DAY}T16:45:00Z"})
    told += buyer.take(1)
    trades = [nordic_codec.unpack_order_executed(message) for message in told if message[:1] == b"E"][::2]
    assert phases == ["OPENING_CALL", "INTRADAY_CALL", "INTRADAY_CALL", "INTRADAY_CALL", "CLOSING_CALL"]
    assert [(trade[1], trade[2], trade[7]) for trade in trades] == [
        *((1, 100, b"O"), (2, 100, b"I"), (3, 100, b"I"), (4, 100, b"I"), (5, 100, b"K"))
    ]
    assert venue.ask("books/nordic/901").body["officialClose"] == "2.0000"
