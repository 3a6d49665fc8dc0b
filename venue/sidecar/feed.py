"""What happens, as events for whoever follows it live: trades, tops of books, calls, rejects, sessions.

The events come of the replica's records as it applies them. While nobody follows, and for a while after the last one
left, nothing is made and the replica is as fast as without. The latest events are kept, so that a follower that lost
its connection goes on where it was; one that was away too long, or reads too slowly, is told to start over (`reset`).

    replica ── record applied ──▶ Feed ── events ──▶ Subscription (bounded) ──▶ one follower
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgspec

from engine.book import Book
from engine.phases import CALLS, phase_name
from venue.calls import dollars, moment
from venue.looks import indicative
from venue.machine import Machine
from venue.record import Kind, Record
from venue.sidecar.replica import Replica
from venue.sidecar.tap import Seen, Top, TradeSeen, top_of
from venue.tail import said

KINDS = ("trade", "top", "indicative", "reject", "session")
"""What may be followed."""
STATES = frozenset({"top", "indicative"})
"""The kinds that tell a state of a book: only the latest is worth anything."""
RESET = "reset"
"""The kind of the event that says: what came before is incomplete, look at the present state and go on from here."""
EVENTS_KEPT = 10_000
"""Events that a follower may have missed and still get."""
EVENTS_WAITING = 2_000
"""Events that wait for one follower before it has to start over."""
LINGER_SECONDS = 60.0
"""How long events are made on after the last follower left: it may come back."""


class Event(NamedTuple):
    """Something that happened: the record that brought it about, what kind it is, its facts, and whose it is.

    `mpid` is empty where it is everybody's.
    """

    record: int
    kind: str
    data: dict[str, Any]
    mpid: str = ""


class Subscription:
    """The events that wait for one follower: of some kinds, and of some MPIDs where they are not everybody's.

    Of a book's tops, and of what its call would trade, only the latest waits.
    """

    def __init__(self, kinds: frozenset[str], mpids: frozenset[str] | None) -> None:
        self.kinds = kinds
        self.mpids = mpids
        self.is_over = False
        self._waiting: OrderedDict[object, Event] = OrderedDict()
        self._more = asyncio.Event()

    def wants(self, event: Event) -> bool:
        """Whether the follower asked for such events and may see this one."""
        return event.kind in self.kinds and (not event.mpid or self.mpids is None or event.mpid in self.mpids)

    def put(self, event: Event) -> None:
        """Let an event wait; where too many do, only a reset waits in their place."""
        is_state = event.kind in STATES
        key = (event.kind, event.data["venue"], event.data["symbol"]) if is_state else object()
        self._waiting[key] = event
        self._waiting.move_to_end(key)
        if len(self._waiting) > EVENTS_WAITING:
            self.reset(event.record)
        self._more.set()

    def reset(self, record: int) -> None:
        """Let the follower start over from a record."""
        self._waiting.clear()
        self._waiting[RESET] = Event(record, RESET, {"record": record})
        self._more.set()

    def end(self) -> None:
        """Let nothing more come."""
        self.is_over = True
        self._more.set()

    async def wait(self) -> None:
        """Wait until there is something to take, or no more to come."""
        await self._more.wait()

    def take(self) -> list[Event]:
        """Give what waits, in order."""
        events = list(self._waiting.values())
        self._waiting.clear()
        if not self.is_over:
            self._more.clear()
        return events


class Feed:
    """Hands events to its subscribers."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.subscriptions: dict[Subscription, None] = {}
        self.kept: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.since = 0
        """The record behind which every event is kept."""
        self._machine: Machine | None = None
        self._seen = Seen()
        self._tops: dict[Book, Top] = {}
        self._calls: dict[Book, dict[str, Any]] = {}
        self._day = ""
        self._linger: asyncio.TimerHandle | None = None

    def open(
        self, kinds: Collection[str] = KINDS, after: int | None = None, mpids: frozenset[str] | None = None
    ) -> Subscription:
        """Begin to follow: from now on, or with what is kept behind record `after`. `leave` must follow."""
        subscription = Subscription(frozenset(kinds), mpids)
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self._watch()
        if after is not None:
            if self.since <= after <= self.replica.applied:
                for event in self.kept:
                    if event.record > after and subscription.wants(event):
                        subscription.put(event)
            else:
                subscription.reset(self.replica.applied)
        self.subscriptions[subscription] = None
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """End a subscription."""
        self.subscriptions.pop(subscription, None)
        if not self.subscriptions and self._machine is not None and self._linger is None:
            self._linger = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._rest)

    def start_over(self) -> None:
        """Let every follower start over: the machine is another one."""
        if self._machine is None:
            return
        self._watch()
        for subscription in self.subscriptions:
            subscription.reset(self.replica.applied)

    def close(self) -> None:
        """End every subscription."""
        for subscription in self.subscriptions:
            subscription.end()
        self.subscriptions.clear()
        self._rest()

    def applied(self, record: Record) -> None:
        """Make the events of a record that was just applied, and hand them on."""
        machine = self.replica.machine
        for event in self._events(machine, record):
            if len(self.kept) == EVENTS_KEPT:
                self.since = self.kept[0].record
            self.kept.append(event)
            for subscription in self.subscriptions:
                if subscription.wants(event):
                    subscription.put(event)
        self.replica.settle()

    # Watching the machine.

    def _watch(self) -> None:
        """See that the present machine tells us what it does."""
        machine = self.replica.machine
        if machine is not self._machine:
            self._machine = machine
            self._seen = Seen()
            self._tops.clear()
            self._calls.clear()
            self.kept.clear()
            self.since = machine.number
            self._seen.stand_by(machine.engine)
            for port in machine.ports:
                port.refusal = None
            self._day = machine.engine.session
            self.replica.told = self.applied

    def _rest(self) -> None:
        """Make no more events until somebody follows again."""
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self.replica.told = None
        if self._machine is not None:
            self._seen.step_aside(self._machine.engine)
            self._machine = None

    def _events(self, machine: Machine, record: Record) -> Iterator[Event]:
        """Give a record's events, in the order in which they happened as far as that can be told."""
        number, seen = machine.number, self._seen
        time = moment(record.venue_time)
        if record.kind == Kind.MESSAGE:
            yield from self._reject(machine, record, time)
        elif record.kind in (Kind.LOGIN, Kind.DISCONNECT):
            port = machine.ports[record.port].port
            what = "login" if record.kind == Kind.LOGIN else "logout"
            facts = {"event": what, "port": port.name, "mpid": port.mpid, "time": time}
            yield Event(number, "session", facts, port.mpid)
        elif record.kind == Kind.COMMAND:
            seen.stand_by(machine.engine)  # it may have opened ports
            seen.books.update({book: None for book in _books(machine) if book.phase in CALLS or book in self._calls})
            if machine.engine.session != self._day:
                self._day = machine.engine.session
                yield Event(
                    number,
                    "session",
                    {"event": "day", "date": machine.engine.date, "session": self._day, "time": time},
                )
        for trade in seen.trades:
            yield Event(number, "trade", trade_facts(trade))
        seen.trades.clear()
        for book in seen.books:
            top = top_of(book)
            if self._tops.get(book) != top:
                self._tops[book] = top
                yield Event(number, "top", top_facts(book, top) | {"time": time})
            yield from self._call(number, book, time)
        seen.books.clear()

    def _call(self, number: int, book: Book, time: str) -> Iterator[Event]:
        """Give what a book's call would trade, where that is new; the last one of a call tells that it is over."""
        if book.phase not in CALLS and book not in self._calls:
            return
        facts = call_facts(book)
        if self._calls.get(book) != facts:
            self._calls[book] = facts
            yield Event(number, "indicative", facts | {"time": time})
        if book.phase not in CALLS:
            del self._calls[book]

    @staticmethod
    def _reject(machine: Machine, record: Record, time: str) -> Iterator[Event]:
        """Give the reject of a message, where it was rejected: the port's last refusal is taken away each time."""
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
                cl_ord_id = told.get("cl_ord_id", told.get("ClOrdID"))
                facts |= {"clOrdId": cl_ord_id, "reason": told.get("reason"), "check": refusal.reason.name}
                yield Event(number, "reject", {**facts, "id": f"R{number}", "time": time}, port.mpid)


