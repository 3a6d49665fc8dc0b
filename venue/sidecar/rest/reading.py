"""Reads what a caller sent into the structs that an endpoint's row names: query, body, headers.

Whatever does not fit is refused with the name of the field to blame, as the caller wrote it, and with what was likely
meant. Bodies are bounded in size and time.
"""

from __future__ import annotations

import asyncio
import difflib
import re
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from venue.hints import hint
from venue.problem import Problem
from venue.sidecar.rest.endpoints import IDEMPOTENCY_KEY, Endpoint

BODY_SECONDS = 15.0
"""How long a caller may take to send a body."""
QUERY_FIELDS = 64
"""Fields in one query."""
KEY = re.compile(r"[!-~]{1,128}")
FIELD = re.compile(r"(unknown|missing required) field `([^`]+)`")
MEDIA = frozenset(("application/json", "application/problem+json", "application/*", "*/*"))

Anything = TypeVar("Anything", bound=msgspec.Struct)


def read_query(query: str, struct: type[Anything]) -> Anything:
    """Give the query of an address, which comes still percent-encoded."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=QUERY_FIELDS)
    except UnicodeDecodeError:
        raise Problem(422, "the query is not UTF-8 text, percent-encoded", "query") from None
    except ValueError:
        raise Problem(422, f"a query has at most {QUERY_FIELDS} fields", "query") from None
    asked: dict[str, str] = {}
    for name, value in pairs:
        if name in asked:
            raise Problem(422, f"{name} stands twice", name)
        asked[name] = value
    return of_texts(asked, struct)


def of_texts(asked: dict[str, str], struct: type[Anything]) -> Anything:
    """Give a query's texts as a struct. A text is never null: `null` is one like any other."""
    known = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    values: dict[str, Any] = {}
    for name, text in asked.items():
        if name not in known:
            raise blame(f"Object contains unknown field `{name}`", struct)
        field = known[name]
        kinds = tuple(kind for kind in get_args(field.type) if kind is not NoneType)
        kind = reduce(or_, kinds) if get_origin(field.type) in {Union, UnionType} else field.type
        try:
            values[field.name] = msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError as error:
            raise Problem(422, f"{error}{hint(name, struct)}", name) from None
    for name, field in known.items():
        if field.required and field.name not in values:
            raise Problem(422, f"{name} is required{hint(name, struct)}", name)
    return struct(**values)


async def read_body(request: web.Request, struct: type[Anything]) -> Anything:
    """Give the body of a change. Where nothing in it is required it may be left out."""
    if request.content_length is not None and request.content_length > request.client_max_size:
        raise web.HTTPRequestEntityTooLarge(request.client_max_size, request.content_length)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            data = await request.read()
    except TimeoutError:
        late = f"the body did not come within {BODY_SECONDS:.0f} seconds"
        raise Problem(408, late, headers={"Connection": "close"}) from None
    except web.RequestPayloadError:
        raise Problem(400, "the body is not encoded as its headers say", headers={"Connection": "close"}) from None
    if not data:
        return convert({}, struct)
    check_media(request)
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body is not JSON: {error}") from None
    return convert(body, struct)


def check_media(request: web.Request) -> None:
    """Go on only where the body says that it is JSON, in UTF-8."""
    if request.content_type != "application/json":
        given = request.headers.get("Content-Type", "nothing")
        raise Problem(415, f"a body must be application/json, not {given}", "Content-Type")
    try:
        charset = (request.charset or "utf-8").lower()
    except (ValueError, LookupError):
        charset = "unknown"
    if charset not in {"utf-8", "utf8", "us-ascii"}:
        raise Problem(415, f"JSON is in UTF-8, not in {charset}", "Content-Type")


def check_accept(request: web.Request, endpoint: Endpoint) -> None:
    """Go on unless the caller takes nothing that this endpoint can answer; weights are not looked at."""
    accept = request.headers.get("Accept", "")
    kinds = {kind.partition(";")[0].strip().lower() for kind in accept.split(",")} - {""}
    media = (endpoint.media, *endpoint.also)
    families = {kind.partition("/")[0] + "/*" for kind in media}
    if kinds and not kinds & (MEDIA | {*media} | families):
        raise Problem(406, f"the answer is {' or '.join(media)}, which {accept[:200]} leaves out", "Accept")


def read_key(request: web.Request) -> str:
    """Give the key under which a change is carried out once; empty where there is none."""
    keys = request.headers.getall(IDEMPOTENCY_KEY, [])
    if not keys:
        return ""
    if len(keys) > 1 or not KEY.fullmatch(keys[0]):
        raise Problem(
            422, f"{IDEMPOTENCY_KEY} must be given once, 1 to 128 printable characters without spaces", IDEMPOTENCY_KEY
        )
    return keys[0]


def convert(data: Any, struct: type[Anything]) -> Anything:
    """Give plain data as a struct, or the refusal that names the field."""
    try:
        return msgspec.convert(data, struct)
    except msgspec.ValidationError as error:
        raise blame(str(error), struct) from None


def blame(text: str, struct: type[msgspec.Struct]) -> Problem:
    """Turn msgspec's message into a refusal with the field's own name, and what was likely meant."""
    message, _, path = text.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    found = FIELD.search(message)
    if found is None:
        return Problem(422, message + hint(field, struct), field)
    field = f"{field}.{found[2]}" if field else found[2]
    if found[1] != "unknown":
        return Problem(422, f"{field} is required{hint(field, struct)}", field)
    likely = difflib.get_close_matches(found[2], names(struct), 1)
    meant = f"; did you mean {likely[0]}?" if likely else ""
    known = ", ".join(struct.__struct_encode_fields__)
    return Problem(422, f"there is no {field}{meant or (f'; there are {known}' if known else '')}", field)


def names(kind: Any) -> list[str]:
    """Give the names of a struct's fields, and of the structs in it."""
    _, components = msgspec.json.schema_components((kind,))
    return sorted({name for schema in components.values() for name in schema.get("properties", ())})
