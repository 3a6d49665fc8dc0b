"""Makes the OpenAPI 3.1 description of an API from its rows, so that it cannot differ from what is served.

Types come from the structs by msgspec; a query's struct becomes parameters. What every endpoint of a kind takes or
answers (headers, problems, tokens) is added here once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib import metadata
from typing import Any, NamedTuple

import msgspec

from venue.problem import MEDIA_TYPE, TITLES, ProblemDetails
from venue.roles import MEANINGS
from venue.sidecar.rest.endpoints import IDEMPOTENCY_KEY, Empty, Endpoint

Json = dict[str, Any]
RELEASE = metadata.version("portcullis")
SCHEMES = "#/components/schemas/{name}"
INTRODUCTION = """\
A token is asked for at `/auth/token` with a client's id and secret and lasts five minutes. Refusals are
`application/problem+json` with the field to blame in `errors`. A change may carry an `Idempotency-Key`: sent again
under the same key it is carried out once. `X-As-Of` names the record as of which an answer is so.
"""
HEADERS: Json = {
    "X-Request-Id": {"description": "What the log calls this request.", "schema": {"type": "string"}},
    "X-As-Of": {"description": "The record as of which the answer is so.", "schema": {"type": "integer"}},
    "X-Environment": {"description": "In which environment it was answered.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "The change was carried out before, under the same key; this is what was answered then.",
        "schema": {"const": "true"},
    },
}
PARAMETERS: Json = {
    IDEMPOTENCY_KEY: {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "required": False,
        "description": "The change is carried out once for each key; any later call with it gets the first answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    }
}
TEXT: Json = {"type": "string", "minLength": 1}
PATHS: dict[str, Json] = {
    "venue": TEXT | {"description": "A market's key.", "examples": ["nasdaq"]},
    "book": TEXT | {"maxLength": 8, "description": "A symbol.", "examples": ["AAPL"]},
    "port": TEXT | {"maxLength": 6, "description": "A port's name.", "examples": ["IN19T6"]},
    "tradeId": TEXT | {"pattern": "^[A-Za-z0-9-]{1,64}$", "description": "A trade's id.", "examples": ["nasdaq-17-B"]},
    "matchNumber": TEXT | {"pattern": "^[0-9]+$", "description": "A trade's number.", "examples": ["1"]},
    "rejectId": TEXT | {"pattern": "^R?[0-9]{1,18}$", "description": "A reject's id.", "examples": ["R1207"]},
}
"""What the names in paths stand for."""


class Api(NamedTuple):
    """An API that has a description of its own."""

    key: str
    title: str


APIS = (
    Api("ops", "Operations"),
    Api("market-data", "Market data"),
    Api("eqrc", "Equity risk controls"),
    Api("ptr-clearing", "Post-trade risk: clearing firm"),
    Api("ptr-correspondent", "Post-trade risk: correspondent"),
    Api("ptr-counterparty", "Post-trade risk: counterparty"),
)
"""Every API there may be; those that have rows are described."""


def described(endpoints: Iterable[Endpoint]) -> list[Api]:
    """Give the APIs that have rows."""
    keys = {endpoint.api for endpoint in endpoints}
    return [api for api in APIS if api.key in keys]


def describe(api: Api, endpoints: Sequence[Endpoint], base: str) -> Json:
    """Give an API's description; `base` is the address at which it is served."""
    mine = [endpoint for endpoint in endpoints if endpoint.api == api.key]
    kinds: list[Any] = [ProblemDetails]
    for endpoint in mine:
        kinds += [kind for kind in (endpoint.query, endpoint.body, endpoint.answer) if kind is not None]
    references, schemas = msgspec.json.schema_components(kinds, schema_hook=anything, ref_template=SCHEMES)
    reference = dict(zip(map(id, kinds), references, strict=True))
    paths: Json = {}
    for endpoint in mine:
        paths.setdefault(endpoint.path, {})[endpoint.verb.lower()] = operation(endpoint, reference, schemas)
    for endpoint in mine:
        if endpoint.query is not None:
            schemas.pop(endpoint.query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Portcullis: {api.title}",
            "version": RELEASE,
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(tag_of(endpoint) for endpoint in mine)],
        "paths": paths,
        "components": {
            "schemas": plain(schemas),
            "headers": HEADERS,
            "parameters": PARAMETERS,
            "responses": {str(status): problem(status) for status in TITLES},
            "securitySchemes": security_schemes(mine, base),
        },
    }


