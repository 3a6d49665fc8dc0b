"""FIX Drop over TCP: what happens on FIX and OUCH ports alike, with its owner, for whoever comes whenever."""

import shutil

import msgspec
import pytest
from drops import order as nordic_order

from engine.api import NextDay
from ouch import codec
from venue.machine import Machine
from venue.record import Kind, Record
from venue.recovery import replay
from venue.reference import market_command

FIX_DROP = pytest.mark.section("Portcullis", "FIX Drop")
OWNER, NORDIC_OWNER = 128, 145
NORDIC_BUY = {"symbol": "101", "price": "100.00"}


@pytest.fixture
def drop(fix):
    """Log on to the US Drop port."""

    def drop(venue, **how):
        client = fix(venue, "INDRP1", "drop.us")
        client.logon(**how)
        return client

    return drop


@pytest.fixture
def trader(fix):
    def trader(venue, comp_id="INFX01", service="fix.nasdaq", target="INET", version="FIX.4.2"):
        client = fix(venue, comp_id, service, target, version)
        client.logon()
        return client

    return trader


def recovered(watcher, first=1):
    """The whole day, asked for again."""
    watcher.send("2", (7, first), (16, 0))
    return [report for report in watcher.settle() if report[35] == "8"]


def us_order(number, side=b"B", quantity=100, price=1_900_000):
    order = number, side, quantity, b"AAPL    ", price, b"0", b"Y", b"P", b"N", b"N", b" " * 14, b""
    return codec.pack_enter_order(*order)


def pick(report, *tags):
    return tuple(report.get(tag) for tag in tags)


@FIX_DROP
def test_both_sides_of_a_trade_between_fix_and_ouch_are_told(host, connect, drop, trader):
    venue = host()
    watcher = drop(venue)
    buyer, seller = trader(venue), connect(venue, name="IN19T6")
    buyer.send("D", *buyer.order("F1", quantity=300))
    assert buyer.expect("8")[39] == "0"
    seller.send(seller.order(7, side=b"S", cl_ord_id="MINE", price=1_890_000))
    seller.take(3)
    told = [watcher.expect("8") for _ in range(4)]
    assert [pick(report, OWNER, 50, 11, 150, 39, 109) for report in told] == [
        ("INFX01", "INET", "F1", "0", "0", "INET"),
        ("IN19T6", "INET", "MINE", "0", "0", "INET"),
        ("IN19T6", "INET", "MINE", "2", "2", "INET"),
        ("INFX01", "INET", "F1", "1", "1", "INET"),
    ]
    assert [pick(report, 58, 38, 14, 151, 6, 32, 31) for report in told] == [
        ("Open", "300", "0", "300", "0.0", "0", "0.0"),
        ("Open", "100", "0", "100", "0.0", "0", "0.0"),
        (None, "100", "100", "0", "190.0000", "100", "190.0000"),
        (None, "300", "100", "200", "190.0000", "100", "190.0000"),
    ]
    assert pick(told[2], 9882, 54, 55, 40, 44, 47, 29, 59, 76, 18, 20) == (
        *("R", "2", "AAPL", "2", "189.0000", "P", "4", "0", "INET", "N", "0"),
    )
    assert [int(report[34]) for report in told] == [2, 3, 4, 5]
    assert len({report[17] for report in told}) == 4


@FIX_DROP
def test_a_fix_ports_own_reports_come_again_but_for_owner_number_and_time(host, drop, trader):
    venue = host()
    watcher, client = drop(venue), trader(venue)
    client.send("D", *client.order("A", quantity=200))
    client.send(
        "G",
        (11, "B"),
        (21, 1),
        (38, 150),
        (40, 2),
        (41, "A"),
        (44, "189.50"),
        (54, 1),
        (55, "AAPL"),
        (60, client.now()),
    )
    client.send("F", (11, "C"), (41, "B"), (54, 1), (55, "AAPL"), (60, client.now()))
    own = [client.expect("8") for _ in range(3)]
    told = [watcher.expect("8") for _ in range(3)]
    for mine, other in zip(own, told, strict=True):
        assert other[17] == f"INFX01/{mine[17]}"
        kept = mine.keys() - {8, 9, 10, 34, 52, 56, 17}
        assert {tag: other.get(tag) for tag in kept} == {tag: mine[tag] for tag in kept}
        assert other.keys() - mine.keys() <= {OWNER, 50, 58}
    assert [pick(report, 11, 41, 150, 58) for report in told] == [
        ("A", None, "0", "Open"),
        ("B", "A", "5", None),
        ("C", "B", "4", "U"),
    ]


