"""What tests of the running venue share: a client, a venue in a process of its own, a venue in a thread of this one.

- `connect(venue, service, name)` gives a `Client`: a blocking SoupBinTCP client that speaks OUCH 5.0.
- `launch(*arguments)` starts the real `portcullis` and gives a `Process`; `portcullis(*arguments)` runs it to its end.
- `host(config, data, clock)` starts a `Venue` on a uvloop loop in a thread and gives a `Host`.

Test modules cannot import each other, so all of it comes as fixtures, each of which ends what it started. What else
several tests need (`logs`, `disks`, `traders`) is found through the folder's place at the end of the path.
"""

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

import msgspec
import pytest
import uvloop

from ouch import codec
from venue import config as configuration
from venue.app import Venue
from wire.soup_client import CLIENT_SETTINGS, SoupClient
from wire.soup_terms import LoginAccepted, LoginRejected, State

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("disks", "doors", "drops", "fix_clients", "logs", "processes", "traders")

from doors import visit, walks  # noqa: E402, F401 - fixtures, found through the lines above
from fix_clients import fix  # noqa: E402, F401 - the same
from logs import killed, stopped  # noqa: E402, F401 - the same
from processes import PORTCULLIS, Process, patient_ask  # noqa: E402 - the same

PATIENCE = 15.0
"""Seconds after which something that should happen has not."""
PASSWORD = "NTFTEST"
SECOND_PROCESS = re.search(r'\[\[service\]\]\nkey = "http".*?(?=# --- Ports)', configuration.sample(), re.DOTALL)[0]
"""What the sample says of it."""
UNPACK = {
    b"S": codec.unpack_system_event,
    b"A": codec.unpack_order_accepted,
    b"U": codec.unpack_order_replaced,
    b"C": codec.unpack_order_canceled,
    b"D": codec.unpack_aiq_canceled,
    b"E": codec.unpack_order_executed,
    b"B": codec.unpack_broken_trade,
    b"J": codec.unpack_rejected,
    b"M": codec.unpack_order_modified,
    b"R": codec.unpack_order_restated,
    b"X": codec.unpack_mass_cancel_response,
    b"G": codec.unpack_disable_order_entry_response,
    b"K": codec.unpack_enable_order_entry_response,
    b"Q": codec.unpack_account_query_response,
}


