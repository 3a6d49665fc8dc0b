"""What operations ask of Post-Trade Risk is looked at here first: the engine knows neither held trades nor reports.

What was asked before under the same idempotency key has changed what is looked at: that goes on to its first answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.clearing import Clearing
from engine.clearing_state import Leg, Standing
from venue.problem import Problem
from venue.sidecar.rest.endpoints import Ask

LONGEST_ID = 80
"""Characters of an id that are said again."""


def clearing_of(ask: Ask) -> Clearing:
    """Give what is kept; raises `Problem` 404 where nobody clears for anybody."""
    if ask.sidecar.clearing is None:
        raise Problem(404, "nobody clears for anybody here: the configuration has no [[clearing]]")
    return ask.sidecar.clearing.clearing


def was_done(ask: Ask) -> bool:
    """Whether the key of a call has an answer, which the engine process gives again, or holds against another call."""
    machine = ask.sidecar.replica.machine
    return bool(ask.key) and machine.desk.kept(ask.identity.subject, ask.key, machine.wall_time) is not None


def is_reported(ask: Ask) -> None:
    """Go on only where a trade was reported today and stands; raises `Problem` 404."""
    name = ask.path["tradeId"]
    if name not in clearing_of(ask).reports and not was_done(ask):
        raise Problem(404, f"no trade {name[:LONGEST_ID]} was reported today, or it was taken back", "tradeId")


def is_held(ask: Ask) -> None:
    """Go on only where one side of a trade is held; raises `Problem` 404 or 409."""
    name = ask.path["tradeId"]
    leg = clearing_of(ask).legs.get(name)
    if not was_done(ask):
        must_be_held(leg, name)


def must_be_held(leg: Leg | None, name: str) -> Leg:
    """Give one side of a trade that is held; raises `Problem` 404 or 409."""
    if leg is None:
        raise Problem(404, f"no trade {name[:LONGEST_ID]} was held today", "tradeId")
    if leg.standing is not Standing.HELD:
        raise Problem(409, f"{name} is {leg.standing.name} already", "tradeId")
    return leg


CHECKS: Final[dict[str, Callable[[Ask], None]]] = {
    "trf/trades/{tradeId}/bust": is_reported,
    "clearing/held/{tradeId}/decision": is_held,
}
"""By the path of a call under /ops."""
