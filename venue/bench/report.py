"""All benches in one go, and what the documentation shows of them: the figures beside their targets.

`write` leaves `figures.json` and the curves in a directory, and puts the tables between the marks of its
`performance.md`. Nobody types a figure into the documentation.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from venue.bench import pictures
from venue.bench.callgrind import callgrind
from venue.bench.engine import engine
from venue.bench.eqrc import PORTS
from venue.bench.figures import Figures, Say, ratio
from venue.bench.pause import pause
from venue.bench.profile import profile
from venue.bench.recovery import recovery
from venue.bench.rtt import rtt
from venue.bench.scale import FULL, QUICK, scale
from venue.bench.throughput import throughput

TIMES = "\N{MULTIPLICATION SIGN}"
TABLE = re.compile(
    r"(<!-- (targets|costs|profile|trips|rates|soak|compiled): [^\n]* -->\n)(?:.*?)(<!-- end -->)", re.DOTALL
)


class Target(NamedTuple):
    """A promise: what is measured, where its figure stands, the bound, and the command that measures it."""

    what: str
    bench: str
    figure: str
    at_most: float | None
    at_least: float | None
    unit: str


TARGETS = (
    Target("round trip against the bare echo", "rtt", "ratio", 1.5, None, TIMES),
    Target("round trip of a FIX order against the bare echo", "rtt_fix", "ratio", 2, None, TIMES),
    Target("round trip of a RASHport order against the bare echo", "rtt_rash", "ratio", 1.7, None, TIMES),
    Target("one order with every check against none, in process", "engine", "risk_ratio", 1.7, None, TIMES),
    Target("a Nordic order with all of PRM against none, in process", "engine", "prm_ratio", 1.7, None, TIMES),
    Target("the same, round trip", "rtt_nordic", "prm_ratio", 1.08, None, TIMES),
    Target(
        "a US order with every control on 2,000 ports against none, in process",
        "engine",
        "eqrc_ratio",
        1.7,
        None,
        TIMES,
    ),
    Target("the same, round trip", "rtt_eqrc", "eqrc_ratio", 1.08, None, TIMES),
    Target("add, bytes to bytes", "engine", "add_ns", 5_000, None, "ns"),
    Target("cross", "engine", "cross_ns", 5_000, None, "ns"),
    Target("cancel", "engine", "cancel_ns", 5_000, None, "ns"),
    Target("replace", "engine", "replace_ns", 5_000, None, "ns"),
    Target("one pipelining session against the echo that cuts packets", "throughput_1", "ratio", None, 0.1, TIMES),
    Target("1,000,000 resting orders against 10", "scale", "resting_ratio", 2, None, TIMES),
    Target("20,000 symbols against 10", "scale", "symbols_ratio", 2, None, TIMES),
    Target("10,000 firms against 1", "scale", "firms_ratio", 2, None, TIMES),
    Target("2,000 open sessions against 1, round trip", "scale", "sessions_ratio", 1.1, None, TIMES),
    Target("a resting order's memory, without streams", "scale", "bytes_per_resting_order", 600, None, "bytes"),
    Target("kill switch over 10,000 orders", "pause", "kill_switch_s", 1, None, "s"),
    Target("worst wait of a neighbour meanwhile", "pause", "kill_switch_worst_pause_ms", 5, None, "ms"),
    Target("worst wait while others trade", "pause", "trading_worst_pause_ms", 5, None, "ms"),
    Target("worst wait while a book fills", "pause", "filling_worst_pause_ms", 5, None, "ms"),
    Target("worst wait while a stream outgrows memory", "pause", "spilling_worst_pause_ms", 5, None, "ms"),
    Target("worst wait during 500 logins", "pause", "logins_worst_pause_ms", 5, None, "ms"),
    Target("longest step while others trade, in process", "pause", "trading_longest_step_ms", 5, None, "ms"),
    Target(
        "longest step while a book fills and a stream outgrows memory",
        "pause",
        "filling_longest_step_ms",
        5,
        None,
        "ms",
    ),
    Target("longest step of the kill switch", "pause", "kill_switch_longest_step_ms", 5, None, "ms"),
    Target("first Accepted after an empty start", "recovery", "empty_s", 1, None, "s"),
    Target("first Accepted after `kill -9`, 100,000 records", "recovery", "log_s", 3, None, "s"),
    Target("the same with a snapshot", "recovery", "snapshot_s", 3, None, "s"),
    Target("32 sessions, `process` against `memory`", "throughput_32", "process_ratio", None, 0.8, TIMES),
    Target("32 sessions, `disk` against `memory`", "throughput_32", "disk_ratio", None, 0.7, TIMES),
)
CHAINS = ("risk", "eqrc", "prm")
COSTS = (
    *("add", "cross", "cancel", "replace", "reject", "mixed"),
    *(f"{chain}_{which}" for chain in CHAINS for which in ("off", "on")),
)
"""Rows of the table of costs."""
COMMANDS = {
    "rtt": "rtt",
    "rtt_process": "rtt --durability process",
    "rtt_disk": "rtt --durability disk",
    "rtt_fix": "rtt --protocol fix",
    "rtt_rash": "rtt --protocol rash",
    "rtt_nordic": "rtt --protocol ouch-nordic",
    "rtt_eqrc": "rtt --protocol ouch-eqrc",
    "throughput_1": "throughput --sessions 1",
    "throughput_8": "throughput",
    "throughput_32": "throughput --sessions 32 --all-levels",
    "engine": "engine",
    "callgrind": "engine --callgrind",
    "profile": "engine --profile",
    "scale": "scale",
    "recovery": "recovery",
    "pause": "pause",
}
"""What `portcullis bench` is asked for each of them."""
COMPILED = (
    Target("round trip against the bare echo", "rtt", "ratio", 1.15, None, TIMES),
    Target("add, bytes to bytes", "engine", "add_ns", 1_500, None, "ns"),
    Target("cross", "engine", "cross_ns", None, None, "ns"),
    Target("cancel", "engine", "cancel_ns", None, None, "ns"),
    Target("replace", "engine", "replace_ns", None, None, "ns"),
    Target("one order with every check against none, in process", "engine", "risk_ratio", None, None, TIMES),
    Target("one pipelining session against the echo that cuts packets", "throughput_1", "ratio", None, 0.4, TIMES),
)
"""What is measured of the compiled build too; some of it without a promise."""
COMPILED_BENCHES = tuple(dict.fromkeys(target.bench for target in COMPILED))


def measure(say: Say, quick: bool = False, compiled: Path | None = None) -> Figures:
    """Run every bench but soak, one after the other; the same as its command does, or as small as can be.

    `compiled` is the program of a compiled build, of which some are measured too.
    """
    rounds, orders, sessions = (2, 500, 4) if quick else (20, 20_000, 32)
    runs: dict[str, Callable[[Say], Figures]] = {
        "rtt": partial(rtt, rounds=rounds),
        "rtt_process": partial(rtt, durability="process", rounds=rounds),
        "rtt_disk": partial(rtt, durability="disk", rounds=rounds),
        "rtt_fix": partial(rtt, protocol="fix", rounds=rounds),
        "rtt_rash": partial(rtt, protocol="rash", rounds=rounds),
        "rtt_nordic": partial(rtt, protocol="ouch-nordic", rounds=rounds),
        "rtt_eqrc": partial(rtt, protocol="ouch-eqrc", rounds=rounds, ports=20 if quick else PORTS),
        "throughput_1": partial(throughput, sessions=1, rounds=rounds, orders=orders),
        "throughput_8": partial(throughput, sessions=min(sessions, 8), rounds=rounds, orders=orders),
        "throughput_32": partial(throughput, sessions=sessions, rounds=rounds, orders=orders, all_levels=True),
        "engine": partial(engine, rounds=rounds, batches=rounds),
        "callgrind": partial(callgrind, batches=min(rounds, 5)),
        "profile": lambda _: profile(messages=orders * 2),
        "scale": partial(scale, sizes=QUICK if quick else FULL),
        "recovery": partial(recovery, records=500, rounds=1) if quick else recovery,
        "pause": partial(pause, orders=1_000, killed=100, logins=10) if quick else pause,
    }
    if quick or shutil.which("valgrind") is None:
        say("no instructions are counted: that takes a while, and valgrind")
        del runs["callgrind"]
    figures: Figures = {"bench": "all", "machine": machine(), "date": today()}
    for name, run in runs.items():
        say(f"== {COMMANDS[name]}")
        figures[name] = run(say)
    if compiled is not None:
        figures["compiled"] = {name: measure_other(say, compiled, COMMANDS[name]) for name in COMPILED_BENCHES}
    return figures


def measure_other(say: Say, program: Path, command: str) -> dict[str, Any]:
    """Let another build measure itself."""
    say(f"== {program} bench {command}")
    result = subprocess.run(  # noqa: S603 - the program that our caller named, with our own words
        [program, "bench", *command.split()], check=True, stdout=subprocess.PIPE
    )
    figures: dict[str, Any] = msgspec.json.decode(result.stdout.splitlines()[-1])
    return figures


def today() -> str:
    """Give the date to write beside figures."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def machine() -> str:
    """Say on what the figures were taken."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    processor = model[1] if model else platform.machine()
    return (
        f"{os.cpu_count()} processors ({processor}), {platform.system()} {platform.release()}, "
        f"{platform.python_implementation()} {platform.python_version()}, uvloop {metadata.version('uvloop')}"
    )


def write(figures: dict[str, Any], directory: Path) -> list[Path]:
    """Write figures beside those there are, the curves, the tables of a `performance.md`; gives the files."""
    file = directory / "figures.json"
    present: dict[str, Any] = msgspec.json.decode(file.read_bytes()) if file.exists() else {}
    whole = present | figures
    file.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    files = [file, *(pictures.write(whole["scale"], directory) if "scale" in whole else ())]
    page = directory / "performance.md"
    if page.exists() and set(COMMANDS) - {"callgrind"} <= set(whole):
        page.write_text(filled(page.read_text(encoding="utf-8"), whole), encoding="utf-8")
        files.append(page)
    return files


def filled(page: str, figures: dict[str, Any]) -> str:
    """Give a page with its tables made anew."""
    tables = {"targets": targets, "costs": costs, "profile": top, "trips": trips, "rates": rates, "soak": soaked}
    tables["compiled"] = beside
    return TABLE.sub(lambda found: found[1] + tables[found[2]](figures) + found[3], page)


def targets(figures: dict[str, Any]) -> str:
    """Give each promise beside its figure."""
    lines = [
        f"Measured on {figures['date']}: {figures['machine']}.",
        "",
        "| what | target | measured | | command |",
        "| --- | --- | --- | --- | --- |",
    ]
    for target in TARGETS:
        value = figures[target.bench][target.figure]
        bound = target.at_most if target.at_least is None else target.at_least
        word = "at most" if target.at_least is None else "at least"
        met = value <= bound if target.at_least is None else value >= bound
        lines.append(
            f"| {target.what} | {word} {bound:,g} {target.unit} | {value:,g} {target.unit} | "
            f"{'met' if met else '**missed**'} | `bench {COMMANDS[target.bench]}` |"
        )
    return "\n".join([*lines, ""])


def costs(figures: dict[str, Any]) -> str:
    """Give what each kind of order costs, in time and in instructions."""
    counted = figures.get("callgrind", {})
    lines = ["| order | ns | one packet a read | instructions |", "| --- | --- | --- | --- |"]
    for name in COSTS:
        instructions = counted.get(f"{name}_instructions")
        shown = "not counted" if instructions is None else f"{instructions:,}"
        alone = figures["engine"].get(f"{name}_alone_ns")
        alone_shown = "" if alone is None else f"{alone:,.0f}"
        lines.append(f"| {name.replace('_', ' ')} | {figures['engine'][f'{name}_ns']:,.0f} | {alone_shown} | {shown} |")
    return "\n".join([*lines, ""])


def top(figures: dict[str, Any]) -> str:
    """Give the profile's first lines."""
    lines = ["| function | own time | calls a message |", "| --- | --- | --- |"]
    lines += [
        f"| `{row['function']}` | {row['share_percent']} % | {row['calls_per_message']} |"
        for row in figures["profile"]["profile"]
    ]
    return "\n".join([*lines, ""])


