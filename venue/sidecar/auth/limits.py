"""How often somebody may ask: a bucket of tokens for each, refilled at a steady rate, on real time.

A request takes one; where there is none it is refused with 429 and the whole seconds after which there will be. The
buckets of whoever has not asked for longest are let go beyond `BUCKETS_KEPT`, so that memory is bounded; a bucket that
was let go is full again, as it would be after a pause.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from venue.problem import Problem

BUCKETS_KEPT = 10_000
IPV6_NETWORK_BITS = 64
"""What one who asks by IPv6 has to himself at least: all of its addresses share a bucket."""


@dataclass(slots=True)
class Bucket:
    """How many tokens there were at a moment."""

    tokens: float
    at: float


class Buckets:
    """The buckets of all who ask, by name: `rate` tokens a second, at most `burst`."""

    def __init__(self, rate: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, name: str) -> None:
        """Take a token; raises `Problem` 429 where there is none."""
        now = self._clock()
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(self._burst, now)
            if len(self._buckets) > BUCKETS_KEPT:
                self._buckets.popitem(last=False)
        else:
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
            bucket.at = now
            self._buckets.move_to_end(name)
        if bucket.tokens < 1:
            raise too_many("too many requests", (1 - bucket.tokens) / self._rate)
        bucket.tokens -= 1


def too_many(detail: str, seconds: float) -> Problem:
    """Give the problem of one who has to wait: whole seconds, one at least."""
    wait = max(math.ceil(seconds), 1)
    return Problem(429, f"{detail}: try again in {wait} s", headers={"Retry-After": str(wait)})


def network_of(address: IPv4Address | IPv6Address) -> str:
    """Give the name under which an address's requests are counted."""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), IPV6_NETWORK_BITS), strict=False))
