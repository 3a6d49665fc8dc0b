"""The benches: each prints one JSON object with the promised keys, its counts add up and its ratios are quotients.

They run as small as they can here. What they say of speed is nobody's promise: no test looks at a time.
"""

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import tomli_w
from click.testing import CliRunner

from venue import build
from venue.bench import nordic, pictures, report
from venue.bench.callgrind import callgrind
from venue.bench.children import child
from venue.bench.clients import Pipeline, pour, settle
from venue.bench.command import bench as bench_command
from venue.bench.configurations import tables
from venue.bench.echoes import PacketEcho, connected, echo_server
from venue.bench.engine import BATCH, Desk
from venue.bench.figures import median, processors, quantile, ratio
from venue.bench.inside import feed_at_once
from venue.bench.orders import (
    ACCEPTED_LENGTH,
    CYCLE_ANSWER_BYTES,
    CYCLE_ANSWERS,
    CYCLE_MESSAGES,
    cycles,
    enters,
    joined,
)
from venue.bench.profile import profile
from venue.bench.quickfix_acceptor import is_installed
from venue.bench.soak import Answers, Sample, slope, soak
from venue.config import parse

NAMES = ["all", "engine", "pause", "recovery", "rtt", "scale", "soak", "throughput"]
PORTCULLIS = Path(sys.executable).with_name("portcullis")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(portcullis):
    """Run a bench as a user does; gives the JSON object that it prints last, on a line of its own."""

    def bench(*arguments):
        result = portcullis("bench", *arguments)
        assert result.returncode == 0, result.stderr
        (line,) = result.stdout.splitlines()
        return json.loads(line)

    return bench


def quotient(part, whole):
    return pytest.approx(part / whole, abs=0.002)


def silent(text):
    """Say nothing."""


# --------------------------------------------------------------------------------------------------- what they print


