"""A FIX Drop port: an ExecutionReport for each thing that happens to the orders of the ports that it hears.

What a FIX order port tells its client comes again, in the Drop port's own version; orders of other protocols are told
by what the engine says of them (`fix.drop_reports`). The owner stands in the header: DeliverToCompID (128) on US ports,
DeliverToLocationID (145) on Nordic ones. ClOrdIDs are the owner's, and so are ExecIDs, behind the owner's name, so that
they differ over all owners.

The session is one of its own, with its own numbers, and takes no application messages. Reports that are made before
the day's first Logon are spelled in the first of the port's versions, and in the client's when it asks for them again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from engine.api import CancelReason, OrderEntry, Port, SystemEvent
from engine.endpoint import NumberedStream
from engine.watch import Notes
from fix.codec import SOH, Message, frame
from fix.drop_reports import OPEN, DropReports, Manner
from fix.drop_state import DropState
from fix.endpoint import FixEndpoint, Times
from fix.faults import Fault
from fix.order_dialect import OrderDialect, order_dialect
from fix.reasons import CANCEL_LETTERS
from fix.redraft import joined, put, redraft, taken_apart, value, words
from fix.session import FieldCheck, Session
from fix.session_state import State
from fix.validation import Validator, validator
from fix.versions import VERSIONS


class Kind(NamedTuple):
    """A dialect of Drop ports: that of the reports, the tag that names an order's owner, and SenderSubID (50)."""

    dialect: str
    owner_tag: bytes
    sub: bytes


KINDS: Final = {"drop-us": Kind("inet", b"128", b"INET"), "drop-nordic": Kind("nordic", b"145", b"S")}
"""The dialects of Drop ports."""
EXEC_IDS: Final = (17, 19)
"""ExecID and ExecRefID."""

OPENED: Final = b"58=%b\x01" % OPEN
ASKED: Final = b"58=%b\x01" % CANCEL_LETTERS[CancelReason.USER]


class Told(NamedTuple):
    """An ExecutionReport that a FIX order port sent in the version `begin_string`."""

    begin_string: bytes
    body: bytes
    wall: int


class DropSession(Session):
    """A session whose version the first Logon of a day settles, though there may be messages of the day by then."""

    @property
    def has_spoken(self) -> bool:
        """Whether the peer has been here today."""
        return self.incoming > 1


class SessionCheck:
    """Holds the session's own messages to a dictionary; application messages are not taken, whatever they hold."""

    def __init__(self, check: Validator) -> None:
        self.check = check

    def fault(self, message: Message) -> Fault | None:
        """See `FieldCheck`."""
        kind = self.check.application.types.get(message.msg_type)
        return None if kind is not None and not kind.is_admin else self.check.fault(message)

    def fault_behind_header(self, message: Message) -> Fault | None:
        """See `FieldCheck`."""
        return self.fault(message)


_states: msgspec.msgpack.Decoder[DropState] = msgspec.msgpack.Decoder(DropState)
_encoder = msgspec.msgpack.Encoder()


