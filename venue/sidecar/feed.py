"""What happens, handed to whoever follows it live.

The events (`venue.sidecar.story`) come of the replica's records as it applies them. While nobody follows, and for a
while after the last one left, nothing is made and the replica is as fast as without. The latest events are kept, so
that a follower that lost its connection goes on where it was; one that was away too long, or reads too slowly, is told
to start over (`reset`).

    replica ── record applied ──▶ Feed ── events ──▶ Subscription (bounded) ──▶ one follower
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Container, Iterable
from itertools import chain

from venue.record import Record
from venue.sidecar.replica import Replica
from venue.sidecar.shown import Shown
from venue.sidecar.story import Event, Story

KINDS = ("trade", "top", "indicative", "reject", "session")
"""What operators may follow."""
MARKET_KINDS = ("top", "trade", "indicative", "phase", "limits", "cross", "broken", "order", "day")
"""What of it is market data, which is everybody's."""
ORDERS = "order"
STATES = frozenset({"top", "indicative"})
"""The kinds that tell a state of a book: only the latest is worth anything."""
RESET = "reset"
"""The kind of the event that says: what came before is incomplete, look at the present state and go on from here."""
EVENTS_KEPT = 10_000
"""Events that a follower may have missed and still get."""
EVENTS_WAITING = 2_000
"""Events that wait for one follower before it has to start over;"""
ORDER_EVENTS_WAITING = 20_000
"""the same of one who follows every order."""
LINGER_SECONDS = 60.0
"""How long events are made on after the last follower left: it may come back."""


class Subscription:
    """The events that wait for one follower: of some kinds, of some MPIDs where they are not everybody's, of one book.

    Of a book's tops, and of what its call would trade, only the latest waits.
    """

    def __init__(
        self, kinds: frozenset[str], mpids: Container[str] | None, venue: str | None = None, book: str | None = None
    ) -> None:
        self.kinds = kinds
        self.mpids = mpids
        self.venue = venue
        self.book = book
        self.most = ORDER_EVENTS_WAITING if ORDERS in kinds else EVENTS_WAITING
        self._missed = 0
        self.is_over = False
        self._waiting: OrderedDict[object, Event] = OrderedDict()
        self._more = asyncio.Event()

    def wants(self, event: Event) -> bool:
        """Whether the follower asked for such events and may see this one."""
        if event.kind not in self.kinds or (event.mpid and self.mpids is not None and event.mpid not in self.mpids):
            return False
        data = event.data
        is_elsewhere = self.venue is not None and data.get("venue", self.venue) != self.venue
        return not is_elsewhere and (self.book is None or data.get("symbol", self.book) == self.book)

    def put(self, event: Event) -> None:
        """Let an event wait; where too many do, only a reset waits in their place."""
        key = self.key_of(event)
        self._waiting[key] = event
        self._waiting.move_to_end(key)
        if len(self._waiting) > self.most:
            self._missed += len(self._waiting) - (RESET in self._waiting)
            self.reset(event.record)
        self._more.set()

    def key_of(self, event: Event) -> object:
        """Give what an event takes the place of: that of the same book before, where only the latest counts."""
        is_state = event.kind in STATES
        return (event.kind, event.data["venue"], event.data["symbol"]) if is_state else object()

    def reset(self, record: int) -> None:
        """Let the follower start over from a record; it is told how many events it was too slow for."""
        self._waiting.clear()
        self._waiting[RESET] = Event(
            record, RESET, {"record": record} | ({"missed": self._missed} if self._missed else {})
        )
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
        self._missed = 0
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
        self.orders_since = 0
        """The record behind which every event of displayed orders is kept."""
        self.sources: list[Callable[[int], Iterable[Event]]] = []
        """What else tells of a record, by its number, once it was applied."""
        self._story: Story | None = None
        self._linger: asyncio.TimerHandle | None = None

    def open(
        self,
        kinds: Collection[str] = KINDS,
        after: int | None = None,
        mpids: Container[str] | None = None,
        venue: str | None = None,
        book: str | None = None,
    ) -> Subscription:
        """Begin to follow: from now on, or with what is kept behind record `after`. `leave` must follow."""
        subscription = Subscription(frozenset(kinds), mpids, venue, book)
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        story = self._watch()
        since = self.since
        if ORDERS in subscription.kinds:
            self._show(story)
            since = max(since, self.orders_since)
        if after is not None:
            if since <= after <= self.replica.applied:
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
        self._stay()

    def orders(self) -> Shown:
        """Give the displayed orders as order events tell of them; who follows those from here on misses none."""
        shown = self._show(self._watch())
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self._stay()
        return shown

    def _stay(self) -> None:
        """Make events for a while yet, where nobody follows."""
        if not self.subscriptions and self._story is not None and self._linger is None:
            self._linger = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._rest)

    def start_over(self) -> None:
        """Let every follower start over: the machine is another one."""
        if self._story is None:
            return
        had_orders = self._story.shown is not None
        story = self._watch()
        if had_orders:
            self._show(story)
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
        story = self._story
        assert story is not None
        events = [story.events(record), *(source(self.replica.applied) for source in self.sources)]
        for event in chain.from_iterable(events):
            if len(self.kept) == EVENTS_KEPT:
                self.since = self.kept[0].record
            self.kept.append(event)
            for subscription in self.subscriptions:
                if subscription.wants(event):
                    subscription.put(event)
        self.replica.settle()

    # Watching the machine.

    def _watch(self) -> Story:
        """See that the present machine tells us what it does."""
        machine = self.replica.machine
        story = self._story
        if story is None or story.machine is not machine:
            story = self._story = Story(machine)
            self.kept.clear()
            self.since = machine.number
            self.replica.told = self.applied
        return story

    def _show(self, story: Story) -> Shown:
        """See that displayed orders are told of."""
        if story.shown is None:
            self.orders_since = self.replica.applied
        return story.show()

    def _rest(self) -> None:
        """Make no more events until somebody follows again."""
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self.replica.told = None
        if self._story is not None:
            self._story.close()
            self._story = None
