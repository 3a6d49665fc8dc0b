"""An objection as it is told: its figures in the check's own unit, whose limit it was, and a sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal

from msgspec import structs

from engine.api import MAXIMUM_PRICE, SECOND, Phase, Refusal, Reject, RuleEntry
from engine.book import Book
from engine.endpoint import Endpoint
from engine.engine import Engine
from engine.phases import phase_name
from engine.risk.rule_terms import rest_name
from venue.calls import amount, dollars, moment
from venue.explain import words
from venue.explain.answer import Market, Objection, Rate, Rule, Scope, Value
from venue.explain.dialect import ENTER, UNSOUND, Finding
from venue.explain.limits import account_rule, port_rule
from venue.explain.request import Request

DAY: Final = 86_400 * SECOND
DECIMALS: Final = 4
"""Of an amount of money."""
OF_THE_BOOK: Final = frozenset(
    {
        Reject.HALTED,
        Reject.MARKET_CLOSED,
        Reject.LOW_DISK_SPACE,
        Reject.AFTER_HOURS_CLOSED,
        Reject.INVALID_SYMBOL,
    }
)
OF_THE_PORT: Final = frozenset({Reject.ENTRY_DISABLED, Reject.FIRM_NOT_AUTHORIZED})
MONEY: Final = frozenset(
    {
        Reject.MAXIMUM_NOTIONAL,
        Reject.FAT_FINGER,
        Reject.MARKET_IMPACT,
        Reject.GROSS_EXPOSURE,
        Reject.MAXIMUM_ORDER_VALUE,
        Reject.CONTINUOUS_FAT_FINGER,
        Reject.LOCKED_IN_CURRENCY,
        Reject.MAXIMUM_AUCTION_VALUE,
        Reject.AUCTION_FAT_FINGER,
        Reject.MARKET_ORDER_EQUILIBRIUM,
        Reject.MARKET_ORDER_REFERENCE,
    }
)
"""Checks whose figures are money, of whatever currency."""
PRICES: Final = MONEY | {Reject.INVALID_PRICE, Reject.INVALID_TICK}
RATES: Final = frozenset({Reject.PORT_MESSAGE_RATE, Reject.PORT_ORDER_RATE})
UNITS: Final = {
    Reject.INVALID_QUANTITY: "shares",
    Reject.INVALID_MINIMUM_QUANTITY: "shares",
    Reject.INVALID_MAX_FLOOR: "shares",
    Reject.INVALID_EXPIRE_TIME: "seconds",
    Reject.AFTER_HOURS_CLOSED: "time of day",
    Reject.PORT_MESSAGE_RATE: "messages",
    Reject.MAXIMUM_SHARES: "shares",
    Reject.SYMBOL_MESSAGE_RATE: "messages",
    Reject.DUPLICATE_ORDER: "orders",
    Reject.AVERAGE_DAILY_VOLUME: "shares",
    Reject.PORT_ORDER_RATE: "messages",
    Reject.MAXIMUM_ORDER_QUANTITY: "shares",
    Reject.MAXIMUM_AUCTION_QUANTITY: "shares",
    Reject.ACCOUNT_ORDER_RATE: "orders",
}
"""Units of figures that are no prices or values."""


class Describer:
    """Tells findings about one message of a port, at a moment, in a book where there is one."""

    def __init__(self, engine: Engine, endpoint: Endpoint, request: Request, book: Book | None, now: int) -> None:
        self.engine = engine
        self.endpoint = endpoint
        self.port = endpoint.port
        self.request = request
        self.book = book
        self.now = now
        self.dialect = request.dialect
        self.symbol = self.dialect.book_named(request) if book is None else book_name(book)

    def objection(self, finding: Finding) -> Objection:
        """Give one check's objection."""
        refusal, keys = finding
        reason = refusal.reason
        entry = self._rule(refusal.rule)
        code, code_name = self.endpoint.code_of(reason)
        limit, observed = self._figures(refusal)
        decided_by: Literal["message", "book", "port", "rule"] = "message"
        if refusal.rule:
            decided_by = "rule"
        elif reason in OF_THE_BOOK:
            decided_by = "book"
        elif reason in OF_THE_PORT or reason is Reject.PORT_MESSAGE_RATE:
            decided_by = "port"
        objection = Objection(
            check=reason.name,
            code=code,
            code_name=code_name,
            decided_by=decided_by,
            rule=self._rule_view(refusal, entry),
            scope=self._scope(refusal, decided_by, entry),
            fields=[self.dialect.name_of(key) for key in keys if key == UNSOUND or self.request.get(key) is not None],
            limit=limit,
            observed=observed,
            unit=self.dialect.currency if reason in PRICES else UNITS.get(reason),
            reference=dollars(refusal.reference),
            source=refusal.source,
            allowed=self._allowed(reason),
            rate=self._rate(refusal) if reason in RATES else None,
            detail="",
        )
        return structs.replace(objection, detail=self._sentence(finding).format(**self.facts(objection)))

    def outside(self, finding: Finding) -> str:
        """Say who would have to do what, where the order cannot be helped."""
        sentence = words.OUTSIDE[finding.refusal.reason]
        if finding.refusal.reason is Reject.ENTRY_DISABLED:
            ways = (
                (self.port.withdrawn, words.WITHDRAWN),
                (self.port.cancel_only, words.CANCEL_ONLY),
                (self.port.switched_off, words.SWITCHED_OFF),
            )
            sentence = next((way for is_so, way in ways if is_so), sentence)
        return sentence.format(**self.facts(self.objection(finding)))

    def facts(self, objection: Objection) -> dict[str, Any]:
        """Give all figures that a sentence may name."""
        bad = self.request.bad
        facts: dict[str, Any] = {
            "symbol": self.symbol or "(blank)",
            "exchange": self.port.exchange,
            "port": self.port.name,
            "quantity": f"{self.request.values['quantity']:,}",
            "price": self.dialect.show("price", self.request.values["price"]),
            "limit": told(objection.limit),
            "observed": told(objection.observed),
            "reference": told(objection.reference),
            "source": objection.source,
            "rule": objection.rule.id if objection.rule is not None else "",
            "allowed": ", ".join(objection.allowed),
            "fields": " and ".join(objection.fields) or "the order",
            "unsound": "" if bad is None else f"{self.dialect.name_of(bad.tag)} {bad.reason}",
            "lowest": "1",
            "largest": f"{self.dialect.maximum_quantity:,}",
            "lot": "one share" if self.dialect.round_lot == 1 else f"{self.dialect.round_lot} shares",
            "shut_at": "" if objection.rate is None else objection.rate.shut_at,
        }
        return facts

    def market(self) -> Market | None:
        """Give the book, the prices and the port as they are."""
        book = self.book
        if book is None:
            return None
        security = book.security
        is_us = security.entry is None
        bids, offers = book.buys.shown.keys, book.sells.shown.keys
        return Market(
            venue=book.market.key,
            book=book.symbol,
            listed=security.listed,
            halted=book.phase is Phase.HALT,
            phase=phase_name(book),
            storage_low=self.engine.storage_low,
            entry_disabled=self.port.disabled or self.port.switched_off or self.port.withdrawn or self.port.cancel_only,
            rate_limited=self.port.rate_limited,
            best_bid=dollars(bids[-1]) if bids else None,
            best_offer=dollars(-offers[-1]) if offers else None,
            national_best_bid=dollars(security.bid) if is_us else None,
            national_best_offer=dollars(security.offer) if is_us else None,
            last=dollars(security.last),
            previous_close=dollars(security.previous_close),
            rule_book=book.market.rule_book,
        )

    def _sentence(self, finding: Finding) -> str:
        """Choose the words for an objection."""
        reason = finding.refusal.reason
        if finding.keys == (UNSOUND,):
            return words.UNSOUND_OPTION
        if self.request.letter != ENTER:
            if reason is Reject.INVALID_QUANTITY and finding.refusal.limit is not None:
                return words.NOTHING_LEFT
            if reason is Reject.INVALID_TIME_IN_FORCE and self.request.values.get("time_in_force") == b"E":
                return words.AFTER_HOURS_REPLACED
            if reason is Reject.INVALID_SIDE and self._new_side() in self.dialect.letter_choices["side"]:
                return words.SIDE_FLIPPED
        return words.FAULTS[reason]

    def _rule(self, rule_id: str | None) -> RuleEntry | None:
        """Find a rule that is in force."""
        return None if rule_id is None else self.engine.rule_book.by_id.get(rule_id)

    def _new_side(self) -> bytes | None:
        """Give the side that a Replace names."""
        tag = next((tag for tag, option in self.dialect.protocol.options.items() if option.name == "side"), None)
        side: bytes | None = None if tag is None else self.request.get(tag)
        return side

    def _allowed(self, reason: Reject) -> list[str]:
        """Give what may be sent in the place of what was refused."""
        if reason is Reject.FIRM_NOT_AUTHORIZED:
            return [self.port.mpid]
        if reason is Reject.UNKNOWN_USER:
            return [user for mpid, user in self.engine.prm.users if mpid == self.port.mpid]
        return list(self.dialect.allowed.get(reason, ()))

    def _rule_view(self, refusal: Refusal, entry: RuleEntry | None) -> Rule | None:
        """Give the rule, account or port whose limit decided."""
        name = refusal.rule
        if not name:
            return None
        if name in self.engine.prm.accounts:
            return account_rule(self.engine.prm.accounts[name], self.book)
        if name == self.port.name:
            return port_rule(self.engine, self.port, refusal.reason, self.book)
        return rule_view(name, entry, is_own=name in self.engine.rules.states)

    def _scope(self, refusal: Refusal, decided_by: str, entry: RuleEntry | None) -> Scope:
        """Say for whom and for what a limit or a state holds."""
        if entry is not None:
            symbols = list(entry.symbols) or None
            return Scope(
                exchange=entry.exchange, mpid=entry.mpid, port=entry.port, group_id=entry.group_id, symbols=symbols
            )
        if decided_by == "book":
            return Scope(exchange=self.port.exchange, symbols=[self.symbol])
        if refusal.rule in self.engine.prm.accounts:
            return Scope(exchange=self.port.exchange, mpid=self.port.mpid)
        if decided_by in ("port", "rule"):
            return Scope(exchange=self.port.exchange, mpid=self.port.mpid, port=self.port.name)
        return Scope(exchange=self.port.exchange)

    def _figures(self, refusal: Refusal) -> tuple[Value, Value]:
        """Give limit and observed value, as an answer shows them."""
        reason, limit, observed = refusal.reason, refusal.limit, refusal.observed
        if reason in MONEY:
            return (None if limit is None else amount(limit)), (None if observed is None else amount(observed))
        if limit is not None or observed is not None:
            return limit, observed
        values, dialect = self.request.values, self.dialect
        match reason:
            case Reject.INVALID_QUANTITY:
                return dialect.maximum_quantity, values["quantity"]
            case Reject.INVALID_PRICE:
                return amount(MAXIMUM_PRICE), amount(values["price"])
            case Reject.INVALID_TICK:
                return amount(self._tick(values["price"])), amount(values["price"])
            case Reject.INVALID_EXPIRE_TIME:
                return dialect.longest_expire_time, self._option("expire_time") or 0
            case Reject.INVALID_MINIMUM_QUANTITY:
                return None, self._option("minimum_quantity")
            case Reject.INVALID_MAX_FLOOR:
                return None, self._option("max_floor") or 0
            case Reject.FIRM_NOT_AUTHORIZED:
                return None, self._option("firm")
            case Reject.AFTER_HOURS_CLOSED:
                return self._hours()
            case Reject.UNKNOWN_USER:
                return None, dialect.show("", values.get("user"))
            case _:
                return None, self._letter(reason)

    def _option(self, name: str) -> Value:
        """Give an option by its name in the engine."""
        return self.dialect.show("", self.request.options.get(self.dialect.tag(name)))

    def _letter(self, reason: Reject) -> Value:
        """Give the letter that was refused."""
        name = {
            Reject.INVALID_SIDE: "side",
            Reject.INVALID_TIME_IN_FORCE: "time_in_force",
            Reject.INVALID_DISPLAY: "display",
            Reject.INVALID_CAPACITY: "capacity",
            Reject.INVALID_INTERMARKET_SWEEP: "intermarket_sweep",
            Reject.INVALID_CROSS: "cross_type",
            Reject.RETAIL_NOT_SERVED: "cross_type",
            Reject.INVALID_SYMBOL: "symbol",
        }.get(reason, "")
        if name == "side" and name not in self.request.values:
            return self.dialect.show("", self._new_side())
        key = self.dialect.key(name)
        value = self.request.options.get(key) if isinstance(key, int) else self.request.values.get(key)
        return self.dialect.show(key, value)

    def _tick(self, price: int) -> int:
        """Give the tick that holds at a price."""
        ticks = () if self.book is None else self.book.security.ticks
        return next((tick for floor, tick in ticks if price >= floor), 0)

    def _hours(self) -> tuple[Value, Value]:
        """Give the after-hours session, and what the market's clock shows."""
        assert self.book is not None
        market = self.book.market
        hours = f"{time_of_day(market.after_hours_open)} to {time_of_day(market.after_hours_close)}"
        return hours, time_of_day((self.now - market.midnight) % DAY)

    def _rate(self, refusal: Refusal) -> Rate | None:
        """Tell of the window of the rule that shut the port; nothing is counted since."""
        window = dict(self.port.windows).get(self.port.rate_rule)
        if window is None:
            return None
        times = window.inside()
        oldest_over = times[-1 - window.limit] if window.limit and len(times) > window.limit else None
        return Rate(
            limit=window.limit,
            window_seconds=window.span // SECOND,
            count=len(times),
            shut_at=moment(times[-1]) if times else "",
            would_have_passed_at=None if oldest_over is None else moment(oldest_over + window.span),
        )


