"""What happens, as events for whoever follows it live: derived by the replica from the records as it applies them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any, NamedTuple

KINDS = ("trade", "top", "reject", "session")


class Event(NamedTuple):
    """Something that happened: the record that brought it about, what kind it is, and its facts."""

    record: int
    kind: str
    data: dict[str, Any]


class Feed:
    """Hands events to its subscribers."""

    async def subscribe(self, kinds: Collection[str] = KINDS, after: int | None = None) -> AsyncIterator[Event]:
        """Yield events of these kinds as they happen, those behind record `after` first."""
        events: list[Event] = []
        for event in events:
            yield event
