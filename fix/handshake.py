"""How the connections of a FIX session begin, are kept alive, and end: Logon, Heartbeat, TestRequest, Logout.

Source: FIX 4.2 volume 2, "Session protocol"; NextExpectedMsgSeqNum: FIX 4.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fix import logon, tags
from fix.codec import SECOND, Message, parse, read_number
from fix.numbers import Numbers
from fix.session_state import HEARTBEAT, LOGON, LOGOUT, NEVER, TEST_REQUEST, HangUp, NewStream, Replay, State
from fix.settings import FixSettings
from fix.speaker import Application, FieldCheck, PacketStream

YES: Final = b"Y"


class Handshake(Numbers):
    """A session's connections."""

    def __init__(
        self,
        settings: FixSettings,
        comp_id: bytes,
        open_stream: Callable[[], PacketStream],
        application: Application,
        field_check: Callable[[bytes], FieldCheck],
    ) -> None:
        super().__init__(settings, comp_id, open_stream, application, field_check)
        self.application_version = b""
        self._heartbeat_ns = 0
        self._heard_at = 0
        self._is_tested = False

    @property
    def is_logged_on(self) -> bool:
        """Whether the peer is there: from its Logon's answer until it, or we, hang up."""
        return self.state in {State.LOGGED_ON, State.LOGGING_OUT}

    @property
    def is_asking(self) -> bool:
        """Whether a TestRequest of ours waits for its answer; that brings what is due next forward."""
        return self._is_tested

    @property
    def next_tick(self) -> int:
        """The wall time at which `tick` finds something due, if nothing is received or sent before; else `NEVER`."""
        if not self.is_logged_on:
            return NEVER
        due = self._logout_due or NEVER
        interval, settings = self._heartbeat_ns, self.settings
        if interval and self._is_tested:
            due = min(due, self._heard_at + interval * settings.drop_percent // 100)
        elif interval:
            due = min(due, self._heard_at + interval * settings.test_request_percent // 100, self._sent_at + interval)
        return due

    def logon(self, frame: bytes, now: int, wall: int) -> None:
        """Take the Logon of a new connection, which `refusal` let in."""
        self.disconnected(wall)
        message = parse(frame)
        if message is None:
            self.effects.append(HangUp("the Logon cannot be read", 0))
            return
        self._speak(message.begin_string)
        self._hear_logon(message, wall, is_new=True)

    def log_on(self, wall: int, reset: bool = False, fields: bytes = b"", heartbeat: int = 30) -> None:
        """Send an initiator's Logon on a new connection.

        `heartbeat` is HeartBtInt in seconds, `fields` go in behind it; `reset` starts both numbers from 1.
        """
        self.disconnected(wall)
        if reset or self.settings.reset_on_logon:
            self._reset()
        self.effects.append(NewStream(self.outgoing, self.outgoing - 1))
        self.state = State.LOGGING_ON
        self._heartbeat_ns = heartbeat * SECOND
        self._heard_at = wall
        reset_flag = b"141=Y\x01" if reset else b""
        self.send(LOGON, b"98=0\x01108=%d\x01%b%b" % (heartbeat, reset_flag, fields), wall)

    def _hear_logon(self, message: Message, wall: int, is_new: bool) -> None:
        """Answer a Logon: of a new connection, or with ResetSeqNumFlag inside a session."""
        values = message.values
        number = read_number(values.get(tags.MSG_SEQ_NUM, b""))
        is_reset = values.get(tags.RESET_SEQ_NUM_FLAG) == YES
        text = self._logon_fault(message, number, is_reset)
        behind = self.outgoing - 1
        if (is_new and self.settings.reset_on_logon) or (is_reset and not text):
            self._reset()
            self.effects.append(NewStream(1, behind))
            if is_reset and not text:
                self.incoming = number
        elif is_new:
            self.effects.append(NewStream(self.outgoing, behind))
        expected = self._next_expected(values)
        if not text and number < self.incoming:
            text = self._too_low(number)
        elif not text and expected > self.outgoing:
            text = b"NextExpectedMsgSeqNum too high, expecting %d but received %d" % (self.outgoing, expected)
        if text:
            self._log_out_now(text, wall)
            return
        is_next = number == self.incoming
        self.incoming += is_next
        self._agree(values, wall)
        answer = self.outgoing
        body = b"98=0\x01108=%d\x01" % (self._heartbeat_ns // SECOND)
        if is_reset:
            body += b"141=Y\x01"
        if expected:
            body += b"789=%d\x01" % self.incoming
        if self.application_version:
            body += b"1137=%b\x01" % self.application_version
        self.send(LOGON, body, wall)
        self._catch_up(number, is_next, expected, answer, wall)

    def _logon_fault(self, message: Message, number: int, is_reset: bool) -> bytes:
        """Say why a Logon is answered with a Logout; b"" when there is no reason."""
        if number < 0:
            return b"Received message without MsgSeqNum"
        if text := logon.fault(message.values):
            return text
        if fault := self._check.fault(message):
            return b"%b (%b)" % (fault[2], fault[1]) if fault[1] else fault[2]
        if is_reset and self.settings.refuse_reset and (self.outgoing > 1 or self.incoming > 1):
            return b"ResetSeqNumFlag is refused during the day"
        if is_reset and number != 1 and self.settings.validation != "lenient":
            return b"MsgSeqNum must be 1 with ResetSeqNumFlag"
        return b""

    def _hear_answer(self, message: Message, number: int, wall: int) -> None:
        """Take the answer to our Logon."""
        values = message.values
        if values.get(tags.RESET_SEQ_NUM_FLAG) == YES:
            self.incoming = 1
        text = logon.fault(values)
        if not text and number < self.incoming:
            text = self._too_low(number)
        if text:
            self._log_out_now(text, wall)
            return
        is_next = number == self.incoming
        self.incoming += is_next
        self._agree(values, wall)
        self._catch_up(number, is_next, self._next_expected(values), self.outgoing - 1, wall)

    def _agree(self, values: dict[bytes, bytes], wall: int) -> None:
        self.state = State.LOGGED_ON
        self._heartbeat_ns = read_number(values[tags.HEART_BT_INT]) * SECOND
        self.application_version = values.get(tags.DEFAULT_APPL_VER_ID, b"")
        self._heard_at = wall
        self._is_tested = False
        self._has_been_on = True

    def _next_expected(self, values: dict[bytes, bytes]) -> int:
        """Give NextExpectedMsgSeqNum where it is followed, else 0."""
        if not self.settings.next_expected or self.begin_string not in logon.KNOWS_NEXT_EXPECTED:
            return 0
        return max(read_number(values.get(tags.NEXT_EXPECTED_MSG_SEQ_NUM, b"")), 0)

    def _catch_up(self, number: int, is_next: bool, expected: int, last: int, wall: int) -> None:
        """Mend both directions after a Logon; where NextExpectedMsgSeqNum is used, nobody has to ask."""
        if 0 < expected < last:
            self.effects.append(Replay(expected, last, wall, last))
        if not is_next:
            if expected:
                self._gap_end = number - 1
            self._hold(number, b"", wall)

    def _hear_logout(self, wall: int) -> None:
        if self.state is State.LOGGED_ON:
            self.send(LOGOUT, b"", wall)
        self._hang_up("logged out")

    def tick(self, now: int, wall: int) -> None:
        """Do what is due: a Heartbeat, a TestRequest, hanging up on silence or on a Logout without an answer."""
        if not self.is_logged_on:
            return
        if self._logout_due and wall >= self._logout_due:
            self._hang_up("the Logout was not answered")
        elif self._heartbeat_ns:
            silence = (wall - self._heard_at) * 100
            if self._is_tested:
                if silence >= self._heartbeat_ns * self.settings.drop_percent:
                    self._hang_up("silent for too long")
            elif silence >= self._heartbeat_ns * self.settings.test_request_percent:
                self.send(TEST_REQUEST, b"112=TEST\x01", wall)
                self._is_tested = True
            elif wall - self._sent_at >= self._heartbeat_ns:
                self.send(HEARTBEAT, b"", wall)
