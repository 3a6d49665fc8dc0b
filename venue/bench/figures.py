"""What a bench gives: one flat object of figures, and where they come from."""

from __future__ import annotations

import gc
import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Say = Callable[[str], None]
"""Told of progress; it goes to stderr."""
Figures = dict[str, object]


def median(values: Sequence[float], digits: int = 2) -> float:
    """Give the median, rounded for people."""
    return round(statistics.median(values), digits)


def quantile(values: Sequence[float], percent: int, digits: int = 2) -> float:
    """Give the value below which `percent` of all lie, rounded for people."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) * percent // 100, len(ordered) - 1)], digits)


def ratio(part: float, whole: float) -> float:
    """Give one figure as a multiple of another of the same run."""
    return round(part / whole, 3)


def processors() -> tuple[int, int]:
    """Give the processors for clients and for servers: two different ones where there are two."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


@contextmanager
def pinned(processor: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage meanwhile, as in the running venue."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def resident_bytes(pid: int | str = "self") -> int:
    """Give the memory that a process has in use."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - a path of the kernel's, read often
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
