"""What operators and the venue itself ask of the engine in Nordic markets: books, accounts, members, ports.

As in `engine.commands`, each either changes the state as a whole or raises `CommandRefused` and changes nothing.
"""

from __future__ import annotations

from msgspec import structs

from engine.api import (
    PRM,
    AccountEntry,
    AccountSettings,
    BlockAccount,
    BookEntry,
    CancelAccount,
    CommandRefused,
    Configure,
    CurrencyLimits,
    LockCurrency,
    MemberEntry,
    Origin,
    Port,
    PortEntry,
    ReleaseAccount,
    SetAccount,
    SetFileList,
    SetMember,
    SetPort,
)
from engine.engine import Engine
from engine.market import Security
from engine.risk.audit_words import MULTIPLIERS
from engine.risk.counters import COUNTERS
from engine.risk.diary import HappeningKind
from engine.risk.differences import differences
from engine.risk.limits import NO_LIMIT
from engine.risk.prm import Account, Member
from engine.rule_commands import set_windows
from engine.terms import Lock

HIGHEST_MULTIPLIER = 999
"""Percent (PRM guide 3.2)."""
MANDATORY = {
    "limits.maxValue": ("maximum_quantity", "maximum_value"),
    "limits.totalRisk": tuple(lock.name.lower() for lock in COUNTERS),
}
"""Limits of which sponsored access keeps one on, by the field to blame."""


# Configuration.


def check_prm(engine: Engine, command: Configure) -> None:
    """Refuse a configuration that turns a market, a symbol or an order book into something else."""
    for entry in command.markets:
        market = engine.markets.get(entry.key)
        if market is not None and market.rule_book != entry.rule_book:
            raise CommandRefused("market", f"{entry.key} goes by {market.rule_book}; a market keeps its rule book")
    kinds = {symbol: security.entry is None for symbol, security in engine.securities.items()}
    names = [(entry.symbol, True) for entry in command.symbols] + [(book.order_book, False) for book in command.books]
    for name, is_symbol in names:
        if kinds.setdefault(name, is_symbol) is not is_symbol:
            raise CommandRefused("book", f"{name} names a US symbol and a Nordic order book, and can be one only")
    books = {book.order_book: book.market for book in command.books}
    for symbol, security in engine.securities.items():
        if security.entry is not None and books.get(symbol, security.entry.market) != security.entry.market:
            raise CommandRefused("book", f"{symbol} is of {security.entry.market}; an order book keeps its market")


def list_books(engine: Engine, command: Configure) -> None:
    """List the order books of a configuration; what the day brought stands where an entry did not change."""
    before = {} if engine.configuration is None else {book.order_book: book for book in engine.configuration.books}
    for entry in command.books:
        _list_book(engine, entry, before.get(entry.order_book))


def _list_book(engine: Engine, entry: BookEntry, before: BookEntry | None) -> None:
    security = engine.securities.get(entry.order_book)
    if security is None:
        security = engine.securities[entry.order_book] = Security(entry.order_book, entry.ticks, entry)
        engine.markets[entry.market].open_book(security)
    if before is None or entry.previous_close != before.previous_close:
        security.previous_close = security.last = entry.previous_close
    if before is None or thresholds(entry) != thresholds(before):
        security.fat_finger_aggressive, security.fat_finger_passive = thresholds(entry)
    if before is None or guards(entry) != guards(before):
        security.static_guard, security.dynamic_guard = guards(entry)
    security.entry = entry
    security.ticks = entry.ticks
    security.listed = True


def thresholds(entry: BookEntry) -> tuple[int | None, int | None]:
    """Give the fat finger thresholds of an order book: aggressive and passive."""
    return entry.fat_finger_aggressive, entry.fat_finger_passive


def guards(entry: BookEntry) -> tuple[int | None, int | None]:
    """Give the thresholds of an order book's volatility guards: static and dynamic."""
    return entry.static_guard, entry.dynamic_guard


def take_accounts(engine: Engine, command: Configure, now: int) -> None:
    """Take the accounts and members of a configuration; settings stand where an entry did not change."""
    prm = engine.prm
    before = {name: account.settings for name, account in prm.accounts.items()}
    prm.accounts = {entry.account: _account(prm.accounts.get(entry.account), entry) for entry in command.accounts}
    for name, account in prm.accounts.items():
        tell_changes(engine, account, before.get(name, account.settings), account.settings, now)
    percentages = {mpid: (member.aggressive, member.passive) for mpid, member in prm.members.items()}
    prm.members = {entry.mpid: _member(prm.members.get(entry.mpid), entry) for entry in command.members}
    for mpid, member in prm.members.items():
        tell_multipliers(engine, member, percentages.get(mpid, (member.aggressive, member.passive)), now)
    prm.cover()
    for currency in sorted({entry.currency for entry in command.books}):
        for account in prm.accounts.values():
            account.money(currency)


