"""What the rules page shows: rules by tab, breaches as counts, exposures against their thresholds, ports that are shut.

Source: EQRC guide 2 to 4 (tabs, monitoring).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.api import PRM
from engine.risk.rule_terms import EXPOSURES, THRESHOLDS
from venue.eqrc import history, views
from venue.eqrc.settings import to_rest
from venue.eqrc.terms import AlertsQuery, RulesQuery
from venue.sidecar.auth.identity import Identity
from venue.sidecar.portal.eqrc_terms import (
    ACTIONS,
    ORDER_TYPES,
    SHUT_BY,
    TYPE_NAMES,
    Tab,
    fields_of,
)
from venue.sidecar.portal.views import NOTHING

if TYPE_CHECKING:
    from engine.engine import Engine
    from venue.desk import Desk

WHOLE = "all"
ROWS_MAX = 250
"""Rules that a page shows of a tab; the file of *Export* has all."""
SYMBOLS_SHOWN = 12
LEVELS = {0: "normal", 1: "near", 2: "near", 3: "breached"}
"""How an exposure that has passed so many thresholds is coloured."""
PASSED = {0: "Under Watch", 1: "Watch", 2: "Warn", 3: "Action"}

LIFTED = "Action, lifted"
"""What is said of an exposure beyond Action whose breach somebody has lifted, until the next order or trade."""


class Filter(NamedTuple):
    """What of all is shown: of an exchange, an MPID, a port; None is each."""

    exchange: str | None = None
    mpid: str | None = None
    port: str | None = None

    @property
    def key(self) -> str:
        """It as a part of a region's key."""
        return ":".join(one or "" for one in self)


class Known(NamedTuple):
    """What somebody may choose from: exchanges, MPIDs, ports with MPID and exchange, registered groups."""

    exchanges: tuple[str, ...]
    mpids: tuple[str, ...]
    ports: dict[str, tuple[str, str]]
    groups: tuple[int, ...]

    def choices(self, what: str, is_routed: bool = False) -> dict[str, str]:
        """Give what a form offers, with its words; with `is_routed` what goes away is among the exchanges."""
        if what == "ports":
            return {name: f"{name} ({mpid}, {exchange})" for name, (mpid, exchange) in self.ports.items()}
        offered = {"exchanges": self.exchanges, "mpids": self.mpids, "groups": self.groups}[what]
        return {str(one): str(one) for one in (*offered, *(("ROUTED",) if is_routed else ()))}


def known_to(engine: Engine, identity: Identity) -> Known:
    """Give what somebody may choose from."""
    ours = [port for port in engine.ports.values() if port.rule_book != PRM and port.entry.drop is None]
    ours = [port for port in ours if identity.sees_port(port.mpid, port.name)]
    exchanges = (key.upper() for key, market in engine.markets.items() if market.rule_book != PRM)
    mpids = sorted({port.mpid for port in ours})
    groups = sorted({group for mpid in mpids for group in engine.rules.groups.get(mpid, ())})
    ports = {port.name: (port.mpid, port.exchange) for port in sorted(ours, key=lambda port: (port.mpid, port.name))}
    return Known(tuple(exchanges), tuple(mpids), ports, tuple(groups))


def chosen(known: Known, exchange: str, mpid: str, port: str) -> Filter:
    """Give the filter that a query names; what is not known is not filtered by."""
    return Filter(
        exchange if exchange in (*known.exchanges, "ROUTED") else None,
        mpid if mpid in known.mpids else None,
        port if port in known.ports else None,
    )


# Rules.


class Row(NamedTuple):
    """A rule or an alert in a table: its cells by column, what becomes of it, whether it is changed here."""

    id: str
    cells: dict[str, str]
    status: str
    level: str
    is_ours: bool
    is_ending: bool
    name: str


def rules_of(engine: Engine, identity: Identity, tab: Tab, only: Filter) -> Iterator[Row]:
    """Give the rules of a tab that somebody sees, by id."""
    query = RulesQuery(exchange=only.exchange, mpid=only.mpid, port=only.port)  # type: ignore[arg-type]  # known ones
    for rule in views.rules(engine, query, identity.sees_port):
        if views.entry_of(rule).type in tab.types:
            yield row_of(rule)


