"""The configuration file: one TOML file, read into typed settings, every unknown or impossible key refused by name.

Prices are strings of dollars with up to four decimals, so that nothing is ever rounded. `[[rule]]` entries have the
names of the REST rules (camelCase); everything else is snake_case. The demo is such a file: `profiles/demo.toml`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from importlib import resources
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from engine.api import MAXIMUM_PRICE
from engine.risk.rule_book import ROUTED
from venue.access import Fault, http_fault, login_fault, reach_fault
from venue.clearing_settings import ClearingLimitSettings, ClearingSettings, PtrSettings, clearing_fault
from venue.drop_settings import DROP_PROTOCOLS, drop_fault
from venue.feed_settings import FEEDS, MoldSettings, SubscriberSettings, feed_fault
from venue.file_settings import BESIDE, FilesSettings, MailSettings, beside_fault
from venue.fix_settings import FIX_PROTOCOLS, FixPortSettings, FixTimers, fix_fault, may_route
from venue.hints import hint
from venue.http_settings import ClientSettings, HttpSettings, PersonSettings
from venue.nordic_settings import (
    AccountSettings,
    BookSettings,
    LimitSettings,
    MemberSettings,
    nordic_fault,
)
from venue.prm_settings import prm_fault
from venue.problem import Problem
from venue.rash_settings import RashPortSettings, rash_fault
from venue.rule_settings import SETTING_NAMES, Rule, rule_entry
from venue.sample_settings import SampleFlowSettings, sample_flow_fault
from venue.service_settings import (
    LoginSettings,
    MarketSettings,
    PortSettings,
    RulesSettings,
    ServiceSettings,
    SoupBinTcpSettings,
    TlsSettings,
    VenueSettings,
)
from venue.settings import Dollars, Mpid, Settings, Symbol, Ticks, Whole, ticks, ticks_fault
from venue.tick_tables import TickTableSettings, tick_table_fault
from venue.timetable_settings import EntrySettings, TimetableSettings, timetable_fault

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
FIRST_YEAR, LAST_YEAR = 2000, 2100


class ConfigError(Exception):
    """A configuration that cannot be used: `key` says where, the message what is wrong and what would be right."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key


class FirmSettings(Settings, frozen=True):
    """A firm that belongs with others: which ports self-match prevention takes as one organization or affiliation."""

    mpid: Mpid
    organization: Name
    affiliation: Name | None = None


class SymbolSettings(Settings, frozen=True):
    """A security, listed on every market whose rule book is `eqrc`.

    `ticks` are (from price, tick), lowest first; a `tick_table` names such a list in their place.
    """

    symbol: Symbol
    previous_close: Dollars | None = None
    luld: tuple[Dollars, Dollars] | None = None
    luld_tier: Annotated[int, msgspec.Meta(ge=1, le=2)] = 2
    luld_leverage: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    average_daily_volume: Whole = 0
    ticks: Ticks = (("0", "0.0001"), ("1", "0.01"))
    tick_table: str | None = None


class Config(Settings, frozen=True, kw_only=True):
    """The whole file."""

    venue: VenueSettings = VenueSettings()
    soupbintcp: SoupBinTcpSettings = SoupBinTcpSettings()
    fix: FixTimers = FixTimers()
    login: LoginSettings = LoginSettings()
    tls: TlsSettings | None = None
    http: HttpSettings = HttpSettings()
    files: FilesSettings = FilesSettings()
    mail: MailSettings = MailSettings()
    sample_flow: SampleFlowSettings | None = None
    ptr: PtrSettings = PtrSettings()
    rules: RulesSettings = RulesSettings()
    market: Annotated[tuple[MarketSettings, ...], msgspec.Meta(min_length=1)]
    service: Annotated[tuple[ServiceSettings, ...], msgspec.Meta(min_length=1)]
    port: tuple[PortSettings, ...]
    firm: tuple[FirmSettings, ...] = ()
    tick_table: tuple[TickTableSettings, ...] = ()
    symbol: tuple[SymbolSettings, ...]
    rule: tuple[Rule, ...] = ()
    book: tuple[BookSettings, ...] = ()
    member: tuple[MemberSettings, ...] = ()
    timetable: tuple[TimetableSettings, ...] = ()
    account: tuple[AccountSettings, ...] = ()
    clearing: tuple[ClearingSettings, ...] = ()
    client: tuple[ClientSettings, ...] = ()
    person: tuple[PersonSettings, ...] = ()
    subscriber: tuple[SubscriberSettings, ...] = ()

    @property
    def web_service(self) -> ServiceSettings | None:
        """The service of the second process, None where the venue has none."""
        return next((service for service in self.service if service.protocol == "http"), None)


def sample() -> str:
    """Give the demo's configuration file, comments and all."""
    return resources.files("venue").joinpath("profiles/demo.toml").read_text(encoding="utf-8")


