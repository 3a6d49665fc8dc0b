"""An order, its terms, and a port's live orders by key. Others import these names from `engine.api`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.terms import Cross, Display, OrderAttributes, Side, TimeInForce

if TYPE_CHECKING:
    from engine.book import Level
    from engine.port import Port, Scope

PAGE_BITS: Final = 13
"""Keys that differ in these low bits only share a page: 8,192 of them, and growing it costs less than half a ms."""
PLAIN: Final = OrderAttributes()
"""The attributes of an order that carries none."""
TermsState = tuple[Side, TimeInForce, Display, Cross, bool, tuple[bytes, ...]]
"""An order's terms as plain data."""


class OrderTerms:
    """The coded terms of an order, shared by all orders that have them; never changed.

    `letters` are the codes as the port's protocol spells them, carried for the port and never read here. `timed` are
    those whose orders are taken at some times only: for a cross, a call or after hours. `unusual` are those that a risk
    check may ask for more than side, price and size.
    """

    __slots__ = (
        "cross",
        "display",
        "intermarket_sweep",
        "letters",
        "side",
        "state",
        "time_in_force",
        "timed",
        "unusual",
    )

    def __init__(
        self,
        side: Side,
        time_in_force: TimeInForce,
        display: Display,
        cross: Cross,
        intermarket_sweep: bool,
        letters: tuple[bytes, ...],
    ) -> None:
        self.side = side
        self.time_in_force = time_in_force
        self.display = display
        self.cross = cross
        self.intermarket_sweep = intermarket_sweep
        self.letters = letters
        self.timed = cross is not Cross.CONTINUOUS or time_in_force is TimeInForce.AFTER_HOURS
        self.unusual = (
            self.timed
            or intermarket_sweep
            or side in (Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT)
            or time_in_force is TimeInForce.EXTENDED_HOURS
        )
        self.state: TermsState = (side, time_in_force, display, cross, intermarket_sweep, letters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrderTerms) and self.state == other.state

    def __hash__(self) -> int:
        return hash(self.state)

    @property
    def is_buy(self) -> bool:
        """Whether the order buys."""
        return self.side is Side.BUY


class Order:
    """One order, or one replacement in a chain: a replacement is an order of its own with a new time priority.

    `size` is what the whole chain may execute, `open` what of it still may, so `size - open` has executed (or was
    taken by self-match prevention). `quantity` is the same as `open`, but of an order with a `reserve` it is the
    displayed part.
    `key` is the port's own number for it, unique among the port's live orders; `cl_ord_id` the client's label.
    `entered` are the attributes that the chain's first order came with, `counted_at` is the price at which PRM counts
    what is open, 0 where it does not.
    """

    __slots__ = (
        "after",
        "attributes",
        "before",
        "cl_ord_id",
        "counted_at",
        "entered",
        "expires_at",
        "key",
        "level",
        "order_reference_number",
        "port",
        "price",
        "quantity",
        "reserve",
        "scope",
        "size",
        "terms",
    )

    def __init__(
        self,
        port: Port,
        scope: Scope,
        terms: OrderTerms,
        attributes: OrderAttributes,
        size: int,
        price: int,
        cl_ord_id: bytes,
        key: int,
    ) -> None:
        self.port = port
        self.scope = scope
        self.terms = terms
        self.attributes = attributes
        self.entered = attributes
        self.size = size
        self.quantity = size
        self.price = price
        self.cl_ord_id = cl_ord_id
        self.key = key
        self.order_reference_number = 0
        self.counted_at = 0
        self.expires_at = 0
        self.level: Level | None = None
        self.before: Order | None = None
        self.after: Order | None = None
        self.reserve: Order | None = None

    @property
    def open(self) -> int:
        """Shares that may still trade, displayed or not."""
        return self.quantity if self.reserve is None else self.quantity + self.reserve.quantity

    @property
    def limit(self) -> int:
        """The price that it came with, whatever that of a peg is now."""
        pegs = self.scope.book.pegs
        return self.price if pegs is None else pegs.limits.get(self, self.price)

    @property
    def user(self) -> str:
        """The user who sent it, where the port's protocol names one."""
        return self.scope.user

    @property
    def is_displayed(self) -> bool:
        """Whether this part of an order stands on the displayed side of the book."""
        return self.level is not None and self.level.ladder.is_displayed


class LiveOrders:
    """The live orders of a port, page by page, within a page in order of entry.

    Pages, because to let one dict of a million grow would stop the loop for 20 to 40 ms.

    Keys rise in the order of entry within a channel, so a port that uses none has them oldest first. Plain methods and
    no `MutableMapping`: a call costs less than an item's assignment, and mypyc makes no class of C of a subclass of it.
    """

    __slots__ = ("pages",)

    def __init__(self) -> None:
        self.pages: dict[int, dict[int, Order]] = {}

    def __getitem__(self, key: int) -> Order:
        return self.pages[key >> PAGE_BITS][key]

    def __contains__(self, key: int) -> bool:
        return self.find(key) is not None

    def __iter__(self) -> Iterator[int]:
        for page in self.pages.values():
            yield from page

    def __len__(self) -> int:
        return sum(map(len, self.pages.values()))

    def values(self) -> Iterator[Order]:
        """Go through the orders, as iteration goes through their keys."""
        for page in self.pages.values():
            yield from page.values()

    def after(self, key: int) -> Iterator[Order]:
        """Go through the orders with a higher key, lowest first."""
        for number in sorted(number for number in self.pages if number >= key >> PAGE_BITS):
            page = self.pages[number]
            yield from (page[following] for following in sorted(page) if following > key)

    def find(self, key: int) -> Order | None:
        """Give the live order of a key, None where there is none."""
        page = self.pages.get(key >> PAGE_BITS)
        return None if page is None else page.get(key)

    def add(self, order: Order) -> None:
        """Take an order in, under its key."""
        key = order.key
        page = self.pages.get(key >> PAGE_BITS)
        if page is None:
            page = self.pages[key >> PAGE_BITS] = {}
        page[key] = order

    def remove(self, key: int) -> None:
        """Take out the order of a key."""
        number = key >> PAGE_BITS
        page = self.pages[number]
        del page[key]
        if not page:
            del self.pages[number]


def is_live(order: Order) -> bool:
    """Whether an order is among those that its port has in the market."""
    return order.port.orders.find(order.key) is order
