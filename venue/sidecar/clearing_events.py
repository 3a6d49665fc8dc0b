"""What happens in Post-Trade Risk as live events, while somebody follows, each with its record."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from engine.clearing_state import Told
from venue.ptr.views import event_facts
from venue.sidecar.clearing import House
from venue.sidecar.feed import Feed
from venue.sidecar.story import Event

TRADES: Final = ("held", "killed", "allowed", "inhibited")
"""What is told of one side of a trade."""
PTR_KINDS: Final = ("alert", *TRADES, "limits", "released")
"""What clearing firms and correspondents may follow."""
COUNTERPARTY_KINDS: Final = ("alert", "limits")
"""What counterparties may: totals and limits are theirs to see, single trades are not."""
WAITING: Final = 10_000
"""Happenings of one record: as many as a batch of reported trades has sides."""


class ClearingEvents:
    """Hands what the house tells to the feed."""

    def __init__(self, house: House, feed: Feed) -> None:
        self.feed = feed
        self._waiting: deque[Told] = deque(maxlen=WAITING)
        house.listeners.append(self.tell)
        feed.sources.append(self.events)

    def tell(self, told: Told) -> None:
        """Note what happens, where somebody follows."""
        if self.feed.replica.told is not None:
            self._waiting.append(told)

    def events(self, number: int) -> Iterator[Event]:
        """Give what happened with a record."""
        while self._waiting:
            told = self._waiting.popleft()
            yield Event(number, told.kind, event_facts(told), told.entry.relation)
