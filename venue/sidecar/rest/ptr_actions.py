"""/ptr-api/ext: what a clearing firm does about trades, which the service announced for a later release.

Held trades are listed, allowed and inhibited, and a correspondent is killed. Off unless the configuration says `ext`.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal

import msgspec

from engine.clearing_state import Leg, Standing
from venue.calls import Body, Query
from venue.problem import Problem
from venue.ptr import views
from venue.ptr.terms import Killed
from venue.settings import Mpid
from venue.sidecar.rest.endpoints import Ask, Endpoint, Handler, Reply, Scope
from venue.sidecar.rest.operations import carry_out
from venue.sidecar.rest.ptr import ROOT, number
from venue.sidecar.rest.user_types import CLEARING, Caller, calling

EXT: Final = f"{ROOT}/ext"
ROLES: Final = frozenset((CLEARING.role,))
Decision = Literal["allow", "inhibit"]
LONGEST_ID: Final = 80
"""Characters of an id that are said again."""


class HeldQuery(Query, frozen=True):
    """Of which correspondent, and how they stand; those behind an id, so many at most."""

    correspondent: Mpid | None = None
    standing: views.StandingName | None = "HELD"
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=5_000)] = 1_000


class KillCorrespondentBody(Body, frozen=True):
    """Whether all further trades of a correspondent are killed."""

    correspondent: Mpid
    on: bool


async def acting(ask: Ask) -> Caller:
    """Give the clearing firm that asks; raises `Problem` 404 where these calls are not on."""
    if not ask.sidecar.config.ptr.ext:
        ask.scoped = True
        raise Problem(404, "held trades and kills are not on here: the configuration has no [ptr] with ext = true")
    return await calling(ask, CLEARING)


async def held(ask: Ask) -> Reply:
    """List sides of trades that are held; with `standing` those that were decided, killed or broken today."""
    caller = await acting(ask)
    query: HeldQuery = ask.query
    relations = caller.relations() if query.correspondent is None else [caller.relation(query.correspondent)]
    standing = None if query.standing is None else Standing[query.standing]
    legs = [leg for relation in relations for leg in views.legs_of(caller.house.clearing, relation, standing)]
    legs.sort(key=lambda leg: leg.trade_id)
    behind = [leg for leg in legs if leg.trade_id > query.after]
    items = [views.leg_view(leg) for leg in behind[: query.limit]]
    following = items[-1].trade_id if len(behind) > len(items) else None
    return Reply(views.LegList(number(ask), items, following), number(ask))


def find(caller: Caller, name: str) -> Leg:
    """Give one side of a trade that was held, and the caller's; one of others' is as missing as what there is not."""
    leg = caller.house.clearing.legs.get(name)
    if leg is None or leg.correspondent not in caller:
        raise Problem(404, f"no trade {name[:LONGEST_ID]} was held today", "tradeId")
    return leg


async def decide(decision: Decision, ask: Ask) -> Reply:
    """Decide about a held trade: allowed it counts and is cleared, inhibited it does neither.

    Whether it is held still when the decision is written down, the engine process makes sure of: of two at one moment
    one is made.
    """
    caller = await acting(ask)
    name = find(caller, ask.path["tradeId"]).trade_id
    reply = await carry_out(ask, "POST", f"clearing/held/{name}/decision", {"allow": decision == "allow"})
    return reply._replace(body=views.leg_view(find(caller, name)))


async def kill(ask: Ask) -> Reply:
    """Kill all further trades of a correspondent, on every market and reported, until that is lifted; or lift it."""
    caller = await acting(ask)
    body: KillCorrespondentBody = ask.body
    target = f"clearing/{caller.relation(body.correspondent).entry.correspondent}/kill"
    return await carry_out(ask, "POST", target, {"on": body.on})


def row(verb: str, path: str, summary: str, handler: Handler, answer: Any, **more: Any) -> Endpoint:
    """Give a row of a clearing firm's."""
    about = handler.func.__doc__ if isinstance(handler, partial) else handler.__doc__
    what = CLEARING.api, verb, f"{EXT}/{path}", summary, handler, answer, ROLES, Scope.OWN
    return Endpoint(*what, description=(about or "").strip(), errors=(404,), **more)


PTR_ACTIONS = (
    row("GET", "held", "List held trades", held, views.LegList, query=HeldQuery),
    row("POST", "held/{tradeId}/allow", "Allow a held trade", partial(decide, "allow"), views.LegView, body=Body),
    row("POST", "held/{tradeId}/inhibit", "Inhibit a held trade", partial(decide, "inhibit"), views.LegView, body=Body),
    row(
        *("POST", "kill", "Kill a correspondent's trades, or not any more", kill, Killed),
        body=KillCorrespondentBody,
        examples=({"correspondent": "INET", "on": True},),
    ),
)