@FIX_DROP
def test_a_report_has_the_fields_of_its_header_in_the_ports_order(host, drop, trader):
    venue = host()
    watcher, client = drop(venue), trader(venue)
    client.send("D", *client.order("A"))
    watcher.expect("8")
    tags = [int(field.split(b"=")[0]) for field in watcher.frames[-1].split(b"\x01")[:-1]]
    head = [8, 9, 35, 34, 49, 50, 52, 56, OWNER]
    assert tags[: len(head)] == head
    assert tags[len(head) : -1] == sorted(tags[len(head) : -1])


@FIX_DROP
def test_orders_of_every_us_market_of_the_firm_are_told_and_of_no_other_firm(host, connect, drop):
    venue = host()
    watcher = drop(venue)
    for service, name in (("ouch.bx", "IN21T7"), ("ouch.nasdaq", "AK01T1"), ("ouch.psx", "IN20T9")):
        client = connect(venue, service, name)
        client.enter(1)
        client.settle()
    assert [pick(report, OWNER, 11) for report in watcher.settle()] == [("IN21T7", "1"), ("IN20T9", "1")]


@FIX_DROP
def test_figures_go_along_a_chain_of_replacements_and_through_a_bust(host, connect, drop):
    venue = host()
    watcher = drop(venue)
    buyer, seller = connect(venue, name="IN19T6"), connect(venue, name="AK01T1")
    buyer.send(buyer.order(1, quantity=300, cl_ord_id="ONE"))
    buyer.take(2)
    seller.enter(1, side=b"S", quantity=100)
    buyer.take()
    buyer.send(buyer.replacement(1, 2, quantity=400, price=1_910_000))
    buyer.take()
    seller.enter(2, side=b"S", quantity=50)
    buyer.take()
    buyer.send(buyer.cancel(2, 200), buyer.cancel(2))
    buyer.take(2)
    assert venue.ask("trades/nasdaq/1/bust", {"reason": "S"}).status == 200
    told = watcher.settle()
    assert [pick(report, 11, 41, 150, 39, 38, 14, 151, 6) for report in told] == [
        ("ONE", None, "0", "0", "300", "0", "300", "0.0"),
        ("ONE", None, "1", "1", "300", "100", "200", "190.0000"),
        ("2", "ONE", "5", "5", "400", "100", "300", "190.0000"),
        ("2", None, "1", "1", "400", "150", "250", "190.3333"),
        ("2", "2", "5", "5", "200", "150", "50", "190.3333"),
        ("2", "2", "4", "4", "200", "150", "0", "190.3333"),
        ("2", None, "1", "1", "150", "50", "0", "191.0000"),
    ]
    bust = told[-1]
    assert pick(bust, 20, 32, 31, 58) == ("1", "100", "190.0000", "S")
    assert bust[19] == told[1][17]


@FIX_DROP
def test_what_the_venue_ends_says_why(host, connect, drop):
    venue = host()
    watcher = drop(venue)
    client = connect(venue, name="IN19T6")
    client.enter(1, tif=b"3")
    client.enter(2)
    client.settle()
    assert venue.ask("trading-day/next", {}).status == 200
    watcher.read(0.5)
    told = [report for report in watcher.read_to_end() if report[35] == "8"]
    assert [pick(report, 11, 150, 39, 58, 41, 151) for report in told] == [
        ("1", "0", "0", "Open", None, "100"),
        ("1", "4", "4", "I", "1", "0"),
        ("2", "0", "0", "Open", None, "100"),
        ("2", "4", "4", "T", "2", "0"),
    ]