def trade_facts(trade: TradeSeen) -> dict[str, Any]:
    """Give a trade as an event tells it."""
    return {
        "venue": trade.market,
        "symbol": trade.symbol,
        "price": dollars(trade.price),
        "quantity": trade.quantity,
        "matchNumber": trade.match,
        "time": moment(trade.time),
    }


def _books(machine: Machine) -> Iterator[Book]:
    """Go through all books, by name."""
    for _, market in sorted(machine.engine.markets.items()):
        for _, book in sorted(market.books.items()):
            yield book


def call_facts(book: Book) -> dict[str, Any]:
    """Give what a book's call would trade as an event tells it."""
    found = indicative(book)
    facts = {"price": None, "paired": 0, "imbalance": 0, "imbalanceSide": None, "reference": None, "extended": False}
    if found is not None:
        facts = msgspec.to_builtins(found)
    return {"venue": book.market.key, "symbol": book.symbol, "phase": phase_name(book), **facts}


def top_facts(book: Book, top: Top) -> dict[str, Any]:
    """Give a book's top as an event tells it."""
    return {
        "venue": book.market.key,
        "symbol": book.symbol,
        "bid": dollars(top.bid),
        "bidSize": top.bid_size,
        "ask": dollars(top.ask),
        "askSize": top.ask_size,
    }
