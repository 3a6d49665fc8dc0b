"""The one asyncio protocol that drives a FIX session: bytes in, frames to the journal, packets of the stream out.

The session itself is a part of the machine that is replayed, so every frame behind the first is a record, and so are
the Logon that lets a client in, the moments at which the session's timers are due, and the end of the connection. Who
is no client of ours (garbled, no Logon, other CompIDs, the wrong password, the identity connected already) is hung up
on without a word, without a record, and without a number being used up.

What a session asks of its connection (`fix.session_state.Effect`) is done once its record is durable, each at its
place in the stream: what was sent before it is written first. A replay is made and written a piece at a time, with
everyone else's turn in between; live messages wait behind it, in the stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from fix.codec import Framer, Message, parse
from fix.endpoint import FixEndpoint
from fix.masking import LOGON, masked, may_tell_secrets, msg_type_of
from fix.resend import resend
from fix.session import Session
from fix.session_state import NEVER, Effect, HangUp, NewStream, Replay, State
from venue.admission import Refused, Verdict
from venue.connection import MESSAGES_A_TURN, NANOSECONDS, READ_PIECE, WRITE_PIECE, Connection
from venue.record import Kind

if TYPE_CHECKING:
    from venue.app import Venue
    from venue.service_settings import ServiceSettings
    from venue.stream import Stream

REPLAY_PIECE: Final = 64 * 1024
"""Bytes of a replay that are made before the others have their turn."""
EFFECTS_WAITING: Final = 16
"""What a session may ask of a connection that cannot write, before no more is read from it."""
NAME_LENGTH: Final = 16
"""How much of a CompID is looked at: no port's is longer, and those that fail are remembered."""
PASSWORD_LENGTH: Final = 128
"""The same for a password."""
LOGGED_ON: Final = State.LOGGED_ON
LEAVING_SECONDS: Final = 0.005
"""How long a Logon waits between two looks at whether the connection before it, which is on its way out, is gone."""
DISK_PATIENCE: Final = 1.0
"""Seconds after which timers are looked at again that came while nothing was read because of the disk."""

log = structlog.get_logger()


class Asked:
    """What a session asks of its connection, about which stream, by which record."""

    __slots__ = ("effect", "number", "stream")

    def __init__(self, effect: Effect, stream: Stream, number: int) -> None:
        self.effect = effect
        self.stream = stream
        self.number = number


