"""What comes too fast: the rates of a port, of its messages in a symbol, and of orders that are the same.

Messages count on arrival, whatever becomes of them. The one that is too many shuts the port: it is refused, and so is
what would enter or change until somebody frees the port; cancels pass. What else follows in Nordic markets, PRM says.

Sources: EQRC guide 3.1.15, 3.1.16; PRM guide 3.11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import PRM, Order, Port, Refusal, Reject
from engine.mass_cancels import MassCancels
from engine.risk.counters import warns
from engine.risk.diary import HappeningKind
from engine.terms import EQRC_CHECKS

if TYPE_CHECKING:
    from engine.risk.rules import Rules

COUNTED: Final = EQRC_CHECKS | {Reject.ENTRY_DISABLED}
"""What only an order is refused for that has been counted already."""


class Rates(MassCancels):
    """The part of the engine that counts messages; `rules` keep what is told of rules."""

    rules: Rules

    def arrived(self, port: Port, now: int) -> None:
        """Count a message towards the port's rate (EQRC guide 3.1.15, PRM guide 3.11); the one over it shuts the port.

        Where PRM asks for it, all orders of the port are canceled then.
        """
        if port.rate_limited:
            return
        for rule, window in port.windows:
            times = window.times
            times.append(now)
            if len(times) >= window.room and window.is_over(now) and not port.rate_limited:
                self.shut(port, Reject.PORT_MESSAGE_RATE, rule, window.limit, now)
                if rule == PRM:
                    self.prm.tell_port_rate(port, now, HappeningKind.RATE)
                if port.cancel_on_breach:
                    self.cancel_all(port, now)
            elif rule == PRM and not port.rate_warned and warns(window):
                port.rate_warned = True
                self.prm.tell_port_rate(port, now, HappeningKind.WARNING)

    def shut(self, port: Port, reason: Reject, rule: str, limit: int, now: int) -> None:
        """Shut a port that went over a rate, until somebody frees it."""
        port.rate_limited, port.rate_reason, port.rate_rule, port.rate_bound = True, reason, rule, limit
        port.settle()
        if rule != PRM:
            self.rules.shut(port, now)

    def count(self, order: Order, now: int, is_new: bool) -> None:
        """Count a message about an order in its symbol and, of a new one, among its like; nothing while it is shut."""
        port = order.port
        for flow in port.flows:
            if port.rate_limited:
                return
            reason = flow.arrive(order, now, is_new)
            if reason is not None:
                self.shut(port, reason, flow.rule, flow.limit_of(reason), now)

    def refused(self, order: Order, refusal: Refusal, now: int, original: Order | None) -> None:
        """Count an order that was refused before its port was asked, and keep what a rule refused."""
        if refusal.reason not in COUNTED:
            self.count(order, now, is_new=original is None)
        if refusal.rule is not None:
            rule = self.rule_book.by_id.get(refusal.rule)
            self.rules.diary.refused(order, refusal, "" if rule is None else rule.exchange, now)
