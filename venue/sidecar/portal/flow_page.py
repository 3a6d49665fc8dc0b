"""The order-flow view: a book's ladder and trades as they change, message rates, round trips, rejects and why.

Market data is everybody's who has a role; rates are of the ports whose MPIDs are the visitor's, and so are rejects.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from aiohttp import web

from venue.explain.answer import Explanation
from venue.problem import Problem
from venue.roles import MEANINGS, OPERATIONS, PRM_READ, PRM_WRITE, RULES_READ
from venue.sidecar.auth.identity import Identity
from venue.sidecar.portal.books import book_content, listed
from venue.sidecar.portal.page import Look, Page, Region, Route
from venue.sidecar.portal.visit import Visit
from venue.timing import HistogramView, Metrics

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar
    from venue.sidecar.story import Event

ROLES = frozenset(MEANINGS)
EXPLAINING = frozenset((OPERATIONS, RULES_READ, PRM_READ))
TAIL = 40
"""Events that are shown."""
TAIL_KINDS = {"trade": "Trades", "reject": "Rejects", "session": "Sessions", "phase": "Phases"}
PERCENTS = (50, 90, 99)
MICROSECONDS = 1_000_000


class Percentiles(NamedTuple):
    """A distribution in microseconds: each figure is the upper end of the bucket that it lies in."""

    name: str
    samples: int
    figures: tuple[str, ...]


def percentiles(name: str, times: HistogramView) -> Percentiles:
    """Give the percentiles of a histogram."""
    figures = []
    for percent in PERCENTS:
        wanted, seen, text = times.count * percent / 100, 0, ""
        for bound, count in zip(times.bounds, times.counts, strict=False):
            seen += count
            if times.count and seen >= wanted:
                text = f"{bound * MICROSECONDS:,.0f}"
                break
        figures.append(text)
    return Percentiles(name, times.count, tuple(figures))


async def metrics(sidecar: Sidecar) -> Metrics:
    """Give what the engine process tells of itself; who asks at one time shares a look."""
    response = await sidecar.engine.glance("metrics")
    return msgspec.convert(response.body, Metrics)


async def figures_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give messages of the last second: in, out, rejected, over all ports that are the visitor's to see."""
    now = time.time_ns() // 1_000_000_000
    total = [0, 0, 0]
    for port in sidecar.replica.machine.engine.ports.values():
        if look.identity.sees_port(port.mpid, port.name):
            counts = sidecar.replica.counts.of(port.index)
            for i, rate in enumerate((counts.incoming, counts.outgoing, counts.rejected)):
                total[i] += rate.last_second(now)
    return {"data": [now, *total]}


async def times_content(sidecar: Sidecar, _look: Look) -> Mapping[str, Any]:
    """Give how long orders take in the engine process, since its start."""
    found = await metrics(sidecar)
    rows = [
        percentiles("Matching, an order", found.matching),
        percentiles("Read to released, an order", found.gateway_to_gateway),
    ]
    return {"rows": rows, "percents": PERCENTS, "metrics": found}


def events_of(sidecar: Sidecar, identity: Identity, kinds: Iterable[str]) -> list[Event]:
    """Give the latest events of some kinds that somebody may see, newest first."""
    wanted, found = frozenset(kinds), []
    for event in reversed(sidecar.feed.kept):
        if event.kind in wanted and (not event.mpid or identity.sees_port(event.mpid, event.data.get("port"))):
            found.append(event)
            if len(found) >= TAIL:
                break
    return found


