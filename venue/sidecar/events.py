"""Live events over HTTP, as Server-Sent Events: one stream a follower, which goes on where it was after a break.

    event: trade
    id: 1207
    data: {"venue": "nasdaq", "symbol": "AAPL", "price": "200.0000", ...}

The id is the record that brought the event about, which is what `Last-Event-ID` names after a break. All events of a
record are written at once. Where a break between two events of a record must lose none, the id is the record and which
event of it this is, `1207.2`. A line that begins with a colon says now and then that the stream lives.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Container
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import msgspec
from aiohttp import web

from venue.problem import Problem
from venue.sidecar.context import Sidecar
from venue.sidecar.feed import KINDS, Subscription
from venue.sidecar.rule_feed import ALL_OF_IT, RULE_KINDS, Position
from venue.sidecar.story import Event

if TYPE_CHECKING:
    from venue.sidecar.auth.identity import Identity

BEAT_SECONDS = 10.0
"""Seconds without an event after which a comment is sent."""
LOOK_SECONDS = 1.0
"""Seconds after which it is looked at anew whether a follower still may follow."""
SLOWEST_SECONDS = 30.0
"""How long a follower may take to read before it is left."""
FOLLOWERS_MAX = 200
"""Streams at a time."""
LONGEST_NUMBER = 18
"""Digits of a record's number that can be meant."""


class Scoped(Protocol):
    """Whose rejects and sessions somebody may see; None is everybody's."""

    @property
    def mpids(self) -> Container[str] | None:
        """The MPIDs."""


async def events(
    request: web.Request,
    sidecar: Sidecar,
    identity: Scoped,
    still: Callable[[], bool] = lambda: True,
    known: tuple[str, ...] = KINDS,
) -> web.StreamResponse:
    """Serve live events until the follower leaves: of all `known` kinds, or those that the query's `kinds` names.

    A query may name one `venue` and one `book` too. They end where `still`, which tells whether the follower may have
    them, says no. Raises `Problem` before anything is sent.
    """
    feed = sidecar.feed
    kinds, after = _kinds(request, known), _after(request)
    venue, book = request.query.get("venue"), request.query.get("book")
    must_have_room(len(feed.subscriptions))
    subscription = feed.open(kinds, after, identity.mpids, venue, book)
    return await send(request, subscription, feed.leave, sidecar.replica.applied, still)


async def rule_events(
    request: web.Request, sidecar: Sidecar, identity: Identity, still: Callable[[], bool]
) -> web.StreamResponse:
    """Serve what happens to risk rules until the follower leaves, of the kinds that the query's `kinds` names."""
    feed = sidecar.rule_feed
    kinds, after = _kinds(request, RULE_KINDS), _place(request)
    must_have_room(len(feed.subscriptions))
    subscription = feed.open(kinds, after, identity)
    return await send(request, subscription, feed.leave, sidecar.replica.applied, still)


def must_have_room(followers: int) -> None:
    """Raise `Problem` where there are too many followers already."""
    if followers >= FOLLOWERS_MAX:
        raise Problem(503, f"there are {FOLLOWERS_MAX} streams of events already")


async def send(
    request: web.Request,
    subscription: Subscription,
    leave: Callable[[Subscription], None],
    applied: int,
    still: Callable[[], bool],
) -> web.StreamResponse:
    """Send the events of a subscription until the follower leaves, or may not have them any more."""
    response = web.StreamResponse()
    response.content_type = "text/event-stream"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    try:
        await response.prepare(request)
        await response.write(f": as of record {applied}\n\n".encode())
        looked = time.monotonic()
        while not subscription.is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await subscription.wait()
            if time.monotonic() - looked >= LOOK_SECONDS:
                if not still():
                    break
                looked = time.monotonic()
            text = "".join(map(_text, subscription.take())) or ": \n\n"
            async with asyncio.timeout(SLOWEST_SECONDS):
                await response.write(text.encode())
    except (TimeoutError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()
    finally:
        leave(subscription)
    return response


def _text(event: Event) -> str:
    data = msgspec.json.encode(event.data).decode()
    part = f".{event.part}" if event.part else ""
    return f"event: {event.kind}\nid: {event.record}{part}\ndata: {data}\n\n"


def _kinds(request: web.Request, known: tuple[str, ...]) -> frozenset[str]:
    """Give the kinds asked for, all where none is named."""
    named = [kind for value in request.query.getall("kinds", []) for kind in value.split(",")]
    for kind in named:
        if kind not in known:
            raise Problem(422, f"{kind!r} is not one of {', '.join(known)}", "kinds")
    return frozenset(named or known)


def _after(request: web.Request) -> int | None:
    """Give the record behind which a follower goes on, None where it begins."""
    text = _last(request)
    return number(text, text) if text else None


def _place(request: web.Request) -> Position | None:
    """Give the event behind which a follower goes on: a record's, or with the record alone the last one that it has."""
    text = _last(request)
    record, point, part = text.partition(".")
    if not text:
        return None
    return number(record, text), number(part, text) if point else ALL_OF_IT


def _last(request: web.Request) -> str:
    return request.headers.get("Last-Event-ID", request.query.get("after", ""))


def number(digits: str, text: str) -> int:
    """Read a number of an event's id; raises `Problem` that quotes the whole `text`."""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER):
        raise Problem(422, f"a record's number is a whole number, not {text!r}", "Last-Event-ID")
    return int(digits)
