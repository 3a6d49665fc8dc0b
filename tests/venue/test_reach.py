"""What a venue must not leave open: plain TCP and known logins beyond this machine, passwords, the last descriptor."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from doors import FIRST_PORT, OTHER, PATIENCE, USER, Visitor, setting

from venue import config, descriptors, passwords
from venue.config import ConfigError

PORTCULLIS = Path(sys.executable).with_name("portcullis")
OPEN = 'host = "127.0.0.1"'
PLAIN = setting("allow_plain_tcp = true")
KNOWN = setting("allow_known_logins = true")
HIDDEN = ("show_logins = true", "show_logins = false")
OWN_PASSWORDS = ('password = "NTFTEST"', 'password = "SECRET"')
OWN_ADDRESSES = ('service = "fix.', 'addresses = ["10.0.0.0/8"]\nservice = "fix.')
OWN_DROP_ADDRESSES = ('service = "drop.', 'addresses = ["10.0.0.0/8"]\nservice = "drop.')
OWN = (OWN_PASSWORDS, OWN_ADDRESSES, OWN_DROP_ADDRESSES, ("!xxx", "!yyy"))
FIRST = 'name = "IN19T6"\nmpid = "INET"\nservice = "ouch.nasdaq"\npassword = '
FIRST_HASH = FIRST.replace("password", "password_hash")
HASHED = passwords.hash_password("NTFTEST", exact=True)
DEAR = HASHED.replace("t=2", "t=9")
RESERVED = descriptors._reserved(config.parse(config.sample()))
KNOWN_SECRET = passwords.hash_password("ntf-operator!xxxxxxxxxxxxxxxxxxx", exact=True)


def desk(line):
    """The last person's way to log in, after `OWN_PASSWORDS`."""
    return ('name = "desk"\npassword = "SECRET"', f'name = "desk"\n{line}')


def operator(text):
    """The first client's hash, after `OWN`."""
    return ('secret = "ntf-operator!yyyxxxxxxxxxxxxxxxx"', f'secret_hash = "{text}"')


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "fe80::1", "::ffff:192.0.2.1"])
@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ([], "venue.host"),
        ([KNOWN, HIDDEN, *OWN], "venue.host"),
        ([PLAIN, *OWN], "venue.show_logins"),
        ([PLAIN, HIDDEN], "port[0].password"),
        ([PLAIN, HIDDEN, OWN_PASSWORDS, desk('password = "NtfTest"')], "person[7].password"),
        ([PLAIN, HIDDEN, OWN_PASSWORDS], "client[0].secret"),
        ([PLAIN, HIDDEN, OWN_PASSWORDS, ("!xxx", "!yyy")], "port[16].password"),
        ([PLAIN, HIDDEN, *OWN, (f'{FIRST}"SECRET"', f'{FIRST_HASH}"{HASHED}"')], "port[0].password_hash"),
        ([PLAIN, HIDDEN, *OWN, desk(f'password_hash = "{HASHED}"')], "person[7].password_hash"),
        ([PLAIN, HIDDEN, *OWN, operator(KNOWN_SECRET)], "client[0].secret_hash"),
        ([PLAIN, HIDDEN, *OWN, desk(f'password_hash = "{DEAR}"')], ""),
        ([PLAIN, HIDDEN, *OWN, operator(HASHED)], ""),
        ([PLAIN, HIDDEN, *OWN], ""),
        ([PLAIN, KNOWN], ""),
    ],
)
def test_beyond_loopback_plain_tcp_and_known_logins_need_a_setting(demo_config, address, changes, key):
    make = [(OPEN, f'host = "{address}"'), *changes]
    if not key:
        assert demo_config(*make).venue.host == address
        return
    with pytest.raises(ConfigError) as error:
        demo_config(*make)
    assert error.value.key == key
    assert "venue.allow_" in str(error.value)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
def test_loopback_needs_none(demo_config, address):
    assert demo_config((OPEN, f'host = "{address}"')).venue.host == address


@pytest.mark.parametrize("name", ["0", "0x0", "0.0"])
def test_a_host_that_only_looking_it_up_tells_is_held_to_the_same(host, demo_config, name):
    with pytest.raises(ConfigError, match="can be reached from other machines"):
        host(demo_config((OPEN, f'host = "{name}"')))


@pytest.mark.parametrize("name", ["no.such.host.invalid", "192.0.2.1", "a..b", "x" * 70, r"a\u0000b"])
def test_a_host_that_is_none_of_ours_is_named(host, demo_config, name):
    with pytest.raises(ConfigError, match="no address of this machine") as error:
        host(demo_config((OPEN, f'host = "{name}"'), PLAIN, KNOWN))
    assert error.value.key == "venue.host"


@pytest.mark.parametrize("name", ["localhost", "127.1"])
def test_a_name_of_loopback_listens_on_one_port_of_each_of_its_addresses(host, demo_config, name):
    venue = host(demo_config((OPEN, f'host = "{name}"')))
    port = venue.addresses["ouch.nasdaq"][1]
    addresses = {bound.getsockname()[0] for one in venue.venue.listeners for bound in one.sockets}
    assert addresses <= {"127.0.0.1", "::1"}
    for number, address in enumerate(sorted(addresses)):
        visitor = Visitor((address, port))
        assert visitor.log_in((USER, OTHER)[number]) == "A"
        visitor.close()


