"""What tests of who may ask over HTTP share: an application with the real guards, on a port, on a clock set by hand.

Found through the folder's place at the end of the path, by the `conftest` beside it.
"""

from base64 import b64encode
from contextlib import asynccontextmanager
from functools import partial
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from aiohttp import ClientSession, CookieJar, TCPConnector, web
from aiohttp.test_utils import TestServer

from venue import config
from venue.problem import MEDIA_TYPE, Problem
from venue.sidecar.auth import add_auth
from venue.sidecar.auth.codes import challenge_of
from venue.sidecar.auth.identity import AUTH, authenticate
from venue.sidecar.context import Sidecar
from venue.sidecar.engine import EngineClient
from venue.sidecar.events import events
from venue.sidecar.feed import Feed
from venue.sidecar.replica import Replica

ISSUER = "http://127.0.0.1:7420"
BACK = f"{ISSUER}/docs/oauth2-redirect.html"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
NOON = 1_795_107_600.0


def secret_of(client_id):
    """The secret of a client of the demo."""
    return f"{client_id}!".ljust(32, "x")


def basic(client_id, secret):
    return {"Authorization": f"Basic {b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Clock:
    """Real time, set by hand."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


def changed(*changes):
    """The demo's configuration, with changes of its text (pairs of old and new)."""
    text = config.sample()
    for old, new in changes:
        assert old in text, f"the sample has no {old}"
        text = text.replace(old, new)
    return config.parse(text)


def added(text):
    """A change that adds tables at the end of the sample."""
    last = config.sample()[-200:]
    return (last, f"{last}\n{text}")


class Page(HTMLParser):
    """A page as a browser without eyes or scripts sees it: fields, labels, texts, what else it would load."""

    def __init__(self, text):
        super().__init__()
        self.fields, self.labels, self.tags, self.alerts, self.text = {}, set(), [], [], ""
        self._in_alert = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found))
        if tag == "input":
            self.fields[found["name"]] = found.get("value", "")
        if tag == "label":
            self.labels.add(found["for"])
        self._in_alert = found.get("role") == "alert"

    def handle_data(self, data):
        self.text += data
        if self._in_alert:
            self.alerts.append(data)
            self._in_alert = False


class Gatehouse:
    """A server with the guards before it, and `/who`, which tells who asks."""

    def __init__(self, settings, data, clock):
        self.clock = clock
        self.data = data
        replica = Replica(data, data / "sidecar" / "run")
        addresses = {"http": ("127.0.0.1", 7420)}
        self.sidecar = Sidecar(settings, data, data, addresses, replica, EngineClient(data), Feed(replica))
        replica.caught_up.set()
        self.desk = replica.machine.desk
        self.app = web.Application(middlewares=[self.tell])
        add_auth(self.app, self.sidecar, clock)
        for path in ("/who", "/ptr-api/clearing/access"):
            self.app.router.add_get(path, self.who)
        self.app.router.add_get("/anyone", self.anyone)
        self.app.router.add_get("/events", self.events)
        self.server = TestServer(self.app)
        self.sessions = {}

    @property
    def auth(self):
        return self.app[AUTH]

    @staticmethod
    @web.middleware
    async def tell(request, handler):
        try:
            return await handler(request)
        except Problem as problem:
            body = msgspec.json.encode(problem.body())
            return web.Response(status=problem.status, body=body, content_type=MEDIA_TYPE, headers=problem.headers)

    @staticmethod
    async def who(request):
        subject, roles, mpids, _ = authenticate(request)
        return web.json_response(
            {"subject": subject, "roles": sorted(roles), "mpids": None if mpids is None else sorted(mpids)}
        )

    async def events(self, request):
        identity = authenticate(request)
        return await events(request, self.sidecar, identity, partial(self.auth.still, request, identity))

    @staticmethod
    async def anyone(request):
        return web.json_response({"path": request.path})

    async def ask(self, method, path, source="127.0.0.1", **details):
        """Ask from a source address; gives the answer, its body read."""
        if source not in self.sessions:
            connector = TCPConnector(local_addr=(source, 0), force_close=True)
            self.sessions[source] = ClientSession(connector=connector, cookie_jar=CookieJar(unsafe=True))
        url = path if path.startswith("http") else self.server.make_url(path)
        async with self.sessions[source].request(method, url, allow_redirects=False, **details) as response:
            await response.read()
            return response

    async def token(self, client_id="eqrc-inet", secret=None, **form):
        """Get a token by a secret; gives the answer."""
        data = {"grant_type": "client_credentials", **form}
        headers = basic(client_id, secret_of(client_id) if secret is None else secret)
        return await self.ask("POST", "/auth/token", data=data, headers=headers)

    async def access(self, client_id="eqrc-inet", **form):
        """Get a token; gives it."""
        response = await self.token(client_id, **form)
        assert response.status == 200, await response.text()
        return (await response.json())["access_token"]

    async def who_is(self, token):
        """Ask who has a token; gives the answer, and what it says."""
        response = await self.ask("GET", "/who", headers=bearer(token))
        return response, await response.json()

    # The code flow, as a browser and its client do it.

    def request(self, **changes):
        """What a client puts into the address of the login page; None leaves one out."""
        asked = {
            "response_type": "code",
            "client_id": "docs",
            "redirect_uri": BACK,
            "state": "s t&te",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return urlencode({name: value for name, value in asked.items() if value is not None})

    async def open(self, **changes):
        """Open the login page."""
        return await self.ask("GET", f"/auth/authorize?{self.request(**changes)}")

    async def post(self, fields, headers=None, **details):
        return await self.ask("POST", "/auth/authorize", data=fields, headers=headers, **details)

    async def log_in(self, name="inet-risk", password="NTFTEST", **changes):
        """Open the page, fill it in and post it; gives the answer."""
        opened = await self.open(**changes)
        assert opened.status == 200, await opened.text()
        fields = Page(await opened.text()).fields | {"name": name, "password": password}
        return await self.post(fields)

    async def code(self, name="inet-risk", **changes):
        """Log in; gives the code that the browser brings back."""
        response = await self.log_in(name, **changes)
        assert response.status == 303, await response.text()
        return answer_of(response)["code"]

    async def redeem(self, given, /, **changes):
        """Exchange a code as the client does; None leaves a field out."""
        form = {
            "grant_type": "authorization_code",
            "client_id": "docs",
            "redirect_uri": BACK,
            "code": given,
            "code_verifier": VERIFIER,
            **changes,
        }
        data = {name: value for name, value in form.items() if value is not None}
        return await self.ask("POST", "/auth/token", data=data)


def answer_of(response):
    """What a redirection brings back to the client."""
    parts = urlsplit(response.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BACK
    return {name: value for name, (value,) in parse_qs(parts.query).items()}


@asynccontextmanager
async def opened(settings, data, clock=None):
    """Open a gatehouse, and close it."""
    house = Gatehouse(settings, data, clock or Clock())
    await house.server.start_server()
    try:
        yield house
    finally:
        for session in house.sessions.values():
            await session.close()
        await house.server.close()
