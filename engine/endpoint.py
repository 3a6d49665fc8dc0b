"""A port from the other side: what a venue asks of it, whatever protocol it speaks.

    record ─▶ Endpoint (receive, logon, tick, disconnected …) ─▶ engine ─▶ Endpoint (a `Sink`) ─▶ stream

Every method but `dump` stands for one kind of record, so all that an endpoint knows is rebuilt by replaying them.
What happened in the meantime it is told as the sink of its port.

For editors: a protocol that has no use for a method (OUCH has no timers of its own) leaves it as it is here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.api import (
    BrokenTradeReason,
    CancelReason,
    Liquidity,
    Order,
    Port,
    Refusal,
    Reject,
    SelfMatchPrevention,
    Sink,
    SystemEvent,
)


class PacketStream(Protocol):
    """Takes the packets that a port sends, in order: framed ones into `pending`, and a `touch` with the first."""

    pending: list[bytes]
    untouched: bool

    def touch(self) -> None:
        """Let be known that something is pending."""


class NumberedStream(PacketStream, Protocol):
    """One whose packets are found again by their numbers, from 1."""

    @property
    def count(self) -> int:
        """How many packets there are, which is also the number of the last one."""

    def append(self, packet: bytes) -> None:
        """Add the next packet."""

    def packet(self, sequence: int) -> bytes:
        """Give one packet, counted from 1. Raises `IndexError` where there is none of that number."""

    def digest(self, timeless: Callable[[bytes], bytes] | None = None) -> bytes:
        """Give the SHA-256 of all packets, of what `timeless` makes of them where it is given."""


class Endpoint(Sink):
    """One port's protocol. Whatever a client sends, nothing is raised. `now` is venue time in nanoseconds.

    `refusal` is why the last refused order was refused. `numbers` are the last numbers used in each channel, where a
    protocol has such; what else it has to keep it gives as bytes of its own.
    """

    def __init__(self, port: Port) -> None:
        self.port = port
        self.refusal: Refusal | None = None
        self.numbers: dict[int, int] = {}
        self.stream: PacketStream

    def receive(self, message: bytes, now: int) -> None:
        """Take one message from the client."""

    def logon(self, message: bytes, now: int) -> None:
        """Take the message by which a client, whose credentials were right, begins; empty where the host keeps it."""

    def tick(self, now: int) -> None:
        """Do what the session's own timers ask."""

    def log_out(self, text: bytes, now: int) -> None:
        """End the client's session for a reason of the venue's."""

    def disconnected(self, now: int) -> bool:
        """Note that the connection is gone; gives whether it was one that had been let in."""
        return True

    def configured(self) -> None:
        """Take over what a new configuration says of the port."""

    def code_of(self, reason: Reject) -> tuple[str, str]:
        """Give what the wire says for a reason to refuse, and what that means in the protocol's own words."""
        return reason.name, ""

    def settle(self) -> None:
        """Let go of what was meant for a connection: for who has none."""

    def resume(self, stream: NumberedStream) -> None:
        """Go on with a stream that was restored."""
        self.stream = stream

    def digest(self, stream: NumberedStream) -> bytes:
        """Give the SHA-256 of what was sent, wall times left out."""
        return stream.digest()

    def dump(self) -> bytes:
        """Give what replay rebuilds of the protocol beside `numbers`, in one canonical form; wall times left out."""
        return b""

    def wall_times(self) -> list[int]:
        """Give the wall times that the protocol keeps."""
        return []

    def load(self, state: bytes, wall_times: list[int]) -> None:
        """Take what `dump` and `wall_times` gave."""


class Orderless(Endpoint):
    """The protocol of a port that enters no orders: all that it is told is that a day starts or ends."""

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def modified(self, order: Order, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def prevented(
        self,
        order: Order,
        removed: int,
        quantity: int,
        price: int,
        liquidity: Liquidity,
        strategy: SelfMatchPrevention,
        now: int,
    ) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def cancel_pending(self, order: Order, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def cancel_rejected(self, order: Order, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def repriced(self, order: Order, number: int, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def mass_canceled(self, request: bytes, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def carried_over(self, order: Order, now: int) -> None:
        """See `Sink`."""
        raise AssertionError(self.port.name)

    def system_event(self, event: SystemEvent, now: int) -> None:
        """See `Sink`."""
