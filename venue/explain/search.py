"""The smallest change that would pass: one field first, then as many at once as it takes.

Every proposal is asked of the venue's own code as a whole message, with all checks. Where no change of the order helps
(a restricted symbol, a shut port, a halted book) the reasons are waived one by one, so that what is left to change in
the order is told too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import combinations, islice, permutations, product
from typing import Any, Final, NamedTuple

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_PRICE,
    Reject,
)
from engine.market import Security
from venue.explain.dialect import UNSOUND, Finding, Key
from venue.explain.findings import find_faults, original_of
from venue.explain.numbers import Snap, any_number, multiple_of, nearest
from venue.explain.reader import Reader
from venue.explain.request import Request

EXTRA_MAX: Final = 3
"""Most fields changed at once, beside those without which it cannot be."""
ASKED_MAX: Final = 8_000
"""Questions after which no further set of fields is tried: some tenths of a second."""
DEPTH_MAX: Final = 3
"""How often a search goes on from where what it found is met."""
REPAIRS_MAX: Final = 20
"""Findings that are met one after the other."""
FAULTS_COST: Final = 6
"""Questions that asking every check by itself takes."""
PLAINEST: Final = 2
"""Letters that are tried for a field where others are changed with it."""
ALTERNATIVES_MAX: Final = 5
NUMERIC_OPTIONS: Final = ("minimum_quantity", "max_floor", "random_reserve", "expire_time")
FAT_FINGERS: Final = frozenset({Reject.FAT_FINGER, Reject.CONTINUOUS_FAT_FINGER, Reject.AUCTION_FAT_FINGER})
VALUES: Final = frozenset({Reject.MAXIMUM_NOTIONAL, Reject.MAXIMUM_ORDER_VALUE, Reject.MAXIMUM_AUCTION_VALUE})
QUANTITIES: Final = frozenset(
    {Reject.MAXIMUM_SHARES, Reject.AVERAGE_DAILY_VOLUME, Reject.MAXIMUM_ORDER_QUANTITY, Reject.MAXIMUM_AUCTION_QUANTITY}
)
"""Checks whose figures a search begins from."""
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
        self.asked = 0
        self.dialect = dialect = request.dialect
        self.numeric = frozenset(map(dialect.tag, NUMERIC_OPTIONS))
        self.fixed: frozenset[Key] = frozenset({"quantity", "price", dialect.book, *dialect.letter_choices})

    def solve(self, depth: int = DEPTH_MAX) -> Solution:
        """Find the smallest changes, waiving what no change of the order can help.

        Where there are none, a check may object that did not before: the search goes on from where the rest is met.
        """
        solution = self._attempt(self.found)
        if solution.changes or not depth:
            return solution
        met: dict[Key, Any] = {}
        for finding in self.found:
            met |= dict(Search(self.reader, self._with(met.items()), [finding])._meet(finding) or ())  # noqa: SLF001 - our own
        request = self._with(met.items())
        following = self.faults(request)
        if {finding.refusal.reason for finding in following} <= {finding.refusal.reason for finding in self.found}:
            return solution
        inner = Search(self.reader, request, following).solve(depth - 1)
        waived = {finding.refusal.reason: finding for finding in (*solution.waived, *inner.waived)}
        passes = self.passing(frozenset(waived))
        changes = self._fewest(met | dict(next(iter(inner.changes), ())), passes)
        return Solution(changes, self._choices(changes[0], passes) if changes else {}, tuple(waived.values()))

    def _attempt(self, found: list[Finding]) -> Solution:
        """Find the smallest changes that meet all of some findings that can be met."""
        waived = [finding for finding in found if not self.knobs([finding]) or self._meet(finding) is None]
        rest = [finding for finding in found if finding not in waived]
        if not rest or any(finding.refusal.reason is Reject.INVALID_SYMBOL for finding in waived):
            return Solution((), {}, tuple(waived))
        passes = self.passing(frozenset(finding.refusal.reason for finding in waived))
        must = {finding.keys[0] for finding in rest if len(finding.keys) == 1}
        knobs = self.knobs(rest)
        more = [knob for knob in (Knob("quantity", True), Knob("price", True)) if knob not in knobs]
        self.asked = 0
        for extra in range(EXTRA_MAX + 1):
            size = len(must) + extra
            sets = self._sets(knobs + more * (extra > 0), size, passes, must, rest)
            solutions = dict.fromkeys(sets) if size else {}
            if solutions:
                ordered = tuple(sorted(solutions, key=self._cost))[: ALTERNATIVES_MAX + 1]
                return Solution(ordered, self._choices(ordered[0], passes), tuple(waived))
        repaired = self._repair(rest, passes)
        return Solution(repaired, self._choices(repaired[0], passes) if repaired else {}, tuple(waived))

    def _repair(self, found: list[Finding], passes: Passes) -> tuple[Changes, ...]:
        """Meet one finding after the other where too much is wrong to try every set, then take back what need not be.

        Gives one set of changes, or none.
        """
        reasons = {finding.refusal.reason for finding in found}
        request, changes = self.request, dict[Key, Any]()
        for _ in range(REPAIRS_MAX):
            left = [finding for finding in self.faults(request) if finding.refusal.reason in reasons]
            if not left:
                break
            for key, value in Search(self.reader, request, left)._meet(left[0]) or ():  # noqa: SLF001 - our own
                request = request.changed(key, value)
                changes[key] = value
        return self._fewest(changes, passes)

    def _fewest(self, changes: dict[Key, Any], passes: Passes) -> tuple[Changes, ...]:
        """Take back what need not be changed; gives one set of changes that pass, or none."""
        for key in list(changes):
            fewer = {other: value for other, value in changes.items() if other != key}
            if passes(self._with(fewer.items())):
                changes = fewer
        return (tuple(changes.items()),) if changes and passes(self._with(changes.items())) else ()

    def _with(self, changes: Iterable[tuple[Key, Any]]) -> Request:
        """Give the request with some changes, what is unsound first."""
        request = self.request
        for key, value in sorted(changes, key=lambda change: change[0] != UNSOUND):
            request = request.changed(key, value)
        return request

    def passing(self, waived: frozenset[Reject]) -> Passes:
        """Make the question whether a request would pass, some reasons set aside."""

        def passes(request: Request) -> bool:
            self.asked += 1
            return self.reader.ask(request.pack(), waived).passes

        return passes

    def faults(self, request: Request) -> list[Finding]:
        """Give every check's objection to a request."""
        self.asked += FAULTS_COST
        return find_faults(self.reader, request)

    def knobs(self, found: list[Finding]) -> list[Knob]:
        """Give the ways to change what some findings are about."""
        knobs: dict[Knob, None] = {}
        for finding in found:
            for key in finding.keys:
                if key == UNSOUND or self.request.has(key):
                    if key in ("quantity", "price") or key in self.numeric:
                        knobs[Knob(key, True)] = None
                    if key not in ("quantity", "price") and self.candidates(key):
                        knobs[Knob(key, False)] = None
        return list(knobs)

    def candidates(self, key: Key) -> tuple[Any, ...]:
        """Give what may stand in the place of a value that is no number; None leaves an option out."""
        sent = self.request.get(key)
        if key == UNSOUND:
            return (None,)
        if key == self.dialect.book and isinstance(sent, int):
            return ()
        if key == self.dialect.book:
            listed = self.reader.engine.markets[self.reader.port.market].books
            upper = sent.decode("latin-1").strip().upper()
            spelled = upper.encode("latin-1", "replace").ljust(8)
            is_listed = upper in listed and listed[upper].security.listed
            return (spelled,) if is_listed and spelled != sent and len(spelled) == len(sent) else ()
        if isinstance(key, int):
            if sent is None:
                return ()
            is_firm = key == self.dialect.tag("firm")
            own = (self.reader.port.mpid.encode(),) if is_firm else self.dialect.option_choices.get(key, ())
            return (*(value for value in own if value != sent), None)
        return tuple(letter for letter in self.dialect.letter_choices.get(key, ()) if letter != sent)

    def _meet(self, finding: Finding) -> Changes | None:
        """Find any change of the fields that a check is about which satisfies this check, whatever the others say."""
        reason = finding.refusal.reason

        def satisfied(request: Request) -> bool:
            return all(left.refusal.reason is not reason for left in self.faults(request))

        knobs = self.knobs([finding])
        return next((changes for size in (1, 2, 3) for changes in self._sets(knobs, size, satisfied)), None)

    def _sets(
        self,
        knobs: list[Knob],
        size: int,
        passes: Passes,
        must: Collection[Key] = frozenset(),
        found: Collection[Finding] = (),
    ) -> Iterator[Changes]:
        """Try every set of so many fields that has those that must be, and one of each finding's; yield what passes."""
        for chosen in combinations(knobs, size):
            keys = {knob.key for knob in chosen}
            if len(keys) < size or not keys.issuperset(must):
                continue
            if any(keys.isdisjoint(finding.keys) for finding in found):
                continue
            if self.request.bad is not None and UNSOUND not in keys and not keys <= self.fixed:
                continue  # an option can only be changed where the whole appendage is written anew
            if self.asked > ASKED_MAX:
                return
            yield from islice(self._turn(chosen, passes), 1)

    def _turn(self, knobs: tuple[Knob, ...], passes: Passes) -> Iterator[Changes]:
        """Turn all of some knobs; yield changes that pass."""
        fixed = sorted((knob.key for knob in knobs if not knob.is_number), key=lambda key: key != UNSOUND)
        numbers = [knob.key for knob in knobs if knob.is_number]
        most = None if len(knobs) == 1 else PLAINEST
        for values in product(*(self.candidates(key)[:most] for key in fixed)):
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
                    key in finding.keys and not set(finding.keys) & set(later) for finding in self.faults(asked)
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
        dialect = self.dialect
        lot, tags = dialect.round_lot, {name: dialect.tag(name) for name in NUMERIC_OPTIONS}
        floor, spread, shown = (
            self._number_of(request, tags[name]) for name in ("minimum_quantity", "random_reserve", "max_floor")
        )
        if key == tags["minimum_quantity"]:
            return [lot, size // lot * lot], multiple_of(lot)
        if key == tags["max_floor"]:
            return [1, spread + 1, size, dialect.maximum_quantity], any_number
        if key == tags["random_reserve"]:
            return [1, shown - 1], any_number
        if key == tags["expire_time"]:
            return [1, dialect.longest_expire_time], any_number
        found = self.faults(request)
        if key == "quantity":
            executed = 0 if self.original is None else self.original.size - self.original.open
            figures = [finding.refusal.limit for finding in found if finding.refusal.reason in QUANTITIES]
            halves = [sent >> shift for shift in range(1, sent.bit_length())]
            return [
                *(1, executed + 1, floor, lot, dialect.maximum_quantity),
                *halves,
                *(limit for limit in figures if limit),
            ], any_number
        return self._prices(request, found, sent, size)

    @staticmethod
    def _number_of(request: Request, tag: int) -> int:
        """Give the number in an option, 0 where it is left out."""
        number = request.options.get(tag, 0)
        assert isinstance(number, int)
        return number

    def _prices(self, request: Request, found: list[Finding], sent: int, size: int) -> tuple[list[int], Snap]:
        """Give prices to begin from: those of the market, the ends of what the checks compare with, and halves."""
        security = self._security(request)
        if sent >= MARKET_PRICE_ALTERNATIVE and self.dialect.has_price(sent):
            return [], any_number  # a market order is not made a limit order
        seeds = [1, MAXIMUM_PRICE]
        if security is not None:
            prices = (security.bid, security.offer, security.last, security.previous_close)
            seeds += [price for price in prices if price is not None]
        for finding in found:
            refusal = finding.refusal
            if refusal.reason in FAT_FINGERS and refusal.reference is not None and refusal.limit is not None:
                seeds += [refusal.reference - refusal.limit, refusal.reference, refusal.reference + refusal.limit]
            elif refusal.reason is Reject.MARKET_IMPACT and refusal.limit is not None:
                seeds.append(refusal.limit)
            elif refusal.reason in VALUES and refusal.limit is not None and size:
                seeds.append(refusal.limit // size)
        if sent <= MAXIMUM_PRICE:
            seeds += [sent >> shift for shift in range(1, sent.bit_length())]
        return seeds, any_number if security is None else on_ticks(security)

    def _security(self, request: Request) -> Security | None:
        """Give what a request would trade."""
        if self.original is not None:
            found: Security = self.original.scope.book.security
            return found
        scope = self.dialect.scope(self.reader, request)
        return None if scope is None else scope.book.security

    def _choices(self, changes: Changes, passes: Passes) -> dict[Key, tuple[Any, ...]]:
        """Give for each changed letter the other values that would do as well."""
        request = self._with(changes)
        return {
            key: tuple(
                other
                for other in self.candidates(key)
                if other not in (value, None) and passes(request.changed(key, other))
            )
            for key, value in changes
            if key in self.dialect.letter_choices
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
