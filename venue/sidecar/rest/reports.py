"""/reports: the files that are written for members, for whoever may see the member's accounts."""

from __future__ import annotations

from datetime import date

from venue.calls import Query
from venue.problem import Problem
from venue.report_files import audit_name
from venue.roles import OPERATIONS, PRM_READ
from venue.settings import Mpid
from venue.sidecar.change import present
from venue.sidecar.rest.endpoints import Ask, Endpoint, Reply, Scope

ROLES = frozenset((OPERATIONS, PRM_READ))
CSV = "text/csv"


class ReportQuery(Query, frozen=True, kw_only=True):
    """Whose report, and of which trading day: without `date` the present one."""

    mpid: Mpid
    date: date | None = None


async def prm_audit(ask: Ask) -> Reply:
    """Give the PRM audit report of a member as it was written last.

    It is written at 22:30 in Stockholm, at the end of the trading day, and by `POST /ops/reports/prm-audit`.
    """
    query: ReportQuery = ask.query
    await present(ask.sidecar)
    machine = ask.sidecar.replica.machine
    day = machine.engine.date if query.date is None else query.date.isoformat()
    missing = Problem(404, f"there is no report of {query.mpid} for {day}", "date")
    ask.conceal(query.mpid, missing)
    try:
        content = (ask.sidecar.data / audit_name(query.mpid, day)).read_bytes()
    except FileNotFoundError:
        raise missing from None
    return Reply(content, machine.number, media=CSV)


REPORT_ENDPOINTS = (
    Endpoint(
        *("ops", "GET", "/reports/prm-audit", "Give the PRM audit report", prm_audit, None, ROLES, Scope.OWN),
        query=ReportQuery,
        errors=(404,),
        description=prm_audit.__doc__ or "",
        media=CSV,
    ),
)
