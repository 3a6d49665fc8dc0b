"""The trading day on a port: its start and end, its stream and timestamps, trades that are broken, whole tables."""

import pytest

from engine.api import BrokenTradeReason, CancelReason, CommandRefused, Liquidity, Reject, SystemEvent
from ouch import codes, terms
from ouch.messages import OUT, decode
from venue import config

SYSTEM_EVENT = pytest.mark.section("OUCH 5.0", "4.1 System Event")
BROKEN = pytest.mark.section("OUCH 5.0", "4.7 Broken Trade")
TIMESTAMP = pytest.mark.section("OUCH 5.0", "2.1 Timestamp")
REASONS = pytest.mark.section("OUCH 5.0", "7.1 Reject reasons")

HOUR = 3_600 * 1_000_000_000


def packets(stream):
    return [stream.packet(number) for number in range(1, stream.count + 1)]


def us_ports(venue):
    """The indexes of the ports that speak US OUCH."""
    return [one.port.index for one in venue.machine.ports if one.port.entry.protocol == "ouch-5.0-us"]


# The day.


@SYSTEM_EVENT
def test_the_first_message_of_every_port_s_day_is_its_start(venue):
    start = bytes.fromhex(f"000b 53 53 {10 * HOUR:016x} 53")
    for index in us_ports(venue):
        stream = venue.machine.streams[index]
        assert packets(stream) == [start]
        assert stream.session == "20261120"
        assert not stream.ended


@SYSTEM_EVENT
def test_the_last_message_of_the_day_is_its_end_after_every_order_has_expired(venue):
    venue.enter("buy", 100, "9.00")
    venue.enter("buy", 100, "8.00", idx=5)
    yesterday = venue.machine.streams[venue.index("IN19T6")]
    venue.day("2026-11-23")
    assert [decode(OUT, packet[3:]).options for packet in packets(yesterday)[-3:-1]] == [{}, {28: 5}]
    assert packets(yesterday)[-1][3:4] + packets(yesterday)[-1][12:] == b"SE"
    assert yesterday.ended
    assert venue.said() == ["canceled 1: 100 T", "canceled 1: 100 T 28=5", "end of day", "start of day"]


@SYSTEM_EVENT
def test_the_next_day_is_a_new_stream_that_starts_at_1_on_every_port(venue):
    venue.enter()
    before = list(venue.machine.streams)
    venue.day("2026-11-23")
    for index in us_ports(venue):
        old, new = before[index], venue.machine.streams[index]
        assert new is not old
        assert (new.session, new.count) == ("20261123", 1)
        assert packets(new)[0][12:] == b"S"
        assert (old.session, old.ended) == ("20261120", True)


@SYSTEM_EVENT
def test_a_day_that_is_not_later_is_refused_and_says_nothing(venue):
    for date in ("2026-11-20", "2026-11-19"):
        assert isinstance(venue.day(date), CommandRefused)
    assert venue.silent()


@SYSTEM_EVENT
def test_yesterday_s_orders_are_gone(venue):
    venue.enter("sell", 100, "10.00")
    venue.day("2026-11-23")
    venue.said()
    assert venue.cancel(1) == venue.replace(1, 50, number=1) == []
    assert venue.enter("buy", 100, "10.00", by=venue.OTHER)[-1] == "accepted 1: buy 100 ZWZZT at 10.00"


@SYSTEM_EVENT
@pytest.mark.section("Portcullis", "What the configuration adds during the day")
def test_a_port_that_is_opened_during_the_day_starts_its_day_at_once(new_venue):
    profile = config.sample()
    venue = new_venue(without_port(profile, "AK20T1"), opened=False)
    venue.day("2026-11-20")
    assert venue.configure(profile) is None
    assert venue.enter(by="AK20T1") == ["start of day", "accepted 1: buy 100 ZWZZT at 10.00"]
    assert venue.machine.streams[venue.index("AK20T1")].session == "20261120"


def without_port(profile, name):
    tables = profile.split("[[port]]")
    (gone,) = [table for table in tables if f'name = "{name}"' in table]
    rest = gone[gone.index("# ---") :] if "# ---" in gone else ""
    return profile.replace("[[port]]" + gone, rest)


# Timestamps.


@TIMESTAMP
@pytest.mark.parametrize(
    "at", ["00:00", "00:00:00.000000001", "09:30:00.123456789", "23:59:59.999999999", "24:00", "71:59"]
)
def test_timestamps_count_from_midnight_and_run_past_24_hours(venue, at):
    venue.clock(at)
    message = venue.send(b"Q") and packets(venue.machine.streams[venue.index("IN19T6")])[-1][3:]
    assert int.from_bytes(message[1:9], "big") == venue.now - venue.midnight


