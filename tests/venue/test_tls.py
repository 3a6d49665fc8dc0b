"""TLS listeners: a client logs in and trades through them; whoever does not speak it, or not to its end, is let go."""

import re
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from doors import NEIGHBOUR, OTHER, PATIENCE, USER, Visitor, comes_true, login, order, packet
from structlog.testing import capture_logs

from venue import config
from venue.config import ConfigError
from venue.tls import server_context

IN_TLS = ("offset = 0\n", "offset = 0\ntls = true\n")
"""`ouch.nasdaq` speaks TLS; `ouch.bx`, where the neighbour is, does not."""


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A folder of certificates and keys, good and bad, and the authority that issued them."""
    folder = tmp_path_factory.mktemp("tls")
    authority, stranger = trustme.CA(), trustme.CA()
    server = authority.issue_cert("venue.example")
    server.cert_chain_pems[0].write_to_path(folder / "venue.pem")
    server.private_key_pem.write_to_path(folder / "venue.key")
    authority.issue_cert("other.example").private_key_pem.write_to_path(folder / "other.key")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    (folder / "empty").write_text("")
    key = serialization.load_pem_private_key((folder / "venue.key").read_bytes(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    (folder / "encrypted.key").write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")))
    for name, issuer in (("client", authority), ("stranger", stranger)):
        issuer.issue_cert(f"{name}@example").private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    return folder


def tables(files, key="venue.key", certificate="venue.pem", authority=None):
    """`[tls]`, as a change of the sample."""
    lines = {"certificate": certificate, "key": key} | ({"client_authority": authority} if authority else {})
    text = "\n".join(f'{name} = "{files / value}"' for name, value in lines.items())
    return ("[soupbintcp]\n", f"[tls]\n{text}\n\n[soupbintcp]\n")


@pytest.fixture
def start(host, demo_config, files):
    def start(*changes, authority=None):
        return host(demo_config(tables(files, authority=authority), IN_TLS, *changes))

    return start


@pytest.fixture
def trusting(files):
    """What a client needs that knows the authority."""
    return ssl.create_default_context(cafile=files / "authority.pem")


@pytest.fixture
def neighbour(visit):
    """A neighbour without TLS, and proof that nothing has harmed it."""

    def neighbour(venue):
        near = visit(venue, "ouch.bx")
        assert near.log_in(NEIGHBOUR) == "A"
        near.send(order(1))
        assert near.hear(2) == "SA"
        return near

    return neighbour


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_two_clients_log_in_through_tls_and_trade(start, visit, trusting, version):
    trusting.minimum_version = trusting.maximum_version = version
    venue = start()
    buyer, seller = (visit(venue, context=trusting) for _ in range(2))
    assert (buyer.log_in(), seller.log_in(OTHER)) == ("A", "A")
    buyer.send(order(1))
    assert buyer.hear(2) == "SA"
    seller.send(order(1, b"S"))
    assert (seller.hear(3), buyer.hear(1)) == ("SAE", "E")
    assert buyer.socket.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
    buyer.send(packet(b"O"))
    assert buyer.is_at_its_end()
    buyer.close()
    comes_true(venue, lambda: venue.venue.crowd.count == 1)


def test_a_long_replay_is_the_same_to_the_byte_in_tls(start, visit, trusting):
    venue = start()
    client = visit(venue, context=trusting)
    assert client.log_in() == "A"
    for first in range(1, 20_001, 2_000):
        client.send(*(order(number, tif=b"3") for number in range(first, first + 2_000)))
        assert client.hear(2_000 + (first == 1)).count("A") == 2_000
    sent = venue.call(lambda: venue.venue.logged_in[USER].stream.slice(0, venue.venue.logged_in[USER].stream.length))
    client.close()
    comes_true(venue, lambda: USER not in venue.venue.logged_in)
    again = visit(venue, context=trusting)
    assert again.log_in() == "A"
    replay = bytearray(again.rest)
    while len(replay) < len(sent):
        replay += again.socket.recv(1 << 18)
    assert bytes(replay) == sent
    assert len(sent) > 1_000_000


def test_a_certificate_of_the_client_is_asked_for_where_an_authority_is_named(start, visit, trusting, files, neighbour):
    venue = start(authority="authority.pem")
    near = neighbour(venue)
    for certificate in (None, "stranger.pem"):
        context = ssl.create_default_context(cafile=files / "authority.pem")
        if certificate:
            context.load_cert_chain(files / certificate)
        with suppress(ssl.SSLError, ConnectionError):  # TLS 1.3 tells the client when it reads, if it comes to that
            assert visit(venue, context=context).log_in() is None
        comes_true(venue, lambda: venue.venue.crowd.count == 1)
    trusting.load_cert_chain(files / "client.pem")
    client = visit(venue, context=trusting)
    assert client.log_in(password="WRONG") == "JA", "it takes the place of no password"
    assert visit(venue, context=trusting).log_in() == "A"
    near.send(order(2))
    assert near.hear() == "A"
    assert not venue.faults


@pytest.mark.parametrize("sent", [login(), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 300, b"\0" * 9])
def test_who_does_not_speak_tls_is_let_go(start, visit, neighbour, sent):
    with capture_logs() as lines:
        venue = start()
        near, client = neighbour(venue), visit(venue)
        client.send(sent)
        client.socket.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while client.socket.recv(4_096):  # an alert, perhaps
                pass
        comes_true(venue, lambda: venue.venue.crowd.count == 1)
        near.send(order(2))
        assert near.hear() == "A"
        venue.stop()
    assert sum(line["count"] for line in lines if line["event"] == "TLS handshakes failed") == 1
    assert not venue.faults


def test_who_speaks_tls_where_there_is_none_is_let_go(start, visit, neighbour, trusting):
    venue = start()
    near = neighbour(venue)
    with pytest.raises(ssl.SSLError):
        visit(venue, "ouch.psx", context=trusting)
    comes_true(venue, lambda: venue.venue.crowd.count == 1)
    near.send(order(2))
    assert near.hear() == "A"


def hello():
    """The first bytes of a handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="venue.example")
    with suppress(ssl.SSLWantReadError):
        handshake.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("size", [0, 1, 100, 10_000])
