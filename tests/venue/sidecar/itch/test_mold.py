"""The feed over MoldUDP64: packets as it grows, heartbeats, requests, the end of a session, an address or a group."""

import asyncio
import contextlib
import socket

import pytest

from venue.feed_settings import MoldSettings
from venue.sidecar.itch import mold
from wire.moldudp64 import pack_request, unpack_packet

MOLD = pytest.mark.section("MoldUDP64", "1.00")
DIRECTORY = 26
GROUP = "239.192.77.1"


class Line:
    """Somebody who hears packets, and may ask for some."""

    def __init__(self, group=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.1" if group is None else group, 0))
        if group is not None:
            membership = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)

    @property
    def port(self):
        return self.socket.getsockname()[1]

    async def next(self):
        """Give the next packet."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            while True:
                with contextlib.suppress(BlockingIOError):
                    return unpack_packet(self.socket.recv(65_536))
                ready = loop.create_future()
                loop.add_reader(self.socket, ready.set_result, None)
                await ready
                loop.remove_reader(self.socket)

    def ask(self, publisher, data):
        self.socket.sendto(data, ("127.0.0.1", publisher.requests))

    async def is_silent(self):
        await asyncio.sleep(0.05)
        try:
            self.socket.recv(65_536)
        except BlockingIOError:
            return True
        return False


@pytest.fixture
def line():
    lines = []

    def line(group=None):
        lines.append(Line(group))
        return lines[-1]

    yield line
    for one in lines:
        one.socket.close()


@MOLD
async def test_what_is_new_goes_out_and_what_was_lost_is_asked_for(host, connect, serve, line, monkeypatch):
    monkeypatch.setattr(mold, "HEARTBEAT_SECONDS", 0.05)
    venue, hears, asks = host(), line(), line()
    served = await serve(venue, mold=MoldSettings(address="127.0.0.1", port=hears.port))
    (publisher,) = served.server.publishers
    heartbeat = await hears.next()
    session = venue.call(lambda: venue.venue.machine.engine.session)
    assert heartbeat == (session, DIRECTORY + 2, (), False)
    connect(venue, name="IN19T6").enter(1)
    while not (packet := await hears.next()).messages:
        assert packet.sequence == DIRECTORY + 2
    assert (packet.sequence, packet.messages[0][:1]) == (DIRECTORY + 2, b"A")
    asks.ask(publisher, pack_request(session, 1, 100))
    answer = await asks.next()
    assert (answer.sequence, answer.messages[0][:1]) == (1, b"S")
    assert len(answer.messages) == DIRECTORY + 2
    asks.ask(publisher, pack_request(session, 3, 2))
    assert [message[:1] for message in (await asks.next()).messages] == [b"R", b"R"]


@MOLD
async def test_what_cannot_be_answered_is_not(host, serve, line):
    served = await serve(host(), mold=MoldSettings(address="127.0.0.1", port=line().port))
    (publisher,) = served.server.publishers
    session, asks = served.server.feeds["nasdaq"].day.writer.session, line()
    for data in (
        b"",
        b"x" * 19,
        pack_request(session, 1, 1) + b" ",
        pack_request(session, 0, 1),
        pack_request(session, DIRECTORY + 2, 1),
        pack_request(session, 2**64 - 1, 0xFFFE),
        pack_request("ANOTHER", 1, 1),
    ):
        asks.ask(publisher, data)
    assert await asks.is_silent()


@MOLD
async def test_the_end_of_a_session_is_told_and_it_is_answered_for_a_while(host, serve, line, clock, monkeypatch):
    monkeypatch.setattr(mold, "HEARTBEAT_SECONDS", 0.05)
    venue, hears, asks = host(), line(), line()
    served = await serve(venue, mold=MoldSettings(address="127.0.0.1", port=hears.port))
    (publisher,) = served.server.publishers
    session = (await hears.next()).session
    clock.moment += 86_400 * 10**9
    venue.call(venue.venue.next_day)
    packets = []
    while not packets or packets[-1].session == session:
        packets.append(await hears.next())
    ends = [packet for packet in packets if packet.is_end]
    assert {(end.session, end.sequence) for end in ends} == {(session, DIRECTORY + 5)}
    assert packets[-1].messages[0][11:] == b"O"
    asks.ask(publisher, pack_request(session, DIRECTORY + 2, 9))
    assert [message[11:] for message in (await asks.next()).messages] == [b"M", b"E", b"C"]


@MOLD
async def test_a_group_is_reached_on_this_machine(host, serve, line, monkeypatch):
    monkeypatch.setattr(mold, "HEARTBEAT_SECONDS", 0.05)
    hears = line(GROUP)
    await serve(host(), mold=MoldSettings(address=GROUP, port=hears.port))
    assert (await hears.next()).sequence == DIRECTORY + 2
