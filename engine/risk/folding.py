"""How US risk rules of every level become one set of limits, for one port in one symbol: the most restrictive wins."""

from __future__ import annotations

from typing import Final

from engine.api import PRICE_SCALE, RuleEntry
from engine.risk.eqrc import CHECKS
from engine.risk.limits import NO_LIMIT, Bound, Check, FatFinger, FatFingerRange, Limits, Locate, OrderTypes
from engine.risk.rule_terms import PERCENT_SCALE

HUNDRED_PERCENT: Final = 100 * PERCENT_SCALE
ORDER_TYPES: Final = (
    "reject_intermarket_sweep",
    "reject_short_sale",
    "reject_short_sale_exempt",
    "reject_non_auction_market",
    "reject_pre_market",
    "reject_post_market",
    "reject_ipo_market_buy",
)
"""Settings of an order type rule, as `OrderTypes` has them."""


def fold(rules: list[RuleEntry], routed: list[RuleEntry], volume: int) -> Limits:
    """Fold rules of every level into one set of limits, what goes away apart; `volume` is the security's, of a day."""
    limits = Limits()
    if routed:
        limits.routed = fold(routed, [], volume)
    for rule in rules:
        take(limits, rule, volume)
    settings = (
        *(limits.restricted, limits.hard_to_borrow, limits.order_types, limits.locates or None),
        *(limits.maximum_shares, limits.maximum_notional, limits.volume),
        *(limits.fat_finger or None, limits.market_impact, limits.routed),
    )
    armed: tuple[Check, ...] = tuple(
        check for check, setting in zip(CHECKS, settings, strict=True) if setting is not None
    )
    limits.armed = armed
    limits.by_terms = any(
        setting is not None
        for setting in (limits.hard_to_borrow, limits.order_types, limits.locates or None, limits.routed)
    )
    if limits.restricted is not None:
        limits.shares_within = -1
    else:
        bounds = limits.maximum_shares, limits.volume
        limits.shares_within = min((bound.limit for bound in bounds if bound is not None), default=NO_LIMIT)
    if limits.maximum_notional is not None:
        limits.notional_within = limits.maximum_notional.limit
    return limits


def take(limits: Limits, rule: RuleEntry, volume: int) -> None:
    """Take one rule into limits."""
    kind, is_enabled = rule.type, bool(rule.settings.get("enabled"))
    if kind == "max-shares":
        limits.maximum_shares = _tighter(limits.maximum_shares, rule, _number(rule, "limit"))
    elif kind == "max-notional":
        limits.maximum_notional = _tighter(limits.maximum_notional, rule, _number(rule, "limit") * PRICE_SCALE)
    elif kind == "adv":
        most = max(volume, _number(rule, "minimum_volume"))
        limits.volume = _tighter(limits.volume, rule, _number(rule, "percent") * most // HUNDRED_PERCENT)
    elif kind == "restricted-stock" and is_enabled:
        limits.restricted = Bound(0, rule.rule_id)
    elif kind == "hard-to-borrow" and is_enabled:
        limits.hard_to_borrow = Bound(0, rule.rule_id)
    elif kind == "market-impact" and is_enabled:
        limits.market_impact = Bound(0, rule.rule_id)
    elif kind == "order-type":
        limits.order_types = _order_types(limits.order_types, rule)
    elif kind == "shares-located":
        limits.locates += (_locate(rule),)
    elif kind == "fat-finger":
        limits.fat_finger += (_fat_finger(rule),)


def _number(rule: RuleEntry, name: str) -> int:
    value = rule.settings.get(name)
    return value if isinstance(value, int) else 0


def _tighter(bound: Bound | None, rule: RuleEntry, limit: int) -> Bound:
    return bound if bound is not None and bound.limit <= limit else Bound(limit, rule.rule_id)


def _order_types(types: OrderTypes | None, rule: RuleEntry) -> OrderTypes | None:
    before = OrderTypes() if types is None else types
    said = [rule.rule_id if rule.settings.get(name) else None for name in ORDER_TYPES]
    after = OrderTypes(*(name if was is None else was for was, name in zip(before, said, strict=True)))
    return types if after == OrderTypes() else after


def _locate(rule: RuleEntry) -> Locate:
    brokers = rule.settings.get("brokers") or ()
    assert isinstance(brokers, tuple | list)
    names = tuple(broker.encode("ascii") for broker in brokers if isinstance(broker, str))
    is_required, exempt = (bool(rule.settings.get(name)) for name in ("require_locate", "include_short_sale_exempt"))
    return Locate(is_required, exempt, names, rule.rule_id)


def _fat_finger(rule: RuleEntry) -> FatFinger:
    ranges = rule.settings["ranges"]
    assert isinstance(ranges, tuple | list)
    pairs = (pair for pair in ranges if not isinstance(pair, str))
    return FatFinger(
        tuple(FatFingerRange(amount, percent) for amount, percent in pairs),
        bool(rule.settings.get("include_auction")),
        bool(rule.settings.get("include_intermarket_sweep", True)),
        bool(rule.settings.get("aggressive_only")),
        rule.rule_id,
    )