def operation(endpoint: Endpoint, reference: dict[int, Json], schemas: Json) -> Json:
    """Describe one row."""
    words = re.findall(r"[a-zA-Z]+", endpoint.path)
    taken: Json = {
        "operationId": endpoint.verb.lower() + "".join(word[0].upper() + word[1:] for word in words),
        "summary": endpoint.summary,
        "tags": [tag_of(endpoint)],
        "parameters": parameters(endpoint, schemas),
        "responses": {"200": success(endpoint, reference)}
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in endpoint.statuses},
        "security": security(endpoint),
    }
    if endpoint.description:
        taken["description"] = endpoint.description
    if endpoint.body is not None:
        content: Json = {"schema": reference[id(endpoint.body)]}
        if endpoint.examples:
            content["examples"] = {str(i): {"value": value} for i, value in enumerate(endpoint.examples, 1)}
        required = any(field.required for field in msgspec.structs.fields(endpoint.body))
        taken["requestBody"] = {"required": required, "content": {"application/json": content}}
    return taken


def parameters(endpoint: Endpoint, schemas: Json) -> list[Json]:
    """Describe what stands in a row's path, query and headers."""
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": PATHS.get(name, TEXT)} for name in endpoint.names
    ]
    if endpoint.query is not None and endpoint.query is not Empty:
        query = schemas[endpoint.query.__name__]
        for name, schema in query["properties"].items():
            required = name in query.get("required", ())
            found.append({"name": name, "in": "query", "required": required, "schema": plain(asked(schema))})
    if endpoint.changes:
        found.append({"$ref": f"#/components/parameters/{IDEMPOTENCY_KEY}"})
    return found


def asked(schema: Json) -> Json:
    """Give the schema of a query's field without null, which a query cannot say."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if not kinds:
        return schema
    rest = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    return {**rest, **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})}


def success(endpoint: Endpoint, reference: dict[int, Json]) -> Json:
    """Describe a row's answer."""
    names = ["X-Request-Id", "X-As-Of", *(["Idempotent-Replayed"] if endpoint.changes else [])]
    names += ["X-Environment"] if endpoint.api.startswith("ptr-") else []
    schema = {"type": "string"} if endpoint.answer is None else reference[id(endpoint.answer)]
    return {
        "description": HTTPStatus.OK.phrase,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {endpoint.media: {"schema": schema}}
        | {kind: {"schema": {"type": "string"}} for kind in endpoint.also},
    }


def problem(status: int) -> Json:
    """Describe a refusal."""
    names = ["X-Request-Id"]
    headers: Json = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if status in {429, 503}:
        headers["Retry-After"] = {"description": "Seconds.", "schema": {"type": "string"}}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = {"required": True, "schema": {"type": "string"}}
    example = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": "…"}
    content: Json = {"schema": {"$ref": SCHEMES.format(name="ProblemDetails")}, "example": example}
    return {"description": TITLES[status], "headers": headers, "content": {MEDIA_TYPE: content}}


def security(endpoint: Endpoint) -> list[Json]:
    """Say which token a row asks for; any one of its roles will do."""
    if endpoint.roles is None:
        return []
    return [{"oauth2": [role]} for role in sorted(endpoint.roles)] + [{"bearer": []}]


def security_schemes(endpoints: Sequence[Endpoint], base: str) -> Json:
    """Describe where tokens come from."""
    roles = sorted({role for endpoint in endpoints for role in endpoint.roles or ()})
    token = f"{base}/auth/token"
    scopes = {role: MEANINGS.get(role, role) for role in roles}
    return {
        "oauth2": {
            "type": "oauth2",
            "description": "A client's own token, or a person's through the login page.",
            "flows": {
                "clientCredentials": {"tokenUrl": token, "scopes": scopes},
                "authorizationCode": {
                    "authorizationUrl": f"{base}/auth/authorize",
                    "tokenUrl": token,
                    "scopes": scopes,
                },
            },
        },
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token you have."},
    }


def anything(kind: type) -> Json:
    """Give the schema of what may be anything, which msgspec does not take for empty."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "Of any type."}


def tag_of(endpoint: Endpoint) -> str:
    """Give the heading under which a row stands."""
    parts = endpoint.path.strip("/").split("/")
    return parts[1] if len(parts) > 1 and not parts[1].startswith("{") else parts[0]


def plain(schema: Any) -> Any:
    r"""Give a schema whose patterns end as ECMAScript writes it: `$` for `\Z`."""
    if isinstance(schema, dict):
        return {
            key: value.replace(r"\Z", "$") if key == "pattern" and isinstance(value, str) else plain(value)
            for key, value in schema.items()
        }
    return [plain(part) for part in schema] if isinstance(schema, list) else schema
