"""What every test shares: hypothesis profiles, one seed for all random rounds, and the table of sections.

- `@pytest.mark.section("OUCH 5.0", "Enter Order")` names the section that a test restates; `pytest --sections` closes
  with the number of tests for each section.
- A test with random rounds takes the fixture `seed`; the run's seed stands in the header, and `--seed N` repeats it.
- `--hypothesis-profile thorough` looks much longer than a daily run does.
"""

import os
import secrets
import signal
import sys
from collections import defaultdict
from pathlib import Path
from zlib import crc32

import hypothesis
import pytest

from venue import build

sys.path.append(str(Path(__file__).parent / "shared"))  # test modules cannot import each other by package here

hypothesis.settings.register_profile("daily", deadline=None, print_blob=True, max_examples=50)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, max_examples=100, derandomize=False)
hypothesis.settings.register_profile("brief", deadline=None, print_blob=True, max_examples=10)
hypothesis.settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=5_000)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "daily")


def pytest_addoption(parser):
    group = parser.getgroup("portcullis")
    group.addoption("--sections", action="store_true", help="close with the number of tests for each document section")
    group.addoption(
        "--seed", type=int, metavar="N", help="the seed of all random rounds; without it a new one each run"
    )


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a shell's background job
        signal.signal(signal.SIGINT, signal.default_int_handler)  # or nothing that we start hears one
    config.addinivalue_line("markers", "root: builds a machine or a disk of its own: needs root, else is skipped")
    if config.option.seed is None:
        config.option.seed = secrets.randbelow(1 << 32)  # a run's workers are handed the options, and so this seed


def pytest_report_header(config):
    return f"seed: {config.option.seed} (to repeat: --seed {config.option.seed}), order path: {build.describe()}"


@pytest.fixture
def seed(request):
    """This test's own seed, drawn from the run's; printed with the test when it fails."""
    run = request.config.option.seed
    mine = crc32(f"{run} {request.node.nodeid}".encode())
    print(f"seed {mine}, from --seed {run}")
    return mine


# ------------------------------------------------------------------------------------------------ the table of sections


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    for item in items:
        for marker in item.iter_markers("section"):
            if len(marker.args) != 2:
                raise pytest.UsageError(f"{item.nodeid}: section takes a document and a title, not {marker.args}")
            item.user_properties.append(("section", list(marker.args)))


def pytest_terminal_summary(terminalreporter, config):
    if not config.option.sections:
        return
    tests: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            if outcome and isinstance(report, pytest.TestReport):
                for name, value in report.user_properties:
                    if name == "section":
                        passed = tests[tuple(value)]
                        passed[report.nodeid] = passed.get(report.nodeid, True) and outcome == "passed"
    terminalreporter.section("tests by section")
    last = None
    for (document, title), passed in sorted(tests.items()):
        if document != last:
            terminalreporter.line(document)
            last = document
        failed = len(passed) - sum(passed.values())
        note = f"   {failed} of them did not pass" if failed else ""
        terminalreporter.line(f"  {title:<70} {len(passed):>5}{note}")
    terminalreporter.line(f"{len(tests)} sections have a test")
