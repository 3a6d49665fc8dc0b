"""The price bands of a US security (LULD): how far from a reference price it may trade.

    more than $3.00     tier 1: 5 %, tier 2: 10 % (times the leverage of a leveraged product)
    $0.75 to $3.00      20 %
    less than $0.75     $0.15 or 75 %, whichever is less

In the last 25 minutes of the regular hours all of that is doubled for tier 1, and for tier 2 up to $3.00. Bands are
rounded to the cent, half a cent up.

Source: the plan to address extraordinary market volatility, as amended; no doubling after the opening any more.
"""

from __future__ import annotations

from typing import Final

from engine.api import PRICE_SCALE

CENT: Final = PRICE_SCALE // 100
MIDDLE: Final = 3 * PRICE_SCALE
LOWEST: Final = PRICE_SCALE * 75 // 100
PENNIES: Final = PRICE_SCALE * 15 // 100
TIER_1: Final = 1
PERCENT: Final = {1: 5, 2: 10}
PERCENT_IN_THE_MIDDLE: Final = 20
PERCENT_AT_THE_LOWEST: Final = 75


def half_width(reference: int, previous_close: int, tier: int, leverage: int, is_late: bool) -> int:
    """Give how far the bands are from the reference price, in 1/100 of a tick; `is_late` in the last 25 minutes."""
    times = 2 if is_late and (tier == TIER_1 or previous_close <= MIDDLE) else 1
    if previous_close < LOWEST:
        return times * min(100 * PENNIES, reference * PERCENT_AT_THE_LOWEST)
    if previous_close <= MIDDLE:
        return times * reference * PERCENT_IN_THE_MIDDLE
    return times * reference * PERCENT[tier] * leverage


def price_bands(reference: int, previous_close: int, tier: int, leverage: int, is_late: bool) -> tuple[int, int]:
    """Give the lower and the upper band, prices in ticks; there is no lower one below a cent, which is 0."""
    away = half_width(reference, previous_close, tier, leverage, is_late)
    lower, upper = 100 * reference - away, 100 * reference + away
    return max(to_the_cent(lower), 0), to_the_cent(upper)


def to_the_cent(price: int) -> int:
    """Round a price in 1/100 of a tick to a cent, in ticks."""
    return (price + 50 * CENT) // (100 * CENT) * CENT


def is_far(total: int, count: int, reference: int) -> bool:
    """Whether the mean of `count` prices, `total` in all, is a percent or more away from a reference."""
    return 100 * abs(total - reference * count) >= reference * count


def mean(total: int, count: int) -> int:
    """Give the mean of `count` prices, `total` in all, rounded to the tick, half a tick up."""
    return (2 * total + count) // (2 * count)
