"""Crowded and hostile days: thousands of sessions, storms of logins and reconnects, floods, replays without end.

Each runs against a venue in a process of its own, with a neighbour on another exchange who sends one order after the
other, each behind the acknowledgement of the last, and must get them all. The counts are printed (`pytest -s`).
"""

import asyncio
import itertools
import os
import resource
import socket
import threading
from collections import Counter
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from doors import NEIGHBOUR, OTHER, USER, login, order, packet

from venue import config
from venue.log import read_log
from venue.record import Kind

PATIENCE = 100
DESCRIPTORS = 5_000
CROWD = 2_000
MIB = 2**20
DEMO_PORTS = len(config.parse(config.sample()).port)
"""Records name ports by their places in the configuration; the crowd's come behind the demo's."""
TURN = 1_024
"""Messages that one turn of the loop may handle, at the very most: a few milliseconds, in which all others wait."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def descriptors():
    """Room for a crowd in this process too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        pytest.skip(f"a crowd needs {DESCRIPTORS} open files, and the hard limit is {hard}")
    if soft != resource.RLIM_INFINITY and soft < DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))


def member(number):
    """The name of a port of the crowd."""
    return f"C{number:05}"


@pytest.fixture
def venue(launch, tmp_path):
    """Start a venue with a crowd of ports, and with settings of its own."""

    def venue(*changes, ports=0):
        text = config.sample()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        entry = '\n[[port]]\nname = "{}"\nmpid = "INET"\nservice = "ouch.nasdaq"\npassword = "NTFTEST"\n'
        file = tmp_path / "crowd.toml"
        file.write_text(text + "".join(entry.format(member(number)) for number in range(ports)))
        return launch("--config", str(file), "--durability", "process", command="serve")

    return venue


class Member(asyncio.Protocol):
    """A connection that counts what it is sent: the letters of messages, and `login` with what was answered."""

    def __init__(self):
        self.counts = Counter()
        self.answer = ""
        self.rest = b""
        self.is_lost = False
        self.news = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        data, at = self.rest + data, 0
        while len(data) - at > 2 and (end := at + 2 + int.from_bytes(data[at : at + 2], "big")) <= len(data):
            if data[at + 2 : at + 3] == b"S":
                self.counts[data[at + 3 : at + 4].decode()] += 1
            elif data[at + 2 : at + 3] in b"AJ":
                self.answer = data[at + 2 : at + (3 if data[at + 2 : at + 3] == b"A" else 4)].decode()
            at = end
        self.rest = data[at:]
        self.news.set()

    def connection_lost(self, exc):
        self.is_lost = True
        self.news.set()

    async def until(self, what):
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not what(self):
                self.news.clear()
                await self.news.wait()

    async def log_in(self, *arguments, **fields):
        """Log in; gives what was answered, or nothing at the end of the connection."""
        self.transport.write(login(*arguments, **fields))
        await self.until(lambda member: member.answer or member.is_lost)
        return self.answer


@pytest.fixture
async def come():
    """Connect, to a service of a venue; every connection is broken off at the end."""
    crowd = []

    async def come(venue, service="ouch.nasdaq", kind=Member):
        _, one = await asyncio.get_running_loop().create_connection(kind, *venue.addresses[service])
        crowd.append(one)
        return one

    yield come
    for one in crowd:
        one.transport.abort()
    await asyncio.sleep(0)  # in which the loop closes them


@pytest.fixture
def neighbour(come):
    """A neighbour who trades all the while; fails where an acknowledgement is missing."""

    @asynccontextmanager
    async def neighbour(venue):
        near = await come(venue, "ouch.bx")
        assert await near.log_in(NEIGHBOUR) == "A"
        numbers = itertools.count(1)
        stop = asyncio.Event()

        async def trade():
            for number in numbers:
                near.transport.write(order(number, tif=b"3"))
                await near.until(lambda near, number=number: near.counts["A"] == number or near.is_lost)
                assert not near.is_lost
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 0.002)
                    return

        task = asyncio.ensure_future(trade())
        try:
            yield near
        finally:
            stop.set()
            await task
        sent = next(numbers) - 1
        assert near.counts["A"] == sent > 0
        print(f"the neighbour's orders: {sent:,} sent, {near.counts['A']:,} acknowledged")
        near.transport.abort()

    return neighbour


