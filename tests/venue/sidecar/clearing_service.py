"""The HTTP service over a `ClearingFloor`, in process: the real application, guards, routes and clerk, on one loop.

`await service.ask("workx-ptr-api", "POST", "/ptr-api/clearing/poll", {"mpids": None})` asks as a client of the demo.
Only the socket to the engine process is left out: the clerk is asked directly. What it asks back goes over a real one.
Found through the folder's place at the end of the path.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import NamedTuple

import msgspec
from aiohttp import ClientSession, TCPConnector, encode_basic_auth
from aiohttp.test_utils import TestServer
from callers import secret_of
from clearing_floor import ClearingFloor

from venue.clerk import Clerk
from venue.control import Response
from venue.problem import Problem
from venue.ptr.inquiry import Inquiry
from venue.sidecar.clearing_events import ClearingEvents
from venue.sidecar.clearing_inquiry import InquiryServer
from venue.sidecar.context import Sidecar
from venue.sidecar.feed import Feed
from venue.sidecar.rest.app import make_app


class Answered(NamedTuple):
    """What came back."""

    status: int
    headers: object
    content: bytes

    @property
    def json(self):
        return json.loads(self.content)

    @property
    def items(self):
        return self.json["items"]

    @property
    def fields(self):
        """The fields that a problem blames."""
        return [error["field"] for error in self.json.get("errors", [])]


class Operated:
    """The engine process as the second process asks it: its clerk, on the floor's machine and log."""

    def __init__(self, floor, loop):
        self.floor, self.loop = floor, loop
        self.machine, self.config = floor.machine, floor.config
        self.journal = SimpleNamespace(
            begin=lambda: None,
            end=lambda: None,
            record=lambda kind, port, payload, _times: floor.apply(kind, port, payload),
            clock=SimpleNamespace(now=lambda: (floor.now, floor.now)),
        )
        self.clerk, self.asked, self.inquiry = Clerk(self), [], Inquiry(floor.data)

    def command(self, command):
        return self.floor.do(command)

    async def ask(self, verb, target, body=msgspec.UNSET, actor="", key=""):
        self.asked.append((verb, target))
        given = body if body is msgspec.UNSET else msgspec.json.decode(msgspec.json.encode(body))
        try:
            answer = await self.clerk.serve(target, given, verb, actor, key)
        except Problem as problem:
            return Response(problem.status, msgspec.to_builtins(problem.body()), self.machine.number)
        finally:
            for replica in self.floor.replicas[-1:]:
                await replica.catch_up()
        body = answer.body.decode() if isinstance(answer.body, bytes) else answer.body
        replayed = answer.is_replayed or msgspec.UNSET
        return Response(answer.status, json.loads(msgspec.json.encode(body)), answer.record, replayed)


class ClearingService:
    """The service, and who asks it."""

    def __init__(self, floor, sidecar, engine, server):
        self.floor, self.sidecar, self.engine, self.server = floor, sidecar, engine, server
        self.sessions, self.tokens = {}, {}

    @property
    def house(self):
        return self.sidecar.clearing

    async def catch_up(self):
        await self.house.replica.catch_up()

    def session(self, source):
        if source not in self.sessions:
            connector = TCPConnector(local_addr=(source, 0), force_close=True)
            self.sessions[source] = ClientSession(connector=connector)
        return self.sessions[source]

    async def login(self, client, secret=None):
        """Get a token."""
        form = {"grant_type": "client_credentials"}
        basic = {"Authorization": encode_basic_auth(client, secret or secret_of(client))}
        url = self.server.make_url("/auth/token")
        async with self.session("127.0.0.1").post(url, data=form, headers=basic) as response:
            self.tokens[client] = (await response.json())["access_token"]
        return self.tokens[client]

    async def ask(self, client, verb, path, body=None, source="127.0.0.1", **headers):
        """Ask as a client, None being nobody."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if client is not None:
            if client not in self.tokens:
                await self.login(client)
            fields.setdefault("Authorization", f"Bearer {self.tokens[client]}")
        content = {} if body is None else {"json": body}
        url = self.server.make_url(path)
        async with self.session(source).request(verb, url, headers=fields, **content) as response:
            return Answered(response.status, response.headers, await response.read())

    @asynccontextmanager
    async def polling(self, client):
        """Open a connection for polls of a client's; what it gives asks once more, and gives the status."""
        token = self.tokens.get(client) or await self.login(client)
        url = self.server.make_url("/")
        reader, writer = await asyncio.open_connection(url.host, url.port)
        fields = (
            f"Host: {url.host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 2"
        )

        async def poll():
            writer.write(f"POST /ptr-api/clearing/poll HTTP/1.1\r\n{fields}\r\n\r\n{{}}".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(line for line in head.lower().splitlines() if line.startswith("content-length"))
            await reader.readexactly(int(length.partition(":")[2]))
            return int(head.split()[1])

        yield poll
        writer.close()
        await writer.wait_closed()

    async def poll(self, client="workx-ptr-api", kind="clearing", **body):
        return await self.ask(client, "POST", f"/ptr-api/{kind}/poll", body)


@asynccontextmanager
async def serving(floor, loop):
    """Open the service over a floor, and close it."""
    house = await floor.house()
    feed, engine = Feed(house.replica), Operated(floor, loop)
    sidecar = Sidecar(
        floor.config, floor.data, floor.data, {"http": ("127.0.0.1", 1)}, house.replica, engine, feed, house
    )
    ClearingEvents(house, feed)
    inquiries = InquiryServer(house)
    await inquiries.listen(floor.data)
    app = make_app(sidecar)
    server = TestServer(app)
    await server.start_server()
    service = ClearingService(floor, sidecar, engine, server)
    try:
        yield service
    finally:
        inquiries.close()
        feed.close()
        for session in service.sessions.values():
            await session.close()
        await server.close()


@asynccontextmanager
async def opened(data, **limits):
    """The service over a floor of its own in `data`; limits are INET's of today."""
    floor = ClearingFloor(data)
    async with serving(floor, asyncio.get_running_loop()) as service:
        if limits:
            body = {"correspondent": "INET", "settingType": "INTRA", "limits": limits}
            await service.ask("workx-ptr-api", "PUT", "/ptr-api/clearing/configurations", body)
        yield service
    floor.close()
