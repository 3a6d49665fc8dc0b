"""Searching a number: of all values that pass, the nearest to what was sent, found by asking and not by a formula.

The values that pass are taken to lie in one stretch, which holds for every check that compares a number with a limit.
The search needs one value within it to begin from (a *seed*), then halves the way to what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

Passes = Callable[[int], bool]
Snap = Callable[[int, int], int]
"""Gives the nearest usable number at the first value or between it and the second."""


def any_number(value: int, toward: int) -> int:  # noqa: ARG001 - a snap, as those that need it
    """Give the value itself: every number is usable."""
    return value


def multiple_of(step: int) -> Snap:
    """Make the snap to whole steps."""

    def snap(value: int, toward: int) -> int:
        return value // step * step if toward <= value else -(-value // step) * step

    return snap


def nearest(sent: int, seeds: Iterable[int], passes: Passes, snap: Snap = any_number) -> int | None:
    """Give the number nearest to `sent` that passes, on either side of it; None where no seed leads to one."""
    distinct = {snap(seed, sent) for seed in seeds}
    below = sorted((seed for seed in distinct if seed <= sent), reverse=True)
    above = sorted(seed for seed in distinct if seed > sent)
    found = [
        _closest(sent, seed, passes, snap)
        for side in (below, above)
        if (seed := next(filter(passes, side), None)) is not None
    ]
    return min(found, key=lambda value: (abs(value - sent), value), default=None)


def _closest(sent: int, seed: int, passes: Passes, snap: Snap) -> int:
    """Halve the way from a seed that passes to what was sent; gives the last value that passes."""
    best, near, far = seed, seed, sent
    at_once = snap(sent, seed)
    if passes(at_once):
        return at_once
    while abs(far - near) > 1:
        middle = (near + far) // 2
        value = snap(middle, seed)
        if passes(value):
            near, best = middle, value
        else:
            far = middle
    return best
