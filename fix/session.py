"""The FIX session: logon, sequence numbers, resend, heartbeats, rejects and logout, for all versions and both ends.

A machine without socket, clock or task: frames and times go in, packets of its stream and effects come out. Two of them
back to back make a whole session with no port and no wait.

The theory. Either end numbers what it sends, from 1 on each trading day, and expects the other's numbers without a gap;
numbers outlive connections. A number too high shows a gap: the missing messages are asked for once, what is above waits
in a queue, and all of it is handled in order when the gap has closed. A number too low without PossDupFlag means that
the ends do not agree on what was said, and ends the connection. What was sent can be asked for again at any time, so
the stream is all that an end has to remember of it. A peer that says nothing for long is tested, then given up.

A message is judged in this order: version, MsgSeqNum, CompIDs, SendingTime, what its number says, and only when its
turn has come its fields. What may come when is the table `MAY_RECEIVE` of `fix.session_state`. Logon, Logout,
ResendRequest and a SequenceReset in reset mode are handled at any number, since they are what mends numbers.

The driver's part: it hangs up on a first message that `refusal` says no to, and else gives the Logon to `logon`, later
frames to `receive`; calls `tick` at `next_tick`; writes the stream's packets; and does the `effects`, in order.

For editors: `receive` and `send` are on the order path; a message in sequence must stay a handful of steps.
Source: FIX 4.0 to 4.4 volume 2 and FIXT 1.1; where they are silent or engines differ, see docs/fix.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fix import logon, rejects, tags
from fix.codec import MILLISECOND, Message, Row, parse, read_number, read_utc_timestamp
from fix.faults import Fault, Reason, fault
from fix.handshake import YES, Handshake
from fix.numbers import TO_THE_END
from fix.session_state import (
    APPLICATION,
    HEARTBEAT,
    LOGON,
    LOGOUT,
    MAY_RECEIVE,
    REJECT,
    RESEND_REQUEST,
    SEQUENCE_RESET,
    TEST_REQUEST,
    Replay,
    SessionState,
    State,
)
from fix.settings import FixSettings
from fix.speaker import Application, FieldCheck, PacketStream

__all__ = ["Application", "FieldCheck", "PacketStream", "Session"]

SESSION_TYPES: Final = frozenset((HEARTBEAT, TEST_REQUEST, RESEND_REQUEST, REJECT, SEQUENCE_RESET, LOGOUT, LOGON))
HANDLED_AT_ANY_NUMBER: Final = frozenset((LOGON, LOGOUT, RESEND_REQUEST))
DISCONNECTED: Final = State.DISCONNECTED  # the order path finds these sooner than the members of a class
LOGGED_ON: Final = State.LOGGED_ON


class Session(Handshake):
    """One session, over all its connections.

    `incoming` is the number expected next, `outgoing` the one that is given next: the stream's count + 1. `effects` is
    what the driver does, in order, once the record that caused it is durable; whoever drives the session empties it.
    """

    def __init__(
        self,
        settings: FixSettings,
        comp_id: bytes,
        open_stream: Callable[[], PacketStream],
        application: Application,
        field_check: Callable[[bytes], FieldCheck],
    ) -> None:
        """Make a session with the peer of that CompID. `field_check` gives a version's check, by BeginString."""
        super().__init__(settings, comp_id, open_stream, application, field_check)
        self._limit = settings.sending_time_limit_ms * MILLISECOND
        self._row: Row | None = None
        """That of the peer's last message: most are like it."""

    def configure(self, settings: FixSettings) -> None:
        """Go on with other settings, as long as our CompID is not among them."""
        self.settings = settings
        self._limit = settings.sending_time_limit_ms * MILLISECOND
        self._speak(self.begin_string)

    def refusal(self, message: Message, wall: int) -> str:
        """Say why a connection's first message is no Logon to answer: hang up without a word. "" lets it in.

        Changes nothing. Whether the identity is connected, and who may log on from where, is the caller's to know.
        """
        settings = self.settings
        is_spoken = self.begin_string.decode("ascii") in settings.begin_strings  # it may have been taken from the port
        is_fixed = self.has_spoken and is_spoken and not settings.any_version
        return logon.refusal(message, settings, self.comp_id, self.begin_string if is_fixed else b"", wall)

    @property
    def has_spoken(self) -> bool:
        """Whether the peer has, or will have, messages of the day's in the version that is spoken now."""
        return self.outgoing > 1

    def start_day(self, wall: int) -> None:
        """Begin a day: a new stream, and both numbers from 1. Whoever is still logged on is hung up on."""
        if self.state is LOGGED_ON:
            self.log_out(b"End of trading day", wall)
        if self.state is not DISCONNECTED:
            self._hang_up("the trading day is over")
        self._reset()

    def receive(self, frame: bytes, now: int, wall: int) -> None:
        """Take any later frame; whatever it holds, nothing is raised."""
        if self.state is DISCONNECTED:
            return
        message = parse(frame, self._row)
        if message is None:
            return
        self._heard_at = wall
        self._is_tested = False
        row = self._row = message.row
        text: bytes | None
        if row.session is not None:
            text, sender, time, target = row.session(message.texts)
        else:
            get = message.values.get
            text, sender, time, target = get(b"34"), get(b"49", b""), get(b"52", b""), get(b"56", b"")
        number = read_number(text) if text is not None else 0
        sent_at = read_utc_timestamp(time)
        if (
            number == self.incoming
            and self.state is LOGGED_ON
            and message.begin_string == self.begin_string
            and sender == self.comp_id
            and target == self.own_comp_id
            and sent_at >= 0
            and -self._limit <= sent_at - wall <= self._limit
            and message.msg_type not in SESSION_TYPES
        ):
            found = self._check.fault_behind_header(message)
            if found is None and message.msg_type in self.application.served:  # as `_take` does, at the cost of no call
                self.incoming = number + 1
                self.application.application(message, now)
            else:
                self._take(message, found, now, wall)
        elif number >= 0:
            self._judge(message, text is not None, number, sent_at, now, wall)
        if self._queue or self._gap_end:
            self._work_off(now, wall)

    def _judge(self, message: Message, is_numbered: bool, number: int, sent_at: int, now: int, wall: int) -> None:
        """Take a message that is one of the session's own, or not what is expected."""
        msg_type, values = message.msg_type, message.values
        kind = msg_type if msg_type in SESSION_TYPES else APPLICATION
        if (self.state, kind) not in MAY_RECEIVE:
            self._hang_up(f"MsgType {msg_type.decode('ascii', 'backslashreplace')} when {self.state.value}")
        elif message.begin_string != self.begin_string:
            self.incoming += number == self.incoming
            self._disagree(message, None, wall)
        elif not is_numbered:
            self._log_out_now(b"Received message without MsgSeqNum", wall)
        elif self._is_others(values):
            self.incoming += number == self.incoming
            self._disagree(message, fault(Reason.COMP_ID_PROBLEM), wall)
        elif sent_at >= 0 and abs(sent_at - wall) > self._limit:
            self.incoming += number == self.incoming
            self._disagree(message, fault(Reason.SENDING_TIME_ACCURACY), wall)
        elif kind == LOGON and self.state is State.LOGGING_ON:
            self._hear_answer(message, number, wall)
        elif kind in HANDLED_AT_ANY_NUMBER and (number >= self.incoming or values.get(tags.POSS_DUP_FLAG) != YES):
            self._hear_at_any_number(message, kind, number, wall)
        elif kind == SEQUENCE_RESET and values.get(tags.GAP_FILL_FLAG) != YES:
            self._hear_reset(message, wall)
        elif number == self.incoming:
            self._take(message, self._fault(message), now, wall)
        elif number > self.incoming:
            self._hold(number, message.frame, wall)
        else:
            self._hear_again(message, number, sent_at, wall)

    def _is_others(self, values: dict[bytes, bytes]) -> bool:
        """Whether a CompID is wrong; one that is missing or empty is a matter of fields."""
        return (values.get(tags.SENDER_COMP_ID) or self.comp_id) != self.comp_id or (
            values.get(tags.TARGET_COMP_ID) or self.own_comp_id
        ) != self.own_comp_id

    def _fault(self, message: Message) -> Fault | None:
        """Give the first fault of the fields, of SendingTime too where the check is lenient."""
        found = self._check.fault(message)
        if found is None and read_utc_timestamp(message.values.get(tags.SENDING_TIME, b"")) < 0:
            return fault(Reason.INCORRECT_FORMAT, tags.SENDING_TIME)
        return found

    def _disagree(self, message: Message, problem: Fault | None, wall: int) -> None:
        """Log a peer out who takes us, himself or the time for something else; without a problem it is the version."""
        if message.msg_type == LOGOUT:
            self._hear_logout(wall)
        elif self.state is not LOGGED_ON:
            pass  # it was told already
        elif problem is None:
            self.log_out(b"Incorrect BeginString", wall)
        else:
            self._reject(message, problem, wall)
            self.log_out(b"", wall)

    def _take(self, message: Message, found: Fault | None, now: int, wall: int) -> None:
        """Take the message whose turn it is."""
        msg_type = message.msg_type
        if found is not None:
            self.incoming += 1
            self._reject(message, found, wall)
        elif msg_type in self.application.served:
            self.incoming += 1
            self.application.application(message, now)
        elif msg_type == SEQUENCE_RESET:
            self._hear_gap_fill(message, wall)
        else:
            self.incoming += 1
            if msg_type == TEST_REQUEST:
                self.send(HEARTBEAT, b"112=%b\x01" % message.values.get(tags.TEST_REQ_ID, b""), wall)
            elif msg_type not in SESSION_TYPES:
                version = self.application_version if self.settings.dialect == "standard" else b""
                answer, body = rejects.not_served(self.begin_string, self.incoming - 1, msg_type, version)
                self.send(answer, body, wall, header=rejects.route_back(self.begin_string, message.values))

    def _hear_at_any_number(self, message: Message, kind: bytes, number: int, wall: int) -> None:
        """Take a message that mends numbers, or ends all."""
        is_repeated = message.values.get(tags.POSS_DUP_FLAG) == YES
        if kind == LOGON and not is_repeated:
            if message.values.get(tags.RESET_SEQ_NUM_FLAG) == YES:
                self._hear_logon(message, wall, is_new=False)
            else:
                self._hang_up("a second Logon")
            return
        found = self._fault(message)
        if found is not None:
            self._reject(message, found, wall)
        elif kind == RESEND_REQUEST:
            self._hear_resend_request(message, wall)
        elif kind == LOGOUT:
            self.incoming += number == self.incoming
            self._hear_logout(wall)
            return
        self._count(number, wall)

    def _hear_resend_request(self, message: Message, wall: int) -> None:
        """Replay what was asked for; 0 stands for the end, and so do numbers beyond it."""
        first, last = (read_number(message.values.get(tag, b"")) for tag in (tags.BEGIN_SEQ_NO, tags.END_SEQ_NO))
        sent = self.outgoing - 1
        if last == TO_THE_END and self.begin_string not in logon.KNOWS_NEXT_EXPECTED:
            last = 0
        if min(first, last) < 0 or first > self.outgoing or 0 < last < first:
            self._reject(message, fault(Reason.VALUE_INCORRECT, tags.BEGIN_SEQ_NO), wall)
        elif first <= sent:
            self.effects.append(Replay(max(first, 1), min(last or sent, sent), wall, sent))

    def _hear_gap_fill(self, message: Message, wall: int) -> None:
        """Pass over numbers that hold nothing to say again."""
        number = read_number(message.values.get(tags.NEW_SEQ_NO, b""))
        if number > self.incoming:
            self._jump(number)
        elif number < self.incoming:
            self._reject(message, fault(Reason.VALUE_INCORRECT), wall)

    def _hear_reset(self, message: Message, wall: int) -> None:
        """Expect another number, whatever was missing; its own number does not matter."""
        found = self._fault(message)
        number = read_number(message.values.get(tags.NEW_SEQ_NO, b""))
        if found is not None:
            self._reject(message, found, wall)
        elif number > self.incoming:
            self.incoming = number
            self._close_gap()
        elif number < self.incoming:
            self._reject(message, fault(Reason.VALUE_INCORRECT), wall)

    def _hear_again(self, message: Message, number: int, sent_at: int, wall: int) -> None:
        """Take a message whose number was used: pass over it as a duplicate, or give up."""
        values = message.values
        if values.get(tags.POSS_DUP_FLAG) != YES:
            if self.state is LOGGED_ON:
                self._log_out_now(self._too_low(number), wall)
            else:
                self._hang_up("MsgSeqNum too low")
        elif message.msg_type == SEQUENCE_RESET:
            pass  # a gap fill that was heard before
        elif not values.get(tags.ORIG_SENDING_TIME):
            self._reject(message, fault(Reason.REQUIRED_TAG_MISSING, tags.ORIG_SENDING_TIME), wall)
        elif 0 <= sent_at < read_utc_timestamp(values[tags.ORIG_SENDING_TIME]) and self.state is LOGGED_ON:
            self._reject(message, fault(Reason.SENDING_TIME_ACCURACY), wall)
            self.log_out(b"", wall)

    def _work_off(self, now: int, wall: int) -> None:
        """Take what waited for its turn, where that has come now."""
        while self.state is not DISCONNECTED and self.incoming in self._queue:
            frame = self._queue.pop(self.incoming)
            self._queue_bytes -= len(frame)
            message = parse(frame) if frame else None
            if message is None:
                self.incoming += 1
            else:
                self._take(message, self._fault(message), now, wall)
        if self.incoming > self._gap_end:
            self._gap_end = 0

    # Snapshots.

    def dump(self) -> SessionState:
        """Give all that a replay would rebuild, but for the stream."""
        return SessionState(
            self.state.value,
            self.incoming,
            self.begin_string,
            self.application_version,
            self._heartbeat_ns,
            self._is_tested,
            self._gap_end,
            sorted(self._queue.items()),
            self._has_been_on,
        )

    def wall_times(self) -> list[int]:
        """Give when we sent and heard something last and until when a Logout waits for its answer; 0 for never."""
        return [self._sent_at, self._heard_at, self._logout_due]

    def load(self, state: SessionState, wall_times: list[int]) -> None:
        """Take over a dumped state; the stream is set by the caller."""
        self.state = State(state.state)
        self.incoming = state.incoming
        self._speak(state.begin_string)
        self.application_version = state.application_version
        self._heartbeat_ns = state.heartbeat_ns
        self._sent_at, self._heard_at, self._logout_due = wall_times
        self._is_tested = state.is_tested
        self._gap_end = state.gap_end
        self._has_been_on = state.has_been_on
        self._queue = dict(state.queue)
        self._queue_bytes = sum(map(len, self._queue.values()))
