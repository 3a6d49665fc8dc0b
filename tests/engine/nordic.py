"""A Nordic venue's engine as traders and operators meet it: `trading.Market` with order books, users and PRM accounts.

Money is in units of the order book's currency, percentages in percent.
"""

from decimal import Decimal

from trading import Market, Step
from words import HOUR, MARKETS, PORTS, SYMBOLS, ticket, ticks

from engine.api import (
    PRICE_SCALE,
    AccountEntry,
    AccountSettings,
    BlockAccount,
    BookEntry,
    Configure,
    CurrencyLimits,
    LockCurrency,
    MarketEntry,
    MemberEntry,
    NextDay,
    PortEntry,
    ReleaseAccount,
    SetAccount,
    SetMember,
    SetPort,
    Side,
)
from engine.prm_commands import safeguard

ERIC, VOLV, NOKIA, NOVO, FIRST_NORTH = "101", "102", "201", "301", "901"
NORDIC = MarketEntry("nordic", 0, 0, "prm")
USER, OTHER, THIRD, STRANGER = "GP29U1", "GP29U2", "GP29U3", "GP29U9"
"""Users of GP29, the last one of nobody."""


def percent(value):
    return None if value is None else int(Decimal(str(value)) * 10_000)


def book(
    order_book,
    symbol,
    currency,
    close,
    *,
    segment=100,
    aggressive=None,
    passive=None,
    tick=((0, 1),),
    extension=None,
    static=None,
    dynamic=None,
):
    previous_close = None if close is None else ticks(close)
    thresholds = (percent(share) for share in (aggressive, passive, extension, static, dynamic))
    return BookEntry(order_book, "nordic", symbol, "XSTO", currency, segment, previous_close, tick, *thresholds)


BOOKS = (
    book(ERIC, "ERIC B", "SEK", "100.00", aggressive=5, passive=10),
    book(VOLV, "VOLV B", "SEK", "250.00", aggressive=10, passive=20),
    book(NOKIA, "NOKIA", "EUR", "4.00", segment=200, aggressive=10, passive=20),
    book(NOVO, "NOVO B", "DKK", "700.00", segment=300),
    book(FIRST_NORTH, "FNDEMO", "SEK", "2.00", segment=900),
)
MEMBERS = (
    MemberEntry("GP29", (USER, OTHER, THIRD)),
    MemberEntry("GP30", ("GP30U1", "GP30U2")),
)


def port_entry(name, mpid="GP29", **how):
    return PortEntry(name, mpid, "nordic", "ouch-nordic", **how)


NORDIC_PORTS = (port_entry("G1"), port_entry("G2"), port_entry("C1", "GP30"))


def money(value):
    """Units of a currency, as the engine counts them."""
    return int(Decimal(str(value)) * PRICE_SCALE)


def limits(quantity=0, value=0, auction_quantity=None, auction_value=None, *, blow_through=False, **counters):
    """What one order may be, shares and units of the currency; others are the accumulated values, in units too."""
    in_auctions = None if auction_value is None else money(auction_value)
    accumulated = {name: money(most) for name, most in counters.items()}
    return CurrencyLimits(
        quantity, money(value), auction_quantity, in_auctions, **accumulated, blow_through=blow_through
    )


def account(name="GP29PR", *, users=(), exclusion=False, mpid="GP29", symbols=(), segments=(), sponsored=(), **others):
    """A PRM account; names in capitals are currencies and their limits, all others its settings."""
    by_currency = {name: others.pop(name) for name in list(others) if name.isupper()}
    settings = AccountSettings(by_currency, tuple(symbols), tuple(segments), **others)
    return AccountEntry(name, mpid, tuple(users), exclusion, settings, tuple(sponsored))


def buy(quantity, at, **rest):
    return nordic(Side.BUY, quantity, at, **rest)


def sell(quantity, at, **rest):
    return nordic(Side.SELL, quantity, at, **rest)


def nordic(side, quantity, at, *, book=ERIC, by="G1", user=USER, **rest):
    """An order of GP29's first user on its first port, in Ericsson, unless it says otherwise."""
    return ticket(side, quantity, at, symbol=book, by=by, user=user, **rest)


class NordicMarket(Market):
    """One engine with Nordic order books, and beside them the US markets."""

    def __init__(self, *accounts, ports=NORDIC_PORTS, books=BOOKS, members=MEMBERS, audited=True):
        self.books, self.members = books, members
        super().__init__(*accounts, ports=ports, audited=audited)

    def configure(self, *accounts, ports=NORDIC_PORTS, books=None, members=None, **_):
        books, members = books or self.books, members or self.members
        return self.do(Configure((*MARKETS, NORDIC), SYMBOLS, (*PORTS, *ports), (), (), books, members, accounts))

    def next_day(self, date):
        midnight = self.now - 10 * HOUR
        midnights = {entry.key: midnight for entry in (*MARKETS, NORDIC)}
        return self.do(NextDay(date, date, midnights, {}, {"nordic": midnight + HOUR}))

    def cancel(self, key, to=0):
        """Cancel as a Nordic port does: cancels count towards its rate."""
        order = self.find(key)
        if order is not None:
            self.engine.arrived(order.port, self.now)
        return super().cancel(key, to)

    def phase(self, phase, symbol=ERIC, exchange="nordic", **how):
        return super().phase(phase, symbol, exchange, **how)

    def block(self, name="GP29PR", *, blocked=True):
        return self.do(BlockAccount(name, blocked))

    def safeguard(self, port="DROP", **how):
        """The Drop port loses its connection."""
        with Step(self) as step:
            safeguard(self.engine, self.engine.ports[port], self.now, **how)
        return step.events

    def counters(self, name="GP29PR", currency="SEK"):
        """What an account traded and has open in a currency."""
        return self.engine.prm.accounts[name].currencies[currency]

    def unlock(self, name="GP29PR", currency="SEK"):
        return self.do(LockCurrency(name, currency, False))

    def lock(self, name="GP29PR", currency="SEK"):
        return self.do(LockCurrency(name, currency, True))

    def release_account(self, name="GP29PR"):
        return self.do(ReleaseAccount(name))

    def set_port(self, name="G1", **how):
        return self.do(SetPort(name, **how))

    def set_member(self, mpid="GP29", aggressive=None, passive=None):
        return self.do(SetMember(mpid, aggressive, passive))

    def set_account(self, name="GP29PR", **how):
        return self.do(SetAccount(name, **how))
