"""The configuration file: one TOML file, read into typed settings, every unknown or impossible key refused by name.

Prices are strings of dollars with up to four decimals, so that nothing is ever rounded. `[[rule]]` entries have the
names of the REST rules (camelCase); everything else is snake_case. The demo is such a file: `profiles/demo.toml`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from importlib import resources
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated

import msgspec

from venue.access import reach_fault
from venue.clearing_settings import ClearingLimitSettings, ClearingSettings, PtrSettings
from venue.config_checks import faults
from venue.feed_settings import MoldSettings, SubscriberSettings
from venue.file_settings import FilesSettings, MailSettings
from venue.fix_settings import FixPortSettings, FixTimers
from venue.hints import hint
from venue.http_settings import ClientSettings, HttpSettings, PersonSettings
from venue.nordic_settings import (
    AccountSettings,
    BookSettings,
    LimitSettings,
    MemberSettings,
)
from venue.rash_settings import RashPortSettings
from venue.rule_settings import SETTING_NAMES, Rule
from venue.sample_settings import SampleFlowSettings
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
from venue.settings import Dollars, Mpid, Settings, Symbol, Ticks, Whole
from venue.tick_tables import TickTableSettings
from venue.timetable_settings import EntrySettings, TimetableSettings

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


def read(path: Path) -> str:
    """Read a configuration file as text; raises `ConfigError`."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError("", f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError("", f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error


def load(path: Path) -> Config:
    """Read and check a configuration file; raises `ConfigError`."""
    config = parse(read(path))
    if config.tls is None:
        return config
    folder = path.resolve().parent
    paths = {name: str(folder / value) for name, value in msgspec.structs.asdict(config.tls).items() if value}
    return msgspec.structs.replace(config, tls=msgspec.structs.replace(config.tls, **paths))


def parse(text: str) -> Config:
    """Read and check a configuration; raises `ConfigError` for one fault (`venue.config_faults` gives them all)."""
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ConfigError("", f"not TOML: {error}") from error
    try:
        config = msgspec.convert(tables, Config)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        raise named_fault(message, where.rstrip("`")) from error
    for fault in faults(config):
        raise ConfigError(*fault)
    return config


def named_fault(message: str, path: str, siblings: list[str] | None = None) -> ConfigError:
    """Turn msgspec's message and path into the key's own name; `siblings` are the keys that there might be there."""
    key = path.lstrip(".")
    field = re.search(r"(?:unknown field|missing required field) `([^`]+)`", message)
    if field:
        key = f"{key}.{field[1]}" if key else field[1]
        message = "no such key" if "unknown" in message else "this key is required"
    if field and message == "no such key":
        close = difflib.get_close_matches
        others = [name for name in known_keys() if name != field[1]]
        likely = close(field[1], siblings or [], 1) or close(field[1], others, 1)
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


def check_reach(config: Config, addresses: Iterable[IPv4Address | IPv6Address]) -> None:
    """Refuse to listen on addresses that other machines reach, unless all is guarded; raises `ConfigError`."""
    fault = reach_fault(config, addresses)
    if fault is not None:
        raise ConfigError(*fault)


def scaled(key: str, number: Decimal, scale: int) -> int:
    """Give `number` in units of 1/`scale`, exactly; raises `ConfigError` naming `key`."""
    product = number * scale
    if product != int(product):
        raise ConfigError(key, f"{number} has more than four decimals")
    return int(product)
