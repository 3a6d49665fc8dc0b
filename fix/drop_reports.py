"""What a FIX Drop port tells of orders that did not come by FIX: what happened to them, as ExecutionReports.

An order is told by what it is to the engine; what only its own protocol knows of it, a `Manner` gives. Of orders that
have traded the figures of their chain of replacements are kept for the day, since every later report repeats them, and
a bust may come when the order is long gone. All else is in the notes.

For editors: this is off the order path. Whatever is told follows from the notes in their order, and from no order's or
book's present state: that may be later than the note.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Final, NamedTuple, Protocol

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    PLAIN,
    CancelReason,
    Order,
    OrderAttributes,
    OrderTerms,
    Port,
    PriceType,
    Scope,
)
from engine.watch import Accepted, Broken, Executed, Left, Modified, Refused, Replaced, Restated
from fix.codec import utc_timestamp
from fix.order_dialect import OrderDialect
from fix.order_reports import EXCHANGE_OPTION, RENEWAL
from fix.reasons import BREAK_LETTERS, CANCEL_LETTERS, LIQUIDITY_FLAGS, REASONS
from fix.reports import EchoField, Event, Figures, average_text, execution_report, price_text, states
from fix.templates import make_template, price_field

OrderNote = Accepted | Replaced | Modified | Left | Executed | Restated
"""A note of an order that is, or was, in the market."""
ENDS: Final = frozenset({Event.CANCELED, Event.EXPIRED})
OPEN: Final = b"Open"
"""Text (58) of an order that is in."""
LIMIT: Final = b"2"
MARKET: Final = b"1"
PEGGED: Final = b"P"
PEGS: Final = {PriceType.PRIMARY_PEG: b"R", PriceType.MARKET_PEG: b"P", PriceType.MIDPOINT_PEG: b"M"}
"""What ExecInst says of a peg."""
_TRADED: Final = Struct(">QQQQQQI")


class Manner(Protocol):
    """What a protocol says of its orders that is nothing to the engine."""

    def cl_ord_id(self, label: bytes, key: int) -> bytes:
        """Give the name by which the client knows an order: its label, else the number that the protocol has for it."""

    def capacity(self, terms: OrderTerms) -> bytes:
        """Give the capacity in which a firm trades, as FIX spells it; nothing where it has no letter for it."""


class Traded(NamedTuple):
    """An order that has traded, with the figures of its chain: prices in ticks, `value` in shares times ticks.

    `kind` is the place of what is echoed of it. An order that was replaced has the key of its `successor` instead.
    """

    order_id: int
    executed: int
    value: int
    leaves: int
    price: int
    successor: int
    kind: int
    cl_ord_id: bytes


class Kind:
    """What orders have in common that say the same: the fields echoed of them, and the template of their reports."""

    __slots__ = ("echo", "is_market", "template", "text")

    def __init__(self, dialect: OrderDialect, echo: list[EchoField], is_market: bool) -> None:
        self.echo = echo
        self.text = b"".join([text for _, text in echo])
        self.template = make_template(dialect, echo)
        self.is_market = is_market


class DropReports:
    """The orders of the ports that a Drop port hears, by the port's index and their key.

    `known` are the kinds of orders without attributes, by scope, then by terms and whether they take any price.
    """

    def __init__(self, manners: Mapping[str, Manner]) -> None:
        self.manners = manners
        self.known: dict[Scope, dict[tuple[OrderTerms, bool], Kind]] = {}
        self.zeros = b""
        self.traded: dict[tuple[int, int], bytes] = {}
        self.kinds: dict[bytes, int] = {}
        """What is echoed of those, with the name of the order before it."""
        self.events = 0
        self.dialect: OrderDialect
        self.words: dict[bytes, dict[object, bytes]] = {}

    def speak(self, dialect: OrderDialect) -> None:
        """Tell in this dialect and version from here on."""
        self.dialect = dialect
        self.known.clear()
        has_zeros = dialect.style.zeros and dialect.version.has_exec_trans_type
        self.zeros = b"31=0.0\x0132=0\x01" if has_zeros else b""
        self.words = {
            tag: {meaning[name]: text for text, meaning in dialect.values.get(tag, {}).items() if name in meaning}
            for tag, name in ((b"54", "side"), (b"59", "time_in_force"), (b"9140", "display"))
        }

    def start_day(self) -> None:
        """Forget the orders that are gone."""
        live = {key: traded for key, packed in self.traded.items() if (traded := read(packed)).leaves}
        echoes = list(self.kinds)
        self.traded, self.kinds, self.events = {}, {}, 0
        for key, traded in sorted(live.items()):
            self.traded[key] = pack(traded._replace(kind=self.place(echoes[traded.kind])))

    # What is told.

    def tell(self, port: Port, note: object) -> tuple[bytes, ...]:
        """Give the bodies of the reports that tell of a note."""
        match note:
            case Executed():
                return (self.executed(note),)
            case Accepted():
                told = self.report(Event.NEW, self.kind_of(note), note, note.open, text=OPEN)
                return (told, self.dead(note)) if note.dead else (told,)
            case Left():
                return (self.left(note),)
            case Replaced():
                told = self.replaced(port, note)
                return (told, self.dead(note)) if note.dead else (told,)
            case Modified():
                self.keep(note, self.past(note.order))
                return (self.report(Event.REPLACED, self.kind_of(note), note, note.open, orig=self.name(note.order)),)
            case Restated():
                return (self.restated(note),)
            case Broken():
                return (self.broken(port, note),)
            case Refused():
                return (self.refused(port, note),)
        raise AssertionError(note)

    def report(
        self,
        event: Event,
        kind: Kind,
        note: OrderNote,
        rest: int,
        leaves: int = -1,
        orig: bytes = b"",
        text: bytes = b"",
        fill: Executed | None = None,
    ) -> bytes:
        """Give the body of a report on an order of which `rest` shares have not traded; `orig` is OrigClOrdID."""
        order, dialect = note.order, self.dialect
        past = self.past(order)
        executed, value = (0, 0) if past is None else (past.executed, past.value)
        number, leaves = order.order_reference_number, note.open if leaves < 0 else leaves
        style, name = dialect.style, self.name(order)
        exec_type, status = states(dialect.version, style, event, executed, leaves)
        if not orig and style.own_orig_cl_ord_id and event in ENDS:
            orig = name
        last, matches = self.zeros, (b"", b"", b"")
        if fill is not None:
            last, matches = b"31=%b\x0132=%d\x01" % (price_text(fill.price), fill.quantity), self.matches(fill)
        return kind.template % (
            average_text(value, executed) if executed else b"0.0",
            name,
            executed,
            self.exec_id(order.port) if fill is None else fill_id(order.port, fill.match, number),
            last,
            number,
            executed + rest,
            status,
            b"41=%b\x01" % orig if orig else b"",
            b"" if kind.is_market else price_field(order.price),
            b"58=%b\x01" % text if text else b"",
            utc_timestamp(note.now),
            exec_type,
            leaves,
            *matches,
        )

    def matches(self, fill: Executed) -> tuple[bytes, bytes, bytes]:
        """Give the fields that name a fill's trade, and LiquidityFlag."""
        tags = self.dialect.style.match_tags
        number = b"%d\x01" % fill.match
        return (
            b"527=" + number if 527 in tags else b"",
            b"1003=" + number if 1003 in tags else b"",
            b"9882=%b\x01" % LIQUIDITY_FLAGS[fill.liquidity],
        )

    def long_report(self, event: Event, figures: Figures, echo: list[EchoField]) -> bytes:
        """Give the body of a report that says what few do."""
        return execution_report(self.dialect.version, self.dialect.style, event, figures, echo)

    def dead(self, note: Accepted | Replaced) -> bytes:
        """Tell of an order that ended when it came."""
        text = CANCEL_LETTERS[CancelReason.IMMEDIATE_OR_CANCEL]
        return self.report(Event.CANCELED, self.kind_of(note), note, note.open, leaves=0, text=text)

    def replaced(self, port: Port, note: Replaced) -> bytes:
        """Tell that an order took another's place: the figures of the chain go over to it."""
        order, original = note.order, note.original
        before = self.past(original)
        if before is not None:
            self.traded[port.index, original.key] = pack(before._replace(leaves=0, successor=order.key))
            self.keep(note, before._replace(order_id=order.order_reference_number))
        return self.report(Event.REPLACED, self.kind_of(note), note, note.open, orig=self.name(original))

    def left(self, note: Left) -> bytes:
        """Tell of shares that left: the order is gone, or has fewer."""
        order, kind = note.order, self.kind_of(note)
        self.keep(note, self.past(order))
        orig = self.name(order) if note.reason is CancelReason.USER else b""
        if not note.open:
            event = Event.EXPIRED if note.reason is CancelReason.EXPIRED else Event.CANCELED
            return self.report(event, kind, note, note.quantity, orig=orig, text=CANCEL_LETTERS[note.reason])
        if orig:
            return self.report(Event.REPLACED, kind, note, note.open, orig=orig)
        figures = self.figures(note, EXCHANGE_OPTION, text=CANCEL_LETTERS[note.reason])
        return self.long_report(Event.RESTATED, figures, kind.echo)

    def executed(self, note: Executed) -> bytes:
        """Tell of a fill; its ExecID is the trade's number and the order's."""
        order, kind = note.order, self.kind_of(note)
        before = self.past(order)
        executed = note.quantity + (0 if before is None else before.executed)
        value = note.quantity * note.price + (0 if before is None else before.value)
        number, place = order.order_reference_number, self.place(kind.text)
        traded = Traded(number, executed, value, note.open, order.price, 0, place, self.name(order))
        self.traded[order.port.index, order.key] = pack(traded)
        return self.report(Event.TRADE, kind, note, note.open, fill=note)

    def restated(self, note: Restated) -> bytes:
        """Tell that an order displays more of its reserve, has another price, or goes on in a new day."""
        order, why, secondary = note.order, EXCHANGE_OPTION, note.number
        if note.carried_over:
            why, secondary = RENEWAL, note.attributes.entry_number
            before = self.past(order)
            if before is not None:
                self.keep(note, before._replace(order_id=note.number))
        figures = self.figures(note, why, secondary=secondary)
        if note.is_repriced:
            return self.long_report(Event.REPRICED, figures, self.kind_of(note).echo)
        return self.long_report(Event.RESTATED, figures, self.kind_of(note).echo)

    def broken(self, port: Port, note: Broken) -> bytes:
        """Tell the newest order of a chain that a fill of it does not stand; what was filled does not open again."""
        key = port.index, note.key
        filled = traded = read(self.traded[key])
        while traded.successor:
            key = port.index, traded.successor
            traded = read(self.traded[key])
        executed, value = traded.executed - note.quantity, traded.value - note.quantity * note.price
        self.traded[key] = pack(traded._replace(executed=executed, value=value))
        figures = Figures(
            traded.cl_ord_id,
            self.exec_id(port),
            traded.executed + traded.leaves,
            note.now,
            traded.order_id,
            traded.price,
            executed,
            value,
            traded.leaves,
            exec_ref_id=fill_id(port, note.match, filled.order_id),
            last_quantity=note.quantity,
            last_price=note.price,
            text=BREAK_LETTERS[note.reason],
        )
        return self.long_report(Event.BROKEN, figures, self.echo_at(traded.kind))

    def refused(self, port: Port, note: Refused) -> bytes:
        """Tell of a new order that did not enter."""
        reason = REASONS[note.refusal.reason]
        figures = Figures(
            self.manners[port.entry.protocol].cl_ord_id(note.cl_ord_id, note.key),
            self.exec_id(port),
            note.quantity,
            note.now,
            price=note.price,
            text=reason.text,
            reason=reason.code(self.dialect.version),
            extended=reason.extended,
        )
        said = {55: note.symbol.encode("latin-1"), 54: self.words[b"54"].get(note.side, b"")}
        said[40] = LIMIT if note.price < MARKET_PRICE_ALTERNATIVE else MARKET
        return self.long_report(Event.REJECTED, figures, self.fields(said, port))

    # What they say.

    def name(self, order: Order) -> bytes:
        """Give an order's ClOrdID."""
        return self.manners[order.port.entry.protocol].cl_ord_id(order.cl_ord_id, order.key)

    def exec_id(self, port: Port) -> bytes:
        """Give the next ExecID of what is no fill."""
        self.events += 1
        return b"%b/-%d" % (port.name.encode("ascii"), self.events)

    def figures(self, note: OrderNote, restatement: int, text: bytes = b"", secondary: int = 0) -> Figures:
        """Give the figures of an order that is restated."""
        order = note.order
        past = self.past(order)
        executed, value = (0, 0) if past is None else (past.executed, past.value)
        return Figures(
            self.name(order),
            self.exec_id(order.port),
            executed + note.open,
            note.now,
            order.order_reference_number,
            order.price,
            executed,
            value,
            note.open,
            text=text,
            restatement=restatement,
            secondary=secondary,
        )

    def past(self, order: Order) -> Traded | None:
        """Give what is kept of an order, if it has traded."""
        packed = self.traded.get((order.port.index, order.key))
        return None if packed is None else read(packed)

    def keep(self, note: OrderNote, traded: Traded | None) -> None:
        """Keep an order as it is now, if it has traded."""
        if traded is not None:
            order = note.order
            place = self.place(self.kind_of(note).text)
            traded = traded._replace(leaves=note.open, price=order.price, kind=place, cl_ord_id=self.name(order))
            self.traded[order.port.index, order.key] = pack(traded)

    # What is echoed.

    def kind_of(self, note: OrderNote) -> Kind:
        """Give what an order is: known already, or worked out now."""
        order, terms = note.order, note.terms
        is_market = order.price >= MARKET_PRICE_ALTERNATIVE
        if note.attributes is not PLAIN:
            return Kind(self.dialect, self.echo_of(note), is_market)
        known = self.known.get(order.scope)
        if known is None:
            known = self.known[order.scope] = {}
        kind = known.get((terms, is_market))
        if kind is None:
            kind = known[terms, is_market] = Kind(self.dialect, self.echo_of(note), is_market)
        return kind

    def echo_of(self, note: OrderNote) -> list[EchoField]:
        """Give the fields that say what an order is."""
        order, terms, attributes = note.order, note.terms, note.attributes
        said = {
            40: LIMIT if order.price < MARKET_PRICE_ALTERNATIVE else MARKET,
            54: self.words[b"54"].get(terms.side, b""),
            59: self.words[b"59"].get(terms.time_in_force, b""),
            9140: self.words[b"9140"].get(terms.display, b""),
        }
        if attributes is not PLAIN:
            said |= self.rare(attributes)
        if terms.intermarket_sweep and b"f" in self.dialect.values.get(b"18", {}):
            said[18] = b"f"
        tag = 47 if b"47" in self.dialect.echo else 528
        said[tag] = self.manners[order.port.entry.protocol].capacity(terms)
        return self.fields(said | self.of_book(order.scope), order.port)

    def rare(self, attributes: OrderAttributes) -> dict[int, bytes]:
        """Give what few orders say."""
        said: dict[int, bytes] = {}
        if attributes.pegged and attributes.price_type in PEGS:
            said[18], said[40] = PEGS[attributes.price_type], PEGGED
        if attributes.minimum_quantity:
            said[110] = b"%d" % attributes.minimum_quantity
        if attributes.max_floor:
            said[111] = b"%d" % attributes.max_floor
        if attributes.post_only and b"P" in self.dialect.values.get(b"9140", {}):
            said[9140] = b"P"
        return said

    @staticmethod
    def of_book(scope: Scope) -> dict[int, bytes]:
        """Give what is said of an order's book."""
        said = {55: scope.book.symbol.encode("latin-1")}
        entry = scope.book.security.entry
        if entry is not None:
            said |= {15: entry.currency.encode("ascii"), 5815: b"%d" % entry.segment}
        return said

    def fields(self, said: dict[int, bytes], port: Port) -> list[EchoField]:
        """Give fields as they stand on the wire, with what the dialect says itself."""
        dialect = self.dialect
        for tag, text in dialect.default.items():
            if not said.get(int(tag)) and tag in dialect.echo:
                said[int(tag)] = text
        for tag, (source, texts) in dialect.derived.items():
            said[int(tag)] = texts.get(said.get(int(source), b""), b"")
        for tag, text in dialect.fixed.items():
            said[int(tag)] = text
        said[109] = port.mpid.encode("ascii")
        return [(number, b"%d=%b\x01" % (number, text)) for number, text in sorted(said.items()) if text]

    def place(self, echo: bytes) -> int:
        """Give the place of what is echoed."""
        return self.kinds.setdefault(echo, len(self.kinds))

    def echo_at(self, kind: int) -> list[EchoField]:
        """Give what is echoed at a place."""
        echo = next(text for text, place in self.kinds.items() if place == kind)
        return [(int(text[: text.index(b"=")]), text + b"\x01") for text in echo.split(b"\x01")[:-1]]


def fill_id(port: Port, match: int, order_id: int) -> bytes:
    """Give the ExecID of a fill: what a FIX port would give it, behind the owner's name."""
    return b"%b/%d-%d" % (port.name.encode("ascii"), match, order_id)


def pack(traded: Traded) -> bytes:
    """Pack an order that has traded."""
    return _TRADED.pack(*traded[:-1]) + traded.cl_ord_id


def read(packed: bytes) -> Traded:
    """Read it again."""
    return Traded._make((*_TRADED.unpack_from(packed), packed[_TRADED.size :]))
