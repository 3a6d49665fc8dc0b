"""What a FIX port knows of its orders: one by its ClOrdID while it lives, and for the rest of the day its end.

A live order is an object; one that is gone is a few packed bytes, since a bust may still have to be told with its
figures, and a request for it with its state. A ClOrdID that named no order keeps one byte, or none.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final, NamedTuple

from fix.details import Details, Values
from fix.ledger_state import LedgerState

Past = bytes
"""An order that is gone, packed; `REFUSED` and `REQUEST` are those that never were one."""
REFUSED: Final = b"8"
REQUEST: Final = b""
"""The ClOrdID of a cancel, or of a replace that was refused."""
REPLACED: Final = b"5"
LIVE: Final = b"0"
SPARE_KINDS: Final = 1_024
"""How many kinds of orders are remembered that no order of the day has."""
_PAST: Final = Struct(">cQQQQQQI")


class FixOrder:
    """A live order, with the figures of its chain of replacements: prices in ticks, `value` in shares times ticks.

    `quantity` is OrderQty, `order_id` the order's number, 0 before it has one, and `key` the engine's for it.
    """

    __slots__ = ("cl_ord_id", "details", "executed", "key", "order_id", "price", "quantity", "value")

    def __init__(self, cl_ord_id: bytes, details: Details, key: int, quantity: int, price: int) -> None:
        self.cl_ord_id = cl_ord_id
        self.details = details
        self.key = key
        self.quantity = quantity
        self.price = price
        self.order_id = 0
        self.executed = 0
        self.value = 0

    def pack(self, status: bytes, successor: bytes = b"") -> Past:
        """Give what is kept of the order: its OrdStatus, and the ClOrdID that took its place."""
        figures = self.order_id, self.quantity, self.executed, self.value, self.price, self.details.index
        return _PAST.pack(status, self.key, *figures) + successor


class PastOrder(NamedTuple):
    """An order that is gone, or was replaced by `successor`; `kind` is the index of its details."""

    status: bytes
    key: int
    order_id: int
    quantity: int
    executed: int
    value: int
    price: int
    kind: int
    successor: bytes

    def pack(self) -> Past:
        """Pack it again."""
        return _PAST.pack(*self[:-1]) + self.successor


def read_past(past: Past) -> PastOrder | None:
    """Give an order that is gone; None for what never was one."""
    if len(past) < _PAST.size:
        return None
    return PastOrder._make((*_PAST.unpack_from(past), past[_PAST.size :]))


class Ledger:
    """All ClOrdIDs of a port's day and of the orders that live on, and the kinds of orders that they name."""

    __slots__ = ("kinds", "known", "orders")

    def __init__(self) -> None:
        self.orders: dict[bytes, FixOrder | Past] = {}
        self.known: dict[Values, Details] = {}
        self.kinds: list[Details] = []
        """Those that an order of the day has, by their index."""

    def remember(self, details: Details) -> None:
        """Let the next order of a kind find it; kinds that no order has got in with are forgotten now and then."""
        if len(self.known) >= len(self.kinds) + SPARE_KINDS:
            self.known = {kept.values: kept for kept in self.kinds}
        self.known[details.values] = details

    def keep(self, details: Details) -> None:
        """Give a kind its index, when the first order of it is accepted."""
        details.index = len(self.kinds)
        self.kinds.append(details)

    def translate(self, before: tuple[bytes, ...], after: tuple[bytes, ...], read: Callable[[Values], Details]) -> None:
        """Work out anew what every kind means, with the tags `after` instead of those `before`."""
        self.known.clear()
        for details in self.kinds:
            named = dict(zip(before, details.values, strict=True))
            details.refresh(read(tuple(map(named.get, after))))
            self.known[details.values] = details

    def newest(self, cl_ord_id: bytes) -> tuple[bytes, PastOrder]:
        """Give the newest name and the figures of the order that once went, or goes, by that name."""
        while True:
            order = self.orders[cl_ord_id]
            past = read_past(order.pack(LIVE) if isinstance(order, FixOrder) else order)
            assert past is not None
            if not past.successor:
                return cl_ord_id, past
            cl_ord_id = past.successor

    def correct(self, cl_ord_id: bytes, past: PastOrder) -> None:
        """Take over the figures and state of an order whose fill was broken."""
        order = self.orders[cl_ord_id]
        if isinstance(order, FixOrder):
            order.executed, order.value = past.executed, past.value
        else:
            self.orders[cl_ord_id] = past.pack()

    def number_of(self, cl_ord_id: bytes) -> int:
        """Give the number of the order that went, or goes, by that name."""
        order = self.orders[cl_ord_id]
        past = read_past(order.pack(LIVE) if isinstance(order, FixOrder) else order)
        assert past is not None
        return past.order_id

    def start_day(self) -> None:
        """Forget what became of orders; those that live on keep their names, and their kinds come first."""
        self.orders = {name: order for name, order in self.orders.items() if isinstance(order, FixOrder)}
        for details in self.kinds:
            details.index = -1
        self.known.clear()
        self.kinds.clear()
        for order in self.orders.values():
            assert isinstance(order, FixOrder)
            if order.details.index < 0:
                self.keep(order.details)
                self.known[order.details.values] = order.details

    def dump(self) -> LedgerState:
        """Give the ledger as plain data."""
        packed: list[tuple[bytes, bytes]] = []
        live: list[int] = []
        for name, order in self.orders.items():
            if isinstance(order, FixOrder):
                live.append(len(packed))
                packed.append((name, order.pack(LIVE)))
            else:
                packed.append((name, order))
        return LedgerState([list(details.values) for details in self.kinds], packed, live)

    def load(self, state: LedgerState, learn: Callable[[Values], Details]) -> None:
        """Take over a dumped ledger; `learn` works out what a kind's values mean."""
        for values in state.kinds:
            details = self.known[tuple(values)] = learn(tuple(values))
            self.keep(details)
        self.orders.update(state.orders)
        for place in state.live:
            name, packed = state.orders[place]
            past = read_past(packed)
            assert past is not None
            order = FixOrder(name, self.kinds[past.kind], past.key, past.quantity, past.price)
            order.order_id, order.executed, order.value = past.order_id, past.executed, past.value
            self.orders[name] = order
