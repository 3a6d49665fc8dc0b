"""The smallest change that would pass: one field first, then as many at once as it takes.

Every proposal is asked of the venue's own code as a whole message, with all checks. Where no change of the order helps
(a restricted symbol, a shut port, a halted book) the reasons are waived one by one, so that what is left to change in
the order is told too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import combinations, islice, permutations, product
from typing import Any, Final, NamedTuple

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_PRICE,
    MAXIMUM_QUANTITY,
    ROUND_LOT,
    Reject,
)
from engine.book import Security
from engine.details import LONGEST_EXPIRE_TIME
from ouch import codec
from venue.explain.findings import Finding, find_faults, has_price, original_of
from venue.explain.numbers import Snap, any_number, multiple_of, nearest
from venue.explain.reader import Reader
from venue.explain.request import UNSOUND, Key, Request

EXTRA_MAX: Final = 3
"""Most fields changed at once, beside those without which it cannot be."""
TRIES_MAX: Final = 400
"""Most sets of fields looked at."""
ALTERNATIVES_MAX: Final = 5
NUMERIC_OPTIONS: Final = (codec.TAG_MIN_QTY, codec.TAG_MAX_FLOOR, codec.TAG_RANDOM_RESERVES, codec.TAG_EXPIRE_TIME)
LETTER_CHOICES: Final[dict[Key, tuple[bytes, ...]]] = {
    "side": (b"B", b"S", b"T", b"E"),
    "time_in_force": (b"0", b"3", b"5", b"6", b"E"),
    "display": (b"Y", b"N", b"A"),
    "capacity": (b"A", b"P", b"R", b"O"),
    "intermarket_sweep": (b"N", b"Y"),
    "cross_type": (b"N",),
}
"""What may stand in the place of a letter that was refused, the plainest first."""
FIXED: Final[frozenset[Key]] = frozenset({"quantity", "price", "symbol", *LETTER_CHOICES})
OPTION_CHOICES: Final[dict[Key, tuple[bytes, ...]]] = {codec.TAG_AIQ_STRATEGY: (b"*",), codec.TAG_PRICE_TYPE: (b"L",)}
Passes = Callable[[Request], bool]
Changes = tuple[tuple[Key, Any], ...]
"""Keys and their new values; None leaves an option out."""


class Knob(NamedTuple):
    """One way to change a message: a field, as a number to search or as one of some choices."""

    key: Key
    is_number: bool


class Solution(NamedTuple):
    """What would pass: alternatives of as few changes as possible, the smallest first, and what is still in the way."""

    changes: tuple[Changes, ...]
    choices: dict[Key, tuple[Any, ...]]
    waived: tuple[Finding, ...]


class Search:
    """Looks for changes of one refused message."""

    def __init__(self, reader: Reader, request: Request, found: list[Finding]) -> None:
        self.reader = reader
        self.request = request
        self.found = found
        self.original = original_of(reader, request)
        self.tries = 0

    def solve(self) -> Solution:
        """Find the smallest changes, waiving what no change of the order can help."""
        waived = [finding for finding in self.found if not self.knobs([finding])]
        helpless = [finding for finding in self.found if finding not in waived and not self._can_be_met(finding)]
        waived += helpless
        if any(finding.refusal.reason is Reject.INVALID_SYMBOL for finding in waived):
            return Solution((), {}, tuple(waived))
        rest = [finding for finding in self.found if finding not in waived]
        if not rest:
            return Solution((), {}, tuple(waived))
        passes = self.passing(frozenset(finding.refusal.reason for finding in waived))
        must = {finding.keys[0] for finding in rest if len(finding.keys) == 1}
        knobs = self.knobs(rest)
        more = [knob for knob in (Knob("quantity", True), Knob("price", True)) if knob not in knobs]
        for extra in range(EXTRA_MAX + 1):
            size = len(must) + extra
            solutions = dict.fromkeys(self._sets(knobs + more * (extra > 0), size, passes, must)) if size else {}
            if solutions:
                ordered = tuple(sorted(solutions, key=self._cost))[: ALTERNATIVES_MAX + 1]
                return Solution(ordered, self._choices(ordered[0], passes), tuple(waived))
        return Solution((), {}, tuple(waived))

    def passing(self, waived: frozenset[Reject]) -> Passes:
        """Make the question whether a request would pass, some reasons set aside."""
        return lambda request: self.reader.ask(request.pack(), waived).passes

    def knobs(self, found: list[Finding]) -> list[Knob]:
        """Give the ways to change what some findings are about."""
        knobs: dict[Knob, None] = {}
        for finding in found:
            for key in finding.keys:
                if key == UNSOUND or self.request.has(key):
                    if key in ("quantity", "price") or key in NUMERIC_OPTIONS:
                        knobs[Knob(key, True)] = None
                    if key not in ("quantity", "price") and self.candidates(key):
                        knobs[Knob(key, False)] = None
        return list(knobs)

    def candidates(self, key: Key) -> tuple[Any, ...]:
        """Give what may stand in the place of a value that is no number; None leaves an option out."""
        sent = self.request.get(key)
        if key == UNSOUND:
            return (None,)
        if key == "symbol":
            listed = self.reader.engine.markets[self.reader.port.market].books
            upper = sent.decode("latin-1").strip().upper()
            spelled = upper.encode("latin-1", "replace").ljust(8)
            is_listed = upper in listed and listed[upper].security.listed
            return (spelled,) if is_listed and spelled != sent and len(spelled) == len(sent) else ()
        if isinstance(key, int):
            if sent is None:
                return ()
            own = (self.reader.port.mpid.encode(),) if key == codec.TAG_FIRM else OPTION_CHOICES.get(key, ())
            return (*(value for value in own if value != sent), None)
        return tuple(letter for letter in LETTER_CHOICES[key] if letter != sent)

    def _can_be_met(self, finding: Finding) -> bool:
        """Whether any change of the fields that a check is about would satisfy this check alone."""
        reason = finding.refusal.reason

        def satisfied(request: Request) -> bool:
            return all(left.refusal.reason is not reason for left in find_faults(self.reader, request))

        knobs = self.knobs([finding])
        return any(True for size in (1, 2, 3) for _ in self._sets(knobs, size, satisfied))

    def _sets(
        self, knobs: list[Knob], size: int, passes: Passes, must: Collection[Key] = frozenset()
    ) -> Iterator[Changes]:
        """Try every set of so many fields, with those that must be among them; yield the changes that pass."""
        for chosen in combinations(knobs, size):
            keys = {knob.key for knob in chosen}
            if len(keys) < size or not keys.issuperset(must):
                continue
            if self.request.bad is not None and UNSOUND not in keys and not keys <= FIXED:
                continue  # an option can only be changed where the whole appendage is written anew
            self.tries += 1
            if self.tries > TRIES_MAX:
                return
            yield from islice(self._turn(chosen, passes), 1)

    def _turn(self, knobs: tuple[Knob, ...], passes: Passes) -> Iterator[Changes]:
        """Turn all of some knobs; yield changes that pass."""
        fixed = sorted((knob.key for knob in knobs if not knob.is_number), key=lambda key: key != UNSOUND)
        numbers = [knob.key for knob in knobs if knob.is_number]
        for values in product(*(self.candidates(key) for key in fixed)):
            request = self.request
            for key, value in zip(fixed, values, strict=True):
                request = request.changed(key, value)
            changes = tuple(zip(fixed, values, strict=True))
            if not numbers:
                if passes(request):
                    yield changes
                continue
            for order in permutations(numbers):
                turned = self._turn_numbers(request, order, passes)
                if turned is not None:
                    yield changes + turned
                    break

    def _turn_numbers(self, request: Request, keys: tuple[Key, ...], passes: Passes) -> Changes | None:
        """Search several numbers one after the other, then each again with the others where they came to."""
        changed = request
        for place, key in enumerate(keys):
            later = keys[place + 1 :]

            def goal(asked: Request, key: Key = key, later: tuple[Key, ...] = later) -> bool:
                if not later:
                    return passes(asked)
                return not any(
                    key in finding.keys and not set(finding.keys) & set(later)
                    for finding in find_faults(self.reader, asked)
                )

            if goal(changed):
                continue
            value = self._number(changed, key, goal)
            if value is None:
                return None
            changed = changed.changed(key, value)
        for key in keys:
            sent = request.get(key)
            if changed.get(key) != sent:
                value = self._number(changed.changed(key, sent), key, passes)
                changed = changed if value is None else changed.changed(key, value)
        changes = tuple((key, changed.get(key)) for key in keys)
        if not passes(changed) or any(value == self.request.get(key) for key, value in changes):
            return None  # with fewer changes it is another set's
        return changes

    def _number(self, request: Request, key: Key, passes: Passes) -> int | None:
        """Search one number of a request."""
        sent = request.get(key) or 0
        seeds, snap = self._seeds(request, key, sent)
        usable = {seed for seed in seeds if self._fits(key, seed)}
        return nearest(sent, usable, lambda value: self._fits(key, value) and passes(request.changed(key, value)), snap)

    @staticmethod
    def _fits(key: Key, value: int) -> bool:
        """Whether a number may be proposed: a limit price, a quantity, an option's four bytes."""
        return 0 < value <= (MAXIMUM_PRICE if key == "price" else 2**32 - 1)

    def _seeds(self, request: Request, key: Key, sent: int) -> tuple[list[int], Snap]:
        """Give the values to begin a search from, and which values are usable."""
        size: int = request.values["quantity"]
        floor = request.options.get(codec.TAG_MIN_QTY, 0)
        spread = request.options.get(codec.TAG_RANDOM_RESERVES, 0)
        assert isinstance(floor, int)
        assert isinstance(spread, int)
        if key == codec.TAG_MIN_QTY:
            return [ROUND_LOT, size // ROUND_LOT * ROUND_LOT], multiple_of(ROUND_LOT)
        if key == codec.TAG_MAX_FLOOR:
            return [1, spread + 1, size, MAXIMUM_QUANTITY], any_number
        if key == codec.TAG_RANDOM_RESERVES:
            shown = request.options.get(codec.TAG_MAX_FLOOR, 0)
            assert isinstance(shown, int)
            return [1, shown - 1], any_number
        if key == codec.TAG_EXPIRE_TIME:
            return [1, LONGEST_EXPIRE_TIME], any_number
        found = find_faults(self.reader, request)
        if key == "quantity":
            executed = 0 if self.original is None else self.original.size - self.original.open
            figures = [finding.refusal.limit for finding in found if finding.refusal.reason is Reject.MAXIMUM_SHARES]
            halves = [sent >> shift for shift in range(1, sent.bit_length())]
            return [
                *(1, executed + 1, floor, ROUND_LOT, MAXIMUM_QUANTITY),
                *halves,
                *(limit for limit in figures if limit),
            ], any_number
        return self._prices(request, found, sent, size)

    def _prices(self, request: Request, found: list[Finding], sent: int, size: int) -> tuple[list[int], Snap]:
        """Give prices to begin from: those of the market, the ends of what the checks compare with, and halves."""
        security = self._security(request)
        if sent >= MARKET_PRICE_ALTERNATIVE and has_price(sent):
            return [], any_number  # a market order is not made a limit order
        seeds = [1, MAXIMUM_PRICE]
        if security is not None:
            prices = (security.bid, security.offer, security.last, security.previous_close)
            seeds += [price for price in prices if price is not None]
        for finding in found:
            refusal = finding.refusal
            if refusal.reason is Reject.FAT_FINGER and refusal.reference is not None and refusal.limit is not None:
                seeds += [refusal.reference - refusal.limit, refusal.reference, refusal.reference + refusal.limit]
            elif refusal.reason is Reject.MAXIMUM_NOTIONAL and refusal.limit is not None and size:
                seeds.append(refusal.limit // size)
        if sent <= MAXIMUM_PRICE:
            seeds += [sent >> shift for shift in range(1, sent.bit_length())]
        return seeds, any_number if security is None else on_ticks(security)

    def _security(self, request: Request) -> Security | None:
        """Give what a request would trade."""
        if self.original is not None:
            found: Security = self.original.scope.book.security
            return found
        scope = self.reader.reading.scope(request.values["symbol"])
        return None if scope is None else scope.book.security

    def _choices(self, changes: Changes, passes: Passes) -> dict[Key, tuple[Any, ...]]:
        """Give for each changed letter the other values that would do as well."""
        request = self.request
        for key, value in changes:
            request = request.changed(key, value)
        return {
            key: tuple(
                other
                for other in self.candidates(key)
                if other not in (value, None) and passes(request.changed(key, other))
            )
            for key, value in changes
            if key in LETTER_CHOICES
        }

    def _cost(self, changes: Changes) -> tuple[float, int]:
        """Say how large changes are: a number by its share of what was sent, everything else as a whole."""
        cost = 0.0
        for key, value in changes:
            sent = self.request.get(key)
            is_number = isinstance(value, int) and isinstance(sent, int) and sent > 0
            cost += min(abs(value - sent) / sent, 1.0) if is_number else 1.0
        return cost, -sum(key == "quantity" for key, _ in changes)


def on_ticks(security: Security) -> Snap:
    """Make the snap to prices on a tick of a security."""

    def snap(price: int, toward: int) -> int:
        if price <= 0:
            return price
        if toward <= price:
            return below(price)
        here = below(price)
        if here == price:
            return price
        for floor, tick in reversed(security.ticks):  # lowest range first
            candidate = max(-(-price // tick) * tick, -(-floor // tick) * tick)
            if security.on_tick(candidate):
                return candidate
        return price

    def below(price: int) -> int:
        ceiling = price
        for floor, tick in security.ticks:  # highest range first
            if price >= floor:
                candidate = min(price, ceiling) // tick * tick
                if candidate >= floor and candidate > 0:
                    return candidate
                ceiling = floor - 1
        return price

    return snap