def test_a_handshake_that_never_ends_is_ended_by_the_login_wait(start, visit, neighbour, size):
    venue = start(("login_wait_ms = 30000", "login_wait_ms = 300"))
    near, client = neighbour(venue), visit(venue)
    client.send(hello()[:size])
    with suppress(ConnectionError):
        while client.socket.recv(4_096):
            pass
    comes_true(venue, lambda: venue.venue.crowd.count == 1)
    near.send(order(2))
    assert near.hear() == "A"
    assert not venue.faults


def test_a_handshake_that_trickles_is_ended_by_the_login_wait(start, visit):
    venue = start(("login_wait_ms = 30000", "login_wait_ms = 300"))
    client = visit(venue)
    ended = threading.Event()

    def trickle():
        for byte in hello() * 10:
            client.send(bytes([byte]))
            if ended.wait(0.01):
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    with suppress(ConnectionError):
        while client.socket.recv(4_096):
            pass
    ended.set()
    thread.join()
    comes_true(venue, lambda: venue.venue.crowd.count == 0)


def test_the_login_wait_counts_from_the_connection_not_from_the_handshake(start, visit, trusting):
    venue = start(("login_wait_ms = 30000", "login_wait_ms = 400"))
    client = visit(venue, context=trusting)
    assert (client.read()[0], client.read()) == (b"+", None)
    client.close()
    comes_true(venue, lambda: venue.venue.crowd.count == 0)


def test_the_caps_count_before_the_handshake(start, visit, trusting, neighbour):
    venue = start(("[venue]\n", "[venue]\nmax_connections = 3\n"))
    near = neighbour(venue)
    silent = [visit(venue) for _ in range(2)]
    comes_true(venue, lambda: venue.venue.crowd.count == 3)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        visit(venue, context=trusting)
    silent[0].close()
    comes_true(venue, lambda: venue.venue.crowd.count == 2)
    assert visit(venue, context=trusting).log_in() == "A"
    near.send(order(2))
    assert near.hear() == "A"


def test_a_stop_breaks_off_handshakes_and_ends_logins(start, visit, trusting):
    venue = start()
    silent, client = visit(venue), visit(venue, context=trusting)
    assert client.log_in() == "A"
    comes_true(venue, lambda: venue.venue.crowd.count == 2)
    reader = threading.Thread(target=lambda: client.is_at_its_end() and client.close())
    reader.start()
    venue.stop()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    with suppress(ConnectionError):
        assert silent.socket.recv(1) == b""
    assert not venue.faults


