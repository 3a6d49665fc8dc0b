"""The rules page: a firm's US risk rules by tab, what they have refused, what is used of exposures, the safety switch.

Each change is a call of `/rules-api` under the person's own name, with its checks, its window and its audit. Which
columns a person has hidden is kept in a cookie of theirs, so it is of one browser.

Source: EQRC guide 3 and 4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aiohttp import web

from venue.eqrc import history
from venue.problem import Problem
from venue.roles import AUDIT_READ, RULES_READ, RULES_WRITE, UNBREACH
from venue.sidecar.auth.identity import Identity
from venue.sidecar.portal import eqrc_actions as actions
from venue.sidecar.portal import eqrc_rules as rules
from venue.sidecar.portal.eqrc_terms import ALERTS, TABS, Column, Tab, columns_of
from venue.sidecar.portal.eqrc_view import (
    ROWS_MAX,
    Filter,
    Row,
    alerts_of,
    chosen,
    exposures_of,
    known_to,
    rules_of,
    shut_ports,
)
from venue.sidecar.portal.page import Look, Page, Region, Route
from venue.sidecar.portal.visit import Visit, attached
from wire.csv_text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.engine import Engine
    from venue.sidecar.context import Sidecar

ROLES: Final = frozenset((RULES_READ,))
FIRST: Final = "fat-finger"
OF_FILTER: Final = 3
"""Arguments of a region that are the filter."""
COOKIE_SECONDS: Final = 366 * 86_400


def engine_of(sidecar: Sidecar) -> Engine:
    """Give the engine that the replica shows."""
    return sidecar.replica.machine.engine


def tab_of(key: str) -> Tab:
    """Give a tab; raises `Problem` 404."""
    if key not in TABS:
        raise Problem(404, f"there is no tab {key[:40]}", "tab")
    return TABS[key]


def filter_of(sidecar: Sidecar, look: Look) -> Filter:
    """Give the filter that a region's first arguments are; raises `Problem`."""
    if len(look.arguments) < OF_FILTER:
        raise Problem(404, "an exchange, an MPID and a port are named, or left empty", "part")
    exchange, mpid, port = look.arguments[:OF_FILTER]
    return chosen(known_to(engine_of(sidecar), look.identity), exchange, mpid, port)


async def watch_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give the breaches as counts, and the ports that are shut."""
    engine, only = engine_of(sidecar), filter_of(sidecar, look)
    return {
        "key": f"{look.region}:{only.key}",
        "shut": shut_ports(engine, look.identity, only),
        "tiles": sidecar.tiles.breaches_of(engine.rules.diary, look.identity, only),
        "is_writable": look.identity.may((RULES_WRITE,)),
    }


async def exposure_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give what the entities of exposure rules use."""
    engine, only = engine_of(sidecar), filter_of(sidecar, look)
    rows = exposures_of(engine, look.identity, only)
    return {
        "key": f"{look.region}:{only.key}",
        "rows": rows[:ROWS_MAX],
        "count": len(rows),
        "lifts": look.identity.may((UNBREACH,)),
        "is_filtered": any(only),
    }


async def rules_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give a tab's rules: arguments are the filter, the tab, the hidden columns with dots between them."""
    if len(look.arguments) != OF_FILTER + 2:
        raise Problem(404, "rules are named with a filter, a tab and columns", "part")
    *_, key, hidden = look.arguments
    only, tab = filter_of(sidecar, look), tab_of(key)
    columns = columns_shown(tab, frozenset(hidden.split("~")))
    found = list(islice(rows_of(sidecar, look.identity, tab, only), ROWS_MAX + 1))
    return {
        "key": f"{look.region}:{only.key}:{tab.key}:{hidden}",
        "tab": tab,
        "columns": columns,
        "rows": found[:ROWS_MAX],
        "most": ROWS_MAX if len(found) > ROWS_MAX else 0,
        "is_writable": look.identity.may((RULES_WRITE,)),
        "is_filtered": any(only),
        "is_alerts": tab.key == ALERTS,
    }


def rows_of(sidecar: Sidecar, identity: Identity, tab: Tab, only: Filter) -> Iterator[Row]:
    """Give a tab's rows that somebody sees."""
    if tab.key == ALERTS:
        return alerts_of(sidecar.replica.machine.desk, identity, only)
    return rules_of(engine_of(sidecar), identity, tab, only)


async def show(visit: Visit) -> web.StreamResponse:
    """Show the page: the tab and the filter that the query names."""
    tab = tab_of(visit.query.get("tab", FIRST))
    known = known_to(engine_of(visit.sidecar), visit.identity)
    only = filter_asked(visit)
    arguments = tuple(one or "" for one in only)
    hidden = "~".join(sorted(hidden_columns(visit, tab)))
    return visit.show(
        "eqrc.html",
        tab=tab,
        tabs=TABS.values(),
        known=known,
        only=only,
        asked=asked_of(only),
        is_writable=visit.may(RULES_WRITE),
        reads_audit=visit.may(AUDIT_READ),
        watch=await watch_content(visit.sidecar, Look("eqrc-watch", arguments, visit.identity)),
        exposure=await exposure_content(visit.sidecar, Look("eqrc-exposure", arguments, visit.identity)),
        rules=await rules_content(visit.sidecar, Look("eqrc-rules", (*arguments, tab.key, hidden), visit.identity)),
    )


