"""What a breach of gross exposure does: who is refused, what is canceled, what is told, and what ends it."""

import msgspec
import pytest
from trading import Market
from words import MARKETS, PORTS, TOMORROW, Accepted, Canceled, Rejected, accepted, buy, gross_exposure, sell

from engine.api import CancelReason, CommandRefused, Cross, Phase, RegisterGroups, Reject, Unbreach
from engine.mass_cancel import ORDERS_A_SLICE
from engine.risk.exposure import Entity, Level
from engine.risk.rule_diary import RuleHappeningKind

pytestmark = pytest.mark.section("EQRC", "3.1.17 Gross exposure: breaches")
INET = Entity("NASDAQ", "INET")
WATCH, WARN, ACTION, UNLOCK = (RuleHappeningKind[name] for name in ("WATCH", "WARN", "ACTION", "UNLOCK"))
REFUSED = [Rejected(Reject.GROSS_EXPOSURE)]


def limited(dollars, what="open", **rest):
    """A rule with one Action threshold."""
    return gross_exposure(**{what: (None, None, dollars)}, **rest)


def listening(*rules, **rest):
    """A market and what its rule diary is told of exposures: kind, rule, subject, dollars."""
    market = Market(*rules, **rest)
    heard = []

    def listen(told):
        if told.rule_type == "gross-exposure" and told.kind in (WATCH, WARN, ACTION, UNLOCK):
            heard.append((told.kind, told.rule_id, told.subject, told.current // 10_000))

    market.engine.rules.diary.listeners.append(listen)
    return market, heard


def work_off(market):
    events = []
    while market.engine.mass_cancels:
        events += market.work_off()
    return events


def ended(*keys):
    return [Canceled(key, 100, CancelReason.SUPERVISORY) for key in keys]


# Refusing.


def test_the_order_that_breaches_stands_and_the_next_is_refused():
    market = Market(limited(1_000))
    assert market.enter(buy(100, at="10.00")) == [Accepted(1, 100, "10.00")]
    assert market.enter(buy(1, at="0.01")) == [Accepted(2, 1, "0.01")]
    assert market.enter(buy(1, at="0.01")) == REFUSED
    assert market.enter(sell(1, at="20.00", by="IN2")) == REFUSED
    assert market.open == {("IN1", 1): 100, ("IN1", 2): 1}


def test_a_trade_breaches_too_by_whoever_came():
    market = Market(limited(1_000, "executed"))
    market.enter(buy(101, at="10.00"))
    market.enter(sell(101, at="10.00", by="AK1"))
    assert market.enter(buy(1, at="1.00")) == REFUSED


def test_an_order_that_ends_at_once_breaches_by_what_it_traded():
    market = Market(limited(1_000, "notional"))
    market.enter(sell(101, at="10.00", by="AK1"))
    market.enter(buy(200, at="10.00", ioc=True))
    assert market.enter(buy(1, at="1.00", ioc=True)) == REFUSED


def test_while_breached_a_replacement_is_refused_and_its_original_lives_and_a_cancel_passes():
    market = Market(limited(1_000))
    market.enter(buy(100, at="10.00"))
    market.enter(buy(100, at="10.00"))
    assert market.replace(1, buy(150, at="10.00")) == REFUSED
    assert market.cancel(1, to=99) == [Canceled(1, 1)]


@pytest.mark.parametrize("by", ["INB", "INP", "AK1"])
def test_other_exchanges_and_other_firms_are_not_refused(by):
    market = Market(limited(1_000))
    market.enter(buy(101, at="10.00"))
    assert market.enter(buy(1, at="1.00", by="IN2")) == REFUSED
    assert market.enter(buy(1, at="1.00", by=by))[0].quantity == 1


def test_a_breach_of_a_port_shuts_that_port_and_one_of_a_group_its_orders_on_every_port():
    market = Market(limited(1_000, port="IN1"), limited(1_000, name="group", group=7))
    market.enter(buy(101, at="10.00"))
    assert market.enter(buy(1, at="1.00")) == REFUSED
    market.enter(buy(101, at="10.00", by="IN2", group_id=7))
    assert market.enter(buy(1, at="1.00", by="IN2", group_id=7)) == REFUSED
    assert market.enter(buy(1, at="1.00", by="IN2", group_id=8)) == [Accepted(5, 1, "1.00")]
    assert market.enter(buy(1, at="1.00", by="IN2")) == [Accepted(6, 1, "1.00")]


@pytest.mark.parametrize(
    ("mpid", "port", "group", "decides"),
    [(900, 800, 700, "group"), (900, 700, 800, "port"), (700, 800, 900, "all"), (700, None, 800, "all")],
)
def test_of_three_levels_the_tightest_decides(mpid, port, group, decides):
    levels = {"all": (mpid, {}), "port": (port, {"port": "IN1"}), "group": (group, {"group": 7})}
    market = Market(*(limited(limit, name=name, **who) for name, (limit, who) in levels.items() if limit))
    market.enter(buy(75, at="10.00", group_id=7))
    assert market.enter(buy(1, at="1.00", group_id=7)) == REFUSED
    assert market.refusal.rule == decides


def test_of_two_rules_of_one_entity_the_tighter_decides():
    market = Market(limited(900, name="configured"), limited(700, name="made"))
    market.enter(buy(75, at="10.00"))
    assert market.enter(buy(1, at="1.00")) == REFUSED
    assert market.refusal.rule == "made"


def test_a_breach_of_routed_refuses_what_would_go_away_and_nothing_else():
    ports = tuple(msgspec.structs.replace(entry, routing=True) for entry in PORTS)
    market = Market(limited(1_000, "executed", exchange="ROUTED", action="CANCEL_ALL"), ports=ports)
    market.prices(outside_offer="10.02")
    market.enter(buy(100, at="9.00"))
    market.enter(buy(100, at="10.05", route=b"SCAN"))
    assert market.enter(buy(1, at="10.05", route=b"SCAN", by="INB")) == REFUSED
    assert market.enter(buy(1, at="9.00")) == [Accepted(4, 1, "9.00")]
    assert not market.engine.mass_cancels, "away nothing rests"


def test_a_group_alone_may_have_a_breach_of_routed():
    ports = tuple(msgspec.structs.replace(port, routing=True) for port in PORTS)
    market = Market(ports=ports)
    market.do(RegisterGroups("INET", (1, 2)))
    market.configure(limited(1_000, "executed", exchange="ROUTED", group=1), ports=ports)
    market.prices(outside_bid="10.00", outside_offer="10.02")
    market.enter(buy(100, at="10.05", route=b"SCAN", group_id=1))
    assert market.enter(buy(1, at="10.05", route=b"SCAN", group_id=1)) == REFUSED
    for other in ({"group_id": 2}, {}):
        assert isinstance(market.enter(buy(1, at="10.05", route=b"SCAN", **other))[0], Accepted)
    assert isinstance(market.enter(buy(1, at="9.00", group_id=1))[0], Accepted)


# What ends it.


def test_entry_goes_on_by_itself_when_the_amount_is_at_the_threshold_again():
    market, heard = listening(limited(1_000))
    market.enter(buy(101, at="10.00"))
    market.cancel(1, to=100)
    assert market.enter(buy(1, at="1.00")) == [Accepted(2, 1, "1.00")]
    assert market.enter(buy(1, at="1.00")) == REFUSED
    told = [(ACTION, 1_010), (UNLOCK, 1_000), (ACTION, 1_001)]
    assert heard == [(kind, "exposure", "open", dollars) for kind, dollars in told]


def test_a_trade_that_takes_open_below_the_threshold_ends_it():
    market = Market(limited(1_000))
    market.enter(buy(101, at="10.00"))
    market.enter(sell(1, at="10.00", by="AK1"))
    assert market.enter(buy(1, at="0.01"))[0].quantity == 1


def test_a_raised_limit_ends_it_and_a_lowered_one_begins_it():
    market = Market(limited(1_000, "executed"))
    market.enter(sell(101, at="10.00", by="AK1"))
    market.enter(buy(101, at="10.00"))
    assert market.enter(buy(1, at="1.00")) == REFUSED
    market.configure(limited(2_000, "executed"))
    assert market.enter(buy(1, at="1.00"))[0].quantity == 1
    market.configure(limited(1_009, "executed"))
    assert market.enter(buy(1, at="1.00")) == REFUSED
    market.configure()
    assert market.enter(buy(1, at="1.00"))[0].quantity == 1


def unbreach(market, **entity):
    return market.do(Unbreach(**{"exchange": "NASDAQ", "mpid": "INET", "user": "inet-risk"} | entity))


def test_a_lifted_breach_begins_again_with_the_next_order_over_the_threshold():
    market, heard = listening(limited(1_000))
    market.enter(buy(101, at="10.00"))
    unbreach(market)
    assert market.cancel(1, to=101) == []
    assert market.enter(buy(1, at="1.00")) == [Accepted(2, 1, "1.00")]
    assert market.enter(buy(1, at="1.00")) == REFUSED
    assert [kind for kind, *_ in heard] == [ACTION, UNLOCK, ACTION]


def test_a_lifted_breach_begins_again_with_the_next_trade():
    market = Market(limited(1_000, "notional"))
    market.enter(buy(101, at="10.00"))
    unbreach(market)
    market.enter(sell(1, at="10.00", by="AK1"))
    assert market.enter(buy(1, at="1.00")) == REFUSED


def test_a_lifted_breach_stays_so_by_what_gets_less_and_by_the_same_rules_again():
    market = Market(limited(1_000))
    market.enter(buy(200, at="10.00"))
    unbreach(market)
    market.cancel(1, to=150)
    market.configure(limited(1_000))
    copy = market.reloaded()
    for left in (market, copy):
        assert left.engine.exposures.states[INET].breach is None
        left.enter(buy(1, at="1.00"))
        assert left.enter(buy(1, at="1.00")) == REFUSED


def test_unbreach_says_who_did_it_and_is_for_an_entity_that_a_rule_is_for():
    market = Market(limited(1_000, port="IN1"))
    users = []
    market.engine.rules.diary.listeners.append(lambda told: users.append(told.user))
    market.enter(buy(101, at="10.00"))
    unbreach(market, port="IN1")
    assert users == ["", "inet-risk"]
    unbreach(market, port="IN1")
    assert len(users) == 2, "there was none any more"
    for other in ({}, {"port": "IN2"}, {"port": "IN1", "group_id": 1}, {"port": "IN1", "exchange": "BX"}):
        with pytest.raises(CommandRefused) as refused:
            unbreach(market, **other)
        assert refused.value.missing


def test_the_next_day_ends_a_breach_by_trades_and_not_one_by_what_rests_on():
    market, heard = listening(limited(1_000, "executed"), limited(500, name="open"))
    market.enter(sell(101, at="10.00", by="AK1"))
    market.enter(buy(101, at="10.00"))
    assert market.enter(buy(1, at="1.00")) == REFUSED
    market.next_day(TOMORROW)
    assert market.enter(buy(60, at="10.00", gtc=True))[0].quantity == 60
    market.next_day("2026-11-24")
    assert market.enter(buy(1, at="1.00")) == REFUSED
    assert [(kind, rule) for kind, rule, *_ in heard] == [(ACTION, "exposure"), (ACTION, "open"), (ACTION, "open")]


# What is told.


def test_each_threshold_is_told_when_it_is_passed_and_again_only_after_the_amount_was_under_it():
    market, heard = listening(gross_exposure(open=(10, 20, 30)))
    for number in range(1, 5):
        market.enter(buy(1, at="11.00"))
        assert len(heard) == min(number, 3)
    market.cancel(1)
    market.cancel(2)
    market.enter(buy(1, at="11.00"))
    kinds = [(WATCH, 11), (WARN, 22), (ACTION, 33), (UNLOCK, 22), (WARN, 22)]
    assert heard == [(kind, "exposure", "open", dollars) for kind, dollars in kinds]


def test_an_order_that_passes_several_thresholds_tells_each_of_them():
    market, heard = listening(gross_exposure(open=(10, None, 30), notional=(None, 40, 10**6)))
    market.enter(buy(5, at="10.00"))
    assert heard == [
        (WATCH, "exposure", "open", 50),
        (ACTION, "exposure", "open", 50),
        (WARN, "exposure", "notional", 50),
    ]


def test_a_replacement_as_large_as_its_original_passes_no_threshold_again():
    market, heard = listening(gross_exposure(open=(500, 1_000, 3_000)))
    market.enter(buy(100, at="10.00"))
    market.replace(1, buy(100, at="9.90"))
    market.replace(2, buy(50, at="9.90"))
    assert [kind for kind, *_ in heard] == [WATCH]
    assert market.engine.exposures.states[INET].thresholds[0].level is Level.NONE


def test_a_breach_is_counted_for_its_day_and_so_is_each_order_that_it_refuses():
    market = Market(limited(1_000, port="IN1"))
    market.enter(buy(101, at="10.00"))
    market.enter(buy(1, at="1.00"))
    market.enter(buy(1, at="1.00"))
    breaches = market.engine.rules.diary.breaches
    found = {(key.subject, key.rule_type, key.port): tally[:2] for key, tally in breaches.items()}
    assert found["open", "gross-exposure", "IN1"] == (1, 1_010 * 10_000)
    assert found["GROSS_EXPOSURE", "gross-exposure", "IN1"] == (2, 0), "the money of a breach is counted once"


# Canceling.


def test_cancel_all_ends_every_open_order_of_the_entity_crosses_too():
    market = Market(limited(1_000, action="CANCEL_ALL"), limited(10**6, name="bx", exchange="BX", action="CANCEL_ALL"))
    for ticket in (
        buy(100, at="1.00"),
        buy(100, at="1.00", cross=Cross.CLOSING),
        buy(100, at="1.00", by="IN2"),
        buy(100, at="1.00", by="INB"),
        buy(100, at="1.00", by="AK1"),
    ):
        market.enter(ticket)
    assert market.enter(buy(100, at="9.00")) == [Accepted(6, 100, "9.00")]
    assert sorted(event.order for event in work_off(market)) == [1, 2, 3, 6]
    assert market.open == {("INB", 4): 100, ("AK1", 5): 100}
    assert market.engine.exposures.states[INET].open == 0


def test_cancel_non_cross_leaves_what_waits_for_a_cross():
    market = Market(limited(1_000, action="CANCEL_NON_CROSS"))
    market.enter(buy(100, at="1.00", cross=Cross.CLOSING))
    market.enter(buy(100, at="1.00"))
    market.enter(buy(100, at="9.00"))
    assert work_off(market) == ended(2, 3)
    assert market.open == {("IN1", 1): 100}


def test_a_breach_of_a_port_or_group_cancels_its_own_orders():
    port = limited(1_000, port="IN1", action="CANCEL_ALL")
    group = limited(2_000, name="group", group=7, action="CANCEL_ALL")
    market = Market(port, group)
    market.enter(buy(100, at="1.00"))
    market.enter(buy(100, at="1.00", by="IN2", group_id=7))
    market.enter(buy(100, at="1.00", by="IN2"))
    market.enter(buy(100, at="10.00"))
    assert work_off(market) == ended(1, 4)
    market.enter(buy(100, at="20.00", by="IN2", group_id=7))
    assert work_off(market) == ended(2, 5)
    assert market.open == {("IN2", 3): 100}


def test_what_arrives_before_the_first_slice_is_refused():
    market = Market(limited(1_000, action="CANCEL_ALL"))
    market.enter(buy(100, at="10.05"))
    assert market.enter(buy(1, at="1.00")) == REFUSED
    assert work_off(market) == ended(1)
    assert market.enter(buy(1, at="1.00")) == [Accepted(3, 1, "1.00")]


def test_a_breach_in_the_middle_of_a_match_lets_the_match_end():
    market = Market(limited(1_500, "executed", action="CANCEL_ALL"))
    for _ in range(3):
        market.enter(buy(100, at="10.00"))
    events = market.enter(sell(300, at="10.00", by="AK1"))
    assert sum(event.quantity for event in events if type(event).__name__ == "Executed") == 600
    market.enter(buy(100, at="9.00", by="IN2"))
    assert work_off(market) == []


def test_many_orders_go_in_slices_and_a_start_in_the_middle_goes_on():
    market = Market(limited(10_000, action="CANCEL_ALL"), audited=False)
    for _ in range(ORDERS_A_SLICE + 1):
        market.enter(buy(1, at="1.00"))
    market.enter(buy(1, at="1.00", by="IN2"))
    market.enter(buy(100, at="99.00"))
    assert len(market.engine.mass_cancels) == 2
    copy = market.reloaded()
    assert copy.state() == market.state()
    market.work_off()
    copy.work_off()
    again = copy.reloaded()
    assert again.state() == market.state()
    work_off(again)
    work_off(market)
    assert again.open == market.open == {}
    assert again.state() == market.state()


def test_a_client_s_own_mass_cancel_comes_between():
    market = Market(limited(1_000, action="CANCEL_ALL"))
    market.enter(buy(100, at="10.05"))
    market.mass_cancel()
    assert market.open == {}
    assert work_off(market) == []
    assert market.engine.ports["IN1"].mass_cancel is None


def test_a_day_that_ends_first_ends_it_too():
    market = Market(limited(1_000, action="CANCEL_ALL"))
    market.enter(buy(101, at="10.00", gtc=True))
    market.next_day(TOMORROW)
    assert not market.engine.mass_cancels
    assert market.open == {}


def test_what_has_rested_on_is_canceled_where_it_is_over_the_new_day_s_threshold():
    market = Market()
    market.enter(buy(100, at="10.05", gtc=True))
    market.configure(limited(1_000, action="CANCEL_ALL"), markets=MARKETS)
    assert work_off(market) == ended(1)


def test_a_halted_book_lets_its_orders_go_too():
    market = Market(limited(1_000, action="CANCEL_ALL"))
    market.enter(buy(100, at="9.00"))
    market.phase(Phase.HALT)
    market.enter(buy(100, at="9.00", symbol="AMD"))
    assert work_off(market) == ended(1, 3 if market.last_key == 3 else 2)


def test_a_cut_of_a_port_in_the_middle_is_no_trouble():
    ports = (
        *(entry for entry in PORTS if entry.name != "IN1"),
        msgspec.structs.replace(PORTS[0], cancel_on_disconnect=True),
    )
    market = Market(limited(1_000, action="CANCEL_ALL"), ports=ports)
    market.enter(buy(100, at="10.05"))
    assert market.disconnect() == [Canceled(1, 100, CancelReason.SYSTEM)]
    assert work_off(market) == []


def test_accepted_is_told_before_anything_else():
    market = Market(limited(1_000, action="CANCEL_ALL"))
    ticket = buy(100, at="10.05")
    assert market.enter(ticket) == [accepted(1, ticket)]
