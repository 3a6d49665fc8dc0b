"""A port for trying out sessions: each order, and each security definition, is sent back as a message of our own.

So a client's tests can exercise application messages in both directions, resends above all, without a market behind
them. Fields come back in the order of their tags; where one repeats, and so may belong to a group, in the order in
which they came. Whatever else is sent is answered as a type that nobody serves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from engine.api import OrderEntry, Port
from engine.endpoint import NumberedStream
from fix import tags
from fix.codec import Message, field
from fix.endpoint import FixEndpoint, Times

KNOWN_MAX: Final = 10_000
"""ClOrdIDs that are remembered; the oldest are forgotten first."""


class FixEchoPort(FixEndpoint):
    """Sends NewOrderSingle (D) and SecurityDefinition (d) back, but for a PossResend of an order that it had."""

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], NumberedStream],
        ignored: Callable[[Port, str, bytes], None],
        times: Times,
    ) -> None:
        super().__init__(port, engine, open_stream, ignored, times)
        self.served = frozenset((b"D", b"d"))
        self.known: dict[bytes, None] = {}

    def port_state(self) -> bytes:
        """Give the ClOrdIDs, the oldest first."""
        return msgspec.msgpack.encode(list(self.known))

    def load_port_state(self, state: bytes) -> None:
        """Take what `port_state` gave."""
        self.known = dict.fromkeys(msgspec.msgpack.decode(state, type=list[bytes]) if state else ())

    def logon(self, message: bytes, now: int) -> None:
        """Take the Logon of a new connection, and know no order yet."""
        self.known = {}
        super().logon(message, now)

    def application(self, message: Message, now: int) -> None:
        """Send a message back."""
        order_id = message.values.get(tags.CL_ORD_ID, b"")
        is_repeated = message.values.get(tags.POSS_RESEND) == b"Y"
        if is_repeated and order_id in self.known:
            return
        self.known[order_id] = None
        if len(self.known) > KNOWN_MAX:
            del self.known[next(iter(self.known))]
        fields = [(tag, value) for tag, value in message.fields if tag not in tags.HEADER_AND_TRAILER]
        if len(message.values) == len(message.tags):
            fields.sort(key=lambda pair: (len(pair[0]), pair[0]))  # as by number, which may be too long to be read
        header = b"97=Y\x01" if is_repeated else b""
        body = b"".join([field(tag, value) for tag, value in fields])
        self.session.send(message.msg_type, body, self.times.wall_time, header=header)
