"""The rules API with what becomes of orders: clients make rules over REST, and ports are held to them over OUCH.

Rules are made, changed and lifted in HTTP; `trader` enters orders at a port of the firm, `guarded` at one that has
rules already. Both speak OUCH 5.0 at the server's order entry, in the same scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from conformance.declarations.us import US
from conformance.http.language import Http, HttpStage
from conformance.http.play import HttpPlay
from conformance.http.play import Setting as HttpSetting
from conformance.language import Terms
from conformance.link import Wire
from conformance.ouch import Ouch
from conformance.play import Play, Setting
from conformance.scenario import Scenario, Step
from conformance.show import wire_lines
from conformance.standing import Account, Market

PARTIES: Final = {"we": "user", "viewer": "viewer_user", "trader": "order_user", "guarded": "guarded_user"}
"""`viewer` may look only; `trader` and `guarded` are ports of the firm, the second one with rules."""
TRADERS: Final = frozenset({"trader", "guarded"})
TRADING: Final = Ouch(US, {})
"""What traders speak."""
ORDER_TARGET: Final = "order_target"


class EqrcPlay(HttpPlay):
    """A scenario of the rules API as it runs: `floor` is that of its traders, with connections of their own."""

    def __init__(self, setting: HttpSetting, floor: Setting, scenario: Scenario) -> None:
        super().__init__(setting, scenario)
        self.floor = Play(floor, scenario)
        self.floor.log, self.floor.began = self.log, self.began
        self.ours = self.verbs
        self.verbs = dict.fromkeys((*self.ours, *self.floor.verbs), self.act)

    async def act(self, step: Step) -> None:
        """Let traders act in their own protocol."""
        await (self.floor.verbs if step.who in TRADERS else self.ours)[step.verb](step)

    async def see_silence(self, step: Step) -> None:
        """See that nothing is left that nobody has looked at, of traders too."""
        await super().see_silence(step)
        await self.floor.see_silence(step)

    def look_for_faults(self, step: Step) -> None:
        """Fail where a standing rule was broken, in either protocol."""
        super().look_for_faults(step)
        self.floor.look_for_faults(step)

    async def clean(self) -> None:
        """Cancel what traders have left open, and leave."""
        await self.floor.clean()
        await super().clean()


@dataclass(frozen=True)
class EqrcStage(HttpStage):
    """A run: what traders were told lives from scenario to scenario too."""

    floor: Setting

    def play(self, scenario: Scenario) -> EqrcPlay:
        """Make a scenario ready."""
        return EqrcPlay(self.setting, self.floor, scenario)


class Eqrc(Http):
    """The rules API, and OUCH for those who are held to its rules."""

    def stage(self, terms: Terms) -> EqrcStage:
        """Begin a run."""
        host, _, port = terms.parameters.get(ORDER_TARGET, ":0").rpartition(":")
        where = (host.strip("[]"), int(port))
        traders = {party: Account(*user, where) for party, user in terms.users.items() if party in TRADERS}
        floor = Setting(US, traders, Market(US), dict(terms.parameters), terms.answer_seconds, terms.is_exact)
        return EqrcStage(super().stage(terms).setting, floor)

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Say where orders cannot be entered."""
        needs_orders = not TRADERS.isdisjoint(scenario.parties) and ORDER_TARGET not in parameters
        return "needs --order-target: rules are shown to hold by orders over OUCH" if needs_orders else ""

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell a request or an answer, or one read or write of a trader."""
        return wire_lines(wire, US) if wire.party in TRADERS else super().wire_lines(wire)

    def check(self, scenario: Scenario) -> None:
        """Complain of messages and fields, verbs and statuses that there are not."""
        for name, fields in scenario.defaults.items():
            if US.named(name, inbound=True) is not None:
                TRADING.check_fields(scenario.file, scenario.line, name, fields, is_sent=True)
        super().check(scenario)

    @staticmethod
    def check_step(file: str, step: Step) -> None:
        """Complain of what a step names."""
        if step.who in TRADERS:
            TRADING.check_step(file, step)
        else:
            Http.check_step(file, step)