def filter_asked(visit: Visit) -> Filter:
    """Give the filter that a query names."""
    exchange, mpid, port = (visit.query.get(name, "") for name in ("exchange", "mpid", "port"))
    return chosen(known_to(engine_of(visit.sidecar), visit.identity), exchange, mpid, port)


def asked_of(only: Filter) -> str:
    """Give a filter as the end of a query."""
    fields = {name: value for name, value in zip(only._fields, only, strict=True) if value}
    return f"&{urlencode(fields)}" if fields else ""


# Columns.


def columns_shown(tab: Tab, hidden: frozenset[str]) -> list[Column]:
    """Give the columns that are not hidden; the first never is."""
    first, *others = columns_of(tab)
    return [first, *(column for column in others if column.key not in hidden)]


def cookie_of(visit: Visit, tab: Tab) -> str:
    """Give the name of the cookie that keeps somebody's columns of a tab."""
    mark = hashlib.sha256(visit.identity.subject.encode()).hexdigest()[:12]
    return f"portcullis-columns-{tab.key}-{mark}"


def hidden_columns(visit: Visit, tab: Tab) -> set[str]:
    """Give the columns that somebody has hidden."""
    kept = visit.request.cookies.get(cookie_of(visit, tab), "").split("~")
    return {column.key for column in columns_of(tab)[1:] if column.key in kept}


async def ask_layout(visit: Visit) -> web.StreamResponse:
    """Ask which columns are shown."""
    tab = tab_of(visit.query.get("tab", FIRST))
    return visit.show("eqrc_layout.html", tab=tab, columns=columns_of(tab)[1:], hidden=hidden_columns(visit, tab))


async def set_layout(visit: Visit) -> web.StreamResponse:
    """Keep which columns are shown."""
    form = await visit.form()
    tab = tab_of(form.get("tab", ""))
    hidden = [column.key for column in columns_of(tab)[1:] if form.get(column.key) != "1"]
    response = web.Response(status=204, headers={"HX-Refresh": "true"})
    response.set_cookie(
        cookie_of(visit, tab),
        "~".join(hidden),
        path="/portal/eqrc",
        httponly=True,
        samesite="Strict",
        secure=visit.request.secure,
        max_age=COOKIE_SECONDS,
    )
    return response


async def export(visit: Visit) -> web.StreamResponse:
    """Give all rules of a tab as a file, in all columns."""
    tab, only = tab_of(visit.query.get("tab", FIRST)), filter_asked(visit)
    rows = islice(rows_of(visit.sidecar, visit.identity, tab, only), history.ROWS_MAX)
    columns = columns_of(tab)
    table = ([row.cells.get(column.key, "") for column in columns] for row in rows)
    return attached(f"EQRC_{tab.key}.csv", written((column.title for column in columns), table))


PAGE = Page(
    key="eqrc",
    title="EQRC",
    summary="Risk rules of US equities, what they refused, and the safety switch",
    icon="rules",
    roles=ROLES,
    show=show,
    routes=(
        Route("GET", "rule/new", rules.ask_new),
        Route("POST", "rule/new", rules.make),
        Route("GET", "rule/edit", rules.ask_edit),
        Route("POST", "rule/edit", rules.edit),
        Route("GET", "rule/delete", rules.ask_delete),
        Route("POST", "rule/delete", rules.delete),
        Route("GET", "alert", actions.ask_alert),
        Route("POST", "alert", actions.set_alert),
        Route("GET", "alert/delete", actions.ask_delete_alert),
        Route("POST", "alert/delete", actions.delete_alert),
        Route("GET", "switch", actions.ask_switch),
        Route("POST", "switch/review", actions.review_switch),
        Route("POST", "switch", actions.throw_switch),
        Route("GET", "unbreach", actions.ask_unbreach),
        Route("POST", "unbreach", actions.unbreach),
        Route("GET", "audit", actions.ask_audit),
        Route("GET", "audit/file", actions.audit),
        Route("GET", "layout", ask_layout),
        Route("POST", "layout", set_layout),
        Route("GET", "export", export),
    ),
    regions=(
        Region("eqrc-watch", "eqrc_watch.html", watch_content, ROLES),
        Region("eqrc-exposure", "eqrc_exposure.html", exposure_content, ROLES),
        Region("eqrc-rules", "eqrc_rules.html", rules_content, ROLES),
    ),
)
