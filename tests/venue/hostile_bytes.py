"""What a client of SoupBinTCP sends, right, nearly right or all wrong, written by hand."""

import struct

from doors import PASSWORD, USER, packet

LARGEST = 1024


def login(user=USER, sequence=1, text=""):
    """A Login Request; `text` stands in for the sequence number, and what comes behind it."""
    return packet(b"L", f"{user:6}{PASSWORD:10}{'':10}".encode() + (text or f"{sequence:>20}").encode("latin-1"))


def enter(number, side=b"B", quantity=100, price=10, tif=b"0"):
    """An Enter Order for ZWZZT."""
    head = struct.pack(">cIcI8sQ", b"O", number, side, quantity, b"ZWZZT".ljust(8), price * 10_000)
    return head + tif + b"YPNN" + b" " * 14 + bytes(2)


def order(*arguments, **fields):
    return packet(b"U", enter(*arguments, **fields))


def cut(data):
    """Whole packets at the beginning of `data` as type and payload, and the rest."""
    packets, at = [], 0
    while len(data) - at > 2 and (end := at + 2 + int.from_bytes(data[at : at + 2], "big")) <= len(data):
        packets.append((data[at + 2 : at + 3], data[at + 3 : end]))
        at = end
    return packets, data[at:]


def mutated(chance, data):
    """Bytes with a few pieces changed, added or left out."""
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.randbytes(chance.choice((0, 1, 2, 40))) + data[at + chance.choice((0, 1, 2, 40)) :]
    return data


def message(chance, number):
    """An OUCH message that is right, or nearly."""
    firm, old = chance.choice((b"INET", b"AKAM")), chance.randrange(number + 2)
    size, side = chance.choice((0, 1, 100, 999_999)), chance.choice((b"B", b"S", b"T"))
    options = chance.choice((b"\0\0", b"\0\4\3\x18\0\7", b"\0\3\2\x1c\5", b"\0\2\1\x1c"))
    bodies = (
        enter(number, side, size, chance.randrange(9, 12))[:-2],
        struct.pack(">cIIIQ", b"U", old, number, size, 100_000) + b"0YN" + b" " * 14,
        struct.pack(">cII", b"X", old, size),
        struct.pack(">cIcI", b"M", old, side, size),
        struct.pack(">cI", b"C", number) + firm + chance.choice((b"ZWZZT   ", b" " * 8)),
        struct.pack(">cI", chance.choice((b"D", b"E")), number) + firm,
        b"Q",
    )
    return mutated(chance, chance.choice(bodies) + options)[:LARGEST]
