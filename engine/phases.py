"""The phases of a trading day: which a market has and by which names, what enters in each, and the command for them.

    CLOSED ─▶ PRE_OPEN ─▶ OPENING_CALL ─▶ CONTINUOUS ─▶ CLOSING_CALL ─▶ TRADING_AT_CLOSE ─▶ POST_TRADE ─▶ CLOSED

Between two stretches of continuous trading may be an INTRADAY_CALL or VOLATILITY_CALL, and HALT from anywhere, out of
which leads a HALT_RELEASE_CALL. Nothing keeps operators to this order. In pre-open and calls orders are gathered;
leaving a call, and entering continuous trading, trades what can trade (`engine.auction`). In TRADING_AT_CLOSE the price
is that of the closing call (`engine.closing_price`).

    CLOSED ─▶ PRE_MARKET ─▶ MARKET ─▶ POST_MARKET ─▶ CLOSED

is a US day, with continuous trading in the three in the middle (MARKET is CONTINUOUS). Out of a HALT may lead
QUOTATION, in which orders are gathered as in a call (`engine.crosses`).

A phase is a book's, and part of the state: it outlives restarts and the end of the day. It changes by command, or where
guards or bands interrupt trading and when that is over (`engine.interruption`, `engine.limit_state`).

Sources: the phases of Nordic markets are those of the INET Nordic market model, those of US markets the system hours
and trading states of NASDAQ. Cancels pass in each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import PRM, CommandRefused, Cross, Liquidity, Phase, Reject, SetPhase

if TYPE_CHECKING:
    from engine.book import Book
    from engine.engine import Engine

US_PHASES: Final = {
    "CLOSED": Phase.CLOSED,
    "PRE_MARKET": Phase.PRE_MARKET,
    "MARKET": Phase.CONTINUOUS,
    "POST_MARKET": Phase.POST_MARKET,
    "HALT": Phase.HALT,
    "QUOTATION": Phase.QUOTATION,
}
NORDIC_PHASES: Final = {
    "CLOSED": Phase.CLOSED,
    "PRE_OPEN": Phase.PRE_OPEN,
    "OPENING_CALL": Phase.OPENING_CALL,
    "CONTINUOUS": Phase.CONTINUOUS,
    "INTRADAY_CALL": Phase.INTRADAY_CALL,
    "VOLATILITY_CALL": Phase.VOLATILITY_CALL,
    "HALT": Phase.HALT,
    "HALT_RELEASE_CALL": Phase.HALT_RELEASE_CALL,
    "CLOSING_CALL": Phase.CLOSING_CALL,
    "TRADING_AT_CLOSE": Phase.TRADING_AT_CLOSE,
    "POST_TRADE": Phase.POST_TRADE,
}
REASONS: Final = {
    Phase.HALT: Reject.HALTED,
    Phase.CLOSED: Reject.MARKET_CLOSED,
    Phase.POST_TRADE: Reject.MARKET_CLOSED,
}
"""Why nothing enters, in the phases in which nothing does."""

CALLS: Final = {
    Phase.OPENING_CALL: Liquidity.OPENING_CALL,
    Phase.INTRADAY_CALL: Liquidity.INTRADAY_CALL,
    Phase.VOLATILITY_CALL: Liquidity.UNSCHEDULED_CALL,
    Phase.HALT_RELEASE_CALL: Liquidity.UNSCHEDULED_CALL,
    Phase.CLOSING_CALL: Liquidity.CLOSING_CALL,
}
"""The calls of Nordic markets, and what is told of their trades."""
GATHERING: Final = CALLS | {
    Phase.PRE_OPEN: Liquidity.OPENING_CALL,
    Phase.QUOTATION: Liquidity.UNSCHEDULED_CALL,
}
"""The phases in which orders enter and do not trade."""
JOINS: Final = {
    Phase.PRE_OPEN: frozenset({Cross.OPENING, Cross.ANY_CALL}),
    Phase.OPENING_CALL: frozenset({Cross.OPENING, Cross.ANY_CALL}),
    Phase.INTRADAY_CALL: frozenset({Cross.INTRADAY, Cross.ANY_CALL}),
    Phase.VOLATILITY_CALL: frozenset({Cross.ANY_CALL}),
    Phase.HALT_RELEASE_CALL: frozenset({Cross.HALT, Cross.ANY_CALL}),
    Phase.CLOSING_CALL: frozenset({Cross.CLOSING, Cross.ANY_CALL}),
    Phase.TRADING_AT_CLOSE: frozenset(),
    Phase.QUOTATION: frozenset({Cross.HALT}),
}
"""Which orders that are tied to a call take part; in all other phases, and calls, they wait."""
ALL_CALLS: Final = frozenset({Cross.OPENING, Cross.INTRADAY, Cross.HALT, Cross.CLOSING, Cross.ANY_CALL})
EXTENDED_HOURS: Final = frozenset({Phase.PRE_MARKET, Phase.POST_MARKET})
"""The phases of continuous trading in which orders for market hours take no part."""
TRADING: Final = EXTENDED_HOURS | {Phase.CONTINUOUS}
"""The phases of continuous trading."""
OVER: Final = {
    Phase.CONTINUOUS: frozenset({Cross.OPENING}),
    Phase.INTRADAY_CALL: frozenset({Cross.OPENING}),
    Phase.VOLATILITY_CALL: frozenset({Cross.OPENING}),
    Phase.HALT_RELEASE_CALL: frozenset({Cross.OPENING}),
    Phase.CLOSING_CALL: frozenset({Cross.OPENING, Cross.INTRADAY}),
    Phase.TRADING_AT_CLOSE: ALL_CALLS,
    Phase.POST_TRADE: ALL_CALLS,
}
"""Which calls do not come any more on this day."""
NORDIC_CROSSES: Final = ALL_CALLS
"""The calls that orders of Nordic markets may be tied to."""
US_CROSSES: Final = frozenset({Cross.OPENING, Cross.CLOSING, Cross.HALT})
"""The crosses that orders of a US market that has such may be tied to."""
US_TAKEN: Final = {
    Phase.PRE_MARKET: frozenset({Cross.OPENING, Cross.CLOSING}),
    Phase.CONTINUOUS: frozenset({Cross.CLOSING}),
    Phase.QUOTATION: frozenset({Cross.CLOSING, Cross.HALT}),
}
"""For which crosses orders are taken; in no other phase, and for no other."""
US_OVER: Final = {
    Phase.PRE_MARKET: frozenset({Cross.HALT}),
    Phase.CONTINUOUS: frozenset({Cross.OPENING, Cross.HALT}),
    Phase.POST_MARKET: US_CROSSES,
}
"""Which crosses are over, so that what waits for them goes."""
NEXT_CROSS: Final = {Phase.PRE_MARKET: Cross.OPENING, Phase.CONTINUOUS: Cross.CLOSING}
"""The cross that a phase of a US market leads to."""


def crosses_of(rule_book: str, has_crosses: bool) -> frozenset[Cross]:
    """Give the calls or crosses that a market has for orders to be tied to."""
    return NORDIC_CROSSES if rule_book == PRM else US_CROSSES if has_crosses else frozenset()


def is_missed(cross: Cross, book: Book) -> bool:
    """Whether an order that is tied to a call or cross comes too late for it, or too early."""
    if book.market.rule_book == PRM:
        return cross in OVER.get(book.phase, ())
    return cross not in US_TAKEN.get(book.phase, ())


def phases_of(rule_book: str) -> dict[str, Phase]:
    """Give the phases of a market by name, as operators call them."""
    return NORDIC_PHASES if rule_book == PRM else US_PHASES


def leads_to(book: Book, phase: Phase) -> bool:
    """Whether a US book is in a phase, or would be if it had not been halted."""
    if book.phase is Phase.HALT:
        return book.held is (phase is Phase.PRE_MARKET)
    return book.phase in (phase, Phase.QUOTATION)


def phase_name(book: Book) -> str:
    """Give the name of a book's phase."""
    return next(name for name, phase in phases_of(book.market.rule_book).items() if phase is book.phase)


def set_phase(engine: Engine, command: SetPhase, books: list[Book], now: int) -> None:
    """Bring books of one market into a phase, by name: how they lie in memory is not the same after every start."""
    for book in books:
        known = phases_of(book.market.rule_book)
        if command.phase not in known.values():
            raise CommandRefused("phase", f"{command.market} has no phase {command.phase.name}: {', '.join(known)}")
        if command.stage and (book.market.rule_book == PRM or command.phase not in NEXT_CROSS):
            raise CommandRefused("stage", f"{command.phase.name} of {command.market} leads to no cross")
    if command.timetable:
        engine.timetables[command.timetable] = command.position
    for book in sorted(books, key=lambda book: book.symbol):
        if command.symbols and book.symbol not in command.symbols:
            continue
        if command.extension and command.phase is not Phase.HALT and engine.is_extended(book):
            book.extended_until, book.extended_to = now + command.extension, command.phase
            continue
        if command.stage:
            if leads_to(book, command.phase):
                engine.enter_stage(book, command.phase, command.stage)
            continue
        is_next = bool(command.timetable or book.extended_until)
        book.extended_until = 0
        engine.enter_phase(book, command.phase, now, engine.storage_low, is_next)
