"""OUCH Drop, as scenarios speak it: SoupBinTCP ports that watch others, and those others in their own OUCH.

A Drop port answers nothing, so silence there takes a moment; and `of n1` means an order of the port that `Port` names.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from conformance.connection import Received
from conformance.copies import HOUSEKEEPING, PORT_BYTES, Watcher
from conformance.declarations import soup
from conformance.dialogue import Failed
from conformance.expect import Expectation
from conformance.language import Terms
from conformance.link import Wire, address
from conformance.ouch import Ouch, OuchStage
from conformance.play import Play, Setting
from conformance.scenario import Scenario, Step
from conformance.show import wire_lines
from conformance.standing import Account, Market

PARTIES: Final = {
    "drop": "user",
    "idle": "idle_user",
    "we": "order_user",
    "sister": "sister_user",
    "they": "second_user",
}
DROPS: Final = ("drop", "idle")
"""Who watches: `idle` is a port that nobody logs in on."""
PORT: Final = "Port"
"""The field that a copy has beyond those of its message: the port that told it first."""


class DropPlay(Play):
    """A scenario of OUCH Drop as it runs."""

    async def log_in(self, step: Step) -> None:
        """Join the session where the account left off, and hear what was told meanwhile."""
        if step.who not in DROPS:
            await super().log_in(step)
            return
        await self.connect(step)
        connection = self.connections[step.who]
        await connection.send(self.compose_packet(Step(step.line, step.text, step.who, "send", "LoginRequest")))
        await self.expect(Step(step.line, step.text, step.who, "get", "LoginAccepted"))
        await self.hear_the_day(connection)

    def is_chatter(self, item: Received) -> bool:
        """Whether a packet is passed over: copies of what belongs to a login are, too."""
        return super().is_chatter(item) or (bool(item.port) and self.name(item) in HOUSEKEEPING)

    def expectation(self, step: Step) -> Expectation:
        """Give what a `get` line asks for; that of a Drop port is about an order of the port that it names."""
        if step.who not in DROPS or step.name in soup.FROM_SERVER:
            return super().expectation(step)
        owners = {account.user: party for party, account in self.setting.accounts.items() if party not in DROPS}
        written = step.fields.get(PORT, "")
        port = self.values.word(written) if written else self.setting.accounts["we"].user if step.of else ""
        fields = {name: value for name, value in step.fields.items() if name != PORT}
        expectation = super().expectation(replace(step, who=owners.get(port, "we"), fields=fields))
        return replace(expectation, port=port)

    async def silence(self, step: Step, party: str) -> None:
        """See that nothing more is told, and that of the kit's own ports all was told as they told it."""
        if party not in DROPS:
            await super().silence(step, party)
            return
        connection, watcher = self.connections[party], self.setting.accounts[party]
        assert isinstance(watcher, Watcher)
        owners = [account for account in self.setting.accounts.values() if not isinstance(account, Watcher)]
        dialect, until = self.setting.dialect, time.monotonic() + self.answer_seconds
        watched = [owner for owner in owners if owner.user in watcher.copies]
        while any(watcher.missing(owner, dialect) > 0 for owner in watched) and await connection.more(until):
            pass
        await asyncio.sleep(self.setting.quiet_seconds)
        self.look_for_faults(step)
        for owner in watched:
            if why := watcher.unlike(owner, dialect):
                raise Failed(step, why)
        for item in connection.inbox:
            if not self.is_chatter(item):
                raise Failed(step, "something was told where nothing was to be told", got=self.summary(item))
        connection.inbox.clear()


@dataclass(frozen=True)
class DropStage(OuchStage):
    """A run: its accounts live from scenario to scenario."""

    def play(self, scenario: Scenario) -> DropPlay:
        """Make a scenario ready."""
        return DropPlay(self.setting, scenario)


class OuchDrop(Ouch):
    """A dialect of OUCH, and Drop ports that tell it."""

    def stage(self, terms: Terms) -> DropStage:
        """Begin a run."""
        accounts: dict[str, Account] = {}
        for party, (user, password) in terms.users.items():
            if party in DROPS:
                accounts[party] = Watcher(user, password, terms.target)
            else:
                accounts[party] = Account(user, password, address(terms.parameters["order_target"]))
        market = Market(self.dialect)
        return DropStage(
            Setting(self.dialect, accounts, market, dict(terms.parameters), terms.answer_seconds, terms.is_exact)
        )

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell one read or write."""
        behind = PORT_BYTES if wire.party in DROPS and not wire.is_sent else 0
        return wire_lines(wire, self.dialect, behind)

    def check_step(self, file: str, step: Step) -> None:
        """Complain of what a step names."""
        if step.who in DROPS and step.verb in ("get", "may get") and step.name not in soup.FROM_SERVER:
            step = replace(step, fields={name: value for name, value in step.fields.items() if name != PORT})
        super().check_step(file, step)
