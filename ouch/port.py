"""An OUCH 5.0 port: the client's messages become orders, what happens to them becomes the client's messages.

`OuchPort` knows what every dialect asks: numbers are used once and rise, what is stale is met with silence, a chain
of replacements keeps its name, and a replacement has four outcomes (OUCH 5.0 §2.3, 2.5). A dialect is a subclass that
reads and writes its own messages, with a codec and tables of its own: `us.UsOuchPort`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.api import Order, OrderEntry, Port, Refusal, Reject, Scope, Sink
from engine.endpoint import Endpoint, PacketStream
from wire.record import Malformed
from wire.soup_terms import SEQUENCED_HEADERS

NUMBER_MASK: Final = 0xFFFF_FFFF
CHANNEL_SHIFT: Final = 32
"""An order's key is its channel (UserRefIdx, 0 for none) above its UserRefNum."""
Handler = Callable[[Any, bytes, int], None]
"""A dialect's method for one kind of message: one table serves all its ports, and so is always at hand."""


class OuchPort(Endpoint, Sink):
    """What OUCH 5.0 asks of a port in any dialect."""

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], PacketStream],
        ignored: Callable[[Port, str, bytes], None],
    ) -> None:
        super().__init__(port)
        self.engine = engine
        self.open_stream = open_stream
        self.ignored = ignored
        self.scopes: dict[bytes, Scope] = {}
        self.handlers: dict[int, Handler] = {}
        self.uncounted: frozenset[int] = frozenset()

    def receive(self, message: bytes, now: int) -> None:
        """Take one message from the client; whatever it holds, nothing is raised."""
        kind = message[0] if message else -1
        if self.port.windows and kind not in self.uncounted:
            self.engine.arrived(self.port, now)
        handler = self.handlers.get(kind)
        if handler is None:
            self.ignored(self.port, "no such message", message)
            return
        try:
            handler(self, message, now)
        except Malformed as malformed:
            self.ignored(self.port, str(malformed), message)

    def take_number(self, channel: int, number: int) -> bool:
        """Use up a number of a channel, or tell that it is stale: not above the last one used."""
        if number <= self.numbers.get(channel, 0):
            return False
        self.numbers[channel] = number
        return True

    def live(self, channel: int, number: int) -> Order | None:
        """Give the live order of that name."""
        return self.port.orders.find(channel << CHANNEL_SHIFT | number)

    def supersede(self, original: Order, order: Order, fault: Refusal | None, now: int) -> Refusal | None:
        """Replace `original`: end it where the new details are faulty or leave nothing open, else try (§2.5).

        The new number is used up only where the engine was asked.
        """
        if fault is not None and fault.reason is Reject.INVALID_SYMBOL:  # no longer listed: not the details' fault
            self.numbers[order.key >> CHANNEL_SHIFT] = order.key & NUMBER_MASK
            return fault
        if fault is not None or order.size <= original.size - original.open:
            self.engine.cancel_to(original, 0, now)
            return None
        self.numbers[order.key >> CHANNEL_SHIFT] = order.key & NUMBER_MASK
        return self.engine.replace(original, order, now)

    def scope(self, symbol: bytes) -> Scope | None:
        """Give the scope of a symbol as it stands on the wire."""
        scope = self.scopes.get(symbol)
        if scope is None:
            try:
                scope = self.engine.scope(self.port, symbol.rstrip(b" ").decode("ascii"))
            except UnicodeDecodeError:
                return None
            if scope is not None:
                self.scopes[symbol] = scope
        return scope

    def send(self, message: bytes) -> None:
        """Put one message into the port's sequenced stream."""
        stream = self.stream
        stream.pending.append(SEQUENCED_HEADERS[len(message)] + message)
        if stream.untouched:
            stream.touch()
