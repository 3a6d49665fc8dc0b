"""`portcullis tail`: all that came in and all that was said, in order, each with its record, from another process."""

import json
import re
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from queue import Queue

import pytest

from fix.codec import frame
from venue import tail
from venue.log import read_log
from venue.machine import Machine
from wire.record import Direction

PORTCULLIS = Path(sys.executable).with_name("portcullis")


def entries_of(data, folder):
    """All entries of a log, as the command makes them."""
    return list(tail.Follower(Machine(folder)).follow(data, forever=False))


@pytest.fixture
def venue(host):
    return host()


@pytest.fixture
def traded(venue, connect):
    """A venue on which INET bought from AKAM, replaced, cancelled, and was rejected."""
    client, other = (connect(venue, name=name) for name in ("IN30T1", "AK01T1"))
    client.enter(1, price=2_000_000, cl_ord_id="FIRST")
    client.take(2)
    other.enter(1, b"S", quantity=40, price=2_000_000)
    other.take(3)
    client.take(1)
    client.send(client.replacement(1, 2, 100, 1_990_000), client.cancel(2), client.order(3, quantity=5_001))
    client.take(3)
    return venue, client, other


def test_inputs_come_before_their_outputs_each_with_its_record(traded, tmp_path):
    venue, client, other = traded
    entries = entries_of(venue.data, tmp_path)
    records = [number for number, _ in read_log(venue.data)]
    assert records == [*range(1, len(records) + 1)]
    assert [entry["record"] for entry in entries if entry["direction"] == "in"] == records
    for one, following in pairwise(entries):
        assert following["record"] == one["record"] + (following["direction"] == "in")
    for name, received in (("IN30T1", client.received), ("AK01T1", other.received)):
        said = [entry for entry in entries if entry["direction"] == "out" and entry["port"] == name]
        assert [entry["sequence"] for entry in said] == [*range(1, len(received) + 1)]
    assert all(re.fullmatch(r"2026-11-19T17:00:00\.000000Z", entry["time"]) for entry in entries)


def test_messages_are_told_by_name_and_in_dollars(traded, tmp_path):
    venue, _, _ = traded
    story = [
        (entry["direction"], entry["port"], entry["message"])
        for entry in entries_of(venue.data, tmp_path)
        if "message" in entry and entry["message"] != "SystemEvent"
    ]
    assert story == [
        ("in", "IN30T1", "EnterOrder"),
        ("out", "IN30T1", "OrderAccepted"),
        ("in", "AK01T1", "EnterOrder"),
        ("out", "AK01T1", "OrderAccepted"),
        ("out", "AK01T1", "OrderExecuted"),
        ("out", "IN30T1", "OrderExecuted"),
        ("in", "IN30T1", "ReplaceOrder"),
        ("out", "IN30T1", "OrderReplaced"),
        ("in", "IN30T1", "CancelOrder"),
        ("out", "IN30T1", "OrderCanceled"),
        ("in", "IN30T1", "EnterOrder"),
        ("out", "IN30T1", "Rejected"),
    ]
    enter = next(entry for entry in entries_of(venue.data, tmp_path) if entry.get("message") == "EnterOrder")
    assert enter.items() >= {"user_ref_num": 1, "symbol": "AAPL", "price": "200.0000", "cl_ord_id": "FIRST"}.items()
    executed = next(entry for entry in entries_of(venue.data, tmp_path) if entry.get("message") == "OrderExecuted")
    assert executed.items() >= {"quantity": 40, "price": "200.0000", "match_number": 1}.items()


REJECTS = [
    ({"quantity": 5_001}, "0x0031", {"check": "MAXIMUM_SHARES", "limit": 5_000, "observed": 5_001}),
    (
        {"quantity": 5_000, "price": 2_000_100},
        "0x0030",
        {"check": "MAXIMUM_NOTIONAL", "reference": "200.0100"},
    ),
    ({"symbol": "AMD", "price": 200_000}, "0x0022", {"check": "RESTRICTED_STOCK"}),
    (
        {"price": 2_200_100},
        "0x0026",
        {"check": "FAT_FINGER", "reference": "200.0000", "source": "previous close"},
    ),
]


@pytest.mark.parametrize(("order", "reason", "why"), REJECTS, ids=[row[1] for row in REJECTS])
def test_a_reject_says_which_check_and_which_rule_and_by_how_much(venue, connect, tmp_path, order, reason, why):
    client = connect(venue, name="IN30T1")
    client.enter(1, **order)
    client.take(2)
    (*_, rejected) = entries_of(venue.data, tmp_path)
    assert (rejected["message"], rejected["reason"]) == ("Rejected", reason)
    assert rejected["why"].items() >= {**why, "id": f"R{rejected['record']}"}.items()
    assert rejected["why"]["rule"].startswith("config-")
    if reason in ("0x0030", "0x0026"):
        assert rejected["why"]["limit"] < rejected["why"]["observed"]
        assert rejected["why"]["source"]


def test_logins_commands_timers_and_refusals_are_told(venue, connect, tmp_path):
    connect(venue, name="IN19T6").logout()
    venue.wait_for_leavers()
    venue.ask("phase", {"venue": "nasdaq", "phase": "HALT"})
    venue.ask("phase", {"venue": "nyse", "phase": "HALT"})
    venue.wait_for_disk()  # a refusal is answered at once
    inputs = [entry for entry in entries_of(venue.data, tmp_path) if entry["direction"] == "in"]
    commands = [entry.get("command") for entry in inputs]
    assert sorted(commands[:2]) == ["configure", "next-day"]
    assert commands[2:] == [None, None, "set-phase", None, "set-phase"]
    assert [(entry["event"], entry["port"]) for entry in inputs[2:4]] == [("login", "IN19T6"), ("disconnect", "IN19T6")]
    assert "nyse" in inputs[-1]["refused"]
    assert "refused" not in inputs[-3]
    asked = {"actor": "owner", "verb": "POST", "target": "phase", "status": 200}
    assert inputs[-2].items() >= ({"event": "operation"} | asked).items()


