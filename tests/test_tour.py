"""The README's first five minutes, followed to the letter: every block is run, and what it promises is there."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = README[README.index("## The first five minutes") : README.index("## The picture")]
FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", TOUR, re.DOTALL | re.MULTILINE)
BLOCKS = [text for language, text in FENCED if language == "sh"]
[PROMISED] = [text.splitlines() for language, text in FENCED if not language]
TOUR_DATA = "/tmp/portcullis-tour"
DEMO = f"portcullis demo --data {TOUR_DATA}"


@pytest.fixture
def terminal(tmp_path):
    """A second terminal: runs a block as a reader would paste it, and gives what it printed."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }

    def paste(block):
        text = re.sub(r"^alias .*\n", "", block, flags=re.MULTILINE).replace(TOUR_DATA, str(tmp_path / "tour"))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    paste.environment = environment
    paste.data = tmp_path / "tour"
    return paste


def ended(venue):
    """Wait for a venue's end, and give its exit code."""
    venue.stderr.close()
    return venue.wait(timeout=10)


def start(terminal):
    """The first terminal: the demo on the ports that the tour's client knows."""
    process = subprocess.Popen(
        ["portcullis", "demo", "--data", str(terminal.data)],
        cwd=ROOT,
        env=terminal.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line == "Ready\n":
            return process
    raise AssertionError(f"the demo ended with {process.wait()} before it was ready")


def test_the_tour_of_the_readme_works_as_written(terminal):
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 7400)) == 0:
            pytest.skip("something listens on port 7400, where the tour's venue has to be")
    shorthand, trade, why, kill, replay, operate = BLOCKS
    assert DEMO in shorthand
    assert DEMO in TOUR[TOUR.index("Start it again") :]
    venue = start(terminal)
    try:
        said = terminal(trade).splitlines()
        assert [line for line in said if line in PROMISED] == PROMISED
        assert sum("Rejected" in line for line in said) == 3
        looked = terminal(why)
        assert "check: MAXIMUM_SHARES, limit: 5000, observed: 5001" in looked
        assert '"quantity": 200' in looked
        assert re.search(r"^records \d+\nstate [0-9a-f]{64}$", terminal(kill), re.MULTILINE)
        assert ended(venue) == -signal.SIGKILL
        venue = start(terminal)
        said_again = terminal(replay)
        for line in (
            "AK01T1:   Executed order 1: 100 at 200.10, added, match 1",
            "IN30T1:   Rejected order 3: reason 0x0026",
        ):
            assert line in said_again
        assert '"quantity": 200' in said_again
        assert '"broken": true' in terminal(operate)
        venue.send_signal(signal.SIGINT)
        assert ended(venue) == 0
    finally:
        venue.kill()
        ended(venue)
