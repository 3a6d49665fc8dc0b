"""What operators may change and see of Nordic members and PRM accounts: what a member asks for by the exchange's form.

A change stands from now on, or today only, or from the next day on (`effective`); the configuration file's own entry
takes over again when it changes there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import structs

from engine.api import (
    PRICE_SCALE,
    AccountSettings,
    BlockAccount,
    CancelAccount,
    CommandRefused,
    CurrencyLimits,
    LockCurrency,
    ReleaseAccount,
    SetAccount,
    SetMember,
)
from engine.mass_cancel import account_of
from engine.prm_commands import find_account
from engine.rule_instructions import RegisterGroups
from engine.terms import Lock
from venue.calls import Body, Count, Reply, amount
from venue.changes import Answer, Call
from venue.nordic_settings import (
    HIGHEST_VALUE,
    Currency,
    EmailAddress,
    LimitQuantity,
    Multiplier,
    OrderBookId,
    OrdersPerSecond,
    Segment,
)
from venue.problem import Problem
from venue.route import OWNER

if TYPE_CHECKING:
    from engine.risk.counters import CurrencyState
    from engine.risk.prm import Account
    from venue.looks import Look

ValueText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?\Z")]
Value = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_VALUE)] | ValueText
"""Units of a currency: whole, or as text with up to four decimals."""
GroupIds = Annotated[tuple[Annotated[int, msgspec.Meta(ge=1, le=32_767)], ...], msgspec.Meta(max_length=1_000)]
OrderBookText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}\Z")]
LOCKS = {
    Lock.TOTAL_RISK: "totalRisk",
    Lock.TOTAL_TRADED: "totalTraded",
    Lock.TOTAL_OPEN: "totalOpen",
    Lock.TRADED_BUY: "tradedBuy",
    Lock.TRADED_SELL: "tradedSell",
    Lock.OPEN_BUY: "openBuy",
    Lock.OPEN_SELL: "openSell",
    Lock.BY_HAND: "byHand",
}
"""What locks an account in a currency, by the names that limits have here."""
OF_MEMBERS = frozenset(
    {
        "repeated_order_limit",
        "restrict_on_repeated_order",
        "market_order_prevention",
        "market_order_protection",
        "fat_finger_in_auctions",
    }
)
"""The settings that a member changes for today (PRM guide, Appendix II)."""
NO_MONEY = frozenset({"max_quantity", "max_quantity_auction", "blow_through"})
Money = Annotated[str, msgspec.Meta(description="Units of the currency with four decimals", examples=["10000000.0000"])]


class MemberBody(Body, frozen=True):
    """Any subset: a Nordic member's multipliers, in percent of the thresholds of the order books; a US MPID's groups.

    `groupIds` are all that the MPID has; only these can risk rules name.
    """

    fat_finger_multiplier_aggressive: Multiplier | msgspec.UnsetType = msgspec.UNSET
    fat_finger_multiplier_passive: Multiplier | msgspec.UnsetType = msgspec.UNSET
    group_ids: GroupIds | msgspec.UnsetType = msgspec.UNSET


class MemberSet(Reply, frozen=True):
    """A Nordic member's multipliers as they are now, for all its ports; the groups of a US MPID."""

    mpid: str
    fat_finger_multiplier_aggressive: Count | None
    fat_finger_multiplier_passive: Count | None
    group_ids: list[Count]


class LimitsBody(Body, frozen=True):
    """Limits of a currency; any subset, 0 is none. In calls those of auctions hold for one order where they are set.

    The next seven are for what the account traded and has open in a day. Blow-through is a protection, on or off.
    """

    max_quantity: LimitQuantity | msgspec.UnsetType = msgspec.UNSET
    max_value: Value | msgspec.UnsetType = msgspec.UNSET
    max_quantity_auction: LimitQuantity | msgspec.UnsetType | None = msgspec.UNSET
    max_value_auction: Value | msgspec.UnsetType | None = msgspec.UNSET
    total_risk: Value | msgspec.UnsetType = msgspec.UNSET
    total_traded: Value | msgspec.UnsetType = msgspec.UNSET
    total_open: Value | msgspec.UnsetType = msgspec.UNSET
    traded_buy: Value | msgspec.UnsetType = msgspec.UNSET
    traded_sell: Value | msgspec.UnsetType = msgspec.UNSET
    open_buy: Value | msgspec.UnsetType = msgspec.UNSET
    open_sell: Value | msgspec.UnsetType = msgspec.UNSET
    blow_through: bool | msgspec.UnsetType = msgspec.UNSET