def test_on_every_address_a_venue_of_its_own_passwords_takes_logins(host, visit, demo_config):
    venue = host(demo_config((OPEN, 'host = "0.0.0.0"'), PLAIN, HIDDEN, *OWN))
    assert venue.addresses["ouch.nasdaq"][0] == "0.0.0.0"
    assert visit(venue).log_in(USER, "SECRET") == "A"


# ---------------------------------------------------------------------------------------------------- the command line


def test_a_password_is_hashed_from_stdin_and_lets_in(portcullis, launch, visit, tmp_path):
    hashed = (
        subprocess.run(
            [PORTCULLIS, "config", "hash"],
            input=b"Secret1\n",
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
    )
    assert passwords.is_of(b"SECRET1", hashed)
    file = tmp_path / "mine.toml"
    file.write_text(
        config.sample().replace(FIRST_PORT, FIRST_PORT.replace('password = "NTFTEST"', f'password_hash = "{hashed}"'))
    )
    assert portcullis("config", "check", file).returncode == 0
    venue = launch("--config", str(file), command="serve")
    assert visit(venue).log_in(USER, "SECRET1") == "A"
    assert visit(venue).log_in(USER, "NTFTEST") == "JA"
    assert "IN19T6 / (hashed)" in venue.errors.read_text()


@pytest.mark.parametrize("given", [b"", b"\n", b"twelve chars\n", b"two words\n", "h\u00e9\n".encode(), b"x" * 5_000])
def test_what_no_login_could_send_is_not_hashed(given):
    command = [PORTCULLIS, "config", "hash"]
    result = subprocess.run(command, input=given, capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"1 to 10 printable characters" in result.stderr


@pytest.mark.parametrize(
    ("whose", "given", "hashed"),
    [
        ("client", b"ntf-operator!xxxxxxxxxxxxxxxxxxx\n", b"ntf-operator!xxxxxxxxxxxxxxxxxxx"),
        ("client", b"Too short\n", None),
        ("client", b"sixteen%characters\n", None),
        ("person", b"A long Password with spaces\r\n", b"A long Password with spaces"),
        ("person", b"x" * 129, None),
        ("port", b"A-long-Password\n", None),
    ],
)
def test_what_is_hashed_for_clients_and_people_is_as_it_is_and_may_be_longer(whose, given, hashed):
    command = [PORTCULLIS, "config", "hash", "--for", whose]
    result = subprocess.run(command, input=given, capture_output=True, check=False)
    if hashed is None:
        assert (result.returncode, result.stdout) == (2, b"")
        assert b" is " in result.stderr
        return
    assert passwords.is_of(hashed, result.stdout.decode().strip())
    assert not passwords.is_of(hashed.upper(), result.stdout.decode().strip())


def limited(tmp_path, limits):
    """Start the demo under limits of open files, and give the process and its data."""
    data = tmp_path / "data"
    command = f"{limits}; exec {PORTCULLIS} demo --port-base 0 --durability process --data {data}"
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")}
    process = subprocess.Popen(["sh", "-c", command], stderr=subprocess.PIPE, env=environment, text=True)
    return process, data


RESERVED = descriptors._reserved(config.parse(config.sample()))


@pytest.mark.parametrize(
    ("limits", "said", "allowed"),
    [
        ("ulimit -Sn 256", None, RESERVED + 4_096),
        ("ulimit -Sn 200; ulimit -Hn 300", f"at most {300 - RESERVED} connections, not 4,096", 300),
    ],
)
def test_the_limit_of_open_files_is_raised_and_where_it_cannot_be_the_cap_is_lowered(tmp_path, limits, said, allowed):
    process, _ = limited(tmp_path, limits)
    with process:
        try:
            lines = []
            for line in process.stderr:
                lines.append(line)
                if line == "Ready\n":
                    break
            assert lines[-1] == "Ready\n"
            found = Path(f"/proc/{process.pid}/limits").read_text()
            assert int(re.search(r"Max open files\s+(\d+)", found)[1]) == allowed
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert int(re.search(r"FDSize:\s+(\d+)", status)[1]) >= allowed  # the kernel's table, wide from the start
            assert bool(said) == any(f"ulimit -Hn {RESERVED + 4_096}" in line for line in lines)
            assert not said or said in "".join(lines)
        finally:
            process.kill()


def test_without_room_for_a_single_connection_the_venue_does_not_start(tmp_path):
    process, data = limited(tmp_path, "ulimit -n 100")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "leaves none for connections" in errors
    assert not data.exists()


def test_at_a_terminal_the_password_is_asked_for_twice_and_never_shown():
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [PORTCULLIS, "config", "hash"], stdin=inside, stderr=inside, stdout=subprocess.PIPE
    ) as process:
        os.close(inside)
        shown = b""
        for prompt in (b"Password: ", b"confirmation: "):
            while not shown.endswith(prompt):
                shown += os.read(terminal, 1_000)
            os.write(terminal, b"Secret1\n")
        hashed, _ = process.communicate(timeout=PATIENCE)
    os.close(terminal)
    assert process.returncode == 0
    assert passwords.is_of(b"SECRET1", hashed.decode().strip())
    assert b"ecret1" not in shown
