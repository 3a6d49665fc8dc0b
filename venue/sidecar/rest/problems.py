"""What is answered over HTTP where a call cannot be served: the same problem as everywhere, as a response.

What HTTP's own machinery refuses (no such path, another method, too large a body) is given the same form.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from aiohttp import web

from venue.problem import MEDIA_TYPE, TITLES, Problem

UNAVAILABLE = 503
LONGEST_PATH = 200
"""Characters of a path in an answer or in the log."""
FOR_PEOPLE: web.AppKey[Callable[[web.Request, Problem], web.StreamResponse | None]] = web.AppKey("for_people")
"""What tells a problem to a person at a browser; it gives None where a program asked."""


def tell(request: web.Request, problem: Problem) -> web.StreamResponse:
    """Make the response of a problem, for whoever asked: a person, where there are pages for people, or a program."""
    show = request.app.get(FOR_PEOPLE)
    told = None if show is None else show(request, problem)
    return answer(problem) if told is None else told


def answer(problem: Problem) -> web.Response:
    """Make the response of a problem. What cannot be served now can in a moment, unless it says when."""
    headers = {"Retry-After": "1"} | problem.headers if problem.status == UNAVAILABLE else problem.headers
    return web.Response(
        status=problem.status,
        body=msgspec.json.encode(problem.body()),
        content_type=MEDIA_TYPE,
        headers=headers,
    )


def of_http(error: web.HTTPException, request: web.Request) -> Problem:
    """Give the problem that HTTP's own machinery means."""
    path = request.rel_url.raw_path[:LONGEST_PATH]
    match error:
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return Problem(
                405,
                f"{path} takes {allowed}, not {request.method}",
                headers={"Allow": allowed},
            )
        case web.HTTPNotFound():
            return Problem(404, f"no such path: {path}; /docs lists them")
        case web.HTTPRequestEntityTooLarge():
            bound = f"a body has at most {request.client_max_size:,} bytes"
            return Problem(413, bound, headers={"Connection": "close"})
        case _:
            return Problem(error.status if error.status in TITLES else 400, error.reason)