class Client:
    """A blocking client on one connection.

    `received` are all sequenced messages of this connection, `events` all else that came; `take` and `expect` give
    the messages that were not looked at yet.
    """

    QUERY = codec.pack_account_query(b"")

    def __init__(self, address, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.machine = SoupClient(CLIENT_SETTINGS, time.monotonic_ns())
        self.received, self.events, self.unread = [], [], deque()
        self.is_closed = False

    @staticmethod
    def order(number, side=b"B", quantity=100, symbol="AAPL", price=1_900_000, tif=b"0", cl_ord_id="", options=b""):
        """Bytes of an Enter Order: 100 AAPL to buy at 190 for the day, unless said otherwise."""
        return codec.pack_enter_order(
            *(number, side, quantity, symbol.encode().ljust(8), price, tif, b"Y", b"P", b"N", b"N"),
            cl_ord_id.encode().ljust(14),
            options,
        )

    @staticmethod
    def replacement(original, number, quantity=100, price=1_900_000):
        """Bytes of a Replace Order."""
        return codec.pack_replace_order(original, number, quantity, price, b"0", b"Y", b"N", b"".ljust(14), b"")

    @staticmethod
    def cancel(number, quantity=0):
        return codec.pack_cancel_order(number, quantity, b"")

    def login(self, name, password=PASSWORD, session="", sequence=1, heartbeat_timeout_ns=None):
        """Log in; gives the server's answer."""
        self.machine.login(
            name,
            password,
            time.monotonic_ns(),
            session=session,
            sequence=sequence,
            heartbeat_timeout_ns=heartbeat_timeout_ns,
        )
        self.flush()
        return self.wait_for(LoginAccepted, LoginRejected)

    def send(self, *messages):
        """Send messages, all in one write."""
        for message in messages:
            self.machine.send(message, time.monotonic_ns())
        self.flush()

    def enter(self, number, *arguments, **details):
        """Send an Enter Order; see `order`."""
        self.send(self.order(number, *arguments, **details))

    def flush(self):
        self.socket.sendall(self.machine.bytes_to_send())

    def read(self, patience=PATIENCE):
        """Read once; gives whether anything came. The end of the connection is noted in `is_closed`."""
        self.socket.settimeout(patience)
        try:
            data = self.socket.recv(1 << 18)
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionError:
            data = b""
        self.is_closed = self.is_closed or not data
        for event in self.machine.receive(data, time.monotonic_ns()) if data else ():
            if isinstance(event, bytes):
                self.received.append(event)
                self.unread.append(event)
            else:
                self.events.append(event)
        return bool(data)

    def beat(self):
        """Send a heartbeat where one is due: for tests that wait."""
        self.machine.tick(time.monotonic_ns())
        self.flush()

    def wait_for(self, *kinds):
        """Read until an event of one of these kinds comes, and give it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for event in self.events:
                if isinstance(event, kinds):
                    self.events.remove(event)
                    return event
            assert not self.is_closed, f"the connection was closed: {self.events}"
            self.read(0.5)
        raise AssertionError(f"none of {kinds} came")

    def take(self, count=1):
        """Give the next messages."""
        end = time.monotonic() + PATIENCE
        while len(self.unread) < count:
            assert not self.is_closed, f"the connection was closed: {self.events}, {list(self.unread)}"
            assert time.monotonic() < end, f"only {len(self.unread)} messages of {count} came: {self.events}"
            self.read(0.5)
        return [self.unread.popleft() for _ in range(count)]

    def expect(self, letter):
        """Take the next message, which has this letter, and give its fields."""
        (message,) = self.take()
        assert message[:1] == letter.encode(), message
        return UNPACK[message[:1]](message)

    def settle(self):
        """Ask for the next free number; gives it and all messages that came before the answer."""
        self.send(self.QUERY)
        before = []
        while True:
            (message,) = self.take()
            if message[:1] == b"Q":
                return codec.unpack_account_query_response(message)[1], before
            before.append(message)

    def read_to_end(self, patience=PATIENCE):
        """Read until the server closes the connection."""
        end = time.monotonic() + patience
        while not self.is_closed:
            assert time.monotonic() < end, "the connection is still open"
            self.read(0.2)

    @property
    def sequence(self):
        """The number of the next message to come."""
        return self.machine.next_sequence

    @property
    def session(self):
        return self.machine.session

    def logout(self):
        """Leave, and wait until the server has hung up."""
        if self.machine.state is State.LOGGED_IN:
            self.machine.logout(time.monotonic_ns())
            self.flush()
        self.read_to_end()
        self.close()

    def close(self):
        self.socket.close()


@pytest.fixture
def connect():
    """Connect to a venue (`Process` or `Host`), and log in where a name is given."""
    clients = []

    def connect(venue, service="ouch.nasdaq", name=None, receive_buffer=None, **login):
        client = Client(tuple(venue.addresses[service]), receive_buffer)
        clients.append(client)
        if name is not None:
            answer = client.login(name, **login)
            assert isinstance(answer, LoginAccepted), answer
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def environment(tmp_path):
    """The environment of processes that a test starts: what they note of themselves stays in the test's folder.

    They start as with users, who have no `rich`: a fifth of a start here was to load it.
    """
    folders = [str(Path(__file__).with_name("without")), os.environ.get("PYTHONPATH")]
    path = os.pathsep.join(filter(None, folders))
    return os.environ | {"XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONPATH": path}


@pytest.fixture
def launch(tmp_path, environment):
    """Start `portcullis demo --port-base 0 …`, or another command where `command` says so, on `data`.

    The demo comes without its second process, which most tests have no use for, unless `sidecar` asks for it.
    """
    running = []

    def launch(*arguments, command="demo", data=None, wait=True, sidecar=False):
        begin = [command]
        if command == "demo" and not sidecar:
            file = tmp_path / "demo-alone.toml"
            file.write_text(configuration.sample().replace(SECOND_PROCESS, ""))
            begin = ["serve", "--config", file]
        process = Process([*begin, "--port-base", "0", *arguments], data or tmp_path / "data", environment)
        running.append(process)
        return process.ready() if wait else process

    yield launch
    for process in running:
        if process.process.poll() is None:
            process.kill()


@pytest.fixture
def portcullis(environment):
    """Run a command to its end; gives its exit code, stdout and stderr."""

    def portcullis(*arguments, timeout=60, **changes):
        return subprocess.run(
            [PORTCULLIS, *map(str, arguments)],
            env=environment | changes,
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return portcullis


class FakeClock:
    """A clock that stands still until it is set; like the real one it never goes back."""

    def __init__(self, moment):
        self.moment = moment
        self.latest = 0

    def now(self):
        self.latest = max(self.latest, self.moment)
        return self.latest, self.moment

    def resume(self, venue_time):
        self.latest = max(self.latest, venue_time)


class Host:
    """A `Venue` in a thread of this process."""

    def __init__(self, config, data, clock):
        self.data = data
        self.clock = clock
        self.venue = Venue(config, data, clock)
        self.loop = uvloop.new_event_loop()
        self.faults = []
        self.loop.set_exception_handler(lambda _, context: self.faults.append(context))
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.is_running = False

    def start(self):
        self.run(self.venue.start())
        self.is_running = True
        self.addresses = self.venue.addresses
        self.wait_for_disk()
        return self

    def run(self, coroutine):
        """Run a coroutine on the venue's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

    def call(self, function, *arguments):
        """Call a function on the venue's loop, which owns all of the venue's state."""

        async def call():
            return function(*arguments)

        return self.run(call())

    def ask(self, target, body=msgspec.UNSET, verb="", actor="", key=""):
        """Make an operations call."""
        return patient_ask(self.data, target, body, verb, actor, key)

    def hash(self):
        """The state's hash as it is now."""
        return self.call(self.venue.machine.hash)

    def stop(self):
        """Stop the venue as the command line does."""
        if self.is_running:
            self.is_running = False
            self.run(self.venue.stop())

    def close(self):
        self.stop()
        self.run(self._abort_what_is_left())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def wait_for_disk(self):
        """Wait until all that was said so far is written."""
        writer = self.venue.journal.writer
        while writer is not None and writer.unflushed_records and not self.venue.failed.done():
            time.sleep(0.001)
        assert not self.venue.failed.done(), f"the venue has failed: {self.venue.failed.result()!r}"

    def wait_for_leavers(self):
        """Wait until every connection is gone, and that it is gone is written."""
        end = time.monotonic() + PATIENCE
        while self.call(lambda: len(self.venue.connections)):
            assert time.monotonic() < end, "somebody is still connected"
            time.sleep(0.001)
        self.wait_for_disk()

    async def _abort_what_is_left(self):
        for connection in list(self.venue.connections):
            connection.transport.abort()
        await asyncio.sleep(0.01)


@pytest.fixture
def demo_config():
    """The demo's configuration on free ports, as text with some changes made (pairs of old and new).

    It comes without the second process unless `sidecar` asks for it.
    """

    def demo_config(*changes, durability="process", sidecar=False):
        text = configuration.sample()
        if not sidecar:
            text = text.replace(SECOND_PROCESS, "")
        for old, new in (
            ("port_base = 7400", "port_base = 0"),
            ('durability = "disk"', f'durability = "{durability}"'),
            *changes,
        ):
            assert old in text, f"the sample has no {old}"
            text = text.replace(old, new)
        return configuration.parse(text)

    return demo_config


@pytest.fixture
def clock():
    """A clock that stands at a Thursday's noon in New York."""
    return FakeClock(1_795_107_600_000_000_000)


@pytest.fixture
def host(tmp_path, demo_config, clock):
    """Host a venue: the demo in `process` durability on the fake clock, where nothing else is said."""
    hosts = []

    def host(config=None, data=None, clock=clock, start=True):
        hosted = Host(config or demo_config(), data or tmp_path / "data", clock)
        hosts.append(hosted)
        return hosted.start() if start else hosted

    yield host
    for hosted in hosts:
        hosted.close()
