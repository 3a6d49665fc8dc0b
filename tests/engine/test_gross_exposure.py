"""Gross exposure in the engine: what counts as open and as executed, and for whom."""

import msgspec
import pytest
from trading import Market
from words import MARKET, PORTS, TOMORROW, Rejected, buy, gross_exposure, sell, short

from engine.api import (
    AWAY_MARKET,
    Cross,
    Phase,
    PriceType,
    RegisterGroups,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
)
from engine.risk.exposure import Entity

pytestmark = pytest.mark.section("EQRC", "3.1.17 Gross exposure: amounts")
INET = Entity("NASDAQ", "INET")
WIDE = gross_exposure(open=(None, None, 10**9))
SAME = SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.DECREMENT_BOTH)


def figures(market, entity=INET):
    """Open and executed of an entity, in dollars."""
    state = market.engine.exposures.states[entity]
    return state.open / 10_000, state.executed / 10_000


@pytest.fixture
def market():
    """INET's exposure at NASDAQ is counted; the other side is AK1."""
    return Market(WIDE)


# The guide's own figures.


def test_open_buys_and_sells_add_up(market):
    market.enter(buy(100, at="50.00"))
    market.enter(sell(200, at="40.00", symbol="AAPL"))
    assert figures(market) == (13_000, 0)


def test_executed_buys_and_sells_add_up(market):
    market.enter(sell(10, at="51.00", by="AK1"))
    market.enter(buy(10, at="51.00"))
    market.enter(buy(20, at="39.00", by="AK1"))
    market.enter(sell(20, at="39.00"))
    assert figures(market) == (0, 1_290)


def test_notional_is_both(market):
    market.enter(sell(10, at="51.00", by="AK1", symbol="AMD"))
    market.enter(buy(10, at="51.00", symbol="AMD"))
    market.enter(buy(20, at="39.00", by="AK1", symbol="AMD"))
    market.enter(sell(20, at="39.00", symbol="AMD"))
    market.enter(buy(100, at="50.00"))
    market.enter(sell(200, at="40.00", symbol="AAPL"))
    assert market.engine.exposures.states[INET].notional == 14_290 * 10_000


@pytest.mark.parametrize(
    ("at", "refused"), [("30.00", False), ("30.01", True)], ids=["30,000 open", "more than 30,000 open"]
)
def test_the_dialog_s_open_of_30_000_takes_no_action_and_more_does(at, refused):
    dialog = gross_exposure(
        open=(10_000, 20_000, 30_000),
        executed=(5_000, 6_000, 7_000),
        notional=(20_000, 25_000, 30_000),
        action="CANCEL_NON_CROSS",
    )
    market = Market(dialog)
    market.enter(buy(1_000, at=at))
    assert (market.engine.exposures.states[INET].breach is not None) is refused
    assert isinstance(market.enter(buy(1, at="1.00", cross=Cross.CLOSING))[0], Rejected) is refused


# What counts as open.


def test_an_order_counts_at_the_price_at_which_it_rests(market):
    market.enter(buy(100, at="10.00"))
    market.enter(short(50, at="11.00"))
    assert figures(market) == (1_550, 0)


@pytest.mark.parametrize("ticket", [buy(100, at="12.00", ioc=True), buy(100, at=MARKET)])
def test_what_never_rests_is_never_open(market, ticket):
    market.enter(ticket)
    assert figures(market) == (0, 0)
    market.enter(sell(60, at="10.00", by="AK1"))
    market.enter(ticket)
    assert figures(market) == (0, 600)


def test_what_trades_at_once_is_executed_at_its_price_and_the_rest_of_it_open_at_its_own(market):
    market.enter(sell(60, at="10.00", by="AK1"))
    market.enter(buy(100, at="12.00"))
    assert figures(market) == (480, 600)


def test_a_trade_of_what_rests_takes_it_from_open_to_executed(market):
    market.enter(buy(100, at="10.00"))
    market.enter(sell(30, at="9.00", by="AK1"))
    assert figures(market) == (700, 300)


def test_a_trade_within_the_firm_counts_on_both_sides(market):
    market.enter(buy(100, at="10.00"))
    market.enter(sell(100, at="10.00", by="IN2"))
    assert figures(market) == (0, 2_000)


def test_what_is_canceled_or_cut_is_open_no_more(market):
    market.enter(buy(100, at="10.00"))
    market.cancel(1, to=40)
    assert figures(market) == (400, 0)
    market.cancel(1)
    assert figures(market) == (0, 0)


def test_a_modify_takes_off_what_it_cuts(market):
    market.enter(sell(100, at="10.00"))
    market.modify(1, to=70)
    assert figures(market) == (700, 0)


def test_a_replacement_counts_in_the_place_of_its_original(market):
    market.enter(buy(100, at="10.00"))
    market.replace(1, buy(200, at="9.00"))
    assert figures(market) == (1_800, 0)


