"""The tables of the configuration file for Post-Trade Risk: which firm clears for whom, and what the service offers.

A correspondent has one clearing firm. Limits are whole dollars; one that is left out is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from engine.clearing_commands import PRE_ALERT_PERCENT, ClearingEntry, ClearingLimits
from venue.file_settings import Email
from venue.settings import Mpid, Settings

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config

HIGHEST_LIMIT = 10**14
"""Dollars: as many as eight bytes hold with four decimals, and to spare."""
Limit = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_LIMIT)]
PreAlertPercent = Annotated[int, msgspec.Meta(ge=1, le=100)]


class PtrSettings(Settings, frozen=True):
    """The service: which environment its answers name, and whether held trades and kills may be asked for."""

    environment: Literal["NTF", "PRODUCTION"] = "NTF"
    ext: bool = False


class ClearingLimitSettings(Settings, frozen=True):
    """The limits that a relation begins with."""

    aggregate_buy: Limit | None = None
    aggregate_sell: Limit | None = None
    aggregate_net: Limit | None = None
    per_trade: Limit | None = None
    max_trade: Limit | None = None
    pre_alert_percent: PreAlertPercent = PRE_ALERT_PERCENT
    kill_on_breach: bool = False


class ClearingSettings(Settings, frozen=True):
    """A firm that clears for a correspondent; `counterparties` are those of the correspondent's AGU agreements."""

    firm: Mpid
    correspondent: Mpid
    counterparties: tuple[Mpid, ...] = ()
    limits: ClearingLimitSettings | None = None
    emails: tuple[Email, ...] = ()
    correspondent_emails: tuple[Email, ...] = ()


def clearing_entries(config: Config) -> tuple[ClearingEntry, ...]:
    """Give the relations as the engine has them."""
    return tuple(
        ClearingEntry(
            clearing.firm,
            clearing.correspondent,
            clearing.counterparties,
            ClearingLimits(**msgspec.structs.asdict(clearing.limits or ClearingLimitSettings())),
            clearing.emails,
            clearing.correspondent_emails,
        )
        for clearing in config.clearing
    )


def clearing_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of who clears for whom."""
    firms: dict[str, str] = {}
    for i, clearing in enumerate(config.clearing):
        key = f"clearing[{i}]"
        mpid = clearing.correspondent
        if mpid == clearing.firm:
            yield f"{key}.correspondent", f"{mpid} cannot clear for itself as its own correspondent"
        if mpid in firms:
            yield f"{key}.correspondent", f"{firms[mpid]} clears for {mpid} already, and one firm is all there is"
        firms[mpid] = clearing.firm
        for j, counterparty in enumerate(clearing.counterparties):
            if counterparty == mpid or counterparty in clearing.counterparties[:j]:
                what = "is the correspondent itself" if counterparty == mpid else "stands twice"
                yield f"{key}.counterparties[{j}]", f"{counterparty} {what}"
