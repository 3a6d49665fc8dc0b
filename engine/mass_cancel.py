"""A mass cancel, worked off in slices so that nobody else waits long: each slice of a fixed count is a record.

Which orders it is about is settled when it is asked for; between two slices other ports trade on, and may still trade
with orders that are to go. The port itself is not heard before its mass cancel is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import Order, Port, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS_A_SLICE: Final = 500
"""Orders looked at in one slice: a millisecond or two."""


class MassCancel:
    """What is left of a mass cancel: `keys` of the orders that were not looked at yet, the oldest last.

    `symbol` "" is every symbol, None for side and group is any; `request` is the client's message.
    """

    __slots__ = ("group_id", "keys", "port", "request", "side", "symbol")

    def __init__(
        self, port: Port, symbol: str, side: Side | None, group_id: int | None, request: bytes, keys: list[int]
    ) -> None:
        self.port = port
        self.symbol = symbol
        self.side = side
        self.group_id = group_id
        self.request = request
        self.keys = keys

    def slice(self) -> Iterator[Order]:
        """Go through those of the next orders that are still there and match, oldest first."""
        for _ in range(min(ORDERS_A_SLICE, len(self.keys))):
            order = self.port.orders.get(self.keys.pop())
            if (
                order is not None
                and self.symbol in ("", order.scope.book.symbol)
                and self.side in (None, order.terms.side)
                and self.group_id in (None, order.attributes.group_id)
            ):
                yield order
