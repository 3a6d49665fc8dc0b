"""What comes back over HTTP: an answer's head and body, an event of a stream; and rules that hold for every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

PROBLEM: Final = "application/problem+json"
FIRST_REFUSAL: Final = 400
WITHOUT_BODY: Final = (204, 304)
ITEMS_SHOWN: Final = 600
"""Characters of an answer that a failure shows."""


@dataclass(frozen=True)
class Answer:
    """An answer, or with `event` an event of a stream, whose status is 0. Names of headers are in lower case."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    event: str = ""

    @property
    def media(self) -> str:
        """What kind of body it is."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def json(self) -> Any:
        """The body as plain data; raises `ValueError` where it is no JSON."""
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """The body as plain data, None where it is no JSON."""
        try:
            return self.json
        except ValueError:
            return None

    @property
    def name(self) -> str:
        """What a scenario calls it."""
        return "EVENT" if self.event else str(self.status)

    @property
    def summary(self) -> str:
        """Tell it in a line."""
        text = self.body.decode("utf-8", "replace")
        shown = text if len(text) <= ITEMS_SHOWN else f"{text[:ITEMS_SHOWN]}…"
        return f"{self.name} {self.event} {shown}".replace("  ", " ")


@dataclass
class Memory:
    """What is remembered of a server for the rules that hold from answer to answer."""

    as_of: dict[str, int] = field(default_factory=dict)


def look(answer: Answer, party: str, memory: Memory) -> Iterator[str]:
    """Say which standing rules an answer breaks; one that has no body by its status is held to none."""
    if answer.status in WITHOUT_BODY:
        return
    if answer.media.endswith("json"):
        try:
            body = answer.json
        except ValueError as error:
            yield f"{answer.status}: the body is no JSON: {error}"
            return
        if answer.status >= FIRST_REFUSAL:
            yield from look_at_problem(answer, body)
        elif isinstance(body, dict) and "items" in body:
            yield from look_at_list(body, party, memory)
    elif answer.status >= FIRST_REFUSAL:
        yield f"RFC 9457 3: a refusal is {PROBLEM}, not {answer.media or 'nothing'}"


def look_at_problem(answer: Answer, body: Any) -> Iterator[str]:
    """Say what of a refusal is no problem with the answer's status."""
    if answer.media != PROBLEM:
        yield f"RFC 9457 3: a refusal is {PROBLEM}, not {answer.media}"
    if not isinstance(body, dict):
        yield "RFC 9457 3: a problem is an object"
        return
    for name in ("type", "title", "detail"):
        if not isinstance(body.get(name), str):
            yield f"RFC 9457 3.1: a problem has a {name}"
    if body.get("status") != answer.status:
        yield f"RFC 9457 3.1: the problem says status {body.get('status')}, the answer {answer.status}"
    for error in body.get("errors", ()):
        if not isinstance(error, dict) or not all(isinstance(error.get(name), str) for name in ("field", "message")):
            yield "errors name a field and a message each"


def look_at_list(body: dict[str, Any], party: str, memory: Memory) -> Iterator[str]:
    """Say what a list lacks: as of which record it is, which never goes back, and where the next page begins."""
    if not isinstance(body["items"], list):
        yield "a list has items"
    if not (body.get("next") is None or isinstance(body["next"], str)):
        yield "a list's next is a cursor or null"
    as_of = body.get("asOf")
    if not isinstance(as_of, int):
        yield "a list tells as of which record it is"
        return
    before = memory.as_of.get(party, 0)
    memory.as_of[party] = max(as_of, before)
    if as_of < before:
        yield f"asOf goes back from {before} to {as_of}"
