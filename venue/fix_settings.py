"""FIX in the configuration file: the timers that all its ports share, what each port is set to do, and faults of that.

A service that speaks FIX has a CompID, ours (56 of what clients send), and ports whose names are the clients' CompIDs
(49). A port's own keys stand in its `[port.fix]` table.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from engine.api import Reject
from fix.settings import FixSettings, encode_settings
from venue.rash_settings import RASH_PROTOCOLS, own_settings
from venue.settings import Milliseconds, Settings

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config
    from venue.service_settings import PortSettings, ServiceSettings

Percent = Annotated[int, msgspec.Meta(ge=101, le=10_000)]
CompId = Annotated[str, msgspec.Meta(pattern=r"^[!-<>-~]{1,12}\Z")]
Version = Literal["FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.4", "FIXT.1.1"]
ALL_VERSIONS: Final[tuple[Version, ...]] = ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.4", "FIXT.1.1")


class Protocol(Settings, frozen=True):
    """What a service that speaks FIX has, where its file does not say otherwise."""

    dialect: str
    versions: tuple[Version, ...]
    comp_ids: dict[str, str]


US_COMP_IDS: Final = {"nasdaq": "INET", "bx": "NQBX", "psx": "NQPX"}
NORDIC_COMP_IDS: Final = {"nordic": "INORD"}
US_VERSIONS: Final[tuple[Version, ...]] = ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.4")
NORDIC_VERSIONS: Final[tuple[Version, ...]] = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")
FIX_PROTOCOLS: Final = {
    "fix-us": Protocol(dialect="inet", versions=US_VERSIONS, comp_ids=US_COMP_IDS),
    "fix-nordic": Protocol(dialect="nordic", versions=NORDIC_VERSIONS, comp_ids=NORDIC_COMP_IDS),
    "fix-drop-us": Protocol(dialect="drop-us", versions=("FIX.4.2",), comp_ids=US_COMP_IDS),
    "fix-drop-nordic": Protocol(
        dialect="drop-nordic", versions=("FIXT.1.1", "FIX.4.2", "FIX.4.4"), comp_ids=NORDIC_COMP_IDS
    ),
}
"""The protocols that are FIX."""
REJECT_NAMES: Final = [reason.name for reason in Reject]
"""The reasons whose words a port may change."""
ORDER_ENTRY: Final = frozenset({"fix-us", "fix-nordic"})


class FixTimers(Settings, frozen=True):
    """What every FIX session goes by: waits, and how far a client's clock may be off.

    A client that was silent for `test_request_percent` of its HeartBtInt is sent a TestRequest, one that was for
    `drop_percent` is hung up on.
    """

    login_wait_ms: Milliseconds = 10_000
    logout_wait_ms: Milliseconds = 2_000
    slow_reader_limit_ms: Milliseconds = 30_000
    sending_time_limit_ms: Milliseconds = 120_000
    test_request_percent: Percent = 120
    drop_percent: Percent = 240


class ReasonSettings(Settings, frozen=True):
    """What a port says of a refusal: OrdRejReason (103), Text (58), and ExtendedReasonCode (22204), 0 for none."""

    code: Annotated[int, msgspec.Meta(ge=0, le=99)]
    text: Annotated[str, msgspec.Meta(pattern=r"^[ -~]{1,64}\Z")]
    extended: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0


class FixPortSettings(Settings, frozen=True):
    """A FIX port's own keys.

    `password_tag` is where the port's password stands, 554 or, where the port is told so, RawData (96); `username`
    is held against Username (553). `dialect` and `versions` are the protocol's where they are left out.
    """

    dialect: Literal["inet", "flite", "nordic", "standard"] | None = None
    versions: Annotated[tuple[Version, ...], msgspec.Meta(min_length=1)] | None = None
    validation: Literal["lenient", "strict", "strict-all"] = "strict"
    password_tag: Literal[554, 96] = 554
    username: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,32}\Z")] | None = None
    reset_on_logon: bool = False
    refuse_reset: bool = False
    any_version: bool = False
    echo: bool = False
    next_expected: bool = False
    last_processed: bool = False
    replace_reject_cancels_original: bool = False
    partial_cancel: bool = False
    explain_in_text: bool = False
    reasons: dict[str, ReasonSettings] | None = None


def fix_entry(config: Config, service: ServiceSettings, port: PortSettings) -> bytes:
    """Give what the engine carries for a port, nothing where it does not speak FIX."""
    protocol = FIX_PROTOCOLS.get(service.protocol)
    if protocol is None:
        return b""
    own = port.fix or FixPortSettings()
    settings = FixSettings(
        venue_comp_id=comp_id(service),
        dialect=own.dialect or ("standard" if own.echo else protocol.dialect),
        begin_strings=own.versions or (ALL_VERSIONS if own.echo else protocol.versions),
        validation=own.validation,
        reset_on_logon=own.reset_on_logon,
        any_version=own.any_version,
        echo=own.echo,
        refuse_reset=own.refuse_reset,
        next_expected=own.next_expected,
        last_processed=own.last_processed,
        replace_reject_cancels_original=own.replace_reject_cancels_original,
        partial_cancel=own.partial_cancel,
        explain_in_text=own.explain_in_text,
        test_request_percent=config.fix.test_request_percent,
        drop_percent=config.fix.drop_percent,
        logout_wait_ms=config.fix.logout_wait_ms,
        sending_time_limit_ms=config.fix.sending_time_limit_ms,
        reasons={name: (one.code, one.text, one.extended) for name, one in sorted((own.reasons or {}).items())},
    )
    return encode_settings(settings)


def may_route(service: ServiceSettings, port: PortSettings) -> bool:
    """Whether a port's orders may ask for a route: RASHport and FIX, but for FLITE and for ports without a market."""
    if service.protocol in RASH_PROTOCOLS:
        return own_settings(port).routing
    own = port.fix or FixPortSettings()
    return service.protocol in ORDER_ENTRY and not own.echo and own.dialect != "flite"


