"""`portcullis prm`: a member's PRM accounts from the command line, over the same protocol as a risk desk's program.

Each command makes one connection, prints what it was told, a line or with `--json` an object each, and ends. It needs
no venue of this machine: `--target` names any that speaks the protocol.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from prmproto.client import ALL_EVENTS, Disconnected, PrmClient, Refused, to_text, to_units
from prmproto.codes import LimitId, RestrictionKind
from venue.last_started import last_started
from wire.record import Code

FAILED = 1
LIMITS: Final = {limit.name.lower().replace("_", "-"): limit for limit in LimitId}
QUANTITIES: Final = frozenset({"maximum-quantity", "maximum-quantity-auction"})
SWITCHES: Final = {
    "restrict-on-repeated": "restrict_on_repeated",
    "market-order-prevention": "market_order_prevention",
    "fat-finger-in-auctions": "fat_finger_in_auctions",
    "market-order-protection": "market_order_protection",
}
ON_OFF: Final = {"on": "Y", "off": "N"}
MONEY: Final = frozenset({"current", "limit", "today", "persistent"})
TIMES: Final = frozenset({"timestamp", "last_change", "since"})
Action = Callable[..., Awaitable[None]]


def target_of(data: Path | None, target: str | None) -> tuple[str, int]:
    """Give where the PRM service is: what was named, else what the venue's directory says."""
    if target is not None:
        host, _, port = target.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65_536:
            raise click.BadParameter(f"{target!r} is not HOST:PORT", param_hint="--target")
        return host.strip("[]"), int(port)
    directory = last_started(data)
    try:
        services = msgspec.json.decode((directory / "ports.json").read_bytes())["services"]
    except OSError:
        raise click.UsageError(f"no venue runs on {directory}: name another with --data, or --target") from None
    if "prm" not in services:
        raise click.UsageError(f"the venue on {directory} has no service prm: name one with --target")
    host, port = services["prm"]
    return host, port


