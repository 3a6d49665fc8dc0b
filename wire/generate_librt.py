"""The codec's second way through each message, for the compiled build: field by field, with mypyc's own librt.

`struct` is the fastest that plain Python has, but for compiled code each of its calls boxes every number and makes a
tuple. So what a server reads and writes, and only that, is spelled out beside it; `COMPILED` chooses, and plain Python
neither takes this way nor imports librt. Both ways must read and write the same bytes: the codec's tests run on both
builds.
"""

from wire.record import Layout

IMPORTS = """\
COMPILED: Final = not __file__.endswith(".py")
if COMPILED:  # where mypyc was, there is its library; plain Python has no use for it
    from librt.strings import (
        BytesWriter,
        read_i32_be,
        read_i64_be,
        write_i16_be,
        write_i32_be,
        write_i64_be,
    )
"""

HELPERS = """

def _u16(message: bytes, at: int) -> int:
    return message[at] << 8 | message[at + 1]


def _u32(message: bytes, at: i64) -> int:
    return i64(read_i32_be(message, at)) & 0xFFFF_FFFF


def _u64(message: bytes, at: i64) -> int:
    value = read_i64_be(message, at)
    return value if value >= 0 else int(value) + 2**64


def _put_u16(out: BytesWriter, value: int) -> None:
    assert 0 <= value < 2**16
    write_i16_be(out, i16(i64(value)))


def _put_u32(out: BytesWriter, value: int) -> None:
    assert 0 <= value < 2**32
    write_i32_be(out, i32(i64(value)))


def _put_u64(out: BytesWriter, value: int) -> None:
    if 0 <= value <= 2**62 - 1:  # one machine word for compiled code, as a greater number is not
        write_i64_be(out, value)
    else:
        out.write(value.to_bytes(8, "big"))
"""

NUMBERS = {"H": "u16", "I": "u32", "Q": "u64"}
"""The helper of each unsigned integer; signed ones do not stand in fields that servers read or write."""


def is_served(layout: Layout) -> bool:
    """Whether every field has a way here."""
    return all(f.kind.is_text or f.kind.format in (*NUMBERS, "B") for f in layout.fields)


def read(layout: Layout) -> list[str]:
    """Give an expression for each field."""
    values = []
    for f in layout.fields:
        if f.kind.is_text:
            values.append(f"message[{f.offset}:{f.offset + f.kind.size}]")
        elif f.kind.format == "B":
            values.append(f"message[{f.offset}]")
        else:
            values.append(f"_{NUMBERS[f.kind.format]}(message, {f.offset})")
    return values


def write(layout: Layout) -> list[str]:
    """Give the statements that write letter and fields to `out`."""
    lines = [f"out.append({ord(layout.letter)})"]
    for f in layout.fields:
        if f.kind.is_text:
            lines.append(f"out.write({f.name})")
        elif f.kind.format == "B":
            lines.append(f"out.append({f.name})")
        else:
            lines.append(f"_put_{NUMBERS[f.kind.format]}(out, {f.name})")
    return lines