def test_a_reserve_is_open_too(market):
    market.enter(buy(300, at="10.00", max_floor=100))
    assert figures(market) == (3_000, 0)
    market.enter(sell(150, at="10.00", by="AK1"))
    assert figures(market) == (1_500, 1_500)


def test_what_expires_is_open_no_more(market):
    market.enter(buy(100, at="10.00", good_for=1))
    market.wait(1)
    assert figures(market) == (0, 0)


@pytest.mark.parametrize("action", list(SelfMatchAction)[:3])
def test_what_self_match_prevention_takes_off_is_neither_open_nor_executed(market, action):
    prevention = SelfMatchPrevention(SelfMatchLevel.FIRM, action)
    market.enter(buy(100, at="10.00", self_match_prevention=prevention))
    market.enter(sell(40, at="10.00", self_match_prevention=prevention))
    left = sum(order.open for port in market.engine.ports.values() for order in port.orders.values())
    assert figures(market) == (left * 10, 0)


def test_an_order_without_a_price_that_waits_for_a_cross_counts_at_the_other_side_s_quote(market):
    market.prices(outside_bid="9.90", outside_offer="10.10", last="10.00")
    market.phase(Phase.PRE_MARKET)
    market.enter(buy(100, at=MARKET, cross=Cross.OPENING))
    assert figures(market) == (1_010, 0)
    market.enter(sell(100, at=MARKET, cross=Cross.OPENING))
    assert figures(market) == (2_000, 0)


@pytest.mark.parametrize(
    ("prices", "dollars"),
    [({"last": "12.00"}, 1_200), ({"last": None}, 1_000), ({"last": None, "previous_close": None}, 0)],
    ids=["last sale", "previous close", "nothing known"],
)
def test_without_a_quote_it_counts_at_the_last_sale_or_the_close(market, prices, dollars):
    market.prices(**prices)
    market.phase(Phase.PRE_MARKET)
    market.enter(buy(100, at=MARKET, cross=Cross.OPENING))
    assert figures(market) == (dollars, 0)


BX = Entity("BX", "INET")


@pytest.fixture
def opening():
    """BX before it opens, which is without a cross: what waits enters the book one after the other."""
    ports = tuple(msgspec.structs.replace(entry, routing=True) for entry in PORTS)
    market = Market(gross_exposure(exchange="BX", open=(None, None, 10**9)), ports=ports)
    market.phase(Phase.PRE_MARKET, exchange="bx")
    return market


def test_an_order_that_waited_and_goes_away_is_open_no_more(opening):
    opening.enter(buy(100, at="10.05", by="INB", route=b"SCAN"))
    assert figures(opening, BX) == (1_005, 0)
    opening.prices(outside_offer="10.02")
    opening.phase(Phase.CONTINUOUS, exchange="bx")
    assert opening.open == {}
    assert figures(opening, BX) == (0, 0)


def test_an_order_that_waited_loses_to_self_match_prevention_what_it_had_open(opening):
    opening.enter(buy(100, at="10.00", by="INB", self_match_prevention=SAME))
    opening.enter(sell(40, at="10.00", by="INB", self_match_prevention=SAME))
    assert figures(opening, BX) == (1_400, 0)
    opening.phase(Phase.CONTINUOUS, exchange="bx")
    assert opening.open == {("INB", 1): 60}
    assert figures(opening, BX) == (600, 0)


def test_an_order_that_waited_and_rests_is_open_once(opening):
    opening.enter(buy(100, at="10.00", by="INB"))
    opening.enter(sell(40, at="10.00", by="AKB"))
    opening.phase(Phase.CONTINUOUS, exchange="bx")
    assert figures(opening, BX) == (600, 400)


def test_a_cross_takes_what_it_trades_from_open_to_executed(market):
    market.phase(Phase.PRE_MARKET)
    market.enter(buy(100, at="10.00", cross=Cross.OPENING))
    market.enter(buy(100, at="9.00"))
    market.enter(sell(60, at="10.00", cross=Cross.OPENING, by="AK1"))
    market.phase(Phase.CONTINUOUS)
    assert figures(market) == (900, 600)


def test_a_peg_counts_at_the_price_to_which_it_moves(market):
    market.enter(buy(100, at="10.00", by="AK1"))
    market.enter(buy(100, at=MARKET, price_type=PriceType.PRIMARY_PEG))
    assert figures(market) == (1_000, 0)
    market.enter(buy(100, at="10.50", by="AK1"))
    assert figures(market) == (1_050, 0)


def test_a_peg_that_stands_aside_counts_as_it_did(market):
    market.enter(buy(100, at="10.00", by="AK1"))
    market.enter(buy(100, at=MARKET, price_type=PriceType.PRIMARY_PEG))
    market.halt()
    assert figures(market) == (1_000, 0)
    market.cancel(2)
    assert figures(market) == (0, 0)


def test_a_broken_trade_stays_counted(market):
    market.enter(sell(60, at="10.00", by="AK1"))
    market.enter(buy(60, at="10.00"))
    market.bust(1)
    assert figures(market) == (0, 600)


