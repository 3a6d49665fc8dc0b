"""The rules API with what becomes of orders: clients make rules over REST, and ports are held to them.

Rules are made, changed and lifted in HTTP; `trader` enters orders over OUCH 5.0 at a port of the firm, `guarded` at one
that has rules already, and `router` over RASHport, which can send them away, all in the same scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from conformance.declarations.us import US
from conformance.floor import Floor
from conformance.http.language import Http, HttpStage
from conformance.http.play import HttpPlay, Setting
from conformance.language import Terms
from conformance.link import Wire
from conformance.ouch import Ouch, OuchStage
from conformance.play import Play
from conformance.rash import Rash
from conformance.scenario import Scenario, Step

PARTIES: Final = {
    "we": "user",
    "viewer": "viewer_user",
    "trader": "order_user",
    "guarded": "guarded_user",
    "router": "route_user",
}
"""`viewer` may look only; the others are ports of the firm, `guarded` one with rules."""
FLOORS: Final = (
    Floor(Ouch(US, {}), frozenset({"trader", "guarded"})),
    Floor(Rash({}), frozenset({"router"}), "route_target"),
)


def floor_of(party: str) -> Floor | None:
    """Give where a party trades; None for one that speaks HTTP."""
    return next((floor for floor in FLOORS if party in floor.parties), None)


class EqrcPlay(HttpPlay):
    """A scenario of the rules API as it runs: `floors` are those of its traders, with connections of their own."""

    def __init__(self, setting: Setting, floors: Mapping[Floor, Play], scenario: Scenario) -> None:
        super().__init__(setting, scenario)
        self.floors = floors
        self.ours = self.verbs
        self.verbs = dict.fromkeys(self.ours, self.act)
        for play in floors.values():
            play.log, play.began = self.log, self.began
            self.verbs |= dict.fromkeys(play.verbs, self.act)

    async def act(self, step: Step) -> None:
        """Let traders act in their own protocol."""
        floor = floor_of(step.who)
        await (self.ours if floor is None else self.floors[floor].verbs)[step.verb](step)

    async def see_silence(self, step: Step) -> None:
        """See that nothing is left that nobody has looked at, of traders too."""
        await super().see_silence(step)
        for play in self.floors.values():
            await play.see_silence(step)

    def look_for_faults(self, step: Step) -> None:
        """Fail where a standing rule was broken, in any protocol."""
        super().look_for_faults(step)
        for play in self.floors.values():
            play.look_for_faults(step)

    async def clean(self) -> None:
        """Cancel what traders have left open, and leave."""
        for play in self.floors.values():
            await play.clean()
        await super().clean()


@dataclass(frozen=True)
class EqrcStage(HttpStage):
    """A run: what traders were told lives from scenario to scenario too."""

    floors: Mapping[Floor, OuchStage]

    def play(self, scenario: Scenario) -> EqrcPlay:
        """Make a scenario ready."""
        plays = {floor: stage.play(scenario) for floor, stage in self.floors.items()}
        return EqrcPlay(self.setting, plays, scenario)


class Eqrc(Http):
    """The rules API, and what is spoken by those who are held to its rules."""

    def stage(self, terms: Terms) -> EqrcStage:
        """Begin a run."""
        return EqrcStage(super().stage(terms).setting, {floor: floor.stage(terms) for floor in FLOORS})

    def settings(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Give every $name, with what one, two and three orders of 100 shares are worth in whole dollars."""
        value = int(100 * Decimal(parameters["price"]))
        values = {f"value_of_{name}": str(times * value) for times, name in enumerate(("one", "two", "three"), 1)}
        return values | super().settings(parameters)

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Say where orders cannot be entered."""
        why = next(filter(None, (floor.skips(scenario, parameters) for floor in FLOORS)), "")
        return f"{why}: rules are shown to hold by orders" if why else ""

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell a request or an answer, or one read or write of a trader."""
        floor = floor_of(wire.party)
        return super().wire_lines(wire) if floor is None else floor.language.wire_lines(wire)

    def check(self, scenario: Scenario) -> None:
        """Complain of messages and fields, verbs and statuses that there are not."""
        for name, fields in scenario.defaults.items():
            for floor in FLOORS:
                if floor.language.dialect.named(name, inbound=True) is not None:
                    floor.language.check_fields(scenario.file, scenario.line, name, fields, is_sent=True)
                    break
        super().check(scenario)

    @staticmethod
    def check_step(file: str, step: Step) -> None:
        """Complain of what a step names."""
        floor = floor_of(step.who)
        if floor is None:
            Http.check_step(file, step)
        else:
            floor.language.check_step(file, step)
