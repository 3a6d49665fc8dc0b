"""The operations desk: the venue's clock, books, ports, connections, mail and events, and what may be done to them.

Everything here is a call of the operations (`/ops/...`), made under the operator's own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from aiohttp import web

from engine.api import PRM
from engine.phases import NORDIC_PHASES, US_PHASES
from venue.clock_calls import ClockView
from venue.connection_calls import ConnectionList, ConnectionView
from venue.looks import Look as LookInside
from venue.looks import PortView, show_ports
from venue.problem import Problem
from venue.report_calls import MailList
from venue.roles import OPERATIONS
from venue.sidecar.portal.books import change_of, summaries
from venue.sidecar.portal.desk_prices import ask_prices, review_prices, set_prices
from venue.sidecar.portal.flow_page import TAIL_KINDS, tail_content
from venue.sidecar.portal.page import Look, Page, Region, Route
from venue.sidecar.portal.visit import Visit, new_key, refusal

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar

ROLES = frozenset((OPERATIONS,))
MAILS = 30
"""Mails that are shown, the newest."""
SECOND_MS = 1_000
STALE_MS = 20_000
"""Milliseconds of silence at which a connection is shown as one that may be gone."""


class PortRow(NamedTuple):
    """A port and its connection, where it has one."""

    port: PortView
    service: str
    connection: ConnectionView | None
    is_stale: bool


# What is shown.


async def clock_content(sidecar: Sidecar, _look: Look) -> Mapping[str, Any]:
    """Give the venue's clock and what comes next."""
    response = await sidecar.engine.glance("clock")
    return {
        "clock": msgspec.convert(response.body, ClockView),
        "storage_low": sidecar.replica.machine.engine.storage_low,
    }


async def ports_content(sidecar: Sidecar, _look: Look) -> Mapping[str, Any]:
    """Give the map of the venue: each service with its ports, sessions and connections."""
    response = await sidecar.engine.glance("connections")
    connections = {one.port: one for one in msgspec.convert(response.body, ConnectionList).items if one.port}
    services = {port.name: port.service for port in sidecar.config.port}
    rows: dict[str, list[PortRow]] = {}
    for port in show_ports(LookInside(sidecar.replica.machine, {}, None)).items:
        service = services.get(port.port, "")
        connection = connections.get(port.port)
        is_stale = connection is not None and (connection.heard_ms_ago or 0) >= STALE_MS
        rows.setdefault(service, []).append(PortRow(port, service, connection, is_stale))
    order = [service.key for service in sidecar.config.service]
    known = sorted(rows.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))
    return {"services": known, "addresses": sidecar.addresses}


async def books_content(sidecar: Sidecar, _look: Look) -> Mapping[str, Any]:
    """Give every book with its phase and top."""
    found = summaries(sidecar)
    return {"books": [(one, change_of(one.last, one.previous_close)) for one in found]}


async def mail_content(sidecar: Sidecar, _look: Look) -> Mapping[str, Any]:
    """Give the newest mails of the inbox."""
    response = await sidecar.engine.glance("mail")
    mails = msgspec.convert(response.body, MailList).items
    return {"mails": mails[: -MAILS - 1 : -1], "count": len(mails)}


async def show(visit: Visit) -> web.StreamResponse:
    """Show the page."""
    sidecar = visit.sidecar
    kinds = [kind for kind in TAIL_KINDS if kind in visit.request.query.getall("kind", [*TAIL_KINDS])]
    plain = Look("desk", (), visit.identity)
    return visit.show(
        "desk.html",
        clock=await clock_content(sidecar, plain),
        ports=await ports_content(sidecar, plain),
        books=await books_content(sidecar, plain),
        mail=await mail_content(sidecar, plain),
        tail=await tail_content(sidecar, Look("tail", (",".join(kinds),), visit.identity)),
        kinds=kinds,
        known_kinds=TAIL_KINDS,
        trading_ports=[port.name for port in sidecar.config.port],
    )


# Phases.


def phases_of(visit: Visit, venue: str) -> list[str]:
    """Give the phases of a venue, by their names in a body."""
    market = visit.sidecar.replica.machine.engine.markets.get(venue)
    if market is None:
        raise Problem(404, f"there is no venue {venue[:20]}", "venue")
    return list(NORDIC_PHASES if market.rule_book == PRM else US_PHASES)


async def ask_phase(visit: Visit) -> web.StreamResponse:
    """Ask which phase a book, or every book of a venue (`-`), shall be in."""
    venue, name = visit.path["venue"], visit.path["book"]
    phases, present = phases_of(visit, venue), None
    if name != "-":
        found = [one for one in summaries(visit.sidecar) if (one.venue, one.symbol) == (venue, name)]
        if not found:
            raise Problem(404, f"there is no book {name[:20]}", "book")
        present = found[0].phase
    return visit.show("desk_phase.html", venue=venue, book=name, phases=phases, present=present)


