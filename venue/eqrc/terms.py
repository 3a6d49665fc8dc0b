"""What calls about rules take and answer, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from engine.risk.rule_terms import SETTINGS, rest_name
from venue.calls import Body, Count, Query
from venue.calls import Reply as Answer
from venue.nordic_settings import EmailAddress
from venue.settings import Mpid, Name6, Symbol

RuleType = Literal[
    "max-shares",
    "max-notional",
    "adv",
    "order-type",
    "shares-located",
    "restricted-stock",
    "hard-to-borrow",
    "market-impact",
    "fat-finger",
    "order-rate",
    "gross-exposure",
]
Exchange = Literal["NASDAQ", "BX", "PSX", "ROUTED"]
"""An exchange, or what of an MPID's orders goes away."""
Status = Literal["CONFIGURED", "ACTIVE"]
Effective = Literal["now", "next-day"]
Level = Literal["NONE", "WATCH", "WARN", "ACTION"]
RuleId = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,64}\Z")]
GroupId = Annotated[int, msgspec.Meta(ge=1, le=32_767)]
SYMBOLS_MAX = 500
"""Symbols in one call: each is a row of the audit, and the engine serves no order meanwhile."""
Symbols = Annotated[tuple[Symbol, ...], msgspec.Meta(max_length=SYMBOLS_MAX)]
SomeSymbols = Annotated[tuple[Symbol, ...], msgspec.Meta(min_length=1, max_length=SYMBOLS_MAX)]
AT_ONCE = 500
"""Items in one answer."""
Limit = Annotated[int, msgspec.Meta(ge=1, le=AT_ONCE)]
Cursor = Annotated[str, msgspec.Meta(max_length=200)]
Time = Annotated[str, msgspec.Meta(description="RFC 3339", examples=["2026-11-20T15:29:30.000000Z"])]
KNOWN = "; ".join(
    f"{rule_type}: {', '.join(dict.fromkeys(rest_name(name).partition('.')[0] for name in settings))}"
    for rule_type, settings in SETTINGS.items()
)
Settings = Annotated[
    dict[str, Any], msgspec.Meta(description=f"By the rule's type. {KNOWN}", examples=[{"limit": 5000}])
]
Money = Annotated[str, msgspec.Meta(description="Dollars with four decimals", examples=["13000.0000"])]


class RuleBody(Body, frozen=True, kw_only=True):
    """A new rule: its type, whom it holds, its settings. With `copyOf` what is left out is as in that rule."""

    type: RuleType | msgspec.UnsetType = msgspec.UNSET
    exchange: Exchange
    mpid: Mpid
    port: Name6 | None = None
    group_id: GroupId | None = None
    symbols: Symbols | msgspec.UnsetType = msgspec.UNSET
    settings: Settings | msgspec.UnsetType = msgspec.UNSET
    copy_of: RuleId | None = None


class RuleChange(Body, frozen=True):
    """What changes of a rule: settings by name (null takes one off), and all symbols where they are given."""

    settings: Settings | msgspec.UnsetType = msgspec.UNSET
    symbols: Symbols | msgspec.UnsetType = msgspec.UNSET


class Effect(Query, frozen=True):
    """From when on: at once, or from the next trading day on."""

    effective: Effective | None = None


class RuleView(Answer, frozen=True, kw_only=True):
    """A rule. One of the configuration file has that `source`, and is changed there.

    `pendingSettings` and `pendingSymbols` are what changes with the next trading day, with `endsNextDay` it goes then.
    """

    id: str
    type: RuleType
    exchange: Exchange
    mpid: str
    port: str | None
    group_id: Count | None
    symbols: list[str]
    status: Status
    settings: Settings
    pending_settings: Settings | None = None
    pending_symbols: list[str] | None = None
    ends_next_day: bool = False
    source: Literal["REST", "CONFIGURATION"] = "REST"
    created: Time | None = None
    created_by: str | None = None
    changed: Time | None = None
    changed_by: str | None = None