def load(path: Path) -> Config:
    """Read and check a configuration file; raises `ConfigError`."""
    try:
        config = parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("", f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError("", f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    if config.tls is None:
        return config
    folder = path.resolve().parent
    paths = {name: str(folder / value) for name, value in msgspec.structs.asdict(config.tls).items() if value}
    return msgspec.structs.replace(config, tls=msgspec.structs.replace(config.tls, **paths))


def parse(text: str) -> Config:
    """Read and check a configuration; raises `ConfigError`."""
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ConfigError("", f"not TOML: {error}") from error
    try:
        config = msgspec.convert(tables, Config)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from error
    _check(config)
    return config


def _named(text: str) -> ConfigError:
    """Turn msgspec's message and path into the key's own name."""
    message, _, path = text.partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    field = re.search(r"(?:unknown field|missing required field) `([^`]+)`", message)
    if field:
        key = f"{key}.{field[1]}" if key else field[1]
        message = "no such key" if "unknown" in message else "this key is required"
    if field and message == "no such key":
        likely = difflib.get_close_matches(field[1], known_keys(), 1)
        return ConfigError(key, f"{message}; did you mean {likely[0]}?" if likely else message)
    return ConfigError(key, message[0].lower() + message[1:] + hint(key))


def known_keys() -> list[str]:
    """Give every key there is in a configuration file."""
    tables = (VenueSettings, SoupBinTcpSettings, LoginSettings, TlsSettings, MarketSettings, ServiceSettings)
    entries = (PortSettings, FirmSettings, TickTableSettings, SymbolSettings, Config, Rule)
    http = (
        HttpSettings,
        ClientSettings,
        PersonSettings,
        FixTimers,
        FixPortSettings,
        RashPortSettings,
        FilesSettings,
        MailSettings,
    )
    nordic = (BookSettings, MemberSettings, AccountSettings, LimitSettings, TimetableSettings, EntrySettings)
    clearing = (PtrSettings, ClearingSettings, ClearingLimitSettings)
    feeds = (MoldSettings, SubscriberSettings)
    structs = (*tables, *entries, *http, *nordic, *clearing, *feeds, RulesSettings, SampleFlowSettings)
    return sorted({*SETTING_NAMES, *(name for struct in structs for name in struct.__struct_encode_fields__)})


def _check(config: Config) -> None:
    """Check what no single value shows: names that must be known, unique or fitting."""
    markets = _unique("market", "key", [market.key for market in config.market])
    _unique("service", "key", [service.key for service in config.service])
    order_entry = [service for service in config.service if service.protocol not in FEEDS]
    services = [service.key for service in order_entry if service.market is not None]
    _unique("service", "offset", [str(service.offset) for service in config.service])
    ports = _unique("port", "name", [port.name for port in config.port])
    _unique("firm", "mpid", [firm.mpid for firm in config.firm])
    symbols = _unique("symbol", "symbol", [symbol.symbol for symbol in config.symbol])
    _unique("rule", "id", [rule.id for rule in config.rule if rule.id is not None])
    for i, market in enumerate(config.market):
        _check_zone(f"market[{i}].timezone", market.timezone)
        _check_zone(f"market[{i}].timestamps", market.timezone if market.timestamps is None else market.timestamps)
        if market.after_hours[0] > market.after_hours[1]:
            raise ConfigError(f"market[{i}].after_hours", "it ends before it begins")
    for i, service in enumerate(config.service):
        if service.protocol == "http":
            if service is not config.web_service:
                raise ConfigError(f"service[{i}].protocol", "there is an http service already, and one is all there is")
            if service.market is not None:
                raise ConfigError(f"service[{i}].market", "an http service has no market: it shows them all")
        elif service.market is None:
            if service.protocol not in (*BESIDE, *FEEDS):
                raise ConfigError(f"service[{i}].market", "this key is required")
        else:
            _known(f"service[{i}].market", service.market, markets)
        if service.tls and config.tls is None:
            raise ConfigError(f"service[{i}].tls", "there is no [tls] that names a certificate and a key")
    for i, port in enumerate(config.port):
        _known(f"port[{i}].service", port.service, services)
        needs_password = not any(key.key == port.service and key.protocol in FIX_PROTOCOLS for key in config.service)
        _refuse(login_fault(f"port[{i}]", port, needs_password))
    if config.venue.clock_start is not None:
        if config.venue.clock != "manual":
            raise ConfigError("venue.clock_start", 'only a clock that is "manual" starts where it is told')
        if not FIRST_YEAR <= config.venue.clock_start.year <= LAST_YEAR:
            raise ConfigError("venue.clock_start", f"the year is not from {FIRST_YEAR} to {LAST_YEAR}")
    affiliations: dict[str, str] = {}
    for i, firm in enumerate(config.firm):
        affiliation = firm.affiliation or firm.organization
        if affiliations.setdefault(firm.organization, affiliation) != affiliation:
            raise ConfigError(
                f"firm[{i}].affiliation",
                f"{firm.organization} is affiliated with {affiliations[firm.organization]} above; it must say the same",
            )
    for i, symbol in enumerate(config.symbol):
        _check_symbol(f"symbol[{i}]", symbol)
    for i, rule in enumerate(config.rule):
        if rule.port is not None:
            _known(f"rule[{i}].port", rule.port, ports)
        _check_rule(f"rule[{i}]", rule, config, symbols)
    _unique("book", "order_book", [str(book.order_book) for book in config.book])
    _unique("member", "mpid", [member.mpid for member in config.member])
    _unique("account", "name", [account.name for account in config.account])
    _refuse(nordic_fault(config))
    _unique("tick_table", "name", [table.name for table in config.tick_table])
    _refuse(tick_table_fault(config))
    _refuse(timetable_fault(config))
    _refuse(drop_fault(config))
    _refuse(fix_fault(config))
    _refuse(prm_fault(config))
    _refuse(rash_fault(config))
    _unique("client", "id", [client.id for client in config.client])
    _unique("person", "name", [person.name for person in config.person])
    _refuse(http_fault(config))
    _refuse(beside_fault(config))
    _refuse(sample_flow_fault(config))
    _refuse(clearing_fault(config))
    _refuse(feed_fault(config))
    for i, subscriber in enumerate(config.subscriber):
        _refuse(login_fault(f"subscriber[{i}]", subscriber))
    if config.login.first_delay_ms > config.login.longest_delay_ms:
        raise ConfigError("login.longest_delay_ms", "it is shorter than first_delay_ms")
    with suppress(ValueError):  # a name: the venue looks it up when it binds
        check_reach(config, [ip_address(config.venue.host)])


def check_reach(config: Config, addresses: Iterable[IPv4Address | IPv6Address]) -> None:
    """Refuse to listen on addresses that other machines reach, unless all is guarded; raises `ConfigError`."""
    _refuse(reach_fault(config, addresses))


def _refuse(fault: Fault | None) -> None:
    if fault is not None:
        raise ConfigError(*fault)


def _unique(table: str, key: str, names: list[str]) -> list[str]:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ConfigError(f"{table}[{i}].{key}", f"{name} stands twice")
    return names


def _known(key: str, name: str, names: list[str]) -> None:
    if name not in names:
        raise ConfigError(key, f"{name} is not defined; there are {', '.join(names) or 'none'}")


def _check_zone(key: str, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(key, f"no such time zone: {zone}") from error


def _check_symbol(key: str, symbol: SymbolSettings) -> None:
    for name, prices in (("previous_close", [symbol.previous_close or "1"]), ("luld", symbol.luld or ())):
        for price in prices:
            if not 0 < ticks(price) <= MAXIMUM_PRICE:
                raise ConfigError(f"{key}.{name}", f"{price} is not between 0.0001 and 199999.9900")
    if symbol.luld is not None and ticks(symbol.luld[0]) > ticks(symbol.luld[1]):
        raise ConfigError(f"{key}.luld", "the lower band comes first")
    fault = ticks_fault(symbol.ticks)
    if fault is not None:
        raise ConfigError(f"{key}.ticks", fault)


def _check_routed(key: str, rule: Rule, config: Config) -> None:
    if rule.type == "order-rate":
        raise ConfigError(
            f"{key}.exchange", "a port's messages are counted at its own exchange, not as they are routed"
        )
    us_markets = {market.key for market in config.market if market.rule_book == "eqrc"}
    services = {service.key: service for service in config.service if service.market in us_markets}
    routing = {
        port.name: port.mpid
        for port in config.port
        if port.service in services and may_route(services[port.service], port)
    }
    if rule.port is not None and routing.get(rule.port) != rule.mpid:
        raise ConfigError(f"{key}.port", f"{rule.port} is no port of {rule.mpid} that may route")
    if rule.mpid not in routing.values():
        raise ConfigError(f"{key}.mpid", f"no port that may route is {rule.mpid}'s, so the rule would hold nobody")


def _check_rule(key: str, rule: Rule, config: Config, symbols: list[str]) -> None:
    if rule.exchange == ROUTED:
        _check_routed(key, rule, config)
    else:
        services = {service.key: service.market.upper() for service in config.service if service.market is not None}
        drops = {service.key for service in config.service if service.protocol in DROP_PROTOCOLS}
        for port in config.port:
            if port.name == rule.port and port.service in drops:
                raise ConfigError(f"{key}.port", f"{rule.port} is a Drop port, which enters no orders")
            if port.name == rule.port and (port.mpid, services[port.service]) != (rule.mpid, rule.exchange):
                raise ConfigError(f"{key}.port", f"{rule.port} is {port.mpid}'s at {services[port.service]}")
        order_ports = (port for port in config.port if port.service not in drops)
        if not any((port.mpid, services[port.service]) == (rule.mpid, rule.exchange) for port in order_ports):
            nobody = f"no port at {rule.exchange} is {rule.mpid}'s, so the rule would hold nobody"
            raise ConfigError(f"{key}.mpid", nobody)
    try:
        rule_entry(0, rule)
    except Problem as problem:
        raise ConfigError(f"{key}.{problem.errors[0].field}", str(problem)) from None
    for symbol in rule.symbols:
        _known(f"{key}.symbols", symbol, symbols)


def scaled(key: str, number: Decimal, scale: int) -> int:
    """Give `number` in units of 1/`scale`, exactly; raises `ConfigError` naming `key`."""
    product = number * scale
    if product != int(product):
        raise ConfigError(key, f"{number} has more than four decimals")
    return int(product)
