"""Rewrite the page of FIX order entry tables: `python -m fix.generate`, or `--check` to ask only.

Run it from a source tree; the page lies outside the package.
"""

import sys
from collections.abc import Iterator
from typing import Final

from engine.api import Reject
from fix.dictionary import Dictionary, dictionaries
from fix.order_dialect import OrderDialect, order_dialect
from fix.reasons import DUPLICATE_CL_ORD_ID, INVALID_CL_ORD_ID, INVALID_CURRENCY, LOCATE_REQUIRED, REASONS, Reason
from wire.generate_files import Files

COMMAND: Final = "python -m fix.generate"
PAGE: Final = "docs/fix-tags.md"
DIALECTS: Final = {
    "inet": ("US INET FIX", ("FIX.4.2", "FIX.4.4")),
    "flite": ("US FLITE", ("FIX.4.2", "FIX.4.4")),
    "nordic": ("INET Nordic", ("FIX.4.2", "FIX.4.4", "FIXT.1.1")),
}
"""The order entry dialects, each with the versions in which it differs."""
KINDS: Final = (b"D", b"G", b"F", b"8", b"9")
OWN: Final = {
    "ClOrdID used before": DUPLICATE_CL_ORD_ID,
    "ClOrdID empty or too long": INVALID_CL_ORD_ID,
    "currency not the order book's": INVALID_CURRENCY,
    "short sale without a locate": LOCATE_REQUIRED,
}
HEAD: Final = f"""# FIX order entry: tags and reasons

Written by `{COMMAND}` from the tables in `fix/dialects` and `fix/reasons.py`; how orders work is told in
[fix-orders.md](fix-orders.md).

`Y` is required, `N` may be left out, nothing: not taken (D, G, F) or not sent (8, 9). What a value means stands behind
it, in the words of the engine; a value without a meaning changes nothing.
"""


def page() -> str:
    """Give the whole page."""
    lines = [HEAD]
    for name, (title, versions) in DIALECTS.items():
        for version in versions:
            lines += ["", f"## {title}, {version}", "", *tags(name, version)]
    lines += ["", "## Reasons", "", *reasons()]
    return "\n".join(lines) + "\n"


def tags(name: str, version: str) -> Iterator[str]:
    """Give a row for each tag of a dialect's messages."""
    _, dictionary = dictionaries(version, name)
    dialect = order_dialect(name, version.encode())
    compositions = [dictionary.composition(kind).fields for kind in KINDS]
    yield "| tag | name | D | G | F | 8 | 9 | values and meaning |"
    yield "| ---: | --- | :-: | :-: | :-: | :-: | :-: | --- |"
    for tag in sorted({tag for fields in compositions for tag in fields}, key=int):
        marks = [{True: "Y", False: "N", None: ""}[fields.get(tag)] for fields in compositions]
        cells = [tag.decode(), dictionary.field(tag).name, *marks, meaning(dictionary, dialect, tag)]
        yield f"| {' | '.join(cells)} |".replace("  ", " ")


def meaning(dictionary: Dictionary, dialect: OrderDialect, tag: bytes) -> str:
    """Say what may stand in a field, and what it means."""
    said = []
    field = dictionary.field(tag)
    meanings = dialect.values.get(tag, {})
    for value in sorted(field.values) if field.values and tag in dialect.tags else meanings:
        changes = [
            name if word is True else getattr(word, "name", str(word)) for name, word in meanings.get(value, {}).items()
        ]
        said.append(f"`{value.decode()}`" + (f" {', '.join(changes).lower().replace('_', ' ')}" if changes else ""))
    if tag in dialect.contents:
        kind, name = dialect.contents[tag]
        said.append(f"{kind}: {name.replace('_', ' ')}")
    if field.length_max:
        said.append(f"at most {field.length_max} bytes")
    if tag in dialect.default:
        said.append(f"reports say `{dialect.default[tag].decode()}` where the order does not")
    if tag in dialect.fixed:
        said.append(f"reports say `{dialect.fixed[tag].decode()}`")
    if tag in dialect.changes:
        said.append("may change")
    return "; ".join(said)


def reasons() -> Iterator[str]:
    """Give a row for each reason."""
    yield "| reason | 103 to 4.2 | 103 in 4.4 | 103 in 5.0 SP2 | 58 | 22204 |"
    yield "| --- | --: | --: | --: | --- | --: |"
    named: dict[str, Reason] = {f"`{reject.name}`": REASONS[reject] for reject in Reject} | OWN
    for name, reason in named.items():
        codes = " | ".join(map(str, reason.codes))
        yield f"| {name} | {codes} | `{reason.text.decode()}` | {reason.extended or ''} |"


FILES: Final = Files(COMMAND, lambda: {PAGE: page()})


if __name__ == "__main__":
    sys.exit(FILES.main())
