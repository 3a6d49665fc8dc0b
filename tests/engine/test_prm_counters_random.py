"""The counters of accounts held against a recomputation from what was heard alone, after every step of random days."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from nordic import ERIC, NOKIA, OTHER, THIRD, USER, VOLV, NordicMarket, account, book, buy, limits, port_entry, sell
from trading import ticks
from words import MARKET, Executed

from engine.api import Liquidity, Phase, SelfMatchAction, SelfMatchLevel, SelfMatchPrevention

pytestmark = pytest.mark.section("PRM", "3.6 Daily accumulated values")
ACCOUNTS = (
    account("GP29PR", users=[USER, OTHER], SEK=limits(total_open=400_000, traded_buy=30_000), EUR=limits(total_risk=9)),
    account("GP29P1", users=[THIRD], SEK=limits(value=60_000, total_risk=900_000), repeated_order_limit=2),
    account("GP30PR", mpid="GP30", cancel_on_symbol_rate=True, symbol_rate=6, SEK=limits(open_sell=200_000)),
)
BOOKS = (
    book(ERIC, "ERIC B", "SEK", "100.00", dynamic="0.5"),
    book(VOLV, "VOLV B", "SEK", "250.00"),
    book(NOKIA, "NOKIA", "EUR", "4.00", static=2),
)
PRICES = {ERIC: ("99.00", "100.00", "101.00"), VOLV: ("250.00",), NOKIA: ("4.00", "4.10")}
CURRENCIES = {ERIC: "SEK", VOLV: "SEK", NOKIA: "EUR"}
TRADERS = (("G1", USER), ("G1", OTHER), ("G2", USER), ("G2", THIRD), ("C1", "GP30U1"))
OWNERS = {USER: "GP29PR", OTHER: "GP29PR", THIRD: "GP29P1", "GP30U1": "GP30PR"}
PREVENTIONS = [None, None, *(SelfMatchPrevention(SelfMatchLevel.FIRM, action) for action in SelfMatchAction)]
PHASES = [Phase.CONTINUOUS] * 2 + [Phase.OPENING_CALL, Phase.CLOSING_CALL, Phase.TRADING_AT_CLOSE, Phase.HALT]


@st.composite
def orders(draw):
    """Orders of all accounts, some of them at the market, immediate, with a reserve or over the night."""
    by, user = draw(st.sampled_from(TRADERS))
    symbol = draw(st.sampled_from([ERIC, ERIC, ERIC, VOLV, NOKIA]))
    how = {"by": by, "user": user, "book": symbol}
    kind = draw(st.sampled_from(["day", "day", "ioc", "gtc", "market", "reserve", "short-lived", "routed"]))
    at = MARKET if kind == "market" else draw(st.sampled_from(PRICES[symbol]))
    if kind in ("ioc", "gtc"):
        how[kind] = True
    elif kind == "reserve":
        how["max_floor"] = 20
    elif kind == "short-lived":
        how["good_for"] = 2
    elif kind == "routed":
        how |= {"route": b"SCAN", "ioc": draw(st.booleans()), "by": "G1", "user": USER}
    prevention = draw(st.sampled_from(PREVENTIONS))
    if prevention is not None:
        how["self_match_prevention"] = prevention
    return draw(st.sampled_from([buy, sell]))(draw(st.sampled_from([1, 30, 100, 250])), at, **how)


class Counters(RuleBasedStateMachine):
    """`prices` is at what each order counts, `sides` and `owners` whose it is: known when it was sent."""

    @initialize()
    def open_venue(self):
        ports = (port_entry("G1", routing=True), port_entry("G2"), port_entry("C1", "GP30"))
        self.market = NordicMarket(*ACCOUNTS, ports=ports, books=BOOKS)
        self.date = 20
        self.orders = {}
        self.heard = len(self.market.events)
        self.traded = Counter()

    def valuation(self, ticket):
        """The price of a market order, as the guide has it."""
        if ticket.at != MARKET:
            return ticks(ticket.at)
        security = self.market.security(ticket.symbol)
        last = security.last or security.previous_close
        return max(last, (security.offer if ticket.side == 0 else security.bid) or 0)

    def send(self, ask, ticket):
        order = ticket.user, CURRENCIES[ticket.symbol], ticket.side == 0, self.valuation(ticket)
        self.orders[self.market.last_key + 1] = order
        ask()
        self.listen()

    def listen(self):
        """Take in what was heard since the last time."""
        for event in self.market.events[self.heard :]:
            if isinstance(event, Executed) and event.liquidity is not Liquidity.ROUTED:
                user, currency, is_buy, _ = self.orders[event.order]
                self.traded[OWNERS[user], currency, is_buy] += event.quantity * ticks(event.at)
        self.heard = len(self.market.events)

    @rule(ticket=orders())
    def enter(self, ticket):
        self.send(lambda: self.market.enter(ticket), ticket)

    @rule(ticket=orders(), pick=st.integers(0, 99))
    def replace(self, ticket, pick):
        live = sorted(self.market.open)
        if live:
            key = live[pick % len(live)][1]
            user, _, is_buy, _ = self.orders[key]
            symbol = self.market.find(key).scope.book.symbol
            at = ticket.at if ticket.symbol == symbol else PRICES[symbol][0]
            changed = (buy if is_buy else sell)(ticket.quantity, at, user=user, book=symbol)
            self.send(lambda: self.market.replace(key, changed), changed)

    @rule(pick=st.integers(0, 99), to=st.sampled_from([0, 0, 10, 60]))
    def cancel(self, pick, to):
        live = sorted(self.market.open)
        if live:
            self.market.cancel(live[pick % len(live)][1], to=to)
            self.listen()

    @rule(phase=st.sampled_from(PHASES), symbol=st.sampled_from(list(PRICES)))
    def phase(self, phase, symbol):
        self.market.phase(phase, symbol)
        self.listen()

    @rule(at=st.sampled_from(["99.00", "100.00", "101.00", None]))
    def quote_away(self, at):
        self.market.prices(ERIC, outside_bid=at, outside_offer=at)
        self.listen()

    @rule(seconds=st.sampled_from([1, 1, 100]))
    def wait(self, seconds):
        self.market.wait(seconds)
        self.listen()

    @rule(name=st.sampled_from(["GP29PR", "GP29P1", "GP30PR"]), currency=st.sampled_from(["SEK", "EUR"]))
    def unlock(self, name, currency):
        self.market.unlock(name, currency)
        self.market.release_account(name)

    @rule()
    def start_again(self):
        heard = self.market.state()
        self.market = self.market.reloaded()
        assert self.market.state() == heard

    @rule()
    def next_day(self):
        self.date += 1
        self.market.next_day(f"2026-12-{self.date % 30:02}" if self.date > 29 else f"2026-11-{self.date}")
        self.listen()
        self.traded.clear()

    @invariant()
    def counters_are_what_was_heard(self):
        expected = Counter()
        for (_, key), shares in self.market.open.items():
            user, currency, is_buy, price = self.orders[key]
            expected[OWNERS[user], currency, is_buy, "open"] += shares * price
        for name, found in self.market.engine.prm.accounts.items():
            for currency, state in found.currencies.items():
                assert state.open_buy == expected[name, currency, True, "open"]
                assert state.open_sell == expected[name, currency, False, "open"]
                assert state.traded_buy == self.traded[name, currency, True]
                assert state.traded_sell == self.traded[name, currency, False]

    @invariant()
    def nothing_that_could_be_reached_goes_unseen(self):
        for found in self.market.engine.prm.accounts.values():
            for state in found.currencies.values():
                for lock, limit, warns_at in state.bounds:
                    threshold = limit if lock in state.warned else warns_at
                    assert state.slack <= max(0, threshold - state.values()[lock])


TestCounters = Counters.TestCase
TestCounters.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