def test_the_next_day_begins_with_what_rests_on(market):
    market.enter(sell(60, at="10.00", by="AK1"))
    market.enter(buy(100, at="10.00", gtc=True))
    market.enter(buy(100, at="5.00"))
    assert figures(market) == (900, 600)
    market.next_day(TOMORROW)
    assert figures(market) == (400, 0)


# For whom.


def test_each_exchange_counts_its_own():
    market = Market(WIDE, gross_exposure(name="bx", exchange="BX", open=(None, None, 10**9)))
    market.enter(buy(100, at="10.00"))
    market.enter(buy(50, at="10.00", by="INB"))
    market.enter(buy(1, at="10.00", by="INP"))
    assert figures(market) == (1_000, 0)
    assert figures(market, Entity("BX", "INET")) == (500, 0)
    assert Entity("PSX", "INET") not in market.engine.exposures.states


def test_one_order_counts_for_its_mpid_its_port_and_its_group():
    rules = (
        WIDE,
        gross_exposure(name="port", port="IN1", open=(None, None, 10**9)),
        gross_exposure(name="group", group=7, open=(None, None, 10**9)),
    )
    market = Market(*rules)
    market.enter(buy(100, at="10.00", group_id=7))
    market.enter(buy(10, at="10.00"))
    market.enter(buy(1, at="10.00", by="IN2", group_id=7))
    market.enter(buy(1_000, at="10.00", by="IN2", group_id=8))
    assert figures(market) == (11_110, 0)
    assert figures(market, Entity("NASDAQ", "INET", "IN1")) == (1_100, 0)
    assert figures(market, Entity("NASDAQ", "INET", None, 7)) == (1_010, 0)


def test_an_order_that_is_modified_into_another_group_counts_there():
    market = Market(WIDE, gross_exposure(name="group", group=7, open=(None, None, 10**9)))
    market.enter(sell(100, at="10.00", group_id=7))
    order = market.find(1)
    other = msgspec.structs.replace(order.attributes, group_id=8)
    market.engine.modify(order, order.terms, other, 60, market.now)
    assert figures(market) == (600, 0)
    assert figures(market, Entity("NASDAQ", "INET", None, 7)) == (0, 0)
    again = msgspec.structs.replace(order.attributes, group_id=7)
    market.engine.modify(order, order.terms, again, 60, market.now)
    assert figures(market, Entity("NASDAQ", "INET", None, 7)) == (600, 0)


def test_a_registered_group_is_counted_from_then_on_and_one_that_is_not_any_more_is_not():
    market = Market()
    market.enter(buy(100, at="10.00", group_id=7))
    market.do(RegisterGroups("INET", (7, 9)))
    group = Entity("NASDAQ", "INET", None, 7)
    assert figures(market, group) == (1_000, 0)
    market.enter(sell(40, at="10.00", by="AK1"))
    assert figures(market, group) == (600, 400)
    assert figures(market.reloaded(), group) == (600, 400)
    market.configure(gross_exposure(group=7, open=(None, None, 600)))
    assert figures(market, group) == (600, 400)
    market.enter(buy(1, at="1.00", group_id=7))
    market.do(RegisterGroups("INET", ()))
    assert list(market.engine.exposures.states) == [group]
    assert isinstance(market.enter(buy(1, at="1.00", group_id=7))[0], Rejected)
    market.configure()
    assert market.engine.exposures.states == {}


def test_groups_cost_a_firm_that_has_none_nothing():
    market = Market()
    market.do(RegisterGroups("INET", (7,)))
    exchanges = {entity.exchange for entity in market.engine.exposures.states}
    assert exchanges == {"NASDAQ", "BX", "PSX"}
    assert {port.name for port in market.engine.ports.values() if port.exposure} == {"IN1", "IN2", "INB", "INP"}


def routing(*rules):
    """A market whose ports may route, with an outside offer of 10.02."""
    market = Market(*rules, ports=tuple(msgspec.structs.replace(entry, routing=True) for entry in PORTS))
    market.prices(outside_offer="10.02")
    return market


def test_what_goes_away_counts_for_routed_alone_from_every_exchange():
    market = routing(WIDE, gross_exposure(name="away", exchange="ROUTED", executed=(None, None, 10**9)))
    market.enter(buy(100, at="10.05", route=b"SCAN"))
    market.enter(buy(10, at="10.05", route=AWAY_MARKET, ioc=True, by="INB"))
    assert figures(market, Entity("ROUTED", "INET")) == (0, 1_102.2)
    assert figures(market) == (0, 0)


def test_what_the_away_market_returns_counts_where_it_rests():
    market = routing(WIDE, gross_exposure(name="away", exchange="ROUTED", executed=(None, None, 10**9)))
    market.enter(buy(100, at="10.00", route=b"SCAN"))
    assert figures(market) == (1_000, 0)
    assert figures(market, Entity("ROUTED", "INET")) == (0, 0)
