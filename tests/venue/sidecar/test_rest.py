"""The HTTP service of a running demo: what goes wrong comes out as a problem, what went right is seen at once."""

import json
import logging
import socket
import time

import pytest
from aiohttp import web

from venue.sidecar.rest.app import tells
from venue.sidecar.rest.serving import finish

PUBLIC = ("/healthz", "/readyz", "/version", "/metrics", "/openapi", "/openapi/ops.json", "/docs")
PRICES = "/ops/books/nasdaq/MSFT/prices"


def problem(answered, status, *fields):
    assert answered.status == status, answered.content
    assert answered.headers["Content-Type"] == "application/problem+json"
    body = answered.json
    assert body["status"] == status
    assert body["type"]
    assert body["title"]
    assert body["detail"]
    assert answered.fields == list(fields)
    return body


@pytest.mark.parametrize("path", PUBLIC)
def test_who_has_no_token_sees_how_the_venue_is_and_what_it_offers(anybody, path):
    assert anybody.get(path).status == 200


@pytest.mark.parametrize("path", ["/ops/ports", "/ops/orders", "/ops/books/nasdaq/AAPL"])
def test_and_nothing_else(anybody, path):
    answered = anybody.get(path)
    problem(answered, 401)
    assert answered.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", [*PUBLIC, "/ops/ports", "/nowhere"])
def test_every_answer_has_the_headers_of_caution(operator, path):
    headers = operator.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src ")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] in {"no-store", "no-cache"}
    assert "Strict-Transport-Security" not in headers
    assert headers.get_all("Server") == ["portcullis"]
    assert headers["X-Request-Id"]
    assert len(headers.get_all("Content-Type")) == 1


def test_a_request_is_called_what_the_caller_calls_it(operator):
    assert operator.get("/ops/ports", X_Request_Id="mine-7").headers["X-Request-Id"] == "mine-7"
    assert operator.get("/ops/ports", X_Request_Id="two words").headers["X-Request-Id"] != "two words"


def test_an_answer_says_as_of_which_record_it_is(operator):
    answered = operator.get("/ops/ports")
    assert int(answered.headers["X-As-Of"]) == answered.json["asOf"] > 0


def test_a_path_that_is_not_there_is_a_problem(operator):
    problem(operator.get("/ops/nowhere"), 404)
    problem(operator.get("/nowhere"), 404)
    problem(operator.get("/ops/books/nasdaq/ZZZ"), 404, "book")
    problem(operator.get("/ops/books/nasdaq/%00"), 404, "book")
    problem(operator.get("/ops/books/nasdaq/a%2Fb"), 404, "book")


@pytest.mark.parametrize(("verb", "path"), [("POST", "/ops/ports"), ("DELETE", "/ops/phase"), ("PATCH", PRICES)])
def test_another_method_is_a_problem_that_says_which_there_are(operator, verb, path):
    answered = operator.call(verb, path)
    problem(answered, 405)
    assert verb not in answered.headers["Allow"].split(", ")


def test_a_path_says_which_methods_it_takes(operator):
    answered = operator.call("OPTIONS", "/ops/ports")
    assert (answered.status, answered.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert operator.call("OPTIONS", "/ops/phase").headers["Allow"] == "OPTIONS, POST"


def test_events_have_no_head_since_they_have_no_end(operator):
    assert operator.call("OPTIONS", "/ops/events").headers["Allow"] == "GET, OPTIONS"
    assert operator.call("HEAD", "/ops/events").status == 405


async def test_over_tls_an_answer_says_that_it_is_always_asked_so():
    class Request(dict):
        secure = True

    response = web.Response()
    await finish(Request(id="x"), response)
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_head_is_a_look_without_its_content(operator):
    answered = operator.call("HEAD", "/ops/ports")
    assert (answered.status, answered.content) == (200, b"")
    assert int(answered.headers["Content-Length"]) > 100


@pytest.mark.parametrize(
    ("query", "field"), [("nope=1", "nope"), ("limit=0", "limit"), ("limit=x", "limit"), ("port=A&port=B", "port")]
)
def test_a_query_that_does_not_fit_is_a_problem(operator, query, field):
    problem(operator.get(f"/ops/orders?{query}"), 422, field)


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"venue": "nasdaq", "phase": "LUNCH"}, "phase", "HALT"),
        ({"venue": "nasdaq"}, "phase", "required"),
        ({"venue": "nasdaq", "phase": "HALT", "bok": "AAPL"}, "bok", "did you mean book"),
        ({"venue": 5, "phase": "HALT"}, "venue", "str"),
        ({"venue": "nasdaq", "phase": "HALT", "book": "ZZZ"}, "book", "ZZZ"),
    ],
)
def test_a_body_that_does_not_fit_is_a_problem_with_the_field(operator, body, field, says):
    assert says in problem(operator.post("/ops/phase", body), 422, field)["detail"]


