"""A mass cancel, worked off in slices so that nobody else waits long: each slice of a fixed count is a record.

Which orders it is about is settled when it begins: when it is asked for, or, of one that follows a breach of rules or
waits for another one of its port, with its first slice. Between two slices other ports trade on, and may still trade
with orders that are to go. The port itself is not heard while its mass cancel is under way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import CancelReason, Cross, Order, Port, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTINUOUS: Final = Cross.CONTINUOUS
ORDERS_A_SLICE: Final = 500
"""Orders looked at in one slice: a millisecond or two."""


class MassCancel:
    """What is left of a mass cancel: `keys` to look at in the present page, the oldest last, and the `pages` after it.

    A page is listed when its turn comes; until then its orders can only become fewer, since the port has to wait.
    `symbol` "" is every symbol, None for side and group is any, `accounts` are those of PRM that an order has to be of,
    none is any; `request` is the client's message. One that the venue began has another `reason` than the user's, and
    no answer when it is done; one that `spares_crosses` leaves what waits for a cross.
    """

    __slots__ = (
        "accounts",
        "group_id",
        "keys",
        "pages",
        "port",
        "reason",
        "request",
        "side",
        "spares_crosses",
        "symbol",
    )

    def __init__(
        self,
        port: Port,
        symbol: str,
        side: Side | None,
        group_id: int | None,
        request: bytes,
        reason: CancelReason = CancelReason.USER,
        accounts: tuple[str, ...] = (),
        spares_crosses: bool = False,
    ) -> None:
        self.port = port
        self.symbol = symbol
        self.side = side
        self.group_id = group_id
        self.request = request
        self.reason = reason
        self.accounts = accounts
        self.spares_crosses = spares_crosses
        self.begin()

    def begin(self) -> None:
        """Settle which orders it is about: all that the port has now."""
        self.keys: list[int] = []
        self.pages = list(reversed(self.port.orders.pages))

    def slice(self) -> Iterator[Order]:
        """Go through those of the next orders that are still there and match, oldest first."""
        for _ in range(ORDERS_A_SLICE):
            if not self.keys and not self._next_page():
                return
            order = self.port.orders.find(self.keys.pop())
            if (
                order is not None
                and self.symbol in ("", order.scope.book.symbol)
                and self.side in (None, order.terms.side)
                and self.group_id in (None, order.attributes.group_id)
                and (not self.accounts or account_of(order) in self.accounts)
                and not (self.spares_crosses and order.terms.cross is not CONTINUOUS)
            ):
                yield order

    def is_done(self) -> bool:
        """Tell whether nothing is left to look at, going on to the next page where this one is through."""
        return not self.keys and not self._next_page()

    def _next_page(self) -> bool:
        while self.pages:
            page = self.port.orders.pages.get(self.pages.pop())
            if page is not None:
                self.keys = list(reversed(page))
                return True
        return False


def account_of(order: Order) -> str:
    """Give the name of the PRM account that covers an order's user, "" where there is none."""
    protection = order.scope.protection
    return "" if protection is None or protection.account is None else protection.account.name