async def tail_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give the latest events; the argument names their kinds, with commas between them."""
    asked = look.arguments[0].split(",") if look.arguments else []
    kinds = [kind for kind in TAIL_KINDS if kind in asked]
    return {
        "key": ":".join((look.region, *look.arguments)),
        "events": events_of(sidecar, look.identity, kinds),
        "explains": look.identity.may(EXPLAINING),
    }


def opens_account(sidecar: Sidecar, identity: Identity, *roles: str) -> bool:
    """Whether the account that the sample flow moves is open to somebody who has one of these roles."""
    settings = sidecar.config.sample_flow
    account = None if settings is None else sidecar.replica.machine.engine.prm.accounts.get(settings.account)
    return account is not None and identity.may(roles, account.entry.mpid)


def may_run(sidecar: Sidecar, identity: Identity) -> bool:
    """Whether somebody may run the sample flow: who may change the account that it moves."""
    return opens_account(sidecar, identity, OPERATIONS, PRM_WRITE)


async def sample_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give how far the sample flow is."""
    flow = sidecar.sample_flow
    return {
        "progress": flow.progress,
        "is_running": flow.is_running,
        "settings": flow.settings,
        "may_run": may_run(sidecar, look.identity),
        "sees": opens_account(sidecar, look.identity, OPERATIONS, PRM_READ, PRM_WRITE),
    }


async def show(visit: Visit) -> web.StreamResponse:
    """Show the page, with the book that the query names, or the sample flow's, or the first."""
    sidecar = visit.sidecar
    books = listed(sidecar)
    settings = sidecar.config.sample_flow
    first = f"nordic:{settings.book}" if settings is not None else books[0].key if books else ""
    key = visit.query.get("book", first)
    if not books:
        raise Problem(404, "this venue has no book")
    look = Look("book", tuple(key.split(":")), visit.identity)
    kinds = [kind for kind in TAIL_KINDS if kind in visit.request.query.getall("kind", [*TAIL_KINDS])]
    tail = Look("tail", (",".join(kinds),), visit.identity)
    return visit.show(
        "flow.html",
        books=books,
        book=await book_content(sidecar, look),
        chosen=key,
        times=await times_content(sidecar, visit_look(visit, "times")),
        tail=await tail_content(sidecar, tail),
        kinds=kinds,
        known_kinds=TAIL_KINDS,
        sample=await sample_content(sidecar, visit_look(visit, "sample")),
    )


def visit_look(visit: Visit, region: str) -> Look:
    """Give a look without arguments."""
    return Look(region, (), visit.identity)


async def run_sample(visit: Visit) -> web.StreamResponse:
    """Run the sample flow."""
    if not may_run(visit.sidecar, visit.identity):
        raise Problem(403, f"{visit.identity.subject} may not run the sample flow")
    visit.sidecar.sample_flow.start()
    return visit.done("The sample flow runs: watch the counters.")


async def explain(visit: Visit) -> web.StreamResponse:
    """Explain a reject, by its id or by the port and what its client calls the order."""
    reject = visit.path.get("reject")
    if reject is not None:
        reply = await visit.call("GET", "/explain/{rejectId}", {"rejectId": reject})
    else:
        order = visit.query.get("order", "").strip()
        query = {"port": visit.query.get("port", "").strip().upper()}
        query["userRefNum" if order.isdecimal() and len(order) <= 10 else "clOrdId"] = order
        reply = await visit.call("GET", "/explain", query=query)
    explanation = reply.body
    assert isinstance(explanation, Explanation)
    return visit.show("explanation.html", one=explanation)


PAGE = Page(
    key="flow",
    title="Order flow",
    summary="Ladders, trades, rates and rejects as they happen",
    icon="flow",
    roles=ROLES,
    show=show,
    routes=(
        Route("POST", "sample", run_sample),
        Route("GET", "explain", explain),
        Route("GET", "explain/{reject}", explain),
    ),
    regions=(
        Region("book", "book.html", book_content, ROLES, hears=True),
        Region("figures", "data", figures_content, ROLES, 1.0),
        Region("times", "times.html", times_content, ROLES, 2.0),
        Region("tail", "tail.html", tail_content, ROLES, hears=True),
        Region("sample", "sample.html", sample_content, ROLES, 0.5),
    ),
)