def connected(action: Action) -> Callable[..., int]:
    """Give a command a connection, and the options by which it is made."""

    @click.option("--target", metavar="HOST:PORT", help="Where the PRM service is; without it the venue's own.")
    @click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The venue's directory.")
    @click.option("--user", default="GP29A1", show_default=True, help="The PRM port.")
    @click.option("--password", default="NTFTEST", show_default=True, help="Its password.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    @wraps(action)
    def command(
        *, target: str | None, data: Path | None, user: str, password: str, as_json: bool, **arguments: Any
    ) -> int:
        host, port = target_of(data, target)

        async def run() -> None:
            async with PrmClient(host, port, user, password) as client:
                await action(client, Printer(as_json), **arguments)

        try:
            asyncio.run(run())
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        except (Refused, Disconnected) as error:
            click.echo(f"portcullis: {'refused: ' if isinstance(error, Refused) else ''}{error}", err=True)
            return FAILED
        return 0

    return command


class Printer:
    """Prints records: as lines of `name=value`, amounts in units of their currency, or as JSON with plain numbers."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def show(self, *records: Any) -> None:
        """Print records."""
        for record in records:
            fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
            for name in ("request", "reserved", "user_ref_num"):
                fields.pop(name, None)
            if self.as_json:
                named = {name: called(value) if isinstance(value, Code) else value for name, value in fields.items()}
                click.echo(msgspec.json.encode(named).decode())
            else:
                click.echo(self.line(fields))

    def line(self, fields: dict[str, Any]) -> str:
        """Give fields as a line for people."""
        of_limit = next((value for value in fields.values() if isinstance(value, LimitId)), None)
        parts = []
        for name, value in fields.items():
            subject = called(of_limit) if name in MONEY and of_limit is not None else called(name)
            if isinstance(value, str):
                text = called(value)
            elif name in TIMES:
                text = clock(value)
            elif name == "percent":
                text = f"{value // 100}.{value % 100:02}%"
            elif subject in QUANTITIES:
                text = f"{value:,}"
            else:
                text = to_text(value) if subject in LIMITS else str(value)
            if text:
                parts.append(f"{called(name)}={text}")
        return " ".join(parts)


def clock(nanoseconds: int) -> str:
    """Give a time of day to the millisecond; 0 is none."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}.{rest // 1_000_000:03}" if nanoseconds else ""


def called(value: str) -> str:
    """Give a field's or a letter's name as the command line has it; other text is as it is."""
    name = value.name.lower() if isinstance(value, Code) else value if value.islower() else ""
    return name.replace("_", "-") or value


@click.group()
def prm() -> None:
    """Look at a member's PRM accounts and change them for today, as its risk desk.

    \b
    Examples:
      portcullis prm accounts
      portcullis prm limits GP29P1 --currency SEK
      portcullis prm set GP29P1 --currency SEK total-open=250000 maximum-value=500000.50
      portcullis prm set GP29Q1 repeated-orders=3 restrict-on-repeated=on
      portcullis prm block GP29P1 --cancel
      portcullis prm unlock GP29P1 SEK
      portcullis prm counters GP29P1 --watch
      portcullis prm restrict GP29PR --book 101
      portcullis prm events --json
    """


@prm.command()
@click.argument("account", default="")
@click.option("--users", is_flag=True, help="Their users instead.")
@click.option("--checks", is_flag=True, help="Their checks instead.")
@connected
async def accounts(client: PrmClient, printer: Printer, account: str, *, users: bool, checks: bool) -> None:
    """List accounts: whom they cover, blocks, locks, settings.

    \b
    Examples:
      portcullis prm accounts
      portcullis prm accounts GP29P1 --checks --json
    """
    printer.show(*await (client.users if users else client.checks if checks else client.accounts)(account))


@prm.command()
@click.argument("account", default="")
@click.option("--currency", default="", help="Of this currency only.")
@connected
async def limits(client: PrmClient, printer: Printer, account: str, currency: str) -> None:
    """List limits: today's beside those that the next day begins with.

    \b
    Examples:
      portcullis prm limits GP29P1
      portcullis prm limits --currency SEK --json
    """
    printer.show(*await client.limits(account, currency))


@prm.command("set")
@click.argument("account")
@click.argument("changes", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option("--currency", help="Of limits and blow-through: the currency.")
@connected
async def change(client: PrmClient, printer: Printer, account: str, changes: tuple[str, ...], currency: str) -> None:
    """Change limits of a currency, or settings; 0 is no limit.

    Limits: maximum-quantity, maximum-value, the same with -auction, total-risk, total-traded, total-open, traded-buy,
    traded-sell, open-buy, open-sell, and blow-through=on|off. Settings: repeated-orders, and on or off for
    restrict-on-repeated, market-order-prevention, market-order-protection, fat-finger-in-auctions.

    \b
    Examples:
      portcullis prm set GP29P1 --currency SEK total-open=250000 maximum-value=500000.50
      portcullis prm set GP29Q1 repeated-orders=3 restrict-on-repeated=on
    """
    of_currency, settings, blow_through = sort_changes(changes)
    if (of_currency or blow_through) and not currency:
        raise ValueError("limits are of a currency: name it with --currency")
    if of_currency:
        printer.show(await client.set_limits(account, currency, **of_currency))
    if blow_through:
        printer.show(await client.set_currency(account, currency, blow_through=blow_through))
    if settings:
        printer.show(await client.settings(account, **settings))


def sort_changes(changes: tuple[str, ...]) -> tuple[dict[str, int], dict[str, Any], str]:
    """Sort NAME=VALUE into limits, settings, and the switch of blow-through; raises `ValueError` for what is none."""
    limits: dict[str, int] = {}
    settings: dict[str, Any] = {}
    blow_through = ""
    for pair in changes:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair!r} is not NAME=VALUE")
        if name in QUANTITIES or name == "repeated-orders":
            if not (value.isascii() and value.isdecimal()):
                raise ValueError(f"{name} is a whole number, not {value!r}")
            (limits if name in QUANTITIES else settings)[name.replace("-", "_")] = int(value)
        elif name in LIMITS:
            limits[name.replace("-", "_")] = at_least_nothing(name, to_units(value))
        elif value not in ON_OFF or name not in {*SWITCHES, "blow-through"}:
            known = ", ".join([*LIMITS, "repeated-orders", *SWITCHES, "blow-through"])
            raise ValueError(f"{pair!r}: the names are {known}; switches are on or off")
        elif name in SWITCHES:
            settings[SWITCHES[name]] = ON_OFF[value]
        else:
            blow_through = ON_OFF[value]
    return limits, settings, blow_through


def at_least_nothing(name: str, value: int) -> int:
    """Give an amount; raises `ValueError` for one below 0."""
    if value < 0:
        raise ValueError(f"{name} is at least 0, which is no limit")
    return value


@prm.command()
@click.argument("account")
@click.option("--cancel", is_flag=True, help="Cancel its open orders too.")
@connected
async def block(client: PrmClient, printer: Printer, account: str, *, cancel: bool) -> None:
    """Block an account: new orders are rejected.

    \b
    Example:
      portcullis prm block GP29P1 --cancel
    """
    printer.show(await client.block(account, cancel=cancel))


@prm.command()
@click.argument("account")
@connected
async def unblock(client: PrmClient, printer: Printer, account: str) -> None:
    """Lift an account's block.

    \b
    Example:
      portcullis prm unblock GP29P1
    """
    printer.show(await client.unblock(account))


@prm.command()
@click.argument("account")
@click.argument("currency")
@connected
async def unlock(client: PrmClient, printer: Printer, account: str, currency: str) -> None:
    """Lift the lock of an account in a currency; the next order over a limit locks it again.

    \b
    Example:
      portcullis prm unlock GP29P1 SEK
    """
    printer.show(await client.set_currency(account, currency, reject_all="N"))


@prm.command()
@click.argument("account")
@click.argument("currency")
@connected
async def lock(client: PrmClient, printer: Printer, account: str, currency: str) -> None:
    """Let nothing new of an account enter in a currency.

    \b
    Example:
      portcullis prm lock GP29P1 SEK
    """
    printer.show(await client.set_currency(account, currency, reject_all="Y"))


@prm.command()
@click.argument("account")
@click.option("--book", type=click.IntRange(1, 0xFFFF_FFFF), help="In this order book only.")
@connected
async def cancel(client: PrmClient, printer: Printer, account: str, book: int | None) -> None:
    """Cancel an account's open orders, without a block.

    \b
    Example:
      portcullis prm cancel GP29P1 --book 101
    """
    count = await client.cancel_orders(account, book)
    click.echo(msgspec.json.encode({"canceled": count}).decode() if printer.as_json else f"canceled={count}")


@prm.command()
@click.argument("account", default="")
@click.option("--currency", default="", help="Of this currency only.")
@click.option("--watch", is_flag=True, help="Go on printing what changes.")
@connected
async def counters(client: PrmClient, printer: Printer, account: str, currency: str, *, watch: bool) -> None:
    """List accumulated values with their limits.

    \b
    Examples:
      portcullis prm counters GP29P1 --currency SEK
      portcullis prm counters --watch --json
    """
    printer.show(*await (client.watch_counters if watch else client.counters)(account, currency))
    if watch:
        await follow(client, printer, "counter")


async def follow(client: PrmClient, printer: Printer, field: str) -> None:
    """Print what comes unasked and has a field, until the connection ends."""
    async for message in client.messages():
        if hasattr(message, field):
            printer.show(message)
    raise Disconnected(client.why)


@prm.command()
@click.argument("account", default="")
@click.option("--book", type=click.IntRange(1, 0xFFFF_FFFF), help="Restrict this order book.")
@click.option("--segment", type=click.IntRange(0, 0xFFFF), help="Restrict this market segment.")
@click.option("--release", is_flag=True, help="Lift what restricts it.")
@connected
async def restrict(
    client: PrmClient, printer: Printer, account: str, book: int | None, segment: int | None, *, release: bool
) -> None:
    """Restrict an order book or a segment; without either, list what is restricted.

    \b
    Examples:
      portcullis prm restrict
      portcullis prm restrict GP29PR --book 101
      portcullis prm restrict GP29PR --segment 900 --release
    """
    if book is None and segment is None:
        printer.show(*await client.restrictions(account, RestrictionKind.ALL))
        return
    if not account:
        raise ValueError("name the account that is to be restricted")
    if book is not None:
        printer.show(await client.restrict_book(account, book, restricted=not release))
    if segment is not None:
        printer.show(await client.restrict_segment(account, segment, restricted=not release))


@prm.command()
@click.argument("account", default="")
@click.option("--mask", type=click.IntRange(1, ALL_EVENTS), default=ALL_EVENTS, help="Which, see docs/prm-messages.md.")
@connected
async def events(client: PrmClient, printer: Printer, account: str, mask: int) -> None:
    """Print what happens to accounts, until it is interrupted.

    \b
    Examples:
      portcullis prm events
      portcullis prm events GP29P1 --mask 2 --json
    """
    await client.subscribe_events(account, mask)
    await follow(client, printer, "kind")


@prm.command()
@click.argument("account", default="")
@connected
async def audit(client: PrmClient, printer: Printer, account: str) -> None:
    """List the day's audit: what was changed, breached and refused.

    \b
    Example:
      portcullis prm audit GP29P1 --json
    """
    first = 1
    while rows := await client.audit(account, first):
        printer.show(*rows)
        first = rows[-1].number + 1