class FixDropPort(FixEndpoint):
    """A Drop port; `is_watched` says whether somebody has logged on today and is still there.

    `rejects` says whether refused orders of FIX ports are told too.
    """

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], NumberedStream],
        ignored: Callable[[Port, str, bytes], None],
        times: Times,
        notes: Notes,
        manners: Mapping[str, Manner],
    ) -> None:
        super().__init__(port, engine, open_stream, ignored, times)
        self.session = DropSession(self.settings, port.name.encode("ascii"), open_stream, self, self.field_check)
        self.kind = KINDS[self.settings.dialect]
        self.notes = notes
        self.reports = DropReports(manners)
        self.is_watched = False
        self.rejects = True
        self.dialect: OrderDialect
        self.speak(self.session.begin_string)

    def field_check(self, begin_string: bytes) -> FieldCheck:
        """Give what holds a version's session messages to the port's dialect."""
        dialect = KINDS[self.settings.dialect].dialect
        return SessionCheck(validator(begin_string, dialect, self.settings.validation))

    def configured(self) -> None:
        """Take over what a new configuration says of the port."""
        super().configured()
        drop = self.port.entry.drop
        self.rejects = drop is None or drop.include_rejects is not False
        self.speak(self.begin_string)

    def speak(self, begin_string: bytes) -> None:
        """Tell in this version from here on."""
        self.begin_string = begin_string
        self.words = words(begin_string, self.kind.dialect)
        self.dialect = order_dialect(self.kind.dialect, begin_string)
        self.reports.speak(self.dialect)

    # Records: each comes behind what is still to be told.

    def receive(self, message: bytes, now: int) -> None:
        """Take one frame."""
        self.notes.settle()
        super().receive(message, now)

    def logon(self, message: bytes, now: int) -> None:
        """Take the Logon of a new connection, and go on in its version."""
        self.notes.settle()
        super().logon(message, now)
        self.is_watched = self.session.state is State.LOGGED_ON
        if self.session.begin_string != self.begin_string:
            self.speak(self.session.begin_string)

    def tick(self, now: int) -> None:
        """Do what the session has due."""
        self.notes.settle()
        super().tick(now)

    def log_out(self, text: bytes, now: int) -> None:
        """Log the client out."""
        self.notes.settle()
        super().log_out(text, now)

    def disconnected(self, now: int) -> bool:
        """Note that nobody is there any more; gives whether there was somebody who had come today."""
        self.notes.settle()
        super().disconnected(now)
        was_watched, self.is_watched = self.is_watched, False
        return was_watched

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Begin or end a day; who is still there from the day before does not watch this one."""
        self.notes.settle()
        super().system_event(event, now)
        if event is SystemEvent.START_OF_DAY:
            self.is_watched = False
            self.reports.start_day()

    # What is told.

    def take(self, port: Port, note: object) -> None:
        """Tell of what happened at a port."""
        owner = port.name.encode("ascii")
        if isinstance(note, Told):
            if self.rejects or b"\x0139=8\x01" not in note.body:
                self.send(owner, self.copied(port, owner, note), note.wall)
            return
        for body in self.reports.tell(port, note):
            self.send(owner, body, note.wall)  # type: ignore[attr-defined]  # every note has its time

    def copied(self, port: Port, owner: bytes, note: Told) -> bytes:
        """Give what a FIX port told, in this port's version."""
        if note.begin_string == self.begin_string and b"\x01109=" in note.body and b"\x0119=" not in note.body:
            return quickly_copied(owner, note.body)
        parts = taken_apart(note.body, words(note.begin_string, self.kind.dialect).groups)
        if note.begin_string != self.begin_string:
            redraft(parts, VERSIONS[note.begin_string], self.dialect)
        put(parts, 109, port.mpid.encode("ascii"))
        if 58 not in parts and value(parts, 150) == b"0":
            put(parts, 58, OPEN)
        elif 58 not in parts and value(parts, 150) == b"4":
            put(parts, 58, CANCEL_LETTERS[CancelReason.USER])
        for exec_id in EXEC_IDS:
            if exec_id in parts:
                put(parts, exec_id, b"%b/%b" % (owner, value(parts, exec_id)))
        known = self.words.tags
        return joined({tag: text for tag, text in parts.items() if tag in known})

    def send(self, owner: bytes, body: bytes, wall: int) -> None:
        """Send a report of an owner's order."""
        header = b"%b=%b\x01" % (self.kind.owner_tag, owner)
        self.session.send(b"8", body, wall, self.kind.sub, header)

    def packets(self, stream: NumberedStream) -> Callable[[int], bytes]:
        """Give what a packet of a stream is, by its number, when it is asked for again: in the client's version."""
        return lambda number: self.respelled(stream.packet(number))

    def respelled(self, packet: bytes) -> bytes:
        """Give a message in the version that is spoken now."""
        if packet.startswith(b"8=%b\x01" % self.session.begin_string):
            return packet
        begin_string = packet[2 : packet.index(SOH)]
        at = packet.index(b"\x0135=") + 1
        header, mark, body = packet[at:-7].partition(b"\x016=")
        if not mark:
            return frame(self.session.begin_string, packet[at:-7])
        parts = taken_apart(b"6=" + body, words(begin_string, self.kind.dialect).groups)
        redraft(parts, VERSIONS[begin_string], self.dialect)
        known = self.words.tags
        return frame(self.session.begin_string, header + SOH + joined({t: p for t, p in parts.items() if t in known}))

    # Snapshots.

    def port_state(self) -> bytes:
        """Give what the port keeps beside its session."""
        reports = self.reports
        traded = sorted((port, key, packed) for (port, key), packed in reports.traded.items())
        return _encoder.encode(
            DropState(self.is_watched, self.begin_string, reports.events, list(reports.kinds), traded)
        )

    def load_port_state(self, state: bytes) -> None:
        """Take over what `port_state` gave."""
        dumped = _states.decode(state)
        self.is_watched = dumped.is_watched
        self.speak(dumped.begin_string)
        self.reports.events = dumped.events
        self.reports.kinds = {echo: place for place, echo in enumerate(dumped.echoes)}
        self.reports.traded = {(port, key): packed for port, key, packed in dumped.traded}


def quickly_copied(owner: bytes, body: bytes) -> bytes:
    """Give what a FIX port told in the same version, with the owner's name and a Text."""
    head, mark, rest = body.partition(b"\x0117=")
    text = b""
    if b"\x0158=" not in rest:
        text = OPENED if b"\x01150=0\x01" in rest else ASKED if b"\x01150=4\x01" in rest else b""
    if text:
        at = rest.index(b"\x0159=" if b"\x0159=" in rest else b"\x0160=") + 1
        rest = rest[:at] + text + rest[at:]
    return head + mark + owner + b"/" + rest
