"""Where a day's ITCH messages go: numbered from 1, each with its stock's locate and its time, into a stream.

The stream keeps them framed for SoupBinTCP, most of them on disk, so that whoever comes late reads a slice of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from itchproto import codec
from venue.stream import Stream
from wire.soup import sequenced

NO_STOCK: Final = 0
"""The locate of what concerns no stock."""
TRACKING: Final = 0
LATEST: Final = 2**48 - 1
"""The latest time that six bytes can say: 78 hours after midnight."""
YES, NO, BLANK = b"Y", b"N", b" "
PRINTABLE: Final = {True: YES, False: NO}
FRAME: Final = 3
"""Bytes of SoupBinTCP before each message."""


class Writer:
    """Writes the messages of one session. Times are venue time, told since `midnight`; none is before another."""

    def __init__(self, session: str, midnight: int, directory: Path) -> None:
        self.session = session
        self.midnight = midnight
        self.time = 0
        self.stream = Stream(session, [], directory)

    @property
    def next(self) -> int:
        """The number that the next message has."""
        return self.stream.count + 1

    def at(self, now: int) -> None:
        """Let what follows have happened at `now`."""
        self.time = min(max(now - self.midnight, self.time), LATEST)

    def put(self, message: bytes) -> None:
        """Add a message."""
        self.stream.pending.append(sequenced(message))

    def settle(self) -> None:
        """Let the stream put away what it got."""
        if self.stream.pending:
            self.stream.settle()

    def message(self, number: int) -> bytes:
        """Give one message. Raises `IndexError`."""
        return self.stream.packet(number)[FRAME:]

    # Messages of the day.

    def system_event(self, code: bytes) -> None:
        """Tell where the day is."""
        self.put(codec.pack_system_event(NO_STOCK, TRACKING, self.time, code))

    def trade(self, locate: int, label: bytes, quantity: int, price: int, match: int) -> None:
        """Tell of a trade with what was not displayed."""
        self.put(codec.pack_trade(locate, TRACKING, self.time, 0, b"B", quantity, label, price, match))

    def executed(self, locate: int, number: int, quantity: int, match: int) -> None:
        """Tell that a displayed order traded at its price."""
        self.put(codec.pack_order_executed(locate, TRACKING, self.time, number, quantity, match))

    def executed_at(self, locate: int, number: int, quantity: int, match: int, price: int, *, printed: bool) -> None:
        """Tell that a displayed order traded at a price of the trade's."""
        fields = number, quantity, match, PRINTABLE[printed], price
        self.put(codec.pack_order_executed_with_price(locate, TRACKING, self.time, *fields))

    def cross(self, locate: int, label: bytes, quantity: int, price: int, match: int, kind: bytes) -> None:
        """Tell what a cross traded."""
        self.put(codec.pack_cross_trade(locate, TRACKING, self.time, quantity, label, price, match, kind))

    def broken(self, locate: int, match: int) -> None:
        """Tell that a trade does not stand."""
        self.put(codec.pack_broken_trade(locate, TRACKING, self.time, match))

    def added(
        self, locate: int, label: bytes, number: int, side: bytes, quantity: int, price: int, mpid: str | None
    ) -> None:
        """Tell of a displayed order, with its firm where it is attributed."""
        self.put(added(locate, label, self.time, number, side, quantity, price, mpid))

    def reduced(self, locate: int, number: int, quantity: int) -> None:
        """Tell that shares of a displayed order are gone."""
        self.put(codec.pack_order_cancel(locate, TRACKING, self.time, number, quantity))

    def deleted(self, locate: int, number: int) -> None:
        """Tell that a displayed order is gone."""
        self.put(codec.pack_order_delete(locate, TRACKING, self.time, number))

    def replaced(self, locate: int, number: int, new: int, quantity: int, price: int) -> None:
        """Tell that a displayed order has another's place."""
        self.put(codec.pack_order_replace(locate, TRACKING, self.time, number, new, quantity, price))


def added(
    locate: int, label: bytes, time: int, number: int, side: bytes, quantity: int, price: int, mpid: str | None
) -> bytes:
    """Write the message of a displayed order."""
    if mpid is None:
        return codec.pack_add_order(locate, TRACKING, time, number, side, quantity, label, price)
    firm = mpid.encode("ascii").ljust(4)
    return codec.pack_add_order_with_mpid(locate, TRACKING, time, number, side, quantity, label, price, firm)
