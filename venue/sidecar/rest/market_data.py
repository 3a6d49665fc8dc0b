"""/market-data: books, displayed orders, trades and what becomes of them, for whoever may ask for anything at all.

A look is exact as of the record that it names (`asOf`), and who then follows `/market-data/events?after=` that record
misses nothing. It is made of the replica alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Annotated, Literal, cast

import msgspec
from aiohttp import web

from engine.book import Book, Ladder
from engine.market import Market
from engine.phases import phase_name
from engine.routing import AWAY_PORT
from venue.calls import LONGEST_NUMBER, Count, Price, Query, dollars, moment
from venue.calls import Reply as Answer
from venue.looks import (
    Indicative,
    Level,
    Moment,
    PhaseName,
    ends_at,
    find_book,
    indicative,
    is_in_limit_state,
    is_short_sale_restricted,
)
from venue.machine import Machine
from venue.problem import Problem
from venue.roles import MEANINGS
from venue.sidecar.auth.identity import AUTH
from venue.sidecar.change import present
from venue.sidecar.events import events
from venue.sidecar.feed import MARKET_KINDS
from venue.sidecar.rest.endpoints import EVENT_STREAM, Ask, Endpoint, Handler, Reply, Scope
from venue.sidecar.story import shown_facts
from venue.sidecar.tap import top_of

ROOT = "/market-data/"
ROLES = frozenset(MEANINGS)
"""Any role: what is displayed is displayed to everybody."""
AT_ONCE = 500
"""Books, or trades, in one answer."""
DEEPEST = 1_000
"""Price levels of each side in one answer."""
ORDERS_MAX = 50_000
"""Displayed orders of a book that are told in one answer: about a fifth of a second's work."""
LOOKED_AT = 20_000
"""Trades that are looked at for one answer."""
Side = Literal["B", "S"]
Limit = Annotated[int, msgspec.Meta(ge=1, le=AT_ONCE)]


class Summary(Answer, frozen=True, kw_only=True):
    """A book: what it is of, its phase, its top, its last sale; a call's figures while there is a call."""

    venue: str
    symbol: str
    phase: PhaseName
    name: str | None = None
    mic: str | None = None
    currency: str
    round_lot: Count
    last: Price | None
    previous_close: Price | None
    official_open: Price | None
    official_close: Price | None
    bid: Price | None
    bid_size: Count
    ask: Price | None
    ask_size: Count
    indicative: Indicative | None
    ends_at: Moment | None = None
    luld_lower: Price | None = None
    luld_upper: Price | None = None
    limit_state: bool = False
    short_sales_restricted: bool = False


class Shown(Answer, frozen=True):
    """A displayed order, by the number under which events tell of it; `mpid` where it is attributed."""

    order: Count
    side: Side
    price: Price
    quantity: Count
    mpid: str | None


class Snapshot(Summary, frozen=True, kw_only=True):
    """A book as of a record: its levels, best first, and where asked for its orders, as they would trade."""

    as_of: Count
    bids: list[Level]
    asks: list[Level]
    orders: list[Shown] | None = None


class Summaries(Answer, frozen=True):
    """Books as of a record, by market and symbol; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[Summary]
    next: str | None = None


class Trade(Answer, frozen=True):
    """A trade of today; a `broken` one does not stand."""

    match_number: Count
    symbol: str
    price: Price
    quantity: Count
    time: str
    broken: bool


class TradeList(Answer, frozen=True):
    """Trades as of a record, by number; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[Trade]
    next: str | None = None


class BooksQuery(Query, frozen=True):
    """Which books: of one market or of all, those after a cursor, so many at most."""

    venue: str | None = None
    after: str = ""
    limit: Limit = AT_ONCE


class BookQuery(Query, frozen=True):
    """How much of a book: so many levels of each side, and each displayed order or not."""

    depth: Annotated[int, msgspec.Meta(ge=0, le=DEEPEST)] = 10
    orders: bool = False


class TradesQuery(Query, frozen=True):
    """Which trades: of one book or of all, those after a match number, so many at most."""

    book: str | None = None
    after: Annotated[int, msgspec.Meta(ge=0, le=10**LONGEST_NUMBER - 1)] = 0
    limit: Limit = AT_ONCE


class EventsQuery(Query, frozen=True):
    """Which events: kinds with commas between them, of one market or one book; those behind a record."""

    kinds: str = ""
    venue: str = ""
    book: str = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=10**LONGEST_NUMBER - 1)] | None = None


def summary(book: Book) -> Summary:
    """Sum up a book."""
    security, top = book.security, top_of(book)
    entry = security.entry
    return Summary(
        venue=book.market.key,
        symbol=book.symbol,
        phase=cast(PhaseName, phase_name(book)),
        name=None if entry is None else entry.symbol,
        mic=None if entry is None else entry.mic,
        currency="USD" if entry is None else entry.currency,
        round_lot=security.round_lot,
        last=dollars(security.last),
        previous_close=dollars(security.previous_close),
        official_open=dollars(security.official_open),
        official_close=dollars(security.official_close),
        bid=dollars(top.bid),
        bid_size=top.bid_size,
        ask=dollars(top.ask),
        ask_size=top.ask_size,
        indicative=indicative(book),
        ends_at=ends_at(book),
        luld_lower=dollars(security.luld_lower),
        luld_upper=dollars(security.luld_upper),
        limit_state=is_in_limit_state(book),
        short_sales_restricted=is_short_sale_restricted(book),
    )


