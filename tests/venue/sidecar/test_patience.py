"""Connections on which nothing is served for long are closed, and so are the oldest of too many."""

import asyncio
from types import SimpleNamespace

import pytest

from venue.sidecar.rest.patience import Patience


class Connection:
    def __init__(self):
        self.is_closed = False

    def force_close(self):
        self.is_closed = True


def server(*connections):
    return SimpleNamespace(connections=list(connections))


def test_a_connection_that_sends_no_whole_request_is_closed():
    patience, slow = Patience(idle_seconds=20), Connection()
    patience.look(server(slow), now=100.0)
    patience.look(server(slow), now=119.9)
    assert not slow.is_closed
    patience.look(server(slow), now=120.0)
    assert slow.is_closed


async def test_a_connection_is_left_alone_while_it_is_served_and_has_its_time_afterwards():
    patience, busy = Patience(idle_seconds=20), Connection()
    begun = asyncio.get_running_loop().time()
    patience.look(server(busy), now=begun)
    with patience.serves(busy):
        patience.look(server(busy), now=begun + 1_000)
        assert not busy.is_closed
    patience.look(server(busy), now=begun + 19)
    assert not busy.is_closed
    patience.look(server(busy), now=begun + 1_000)
    assert busy.is_closed


@pytest.mark.parametrize("most", [1, 2])
def test_of_too_many_those_that_wait_longest_are_closed(most):
    patience, connections = Patience(connections=most), [Connection() for _ in range(3)]
    for i in range(3):
        patience.look(server(*connections[: i + 1]), now=float(i))
        connections[:i] = connections[:i]
    assert [connection.is_closed for connection in connections] == [True] * (3 - most) + [False] * most


def test_connections_that_are_gone_are_forgotten():
    patience, gone = Patience(), Connection()
    patience.look(server(gone), now=1.0)
    patience.look(server(), now=2.0)
    assert not patience.idle_since
