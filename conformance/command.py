"""What `portcullis conform` does, once its options are read."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance import report
from conformance.link import Unreachable
from conformance.runner import Outcome, Result, Run, perform
from conformance.scenario import Scenario
from conformance.suites import SUITES, chosen, load

PASSED: Final = 0
FAILED: Final = 1
USAGE: Final = 2


def parameters(settings: Mapping[str, str]) -> dict[str, str]:
    """Give every $name that a scenario may use; a user that nobody knows is another one each time."""
    return {
        "unknown_symbol": "NOSUCHX",
        "unknown_user": f"X{secrets.randbelow(100_000):05}",
        "user_in_lower_case": settings["user"].lower(),
        "password_in_lower_case": settings["password"].lower(),
        **settings,
    }


@dataclass(frozen=True)
class Options:
    """The command line."""

    suite: str
    target: tuple[str, int]
    users: Mapping[str, tuple[str | None, str]]
    settings: Mapping[str, str]
    only: tuple[str, ...]
    timeout: float
    slow: bool
    settled: bool
    junit: Path | None
    as_json: Path | None
    quiet: bool


def say(text: str) -> None:
    """Tell a person."""
    sys.stderr.write(f"{text}\n")


def print_list(suite: str, only: tuple[str, ...]) -> int:
    """Print the scenarios by section."""
    scenarios = chosen(load(suite), only)
    title = ""
    for scenario in scenarios:
        if scenario.title != title:
            title = scenario.title
            sys.stdout.write(f"{title}\n")
        marks = "".join(f"  [{mark}]" for mark, is_set in marks_of(scenario) if is_set)
        sys.stdout.write(f"  {scenario.section:<10} {scenario.name}{marks}\n")
    sys.stdout.write(f"{len(scenarios)} scenarios\n")
    return PASSED


def marks_of(scenario: Scenario) -> tuple[tuple[str, bool], ...]:
    """Give what is special about a scenario."""
    return ("slow", scenario.is_slow), ("left open by the documents", scenario.is_open)


async def conform(options: Options) -> int:
    """Run a suite, tell how it goes, and write the reports."""
    scenarios = chosen(load(options.suite), options.only)
    if not scenarios:
        say(f"no scenario of {options.suite} fits {', '.join(options.only)}; --list names them all")
        return USAGE
    users = {party: (user, password) for party, (user, password) in options.users.items() if user is not None}
    run = Run(
        *(SUITES[options.suite], options.target, users, parameters(options.settings)),
        *(options.timeout, options.slow, options.settled),
    )
    say(f"{run.suite.title}: {len(scenarios)} scenarios against {options.target[0]}:{options.target[1]}")

    def hear(result: Result) -> None:
        if result.outcome is Outcome.FAILED or not options.quiet:
            say(report.progress(result))

    try:
        results = await perform(run, scenarios, hear)
    except Unreachable as error:
        say(f"portcullis: {error}")
        return FAILED
    for result in results:
        if result.failure is not None:
            say("")
            for line in report.explain(result, run.suite.language):
                say(line)
    say("")
    for line in report.coverage(results):
        say(line)
    say(f"\n{report.totals(results)}")
    write(options, run, results)
    return FAILED if any(result.outcome is Outcome.FAILED for result in results) or not passed(results) else PASSED


def passed(results: list[Result]) -> bool:
    """Whether anything was shown at all."""
    return any(result.outcome is Outcome.PASSED for result in results)


def write(options: Options, run: Run, results: list[Result]) -> None:
    """Write the reports that were asked for."""
    if options.junit is not None:
        options.junit.write_text(report.as_junit(run, results) + "\n", encoding="utf-8")
    if options.as_json is not None:
        text = report.as_json(run, results) + "\n"
        if str(options.as_json) == "-":
            sys.stdout.write(text)
        else:
            options.as_json.write_text(text, encoding="utf-8")