def row_of(rule: Any) -> Row:
    """Give a rule as its row."""
    view = views.view(rule)
    entry = views.entry_of(rule)
    status, level = status_of(view)
    cells = {
        "id": view.id,
        "exchange": view.exchange,
        "mpid": view.mpid,
        "port": view.port or WHOLE,
        "group": NOTHING if view.group_id is None else str(view.group_id),
        "symbols": symbols_text(view.symbols),
        "type": TYPE_NAMES[view.type],
        "status": status,
        "changed": changed_text(view),
    }
    settings = to_rest(entry.type, entry.settings)
    cells |= {"says": says(view.type, settings)} | setting_cells(view.type, settings)
    place = " ".join(text for text in (view.exchange, view.mpid, view.port or "") if text)
    return Row(
        view.id, cells, status, level, view.source == "REST", view.ends_next_day, f"{TYPE_NAMES[view.type]}, {place}"
    )


def status_of(view: Any) -> tuple[str, str]:
    """Say whether a rule holds, and what becomes of it."""
    if view.source == "CONFIGURATION":
        return "Active (configuration)", "normal"
    if view.ends_next_day:
        return "Active, ends with the day", "near"
    if view.pending_settings is not None or view.pending_symbols is not None:
        return "Active, changes next day", "near"
    return ("Active", "normal") if view.status == "ACTIVE" else ("Configured (next day)", "unused")


def changed_text(view: Any) -> str:
    """Say when a rule was changed last, and by whom."""
    when, who = view.changed or view.created, view.changed_by or view.created_by or ""
    return NOTHING if when is None else f"{when[:16].replace('T', ' ')} {who.partition(':')[2] or who}"


def symbols_text(symbols: list[str]) -> str:
    """Write the first symbols of a list, and how many more there are."""
    more = len(symbols) - SYMBOLS_SHOWN
    return (" ".join(symbols[:SYMBOLS_SHOWN]) + (f" and {more:,} more" if more > 0 else "")) or WHOLE


def found_in(settings: dict[str, Any], name: str) -> Any:
    """Give a setting by the name of its field: `limit`, `open.watch`, `ranges[0].percent`."""
    outer, dot, inner = name.partition(".")
    if not dot:
        return settings.get(name)
    if outer.startswith("ranges["):
        ranges = settings.get("ranges") or ()
        place = int(outer[7:-1])
        return ranges[place].get(inner) if place < len(ranges) else None
    return (settings.get(outer) or {}).get(inner)


def setting_cells(rule_type: str, settings: dict[str, Any]) -> dict[str, str]:
    """Write each setting of a rule: ranges, thresholds and windows beside what they belong to."""
    cells: dict[str, str] = {}
    for field in fields_of(rule_type):
        value = found_in(settings, field.name)
        outer, dot, part = field.name.partition(".")
        if outer.startswith("ranges["):
            written = (f"${value:,}" if part == "amount" else f"{value:,} %") if value else ""
            cells[outer] = " or ".join(one for one in (cells.get(outer, ""), written) if one)
        elif dot:
            cells[outer] = " / ".join(one for one in (cells.get(outer, ""), written_as("number", value)) if one)
        elif field.name.endswith("Window"):
            before = list(cells)[-1]
            if cells[before] != NOTHING and value is not None:
                cells[before] += f" in {value} s"
        else:
            cells[field.name] = written_as(field.kind, value)
    return {name: text or "off" for name, text in cells.items()}


def written_as(kind: str, value: Any) -> str:
    """Write one value."""
    if kind == "switch":
        return "on" if value else "off"
    if kind == "allowed":
        return "rejected" if value else "enabled"
    if kind == "choice":
        return ACTIONS.get(value, NOTHING)
    if isinstance(value, list):
        return " ".join(value)
    return NOTHING if value is None else f"{value:,}"


def says(rule_type: str, settings: dict[str, Any]) -> str:
    """Tell in words what a rule of the tab of several kinds refuses."""
    if rule_type == "order-type":
        rejected = [words for name, words in ORDER_TYPES.items() if settings.get(name)]
        return f"Rejects {', '.join(rejected)}" if rejected else "Rejects nothing"
    if rule_type == "shares-located":
        parts = ["Locate required"] if settings.get("requireLocate") else []
        parts += [f"Brokers {' '.join(settings['brokers'])}"] if settings.get("brokers") else []
        parts += ["Short sale exempt too"] if settings.get("includeShortSaleExempt") else []
        return "; ".join(parts) or "Asks nothing"
    limit = settings.get("limit")
    unit = "USD" if rule_type == "max-notional" else "shares"
    return "" if limit is None else f"At most {limit:,} {unit}"


