"""Explaining a record: a machine of our own is brought to the record before it, and the record is looked into.

At the moment when the port takes the message up, before anything of it is done, every check is asked and changes are
searched; then the record is applied, so that what the port said of it is known too. Nothing outside is touched: it
works beside a running venue, on a stopped one, and for the records of earlier days that are kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from engine.api import Order, Port, Refusal
from engine.book import Book
from engine.endpoint import Endpoint
from engine.engine import Engine
from venue.calls import moment
from venue.explain.answer import Explanation, Market, Objection, Outcome, SmallestChange
from venue.explain.answer import Request as RequestView
from venue.explain.describe import Describer
from venue.explain.dialect import ENTER, REPLACE, Finding
from venue.explain.dialects import DIALECTS
from venue.explain.findings import find_faults, original_of
from venue.explain.proposals import propose, summarize
from venue.explain.request import Request
from venue.machine import Machine
from venue.problem import Problem
from venue.record import Kind, LogDamaged, Record
from venue.recovery import approach
from venue.tail import dialect_of, heard
from wire.record import Malformed

Handler = Callable[[Any, Any, int], None]
"""What a port does with one kind of message."""
KINDS: Final = {
    Kind.COMMAND: "an operation",
    Kind.TIMER: "a timer",
    Kind.LOGIN: "a login",
    Kind.DISCONNECT: "a disconnect",
    Kind.SLICE: "a slice of a mass cancel",
    Kind.OPERATION: "a note of who asked for an operation",
}


def explain(directory: Path, number: int) -> Explanation:
    """Explain a record of a log. Raises `Problem` where there is nothing to explain, and `LogDamaged`."""
    with tempfile.TemporaryDirectory() as spill:
        machine = Machine(Path(spill))
        return look_into(machine, bring(directory, machine, number))


def bring(directory: Path, machine: Machine, number: int) -> Record:
    """Bring a new machine to the record before `number`, and give that record. Raises `Problem`, `LogDamaged`."""
    if number < 1:
        raise Problem(404, f"records are numbered from 1, so there is no R{number}", "rejectId")
    try:
        record = approach(directory, machine, number)
    except LogDamaged as damaged:
        if 0 < number < damaged.record_number and machine.number == 0:
            raise Problem(404, f"record {number} is gone, or what came before it: {damaged}", "rejectId") from damaged
        raise
    if record is None and machine.number >= number:
        raise Problem(404, f"record {number} is gone: what is kept goes on after {machine.number}", "rejectId")
    if record is None:
        raise Problem(404, f"there is no record {number} yet: the log ends with {machine.number}", "rejectId")
    return record


def look_into(machine: Machine, record: Record) -> Explanation:
    """Explain the next record of a machine, and apply it."""
    if record.kind != Kind.MESSAGE:
        what = KINDS.get(Kind(record.kind), "no message")
        raise Problem(404, f"record {machine.number + 1} is {what}, not an order of a client", "rejectId")
    endpoint = machine.ports[record.port]
    if endpoint.port.entry.protocol not in DIALECTS or not hasattr(endpoint, "handlers"):
        raise Problem(404, f"record {machine.number + 1} is no message of an order entry port", "rejectId")
    look = Look(machine, record)
    look.take()
    return look.explanation()


class Look:
    """One message, looked into while a machine takes it."""

    def __init__(self, machine: Machine, record: Record) -> None:
        self.machine = machine
        self.record = record
        self.endpoint: Any = machine.ports[record.port]
        self.engine: Engine = machine.engine
        self.port: Port = self.endpoint.port
        self.way = DIALECTS[self.port.entry.protocol]
        self.dialect = self.way.dialect.of(self.endpoint)
        self.taken = False
        self.ignored = ""
        self.silent = ""
        self.request: Request | None = None
        self.book: Book | None = None
        self.market: Market | None = None
        self.describer: Describer | None = None
        self.found: list[Finding] = []
        self.objections: list[Objection] = []
        self.change = SmallestChange()
        self.refusal: Refusal | None = None
        self.said: list[bytes] = []

    def take(self) -> None:
        """Apply the record, with a look at it on the way."""
        stream = self.machine.streams[self.record.port]
        endpoint = self.endpoint
        handlers, note = endpoint.handlers, endpoint.ignored
        began = stream.count

        def looked(handler: Handler) -> Handler:
            def look(port: Endpoint, message: Any, now: int) -> None:
                nonlocal began
                if not self.taken:  # of what waited above a gap, the first
                    self.taken = True
                    began = stream.count
                    self.examine(message if isinstance(message, bytes) else message.frame, now)
                handler(port, message, now)

            return look

        endpoint.refusal = None
        endpoint.ignored = self.note
        endpoint.handlers = {kind: looked(handler) for kind, handler in handlers.items()}
        try:
            self.machine.apply(self.record)
        finally:
            endpoint.handlers, endpoint.ignored = handlers, note
        self.refusal = endpoint.refusal
        header = dialect_of(self.endpoint).header
        self.said = [stream.packet(number)[header:] for number in range(began + 1, stream.count + 1)]

    def note(self, port: Port, reason: str, message: bytes) -> None:
        """Note that the port ignored the message, and why."""
        self.ignored = reason

    def examine(self, message: bytes, now: int) -> None:
        """Ask everything about a message that is about to be taken up."""
        try:
            self.request = request = self.way.request.read(self.dialect, message)
        except (Malformed, KeyError):  # it cannot be read, or is neither an order nor a replace
            return
        reader = self.way.reader(self.endpoint, self.engine, now, self.dialect)
        original = original_of(reader, request)
        scope = None if original is None else original.scope
        if request.letter == ENTER:
            scope = self.dialect.scope(reader, request)
        self.book = None if scope is None else scope.book
        self.describer = Describer(self.engine, self.endpoint, request, self.book, now)
        self.market = self.describer.market()
        self.silent = self._silence(request, original)
        if not self.silent:
            self.found = find_faults(reader, request)
            self.objections = [self.describer.objection(finding) for finding in self.found]
            self.change = propose(reader, request, self.found, self.describer)

    def _silence(self, request: Request, original: Order | None) -> str:
        """Say why a message is met with silence, "" where it is not."""
        if not self.dialect.is_numbered:
            return ""
        channel = f" of channel {request.channel}" if request.channel else ""
        if request.letter == REPLACE and original is None:
            number = request.values["orig_user_ref_num"]
            return f"{self.port.name} has no live order {number:,}{channel} to replace"
        last = self.endpoint.numbers.get(request.channel, 0)
        if request.number <= last:
            return f"UserRefNum {request.number:,} is not above {last:,}, the last one{channel} that was used"
        return ""

    def explanation(self) -> Explanation:
        """Tell what was found."""
        machine, port = self.machine, self.port
        outcome = self._outcome()
        deciding, others = self._deciding(outcome)
        facts = {} if deciding is None else {name: getattr(deciding, name) for name in deciding.__struct_fields__}
        return Explanation(
            id=f"R{machine.number}",
            record=machine.number,
            time=moment(self.record.venue_time),
            trading_day=self.engine.date,
            port=port.name,
            mpid=port.mpid,
            exchange=port.exchange,
            outcome=outcome,
            summary=summarize(self, outcome, deciding),
            request=self._request(),
            **facts,
            other_checks=others,
            smallest_change=None if deciding is None else self.change,
            market=self.market,
        )

    def _outcome(self) -> Outcome:
        """Say what came of the message."""
        outcome = self.dialect.outcome(self.said, self.request)
        return "ignored" if self.ignored and outcome != "rejected" else outcome

    def _deciding(self, outcome: Outcome) -> tuple[Objection | None, list[Objection]]:
        """Give the objection that decided, and the others: what the wire said goes before what was asked."""
        if outcome == "original-canceled" and self.objections:
            return self.objections[0], self.objections[1:]
        if outcome != "rejected" or self.refusal is None or self.describer is None:
            return None, []
        name = self.refusal.reason.name
        deciding = next((objection for objection in self.objections if objection.check == name), None)
        if deciding is None:
            deciding = self.describer.objection(Finding(self.refusal, ()))
        code, code_name = self.endpoint.code_of(self.refusal.reason)
        deciding = structs.replace(deciding, code=code, code_name=code_name)  # in the words that were sent
        return deciding, [objection for objection in self.objections if objection.check != name]

    def _request(self) -> RequestView:
        """Give the message as it was sent."""
        if self.request is not None:
            request = self.request
            return RequestView(message=request.title, fields=request.fields(), options=request.shown_options())
        entry = heard(self.endpoint, self.record.payload)
        name = entry.pop("message")
        entry.pop("options", None)
        return RequestView(message=name, fields={key: value for key, value in entry.items() if key != "bytes"})
