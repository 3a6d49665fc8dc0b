"""Network captures: pcap and pcapng files, and the TCP segments and UDP datagrams in their frames.

Ethernet (with VLAN tags), BSD loopback, raw IP, and Linux cooked of both versions; IPv4 and IPv6. What cannot be read
is counted and passed over: a capture may hold anything.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

PCAP_MAGIC: Final = {
    b"\xa1\xb2\xc3\xd4": ">",
    b"\xa1\xb2\x3c\x4d": ">",
    b"\xd4\xc3\xb2\xa1": "<",
    b"\x4d\x3c\xb2\xa1": "<",
}
PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
BYTE_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
NULL, ETHERNET, RAW_BSD, RAW, LOOP, COOKED, IPV4_ONLY, IPV6_ONLY, COOKED_2 = 0, 1, 12, 101, 108, 113, 228, 229, 276
IPV4, IPV6 = 0x0800, 0x86DD
VLANS: Final = (0x8100, 0x88A8)
TCP: Final = 6
UDP: Final = 17
EXTENSIONS: Final = (0, 43, 60)
"""IPv6 headers that may stand before TCP or UDP: hop-by-hop options, routing, destination options."""


class Segment(NamedTuple):
    """A TCP segment: who sent it to whom, where its bytes belong, and whether it opens a connection."""

    source: str
    target: str
    sequence: int
    is_first: bool
    data: bytes


class Datagram(NamedTuple):
    """A UDP datagram: who sent what to whom."""

    source: str
    target: str
    data: bytes


def is_capture(data: bytes) -> bool:
    """Whether this is a capture file."""
    return data[:4] in PCAP_MAGIC or data[:4] == PCAPNG_MAGIC


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give link type and bytes of each frame; stops where the file is cut off."""
    return pcapng_frames(data) if data[:4] == PCAPNG_MAGIC else pcap_frames(data)


def pcap_frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read a pcap file."""
    order = PCAP_MAGIC[data[:4]]
    if len(data) < 24:
        return
    link = struct.unpack_from(f"{order}I", data, 20)[0] & 0xFFFF
    at = 24
    while at + 16 <= len(data):
        (length,) = struct.unpack_from(f"{order}I", data, at + 8)
        if at + 16 + length > len(data):
            return
        yield link, data[at + 16 : at + 16 + length]
        at += 16 + length


def pcapng_frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read a pcapng file: its interfaces' link types, enhanced, simple and old packet blocks."""
    order = ">"
    links: list[int] = []
    at = 0
    while at + 12 <= len(data):
        if data[at : at + 4] == PCAPNG_MAGIC:
            order, links = BYTE_ORDERS.get(data[at + 8 : at + 12], order), []
        kind, length = struct.unpack_from(f"{order}II", data, at)
        if length < 12 or at + length > len(data):
            return
        body = data[at + 8 : at + length - 4]
        if kind == 1 and len(body) >= 2:
            links.append(struct.unpack_from(f"{order}H", body)[0])
        elif kind == 3 and len(body) >= 4 and links:
            yield links[0], body[4 : 4 + struct.unpack_from(f"{order}I", body)[0]]
        elif kind in (2, 6) and len(body) >= 20:
            interface = struct.unpack_from(f"{order}{'I' if kind == 6 else 'H'}", body)[0]
            (captured,) = struct.unpack_from(f"{order}I", body, 12)
            if interface < len(links):
                yield links[interface], body[20 : 20 + captured]
        at += length


def network_layer(link: int, frame: bytes) -> bytes:
    """Give the IP packet of a frame; empty where there is none."""
    if link in (RAW, RAW_BSD, 14, IPV4_ONLY, IPV6_ONLY):
        return frame
    if link in (NULL, LOOP):
        return frame[4:]
    if link == COOKED:
        return frame[16:] if frame[14:16] in (b"\x08\x00", b"\x86\xdd") else b""
    if link == COOKED_2:
        return frame[20:] if frame[:2] in (b"\x08\x00", b"\x86\xdd") else b""
    if link == ETHERNET:
        at = 12
        while int.from_bytes(frame[at : at + 2], "big") in VLANS:
            at += 4
        return frame[at + 2 :] if int.from_bytes(frame[at : at + 2], "big") in (IPV4, IPV6) else b""
    return b""


def segment(link: int, frame: bytes) -> Segment | None:
    """Give the TCP segment in a frame; None where there is none, or only a fragment."""
    found = transport_layer(link, frame, TCP)
    return None if found is None else tcp_segment(*found)


def datagram(link: int, frame: bytes) -> Datagram | None:
    """Give the UDP datagram in a frame; None where there is none, or only a fragment."""
    found = transport_layer(link, frame, UDP)
    if found is None or len(found[2]) < 8:
        return None
    source, target, payload = found
    from_port, to_port, length = struct.unpack_from(">HHH", payload)
    return Datagram(f"{source}:{from_port}", f"{target}:{to_port}", payload[8 : length or None])


def transport_layer(link: int, frame: bytes, protocol: int) -> tuple[str, str, bytes] | None:
    """Give source, target and payload of a frame's IP packet, if it carries this protocol, whole."""
    packet = network_layer(link, frame)
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        header, total = (packet[0] & 15) * 4, int.from_bytes(packet[2:4], "big")
        if packet[9] != protocol or int.from_bytes(packet[6:8], "big") & 0x3FFF:
            return None
        payload = packet[header : total or None]  # a length of 0 is left to the network card
        source, target = (".".join(map(str, packet[at : at + 4])) for at in (12, 16))
    elif version == 6 and len(packet) >= 40:
        following, at, total = packet[6], 40, int.from_bytes(packet[4:6], "big")
        while following in EXTENSIONS and len(packet) >= at + 8:
            following, at = packet[at], at + 8 + packet[at + 1] * 8
        if following != protocol:
            return None
        payload = packet[at : 40 + total if total else None]
        source, target = (f"[{packet[at : at + 16].hex(':', 2)}]" for at in (8, 24))
    else:
        return None
    return source, target, payload


def tcp_segment(source: str, target: str, payload: bytes) -> Segment | None:
    """Read a TCP header."""
    if len(payload) < 20:
        return None
    from_port, to_port, sequence = struct.unpack_from(">HHI", payload)
    is_first = bool(payload[13] & 2)
    data = payload[(payload[12] >> 4) * 4 :]
    return Segment(f"{source}:{from_port}", f"{target}:{to_port}", (sequence + is_first) & 0xFFFF_FFFF, is_first, data)
