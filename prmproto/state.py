"""What a PRM port keeps beside its numbers and its stream, as plain data: what snapshots and the state hash have of it.

For editors: snapshots outlive versions. Fields are only ever appended, with defaults.
"""

from __future__ import annotations

import msgspec

Values = tuple[int, int, int, int]
"""Traded buy and sell, open buy and sell."""


class Subscription(msgspec.Struct, array_like=True, frozen=True):
    """Who wants counters whenever they change; "" is every account or currency, `interval` is in nanoseconds."""

    account: str
    currency: str
    interval: int


class Sent(msgspec.Struct, array_like=True):
    """What a port was told last of an account in a currency, and when (venue time)."""

    account: str
    currency: str
    values: Values
    at: int


Row = tuple[str, str]
"""What an account has in a list, by the two names that tell it from the others of the account."""


class Listing(msgspec.Struct, array_like=True):
    """What is left of an answer: `accounts` whose turn comes, and `rows` of the `account` whose turn it is, last first.

    `message` is what was asked, `request` its number, `count` how many messages were told, `effort` what that took.
    """

    request: int
    message: bytes
    accounts: list[str]
    account: str = ""
    rows: list[Row] = []
    count: int = 0
    effort: int = 0


class PrmState(msgspec.Struct, array_like=True):
    """A port's state: its session of now, what it subscribed to, what it was told last, its latest requests.

    `place` is where the next slice of counters begins among the accounts.
    """

    logged_in: bool = False
    said_hello: bool = False
    minor: int = 0
    features: int = 0
    fault: str = ""
    requests: list[int] = []
    is_over_rate: bool = False
    events: int = 0
    masks: dict[str, int] = {}
    subscriptions: list[Subscription] = []
    totals: list[Sent] = []
    counters: list[Sent] = []
    listing: Listing | None = None
    place: int = 0
