"""/explain: why an order was refused, for whoever may see the rules of its MPID.

A reject of another MPID's is as missing as one that never was.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

import msgspec

from venue.calls import Query
from venue.explain.answer import Explanation
from venue.problem import Problem
from venue.roles import OPERATIONS, PRM_READ, RULES_READ
from venue.sidecar.change import present
from venue.sidecar.explain import explain, find_reject
from venue.sidecar.rest.endpoints import Ask, Endpoint, Reply, Scope

ROLES = frozenset((OPERATIONS, RULES_READ, PRM_READ))
REJECT_ID = re.compile(r"R?([0-9]{1,18})")
NOT_THERE = (404, 409)


class OrderQuery(Query, frozen=True, kw_only=True):
    """An order of a port by what its client calls it: UserRefNum, in a channel (0 for none), or ClOrdID."""

    port: str
    user_ref_num: Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)] | None = None
    user_ref_idx: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    cl_ord_id: Annotated[str, msgspec.Meta(min_length=1, max_length=14)] | None = None
    day: date | None = None


async def of_order(ask: Ask) -> Reply:
    """Explain the newest reject of an order."""
    query: OrderQuery = ask.query
    await present(ask.sidecar)
    port = ask.sidecar.replica.machine.engine.ports.get(query.port)
    missing = Problem(404, f"there is no port {query.port}", "port")
    if port is None:
        raise missing
    ask.conceal(port.mpid, missing, port.name)
    explanation = await find_reject(
        ask.sidecar,
        query.port,
        user_ref_num=query.user_ref_num,
        user_ref_idx=query.user_ref_idx,
        cl_ord_id=query.cl_ord_id,
        day=query.day,
    )
    return Reply(explanation, explanation.record)


async def of_reject(ask: Ask) -> Reply:
    """Explain a reject by its id, which live events and `portcullis tail` tell."""
    given = ask.path["rejectId"]
    read = REJECT_ID.fullmatch(given)
    if read is None:
        raise Problem(422, f"a reject's id is a record's number, such as R1207, not {given[:40]!r}", "rejectId")
    missing = Problem(404, f"there is no reject {given}", "rejectId")
    try:
        explanation = await explain(ask.sidecar, int(read[1]))
    except Problem as problem:
        if problem.status in NOT_THERE and ask.identity.mpids is not None:
            raise missing from None  # what else the record is tells of others
        raise
    ask.conceal(explanation.mpid, missing, explanation.port)
    return Reply(explanation, explanation.record)


EXPLANATION_ENDPOINTS = (
    Endpoint(
        *("ops", "GET", "/explain", "Explain the reject of an order", of_order, Explanation, ROLES, Scope.OWN),
        query=OrderQuery,
        errors=(404, 409),
        description=OrderQuery.__doc__ or "",
    ),
    Endpoint(
        *("ops", "GET", "/explain/{rejectId}", "Explain a reject", of_reject, Explanation, ROLES, Scope.OWN),
        errors=(404, 409),
        description="The id is the record's number, as live events and `portcullis tail` tell it.",
    ),
)
