"""REST, as scenarios speak it: who may take part, and what stands in a run's names."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from conformance.http.play import EVENT, STREAM, HttpPlay, Setting
from conformance.language import Terms
from conformance.link import Wire
from conformance.scenario import Scenario, ScenarioError, Step

PTR_PARTIES: Final = {"we": "user", "correspondent": "correspondent_user", "counterparty": "counterparty_user"}
"""`we` are a clearing firm."""
VERBS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", STREAM)


@dataclass(frozen=True)
class HttpStage:
    """A run: what was learned of the server lives from scenario to scenario."""

    setting: Setting

    def play(self, scenario: Scenario) -> HttpPlay:
        """Make a scenario ready."""
        return HttpPlay(self.setting, scenario)


@dataclass(frozen=True)
class Http:
    """A REST interface, with its parties."""

    parties: Mapping[str, str]

    def stage(self, terms: Terms) -> HttpStage:
        """Begin a run."""
        return HttpStage(Setting(terms.target, terms.users, self.settings(terms.parameters), terms.answer_seconds))

    def settings(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Give each run a key of its own, under which nobody has asked before."""
        return {"key": f"conform-{secrets.token_hex(8)}", **parameters}

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Every scenario is for every run."""
        return ""

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell a request or an answer."""
        arrow = "-->" if wire.is_sent else "<--"
        yield f"{wire.seconds:8.3f} {wire.party:<8} {arrow} {wire.data.decode('utf-8', 'replace')}"

    def check(self, scenario: Scenario) -> None:
        """Complain of verbs and statuses that there are not."""
        for first in scenario.steps:
            for step in (first, *first.also):
                self.check_step(scenario.file, step)

    @staticmethod
    def check_step(file: str, step: Step) -> None:
        """Complain of what a step names."""
        is_status = step.name == EVENT or (step.name.isdigit() and 100 <= int(step.name) <= 599)
        if step.verb in ("get", "may get") and not is_status:
            raise ScenarioError(file, step.line, f"{step.name} is neither a status nor {EVENT}")
        if step.verb == "send" and step.name not in VERBS:
            raise ScenarioError(file, step.line, f"{step.name} is none of {', '.join(VERBS)}")
        if step.verb in ("log on", "send bytes", "count", "get again", "get everything"):
            raise ScenarioError(file, step.line, f"REST has no {step.verb!r}")
