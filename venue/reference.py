"""From the configuration file to the command that tells the engine: reference data and rules in the engine's units."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.api import (
    PRICE_SCALE,
    SECOND,
    AccountEntry,
    AccountSettings,
    BookEntry,
    Configure,
    CurrencyLimits,
    FirmEntry,
    MarketEntry,
    MemberEntry,
    PortEntry,
    SymbolEntry,
    VolatilityEntry,
)
from engine.risk.rule_terms import PERCENT_SCALE
from ouch.nordic_terms import BLOW_THROUGH, BLOW_THROUGH_LETTER, CLOSING_PRICE, CLOSING_PRICE_LETTER
from ouch.terms import AIQ_STRATEGIES
from venue import nordic_settings
from venue.clearing_settings import clearing_entries
from venue.config import Config, SymbolSettings, scaled
from venue.drop_settings import DROP_PROTOCOLS, drop_entry
from venue.fix_settings import FIX_PROTOCOLS, fix_entry, may_route
from venue.prm_settings import PRM_PROTOCOL, prm_entry
from venue.rash_settings import RASH_PROTOCOLS, rash_entry
from venue.rule_settings import rule_entry
from venue.service_settings import PortSettings, ServiceSettings
from venue.settings import Ticks, ticks
from venue.tick_tables import table_of

NANOSECONDS_A_MINUTE = 60_000_000_000


def time_of_day(text: str) -> int:
    """Give an HH:MM as nanoseconds since midnight."""
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * NANOSECONDS_A_MINUTE


def market_command(config: Config) -> Configure:
    """Give what the file says of the market as the command that tells the engine.

    Drop ports come first: they are to hear all that the others say from the moment that these are opened.
    """
    services = {service.key: (service.market, service.protocol) for service in config.service if service.market}
    by_key = {service.key: service for service in config.service}
    return Configure(
        markets=tuple(
            MarketEntry(
                market.key,
                time_of_day(market.after_hours[0]),
                time_of_day(market.after_hours[1]),
                market.rule_book,
                VolatilityEntry(
                    market.dynamic_call_seconds * SECOND,
                    market.static_call_seconds * SECOND,
                    market.guard_random_seconds * SECOND,
                    market.dynamic_guard_multiplier,
                ),
                market.key == "nasdaq" if market.crosses is None else market.crosses,
                market.luld,
                market.short_sale_test,
            )
            for market in config.market
        ),
        symbols=tuple(_symbol_entry(config, symbol) for symbol in config.symbol),
        ports=tuple(
            PortEntry(
                port.name,
                port.mpid,
                *services[port.service],
                AIQ_STRATEGIES[port.aiq_strategy.encode()],
                port.fat_finger,
                port.max_orders_per_second,
                port.cancel_on_breach,
                port.cancel_on_disconnect,
                drop_entry(port, services[port.service][1]),
                _protocol_settings(config, by_key[port.service], port),
                may_route(by_key[port.service], port),
                services[port.service][1] not in RASH_PROTOCOLS,
            )
            for port in sorted(config.port, key=lambda port: services[port.service][1] not in DROP_PROTOCOLS)
        ),
        rules=tuple(rule_entry(i, rule) for i, rule in enumerate(config.rule)),
        firms=tuple(
            FirmEntry(firm.mpid, firm.organization, firm.affiliation or firm.organization) for firm in config.firm
        ),
        books=tuple(_book_entry(config, book) for book in config.book),
        members=tuple(
            MemberEntry(
                member.mpid,
                member.users,
                member.fat_finger_multiplier_aggressive,
                member.fat_finger_multiplier_passive,
            )
            for member in config.member
        ),
        accounts=tuple(_account_entry(account) for account in config.account),
        clearing=clearing_entries(config),
    )


def _protocol_settings(config: Config, service: ServiceSettings, port: PortSettings) -> bytes:
    """Give what the file says to a port's protocol alone: of Nordic OUCH 5 its reject codes and letters, else all."""
    if service.protocol in FIX_PROTOCOLS:
        return fix_entry(config, service, port)
    if service.protocol == PRM_PROTOCOL:
        return prm_entry(port)
    if service.protocol in RASH_PROTOCOLS:
        return rash_entry(port)
    settings = dict(service.reject_codes or {})
    if service.closing_price_letter != CLOSING_PRICE_LETTER:
        settings[CLOSING_PRICE] = ord(service.closing_price_letter)
    if service.blow_through_letter != BLOW_THROUGH_LETTER:
        settings[BLOW_THROUGH] = ord(service.blow_through_letter)
    return msgspec.msgpack.encode(settings, order="sorted") if settings else b""


def _book_entry(config: Config, book: nordic_settings.BookSettings) -> BookEntry:
    return BookEntry(
        str(book.order_book),
        book.market,
        book.symbol,
        book.mic,
        book.currency,
        book.segment,
        None if book.previous_close is None else ticks(book.previous_close),
        _tick_table(table_of(config, book.tick_table, book.ticks)),
        *(_percent(getattr(book, name)) for name in nordic_settings.PERCENTAGES),
    )


def _percent(number: Decimal | None) -> int | None:
    return None if number is None else scaled("", number, PERCENT_SCALE)


def _account_entry(account: nordic_settings.AccountSettings) -> AccountEntry:
    limits = {currency: _limits(limits) for currency, limits in (account.limits or {}).items()}
    symbols = tuple(str(order_book) for order_book in account.restricted_symbols)
    return AccountEntry(
        account.name,
        account.mpid,
        account.users,
        account.scope == "exclusion",
        AccountSettings(
            limits,
            symbols,
            account.restricted_segments,
            account.repeated_order_limit,
            account.restrict_on_repeated_order,
            account.market_order_prevention,
            account.market_order_protection,
            account.fat_finger_in_auctions,
            account.symbol_rate,
            account.cancel_on_symbol_rate,
            account.emails,
        ),
        account.sponsored_ports,
    )


def _money(value: Decimal) -> int:
    return scaled("", value, PRICE_SCALE)


def _limits(limits: nordic_settings.LimitSettings) -> CurrencyLimits:
    in_auctions = limits.max_value_auction
    return CurrencyLimits(
        limits.max_quantity,
        _money(limits.max_value),
        limits.max_quantity_auction,
        None if in_auctions is None else _money(in_auctions),
        _money(limits.total_risk),
        _money(limits.total_traded),
        _money(limits.total_open),
        _money(limits.traded_buy),
        _money(limits.traded_sell),
        _money(limits.open_buy),
        _money(limits.open_sell),
        limits.blow_through,
    )


def _symbol_entry(config: Config, symbol: SymbolSettings) -> SymbolEntry:
    lower, upper = symbol.luld or (None, None)
    return SymbolEntry(
        symbol.symbol,
        None if symbol.previous_close is None else ticks(symbol.previous_close),
        None if lower is None else ticks(lower),
        None if upper is None else ticks(upper),
        symbol.average_daily_volume,
        _tick_table(table_of(config, symbol.tick_table, symbol.ticks)),
        symbol.luld_tier,
        symbol.luld_leverage,
    )


def _tick_table(table: Ticks) -> tuple[tuple[int, int], ...]:
    """Give a tick table as the engine has it, highest price first."""
    return tuple((ticks(floor), ticks(tick)) for floor, tick in reversed(table))
