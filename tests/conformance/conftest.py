"""What tests of the kit share: a real venue, a way to hold it to scenarios, and a proxy before it that may lie.

- `venue` is a demo venue in a process of its own, one for a test module; `venue.target` is where NASDAQ's ports are.
- `hold(suite, target, *only, text=…)` plays scenarios, of a suite or of `text`, and gives the results by name.
- `proxy(spoil)` stands before the venue and hands each packet to `spoil`; what that gives goes on. `fix_proxy` does so
  with what a FIX service sends.
- `judge(suite, target, *only, user=…)` plays scenarios of FIX.
- `command(*arguments)` is what `portcullis` does with them, in this process.
"""

import asyncio
import functools
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.command import parameters
from conformance.declarations import soup
from conformance.fix import frames
from conformance.runner import Run, perform
from conformance.suites import SUITES, chosen, load, read
from venue import cli, conformance_commands
from venue.control import ask

PORTCULLIS = Path(sys.executable).with_name("portcullis")
DEMO = Path(conformance_commands.__file__).with_name("profiles") / "demo.toml"
OPERATE = Path(__file__).with_name("operate.py")
PATIENCE = 60.0
shipped = functools.cache(load)
"""A suite's scenarios: read once for all tests of this process, which change nothing in them."""
USERS = {
    party: (user, "NTFTEST")
    for party, user in (
        *(("we", "IN19T6"), ("again", "IN19T6"), ("they", "AK01T1"), ("sister", "IN24T4"), ("guarded", "IN30T1")),
    )
}
SETTINGS = {
    **conformance_commands.US_DEMO,
    "user": "IN19T6",
    "password": "NTFTEST",
    "symbol": "ZWZZT",
    "price": "10.00",
}
SWEEP = """
title    Sweep
section  2.5
scenario Sweep
    we log in
    we send MassCancel UserRefNum=n1 Firm=INET Symbol=
    they log in
    they send MassCancel UserRefNum=n1 Firm=AKAM Symbol=
"""


class Venue:
    """A demo venue in a process of its own, with more in its configuration where that is said."""

    def __init__(self, folder, more=""):
        environment = os.environ | {"XDG_STATE_HOME": str(folder / "state")}
        data = folder / "data"
        with (folder / "stderr").open("wb") as errors:
            start = ["demo"]
            if more:
                (folder / "venue.toml").write_text(DEMO.read_text() + more)
                start = ["serve", "--config", folder / "venue.toml"]
            command = [PORTCULLIS, *start, "--port-base", "0", "--data", data, "--durability", "memory"]
            self.process = subprocess.Popen(command, stdout=errors, stderr=errors, env=environment)
        end = time.monotonic() + PATIENCE
        while True:
            with suppress(FileNotFoundError):
                self.services = json.loads((data / "ports.json").read_text())["services"]
                self.data = data
                break
            assert self.process.poll() is None, (folder / "stderr").read_text()
            assert time.monotonic() < end, "the venue did not start"
            time.sleep(0.01)
        self.target = tuple(self.services["ouch.nasdaq"])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def more_configuration():
    """What a folder's venue has beyond the demo's."""
    return ""


@pytest.fixture(scope="module")
def venue(tmp_path_factory, more_configuration):
    running = Venue(tmp_path_factory.mktemp("venue"), more_configuration)
    yield running
    running.stop()


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a command inside this process: what `portcullis` does, without the start-up."""

    def command(*arguments, given=b""):
        monkeypatch.setattr(sys, "argv", ["portcullis", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given)))
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return SimpleNamespace(returncode=end.value.code, stdout=printed.out, stderr=printed.err)

    return command


@pytest.fixture
def hold():
    """Play scenarios, and give the results by the scenarios' names."""

    async def hold(
        suite, target, *only, text=None, settings=SETTINGS, users=USERS, patience=3.0, more=None, settled=False
    ):
        scenarios = chosen(shipped(suite) if text is None else read(SUITES[suite], "test.txt", text), only)
        assert scenarios, only
        run = Run(
            SUITES[suite], target, users, parameters({**settings, **(more or {})}), patience, settled_only=settled
        )
        return {result.scenario.name: result for result in await perform(run, scenarios, lambda _: None)}

    return hold


