"""Execution Reports of a session, held together: what is said of an order must fit what was said of it before."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from conformance.fix.frames import Frame
from conformance.fix.tags import Version

DEAD: Final = frozenset("48C")
LIVE: Final = frozenset("0156")
FINAL: Final = frozenset("248C")
FILLS: Final = frozenset("12F")
CENT: Final = Decimal("0.0001")


@dataclass
class Order:
    """An order as its reports tell it: shares filled and still so, those of broken trades, what was paid, its end."""

    filled: Decimal = Decimal(0)
    broken: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    is_over: bool = False


@dataclass
class Reports:
    """The reports of a session: ExecIDs, and orders by their owner and OrderID."""

    executions: dict[str, int] = field(default_factory=dict)
    orders: dict[tuple[str, str], Order] = field(default_factory=dict)

    def look(self, frame: Frame, version: Version) -> list[str]:
        """Say what does not fit."""
        values = frame.values
        found = []
        execution = values[17]
        before = self.executions.setdefault(f"{values.get(128, '')} {values.get(145, '')} {execution}", frame.number)
        if before != frame.number:
            found.append(f"ExecID {execution} was that of message {before}")
        try:
            total, filled, left = (Decimal(values.get(tag, "0")) for tag in (38, 14, 151))
            last, price, average = (Decimal(values.get(tag, "0")) for tag in (32, 31, 6))
        except InvalidOperation:
            return [*found, "a quantity or price is not a number"]
        owner = values.get(128, "") + values.get(145, "")
        if values.get(20, "0") == "1" or values.get(150) == "H":
            self._break(self.orders.get((owner, values[37])), filled, average)
        status, broken = values[39], self.orders.get((owner, values[37]), Order()).broken
        if version.rank >= 41:
            if status in DEAD and left:
                found.append(f"LeavesQty is {left} of an order that is over (OrdStatus {status})")
            elif status in LIVE and 38 in values and filled + left + broken != total:
                why = f", less {broken} of broken trades" if broken else ""
                found.append(f"CumQty {filled} and LeavesQty {left} do not make OrderQty {total}{why}")
        return found + self._order(values, last, price, (filled, average))

    @staticmethod
    def _break(order: Order | None, filled: Decimal, average: Decimal) -> None:
        """Take back what a broken trade had filled; its shares do not come back into the book."""
        if order is not None:
            order.broken += order.filled - filled
            order.filled, order.paid = filled, filled * average

    def _order(self, values: dict[int, str], last: Decimal, price: Decimal, told: tuple[Decimal, Decimal]) -> list[str]:
        """See that what was filled adds up, and that nothing comes behind an end."""
        if values[37] in ("NONE", "0") or values.get(20, "0") != "0" or values.get(150, "") in ("G", "H", "D"):
            return []
        known = (values.get(128, "") + values.get(145, ""), values[37]) in self.orders
        order = self.orders.setdefault((values.get(128, "") + values.get(145, ""), values[37]), Order())
        filled, average = told
        found = []
        is_fill = values.get(150, values[39]) in FILLS and last > 0
        if order.is_over:
            found.append(f"order {values[37]} was over")
        if not known and not is_fill:
            order.filled, order.paid = filled, filled * average
        if is_fill:
            if not known:
                order.filled, order.paid = filled - last, (filled - last) * average
            order.filled += last
            order.paid += last * price
        if filled != order.filled:
            found.append(f"CumQty is {filled}, but {order.filled} were filled")
        elif filled and known and abs(order.paid / filled - average) > CENT:
            found.append(f"AvgPx is {average}, not {order.paid / filled:.4f}")
        order.is_over = values[39] in FINAL
        return found
