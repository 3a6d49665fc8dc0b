"""What an OUCH Drop port tells: messages that other ports told their clients, each behind the six letters of its port.

Whatever a scenario is about, each is held to its form as it arrives, and at the scenario's end to what those ports have
told the kit itself: the same bytes in the same order, and none left out. Messages that refuse something, and those that
belong to a login, a server may leave out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from conformance.declarations.message import Dialect, dissect
from conformance.declarations.soup import Packet
from conformance.standing import Account, Market

PORT_BYTES: Final = 6
PORT: Final = re.compile(rb"(?=.{6}$)[!-~]+ *$", re.DOTALL)
HOUSEKEEPING: Final = ("SystemEvent", "AccountQueryResponse")
REFUSALS: Final = ("Rejected", "CancelRejected")


@dataclass
class Watcher(Account):
    """A Drop port: what it has told of each port, beside what any account has seen."""

    copies: dict[str, list[bytes]] = field(default_factory=dict)

    def joined(self, session: str, market: Market) -> None:
        """Note the session; in another one other messages are told."""
        if self.session and session != self.session:
            self.copies.clear()
        super().joined(session, market)

    def unwrap(self, packet: Packet) -> tuple[str, Packet]:
        """Give the port and a packet with the message alone."""
        port = packet.payload[:PORT_BYTES].decode("latin-1").rstrip(" ")
        return port, replace(packet, payload=packet.payload[PORT_BYTES:])

    def look_at(self, payload: bytes, sequence: int | None, market: Market) -> list[str]:
        """Say which standing rules a copy breaks, and remember it."""
        if sequence is None:
            return ["OUCH Drop: a message that is not sequenced"]
        known = self.repeated(payload, sequence)
        if known is not None:
            return known
        port, message = payload[:PORT_BYTES], payload[PORT_BYTES:]
        if not PORT.match(port):
            return [f"OUCH Drop: message {sequence}: {port!r} is no port's name in {PORT_BYTES} letters"]
        found = dissect(market.dialect, message, inbound=False)
        self.copies.setdefault(port.decode("latin-1").rstrip(" "), []).append(message)
        return [f"{market.dialect.title}: message {sequence}: {found.name}: {fault}" for fault in found.faults]

    def missing(self, owner: Account, dialect: Dialect) -> int:
        """Give how many messages the port's own client has had that were not told here."""
        return len(that_count(said(owner), dialect)) - len(that_count(self.copies.get(owner.user, []), dialect))

    def unlike(self, owner: Account, dialect: Dialect) -> str:
        """Say where what was told here of a port is not what that port has told its client."""
        copies = that_count(self.copies.get(owner.user, []), dialect)
        own = that_count(said(owner), dialect)
        for place, (copy, message) in enumerate(zip(copies, own, strict=False), 1):
            if copy != message:
                told, meant = (dissect(dialect, data, inbound=False).name for data in (copy, message))
                return (
                    f"message {place} of {owner.user} was {meant} {message.hex()}, and is told as {told} {copy.hex()}"
                )
        left = self.missing(owner, dialect)
        return f"of {owner.user} {left} messages were not told" if left > 0 else ""


def said(owner: Account) -> list[bytes]:
    """Give what a port has told its client in the session last joined, in order."""
    return [payload for (session, _), payload in sorted(owner.stream.items()) if session == owner.session]


def that_count(messages: list[bytes], dialect: Dialect) -> list[bytes]:
    """Leave out what a server may leave out."""
    optional = {letter for letter, message in dialect.outbound.items() if message.name in (*HOUSEKEEPING, *REFUSALS)}
    return [message for message in messages if message[:1].decode("latin-1") not in optional]
