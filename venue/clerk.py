"""The clerk at the desk: takes a request, has it served, and has it written down who asked for what.

    engine.sock ─▶ Clerk ─▶ operations.serve ─▶ command(s) ─▶ Journal ─┐ one batch
                     └────────────────────────▶ OPERATION ─▶ Journal ─┘

A change is answered once its records are durable, the operation's being the last. A request that names an idempotency
key is done once: asked again by the same actor, it is answered from `machine.desk`.

A call that takes its time commits its records as it makes them. It lets the last ones be committed with the operation's
by a `journal.begin()` before them, and nothing awaited between that and its return.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from venue.changes import Answer
from venue.desk import Operation
from venue.operations import Serving, prepare, serve
from venue.problem import Problem
from venue.record import Kind
from venue.route import LOOK, OWNER

if TYPE_CHECKING:
    from venue.app import Venue

KEY_FIELD = "Idempotency-Key"
KEY = re.compile(r"[!-~]{1,255}")
ACTOR = re.compile(r"[!-~]{1,128}")
LONGEST_TARGET = 256
"""Characters of a target that are written down."""
LARGEST_REFUSED_BODY = 4096
"""Bytes of a refused request's body that are written down; a larger one is left out."""
REFUSALS_A_MINUTE = 30
"""Refused requests of one actor that are written down in a minute: refusing must not fill the disk."""
MINUTE = 60.0
WRITTEN_DOWN = (404, 409, 422)
"""Refusals that are part of the audit. The others are mistakes in the request's form."""

log = structlog.get_logger()
_encode = msgspec.msgpack.Encoder().encode
_in_order = msgspec.json.Encoder(order="deterministic").encode


class Clerk:
    """Serves requests of one running venue."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.minute_began = venue.loop.time()
        self.refusals: dict[str, int] = {}
        self.under_way: dict[tuple[str, str], None] = {}

    async def serve(self, target: str, body: Any, verb: str, actor: str, key: str) -> Answer:
        """Serve a request; `body` is UNSET where there is none. Raises `Problem`."""
        if not ACTOR.fullmatch(actor or OWNER):
            raise Problem(400, "an actor is up to 128 printable characters without spaces", "actor")
        asked = prepare(target, body, verb)
        if asked.route.verb == LOOK:
            shown = serve(self.venue, asked)
            return shown if isinstance(shown, Answer) else await shown
        if key and not KEY.fullmatch(key):
            raise Problem(422, "it is 1 to 255 printable characters without spaces", KEY_FIELD)
        digest = digest_of(asked, body)
        if not key:
            return await self._change(asked, actor, key, digest)
        name = actor or OWNER, key
        known = self._known(*name, digest)
        if known is not None:
            return known
        if name in self.under_way:
            raise Problem(409, "the first request under this key is still under way", KEY_FIELD)
        self.under_way[name] = None
        try:
            return await self._change(asked, actor, key, digest)
        finally:
            del self.under_way[name]

    def _known(self, actor: str, key: str, digest: bytes) -> Answer | None:
        """Give the recorded answer of a key; raises `Problem` where it belongs to another request."""
        _, wall_time = self.venue.journal.clock.now()
        kept = self.venue.machine.desk.kept(actor, key, wall_time)
        if kept is None:
            return None
        if kept.digest != digest:
            raise Problem(422, f"the key was used for another request, record {kept.record}", KEY_FIELD)
        return Answer(kept.status, msgspec.Raw(kept.answer), kept.record, is_replayed=True)

    async def _change(self, asked: Serving, actor: str, key: str, digest: bytes) -> Answer:
        """Have a change done; what it recorded and who asked go to the log as one batch."""
        journal = self.venue.journal
        journal.begin()
        try:
            answer = serve(self.venue, asked, actor)
            if not isinstance(answer, Answer):
                journal.end()
                answer = await answer
                journal.begin()
        except Problem as problem:
            self._write_refused(asked, actor, problem)
            raise
        else:
            kept = msgspec.json.encode(answer.body if answer.kept is None else answer.kept)
            self._write(asked, actor, asked.written, answer.status, kept, key, digest, answer.change)
            record = self.venue.machine.number
            log.info("operation", actor=actor or OWNER, verb=asked.route.verb, target=cut(asked.target), record=record)
            return answer._replace(record=record)
        finally:
            journal.end()

    def _write(self, asked: Serving, actor: str, *rest: Any) -> None:
        operation = Operation(actor or OWNER, asked.route.verb, cut(asked.target), *rest)
        self.venue.journal.record(Kind.OPERATION, 0, _encode(operation), self.venue.journal.clock.now())

    def _write_refused(self, asked: Serving, actor: str, problem: Problem) -> None:
        if actor and problem.status in WRITTEN_DOWN and self._may_write(actor):
            body = asked.written if len(asked.written) <= LARGEST_REFUSED_BODY else b""
            self._write(asked, actor, body, problem.status, msgspec.json.encode(problem.body()))

    def _may_write(self, actor: str) -> bool:
        """Count a refusal; gives whether it is still written down."""
        now = self.venue.loop.time()
        if now - self.minute_began >= MINUTE:
            self.minute_began = now
            self.refusals.clear()
        count = self.refusals[actor] = self.refusals.get(actor, 0) + 1
        if count == REFUSALS_A_MINUTE + 1:
            log.warning("refused operations are not written down for now", actor=actor, a_minute=REFUSALS_A_MINUTE)
        return count <= REFUSALS_A_MINUTE


def cut(target: str) -> str:
    """Give a target as it is written down."""
    return target if len(target) <= LONGEST_TARGET else target[: LONGEST_TARGET - 1] + "…"


def digest_of(asked: Serving, body: Any) -> bytes:
    """Give what tells one request from another: verb, target and body, whatever the order of its names."""
    has_body = body is not msgspec.UNSET
    return sha256(_in_order([asked.route.verb, asked.target, has_body, body if has_body else None])).digest()