class SettingsBody(Body, frozen=True):
    """Settings of all currencies; any subset, each list as a whole. A limit of 0 is none."""

    repeated_order_limit: LimitQuantity | msgspec.UnsetType = msgspec.UNSET
    restrict_on_repeated_order: bool | msgspec.UnsetType = msgspec.UNSET
    market_order_prevention: bool | msgspec.UnsetType = msgspec.UNSET
    market_order_protection: bool | msgspec.UnsetType = msgspec.UNSET
    fat_finger_in_auctions: bool | msgspec.UnsetType = msgspec.UNSET
    symbol_rate: OrdersPerSecond | msgspec.UnsetType = msgspec.UNSET
    cancel_on_symbol_rate: bool | msgspec.UnsetType = msgspec.UNSET
    emails: tuple[EmailAddress, ...] | msgspec.UnsetType = msgspec.UNSET
    restricted_symbols: tuple[OrderBookId | OrderBookText, ...] | msgspec.UnsetType = msgspec.UNSET
    restricted_segments: tuple[Segment, ...] | msgspec.UnsetType = msgspec.UNSET


class AccountBody(Body, frozen=True):
    """Any subset. `limits` are of a `currency`; `effective` says for which days, without it for all.

    What its member asks for (`byMember`) is for today, and none of what only operations set.
    """

    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    limits: LimitsBody | msgspec.UnsetType = msgspec.UNSET
    settings: SettingsBody | msgspec.UnsetType = msgspec.UNSET
    effective: Literal["today", "next-day", "both"] = "both"
    by_member: bool = False


class ReleaseBody(Body, frozen=True, kw_only=True):
    """What to lift: the block of the account, the lock by its symbol rate, or its lock in a `currency`.

    Its member (`byMember`) lifts no block of operations, and no lock by a rate.
    """

    what: Literal["block", "symbol-rate", "lock"]
    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    by_member: bool = False


class BlockBody(Body, frozen=True):
    """Whether the account's open orders end too, and whether its member asks."""

    cancel: bool = False
    by_member: bool = False


class LimitsView(Reply, frozen=True):
    """Limits of a currency; null is none, of those in auctions that the general one holds."""

    max_quantity: Count | None
    max_value: Money | None
    max_quantity_auction: Count | None
    max_value_auction: Money | None
    total_risk: Money | None
    total_traded: Money | None
    total_open: Money | None
    traded_buy: Money | None
    traded_sell: Money | None
    open_buy: Money | None
    open_sell: Money | None
    blow_through: bool


class SettingsView(Reply, frozen=True):
    """An account's settings: limits by currency, and those of all currencies; null is none."""

    limits: dict[str, LimitsView]
    repeated_order_limit: Count | None
    restrict_on_repeated_order: bool
    market_order_prevention: bool
    market_order_protection: bool
    fat_finger_in_auctions: bool
    symbol_rate: Count | None
    cancel_on_symbol_rate: bool
    emails: list[str]
    restricted_symbols: list[str]
    restricted_segments: list[Count]


class CountersView(Reply, frozen=True):
    """What an account traded today and has open now in a currency, and by which counters it is locked there."""

    total_risk: Money
    total_traded: Money
    total_open: Money
    traded_buy: Money
    traded_sell: Money
    open_buy: Money
    open_sell: Money
    locked: list[str]


class AccountView(Reply, frozen=True):
    """A PRM account: whom it covers, whether it is blocked, its settings of today and those of the days to come.

    `blockedBy` is the Drop port whose safeguard blocked it, empty where somebody did. `rateLocked` is the order book in
    which its orders came too fast, empty where none did. `counters` are by currency, where there is something.
    `canceled` says that a block ended its orders too, `byOperations` that its member cannot lift it.
    """

    account: str
    mpid: str
    users: list[str]
    blocked: bool
    blocked_by: str
    rate_locked: str
    counters: dict[str, CountersView]
    today: SettingsView
    next_day: SettingsView
    canceled: bool = False
    by_operations: bool = False


class OrdersCanceled(Reply, frozen=True):
    """An account whose open orders end."""

    account: str
    orders: Count


def set_member(call: Call) -> Answer:
    """Set a Nordic member's fat finger multipliers, or the groups of a US MPID; gives all as they now are."""
    body: MemberBody = call.body
    values = given(body)
    mpid, engine = call.path["mpid"], call.venue.machine.engine
    groups, record = values.pop("group_ids", None), 0
    if values and mpid not in engine.prm.members:
        raise Problem(404, f"no such Nordic member: {mpid}", "mpid")  # before anything is changed
    if groups is not None:
        record = call.carry_out(RegisterGroups(mpid, groups, call.actor or OWNER))
    if values:
        record = call.carry_out(SetMember(mpid, **values))
    member = engine.prm.members.get(mpid)
    aggressive, passive = (None, None) if member is None else (member.aggressive, member.passive)
    return Answer(200, MemberSet(mpid, aggressive, passive, list(engine.rules.groups.get(mpid, ()))), record)


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
    if body.by_member:
        must_be_a_members(body, settings)
    name = call.path["account"]
    today, next_day = body.effective != "next-day", body.effective != "today"
    command = SetAccount(name, limits, today=today, next_day=next_day, **settings)
    record = call.carry_out(structs.replace(command, by_operations=not body.by_member))
    return Answer(200, account_view(call.venue.machine.engine.prm.accounts[name], _covered(call, name)), record)


