"""OUCH Drop: what order entry ports of the Nordic dialect tell their clients, once more on a port of its own.

Beside it, what order entry ports of either dialect note for Drop ports of other protocols: refused orders.

Each message stands as it was sent behind the six characters of the port that sent it, in the order in which all of
them were sent. A Drop port has a day's stream like any other, and takes no messages.

    CopiedNordicPort.send ─▶ its own stream
                         └─▶ engine.watch.Notes ─▶ OuchDropPort.take ─▶ the Drop port's stream
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.api import OrderEntry, Port, Refusal, Side, SystemEvent
from engine.endpoint import NumberedStream, Orderless, PacketStream
from engine.watch import Listener, Notes, Refused
from ouch import codec as us_codec
from ouch import nordic_codec as codec
from ouch.nordic import BUY, SELL, NordicOuchPort
from ouch.port import CHANNEL_SHIFT
from ouch.terms import SIDES
from ouch.us import UsOuchPort
from wire.soup_terms import SEQUENCED_HEADERS

PORT_LENGTH: Final = 6
"""Characters of a port's name before each message, filled up with spaces."""
REJECTS: Final = frozenset({codec.REJECTED, codec.CANCEL_REJECTED})
"""The messages that a Drop port has where it is asked for, by their type."""
START_OF_DAY: Final = b""
"""The note that a port begins its day."""
WATCHED: Final = 1
STARTED: Final = 2
"""The state of a Drop port, a byte: whether somebody is logged on, and whether its day has begun."""


class OuchDropPort(Orderless):
    """A Drop port.

    `is_watched` says whether somebody has logged on today and is still there; `is_started` whether the stream is that
    of the day that ports tell of now, which may be the next one before the Drop port itself hears of it.
    """

    def __init__(
        self,
        port: Port,
        open_stream: Callable[[], PacketStream],
        ignored: Callable[[Port, str, bytes], None],
        notes: Notes,
    ) -> None:
        super().__init__(port)
        self.open_stream = open_stream
        self.ignored = ignored
        self.notes = notes
        self.is_started = False
        self.is_watched = False

    # From the client.

    def receive(self, message: bytes, now: int) -> None:
        """Take no notice of a message."""
        self.ignored(self.port, "a Drop port takes no messages", message)

    def logon(self, message: bytes, now: int) -> None:
        """Note that somebody is there."""
        self.is_watched = True

    def disconnected(self, now: int) -> bool:
        """Note that nobody is there any more; gives whether there was somebody who had come today."""
        was_watched, self.is_watched = self.is_watched, False
        return was_watched

    # To the client.

    def take(self, port: Port, note: object) -> None:
        """Pass on what a port told its client."""
        assert isinstance(note, bytes)
        if note == START_OF_DAY:
            self.start_day()
            return
        stream = self.stream
        message = port.name.encode("ascii").ljust(PORT_LENGTH) + note
        stream.pending.append(SEQUENCED_HEADERS[len(message)] + message)
        if stream.untouched:
            stream.touch()

    def start_day(self) -> None:
        """Begin a stream, unless it has begun."""
        if not self.is_started:
            self.is_started = True
            self.stream = self.open_stream()

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Begin or end a day; who is still there from the day before does not watch this one."""
        self.notes.settle()
        if event is SystemEvent.END_OF_DAY:
            self.is_started = False
        else:
            self.start_day()
            self.is_watched = False

    # Snapshots.

    def resume(self, stream: NumberedStream) -> None:
        """Go on with a stream that was restored."""
        self.stream = stream

    def dump(self) -> bytes:
        """See `Endpoint`."""
        return bytes([self.is_watched * WATCHED | self.is_started * STARTED])

    def load(self, state: bytes, wall_times: list[int]) -> None:
        """See `Endpoint`."""
        flags = state[0] if state else 0
        self.is_watched, self.is_started = bool(flags & WATCHED), bool(flags & STARTED)


class CopiedNordicPort(NordicOuchPort):
    """An order entry port that is heard: OUCH Drop ports have all that it says, of rejects only those in `rejected_to`.

    `refused_to` are ports of other protocols that are told of refused orders.
    """

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], PacketStream],
        ignored: Callable[[Port, str, bytes], None],
        notes: Notes,
    ) -> None:
        super().__init__(port, engine, open_stream, ignored)
        self.notes = notes
        self.listeners: tuple[Listener, ...] = ()
        self.rejected_to: tuple[Listener, ...] = ()
        self.refused_to: tuple[Listener, ...] = ()
        self.message = b""

    def receive(self, message: bytes, now: int) -> None:
        """Take one message from the client, and remember it: it may be an order that is refused."""
        self.message = message
        super().receive(message, now)

    def reject(self, number: int, refusal: Refusal, now: int) -> None:
        """Tell of a refused order, the Drop ports too."""
        super().reject(number, refusal, now)
        if self.refused_to and self.message[0] == codec.ENTER_ORDER:
            _, letter, quantity, order_book, price, *_ = codec.unpack_enter_order(self.message)
            side = {BUY: Side.BUY, SELL: Side.SELL}.get(letter)
            wall = self.notes.times.wall_time
            note = Refused(b"", number, str(order_book), side, quantity, price, refusal, now, wall)
            self.notes.add(self.refused_to, self.port, note)

    def send(self, message: bytes) -> None:
        """Put one message into the port's stream, and note it for the Drop ports."""
        super().send(message)
        listeners = self.rejected_to if message[0] in REJECTS else self.listeners
        if listeners:
            self.notes.add(listeners, self.port, message)

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Tell the Drop ports of a new day before its first message."""
        if event is SystemEvent.START_OF_DAY and self.listeners:
            self.notes.add(self.listeners, self.port, START_OF_DAY)
        super().system_event(event, now)


class HeardUsPort(UsOuchPort):
    """An order entry port of the US dialect; `refused_to` are told of its refused orders."""

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], PacketStream],
        ignored: Callable[[Port, str, bytes], None],
        notes: Notes,
    ) -> None:
        super().__init__(port, engine, open_stream, ignored)
        self.notes = notes
        self.refused_to: tuple[Listener, ...] = ()
        self.message = b""

    def receive(self, message: bytes, now: int) -> None:
        """Take one message from the client, and remember it: it may be an order that is refused."""
        self.message = message
        super().receive(message, now)

    def reject(self, channel: int, number: int, cl_ord_id: bytes, refusal: Refusal, now: int) -> None:
        """Tell of a refused order, the Drop ports too."""
        super().reject(channel, number, cl_ord_id, refusal, now)
        if self.refused_to and self.message[0] == us_codec.ENTER_ORDER:
            _, letter, quantity, symbol, price, *_ = us_codec.unpack_enter_order(self.message)
            name, key = symbol.rstrip(b" ").decode("latin-1"), channel << CHANNEL_SHIFT | number
            wall = self.notes.times.wall_time
            note = Refused(cl_ord_id, key, name, SIDES.get(letter), quantity, price, refusal, now, wall)
            self.notes.add(self.refused_to, self.port, note)
