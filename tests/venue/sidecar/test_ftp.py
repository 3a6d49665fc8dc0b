"""FTP in the clear: which files it takes, when one is complete, and where it listens for data."""

import ftplib
import importlib
import io
import socket
import struct
import time
import warnings

import pytest

from venue import config as configuration
from venue.sidecar.member_logins import MemberLogins

FILES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")
NAME = "GP29PR_RestrictedSymbols.csv"
PATIENCE = 10.0
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "ftp" / "GP29"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(b"old")
    return folder


@pytest.fixture
def free():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def client(folder, free):
    """A client of a server of its own, which listens for data on one port."""
    bound = socket.create_server(("127.0.0.1", 0))
    config = configuration.parse(configuration.sample())
    with warnings.catch_warnings():  # what pyftpdlib stands on goes with Python 3.12, where it brings its own
        warnings.simplefilter("ignore", DeprecationWarning)
        ftp = importlib.import_module("venue.sidecar.ftp")
    server = ftp.Ftp(folder.parent.parent, MemberLogins(config), None, (free, free))
    address = bound.getsockname()
    server.start([bound])
    with ftplib.FTP(timeout=PATIENCE) as client:
        client.connect(*address)
        client.login("GP29", "NTFTEST")
        yield client
    server.stop()


def settled(folder):
    """What the list holds once nothing of an upload is left."""
    end = time.monotonic() + PATIENCE
    while [path.name for path in folder.iterdir()] != [NAME]:
        assert time.monotonic() < end
        time.sleep(0.01)
    return (folder / NAME).read_bytes()


@FILES
def test_a_list_is_taken_over_the_data_port_that_is_configured(client, folder, free):
    assert client.makepasv()[1] == free
    client.storbinary(f"STOR {NAME}", io.BytesIO(b"new"))
    assert settled(folder) == b"new"


@FILES
@pytest.mark.parametrize("end", ["the data is reset", "the client is gone"])
def test_a_list_whose_end_never_came_is_forgotten_and_the_one_before_stays(client, folder, end):
    data = client.transfercmd(f"STOR {NAME}")
    data.sendall(b"half")
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)
    if end == "the data is reset":
        data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    else:
        client.sock.close()
        client.file.close()
    data.close()
    assert settled(folder) == b"old"
    if end == "the data is reset":
        with pytest.raises(ftplib.error_temp, match="426"):
            client.voidresp()


@FILES
@pytest.mark.parametrize("end", ["the data is reset", "the client is gone"])
def test_an_upload_whose_data_never_came_is_forgotten(client, folder, end):
    for _ in range(20):
        address = client.makepasv()
        assert client.sendcmd(f"STOR {NAME}").startswith("150")
        assert len(list(folder.iterdir())) == 2
        if end == "the client is gone":
            client.close()
            break
        with socket.socket() as data:
            data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            data.connect(address)
        with pytest.raises(ftplib.error_temp, match="426"):
            client.voidresp()
    assert settled(folder) == b"old"


@FILES
@pytest.mark.parametrize("path", ["../GP30/x.csv", "a/x.csv", "/reports/x.csv"])
def test_a_path_that_is_no_name_is_nothing_of_the_home(client, folder, path):
    with pytest.raises(ftplib.error_perm):
        client.storbinary(f"STOR {path}", io.BytesIO(b"new"))
    assert settled(folder) == b"old"


@FILES
def test_no_file_has_a_name_of_the_server_s(client, folder):
    with pytest.raises(ftplib.error_perm, match="502"):
        client.sendcmd("STOU")
    assert settled(folder) == b"old"


def test_data_ports_go_from_the_first_to_the_last():
    profile = configuration.sample().replace("# passive_ports = [50000, 50099]", "passive_ports = [50099, 50000]")
    with pytest.raises(configuration.ConfigError, match="from the first to the last"):
        configuration.parse(profile)
