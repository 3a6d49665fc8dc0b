"""The command line as scripts use it: exit codes, what goes to which stream, files that come and go."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from venue import cli, serve_commands
from venue import config as configuration
from venue.control import ask
from wire.soup_terms import EndOfSession, LoginAccepted

PORTCULLIS = Path(sys.executable).with_name("portcullis")
COMMANDS = [
    (),
    ("demo",),
    ("serve",),
    ("config",),
    ("config", "init"),
    ("config", "show"),
    ("config", "hash"),
    ("tail",),
    ("replay",),
    ("ops",),
    ("bench",),
]


@pytest.fixture
def command(monkeypatch, capsys, environment):
    """Run a command that starts no venue inside this process: what `portcullis` does, without the start-up."""
    monkeypatch.setenv("XDG_STATE_HOME", environment["XDG_STATE_HOME"])

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["portcullis", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return SimpleNamespace(returncode=end.value.code, stdout=printed.out, stderr=printed.err)

    return command


# --------------------------------------------------------------------------------------------- version, help, usage


def test_the_version_names_python_loop_and_build(portcullis):
    result = portcullis("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(r"portcullis [\d.]+, Python [\d.]+, uvloop [\d.]+, (pure|compiled)\n", result.stdout)


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_the_help_of_each_command_has_an_example(command, name):
    result = command(*name, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    _, heading, examples = result.stdout.partition("Example")
    assert heading
    assert f"portcullis {' '.join(name)}" in examples


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("demo", "--port-base", "x"),
        ("demo", "--port-base", "-1"),
        ("demo", "--port-base", "70000"),
        ("demo", "--durability", "eternal"),
        ("demo", "--colour"),
        ("serve",),
        ("config", "mend"),
        ("replay",),
        ("ops",),
        ("ops", "ports", "{not json", "--data", "."),
        ("bench", "nothing"),
        ("bench", "rtt", "--rounds", "0"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(command, arguments):
    result = command(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Usage:" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_command_the_help_is_shown(command):
    result = command()
    assert "portcullis demo" in result.stdout + result.stderr


# ------------------------------------------------------------------------------------------------- start and stop


def test_the_banner_says_what_runs_where_and_ends_with_ready(launch):
    venue = launch()
    lines = wait_for_banner(venue).splitlines()
    assert lines[-1] == "Ready"
    text = "\n".join(lines)
    assert re.search(r"portcullis [\d.]+, Python [\d.]+, uvloop [\d.]+, (pure|compiled)", text)
    assert str(venue.data) in text
    for key, (address, port) in venue.addresses.items():
        (line,) = (line for line in lines if line.strip().startswith(f"{key} "))
        assert f"{address}:{port}" in line
        assert ("no password" if key.startswith(("fix.", "drop.us", "drop.nordic")) else "NTFTEST") in line


def wait_for_banner(venue):
    end = time.monotonic() + 5
    while "Ready" not in venue.errors.read_text() and time.monotonic() < end:
        time.sleep(0.01)
    return venue.errors.read_text()


def test_logins_are_shown_only_where_the_configuration_says_so(launch, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(configuration.sample().replace("show_logins = true ", "show_logins = false "))
    assert "NTFTEST" not in wait_for_banner(launch("--config", str(file), command="serve"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("durability", ["disk", "process", "memory"])
def test_a_signal_stops_the_venue_cleanly(launch, connect, number, durability):
    venue = launch("--durability", durability)
    client = connect(venue, name="IN19T6")
    client.enter(1)
    assert [message[:1] for message in client.take(2)] == [b"S", b"A"]
    session = client.session
    assert venue.stop(number) == 0
    client.read_to_end()
    assert not [event for event in client.events if isinstance(event, EndOfSession)], "Z ends a session for good"
    assert not (venue.data / "ports.json").exists()
    assert not (venue.data / "engine.sock").exists()
    if durability == "memory":
        assert not (venue.data / "log").exists()
        return
    assert len(list((venue.data / "snapshots").glob("*.snapshot"))) == 1
    again = connect(launch("--durability", durability))
    assert again.login("IN19T6", session=session) == LoginAccepted(session, 1)
    assert again.settle() == (2, client.received)


def fill_a_reader_that_does_not_read(connect, venue, orders=60_000):
    """Log in with a replay so long that neither end's buffers hold it; gives the client, which reads nothing."""
    writer = connect(venue, name="AK01T1")
    for start in range(1, orders, 1000):
        writer.send(*(writer.order(number, price=1_000_000) for number in range(start, start + 1000)))
        writer.take(1000)
    writer.logout()
    reader = connect(venue, receive_buffer=4096)
    reader.machine.login("AK01T1", "NTFTEST", 0)
    reader.flush()
    time.sleep(0.3)
    return reader