def must_be_a_members(body: AccountBody, settings: dict[str, Any]) -> None:
    """Refuse what a member may not change: days to come, and what the exchange's staff sets by form."""
    if body.effective != "today":
        raise Problem(409, "what a member changes is for today", "effective")
    for name in settings:
        if name not in OF_MEMBERS:
            field = SettingsBody.field(name)
            raise Problem(409, f"{field} is changed by form, by the venue's operations", f"settings.{field}")


def block_account(call: Call) -> Answer:
    """Block an account until the end of the day; with `cancel` its open orders end too."""
    body: BlockBody = call.body
    name = call.path["account"]
    record = call.carry_out(BlockAccount(name, True, body.cancel, by_operations=not body.by_member))
    return Answer(200, account_view(call.venue.machine.engine.prm.accounts[name], _covered(call, name)), record)


def cancel_orders(call: Call) -> Answer:
    """End an account's open orders, blocked or not; gives how many there were."""
    name = call.path["account"]
    ports = call.venue.machine.engine.ports.values()
    count = sum(account_of(order) == name for port in ports for order in port.orders.values())
    record = call.carry_out(CancelAccount(name))
    return Answer(200, OrdersCanceled(name, count), record)


def release_account(call: Call) -> Answer:
    """Unblock an account, or lift one of its locks."""
    body: ReleaseBody = call.body
    name = call.path["account"]
    if (body.what == "lock") is (body.currency is msgspec.UNSET):
        raise Problem(422, "a lock is in a currency, and nothing else is: name it there alone", "currency")
    if isinstance(body.currency, str):
        record = call.carry_out(LockCurrency(name, body.currency, False, by_operations=not body.by_member))
    elif body.what == "block":
        record = call.carry_out(BlockAccount(name, False, by_operations=not body.by_member))
    elif body.by_member:
        raise Problem(409, "a lock by the symbol rate is lifted by the venue's operations", "what")
    else:
        record = call.carry_out(ReleaseAccount(name))
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
    for name, given_value in found.items():
        field = name.replace("max_", "maximum_")
        if given_value is None or name in NO_MONEY:
            limits[field] = given_value
            continue
        value = Decimal(str(given_value))
        if value > HIGHEST_VALUE:
            raise Problem(422, f"a value is at most {HIGHEST_VALUE:,}", f"limits.{body.field(name)}")
        limits[field] = int(value * PRICE_SCALE)
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
        rate_locked=account.rate_locked,
        counters={name: counters_view(money) for name, money in sorted(account.currencies.items()) if is_told(money)},
        today=settings_view(account.settings),
        next_day=settings_view(account.persistent),
        canceled=account.blocked and account.canceled,
        by_operations=account.blocked and account.by_operations,
    )


def settings_view(settings: AccountSettings) -> SettingsView:
    """Give settings as an answer shows them."""
    return SettingsView(
        limits={currency: limits_view(limits) for currency, limits in sorted(settings.limits.items())},
        repeated_order_limit=settings.repeated_order_limit or None,
        restrict_on_repeated_order=settings.restrict_on_repeated_order,
        market_order_prevention=settings.market_order_prevention,
        market_order_protection=settings.market_order_protection,
        fat_finger_in_auctions=settings.fat_finger_in_auctions,
        symbol_rate=settings.symbol_rate or None,
        cancel_on_symbol_rate=settings.cancel_on_symbol_rate,
        emails=list(settings.emails),
        restricted_symbols=list(settings.restricted_symbols),
        restricted_segments=list(settings.restricted_segments),
    )


def limits_view(limits: CurrencyLimits) -> LimitsView:
    """Give the limits of a currency as an answer shows them."""
    return LimitsView(
        limits.maximum_quantity or None,
        _money(limits.maximum_value),
        limits.maximum_quantity_auction or None,
        _money(limits.maximum_value_auction),
        _money(limits.total_risk),
        _money(limits.total_traded),
        _money(limits.total_open),
        _money(limits.traded_buy),
        _money(limits.traded_sell),
        _money(limits.open_buy),
        _money(limits.open_sell),
        limits.blow_through,
    )


def _money(value: int | None) -> str | None:
    return amount(value) if value else None


def counters_view(money: CurrencyState) -> CountersView:
    """Give counters as an answer shows them."""
    return CountersView(
        amount(money.total_risk),
        amount(money.total_traded),
        amount(money.total_open),
        amount(money.traded_buy),
        amount(money.traded_sell),
        amount(money.open_buy),
        amount(money.open_sell),
        [LOCKS[lock] for lock in money.locked],
    )


def is_told(money: CurrencyState) -> bool:
    """Whether counters say more than nothing."""
    return bool(money.total_risk or money.locked)
