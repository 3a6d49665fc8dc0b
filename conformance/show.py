"""Packets for people: what a failure and its wire log show of SoupBinTCP and OUCH."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.declarations import soup
from conformance.declarations.message import OPTION_LENGTH, OPTION_TAG, Dialect, dissect
from conformance.link import Wire


def wire_lines(wire: Wire, dialect: Dialect, behind: int = 0) -> Iterator[str]:
    """Tell one read or write: time, party, direction, each packet dissected, then its bytes.

    Sequenced messages stand `behind` so many bytes, which name a port.
    """
    arrow = "-->" if wire.is_sent else "<--"
    head = f"{wire.seconds:8.3f} {wire.party:<7} {arrow}"
    taken = 0
    for packet in soup.cut(wire.data):
        taken = packet.offset + 3 + len(packet.payload)
        yield f"{head} {summary(packet, dialect, inbound=wire.is_sent, behind=behind)}  [{packet.data.hex()}]"
    if taken < len(wire.data):
        yield f"{head} {len(wire.data) - taken} bytes of a packet  [{wire.data[taken:].hex()}]"


def summary(packet: soup.Packet, dialect: Dialect, *, inbound: bool, behind: int = 0) -> str:
    """Tell a packet in a line: its message's or its own fields."""
    found, port = soup.dissect(packet), ""
    if packet.letter in soup.CARRIERS:
        found = dissect(dialect, packet.payload[behind:], inbound=inbound)
        port = f"Port={packet.payload[:behind].decode('latin-1').strip()!a}" if behind else ""
    skip = ("PacketType", "Type", "AppendageLength", OPTION_LENGTH, OPTION_TAG)
    fields = " ".join(f"{cell.name}={cell.value}" for cell in found.cells if cell.name not in skip and not cell.fault)
    name = found.name if found.message else f"packet {packet.letter!a}"
    return " ".join(filter(None, (name, fields, port, *(f"!! {fault}" for fault in found.faults))))
