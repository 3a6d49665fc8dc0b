"""Orders that leave their book, over TCP in the demo: fills at the outside quote, the rules for them, a restart."""

import pytest

ROUTED = pytest.mark.section("FIX", "Routed orders")
RULE = '\n[[rule]]\nid = "away"\ntype = "max-shares"\nexchange = "ROUTED"\nmpid = "INET"\nsettings = { limit = 300 }\n'
RULES = "\n# --- Risk rules"


def quote(venue, **prices):
    venue.ask("books/nasdaq/AAPL/prices", prices, verb="PUT")


@ROUTED
def test_what_a_book_cannot_fill_is_filled_away_and_told_with_the_away_market(host, fix, connect):
    venue = host()
    quote(venue, offer="190.0000")
    seller = connect(venue, "ouch.nasdaq", "AK01T1")
    seller.expect("S")
    seller.enter(1, b"S", 60)
    seller.expect("A")
    buyer = fix(venue, "INFX01")
    buyer.logon()
    buyer.send("D", *buyer.order("A1", t9303="SCAN"))
    new, here, away = (buyer.expect("8") for _ in range(3))
    assert {150: "0", 39: "0", 76: "INET", 9303: "SCAN"}.items() <= new.items()
    assert {150: "1", 32: "60", 9882: "R", 76: "INET"}.items() <= here.items()
    assert {150: "2", 32: "40", 31: "190.0000", 9882: "X", 76: "AWAY", 30: "AWAY", 14: "100"}.items() <= away.items()
    assert 30 not in here
    buyer.send("5")
    buyer.expect("5")
    seller.logout()
    venue.wait_for_leavers()
    before = venue.hash()
    venue.stop()
    assert host(data=venue.data).hash() == before


@ROUTED
def test_an_order_that_is_returned_rests_and_one_past_its_book_is_over(host, fix):
    venue = host()
    quote(venue, offer="190.0100")
    client = fix(venue, "INFX01")
    client.logon()
    client.send("D", *client.order("A1", t76="SCAN"))
    client.send("D", *client.order("A2", t100="AWAY", t59=3))
    client.send("D", *client.order("A3", t9303="NOPE"))
    rests, new, over, refused = (client.expect("8") for _ in range(4))
    assert {11: "A1", 39: "0", 151: "100"}.items() <= rests.items()
    assert (new[11], new[39]) == ("A2", "0")
    assert {11: "A2", 39: "4", 14: "0"}.items() <= over.items()
    assert {11: "A3", 39: "8", 103: "0"}.items() <= refused.items()


@ROUTED
def test_a_rule_for_what_is_routed_refuses_it(host, fix, demo_config):
    venue = host(demo_config((RULES, RULE + RULES)))
    client = fix(venue, "INFX01")
    client.logon()
    client.send("D", *client.order("A1", t38=400))
    client.send("D", *client.order("A2", t38=301, t9303="SCAN"))
    client.send("D", *client.order("A3", t38=300, t9303="SCAN"))
    new, refused, routed = client.expect("8"), client.expect("8"), client.expect("8")
    assert (new[39], routed[39]) == ("0", "0")
    assert {11: "A2", 39: "8", 103: "3", 58: "Exceeded shares limit", 22204: "49"}.items() <= refused.items()
