"""The bodies and answers of Post-Trade Risk: what the operations and the APIs of all user types have in common.

Limits are whole dollars, what was traded is dollars with four decimals, since it is exact. A limit of null is none.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from venue.calls import Body, Count, Reply
from venue.clearing_settings import HIGHEST_LIMIT
from venue.settings import Dollars, Mpid, Symbol

Limit = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_LIMIT, description="Whole dollars", examples=[1_000_000])]
PreAlertPercent = Annotated[int, msgspec.Meta(ge=1, le=100)]
Amount = Annotated[str, msgspec.Meta(description="Dollars with four decimals, signed", examples=["-20000.0000"])]
SettingType = Literal["INTRA", "NEXT_DAY", "BOTH"]
"""Which limits are set: today's, those from the next trading day on, or both."""
Shares = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
MOST_TRADES = 5_000
"""Trades of one batch."""
UNSET = msgspec.UNSET
Unset = msgspec.UnsetType


class LimitsBody(Body, frozen=True):
    """Limits to set; what is left out keeps its value. `perTrade` holds a trade, `maxTrade` kills it."""

    aggregate_buy: Limit | Unset | None = UNSET
    aggregate_sell: Limit | Unset | None = UNSET
    aggregate_net: Limit | Unset | None = UNSET
    per_trade: Limit | Unset | None = UNSET
    max_trade: Limit | Unset | None = UNSET
    pre_alert_percent: PreAlertPercent | Unset | None = UNSET
    kill_on_breach: bool | Unset | None = UNSET


class LimitsView(Reply, frozen=True):
    """Limits as they are; null is none."""

    aggregate_buy: Limit | None
    aggregate_sell: Limit | None
    aggregate_net: Limit | None
    per_trade: Limit | None
    max_trade: Limit | None
    pre_alert_percent: PreAlertPercent | None
    kill_on_breach: bool


class SetLimitsBody(Body, frozen=True):
    """Which limits of a correspondent are set, and to what."""

    setting_type: SettingType
    limits: LimitsBody


class LimitsSet(Reply, frozen=True):
    """The limits that were set."""

    correspondent: str
    setting_type: SettingType


class PermitBody(Body, frozen=True):
    """Whether a counterparty may see a correspondent's totals and limits."""

    permitted: bool


class Permission(Reply, frozen=True):
    """Whether a counterparty may see a correspondent's totals and limits."""

    counterparty: str
    permitted: bool
    correspondent: str


class DecideBody(Body, frozen=True):
    """Whether a held trade is cleared."""

    allow: bool


class Decided(Reply, frozen=True):
    """What was decided about a held trade."""

    trade_id: str
    standing: Literal["ALLOWED", "INHIBITED"]


class KillBody(Body, frozen=True):
    """Whether all further trades of a correspondent are killed."""

    on: bool


class Killed(Reply, frozen=True):
    """Whether all further trades of a correspondent are killed."""

    correspondent: str
    on: bool


class TradeBody(Body, frozen=True):
    """A trade that a TRF was told of; `side` is the reporting party's."""

    reporting: Mpid
    contra: Mpid
    side: Literal["B", "S"]
    symbol: Symbol
    quantity: Shares
    price: Dollars


class TradesBody(Body, frozen=True):
    """Trades that were reported together: all of them count, or none."""

    trades: Annotated[tuple[TradeBody, ...], msgspec.Meta(min_length=1, max_length=MOST_TRADES)]


class TradeReported(Reply, frozen=True):
    """A trade that was reported, with the id by which it can be taken back."""

    trade_id: str
    reporting: str
    contra: str
    side: Literal["B", "S"]
    symbol: str
    quantity: Count
    price: str


class TradesReported(Reply, frozen=True):
    """Trades that were reported together."""

    items: list[TradeReported]


class ReportBroken(Reply, frozen=True):
    """A reported trade that was taken back."""

    trade_id: str
    broken: Literal[True] = True
