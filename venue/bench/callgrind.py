"""Instructions per order, counted by valgrind: the same number on a busy machine and on a quiet one.

The same flows as in `venue.bench.engine` run under `valgrind --tool=callgrind`, which starts its count over whenever
the process calls getppid: so each batch's count is of that batch alone, without start-up and preparation. Run as
`python -m venue.bench.callgrind BATCHES DIRECTORY`, which prints what each batch is, in the order of their counts.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from venue.bench.engine import BATCH, Desks
from venue.bench.figures import Figures, Say, ratio
from venue.bench.inside import feed_at_once
from venue.bench.orders import CYCLE_MESSAGES, joined

NOON = 1_795_107_600_000_000_000
"""A Thursday, noon in New York."""
FEW_PORTS = 20
"""Ports with every US control: how many others there are is nothing to an order, and valgrind is slow."""
STEP = 10_000
"""Nanoseconds from one message to the next."""
SUMMARY = re.compile(r"^summary: (\d+)$", re.MULTILINE)


def callgrind(say: Say, batches: int = 5) -> Figures:
    """Count the instructions of each kind of message; raises `OSError` where there is no valgrind."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise OSError("--callgrind needs valgrind, which is not on the path (Debian: apt-get install valgrind)")
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        output = Path(folder) / "counts"
        command = [valgrind, "--tool=callgrind", "--dump-before=getppid", f"--callgrind-out-file={output}"]
        command += [sys.executable, "-P", "-m", "venue.bench.callgrind", str(batches), folder]
        say(f"running {' '.join(command)}")
        result = subprocess.run(  # noqa: S603 - valgrind, found on the path, and our own module
            command,
            env=os.environ | {"PYTHONHASHSEED": "0"},
            check=False,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            raise OSError(f"valgrind failed: {result.stderr[-400:]}")
        totals: dict[str, int] = {}
        for k, name in enumerate(result.stdout.split()):
            # Part n ends at the n-th call; the k-th batch lies between the calls 2k + 1 and 2k + 2.
            totals[name] = totals.get(name, 0) + _summary(Path(f"{output}.{2 * k + 2}"))
    mixed = BATCH // CYCLE_MESSAGES * CYCLE_MESSAGES
    counts = {name: total / (batches * (mixed if name == "mixed" else BATCH)) for name, total in totals.items()}
    return {
        "bench": "engine",
        "orders": batches * BATCH,
        **{f"{name}_instructions": round(count) for name, count in counts.items()},
        "risk_instructions_ratio": ratio(counts["risk_on"], counts["risk_off"]),
        "eqrc_instructions_ratio": ratio(counts["eqrc_on"], counts["eqrc_off"]),
        "prm_instructions_ratio": ratio(counts["prm_on"], counts["prm_off"]),
    }


def _summary(part: Path) -> int:
    found = SUMMARY.search(part.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise OSError(f"valgrind left no count in {part.name}")
    return int(found[1])


class EvenClock:
    """A clock that goes on by as much at each look, so that the counts of one run are those of the next."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> tuple[int, int]:
        """Give venue time and wall time, a step later than before."""
        self.moment += STEP
        return self.moment, self.moment

    def resume(self, venue_time: int) -> None:
        """Start no earlier than `venue_time`; nothing is ever recovered here."""


def run_flows(batches: int, directory: Path) -> None:
    """Run all kinds in turn, each batch between two calls of getppid."""
    gc.disable()
    desk = Desks(directory, EvenClock(), FEW_PORTS)
    for _, session, packets in desk.batches():
        feed_at_once(session, packets)  # warms up
    for _ in range(batches):
        for name, session, packets in desk.batches():
            data = joined(packets)
            os.getppid()
            session.data_received(data)
            os.getppid()
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    run_flows(int(sys.argv[1]), Path(sys.argv[2]))
