"""How US risk rules of every level become one set of limits, for one port in one symbol: the most restrictive wins."""

from __future__ import annotations

from engine.api import PRICE_SCALE, RuleEntry
from engine.risk.eqrc import CHECKS
from engine.risk.limits import Bound, Check, FatFinger, FatFingerRange, Limits


def fold(rules: list[RuleEntry], routed: list[RuleEntry]) -> Limits:
    """Fold rules of every level into one set of limits, what goes away apart: the most restrictive of each wins."""
    limits = Limits()
    if routed:
        limits.routed = fold(routed, [])
    for rule in rules:
        if rule.type == "max-shares":
            limits.maximum_shares = _tighter(limits.maximum_shares, rule, 1)
        elif rule.type == "max-notional":
            limits.maximum_notional = _tighter(limits.maximum_notional, rule, PRICE_SCALE)
        elif rule.type == "restricted-stock" and rule.settings.get("enabled"):
            limits.restricted = Bound(0, rule.rule_id)
        elif rule.type == "fat-finger":
            limits.fat_finger += (_fat_finger(rule),)
    settings = (
        *(limits.restricted, limits.maximum_shares, limits.maximum_notional),
        *(limits.fat_finger or None, limits.routed),
    )
    armed: tuple[Check, ...] = tuple(
        check for check, setting in zip(CHECKS, settings, strict=True) if setting is not None
    )
    limits.armed = armed
    if limits.restricted is not None or limits.routed is not None:
        limits.shares_within = -1
    elif limits.maximum_shares is not None:
        limits.shares_within = limits.maximum_shares.limit
    if limits.maximum_notional is not None:
        limits.notional_within = limits.maximum_notional.limit
    return limits


def _tighter(bound: Bound | None, rule: RuleEntry, scale: int) -> Bound:
    limit = rule.settings["limit"]
    assert isinstance(limit, int)
    if bound is not None and bound.limit <= limit * scale:
        return bound
    return Bound(limit * scale, rule.rule_id)


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
