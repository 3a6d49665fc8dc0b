"""What operators may change and see of Nordic members and PRM accounts: what a member asks for by the exchange's form.

A change stands from now on, or today only, or from the next day on (`effective`); the configuration file's own entry
takes over again when it changes there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from engine.api import PRICE_SCALE, AccountSettings, BlockAccount, CommandRefused, CurrencyLimits, SetAccount, SetMember
from engine.prm_commands import find_account
from venue.calls import Body, Count, Reply, amount
from venue.changes import Answer, Call
from venue.nordic_settings import HIGHEST_VALUE, Currency, LimitQuantity, Multiplier, OrderBookId, Segment
from venue.problem import Problem

if TYPE_CHECKING:
    from engine.risk.prm import Account
    from venue.looks import Look

ValueText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?\Z")]
Value = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_VALUE)] | ValueText
"""Units of a currency: whole, or as text with up to four decimals."""
OrderBookText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}\Z")]
Money = Annotated[str, msgspec.Meta(description="Units of the currency with four decimals", examples=["10000000.0000"])]


class MemberBody(Body, frozen=True):
    """Any subset, in percent of the thresholds of the order books."""

    fat_finger_multiplier_aggressive: Multiplier | msgspec.UnsetType = msgspec.UNSET
    fat_finger_multiplier_passive: Multiplier | msgspec.UnsetType = msgspec.UNSET


class MemberSet(Reply, frozen=True):
    """A member's multipliers as they are now, for all its ports."""

    mpid: str
    fat_finger_multiplier_aggressive: Count
    fat_finger_multiplier_passive: Count


class LimitsBody(Body, frozen=True):
    """Limits on one order; any subset, 0 is none."""

    max_quantity: LimitQuantity | msgspec.UnsetType = msgspec.UNSET
    max_value: Value | msgspec.UnsetType = msgspec.UNSET


class SettingsBody(Body, frozen=True):
    """What may not be traded; any subset, each list as a whole."""

    restricted_symbols: tuple[OrderBookId | OrderBookText, ...] | msgspec.UnsetType = msgspec.UNSET
    restricted_segments: tuple[Segment, ...] | msgspec.UnsetType = msgspec.UNSET


class AccountBody(Body, frozen=True):
    """Any subset. `limits` are of a `currency`; `effective` says for which days, without it for all."""

    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    limits: LimitsBody | msgspec.UnsetType = msgspec.UNSET
    settings: SettingsBody | msgspec.UnsetType = msgspec.UNSET
    effective: Literal["today", "next-day", "both"] = "both"


class ReleaseBody(Body, frozen=True, kw_only=True):
    """What to lift: the block of the account."""

    what: Literal["block"]


class LimitsView(Reply, frozen=True):
    """Limits on one order in the books of a currency; null is none."""

    max_quantity: Count | None
    max_value: Money | None


class SettingsView(Reply, frozen=True):
    """An account's settings: limits by currency, and what may not be traded."""

    limits: dict[str, LimitsView]
    restricted_symbols: list[str]
    restricted_segments: list[Count]


class AccountView(Reply, frozen=True):
    """A PRM account: whom it covers, whether it is blocked, its settings of today and those of the days to come.

    `blockedBy` is the Drop port whose safeguard blocked it, empty where somebody did.
    """

    account: str
    mpid: str
    users: list[str]
    blocked: bool
    blocked_by: str
    today: SettingsView
    next_day: SettingsView


def set_member(call: Call) -> Answer:
    """Set a member's fat finger multipliers; gives both as they now are."""
    body: MemberBody = call.body
    values = given(body)
    mpid = call.path["mpid"]
    record = call.carry_out(SetMember(mpid, **values))
    member = call.venue.machine.engine.prm.members[mpid]
    return Answer(200, MemberSet(mpid, member.aggressive, member.passive), record)


def set_account(call: Call) -> Answer:
    """Set limits and lists of an account; gives all of it as it now is."""
    body: AccountBody = call.body
    limits: dict[str, dict[str, int | bool | None]] = {}
    if isinstance(body.limits, LimitsBody):
        if body.currency is msgspec.UNSET:
            raise Problem(422, "limits are of a currency: name it", "currency")
        limits[body.currency] = _limits(body.limits)
    elif body.currency is not msgspec.UNSET:
        raise Problem(422, "a currency is for limits: give some", "limits")
    settings = given(body.settings) if isinstance(body.settings, SettingsBody) else {}
    if not limits and not settings:
        raise Problem(422, "give limits with their currency, or settings")
    if "restricted_symbols" in settings:
        settings["restricted_symbols"] = tuple(str(int(name)) for name in settings["restricted_symbols"])
    name = call.path["account"]
    today, next_day = body.effective != "next-day", body.effective != "today"
    record = call.carry_out(SetAccount(name, limits, today=today, next_day=next_day, **settings))
    return Answer(200, account_view(call.venue.machine.engine.prm.accounts[name], _covered(call, name)), record)


def release_account(call: Call) -> Answer:
    """Unblock an account."""
    name = call.path["account"]
    record = call.carry_out(BlockAccount(name, blocked=False))
    return Answer(200, account_view(call.venue.machine.engine.prm.accounts[name], _covered(call, name)), record)


def show_account(look: Look) -> AccountView:
    """Show an account: its users, its state, its settings."""
    try:
        account = find_account(look.machine.engine, look.path["account"])
    except CommandRefused as refused:
        raise Problem(404, str(refused), refused.field) from refused
    return account_view(account, _covered(look, account.name))


def given(body: Body) -> dict[str, Any]:
    """Give the fields that a body has; raises `Problem` 422 where it has none."""
    fields = {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not msgspec.UNSET}
    if not fields:
        raise Problem(422, f"give at least one of {', '.join(body.__struct_encode_fields__)}")
    return fields


def _limits(body: LimitsBody) -> dict[str, int | bool | None]:
    """Give limits in the engine's units."""
    found = given(body)
    limits: dict[str, int | bool | None] = {}
    if isinstance(body.max_quantity, int):
        limits["maximum_quantity"] = body.max_quantity
    if "max_value" in found:
        value = Decimal(str(found["max_value"]))
        if value > HIGHEST_VALUE:
            raise Problem(422, f"a value is at most {HIGHEST_VALUE:,}", "limits.maxValue")
        limits["maximum_value"] = int(value * PRICE_SCALE)
    return limits


def _covered(of: Call | Look, name: str) -> list[str]:
    """Give the users that an account covers."""
    machine = of.venue.machine if isinstance(of, Call) else of.machine
    users = machine.engine.prm.users
    return [user for (_, user), account in users.items() if account is not None and account.name == name]


def account_view(account: Account, users: list[str]) -> AccountView:
    """Give an account as an answer shows it."""
    return AccountView(
        account=account.name,
        mpid=account.entry.mpid,
        users=users,
        blocked=account.blocked,
        blocked_by=account.blocked_by,
        today=settings_view(account.settings),
        next_day=settings_view(account.persistent),
    )


def settings_view(settings: AccountSettings) -> SettingsView:
    """Give settings as an answer shows them."""
    return SettingsView(
        limits={currency: limits_view(limits) for currency, limits in sorted(settings.limits.items())},
        restricted_symbols=list(settings.restricted_symbols),
        restricted_segments=list(settings.restricted_segments),
    )


def limits_view(limits: CurrencyLimits) -> LimitsView:
    """Give the limits of a currency as an answer shows them."""
    value = limits.maximum_value
    money = amount(value) if value else None
    return LimitsView(limits.maximum_quantity or None, money)
