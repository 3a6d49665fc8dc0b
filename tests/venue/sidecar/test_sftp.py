"""Uploads over SFTP: a file has its name when its sender has closed it and every piece of it is written, else never."""

import asyncio
import socket
from contextlib import asynccontextmanager

import asyncssh
import pytest

from venue import config
from venue.sidecar.homes import LARGEST_UPLOAD, Home
from venue.sidecar.member_logins import MemberLogins
from venue.sidecar.sftp import Sftp

SFTP = pytest.mark.section("PRM", "3.19 Restricted symbols by file")
NAME = "GP29PR_RestrictedSymbols.csv"
OLD = b"OrderBookId,Symbol,MIC\n101,,\n102,,\n"
NEW = b"OrderBookId,Symbol,MIC\n201,,\n"


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path, "GP29")
    home.lists.mkdir(parents=True)
    (home.lists / NAME).write_bytes(OLD)
    return home


@pytest.fixture
def client(tmp_path):
    """A client of a server of its own."""

    @asynccontextmanager
    async def client():
        listening = socket.create_server(("127.0.0.1", 0))
        server = Sftp(tmp_path, MemberLogins(config.parse(config.sample())))
        await server.listen([listening])
        host, port = listening.getsockname()
        try:
            how = {"username": "GP29", "password": "NTFTEST", "known_hosts": None}
            async with asyncssh.connect(host, port, **how) as connection:
                async with connection.start_sftp_client() as sftp:
                    yield connection, sftp
                await connection.wait_closed()
        finally:
            server.close()

    return client


async def settled(home):
    """What the list holds once nothing of an upload is left."""
    while [path.name for path in home.lists.iterdir()] != [NAME]:  # noqa: ASYNC110 - a folder tells nobody
        await asyncio.sleep(0.01)
    return (home.lists / NAME).read_bytes()


@SFTP
async def test_a_list_that_was_closed_has_its_name(home, client):
    async with client() as (connection, sftp):
        async with sftp.open(NAME, "wb") as file:
            await file.write(NEW)
        assert await settled(home) == NEW
        connection.close()


@SFTP
@pytest.mark.parametrize("end", ["the line is cut", "the client leaves", "the channel ends"])
async def test_a_list_whose_end_never_came_is_forgotten_and_the_one_before_stays(home, client, end):
    async with client() as (connection, sftp):
        file = await sftp.open(NAME, "wb")
        await file.write(NEW)
        assert len(list(home.lists.iterdir())) == 2
        if end == "the line is cut":
            connection.abort()
        elif end == "the client leaves":
            connection.close()
        else:
            sftp.exit()
        assert await settled(home) == OLD
        connection.close()


@SFTP
async def test_a_list_of_which_a_piece_could_not_be_written_is_forgotten_too(home, client):
    async with client() as (connection, sftp):
        file = await sftp.open(NAME, "wb")
        await file.write(NEW)
        with pytest.raises(asyncssh.SFTPFailure, match="bytes at the most"):
            await file.write(b"x", LARGEST_UPLOAD)
        with pytest.raises(asyncssh.SFTPFailure, match="what had its name stays"):
            await file.close()
        assert await settled(home) == OLD
        connection.close()
