"""ITCH and GLIMPSE, as scenarios speak them: readers of the feed, and order ports in OUCH that give it what to tell.

A reader asks nothing, so silence there takes a moment. What is about other stocks is passed over, and so are system
events and imbalances where no line asks for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from conformance.connection import Received
from conformance.declarations import soup
from conformance.declarations.itch import ITCH
from conformance.declarations.message import Dialect, Message
from conformance.dialogue import Failed
from conformance.expect import Expectation
from conformance.feed import FEED, Reader
from conformance.language import Terms
from conformance.link import Wire, address
from conformance.ouch import Ouch, OuchStage
from conformance.play import Play, Setting
from conformance.scenario import Scenario, ScenarioError, Step
from conformance.show import summary, wire_lines
from conformance.standing import Account, Market

PARTIES: Final = {"feed": "user", "glimpse": "glimpse_target", "we": "order_user", "they": "second_user"}
READERS: Final = ("feed", "glimpse")
NOW_AND_THEN: Final = ("SystemEvent", "NetOrderImbalance")


class ItchPlay(Play):
    """A scenario of ITCH as it runs."""

    async def log_in(self, step: Step) -> None:
        """Join the session where the account left off, and hear what was told meanwhile."""
        if step.who not in READERS:
            await super().log_in(step)
            return
        await self.connect(step)
        connection = self.connections[step.who]
        await connection.send(self.compose_packet(Step(step.line, step.text, step.who, "send", "LoginRequest")))
        await self.expect(Step(step.line, step.text, step.who, "get", "LoginAccepted"))
        await self.hear_the_day(connection)

    def dialect_of(self, received: Received) -> Dialect:
        """Give what the message in a packet speaks."""
        return ITCH if received.port == FEED else super().dialect_of(received)

    async def take_packet(self, step: Step, wanted: str, until: float) -> Received:
        """Take the next packet that counts, and never one of another stock."""
        while True:
            received = await super().take_packet(step, wanted, until)
            if not self.is_elsewhere(received):
                return received

    def is_chatter(self, item: Received) -> bool:
        """Whether a packet is passed over: of another stock, or told now and then."""
        is_seldom = item.port == FEED and self.name(item) in NOW_AND_THEN
        return super().is_chatter(item) or is_seldom or self.is_elsewhere(item)

    def is_elsewhere(self, item: Received) -> bool:
        """Whether a packet is about another stock."""
        found = self.message(item)
        if item.port != FEED or found is None or found.message is None:
            return False
        locate, symbol = found.values.get("StockLocate"), self.setting.parameters["symbol"]
        reader = self.setting.accounts["feed"]
        assert isinstance(reader, Reader)
        stock = found.values.get("Stock") or reader.stocks.get(locate if isinstance(locate, int) else 0)
        return stock is not None and str(stock).strip() != symbol

    def summary(self, item: Received) -> str:
        """Tell a packet in a line."""
        return summary(item.packet, self.dialect_of(item), inbound=False)

    def expectation(self, step: Step) -> Expectation:
        """Give what a `get` line asks for."""
        if step.who not in READERS or step.name in soup.FROM_SERVER:
            return super().expectation(step)
        message = ITCH.named(step.name, inbound=False)
        assert isinstance(message, Message), "names are checked when a suite is loaded"
        return Expectation(message, {}, step.fields, self.values, self.place(step.who), is_packet=False)

    async def silence(self, step: Step, party: str) -> None:
        """See that nothing more is told."""
        if party not in READERS:
            await super().silence(step, party)
            return
        connection = self.connections[party]
        await asyncio.sleep(self.setting.quiet_seconds)
        self.look_for_faults(step)
        for item in connection.inbox:
            if not self.is_chatter(item):
                raise Failed(step, "something was told where nothing was to be told", got=self.summary(item))
        connection.inbox.clear()


@dataclass(frozen=True)
class ItchStage(OuchStage):
    """A run: its accounts live from scenario to scenario."""

    def play(self, scenario: Scenario) -> ItchPlay:
        """Make a scenario ready."""
        return ItchPlay(self.setting, scenario)


class Itch(Ouch):
    """A dialect of OUCH, and readers of ITCH."""

    def stage(self, terms: Terms) -> ItchStage:
        """Begin a run."""
        accounts: dict[str, Account] = {}
        for party, (user, password) in terms.users.items():
            if party == "feed":
                accounts[party] = Reader(user, password, terms.target)
            elif party == "glimpse":
                accounts[party] = Reader(user, password, address(terms.parameters["glimpse_target"]), is_snapshot=True)
            else:
                accounts[party] = Account(user, password, address(terms.parameters["order_target"]))
        market = Market(self.dialect)
        return ItchStage(
            Setting(self.dialect, accounts, market, dict(terms.parameters), terms.answer_seconds, terms.is_exact)
        )

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell one read or write."""
        return wire_lines(wire, ITCH if wire.party in READERS else self.dialect)

    def check_step(self, file: str, step: Step) -> None:
        """Complain of what a step names."""
        if step.who not in READERS or step.verb not in ("get", "may get") or step.name in soup.FROM_SERVER:
            super().check_step(file, step)
            return
        message = ITCH.named(step.name, inbound=False)
        if message is None:
            raise ScenarioError(file, step.line, f"there is no {step.name} of ITCH")
        known = {field.lower() for field in message.fields}
        for name in step.fields:
            if name.lower() not in known:
                raise ScenarioError(file, step.line, f"{step.name} has no {name}")
