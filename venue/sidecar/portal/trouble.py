"""What people are told where something went wrong: what happened, what to do, under which reference the log has it.

Whole pages get a page, in the portal's own layout where somebody has logged in, with a way back; parts of pages get a
message beside the page. What programs ask is answered as everywhere, with a problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import structlog
from aiohttp import web

from venue.problem import Problem
from venue.sidecar.portal.assets import PREFIX
from venue.sidecar.portal.views import render
from venue.sidecar.portal.visit import html, told
from venue.sidecar.rest.problems import UNAVAILABLE

if TYPE_CHECKING:
    from venue.sidecar.portal.visit import Visit

PART: Final = "HX-Request"
"""The header by which htmx says that it asks for a part of a page."""
VISIT: Final = "visit"
"""Under which a request has the visit that it is of."""
LOGIN_PAGE: Final = "/auth/authorize"
INTERNAL: Final = 500

log = structlog.get_logger()


class Advice(NamedTuple):
    """What a status means to a person: what happened, and what to do now."""

    happened: str
    do: str


IN_GENERAL: Final = Advice("That did not work", "Go back and try again.")
ADVICE: Final = {
    403: Advice("You may not do that here", "Go back, or log in as somebody whose roles allow it."),
    404: Advice(
        "There is no such page", "It may have been deleted, or its address mistyped: go on from the first page."
    ),
    405: Advice("That cannot be asked for this way", "Go to the page itself, and press its button there."),
    408: Advice("That took too long to arrive", "Check the connection to the venue, and send it again."),
    409: Advice("It is not as it was any more", "Go back to see how it stands now, then decide again."),
    413: Advice("That was too long", "Go back and send less at once, a long list in several parts."),
    422: Advice("That was not understood", "Go back and check what was typed."),
    429: Advice("Too many requests at once", "Wait a few seconds, then try again."),
    INTERNAL: Advice(
        "The venue could not do that", "Try again. If it fails again, tell whoever runs the venue the reference below."
    ),
    UNAVAILABLE: Advice("The venue cannot answer just now", "It is mostly back within seconds: try again then."),
}


def trouble(request: web.Request, problem: Problem) -> web.Response:
    """Tell what went wrong: as a message beside the page, or as a page."""
    if PART in request.headers:
        response = told(html(render("toast.html", text=in_short(request, problem), is_trouble=True), problem.status))
    else:
        response = html(as_page(request, problem), problem.status)
    if problem.status == UNAVAILABLE:
        response.headers["Retry-After"] = "1"
    response.headers.update(problem.headers)
    return response


def in_short(request: web.Request, problem: Problem) -> str:
    """Give the words of a message: what was refused in its own, a fault of ours by its reference."""
    if problem.status != INTERNAL:
        return sentence(str(problem))
    advice = ADVICE[INTERNAL]
    return f"{advice.happened}, by a fault of its own. {advice.do.replace('below', reference(request))}"


def reference(request: web.Request) -> str:
    """Give what the log has a request under."""
    return str(request.get("id", ""))


def as_page(request: web.Request, problem: Problem) -> str:
    """Give the page: with the navigation where somebody has logged in, unless that is what fails."""
    visit: Visit | None = request.get(VISIT)
    values = {
        "status": problem.status,
        "advice": ADVICE.get(problem.status, IN_GENERAL),
        "detail": "A fault of its own kept it from that." if problem.status == INTERNAL else sentence(str(problem)),
        "reference": reference(request),
        "again": request.path_qs if request.method == "GET" and problem.status in (429, INTERNAL, UNAVAILABLE) else "",
        "venue": "",
    }
    if visit is not None:
        may_return = visit.page in visit.nav and visit.page is not None and request.path != visit.page.path
        back = visit.page if may_return else None
        try:
            return render("trouble.html", layout="base.html", visit=visit, page=visit.page, back=back, **values)
        except Exception:  # it may be the navigation that fails, and somebody waits for an answer
            log.exception("fault", id=reference(request), of="the page that tells of a fault")
    return render("trouble.html", layout="bare.html", back=None, **values)


def sentence(text: str) -> str:
    """Give what a problem says as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def is_by_person(request: web.Request) -> bool:
    """Whether a person sees the answer: to the portal's paths; else where a browser logs in, or asks for nothing known.

    That it is a browser is known by its asking for HTML by name.
    """
    path = request.path
    if path == "/portal" or path.startswith("/portal/"):
        return not path.startswith(PREFIX)
    if "text/html" not in request.headers.get("Accept", ""):
        return False
    missed = request.match_info.http_exception
    return path == LOGIN_PAGE or (request.method == "GET" and missed is not None and missed.status == 404)