def test_what_is_no_message_is_told_as_bytes(venue, connect, tmp_path):
    client = connect(venue, name="IN19T6")
    client.send(b"?what", b"O\0\0")
    client.settle()
    undecodable = [entry for entry in entries_of(venue.data, tmp_path) if entry.get("message") == "undecodable"]
    assert [entry["bytes"] for entry in undecodable] == [b"?what".hex(), b"O\0\0".hex()]
    assert all(entry["why"] and entry["port"] == "IN19T6" for entry in undecodable)


def test_the_end_of_a_day_is_told_with_its_expiries_and_the_start_of_the_next(venue, connect, tmp_path):
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    venue.ask("trading-day/next")
    client.read_to_end()
    entries = entries_of(venue.data, tmp_path)
    told = [entry for entry in entries if entry.get("port") == "IN19T6" and entry["direction"] == "out"]
    assert [(entry["sequence"], entry["message"]) for entry in told] == [
        (1, "SystemEvent"),
        (2, "OrderAccepted"),
        (3, "OrderCanceled"),
        (4, "SystemEvent"),
        (1, "SystemEvent"),
    ]


def test_every_entry_is_one_readable_line(traded, tmp_path):
    venue, _, _ = traded
    venue.ask("phase", {"venue": "nyse", "phase": "HALT"})
    venue.wait_for_disk()
    entries = entries_of(venue.data, tmp_path)
    lines = [tail.line(entry) for entry in entries]
    for entry, line in zip(entries, lines, strict=True):
        assert "\n" not in line
        record, clock, arrow = line.split()[:3]
        assert (int(record), clock) == (entry["record"], entry["time"][11:-1])
        assert arrow == {"in": "▶", "out": "◀"}[entry["direction"]]
        assert entry.get("port", "") in line
    rejected = next(line for line in lines if "Rejected" in line)
    for word in ("IN30T1", "user_ref_num=3", "MAXIMUM_SHARES", "5000", "5001", "config-1-max-shares"):
        assert word in rejected


# ----------------------------------------------------------------------------------------------------- the command


def test_json_and_lines_tell_the_same_and_stop_at_the_end(traded, portcullis, tmp_path):
    venue, _, _ = traded
    result = portcullis("tail", "--json", "--no-follow", "--data", venue.data)
    assert (result.returncode, result.stderr) == (0, "")
    entries = [json.loads(line) for line in result.stdout.splitlines()]
    assert entries == json.loads(json.dumps(entries_of(venue.data, tmp_path)))
    lines = portcullis("tail", "--no-follow", "--data", venue.data).stdout.splitlines()
    assert lines == [tail.line(entry) for entry in entries]


def test_a_venue_that_keeps_no_log_cannot_be_followed(host, demo_config, portcullis):
    venue = host(demo_config(durability="memory"))
    result = portcullis("tail", "--data", venue.data)
    assert (result.returncode, result.stdout) == (1, "")
    assert "memory" in result.stderr


def test_a_tail_sees_orders_within_two_seconds_also_after_a_new_day_and_a_restart(launch, connect, environment):
    venue = launch("--durability", "process")
    with subprocess.Popen(
        [PORTCULLIS, "tail", "--json", "--data", venue.data], stdout=subprocess.PIPE, env=environment, text=True
    ) as following:
        lines = Queue()
        reader = threading.Thread(target=lambda: [lines.put(line) for line in following.stdout])
        reader.start()

        def delay(number):
            """Enter an order; gives the seconds from then until the tail tells that it was accepted."""
            client = connect(venue, name="IN19T6")
            start = time.monotonic()
            client.enter(number)
            while True:
                entry = json.loads(lines.get(timeout=5))
                if entry.get("message") == "OrderAccepted" and entry["user_ref_num"] == number:
                    client.logout()
                    return time.monotonic() - start

        try:
            assert json.loads(lines.get(timeout=5))["record"] == 1
            assert delay(1) < 2
            assert venue.ask("trading-day/next").status == 200
            assert delay(2) < 2
            assert venue.stop() == 0
            venue = launch("--durability", "process")
            assert delay(3) < 2
            venue.kill()
            venue = launch("--durability", "process")
            assert delay(4) < 2
            following.send_signal(2)
            assert following.wait(5) == 130
        finally:
            following.kill()
            reader.join()


def test_following_a_log_does_not_write_it(traded, tmp_path):
    venue, _, _ = traded
    folder = venue.data / "log"
    before = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}
    entries_of(venue.data, tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")} == before


def test_a_fix_message_is_told_by_its_names_and_its_password_is_not():
    logon = frame(b"FIX.4.2", b"35=A\x0134=1\x0149=X\x01554=SECRET\x0196=SECRET\x0120001=1\x0120001=2\x01")
    told = tail.describe_fix(Direction.IN, logon)
    assert told == {"message": "Logon", "MsgSeqNum": "1", "Password": "***", "RawData": "***", "20001": ["1", "2"]}
    assert tail.describe_fix(Direction.IN, frame(b"FIX.4.2", b"35=zz\x01"))["message"] == "35=zz"
    assert tail.describe_fix(Direction.OUT, b"8=FIX.4.2")["message"] == "undecodable"
