"""SoupBinTCP and OUCH, as scenarios speak them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from conformance.declarations import soup
from conformance.declarations.message import Appendage, Dialect, Message
from conformance.language import Terms
from conformance.link import Wire
from conformance.play import Play, Setting
from conformance.scenario import Scenario, ScenarioError, Step
from conformance.show import wire_lines
from conformance.standing import Account, Market

PARTIES: Final = {
    "we": "user",
    "again": "user",
    "they": "second_user",
    "sister": "sister_user",
    "guarded": "guarded_user",
    "restricted": "restricted_user",
    "spent": "rate_user",
}
"""`again` is a second connection of the same user; who is `spent` is shut by a scenario and stays so."""
SENT_WORDS: Final = ("appendage", "tail")
PACKET_WORDS: Final = ("payload", "text")


@dataclass(frozen=True)
class OuchStage:
    """A run: its accounts live from scenario to scenario."""

    setting: Setting

    def play(self, scenario: Scenario) -> Play:
        """Make a scenario ready."""
        account = self.setting.accounts.get("we")
        own = {} if account is None else {"user": account.user, "password": account.password}
        return Play(replace(self.setting, parameters=self.setting.parameters | own), scenario)


@dataclass(frozen=True)
class Ouch:
    """A dialect of OUCH on SoupBinTCP."""

    dialect: Dialect
    parties: Mapping[str, str]

    def stage(self, terms: Terms) -> OuchStage:
        """Begin a run."""
        accounts = {party: Account(*user, terms.target) for party, user in terms.users.items()}
        market = Market(self.dialect)
        return OuchStage(
            Setting(
                *(self.dialect, accounts, market),
                *(dict(terms.parameters), terms.answer_seconds, terms.is_exact),
            )
        )

    def settings(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Nothing follows from what is given."""
        return dict(parameters)

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Every scenario is for every run."""
        return ""

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell one read or write."""
        return wire_lines(wire, self.dialect)

    def check(self, scenario: Scenario) -> None:
        """Complain of messages and fields that there are not."""
        for name, fields in scenario.defaults.items():
            self.check_fields(scenario.file, scenario.line, name, fields, is_sent=True)
        for first in scenario.steps:
            for step in (first, *first.also):
                self.check_step(scenario.file, step)

    def check_step(self, file: str, step: Step) -> None:
        """Complain of what a step names."""
        if step.verb in ("send", "get", "may get"):
            self.check_fields(file, step.line, step.name, step.fields, is_sent=step.verb == "send")
        elif step.verb == "log on":
            raise ScenarioError(file, step.line, "in SoupBinTCP one logs in")

    def check_fields(self, file: str, line: int, name: str, fields: Mapping[str, str], *, is_sent: bool) -> None:
        """Complain of a message or of fields that there are not."""
        packets: Mapping[str, Message] = soup.FROM_CLIENT if is_sent else soup.FROM_SERVER
        message = packets.get(name)
        extra: tuple[str, ...] = PACKET_WORDS
        options: set[str] = set()
        if message is None:
            message = self.dialect.named(name, inbound=is_sent)
            extra = SENT_WORDS if is_sent else ("options",)
            if message is not None and message.appendage is not Appendage.NEVER:
                options = set(self.dialect.options_by_name)
        if message is None:
            raise ScenarioError(file, line, f"there is no {name} {'to' if is_sent else 'from'} a server")
        known = {field.lower() for field in message.fields} | options | set(extra)
        unknown = [field for field in fields if field.lower() not in known]
        if unknown:
            raise ScenarioError(file, line, f"{name} has no {unknown[0]}")