@pytest.mark.parametrize("content", ["{", "", "\x00", '{"a":' * 5_000, "[1, 2", '"\\ud800"', "nan"])
def test_what_is_not_json_is_a_problem(operator, content):
    answered = operator.call("POST", "/ops/phase")
    answered = operator.send(
        "POST",
        "/ops/phase",
        content.encode(),
        {"Authorization": f"Bearer {operator.token}", "Content-Type": "application/json"},
    )
    assert answered.status in {400, 422}
    assert answered.headers["Content-Type"] == "application/problem+json"


def test_a_body_of_another_kind_is_a_problem(operator):
    problem(operator.post("/ops/phase", {}, Content_Type="text/plain"), 415, "Content-Type")


def test_who_takes_no_json_is_told_so(operator):
    problem(operator.get("/ops/ports", Accept="image/png"), 406, "Accept")


def test_too_large_a_body_is_a_problem_before_it_has_come(operator):
    operator.get("/ops/ports")
    answered = operator.send(
        "POST",
        "/ops/phase",
        b"",
        {
            "Authorization": f"Bearer {operator.token}",
            "Content-Type": "application/json",
            "Content-Length": "999999999",
        },
    )
    problem(answered, 413)


def test_too_large_a_body_is_a_problem_where_its_length_was_not_told(operator):
    operator.get("/ops/ports")
    pieces = (b"x" * 65_536 for _ in range(64))
    headers = {"Authorization": f"Bearer {operator.token}", "Content-Type": "application/json"}
    try:
        answered = operator.send("POST", "/ops/phase", pieces, headers)
    except ConnectionError:
        return  # it hung up before all of it was sent
    problem(answered, 413)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /ops/ports HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ops/ports HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % i for i in range(200)) + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /ops/phase HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /ops/ports HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_without_a_word_of_the_inside(demo, request_bytes):
    with socket.create_connection(demo.addresses["http"], timeout=15) as client:
        client.sendall(request_bytes)
        answer = b""
        while piece := client.recv(65_536):
            answer += piece
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert b"Traceback" not in answer
    assert b".py" not in answer


def test_a_look_after_a_change_sees_it(operator):
    for i in range(30):
        price = f"{400 + i}.2500"
        changed = operator.put(PRICES, {"last": price})
        assert changed.status == 200
        looked = operator.get("/ops/books/nasdaq/MSFT")
        assert looked.json["last"] == price == changed.json["last"]
        assert int(looked.headers["X-As-Of"]) >= int(changed.headers["X-As-Of"])


def test_a_change_is_made_once_under_its_key(operator):
    first = operator.put(PRICES, {"last": "391.0000"}, key="once-1")
    operator.put(PRICES, {"last": "392.0000"})
    again = operator.put(PRICES, {"last": "391.0000"}, key="once-1")
    assert (first.status, again.status, again.json) == (200, 200, first.json)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert operator.get("/ops/books/nasdaq/MSFT").json["last"] == "392.0000"


def test_a_key_belongs_to_one_request(operator):
    operator.put(PRICES, {"last": "391.0000"}, key="once-2")
    problem(operator.put(PRICES, {"last": "395.0000"}, key="once-2"), 422, "Idempotency-Key")


@pytest.mark.parametrize("key", ["k" * 129, "two words", ""])
def test_a_key_that_is_none_is_a_problem(operator, key):
    problem(operator.put(PRICES, {"last": "391.0000"}, key=key), 422, "Idempotency-Key")


def test_a_change_without_fields_may_leave_its_body_out(operator):
    assert operator.post("/ops/ports/IN19T6/release").json == {"port": "IN19T6", "rateLimited": False}
    problem(operator.post("/ops/ports/NOPE/release"), 404, "port")


