"""The codec's way through messages whose numbers stand in them as decimal digits, whatever the build."""

from wire.generate_text import wrap
from wire.record import Digits, Direction, Layout

HELPERS = """

def _number(text: bytes) -> int:
    if not text.isdigit():
        text = text.lstrip(b" ")
        if not text.isdigit():
            raise Malformed(f"{text!r} stands for a number")
    return int(text)
"""


def read(layout: Layout, constant: str, short: str) -> str:
    """Write the body that reads a message whose numbers are digits, and whose tail may be left off."""
    strict, fixed = layout.direction is Direction.IN, layout.fixed
    if layout.shortest < fixed:
        told = (
            f"    if len(message) != {fixed}:\n        if not {layout.shortest} <= len(message) < {fixed}:\n    {short}"
        )
        told += f"        message = message.ljust({fixed})\n"
    else:
        told = f"    if len(message) {'!=' if strict else '<'} {fixed}:\n{short}"
    names = [f.name for f in layout.fields]
    if len(names) > 1:
        told += wrap("(", names, f") = _{constant}_FIELDS.unpack_from(message)", indent=4)
    else:
        told += f"    ({names[0]},) = _{constant}_FIELDS.unpack_from(message)\n"
    values = [f"_number({f.name})" if isinstance(f.kind, Digits) else f.name for f in layout.fields]
    return told + wrap("return (", values, ")", indent=4)


def write(layout: Layout) -> str:
    """Write the body that writes such a message: one pattern, in which too long a number would show in the length."""
    before, behind = (
        "".join(f"%0{f.kind.size}d" if isinstance(f.kind, Digits) else "%b" for f in part)
        for part in layout.around_letter()
    )
    lines = [f"    assert len({f.name}) == {f.kind.size}\n" for f in layout.fields if f.kind.is_text]
    pattern = f'b"{before}{layout.letter}{behind}"'
    lines.append(wrap(f"message = {pattern} % (", [f.name for f in layout.fields], ")", indent=4))
    return "".join(lines) + f"    assert len(message) == {layout.fixed}\n    return message\n"
