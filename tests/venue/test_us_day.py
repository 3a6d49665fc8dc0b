"""A US trading day by its timetable on a manual clock: told twice it has the same bytes, as has its replay."""

from datetime import UTC, date, datetime

import pytest

from engine.engine import NEVER, Engine
from ouch import codec
from venue import calendar
from venue.config import ConfigError, parse, sample
from venue.log import read_log
from venue.machine import Machine
from venue.record import Kind
from venue.recovery import replay
from venue.timetable import timetables

TIMETABLES = pytest.mark.section("Portcullis", "Timetables")
SERVICES = '[[service]]\nkey = "ouch.nasdaq"'
US_DAY = """
[[timetable]]
market = "nasdaq"
entries = [
    { at = "04:00", phase = "PRE_MARKET" },
    { at = "09:28", phase = "PRE_MARKET", stage = "NO_MARKET_ORDERS" },
    { at = "09:29:30", phase = "PRE_MARKET", stage = "NO_LIMIT_ORDERS" },
    { at = "09:30", phase = "MARKET" },
    { at = "15:50", phase = "MARKET", stage = "LATE" },
    { at = "15:55", phase = "MARKET", stage = "NO_MARKET_ORDERS" },
    { at = "15:58", phase = "MARKET", stage = "NO_LIMIT_ORDERS" },
    { at = "16:00", phase = "POST_MARKET" },
    { at = "20:00", phase = "CLOSED" },
]
"""
START = "2026-11-25T08:00:00Z"
MANUAL = ("low_disk_mb", f'clock = "manual"\nclock_start = {START}\nlow_disk_mb')
DAY, HALF_DAY = "2026-11-25", "2026-11-27"
MARKET = 0x7FFF_FFFF
IMBALANCE_ONLY = codec.pack_option(codec.TAG_HANDLE_INST, b"I")


def moments(day):
    (timetable,) = timetables(parse(sample().replace(SERVICES, US_DAY + SERVICES)), Engine(), lambda _: None)
    return [
        None if at == NEVER else datetime.fromtimestamp(at / 10**9, UTC).strftime("%H:%M:%S")
        for at in timetable.moments(day, "")
    ]


@TIMETABLES
def test_the_hours_of_a_us_day_and_of_a_half_day():
    assert moments(DAY) == [
        *("09:00:00", "14:28:00", "14:29:30", "14:30:00"),
        *("20:50:00", "20:55:00", "20:58:00", "21:00:00", "01:00:00"),
    ]
    early = calendar.load("XNAS").minutes_early(date.fromisoformat(HALF_DAY))
    assert early == 3 * 60
    assert moments(HALF_DAY)[3:] == ["14:30:00", "17:50:00", "17:55:00", "17:58:00", "18:00:00", "22:00:00"]


@TIMETABLES
@pytest.mark.parametrize("phase", ["POST_MARKET", "HALT"])
def test_a_phase_that_leads_to_no_cross_has_no_stages(phase):
    table = US_DAY.replace('"PRE_MARKET", stage = "NO_MARKET', f'"{phase}", stage = "NO_MARKET')
    with pytest.raises(ConfigError) as refused:
        parse(sample().replace(SERVICES, table + SERVICES))
    assert refused.value.key == "timetable[0].entries[1].stage"


class Trader:
    """A client that numbers its orders, and waits for what each brings."""

    def __init__(self, client):
        self.client = client
        self.number = 0
        client.take(1)

    def enter(self, side, quantity, price, *, cross=b"N", tif=b"0", options=b""):
        self.number += 1
        order = (self.number, side, quantity, b"ZWZZT   ", price, tif, b"Y", b"P", b"N", cross, b" " * 14, options)
        self.client.send(codec.pack_enter_order(*order))
        self.client.settle()

    def cancel(self, number):
        self.client.send(codec.pack_cancel_order(number, 0, b""))
        self.client.settle()


