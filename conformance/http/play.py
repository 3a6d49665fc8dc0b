"""Plays a scenario of REST calls: sends requests, waits for answers and events, and compares them field by field.

Names that begin with a capital are of HTTP: `Path`, and headers; `Line.1` is the first line of a text. All others are
of the body, or of the query where there is no body to send.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, urlencode

from conformance.dialogue import Dialogue, Failed
from conformance.http.answers import Answer, Memory
from conformance.http.client import Client
from conformance.http.values import Names, as_text, compose, differences
from conformance.scenario import Scenario, Step
from conformance.values import ValueFault

STREAM: Final = "STREAM"
EVENT: Final = "EVENT"
WITHOUT_BODY: Final = ("GET", "HEAD", "OPTIONS", STREAM)
PATH: Final = "Path"
LINE: Final = "Line."
SUM: Final = re.compile(r"-?[0-9.]+([+-][0-9.]+)*")
TERM: Final = re.compile(r"[+-]?[0-9.]+")
TOKEN_PATH: Final = "/auth/token"  # noqa: S105 - a path


@dataclass
class Setting:
    """What the scenarios of a run have in common."""

    target: tuple[str, int]
    users: Mapping[str, tuple[str, str]]
    parameters: Mapping[str, str]
    answer_seconds: float
    memory: Memory = field(default_factory=Memory)


class HttpPlay(Dialogue[Client]):
    """A scenario as it runs."""

    def __init__(self, setting: Setting, scenario: Scenario) -> None:
        super().__init__(scenario, setting.answer_seconds)
        self.setting = setting
        self.names = Names(setting.parameters)
        self.verbs |= {"log in": self.log_in, "send": self.send, "get": self.get, "may get": self.may_get}

    async def connect(self, step: Step) -> None:
        """Be somebody without a token."""
        if step.who in self.connections:
            await self.connections[step.who].close()
        user = self.setting.users[step.who]
        whom = (self.setting.target, user, self.setting.memory)
        self.connections[step.who] = Client(step.who, self.log, self.began, *whom)

    async def log_in(self, step: Step) -> None:
        """Get a token."""
        await self.connect(step)
        path = self.setting.parameters.get("token_path", TOKEN_PATH)
        answer = await self.connections[step.who].log_in(path)
        if not self.connections[step.who].token:
            raise Failed(step, "there is no token", expected="200 access_token", got=answer.summary)

    async def log_out(self, step: Step) -> None:
        """Forget the token."""
        self.connection(step).token = ""

    async def send(self, step: Step) -> None:
        """Send a request, or open a stream."""
        client = self.connection(step)
        fields = self.defaults(step.name) | step.fields
        if PATH not in fields:
            raise Failed(step, "the scenario cannot go on: a request has a Path")
        path = self.path(fields[PATH])
        own = {name: text for name, text in fields.items() if not name[0].isupper()}
        headers = {name: self.names.text(text) for name, text in fields.items() if name[0].isupper() and name != PATH}
        values = {name: self.names.read(text) for name, text in own.items()}
        if step.name in WITHOUT_BODY:
            query = urlencode({name: as_text(value) for name, value in values.items()})
            path += f"{'&' if '?' in path else '?'}{query}" if query else ""
        if step.name == STREAM:
            await client.follow(path)
            return
        has_body = step.name not in WITHOUT_BODY and (values or step.name != "DELETE")
        body = json.dumps(compose(values)).encode() if has_body else None
        await client.ask(step.name, path, headers, body)

    def defaults(self, name: str) -> dict[str, str]:
        """Give what a verb's requests have unless they say otherwise."""
        return {each.lower(): fields for each, fields in self.scenario.defaults.items()}.get(name.lower(), {})

    def path(self, text: str) -> str:
        """Put values into a path."""
        path, mark, query = text.partition("?")
        parts = [quote(self.names.text(part), safe="-._~") for part in path.split("/")]
        return "/".join(parts) + mark + self.names.text(query)

    async def get(self, step: Step) -> None:
        """Compare the next answer, or wait for an event that fits: others pass."""
        if step.name == EVENT:
            await self.hear(step)
            return
        found: Answer = await self.take(step, step.name, self.deadline(step), self.is_chatter)
        different = self.compare(step, found)
        if different:
            raise Failed(step, "something else came", different, step.name, found.summary)

    async def hear(self, step: Step) -> None:
        """Wait for an event of a stream."""
        client, until = self.connection(step), self.deadline(step)
        while True:
            while client.events:
                if not self.compare(step, client.events.popleft()):
                    return
            if not await client.more(until):
                raise Failed(step, "no such event came in time")

    async def may_get(self, step: Step) -> None:
        """Take the next answer if it fits."""
        inbox = self.connection(step).inbox
        if inbox and not self.compare(step, inbox[0]):
            inbox.popleft()

    def compare(self, step: Step, found: Answer) -> list[tuple[str, str, str]]:
        """Say what is different."""
        if found.name != step.name:
            return [("status", step.name, found.name)]
        before = dict(self.names.remembered)
        lines = found.body.decode("utf-8", "replace").splitlines()
        texts: dict[str, Any] = {name.lower(): value for name, value in found.headers.items()}
        different: list[tuple[str, str, str]] = []
        for name, wanted in step.fields.items():
            if not name[0].isupper():
                continue
            place = name.removeprefix(LINE)
            at = int(place) if name.startswith(LINE) and place.isdigit() else 0
            got = lines[at - 1] if 0 < at <= len(lines) else None if at else texts.get(name.lower())
            if name == "Event":
                got = found.event
            if got is None or not self.names.fits(wanted, got):
                different.append((name, wanted, str(got)))
        own = {name: text for name, text in step.fields.items() if not name[0].isupper()}
        different += differences(self.names, own, found.data)
        if different:
            self.names.remembered = before
        return different

    async def silence(self, step: Step, party: str) -> None:
        """See that no answer is left: each comes before the next request goes, so there is nothing to wait for."""
        left = self.connections[party].inbox
        if left:
            raise Failed(step, "an answer that nobody expected", got=left[0].summary)

    async def clean(self) -> None:
        """Leave all streams."""
        for client in self.connections.values():
            await client.close()

    def is_chatter(self, item: Answer) -> bool:
        """Whether something that came is passed over: no answer is, and events wait apart."""
        return bool(item.event)

    def summary(self, item: Answer) -> str:
        """Tell an answer in a line."""
        return item.summary

    def number(self, text: str) -> Decimal:
        """Give a side of a comparison: a number, or some with + and - between them."""
        whole = as_text(self.names.read(text)) if self.names.knows(text) else self.names.text(text)
        if not SUM.fullmatch(whole):
            raise ValueFault(f"{whole!r} is no number")
        return sum(map(Decimal, TERM.findall(whole)), Decimal(0))

    def word(self, text: str) -> str:
        """Give what stands for a value, as an operator's command is told it."""
        return self.names.text(text)
