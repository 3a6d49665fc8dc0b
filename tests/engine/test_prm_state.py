"""Nordic state in snapshots and replays, and a plain reading of the rules to hold the engine against."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nordic import (
    BOOKS,
    ERIC,
    FIRST_NORTH,
    NOKIA,
    NOVO,
    OTHER,
    STRANGER,
    THIRD,
    USER,
    VOLV,
    NordicMarket,
    account,
    buy,
    limits,
    port_entry,
    sell,
)
from words import MARKET, TOMORROW, Accepted, CarriedOver, Rejected, Replaced, whole

from engine.api import MARKET_PRICE, PRICE_SCALE, Reject, Side

SNAPSHOT = pytest.mark.section("Portcullis", "Snapshots")
ACCOUNTS = (
    account("GP29PR", users=[USER, OTHER], SEK=limits(1_000, 50_000), EUR=limits(2_000), symbols=[NOVO]),
    account("GP29P1", users=[THIRD], SEK=limits(0, 20_000), segments=[900]),
)
BUSY = (
    account(
        "GP29PR",
        users=[USER, OTHER],
        SEK=limits(1_000, 50_000, total_traded=9_000),
        EUR=limits(2_000),
        symbols=[NOVO],
        repeated_order_limit=1,
        restrict_on_repeated_order=True,
        symbol_rate=20,
    ),
    account("GP29P1", users=[THIRD], SEK=limits(0, 20_000, total_open=12_500), segments=[900]),
)
PORTS = (
    port_entry("G1", fat_finger=True, maximum_orders=3, cancel_on_breach=True),
    port_entry("G2", fat_finger=True),
    port_entry("C1", "GP30"),
)


def busy():
    """A market with something of everything that PRM keeps."""
    market = NordicMarket(*BUSY, ports=PORTS)
    market.enter(buy(100, at="100.00", gtc=True))
    market.enter(buy(50, at="250.00", by="G2", book=VOLV, user=THIRD))
    market.enter(sell(40, at="100.00", by="C1", user="GP30U1"))
    market.block("GP29P1")
    market.set_account("GP29PR", limits={"SEK": {"maximum_quantity": 500}}, next_day=False)
    market.set_account("GP29PR", restricted_segments=(200,), today=False)
    market.set_member(aggressive=300)
    market.set_port("G2", maximum_orders=10, fat_finger=False)
    market.prices(ERIC, fat_finger_passive=70_000)
    return market


def afternoon(venue):
    events = [
        *venue.enter(buy(501, at="100.00", by="G2")),
        *venue.enter(buy(10, at="2.00", by="G2", book=FIRST_NORTH, user=THIRD)),
        *venue.replace(2, buy(20, at="250.00", book=VOLV, user=THIRD)),
        *venue.enter(buy(10, at="115.01")),
        *venue.enter(buy(10, at="92.99")),
        *venue.enter(buy(10, at="93.00", user=OTHER)),
        *venue.enter(buy(1, at="100.00")),
        *venue.cancel(1),
        *venue.wait(86_400),
        *venue.next_day(TOMORROW),
        *venue.enter(buy(501, at="100.00", by="G2")),
        *venue.enter(buy(10, at="4.00", by="G2", book=NOKIA)),
        *venue.enter(buy(10, at="100.00", by="G2", user=THIRD)),
    ]
    return whole(events)


@SNAPSHOT
def test_a_loaded_venue_goes_on_where_the_first_one_was():
    market = busy()
    other = market.reloaded()
    assert other.state() == market.state()
    heard = afternoon(market)
    assert afternoon(other) == heard
    assert other.state() == market.state()
    names = {name for name, _ in heard}
    assert names >= {"Rejected", "Accepted", "Replaced", "Canceled", "Day"}


@SNAPSHOT
def test_orders_that_are_good_till_canceled_keep_their_users_over_the_night():
    market = NordicMarket(*ACCOUNTS)
    market.enter(buy(100, at="100.00", gtc=True, user=OTHER))
    assert CarriedOver(1, 100) in market.next_day(TOMORROW)
    other = market.reloaded()
    for venue in (market, other):
        assert venue.find(1).user == OTHER
        assert isinstance(venue.replace(1, buy(200, at="100.00", user=OTHER))[0], Replaced)
    assert other.state() == market.state()


@SNAPSHOT
def test_a_change_of_every_setting_is_part_of_the_state():
    market = busy()
    states = [market.state()]
    for change in (
        lambda: market.block("GP29PR"),
        lambda: market.set_account("GP29PR", limits={"EUR": {"maximum_value": 1}}),
        lambda: market.set_account("GP29PR", restricted_symbols=(), today=False),
        lambda: market.set_member(passive=99),
        lambda: market.set_port("G1", fat_finger=False),
        lambda: market.set_port("G1", maximum_orders=4),
        lambda: market.set_port("G1", cancel_on_breach=False),
        lambda: market.prices(ERIC, fat_finger_aggressive=None),
    ):
        change()
        states.append(market.state())
        assert market.reloaded().state() == states[-1]
    assert len(set(states)) == len(states)


# An oracle: the rules as one reads them, an order at a time.


PRICES = (
    "1.00",
    "49.99",
    "50.00",
    "89.99",
    "90.00",
    "95.00",
    "99.99",
    "100.00",
    "100.01",
    "105.00",
    "105.01",
    "110.00",
)
ORDERS = st.builds(
    lambda side, *arguments, **how: side(*arguments, **how),
    st.sampled_from([buy, sell]),
    st.sampled_from([1, 199, 200, 201, 500, 501, 1_000, 1_001, 2_001, 20_000]),
    st.sampled_from([*PRICES, MARKET]),
    by=st.sampled_from(["G2", "G2", "C1"]),
    user=st.sampled_from([USER, OTHER, THIRD, STRANGER, "GP30U1"]),
    book=st.sampled_from([entry.order_book for entry in BOOKS]),
    ioc=st.booleans(),
)
STEPS = st.lists(
    st.one_of(
        ORDERS,
        st.tuples(st.just("block"), st.sampled_from(["GP29PR", "GP29P1"]), st.booleans()),
        st.tuples(st.just("limit"), st.sampled_from(["SEK", "EUR"]), st.sampled_from([0, 1, 200, 500])),
        st.tuples(st.just("multiplier"), st.integers(0, 999), st.integers(0, 999)),
        st.tuples(st.just("watch"), st.booleans()),
    ),
    max_size=30,
)


class Desk:
    """What is set now, as one would keep it on paper."""

    def __init__(self):
        self.users = {USER: "GP29PR", OTHER: "GP29PR", THIRD: "GP29P1"}
        self.quantity = {("GP29PR", "SEK"): 1_000, ("GP29PR", "EUR"): 2_000}
        self.value = {("GP29PR", "SEK"): 50_000, ("GP29P1", "SEK"): 20_000}
        self.symbols = {("GP29PR", NOVO)}
        self.segments = {("GP29P1", 900)}
        self.blocked = {"GP29PR": False, "GP29P1": False}
        self.multipliers = (100, 100)
        self.watched = True

    def verdict(self, ticket, market):
        entry = next(entry for entry in BOOKS if entry.order_book == ticket.symbol)
        security = market.security(ticket.symbol)
        member = "GP30" if ticket.by == "C1" else "GP29"
        if not ticket.user.startswith(member) or ticket.user == STRANGER:
            return Reject.UNKNOWN_USER
        holder = self.users.get(ticket.user)
        if self.blocked.get(holder):
            return Reject.ACCOUNT_BLOCKED
        if (holder, entry.segment) in self.segments:
            return Reject.RESTRICTED_SEGMENT
        if (holder, entry.order_book) in self.symbols:
            return Reject.RESTRICTED_SYMBOL
        most = self.quantity.get((holder, entry.currency), 0)
        if most and ticket.quantity > most:
            return Reject.MAXIMUM_ORDER_QUANTITY
        price = int(float(ticket.at) * PRICE_SCALE) if ticket.at != MARKET else MARKET_PRICE
        limit = self.value.get((holder, entry.currency), 0) * PRICE_SCALE
        valued = price
        if price == MARKET_PRICE:
            quote = security.offer if ticket.side is Side.BUY else security.bid
            valued = max(security.last, quote or 0)
        if limit and valued * ticket.quantity > limit:
            return Reject.MAXIMUM_ORDER_VALUE
        if member == "GP29" and self.watched and price != MARKET_PRICE:
            aggressive = price >= security.last if ticket.side is Side.BUY else price <= security.last
            threshold = entry.fat_finger_aggressive if aggressive else entry.fat_finger_passive
            multiplier = self.multipliers[0 if aggressive else 1]
            if threshold is not None and abs(price - security.last) * 10**8 > threshold * multiplier * security.last:
                return Reject.CONTINUOUS_FAT_FINGER
        return None

    def change(self, step, market):
        match step:
            case ("block", name, blocked):
                self.blocked[name] = blocked
                market.block(name, blocked=blocked)
            case ("limit", currency, most):
                self.quantity["GP29PR", currency] = most
                market.set_account("GP29PR", limits={currency: {"maximum_quantity": most}})
            case ("multiplier", aggressive, passive):
                self.multipliers = (aggressive, passive)
                market.set_member(aggressive=aggressive, passive=passive)
            case ("watch", watched):
                self.watched = watched
                market.set_port("G2", fat_finger=watched)


@settings(deadline=None)
@given(STEPS, st.integers(0, 30))
def test_every_verdict_is_that_of_the_rules_as_one_reads_them(steps, reload_at):
    market, desk = NordicMarket(*ACCOUNTS, ports=PORTS), Desk()
    for place, step in enumerate(steps):
        if place == reload_at:
            market = market.reloaded()
        if isinstance(step, tuple):
            desk.change(step, market)
            continue
        expected = desk.verdict(step, market)
        event = market.enter(step)[0]
        assert (event.reason if isinstance(event, Rejected) else None) == expected
        assert expected is not None or isinstance(event, Accepted)
    assert market.reloaded().state() == market.state()