class FixConnection(Connection):
    """One client connection that speaks FIX."""

    def __init__(self, venue: Venue, service: ServiceSettings, address: str) -> None:
        super().__init__(venue, service, address, venue.config.fix.slow_reader_limit_ms)
        self.framer = Framer()
        self.held: list[bytes] = []
        self.endpoint: FixEndpoint | None = None
        self.waiting: deque[Asked] = deque()
        self.replay: Iterator[bytes] | None = None
        self.is_replaying = False
        self.is_leaving = False
        self.due = NEVER
        self.was_asking = False

    def data_received(self, data: bytes) -> None:
        """Take all frames of a chunk at one time, commit them as one batch."""
        if self.closing or self.is_leaving:
            return
        if self.is_behind or self.is_logging_in:
            self.unread += data
            return
        if len(data) > READ_PIECE:
            data, self.unread = data[:READ_PIECE], data[READ_PIECE:]
        self.take(self.framer.receive(data))
        if (self.unread or self.held or (self.paused and self.is_waiting)) and not self.is_logging_in:
            self.fall_behind()
        if self.journal.writer is not None and self.journal.is_ahead:
            self.venue.wait_for_disk(self)

    def take(self, frames: list[bytes]) -> None:
        """Apply frames at one time, and hold what has to wait for its turn.

        A Logon ends a batch: it may begin another stream.
        """
        if self.endpoint is None:
            self.begin(frames)
            return
        turn = frames
        if len(frames) != 1 or may_tell_secrets(frames[0]):
            turn = []
            for frame in frames[:MESSAGES_A_TURN]:
                if not may_tell_secrets(frame):
                    turn.append(frame)
                    continue
                turn.append(masked(frame))
                if msg_type_of(frame) == LOGON:
                    break
        if turn:
            count = self.journal.messages(self.index, turn)
            self.held = frames[count:]
            self.attend()

    def catch_up(self) -> None:
        """Work off some of what was read; a port that waits for its own mass cancel just comes back."""
        if self.closing or self.is_leaving or self.is_waiting:
            return
        if self.held:
            if not self.venue.machine.is_busy(self.index):
                self.take(self.held)
        else:
            data, self.unread = self.unread[:READ_PIECE], self.unread[READ_PIECE:]
            self.take(self.framer.receive(data))
        if self.journal.writer is not None and self.journal.is_ahead:
            self.venue.wait_for_disk(self)
        self.is_behind = bool(self.held or self.unread)
        self.listen()

    @property
    def is_waiting(self) -> bool:
        """Whether what was read has to wait: for the door, for the disk, for a client that does not read."""
        return (
            self.is_logging_in
            or self in self.venue.waiting_for_disk
            or (self.paused and len(self.waiting) >= EFFECTS_WAITING)
        )

    def resume_writing(self) -> None:
        """Go on writing, and reading where that had to wait for it."""
        was_waiting = self.is_waiting
        super().resume_writing()
        if was_waiting:
            self.listen()

    # Logging in.

    def begin(self, frames: list[bytes]) -> None:
        """Ask who it is, by the first frame; the answer may take a while, and what is behind it waits."""
        if self.framer.garbled:
            self.turn_away("", "garbled")
        elif frames:
            message = parse(frames[0])
            if message is None or message.msg_type != LOGON:
                self.turn_away("", "the first message is no Logon")
                return
            self.held = frames[1:]
            self.is_logging_in = True
            self.transport.pause_reading()
            name = message.values.get(b"49", b"")[:NAME_LENGTH].decode("latin-1")
            port = self.venue.door.port(self.service.key, name)
            settings = None if port is None else port.fix
            tag = b"554" if settings is None else b"%d" % settings.password_tag
            password = message.values.get(tag, b"")[:PASSWORD_LENGTH].decode("latin-1")
            answer = partial(self.authorize, message, name)
            self.attempt = self.venue.door.ask(self.service.key, name, password, self.address, answer)

    def authorize(self, message: Message, name: str, verdict: Verdict) -> None:
        """Let a client in whose credentials were right, or hang up; its Logon is a record from here on."""
        if self.closing:
            return
        if isinstance(verdict, Refused):
            self.turn_away(name, verdict.why)
            return
        port = verdict.port
        present = self.venue.logged_in.get(port.name)
        if isinstance(present, FixConnection) and (present.is_leaving or present.closing):
            self.loop.call_later(LEAVING_SECONDS, self.authorize, message, name, verdict)
            return
        index = self.venue.index_of(port)
        endpoint = self.venue.machine.ports[index]
        assert isinstance(endpoint, FixEndpoint)
        times = self.journal.clock.now()
        username = None if port.fix is None else port.fix.username
        why = endpoint.session.refusal(message, times[1])
        if username is not None and message.values.get(b"553") != username.encode("ascii"):
            why = "wrong Username"
        elif present is not None:
            why = "the port is logged on already"
        if why:
            self.turn_away(name, why)
            return
        endpoint.session.effects.clear()
        self.port, self.index, self.endpoint = port, index, endpoint
        self.venue.logged_in[port.name] = self
        if self.timer is not None:
            self.timer.cancel()
        self.journal.record(Kind.LOGIN, index, masked(message.frame), times)
        self.journal.commit()
        log.info("logged in", port=port.name, address=self.address, version=message.begin_string.decode("ascii"))
        self.is_logging_in = False
        self.attend()
        self.is_behind = True
        self.loop.call_soon(self.catch_up)

    def turn_away(self, name: str, why: str) -> None:
        """Hang up without a word."""
        log.info("logon refused", service=self.service.key, sender=name, address=self.address, why=why)
        self.close(why)

    # What the session asks.

    def attend(self) -> None:
        """Look what the session asks of its connection, and when it is due next.

        For whoever may have brought the session to its next state: the journal's commit comes first.
        """
        endpoint = self.endpoint
        if endpoint is None or self.port is None:
            return
        session = endpoint.session
        if session.effects:
            self.gather(session)
            self.flush()
        elif session.state is LOGGED_ON and self.timer is not None and not self.was_asking:
            return  # what is due next is due later than it was: the timer sees to that
        self.was_asking = session.is_asking
        if session.next_tick < self.due:
            self.arm(session.next_tick)

    def gather(self, session: Session) -> None:
        """Take over what the session asks, to do it when its record is durable. A replay takes the place of another."""
        machine, gate = self.venue.machine, self.journal.gate
        number, stream = machine.number, machine.streams[self.index]
        for effect in session.effects:
            if isinstance(effect, HangUp):
                self.is_leaving = True
            elif isinstance(effect, Replay) and self.waiting and isinstance(self.waiting[-1].effect, Replay):
                self.waiting.pop()
            self.waiting.append(Asked(effect, stream, number))
        session.effects.clear()
        if not gate.is_durable(number):
            gate.call_when_durable(number, self.flush)

    def arm(self, due: int) -> None:
        """Have the session's timers looked at when its next one is due."""
        if self.timer is not None:
            self.timer.cancel()
        self.due = due
        seconds = max(due - self.journal.clock.now()[1], 0) / NANOSECONDS
        self.timer = self.loop.call_later(seconds, self.tick)

    def tick(self) -> None:
        """Record that a timer of the session's has come; before the Logon, hang up on who does not log on."""
        self.timer, self.due = None, NEVER
        if self.closing or self.journal.closed:
            return
        if self.endpoint is None:
            wait = self.venue.config.fix.login_wait_ms / 1000
            self.timer = self.loop.call_later(wait, self.turn_away, "", "no Logon came")
            return
        if self in self.venue.waiting_for_disk:  # it is we who do not listen
            self.timer = self.loop.call_later(DISK_PATIENCE, self.tick)
            return
        due, times = self.endpoint.session.next_tick, self.journal.clock.now()
        if due <= times[1]:
            self.journal.record(Kind.SESSION_TIMER, self.index, b"", times)
            self.journal.commit()
            self.attend()
        elif due != NEVER:
            self.arm(due)

    # Writing.

    def flush(self) -> None:
        """Write what has been released, what the session asks at its place, as far as the client keeps up."""
        if self.endpoint is not None and self.port is not None and self.endpoint.session.effects:
            self.gather(self.endpoint.session)  # an open gate lets go of what is behind them before we are told
        stream = self.stream
        if not self.waiting and self.replay is None and stream is not None and not (self.closing or self.paused):
            # As most often: nothing is asked, so what was released is all that there is to write.
            sent, released = self.sent, stream.released
            if sent < released <= sent + WRITE_PIECE:
                self.transport.write(stream.slice(sent, released))
                self.sent = released
                return
        while not (self.closing or self.paused):
            asked = self.waiting[0] if self.waiting else None
            if self.replay is not None and (asked is None or isinstance(asked.effect, HangUp)):
                if not self.is_replaying:
                    self.is_replaying = True
                    self.loop.call_soon(self.go_on_replaying)
                return
            stream, due = self.stream, 0
            if stream is not None:
                due = stream.released
                if asked is not None:
                    due = stream.offset_of(min(asked.effect.behind, stream.count) + 1)
                end = min(stream.released, due)
                if self.sent < end:
                    self.write_stream(stream, end)
                    continue
            if asked is None or not self.journal.gate.is_durable(asked.number):
                return
            if self.sent < due:
                return  # its record is durable, but the gate has not come to what was sent before it
            self.waiting.popleft()
            self.do(asked.effect, asked.stream)

    def write_stream(self, stream: Stream, end: int) -> None:
        """Write a piece of the stream."""
        piece = min(end, self.sent + WRITE_PIECE)
        self.transport.write(stream.slice(self.sent, piece))
        self.sent = piece

    def do(self, effect: Effect, stream: Stream) -> None:
        """Do what the session asks, at its place in the stream."""
        if isinstance(effect, HangUp):
            self.close(effect.why)
            return
        self.replay = None
        if isinstance(effect, NewStream):
            if self.stream is not None and self.stream.listener == self.flush:
                self.stream.listener = None
            self.stream, self.sent = stream, stream.offset_of(effect.first)
            stream.listener = self.flush
        else:
            assert self.endpoint is not None
            self.replay = resend(self.endpoint.packets(stream), effect.first, effect.last, effect.wall)

    def go_on_replaying(self) -> None:
        """Write the next piece of a replay."""
        self.is_replaying = False
        if self.closing or self.paused or self.replay is None:
            return
        size, parts = 0, []
        while packet := next(self.replay, None):
            parts.append(packet)
            size += len(packet)
            if size >= REPLAY_PIECE:
                break
        if packet is None:
            self.replay = None
        if parts:
            self.transport.write(b"".join(parts))
        self.flush()

    # The end.

    def say_goodbye(self, why: str) -> None:
        """Send a Logout and wait for its answer; hang up on who has not logged on."""
        if self.endpoint is None or not self.endpoint.session.is_logged_on:
            self.close(why)
            return
        self.journal.record(Kind.LOGOUT, self.index, why.encode("ascii"), self.journal.clock.now())
        self.journal.commit()
        self.attend()
