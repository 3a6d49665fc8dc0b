"""Exposures held against a recomputation from the books and from what was heard, after every step of random days."""

from collections import Counter

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from trading import Market
from words import MARKET, PORTS, Executed, buy, gross_exposure, sell, ticks

from engine.api import (
    MAXIMUM_PRICE,
    Cross,
    Liquidity,
    Phase,
    PriceType,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    Unbreach,
)
from engine.following import is_parked
from engine.risk.exposure import Entity

pytestmark = pytest.mark.section("EQRC", "3.1.17 Gross exposure: amounts")
ROUTING = tuple(msgspec.structs.replace(entry, routing=True) for entry in PORTS)
ALWAYS = (
    gross_exposure(name="all", open=(500, 1_500, 4_000), executed=(None, 3_000, 20_000), action="CANCEL_NON_CROSS"),
    gross_exposure(name="port", port="IN1", notional=(1_000, None, 9_000)),
    gross_exposure(name="group", group=7, open=(None, None, 1_000), action="CANCEL_ALL"),
    gross_exposure(name="away", exchange="ROUTED", executed=(None, 100, 2_500)),
)
SOMETIMES = (
    gross_exposure(name="second", port="IN2", open=(100, 200, 300), action="CANCEL_ALL"),
    gross_exposure(name="bx", exchange="BX", open=(None, None, 900)),
    gross_exposure(name="other", mpid="AKAM", executed=(1, 2, 3_000)),
    gross_exposure(name="tighter", open=(None, None, 2_000)),
)
PRICES = ("9.90", "10.00", "10.10")
TRADERS = ("IN1", "IN1", "IN2", "INB", "AK1", "AKB")
PREVENTIONS = [None, None, *(SelfMatchPrevention(SelfMatchLevel.FIRM, action) for action in SelfMatchAction)]
PHASES = [*[Phase.CONTINUOUS] * 8, Phase.PRE_MARKET, Phase.POST_MARKET, Phase.QUOTATION, Phase.HALT]
KINDS = ["day", "day", "ioc", "gtc", "market", "reserve", "short-lived", "peg", "peg", "cross", "routed", "grouped"]


@st.composite
def orders(draw):
    """Orders of all ports, of every kind that counts in a way of its own."""
    how = {"by": draw(st.sampled_from(TRADERS))}
    kind = draw(st.sampled_from(KINDS))
    at = draw(st.sampled_from(PRICES))
    if kind in ("ioc", "gtc"):
        how[kind] = True
    elif kind == "market":
        at, how["cross"] = MARKET, draw(st.sampled_from([Cross.CONTINUOUS, Cross.OPENING, Cross.CLOSING]))
    elif kind == "peg":
        at, how["price_type"] = draw(st.sampled_from([at, MARKET])), PriceType.PRIMARY_PEG
    elif kind == "cross":
        how["cross"] = draw(st.sampled_from([Cross.OPENING, Cross.CLOSING]))
    else:
        how |= {
            "reserve": {"max_floor": 100},
            "short-lived": {"good_for": 2},
            "routed": {"route": b"SCAN"},
            "grouped": {"group_id": draw(st.sampled_from([7, 8]))},
        }.get(kind, {})
    prevention = draw(st.sampled_from(PREVENTIONS))
    if prevention is not None:
        how["self_match_prevention"] = prevention
    return draw(st.sampled_from([buy, sell]))(draw(st.sampled_from([1, 30, 100, 250])), at, **how)


