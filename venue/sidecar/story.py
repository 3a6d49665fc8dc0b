"""What a record brought about, as events: trades, tops of books, calls, phases, displayed orders, rejects, sessions.

A `Story` listens to one machine. Its events of a record go from the cause to what follows of it: sessions and rejects,
then what traded, in order, then crosses and phases, what else became of displayed orders, tops, and calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from engine.api import PRM, Liquidity, Phase
from engine.book import Book
from engine.crosses import FLAGS, cross_between
from engine.phases import CALLS, GATHERING, phase_name
from venue.calls import dollars, moment
from venue.looks import Indicative, ends_at, indicative, is_in_limit_state, is_indicative, is_short_sale_restricted
from venue.machine import Machine
from venue.record import Kind, Record
from venue.sidecar.shown import Added, Change, Deleted, Executed, Reduced, Shown
from venue.sidecar.tap import Broke, Filled, Seen, Top, top_of
from venue.tail import said

Facts = dict[str, Any]
IMBALANCES = {
    Liquidity.OPENING_IMBALANCE: Liquidity.OPENING_CALL,
    Liquidity.CLOSING_IMBALANCE: Liquidity.CLOSING_CALL,
}
"""What is told of imbalance-only orders, and in which cross they trade."""
LEADING = frozenset({Phase.PRE_MARKET, Phase.CONTINUOUS, Phase.QUOTATION})
"""The phases of a US market that may end with a cross."""
IN_CALLS = frozenset({*GATHERING.values(), *IMBALANCES})
"""What executions of calls are told as."""


class Event(NamedTuple):
    """Something that happened: the record that brought it about, what kind it is, its facts, and whose it is.

    `mpid` is empty where it is everybody's. `part` is which event of its record it was, from 1, where that is counted.
    """

    record: int
    kind: str
    data: Facts
    mpid: str = ""
    part: int = 0


class Story:
    """Tells what a machine does, from now on until `close`; of displayed orders since `show`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.shown: Shown | None = None
        self._seen = Seen()
        self._tops: dict[Book, Top] = {}
        self._calls: dict[Book, Facts] = {}
        self._phases = {book: book.phase for book in _books(machine)}
        self._limits = {book: limit_facts(book) for book in _books(machine)}
        self._day = machine.engine.session
        self._seen.stand_by(machine.engine)
        for port in machine.ports:
            port.refusal = None

    def close(self) -> None:
        """Listen no more."""
        self._seen.step_aside(self.machine.engine)

    def show(self) -> Shown:
        """Tell of displayed orders too, from now on; what is displayed now counts as told."""
        if self.shown is None:
            self.shown = Shown()
            self.shown.begin(self.machine.engine)
        return self.shown

    def events(self, record: Record) -> Iterator[Event]:
        """Give a record's events, in the order in which they happened as far as that can be told."""
        number, seen, engine = self.machine.number, self._seen, self.machine.engine
        time = moment(record.venue_time)
        is_new_day = False
        if record.kind == Kind.MESSAGE:
            yield from self._reject(record, time)
        elif record.kind in (Kind.LOGIN, Kind.DISCONNECT):
            port = self.machine.ports[record.port].port
            what = "login" if record.kind == Kind.LOGIN else "logout"
            facts = {"event": what, "port": port.name, "mpid": port.mpid, "time": time}
            yield Event(number, "session", facts, port.mpid)
        else:
            seen.stand_by(engine)  # it may have opened ports
            seen.books |= dict.fromkeys(self._concerned(is_command=record.kind == Kind.COMMAND))
            is_new_day = engine.session != self._day
        if is_new_day:
            self._day = engine.session
            day = {"date": engine.date, "session": self._day, "time": time}
            yield Event(number, "session", {"event": "day", **day})
            yield Event(number, "day", day)
        for kind, facts in self._market(is_new_day, time):
            yield Event(number, kind, facts)
        seen.forget()

    def _concerned(self, *, is_command: bool) -> list[Book]:
        """Give the books of which a record that is no client's may have to tell, by name; a timer's are few."""
        found = [
            book
            for market in self.machine.engine.markets.values()
            for book in market.books.values()
            if book.phase is not self._phases.get(book)
            or book in self._calls
            or (is_command and is_indicative(book))
            or ((is_command or book.security.tape is not None) and self._limits.get(book, {}) != limit_facts(book))
        ]
        return sorted(found, key=lambda book: (book.market.key, book.symbol))

    def _market(self, is_new_day: bool, time: str) -> Iterator[tuple[str, Facts]]:
        """Give what happened to books, by kind."""
        seen = self._seen
        crosses: dict[Book, Facts] = {}
        yield from self._trades(crosses, is_new_day, time)
        changed = [book for book in seen.books if book.phase is not self._phases.get(book)]
        for book, facts in crosses.items():
            yield "cross", of(book) | facts | {"time": time}
        for book in changed:
            before = self._phases.get(book)
            over = ended(book, before)
            if over is not None and book not in crosses:
                facts = {"call": over.name, "price": None, "quantity": 0, "trades": 0}
                yield "cross", of(book) | facts | {"firstMatch": 0, "lastMatch": 0, "time": time}
            self._phases[book] = book.phase
            yield "phase", of(book) | {"phase": phase_name(book), "endsAt": ends_at(book), "time": time}
        if self.shown is not None:
            if is_new_day:
                self.shown.books.clear()
            notes = [note for note in seen.notes if not isinstance(note, Broke)]
            whole = list(_books(self.machine)) if is_new_day else changed
            for book, change in self.shown.settle(() if is_new_day else notes, whole):
                yield "order", of(book) | order_facts(change) | {"time": time}
        for book in seen.books:
            top = top_of(book)
            if self._tops.get(book) != top:
                self._tops[book] = top
                yield "top", top_facts(book, top) | {"time": time}
            yield from self._call(book, time)
            if self._limits.get(book, {}) != (limits := limit_facts(book)):
                self._limits[book] = limits
                yield "limits", of(book) | limits | {"time": time}

    def _trades(self, crosses: dict[Book, Facts], is_new_day: bool, time: str) -> Iterator[tuple[str, Facts]]:
        """Give what traded and was broken, in order; what traded in calls is summed up into `crosses`."""
        notes = self._seen.notes
        broken = ("", 0)
        for i, note in enumerate(notes):
            if isinstance(note, Broke) and (note.market, note.match) != broken:
                broken = note.market, note.match
                facts = {"venue": note.market, "matchNumber": note.match, "reason": note.reason.name}
                yield "broken", facts | {"time": time}
            if not isinstance(note, Filled):
                continue
            book = note.order.scope.book
            printed = note.liquidity not in IN_CALLS
            if self.shown is not None and not is_new_day:
                change = self.shown.filled(note, printed=printed)
                if change is not None:
                    yield "order", of(book) | order_facts(change) | {"time": time}
            if i + 1 < len(notes) and is_same_trade(note, notes[i + 1]):
                continue  # its other side, that which was there, tells more
            yield "trade", trade_facts(note)
            if not printed:
                add_up(crosses.setdefault(book, {}), note)

    def _call(self, book: Book, time: str) -> Iterator[tuple[str, Facts]]:
        """Give what a book's call would trade, where that is new; the last one of a call tells that it is over."""
        is_open = is_indicative(book)
        if not is_open and book not in self._calls:
            return
        facts = call_facts(book)
        if self._calls.get(book) != facts:
            self._calls[book] = facts
            yield "indicative", facts | {"time": time}
        if not is_open:
            self._calls.pop(book, None)

    def _reject(self, record: Record, time: str) -> Iterator[Event]:
        """Give the reject of a message, where it was rejected: the port's last refusal is taken away each time."""
        machine = self.machine
        endpoint = machine.ports[record.port]
        refusal = endpoint.refusal
        if refusal is None:
            return
        endpoint.refusal = None
        port, number = endpoint.port, machine.number
        for packet in machine.streams[record.port].pending:
            told = said(endpoint, packet, refusal, number)
            if "why" in told:
                facts = {"port": port.name, "mpid": port.mpid, "userRefNum": told.get("user_ref_num")}
                cl_ord_id = told.get("cl_ord_id", told.get("ClOrdID", told.get("token")))
                facts |= {"clOrdId": cl_ord_id, "reason": told.get("reason"), "check": refusal.reason.name}
                yield Event(number, "reject", {**facts, "id": f"R{number}", "time": time}, port.mpid)


