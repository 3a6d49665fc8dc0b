"""From the configuration file to the command that tells the engine: reference data and rules in the engine's units."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.api import PRICE_SCALE, Configure, FirmEntry, MarketEntry, PortEntry, RuleEntry, SymbolEntry
from engine.risk.eqrc import PERCENT_SCALE
from ouch.terms import AIQ_STRATEGIES
from venue.config import Config, SymbolSettings, scaled, ticks
from venue.rule_settings import AnyRule, FatFingerRule, RestrictedStockRule

NANOSECONDS_A_MINUTE = 60_000_000_000


def time_of_day(text: str) -> int:
    """Give an HH:MM as nanoseconds since midnight."""
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * NANOSECONDS_A_MINUTE


def market_command(config: Config) -> Configure:
    """Give what the file says of the market as the command that tells the engine."""
    services = {service.key: (service.market, service.protocol) for service in config.service if service.market}
    return Configure(
        markets=tuple(
            MarketEntry(market.key, time_of_day(market.after_hours[0]), time_of_day(market.after_hours[1]))
            for market in config.market
        ),
        symbols=tuple(_symbol_entry(symbol) for symbol in config.symbol),
        ports=tuple(
            PortEntry(
                port.name,
                port.mpid,
                *services[port.service],
                AIQ_STRATEGIES[port.aiq_strategy.encode()],
            )
            for port in config.port
        ),
        rules=tuple(_rule_entry(i, rule) for i, rule in enumerate(config.rule)),
        firms=tuple(
            FirmEntry(firm.mpid, firm.organization, firm.affiliation or firm.organization) for firm in config.firm
        ),
    )


def _symbol_entry(symbol: SymbolSettings) -> SymbolEntry:
    lower, upper = symbol.luld or (None, None)
    return SymbolEntry(
        symbol.symbol,
        None if symbol.previous_close is None else ticks(symbol.previous_close),
        None if lower is None else ticks(lower),
        None if upper is None else ticks(upper),
        symbol.average_daily_volume,
        tuple((ticks(floor), ticks(tick)) for floor, tick in reversed(symbol.ticks)),
    )


def _rule_entry(position: int, rule: AnyRule) -> RuleEntry:
    settings: dict[str, Any] = msgspec.structs.asdict(rule.settings)
    if isinstance(rule, FatFingerRule):
        settings["ranges"] = tuple(
            (scaled("", limits.amount, PRICE_SCALE), scaled("", limits.percent, PERCENT_SCALE))
            for limits in rule.settings.ranges
        )
        settings["include_intermarket_sweep"] = settings.pop("include_iso")
    kind = str(type(rule).__struct_config__.tag)
    symbols = rule.symbols if isinstance(rule, RestrictedStockRule) else ()
    rule_id = rule.id or f"config-{position + 1}-{kind}"
    return RuleEntry(rule_id, kind, rule.exchange, rule.mpid, rule.port, symbols, settings)
