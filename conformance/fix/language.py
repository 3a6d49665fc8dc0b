"""FIX, as scenarios speak it: which names they may use, and what a run makes of its parameters."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from conformance.fix import show
from conformance.fix.compose import RAW
from conformance.fix.play import FixPlay, Setting
from conformance.fix.shapes import REPORTS
from conformance.fix.standing import Account
from conformance.fix.tags import TYPES, VERSIONS, Version, tag_of
from conformance.language import Terms
from conformance.link import Wire
from conformance.scenario import Scenario, ScenarioError, Step

SESSION_PARTIES: Final = {"we": "user", "again": "user"}
ORDER_PARTIES: Final = {"we": "user", "they": "second_user", "guarded": "guarded_user", "spent": "rate_user"}
DROP_PARTIES: Final = {"drop": "user", "idle": "idle_user", "we": "order_user", "they": "second_user"}
DROPS: Final = ("drop", "idle")
"""Who watches: `idle` is a port that nobody logs on to."""
MARKETS: Final = ("us", "flite", "nordic")
VENUES: Final = {"us": "INET", "flite": "INET", "nordic": "INORD"}
"""The CompID of the venue, where the command line does not say another one."""
KINDS: Final = (*VERSIONS, *MARKETS)


@dataclass
class FixStage:
    """A run: its accounts live from scenario to scenario, and no two orders have one name."""

    setting: Setting
    stamp: str = field(default_factory=lambda: secrets.token_hex(3).upper())
    played: int = 0

    def play(self, scenario: Scenario) -> FixPlay:
        """Make a scenario ready."""
        self.played += 1
        return FixPlay(self.setting, scenario, f"{self.stamp}{self.played:03}")


def version_of(parameters: Mapping[str, str]) -> Version:
    """Give the version of a run."""
    return VERSIONS[parameters.get("fix", "4.2")]


def derived(parameters: Mapping[str, str]) -> dict[str, str]:
    """Give every $name that follows from the version and the market; `none` for a field that is not there."""
    version, market = version_of(parameters), parameters.get("market", "us")
    nordic = market == "nordic"
    return {
        "begin": version.begin,
        "venue": VENUES[market],
        "appl_version": "9" if version.is_fixt else "none",
        "other_begin": "FIX.4.1" if version.begin != "FIX.4.1" else "FIX.4.2",
        "all": "0" if version.rank >= 42 else "999999",
        "handling": "1" if version.rank <= 42 else "none",
        "rule": "A" if not nordic and version.rank <= 42 else "none",
        "capacity": "A" if nordic or version.rank > 42 else "none",
        "transact": "now" if version.rank >= 42 else "none",
        "logon_user": "none",
        "logon_password": "none",
        "moment": "now" if version.rank >= 42 else "seconds",
        "no_symbol": "99999" if nordic else "NOSUCH",
        "trader": "",
        "second_trader": "",
        **parameters,
    }


@dataclass(frozen=True)
class Fix:
    """FIX; `resets` where a suite is for a port that counts from 1 at each Logon, else the numbers are kept."""

    parties: Mapping[str, str]
    resets: bool = False

    def stage(self, terms: Terms) -> FixStage:
        """Begin a run."""
        parameters = self.settings(terms.parameters)
        version = version_of(parameters)
        accounts = {}
        for party, (user, _) in terms.users.items():
            target = terms.target
            if "drop" in self.parties and party not in DROPS:
                host, _, port = parameters["order_target"].rpartition(":")
                target = (host, int(port))
            desk = parameters["second_trader" if party == "they" else "trader"]
            accounts[party] = Account(user, parameters["venue"], target, version, desk, terms.is_exact)
        return FixStage(Setting(version, accounts, parameters, terms.answer_seconds, terms.is_exact, self.resets))

    def settings(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Give every $name, with those that follow from the version and the market."""
        return derived(parameters)

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Say which versions or markets a scenario is for, where this run is another."""
        for names, mine in ((VERSIONS, version_of(parameters).key), (MARKETS, parameters.get("market", "us"))):
            wanted = [kind for kind in scenario.kinds if kind in names]
            if wanted and mine not in wanted:
                return f"for {', '.join(wanted)}"
        return ""

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell one read or write."""
        return show.wire_lines(wire)

    def check(self, scenario: Scenario) -> None:
        """Complain of messages, fields, versions and markets that there are not."""
        for kind in scenario.kinds:
            if kind not in KINDS:
                raise ScenarioError(scenario.file, scenario.line, f"{kind!r} is none of {', '.join(KINDS)}")
        for name, fields in scenario.defaults.items():
            self.check_fields(scenario.file, scenario.line, name, fields, is_sent=True)
        for first in scenario.steps:
            for step in (first, *first.also):
                self.check_step(scenario.file, step)

    def check_step(self, file: str, step: Step) -> None:
        """Complain of what a step names."""
        if step.verb in ("send", "get", "may get", "log on"):
            self.check_fields(file, step.line, step.name, step.fields, is_sent=step.verb in ("send", "log on"))
        elif step.verb in ("log in", "send bytes"):
            raise ScenarioError(file, step.line, f"FIX has no {step.verb!r}")

    @staticmethod
    def check_fields(file: str, line: int, name: str, fields: Mapping[str, str], *, is_sent: bool) -> None:
        """Complain of a message or of fields that there are not; a MsgType that is none may be sent on purpose."""
        known = (
            name.lower() in TYPES or (name in REPORTS and not is_sent) or (is_sent and (name == RAW or len(name) < 3))
        )
        if not known:
            raise ScenarioError(file, line, f"there is no {name} {'to' if is_sent else 'from'} a server")
        for each in fields:
            if tag_of(each) is None:
                raise ScenarioError(file, line, f"FIX has no field {each}")
