"""A blocking FIX client that frames and reads messages by itself: nothing of it is the server's."""

import socket
import time
from datetime import UTC, datetime

import pytest

PATIENCE = 15.0
"""Seconds after which something that should happen has not."""


class FixClient:
    """One connection. `frames` are the raw messages that came, as far as `take` has looked.

    `wall_time` gives the time of what is sent, in nanoseconds.
    """

    def __init__(self, address, wall_time, comp_id, target, version, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(tuple(address))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.comp_id, self.target, self.version = comp_id, target, version
        self.wall_time = wall_time
        self.number = 1
        self.bytes = b""
        self.frames = []
        self.is_closed = False

    def now(self):
        """The time as FIX spells it."""
        return datetime.fromtimestamp(self.wall_time() / 1e9, UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]

    def message(self, kind, *fields, number=None, sent_at=None, header=()):
        """Bytes of a message under the next number, or another; `fields` are pairs of tag and value."""
        if number is None:
            number, self.number = self.number, self.number + 1
        sent_at = sent_at or self.now()
        head = (35, kind), (34, number), (49, self.comp_id), (52, sent_at), (56, self.target)
        return framed(self.version, (*head, *header, *fields))

    def send(self, kind, *fields, **header):
        """Send one message; gives its bytes."""
        data = self.message(kind, *fields, **header)
        self.socket.sendall(data)
        return data

    def logon(self, *fields, heartbeat=30, number=None):
        """Send a Logon; gives the answer."""
        extra = ((1137, 9),) if self.version == "FIXT.1.1" else ()
        self.send("A", (98, 0), (108, heartbeat), *fields, *extra, number=number)
        return self.expect("A")

    def order(self, cl_ord_id="1", symbol="AAPL", quantity=100, price="190.00", side=1, **more):
        """Pairs of a NewOrderSingle: 100 AAPL to buy at 190 for the day, unless said otherwise."""
        fields = {11: cl_ord_id, 21: 1, 38: quantity, 40: 2, 44: price, 54: side, 55: symbol, 59: 0}
        fields |= {60: self.now()} | {int(tag[1:]): more[tag] for tag in more}
        return sorted(fields.items())

    def read(self, patience=PATIENCE):
        """Read once; gives whether anything came."""
        self.socket.settimeout(patience)
        try:
            data = self.socket.recv(1 << 18)
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionError:
            data = b""
        self.is_closed = self.is_closed or not data
        self.bytes += data
        return bool(data)

    def _next(self):
        """Cut the next frame off what was read: by its length, which must be right, as must its sum."""
        head = self.bytes.find(b"\x0135=")
        if head < 0:
            return None
        length = int(self.bytes[self.bytes.index(b"\x019=") + 3 : head])
        end = head + 1 + length + 7
        if len(self.bytes) < end:
            return None
        frame, self.bytes = self.bytes[:end], self.bytes[end:]
        assert frame[-7:] == b"10=%03d\x01" % (sum(frame[:-7]) % 256), frame
        self.frames.append(frame)
        return frame

    def take(self, patience=PATIENCE):
        """Give the next message as a dictionary of tags and texts."""
        end = time.monotonic() + patience
        while (frame := self._next()) is None:
            assert not self.is_closed, f"the connection was closed: {self.frames[-3:]}"
            assert time.monotonic() < end, f"nothing came: {self.bytes}"
            self.read(0.5)
        return fields_of(frame)

    def expect(self, kind):
        """Take the next message, which is of this type."""
        message = self.take()
        assert message[35] == kind, message
        return message

    def settle(self):
        """Ask for a sign of life; gives all that came before it."""
        self.send("1", (112, "SETTLE"))
        before = []
        while (message := self.take()).get(112) != "SETTLE":
            before.append(message)
        return before

    def read_to_end(self, patience=PATIENCE):
        """Read until the server closes the connection; gives the messages that came."""
        end = time.monotonic() + patience
        while not self.is_closed:
            assert time.monotonic() < end, "the connection is still open"
            self.read(0.2)
        came = []
        while self.bytes.startswith(b"8=FIX") and (frame := self._next()) is not None:
            came.append(fields_of(frame))
        return came

    def close(self):
        self.socket.close()


def framed(version, fields):
    """Bytes of a message: BodyLength and CheckSum are worked out."""
    body = b"".join(b"%d=%s\x01" % (tag, str(value).encode("latin-1")) for tag, value in fields)
    data = b"8=%s\x019=%d\x01" % (version.encode(), len(body)) + body
    return data + b"10=%03d\x01" % (sum(data) % 256)


def fields_of(frame):
    """A message as a dictionary; of a tag that comes twice the first."""
    fields = {}
    for part in frame[:-1].split(b"\x01"):
        tag, value = part.split(b"=", 1)
        fields.setdefault(int(tag), value.decode("latin-1"))
    return fields


def again(frame):
    """A message as far as it is the same when it is sent again: without 43, 122, 52, 9 and 10."""
    parts = [part.partition(b"=") for part in frame[:-1].split(b"\x01")]
    return [(tag, value) for tag, _, value in parts if tag not in (b"43", b"122", b"52", b"9", b"10")]


@pytest.fixture
def fix():
    """Connect to a venue (`Process` or `Host`); nothing is sent yet."""
    clients = []

    def fix(venue, comp_id="FXT1", service="fix.nasdaq", target="INET", version="FIX.4.2", receive_buffer=None):
        wall_time = time.time_ns if getattr(venue, "clock", None) is None else lambda: venue.clock.now()[1]
        client = FixClient(venue.addresses[service], wall_time, comp_id, target, version, receive_buffer)
        clients.append(client)
        return client

    yield fix
    for client in clients:
        client.close()
