"""FTPS: no login and no list goes in the clear, and what is cut off is no list."""

import ftplib
import importlib
import io
import socket
import ssl
import time
import warnings

import pytest
import trustme

from venue import config as configuration
from venue.service_settings import TlsSettings
from venue.sidecar.member_logins import MemberLogins

FILES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")
NAME = "GP29PR_RestrictedSymbols.csv"
PATIENCE = 10.0


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def address(authority, tmp_path):
    """A server with TLS, in a thread of its own."""
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "venue.pem", tmp_path / "venue.key"
    for piece in issued.cert_chain_pems:
        piece.write_to_path(certificate, append=True)
    issued.private_key_pem.write_to_path(key)
    (tmp_path / "ftp" / "GP29").mkdir(parents=True)
    bound = socket.create_server(("127.0.0.1", 0))
    config = configuration.parse(configuration.sample())
    with warnings.catch_warnings():  # what pyftpdlib stands on goes with Python 3.12, where it brings its own
        warnings.simplefilter("ignore", DeprecationWarning)
        ftp = importlib.import_module("venue.sidecar.ftp")
    server = ftp.Ftp(tmp_path, MemberLogins(config), TlsSettings(certificate=str(certificate), key=str(key)))
    address = bound.getsockname()
    server.start([bound])
    yield address
    server.stop()


@FILES
def test_a_list_goes_over_tls_and_in_the_clear_nothing_does(address, authority, tmp_path):
    with ftplib.FTP(timeout=PATIENCE) as plain:
        plain.connect(*address)
        with pytest.raises(ftplib.error_perm, match="SSL/TLS required"):
            plain.login("GP29", "NTFTEST")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with ftplib.FTP_TLS(context=context, timeout=PATIENCE) as client:
        client.connect(*address)
        client.login("GP29", "NTFTEST")
        with pytest.raises(ftplib.error_perm, match="SSL/TLS required"):
            client.storbinary(f"STOR {NAME}", io.BytesIO(b"list"))
        client.prot_p()
        client.storbinary(f"STOR {NAME}", io.BytesIO(b"list"))
    assert (tmp_path / "ftp" / "GP29" / NAME).read_bytes() == b"list"


@FILES
def test_an_upload_that_is_cut_off_leaves_the_file_as_it_was(address, authority, tmp_path):
    folder = tmp_path / "ftp" / "GP29"
    (folder / NAME).write_bytes(b"old")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    client = ftplib.FTP_TLS(context=context, timeout=PATIENCE)
    client.connect(*address)
    client.login("GP29", "NTFTEST")
    client.prot_p()
    data = client.transfercmd(f"STOR {NAME}")
    data.sendall(b"half")
    client.sock.close()
    client.file.close()
    data.close()
    end = time.monotonic() + PATIENCE
    while [path.name for path in folder.iterdir()] != [NAME] and time.monotonic() < end:
        time.sleep(0.02)
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert (folder / NAME).read_bytes() == b"old"
