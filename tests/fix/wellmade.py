"""Messages for the tests of field checks: well made ones of every kind and version, and how to spoil them."""

from fix.codec import frame, parse
from fix.dictionary import dictionaries

TIME = "20261121-18:00:00.000"
EXAMPLES = {
    "INT": b"7",
    "LENGTH": b"4",  # of "text"
    "BOOLEAN": b"Y",
    "CHAR": b"c",
    "UTCTIMEONLY": b"18:00:00",
    "LOCALMKTTIME": b"18:00:00",
    "MONTHYEAR": b"202612",
    "TZTIMEONLY": b"18:00Z",
    "TZTIMESTAMP": b"20261121-18:00Z",
    "MULTIPLECHARVALUE": b"a b",
    **dict.fromkeys(("NUMINGROUP", "SEQNUM", "TAGNUM", "DAYOFMONTH"), b"7"),
    **dict.fromkeys(("FLOAT", "QTY", "PRICE", "PRICEOFFSET", "AMT", "PERCENTAGE"), b"-12.50"),
    **dict.fromkeys(("UTCTIMESTAMP",), TIME.encode()),
    **dict.fromkeys(("UTCDATE", "UTCDATEONLY", "LOCALMKTDATE"), b"20261121"),
}
"""A value for each type that does not take any text."""


def message(text, version="FIX.4.2"):
    """Make a message of `35=D|34=2|…`; BeginString, BodyLength and CheckSum are put around it."""
    made = parse(frame(version.encode(), text.strip("|").replace("|", "\x01").encode("latin-1") + b"\x01"))
    assert made is not None
    return made


def header(msg_type):
    """Give the header of a message, without what the frame brings."""
    return f"35={msg_type}|34=2|49=INFX01|56=INET|52={TIME}|"


def order(version="FIX.4.2", **changes):
    """Make a limit order; `t55="X"` sets a tag and `t55=None` leaves it out, `more` goes on behind."""
    more = changes.pop("more", "")
    fields = {"11": "A1", "21": "1", "55": "INTC", "54": "1", "60": TIME, "38": "100", "40": "2", "44": "20.01"}
    fields |= {tag.removeprefix("t"): value for tag, value in changes.items()}
    body = "".join(f"{tag}={value}|" for tag, value in fields.items() if value is not None)
    return message(header("D") + body + more, version)


def example(dictionary, tag):
    """Give a value that a field takes."""
    said = dictionary.field(tag)
    if said.values:
        return min(said.values)
    value = EXAMPLES.get(said.kind, b"text")
    return value[: said.length_max] if said.length_max else value


def entries(dictionary, composition, *, full, opens=None):
    """Give the required fields of a body or an entry, or all of them if `full`; each group has one entry."""
    fields = []
    for tag, needed in composition.fields.items():
        if not (needed or full or tag == opens):
            continue
        group = composition.groups.get(tag)
        fields.append((tag, b"1" if group else example(dictionary, tag)))
        if group:
            fields += entries(dictionary, group, full=full, opens=next(iter(group.fields)))
    return fields


def every_message(version, *, full):
    """Go through the messages of a version: each with all that it requires, or with all that it may have."""
    for dictionary in dict.fromkeys(dictionaries(version)):
        for msg_type in dictionary.types:
            fields = entries(dictionary, dictionary.composition(msg_type), full=full)
            body = b"".join(b"%b=%b|" % pair for pair in fields).decode("latin-1")
            yield message(header(msg_type.decode()) + body, version)