def play(venue, buyer, seller):
    """A Wednesday at NASDAQ; gives what the operator saw."""

    def advance(time, day=DAY):
        answer = venue.ask("clock", {"advanceTo": f"{day}T{time}Z"})
        assert answer.status == 200, answer.body
        book = venue.ask("books/nasdaq/ZWZZT").body
        shown = book["indicative"]
        told = () if shown is None else tuple(shown[key] for key in ("price", "paired", "imbalance", "imbalanceSide"))
        seen.append((book["phase"], *told))

    seen = []
    advance("09:00:00")
    buyer.enter(b"B", 100, 100_000, tif=b"5")
    seller.enter(b"S", 100, 100_400, tif=b"5")
    buyer.enter(b"B", 200, MARKET, cross=b"O", tif=b"3")
    buyer.enter(b"B", 50, 100_200)
    advance("14:28:00")
    buyer.enter(b"B", 10, MARKET, cross=b"O")
    buyer.enter(b"B", 10, 101_000, cross=b"O")
    buyer.cancel(2)
    seller.enter(b"S", 150, 100_300, cross=b"O", tif=b"3")
    advance("14:29:30")
    seller.enter(b"S", 10, 100_300, cross=b"O")
    seller.enter(b"S", 40, 100, cross=b"O", options=IMBALANCE_ONLY)
    advance("14:30:00")
    seller.enter(b"S", 30, 100_100, cross=b"C")
    buyer.enter(b"B", 70, MARKET, cross=b"C")
    advance("20:50:00")
    seller.cancel(5)
    buyer.enter(b"B", 20, 103_000, cross=b"C")
    advance("20:58:00")
    buyer.enter(b"B", 20, 103_000, cross=b"C")
    advance("21:00:00")
    buyer.enter(b"B", 20, 99_000)
    buyer.enter(b"B", 20, 99_000, tif=b"E")
    advance("01:00:00", "2026-11-26")
    buyer.enter(b"B", 20, 99_000, tif=b"5")
    return seen


@TIMETABLES
def test_a_us_day_told_twice_has_the_same_bytes_each_time_and_its_replay_too(host, connect, demo_config, tmp_path):
    outcomes = []
    for run in ("first", "second"):
        config = demo_config(MANUAL, (SERVICES, US_DAY + SERVICES), durability="process")
        venue = host(config, data=tmp_path / run)
        clients = [connect(venue, "ouch.nasdaq", name) for name in ("IN19T6", "AK01T1")]
        told = play(venue, *map(Trader, clients))
        assert venue.ask("trading-day/next", {}).status == 200
        for client in clients:
            client.read_to_end()
        venue.wait_for_leavers()
        venue.wait_for_disk()
        records = [record for _, record in read_log(venue.data) if record.kind == Kind.COMMAND]
        machine = Machine(tmp_path)
        replay(venue.data, machine)
        assert machine.hash() == venue.hash()
        commands = [one._replace(wall_time=0) for one in records]
        outcomes.append((told, [list(client.received) for client in clients], commands))
        venue.clock.moment += 12_345 * 10**9
    assert outcomes[0] == outcomes[1]
    seen, (bought, sold), _ = outcomes[0]
    assert seen == [
        ("PRE_MARKET", None, 0, 0, None),
        ("PRE_MARKET", "10.0400", 100, 100, "B"),
        ("PRE_MARKET", "10.0400", 200, 50, "S"),
        ("MARKET",),
        ("MARKET", "10.0400", 70, 10, "S"),
        ("MARKET", "10.0400", 80, 10, "B"),
        ("POST_MARKET",),
        ("CLOSED",),
    ]
    trades = [codec.unpack_order_executed(message) for message in bought if message[:1] == b"E"]
    assert [trade[1:6] for trade in trades] == [
        (2, 150, 100_400, b"O", 1),
        (2, 50, 100_400, b"O", 2),
        (6, 30, 100_400, b"C", 3),
        (6, 40, 100_400, b"C", 4),
        (7, 10, 100_400, b"C", 5),
    ]
    assert letters(bought) == "SAAAJAPEECAAJEEECCACAJCCS"
    assert letters(sold) == "SAAJAEECAPEEES"


def letters(messages):
    """What a trader heard but for answers to queries."""
    return "".join(chr(message[0]) for message in messages if message[:1] != b"Q")
