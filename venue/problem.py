"""What is told where a call cannot be served: a problem as RFC 9457 has it, the same over engine.sock and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Request timeout",
    409: "Conflict",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Invalid body",
    429: "Too many requests",
    500: "Internal error",
    503: "Service unavailable",
}
"""The title of each status that a problem may have."""


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field: of the path, the query, the headers or the body, by its name there."""

    field: str
    message: str


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem (RFC 9457). `errors` stands in it where fields are to blame."""

    type: str
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    errors: tuple[FieldError, ...] = ()


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it that
    """A call that cannot be served: an HTTP status, what is wrong, and the field to blame, or several `errors`.

    `headers` are for HTTP only, such as Retry-After.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        field: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        detail = detail.encode("utf-8", "replace").decode()  # it may quote a header, which may be any bytes
        super().__init__(detail)
        self.status = status
        self.field = field
        self.errors = tuple(errors) or ((FieldError(field, detail),) if field else ())
        self.headers = dict(headers or {})

    def body(self) -> ProblemDetails:
        """Give the problem as it is sent."""
        return ProblemDetails("about:blank", TITLES[self.status], self.status, str(self), self.errors)
