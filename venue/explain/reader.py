"""Asking a port and the engine what they would say to a message, without anything being done.

The port reads the message with its own code; in the place of the engine it has a `Judge`, which checks what it is
handed and carries out none of it. So an answer here cannot differ from the venue's, and costs no state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.api import (
    REFUSALS,
    Order,
    OrderAttributes,
    OrderTerms,
    Port,
    Refusal,
    Reject,
    Scope,
    Side,
)
from engine.endpoint import Endpoint
from engine.engine import Engine
from engine.phases import REASONS
from engine.risk.eqrc import PORT_CHECKS
from engine.risk.port_exposure import gross_exposure
from engine.timely import change_fault, cross_fault, is_too_early
from engine.trades import Trade
from venue.explain.dialect import Dialect
from venue.explain.request import Request

NOTHING_WAIVED: frozenset[Reject] = frozenset()


class Verdict(NamedTuple):
    """What would come of a message: it `passes`, or is refused, or ends its `original`; else there is silence."""

    passes: bool
    refusal: Refusal | None
    canceled: bool
    order: Order | None
    original: Order | None


class Deaf:
    """Takes what a port says, and forgets it."""

    def __init__(self) -> None:
        self.pending: list[bytes] = []
        self.untouched = True

    def touch(self) -> None:
        """Take no notice."""
        self.pending.clear()


class Judge:
    """The engine as a port sees it, which decides and does nothing. What is in `waived` is passed over."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.begin(NOTHING_WAIVED)

    def begin(self, waived: frozenset[Reject]) -> None:
        """Forget the message before."""
        self.waived = waived
        self.order: Order | None = None
        self.original: Order | None = None
        self.passes = self.canceled = False

    def scope(self, port: Port, symbol: str, user: str = "") -> Scope | None:
        """Give the port's scope in `symbol`."""
        return self.engine.scope(port, symbol, user)

    def arrived(self, port: Port, now: int) -> None:
        """Count nothing."""

    def count_refused(self, scope: Scope, now: int) -> None:
        """Count nothing."""

    def fault(self, order: Order) -> Refusal | None:
        """Check an order's own details."""
        self.order = order
        return self.engine.fault(order)

    def enter(self, order: Order, now: int) -> Refusal | None:
        """Check a new order."""
        return self.fault(order) or self.admit(order, now, is_new=True)

    def replace(self, original: Order, order: Order, now: int) -> Refusal | None:
        """Check a replacement."""
        self.original = original
        fault = change_fault(original)
        if fault is not None and fault not in self.waived:
            return REFUSALS[fault]
        return self.admit(order, now, is_new=False)

    def admit(self, order: Order, now: int, is_new: bool) -> Refusal | None:
        """Ask market, port and risk rules; where the engine would count the order, each of them by itself."""
        if self.waived or order.port.flows:
            found = obstacles(self.engine, order, now, is_new=is_new)
            refusal = next((one for one in found if one.reason not in self.waived), None)
        else:
            refusal = self.engine.admit(order, now)
        self.passes = refusal is None
        return refusal

    def cancel_to(self, order: Order, size: int, now: int) -> None:
        """Note that an order would be ended."""
        self.canceled = True
        self.original = order

    def modify(
        self, order: Order, terms: OrderTerms, attributes: OrderAttributes, size: int, now: int
    ) -> Refusal | None:
        """Do nothing."""
        return None

    def mass_cancel(
        self, port: Port, symbol: str, side: Side | None, group_id: int | None, request: bytes, now: int
    ) -> None:
        """Do nothing."""

    def set_entry(self, port: Port, enabled: bool) -> None:
        """Do nothing."""

    def trade(self, port: Port, match: int) -> Trade | None:
        """Give a trade of today."""
        return self.engine.trade(port, match)


class Reader:
    """A second reader of a port's messages, with the numbers that the port has used so far."""

    def __init__(self, port: Endpoint, engine: Engine, now: int, dialect: Dialect) -> None:
        self.port = port.port
        self.engine = engine
        self.now = now
        self.used = dict(port.numbers)
        self.judge = Judge(engine)
        self.reading = dialect.port(port.port, self.judge, Deaf, not_noted)
        self.reading.stream = Deaf()

    def original(self, request: Request) -> Order | None:
        """Give the live order that a replace names, None where there is none."""
        return self.reading.live(request.channel, request.values["orig_user_ref_num"])

    def ask(self, message: bytes, waived: frozenset[Reject] = NOTHING_WAIVED) -> Verdict:
        """Say what would come of a message."""
        judge, reading = self.judge, self.reading
        judge.begin(waived)
        reading.numbers = dict(self.used)
        reading.refusal = None
        reading.receive(message, self.now)
        return Verdict(judge.passes, reading.refusal, judge.canceled, judge.order, judge.original)


def not_noted(port: Port, reason: str, message: bytes) -> None:
    """Take no note of what a port would ignore."""


def obstacles(engine: Engine, order: Order, now: int, *, is_new: bool) -> Iterator[Refusal]:
    """Ask book, port and risk rules each by itself; yield all that refuse a faultless order, by precedence."""
    book = order.scope.book
    closed = [REASONS[book.phase]] if book.phase in REASONS else []
    if engine.storage_low:
        closed.append(Reject.LOW_DISK_SPACE)
    if book.closed is not None and book.closed not in closed:
        closed.insert(0, book.closed)
    yield from (REFUSALS[reason] for reason in closed)
    if is_too_early(order, now):
        yield REFUSALS[Reject.AFTER_HOURS_CLOSED]
    late = cross_fault(order)
    if late is not None:
        yield REFUSALS[late]
    protection = order.scope.protection
    for port_check in PORT_CHECKS if protection is None else ():
        refusal = port_check(order.port)
        if refusal is not None:
            yield refusal
    for flow in () if order.port.rate_limited else order.port.flows:
        refusal = flow.verdict(order, now, is_new)
        if refusal is not None:
            yield refusal
    for check in engine.rule_book.settle(order.scope).armed if protection is None else protection.armed:
        refusal = check(order)
        if refusal is not None:
            yield refusal
    refusal = gross_exposure(order)
    if refusal is not None:
        yield refusal