@FIX_DROP
def test_who_comes_late_has_the_whole_day_by_asking_for_it(host, connect, drop, trader):
    venue = host()
    client, other = trader(venue), connect(venue, name="IN19T6")
    for number in range(1, 31):
        client.send("D", *client.order(f"F{number}"))
        other.enter(number)
    other.settle()
    client.settle()
    watcher = drop(venue)
    told = recovered(watcher)
    assert sorted(report[11] for report in told) == sorted([*(f"F{n}" for n in range(1, 31)), *map(str, range(1, 31))])
    assert [report[34] for report in told] == [str(number) for number in range(1, 61)]
    assert {report[43] for report in told} == {"Y"}
    assert all(report[122] <= report[52] for report in told)
    again = recovered(watcher)
    changing = {9, 10, 52}
    assert [{tag: text for tag, text in report.items() if tag not in changing} for report in again] == [
        {tag: text for tag, text in report.items() if tag not in changing} for report in told
    ]


@FIX_DROP
def test_what_its_client_sends_is_answered_as_not_supported(host, drop):
    watcher = drop(host())
    for kind, fields in (("D", watcher.order("1")), ("F", [(11, "X")]), ("G", [])):
        watcher.send(kind, *fields)
        assert pick(watcher.expect("j"), 58, 372, 380) == ("Unsupported Message Type", kind, "3")


@FIX_DROP
def test_rejects_of_fix_ports_are_told_and_of_ouch_ports_where_asked_for(
    host, demo_config, connect, drop, trader, tmp_path
):
    service = 'service = "drop.us"\n'
    for value, wanted in (("", ["F"]), ("include_rejects = true\n", ["F", "O"]), ("include_rejects = false\n", [])):
        venue = host(demo_config((service, service + value)), data=tmp_path / f"{len(wanted)}")
        watcher, client, other = drop(venue), trader(venue), connect(venue, name="IN30T1")
        client.send("D", *client.order("F", symbol="NOSUCH"))
        client.expect("8")
        other.enter(other.settle()[0], symbol="AMD", price=200_000, cl_ord_id="O")
        other.settle()
        told = [report for report in watcher.settle() if report[35] == "8"]
        assert [report[11][:1] for report in told] == wanted
        assert all(pick(report, 39, 150, 37) == ("8", "8", "NONE") for report in told)
        if "O" in wanted:
            assert pick(told[-1], OWNER, 55, 54, 38, 44, 58, 103, 22204) == (
                *("IN30T1", "AMD", "1", "100", "20.0000", "Restricted symbol list reject", "0", "34"),
            )
        venue.stop()


@FIX_DROP
@pytest.mark.parametrize("version", ["FIX.4.2", "FIXT.1.1"])
def test_nordic_drop_speaks_its_clients_version_of_what_any_port_told(host, connect, fix, version):
    venue = host()
    ouch = connect(venue, "ouch.nordic", "GP29O1")
    older = fix(venue, "GP29F1", "fix.nordic", "INORD", "FIX.4.2")
    older.logon()
    ouch.send(nordic_order(1))
    ouch.take(2)
    sell = older.order("S1", quantity=40, side=2, t50="GP29U2", **NORDIC_BUY)
    older.send("D", *[field for field in sell if field[0] != 50], header=((50, "GP29U2"),))
    older.settle()
    watcher = fix(venue, "GP29D1", "drop.nordic", "INORD", version)
    watcher.logon()
    early = recovered(watcher)
    ouch.send(nordic_order(2, quantity=70, side=b"S", price=1_100_000))
    ouch.take()
    (late,) = watcher.settle()
    told = [*early, late]
    assert {report[8] for report in told} == {version}
    fill = "F" if version == "FIXT.1.1" else "1"
    full = "F" if version == "FIXT.1.1" else "2"
    assert [pick(report, NORDIC_OWNER, 50, 11, 150, 39, 14, 151, 109) for report in told] == [
        ("GP29O1", "S", "1", "0", "0", "0", "100", "GP29"),
        ("GP29F1", "S", "S1", "0", "0", "0", "40", "GP29"),
        ("GP29F1", "S", "S1", full, "2", "40", "0", "GP29"),
        ("GP29O1", "S", "1", fill, "1", "40", "60", "GP29"),
        ("GP29O1", "S", "2", "0", "0", "0", "70", "GP29"),
    ]
    assert {report.get(20) for report in told} == ({None} if version == "FIXT.1.1" else {"0"})
    assert pick(told[0], 15, 5815, 55, 528, 76) == ("SEK", "100", "101", "P", "BOOK")


