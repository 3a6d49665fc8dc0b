"""The tables of the configuration file about the running venue: its listeners, their protocols, who logs in to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from ouch.nordic_terms import BLOW_THROUGH_LETTER, CLOSING_PRICE_LETTER
from venue.feed_settings import MoldSettings
from venue.fix_settings import CompId, FixPortSettings
from venue.prm_settings import PrmPortSettings
from venue.rash_settings import RashPortSettings
from venue.settings import AccountName, Milliseconds, Mpid, Name6, Settings

Durability = Literal["disk", "process", "memory"]
Password = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,10}\Z")]
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
AiqStrategy = Annotated[str, msgspec.Meta(pattern=r"^[YDOWRydowrZEPXS01245N]\Z")]
RejectCode = Annotated[int, msgspec.Meta(ge=1, le=0xFFFF)]


class VenueSettings(Settings, frozen=True):
    """The running venue as a whole."""

    name: str = "Portcullis"
    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    port_base: Annotated[int, msgspec.Meta(ge=0, le=65_000)] = 7400
    durability: Durability = "disk"
    clock: Literal["real", "manual"] = "real"
    clock_start: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    roll_at: TimeOfDay | None = None
    low_disk_mb: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 256
    show_logins: bool = False
    max_connections: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 4096
    max_connections_per_address: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 4096
    allow_plain_tcp: bool = False
    allow_known_logins: bool = False


class RulesSettings(Settings, frozen=True):
    """US risk rules over REST: whether they may be written at the guide's hours only, or always."""

    write_window: Literal["hours", "always"] = "hours"


class SoupBinTcpSettings(Settings, frozen=True):
    """SoupBinTCP: its timers, and what its text leaves open."""

    heartbeat_interval_ms: Milliseconds = 1_000
    client_silence_limit_ms: Milliseconds = 15_000
    login_wait_ms: Milliseconds = 30_000
    slow_reader_limit_ms: Milliseconds = 30_000
    second_login: Literal["refuse", "take-over"] = "refuse"
    sequence_zero: Literal["last", "next"] = "last"
    sequence_beyond_next: Literal["refuse", "next"] = "refuse"


class LoginSettings(Settings, frozen=True):
    """What becomes of logins that fail: after so many in a row the next is looked at later, and later."""

    failures_before_delay: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10
    first_delay_ms: Milliseconds = 500
    longest_delay_ms: Milliseconds = 30_000


class TlsSettings(Settings, frozen=True):
    """The files of TLS listeners, PEM, by paths relative to the configuration file."""

    certificate: str
    key: str
    client_authority: str | None = None


CallSeconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]


class MarketSettings(Settings, frozen=True):
    """An exchange of the venue. Its key names it in operations; after hours are when time in force `E` may enter.

    It has `crosses` where it is a US market that opens, closes and resumes by them, as of itself only NASDAQ does.
    `timestamps` is the time zone whose midnight timestamps count from, the market's own where it is left out. The next
    four are of volatility guards: how long their calls last, and by how many percent dynamic ones are multiplied. With
    `luld` a US market keeps within price bands, with `short_sale_test` it restricts short sales of what has fallen.
    """

    key: Literal["nasdaq", "bx", "psx", "nordic"]
    rule_book: Literal["eqrc", "prm"] = "eqrc"
    timezone: str = "America/New_York"
    timestamps: str | None = None
    after_hours: tuple[TimeOfDay, TimeOfDay] = ("16:00", "20:00")
    crosses: bool | None = None
    calendar: Literal["XCSE", "XHEL", "XICE", "XNAS", "XNYS", "XSTO", "none"] | None = None
    dynamic_call_seconds: CallSeconds = 60
    static_call_seconds: CallSeconds = 180
    guard_random_seconds: Annotated[int, msgspec.Meta(ge=0, le=3_600)] = 0
    dynamic_guard_multiplier: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 100
    luld: bool = False
    short_sale_test: bool = False


class ServiceSettings(Settings, frozen=True):
    """A listener: `offset` is added to the port base. Order entry and feeds have a market, all else has none.

    There is one of each protocol of the second process at most, of feeds one for each market; `mold` and
    `snapshot_number` are of those.
    `comp_id` is a FIX service's own CompID. `reject_codes` are the numbers of a Nordic OUCH service's Rejected, by
    reason, where they are not the usual ones; `closing_price_letter` is what its orders say that take part in trading
    at the closing price, `blow_through_letter` why a protected order is canceled.
    """

    key: str
    offset: Annotated[int, msgspec.Meta(ge=0, le=500)]
    protocol: Literal[
        "ouch-5.0-us",
        "ouch-5.0-nordic",
        "ouch-drop-nordic",
        "fix-us",
        "fix-nordic",
        "fix-drop-us",
        "fix-drop-nordic",
        "prm-nordic",
        "rash-1.0",
        "rash-1.1",
        "http",
        "sftp",
        "ftp",
        "smtp-sink",
        "itch-5.0-us",
        "glimpse-5.0-us",
    ]
    market: str | None = None
    tls: bool = False
    comp_id: CompId | None = None
    reject_codes: dict[str, RejectCode] | None = None
    closing_price_letter: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]\Z")] = CLOSING_PRICE_LETTER
    blow_through_letter: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]\Z")] = BLOW_THROUGH_LETTER
    mold: MoldSettings | None = None
    snapshot_number: Literal["next", "last"] = "next"


class PortSettings(Settings, frozen=True):
    """A port: its SoupBinTCP user name or FIX CompID, its firm, the service that takes its logins.

    `fat_finger`, `max_orders_per_second` and `cancel_on_breach` are for ports of markets whose rule book is `prm`, the
    keys behind `cancel_on_disconnect` for Drop ports.
    """

    name: Name6
    mpid: Mpid
    service: str
    password: Password | None = None
    password_hash: str | None = None
    addresses: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | None = None
    aiq_strategy: AiqStrategy = "N"
    fat_finger: bool = False
    max_orders_per_second: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    cancel_on_breach: bool = False
    cancel_on_disconnect: bool = False
    drop_ports: tuple[Name6, ...] = ()
    include_rejects: bool | None = None
    guards: tuple[AccountName, ...] = ()
    guard_on_restart: bool = True
    fix: FixPortSettings | None = None
    prm: PrmPortSettings | None = None
    rash: RashPortSettings | None = None