def levels(ladder: Ladder, depth: int) -> list[Level]:
    """Give a ladder's best levels."""
    best = [ladder.levels[key] for key in islice(reversed(ladder.keys), depth)]
    return [Level(dollars(level.price) or "", level.quantity) for level in best]


async def show_books(ask: Ask) -> Reply:
    """List the books that there are, with the top of each."""
    await present(ask.sidecar)
    machine, query = ask.sidecar.replica.machine, ask.query
    if query.venue is not None:
        market_of(machine, query.venue)
    found = list(islice(books(machine, query.venue, query.after), query.limit + 1))
    following = None
    if len(found) > query.limit:
        found = found[: query.limit]
        following = f"{found[-1].market.key}:{found[-1].symbol}"
    return Reply(Summaries(machine.number, [summary(book) for book in found], following), machine.number)


def books(machine: Machine, venue: str | None, after: str) -> Iterator[Book]:
    """Go through the listed books behind a cursor, by market and symbol."""
    for key, market in sorted(machine.engine.markets.items()):
        for symbol, book in sorted(market.books.items()):
            cursor = f"{key}:{symbol}"
            if book.security.listed and venue in (None, key) and cursor > after:
                yield book


async def show_book(ask: Ask) -> Reply:
    """Show a book as of a record, and where asked for each of its displayed orders."""
    await present(ask.sidecar)
    machine, query = ask.sidecar.replica.machine, ask.query
    book = find_book(machine, ask.path)
    orders = None
    if query.orders:
        resting = sum(1 for side in (book.buys, book.sells) for _ in islice(side.shown.orders(), ORDERS_MAX + 1))
        if resting > ORDERS_MAX:
            raise Problem(422, f"more than {ORDERS_MAX:,} orders are displayed; ask for levels instead", "orders")
        orders = [Shown(**shown_facts(order)) for order in ask.sidecar.feed.orders().orders(book)]
    snapshot = Snapshot(
        as_of=machine.number,
        bids=levels(book.buys.shown, query.depth),
        asks=levels(book.sells.shown, query.depth),
        orders=orders,
        **msgspec.structs.asdict(summary(book)),
    )
    return Reply(snapshot, machine.number)


async def show_trades(ask: Ask) -> Reply:
    """List the trades of a market's day, first one first."""
    await present(ask.sidecar)
    machine, query = ask.sidecar.replica.machine, ask.query
    market = market_of(machine, ask.path["venue"])
    if query.book is not None:
        find_book(machine, {"venue": market.key, "book": query.book})
    items: list[Trade] = []
    number, last = query.after, min(market.match_number, query.after + LOOKED_AT)
    while number < last and len(items) < query.limit:
        number += 1
        trade = market.trades.find(number)
        assert trade is not None
        if trade.resting.port == AWAY_PORT or query.book not in (None, trade.symbol):
            continue
        price, broken = dollars(trade.price) or "", number in market.trades.broken
        items.append(Trade(number, trade.symbol, price, trade.quantity, moment(trade.time), broken))
    following = str(number) if number < market.match_number else None
    return Reply(TradeList(machine.number, items, following), machine.number)


def market_of(machine: Machine, key: str) -> Market:
    """Give a market; raises `Problem` where there is none of that name."""
    market = machine.engine.markets.get(key)
    if market is None:
        raise Problem(404, f"no such venue: {key}; this one has {', '.join(machine.engine.markets)}", "venue")
    return market


async def follow(ask: Ask) -> web.StreamResponse:
    """Send market data as it happens, until the caller leaves."""
    machine, query = ask.sidecar.replica.machine, ask.query
    if query.venue:
        market = market_of(machine, query.venue)
        if query.book:
            find_book(machine, {"venue": market.key, "book": query.book})
    elif query.book:
        raise Problem(422, "a book is one of a market: name the venue too", "venue")
    auth = ask.request.app[AUTH]
    still = partial(auth.still, ask.request, ask.identity)
    return await events(ask.request, ask.sidecar, ask.identity, still, MARKET_KINDS)


def row(path: str, handler: Handler, answer: type[msgspec.Struct], query: type[msgspec.Struct]) -> Endpoint:
    """Give the row of a look."""
    summary = (handler.__doc__ or "").rstrip(".")
    row = Endpoint("market-data", "GET", ROOT + path, summary, handler, answer, ROLES, Scope.PUBLIC, query)
    return row._replace(errors=(404,), description=query.__doc__ or "")


MARKET_DATA_ENDPOINTS = (
    row("books", show_books, Summaries, BooksQuery),
    row("books/{venue}/{book}", show_book, Snapshot, BookQuery),
    row("trades/{venue}", show_trades, TradeList, TradesQuery),
    Endpoint(
        *("market-data", "GET", f"{ROOT}events", "Follow market data", follow, None, ROLES, Scope.PUBLIC, EventsQuery),
        errors=(404,),
        description=f"Server-Sent Events: {', '.join(MARKET_KINDS)}. `Last-Event-ID` goes on where a stream broke off, "
        "`after` behind the record of a snapshot; who misses something is told so by a `reset`.",
        media=EVENT_STREAM,
    ),
)
