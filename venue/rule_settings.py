"""The `[[rule]]` tables of the configuration file: US risk checks, their keys and settings named as over REST.

They are the level below the rules that firms make over REST: both hold, and the most restrictive decides. What a type's
settings may be, and whom a rule of it may hold, stands in one place for both (`engine.risk.rule_terms`).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from engine.risk.rule_terms import DEFAULTS, SETTINGS, entity_fault, fault, rest_name
from engine.rule_instructions import RuleEntry
from venue.eqrc.settings import to_engine
from venue.problem import Problem
from venue.settings import Mpid, Name6, Symbol

RuleType = Literal[
    "max-shares",
    "max-notional",
    "adv",
    "order-type",
    "shares-located",
    "restricted-stock",
    "hard-to-borrow",
    "market-impact",
    "fat-finger",
    "order-rate",
    "gross-exposure",
]
Exchange = Literal["NASDAQ", "BX", "PSX", "ROUTED"]
"""An exchange, or what of an order goes to the away market."""
SETTING_NAMES: Final = sorted(
    {part for settings in SETTINGS.values() for name in settings for part in rest_name(name).split(".")}
    | {"amount", "percent"}
)
"""The names of all settings, to guess from what was meant."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """Whom a rule holds: an MPID on an exchange (or what goes away of its orders, `ROUTED`), perhaps one port of it.

    A rule without an `id` is called by its place, `config-N-type`; no other id may begin like that.
    """

    type: RuleType
    exchange: Exchange
    mpid: Mpid
    port: Name6 | None = None
    id: Annotated[str, msgspec.Meta(pattern=r"^(?!config-)[!-~]{1,64}\Z")] | None = None
    symbols: tuple[Symbol, ...] = ()
    settings: dict[str, Any] = {}


def rule_entry(position: int, rule: Rule) -> RuleEntry:
    """Give the rule at a place of the file, from 0, as the engine has it; raises `Problem` that names the key."""
    settings = DEFAULTS.get(rule.type, {}) | to_engine(rule.type, rule.settings)
    rule_id = rule.id or f"config-{position + 1}-{rule.type}"
    entry = RuleEntry(rule_id, rule.type, rule.exchange, rule.mpid, rule.port, rule.symbols, settings)
    found = entity_fault(entry) or fault(rule.type, settings)
    if found is not None:
        raise Problem(422, found.message, found.field)
    return entry
