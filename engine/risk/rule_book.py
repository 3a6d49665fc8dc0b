"""All US risk rules in force, by whom they are for, and how a scope comes by the limits that they make.

Rules of the configuration file and those made over REST lie here together. Limits are folded when they are needed
first: a rule that changes only lets the scopes that it is about be *stale*, and the next order in such a scope folds
it before it is checked. So a rule for 2,000 ports costs them an assignment each, and an order nothing where no rule
has changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.api import SECOND, Order, Port, Refusal, RuleEntry, Scope
from engine.book import Book
from engine.risk.eqrc import is_within
from engine.risk.folding import fold
from engine.risk.limits import Limits
from engine.risk.order_flow import OrderFlow, number
from engine.risk.windows import SlidingWindow
from engine.rule_instructions import LIST_TYPES

ROUTED: Final = "ROUTED"
"""The exchange of the rules that hold what goes to the away market."""
UNLIMITED: Final = Limits()
"""What every scope has that no rule is about."""
FREED_A_TIME: Final = 2
"""Limits that are let go of when others are folded: more than one, so that they become fewer."""
EVERY_PORT: Final = ""
"""Under what the rules of an MPID lie that name no port."""


class RuleBook:
    """All rules in force: `by_id`, and by exchange, MPID and port; `stale` is what a scope has that is to be folded.

    `impacts` are the ids of those that ask something of orders when price bands move. `folds` counts how often limits
    were folded, `spent` are limits that nobody has any more.
    """

    def __init__(self, rules: Iterable[RuleEntry] = ()) -> None:
        self.impacts: dict[str, None] = {}
        self.by_id: dict[str, RuleEntry] = {}
        self.by_firm: dict[tuple[str, str], dict[str, dict[str, RuleEntry]]] = {}
        self.folds = 0
        self.spent: list[Limits] = []
        self.stale = Limits()
        self.stale.armed = (self.refold,)
        self.stale.shares_within = -1
        for rule in rules:
            self.put(rule)

    def put(self, rule: RuleEntry) -> None:
        """Put a rule in force, in the place of the one that had its id."""
        self.by_id[rule.rule_id] = rule
        if rule.type == "market-impact":
            self.impacts[rule.rule_id] = None
        by_port = self.by_firm.setdefault((rule.exchange, rule.mpid), {})
        by_port.setdefault(rule.port or EVERY_PORT, {})[rule.rule_id] = rule

    def take_out(self, rule: RuleEntry) -> None:
        """Let a rule hold no longer."""
        del self.by_id[rule.rule_id]
        self.impacts.pop(rule.rule_id, None)
        del self.by_firm[rule.exchange, rule.mpid][rule.port or EVERY_PORT][rule.rule_id]

    def let_stale(self, ports: Iterable[Port], rule: RuleEntry, symbols: Iterable[str]) -> int:
        """Have the scopes folded anew that a rule is about, in some symbols or, with none, in all; tell how many."""
        count = 0
        for port in ports:
            if port.mpid != rule.mpid or rule.exchange not in (port.exchange, ROUTED):
                continue
            if rule.port is not None and rule.port != port.name:
                continue
            if symbols:
                for symbol in symbols:
                    scope = port.scopes.get(symbol)
                    if scope is not None:
                        self.spend(scope)
                        count += 1
            else:
                for scope in port.scopes.values():
                    self.spend(scope)
                count += len(port.scopes)
        return count

    def spend(self, scope: Scope) -> None:
        """Let a scope be stale; what it had goes later, since to free thousands of limits at once takes long."""
        if scope.limits is not self.stale:
            self.spent.append(scope.limits)
            scope.limits = self.stale

    def let_symbol_stale(self, ports: Iterable[Port], symbol: str) -> None:
        """Have the scopes of a symbol folded anew: its average daily volume is another."""
        for port in ports:
            scope = port.scopes.get(symbol)
            if scope is not None and scope.limits is not UNLIMITED:
                self.spend(scope)

    def refold(self, order: Order) -> Refusal | None:
        """Fold the limits of an order's scope, and ask what they ask: the first check of a scope that is stale."""
        scope = order.scope
        self.settle(scope)
        if is_within(order):
            return None
        for check in scope.limits.armed:
            refusal = check(order)
            if refusal is not None:
                return refusal
        return None

    def settle(self, scope: Scope) -> Limits:
        """Give the limits of a scope, folded where they are stale."""
        if scope.limits is self.stale:
            del self.spent[-FREED_A_TIME:]
            scope.limits = self.limits(scope.port, scope.book)
        return scope.limits

    def limits(self, port: Port, book: Book) -> Limits:
        """Fold the rules that hold for `port` in `book`; ports without rules share one object."""
        self.folds += 1
        symbol = book.symbol
        rules = self.rules_of(port, port.exchange, symbol)
        routed = self.rules_of(port, ROUTED, symbol) if port.entry.routing else []
        return fold(rules, routed, book.security.average_daily_volume) if rules or routed else UNLIMITED

    def rules_of(self, port: Port, exchange: str, symbol: str) -> list[RuleEntry]:
        """Give the rules of one exchange that hold every order of `port` in `symbol`: those of groups hold some."""
        by_port = self.by_firm.get((exchange, port.mpid))
        if by_port is None:
            return []
        return [
            rule
            for level in (EVERY_PORT, port.name)
            for rule in by_port.get(level, {}).values()
            if rule.group_id is None and (symbol in rule.symbols if rule.symbols else rule.type not in LIST_TYPES)
        ]

    def rates_of(self, port: Port) -> list[RuleEntry]:
        """Give the order rate rules of a port; one that only takes cancels counts towards none."""
        if port.cancel_only:
            return []
        rules = self.by_firm.get((port.exchange, port.mpid), {}).get(port.name, {}).values()
        return [rule for rule in rules if rule.type == "order-rate"]

    def message_windows(self, port: Port) -> tuple[tuple[str, SlidingWindow], ...]:
        """Give a new window for each message rate rule of `port`, by rule."""
        windows: list[tuple[str, SlidingWindow]] = []
        for rule in self.rates_of(port):
            limit, seconds = number(rule, "max_port_messages"), number(rule, "port_window")
            if limit is not None:
                windows.append((rule.rule_id, SlidingWindow(limit, (seconds or 1) * SECOND)))
        return tuple(windows)

    def order_flows(self, port: Port) -> tuple[OrderFlow, ...]:
        """Give a new flow for each rule of `port` that counts in symbols, first, or orders that are the same."""
        flows = [OrderFlow(rule) for rule in self.rates_of(port)]
        limited = [flow for flow in flows if flow.symbol_limit is not None or flow.duplicate_limit is not None]
        return tuple(sorted(limited, key=lambda flow: flow.symbol_limit is None))
