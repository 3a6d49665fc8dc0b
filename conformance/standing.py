"""Rules that hold for every byte a server sends, whatever a scenario is about: looked at as packets arrive.

An `Account` is what a port's user has seen of the day: its streams by number, its orders and what is open of them; it
`is_heard` once all that was said before the run has been heard. A `Market` is what no two accounts may see differently.
Both live as long as a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.declarations import soup
from conformance.declarations.kinds import Value
from conformance.declarations.message import Dialect, Dissection, dissect
from conformance.declarations.soup import Packet

Key = tuple[int, int]
"""An order's name on its port: UserRefIdx (0 for none) and UserRefNum."""


@dataclass
class Market:
    """What is unique on the market, and who was told: (user, session, sequence number)."""

    dialect: Dialect
    references: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    matches: dict[int, set[tuple[str, str, int]]] = field(default_factory=dict)


@dataclass
class Account:
    """A user of the server: credentials, where, the session last joined, and what its stream has said."""

    user: str
    password: str
    target: tuple[str, int]
    session: str = ""
    next_sequence: int = 1
    is_heard: bool = False
    stream: dict[tuple[str, int], bytes] = field(default_factory=dict)
    timestamps: dict[tuple[str, int], int] = field(default_factory=dict)
    open: dict[Key, int] = field(default_factory=dict)

    def joined(self, session: str, market: Market) -> None:
        """Note the session; another one is another day, and starts from nothing."""
        if self.session and session != self.session:
            self.next_sequence = 1
            self.is_heard = False
            self.open.clear()
            market.references.clear()
            market.matches.clear()
        self.session = session

    def unwrap(self, packet: Packet) -> tuple[str, Packet]:
        """Give the port whose message a sequenced packet brings, where that is not this account, and its message."""
        return "", packet

    def look_at(self, payload: bytes, sequence: int | None, market: Market) -> list[str]:
        """Say which standing rules a message breaks, and remember it."""
        return look_at_message(payload, sequence, self, market)

    def repeated(self, payload: bytes, sequence: int) -> list[str] | None:
        """Say what is wrong with a message that has come before; None where it is new. It is remembered."""
        known = self.stream.get((self.session, sequence))
        if known is None:
            self.stream[self.session, sequence] = payload
            return None
        if known != payload:
            return [
                f"SoupBinTCP 1.5: message {sequence} is replayed with other bytes: {payload.hex()}, not {known.hex()}"
            ]
        return []


def look(packet: Packet, sequence: int | None, account: Account, market: Market, *, is_logged_in: bool) -> list[str]:
    """Say which standing rules a packet breaks."""
    if packet.letter not in soup.SERVER_LETTERS:
        return [f"SoupBinTCP 1.2: packet type {packet.letter!a} is not for a server to send"]
    faults = [f"SoupBinTCP 1.2: {fault}" for fault in soup.dissect(packet).faults]
    if not is_logged_in and packet.letter in "SUZ":
        faults.append(f"SoupBinTCP 1.4: packet type {packet.letter} before Login Accepted")
    if is_logged_in and packet.letter in "AJ":
        faults.append(f"SoupBinTCP 1.4: packet type {packet.letter} after Login Accepted")
    if packet.letter in soup.CARRIERS:
        faults += account.look_at(packet.payload, sequence, market)
    return faults


def look_at_message(payload: bytes, sequence: int | None, account: Account, market: Market) -> list[str]:
    """Say which standing rules a message breaks, and remember it."""
    found = dissect(market.dialect, payload, inbound=False)
    faults = [f"{market.dialect.title}: {found.name}: {fault}" for fault in found.faults]
    if sequence is None:
        return faults
    place = (account.session, sequence)
    repeated = account.repeated(payload, sequence)
    if repeated is not None:
        return faults + repeated
    if faults:
        return faults
    timestamp = found.values["Timestamp"]
    assert isinstance(timestamp, int)
    before = account.timestamps.get((account.session, sequence - 1), 0)
    account.timestamps[place] = timestamp
    if timestamp < before and found.name != "SystemEvent":
        faults.append(f"OUCH 5.0 2.1: the timestamp of message {sequence} goes back from {before} to {timestamp}")
    who = (account.user, *place)
    faults += look_at_references(found, who, market)
    faults += look_at_quantities(found, account)
    return [f"message {sequence}: {fault}" for fault in faults]


def look_at_references(found: Dissection, who: tuple[str, str, int], market: Market) -> list[str]:
    """Order reference numbers are unique; a match number belongs to the two sides of one trade."""
    faults = []
    reference = found.values.get("OrderReferenceNumber")
    if isinstance(reference, int):
        first = market.references.setdefault(reference, who)
        if first != who:
            faults.append(f"OUCH 5.0 4.2: order reference number {reference} was given to {first[0]} before")
    match = found.values.get("MatchNumber")
    if isinstance(match, int) and found.name == "Executed":
        told = market.matches.setdefault(match, set())
        told.add(who)
        if len(told) > 2:
            faults.append(f"OUCH 5.0 4.6: match number {match} stands in more than two executions")
    return faults


def look_at_quantities(found: Dissection, account: Account) -> list[str]:
    """Nothing more is executed or canceled than an order has open, and nothing comes for one that is done."""
    values, options = found.values, found.options or {}
    number = values.get("UserRefNum")
    if not isinstance(number, int):
        return []
    channel = options.get("UserRefIdx", 0)
    assert isinstance(channel, int)
    key = (channel, number)
    quantity = values.get("Quantity", 0)
    assert isinstance(quantity, int)
    match found.name:
        case "Accepted":
            if key in account.open:
                return [f"OUCH 5.0 2.3: UserRefNum {number} is accepted a second time"]
            account.open[key] = 0 if is_dead(values) else quantity
        case "Replaced":
            original = values["OrigUserRefNum"]
            assert isinstance(original, int)
            account.open[channel, original] = 0
            account.open[key] = 0 if is_dead(values) else quantity
        case "Modified":
            account.open[key] = quantity
        case "Executed" | "Canceled" | "AIQCanceled":
            if found.name == "AIQCanceled":
                decrement = values["Decrement"]
                assert isinstance(decrement, int)
                quantity = decrement
            left = account.open.get(key, 0) - quantity
            account.open[key] = max(0, left)
            if left < 0:
                return [
                    f"OUCH 5.0 2.5: {found.name} takes {quantity} of UserRefNum {number}, {left + quantity} are open"
                ]
    return []


def is_dead(values: dict[str, Value]) -> bool:
    """Whether an order is over as soon as it is accepted."""
    return values.get("OrderState") == "D"
