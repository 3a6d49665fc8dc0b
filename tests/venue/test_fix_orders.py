"""FIX orders over TCP in the demo: they meet OUCH orders on the same books, and are there again after a kill."""

import pytest

from fix.settings import read_settings
from venue import config, reference

OVER_TCP = pytest.mark.section("FIX", "Orders over TCP")


@OVER_TCP
def test_a_fix_order_is_filled_by_an_ouch_order(host, fix, connect):
    venue = host()
    buyer = fix(venue, "INFX01")
    buyer.logon()
    buyer.send("D", *buyer.order("A1", t47="A"))
    assert buyer.expect("8")[39] == "0"
    seller = connect(venue, "ouch.nasdaq", "AK01T1")
    seller.expect("S")
    seller.enter(1, b"S", 60)
    seller.expect("A")
    seller.expect("E")
    fill = buyer.expect("8")
    assert {150: "1", 39: "1", 32: "60", 31: "190.0000", 151: "40", 9882: "A", 47: "A", 29: "1"}.items() <= fill.items()
    buyer.send("F", (11, "C1"), (41, "A1"), (54, 1), (55, "AAPL"), (60, buyer.now()))
    assert {11: "C1", 41: "A1", 39: "4", 14: "60"}.items() <= buyer.expect("8").items()


@OVER_TCP
def test_nordic_orders_of_two_versions_meet_and_a_user_of_another_member_is_refused(host, fix):
    venue = host()
    buyer = fix(venue, "GP29F1", "fix.nordic", "INORD", "FIXT.1.1")
    buyer.logon()
    fields = {tag: value for tag, value in buyer.order("A1", "101", price="100.00") if tag != 21}
    buyer.send("D", *fields.items(), header=((50, "GP29U1"),))
    new = buyer.expect("8")
    assert {150: "0", 39: "0", 50: "S", 57: "GP29U1", 109: "GP29", 55: "101", 76: "BOOK"}.items() <= new.items()
    buyer.send("D", *(fields | {11: "A2"}).items(), header=((50, "GP30U1"),))
    assert {150: "8", 58: "Unknown user", 103: "15"}.items() <= buyer.expect("8").items()
    seller = fix(venue, "GP30F1", "fix.nordic", "INORD")
    seller.logon()
    seller.send("D", *seller.order("B1", "101", price="100.00", side=2), header=((50, "GP30U1"),))
    assert [seller.expect("8")[39] for _ in range(2)] == ["0", "2"]
    assert {150: "F", 39: "2", 14: "100"}.items() <= buyer.expect("8").items()


@OVER_TCP
def test_orders_and_names_are_there_after_a_kill(launch, fix, tmp_path):
    data = tmp_path / "data"
    venue = launch(data=data)
    client = fix(venue, "INFX01")
    client.logon()
    client.send("D", *client.order("A1"))
    client.send("D", *client.order("A2", t59=3))
    said = [client.expect("8") for _ in range(3)]
    venue.kill()
    venue = launch(data=data)
    client = fix(venue, "INFX01")
    client.number = 4
    assert client.logon()[34] == "5"
    client.send("2", (7, 1), (16, 0))
    client.expect("4")
    again = [client.expect("8") for _ in range(3)]
    for report, first in zip(again, said, strict=True):
        changed = {9, 10, 43, 52, 122}
        assert {tag: value for tag, value in report.items() if tag not in changed} == {
            tag: value for tag, value in first.items() if tag not in changed
        }
    client.settle()
    client.send("D", *client.order("A2"))
    assert client.expect("8")[58] == "Duplicate ClOrdID"
    client.send("G", *client.order("A3", price="189.00", t41="A1"))
    assert {11: "A3", 41: "A1", 150: "5", 44: "189.0000"}.items() <= client.expect("8").items()


def entries(text):
    return {entry.name: entry for entry in reference.market_command(config.parse(text)).ports}


def test_ports_of_the_full_dialects_may_route_and_those_of_flite_and_without_a_market_may_not():
    found = entries(config.sample())
    routing = {name for name, entry in found.items() if entry.routing}
    assert routing == {"INFX01", "INFB01", "INFP01", "AKFX01", "GP29F1", "GP30F1", "INRS01", "INRS02"}


def test_a_port_s_words_for_refusals_stand_in_the_configuration():
    own = 'dialect = "flite"\n[port.fix.reasons]\nMAXIMUM_SHARES = { code = 3, text = "m", extended = 49 }\n'
    text = config.sample().replace('dialect = "flite"', own, 1)
    assert read_settings(entries(text)["INFL01"].settings).reasons == {"MAXIMUM_SHARES": (3, "m", 49)}
    with pytest.raises(
        config.ConfigError, match=r"reasons\.MAXIMUM_SHARE: no such reason; did you mean MAXIMUM_SHARES"
    ):
        config.parse(text.replace("MAXIMUM_SHARES =", "MAXIMUM_SHARE ="))