def ended(book: Book, before: Phase | None) -> Liquidity | None:
    """Give the call or cross that ended when a book left a phase, None where none did."""
    if before is None or book.phase is Phase.HALT:
        return None
    if book.market.rule_book == PRM:
        return CALLS.get(before)
    cross = cross_between(before, book.phase) if before in LEADING else None
    return None if cross is None or cross not in book.market.crosses else FLAGS[cross][0]


def is_same_trade(note: Filled, other: object) -> bool:
    """Whether two notes tell of the two sides of one trade."""
    return (
        isinstance(other, Filled)
        and other.match == note.match
        and other.order.scope.book.market is note.order.scope.book.market
    )


def add_up(cross: Facts, note: Filled) -> None:
    """Count a trade towards its call's."""
    if not cross:
        call = IMBALANCES.get(note.liquidity, note.liquidity)
        cross |= {"call": call.name, "price": dollars(note.price), "quantity": 0, "trades": 0}
        cross["firstMatch"] = note.match
    cross["quantity"] += note.quantity
    cross["trades"] += 1
    cross["lastMatch"] = note.match


def of(book: Book) -> Facts:
    """Say of which book an event is."""
    return {"venue": book.market.key, "symbol": book.symbol}


def order_facts(change: Change) -> Facts:
    """Give what became of a displayed order as an event tells it."""
    match change:
        case Added():
            return {"event": "add", **shown_facts(change)}
        case Executed(number, quantity, price, match_number, printed):
            facts = {"price": dollars(price), "matchNumber": match_number, "printed": printed}
            return {"event": "execute", "order": number, "quantity": quantity, **facts}
        case Reduced(number, quantity):
            return {"event": "cancel", "order": number, "quantity": quantity}
        case Deleted(number):
            return {"event": "delete", "order": number}
    facts = {"newOrder": change.new, "price": dollars(change.price), "quantity": change.quantity}
    return {"event": "replace", "order": change.number, **facts}