def test_a_second_signal_ends_a_stop_that_waits_for_a_client(launch, connect):
    venue = launch("--durability", "memory")
    fill_a_reader_that_does_not_read(connect, venue)
    venue.process.send_signal(signal.SIGTERM)
    time.sleep(0.7)
    assert venue.process.poll() is None, "it waits for the client"
    assert venue.stop() == 130


def test_a_stop_does_not_wait_for_ever_for_a_client_that_does_not_read(launch, connect):
    venue = launch("--durability", "memory")
    fill_a_reader_that_does_not_read(connect, venue)
    start = time.monotonic()
    assert venue.stop() == 0
    assert 1 < time.monotonic() - start < 10


def test_the_same_signal_passed_on_by_a_parent_is_no_second_one(launch):
    venue = launch()
    venue.process.send_signal(signal.SIGINT)
    assert venue.stop(signal.SIGINT) == 0


def test_a_taken_port_exits_with_4_and_a_way_out(portcullis, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = portcullis("demo", "--port-base", port, "--data", tmp_path / "other")
    assert result.returncode == 4
    (line,) = result.stderr.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "--port-base" in line


def test_a_second_venue_on_one_directory_is_refused_and_leaves_the_first_alone(launch, portcullis):
    venue = launch()
    result = portcullis("demo", "--port-base", "0", "--data", venue.data)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "another" in line
    assert venue.ask("ports").status == 200
    assert json.loads((venue.data / "ports.json").read_text())["pid"] == venue.process.pid


def test_ports_json_of_a_killed_venue_is_replaced(launch):
    first = launch()
    first.kill()
    assert (first.data / "ports.json").exists()
    second = launch()
    assert json.loads((second.data / "ports.json").read_text())["pid"] == second.process.pid
    assert {"ouch.nasdaq", "ouch.nordic", "fix.nasdaq", "fix.nordic"} <= second.addresses.keys()


# --------------------------------------------------------------------------------------------------- damaged logs


@pytest.mark.parametrize("command", ["demo", "replay", "tail"])
def test_a_damaged_log_exits_with_5_names_a_record_and_stays_as_it_is(launch, connect, portcullis, command):
    venue = launch("--durability", "process")
    client = connect(venue, name="IN19T6")
    for number in range(1, 101):
        client.enter(number, cl_ord_id="EVIDENCE")
        client.take()
    assert venue.stop() == 0
    for snapshot in (venue.data / "snapshots").iterdir():
        snapshot.unlink()
    (log,) = (venue.data / "log").glob("*.db")
    content = bytearray(log.read_bytes())
    place = content.find(b"EVIDENCE", len(content) // 2)
    content[place] ^= 1
    log.write_bytes(content)
    arguments = {
        "demo": ("demo", "--port-base", "0", "--data", venue.data),
        "replay": ("replay", venue.data),
        "tail": ("tail", "--no-follow", "--data", venue.data),
    }
    result = portcullis(*arguments[command])
    assert result.returncode == 5
    assert re.search(r"record \d+", result.stderr)
    assert "Traceback" not in result.stderr
    assert log.read_bytes() == content


def test_a_damaged_snapshot_costs_time_and_nothing_else(launch, connect):
    venue = launch("--durability", "process")
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    assert venue.stop() == 0
    (snapshot,) = (venue.data / "snapshots").iterdir()
    content = bytearray(snapshot.read_bytes())
    content[len(content) // 2] ^= 1
    snapshot.write_bytes(content)
    again = connect(launch("--durability", "process"), name="IN19T6")
    assert again.take(2) == client.received


# ----------------------------------------------------------------------------------------- replay, ops, tail, last


def test_replay_prints_two_lines_and_changes_nothing(launch, portcullis):
    venue = launch("--durability", "process")
    assert venue.stop() == 0
    files = {path: path.read_bytes() for path in venue.data.rglob("*") if path.is_file()}
    result = portcullis("replay", venue.data)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(r"records \d+\nstate [0-9a-f]{64}\n", result.stdout)
    assert {path: path.read_bytes() for path in files} == files
    more = {path for path in venue.data.rglob("*") if path.is_file()} - files.keys()
    assert all(path.name.endswith("-shm") or path.stat().st_size == 0 for path in more), "what readers of SQLite leave"


def test_replay_works_beside_a_running_venue(launch, connect, portcullis):
    venue = launch("--durability", "process")
    client = connect(venue, name="IN19T6")
    before = portcullis("replay", venue.data).stdout
    client.enter(1)
    client.take(2)
    after = portcullis("replay", venue.data).stdout
    assert int(after.split()[1]) == int(before.split()[1]) + 1


@pytest.mark.parametrize("name", [("ops", "ports"), ("tail",)])
@pytest.mark.parametrize("make", [True, False])
def test_a_directory_without_a_venue_exits_with_1(command, tmp_path, name, make):
    data = tmp_path / "nothing"
    if make:
        data.mkdir()
    result = command(*name, "--data", data)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert str(data) in line


def test_replay_of_a_directory_without_a_log_exits_with_1(command, tmp_path):
    assert command("replay", tmp_path).returncode == 1


def test_ops_after_the_venue_was_killed_or_stopped_exits_with_1(launch, portcullis):
    venue = launch("--durability", "process")
    venue.kill()
    assert portcullis("ops", "--data", venue.data, "ports").returncode == 1
    again = launch("--durability", "process")
    assert again.stop() == 0
    result = portcullis("ops", "--data", venue.data, "ports")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr


def test_commands_without_data_mean_the_venue_started_last(launch, portcullis, tmp_path, environment):
    none = portcullis("ops", "ports")
    assert none.returncode == 2
    assert "--data" in none.stderr
    launch(data=tmp_path / "one")
    venue = launch(data=tmp_path / "two")
    note = Path(environment["XDG_STATE_HOME"]) / "portcullis" / "last"
    wait_for_banner(venue)
    assert note.read_text().strip() == str(venue.data)
    venue.ask("phase", {"venue": "nasdaq", "book": "AAPL", "phase": "HALT"})
    assert json.loads(portcullis("ops", "books/nasdaq/AAPL").stdout)["phase"] == "HALT"
    assert portcullis("tail", "--no-follow").returncode == 0


def test_without_xdg_state_home_the_note_is_in_the_home_directory(command, monkeypatch, tmp_path):
    note = tmp_path / "home" / ".local" / "state" / "portcullis" / "last"
    note.parent.mkdir(parents=True)
    note.write_text(f"{tmp_path}\n")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    result = command("ops", "ports")
    assert (result.returncode, str(tmp_path) in result.stderr) == (1, True)


def test_a_note_that_cannot_be_written_is_no_reason_not_to_run(launch, environment, tmp_path):
    (tmp_path / "file").write_text("")
    environment["XDG_STATE_HOME"] = str(tmp_path / "file")
    assert "could not note" in wait_for_banner(launch())


def test_ops_looks_changes_and_prints_a_refusal_as_json(launch, portcullis):
    venue = launch("--durability", "process")

    def ops(*arguments):
        result = portcullis("ops", "--data", venue.data, *arguments)
        return result.returncode, msgspec.json.decode(result.stdout)

    code, book = ops("books/nasdaq/AAPL")
    assert (code, book["phase"]) == (0, "MARKET")
    code, prices = ops("books/nasdaq/AAPL/prices", '{"last": "201.50", "offer": null}')
    assert (code, prices["last"]) == (0, "201.5000")
    code, problem = ops("books/nasdaq/AAPL/prices", '{"last": "1.00001"}')
    assert (code, problem["errors"][0]["field"]) == (1, "last")
    code, day = ops("trading-day/next", "{}")
    assert (code, day["session"][:6]) == (0, day["date"][2:].replace("-", ""))
    assert ask(venue.data, "ports").status == 200


def test_output_into_a_closed_pipe_is_no_crash(environment):
    with subprocess.Popen(
        [PORTCULLIS, "config", "init"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


# --------------------------------------------------------------------------------------------------------- config


def test_config_init_prints_the_demos_own_configuration(command, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(command("config", "init").stdout)
    assert configuration.load(file) == configuration.parse(configuration.sample())
    assert "#" in file.read_text()
    checked = command("config", "check", file)
    assert checked.returncode == 0
    assert str(file) in checked.stdout


@pytest.mark.parametrize("with_file", [False, True])
def test_config_show_prints_every_default_and_reads_back_as_the_same(command, tmp_path, with_file):
    text = configuration.sample()
    if with_file:
        text = text[: text.index("[soupbintcp]")] + text[text.index("[[market]]") :].replace(
            "{ percent = 10 }", "{ percent = 2.5, amount = 1.25 }", 1
        )
    file = tmp_path / "mine.toml"
    file.write_text(text)
    shown = command("config", "show", *[file] * with_file)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert configuration.parse(shown.stdout) == configuration.load(file)
    tables = tomllib.loads(shown.stdout)
    assert tables["soupbintcp"]["heartbeat_interval_ms"] == 1000
    assert tables["market"][1]["timezone"] == "America/New_York"


@pytest.mark.parametrize("name", [("config", "check"), ("config", "show"), ("serve", "--config")])
def test_a_bad_configuration_exits_with_3_and_names_the_key(command, tmp_path, name):
    file = tmp_path / "bad.toml"
    file.write_text(configuration.sample().replace("port_base = 7400", "port_base = 70000"))
    result = command(*name, file)
    assert (result.returncode, result.stdout) == (3, "")
    (line,) = result.stderr.splitlines()
    assert "venue.port_base" in line


@pytest.mark.parametrize("name", [("config", "check"), ("config", "show"), ("serve", "--config")])
def test_a_configuration_that_cannot_be_read_exits_with_3(command, tmp_path, name):
    for file, content in ((tmp_path / "none", None), (tmp_path, None), (tmp_path / "latin", b"name = '\xe9'")):
        if content is not None:
            file.write_bytes(content)
        result = command(*name, file)
        assert (result.returncode, result.stdout) == (3, "")
        assert str(file) in result.stderr


def test_a_second_signal_while_the_venue_starts_ends_it_at_once(monkeypatch):
    ended = []
    monkeypatch.setattr(serve_commands.os, "_exit", ended.append)
    before = signal.getsignal(signal.SIGTERM)
    with serve_commands.EarlySignals() as early:
        assert early.first is None
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)  # one that follows at once is the same
        assert early.first is not None
        assert ended == []
        time.sleep(2 * serve_commands.SAME_SIGNAL_SECONDS)
        os.kill(os.getpid(), signal.SIGINT)
        assert ended == [130]
    assert signal.getsignal(signal.SIGTERM) == before


def test_config_init_writes_a_new_file_and_never_over_an_old_one(portcullis, tmp_path):
    file = tmp_path / "my.toml"
    assert portcullis("config", "init", file).returncode == 0
    assert file.read_text() == configuration.sample()
    assert portcullis("config", "check", file).returncode == 0
    again = portcullis("config", "init", file)
    assert (again.returncode, again.stdout) == (1, "")
    assert "exists" in again.stderr
    assert portcullis("config", "check").stdout.startswith("the demo: fine.")
