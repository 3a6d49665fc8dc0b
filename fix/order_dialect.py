"""What a venue's orders say in FIX: the tables by which a port reads them and writes its reports.

They stand in the same file as the dialect's messages and fields (`fix/dialects/NAME.txt`, in the language of
`fix.dictionary`), in three sections of their own, which like the others may be for some versions only:

    [values]    a tag, a value, and what it means to the engine: `54 5 side=SELL_SHORT`, in the words of `engine.terms`
    [contents]  a tag, the kind of its value, and the attribute that it sets: `110 shares minimum_quantity`; kinds are
                shares, price, offset (of prices), text and time. A value that [values] has means only that
    [orders]    a word, and what it holds:
        carried 1 55 …      the tags that an order keeps, first those that most orders have
        others 110 …        … and those that few have
        changes 44 38 …     what a replace may change of these; the rest it may only repeat
        counted D G         the messages that count towards the port's rate
        located 114 N       what a short sale has to say
        user 50             the tag that names an order's user
        currency USD        the one currency there is; without the row, that of the order's book
        sub S               SenderSubID of what the venue sends
        echo 1 40 …         the tags that come back on reports
        firm 109            the tag in which reports and cancel rejects name the firm
        default 59 0        what reports say where the order says nothing
        fixed 76 INET       what every report says
        derived 29 47 A 1   what a report says when the order has a value
        zeros               LastPx and LastShares stand on every report
        restated 6 11 …     the only tags of a restatement
        style expired C     a field of `fix.reports.ReportStyle`

For editors: a row that names a field or word that there is not is an error when the file is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from engine.api import Cross, Display, PriceType, Reject, Side, TimeInForce
from fix.dictionary import read_table, rows
from fix.reports import ReportStyle
from fix.versions import VERSIONS

Changes = Mapping[str, object]
"""Fields of an order's terms or attributes, and what they are set to."""
WORDS: Final[dict[str, Mapping[str, object]]] = {
    "side": Side.__members__,
    "time_in_force": TimeInForce.__members__,
    "display": Display.__members__,
    "cross": Cross.__members__,
    "price_type": PriceType.__members__,
    "discretion_price_type": PriceType.__members__,
}
"""What stands behind the name of a field with listed values; any other field is a plain yes."""
FAULTS: Final = {
    b"18": Reject.INVALID_PRICE_TYPE,
    b"40": Reject.INVALID_PRICE_TYPE,
    b"47": Reject.INVALID_CAPACITY,
    b"54": Reject.INVALID_SIDE,
    b"59": Reject.INVALID_TIME_IN_FORCE,
    b"110": Reject.INVALID_MINIMUM_QUANTITY,
    b"111": Reject.INVALID_MAX_FLOOR,
    b"126": Reject.INVALID_EXPIRE_TIME,
    b"528": Reject.INVALID_CAPACITY,
    b"9140": Reject.INVALID_DISPLAY,
    b"9355": Reject.INVALID_CROSS,
}
"""The reason closest to a value that means nothing to the engine; of every other tag it is `INVALID_ATTRIBUTE`."""


KINDS: Final = frozenset({"shares", "price", "offset", "text", "time"})


class OrderDialect:
    """One dialect in one version. The head of this module says what stands in each field."""

    __slots__ = (
        "carried",
        "changes",
        "contents",
        "counted",
        "currency",
        "default",
        "derived",
        "echo",
        "firm",
        "fixed",
        "located",
        "others",
        "style",
        "sub",
        "tags",
        "user",
        "values",
        "version",
    )

    def __init__(self, begin_string: bytes) -> None:
        self.version = VERSIONS[begin_string]
        self.values: dict[bytes, dict[bytes, Changes]] = {}
        self.contents: dict[bytes, tuple[str, str]] = {}
        self.carried: tuple[bytes, ...] = ()
        self.others: tuple[bytes, ...] = ()
        self.changes: frozenset[bytes] = frozenset()
        self.counted: frozenset[bytes] = frozenset()
        self.located: tuple[bytes, bytes] | None = None
        self.user = b""
        self.currency = b""
        self.sub = b""
        self.echo: frozenset[bytes] = frozenset()
        self.firm = b""
        self.default: dict[bytes, bytes] = {}
        self.fixed: dict[bytes, bytes] = {}
        self.derived: dict[bytes, tuple[bytes, dict[bytes, bytes]]] = {}
        self.style = ReportStyle()
        self.tags: tuple[bytes, ...] = ()
        """All tags that an order keeps."""

    def read(self, section: str, row: str) -> None:
        """Take in one row of the order entry sections."""
        first, *words = row.split()
        if section == "values":
            value, *meanings = words
            self.values.setdefault(first.encode(), {})[value.encode()] = dict(map(read_meaning, meanings))
        elif section == "contents":
            kind, name = words
            if kind not in KINDS:
                raise ValueError(f"no kind of content: {row}")
            self.contents[first.encode()] = kind, name
        elif section == "orders":
            self.read_word(first, words)

    def read_word(self, word: str, words: list[str]) -> None:
        """Take in one row of the section for orders."""
        texts = [text.encode() for text in words]
        match word:
            case "carried" | "others":
                setattr(self, word, tuple(texts))
            case "changes" | "counted" | "echo":
                setattr(self, word, frozenset(texts))
            case "user" | "currency" | "sub" | "firm":
                (text,) = texts
                setattr(self, word, text)
            case "located":
                tag, value = texts
                self.located = tag, value
            case "default" | "fixed":
                tag, value = texts
                getattr(self, word)[tag] = value
            case "derived":
                tag, source, value, text = texts
                self.derived.setdefault(tag, (source, {}))[1][value] = text
            case "zeros":
                self.style = self.style._replace(zeros=True)
            case "restated":
                self.style = self.style._replace(restated=frozenset(map(int, words)))
            case "style":
                self.style = styled(self.style, words)
            case _:
                raise ValueError(f"no word of an order dialect: {word}")


def read_meaning(text: str) -> tuple[str, object]:
    """Read what a value sets: `side=BUY`, or `post_only`."""
    name, _, word = text.partition("=")
    return name, WORDS[name][word] if name in WORDS else True


def styled(style: ReportStyle, words: list[str]) -> ReportStyle:
    """Give a style with a field set to a value, or simply set."""
    name, *values = words
    match name:
        case "expired":
            return style._replace(expired=values[0].encode())
        case "match_tags":
            return style._replace(match_tags=tuple(map(int, values)))
        case "own_orig_cl_ord_id":
            return style._replace(own_orig_cl_ord_id=True)
        case "extended":
            return style._replace(extended=True)
        case "order_in_exec_id":
            return style._replace(order_in_exec_id=True)
        case "names_broker":
            return style._replace(names_broker=True)
        case _:
            raise ValueError(f"no style of a report: {name}")


@cache
def order_dialect(name: str, begin_string: bytes) -> OrderDialect:
    """Give a dialect in a version. Raises `LookupError` where there is none of that name."""
    dialect = OrderDialect(begin_string)
    text = read_table("dialects", name)
    if not text:
        raise LookupError(f"no such FIX dialect: {name}")
    for section, row in rows(text, begin_string.decode("ascii")):
        dialect.read(section, row)
    dialect.tags = dialect.carried + dialect.others
    return dialect