def shown_facts(order: Added) -> Facts:
    """Give a displayed order."""
    facts = {"order": order.number, "side": order.side, "price": dollars(order.price)}
    return facts | {"quantity": order.quantity, "mpid": order.mpid}


def trade_facts(note: Filled) -> Facts:
    """Give a trade as an event tells it: `trading` says where it was, `hidden` that the resting order was not shown."""
    passive = note.liquidity
    elsewhere = passive in IN_CALLS or passive is Liquidity.CLOSING_PRICE
    away = passive is Liquidity.ROUTED
    return of(note.order.scope.book) | {
        "price": dollars(note.price),
        "quantity": note.quantity,
        "matchNumber": note.match,
        "trading": IMBALANCES.get(passive, passive).name if elsewhere else "AWAY" if away else "CONTINUOUS",
        "hidden": not elsewhere and not away and passive is not Liquidity.ADDED,
        "time": moment(note.time),
    }


def _books(machine: Machine) -> Iterator[Book]:
    """Go through all books, by name."""
    for _, market in sorted(machine.engine.markets.items()):
        for _, book in sorted(market.books.items()):
            yield book


def call_facts(book: Book) -> Facts:
    """Give what a book's call would trade as an event tells it."""
    found = indicative(book)
    facts = msgspec.to_builtins(Indicative(None, 0, 0, None, None))
    if found is not None:
        facts = msgspec.to_builtins(found)
    return of(book) | {"phase": phase_name(book), **facts}


def limit_facts(book: Book) -> Facts:
    """Give what keeps a US book from trades at some prices, as an event tells it; nothing of a Nordic one."""
    if book.security.entry is not None:
        return {}
    security = book.security
    return {
        "luldLower": dollars(security.luld_lower),
        "luldUpper": dollars(security.luld_upper),
        "limitState": is_in_limit_state(book),
        "shortSalesRestricted": is_short_sale_restricted(book),
    }


def top_facts(book: Book, top: Top) -> Facts:
    """Give a book's top as an event tells it."""
    return of(book) | {
        "bid": dollars(top.bid),
        "bidSize": top.bid_size,
        "ask": dollars(top.ask),
        "askSize": top.ask_size,
    }
