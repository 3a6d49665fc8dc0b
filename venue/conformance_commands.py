"""The commands of the conformance kit: `portcullis conform` and `portcullis decode`.

The kit judges the server and so shares nothing with it. It is an extra: it is loaded when it is asked for, and not
before.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import click

from venue.access import known_secret

Users: TypeAlias = dict[str, tuple[str | None, str]]
"""Who takes part, by the name that scenarios have for them: a user, if there is one, and its password."""

US_DEMO = {
    "second_user": "AK01T1",
    "sister_user": "IN24T4",
    "guarded_user": "IN30T1",
    "firm": "INET",
    "other_symbol": "SPCE",
    "other_price": "4",
    "max_shares": "5000",
    "max_notional": "1000000",
    "restricted_symbol": "AMD",
    "restricted_price": "20",
    "dear_symbol": "MSFT",
    "dear_price": "400",
    "dear_shares": "2501",
    "fat_finger_price": "8.50",
}
NORDIC_DEMO = {
    "second_user": "GP30O1",
    "sister_user": "GP29O2",
    "guarded_user": "GP29O2",
    "restricted_user": "GP31O1",
    "trader": "GP29U1",
    "second_trader": "GP30U1",
    "limited_trader": "GP29U1",
    "free_trader": "GP29U5",
    "restricted_trader": "GP31U1",
    "unrestricted_trader": "GP31U9",
    "restricted_book": "301",
    "restricted_price": "700",
    "segment_book": "901",
    "segment_price": "2",
    "max_orders": "100",
    "max_quantity": "100000",
    "max_value_quantity": "100000",
    "beyond_guard": "5",
    "closing_price_letter": "Y",
    "code_closed": "0x0002",
    "code_side": "0x0009",
    "code_user": "0x000C",
    "code_no_order": "0x0010",
    "code_quantity": "0x0013",
    "code_book": "0x0017",
    "code_price": "0x001D",
    "code_rate": "0x0104",
    "code_restricted_symbol": "0x0105",
    "code_restricted_segment": "0x0106",
    "code_max_quantity": "0x0107",
    "code_max_value": "0x0108",
    "code_fat_finger": "0x010B",
}
OUCH_DROP_DEMO = {
    "order_user": "GP29O1",
    "sister_user": "GP29O2",
    "second_user": "GP30O1",
    "trader": "GP29U1",
    "second_trader": "GP30U1",
    "code_blocked": "0x0101",
}
PRM_DEMO = {
    "viewer_user": "GP29A2",
    "second_user": "GP31A1",
    "account": "GP29PR",
    "other_account": "GP31P8",
    "sponsored_account": "GP29P1",
    "currency": "SEK",
    "unset_currency": "DKK",
    "unknown_currency": "USD",
    "segment": "100",
    "order_user": "GP29O1",
    "counterparty_user": "GP30O1",
    "trader": "GP29U1",
    "counterparty": "GP30U1",
    "code_blocked": "0x0101",
    "code_locked": "0x0102",
    "code_symbol": "0x0105",
    "code_segment": "0x0106",
    "code_quantity": "0x0107",
    "code_value": "0x0108",
}
RASH_DEMO = {"firm": "INET"}
EQRC_DEMO = {
    "viewer_user": "eqrc-inet-ro",
    "firm": "INET",
    "other_firm": "AKAM",
    "exchange": "NASDAQ",
    "port": "IN19T6",
    "guarded_port": "IN30T1",
    "other_exchange": "BX",
    "route_user": "INRS01",
    "route": "SCAN",
    "route_shares_letter": "Z",
    "max_messages": "100",
    "lower_band": "9.00",
    "upper_band": "11.00",
    "beyond_bands": "11.50",
    **{name: US_DEMO[name] for name in ("max_shares", "fat_finger_price")},
    **{name: US_DEMO[name] for name in ("restricted_symbol", "restricted_price")},
    **{name: US_DEMO[name] for name in ("dear_symbol", "dear_price", "dear_shares")},
}
ITCH_DEMO = {"order_user": "IN19T6", "second_user": "AK01T1", "firm": "INET"}
SERVERS = {
    "order_target": "--order-target",
    "route_target": "--set route_target",
    "glimpse_target": "--glimpse-target",
}
"""Servers beside the one that is judged, and what names them."""
BEHIND = {"eqrc": ("route_target", "order_target", 8), "itch": ("glimpse_target", "target", 8)}
"""Which server of the demo a suite takes unless it is named, and how many ports behind which other one it is."""
PTR_DEMO = {
    "correspondent_user": "workx-ptr-corr",
    "counterparty_user": "workx-ptr-cpty",
    "firm": "CLRG",
    "correspondent": "INET",
    "counterparty": "AKAM",
    "foreign": "ZZZZ",
}
DEMOS = {
    "soup": US_DEMO,
    "ouch": US_DEMO,
    "ouch-nordic": NORDIC_DEMO,
    "drop-ouch": OUCH_DROP_DEMO,
    "prm": PRM_DEMO,
    "rash": RASH_DEMO,
    "ptr": PTR_DEMO,
    "eqrc": EQRC_DEMO,
    "itch": ITCH_DEMO,
}
HTTP_PARTIES = {"ptr": ("correspondent", "counterparty"), "eqrc": ("viewer",)}
"""Suites over HTTP, whose users are clients with secrets, and who takes part beside the first one."""
ORDER_PASSWORD = "NTFTEST"  # noqa: S105 - what every port's is unless said
FIX_DEMOS = {
    ("fix-session", "us"): {},
    ("fix-session", "nordic"): {},
    ("fix-orders", "us"): {"second_user": "AKFX01", "restricted_symbol": "AMD"},
    ("fix-orders", "flite"): {"second_user": "AKFX01"},
    ("fix-orders", "nordic"): {"second_user": "GP30F1", "trader": "GP29U1", "second_trader": "GP30U1"},
    ("drop", "us"): {"order_user": "INFX01", "second_user": "AKFX01"},
    ("drop", "nordic"): {
        "order_user": "GP29F1",
        "second_user": "GP30F1",
        "trader": "GP29U1",
        "second_trader": "GP30U1",
    },
}
"""What --demo fills in: the demo's other ports and users, and what its rules are about."""
NORDIC_PRICE, US_PRICE = "100.00", "10.00"
FIX_SUITES = ("fix-session", "fix-orders", "drop")
WATCHING = ("drop", "drop-ouch", "itch")
"""What is judged with orders of other ports."""
SUITES = (*DEMOS, *FIX_SUITES)


