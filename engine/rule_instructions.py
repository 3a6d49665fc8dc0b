"""What is asked of the engine about the US Equities Risk Checks, as plain data: each is a record, and so is kept.

A rule is made over REST, begins with the next trading day and lasts until somebody deletes it. Rules of the
configuration file stand beside these (`engine.instructions.Configure`); whichever is tighter decides. `user` is who
asked, for the audit. Others import these names from `engine.api`.

For editors: records outlive versions, so fields are only ever appended, each with a default.

Sources: EQRC guide 3.1 (what a rule says), 2 (whom it holds), 3.2 (safety switch).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

RuleValue = int | bool | str | tuple[tuple[int, int] | str, ...] | None
"""A setting of a rule: a number, a switch, a word, the ranges of a fat finger, brokers; or none."""
RuleSettings = dict[str, RuleValue]
"""The settings of a rule by name; one that is absent or None is off."""

RESTRICTED_STOCK: Final = "restricted-stock"
HARD_TO_BORROW: Final = "hard-to-borrow"
LIST_TYPES: Final = frozenset({RESTRICTED_STOCK, HARD_TO_BORROW})
"""The types whose rules are lists of symbols."""


class RuleEntry(msgspec.Struct, array_like=True, frozen=True):
    """An EQRC rule, with settings of its type's own.

    It holds an MPID on an exchange (or what goes away of its orders, `ROUTED`), perhaps one port or one group of it.
    Limits are shares or whole dollars as over REST; percentages 1/10,000 of a percent, a fat finger's ranges are
    (ticks, 1/10,000 of a percent).
    """

    rule_id: str
    type: str
    exchange: str
    mpid: str
    port: str | None
    symbols: tuple[str, ...]
    settings: RuleSettings
    group_id: int | None = None


class RuleStatus(IntEnum):
    """Whether a rule made over REST holds already; `CONFIGURED` ones begin with the next trading day."""

    CONFIGURED = 0
    ACTIVE = 1


class RuleState(msgspec.Struct, array_like=True, frozen=True):
    """A rule made over REST, and what becomes of it with the next trading day.

    `created` and `changed` are venue times. `pending` are the settings that change then, `pending_symbols` the list
    that holds then; `ending` says that it goes then.
    """

    rule: RuleEntry
    status: RuleStatus
    created: int
    changed: int
    created_by: str = ""
    changed_by: str = ""
    pending: RuleSettings = {}
    pending_symbols: tuple[str, ...] | None = None
    ending: bool = False


class CreateRule(msgspec.Struct, array_like=True, frozen=True, tag="create-rule"):
    """Make a rule, CONFIGURED, under the id that its entry names. The same rule asked for twice is made once."""

    rule: RuleEntry
    user: str = ""


class UpdateRule(msgspec.Struct, array_like=True, frozen=True, tag="update-rule"):
    """Change some settings of a rule, and its symbols where they are given; a setting of None is taken off.

    An ACTIVE rule changes at once, or with `next_day` from the next trading day on; a CONFIGURED one changes as it
    waits, and `next_day` has to say so.
    """

    rule_id: str
    settings: RuleSettings = {}
    next_day: bool = False
    symbols: tuple[str, ...] | None = None
    user: str = ""


class DeleteRule(msgspec.Struct, array_like=True, frozen=True, tag="delete-rule"):
    """Delete a rule: now, or with `next_day` an ACTIVE one from the next trading day on; a CONFIGURED one goes now."""

    rule_id: str
    next_day: bool = True
    user: str = ""


class ChangeList(msgspec.Struct, array_like=True, frozen=True, tag="change-list"):
    """Put symbols on a list, and take symbols off, from the next trading day on.

    The list is the rule of `rule_type` that the MPID, or the port, has on the exchange; the first symbols make it,
    under `rule_id`.
    """

    rule_type: str
    exchange: str
    mpid: str
    port: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    rule_id: str = ""
    user: str = ""


class RegisterGroups(msgspec.Struct, array_like=True, frozen=True, tag="register-groups"):
    """Say which group ids an MPID has: all of them. Only these can rules name."""

    mpid: str
    group_ids: tuple[int, ...]
    user: str = ""


class CancelAction(IntEnum):
    """Which open orders the safety switch, or a breach, ends; the others are what a cross waits for."""

    NONE = 0
    ALL = 1
    NON_CROSS = 2


class PortAction(IntEnum):
    """What the safety switch does with ports; `ENABLE` also frees those that went over a rate."""

    NONE = 0
    DISABLE = 1
    ENABLE = 2


class SafetySwitch(msgspec.Struct, array_like=True, frozen=True, tag="safety-switch"):
    """End open orders of an MPID on an exchange, or of one `port`, and close or open its ports for the rest of the day.

    Orders end in slices, so that nobody else waits.
    """

    exchange: str
    mpid: str
    port: str | None = None
    cancel: CancelAction = CancelAction.NONE
    action: PortAction = PortAction.NONE
    user: str = ""


class Unbreach(msgspec.Struct, array_like=True, frozen=True, tag="unbreach"):
    """Lift what the rules of a type shut: of an MPID, or of its one port or group."""

    exchange: str
    mpid: str
    port: str | None = None
    group_id: int | None = None
    rule_type: str = "gross-exposure"
    user: str = ""


RuleCommand = CreateRule | UpdateRule | DeleteRule | ChangeList | RegisterGroups | SafetySwitch | Unbreach
"""What is asked about rules; each is one record."""