def _account(account: Account | None, entry: AccountEntry) -> Account:
    if account is None:
        return Account(entry)
    if entry.settings != account.entry.settings:
        account.settings = account.persistent = entry.settings
    account.entry = entry
    return account


def _member(member: Member | None, entry: MemberEntry) -> Member:
    if member is None or multipliers(entry) != multipliers(member.entry):
        return Member(entry)
    member.entry = entry
    return member


def multipliers(entry: MemberEntry) -> tuple[int, int]:
    """Give a member's fat finger multipliers: aggressive and passive."""
    return entry.fat_finger_multiplier_aggressive, entry.fat_finger_multiplier_passive


def take_port(port: Port, entry: PortEntry) -> None:
    """Take PRM's settings of a port, and whether its orders end with its connection.

    Those of now stand where the entry's did not change.
    """
    if protections(entry) != protections(port.entry):
        port.fat_finger, port.maximum_orders, port.cancel_on_breach = protections(entry)
    if entry.cancel_on_disconnect != port.entry.cancel_on_disconnect:
        port.cancel_on_disconnect = entry.cancel_on_disconnect


def protections(entry: PortEntry) -> tuple[bool, int, bool]:
    """Give PRM's settings of a port."""
    return entry.fat_finger, entry.maximum_orders, entry.cancel_on_breach


def protect(engine: Engine, mpid: str | None = None) -> None:
    """Fold PRM's settings anew for every scope, or those of one member; to be called when any of them has changed."""
    engine.protect(mpid)


# The day.


def reset_accounts(engine: Engine) -> None:
    """Let the day begin with the accounts' persistent settings, without blocks, locks and counts (PRM guide 3.18).

    Orders that were carried over are open from the start (3.6); they lock nothing by themselves.
    """
    for account in engine.prm.accounts.values():
        account.next_day()
    protect(engine)
    recount(engine)


def recount(engine: Engine, *, values_anew: bool = True) -> None:
    """Count what is open anew, from the orders that rest."""
    engine.prm.recount(engine.prm.accounts.values(), engine.ports.values(), values_anew=values_anew)


# What operators change.


def set_port(engine: Engine, command: SetPort) -> None:
    """Change settings of a port; its order rate sees what was sent before the change."""
    port = engine.ports.get(command.port)
    if port is None:
        raise CommandRefused("port", f"no such port: {command.port}", missing=True)
    of_prm = (command.fat_finger, command.maximum_orders, command.cancel_on_breach)
    if port.rule_book != PRM and any(setting is not None for setting in of_prm):
        raise CommandRefused("port", f"{port.name} is of {port.market}, which has PRM's settings for no port")
    sponsor = sponsor_of(engine, port)
    if command.fat_finger is False and sponsor is not None:
        raise CommandRefused(
            "fatFinger", f"{port.name} is sponsored by {sponsor}: its fat finger cannot be switched off"
        )
    if command.maximum_orders == 0 and sponsor is not None and not has_rate(engine.prm.accounts[sponsor]):
        raise CommandRefused(
            "maxOrdersPerSecond", f"{port.name} is sponsored by {sponsor}, which has no symbol rate: its limit stays"
        )
    if command.fat_finger is not None:
        port.fat_finger = command.fat_finger
    if command.maximum_orders is not None:
        port.maximum_orders = command.maximum_orders
        for _, window in port.windows:
            window.allow(port.maximum_orders or NO_LIMIT)
    if command.cancel_on_breach is not None:
        port.cancel_on_breach = command.cancel_on_breach
    if command.cancel_only is not None:
        port.cancel_only = command.cancel_only
        set_windows(engine, port)
    if command.cancel_on_disconnect is not None:
        port.cancel_on_disconnect = command.cancel_on_disconnect
    protect(engine)


def has_rate(account: Account) -> bool:
    """Whether the orders of an account in one symbol have a rate, today and from the next day on."""
    return bool(account.settings.symbol_rate and account.persistent.symbol_rate)


def sponsor_of(engine: Engine, port: Port) -> str | None:
    """Give the account of sponsored access that a port belongs to."""
    for account in engine.prm.accounts.values():
        if port.name in account.entry.sponsored_ports:
            return account.name
    return None


def set_member(engine: Engine, command: SetMember, now: int) -> None:
    """Change a member's fat finger multipliers, for all its ports."""
    member = engine.prm.members.get(command.mpid)
    if member is None:
        raise CommandRefused("mpid", f"no such Nordic member: {command.mpid}", missing=True)
    aggressive, passive = command.fat_finger_multiplier_aggressive, command.fat_finger_multiplier_passive
    for name, value in (("fatFingerMultiplierAggressive", aggressive), ("fatFingerMultiplierPassive", passive)):
        if value is not None and not 0 <= value <= HIGHEST_MULTIPLIER:
            raise CommandRefused(name, f"a multiplier is from 0 to {HIGHEST_MULTIPLIER} percent, not {value}")
    before = member.aggressive, member.passive
    member.aggressive = member.aggressive if aggressive is None else aggressive
    member.passive = member.passive if passive is None else passive
    tell_multipliers(engine, member, before, now)
    protect(engine)


