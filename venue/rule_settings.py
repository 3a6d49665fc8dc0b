"""The `[[rule]]` tables of the configuration file: risk checks, their keys named as over REST (camelCase)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from venue.settings import Mpid, Name6, Symbol, Whole

Exchange = Literal["NASDAQ", "BX", "PSX", "ROUTED"]
"""An exchange, or what of an order goes to the away market."""


class RuleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A table of a rule, named as over REST."""


class Limit(RuleSettings, frozen=True):
    """One number: shares, or whole dollars."""

    limit: Whole


class Enabled(RuleSettings, frozen=True):
    """On or off."""

    enabled: bool = True


class AmountAndPercent(RuleSettings, frozen=True):
    """How far a price may lie from its reference: dollars, percent; 0 leaves one out."""

    amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)


class FatFingerSettings(RuleSettings, frozen=True):
    """Six ranges by reference price: below $1, then from $1, $10, $50, $100 and $500."""

    ranges: tuple[AmountAndPercent, ...]
    include_auction: bool = False
    include_iso: bool = True
    aggressive_only: bool = False


class OrderRateSettings(RuleSettings, frozen=True):
    """Messages of a port within its window of seconds."""

    max_port_messages: Whole
    port_window: Annotated[int, msgspec.Meta(ge=1, le=30)] = 1


class Rule(RuleSettings, frozen=True, kw_only=True, tag_field="type"):
    """Whom a rule holds: an MPID on an exchange (or what goes away of its orders, `ROUTED`), perhaps one port of it.

    A rule without an `id` is called by its place, `config-N-type`; no other id may begin like that.
    """

    exchange: Exchange
    mpid: Mpid
    port: Name6 | None = None
    id: Annotated[str, msgspec.Meta(pattern=r"^(?!config-)[!-~]{1,64}\Z")] | None = None


class MaxSharesRule(Rule, frozen=True, kw_only=True, tag="max-shares"):
    """Most shares in one order."""

    settings: Limit


class MaxNotionalRule(Rule, frozen=True, kw_only=True, tag="max-notional"):
    """Most dollars in one order, in thousands."""

    settings: Limit


class RestrictedStockRule(Rule, frozen=True, kw_only=True, tag="restricted-stock"):
    """Symbols that may not be traded."""

    symbols: Annotated[tuple[Symbol, ...], msgspec.Meta(min_length=1)]
    settings: Enabled = Enabled()


class FatFingerRule(Rule, frozen=True, kw_only=True, tag="fat-finger"):
    """How far from the market an order may be priced."""

    settings: FatFingerSettings


class OrderRateRule(Rule, frozen=True, kw_only=True, tag="order-rate"):
    """How fast a port may send."""

    settings: OrderRateSettings


AnyRule = MaxSharesRule | MaxNotionalRule | RestrictedStockRule | FatFingerRule | OrderRateRule