MOST_OF_A_LINE = 4_096


class Proxy:
    """Stands before a server. `spoil(packet, wire)` gets each packet and gives the packets that go on in its place.

    One that `keeps_open` does not hang up when the server does; to one that `clings` the client's going means nothing.

    `wire.inbound` says which way it goes, `wire.number` which connection it is (from 1), `wire.memory` is what a liar
    wants to remember of the connection, and `proxy.memory` of all of them.
    """

    def __init__(self, venue, service, spoil, keeps_open=False, clings=False):
        self.venue, self.target, self.spoil = venue, tuple(venue.services[service]), spoil
        self.keeps_open, self.clings = keeps_open, clings
        self.count, self.tasks, self.memory = 0, set(), {}
        self.ends, self.is_stopped = [], False

    async def start(self):
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.address = self.server.sockets[0].getsockname()[:2]
        return self

    def accept(self, reader, writer):
        """Take a connection; what is begun here is ended by `stop`, even if it has come no further."""
        self.ends.append(writer)
        if self.is_stopped:
            writer.close()
            return
        self.count += 1
        self.tasks.add(asyncio.create_task(self.serve(reader, writer, self.count)))

    async def serve(self, reader, writer, number):
        memory = {}
        up_reader, up_writer = await asyncio.open_connection(*self.target)
        self.ends.append(up_writer)
        ways = (Wire(self, True, number, memory, writer), Wire(self, False, number, memory, writer))
        inward = asyncio.create_task(self.pump(reader, up_writer, ways[0]))
        try:
            await self.pump(up_reader, writer, ways[1])
            while self.clings and await up_reader.read(1 << 16):
                pass  # the client is gone: nobody hears it
            if self.keeps_open:
                await asyncio.sleep(PATIENCE)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            inward.cancel()
            for end in (writer, up_writer):
                end.close()

    async def pump(self, reader, writer, wire):
        rest = b""
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                rest += data
                while (size := 2 + int.from_bytes(rest[:2], "big")) <= len(rest) and size > 2:
                    packet, rest = next(soup.cut(rest)), rest[size:]
                    for one in self.spoil(packet, wire):
                        writer.write(one if isinstance(one, bytes) else one.data)
                if wire.inbound and (size == 2 or size > 1026) and len(rest) > 1:  # nothing that can be cut: pass it on
                    writer.write(rest)
                    rest = b""
                await writer.drain()
            if wire.inbound:
                writer.write(rest)
        if wire.inbound and not self.clings:
            writer.close()

    async def let_go(self, port):
        """Hang up on the server at last, and wait until it knows: what that does is no other test's business."""
        await self.stop()
        while self.is_on(port):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)

    def is_on(self, port):
        """Whether somebody is logged on to a port, as the server sees it."""
        ports = ask(self.venue.data, "ports").body["items"]
        return any(each["port"] == port and each["loggedIn"] for each in ports)

    async def stop(self):
        self.is_stopped = True
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for end in self.ends:
            end.close()
        await asyncio.sleep(0)


class FixProxy(Proxy):
    """Stands before a FIX service: what a client says goes on as it is, what the server says through `spoil`."""

    async def pump(self, reader, writer, wire):
        rest = b""
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                if wire.inbound:
                    writer.write(data)
                    continue
                found, taken = frames.cut(rest + data)
                rest = (rest + data)[taken:]
                for frame in found:
                    for one in self.spoil(frame, wire):
                        writer.write(one)
                await writer.drain()
        if wire.inbound and not self.clings:
            writer.close()


