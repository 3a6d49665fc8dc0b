"""A FIX order entry port: NewOrderSingle (D), OrderCancelRequest (F) and OrderCancelReplaceRequest (G) become orders.

A ClOrdID names one thing for the day; one that is used again is refused, or ignored where PossResend says that it may
be a repetition. A cancel or replace names the newest ClOrdID of a chain. What a replace leaves out stays as it was; its
OrderQty is the total of the chain, so what is open is that less CumQty. Fewer shares alone keep the order's priority.
A replace that cannot be done is refused with an OrderCancelReject, and the order stays as it was.

Which tags mean what is the dialect's (`fix.order_dialect`); whether a message is well made, the session has seen to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import structs

from engine.api import MARKET_PRICE, MAXIMUM_PRICE, PRM, REFUSALS, RISK_CHECKS, Order, OrderEntry, Port, Refusal, Reject
from engine.endpoint import NumberedStream
from fix.amounts import read_price, read_quantity
from fix.codec import Message
from fix.details import Details, Fault, Reader, Values, fault_of
from fix.endpoint import Times
from fix.ledger import REFUSED, REQUEST, FixOrder, read_past
from fix.ledger_state import OrderPortState
from fix.order_dialect import order_dialect
from fix.order_reports import OrderReports
from fix.order_rows import OrderRows
from fix.reasons import (
    ALREADY_PENDING,
    CANCEL_REFUSED,
    DUPLICATE_CL_ORD_ID,
    DUPLICATE_REQUEST,
    INVALID_CL_ORD_ID,
    MAY_NOT_CHANGE,
    NOT_THE_ORDERS,
    REFUSED_CODES,
    TOO_LATE,
    UNKNOWN_ORDER,
    CancelFault,
    Reason,
    reasons,
)
from fix.reports import EchoField, Event, Figures, live_status, order_cancel_reject
from fix.templates import make_template, zeros

CL_ORD_ID_MAX: Final = 20
"""The longest ClOrdID, in bytes: what the engine keeps of a label."""
YES: Final = b"Y"
UNKNOWN_STATUS: Final = b"8"
"""OrdStatus (39) of an order that there is not."""
_states: msgspec.msgpack.Decoder[OrderPortState] = msgspec.msgpack.Decoder(OrderPortState)
_encoder = msgspec.msgpack.Encoder()


class FixOrderPort(OrderReports):
    """An order entry port, in any dialect."""

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], NumberedStream],
        ignored: Callable[[Port, str, bytes], None],
        times: Times,
    ) -> None:
        super().__init__(port, engine, open_stream, ignored, times)
        self.handlers = HANDLERS
        self.served = frozenset(HANDLERS)
        self.last_key = 0
        self.spoken: Reason | None = None
        self.batch = -1
        self.place = 0
        self.asked: Message | None = None
        self.speak(self.begin_string)

    def configured(self) -> None:
        """Take over the port's settings, and what they and the market's reference data say of its orders."""
        super().configured()
        self.reasons = reasons(self.settings.reasons)
        self.speak(self.begin_string)

    def logon(self, message: bytes, now: int) -> None:
        """Take the Logon of a new connection, and go on in its version."""
        super().logon(message, now)
        if self.session.begin_string != self.begin_string:
            self.speak(self.session.begin_string)

    def speak(self, begin_string: bytes) -> None:
        """Read and write in this version from here on."""
        self.begin_string = begin_string
        before = self.dialect
        self.dialect = dialect = order_dialect(self.settings.dialect, begin_string)
        self.reader = Reader(dialect, self.port, self.engine)
        self.rows = OrderRows(dialect)
        self.others = frozenset(dialect.others)
        self.no_others: Values = (None,) * len(dialect.others)
        self.zeros = zeros(dialect)
        self.ledger.translate(before.tags, dialect.tags, self.read)

    def receive(self, message: bytes, now: int) -> None:
        """Take one frame, and where refusals name their record count which of a batch it is."""
        if self.settings.explain_in_text:
            if self.batch != self.times.number:
                self.batch, self.place = self.times.number, 0
            self.place += 1
        self.session.receive(message, now, self.times.wall_time)

    def application(self, message: Message, now: int) -> None:
        """Take an order, a cancel or a replace."""
        msg_type = message.msg_type
        if self.port.windows and msg_type in self.dialect.counted:
            self.engine.arrived(self.port, now)
        self.handlers[msg_type](self, message, now)

    # Kinds of orders.

    def details(self, values: Values) -> Details:
        """Give what these values mean: known already, or worked out now."""
        details = self.ledger.known.get(values)
        if details is None:
            details = self.read(values)
            if details.scope is not None and details.scope.is_declared:
                self.ledger.remember(details)
        elif details.base is not self.port.plain or details.scope is None:
            details.refresh(self.read(values))
        return details

    def read(self, values: Values) -> Details:
        """Work out what values mean, with the text of their reports."""
        details = self.reader.read(values)
        details.template = make_template(self.dialect, details.echo)
        details.new_template = make_template(self.dialect, details.echo, is_new=True)
        return details

    def carried(self, message: Message) -> Values:
        """Give the values of a message that an order keeps."""
        values = message.values
        most = tuple(map(values.get, self.dialect.carried))
        if self.others.isdisjoint(values):
            return most + self.no_others
        return most + self.reader.others(message)

    # Orders.

    def enter(self, message: Message, now: int) -> None:
        """NewOrderSingle: a report of the order, or of why it was refused."""
        orders, row = self.ledger.orders, self.rows.row(message)
        if row.is_plain:
            cl_ord_id, quantity, price = row.parts(message.texts)
        else:
            get = message.values.get
            cl_ord_id, quantity, price = get(b"11", b""), get(b"38", b""), get(b"44", b"")
        if cl_ord_id in orders:
            if message.values.get(b"97") != YES:
                self.refuse(message, Fault(DUPLICATE_CL_ORD_ID, REFUSALS[Reject.INVALID_ATTRIBUTE]), now)
            return
        if not 0 < len(cl_ord_id) <= CL_ORD_ID_MAX:
            self.refuse(message, Fault(INVALID_CL_ORD_ID, REFUSALS[Reject.INVALID_ATTRIBUTE]), now)
            return
        kind = row.kind(message.texts) if row.is_plain else None
        kept = None if kind is None else row.known.get(kind)
        if kept is None:
            kept = self.carried(message)
            if kind is not None:
                row.learn(kind, kept)
        details = self.details(kept)
        mine = self.read_order(cl_ord_id, details, quantity, price, now)
        if isinstance(mine, Fault):
            orders[cl_ord_id] = REFUSED
            if details.scope is not None:
                self.engine.count_refused(details.scope, now)
            self.refuse(message, mine, now)
            return
        self.last_key = mine.key = self.last_key + 1
        orders[cl_ord_id] = mine
        refusal = self.engine.enter(self.order(mine, mine.quantity), now)
        if refusal is not None:
            orders[cl_ord_id] = REFUSED
            self.refuse(message, Fault(None, refusal), now)

    @staticmethod
    def read_order(cl_ord_id: bytes, details: Details, quantity: bytes, price: bytes, now: int) -> FixOrder | Fault:
        """Give an order of a kind with its quantity and price, without a key; or what is wrong with it."""
        if details.fault is not None:
            return details.fault
        if details.expires_at and details.expires_at <= now:
            return fault_of(Reject.INVALID_EXPIRE_TIME)
        shares = read_quantity(quantity)
        if shares is None:
            return fault_of(Reject.INVALID_QUANTITY)
        if details.is_market or (details.is_pegged and not price):
            return FixOrder(cl_ord_id, details, 0, shares, MARKET_PRICE)
        ticks = read_price(price)
        if ticks is None or ticks > MAXIMUM_PRICE:
            return fault_of(Reject.INVALID_PRICE)
        return FixOrder(cl_ord_id, details, 0, shares, ticks)

    def order(self, mine: FixOrder, size: int) -> Order:
        """Make the engine's order, of that many shares with all that was executed."""
        details = mine.details
        assert details.scope is not None
        assert details.terms is not None
        attributes = details.attributes
        if details.fill_or_kill:
            attributes = structs.replace(attributes, minimum_quantity=size)
        return Order(self.port, details.scope, details.terms, attributes, size, mine.price, mine.cl_ord_id, mine.key)

    def refuse(self, message: Message, fault: Fault, now: int) -> None:
        """Tell that a new order was refused: ExecType 8, with all that it said."""
        self.refusal, self.spoken = fault.refusal, fault.reason
        values, details = message.values, self.details(self.carried(message))
        reason = self.reasons[fault.refusal.reason] if fault.reason is None else fault.reason
        sent: list[EchoField] = [
            (int(tag), b"%b=%b\x01" % (tag, values[tag])) for tag in (b"38", b"44") if tag in values
        ]
        figures = Figures(
            values.get(b"11", b""),
            self.exec_id(0),
            -1,
            now,
            text=self.explained(reason.text),
            reason=reason.code(self.dialect.version),
            extended=reason.extended,
        )
        self.tell_long(Event.REJECTED, figures, details.header, (*details.echo, *sent))

    # Requests.

    def named(self, message: Message) -> Order | None:
        """Give the live order that a cancel or replace names; None after telling why there is none."""
        values, orders = message.values, self.ledger.orders
        cl_ord_id, named = values.get(b"11", b""), values.get(b"41", b"")
        mine = orders.get(named)
        if cl_ord_id in orders or not 0 < len(cl_ord_id) <= CL_ORD_ID_MAX:
            if values.get(b"97") != YES or cl_ord_id not in orders:
                self.refuse_request(message, DUPLICATE_REQUEST)
            return None
        orders[cl_ord_id] = REQUEST
        if not isinstance(mine, FixOrder):
            self.refuse_request(message, TOO_LATE if mine else UNKNOWN_ORDER)
            return None
        order = self.port.orders.find(mine.key)
        assert order is not None
        meaning = self.dialect.values[b"54"].get(values.get(b"54", b""))
        if values.get(b"55") != mine.details.symbol or meaning is None or meaning["side"] is not order.terms.side:
            self.refuse_request(message, NOT_THE_ORDERS)
            return None
        return order

    def cancel(self, message: Message, now: int) -> None:
        """OrderCancelRequest: the rest of an order, or where the port is set so the shares above OrderQty."""
        order = self.named(message)
        if order is None:
            return
        cl_ord_id, mine, size = message.values[b"11"], self.mine(order), 0
        if self.settings.partial_cancel:
            rest = read_quantity(message.values.get(b"38", b"")) or 0
            if 0 < rest < order.open:
                size = order.size - order.open + rest
                self.successor = FixOrder(cl_ord_id, mine.details, mine.key, mine.executed + rest, mine.price)
        late_cancels = order.scope.book.late_cancels
        if late_cancels and self.is_repeated(late_cancels.get((self.port.name, order.key)), size):
            self.refuse_request(message, ALREADY_PENDING if size == 0 else CANCEL_REFUSED)
        else:
            self.subject, self.request, self.asked = order, cl_ord_id, message
            self.engine.cancel_to(order, size, now)
        self.subject = self.successor = self.asked = None

    @staticmethod
    def is_repeated(told: bool | None, size: int) -> bool:
        """Whether a cancel near to a cross asks for what was told to wait, or refused; the engine is silent then."""
        return told is True or (told is False and size > 0)

    def cancel_rejected(self, order: Order, now: int) -> None:
        """Tell that an order may not be made smaller so near to its cross."""
        if self.asked is not None:
            self.refuse_request(self.asked, CANCEL_REFUSED)

    def replace(self, message: Message, now: int) -> None:
        """OrderCancelReplaceRequest: a report of the new order, or an OrderCancelReject and the old one as it was."""
        order = self.named(message)
        if order is None:
            return
        values, mine = message.values, self.mine(order)
        cl_ord_id = values[b"11"]
        merged = self.reader.merge(mine.details.values, self.carried(message))
        if isinstance(merged, bytes):
            self.engine.count_refused(order.scope, now)
            self.refuse_request(message, MAY_NOT_CHANGE, b"Tag %b may not be changed by a replace" % merged)
            return
        details = self.details(merged)
        price = values.get(b"44", b"")
        after = self.read_order(cl_ord_id, details, values.get(b"38", b"%d" % mine.quantity), price or b"0", now)
        if isinstance(after, Fault):
            self.engine.count_refused(order.scope, now)
            self.refusal, self.spoken = after.refusal, after.reason
            reason = self.reasons[after.refusal.reason] if after.reason is None else after.reason
            self.refuse_request(message, CancelFault(REFUSED_CODES, reason.text))
            return
        if not price:
            after.price = order.limit
        self.subject, self.request, self.successor = order, cl_ord_id, after
        refusal = self.change(order, mine, after, now)
        self.subject = self.successor = None
        if refusal is not None:
            self.refusal, self.spoken = refusal, None
            self.refuse_request(message, CancelFault(REFUSED_CODES, self.reasons[refusal.reason].text))
            if self.settings.replace_reject_cancels_original and refusal.reason in RISK_CHECKS:
                self.engine.cancel_to(order, 0, now)

    def change(self, order: Order, mine: FixOrder, after: FixOrder, now: int) -> Refusal | None:
        """Let an order be as `after`: end it, make it smaller, or put another in its place; or say why not."""
        gone = order.size - order.open  # what was executed, and what self-match prevention took
        size = after.quantity - mine.executed + gone
        if after.quantity <= mine.executed:
            self.engine.cancel_to(order, 0, now)
            return None
        if after.details is mine.details and after.price == order.limit and after.quantity <= mine.quantity:
            after.key = mine.key
            if self.port.rule_book == PRM and size < order.size:  # which holds nobody who only takes shares off
                self.engine.cancel_to(order, size, now)
                return None
            return self.engine.modify(order, order.terms, order.attributes, size, now)
        self.last_key = after.key = self.last_key + 1
        other = self.order(after, size)
        other.entered = order.entered
        fault = self.engine.fault(other)
        if fault is not None:
            self.engine.count_refused(other.scope, now)
            return fault
        return self.engine.replace(order, other, now)

    def refuse_request(self, message: Message, fault: CancelFault, text: bytes = b"") -> None:
        """Send an OrderCancelReject, with the present state of the order named, if there is one."""
        values, dialect = message.values, self.dialect
        named = values.get(b"41", b"")
        mine = self.ledger.orders.get(named)
        order_id, status = 0, UNKNOWN_STATUS
        if isinstance(mine, FixOrder):
            order_id, status = mine.order_id, live_status(mine.executed)
        elif mine:
            past = read_past(mine)
            order_id, status = (0, mine) if past is None else (past.order_id, past.status)
        body = order_cancel_reject(
            dialect.version,
            fault,
            message.msg_type,
            values.get(b"11", b""),
            named,
            order_id,
            status,
            self.port.mpid.encode("ascii") if dialect.firm else b"",
            self.explained(text or fault.text),
        )
        self.session.send(b"9", body, self.times.wall_time, dialect.sub, self.reader.header(values))

    def code_of(self, reason: Reject) -> tuple[str, str]:
        """See `Endpoint`. What only FIX refuses goes by the engine's closest reason, but in its own words."""
        own = self.spoken if self.refusal is not None and self.refusal.reason is reason else None
        words = own or self.reasons[reason]
        code = f"103={words.code(self.dialect.version)}"
        if words.extended and self.dialect.style.extended:
            code += f" 22204={words.extended}"
        return code, words.text.decode("ascii")

    def explained(self, text: bytes) -> bytes:
        """Give a refusal's Text, where the port is set so with the id by which it is explained."""
        return b"%b #R%d" % (text, self.batch + self.place) if self.settings.explain_in_text else text

    # Snapshots.

    def port_state(self) -> bytes:
        """Give what the port keeps beside its session."""
        return _encoder.encode(OrderPortState(self.begin_string, self.last_key, self.events, self.ledger.dump()))

    def load_port_state(self, state: bytes) -> None:
        """Take over what `port_state` gave."""
        dumped = _states.decode(state)
        self.last_key, self.events = dumped.last_key, dumped.events
        self.speak(dumped.begin_string)
        self.ledger.load(dumped.ledger, self.read)


Handler = Callable[[FixOrderPort, Message, int], None]
HANDLERS: Final[dict[bytes, Handler]] = {
    b"D": FixOrderPort.enter,
    b"F": FixOrderPort.cancel,
    b"G": FixOrderPort.replace,
}
"""What is done with each type of message."""
