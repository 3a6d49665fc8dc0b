"""The PRM administration protocol, as scenarios speak it: SoupBinTCP ports that look at accounts and change them.

What follows of orders is judged with orders: two ports at the server's order entry, a member's own and another's, speak
Nordic OUCH in the same scenario. Accumulated values come whenever they change, so they are passed over where nobody
waits for them; what stands in them is asked for. Beside what holds for every port: an answer repeats no bytes, times do
not go back, events are numbered without gaps, and nothing of the extension comes before hello was answered.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from conformance.connection import Received
from conformance.declarations.message import Dissection, dissect
from conformance.declarations.nordic import NORDIC
from conformance.declarations.prm import PRM
from conformance.floor import Floor
from conformance.language import Terms
from conformance.link import Wire
from conformance.orders import Orders
from conformance.ouch import Ouch, OuchStage
from conformance.play import Play, Setting
from conformance.scenario import Scenario, Step
from conformance.show import wire_lines
from conformance.standing import Account, Market

PARTIES: Final = {
    "we": "user",
    "again": "user",
    "viewer": "viewer_user",
    "other": "second_user",
    "trader": "order_user",
    "taker": "counterparty_user",
}
"""`viewer` may look only, `other` is of another member; `trader` enters our orders, `taker` those of somebody else."""
TRADERS: Final = frozenset({"trader", "taker"})
FLOOR: Final = Floor(Ouch(NORDIC, {}), TRADERS)
Verb = Callable[[Step], Awaitable[None]]
REQUESTS_A_SECOND: Final = 80
PACE_SECONDS: Final = 1.05
"""A port may be sent 100 requests in a second; the kit stays below that."""
UNASKED: Final = ("AccumulatedValues", "AccountRateBreach")
WITHOUT_TIME_ORDER: Final = frozenset({"AuditEntry"})
"""What tells of the past."""


@dataclass
class PrmAccount(Account):
    """A user of a PRM port: what its stream has said."""

    latest: int = 0
    events: dict[str, int] = field(default_factory=dict)
    greeted: dict[str, bool] = field(default_factory=dict)
    sent: deque[float] = field(default_factory=deque)

    async def pace(self) -> None:
        """Wait until another request is within what a port may be sent in a second."""
        if len(self.sent) >= REQUESTS_A_SECOND:
            await asyncio.sleep(max(0.0, self.sent.popleft() + PACE_SECONDS - time.monotonic()))
        self.sent.append(time.monotonic())

    def joined(self, session: str, market: Market) -> None:
        """Note the session; another one is another day."""
        if self.session and session != self.session:
            self.latest = 0
        super().joined(session, market)

    def look_at(self, payload: bytes, sequence: int | None, market: Market) -> list[str]:
        """Say which standing rules a message breaks, and remember it."""
        found = dissect(market.dialect, payload, inbound=False)
        faults = [f"PRM protocol: {found.name}: {fault}" for fault in found.faults]
        if sequence is None:
            return [*faults, "SoupBinTCP: a host's message is not sequenced"]
        repeated = self.repeated(payload, sequence)
        if repeated is not None:
            return faults + repeated
        return faults or [f"message {sequence}: {fault}" for fault in self.look_at_new(found)]

    def look_at_new(self, found: Dissection) -> list[str]:
        """Look at a message that is new."""
        faults = []
        letter = "" if found.message is None else found.message.letter
        if letter in "hj":
            self.greeted[self.session] = True
        elif letter.islower() and not self.greeted.get(self.session):
            faults.append(f"PRM protocol 3.1: {found.name} before hello was answered")
        time = found.values.get("Timestamp")
        if isinstance(time, int) and found.name not in WITHOUT_TIME_ORDER:
            if time < self.latest:
                faults.append(f"PRM protocol 2.1: the time goes back from {self.latest} to {time}")
            self.latest = max(time, self.latest)
        number = found.values.get("Number")
        if found.name == "Event" and isinstance(number, int):
            before = self.events.get(self.session, 0)
            self.events[self.session] = number
            if number != before + 1:
                faults.append(f"PRM protocol 3.7: event {number} follows event {before}")
        return faults


class PrmOrders(Orders):
    """What was sent: nothing of it has to be canceled afterwards."""

    def cancels(self, party: str) -> list[bytes]:
        """Give nothing."""
        return []


class PrmPlay(Play):
    """A scenario of the PRM protocol as it runs: `floor` is that of its traders, on the same connections."""

    def __init__(self, setting: Setting, floor: Play, scenario: Scenario) -> None:
        super().__init__(setting, scenario)
        self.orders = PrmOrders(setting.dialect)
        self.floor = floor
        self.floor.values, self.floor.connections = self.values, self.connections
        self.floor.log, self.floor.began = self.log, self.began
        self.verbs = {verb: self.by_party(act, self.floor.verbs[verb]) for verb, act in self.verbs.items()}

    @staticmethod
    def by_party(ours: Callable[[Step], Awaitable[None]], theirs: Callable[[Step], Awaitable[None]]) -> Verb:
        """Let traders act in their own protocol."""

        async def act(step: Step) -> None:
            await (theirs if step.who in TRADERS else ours)(step)

        return act

    async def log_in(self, step: Step) -> None:
        """Join the session, and learn the next free number."""
        await self.pace(step.who)
        await super().log_in(step)

    async def send(self, step: Step) -> None:
        """Send a packet or a message."""
        await self.pace(step.who)
        await super().send(step)

    async def silence(self, step: Step, party: str) -> None:
        """See that the next message is the answer to an Account Query."""
        if party in TRADERS:
            await self.floor.silence(step, party)
            return
        await self.pace(party)
        await super().silence(step, party)

    async def clean(self) -> None:
        """Cancel what traders have left open, and leave."""
        await self.floor.clean()

    async def pace(self, party: str) -> None:
        """Be no faster than a port may be asked."""
        account = self.setting.accounts[party]
        assert isinstance(account, PrmAccount)
        await account.pace()

    def is_chatter(self, item: Received) -> bool:
        """Whether a packet is passed over: what comes unasked is, too."""
        return super().is_chatter(item) or self.name(item) in UNASKED


@dataclass(frozen=True)
class PrmStage(OuchStage):
    """A run: its accounts live from scenario to scenario."""

    floor: OuchStage

    def play(self, scenario: Scenario) -> PrmPlay:
        """Make a scenario ready."""
        return PrmPlay(self.setting, self.floor.play(scenario), scenario)


class Prm(Ouch):
    """The protocol."""

    def __init__(self, parties: Mapping[str, str]) -> None:
        super().__init__(PRM, parties)

    def stage(self, terms: Terms) -> PrmStage:
        """Begin a run."""
        terms = replace(terms, parameters=self.settings(terms.parameters))
        accounts: dict[str, Account] = {}
        by_user: dict[str, PrmAccount] = {}
        for party, (user, password) in terms.users.items():
            if party not in TRADERS:
                accounts[party] = by_user.setdefault(user, PrmAccount(user, password, terms.target))
        rest = dict(terms.parameters), terms.answer_seconds, terms.is_exact
        return PrmStage(Setting(PRM, accounts, Market(PRM), *rest), FLOOR.stage(terms))

    def settings(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Give every $name, with what two and three shares are worth."""
        price = Decimal(parameters["price"])
        return {**parameters, "price_of_two": str(2 * price), "price_of_three": str(3 * price)}

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Say where orders cannot be entered."""
        return FLOOR.skips(scenario, parameters)

    def wire_lines(self, wire: Wire) -> Iterator[str]:
        """Tell one read or write."""
        return wire_lines(wire, NORDIC if wire.party in TRADERS else self.dialect)

    def check_fields(self, file: str, line: int, name: str, fields: Mapping[str, str], *, is_sent: bool) -> None:
        """Complain of a message or of fields that there are not, in either protocol."""
        of_orders = self.dialect.named(name, inbound=is_sent) is None
        if of_orders and NORDIC.named(name, inbound=is_sent) is not None:
            FLOOR.language.check_fields(file, line, name, fields, is_sent=is_sent)
        else:
            super().check_fields(file, line, name, fields, is_sent=is_sent)

    def check_step(self, file: str, step: Step) -> None:
        """Complain of what a step names."""
        if step.who in TRADERS:
            FLOOR.language.check_step(file, step)
        else:
            super().check_step(file, step)