def trips(figures: dict[str, Any]) -> str:
    """Give the round trips, and what was measured beside them."""
    lines = ["| | p50 | p99 | against the echo |", "| --- | --- | --- | --- |"]
    lines.append(f"| bare echo | {figures['rtt']['echo_p50_us']} µs | | 1 |")
    for name in ("rtt", "rtt_process", "rtt_disk"):
        run = figures[name]
        lines.append(
            f"| order, `{run['durability']}` | {run['order_p50_us']} µs | {run['order_p99_us']} µs | {run['ratio']} |"
        )
    lines.append(f"| bare `fdatasync` of 4 KiB | {figures['rtt_disk']['fdatasync_p50_us']} µs | | |")
    run = figures["rtt_fix"]
    lines.append(f"| bare echo of FIX sizes | {run['echo_p50_us']} µs | | 1 |")
    lines.append(f"| FIX order, `memory` | {run['order_p50_us']} µs | {run['order_p99_us']} µs | {run['ratio']} |")
    rash = figures["rtt_rash"]
    lines.append(
        f"| RASHport order, `memory` | {rash['order_p50_us']} µs | {rash['order_p99_us']} µs | {rash['ratio']} |"
    )
    if "quickfix_p50_us" in run:
        against = ratio(run["quickfix_p50_us"], run["echo_p50_us"])
        lines.append(
            f"| a QuickFIX acceptor in Python, no checks, no log | {run['quickfix_p50_us']} µs | | {against} |"
        )
    return "\n".join([*lines, ""])