def tell_multipliers(engine: Engine, member: Member, before: tuple[int, int], now: int) -> None:
    """Tell of a member's new multipliers, once for each of its accounts."""
    for name, old, new in zip(MULTIPLIERS, before, (member.aggressive, member.passive), strict=True):
        for account in engine.prm.accounts.values():
            if old != new and account.entry.mpid == member.mpid:
                change = engine.prm.diary.of(account, HappeningKind.CHANGE, now)
                told = change._replace(subject=name, old=str(old), new=str(new), by_operations=True)
                engine.prm.diary.tell(told)


def set_account(engine: Engine, command: SetAccount, now: int) -> None:
    """Change settings of an account: today's, those of the days to come, or both."""
    account = find_account(engine, command.account)
    currencies = {book.currency for book in (security.entry for security in engine.securities.values()) if book}
    for currency in command.limits:
        if currency not in currencies:
            known = ", ".join(sorted(currencies)) or "none"
            raise CommandRefused("currency", f"no order book is in {currency}; there are {known}", missing=True)
    for order_book in command.restricted_symbols or ():
        must_be_a_book(engine, order_book, "restrictedSymbols")
    today, persistent = account.settings, account.persistent
    changed = _changed(today, command) if command.today else today, _changed(persistent, command)
    must_stay_guarded(engine, account, today, changed[0])
    if command.next_day:
        must_stay_guarded(engine, account, persistent, changed[1])
        account.persistent = changed[1]
    if command.today:
        account.settings = changed[0]
        account.restrictions.relisted(today.restricted_symbols, account.settings.restricted_symbols)
    before, after = (today, account.settings) if command.today else (persistent, account.persistent)
    tell_changes(engine, account, before, after, now, by_operations=command.by_operations)
    protect(engine)


def must_stay_guarded(engine: Engine, account: Account, before: AccountSettings, after: AccountSettings) -> None:
    """Refuse a change that switches off a check which sponsored access keeps on at all times (PRM guide 5).

    In each currency those are one of the accumulated values, and maximum quantity or value; in any, the orders a second
    of each symbol, unless every sponsored port has a limit of its own.
    """
    if not account.entry.sponsored_ports:
        return
    for currency, limits in before.limits.items():
        for field, names in MANDATORY.items():
            left = after.limits.get(currency, CurrencyLimits())
            if any(getattr(limits, name) for name in names) and not any(getattr(left, name) for name in names):
                raise CommandRefused(
                    field, f"{account.name} is of sponsored access: one of these has to stay on in {currency}"
                )
    ports = [engine.ports[name] for name in account.entry.sponsored_ports if name in engine.ports]
    if before.symbol_rate and not after.symbol_rate and not all(port.maximum_orders for port in ports):
        raise CommandRefused(
            "settings.symbolRate", f"{account.name} is of sponsored access: its ports need a limit instead"
        )


def tell_changes(
    engine: Engine,
    account: Account,
    before: AccountSettings,
    after: AccountSettings,
    now: int,
    *,
    by_operations: bool = True,
) -> None:
    """Tell what has changed between two settings of an account."""
    for subject, currency, old, new in differences(before, after):
        account.changed_at = now
        change = engine.prm.diary.of(account, HappeningKind.CHANGE, now)
        told = change._replace(subject=subject, currency=currency, old=old, new=new, by_operations=by_operations)
        engine.prm.diary.tell(told)


def _changed(settings: AccountSettings, command: SetAccount) -> AccountSettings:
    limits = dict(settings.limits)
    for currency, changes in command.limits.items():
        limits[currency] = structs.replace(limits.get(currency, CurrencyLimits()), **changes)
    others = {name: getattr(command, name) for name in AccountSettings.__struct_fields__ if name != "limits"}
    given = {name: value for name, value in others.items() if value is not None}
    return structs.replace(settings, limits=limits, **given)


def set_file_list(engine: Engine, command: SetFileList, now: int) -> None:
    """Let an account's file restrict what it lists; it goes above what the member's own program changed."""
    account = find_account(engine, command.account)
    for order_book in command.order_books or ():
        must_be_a_book(engine, order_book, "orderBooks")
    named = [*(name for names in account.restricted.values() for name in names), *(command.order_books or ())]
    before = {name: account.is_restricted(name) for name in named}
    account.restrictions.take_file(command.order_books, now)
    for name, was_restricted in before.items():
        engine.prm.tell_restriction(account, name, was_restricted, now)
    protect(engine, account.entry.mpid)