class Exposures(RuleBasedStateMachine):
    """`orders` are the port and the group of each, `executed` what each entity should have traded today."""

    @initialize()
    def open_venue(self):
        self.market = Market(*ALWAYS, ports=ROUTING)
        self.day = 20
        self.orders = {}
        self.heard = len(self.market.events)
        self.executed = Counter()

    def entities(self, order, exchange):
        port, group = self.orders[order]
        yield Entity(exchange, port.mpid)
        yield Entity(exchange, port.mpid, port.name)
        yield Entity(exchange, port.mpid, None, group)

    def listen(self):
        """Take in what was heard since the last time."""
        for event in self.market.events[self.heard :]:
            if isinstance(event, Executed):
                port = self.orders[event.order][0]
                exchange = "ROUTED" if event.liquidity is Liquidity.ROUTED else port.exchange
                for entity in self.entities(event.order, exchange):
                    self.executed[entity] += event.quantity * ticks(event.at)
        self.heard = len(self.market.events)

    def send(self, ask, ticket):
        port = self.market.engine.ports[ticket.by]
        self.orders[self.market.last_key + 1] = port, ticket.attributes.group_id
        ask()
        self.listen()

    def live(self, pick):
        keys = sorted(self.market.open)
        return keys[pick % len(keys)] if keys else (None, None)

    @rule(tickets=st.lists(orders(), min_size=1, max_size=4))
    def enter(self, tickets):
        for ticket in tickets:
            self.send(lambda ticket=ticket: self.market.enter(ticket), ticket)

    @rule(ticket=orders(), pick=st.integers(0, 99))
    def replace(self, ticket, pick):
        by, key = self.live(pick)
        if key is not None:
            side = buy if self.market.find(key).terms.is_buy else sell
            changed = side(ticket.quantity, ticket.at if ticket.at != MARKET else "10.00", by=by, group_id=7)
            self.send(lambda: self.market.replace(key, changed), changed)

    @rule(pick=st.integers(0, 99), to=st.sampled_from([0, 0, 10, 60]), modifies=st.booleans())
    def cancel(self, pick, to, modifies):
        _, key = self.live(pick)
        if key is not None:
            (self.market.modify if modifies else self.market.cancel)(key, to=to)
            self.listen()

    @rule(phase=st.sampled_from(PHASES), exchange=st.sampled_from(["nasdaq", "bx"]))
    def phase(self, phase, exchange):
        self.market.phase(phase, exchange=exchange)
        self.listen()

    @rule(bid=st.sampled_from([None, "9.80", "9.95"]), offer=st.sampled_from([None, "10.00", "10.20"]))
    def quote(self, bid, offer):
        self.market.prices(outside_bid=bid, outside_offer=offer)
        self.listen()

    @rule(seconds=st.sampled_from([1, 1, 100]))
    def wait(self, seconds):
        self.market.wait(seconds)
        self.listen()

    @rule()
    def work_off(self):
        self.market.work_off()
        self.listen()

    @rule(pick=st.integers(0, 99))
    def bust(self, pick):
        market = self.market.engine.markets["nasdaq"]
        match = pick % (market.match_number + 1)
        if match and match not in market.trades.broken:
            self.market.bust(match)

    @rule(chosen=st.sets(st.sampled_from(range(len(SOMETIMES)))))
    def set_rules(self, chosen):
        rules = (*ALWAYS, *(SOMETIMES[place] for place in sorted(chosen)))
        self.market.do(msgspec.structs.replace(self.market.engine.configuration, rules=rules))
        self.listen()

    @rule(pick=st.integers(0, 99))
    def unbreach(self, pick):
        states = self.market.engine.exposures.states
        ruled = sorted((entity for entity, state in states.items() if state.thresholds), key=str)
        self.market.do(Unbreach(*ruled[pick % len(ruled)]))

    @rule()
    def start_again(self):
        before = self.market.state()
        self.market = self.market.reloaded()
        self.orders = {key: (self.market.engine.ports[port.name], group) for key, (port, group) in self.orders.items()}
        assert self.market.state() == before

    @rule()
    def next_day(self):
        self.day += 1
        self.market.next_day(f"2026-12-{self.day - 30:02}" if self.day > 30 else f"2026-11-{self.day}")
        self.executed.clear()
        self.heard = next(
            place
            for place in range(len(self.market.events) - 1, -1, -1)
            if type(self.market.events[place]).__name__ == "Day"
        )
        self.listen()

    @invariant()
    def exposures_are_what_rests_and_what_was_heard(self):
        opened = Counter()
        for _, key in self.market.open:
            order = self.market.find(key)
            is_priced = order.price <= MAXIMUM_PRICE and not is_parked(order)
            price = order.price if is_priced else order.counted_at
            for entity in self.entities(key, order.port.exchange):
                opened[entity] += order.open * price
        for entity, state in self.market.engine.exposures.states.items():
            assert (entity, state.open) == (entity, opened[entity])
            assert (entity, state.executed) == (entity, self.executed[entity])

    @invariant()
    def levels_and_shut_ports_are_what_the_amounts_say(self):
        exposures = self.market.engine.exposures
        for state in exposures.states.values():
            for threshold in state.thresholds:
                reached = threshold.level_of(state.amount(threshold.amount))
                assert threshold.level is reached or (threshold.level < reached and state.slack == 0)
        for port in self.market.engine.ports.values():
            counted = [state for entity, state in exposures.states.items() if port in exposures.members(entity)]
            assert (port.exposure is None) is (not counted)
            if port.exposure is not None:
                assert port.exposure.shut == sum(state.breach is not None for state in counted)


TestExposures = Exposures.TestCase
TestExposures.settings = settings(
    max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