def book_name(book: Book) -> str:
    """Give a book's name: of a Nordic order book its symbol and number."""
    entry = book.security.entry
    return book.symbol if entry is None else f"{entry.symbol} ({book.symbol})"


def rule_view(rule_id: str, entry: RuleEntry | None, *, is_own: bool) -> Rule:
    """Give a rule as an answer shows it, its firm's own or of the file; one no longer in force has its id only."""
    if entry is None:
        return Rule(id=rule_id, type="", origin="no longer in force", settings={})
    settings = {rest_name(name): setting(name, value) for name, value in entry.settings.items()}
    return Rule(id=rule_id, type=entry.type, origin="rules API" if is_own else "configuration", settings=settings)


def setting(name: str, value: Any) -> object:
    """Give one setting of a rule: a fat finger's ranges as dollars and percent."""
    if name == "percent":
        return amount(value)
    if name != "ranges":
        return value
    return [{"amount": amount(ticks), "percent": amount(percent)} for ticks, percent in value]


def told(value: Value) -> str:
    """Give a figure within a sentence."""
    if value is None:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    whole, _, fraction = value.partition(".")
    if whole.isdecimal() and len(fraction) == DECIMALS:
        return f"{int(whole):,}.{fraction}"
    return value or "(blank)"


def time_of_day(nanoseconds: int) -> str:
    """Give a time of day to the second."""
    return str(timedelta(seconds=nanoseconds // SECOND)).rjust(8, "0")
