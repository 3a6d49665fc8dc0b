"""Bytes for people: what `portcullis decode` prints, a line a field, whatever the bytes.

Three questions are answered one after the other, each found out where it is not told: what the file is (raw bytes,
hexadecimal text, a capture), what the layer is (FIX, SoupBinTCP, MoldUDP64, or bare messages), and what dialect
messages speak. Of UDP in a capture what looks like MoldUDP64 is read, a packet a datagram.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from conformance.capture import hexadecimal, packets
from conformance.capture.streams import Stream, read_capture, read_datagrams
from conformance.declarations import mold, soup, soup_tcp
from conformance.declarations.itch import ITCH
from conformance.declarations.message import Cell, Dialect, Dissection, dissect
from conformance.declarations.nordic import NORDIC
from conformance.declarations.prm import PRM
from conformance.declarations.rash import RASH_10, READ
from conformance.declarations.us import US
from conformance.fix import decode as fix

DIALECTS: Final = {dialect.key: dialect for dialect in (US, NORDIC, PRM, ITCH, READ, RASH_10)}
UNKNOWN: Final = 4
TOWARDS: Final = {True: "to the server", False: "from the server"}


@dataclass
class Input:
    """One run of bytes: where they are from, and which way they went, if that is known."""

    name: str
    data: bytes
    inbound: bool | None = None
    remark: str = ""
    is_datagram: bool = False


@dataclass
class Printer:
    """Writes lines, and remembers whether all was sound."""

    lines: list[str] = field(default_factory=list)
    is_sound: bool = True

    def say(self, text: str) -> None:
        """Write a line."""
        self.lines.append(text)

    def fault(self, text: str) -> None:
        """Write a line about what is wrong."""
        self.is_sound = False
        self.lines.append(text)

    def cells(self, cells: Sequence[Cell], base: int) -> None:
        """Write fields: offset, length, name, value, meaning."""
        for cell in cells:
            value = cell.value or cell.raw.hex(" ") or "(no bytes)"
            notes = f"  {cell.meaning}" if cell.meaning else ""
            if cell.fault:
                self.is_sound = False
                notes += f"  !! {cell.fault}"
            self.say(f"  {base + cell.offset:6} {len(cell.raw):4}  {cell.name:<22} {value}{notes}")


def decode(
    data: bytes, form: str | None, layer: str | None, dialect: str | None, direction: str | None
) -> tuple[list[str], bool]:
    """Give what is to be printed, and whether everything could be read."""
    printer = Printer()
    forced = None if direction is None else direction == "in"
    try:
        inputs = read(data, form)
    except hexadecimal.NotHexadecimal as error:
        printer.fault(f"!! not hexadecimal text: {error}")
        return printer.lines, False
    if not inputs:
        printer.fault("!! no bytes")
    for one in inputs:
        one.inbound = forced if forced is not None else one.inbound
    are_mold = [is_mold(one, layer) for one in inputs]
    are_fix = [
        not is_packet and (layer == "fix" or (layer is None and fix.looks_like(one.data)))
        for one, is_packet in zip(inputs, are_mold, strict=True)
    ]
    others = [one for one, *known in zip(inputs, are_fix, are_mold, strict=True) if not any(known)]
    is_soup = layer == "soup" or (layer is None and any(looks_like_soup(one.data) for one in others))
    if others and not is_soup and len(inputs) == 1 and hexadecimal.looks_like(data) and form != "raw":
        inputs = [Input(one.name, raw, one.inbound) for one in inputs for raw in hexadecimal.read(data)]
        are_fix = are_mold = [False] * len(inputs)
        others = inputs
    speaks = DIALECTS[dialect] if dialect else guess_dialect(others, is_soup=is_soup)
    for one, is_fix, is_packet in zip(inputs, are_fix, are_mold, strict=True):
        printer.say(f"{one.name}: {len(one.data)} bytes{one.remark}")
        if layer is None and not is_fix and soup_tcp.looks_like(one.data):
            print_lines(printer, one, speaks if dialect else RASH_10)
        elif is_packet:
            print_datagram(printer, one.data, DIALECTS[dialect] if dialect else ITCH)
        elif is_fix:
            fix.print_stream(one.data, printer.say, printer.fault, printer.cells)
        elif is_soup:
            print_stream(printer, one, speaks)
        else:
            print_message(printer, speaks, one.data, one.inbound, 0)
    return printer.lines, printer.is_sound


def read(data: bytes, form: str | None) -> list[Input]:
    """Find out what the input is, and give the bytes in it."""
    if form == "pcap" or (form is None and packets.is_capture(data)):
        if not packets.is_capture(data):
            return []
        streams = [part for stream in oriented(read_capture(data)) for part in stream]
        datagrams = [one for one in read_datagrams(data) if mold.looks_like(one.data)]
        return streams + [Input(f"{one.source} > {one.target}", one.data, is_datagram=True) for one in datagrams]
    if form == "hex" or (form is None and hexadecimal.looks_like(data)):
        return [Input("hexadecimal text", b"".join(hexadecimal.read(data)))]
    return [Input("raw bytes", data)] if data else []


def oriented(streams: list[Stream]) -> Iterator[list[Input]]:
    """Tell for each stream which way it went: the client is who sent a login, or what only a client sends."""
    clients = {
        (stream.connection, stream.source): score
        for stream in streams
        if (score := client_score(b"".join(data for data, _ in stream.parts())))
    }
    for stream in streams:
        mine = clients.get((stream.connection, stream.source), 0)
        other = clients.get((stream.connection, stream.target), 0)
        inbound = None if mine == other else mine > other
        parts = stream.parts()
        yield [
            Input(
                f"{stream.source} > {stream.target}",
                part,
                inbound,
                f", {gap} bytes before them are missing" if gap else "",
            )
            for part, gap in parts
        ]


def client_score(data: bytes) -> int:
    """Say how much a stream looks like a client's (above 0) or a server's (below)."""
    if fix.looks_like(data):
        return fix.client_score(data)
    if soup_tcp.looks_like(data):
        return 1 if data[:1] in (b"L", b"U") else -1
    score = 0
    for packet in soup.cut(data):
        score += {"L": 9, "O": 3, "R": 1, "U": 1, "A": -9, "J": -9, "S": -3, "H": -1, "Z": -3}.get(packet.letter, 0)
    return score


def looks_like_soup(data: bytes) -> bool:
    """Whether bytes begin with a packet that there is, of a length that it may have."""
    if len(data) < 3 or chr(data[2]) not in soup.LETTERS or data[:2] == b"\0\0":
        return False
    length = int.from_bytes(data[:2], "big")
    if chr(data[2]) not in soup.CARRIERS:
        sizes = {"L": (47, 52), "A": (31,), "J": (2,), "+": range(1, 0xFFFF)}.get(chr(data[2]), (1,))
        return length in sizes
    return len(data) >= 2 + length or length < 1024


def is_mold(one: Input, layer: str | None) -> bool:
    """Whether an input is a packet of MoldUDP64."""
    return layer == "mold" or (layer is None and (one.is_datagram or mold.looks_like(one.data)))


def messages(one: Input, *, is_soup: bool) -> Iterator[tuple[bytes, bool | None]]:
    """Give the messages in an input, and which way each went."""
    if not is_soup:
        yield one.data, one.inbound
        return
    for packet in soup.cut(one.data):
        if packet.letter in soup.CARRIERS:
            yield packet.payload, direction_of(packet.letter, one.inbound)


def direction_of(letter: str, inbound: bool | None) -> bool:
    """Give which way a message went: sequenced ones come from a server, unsequenced ones mostly from a client."""
    return letter == "U" if inbound is None else inbound


def guess_dialect(inputs: list[Input], *, is_soup: bool) -> Dialect:
    """Give the dialect in which fewer messages have faults; the US one where it makes no difference."""
    counts = dict.fromkeys(DIALECTS, 0)
    for one in inputs:
        for data, inbound in messages(one, is_soup=is_soup):
            for key, dialect in DIALECTS.items():
                counts[key] += badness(best(dialect, data, inbound)[0])
    return DIALECTS[min(counts, key=lambda key: counts[key])]


def badness(found: Dissection) -> int:
    """Say how far bytes are from what was declared; an unknown letter is further off than any field."""
    return len(found.faults) + (0 if found.message else UNKNOWN)


def best(dialect: Dialect, data: bytes, inbound: bool | None) -> tuple[Dissection, bool]:
    """Take a message apart; where its direction is not known, in the one with fewer faults."""
    if inbound is not None:
        return dissect(dialect, data, inbound=inbound), inbound
    both = [(dissect(dialect, data, inbound=way), way) for way in (True, False)]
    return min(both, key=lambda found: badness(found[0]))


def print_stream(printer: Printer, one: Input, dialect: Dialect) -> None:
    """Print packets, and what they carry, and what is left at the end."""
    taken = 0
    for packet in soup.cut(one.data):
        print_packet(printer, packet, one.inbound, dialect)
        taken = packet.offset + 3 + len(packet.payload)
    rest = one.data[taken:]
    if rest[:2] == b"\0\0":
        printer.fault(f"  {taken:6} {len(rest):4}  !! a Packet Length of 0; not read further: {rest[:32].hex(' ')}")
    elif rest:
        length = int.from_bytes(rest[:2], "big") if len(rest) > 1 else None
        of = "" if length is None else f" of {length + 2}"
        printer.fault(
            f"  {taken:6} {len(rest):4}  !! a packet is cut off after {len(rest)}{of} bytes: {rest[:32].hex(' ')}"
        )


def print_datagram(printer: Printer, data: bytes, dialect: Dialect) -> None:
    """Print a packet of MoldUDP64: its header, then each block."""
    found = mold.dissect(data)
    printer.say(f"{0:8} MoldUDP64, {len(data)} bytes")
    printer.cells(found.cells, 0)
    if found.faults:
        return
    at = mold.HEADER
    for end in list(mold.ends(data))[1:]:
        if end < 0:
            printer.fault(f"  {at:6} {len(data) - at:4}  !! a block is cut off: {data[at:][:32].hex(' ')}")
            return
        size = mold.BLOCK_LENGTH
        printer.cells([Cell(0, "BlockLength", data[at : at + size], str(end - at - size), "")], at)
        print_message(printer, dialect, data[at + size : end], inbound=False, base=at + size)
        at = end
    if at < len(data):
        printer.fault(f"  {at:6} {len(data) - at:4}  !! more bytes than the packet has")


def print_lines(printer: Printer, one: Input, dialect: Dialect) -> None:
    """Print lines of SoupTCP, and what they carry, and what is left at the end."""
    at = 0
    *whole, rest = one.data.split(soup_tcp.LINE_FEED)
    for line in whole:
        found = soup_tcp.dissect(line)
        printer.say(f"{at:8} {found.name}, {len(line) + 1} bytes")
        printer.cells(found.cells, at)
        letter = line[:1].decode("latin-1")
        if letter in soup_tcp.CARRIERS and len(line) > 1:
            print_message(printer, dialect, line[1:], letter == "U", at + 1)
        at += len(line) + 1
    if rest:
        printer.fault(f"  {at:6} {len(rest):4}  !! a line without its end: {rest[:32].hex(' ')}")


def print_packet(printer: Printer, packet: soup.Packet, inbound: bool | None, dialect: Dialect) -> None:
    """Print one packet."""
    found = soup.dissect(packet)
    printer.say(f"{packet.offset:8} {found.name}, {len(packet.data)} bytes")
    length = len(packet.payload) + 1
    printer.cells([Cell(0, "PacketLength", packet.data[:2], str(length), "")], packet.offset)
    printer.cells(found.cells, packet.offset + 2)
    if packet.letter in soup.CARRIERS:
        print_message(printer, dialect, packet.payload, direction_of(packet.letter, inbound), packet.offset + 3)


def print_message(printer: Printer, dialect: Dialect, data: bytes, inbound: bool | None, base: int) -> None:
    """Print one message."""
    found, way = best(dialect, data, inbound)
    printer.say(f"{base:8}   {found.name}, {len(data)} bytes {TOWARDS[way]}, {dialect.title}")
    printer.cells(found.cells, base)
