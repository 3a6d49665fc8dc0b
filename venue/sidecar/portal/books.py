"""Books as pages show them: the list of all, and one with its ladder and its latest trades."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.routing import AWAY_PORT
from venue.calls import dollars, moment
from venue.looks import BookView, Level, show_book
from venue.looks import Look as LookInside
from venue.problem import Problem
from venue.sidecar.portal.page import Look
from venue.sidecar.rest.market_data import Summary, books, summary

if TYPE_CHECKING:
    from venue.machine import Machine
    from venue.sidecar.context import Sidecar

TRADES = 16
"""Trades that are shown beside a ladder."""
LOOKED_AT = 500
"""Trades that are looked at for them: those of other books lie between."""


class Listed(NamedTuple):
    """A book in a list: `venue:book`, and what people call it."""

    key: str
    venue: str
    name: str


class Rung(NamedTuple):
    """A price of a ladder: what is bid and offered there, and how much that is of the most at any price, in percent."""

    price: str
    bid: int
    ask: int
    width: str


class Printed(NamedTuple):
    """A trade; `direction` says whether it was up or down from the one before."""

    match: int
    time: str
    price: str
    quantity: int
    direction: str
    broken: bool


def listed(sidecar: Sidecar) -> list[Listed]:
    """Give every book that is listed."""
    found = []
    for book in books(sidecar.replica.machine, None, ""):
        entry = book.security.entry
        name = book.symbol if entry is None else f"{book.symbol} {entry.symbol}"
        found.append(Listed(f"{book.market.key}:{book.symbol}", book.market.key, name))
    return found


def summaries(sidecar: Sidecar) -> list[Summary]:
    """Give every book with its top."""
    return [summary(book) for book in books(sidecar.replica.machine, None, "")]


async def book_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give a book: the arguments are its venue and its name there."""
    if len(look.arguments) != 2:
        raise Problem(404, "a book is named with its venue, as nordic:101", "book")
    venue, name = look.arguments
    machine = sidecar.replica.machine
    view = show_book(LookInside(machine, {"venue": venue, "book": name}, None))
    assert isinstance(view, BookView)
    return {
        "key": f"book:{venue}:{name}",
        "view": view,
        "rungs": ladder(view.bids, view.asks),
        "trades": latest_trades(machine, venue, name),
    }


def ladder(bids: list[Level], asks: list[Level]) -> list[Rung]:
    """Give the levels of both sides from the highest price to the lowest."""
    most = max((level.quantity for level in (*bids, *asks)), default=1) or 1

    def width(level: Level) -> str:
        return f"{100 * level.quantity / most:.1f}"

    offered = [Rung(level.price, 0, level.quantity, width(level)) for level in reversed(asks)]
    return [*offered, *(Rung(level.price, level.quantity, 0, width(level)) for level in bids)]


def latest_trades(machine: Machine, venue: str, name: str) -> list[Printed]:
    """Give the latest trades of a book, newest first."""
    market = machine.engine.markets[venue]
    found: list[Any] = []
    number = market.match_number
    for one in range(number, max(number - LOOKED_AT, 0), -1):
        trade = market.trades.find(one)
        if trade is not None and trade.symbol == name and trade.incoming.port != AWAY_PORT:
            found.append((one, trade))
            if len(found) > TRADES:
                break
    printed = []
    for i, (one, trade) in enumerate(found[:TRADES]):
        before = found[i + 1][1].price if i + 1 < len(found) else trade.price
        direction = "up" if trade.price > before else "down" if trade.price < before else "same"
        is_broken = one in market.trades.broken
        price = dollars(trade.price) or ""
        printed.append(Printed(one, moment(trade.time), price, trade.quantity, direction, is_broken))
    return printed


def change_of(last: str | None, close: str | None) -> str:
    """Give the change from the previous close in percent, signed; empty where one of the two is not known."""
    if last is None or close is None or not Decimal(close):
        return ""
    return f"{(Decimal(last) - Decimal(close)) * 100 / Decimal(close):+.2f}"