def memory(venue):
    """Resident bytes of the venue's process."""
    pages = int(Path(f"/proc/{venue.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def logged_in(venue):
    return [item["port"] for item in venue.ask("ports").body["items"] if item["loggedIn"]]


async def look_until(venue, what):
    """Look at who is logged in until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not what(logged_in(venue)):  # noqa: ASYNC110 - it is another process's state
            await asyncio.sleep(0.02)


# --------------------------------------------------------------------------------------------------------- many at once


async def test_two_thousand_sessions_at_once_log_in_and_trade_and_all_is_counted(venue, come, neighbour):
    crowded = venue(ports=CROWD)
    async with neighbour(crowded):
        crowd = await asyncio.gather(*(come(crowded) for _ in range(CROWD)))
        answers = await asyncio.gather(*(one.log_in(member(number)) for number, one in enumerate(crowd)))
        assert Counter(answers) == {"A": CROWD}
        assert len(logged_in(crowded)) == CROWD + 1
        for number, one in enumerate(crowd):
            one.transport.write(order(1, b"BS"[number % 2 :][:1]))
        await asyncio.gather(*(one.until(lambda one: one.counts["E"]) for one in crowd))
    total = sum((one.counts for one in crowd), Counter())
    assert total == {"S": CROWD, "A": CROWD, "E": CROWD}
    assert all(one.counts == {"S": 1, "A": 1, "E": 1} for one in crowd)
    assert not crowded.ask("orders").body["items"]
    for one in crowd:
        one.transport.abort()
    await look_until(crowded, lambda names: not names)
    assert crowded.stop() == 0
    records = Counter(record.kind for _, record in read_log(crowded.data) if record.port >= DEMO_PORTS)
    assert (records[Kind.LOGIN], records[Kind.MESSAGE], records[Kind.DISCONNECT]) == (CROWD, CROWD, CROWD)
    print(f"{CROWD:,} sessions: {total['A']:,} orders acknowledged, {total['E']:,} executions, all in the log")


async def test_a_storm_of_logins_a_third_of_them_wrong(venue, come, neighbour):
    storming = 500
    crowded = venue(ports=storming)

    async def storm(number):
        one = await come(crowded)
        name, password = member(number), "NTFTEST"
        if number % 6 == 1:
            name = f"N{number:05}"
        elif number % 6 == 4:
            password = "WRONG"
        answer = await one.log_in(name, password)
        if answer == "A":
            one.transport.write(order(1, tif=b"3"))
            await one.until(lambda one: one.counts["A"] == 1)
        else:
            await one.until(lambda one: one.is_lost)
        return one

    async with neighbour(crowded) as near:
        before = near.counts["A"]
        crowd = await asyncio.gather(*(storm(number) for number in range(storming)))
        during = near.counts["A"] - before
        wrong = sum(number % 3 == 1 for number in range(storming))
        assert Counter(one.answer for one in crowd) == {"A": storming - wrong, "JA": wrong}
        assert sum(one.counts["A"] for one in crowd) == storming - wrong
        assert during > 50
    print(
        f"{storming:,} logins: {storming - wrong:,} let in, {wrong:,} refused; the neighbour had {during:,} meanwhile"
    )


async def test_connections_beyond_the_cap_and_connections_that_never_log_in(venue, come, neighbour):
    cap, crowd_size = 500, 1_500
    crowded = venue(
        ("[venue]\n", f"[venue]\nmax_connections = {cap}\n"), ("login_wait_ms = 30000", "login_wait_ms = 3000")
    )
    async with neighbour(crowded):
        crowd = await asyncio.gather(*(come(crowded) for _ in range(crowd_size)))
        await asyncio.gather(*(one.until(lambda one: one.is_lost) for one in crowd))
        again = await come(crowded)
        assert await again.log_in(USER) == "A"
    crowded.stop()
    lines = [line for line in crowded.errors.read_text().splitlines() if "connections refused" in line]
    refused = sum(int(line.split("count=")[1].split()[0]) for line in lines)
    assert refused == crowd_size - (cap - 1)
    assert len(lines) <= 10
    print(
        f"{crowd_size:,} connections, cap {cap}: {refused:,} refused in {len(lines)} lines, the others let go unheard"
    )


async def test_a_storm_of_reconnects(venue, come, neighbour):
    ports, rounds = 100, 20
    crowded = venue(ports=ports)
    let_in = 0

    async def restless(number):
        """Come and log in, break off, and come again: as long as the port is still on, once more."""
        nonlocal let_in
        done = 0
        while done < rounds:
            one = await come(crowded)
            if await one.log_in(member(number)) == "A":
                done += 1
                let_in += 1
                one.transport.write(order(done, tif=b"3"))
                await one.until(lambda one, done=done: one.counts["A"] == done)
            one.transport.abort()

    async with neighbour(crowded):
        await asyncio.gather(*(restless(number) for number in range(ports)))
    await look_until(crowded, lambda names: not names)
    crowded.stop()
    records = Counter(record.kind for _, record in read_log(crowded.data) if record.port >= DEMO_PORTS)
    assert let_in == ports * rounds
    assert records[Kind.LOGIN] == records[Kind.DISCONNECT] == records[Kind.MESSAGE] == let_in
    print(f"{ports} ports, {rounds} times each: {let_in:,} logins, each replayed whole, each recorded with its end")


# --------------------------------------------------------------------------------------------------------------- floods


class Flood(Member):
    """A connection that only counts bytes once it is told so: what it is sent must not hold up the others here."""

    size = 0
    is_counting = False

    def data_received(self, data):
        self.size += len(data)
        if self.is_counting:
            self.news.set()
        else:
            super().data_received(data)


async def test_a_port_that_floods_does_not_make_its_neighbours_wait_for_its_end(venue, come, neighbour):
    count, piece = 200_000, 5_000
    crowded = venue(ports=20)
    others = [await come(crowded) for _ in range(20)]
    for number, other in enumerate(others):
        assert await other.log_in(member(number)) == "A"
    flooding = await come(crowded, kind=Flood)
    assert await flooding.log_in(OTHER) == "A"
    await flooding.until(lambda one: one.counts["S"])
    before = flooding.size
    flooding.transport.write(order(1, tif=b"3"))
    await flooding.until(lambda one: one.counts["A"])
    accepted = flooding.size - before
    flooding.is_counting, flooding.size, meanwhile = True, 0, 0
    async with neighbour(crowded) as near:
        before = near.counts["A"]
        for first in range(2, count + 2, piece):
            flooding.transport.write(b"".join(order(number, tif=b"3") for number in range(first, first + piece)))
        for other in others:
            other.transport.write(order(1, tif=b"3"))
            await other.until(lambda one: one.counts["A"] == 1 or one.is_lost)
            meanwhile += flooding.size < count * accepted
        await flooding.until(lambda one: one.size >= count * accepted or one.is_lost)
        during = near.counts["A"] - before
    assert not flooding.is_lost
    assert meanwhile == len(others), "each was acknowledged while the flood ran"
    assert during >= 20
    print(f"a flood of {count:,} orders: 20 others were acknowledged, and the neighbour {during:,} times, meanwhile")


def test_one_turn_of_the_loop_handles_few_of_the_messages_that_wait(host, visit):
    """However much one connection sent: while the loop is held up its socket fills, then each turn is looked at."""
    venue = host()
    client = visit(venue)
    assert client.log_in() == "A"
    assert client.hear() == "S"
    machine, loop = venue.venue.machine, venue.loop
    held, go_on, done = threading.Event(), threading.Event(), threading.Event()
    count, turns = 8_000, []

    def turn(before):
        turns.append(machine.number - before)
        if sum(turns) < count:
            loop.call_soon(turn, machine.number)
        else:
            done.set()

    def hold():
        before = machine.number
        held.set()
        go_on.wait(PATIENCE)
        turn(before)

    loop.call_soon_threadsafe(hold)
    assert held.wait(PATIENCE)
    client.send(*(order(number, tif=b"3") for number in range(1, count + 1)))  # the sockets hold that much
    go_on.set()
    assert done.wait(PATIENCE)
    print(f"{count:,} orders waited; {max(turns):,} of them were handled in one turn at most, in {len(turns):,} turns")
    assert max(turns) <= TURN


# ------------------------------------------------------------------------------------------------- replays without end


async def grow(come, crowded, name, count):
    """Give a port a stream of `count` acknowledgements, and leave."""
    one = await come(crowded)
    assert await one.log_in(name) == "A"
    for first in range(1, count + 1, 1_000):
        one.transport.write(b"".join(order(number, tif=b"3") for number in range(first, first + 1_000)))
        await one.until(lambda one, last=first + 999: one.counts["A"] == last)
    one.transport.write(packet(b"O"))
    await one.until(lambda one: one.is_lost)


async def test_a_client_that_replays_its_whole_stream_without_end_costs_no_memory(venue, come, neighbour):
    messages, rounds = 20_000, 60
    crowded = venue()
    await grow(come, crowded, OTHER, messages)
    before = memory(crowded)
    heard = 0
    async with neighbour(crowded) as near:
        first = near.counts["A"]
        for _ in range(rounds):
            again = await come(crowded)
            while await again.log_in(OTHER) != "A":  # the last one's end was not noticed yet
                again = await come(crowded)
            await again.until(lambda one: sum(one.counts.values()) == messages + 1)
            heard += sum(again.counts.values())
            again.transport.abort()
        during = near.counts["A"] - first
    grown = memory(crowded) - before
    assert heard == rounds * (messages + 1)
    assert during > rounds
    assert grown < 24 * MIB
    print(
        f"{heard:,} messages replayed in {rounds} logins, the neighbour had {during:,}; grew by {grown / MIB:.1f} MiB"
    )


async def test_clients_that_ask_for_a_replay_and_never_read_cost_a_bounded_piece_each(venue, come, neighbour):
    deaf, messages = 5, 60_000
    crowded = venue(("slow_reader_limit_ms = 30000", "slow_reader_limit_ms = 3000"), ports=deaf)
    for number in range(deaf):
        await grow(come, crowded, member(number), messages)
    await look_until(crowded, lambda names: not names)
    before = memory(crowded)
    loop = asyncio.get_running_loop()
    peak = rounds = 0
    async with neighbour(crowded) as near:
        first = near.counts["A"]
        for _ in range(3):
            sockets = []
            for number in range(deaf):
                one = socket.socket()
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                one.setblocking(False)
                await loop.sock_connect(one, tuple(crowded.addresses["ouch.nasdaq"]))
                await loop.sock_sendall(one, login(member(number)))
                sockets.append(one)
            await look_until(crowded, lambda names: len(names) == deaf + 1)
            await near.until(lambda near, enough=near.counts["A"] + 20: near.counts["A"] >= enough)
            peak = max(peak, memory(crowded) - before)
            rounds += 1
            for one in sockets:
                one.close()
            await look_until(crowded, lambda names: names == [NEIGHBOUR])
        during = near.counts["A"] - first
    left = memory(crowded) - before
    assert peak < deaf * 2 * MIB, "at most what one transport takes, and a piece of the stream"
    assert left < 32 * MIB
    assert during >= rounds * 20
    one = await come(crowded)
    assert await one.log_in(member(0)) == "A"
    await one.until(lambda one: sum(one.counts.values()) == messages + 1)
    print(
        f"{deaf} deaf clients, {rounds} times: {peak / MIB:.1f} MiB at most, {left / MIB:.1f} after; {during:,} orders"
    )