def restrict_symbol(
    engine: Engine, account: Account, order_book: str, now: int, origin: Origin = Origin.MANUAL
) -> None:
    """Restrict an order book for an account until it is released or the day ends."""
    engine.prm.restrict(account, order_book, origin, now)
    protect(engine, account.entry.mpid)


def release_symbol(engine: Engine, account: Account, order_book: str, now: int) -> None:
    """Release an order book for the rest of the day, whoever restricted it, or until the account's file is read.

    What was counted of repeated orders in it is forgotten (PRM guide 3.13).
    """
    was_restricted = account.is_restricted(order_book)
    account.restrictions.release(order_book, account.settings.restricted_symbols, now)
    engine.prm.tell_restriction(account, order_book, was_restricted, now)
    account.flow(order_book).repeats = 0
    protect(engine, account.entry.mpid)


def must_be_a_book(engine: Engine, order_book: str, field: str) -> None:
    """Raise `CommandRefused` where there is no such order book; `field` is what named it."""
    security = engine.securities.get(order_book)
    if security is None or security.entry is None:
        raise CommandRefused(field, f"no such order book: {order_book}", missing=True)


def block_account(engine: Engine, command: BlockAccount, now: int) -> None:
    """Block an account, with or without an end of its orders, or unblock it.

    One that is blocked already stays so for its first cause, and once operations blocked it, is theirs to unblock.
    """
    account = find_account(engine, command.account)
    was_blocked, by_operations = account.blocked, command.by_operations
    if not command.blocked:
        if not by_operations:
            must_be_for_its_member(account)
        account.unblock()
    else:
        account.blocked = True
        account.canceled = account.canceled or command.cancel
        account.by_operations = account.by_operations or by_operations
    if command.blocked is not was_blocked:
        account.changed_at = now
        kind = HappeningKind.BLOCK if command.blocked else HappeningKind.UNBLOCK
        engine.prm.diary.tell(engine.prm.diary.of(account, kind, now)._replace(by_operations=by_operations))
    if command.blocked and command.cancel:
        engine.cancel_accounts({account.name: account.entry.mpid}, now)


def must_be_for_its_member(account: Account) -> None:
    """Refuse to lift what only operations may: a block of theirs, or one of an account that its order rate locked."""
    if account.rate_locked:
        raise CommandRefused("operations", f"{account.name} is locked by its order rate")
    if account.blocked and account.by_operations:
        raise CommandRefused("operations", f"the venue's operations blocked {account.name}")


def cancel_account(engine: Engine, command: CancelAccount, now: int) -> None:
    """End an account's open orders."""
    account = find_account(engine, command.account)
    engine.cancel_accounts({account.name: account.entry.mpid}, now)


def safeguard(engine: Engine, port: Port, now: int, *, is_restart: bool = False) -> None:
    """Block the accounts that a Drop port guards and end all their orders (PRM guide 3.9): its connection is gone.

    An account that the configuration no longer has is guarded no more; a block that somebody set stays theirs.
    """
    drop = port.entry.drop
    if drop is None or (is_restart and not drop.guard_on_restart):
        return
    accounts = [engine.prm.accounts[name] for name in drop.guards if name in engine.prm.accounts]
    for account in accounts:
        if not account.blocked:
            account.blocked, account.blocked_by, account.changed_at = True, port.name, now
            engine.prm.diary.tell(engine.prm.diary.of(account, HappeningKind.DROP, now)._replace(port=port.name))
        account.canceled = True
    engine.cancel_accounts({account.name: account.entry.mpid for account in accounts}, now)


def lock_currency(engine: Engine, command: LockCurrency, now: int) -> None:
    """Lift an account's lock in a currency, or lock it by hand."""
    account = find_account(engine, command.account)
    money = account.currencies.get(command.currency)
    if money is None:
        known = ", ".join(account.currencies) or "none"
        raise CommandRefused("currency", f"no order book is in {command.currency}; there are {known}", missing=True)
    if not command.locked:
        engine.prm.unlock(account, money, now, by_operations=command.by_operations)
    elif Lock.BY_HAND not in money.locked:
        engine.prm.lock(account, money, now, by_operations=command.by_operations)


def release_account(engine: Engine, command: ReleaseAccount, now: int) -> None:
    """Free an account whose orders in one symbol came too fast, which its member cannot (PRM guide 3.12)."""
    engine.prm.release_rate(find_account(engine, command.account), now)


def find_account(engine: Engine, name: str) -> Account:
    """Give an account; raises `CommandRefused` where there is none of that name."""
    account = engine.prm.accounts.get(name)
    if account is None:
        raise CommandRefused("account", f"no such account: {name}", missing=True)
    return account
