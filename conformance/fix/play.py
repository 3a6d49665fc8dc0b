"""Plays one FIX scenario: sends what it says, waits for what it expects, and leaves the venue as it found it.

Silence is shown without waiting: a TestRequest is answered in its turn, so where nothing comes before its answer,
nothing was said. That is also how every scenario ends that leaves a session up.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from conformance.dialogue import Dialogue, Failed
from conformance.fix.compose import Composer
from conformance.fix.connection import FixConnection
from conformance.fix.expect import Expectation, compare
from conformance.fix.frames import Frame
from conformance.fix.shapes import has_field, implied, kind_of
from conformance.fix.show import summary
from conformance.fix.standing import Account
from conformance.fix.tags import Version, tag_of
from conformance.fix.values import Numbers, Values, as_number
from conformance.link import Unreachable
from conformance.scenario import Scenario, Step
from conformance.values import ValueFault

EXPECTING: Final = re.compile(r"expecting (\d+)")
RETRY_SECONDS: Final = 0.05
GOODBYE_SECONDS: Final = 0.5
"""How long a server may take to hang up behind a Logout; then we do."""


@dataclass
class Setting:
    """What the scenarios of a run have in common; `resets` where every Logon of the port begins at 1."""

    version: Version
    accounts: Mapping[str, Account]
    parameters: Mapping[str, str]
    answer_seconds: float
    is_exact: bool
    resets: bool


class FixPlay(Dialogue[FixConnection]):
    """A FIX scenario as it runs."""

    def __init__(self, setting: Setting, scenario: Scenario, prefix: str) -> None:
        super().__init__(scenario, setting.answer_seconds)
        self.setting = setting
        self.values = Values(dict(setting.parameters), prefix)
        self.composer = Composer(scenario.defaults, self.values, setting.version)
        self.questions = 0
        self.verbs |= {
            "log on": self.log_on,
            "send": self.send,
            "get": self.get,
            "may get": self.may_get,
            "get again": self.get_again,
            "get everything": self.get_everything,
            "count": self.count,
        }

    # ------------------------------------------------------------------------------------------------ connections

    async def connect(self, step: Step) -> None:
        """Open a connection; one that the party had is dropped."""
        party = step.who
        if party in self.connections:
            await self.connections[party].close()
        account = self.setting.accounts[party]
        if self.setting.resets:
            account.reset()
        self.connections[party] = await FixConnection.open(party, account, self.log, self.began)

    async def log_on(self, step: Step) -> None:
        """Connect, log on with the next number, and see the Logon answered; the first time, find out the numbers.

        A server that has not noticed yet that we hung up lets nobody in: then we try again.
        """
        account, until = self.setting.accounts[step.who], self.deadline(step)
        logon = Step(step.line, step.text, step.who, "send", "Logon", step.fields)
        while True:
            number = account.outgoing
            await self.connect(step)
            if not self.setting.resets and not account.is_placed:
                await self.find_place(logon, account)
            else:
                await self.send(logon)
            connection = self.connections[step.who]
            await connection.wait(until)
            if connection.inbox or not connection.is_over or not account.was_on or time.monotonic() > until:
                break
            account.outgoing = number
            await asyncio.sleep(RETRY_SECONDS)
        await self.get(Step(step.line, step.text, step.who, "get", "Logon"))

    async def find_place(self, logon: Step, account: Account) -> None:
        """Log on as if the day had just begun; a server that has counted further says what it expects."""
        await self.send(logon)
        connection = self.connections[logon.who]
        await connection.wait(self.deadline(logon))
        first = connection.inbox[0] if connection.inbox else None
        said = EXPECTING.search(first.values.get(58, "")) if first and first.kind == "5" else None
        if said is None:
            return
        await self.connect(logon)
        account.outgoing, account.is_placed = int(said[1]), False
        await self.send(logon)

    async def log_out(self, step: Step) -> None:
        """Say Logout, hear it answered, and see the connection closed, by the server or by us."""
        await self.send(Step(step.line, step.text, step.who, "send", "Logout"))
        await self.get(Step(step.line, step.text, step.who, "get", "Logout"))
        connection = self.connections[step.who]
        while not connection.is_over and await connection.wait(time.monotonic() + GOODBYE_SECONDS):
            connection.inbox.clear()
        await connection.close()

    async def count(self, step: Step) -> None:
        """Go on with another number."""
        self.setting.accounts[step.who].outgoing = step.number

    # ------------------------------------------------------------------------------------------------- what is sent

    def numbers(self, party: str) -> Numbers:
        """Give where a party is in counting."""
        account = self.setting.accounts[party]
        return Numbers(account.outgoing, self.composer.memory(party).last.number, account.gap, account.incoming)

    async def send(self, step: Step) -> None:
        """Send a message; what it means for both sides' numbers is noted."""
        connection, account = self.connection(step), self.setting.accounts[step.who]
        data, sent, counts = self.composer.compose(step, connection.header, self.numbers(step.who))
        if sent.kind == "A" and counts:
            self._logon(connection, account, sent.values)
        if counts and sent.number >= account.outgoing:
            account.outgoing = sent.number + 1
        if sent.kind == "4" and counts and sent.values.get(36, "").isdigit():
            account.outgoing = max(account.outgoing, int(sent.values[36]))
        if sent.kind == "2" and counts:
            account.ask_again(*(int(sent.values.get(tag, "0") or 0) for tag in (7, 16)))
        await connection.send(data, step.number)

    @staticmethod
    def _logon(connection: FixConnection, account: Account, values: Mapping[int, str]) -> None:
        """Note what a Logon asks for: an interval, both numbers from 1, a replay."""
        interval = values.get(108, "0")
        connection.interval = float(interval) if interval.isdigit() else 0.0
        if values.get(141) == "Y":
            account.reset()
            account.is_placed = True
        if values.get(789, "").isdigit():
            account.wanted_from = int(values[789])

    # ------------------------------------------------------------------------------------------- what is waited for

    def is_chatter(self, item: Frame) -> bool:
        """Whether a frame is a Heartbeat that answers nothing, in a session that has Heartbeats."""
        beats = any(connection.interval for connection in self.connections.values())
        return item.kind == "0" and 112 not in item.values and beats

    def summary(self, item: Frame) -> str:
        """Tell a frame in a line."""
        return summary(item)

    def number(self, text: str) -> Decimal:
        """Give a side of a comparison."""
        return as_number(self.values.term(text, Numbers()))

    def word(self, text: str) -> str:
        """Give what stands for a value, as an operator's command is told it."""
        return self.values.term(text, Numbers())

    async def take_frame(self, step: Step, wanted: str, until: float) -> Frame:
        """Take the next frame that counts."""

        def passes(frame: Frame) -> bool:
            return self.is_chatter(frame) and wanted != "Heartbeat"

        frame: Frame = await self.take(step, wanted, until, passes)
        return frame

    def expectation(self, step: Step) -> Expectation:
        """Give what a `get` line asks for: the fields it names, and those that follow from what was sent."""
        version, memory = self.setting.version, self.composer.memory(step.who)
        kind = kind_of(step.name, version)
        assert kind is not None, "names are checked when a suite is loaded"
        numbers = self.numbers(step.who)
        written: dict[int, str] = {}
        for name, value in step.fields.items():
            tag = tag_of(name)
            assert tag is not None, "names are checked when a suite is loaded"
            written[tag] = value
        of = None
        if step.of:
            name = self.values.term(step.of, numbers)
            of = next((m.named[name] for m in (memory, *self.composer.memories.values()) if name in m.named), None)
            if of is None:
                raise ValueFault(f"nothing was sent with the name {step.of}")
        known = implied(step.name, written, of, memory, version)
        if not version.names_faults and kind == "3":
            known |= dict.fromkeys((371, 372, 373, 380), "none")
            written = {tag: value for tag, value in written.items() if tag not in known or tag in (45, 58)}
        elif known.get(373) == "none":
            written.pop(373, None)
        written, known = (
            {tag: value for tag, value in fields.items() if has_field(kind, tag, version)}
            for fields in (written, known)
        )
        return Expectation(step.name, kind, known, written, self.values, numbers, version, self.setting.is_exact)

    async def get(self, step: Step) -> None:
        """Wait for the messages of a line, in either order where there are several."""
        open_ones = [(one, self.expectation(one)) for one in (step, *step.also)]
        until = self.deadline(step)
        while open_ones:
            frame = await self.take_frame(step, open_ones[0][1].name, until)
            self.look_for_faults(step)
            differences = [compare(expectation, frame) for _, expectation in open_ones]
            fitting = next((at for at, found in enumerate(differences) if not found), None)
            if fitting is None:
                closest = min(range(len(differences)), key=lambda at: len(differences[at]))
                one, expectation = open_ones[closest]
                raise Failed(one, "something else came", differences[closest], expectation.name, summary(frame))
            open_ones.pop(fitting)

    async def may_get(self, step: Step) -> None:
        """Take what may come next, if it does."""
        connection = self.connection(step)
        await connection.wait(self.deadline(step))
        if connection.inbox and not compare(self.expectation(step), connection.inbox[0]):
            connection.inbox.popleft()

    async def silence(self, step: Step, party: str) -> None:
        """See that the next message is the answer to a TestRequest."""
        self.questions += 1
        question = f"QUIET{self.questions}"
        connection = self.connections[party]
        await connection.say("1", {112: question})
        frame = await self.take_frame(step, "the answer to a TestRequest", time.monotonic() + self.answer_seconds)
        self.look_for_faults(step)
        if frame.kind != "0" or frame.values.get(112) != question:
            raise Failed(step, "something came where nothing was to be said", got=summary(frame))

    async def get_again(self, step: Step) -> None:
        """See messages once more; that they are the same is a standing rule."""
        for _ in range(step.number):
            await self.take_again(step)

    async def get_everything(self, step: Step) -> None:
        """See once more all that was asked for."""
        account = self.setting.accounts[step.who]
        connection = self.connection(step)
        while account.replay is not None or connection.inbox:
            await self.take_again(step)

    async def take_again(self, step: Step) -> None:
        """Take a message that is sent again."""
        frame = await self.take_frame(step, "a message that was sent before", self.deadline(step))
        self.look_for_faults(step)
        if not frame.is_again:
            raise Failed(step, "something else came", got=summary(frame))

    # -------------------------------------------------------------------------------------------------- afterwards

    async def clean(self) -> None:
        """Cancel what this scenario entered and may have left open, and leave."""
        for party, connection in self.connections.items():
            try:
                async with asyncio.timeout(self.answer_seconds):
                    await self._leave(party, connection)
            except (Failed, TimeoutError, Unreachable, ValueFault):
                pass  # the scenario has its verdict; the next one starts with a connection of its own
            finally:
                await self.connections[party].close()

    async def _leave(self, party: str, connection: FixConnection) -> None:
        """Cancel, log out, and wait until the server has hung up."""
        connection.held = None
        orders = [] if self.setting.resets else self.composer.orders(party)
        if orders and not connection.is_logged_in:
            step = Step(0, "clean up", party, "log on")
            await connection.close()
            await self.log_on(step)
            connection = self.connections[party]
        if not connection.is_logged_in:
            return
        for order in orders:
            await connection.say("F", order)
        if self.composer.memory(party).last.kind != "5":  # a second Logout would use a number that nobody hears
            await connection.say("5", {})
        patience = self.answer_seconds
        while not connection.is_over and await connection.wait(time.monotonic() + patience):
            patience = GOODBYE_SECONDS if any(frame.kind == "5" for frame in connection.inbox) else patience
            connection.inbox.clear()
            connection.faults.clear()