class RuleList(Answer, frozen=True):
    """Rules by id; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[RuleView]
    next: str | None = None


class RuleDeleted(Answer, frozen=True):
    """A rule that is deleted: now, or from the next trading day on."""

    id: str
    effective: Effective


class RulesQuery(Query, frozen=True):
    """Which rules; all without any of these."""

    type: RuleType | None = None
    exchange: Exchange | None = None
    mpid: Mpid | None = None
    port: Name6 | None = None
    group_id: GroupId | None = None
    symbol: Symbol | None = None
    status: Status | None = None
    after: Cursor = ""
    limit: Limit = AT_ONCE


class ListBody(Body, frozen=True, kw_only=True):
    """Symbols of an MPID's list on an exchange, or of the list of one port."""

    exchange: Exchange
    mpid: Mpid
    port: Name6 | None = None
    symbols: SomeSymbols


class ListView(Answer, frozen=True):
    """A list: the rule that it is, its symbols today, and those of the next trading day where they are others."""

    rule_id: str
    exchange: Exchange
    mpid: str
    port: str | None
    symbols: list[str]
    status: Status
    pending_symbols: list[str] | None = None


class Lists(Answer, frozen=True):
    """Lists by the id of their rule; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[ListView]
    next: str | None = None


class ListQuery(Query, frozen=True):
    """Which lists; all without any of these."""

    exchange: Exchange | None = None
    mpid: Mpid | None = None
    port: Name6 | None = None
    symbol: Symbol | None = None
    after: Cursor = ""
    limit: Limit = AT_ONCE


class SwitchBody(Body, frozen=True, kw_only=True):
    """Which orders end, and whether ports close or open: of the whole MPID on an exchange, or of one port."""

    exchange: Literal["NASDAQ", "BX", "PSX"]
    mpid: Mpid
    port: Name6 | None = None
    cancel_action: Literal["NONE", "ALL", "NON_CROSS"] = "NONE"
    port_action: Literal["NONE", "DISABLE", "ENABLE"] = "NONE"


class Switched(Answer, frozen=True):
    """How many orders were canceled, and the ports that it was about."""

    cancelled: Count
    ports: list[str]


class UnbreachBody(Body, frozen=True, kw_only=True):
    """The breach to lift: of the rules of a type that an MPID has on an exchange, or its port or group.

    Of the type `order-rate` it frees ports that a rate or duplicates shut.
    """

    exchange: Exchange
    mpid: Mpid
    port: Name6 | None = None
    group_id: GroupId | None = None
    type: Literal["gross-exposure", "order-rate"] = "gross-exposure"


class Unbreached(Answer, frozen=True):
    """A breach that is lifted; the next order or trade above the threshold breaches again."""

    exchange: Exchange
    mpid: str
    port: str | None
    group_id: Count | None
    type: RuleType


class Alert(Answer, frozen=True):
    """Who is told by mail of breaches of an MPID's rules of a type on an exchange, or of its port or group."""

    id: str
    rule_type: RuleType
    exchange: Exchange
    mpid: str
    port: str | None
    group_id: Count | None
    emails: list[str]
    enabled: bool


class Alerts(Answer, frozen=True):
    """Alert configurations by id; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[Alert]
    next: str | None = None


Emails = Annotated[tuple[EmailAddress, ...], msgspec.Meta(min_length=1, max_length=50)]


class AlertBody(Body, frozen=True, kw_only=True):
    """A new alert configuration."""

    rule_type: RuleType
    exchange: Exchange
    mpid: Mpid
    port: Name6 | None = None
    group_id: GroupId | None = None
    emails: Emails
    enabled: bool = True


class AlertChange(Body, frozen=True, kw_only=True):
    """What changes of the alert configuration `id`; what is left out keeps its value."""

    id: RuleId
    emails: Emails | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class AlertKey(Body, frozen=True):
    """Which alert configuration, where the query does not say."""

    id: RuleId | msgspec.UnsetType = msgspec.UNSET


class AlertIdQuery(Query, frozen=True):
    """Which alert configuration, where the body does not say."""

    id: RuleId | None = None


class AlertRemoved(Answer, frozen=True):
    """An alert configuration that is no more."""

    id: str
    removed: Literal[True] = True


class AlertsQuery(Query, frozen=True):
    """Which alert configurations; all without any of these."""

    rule_type: RuleType | None = None
    exchange: Exchange | None = None
    mpid: Mpid | None = None
    port: Name6 | None = None
    after: Cursor = ""
    limit: Limit = AT_ONCE