def test_the_page_for_clients_says_how_to_wrap_its_script_in_tls(start, files):
    venue = start()
    page = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
    scripts = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (script,) = [script for script in scripts if "import socket" in script]
    (line,) = re.findall(r"^`(connection = .*)`$", page, re.MULTILINE)
    connects = next(each for each in script.splitlines() if "create_connection" in each)
    script = script.replace(connects, f"import ssl\n{connects}\n{line}")
    script = script.replace("7400", str(venue.addresses["ouch.nasdaq"][1]))
    done = subprocess.run([sys.executable, "-c", script], cwd=files, capture_output=True, text=True, check=True)
    assert re.match(r"accepted b['\"]A.{20,}HELLO", done.stdout.splitlines()[-1])


# ------------------------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    ("named", "key", "why"),
    [
        ({"certificate": "none.pem"}, "tls.certificate", "No such file"),
        ({"certificate": "empty"}, "tls.certificate", "no certificate"),
        ({"certificate": "venue.key"}, "tls.certificate", "no certificate"),
        ({"certificate": "."}, "tls.certificate", "Is a directory"),
        ({"key": "none.key"}, "tls.key", "No such file"),
        ({"key": "empty"}, "tls.key", "no usable private key"),
        ({"key": "venue.pem"}, "tls.key", "no usable private key"),
        ({"key": "other.key"}, "tls.key", "not the key of"),
        ({"key": "encrypted.key"}, "tls.key", "encrypted"),
        ({"authority": "none.pem"}, "tls.client_authority", "No such file"),
        ({"authority": "venue.key"}, "tls.client_authority", "no certificate"),
    ],
)
def test_a_bad_file_is_named_by_its_key(demo_config, files, host, named, key, why):
    made = demo_config(tables(files, **named), IN_TLS)
    with pytest.raises(ConfigError, match=why) as error:
        server_context(made)
    assert error.value.key == key
    with pytest.raises(ConfigError):
        host(made)


def test_tls_without_its_table_is_named(demo_config):
    with pytest.raises(ConfigError) as error:
        demo_config(IN_TLS)
    assert error.value.key == "service[0].tls"


def test_only_newer_tls_is_spoken(demo_config, files):
    context = server_context(demo_config(tables(files), IN_TLS))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert server_context(demo_config(tables(files))) is None, "no service has TLS"


def test_the_commands_find_the_files_beside_the_configuration(files, portcullis, launch, tmp_path, trusting):
    for name in ("venue.pem", "venue.key", "other.key"):
        (tmp_path / name).write_bytes((files / name).read_bytes())
    text = config.sample().replace(*IN_TLS)
    text = text.replace("[soupbintcp]\n", '[tls]\ncertificate = "venue.pem"\nkey = "venue.key"\n\n[soupbintcp]\n')
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(text)
    bad.write_text(text.replace('"venue.key"', '"other.key"'))
    assert portcullis("config", "check", good).returncode == 0
    assert str(tmp_path / "venue.key") in portcullis("config", "show", good).stdout
    for command in (
        ("config", "check", bad),
        ("serve", "--port-base", "0", "--data", tmp_path / "no", "--config", bad),
    ):
        result = portcullis(*command)
        assert result.returncode == 3
        assert "bad configuration: tls.key: " in result.stderr
    venue = launch("--config", str(good), command="serve")
    client = Visitor(tuple(venue.addresses["ouch.nasdaq"]), context=trusting)
    assert client.log_in() == "A"
    client.close()
    assert f"{venue.addresses['ouch.nasdaq'][1]} TLS" in venue.errors.read_text()


def test_fix_is_spoken_behind_tls_and_to_nobody_in_front_of_it(host, demo_config, files, trusting, fix):
    in_tls = ('key = "fix.nasdaq"', 'key = "fix.nasdaq"\ntls = true')
    venue = host(demo_config(tables(files), in_tls))
    plain = fix(venue)
    plain.send("A", (98, 0), (108, 30))
    assert plain.read_to_end() == []
    assert not plain.bytes.startswith(b"8=FIX")
    client = fix(venue)
    client.socket = trusting.wrap_socket(client.socket, server_hostname="venue.example")
    assert client.logon()[34] == "1"