class LineProxy(Proxy):
    """Stands before a SoupTCP service: `spoil` gets each line with its line feed, and gives what goes on."""

    async def pump(self, reader, writer, wire):
        rest = b""
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    for one in self.spoil(line + b"\n", wire):
                        writer.write(one)
                if wire.inbound and len(rest) > MOST_OF_A_LINE:
                    writer.write(rest)
                    rest = b""
                await writer.drain()
        if wire.inbound and not self.clings:
            writer.close()


class Wire:
    """One direction of one connection."""

    def __init__(self, proxy, inbound, number, memory, client):
        self.proxy, self.inbound, self.number, self.memory, self.client = proxy, inbound, number, memory, client


@pytest.fixture
async def proxy(venue):
    started = []

    async def proxy(spoil, service="ouch.nasdaq", **details):
        started.append(await Proxy(venue, service, spoil, **details).start())
        return started[-1]

    yield proxy
    for one in started:
        await one.stop()


@pytest.fixture
async def line_proxy(venue):
    started = []

    async def line_proxy(spoil, **details):
        started.append(await LineProxy(venue, "rash.nasdaq.soup", spoil, **details).start())
        return started[-1]

    yield line_proxy
    for one in started:
        await one.stop()


@pytest.fixture
async def fix_proxy(venue):
    started = []

    async def fix_proxy(spoil, service="fix.nasdaq", **details):
        started.append(await FixProxy(venue, service, spoil, **details).start())
        return started[-1]

    yield fix_proxy
    for one in started:
        await one.stop()


@pytest.fixture
def judge():
    """Play scenarios of FIX, and give the results by the scenarios' names."""

    async def judge(suite, target, *only, user, text=None, patience=3.0, settled=False, **more):
        scenarios = chosen(shipped(suite) if text is None else read(SUITES[suite], "test.txt", text), only)
        assert scenarios, only
        users = {"we": user, "again": user, "they": more.get("second_user"), "guarded": more.get("guarded_user")}
        users["spent"] = more.get("rate_user")
        if suite == "drop":
            users |= {"drop": user, "idle": more.get("idle_user"), "we": more["order_user"]}
        settings = {"user": user, "password": "NTFTEST", "symbol": "ZWZZT", "price": "10.00", "fix": "4.2", **more}
        named = {party: (name, "NTFTEST") for party, name in users.items() if name}
        run = Run(SUITES[suite], target, named, parameters(settings), patience, settled_only=settled)
        return {result.scenario.name: result for result in await perform(run, scenarios, lambda _: None)}

    return judge


@pytest.fixture
def operator(venue):
    """The command lines of an operator of the venue, as scenarios name them."""
    call = f"{shlex.quote(sys.executable)} -I -S {shlex.quote(str(OPERATE))} {shlex.quote(str(venue.data))}"
    bands = '\\"luldLower\\": \\"$lower\\", \\"luldUpper\\": \\"$upper\\"'
    return {
        "next_day": f"{call} trading-day/next '{{}}'",
        "unblock": f'{call} prm/accounts/GP29P1/release \'{{"what": "block"}}\'',
        "away_offer": f"""{call} books/nasdaq/ZWZZT/prices '{{"offer": "'$price'"}}' PUT""",
        "bust": f'{call} trades/nordic/$match/bust \'{{"reason": "E"}}\'',
        "bands": f'{call} books/nasdaq/ZWZZT/prices "{{{bands}}}" PUT',
        "us_phase": f'{call} phase "{{\\"venue\\": \\"nasdaq\\", \\"book\\": \\"$book\\", \\"phase\\": \\"$phase\\"}}"',
        "phase": f'{call} phase "{{\\"venue\\": \\"nordic\\", \\"book\\": \\"$book\\", \\"phase\\": \\"$phase\\"}}"',
    }


@pytest.fixture
def sweep(venue, hold):
    """Cancel what a liar has left on the venue."""
    yield
    asyncio.run(hold("ouch", venue.target, text=SWEEP))
