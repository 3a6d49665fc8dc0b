"""A caller of the HTTP service, as tests are: one request at a time, with a token of a client's or without."""

import base64
import http.client
import json
import time
from typing import Any, NamedTuple
from urllib.parse import urlencode

PATIENCE = 15.0
OPERATOR = "ntf-operator"


def secret_of(client):
    """The secret of one of the demo's clients."""
    return f"{client}!".ljust(32, "x")


class Answered(NamedTuple):
    """What came back."""

    status: int
    headers: Any
    content: bytes

    @property
    def json(self):
        return json.loads(self.content)

    @property
    def fields(self):
        """The fields that a problem blames."""
        return [error["field"] for error in self.json.get("errors", [])]


class Caller:
    """Calls one address; with a `client` by tokens of its own, which it asks for when it needs one."""

    def __init__(self, address, client=OPERATOR):
        self.address = tuple(address)
        self.client = client
        self.token = None

    def send(self, verb, path, content=None, headers=()):
        """Send a request as it is, and give what came back."""
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            connection.request(verb, path, content, dict(headers))
            response = connection.getresponse()
            return Answered(response.status, response.headers, response.read())
        finally:
            connection.close()

    def login(self):
        """Ask for a token."""
        basic = base64.b64encode(f"{self.client}:{secret_of(self.client)}".encode()).decode()
        form = urlencode({"grant_type": "client_credentials"})
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        answered = self.send("POST", "/auth/token", form, headers)
        assert answered.status == 200, answered.content
        self.token = answered.json["access_token"]
        return self

    def call(self, verb, path, body=None, key=None, **headers):
        """Make a call; `body` is what is to be sent as JSON."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.client is not None:
            if self.token is None:
                self.login()
            fields.setdefault("Authorization", f"Bearer {self.token}")
        if key is not None:
            fields["Idempotency-Key"] = key
        content = None
        if body is not None:
            content = json.dumps(body)
            fields.setdefault("Content-Type", "application/json")
        return self.send(verb, path, content, fields)

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.call("POST", path, body, **headers)

    def put(self, path, body=None, **headers):
        return self.call("PUT", path, body, **headers)


def wait_until_ready(caller):
    """Wait until the second process shows the present."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            answered = caller.send("GET", "/readyz")
        except (OSError, http.client.HTTPException) as error:
            answered = error
        if getattr(answered, "status", 0) == 200:
            return caller
        assert time.monotonic() < end, answered
        time.sleep(0.02)
