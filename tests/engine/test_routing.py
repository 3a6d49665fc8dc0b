"""Orders with a route: what their book cannot fill goes to the away market, which fills it at the outside quote."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripts import CUTS, PICKS, STRATEGIES, action, days, tickets, weighted
from trading import Market
from words import (
    MARKET,
    PORTS,
    Accepted,
    Broken,
    Canceled,
    Executed,
    Rejected,
    accepted,
    buy,
    fat_finger,
    max_notional,
    max_shares,
    restricted,
    sell,
    trade,
    whole,
)

from engine.api import (
    AWAY_MARKET,
    PLAIN,
    BrokenTradeReason,
    CancelReason,
    Liquidity,
    Reject,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    TimeInForce,
)
from engine.routing import STRATEGIES as ROUTES
from engine.routing import unfilled

pytestmark = pytest.mark.section("EQRC", "Routed orders")

ROUTING = tuple(msgspec.structs.replace(entry, routing=True) for entry in PORTS)


def routed(*rules, **rest):
    return Market(*rules, ports=ROUTING, **rest)


def away(key, quantity, at, match):
    return Executed(key, quantity, at, Liquidity.ROUTED, match)


@pytest.fixture
def market():
    """A market whose ports may route, with an outside quote of 9.98 to 10.02."""
    made = routed()
    made.prices(outside_bid="9.98", outside_offer="10.02")
    return made


# Where an order goes.


def test_what_its_book_cannot_fill_is_filled_away_at_the_outside_quote(market):
    market.enter(sell(100, at="10.01", by="AK1"))
    order = buy(300, at="10.05", route=b"SCAN")
    assert market.enter(order) == [accepted(2, order), *trade(2, 1, 100, "10.01", 1), away(2, 200, "10.02", 2)]
    assert market.find(2) is None


def test_what_its_book_fills_does_not_go_away(market):
    market.enter(sell(100, at="10.01", by="AK1"))
    assert market.enter(buy(100, at="10.05", route=b"SCAN"))[1:] == trade(2, 1, 100, "10.01", 1)


def test_a_sale_is_filled_at_the_outside_bid(market):
    assert market.enter(sell(100, at="9.90", route=b"STGY"))[1:] == [away(1, 100, "9.98", 1)]


@pytest.mark.parametrize(
    ("price", "fills"),
    [("10.01", False), ("10.02", True), ("10.03", True), (MARKET, True)],
)
def test_the_away_market_fills_what_the_price_allows_and_returns_the_rest_to_the_book(market, price, fills):
    events = market.enter(buy(100, at=price, route=b"SCAN"))
    assert events[1:] == ([away(1, 100, "10.02", 1)] if fills else [])
    assert (market.find(1) is None) is fills


def test_without_an_outside_quote_everything_is_returned():
    market = routed()
    assert market.enter(buy(100, at="10.05", route=b"SCAN")) == [Accepted(1, 100, "10.05")]
    assert market.enter(sell(100, at="10.00", by="AK1"))[1:] == trade(2, 1, 100, "10.05", 1)


def test_only_the_side_that_is_asked_has_to_have_a_quote():
    market = routed()
    market.prices(outside_offer="10.02")
    assert market.enter(sell(100, at="10.01", route=b"SCAN")) == [Accepted(1, 100, "10.01")]
    assert market.enter(buy(300, at="10.02", route=b"SCAN", by="AK1"))[-1] == away(2, 200, "10.02", 2)


def test_what_is_returned_of_an_order_that_must_not_rest_is_canceled(market):
    market.enter(sell(100, at="10.01", by="AK1"))
    events = market.enter(buy(300, at="10.01", route=b"SCAN", ioc=True))
    assert events[-1] == Canceled(2, 200, CancelReason.IMMEDIATE_OR_CANCEL)


def test_an_order_that_must_not_rest_is_dead_only_if_nothing_is_found_here_or_away(market):
    assert market.enter(buy(100, at="10.01", route=b"SCAN", ioc=True)) == [Accepted(1, 100, "10.01", dead=True)]
    events = market.enter(buy(100, at="10.02", route=b"SCAN", ioc=True))
    assert events == [Accepted(2, 100, "10.02"), away(2, 100, "10.02", 1)]


def test_a_resting_order_does_not_go_away_later(market):
    market.enter(buy(100, at="10.01", route=b"SCAN"))
    assert market.prices(outside_offer="10.00") == []
    assert market.find(1).open == 100


def test_a_replaced_order_goes_away_again(market):
    market.enter(sell(100, at="10.01", by="AK1"))
    market.enter(buy(300, at="10.01", route=b"SCAN"))
    events = market.replace(2, buy(400, at="10.02", route=b"SCAN"))
    assert events[1:] == [away(3, 300, "10.02", 2)]


def test_an_order_without_a_route_stays(market):
    assert market.enter(buy(100, at="10.05")) == [Accepted(1, 100, "10.05")]


def test_a_resting_order_with_a_route_makes_no_others_go_the_long_way(market):
    market.enter(buy(100, at="10.01", route=b"SCAN"))
    assert not market.engine.markets["nasdaq"].books["ZWZZT"].buys.conditional


def test_a_minimum_that_its_book_does_not_have_goes_away_whole(market):
    market.enter(sell(100, at="10.01", by="AK1"))
    events = market.enter(buy(300, at="10.05", route=b"SCAN", minimum_quantity=200, ioc=True))
    assert events[1:] == [away(2, 300, "10.02", 1)]


def test_what_self_match_prevention_ends_does_not_go_away(market):
    newest = SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.CANCEL_NEWEST)
    market.enter(sell(100, at="10.01"))
    market.enter(buy(300, at="10.05", route=b"SCAN", self_match_prevention=newest))
    assert not any(getattr(event, "liquidity", None) is Liquidity.ROUTED for event in market.events)
    assert market.find(1).open == 100


def test_a_fill_away_moves_neither_the_book_nor_its_last_price(market):
    market.enter(buy(100, at="10.05", route=b"SCAN"))
    assert market.security().last == 100_000
    assert (market.security().bid, market.security().offer) == (99_800, 100_200)


def test_a_fill_away_can_be_broken_and_only_its_own_side_is_told(market):
    market.enter(buy(100, at="10.05", route=b"SCAN"))
    assert market.bust(1) == [Broken(1, 1, BrokenTradeReason.ERRONEOUS)]


# Directed orders.


def test_a_directed_order_skips_its_book(market):
    market.enter(sell(100, at="10.00", by="AK1"))
    events = market.enter(buy(300, at="10.05", route=AWAY_MARKET, ioc=True))
    assert events[1:] == [away(2, 300, "10.02", 1)]


def test_a_directed_order_that_is_returned_is_dead(market):
    market.enter(sell(100, at="10.00", by="AK1"))
    order = buy(300, at="10.01", route=AWAY_MARKET, ioc=True)
    assert market.enter(order) == [accepted(2, order, dead=True)]


# What is refused.


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"route": b"NOPE"}, Reject.ROUTING_NOT_SERVED),
        ({"route": AWAY_MARKET}, Reject.INVALID_TIME_IN_FORCE),
        ({"route": b"SCAN", "post_only": True}, Reject.ROUTING_NOT_SERVED),
        *(({"route": route}, None) for route in sorted(ROUTES)),
    ],
    ids=str,
)
def test_routes_are_names_that_there_are(market, how, reason):
    events = market.enter(buy(100, at="9.00", **how))
    assert events == ([Accepted(1, 100, "9.00")] if reason is None else [Rejected(reason)])


def test_a_port_that_may_not_route_is_refused():
    market = Market()
    assert market.enter(buy(100, at="10.00", route=b"SCAN")) == [Rejected(Reject.ROUTING_NOT_SERVED)]


# Risk.


def test_rules_of_the_exchange_routed_hold_what_goes_away_and_nothing_else():
    market = routed(max_shares(200, exchange="ROUTED"))
    market.enter(sell(300, at="10.00", by="AK1"))
    assert market.enter(buy(1_000, at="9.00")) == [Accepted(2, 1_000, "9.00")]
    assert market.enter(buy(501, at="10.00", route=b"SCAN")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert (market.refusal.limit, market.refusal.observed, market.refusal.rule) == (200, 201, "shares")
    assert market.enter(buy(500, at="10.00", route=b"SCAN"))[0] == Accepted(4, 500, "10.00")


def test_the_rules_of_its_own_exchange_hold_the_whole_order_first():
    market = routed(max_shares(400), max_shares(100, exchange="ROUTED", name="away"))
    assert market.enter(buy(401, at="10.00", route=b"SCAN")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert market.refusal.rule == "shares"
    assert market.enter(buy(400, at="10.00", route=b"SCAN")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert market.refusal.rule == "away"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (max_notional(2_000, exchange="ROUTED"), Reject.MAXIMUM_NOTIONAL),
        (restricted("ZWZZT", exchange="ROUTED"), Reject.RESTRICTED_STOCK),
        (fat_finger("0.10", exchange="ROUTED"), Reject.FAT_FINGER),
        (max_shares(100, exchange="ROUTED", port="IN1"), Reject.MAXIMUM_SHARES),
        (max_shares(100, exchange="ROUTED", port="IN2"), None),
        (max_shares(100, exchange="ROUTED", mpid="AKAM"), None),
    ],
    ids=str,
)
def test_every_kind_of_rule_may_be_routed(rule, reason):
    market = routed(rule)
    events = market.enter(buy(300, at="10.20", route=b"SCAN"))
    assert events == ([Accepted(1, 300, "10.20")] if reason is None else [Rejected(reason)])
    assert market.enter(buy(300, at="10.20")) == [Accepted(2, 300, "10.20")]


def test_an_order_of_which_nothing_would_go_away_is_not_held_to_them():
    market = routed(restricted("ZWZZT", exchange="ROUTED"))
    market.enter(sell(300, at="10.00", by="AK1"))
    assert market.enter(buy(300, at="10.00", route=b"SCAN"))[1:] == trade(2, 1, 300, "10.00", 1)


def test_a_replacement_is_held_to_them_with_what_is_still_open():
    market = routed(max_shares(200, exchange="ROUTED"))
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(buy(300, at="10.00", route=b"SCAN"))
    assert market.replace(2, buy(300, at="10.01", route=b"SCAN"))[0].quantity == 200
    assert market.replace(3, buy(301, at="10.01", route=b"SCAN")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert market.find(3).open == 200


# Any day.

QUOTES = st.sampled_from([None, "9.98", "9.99", "10.00", "10.01", "10.02"])
RULES = (
    max_shares(300, exchange="ROUTED", mpid="AKAM"),
    max_notional(4_000, exchange="ROUTED", port="IN2", name="notional"),
)
PLACES = ("IN1", "IN1", "IN2", "AK1", "AK1")


@st.composite
def with_routes(draw):
    """Orders of which most ask for a route, some of them for the away market itself."""
    asked = draw(tickets(PLACES))
    route = draw(st.sampled_from([b"", b"SCAN", b"SCAN", b"STGY", AWAY_MARKET]))
    if route == AWAY_MARKET and draw(st.booleans()):
        asked = replace(asked, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
    return replace(asked, attributes=msgspec.structs.replace(asked.attributes, route=route)) if route else asked


ACTIONS = weighted(
    enter=(12, action("enter", with_routes())),
    replace=(3, action("replace", with_routes(), pick=PICKS)),
    cancel=(2, action("cancel", pick=PICKS, to=CUTS)),
    quote=(3, action("prices", st.sampled_from(["ZWZZT", "AMD"]), outside_bid=QUOTES, outside_offer=QUOTES)),
    bust=(1, action("bust", st.integers(0, 6))),
    wait=(1, action("wait", seconds=st.integers(0, 2))),
)


@given(days(ACTIONS, 50))
def test_shares_are_conserved_and_a_replay_is_the_same_day(actions):
    """The market audits its books after every step: what was accepted and neither traded nor left must be open."""
    first, second = routed(*RULES), routed(*RULES)
    for done in actions:
        mine, theirs = done.act(first, second)
        assert mine == theirs
    assert whole(first.events) == whole(second.events)
    assert first.state() == second.state() == first.reloaded().state()


@given(days(ACTIONS, 40), with_routes(), st.sampled_from([None, *STRATEGIES]))
def test_what_is_held_to_the_rules_is_what_goes_away_or_stays_open(actions, ticket, strategy):
    market = routed()
    for done in actions:
        done.act(market)
    if strategy is not None:
        attributes = msgspec.structs.replace(ticket.attributes, self_match_prevention=strategy)
        ticket = replace(ticket, attributes=attributes)
    scope = market.engine.scope(market.engine.ports[ticket.by], ticket.symbol)
    asked = market.order(scope.port, scope, ticket)
    asked.key = -1
    if ticket.attributes is PLAIN or not ticket.attributes.route or market.engine.fault(asked) is not None:
        return
    expected = unfilled(asked)
    events = market.enter(ticket)
    key = market.last_key
    gone = sum(event.quantity for event in events if isinstance(event, Executed) and event.order == key)
    routed_away = sum(
        event.quantity
        for event in events
        if isinstance(event, Executed) and event.order == key and event.liquidity is Liquidity.ROUTED
    )
    prevented = sum(getattr(event, "removed", 0) for event in events if event.order == key)
    assert ticket.quantity - (gone - routed_away) - prevented == expected
    assert routed_away in {0, expected}
