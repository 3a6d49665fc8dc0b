"""What tests of the venue's door share: a visitor who packs and cuts packets by hand, from any address, TLS or not."""

import socket
import struct
import time
from contextlib import ExitStack, suppress

import pytest

from venue import passwords

PATIENCE = 15
USER, OTHER, NEIGHBOUR = "IN19T6", "AK01T1", "AK21T1"
PASSWORD = "NTFTEST"
ELSEWHERE = "127.0.0.2"
FIRST_PORT = 'name = "IN19T6"\nmpid = "INET"\nservice = "ouch.nasdaq"\npassword = "NTFTEST"'
"""As it stands in the sample, to be changed."""


def setting(line, table="venue"):
    """A line more in a table of the sample."""
    return (f"[{table}]\n", f"[{table}]\n{line}\n")


def packet(kind, payload=b""):
    return struct.pack(">Hc", 1 + len(payload), kind) + payload


def login(user=USER, password=PASSWORD, sequence=1):
    return packet(b"L", f"{user:6}{password:10}{'':10}{sequence:>20}".encode())


def order(number, side=b"B", quantity=100, price=10, tif=b"0", symbol=b"ZWZZT"):
    """An Enter Order: 100 ZWZZT to buy at $10 for the day, unless said otherwise."""
    head = struct.pack(">cIcI8sQ", b"O", number, side, quantity, symbol.ljust(8), price * 10_000)
    return packet(b"U", head + tif + b"YPNN" + b" " * 14 + bytes(2))


class Visitor:
    """A blocking connection, from the address `source`, in TLS where there is a context."""

    def __init__(self, address, source=None, context=None):
        self.socket = socket.create_connection(address, PATIENCE, None if source is None else (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        if context is not None:
            plain = self.socket
            try:
                self.socket = context.wrap_socket(plain, server_hostname="venue.example")
            except OSError:
                plain.close()
                raise

    def send(self, *packets):
        """Send; that the venue has hung up meanwhile shows when its answer is read."""
        with suppress(ConnectionError):
            self.socket.sendall(b"".join(packets))

    def read(self):
        """The next packet but heartbeats, as type and payload; None at the end of the connection."""
        while True:
            while len(self.rest) < 2 or len(self.rest) < 2 + int.from_bytes(self.rest[:2], "big"):
                try:
                    data = self.socket.recv(1 << 18)
                except ConnectionResetError:
                    data = b""
                if not data:
                    return None
                self.rest += data
            end = 2 + int.from_bytes(self.rest[:2], "big")
            found, self.rest = (self.rest[2:3], self.rest[3:end]), self.rest[end:]
            if found != (b"H", b""):
                return found

    def log_in(self, *arguments, **fields):
        """Log in; gives what was answered: `A`, or `J` and its reason, or nothing."""
        self.send(login(*arguments, **fields))
        return self.answer()

    def answer(self):
        found = self.read()
        return None if found is None else (found[0] if found[0] == b"A" else found[0] + found[1]).decode()

    def hear(self, count=1):
        """The letters of the next messages of the stream."""
        return b"".join(payload[:1] for _, payload in (self.read() or (b"", b"") for _ in range(count))).decode()

    def is_at_its_end(self):
        """Read up to the end of the connection."""
        while self.read() is not None:
            pass
        return True

    def close(self):
        self.socket.close()


def comes_true(venue, what):
    """Wait until the venue's thread sees that something is so."""
    end = time.monotonic() + PATIENCE
    while not venue.call(what):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.005)


@pytest.fixture
def visit():
    """Come to a venue's door; see `Visitor`."""
    with ExitStack() as stack:

        def visit(venue, service="ouch.nasdaq", **arguments):
            visitor = Visitor(tuple(venue.addresses[service]), **arguments)
            stack.callback(visitor.close)
            return visitor

        yield visit


@pytest.fixture
def walks(monkeypatch):
    """The hashes that were walked."""
    walked = []
    real = passwords.is_of

    def is_of_counted(secret, hash_):
        walked.append(hash_)
        return real(secret, hash_)

    monkeypatch.setattr(passwords, "is_of", is_of_counted)
    return walked
