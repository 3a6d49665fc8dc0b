"""What operators may ask of a running venue: the calls that in a real test facility take a telephone.

Each call is a row of `ROUTES`: verb, path, what its body, query and answer are, and the function that does it. The same
table serves `DIR/engine.sock`, `portcullis ops` and the HTTP service, and the OpenAPI document is made of it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec

from venue.audit import AuditList, AuditQuery, StateView, show_audit, show_state
from venue.calls import Body, read
from venue.changes import (
    Answer,
    BustBody,
    Call,
    PhaseBody,
    PhaseSet,
    PortBody,
    PortReleased,
    PortSet,
    PricesBody,
    TradeBroken,
    TradingDay,
    bust_trade,
    next_trading_day,
    release_port,
    set_phase,
    set_port,
    set_prices,
)
from venue.clients import (
    ClientBody,
    ClientList,
    ClientRemoved,
    ClientSecret,
    ClientsQuery,
    FormerSecretEnded,
    end_former_secret,
    make_client,
    remove_client,
    renew_secret,
    show_clients,
)
from venue.clock_calls import ClockBody, ClockSet, ClockView, set_clock, show_clock
from venue.connection_calls import ConnectionList, show_connections
from venue.eqrc.routes import RULE_ROUTES
from venue.looks import (
    BookView,
    Look,
    OrderList,
    OrdersQuery,
    PortList,
    Prices,
    show_book,
    show_orders,
    show_ports,
)
from venue.prm_calls import (
    AccountBody,
    AccountView,
    BlockBody,
    MemberBody,
    MemberSet,
    OrdersCanceled,
    ReleaseBody,
    block_account,
    cancel_orders,
    release_account,
    set_account,
    set_member,
    show_account,
)
from venue.problem import Problem
from venue.ptr.routes import PTR_ROUTES
from venue.report_calls import (
    AuditReportBody,
    AuditReportMade,
    FileListBody,
    FileListSet,
    MailList,
    make_audit_report,
    set_file_list,
    show_mail,
)
from venue.route import END, LOOK, Route
from venue.timing import Metrics

if TYPE_CHECKING:
    from venue.app import Venue


def show_metrics(call: Call) -> Answer:
    """Tell the figures of the engine process: only that process has them."""
    return Answer(200, call.venue.timing.metrics())


ROUTES = (
    Route(
        *("POST", "phase", PhaseBody, PhaseSet, "Bring a book, or every book of a venue, into a phase"),
        serve=set_phase,
        problems=(422,),
        examples=({"venue": "nasdaq", "book": "AAPL", "phase": "HALT"}, {"venue": "nasdaq", "phase": "MARKET"}),
    ),
    Route(
        *("POST", "trading-day/next", Body, TradingDay, "End the trading day and open the next"),
        serve=next_trading_day,
        problems=(422,),
        examples=({},),
    ),
    Route(
        *("POST", "clock", ClockBody, ClockSet, "Set the venue's clock, or move a manual one ahead"),
        serve=set_clock,
        problems=(409, 422),
        examples=({"mode": "manual"}, {"advanceMs": 1500}, {"advanceTo": "2026-11-20T15:29:30Z"}),
    ),
    Route(
        *("PUT", "books/{venue}/{book}/prices", PricesBody, Prices, "Set or clear a security's prices"),
        serve=set_prices,
        problems=(404, 422),
        examples=({"last": "201.50", "offer": None},),
    ),
    Route(
        *("POST", "trades/{venue}/{matchNumber}/bust", BustBody, TradeBroken, "Break a trade"),
        serve=bust_trade,
        problems=(404, 409, 422),
        examples=({"reason": "E"},),
    ),
    Route(
        *("PUT", "ports/{port}", PortBody, PortSet, "Set what a port may do"),
        serve=set_port,
        problems=(404, 409, 422),
        examples=({"cancelOnly": True}, {"cancelOnDisconnect": True}),
    ),
    Route(
        *("POST", "ports/{port}/release", Body, PortReleased, "Free a port that its message rate shut"),
        serve=release_port,
        problems=(404, 422),
        examples=({},),
    ),
    Route(
        *("PUT", "members/{mpid}", MemberBody, MemberSet, "Set a Nordic member's multipliers, or a US MPID's groups"),
        serve=set_member,
        problems=(404, 422),
        examples=({"fatFingerMultiplierAggressive": 200, "fatFingerMultiplierPassive": 100}, {"groupIds": [7]}),
    ),
    Route(
        *("PUT", "prm/accounts/{account}", AccountBody, AccountView, "Set limits and settings of a PRM account"),
        serve=set_account,
        problems=(404, 409, 422),
        examples=(
            {"currency": "SEK", "limits": {"maxQuantity": 50000, "maxValue": "2500000.50"}},
            {"settings": {"restrictedSymbols": ["301"], "restrictedSegments": [900]}, "effective": "today"},
            {"currency": "SEK", "limits": {"totalOpen": 100000}, "settings": {"symbolRate": 50}},
        ),
    ),
    Route(
        *("POST", "prm/accounts/{account}/release", ReleaseBody, AccountView, "Unblock a PRM account or lift a lock"),
        serve=release_account,
        problems=(404, 409, 422),
        examples=({"what": "block"}, {"what": "symbol-rate"}, {"what": "lock", "currency": "SEK"}),
    ),
    Route(
        *("POST", "prm/accounts/{account}/block", BlockBody, AccountView, "Block a PRM account for today"),
        serve=block_account,
        problems=(404, 422),
        examples=({}, {"cancel": True}),
    ),
    Route(
        *("POST", "prm/accounts/{account}/cancel", Body, OrdersCanceled, "Cancel the open orders of a PRM account"),
        serve=cancel_orders,
        problems=(404, 422),
        examples=({},),
    ),
    Route(
        *("PUT", "prm/accounts/{account}/file", FileListBody, FileListSet, "Set what a PRM account's file lists"),
        serve=set_file_list,
        problems=(404, 422),
        examples=({"orderBooks": ["301"]}, {"orderBooks": None}),
    ),
    Route(
        *("POST", "reports/prm-audit", AuditReportBody, AuditReportMade, "Write the PRM audit report of today now"),
        serve=make_audit_report,
        problems=(422,),
        examples=({}, {"mpid": "GP29"}),
    ),
    Route(
        *("POST", "clients", ClientBody, ClientSecret, "Make a client of the HTTP service; its secret is told once"),
        serve=make_client,
        problems=(409, 422),
        examples=({"id": "desk-1", "roles": ["rules-api-rules-read"], "mpids": ["INET"]},),
    ),
    Route(
        *(
            "POST",
            "clients/{id}/secret",
            Body,
            ClientSecret,
            "Give a client a new secret; the one before it stays good",
        ),
        serve=renew_secret,
        problems=(404, 409, 422),
        examples=({},),
    ),
    Route(
        *("DELETE", "clients/{id}/secret", None, FormerSecretEnded, "End the secret before a client's last one"),
        serve=end_former_secret,
        problems=(404, 409),
    ),
    Route(
        *("DELETE", "clients/{id}", None, ClientRemoved, "Remove a client"),
        serve=remove_client,
        problems=(404, 409),
    ),
    *PTR_ROUTES,
    Route("GET", "books/{venue}/{book}", None, BookView, "Show a book", look=show_book, problems=(404,)),
    Route(
        *("GET", "prm/accounts/{account}", None, AccountView, "Show a PRM account"),
        look=show_account,
        problems=(404,),
    ),
    Route(
        *("GET", "orders", None, OrderList, "List live orders"),
        look=show_orders,
        query=OrdersQuery,
        problems=(404, 422),
    ),
    Route("GET", "ports", None, PortList, "List ports", look=show_ports),
    Route("GET", "connections", None, ConnectionList, "List connections", serve=show_connections),
    Route(
        *("GET", "clients", None, ClientList, "List the clients that were made at run time"),
        look=show_clients,
        query=ClientsQuery,
        problems=(422,),
    ),
    Route(
        *("GET", "audit", None, AuditList, "List the last operations, newest first"),
        look=show_audit,
        query=AuditQuery,
        problems=(422,),
    ),
    Route("GET", "mail", None, MailList, "List what came in by mail", serve=show_mail),
    Route("GET", "metrics", None, Metrics, "Tell how busy the engine process is", serve=show_metrics),
    Route("GET", "state", None, StateView, "Hash the whole state as it is now", look=show_state),
    Route("GET", "clock", None, ClockView, "Show the venue's clock and what comes next", serve=show_clock),
)


CALLS = (*ROUTES, *RULE_ROUTES)
"""Every call that the engine process serves, those that are no operations too."""


class Serving(NamedTuple):
    """A request that is one of ours: the call that it means, the path's values, query and body as their types.

    A body that is not what the call takes is kept as the `fault` that it is, for who serves the call to raise.
    """

    target: str
    route: Route
    values: dict[str, str]
    query: Any
    body: Any
    fault: Problem | None

    @property
    def written(self) -> bytes:
        """The body as JSON with what we know of it: a field that is not ours might be anything, a secret even."""
        return b"" if self.body is None else msgspec.json.encode(self.body)


def prepare(target: str, body: Any, verb: str = "") -> Serving:
    """Find what a request means: the path's call and, where it is named, the verb's. `body` is UNSET without one.

    Where no verb is named, a call without a body is a look, one with a body the change that the path stands for. A
    change that takes no fields may then be asked for without a body where there is nothing to look at.
    Raises `Problem` where there is no such call.
    """
    has_body = body is not msgspec.UNSET
    target = target.strip("/")
    path, _, query = target.partition("?")
    route, values = find(verb, path, has_body) if verb else _meant(path, has_body)
    try:
        asked = read_query(route, dict(parse_qsl(query, keep_blank_values=True)))
        taken = None if route.body is None else read(body if has_body else {}, route.body)
    except Problem as problem:
        return Serving(target, route, values, None, None, problem)
    return Serving(target, route, values, asked, taken, None)


def serve(venue: Venue, asked: Serving, actor: str = "") -> Answer | Awaitable[Answer]:
    """Serve a request of somebody's, now or in its time; raises `Problem`."""
    if asked.fault is not None:
        raise asked.fault
    route = asked.route
    if route.look is not None:
        return Answer(200, route.look(Look(venue.machine, asked.values, asked.query)))
    assert route.serve is not None
    return route.serve(Call(venue, asked.values, asked.query, asked.body, actor))


