"""What a FIX session makes of its peer's numbers: the one expected next, what waits above a gap, what is asked for.

A gap is asked for once, up to the end of all there is, so what came above it comes again. It is kept all the same: it
may be needed sooner, and the repetition is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fix import rejects
from fix.session_state import RESEND_REQUEST
from fix.settings import FixSettings
from fix.speaker import Application, FieldCheck, PacketStream, Speaker

QUEUE_MAX: Final = 1_000
"""Messages kept above a gap. Further ones are dropped, which leaves a gap of its own to ask for later."""
QUEUE_BYTES_MAX: Final = 1024 * 1024
"""The same for bytes."""
TO_THE_END: Final = 999_999
"""EndSeqNo that means all there is up to FIX 4.2, which came to know 0 for it."""


class Numbers(Speaker):
    """A session's numbers. `incoming` is the one expected next."""

    def __init__(
        self,
        settings: FixSettings,
        comp_id: bytes,
        open_stream: Callable[[], PacketStream],
        application: Application,
        field_check: Callable[[bytes], FieldCheck],
    ) -> None:
        super().__init__(settings, comp_id, open_stream, application, field_check)
        self._gap_end = 0
        self._queue: dict[int, bytes] = {}
        self._queue_bytes = 0

    def _close(self) -> None:
        super()._close()
        self._close_gap()  # the next Logon shows it anew

    def _hold(self, number: int, frame: bytes, wall: int) -> None:
        """Keep a message above a gap until its turn comes, b"" for one that was acted upon; ask for what is missing."""
        has_room = len(self._queue) < QUEUE_MAX and self._queue_bytes + len(frame) <= QUEUE_BYTES_MAX
        if has_room and number not in self._queue:
            self._queue[number] = frame
            self._queue_bytes += len(frame)
        if not self._gap_end:
            self._gap_end = number - 1
            end = TO_THE_END if self.begin_string in rejects.OLD_VERSIONS else 0
            self.send(RESEND_REQUEST, b"7=%d\x0116=%d\x01" % (self.incoming, end), wall)

    def _count(self, number: int, wall: int) -> None:
        """Use up the number of a message that was acted upon whatever its number."""
        if number == self.incoming:
            self.incoming += 1
        elif number > self.incoming:
            self._hold(number, b"", wall)

    def _jump(self, number: int) -> None:
        """Expect that number next, and forget what waits below."""
        self.incoming = number
        for held in sorted(self._queue):
            if held < number:
                self._queue_bytes -= len(self._queue.pop(held))

    def _close_gap(self) -> None:
        self._gap_end = 0
        self._queue.clear()
        self._queue_bytes = 0

    def _reset(self) -> None:
        """Start both numbers from 1."""
        self.stream = self.open_stream()
        self.incoming = 1
        self._close_gap()

    def _too_low(self, number: int) -> bytes:
        return b"MsgSeqNum too low, expecting %d but received %d" % (self.incoming, number)