@FIX_DROP
def test_a_replay_tells_the_same_to_the_byte_whatever_came_in_one_piece(host, connect, drop, trader, tmp_path):
    venue = host()
    watcher, client, other = drop(venue), trader(venue), connect(venue, name="IN19T6")
    for first in range(1, 200, 20):
        for number in range(first, first + 20):
            client.send("D", *client.order(f"F{number}", quantity=100 + number, side=1 + number % 2))
        other.send(*(other.order(number, side=b"BS"[number % 2 :][:1]) for number in range(first, first + 20)))
        watcher.send("0")
    other.settle()
    client.settle()
    watcher.settle()
    venue.wait_for_disk()
    wanted = venue.hash()
    copy = tmp_path / "copy"
    shutil.copytree(venue.data, copy, ignore=shutil.ignore_patterns("*.sock", "lock"))
    machine = Machine(tmp_path)
    replay(copy, machine)
    assert machine.hash() == wanted


@FIX_DROP
def test_the_order_port_has_told_before_anything_is_made_for_the_drop_port(demo_config, tmp_path):
    config, machine, now = demo_config(), Machine(tmp_path), 1_795_107_600_000_000_000
    day = NextDay("2026-11-20", "S", {market.key: now - 10**13 for market in config.market})
    for command in (day, market_command(config)):
        machine.apply(Record(Kind.COMMAND, 0, now, now, msgspec.msgpack.encode(command)))
    machine.settle()
    own, drop = (machine.engine.ports[name].index for name in ("IN19T6", "INDRP1"))
    machine.messages(own, [us_order(number) for number in range(1, 301)], now, now)
    assert (machine.streams[own].count, machine.streams[drop].count) == (301, 0)
    machine.settle()
    assert machine.streams[drop].count == 300
    sweep = [us_order(1, b"S", 30_000, 1_890_000)]
    machine.messages(machine.engine.ports["AK01T1"].index, sweep, now, now)
    assert (machine.streams[own].count, machine.streams[drop].count) == (601, 300)
    machine.settle()
    assert machine.streams[drop].count == 600


@FIX_DROP
def test_figures_outlive_a_restart(host, connect, drop):
    venue = host()
    buyer, seller = connect(venue, name="IN19T6"), connect(venue, name="AK01T1")
    buyer.enter(1, quantity=300)
    seller.enter(1, side=b"S")
    buyer.settle()
    venue.stop()
    venue = host(data=venue.data)
    buyer = connect(venue, name="IN19T6")
    buyer.send(buyer.cancel(1))
    buyer.settle()
    watcher = drop(venue)
    told = recovered(watcher)
    assert [pick(report, 150, 14, 151, 6) for report in told] == [
        ("0", "0", "300", "0.0"),
        ("1", "100", "200", "190.0000"),
        ("4", "100", "0", "190.0000"),
    ]
    assert venue.ask("trades/nasdaq/1/bust", {"reason": "E"}).status == 200
    (bust,) = [report for report in watcher.settle() if report[35] == "8"]
    assert pick(bust, 20, 14, 6, 19) == ("1", "0", "0.0", told[1][17])


@FIX_DROP
def test_a_session_without_numbers_left_behind_by_ouch_options(host, connect, drop):
    venue = host()
    watcher = drop(venue)
    client = connect(venue, name="IN19T6")
    client.enter(1, options=codec.pack_option(codec.TAG_USER_REF_IDX, 3))
    client.enter(1, options=codec.pack_option(codec.TAG_MAX_FLOOR, 50))
    client.settle()
    assert [pick(report, 11, 111) for report in watcher.settle()] == [("3-1", None), ("1", "50")]
