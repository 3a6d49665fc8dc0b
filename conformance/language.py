"""What the kit needs to know of a protocol: which names a scenario may use, how one is played, how bytes are shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from conformance.link import Wire
from conformance.scenario import Scenario


@dataclass(frozen=True)
class Terms:
    """What a run was given: where, by which users, with which parameters, and how patiently and strictly."""

    target: tuple[str, int]
    users: Mapping[str, tuple[str, str]]
    parameters: Mapping[str, str]
    answer_seconds: float
    is_exact: bool


class Playing(Protocol):
    """A scenario that can be played once."""

    log: deque[Wire]

    async def run(self) -> None:
        """Play it."""


class Stage(Protocol):
    """What the scenarios of a run have in common."""

    def play(self, scenario: Scenario) -> Playing:
        """Make a scenario ready."""


class Language(Protocol):
    """A protocol, as scenarios speak it."""

    @property
    def parties(self) -> Mapping[str, str]:
        """Who may take part, and the option that gives the user's name."""

    def check(self, scenario: Scenario) -> None:
        """Complain of messages and fields that there are not."""

    def stage(self, terms: Terms) -> Stage:
        """Begin a run."""

    def settings(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Give every $name of a run, with those that follow from the others."""

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Say why a scenario is not for a run with these parameters, or nothing."""

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell one read or write."""
