"""What an account's member is told of by mail, as plain data (PRM guide 3.16): five triggers.

`engine.risk.prm.PrmRuleBook.notify` takes each as it happens. It is set in copies of the engine that follow the log and
want to know, and None in the engine that trades: ask for it first, and only then whether 80 % are reached, so that an
order pays nothing for mail. A notice is no state and is told as often as its condition is met; who sends mail sees to
it that each goes out once.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple

WARNING_NUMERATOR: Final = 4
WARNING_DENOMINATOR: Final = 5
"""A counter warns when it reaches four fifths of its limit, and has to be compared exactly."""


class NoticeKind(IntEnum):
    """What happened."""

    LIMIT_WARNING = 0  # an accumulated counter reaches 80 % of its limit
    LIMIT_BREACH = 1  # one locks the account in its currency
    RATE_WARNING = 2  # the orders within a second, of a symbol or a port, reach 80 % of the limit
    RATE_BREACH = 3  # they are more than the limit
    REPEATED_ORDER = 4  # the same order came once too often


class Notice(NamedTuple):
    """One of them: `reason` is the field of `CurrencyLimits` that counts, of `currency`; "" where there is none.

    A rate is that of `symbol`, an order book, or of `port`, and a port's has no account. `moment` is venue time.
    """

    kind: NoticeKind
    account: str
    currency: str
    reason: str
    symbol: str
    port: str
    moment: int


Notify = Callable[[Notice], None]
"""Takes notices; it may keep them, and must not change anything."""


def warns(value: int, limit: int) -> bool:
    """Whether a counter reaches 80 % of its limit; a limit of 0 is none."""
    return limit > 0 and value * WARNING_DENOMINATOR >= limit * WARNING_NUMERATOR
