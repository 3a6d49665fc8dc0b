"""Reads forms as OAuth 2.0 has them: `application/x-www-form-urlencoded`, bounded, each name once."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from aiohttp import web

from venue.problem import Problem

LARGEST_FORM = 16_384
"""Bytes."""
FIELDS_MOST = 32
FORM_SECONDS = 15.0
MEDIA_TYPE = "application/x-www-form-urlencoded"


class BadForm(Exception):  # noqa: N818 - it reads as what is so
    """A form that cannot be read: what is wrong with it."""


async def read_form(request: web.Request) -> dict[str, str]:
    """Read a form; raises `BadForm`, or `Problem` where it is too large or too slow."""
    if request.content_type != MEDIA_TYPE:
        raise BadForm(f"the body must be {MEDIA_TYPE}")
    if (request.content_length or 0) > LARGEST_FORM:
        raise _too_large()
    body = b""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            while piece := await request.content.read(LARGEST_FORM):
                body += piece
                if len(body) > LARGEST_FORM:
                    raise _too_large()
    except TimeoutError:
        raise Problem(408, f"the form did not come within {FORM_SECONDS:.0f} seconds") from None
    except web.RequestPayloadError:
        raise BadForm("the form is not encoded as its headers say") from None
    return fields(body.decode("latin-1"))


def fields(text: str) -> dict[str, str]:
    """Give the fields of a form or a query, still percent-encoded; raises `BadForm`."""
    if not text.isascii():
        raise BadForm("the form is not percent-encoded ASCII")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MOST)
    except ValueError:  # UnicodeDecodeError is one
        raise BadForm(f"the form is not UTF-8, or has more than {FIELDS_MOST} fields") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadForm("a field stands twice")
    return found


def _too_large() -> Problem:
    return Problem(413, f"a form has at most {LARGEST_FORM:,} bytes", headers={"Connection": "close"})
