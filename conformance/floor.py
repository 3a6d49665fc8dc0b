"""A floor beside what a suite is about: parties that trade at the server's order entry, in a protocol of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conformance.language import Terms
from conformance.link import address
from conformance.ouch import Ouch, OuchStage
from conformance.scenario import Scenario

ORDER_TARGET = "order_target"


@dataclass(frozen=True, eq=False)
class Floor:
    """Who trades, what they speak, and the parameter that says where: HOST:PORT; without it nobody can."""

    language: Ouch
    parties: frozenset[str]
    target: str = ORDER_TARGET

    def stage(self, terms: Terms) -> OuchStage:
        """Begin a run: what traders were told lives from scenario to scenario."""
        where = address(terms.parameters.get(self.target, ":0"))
        traders = {party: user for party, user in terms.users.items() if party in self.parties}
        return self.language.stage(replace(terms, target=where, users=traders))

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Say what a scenario with its traders needs, or nothing."""
        is_closed = not self.parties.isdisjoint(scenario.parties) and self.target not in parameters
        return f"needs --{self.target.replace('_', '-')}" if is_closed else ""
