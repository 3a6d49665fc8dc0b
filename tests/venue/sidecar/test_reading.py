"""What a caller sent is read into structs, or refused with the field to blame."""

from types import SimpleNamespace
from typing import Annotated

import msgspec
import pytest
from multidict import CIMultiDict

from venue.problem import Problem
from venue.sidecar.rest.reading import check_accept, check_media, convert, read_key, read_query


class Listing(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    port: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    is_open: bool = False


class Level(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    price: str
    quantity: int = 1


class Book(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    last_price: str
    levels: list[Level] = []


def refusal(function, *arguments, **named):
    with pytest.raises(Problem) as raised:
        function(*arguments, **named)
    problem = raised.value
    return problem.status, [error.field for error in problem.errors], str(problem)


def asking(**headers):
    """A request as far as its headers go."""
    fields = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    content = fields.get("Content-Type", "application/octet-stream").partition(";")
    charset = content[2].partition("charset=")[2].strip('"') or None
    return SimpleNamespace(headers=fields, content_type=content[0], charset=charset)


def test_a_query_is_read_by_its_types():
    assert read_query("port=IN19T6&limit=5&isOpen=true", Listing) == Listing("IN19T6", 5, True)
    assert read_query("", Listing) == Listing()
    assert read_query("port=BRK%20B", Listing) == Listing("BRK B")
    assert read_query("port=", Listing) == Listing("")
    assert read_query("port=null", Listing) == Listing("null")


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("limit=0", "limit", ">= 1"),
        ("limit=501", "limit", "<= 500"),
        ("limit=null", "limit", "Expected `int`"),
        ("limit=five", "limit", "Expected `int`"),
        ("limit=1.5", "limit", "Expected `int`"),
        ("limit=99999999999999999999999", "limit", "Expected `int`|<= 500"),
        ("port=A&port=B", "port", "stands twice"),
        ("limt=5", "limt", "did you mean limit"),
        ("after=5", "after", "there are port, limit, isOpen"),
        ("is_open=true", "is_open", "did you mean isOpen"),
        ("port=%ff", "query", "not UTF-8"),
        ("&".join(f"a{i}=1" for i in range(65)), "query", "at most 64 fields"),
    ],
)
def test_a_query_that_does_not_fit_is_refused_by_its_field(query, field, says):
    status, fields, text = refusal(read_query, query, Listing)
    assert (status, fields) == (422, [field])
    assert any(part in text for part in says.split("|"))


def test_what_a_query_must_name_is_asked_for():
    assert refusal(read_query, "", Level) == (422, ["price"], "price is required")


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "lastPrice", "lastPrice is required"),
        ({"lastPrice": 5}, "lastPrice", "Expected `str`"),
        ({"lastPrise": "5"}, "lastPrise", "did you mean lastPrice"),
        ({"lastPrice": "5", "zzz": 1}, "zzz", "there are lastPrice, levels"),
        ({"lastPrice": "5", "levels": [{"price": "1"}, {"price": 2}]}, "levels[1].price", "Expected `str`"),
        ({"lastPrice": "5", "levels": [{"prize": "1"}]}, "levels[0].prize", "did you mean price"),
        ([], "", "Expected `object`"),
        (None, "", "Expected `object`"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_its_field(body, field, says):
    status, fields, text = refusal(convert, body, Book)
    assert (status, fields) == (422, [field] if field else [])
    assert says in text


@pytest.mark.parametrize(
    "content", ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"]
)
def test_a_body_is_json(content):
    check_media(asking(Content_Type=content))


@pytest.mark.parametrize(
    "content", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
)
def test_any_other_content_type_is_refused(content):
    status, fields, _ = refusal(check_media, asking(Content_Type=content))
    assert (status, fields) == (415, ["Content-Type"])


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/json", "text/html, application/*;q=0.1", "application/problem+json", "APPLICATION/JSON"],
)
def test_who_takes_json_in_any_way_gets_it(accept):
    check_accept(asking(Accept=accept), SimpleNamespace(media="application/json", also=()))


def test_who_takes_no_json_is_told():
    status, fields, _ = refusal(
        check_accept, asking(Accept="text/html"), SimpleNamespace(media="application/json", also=())
    )
    assert (status, fields) == (406, ["Accept"])


def test_a_key_is_up_to_128_printable_characters():
    assert read_key(asking()) == ""
    assert read_key(asking(Idempotency_Key="k" * 128)) == "k" * 128


@pytest.mark.parametrize("key", ["", "k" * 129, "caf\u00e9", "a\tb", "a b"])
def test_any_other_key_is_refused(key):
    status, fields, _ = refusal(read_key, asking(Idempotency_Key=key))
    assert (status, fields) == (422, ["Idempotency-Key"])
