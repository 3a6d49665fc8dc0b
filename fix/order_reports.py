"""What a FIX port tells of its orders: the engine's events become ExecutionReports (8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from engine.api import (
    AWAY_MARKET,
    MARKET_PRICE,
    BrokenTradeReason,
    CancelReason,
    Liquidity,
    Order,
    OrderEntry,
    Port,
    SelfMatchPrevention,
    Sink,
    SystemEvent,
)
from engine.endpoint import NumberedStream
from fix.codec import utc_timestamp
from fix.details import Details
from fix.endpoint import FixEndpoint, Times
from fix.ledger import REPLACED, FixOrder, Ledger
from fix.order_dialect import order_dialect
from fix.reasons import BREAK_LETTERS, CANCEL_LETTERS, LIQUIDITY_FLAGS, reasons
from fix.reports import EchoField, Event, Figures, average_text, execution_report, live_status, price_text, states
from fix.templates import price_field

EXCHANGE_OPTION: Final = 8
"""ExecRestatementReason (378): the market restates an order."""
RENEWAL: Final = 1
"""ExecRestatementReason (378): an order goes on in a new day."""
NO_PRICE: Final = MARKET_PRICE
"""Instead of the price of a report that has none."""
ROUTED: Final = Liquidity.ROUTED
FILLED: Final = b"2"
UNASKED: Final = frozenset({Event.CANCELED, Event.EXPIRED})
"""Ends of an order that come from the venue, where no request is named."""


class OrderReports(FixEndpoint, Sink):
    """The half of a FIX order port that tells; the other half, which takes orders, is `fix.port`.

    While the engine does what a request asks, `subject` is the order that it is about, `request` the request's ClOrdID,
    and `successor` what is to take the order's place.
    """

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], NumberedStream],
        ignored: Callable[[Port, str, bytes], None],
        times: Times,
    ) -> None:
        super().__init__(port, engine, open_stream, ignored, times)
        self.ledger = Ledger()
        self.begin_string = self.settings.begin_strings[0].encode("ascii")
        self.dialect = order_dialect(self.settings.dialect, self.begin_string)
        self.reasons = reasons(self.settings.reasons)
        self.zeros = b""
        self.events = 0
        self.subject: Order | None = None
        self.request = b""
        self.successor: FixOrder | None = None

    def mine(self, order: Order) -> FixOrder:
        """Give what the port knows of a live order of the engine."""
        mine = self.ledger.orders[order.cl_ord_id]
        assert isinstance(mine, FixOrder)
        return mine

    def exec_id(self, order_id: int) -> bytes:
        """Give the next ExecID of what is no fill; the minus sets it apart from those of fills."""
        self.events += 1
        return b"-%d-%d" % (self.events, order_id) if self.dialect.style.order_in_exec_id else b"-%d" % self.events

    def fill_id(self, match: int, order_id: int, details: Details) -> bytes:
        """Give the ExecID of a fill: by its trade and the order, or the side, since an order may meet its owner's."""
        if self.dialect.style.order_in_exec_id:
            return b"%d-%d" % (match, order_id)
        return b"%d" % (2 * match + (details.terms is not None and details.terms.is_buy))

    # To the client.

    def tell(
        self, mine: FixOrder, event: Event, leaves: int, now: int, text: bytes = b"", asked_by: bytes = b""
    ) -> None:
        """Send a report that is no fill; `asked_by` is the ClOrdID of the request that it answers."""
        details, executed = mine.details, mine.executed
        cl_ord_id, orig_cl_ord_id = asked_by or mine.cl_ord_id, mine.cl_ord_id if asked_by else b""
        if not details.template:
            figures = self.figures(mine, leaves, now)
            self.tell_long(
                event,
                figures._replace(cl_ord_id=cl_ord_id, orig_cl_ord_id=orig_cl_ord_id, text=text),
                details.header,
                details.echo,
            )
            return
        dialect = self.dialect
        if event in UNASKED and not asked_by and dialect.style.own_orig_cl_ord_id:
            orig_cl_ord_id = cl_ord_id
        exec_type, status = states(dialect.version, dialect.style, event, executed, leaves)
        body = details.template % (
            average_text(mine.value, executed) if executed else b"0.0",
            cl_ord_id,
            executed,
            self.exec_id(mine.order_id),
            self.zeros,
            mine.order_id,
            mine.quantity,
            status,
            b"41=%b\x01" % orig_cl_ord_id if orig_cl_ord_id else b"",
            b"" if details.is_market else price_field(mine.price),
            b"58=%b\x01" % text if text else b"",
            utc_timestamp(now),
            exec_type,
            leaves,
            b"",
            b"",
            b"",
        )
        self.session.send(b"8", body, self.times.wall_time, dialect.sub, details.header)

    def tell_new(self, mine: FixOrder, now: int) -> None:
        """Send the report of a new order."""
        details = mine.details
        if not details.new_template:
            self.tell(mine, Event.NEW, mine.quantity, now)
            return
        quantity = mine.quantity
        body = details.new_template % (
            mine.cl_ord_id,
            self.exec_id(mine.order_id),
            mine.order_id,
            quantity,
            b"" if details.is_market else price_field(mine.price),
            utc_timestamp(now),
            quantity,
        )
        self.session.send(b"8", body, self.times.wall_time, self.dialect.sub, details.header)

    def tell_long(self, event: Event, figures: Figures, header: bytes, echo: Iterable[EchoField]) -> None:
        """Send any report, however rare what it says."""
        dialect = self.dialect
        body = execution_report(dialect.version, dialect.style, event, figures, echo)
        self.session.send(b"8", body, self.times.wall_time, dialect.sub, header)

    def tell_of(self, event: Event, figures: Figures, details: Details) -> None:
        """Send any report of an order of a kind."""
        self.tell_long(event, figures, details.header, details.echo)

    def figures(self, mine: FixOrder, leaves: int, now: int, exec_id: bytes = b"") -> Figures:
        """Give the figures of a live order."""
        return Figures(
            mine.cl_ord_id,
            exec_id or self.exec_id(mine.order_id),
            mine.quantity,
            now,
            mine.order_id,
            mine.price,
            mine.executed,
            mine.value,
            leaves,
        )

    def end(self, mine: FixOrder, event: Event, now: int, text: bytes, asked_by: bytes = b"") -> None:
        """Tell that an order is gone."""
        style = self.dialect.style
        self.tell(mine, event, 0, now, text, asked_by)
        status = states(self.dialect.version, style, event, mine.executed, 0)[1]
        self.ledger.orders[mine.cl_ord_id] = mine.pack(status)

    # From the engine.

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """Tell of a new order; what is gone in the same step is told as canceled at once."""
        mine = self.mine(order)
        mine.order_id, mine.price = order.order_reference_number, order.price  # which may be held to another one
        if mine.details.index < 0:
            self.ledger.keep(mine.details)
        self.tell_new(mine, now)
        if dead:
            self.end(mine, Event.CANCELED, now, CANCEL_LETTERS[CancelReason.IMMEDIATE_OR_CANCEL])

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """Tell that an order has taken another's place, with the figures of the chain so far."""
        successor = self.successor
        assert successor is not None
        successor.order_id, successor.price = order.order_reference_number, order.price
        if successor.details.index < 0:
            self.ledger.keep(successor.details)
        self.succeed(self.mine(original), successor, order.open, now)
        if dead:
            self.end(successor, Event.CANCELED, now, CANCEL_LETTERS[CancelReason.IMMEDIATE_OR_CANCEL])

    def succeed(self, before: FixOrder, after: FixOrder, leaves: int, now: int) -> None:
        """Let an order go by its new ClOrdID, and tell so."""
        after.executed, after.value = before.executed, before.value
        self.ledger.orders[before.cl_ord_id] = before.pack(REPLACED, after.cl_ord_id)
        self.ledger.orders[after.cl_ord_id] = after
        figures = self.figures(after, leaves, now)
        self.tell_of(Event.REPLACED, figures._replace(orig_cl_ord_id=before.cl_ord_id), after.details)

    def modified(self, order: Order, now: int) -> None:
        """Tell that an order which got smaller goes by its new ClOrdID."""
        assert self.successor is not None
        before, self.successor.order_id = self.mine(order), order.order_reference_number
        order.cl_ord_id = self.successor.cl_ord_id
        self.succeed(before, self.successor, order.open, now)

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """Tell that an order is gone, or by request that it got smaller."""
        if order.open:
            self.modified(order, now)
            return
        mine = self.mine(order)
        if order is self.subject:
            self.end(mine, Event.CANCELED, now, b"", self.request)
        else:
            event = Event.EXPIRED if reason is CancelReason.EXPIRED else Event.CANCELED
            self.end(mine, event, now, CANCEL_LETTERS[reason])

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """Tell of a fill."""
        mine = self.mine(order)
        details, dialect = mine.details, self.dialect
        executed = mine.executed = mine.executed + quantity
        mine.value += quantity * price
        leaves, order_id = order.open, mine.order_id
        exec_id = self.fill_id(match, order_id, details)
        if details.template and liquidity is not ROUTED:
            style = dialect.style
            exec_type, status = states(dialect.version, style, Event.TRADE, executed, leaves)
            body = details.template % (
                average_text(mine.value, executed),
                mine.cl_ord_id,
                executed,
                exec_id,
                b"31=%b\x0132=%d\x01" % (price_text(price), quantity),
                order_id,
                mine.quantity,
                status,
                b"",
                b"" if details.is_market else price_field(mine.price),
                b"",
                utc_timestamp(now),
                exec_type,
                leaves,
                b"527=%d\x01" % match if 527 in style.match_tags else b"",
                b"1003=%d\x01" % match if 1003 in style.match_tags else b"",
                b"9882=%b\x01" % LIQUIDITY_FLAGS[liquidity],
            )
            self.session.send(b"8", body, self.times.wall_time, dialect.sub, details.header)
        else:
            figures = self.figures(mine, leaves, now, exec_id)._replace(
                last_quantity=quantity,
                last_price=price,
                match=match,
                liquidity=LIQUIDITY_FLAGS[liquidity],
                away=AWAY_MARKET if liquidity is ROUTED else b"",
            )
            self.tell_of(Event.TRADE, figures, details)
        if not leaves:
            self.ledger.orders[mine.cl_ord_id] = mine.pack(FILLED)

    def prevented(
        self,
        order: Order,
        removed: int,
        quantity: int,
        price: int,
        liquidity: Liquidity,
        strategy: SelfMatchPrevention,
        now: int,
    ) -> None:
        """Tell that self-match prevention has ended an order, or has left it smaller."""
        mine = self.mine(order)
        text = CANCEL_LETTERS[CancelReason.SELF_MATCH]
        if not order.open:
            self.end(mine, Event.CANCELED, now, text)
            return
        mine.quantity -= removed
        figures = self.figures(mine, order.open, now)._replace(text=text, restatement=EXCHANGE_OPTION)
        self.tell_of(Event.RESTATED, figures, mine.details)

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """Tell that an order displays more of its reserve again, under a new number for that part."""
        mine = self.mine(order)
        figures = self.figures(mine, order.open, now)._replace(restatement=EXCHANGE_OPTION, secondary=number)
        self.tell_of(Event.RESTATED, figures, mine.details)

    def repriced(self, order: Order, number: int, now: int) -> None:
        """Tell that a peg has another price, under a new number, or for now none."""
        mine = self.mine(order)
        mine.price = order.price if number else NO_PRICE
        figures = self.figures(mine, order.open, now)
        figures = figures._replace(restatement=EXCHANGE_OPTION, secondary=number)
        self.tell_of(Event.REPRICED, figures, mine.details)

    def carried_over(self, order: Order, now: int) -> None:
        """Tell that an order goes on in the new day, by its new number and its old one."""
        mine = self.mine(order)
        before, mine.order_id = mine.order_id, order.order_reference_number
        figures = self.figures(mine, order.open, now)._replace(restatement=RENEWAL, secondary=before)
        self.tell_of(Event.RESTATED, figures, mine.details)

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """Tell the newest order of a chain that a fill of it does not stand. What was filled does not open again."""
        trade = self.engine.trade(self.port, match)
        assert trade is not None
        filled_id = self.ledger.number_of(cl_ord_id)
        name, past = self.ledger.newest(cl_ord_id)
        executed, value = past.executed - trade.quantity, past.value - trade.quantity * trade.price
        self.ledger.correct(name, past._replace(status=live_status(executed), executed=executed, value=value))
        live = self.port.orders.find(past.key)
        figures = Figures(
            name,
            self.exec_id(past.order_id),
            past.quantity,
            now,
            past.order_id,
            past.price,
            executed,
            value,
            0 if live is None else live.open,
            exec_ref_id=self.fill_id(match, filled_id, self.ledger.kinds[past.kind]),
            last_quantity=trade.quantity,
            last_price=trade.price,
            text=BREAK_LETTERS[reason],
        )
        self.tell_of(Event.BROKEN, figures, self.ledger.kinds[past.kind])

    def cancel_pending(self, order: Order, now: int) -> None:
        """Tell that an order is canceled after its cross."""
        asked_by = self.request if order is self.subject else b""
        self.tell(self.mine(order), Event.PENDING_CANCEL, order.open, now, b"", asked_by)

    def mass_canceled(self, request: bytes, now: int) -> None:
        """See `Sink`. No message of this port asks for a mass cancel."""
        raise AssertionError(f"{self.port.name} has asked for no mass cancel")

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Begin and end the day: names are free again, but for those of orders that live on."""
        super().system_event(event, now)
        if event is SystemEvent.START_OF_DAY:
            self.ledger.start_day()
            self.events = 0