def wait_for_orders(operator, port, count):
    """Wait until the second process shows as many live orders of a port: it follows a moment behind."""
    end = time.monotonic() + 15
    while len(operator.get(f"/ops/orders?port={port}").json["items"]) != count:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_pages_walk_through_all_orders_while_more_come(demo, operator, connect):
    client = connect(demo, name="IN24T4")
    for number in range(1, 26):
        client.enter(number, symbol="IBM", price=2_400_000)
    client.settle()
    wait_for_orders(operator, "IN24T4", 25)
    seen, path = [], "/ops/orders?port=IN24T4&limit=10"
    coming = 26
    while True:
        page = operator.get(path).json
        seen += [order["userRefNum"] for order in page["items"]]
        if page["next"] is None:
            break
        client.enter(coming, symbol="IBM", price=2_400_000)
        client.settle()
        coming += 1
        path = f"/ops/orders?port=IN24T4&limit=10&after={page['next']}"
    assert seen[:25] == list(range(1, 26))
    assert len(set(seen)) == len(seen)
    client.logout()


def test_a_cursor_of_ones_own_making_is_a_problem(operator):
    problem(operator.get("/ops/orders?after=zzz"), 422, "after")


def test_the_description_names_the_address_at_which_tokens_are_had(demo, anybody):
    host, port = demo.addresses["http"]
    document = anybody.get("/openapi/ops.json").json
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"] == f"http://{host}:{port}/auth/token"


def test_the_page_names_what_it_loads_and_all_of_it_is_there(anybody):
    page = anybody.get("/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for part in ("swagger-ui.css", "docs.css", "docs.js", "swagger-ui-bundle.js", "oauth2-redirect.html"):
        answered = anybody.get(f"/docs/{part}")
        assert answered.status == 200
        mark = answered.headers["ETag"]
        assert anybody.get(f"/docs/{part}", If_None_Match=mark).status == 304


def test_a_log_in_comes_back_to_the_page_with_its_code(anybody):
    assert anybody.get("/docs/oauth2-redirect.html?code=abc&state=x&iss=http%3A%2F%2F127.0.0.1").status == 200


def test_a_secret_is_never_in_the_log(demo, operator):
    operator.get("/ops/ports")
    _, text = demo.errors.read_text().split("\nReady\n")  # the demo's banner shows how to log in
    assert operator.token not in text
    assert "ntf-operator!" not in text
    assert json.dumps(operator.token)[1:20] not in text


JSON = b"Content-Type: application/json"
ODD = [
    ("GET /ops/ports", b"Accept: \xff/x", b"", 406),
    ("GET /metrics", b"Accept: \xff", b"", 406),
    ("POST /ops/trading-day/next", b"Content-Type: \xff", b"{}", 415),
    ("POST /ops/trading-day/next", JSON + b"\r\nContent-Encoding: gzip", b"{}", 400),
    ("POST /auth/token", b"Content-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip", b"a=b", 400),
    ("GET /ops/ports", b"Expect: nothing", b"", 417),
    ("GET /openapi/ops.json", b"Host: [", b"", 400),
    ("GET /openapi/ops.json", b"Host: \xff", b"", 400),
    ("GET /openapi/ops.json", b"Host:", b"", 400),
]


@pytest.mark.parametrize(("line", "header", "body", "status"), ODD)
def test_headers_that_nobody_sends_are_the_callers_fault(demo, operator, line, header, body, status):
    operator.get("/ops/ports")  # so that it has a token
    host = b"" if header.startswith(b"Host:") else b"Host: venue\r\n"
    head = f"{line} HTTP/1.1\r\nConnection: close\r\nAuthorization: Bearer {operator.token}\r\n".encode()
    with socket.create_connection(demo.addresses["http"], timeout=15) as client:
        client.sendall(head + host + header + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        with client.makefile("rb") as answers:
            assert int(answers.readline().split()[1]) == status


@pytest.mark.parametrize(("path", "page"), [("/", "/portal"), ("/docs/", "/docs")])
def test_the_bare_address_leads_to_the_page(anybody, path, page):
    answered = anybody.get(path)
    assert (answered.status, answered.headers["Location"]) == (303, page)


def test_what_was_answered_as_the_callers_fault_takes_no_place_in_the_log():
    def line(error):
        return logging.LogRecord("http", logging.ERROR, "", 0, "Unhandled exception", None, (type(error), error, None))

    assert not tells(line(web.RequestPayloadError("not gzip")))
    assert tells(line(ValueError("ours")))
