"""An order entry port as the engine knows it, and its scopes. Others import these names from `engine.api`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.instructions import PortEntry
from engine.orders import PLAIN, LiveOrders
from engine.terms import Reject

if TYPE_CHECKING:
    from engine.api import Sink
    from engine.book import Book
    from engine.mass_cancel import MassCancel
    from engine.risk.limits import Limits
    from engine.risk.order_flow import OrderFlow
    from engine.risk.port_exposure import PortExposure
    from engine.risk.prm import Protection
    from engine.risk.windows import SlidingWindow

PRM: Final = "prm"
"""The rule book of Nordic markets, by which each order is asked for more than its price and size."""


class Scope:
    """One port in one order book, of a Nordic port one user of it: the single look-up of an incoming order.

    `protection` is what PRM asks of the orders, None where the market's rule book is another.
    """

    __slots__ = ("book", "limits", "port", "protection", "user")

    def __init__(self, port: Port, book: Book, limits: Limits, user: str = "") -> None:
        self.port = port
        self.book = book
        self.limits = limits
        self.user = user
        self.protection: Protection | None = None

    @property
    def is_declared(self) -> bool:
        """Whether the user may trade on the port. The scope of one who may not is made anew each time: keep none."""
        return self.protection is None or self.protection.is_declared


class Port:
    """An order entry port as the engine knows it: whose it is, what it may do, who hears of its orders.

    `organization` and `affiliation` are whose its firm is, for self-match prevention, and `plain` are the attributes of
    an order that brings none.
    `windows` count its messages, one for each rate rule (by rule); `rate_rule` is the one that it went over,
    `rate_warned` says whether it was told that 80 % of PRM's were reached.
    `withdrawn` is a port that the configuration no longer names, `cancel_only` one that operations let enter nothing;
    with `cancel_on_disconnect` its orders end with its connection. `rule_book` is its market's; `fat_finger`,
    `maximum_orders` (0 = no limit) and `cancel_on_breach` are what PRM has set for it. `guarded` says whether any of
    this may stand in the way of an order, `closed` whether the port itself does: call `settle` when something changes.
    `exposure` is what its orders count towards, None where no rule asks for that.
    `flows` count the messages in each symbol and orders that are the same, one for each rule; `rate_reason` and
    `rate_bound` tell why the port is shut, and what limit it went over. `switched_off` is one that the safety switch
    closed for the day.
    """

    __slots__ = (
        "affiliation",
        "cancel_on_breach",
        "cancel_on_disconnect",
        "cancel_only",
        "closed",
        "disabled",
        "entry",
        "exchange",
        "exposure",
        "fat_finger",
        "flows",
        "guarded",
        "index",
        "market",
        "mass_cancel",
        "maximum_orders",
        "midnight",
        "mpid",
        "name",
        "orders",
        "organization",
        "plain",
        "rate_bound",
        "rate_limited",
        "rate_reason",
        "rate_rule",
        "rate_warned",
        "rule_book",
        "scopes",
        "sink",
        "switched_off",
        "windows",
        "withdrawn",
    )

    sink: Sink

    def __init__(self, entry: PortEntry, index: int, rule_book: str = "eqrc") -> None:
        self.entry = entry
        self.name = entry.name
        self.mpid = self.organization = self.affiliation = entry.mpid
        self.market = entry.market
        self.exchange = entry.market.upper()
        self.index = index
        self.scopes: dict[str, Scope] = {}
        self.orders = LiveOrders()
        self.midnight = 0
        self.disabled = False
        self.rate_limited = False
        self.rate_rule = ""
        self.rate_warned = False
        self.rate_reason = Reject.PORT_MESSAGE_RATE
        self.rate_bound = 0
        self.windows: tuple[tuple[str, SlidingWindow], ...] = ()
        self.flows: tuple[OrderFlow, ...] = ()
        self.switched_off = False
        self.withdrawn = False
        self.cancel_only = False
        self.cancel_on_disconnect = entry.cancel_on_disconnect
        self.mass_cancel: MassCancel | None = None
        self.plain = PLAIN
        self.exposure: PortExposure | None = None
        self.rule_book = rule_book
        self.fat_finger = entry.fat_finger
        self.maximum_orders = entry.maximum_orders
        self.cancel_on_breach = entry.cancel_on_breach
        self.guarded = self.closed = False
        self.settle()

    def settle(self) -> None:
        """Work out anew whether the port itself, or PRM, may stand in the way of its orders."""
        is_open = not (self.disabled or self.switched_off or self.rate_limited or self.withdrawn or self.cancel_only)
        self.closed = not is_open
        self.guarded = self.closed or self.rule_book == PRM or bool(self.flows)
