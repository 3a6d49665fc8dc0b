"""The safety switch: every combination of its two actions, in slices, through restarts; and the end of a breach."""

import pytest
from trading import Market
from words import (
    TOMORROW,
    Accepted,
    Canceled,
    Rejected,
    buy,
    duplicates,
    max_shares,
    message_rate,
    symbol_rate,
    whole,
)

from engine.api import CancelAction, CancelReason, CommandRefused, Cross, PortAction, Reject, SafetySwitch, Unbreach
from engine.mass_cancel import ORDERS_A_SLICE
from engine.risk.rule_diary import RuleHappeningKind
from engine.safety_switch import is_done

SWITCH = pytest.mark.section("EQRC", "3.2 Safety switch")
UNBREACH = pytest.mark.section("EQRC", "3.2 Unbreach")
NONE, ALL, NON_CROSS = CancelAction
NOTHING, DISABLE, ENABLE = PortAction


def switch(market, cancel=NONE, action=NOTHING, *, port=None, exchange="NASDAQ", mpid="INET"):
    return market.do(SafetySwitch(exchange, mpid, port, cancel, action, "ann"))


def verdict(market, ticket):
    event = market.enter(ticket)[0]
    return event.reason if isinstance(event, Rejected) else None


def booked():
    """Orders 1 to 6: two of IN1, one for the close; one of IN2; one at BX; one of another firm."""
    market = Market()
    market.enter(buy(1, at="9.00"))
    market.enter(buy(2, at="9.00", symbol="AAPL"))
    market.enter(buy(3, at="9.00", cross=Cross.CLOSING))
    market.enter(buy(4, at="9.00", by="IN2"))
    market.enter(buy(5, at="9.00", by="INB"))
    market.enter(buy(6, at="9.00", by="AK1"))
    return market


GONE = {(NONE, None): [], (NONE, "IN1"): [], (ALL, None): [1, 2, 3, 4], (ALL, "IN1"): [1, 2, 3]}
GONE |= {(NON_CROSS, None): [1, 2, 4], (NON_CROSS, "IN1"): [1, 2]}


@SWITCH
@pytest.mark.parametrize("action", PortAction)
@pytest.mark.parametrize(("cancel", "port"), GONE)
def test_every_combination(cancel, port, action):
    market = booked()
    told = []
    market.engine.rules.diary.listeners.append(told.append)
    events = switch(market, cancel, action, port=port)
    assert events == [Canceled(key, key, CancelReason.SUPERVISORY) for key in GONE[cancel, port]]
    refused = [None, Reject.ENTRY_DISABLED][action is DISABLE]
    assert verdict(market, buy(1, at="8.00")) == refused
    assert verdict(market, buy(1, at="8.00", by="IN2")) == (refused if port is None else None)
    for other in ("INB", "INP", "AK1"):
        assert verdict(market, buy(1, at="8.00", by=other)) is None
    assert sum(happening.current for happening in told) == len(events)
    kind = RuleHappeningKind.FREE if action is ENABLE else RuleHappeningKind.SHUT
    assert {(happening.kind, happening.user) for happening in told if happening.port in ("IN1", "IN2")} == {
        (kind, "ann")
    }


@SWITCH
def test_cancels_pass_on_a_closed_port_and_its_client_cannot_open_it():
    market = booked()
    switch(market, action=DISABLE)
    assert market.replace(1, buy(2, at="9.00")) == [Rejected(Reject.ENTRY_DISABLED)]
    assert market.cancel(1) == [Canceled(1, 1, CancelReason.USER)]
    market.set_entry("IN1", enabled=True)
    assert verdict(market, buy(1, at="8.00")) == Reject.ENTRY_DISABLED
    switch(market, action=ENABLE, port="IN1")
    assert verdict(market, buy(1, at="8.00")) is None
    assert verdict(market, buy(1, at="8.00", by="IN2")) == Reject.ENTRY_DISABLED


@SWITCH
def test_a_port_stays_closed_over_a_start_and_opens_with_the_next_day():
    market = booked()
    switch(market, action=DISABLE)
    other = market.reloaded()
    assert other.state() == market.state()
    assert verdict(other, buy(1, at="8.00")) == Reject.ENTRY_DISABLED
    other.next_day(TOMORROW)
    assert verdict(other, buy(1, at="8.00")) is None


@SWITCH
@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (message_rate(1), Reject.PORT_MESSAGE_RATE),
        (symbol_rate(1), Reject.SYMBOL_MESSAGE_RATE),
        (duplicates(1), Reject.DUPLICATE_ORDER),
    ],
)
def test_to_enable_is_the_cure_for_rates_and_duplicates(rule, reason):
    market = Market(rule)
    same = buy(1, at="8.00")
    market.enter(same)
    assert verdict(market, same) == reason
    market.set_entry("IN1", enabled=True)
    assert verdict(market, same) == reason, "the client's own message lifts nothing of it"
    switch(market, action=ENABLE)
    assert verdict(market, same) is None
    assert verdict(market, same) == reason, "counted from nothing"