async def set_phase(visit: Visit) -> web.StreamResponse:
    """Bring a book, or every book of a venue, into a phase."""
    form = await visit.form()
    venue, name = visit.path["venue"], visit.path["book"]
    body = {"venue": venue, "book": None if name == "-" else name, "phase": form.get("phase", "")}
    await visit.call("POST", "/ops/phase", body=body)
    return visit.done(f"{venue} {'all books' if name == '-' else name}: {form.get('phase')}.")


# Clock, day, ports.


async def ask_clock(visit: Visit) -> web.StreamResponse:
    """Ask how the clock shall go, or whether the day shall end."""
    return await clock_form(visit, "60", "")


async def clock_form(visit: Visit, seconds: str, trouble: str) -> web.StreamResponse:
    """Show the forms of clock and day, with what is wrong with the seconds that were typed."""
    content = await clock_content(visit.sidecar, Look("desk-clock", (), visit.identity))
    return visit.show("desk_clock.html", seconds=seconds, trouble=trouble, key=new_key(), **content)


async def set_clock(visit: Visit) -> web.StreamResponse:
    """Set the clock, move it, or end the day that was shown."""
    form = await visit.form()
    do, key = form.get("do", ""), form.get("key", "")
    if do == "next-day":
        if form.get("day") != str(visit.sidecar.replica.machine.engine.date):
            raise Problem(409, "another trading day has begun in between: look at it again")
        reply = await visit.call("POST", "/ops/trading-day/next", body={}, key=key)
        return visit.done(f"The trading day is {reply.body['date']} now.")
    seconds = form.get("seconds", "").strip()
    if do in {"real", "manual"}:
        body: dict[str, Any] = {"mode": do}
    elif not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 8):
        return await clock_form(visit, seconds, "Give whole seconds.")
    else:
        body = {"advanceMs": int(seconds) * SECOND_MS}
    try:
        reply = await visit.call("POST", "/ops/clock", body=body, key=key)
    except Problem as problem:
        return await clock_form(visit, seconds, refusal(problem))
    return visit.done(f"The clock is {reply.body['mode']}, at {reply.body['time']}.")


async def ask_port(visit: Visit) -> web.StreamResponse:
    """Show a port's settings and orders, and ask what shall change."""
    name = visit.path["port"]
    ports = show_ports(LookInside(visit.sidecar.replica.machine, {}, None)).items
    found = [port for port in ports if port.port == name]
    if not found:
        raise Problem(404, f"there is no port {name[:20]}", "port")
    orders = await visit.call("GET", "/ops/orders", query={"port": name, "limit": "20"})
    return visit.show("desk_port.html", port=found[0], orders=orders.body, key=new_key())


async def set_port(visit: Visit) -> web.StreamResponse:
    """Free a port, or change one of its settings."""
    form, name = await visit.form(), visit.path["port"]
    setting = form.get("setting", "")
    if setting == "release":
        await visit.call("POST", "/ops/ports/{port}/release", visit.path, body={}, key=form.get("key", ""))
        return visit.done(f"{name} is free.")
    if setting not in {"cancelOnly", "cancelOnDisconnect"}:
        raise Problem(422, "choose what is to be changed", "setting")
    is_on = form.get("to") == "true"
    await visit.call("PUT", "/ops/ports/{port}", visit.path, body={setting: is_on}, key=form.get("key", ""))
    return visit.done(f"{name}: {setting} is {'on' if is_on else 'off'}.")


PAGE = Page(
    key="desk",
    title="Operations",
    summary="Clock, phases, prices, ports, mail and events of the venue",
    icon="desk",
    roles=ROLES,
    show=show,
    routes=(
        Route("GET", "phase/{venue}/{book}", ask_phase),
        Route("POST", "phase/{venue}/{book}", set_phase),
        Route("GET", "prices/{venue}/{book}", ask_prices),
        Route("POST", "prices/{venue}/{book}/review", review_prices),
        Route("POST", "prices/{venue}/{book}", set_prices),
        Route("GET", "clock", ask_clock),
        Route("POST", "clock", set_clock),
        Route("GET", "port/{port}", ask_port),
        Route("POST", "port/{port}", set_port),
    ),
    regions=(
        Region("desk-clock", "desk_clock_part.html", clock_content, ROLES, 1.0),
        Region("desk-ports", "desk_ports.html", ports_content, ROLES, 1.0),
        Region("desk-books", "desk_books.html", books_content, ROLES),
        Region("desk-mail", "desk_mail.html", mail_content, ROLES, 2.0),
    ),
)
