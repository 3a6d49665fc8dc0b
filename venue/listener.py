"""A service's listening sockets: connections are counted before anything is done for them, then handed to a session.

A connection beyond the caps is closed at once: no session, no TLS handshake, not even a log line of its own. For the
others a session is made at accept, so that its login wait counts from there, the TLS handshake included. Only so many
connections are accepted in one turn of the loop: a crowd at the door does not hold up who is inside.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address

from venue.admission import Burst, Crowd
from venue.connection import Connection

BACKLOG = 1024
"""Connections that may wait to be accepted, so that a crowd need not try again."""
ACCEPTS_A_TURN = 8
"""Connections accepted in one turn of the loop."""
NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL)
PAUSE_SECONDS = 0.2
"""How long nobody is accepted when the machine cannot (no descriptor is free); they wait in the backlog."""


async def resolve(host: str) -> list[str]:
    """Give the addresses that a host means, each once; raises `OSError`, or `ValueError` where it cannot be a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def plain_address(host: str) -> IPv4Address | IPv6Address:
    """Give a peer's address; an IPv4 address in IPv6 clothes is the IPv4 address."""
    address = ip_address(host)
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _bound(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, port))
    except BaseException:
        bound.close()
        raise
    return bound


class BoundPort:
    """One port on all of a host's addresses. `bind` it, `start` it, `close` it."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []

    def bind(self, addresses: list[str], port: int) -> tuple[str, int]:
        """Take the port on each address, the same free one where it is 0; gives the first's. Raises `OSError`.

        An address that this machine does not have (a name's `::1` where there is no IPv6) is left out, if it is not
        the only one.
        """
        missing: OSError | None = None
        for address in addresses:
            try:
                self.sockets.append(_bound(address, port))
            except OSError as error:
                if error.errno not in NO_SUCH_ADDRESS:
                    raise
                missing = error
            else:
                port = self.sockets[-1].getsockname()[1]
        if missing is not None and not self.sockets:
            raise missing
        host: str = self.sockets[0].getsockname()[0]
        return host, port

    def start(self) -> None:
        """Listen; raises `OSError`."""
        for bound in self.sockets:
            bound.listen(BACKLOG)

    def close(self) -> None:
        """Take no more connections."""
        for bound in self.sockets:
            bound.close()
        self.sockets.clear()


class Listener(BoundPort):
    """Accepts who comes to a port, and hands each connection to a session.

    `session` makes a session for the address that a connection comes from.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        crowd: Crowd,
        session: Callable[[str], Connection],
        context: ssl.SSLContext | None,
        handshake_seconds: float,
        shutdown_seconds: float,
    ) -> None:
        super().__init__()
        self._loop = loop
        self._crowd = crowd
        self._session = session
        self._context = context
        self._handshake_seconds = None if context is None else handshake_seconds
        self._shutdown_seconds = None if context is None else shutdown_seconds
        self._failed = Burst(loop, "TLS handshakes failed")
        self._opening: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Listen and accept; raises `OSError`."""
        super().start()
        self._resume()

    def close(self) -> None:
        """Take no more connections, and break off handshakes."""
        self._suspend()
        super().close()
        for task in self._opening:
            task.cancel()
        self._failed.say()

    def _resume(self) -> None:
        self._pause = None
        for bound in self.sockets:
            self._loop.add_reader(bound, self._accept, bound)

    def _suspend(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        for bound in self.sockets:
            self._loop.remove_reader(bound)

    def _accept(self, bound: socket.socket) -> None:
        """Accept who waits, a few at a time."""
        for _ in range(ACCEPTS_A_TURN):
            try:
                accepted, peer = bound.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                self._crowd.refused.add(f"{error.strerror}; they are kept waiting")
                self._suspend()
                self._pause = self._loop.call_later(PAUSE_SECONDS, self._resume)
                return
            address = str(plain_address(peer[0]))
            if not self._crowd.enter(address):
                accepted.close()
                continue
            accepted.setblocking(False)
            session = self._session(address)
            task = self._loop.create_task(self._open(accepted, session))
            self._opening.add(task)
            task.add_done_callback(partial(self._opened, accepted, session))

    async def _open(self, accepted: socket.socket, session: Connection) -> None:
        """Let the session have its connection, behind a handshake where there is TLS."""
        await self._loop.connect_accepted_socket(
            lambda: session,
            accepted,
            ssl=self._context,
            ssl_handshake_timeout=self._handshake_seconds,
            ssl_shutdown_timeout=self._shutdown_seconds,
        )

    def _opened(self, accepted: socket.socket, session: Connection, task: asyncio.Task[None]) -> None:
        """Give the place of a connection back that came to nothing. One that was made does so itself, when it ends."""
        self._opening.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, OSError):
            raise error
        if not session.is_made:
            accepted.close()
            session.give_place_back()
            if not task.cancelled():
                self._failed.add(str(error or "the client left"))