def alerts_of(desk: Desk, identity: Identity, only: Filter) -> Iterator[Row]:
    """Give the alert configurations that somebody sees."""
    query = AlertsQuery(exchange=only.exchange, mpid=only.mpid, port=only.port)  # type: ignore[arg-type]  # known ones
    for view in views.alerts(desk.alerts.values(), query, identity.sees_port):
        cells = {
            "id": view.id,
            "type": TYPE_NAMES[view.rule_type],
            "exchange": view.exchange,
            "mpid": view.mpid,
            "port": view.port or WHOLE,
            "group": NOTHING if view.group_id is None else str(view.group_id),
            "emails": ", ".join(view.emails),
            "enabled": "yes" if view.enabled else "no",
        }
        name = f"{TYPE_NAMES[view.rule_type]}, {view.exchange} {view.mpid}"
        yield Row(
            view.id, cells, "Enabled" if view.enabled else "Off", "normal", is_ours=True, is_ending=False, name=name
        )


# Ports that are shut.


class Shut(NamedTuple):
    """A port that takes no orders: why, and whether somebody pressed the switch."""

    port: str
    mpid: str
    exchange: str
    why: str


def shut_ports(engine: Engine, identity: Identity, only: Filter) -> list[Shut]:
    """Give the ports that a rate, duplicates or the safety switch have shut."""
    found = []
    for port in engine.ports.values():
        if port.rule_book == PRM or not identity.sees_port(port.mpid, port.name):
            continue
        wanted = ((only.exchange, port.exchange), (only.mpid, port.mpid), (only.port, port.name))
        if not views.fits(wanted) or not (port.rate_limited or port.switched_off):
            continue
        why = "the safety switch disabled it, until the end of the session"
        if port.rate_limited:
            why = SHUT_BY.get(port.rate_reason.name, "a rule shut it")
        found.append(Shut(port.name, port.mpid, port.exchange, why))
    return found


# Exposures.


class Exposure(NamedTuple):
    """A check of an entity: what it comes to in dollars, its thresholds, how far that is in words."""

    rule_id: str
    check: str
    mpid: str
    exchange: str
    group: int | None
    port: str | None
    current: str
    limits: tuple[int | None, ...]
    passed: str
    level: str
    says: str
    width: str
    is_breached: bool


def exposures_of(engine: Engine, identity: Identity, only: Filter) -> list[Exposure]:
    """Give what the entities of exposure rules use, each amount with thresholds."""
    query = history.ConsumptionQuery(exchange=only.exchange, mpid=only.mpid, port=only.port)  # type: ignore[arg-type]  # known ones
    found = []
    for row in history.consumption(engine, query, identity.sees_port):
        rule = views.find(engine, row.rule_id)
        settings = {} if rule is None else views.entry_of(rule).settings
        for name in EXPOSURES:
            limits = tuple(whole(settings.get(f"{name}_{threshold}")) for threshold in THRESHOLDS)
            if any(limit is not None for limit in limits):
                found.append(exposure_of(row, name, limits))
    return found


def whole(value: Any) -> int | None:
    """Give a threshold, None where there is none."""
    return value if isinstance(value, int) else None


def exposure_of(row: history.ConsumptionRow, name: str, limits: tuple[int | None, ...]) -> Exposure:
    """Hold one amount of a rule's entity against its thresholds."""
    current = {"open": row.open, "executed": row.executed, "notional": row.notional}[name]
    passed, text, width = band(Decimal(current), limits)
    is_breached = passed == len(limits) and row.level == "ACTION"
    return Exposure(
        row.rule_id,
        name.capitalize(),
        row.mpid,
        row.exchange,
        row.group_id,
        row.port,
        current,
        limits,
        LIFTED if passed == len(limits) and not is_breached else PASSED[passed],
        LEVELS[passed],
        text,
        width,
        is_breached,
    )


def band(current: Decimal, limits: tuple[int | None, ...]) -> tuple[int, str, str]:
    """Give how many thresholds an amount is above, and how much of the next one it is, in words and for a bar.

    Beyond the last threshold it is held against that one.
    """
    passed = 0
    against, words = Decimal(0), ""
    for place, (name, limit) in enumerate(zip(THRESHOLDS, limits, strict=True), 1):
        if limit is None:
            continue
        against, words = Decimal(limit), name.capitalize()
        if current <= limit:
            break
        passed = place
    percent = current * 100 / against
    exact = f"{percent:.0f}" if percent == percent.to_integral_value() else f"{percent:.2f}"
    return passed, f"{exact}% of {words}", f"{min(percent, Decimal(100)):.2f}"
