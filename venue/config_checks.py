"""What no single value of a configuration shows: names that must be known, unique or fitting.

Each check gives all that it finds, in the order of the file as far as it goes. What depends on names being right comes
behind the check of these: `faults` may be asked for the first one only, or for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from engine.api import MAXIMUM_PRICE
from engine.risk.rule_book import ROUTED
from venue.access import Fault, http_faults, login_fault, reach_fault
from venue.clearing_settings import clearing_faults
from venue.drop_settings import DROP_PROTOCOLS, drop_faults
from venue.feed_settings import FEEDS, feed_faults
from venue.file_settings import BESIDE, beside_faults
from venue.fix_settings import FIX_PROTOCOLS, fix_faults, may_route
from venue.nordic_settings import nordic_faults
from venue.prm_settings import prm_faults
from venue.problem import Problem
from venue.rash_settings import rash_faults
from venue.rule_settings import Rule, rule_entry
from venue.sample_settings import sample_flow_fault
from venue.settings import ticks, ticks_fault
from venue.tick_tables import tick_table_faults
from venue.timetable_settings import timetable_faults

if TYPE_CHECKING:
    from venue.config import Config

FIRST_YEAR, LAST_YEAR = 2000, 2100


def faults(config: Config, stumbled: Callable[[Exception], None] | None = None) -> Iterator[Fault]:
    """Give what is wrong with a configuration whose values are each right.

    A check may stumble over what an earlier one has found: who asks for more than the first fault is told so by
    `stumbled`, and the other checks go on.
    """
    for check in CHECKS:
        try:
            yield from check(config)
        except Exception as error:
            if stumbled is None:
                raise
            stumbled(error)


def _names(config: Config) -> Iterator[Fault]:
    yield from _unique("market", "key", [market.key for market in config.market])
    yield from _unique("service", "key", [service.key for service in config.service])
    yield from _unique("service", "offset", [str(service.offset) for service in config.service])
    yield from _unique("port", "name", [port.name for port in config.port])
    yield from _unique("firm", "mpid", [firm.mpid for firm in config.firm])
    yield from _unique("symbol", "symbol", [symbol.symbol for symbol in config.symbol])
    yield from _unique("rule", "id", [rule.id for rule in config.rule if rule.id is not None])


def _markets(config: Config) -> Iterator[Fault]:
    for i, market in enumerate(config.market):
        yield from _zone(f"market[{i}].timezone", market.timezone)
        yield from _zone(f"market[{i}].timestamps", market.timezone if market.timestamps is None else market.timestamps)
        if market.after_hours[0] > market.after_hours[1]:
            yield f"market[{i}].after_hours", "it ends before it begins"


def _services(config: Config) -> Iterator[Fault]:
    markets: list[str] = [market.key for market in config.market]
    for i, service in enumerate(config.service):
        if service.protocol == "http":
            if service is not config.web_service:
                yield f"service[{i}].protocol", "there is an http service already, and one is all there is"
            if service.market is not None:
                yield f"service[{i}].market", "an http service has no market: it shows them all"
        elif service.market is None:
            if service.protocol not in (*BESIDE, *FEEDS):
                yield f"service[{i}].market", "this key is required"
        else:
            yield from _known(f"service[{i}].market", service.market, markets)
        if service.tls and config.tls is None:
            yield f"service[{i}].tls", "there is no [tls] that names a certificate and a key"


def _ports(config: Config) -> Iterator[Fault]:
    order_entry = [service for service in config.service if service.protocol not in FEEDS]
    services = [service.key for service in order_entry if service.market is not None]
    for i, port in enumerate(config.port):
        yield from _known(f"port[{i}].service", port.service, services)
        needs_password = not any(key.key == port.service and key.protocol in FIX_PROTOCOLS for key in config.service)
        yield from _some(login_fault(f"port[{i}]", port, needs_password))


def _clock(config: Config) -> Iterator[Fault]:
    if config.venue.clock_start is not None:
        if config.venue.clock != "manual":
            yield "venue.clock_start", 'only a clock that is "manual" starts where it is told'
        if not FIRST_YEAR <= config.venue.clock_start.year <= LAST_YEAR:
            yield "venue.clock_start", f"the year is not from {FIRST_YEAR} to {LAST_YEAR}"


def _firms(config: Config) -> Iterator[Fault]:
    affiliations: dict[str, str] = {}
    for i, firm in enumerate(config.firm):
        affiliation = firm.affiliation or firm.organization
        if affiliations.setdefault(firm.organization, affiliation) != affiliation:
            yield (
                f"firm[{i}].affiliation",
                f"{firm.organization} is affiliated with {affiliations[firm.organization]} above; it must say the same",
            )


def _symbols(config: Config) -> Iterator[Fault]:
    for i, symbol in enumerate(config.symbol):
        key = f"symbol[{i}]"
        for name, prices in (("previous_close", [symbol.previous_close or "1"]), ("luld", symbol.luld or ())):
            for price in prices:
                if not 0 < ticks(price) <= MAXIMUM_PRICE:
                    yield f"{key}.{name}", f"{price} is not between 0.0001 and 199999.9900"
        if symbol.luld is not None and ticks(symbol.luld[0]) > ticks(symbol.luld[1]):
            yield f"{key}.luld", "the lower band comes first"
        fault = ticks_fault(symbol.ticks)
        if fault is not None:
            yield f"{key}.ticks", fault


def _rules(config: Config) -> Iterator[Fault]:
    ports = [port.name for port in config.port]
    symbols = [symbol.symbol for symbol in config.symbol]
    for i, rule in enumerate(config.rule):
        key = f"rule[{i}]"
        if rule.port is not None and rule.port not in ports:
            yield from _known(f"{key}.port", rule.port, ports)
            continue
        yield from _routed(key, rule, config) if rule.exchange == ROUTED else _held(key, rule, config)
        try:
            rule_entry(0, rule)
        except Problem as problem:
            yield f"{key}.{problem.errors[0].field}", str(problem)
        for symbol in rule.symbols:
            yield from _known(f"{key}.symbols", symbol, symbols)


def _routed(key: str, rule: Rule, config: Config) -> Iterator[Fault]:
    """Whom a rule holds that is about what is routed."""
    if rule.type == "order-rate":
        yield f"{key}.exchange", "a port's messages are counted at its own exchange, not as they are routed"
        return
    us_markets = {market.key for market in config.market if market.rule_book == "eqrc"}
    services = {service.key: service for service in config.service if service.market in us_markets}
    routing = {
        port.name: port.mpid
        for port in config.port
        if port.service in services and may_route(services[port.service], port)
    }
    if rule.port is not None and routing.get(rule.port) != rule.mpid:
        yield f"{key}.port", f"{rule.port} is no port of {rule.mpid} that may route"
    elif rule.mpid not in routing.values():
        yield f"{key}.mpid", f"no port that may route is {rule.mpid}'s, so the rule would hold nobody"


def _held(key: str, rule: Rule, config: Config) -> Iterator[Fault]:
    """Whom a rule of an exchange holds."""
    services = {service.key: service.market.upper() for service in config.service if service.market is not None}
    drops = {service.key for service in config.service if service.protocol in DROP_PROTOCOLS}
    for port in config.port:
        if port.name == rule.port and port.service in drops:
            yield f"{key}.port", f"{rule.port} is a Drop port, which enters no orders"
            return
        if port.name == rule.port and (port.mpid, services[port.service]) != (rule.mpid, rule.exchange):
            yield f"{key}.port", f"{rule.port} is {port.mpid}'s at {services[port.service]}"
            return
    order_ports = (port for port in config.port if port.service not in drops)
    if not any((port.mpid, services[port.service]) == (rule.mpid, rule.exchange) for port in order_ports):
        yield f"{key}.mpid", f"no port at {rule.exchange} is {rule.mpid}'s, so the rule would hold nobody"


def _nordic_names(config: Config) -> Iterator[Fault]:
    yield from _unique("book", "order_book", [str(book.order_book) for book in config.book])
    yield from _unique("member", "mpid", [member.mpid for member in config.member])
    yield from _unique("account", "name", [account.name for account in config.account])


def _tick_tables(config: Config) -> Iterator[Fault]:
    yield from _unique("tick_table", "name", [table.name for table in config.tick_table])
    yield from tick_table_faults(config)


def _people(config: Config) -> Iterator[Fault]:
    yield from _unique("client", "id", [client.id for client in config.client])
    yield from _unique("person", "name", [person.name for person in config.person])
    yield from http_faults(config)


def _sample_flow(config: Config) -> Iterator[Fault]:
    yield from _some(sample_flow_fault(config))


def _logins(config: Config) -> Iterator[Fault]:
    for i, subscriber in enumerate(config.subscriber):
        yield from _some(login_fault(f"subscriber[{i}]", subscriber))
    if config.login.first_delay_ms > config.login.longest_delay_ms:
        yield "login.longest_delay_ms", "it is shorter than first_delay_ms"


def _reach(config: Config) -> Iterator[Fault]:
    try:
        address = ip_address(config.venue.host)
    except ValueError:  # a name: the venue looks it up when it binds
        return
    yield from _some(reach_fault(config, [address]))


CHECKS: Final[tuple[Callable[[Config], Iterable[Fault]], ...]] = (
    *(_names, _markets, _services, _ports, _clock, _firms, _symbols, _rules, _nordic_names, nordic_faults),
    *(_tick_tables, timetable_faults, drop_faults, fix_faults, prm_faults, rash_faults, _people, beside_faults),
    *(_sample_flow, clearing_faults, feed_faults, _logins, _reach),
)


def _some(fault: Fault | None) -> Iterator[Fault]:
    if fault is not None:
        yield fault


def _unique(table: str, key: str, names: list[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            yield f"{table}[{i}].{key}", f"{name} stands twice"
        seen.add(name)


def _known(key: str, name: str, names: list[str]) -> Iterator[Fault]:
    if name not in names:
        yield key, f"{name} is not defined; there are {', '.join(names) or 'none'}"


def _zone(key: str, zone: str) -> Iterator[Fault]:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        yield key, f"no such time zone: {zone}"
