"""The phases of a trading day: which a market has and by which names, what enters in each, and the command for them.

    CLOSED ─▶ CONTINUOUS ─▶ POST_TRADE ─▶ CLOSED, and HALT from any of them

A phase is a book's, and part of the state: it changes by command only, and outlives restarts and the end of the day.

Sources: the phases of Nordic markets are those of the INET Nordic market model, those of US markets the system hours
and trading states of NASDAQ. Cancels pass in each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import PRM, CommandRefused, Phase, Reject, SetPhase

if TYPE_CHECKING:
    from engine.book import Book
    from engine.engine import Engine

US_PHASES: Final = {"MARKET": Phase.CONTINUOUS, "HALT": Phase.HALT, "CLOSED": Phase.CLOSED}
NORDIC_PHASES: Final = {
    "CLOSED": Phase.CLOSED,
    "CONTINUOUS": Phase.CONTINUOUS,
    "HALT": Phase.HALT,
    "POST_TRADE": Phase.POST_TRADE,
}
REASONS: Final = {
    Phase.HALT: Reject.HALTED,
    Phase.CLOSED: Reject.MARKET_CLOSED,
    Phase.POST_TRADE: Reject.MARKET_CLOSED,
}
"""Why nothing enters, in the phases in which nothing does."""


def phases_of(rule_book: str) -> dict[str, Phase]:
    """Give the phases of a market by name, as operators call them."""
    return NORDIC_PHASES if rule_book == PRM else US_PHASES


def phase_name(book: Book) -> str:
    """Give the name of a book's phase."""
    return next(name for name, phase in phases_of(book.market.rule_book).items() if phase is book.phase)


def set_phase(engine: Engine, command: SetPhase, books: list[Book]) -> None:
    """Bring books of one market into a phase."""
    for book in books:
        known = phases_of(book.market.rule_book)
        if command.phase not in known.values():
            raise CommandRefused("phase", f"{command.market} has no phase {command.phase.name}: {', '.join(known)}")
    for book in books:
        book.phase = command.phase
        book.settle(engine.storage_low)
