"""Runs scenarios one after the other against a server, and gives a result for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from conformance.dialogue import Failed
from conformance.language import Stage, Terms
from conformance.link import Unreachable, Wire
from conformance.scenario import Scenario
from conformance.suites import Suite, missing


class Outcome(StrEnum):
    """What came of a scenario."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    """A scenario's outcome. `why` says why it was skipped; a failure has what led to it, and the wire log."""

    scenario: Scenario
    outcome: Outcome
    seconds: float = 0.0
    why: str = ""
    failure: Failed | None = None
    log: tuple[Wire, ...] = ()


@dataclass(frozen=True)
class Run:
    """What is run: a suite against a server, by the users named, with parameters."""

    suite: Suite
    target: tuple[str, int]
    users: Mapping[str, tuple[str, str]]
    parameters: dict[str, str] = field(default_factory=dict)
    answer_seconds: float = 5.0
    with_slow: bool = False
    settled_only: bool = False

    def skips(self, scenario: Scenario) -> str:
        """Say why a scenario is not run, or nothing."""
        if scenario.is_slow and not self.with_slow:
            return "slow: needs --slow"
        if scenario.is_open and self.settled_only:
            return "the documents leave it open (--settled)"
        if why := self.suite.language.skips(scenario, self.parameters):
            return why
        needs = missing(self.suite.language, scenario, self.users, self.suite.language.settings(self.parameters))
        return f"needs {', '.join(needs)}" if needs else ""


async def perform(run: Run, scenarios: list[Scenario], report: Callable[[Result], None]) -> list[Result]:
    """Play the scenarios in order; `report` hears of each as it is done. Unreachable ends it."""
    stage = run.suite.language.stage(
        Terms(run.target, run.users, run.parameters, run.answer_seconds, not run.settled_only)
    )
    results = []
    for scenario in scenarios:
        why = run.skips(scenario)
        result = Result(scenario, Outcome.SKIPPED, why=why) if why else await _play(stage, scenario)
        results.append(result)
        report(result)
    return results


async def _play(stage: Stage, scenario: Scenario) -> Result:
    """Play one scenario."""
    began = time.monotonic()
    play = stage.play(scenario)
    try:
        await play.run()
    except Failed as failure:
        return Result(scenario, Outcome.FAILED, time.monotonic() - began, "", failure, tuple(play.log))
    except Unreachable as error:
        if not play.log:
            raise
        gone = Failed(scenario.steps[-1], str(error))
        return Result(scenario, Outcome.FAILED, time.monotonic() - began, "", gone, tuple(play.log))
    return Result(scenario, Outcome.PASSED, time.monotonic() - began)