def find(verb: str, path: str, has_body: bool = False) -> tuple[Route, dict[str, str]]:
    """Give the call of a verb and a path, and the path's values; raises `Problem` 404 or 405."""
    matching = _matching(path)
    for route, values in matching:
        if route.verb == verb:
            if has_body and route.body is None:
                raise Problem(400, f"{verb} {route.path} takes no body")
            return route, values
    verbs = ", ".join(route.verb for route, _ in matching)
    raise Problem(405, f"{path} takes {verbs}, not {verb}", headers={"Allow": verbs})


def read_query(route: Route, asked: dict[str, str]) -> Any:
    """Give a query as the route's type has it; raises `Problem` 422."""
    known = route.query.__struct_encode_fields__
    for name in asked:
        if name not in known:
            raise Problem(422, f"{route.path} cannot be asked by {name}", name)
    return read(asked, route.query, is_text=True)


def _meant(path: str, has_body: bool) -> tuple[Route, dict[str, str]]:
    """Give the call that is meant by a path, with a body or without."""
    matching = [(route, values) for route, values in _matching(path) if route.verb != END]
    if not matching:
        raise Problem(405, f"{path} takes {END} only, which has to be named")
    changes = has_body or not any(route.verb == LOOK or fields(route) for route, _ in matching)
    for route, values in matching:
        if (route.verb != LOOK) == changes:
            return route, values
    route = matching[0][0]
    if route.verb == LOOK:
        raise Problem(405, f"{route.path} only looks: leave the body out")
    raise Problem(405, f"{route.path} changes something: give its body, {_sample(route)}")


def _matching(path: str) -> list[tuple[Route, dict[str, str]]]:
    """Give the calls of a path, each with the path's values; raises `Problem` 404 where there are none."""
    matching = [(route, values) for route in CALLS if (values := match(route.path, path)) is not None]
    if not matching:
        raise Problem(404, f"no such call: {path}; there are {', '.join(sorted({route.path for route in ROUTES}))}")
    return matching


def match(pattern: str, path: str) -> dict[str, str] | None:
    """Give the values that stand for a pattern's names, None where the path is another."""
    names, parts = pattern.split("/"), path.split("/")
    if len(names) != len(parts):
        return None
    values: dict[str, str] = {}
    for name, part in zip(names, parts, strict=True):
        if name.startswith("{"):
            values[name[1:-1]] = unquote(part)
        elif name != part:
            return None
    return values


def fields(route: Route) -> list[str]:
    """Give the names that a call's body may have."""
    return [] if route.body is None else [field.encode_name for field in msgspec.structs.fields(route.body)]


def _sample(route: Route) -> str:
    return "{" + ", ".join(f'"{name}"' for name in fields(route)) + "}"