@SWITCH
def test_to_enable_opens_what_the_client_disabled(market):
    market.set_entry("IN1", enabled=False)
    switch(market, action=ENABLE)
    assert verdict(market, buy(1, at="8.00")) is None


@SWITCH
def test_10_000_orders_end_in_slices_and_what_comes_after_stays():
    market = Market(audited=False)
    for number in range(10_000):
        market.enter(buy(1, at="9.00", by="IN2" if number % 2 else "IN1"))
    assert len(switch(market, ALL)) == ORDERS_A_SLICE
    assert not is_done(market.engine, "NASDAQ", "INET", None)
    slices = 1
    while market.engine.mass_cancels:
        assert len(market.work_off()) == ORDERS_A_SLICE
        slices += 1
    assert slices == 10_000 // ORDERS_A_SLICE
    assert is_done(market.engine, "NASDAQ", "INET", None)
    assert not market.open
    assert isinstance(market.enter(buy(1, at="9.00"))[0], Accepted)


@SWITCH
def test_a_restart_in_the_middle_neither_undoes_nor_repeats():
    market = Market(audited=False)
    for _ in range(2 * ORDERS_A_SLICE + 10):
        market.enter(buy(1, at="9.00", cross=Cross.CLOSING))
        market.enter(buy(1, at="9.00"))
        market.enter(buy(1, at="9.00", by="IN2"))
    switch(market, NON_CROSS, DISABLE)
    market.work_off()
    other = market.reloaded()
    assert other.state() == market.state()
    while market.engine.mass_cancels:
        assert whole(other.work_off()) == whole(market.work_off())
        assert other.state() == market.state()
    assert len(other.open) == len(market.open) == 2 * ORDERS_A_SLICE + 10


@SWITCH
def test_a_switch_waits_for_the_mass_cancel_of_the_port():
    market = Market(audited=False)
    for _ in range(ORDERS_A_SLICE + 2):
        market.enter(buy(1, at="9.00", group_id=1))
    market.mass_cancel("IN1", group=2)
    switch(market, ALL)
    while market.engine.mass_cancels:
        market.work_off()
    assert not market.open


@SWITCH
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"exchange": "ROUTED"}, "exchange"),
        ({"exchange": "NYSE"}, "exchange"),
        ({"mpid": "NONE"}, "mpid"),
        ({"port": "AK1"}, "port"),
        ({"port": "INB"}, "port"),
    ],
)
def test_a_switch_for_nobody_is_refused(market, wrong, field):
    with pytest.raises(CommandRefused) as caught:
        switch(market, ALL, DISABLE, **wrong)
    assert caught.value.field == field


@UNBREACH
def test_unbreach_frees_what_a_rate_shut():
    market = Market(duplicates(1), message_rate(9, port="IN2", name="two"))
    same = buy(1, at="8.00")
    market.enter(same)
    assert verdict(market, same) == Reject.DUPLICATE_ORDER
    told = []
    market.engine.rules.diary.listeners.append(told.append)
    market.do(Unbreach("NASDAQ", "INET", None, None, "order-rate", "ann"))
    (happening,) = told
    assert (happening.kind, happening.port, happening.user) == (RuleHappeningKind.FREE, "IN1", "ann")
    assert verdict(market, same) is None
    with pytest.raises(CommandRefused):
        market.do(Unbreach("NASDAQ", "INET", None, None, "max-shares"))
    with pytest.raises(CommandRefused, match="no groups"):
        market.do(Unbreach("NASDAQ", "INET", None, 1, "order-rate"))


@UNBREACH
def test_operations_and_the_next_day_tell_that_they_free_a_port():
    market = Market(duplicates(1))
    told = []
    for _ in range(2):
        market.enter(buy(1, at="8.00"))
    market.engine.rules.diary.listeners.append(told.append)
    market.release("IN2")
    market.release()
    for _ in range(2):
        market.enter(buy(1, at="8.00"))
    market.next_day(TOMORROW)
    freed = [(one.port, one.user) for one in told if one.kind is RuleHappeningKind.FREE]
    assert freed == [("IN1", "operations"), ("IN1", "")]


@UNBREACH
def test_a_shut_port_tells_it_once():
    market = Market(duplicates(1), max_shares(5))
    told = []
    market.engine.rules.diary.listeners.append(told.append)
    for _ in range(4):
        market.enter(buy(1, at="8.00"))
    kinds = [happening.kind for happening in told]
    assert kinds == [RuleHappeningKind.SHUT, *[RuleHappeningKind.BREACH] * 3]