def need_tools() -> None:
    """Say how to install what the kit needs, where it is not there."""
    if any(importlib.util.find_spec(name) is None for name in ("construct", "simplefix")):
        raise click.UsageError(
            "this needs the extra `tools`: pip install 'portcullis[tools]', "
            "or in a checkout .uv/bin/uv run -q --extra tools portcullis …"
        )


def _target(text: str, option: str = "--target") -> tuple[str, int]:
    """Read HOST:PORT."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise click.BadParameter(f"{text!r} is not HOST:PORT", param_hint=option)
    return host.strip("[]"), int(port)


def _pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=VALUE."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--set")
        settings[name.replace("-", "_")] = value
    return settings


def _settings(suite: str, market: str, named: Mapping[str, str | None], *, demo: bool) -> dict[str, str]:
    """Give what scenarios are told: with --demo what the demo has, and what was named by an option of its own."""
    demos = FIX_DEMOS.get((suite, market), {}) if suite in FIX_SUITES else DEMOS[suite]
    return (demos if demo else {}) | {name: value for name, value in named.items() if value is not None}


def _users(suite: str, settings: dict[str, str], second_password: str | None, *, demo: bool) -> Users:
    """Give who takes part in a suite, with their passwords."""
    password = settings["password"]

    def other(party: str) -> tuple[str | None, str]:
        return settings.get(f"{party}_user"), password

    we = settings["user"], password
    users: Users = {"we": we, "again": we, "they": (settings.get("second_user"), second_password or password)}
    users |= {party: other(party) for party in ("sister", "guarded", "restricted")} | {"spent": other("rate")}
    if suite == "prm":
        users |= {"viewer": other("viewer"), "other": users["they"]}
        users |= {"trader": other("order"), "taker": other("counterparty")}
    if suite in HTTP_PARTIES:
        users |= _clients(suite, settings, demo=demo)
    if suite == "eqrc":
        orders = settings.get("order_password", ORDER_PASSWORD)
        users["trader"] = settings.get("order_user") or settings.get("port"), orders
        users["guarded"] = settings.get("guarded_user") or settings.get("guarded_port"), orders
        users["router"] = settings.get("route_user"), orders
    if suite in WATCHING:
        users |= {"feed" if suite == "itch" else "drop": we, "we": other("order"), "idle": other("idle")}
    if suite == "itch" and "glimpse_target" in settings:
        users["glimpse"] = we
    return users


def _clients(suite: str, settings: dict[str, str], *, demo: bool) -> Users:
    """Give who takes part in a suite over HTTP, with their secrets: with --demo what the demo gives them."""
    user, password = settings["user"], settings["password"]
    users: Users = {"we": (user, known_secret(user) if demo else password)}
    for party in HTTP_PARTIES[suite]:
        name = settings.get(f"{party}_user")
        secret = settings.get(f"{party}_secret", known_secret(name) if demo and name else password)
        users[party] = (name, secret)
    return users


def _add_servers(suite: str, target: tuple[str, int], settings: dict[str, str], *, demo: bool) -> None:
    """See that the other servers are well named; with --demo, name those of the demo that nobody has named."""
    if suite in WATCHING and "order_target" not in settings:
        what = "ITCH is" if suite == "itch" else "Drop ports are"
        raise click.UsageError(f"{what} judged with orders: name their server with --order-target HOST:PORT")
    servers = {name: _target(settings[name], option) for name, option in SERVERS.items() if name in settings}
    servers["target"] = target
    name, other, ports = BEHIND.get(suite, ("", "", 0))
    if demo and other in servers:
        host, port = servers[other]
        settings.setdefault(name, f"{host}:{port + ports}")


@click.command()
@click.argument("suite", type=click.Choice(SUITES))
@click.option("--target", metavar="HOST:PORT", help="The server to judge.")
@click.option("--user", help="A port's user name.")
@click.option("--password", default="NTFTEST", show_default=True, help="Its password.")
@click.option("--second-user", help="A port of another firm, for what takes two.")
@click.option("--second-password", help="Its password, if it is another one.")
@click.option("--sister-user", help="Another port of the first one's firm.")
@click.option("--guarded-user", help="A port with risk rules.")
@click.option("--restricted-user", help="A Nordic port, of whose users an account restricts one.")
@click.option("--rate-user", help="A port whose rate may be exceeded: it stays shut afterwards.")
@click.option("--fix", default="4.2", type=click.Choice(["4.0", "4.1", "4.2", "4.4", "5.0"]), help="Version of FIX.")
@click.option("--market", default="us", type=click.Choice(["us", "flite", "nordic"]), help="Dialect of FIX orders.")
@click.option("--venue", help="The venue's CompID in FIX; INET, and INORD for the Nordic market.")
@click.option(
    "--order-target",
    metavar="HOST:PORT",
    help="For Drop, PRM and EQRC: where orders are entered; for these two by OUCH.",
)
@click.option("--order-user", help="A port there: for Drop one that is watched.")
@click.option("--glimpse-target", metavar="HOST:PORT", help="For ITCH: where snapshots are told, to the same login.")
@click.option("--firm", help="The firm (MPID) of the first port.")
@click.option("--symbol", help="A security that nobody else trades meanwhile; ZWZZT, and 101 in Nordic FIX.")
@click.option("--book", default="101", show_default=True, help="The same for the Nordic suite: an order book's number.")
@click.option("--price", help="Orders are priced around it; 10.00, and 100.00 for the Nordic suite.")
@click.option("--demo", is_flag=True, help="Fill in the other ports and the rules of `portcullis demo`.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other $name of a scenario.")
@click.option("--only", multiple=True, metavar="GLOB|SECTION", help="Scenarios by name, file or section.")
@click.option("--list", "listing", is_flag=True, help="Print the scenarios with their sections, and run none.")
@click.option("--slow", is_flag=True, help="Also what takes a silence of seconds.")
@click.option("--settled", is_flag=True, help="Only what the documents settle.")
@click.option("--timeout", default=5.0, show_default=True, help="Seconds after which an answer has not come.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML there.")
@click.option(
    "--json",
    "as_json",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write JSON there; - is stdout.",
)
@click.option("--quiet", is_flag=True, help="Name only what failed.")
def conform(
    suite: str,
    target: str | None,
    user: str | None,
    password: str,
    second_password: str | None,
    fix: str,
    market: str,
    symbol: str | None,
    book: str,
    price: str | None,
    demo: bool,
    more: tuple[str, ...],
    only: tuple[str, ...],
    listing: bool,
    slow: bool,
    settled: bool,
    timeout: float,
    junit: Path | None,
    as_json: Path | None,
    quiet: bool,
    **named: str | None,
) -> int:
    """Hold any server to its documents: plays a SUITE of scenarios over the wire and reports rule by rule.

    Exits with 0 only when all that was run has passed. Nothing is left behind on the server but used numbers.

    \b
    Examples:
      portcullis conform soup --target 127.0.0.1:7400 --user IN19T6
      portcullis conform ouch --target 127.0.0.1:7400 --user IN19T6 --demo
      portcullis conform ouch --target 127.0.0.1:7400 --user IN19T6 --second-user AK01T1 --only 'replace*'
      portcullis conform fix-session --target 127.0.0.1:7401 --user FXT1 --fix 4.4
      portcullis conform fix-orders --target 127.0.0.1:7401 --user INFX01 --demo
      portcullis conform itch --target 127.0.0.1:7407 --user ITCH01 --order-target 127.0.0.1:7400 --demo
      portcullis conform drop-ouch --target 127.0.0.1:7414 --user GP29D2 --order-target 127.0.0.1:7410 --demo
      portcullis conform prm --target 127.0.0.1:7412 --user GP29A1 --order-target 127.0.0.1:7410 --demo
      portcullis conform rash --target 127.0.0.1:7408 --user INRS01 --demo
      portcullis conform rash --target 127.0.0.1:7409 --user INRS02 --demo --set version=1.0
      portcullis conform eqrc --target 127.0.0.1:7420 --user eqrc-inet --order-target 127.0.0.1:7400 --demo
      portcullis conform ptr --target 127.0.0.1:7420 --user workx-ptr-api --demo
      portcullis conform ouch --list
    """
    need_tools()
    from conformance import command  # noqa: PLC0415 - the kit is an extra

    if listing:
        return command.print_list(suite, only)
    if target is None or user is None:
        raise click.UsageError("name the server with --target HOST:PORT, and a port's --user")
    is_fix = suite in FIX_SUITES
    is_nordic = suite in ("ouch-nordic", "drop-ouch", "prm") or (is_fix and market == "nordic")
    if is_fix:
        named |= {"fix": fix, "market": market}
    settings = _settings(suite, market, named, demo=demo) | _pairs(more)
    settings |= {
        "user": user,
        "password": password,
        "symbol": symbol or (book if is_fix and is_nordic else "ZWZZT"),
        "book": book,
        "price": price or (NORDIC_PRICE if is_nordic else US_PRICE),
    }
    address = _target(target)
    _add_servers(suite, address, settings, demo=demo)
    users = _users(suite, settings, second_password, demo=demo)
    return asyncio.run(
        command.conform(
            command.Options(suite, address, users, settings, only, timeout, slow, settled, junit, as_json, quiet)
        )
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@click.option("--format", "form", type=click.Choice(["raw", "hex", "pcap"]), help="What FILE is; else found out.")
@click.option("--soup", is_flag=True, help="Packets of SoupBinTCP, whatever it looks like.")
@click.option("--fix", is_flag=True, help="Messages of FIX, whatever it looks like.")
@click.option("--message", is_flag=True, help="One bare message, without a packet around it.")
@click.option("--ouch-us", "dialect", flag_value="ouch-us", help="Messages of US OUCH 5.0.")
@click.option("--ouch-nordic", "dialect", flag_value="ouch-nordic", help="Messages of Nordic OUCH 5.")
@click.option("--prm", "dialect", flag_value="prm", help="Messages of the PRM administration protocol.")
@click.option("--itch", "dialect", flag_value="itch", help="Messages of TotalView-ITCH 5.0.")
@click.option("--mold", is_flag=True, help="A packet of MoldUDP64, whatever it looks like.")
@click.option("--rash", "dialect", flag_value="rash", help="Messages of RASHport 1.1.")
@click.option("--rash-10", "dialect", flag_value="rash-1.0", help="Messages of RASHport 1.0.")
@click.option("--direction", type=click.Choice(["in", "out"]), help="In: to the server. Out: from it.")
def decode(
    file: Path,
    form: str | None,
    soup: bool,
    fix: bool,
    message: bool,
    dialect: str | None,
    mold: bool,
    direction: str | None,
) -> int:
    """Take SoupBinTCP, OUCH, RASHport, PRM, ITCH, MoldUDP64 and FIX bytes apart: a line a field.

    A line has offset, length, name, value and meaning.

    FILE holds raw bytes (FIX also as logs print it, with | for SOH), hexadecimal text (also
    as xxd prints it) or a capture (pcap, pcapng); - is standard input.
    Exits with 1 where something could not be read.

    \b
    Examples:
      portcullis decode session.pcap
      echo 000a55580000000400000000 | portcullis decode -
      portcullis decode --message --direction out --ouch-us message.bin
    """
    need_tools()
    from conformance import decode as decoder  # noqa: PLC0415 - the kit is an extra

    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    layer = "fix" if fix else "soup" if soup else "mold" if mold else "message" if message else None
    lines, is_sound = decoder.decode(data, form, layer, dialect, direction)
    for line in lines:
        sys.stdout.write(line + "\n")
    return 0 if is_sound else 1
