"""A look at executions on US ports, for Post-Trade Risk, taken in the replica and only there.

A `ClearingTap` stands in front of a port's own sink. What is no execution goes to that sink directly, as if there were
no tap; of an execution's two sides, which the engine tells one after the other, it makes one trade.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, cast

from engine.api import PRM, Liquidity, Order, Port, Side, Sink
from engine.clearing_state import Execution
from engine.engine import Engine
from venue.sidecar.tap import Tap

AWAY: Final = ""
"""Who an order traded with on the away market."""
PASSED_ON: Final = (
    *("accepted", "replaced", "modified", "canceled", "prevented", "restated", "repriced", "carried_over"),
    *("cancel_pending", "cancel_rejected", "mass_canceled", "broken", "system_event"),
)
"""What goes to the port's own sink directly."""
Executed = Callable[[Execution, int], None]


class Half(NamedTuple):
    """The side of a trade that was told first: the incoming order's."""

    match: int
    mpid: str
    is_buy: bool


class ClearingTaps:
    """The taps of a machine: `executed` is told of every execution on a US market, at its venue time."""

    def __init__(self, executed: Executed) -> None:
        self.executed = executed
        self.halves: dict[str, Half] = {}
        self.taps: dict[str, ClearingTap] = {}

    def stand_by(self, engine: Engine) -> None:
        """Stand in front of every US port that has no tap: a configuration may have taken it away.

        Behind the taps of whoever follows live events, since those come and go.
        """
        for port in engine.ports.values():
            if port.rule_book == PRM or port.entry.drop is not None:
                continue
            holder: Port | Tap = port
            while isinstance(holder.sink, Tap):
                holder = holder.sink
            if not isinstance(holder.sink, ClearingTap):
                holder.sink = cast("Sink", ClearingTap(self, port, holder.sink))

    def traded(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """Take one side of a trade; the second one completes it, and on the away market there is no second one."""
        book = order.scope.book
        market, mpid = book.market.key, order.port.mpid
        half = self.halves.pop(market, None)
        if half is None:
            half = Half(match, mpid, order.terms.side is Side.BUY)
            if liquidity is not Liquidity.ROUTED:
                self.halves[market] = half
                return
            mpid = AWAY
        assert half.match == match, "the two sides of a trade are told together"
        execution = Execution(market, match, half.mpid, half.is_buy, mpid, book.symbol, quantity, price)
        self.executed(execution, now)


class ClearingTap:
    """Stands in front of one port's sink; it does as a `Sink` does."""

    def __init__(self, taps: ClearingTaps, port: Port, sink: Sink) -> None:
        self.taps = taps
        self.port = port
        self.sink = sink
        for name in PASSED_ON:
            setattr(self, name, getattr(sink, name))

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """See `Sink`."""
        self.taps.traded(order, quantity, price, liquidity, match, now)
        self.sink.executed(order, quantity, price, liquidity, match, now)