@TIMESTAMP
def test_every_message_of_one_moment_has_its_timestamp_on_both_sides(venue):
    venue.enter("sell", 100, "10.00", by=venue.OTHER)
    venue.said(venue.OTHER)
    venue.wait(5, nanoseconds=1)
    venue.send(b"O" + bytes.fromhex("00000001 42 00000064") + b"ZWZZT   " + (100_000).to_bytes(8, "big") + TAIL)
    venue.bust(1)
    heard = [
        *venue.heard(venue.OTHER),
        *map(decode, [OUT] * 3, map(unframed, packets(venue.machine.streams[venue.index("IN19T6")])[1:])),
    ]
    assert [record.timestamp for record in heard] == [10 * HOUR + 5_000_000_001] * 5


TAIL = b"0YANN" + b" " * 14 + b"\0\0"


def unframed(packet):
    return packet[3:]


@TIMESTAMP
def test_the_next_day_counts_from_its_own_midnight(venue):
    day = 24 * HOUR
    venue.now = venue.midnight + day + 9 * HOUR
    venue.day("2026-11-23", midnight=venue.midnight + day)
    end, start = venue.heard()
    assert (end.timestamp, start.timestamp) == (33 * HOUR, 9 * HOUR)


# Broken trades.


@BROKEN
@pytest.mark.parametrize(("reason", "letter"), list(zip(BrokenTradeReason, "ECSX", strict=True)))
def test_both_sides_hear_of_a_broken_trade_and_the_book_does_not_change(venue, reason, letter):
    venue.enter("sell", 100, "10.00", label="ASK", number=3, idx=5)
    venue.enter("buy", 40, "10.00", label="BID", by=venue.OTHER)
    venue.said()
    assert venue.bust(1, reason) is None
    assert venue.said() == [f"broken 3: trade 1 {letter} 28=5"]
    (broken,) = venue.heard(venue.OTHER)
    assert (broken.user_ref_num, broken.match_number, broken.reason, broken.cl_ord_id) == (1, 1, letter, "BID")
    assert venue.cancel(3, idx=5) == ["canceled 3: 60 U 28=5"]


@BROKEN
def test_the_name_of_a_broken_trade_is_that_of_the_order_at_that_time(venue):
    venue.enter("sell", 100, "10.00", label="OLD")
    venue.enter("buy", 40, "10.00", by=venue.OTHER)
    venue.replace(1, 100, "10.00", label="NEW")
    venue.bust(1)
    (broken,) = venue.heard()
    assert (broken.user_ref_num, broken.cl_ord_id) == (1, "OLD")


@BROKEN
def test_one_port_on_both_sides_hears_twice_the_incoming_side_first(venue):
    venue.enter("sell", 100, "10.00")
    venue.enter("buy", 100, "10.00")
    venue.bust(1)
    assert venue.said() == ["broken 2: trade 1 E", "broken 1: trade 1 E"]


@BROKEN
def test_a_trade_is_broken_once_and_only_today(venue):
    venue.enter("sell", 100, "10.00")
    venue.enter("buy", 50, "10.00")
    venue.enter("buy", 50, "10.00")
    venue.bust(1)
    venue.said()
    for match, market in ((1, "nasdaq"), (3, "nasdaq"), (0, "nasdaq"), (2, "bx"), (2, "nowhere")):
        assert isinstance(venue.bust(match, market=market), CommandRefused)
    venue.day("2026-11-23")
    venue.said()
    assert isinstance(venue.bust(2), CommandRefused)
    assert venue.silent("IN19T6")


@BROKEN
def test_a_broken_trade_as_bytes(venue):
    venue.enter("sell", 100, "10.00", label="CL-1")
    venue.enter("buy", 40, "10.00", by=venue.OTHER)
    venue.bust(1)
    expected = b"B" + (10 * HOUR).to_bytes(8, "big") + bytes.fromhex("00000001 0000000000000001 45") + b"CL-1".ljust(14)
    assert packets(venue.machine.streams[venue.index("IN19T6")])[-1] == b"\0\x25S" + expected


# Whole tables.


@REASONS
@pytest.mark.parametrize(
    ("table", "words", "wire"),
    [
        ("REASONS", Reject, codes.RejectReason),
        ("CANCEL_REASONS", CancelReason, codes.CancelReason),
        ("LIQUIDITY_FLAGS", Liquidity, codes.LiquidityFlag),
        ("SYSTEM_EVENTS", SystemEvent, codes.EventCode),
        ("BROKEN_TRADE_REASONS", BrokenTradeReason, codes.BrokenTradeReason),
    ],
)
def test_every_word_of_the_engine_has_its_word_on_the_wire(table, words, wire):
    rows = getattr(terms, table)
    assert set(rows) == set(words)
    known = {word.wire for word in wire} if wire is not codes.RejectReason else set(wire)
    assert set(rows.values()) <= known
