"""How generated code is broken into lines: as the formatter would leave it."""

from collections.abc import Iterable

LINE = 120


def wrap(head: str, items: Iterable[str], tail: str, indent: int = 0) -> str:
    """One line if it fits, else the items on a line of their own, else a line each: as the formatter breaks it."""
    pad = " " * indent
    items = list(items)
    inner = ", ".join(items)
    if len(pad + head + inner + tail) <= LINE:
        return f"{pad}{head}{inner}{tail}\n"
    if len(inner) + indent + 4 <= LINE:
        return f"{pad}{head}\n{pad}    {inner}\n{pad}{tail}\n"
    return f"{pad}{head}\n" + "".join(f"{pad}    {item},\n" for item in items) + f"{pad}{tail}\n"
