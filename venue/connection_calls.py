"""What operators see of connections: who is connected to what, when it was heard last, what it has not read yet.

Only the engine process knows: connections are no part of the state that a replica shows.
"""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING

from fix.endpoint import FixEndpoint
from venue.calls import Count, Reply
from venue.changes import Answer, Call
from venue.ports import SoupConnection

if TYPE_CHECKING:
    from venue.connection import Connection

MILLISECOND = 1_000_000


class ConnectionView(Reply, frozen=True):
    """A connection: its service and address, the port that is logged in ("" before), and its session's state.

    `heardMsAgo` is how long ago its client sent something, if only a heartbeat; `unsentBytes` wait for it to read, and
    `paused` says that so many do that no more is handed on.
    """

    service: str
    address: str
    port: str
    heard_ms_ago: Count | None
    unsent_bytes: Count
    paused: bool


class ConnectionList(Reply, frozen=True):
    """Every connection of trading clients."""

    items: list[ConnectionView]


def show_connections(call: Call) -> Answer:
    """List the connections, by service and port."""
    found = [view(connection) for connection in call.venue.connections]
    return Answer(200, ConnectionList(sorted(found, key=lambda one: (one.service, one.port, one.address))))


def view(connection: Connection) -> ConnectionView:
    """Show one connection."""
    unsent = connection.transport.get_write_buffer_size()
    if connection.stream is not None:
        unsent += max(connection.stream.released - connection.sent, 0)
    heard = heard_ns_ago(connection)
    return ConnectionView(
        connection.service.key,
        connection.address,
        connection.name,
        None if heard is None else max(heard, 0) // MILLISECOND,
        unsent,
        connection.paused,
    )


def heard_ns_ago(connection: Connection) -> int | None:
    """Give how long ago something came, None where nothing did or the protocol does not note it."""
    if isinstance(connection, SoupConnection):
        return monotonic_ns() - connection.session.heard_at
    if connection.index < 0:
        return None
    endpoint = connection.venue.machine.ports[connection.index]
    if not isinstance(endpoint, FixEndpoint):
        return None
    _, heard_at, _ = endpoint.session.wall_times()
    return connection.venue.clock.now()[1] - heard_at if heard_at else None