def comp_id(service: ServiceSettings) -> str:
    """Give the CompID that a service goes by."""
    return service.comp_id or FIX_PROTOCOLS[service.protocol].comp_ids[service.market or ""]


def fix_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of what the file says of FIX."""
    if config.fix.drop_percent <= config.fix.test_request_percent:
        yield "fix.drop_percent", "it must be above test_request_percent, or no TestRequest is ever waited for"
    services = {service.key: service for service in config.service}
    for i, service in enumerate(config.service):
        protocol = FIX_PROTOCOLS.get(service.protocol)
        if protocol is None:
            if service.comp_id is not None:
                yield f"service[{i}].comp_id", "it is for services that speak FIX"
        elif service.comp_id is None and service.market not in protocol.comp_ids:
            yield f"service[{i}].comp_id", f"this key is required: {service.market} has no usual one"
    for i, port in enumerate(config.port):
        if port.fix is not None:
            yield from _port_faults(f"port[{i}].fix", port, port.fix, services[port.service])


def _port_faults(key: str, port: PortSettings, own: FixPortSettings, service: ServiceSettings) -> Iterator[Fault]:
    if service.protocol not in FIX_PROTOCOLS:
        yield key, f"{service.key} does not speak FIX"
    if service.protocol not in ORDER_ENTRY:
        for name in ("echo", "dialect", "partial_cancel", "replace_reject_cancels_original", "reasons"):
            if getattr(own, name):
                yield f"{key}.{name}", "it is for order entry; a Drop port takes no orders"
    if own.dialect == "standard" and not own.echo:
        yield f"{key}.dialect", "no order can be entered by it: it is for ports with echo = true"
    for name in own.reasons or ():
        if name not in REJECT_NAMES:
            yield f"{key}.reasons.{name}", f"no such reason; did you mean {closest(name)}?"
    if own.username is not None and port.password is None and port.password_hash is None:
        yield f"{key}.username", "there is no password beside it"


def closest(name: str) -> str:
    """Give the reason whose name is most like this."""
    return get_close_matches(name, REJECT_NAMES, 1, 0)[0]
