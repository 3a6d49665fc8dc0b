"""Log lines never hold the venue up: a standard error that is full, or gone, costs lines and nothing else."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from venue import stderr
from venue.stderr import LogWriter, show_controls


def test_a_standard_error_that_nobody_reads_costs_lines_only(monkeypatch):
    reader, writer = os.pipe()
    monkeypatch.setattr(stderr, "LINES_WAITING", 100)
    with os.fdopen(reader, "rb") as tap, os.fdopen(writer, "w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        lines = LogWriter()
        start = time.monotonic()
        for _ in range(1_000):
            lines.write("x" * 4_096 + "\n")
        assert time.monotonic() - start < 2
        assert lines.dropped > 0
        os.set_blocking(reader, False)
        heard = b""
        while lines.lines.unfinished_tasks:
            heard += tap.read1(65_536) or b""
            time.sleep(0.001)
        heard += tap.read() or b""
        assert b"log lines were dropped" in heard


def test_a_standard_error_that_is_gone_is_no_matter(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", buffering=1) as gone:
        monkeypatch.setattr(sys, "stderr", gone)
        lines = LogWriter()
        for _ in range(10):
            lines.write("to nobody\n")
        lines.drain()
        assert lines.lines.unfinished_tasks == 0
        os.dup2(os.open(os.devnull, os.O_WRONLY), gone.fileno())


def test_a_venue_whose_standard_error_closes_goes_on(connect, environment, tmp_path):
    data = tmp_path / "venue"
    program = [
        Path(sys.executable).with_name("portcullis"),
        "demo",
        "--port-base",
        "0",
        "--durability",
        "process",
        "--data",
        str(data),
    ]
    with subprocess.Popen(program, env=environment, stderr=subprocess.PIPE) as process:
        for line in process.stderr:
            if line == b"Ready\n":
                break
        process.stderr.close()
        addresses = json.loads((data / "ports.json").read_text())["services"]
        client = connect(SimpleNamespace(addresses=addresses), name="IN19T6")
        client.expect("S")
        for _ in range(50):
            client.send(b"?")
        client.enter(1)
        assert client.expect("A")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_terminal_obeys_nothing_of_what_a_client_typed():
    typed = {"who": "client:a\0\x1b[31m", "exception": "one\n\ttwo", "count": 3}
    assert show_controls(None, "", typed) == {
        "who": r"client:a\x00\x1b[31m",
        "exception": "one\n\ttwo",
        "count": 3,
    }
