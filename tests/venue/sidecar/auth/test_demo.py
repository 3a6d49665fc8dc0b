"""The demo, started as people start it: its clients, its people, its source lists, over real connections."""

import json
import os
import signal
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from gatehouse import VERIFIER, Page, basic, bearer, secret_of

from venue import config
from venue.sidecar.auth.codes import challenge_of
from venue.sidecar.auth.keys import KEY_FILE

PATIENCE = 15
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PTR = "/ptr-api/clearing/access"
DEMO = config.parse(config.sample())


class Visitor:
    """Asks a venue over HTTP, with a connection for each request."""

    def __init__(self, address):
        self.host, self.port = address

    def ask(self, method, path, form=None, headers=None, source=None):
        """Give status, headers and body of the answer."""
        link = HTTPConnection(self.host, self.port, PATIENCE, None if source is None else (source, 0))
        try:
            body = None if form is None else urlencode(form)
            link.request(method, path, body, {**(FORM if form else {}), **(headers or {})})
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            link.close()

    def token(self, client_id):
        status, _, body = self.ask(
            "POST", "/auth/token", {"grant_type": "client_credentials"}, basic(client_id, secret_of(client_id))
        )
        assert status == 200, body
        return json.loads(body)["access_token"]


@pytest.fixture
def demo(launch):
    return launch("--durability", "process", sidecar=True)


@pytest.fixture
def visitor(demo):
    """Who asks once the second process answers."""
    made = Visitor(demo.addresses["http"])
    wait_for(made)
    return made


def wait_for(visitor):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError, HTTPException):
            if visitor.ask("GET", "/auth/jwks")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError("nobody answers")


def children_of(pid):
    """The processes that any thread of a process has started."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(number) for thread in threads for number in (thread / "children").read_text().split()]


def test_its_clients_get_tokens_and_operations_are_for_their_role(visitor):
    tokens = {client.id: visitor.token(client.id) for client in DEMO.client if client.secret}
    opened = {name: visitor.ask("GET", "/ops/ports", headers=bearer(token))[0] for name, token in tokens.items()}
    assert opened == {name: 200 if name == "ntf-operator" else 403 for name in tokens}
    status, headers, body = visitor.ask("GET", "/ops/ports")
    assert (status, json.loads(body)["status"]) == (401, 401)
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["WWW-Authenticate"].startswith("Bearer")


def test_its_people_log_in_on_the_page_and_come_back_with_a_code(visitor):
    asked = {
        "response_type": "code",
        "client_id": "docs",
        "redirect_uri": f"http://{visitor.host}:{visitor.port}/docs/oauth2-redirect.html",
        "state": "s",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    for person in DEMO.person:
        status, headers, body = visitor.ask("GET", f"/auth/authorize?{urlencode(asked)}")
        assert status == 200
        cookie = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
        form = Page(body).fields | {"name": person.name, "password": "NTFTEST"}
        status, headers, _ = visitor.ask("POST", "/auth/authorize", form, cookie)
        assert status == 303
        back = urlsplit(headers["Location"])
        assert headers["Location"].startswith(f"{asked['redirect_uri']}?")
        answer = parse_qs(back.query)
        assert answer["state"] == ["s"]
        redeemed = {
            "grant_type": "authorization_code",
            "client_id": "docs",
            "redirect_uri": asked["redirect_uri"],
            "code": answer["code"][0],
            "code_verifier": VERIFIER,
        }
        status, _, body = visitor.ask("POST", "/auth/token", redeemed)
        assert status == 200
        token = json.loads(body)
        assert token["scope"].split() == sorted(person.roles)
        status, _, _ = visitor.ask("GET", "/ops/ports", headers=bearer(token["access_token"]))
        assert status == (200 if person.name == "desk" else 403)


def test_post_trade_risk_is_asked_from_one_loopback_address_and_no_other(visitor):
    for headers in ({}, bearer(visitor.token("workx-ptr-api"))):
        status, _, body = visitor.ask("GET", PTR, headers=headers, source="127.0.0.2")
        assert (status, json.loads(body)["status"]) == (403, 403)
        assert visitor.ask("GET", PTR, headers=headers)[0] != 403


def test_a_second_process_that_was_killed_comes_back_with_the_same_keys_and_takes_the_same_tokens(demo, visitor):
    token = visitor.token("ntf-operator")
    keys = visitor.ask("GET", "/auth/jwks")[2]
    (second,) = children_of(demo.process.pid)
    os.kill(second, signal.SIGKILL)
    wait_for(visitor)
    assert children_of(demo.process.pid) != [second]
    assert visitor.ask("GET", "/auth/jwks")[2] == keys
    assert visitor.ask("GET", "/ops/ports", headers=bearer(token))[0] == 200
    file = demo.data / "sidecar" / KEY_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    for name in ("NTFTEST", secret_of("ntf-operator")):
        assert name not in file.read_text()
