"""The second process beside trading: killed, started again, ended with its venue; orders never notice."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import RemoteDisconnected
from pathlib import Path
from urllib.error import HTTPError

import pytest
import trustme

from venue import config as configuration
from venue.log import read_log

PORTCULLIS = Path(sys.executable).with_name("portcullis")
PATIENCE = 60.0
"""Seconds after which something that should happen has not: on a busy machine a start takes its time."""
DURABILITIES = ("process", "memory")


def second_processes(venue):
    """The processes that a venue's has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        if int(parent) == venue.process.pid and state != "Z":
            found.append(int(path.parent.name))
    return found


def second_process(venue, other_than=0):
    """The second process of a venue, once there is one."""
    return comes(lambda: next((pid for pid in second_processes(venue) if pid != other_than), None), "a second process")


def comes(look, what):
    """Wait until a look gives something."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, f"{what} does not come"
        time.sleep(0.05)
    return found


def runs(venue):
    """The folders of second processes."""
    return list((venue.data / "sidecar").glob("*/"))


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def get(venue):
    """The last record that the second process shows."""
    host, port = venue.addresses["http"]
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/readyz", timeout=PATIENCE) as answer:
            return json.load(answer)["asOf"]
    except HTTPError as error:
        error.close()
        if error.code != 503:
            raise
        return 0


def shown(venue, record):
    """Wait until the second process shows a record."""
    comes(lambda: get(venue) >= record, f"record {record}")


@pytest.mark.parametrize("durability", DURABILITIES)
def test_it_is_killed_twice_while_orders_flow_and_no_answer_is_missing_and_no_connection_refused(
    launch, connect, durability
):
    venue = launch("--durability", durability, sidecar=True)
    killed = 0
    over = threading.Event()
    answers = []

    def ask():
        while not over.is_set():
            with suppress(ConnectionResetError, RemoteDisconnected):  # one that the killed process had accepted
                answers.append(get(venue))
            time.sleep(0.05)

    asking = threading.Thread(target=ask)
    asking.start()
    client = connect(venue, name="IN19T6")
    client.expect("S")
    try:
        for start in range(1, 1_501, 50):
            client.send(*(client.order(number, price=10_000) for number in range(start, start + 50)))
            assert [message[:1] for message in client.take(50)] == [b"A"] * 50
            if start in (251, 751):
                killed = second_process(venue, killed)
                comes(lambda: answers, "an answer")  # it has begun to serve
                os.kill(killed, signal.SIGKILL)
    finally:
        over.set()
        asking.join()
    record = venue.ask("orders?port=IN19T6").body["asOf"]
    shown(venue, record)
    assert "signal 9" in venue.errors.read_text()
    killed = second_process(venue, killed)  # once more, so that what has happened is compared
    compared = venue.errors.read_text().count("state compared")
    os.kill(killed, signal.SIGKILL)
    shown(venue, record)
    comes(lambda: venue.errors.read_text().count("state compared") > compared, "a comparison")
    assert venue.stop() == 0
    assert "equal=False" not in venue.errors.read_text()


@pytest.mark.parametrize("durability", DURABILITIES)
def test_it_is_gone_soon_after_its_engine_was_killed(launch, durability):
    venue = launch("--durability", durability, sidecar=True)
    pid = second_process(venue)
    get(venue)
    venue.kill()
    comes(lambda: is_gone(pid), "its end")
    comes(lambda: not runs(venue), "the end of its folder")


def test_one_that_was_not_even_up_is_gone_as_well(launch):
    venue = launch("--durability", "process", sidecar=True)
    pid = second_process(venue)
    venue.kill()
    comes(lambda: is_gone(pid), "its end")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_clean_stop_ends_it_before_the_log_is_closed_and_leaves_nothing_of_it(launch, number):
    venue = launch("--durability", "process", sidecar=True)
    pid = second_process(venue)
    get(venue)
    assert venue.stop(number) == 0
    assert is_gone(pid)
    assert runs(venue) == []
    assert "started again" not in venue.errors.read_text()


def test_an_interrupt_that_reaches_it_is_left_to_its_engine(launch):
    venue = launch("--durability", "process", sidecar=True)
    pid = second_process(venue)
    get(venue)
    os.kill(pid, signal.SIGINT)
    get(venue)
    assert second_processes(venue) == [pid]
    assert os.getpgid(pid) != os.getpgid(venue.process.pid)


def test_why_it_ended_is_said_once_however_often_it_does(launch):
    venue = launch("--durability", "process", sidecar=True)
    pid = 0
    for _ in range(3):
        pid = second_process(venue, pid)
        os.kill(pid, signal.SIGKILL)
    second_process(venue, pid)
    assert venue.stop() == 0
    assert len(re.findall(r"ended and is started again.*signal 9", venue.errors.read_text())) == 1


def test_what_a_damaged_log_does_to_it_is_told_with_the_record(launch):
    venue = launch("--durability", "process", sidecar=True)
    get(venue)
    mark = venue.data / "log" / "acknowledged"
    first = next(number for number, _ in read_log(venue.data))
    assert first == 1
    pid = second_process(venue)
    os.kill(pid, signal.SIGSTOP)
    (day,) = (venue.data / "log").glob("*.db")
    wal = day.with_name(f"{day.name}-wal")
    data = wal.read_bytes()
    place = data.index(b"AAPL")
    with wal.open("r+b") as file:
        file.seek(place)
        file.write(b"B")
    os.kill(pid, signal.SIGKILL)
    comes(lambda: "log damaged at record" in venue.errors.read_text(), "the reason")
    assert mark.exists()
    venue.kill()


@pytest.mark.parametrize("durability", DURABILITIES)
def test_it_follows_a_day_roll_and_the_states_are_compared(launch, connect, durability):
    venue = launch("--durability", durability, sidecar=True)
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    comes(lambda: "state compared" in venue.errors.read_text(), "the comparison at the start")
    answer = venue.ask("trading-day/next")
    shown(venue, answer.record)
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    shown(venue, venue.ask("orders").body["asOf"])
    comes(lambda: venue.errors.read_text().count("state compared") >= 2, "the comparison of the new day")
    assert venue.stop() == 0
    assert "equal=False" not in venue.errors.read_text()


def test_what_a_memory_venue_does_can_be_followed(launch, connect, portcullis):
    venue = launch("--durability", "memory", sidecar=True)
    client = connect(venue, name="IN30T1")
    client.enter(1, quantity=5_001)
    client.take(2)
    shown(venue, venue.ask("orders").body["asOf"])
    lines = portcullis("tail", "--json", "--no-follow", "--data", venue.data).stdout.splitlines()
    entries = [json.loads(line) for line in lines]
    assert entries[0]["record"] == 1
    assert entries[-1]["why"]["check"] == "MAXIMUM_SHARES"
    assert list(venue.data.glob("log")) == []


def test_a_venue_without_the_service_has_no_second_process(launch):
    venue = launch("--durability", "process")
    assert "http" not in venue.addresses
    assert second_processes(venue) == []
    assert not (venue.data / "sidecar").exists()


def test_the_banner_and_ports_json_name_its_address(launch):
    venue = launch("--durability", "process", sidecar=True)
    host, port = venue.addresses["http"]
    comes(lambda: "Ready" in venue.errors.read_text(), "the banner")
    assert re.search(rf"^  http +http://{re.escape(host)}:{port}\b", venue.errors.read_text(), re.MULTILINE)


def test_it_stands_back_where_the_processor_is_wanted(launch):
    venue = launch("--durability", "process", sidecar=True)
    pid = second_process(venue)
    get(venue)
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, venue.process.pid)


def test_over_tls_it_shows_the_venues_certificate(launch, tmp_path):
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "venue.pem", tmp_path / "venue.key"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    file = tmp_path / "tls.toml"
    text = configuration.sample().replace('protocol = "http"', 'protocol = "http"\ntls = true')
    file.write_text(f'{text}\n[tls]\ncertificate = "venue.pem"\nkey = "venue.key"\n')
    venue = launch("--config", file, "--durability", "process", command="serve")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    host, port = venue.addresses["http"]
    for _ in range(2):  # and so does the next one
        with urllib.request.urlopen(f"https://{host}:{port}/healthz", timeout=PATIENCE, context=context) as answer:
            assert answer.status == 200
        os.kill(second_process(venue), signal.SIGKILL)
    comes(lambda: f"https://{host}:{port}" in venue.errors.read_text(), "the banner")


def test_a_tail_of_a_memory_venue_ends_with_it(launch, environment):
    venue = launch("--durability", "memory", sidecar=True)
    shown(venue, venue.ask("orders").body["asOf"])
    command = [PORTCULLIS, "tail", "--json", "--data", venue.data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as following:
        assert json.loads(following.stdout.readline())["record"] == 1
        os.kill(second_process(venue), signal.SIGKILL)
        shown(venue, venue.ask("trading-day/next").record)
        while json.loads(following.stdout.readline()).get("command") != "next-day":
            pass
        assert venue.stop() == 0
        following.stdout.read()
        assert following.wait(PATIENCE) == 0
