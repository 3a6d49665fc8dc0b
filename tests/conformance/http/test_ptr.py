"""The kit holds Post-Trade Risk to its facts; and one that lies in any answer is found out."""

import asyncio
import json
import shlex
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.command import parameters
from conformance.runner import Outcome, Run, perform
from conformance.suites import SUITES, chosen, load
from venue.access import known_secret
from venue.conformance_commands import PTR_DEMO

TRADE = Path(__file__).with_name("trade.py")
CLIENTS = {"we": "workx-ptr-api", "correspondent": "workx-ptr-corr", "counterparty": "workx-ptr-cpty"}
USERS = {party: (client, known_secret(client)) for party, client in CLIENTS.items()}
SUITE = load("ptr")


@pytest.fixture
def play(venue):
    """Play scenarios of the suite, at the venue or through a proxy; gives the results that did not pass."""

    async def play(*only, target=None, trades=True):
        address = tuple(venue.services["http"])
        settings = {**PTR_DEMO, "user": "workx-ptr-api", "password": "?"}
        if trades:
            settings["trade"] = shlex.join([sys.executable, "-I", "-S", str(TRADE), address[0], str(address[1])])
        scenarios = chosen(SUITE, only)
        assert scenarios, only
        run = Run(SUITES["ptr"], target or address, USERS, parameters(settings))
        return await perform(run, scenarios, lambda _: None)

    return play


@pytest.fixture
async def proxy(venue):
    """Stand before the venue and hand each answer to `spoil`, which gives another status and body."""
    servers = []

    async def proxy(spoil):
        async def serve(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            _, path, _ = head.decode().split(" ", 2)
            length = [line for line in head.decode().lower().split("\r\n") if line.startswith("content-length")]
            body = await reader.readexactly(int(length[0].split(":")[1])) if length else b""
            ours, out = await asyncio.open_connection(*venue.services["http"])
            with suppress(ConnectionError, asyncio.CancelledError):
                out.write(head + body)
                if path.endswith("/stream"):
                    pouring = asyncio.create_task(pour(ours, writer))
                    await reader.read()  # until who asked leaves
                    pouring.cancel()
                    await asyncio.gather(pouring, return_exceptions=True)
                else:
                    writer.write(lied(await ours.read(-1), path, spoil))
            for end in (writer, out):
                end.close()
                with suppress(ConnectionError):
                    await end.wait_closed()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return servers[-1].sockets[0].getsockname()

    yield proxy
    for server in servers:
        server.close()


async def pour(source, writer):
    while data := await source.read(65_536):
        writer.write(data)


def lied(answer, path, spoil):
    """An answer after a lie."""
    head, _, content = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    status = int(first.split(" ")[1])
    data = json.loads(content) if content else None
    if "/auth/" not in path:
        status, data = spoil(path, status, data)
    content = b"" if data is None else json.dumps(data).encode()
    lines = [line for line in lines if not line.lower().startswith("content-length")]
    lines += [] if status == 304 else [f"Content-Length: {len(content)}"]
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + content


def failed(results):
    return [result.scenario.name for result in results if result.outcome is not Outcome.PASSED]


async def test_the_venue_keeps_all_of_it(play):
    results = await play()
    assert [(one.scenario.name, one.failure) for one in results if one.outcome is not Outcome.PASSED] == []


async def test_without_a_way_to_trade_what_needs_none_is_played(play):
    results = await play(trades=False)
    assert {one.scenario.file for one in results if one.outcome is Outcome.SKIPPED} == {"4-trades.txt"}
    assert failed([one for one in results if one.outcome is not Outcome.SKIPPED]) == []


async def test_a_proxy_that_lies_in_nothing_is_not_found_out(play, proxy):
    target = await proxy(lambda _path, status, data: (status, data))
    assert failed(await play(target=target)) == []


def allows(wanted, path=""):
    """A lie that lets pass what is refused."""
    return lambda at, status, data: (
        (200, {"asOf": 10**9, "items": [], "next": None}) if status == wanted and path in at else (status, data)
    )


def changed(path, change):
    """A lie about the items of a path's answers."""

    def spoil(at, status, data):
        if path in at and status == 200:
            for item in data.get("items", [data]):
                change(item)
        return status, data

    return spoil


def put(name, value):
    return lambda item: item.__setitem__(name, value)


def same_limits(item):
    if "today" in item and "nextDay" in item:
        item["nextDay"] = item["today"]


def forgets_later(item):
    if "nextDay" in item:
        item["nextDay"] = item["nextDay"] | {"aggregateSell": None}


def no_second_alert(item):
    item["alerts"] = item.get("alerts", [])[:0]


LIES = {
    "another verb is served": ("*verb that the table*", allows(405)),
    "a foreign MPID is open": ("*not in the user type's list*", allows(403, "clearing/poll")),
    "another user type is let in": ("Another user type*", allows(403, "correspondent")),
    "nobody needs a token": ("Without a token*", allows(401)),
    "relations are of another firm": ("Each user type has*", changed("access", put("clearingFirm", "OTHR"))),
    "there is no net": ("Aggregates and limits*", changed("poll", lambda item: item.pop("net"))),
    "net has no sign": ("Each trade grows*", changed("poll", put("net", "1.0000"))),
    "buys are not counted": ("Each trade grows*", changed("poll", put("buy", "5.0000"))),
    "sells are rounded": ("Each trade grows*", changed("poll", lambda item: item.update(sell=item["sell"][:-6] + "0"))),
    "intra is kept": ("Intra holds*", changed("configurations", same_limits)),
    "next day holds at once": ("Next Day*", changed("configurations", lambda i: i.update(today=i["nextDay"]))),
    "both is forgotten": ("Both holds*", changed("configurations", forgets_later)),
    "opting out is not done": ("A counterparty that*", changed("counterparty-access", put("permitted", True))),
    "bad limits are taken": ("Limits that are not right*", allows(422)),
    "nobody is told": ("A limit below*", changed("poll", no_second_alert)),
    "what is held counts": ("A trade over the limit*", changed("poll", put("heldTrades", 0))),
    "decisions are made twice": ("A trade over the limit*", allows(409)),
    "kills are not told": ("While a correspondent*", changed("poll", no_second_alert)),
    "nothing is ever still so": (
        "An answer that is still so*",
        lambda _path, status, data: (200, {"asOf": 10**9, "items": []}) if status == 304 else (status, data),
    ),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(play, proxy, lie):
    only, spoil = LIES[lie]
    assert failed(await play(only, target=await proxy(spoil)))