def rates(figures: dict[str, Any]) -> str:
    """Give the orders a second, and what was measured beside them."""
    lines = ["| sessions | echo that cuts packets | `memory` | against the echo |", "| --- | --- | --- | --- |"]
    for name in ("throughput_1", "throughput_8", "throughput_32"):
        run = figures[name]
        lines.append(f"| {run['sessions']} | {run['echo_per_s']:,.0f} | {run['orders_per_s']:,.0f} | {run['ratio']} |")
    run = figures["throughput_32"]
    process = f"`process` does {run['process_per_s']:,.0f} orders a second ({run['process_ratio']} of `memory`)"
    disk = f"`disk` {run['disk_per_s']:,.0f} ({run['disk_ratio']})"
    return "\n".join([*lines, "", f"With {run['sessions']} sessions {process}, {disk}.", ""])


def beside(figures: dict[str, Any]) -> str:
    """Give what both builds were measured at."""
    if "compiled" not in figures:
        return "Not measured yet.\n"
    lines = ["| what | pure | compiled | target | |", "| --- | --- | --- | --- | --- |"]
    for what, name, figure, at_most, at_least, unit in COMPILED:
        pure, value = figures[name][figure], figures["compiled"][name][figure]
        bound = (
            "" if at_most is at_least else f"{'at most' if at_least is None else 'at least'} {at_most or at_least:,g}"
        )
        met = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
        verdict = "" if not bound else "met" if met else "**missed**"
        lines.append(f"| {what} | {pure:,g} {unit} | {value:,g} {unit} | {bound} | {verdict} |")
    return "\n".join([*lines, ""])


def soaked(figures: dict[str, Any]) -> str:
    """Give what the last soak came to."""
    run = figures.get("soak")
    if run is None:
        return "Not run yet.\n"
    return (
        f"{run['minutes']:g} minutes, {run['days']} trading days, durability `{run['durability']}`, {run['date']}: "
        f"{run['messages']:,} messages, {run['answers']:,} answers, {run['unanswered']:,} missing, at a fifth of "
        f"{run['capacity_per_s']:,} messages a second. Memory after a fifth of the time {run['warm_rss_mib']:,} MiB, "
        f"at the end {run['last_rss_mib']:,} MiB, never above {run['most_rss_mib']:,} MiB: "
        f"{run['growth_mib_per_hour']:+,g} MiB an hour over {run['samples']} looks.\n"
    )