@pytest.mark.slow
def test_rtt_beside_a_second_process(bench):
    figures = bench("rtt", "--sidecar", "--rounds", "3")
    assert (figures["bench"], figures["durability"], figures["orders"]) == ("rtt", "memory", 1_500)
    assert figures["kills"] > 0
    for name in ("running", "killed"):
        assert figures[f"{name}_ratio"] == quotient(figures[f"{name}_p50_us"], figures["absent_p50_us"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("durability", "protocol"),
    [("memory", "ouch"), ("disk", "ouch"), ("memory", "fix"), ("memory", "rash"), ("memory", "ouch-nordic")],
)
def test_rtt(bench, durability, protocol):
    figures = bench("rtt", "--rounds", "1", "--durability", durability, "--protocol", protocol)
    assert (figures["bench"], figures["protocol"], figures["durability"]) == ("rtt", protocol, durability)
    assert figures["orders"] == 500
    assert 0 < figures["order_p50_us"] <= figures["order_p99_us"]
    assert figures["ratio"] == quotient(figures["order_p50_us"], figures["echo_p50_us"])
    assert (protocol == "ouch-nordic") == ("prm_ratio" in figures)
    assert (durability == "disk") == ("fdatasync_p50_us" in figures)
    assert is_installed() == ("quickfix_p50_us" in figures)
    if is_installed():
        assert figures["quickfix_ratio"] == quotient(figures["order_p50_us"], figures["quickfix_p50_us"])


@pytest.mark.slow
def test_throughput_of_one_level(bench):
    figures = bench("throughput", "--sessions", "3", "--rounds", "2", "--orders", "300", "--durability", "process")
    assert (figures["durability"], figures["sessions"], figures["in_flight"]) == ("process", 3, 64)
    assert figures["orders"] == 600
    assert figures["ratio"] == quotient(figures["orders_per_s"], figures["echo_per_s"])


@pytest.mark.slow
def test_throughput_of_all_levels_in_one_run(bench):
    figures = bench("throughput", "--sessions", "2", "--rounds", "1", "--orders", "200", "--all-levels")
    assert figures["durability"] == "memory"
    for level in ("process", "disk"):
        assert figures[f"{level}_ratio"] == quotient(figures[f"{level}_per_s"], figures["orders_per_s"])


@pytest.mark.slow
def test_engine(bench):
    figures = bench("engine", "--rounds", "1")
    assert all(figures[f"{kind}_ns"] > 0 for kind in report.COSTS)
    for chain in report.CHAINS:
        assert figures[f"{chain}_ratio"] == quotient(figures[f"{chain}_on_ns"], figures[f"{chain}_off_ns"])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
@pytest.mark.timeout(300)
def test_the_instructions_of_an_order():
    figures = callgrind(silent, batches=1)
    assert figures["orders"] == BATCH
    assert figures["add_instructions"] > figures["cancel_instructions"] > 0
    for chain in ("risk", "prm"):
        on_and_off = figures[f"{chain}_on_instructions"], figures[f"{chain}_off_instructions"]
        assert figures[f"{chain}_instructions_ratio"] == quotient(*on_and_off)


def test_instructions_without_valgrind_are_an_error_that_says_what_is_missing(portcullis):
    result = portcullis("bench", "engine", "--callgrind", PATH="/nowhere")
    assert (result.returncode, result.stdout) == (1, "")
    assert "needs valgrind" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_profile_is_refused_where_the_profiler_would_see_nothing(monkeypatch):
    monkeypatch.setattr(build, "describe", lambda: "compiled")
    result = CliRunner().invoke(bench_command, ["engine", "--profile"])
    assert result.exit_code == 2
    assert "run it with the plain build" in result.output


@pytest.mark.skipif(build.describe() != "pure", reason="calls of compiled code cannot be counted")
def test_the_profile_names_ten_functions_of_ours_by_their_share():
    figures = profile(messages=1_000)
    shares = [row["share_percent"] for row in figures["profile"]]
    assert len(shares) == 10
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 100
    assert sum(figures["modules"].values()) <= 100.5
    assert all((ROOT / row["function"].split()[0]).exists() for row in figures["profile"])


@pytest.mark.slow
def test_scale_and_its_pictures(bench, tmp_path):
    figures = bench("scale", "--quick", "--pictures", str(tmp_path / "pictures"))
    for kind, unit in (("resting", "ns"), ("symbols", "ns"), ("firms", "ns"), ("sessions", "us")):
        points = figures[kind]
        assert [point["size"] for point in points] == sorted({point["size"] for point in points})
        assert [point["ratio"] for point in points] == [quotient(point[unit], points[0][unit]) for point in points]
        assert figures[f"{kind}_ratio"] == points[-1]["ratio"]
        picture = ET.parse(tmp_path / "pictures" / f"scale-{kind}.svg").getroot()
        assert len(picture.findall("{*}circle")) == len(points)
    assert figures["bytes_per_resting_order"] > 0


@pytest.mark.slow
def test_recovery(bench):
    figures = bench("recovery", "--records", "300", "--rounds", "1", "--durability", "process")
    assert (figures["records"], figures["durability"]) == (300, "process")
    assert all(figures[f"{kind}_s"] > 0 for kind in ("empty", "log", "snapshot"))


def test_memory_has_nothing_to_recover(portcullis):
    result = portcullis("bench", "recovery", "--durability", "memory")
    assert result.returncode == 2
    assert "memory keeps nothing to recover" in result.stderr


@pytest.mark.slow
def test_pause(bench):
    figures = bench("pause", "--orders", "1000", "--killed", "100", "--logins", "5")
    assert (figures["filled"], figures["killed"], figures["logins"]) == (1000, 100, 5)
    for scene in ("idle", "trading", "filling", "spilling", "kill_switch", "logins"):
        assert 0 < figures[f"{scene}_p50_ms"] <= figures[f"{scene}_worst_pause_ms"]
    assert all(figures[f"{scene}_longest_step_ms"] > 0 for scene in ("trading", "filling", "kill_switch", "machine"))


@pytest.mark.slow
def test_soak_loses_no_answer_over_several_days():
    figures = soak(silent, durability="process", minutes=0.03, days=3, capacity_turns=200)
    assert figures["unanswered"] == 0
    assert figures["messages"] % CYCLE_MESSAGES == 0
    assert figures["answers"] == figures["messages"] // CYCLE_MESSAGES * CYCLE_ANSWERS > 0
    assert figures["samples"] >= 3 * figures["days"]
    assert 0 < figures["warm_rss_mib"] <= figures["most_rss_mib"]
    assert 0 < figures["last_rss_mib"] <= figures["most_rss_mib"]


@pytest.mark.slow
def test_a_bench_leaves_no_note_behind(bench, portcullis, environment):
    bench("rtt", "--rounds", "1")
    assert not Path(environment["XDG_STATE_HOME"]).exists()
    assert portcullis("ops", "ports").returncode == 2, "the venue last started is not the bench's"


# ------------------------------------------------------------------------------------------------------ command line


def test_the_help_has_a_line_for_each_bench(portcullis):
    result = portcullis("bench", "--help")
    assert result.returncode == 0
    _, _, listed = result.stdout.partition("Commands:\n")
    lines = [line.split(maxsplit=1) for line in listed.splitlines()]
    assert [name for name, _ in lines] == NAMES
    assert not [text for _, text in lines if text.endswith("...")], "a line is cut"


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_each_bench_has_an_example(portcullis, name):
    result = portcullis("bench", name, "--help")
    assert result.returncode == 0
    assert f"portcullis bench {name}" in result.stdout.partition("Example")[2]


def test_a_name_that_is_no_bench_is_answered_with_those_there_are(portcullis):
    result = portcullis("bench", "speed")
    assert (result.returncode, result.stdout) == (2, "")
    assert f"no bench is called speed; there are {', '.join(NAMES)}" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("rtt", "--protocol", "morse"),
        ("rtt", "--protocol", "fix", "--sidecar"),
        ("rtt", "--durability", "eternal"),
        ("throughput", "--sessions", "0"),
        ("engine", "--callgrind", "--profile"),
        ("soak", "--minutes", "0"),
    ],
    ids=" ".join,
)
def test_what_a_bench_cannot_do_is_a_usage_error(portcullis, arguments):
    result = portcullis("bench", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Usage:" in result.stderr


# ---------------------------------------------------------------------------------------- servers, clients, and flows


@pytest.mark.parametrize("changes", [{}, {"ports": 40, "symbols": 5}, {"ports": 3, "ruled": 1}])
def test_the_configuration_of_a_bench_passes_every_check_of_a_file(changes):
    config = parse(tomli_w.dumps(tables(**changes)))
    ports = changes.get("ports", 1)
    assert len(config.port) == ports + 2
    assert len(config.rule) == 5 * changes.get("ruled", ports)


def test_the_packet_echo_answers_each_packet_however_the_bytes_are_cut():
    class Written:
        def __init__(self):
            self.data = b""

        def write(self, data):
            self.data += data

    request = joined(enters(1, 5))
    for size in (1, 2, 3, 49, 50, 51, 120, len(request)):
        echo = PacketEcho()
        written = Written()
        echo.connection_made(written)
        for at in range(0, len(request), size):
            echo.data_received(request[at : at + size])
        assert len(written.data) == 5 * ACCEPTED_LENGTH


def test_a_pipeline_keeps_its_orders_in_flight_and_counts_every_answer():
    with echo_server("packets", processors()[1]) as address, connected(address) as connection:
        pipeline = Pipeline(connection, in_flight=3)
        pour([pipeline], [joined(enters(1, 100))])
        assert pipeline.received == 100 * ACCEPTED_LENGTH
        pour([pipeline], [joined(enters(1, 2))])
        assert pipeline.received == 2 * ACCEPTED_LENGTH


def test_the_mixed_flow_is_answered_as_counted_and_leaves_the_book_as_it_was(tmp_path):
    desk = Desk(tmp_path)
    session = desk.checked
    resting = session.journal.machine.ports[session.index].port.orders
    before = session.stream.length, session.stream.count
    feed_at_once(session, cycles(1, 20))
    assert session.stream.length - before[0] == 20 * CYCLE_ANSWER_BYTES
    assert session.stream.count - before[1] == 20 * CYCLE_ANSWERS
    assert not resting


def test_each_batch_of_the_engine_bench_gets_the_answers_it_is_named_for(tmp_path):
    answers = {
        "add": {"A": BATCH},
        "replace": {"U": BATCH},
        "cancel": {"C": BATCH},
        "cross": {"A": BATCH, "E": BATCH},
        "reject": {"J": BATCH},
        "risk_off": {"A": BATCH},
        "risk_on": {"A": BATCH},
    }
    desk = Desk(tmp_path)
    for name, session, packets in desk.batches():
        first = session.stream.count + 1
        feed_at_once(session, packets)
        kinds = [session.stream.packet(number)[3:4].decode() for number in range(first, session.stream.count + 1)]
        if name in answers:
            assert {kind: kinds.count(kind) for kind in kinds} == answers.pop(name)
    assert not answers


def test_each_nordic_order_is_accepted_with_all_of_prm_and_with_none_of_it(tmp_path):
    assert len(parse(tomli_w.dumps(nordic.nordic_tables())).account) == 1
    desk = nordic.NordicDesk(tmp_path)
    (account,) = desk.sessions["prm_on"].journal.machine.engine.prm.accounts.values()
    for name, session, packets in desk.batches(BATCH):
        first = session.stream.length
        feed_at_once(session, packets)
        assert session.stream.length - first == BATCH * nordic.ACCEPTED_LENGTH
        assert (name == "prm_on") == (account.currencies["SEK"].open_buy > 0)
    assert len(account.currencies["SEK"].bounds) == len(nordic.COUNTERS)


def test_a_client_reads_past_heartbeats_to_its_answer():
    client, server = socket.socketpair()
    with client, server:
        server.sendall(b"\x00\x01H" * 3 + b"\x00\x04SABC" + b"\x00\x01H")
        settle(client, b"?")
        assert server.recv(10) == b"?"
        assert client.recv(10) == b"\x00\x01H"


def test_a_child_that_ends_is_an_error_and_not_a_wait():
    with (
        child("probe", "127.0.0.1", 1, "NOBODY", processor=processors()[0]) as gone,
        pytest.raises(OSError, match="probe ended"),
    ):
        gone.read()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bench_that_is_interrupted_takes_everything_with_it(tmp_path, environment, number):
    command = [PORTCULLIS, "bench", "throughput", "--rounds", "1000"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment | {"TMPDIR": str(tmp_path)}
    )
    with process:
        assert process.stderr.readline().startswith("round 1 of"), "it runs"
        (folder,) = tmp_path.glob("portcullis-bench-*")
        (published,) = folder.rglob("ports.json")
        venue = json.loads(published.read_bytes())["pid"]
        process.send_signal(number)
        assert process.wait(30) == 130
        assert process.stdout.read() == ""
        assert "Traceback" not in process.stderr.read()
    assert not folder.exists()
    assert not Path(f"/proc/{venue}").exists()


def test_answers_are_counted_however_the_bytes_are_cut():
    data = b"\x00\x04SABC\x00\x01H\x00\x02SA"
    for size in range(1, len(data) + 1):
        answers = Answers()
        for at in range(0, len(data), size):
            answers.receive(data[at : at + size])
        assert answers.count == 2


def test_medians_quantiles_ratios_and_slopes():
    assert median([3, 1, 2]) == 2
    assert quantile(range(1, 101), 99) == 100
    assert quantile([5], 50) == 5
    assert ratio(3, 2) == 1.5
    assert slope([Sample(0, 10), Sample(2, 14), Sample(1, 12)]) == 2
    assert slope([Sample(0, 7), Sample(5, 7)]) == slope([Sample(3, 9)]) == 0


# ------------------------------------------------------------------------------------------------------ documentation


def figures_of_the_documentation():
    return json.loads((ROOT / "docs" / "figures.json").read_text(encoding="utf-8"))


def test_the_tables_and_curves_of_the_documentation_are_those_of_its_figures(tmp_path):
    figures = figures_of_the_documentation()
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert report.filled(page, figures) == page
    for file in pictures.write(figures["scale"], tmp_path):
        assert file.read_text(encoding="utf-8") == (ROOT / "docs" / file.name).read_text(encoding="utf-8")


def test_a_soak_is_written_beside_the_figures_that_are_there(tmp_path):
    for name in ("figures.json", "performance.md"):
        shutil.copy(ROOT / "docs" / name, tmp_path)
    run = {"minutes": 5, "days": 3, "durability": "disk", "date": "2026-11-20", "messages": 1_000, "answers": 1_200}
    run |= {"unanswered": 0, "warm_rss_mib": 50.5, "last_rss_mib": 50.6, "most_rss_mib": 60.1, "samples": 9}
    run |= {"capacity_per_s": 100_000, "growth_mib_per_hour": 0.25}
    report.write({"soak": run}, tmp_path)
    assert json.loads((tmp_path / "figures.json").read_bytes()) == figures_of_the_documentation() | {"soak": run}
    page = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "2026-11-20: 1,000 messages, 1,200 answers, 0 missing" in page
    assert "+0.25 MiB an hour over 9 looks" in page


def test_where_there_is_no_page_the_figures_are_written_alone(tmp_path):
    report.write({"soak": {"minutes": 1}}, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["figures.json"]


def test_a_missed_target_is_shown_as_missed():
    figures = figures_of_the_documentation()
    figures["rtt"]["ratio"] = 99.5
    assert f"| at most 1.5 {report.TIMES} | 99.5 {report.TIMES} | **missed** |" in report.targets(figures)
    figures["rtt"]["ratio"] = 1.0
    assert f"| at most 1.5 {report.TIMES} | 1 {report.TIMES} | met |" in report.targets(figures)


def test_every_target_names_a_figure_that_is_measured():
    figures = figures_of_the_documentation()
    assert set(report.COMMANDS) <= set(figures)
    assert all(target.figure in figures[target.bench] for target in report.TARGETS)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_of_them_in_one_go_write_the_documentation(bench, tmp_path):
    shutil.copy(ROOT / "docs" / "performance.md", tmp_path)
    figures = bench("all", "--quick", "--write", str(tmp_path))
    assert set(report.COMMANDS) - {"callgrind"} <= set(figures)
    assert json.loads((tmp_path / "figures.json").read_bytes()) == figures
    assert figures["date"] in (tmp_path / "performance.md").read_text(encoding="utf-8")
