"""What an explanation says, as plain data: prices are strings of dollars, quantities integers, times RFC 3339.

Figures are in the check's own `unit`; a figure that a check has no use for is null.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Value = int | str | None
"""A field's value: a number, or text, letters and dollars; null is an option that is not there."""
Outcome = Literal["rejected", "original-canceled", "accepted", "silent", "ignored", "other"]


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of what explanations are made of."""


class Request(Answer, frozen=True, kw_only=True):
    """A message as it was sent."""

    message: str
    fields: dict[str, Value]
    options: dict[str, Value] = {}


class Rule(Answer, frozen=True, kw_only=True):
    """A rule that decided: its id, its type and settings as they are in force, and where it came from."""

    id: str
    type: str
    origin: str
    settings: dict[str, object]


class Scope(Answer, frozen=True, kw_only=True):
    """Whom and what a rule, a port's state or a book's state holds for; null is every one."""

    exchange: str
    mpid: str | None = None
    port: str | None = None
    group_id: int | None = None
    symbols: list[str] | None = None


class Rate(Answer, frozen=True, kw_only=True):
    """A message rate that shut a port: what was counted, and when the message that shut it would have passed."""

    limit: int
    window_seconds: int
    count: int
    shut_at: str
    would_have_passed_at: str | None


class Objection(Answer, frozen=True, kw_only=True):
    """One check that refuses: who set the limit, for whom, and the figures.

    `decided_by` tells what the check looked at: the message's own values, the book's or the port's state, or a rule.
    `allowed` are the values that a letter may have; `fields` are those of the message that the check reads.
    """

    check: str
    code: str
    code_name: str
    decided_by: Literal["message", "book", "port", "rule"]
    rule: Rule | None = None
    scope: Scope
    fields: list[str] = []
    limit: Value = None
    observed: Value = None
    unit: str | None = None
    reference: str | None = None
    source: str | None = None
    allowed: list[str] = []
    rate: Rate | None = None
    detail: str


class Change(Answer, frozen=True, kw_only=True):
    """One field's change: `value` null leaves an option out; `choices` would do as well."""

    field: str
    sent: Value
    value: Value
    choices: list[Value] = []


class SmallestChange(Answer, frozen=True, kw_only=True):
    """The smallest change that would pass: of the order's fields, and of what only others can change (`outside`).

    Each proposal was held against every check at the state before the record. `alternatives` change as many fields.
    With neither fields nor outside there is none.
    """

    fields: list[Change] = []
    outside: list[str] = []
    alternatives: list[list[Change]] = []


class Market(Answer, frozen=True, kw_only=True):
    """Book, prices and port as they were when the message was judged; only US securities have national prices."""

    venue: str
    book: str
    listed: bool
    halted: bool
    storage_low: bool
    entry_disabled: bool
    rate_limited: bool
    best_bid: str | None = None
    best_offer: str | None = None
    national_best_bid: str | None = None
    national_best_offer: str | None = None
    last: str | None = None
    previous_close: str | None = None
    phase: str | None = None
    rule_book: str = "eqrc"


class Explanation(Answer, frozen=True, kw_only=True):
    """Why an order was refused, as of its record. From `check` to `detail` it is the check that decided.

    `other_checks` would have refused too, in order of precedence. Where nothing was refused `outcome` and `summary`
    tell what happened instead, and `check` is null.
    """

    id: str
    record: int
    time: str
    trading_day: str
    port: str
    mpid: str
    exchange: str
    outcome: Outcome
    summary: str
    request: Request | None = None
    check: str | None = None
    code: str | None = None
    code_name: str | None = None
    decided_by: str | None = None
    rule: Rule | None = None
    scope: Scope | None = None
    fields: list[str] = []
    limit: Value = None
    observed: Value = None
    unit: str | None = None
    reference: str | None = None
    source: str | None = None
    allowed: list[str] = []
    rate: Rate | None = None
    detail: str | None = None
    other_checks: list[Objection] = []
    smallest_change: SmallestChange | None = None
    market: Market | None = None


def camel(name: str) -> str:
    """Give a name as it stands in an answer: `user_ref_num` is `userRefNum`."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
