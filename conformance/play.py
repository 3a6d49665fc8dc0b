"""Plays one scenario: sends what it says, waits for what it expects, and leaves the venue as it found it.

Silence is shown without waiting: messages of a port are processed in order, so where nothing comes before the answer
to an Account Query, nothing was said. That is also how every scenario ends: whatever nobody expected is a failure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from conformance.connection import Connection, Received
from conformance.declarations import soup
from conformance.declarations.message import Dialect, Dissection, Message, dissect
from conformance.dialogue import Dialogue, Failed
from conformance.expect import Expectation, compare
from conformance.link import Unreachable
from conformance.orders import Orders, compose
from conformance.scenario import Scenario, Step
from conformance.show import summary
from conformance.standing import Account, Market
from conformance.values import Place, ValueFault, Values, as_number

QUIET_SECONDS: Final = 0.25
AGAIN: Final = "a message that was sent before"
QUIET_SHARE: Final = 8
"""After so long a silence, what was said before a run has been heard; sooner where answers are not waited for long."""


@dataclass
class Setting:
    """What the scenarios of a run have in common."""

    dialect: Dialect
    accounts: Mapping[str, Account]
    market: Market
    parameters: dict[str, str]
    answer_seconds: float = 5.0
    is_exact: bool = True

    @property
    def quiet_seconds(self) -> float:
        """Give how long a silence is one."""
        return min(QUIET_SECONDS, self.answer_seconds / QUIET_SHARE)


class Play(Dialogue[Connection]):
    """A scenario of SoupBinTCP or OUCH as it runs."""

    def __init__(self, setting: Setting, scenario: Scenario) -> None:
        super().__init__(scenario, setting.answer_seconds)
        self.setting = setting
        self.bases: dict[str, int] = {}
        self.values = Values(dict(setting.parameters))
        self.orders = Orders(setting.dialect)
        self.known: frozenset[tuple[str, int]] = frozenset()
        self.verbs |= {
            "log in": self.log_in,
            "send": self.send,
            "send bytes": self.send_bytes,
            "get": self.get,
            "may get": self.may_get,
            "get again": self.get_again,
            "get everything": self.get_everything,
        }

    # ------------------------------------------------------------------------------------------------ connections

    async def connect(self, step: Step) -> None:
        """Open a connection; one that the party had is dropped."""
        party = step.who
        if party in self.connections:
            await self.connections[party].close()
        account, setting = self.setting.accounts[party], self.setting
        self.known = frozenset(account.stream)
        self.connections[party] = await Connection.open(party, account, setting.market, self.log, self.began)

    async def log_in(self, step: Step) -> None:
        """Join the session where the account left off, and learn the next free number."""
        party = step.who
        await self.connect(step)
        connection, account = self.connections[party], self.setting.accounts[party]
        is_first, account.is_heard = not account.is_heard, True
        await connection.send(self.compose_packet(Step(step.line, step.text, party, "send", "LoginRequest")))
        await self.expect(Step(step.line, step.text, party, "get", "LoginAccepted"))
        if is_first:
            await self.hear_the_day(connection)
        await connection.send(soup.pack("U", b"Q"))
        while True:
            found = self.message(await self.take_packet(step, "AccountQueryResponse", self.deadline(step)))
            is_last = not is_first or not await connection.wait(time.monotonic() + self.setting.quiet_seconds)
            if found is not None and found.name == "AccountQueryResponse" and not found.options and is_last:
                number = found.values["NextUserRefNum"]
                assert isinstance(number, int)
                self.bases.setdefault(party, number)
                return

    async def hear_the_day(self, connection: Connection) -> None:
        """Hear what was said before this run, until nothing more comes for a while."""
        quiet = self.setting.quiet_seconds
        while await connection.wait(time.monotonic() + quiet) and not connection.is_over and not connection.faults:
            connection.inbox.clear()

    async def log_out(self, step: Step) -> None:
        """Ask to leave; the server hangs up."""
        await self.connections[step.who].send(soup.pack("O"))
        await self.cut_off(step)

    # ------------------------------------------------------------------------------------------------- what is sent

    def compose_packet(self, step: Step) -> bytes:
        """Put together what a `send` line says: a packet of its own, or a message in an Unsequenced Data packet."""
        party = step.who
        account = self.setting.accounts[party]
        defaults = {name.lower(): fields for name, fields in self.scenario.defaults.items()}.get(step.name.lower(), {})
        place = self.place(party)
        packet = soup.FROM_CLIENT.get(step.name)
        if packet is None:
            fields = defaults | step.fields
            return soup.pack("U", self.orders.compose(party, step.name, fields, self.values, place))
        own = {"Username": account.user, "Password": account.password, "Session": account.session, "Sequence": "next"}
        fields = (own if packet.letter == "L" else {}) | defaults | step.fields
        return compose(packet, fields, self.values, place)

    async def send(self, step: Step) -> None:
        """Send a packet or a message."""
        await self.connection(step).send(self.compose_packet(step), step.number)

    async def send_bytes(self, step: Step) -> None:
        """Send bytes as they are written."""
        await self.connection(step).send(bytes.fromhex(step.name))

    def place(self, party: str) -> Place:
        """Give where a party is."""
        account, connection = self.setting.accounts[party], self.connections.get(party)
        if connection is None:
            return Place(self.bases.get(party), account.next_sequence, account.session)
        return Place(self.bases.get(party), connection.sequence_before, connection.session_before)

    # ------------------------------------------------------------------------------------------- what is waited for

    async def take_packet(self, step: Step, wanted: str, until: float) -> Received:
        """Take the next packet that counts: heartbeats and Debug only where they are wanted."""

        def passes(received: Received) -> bool:
            is_again = wanted == AGAIN and received.sequence is not None
            return self.is_chatter(received) and not is_again and self.name(received) != wanted

        received: Received = await self.take(step, wanted, until, passes)
        return received

    def is_chatter(self, item: Received) -> bool:
        """Whether a packet is a heartbeat or Debug."""
        return item.packet.letter in "H+"

    def name(self, item: Received) -> str:
        """Give the name of the message in a packet, or of the packet where it carries none."""
        found = self.message(item)
        return soup.dissect(item.packet).name if found is None else found.name

    def summary(self, item: Received) -> str:
        """Tell a packet in a line."""
        text = summary(item.packet, self.setting.dialect, inbound=False)
        return f"{text} Port={item.port}" if item.port else text

    def number(self, text: str) -> Decimal:
        """Give a side of a comparison."""
        return as_number(text, self.values)

    def word(self, text: str) -> str:
        """Give what stands for a value, as an operator's command is told it."""
        return self.values.word(text)

    def message(self, received: Received) -> Dissection | None:
        """Take the message in a packet apart, if it carries one."""
        if received.packet.letter not in soup.CARRIERS:
            return None
        return dissect(self.dialect_of(received), received.packet.payload, inbound=False)

    def dialect_of(self, received: Received) -> Dialect:
        """Give what the message in a packet speaks."""
        return self.setting.dialect

    def expectation(self, step: Step) -> Expectation:
        """Give what a `get` line asks for: the fields it names, and those of the order that it is `of`."""
        party = step.who
        packet = soup.FROM_SERVER.get(step.name)
        message = packet or self.setting.dialect.named(step.name, inbound=False)
        assert isinstance(message, Message), "names are checked when a suite is loaded"
        place = self.place(party)
        implied = self.orders.implied(party, message, step.of, self.values, place) if step.of else {}
        return Expectation(
            *(message, implied, step.fields, self.values, place, packet is not None), self.setting.is_exact
        )

    async def expect(self, step: Step) -> None:
        """Wait for the messages of a line, in either order where there are several."""
        open_ones = [(one, self.expectation(one)) for one in (step, *step.also)]
        until = self.deadline(step)
        while open_ones:
            received = await self.take_packet(step, open_ones[0][1].message.name, until)
            self.look_for_faults(step)
            dialect = self.dialect_of(received)
            differences = [compare(expectation, received, dialect) for _, expectation in open_ones]
            fitting = next((at for at, found in enumerate(differences) if not found), None)
            if fitting is None:
                closest = min(range(len(differences)), key=lambda at: len(differences[at]))
                one, expectation = open_ones[closest]
                name, got = expectation.message.name, self.summary(received)
                raise Failed(one, "something else came", list(differences[closest]), name, got)
            open_ones.pop(fitting)

    async def get(self, step: Step) -> None:
        """Wait for what must come next."""
        await self.expect(step)

    async def may_get(self, step: Step) -> None:
        """Take what may come next, if it does."""
        connection = self.connection(step)
        await connection.wait(self.deadline(step))
        while connection.inbox and connection.inbox[0].packet.letter in "H+":
            connection.inbox.popleft()
            await connection.wait(self.deadline(step))
        if connection.inbox:
            received = connection.inbox[0]
            if not compare(self.expectation(step), received, self.dialect_of(received)):
                connection.inbox.popleft()

    async def silence(self, step: Step, party: str) -> None:
        """See that the next message is the answer to an Account Query."""
        await self.connections[party].send(soup.pack("U", b"Q"))
        received = await self.take_packet(step, "AccountQueryResponse", time.monotonic() + self.answer_seconds)
        found = self.message(received)
        if found is None or found.name != "AccountQueryResponse" or found.options:
            raise Failed(step, "something came where nothing was to be said", got=self.summary(received))

    async def get_again(self, step: Step) -> None:
        """See messages once more; that their bytes are the same is a standing rule."""
        for _ in range(step.number):
            await self.take_again(step)

    async def get_everything(self, step: Step) -> None:
        """See once more all that the account has seen."""
        last = self.setting.accounts[step.who].next_sequence - 1
        while await self.take_again(step) < last:
            pass

    async def take_again(self, step: Step) -> int:
        """Take a message that was sent before, and give its number."""
        received = await self.take_packet(step, AGAIN, self.deadline(step))
        if received.sequence is None:
            raise Failed(step, "something else came", got=self.summary(received))
        if (self.setting.accounts[step.who].session, received.sequence) not in self.known:
            raise Failed(step, f"message {received.sequence} is new", got=self.summary(received))
        return received.sequence

    # -------------------------------------------------------------------------------------------------- afterwards

    async def clean(self) -> None:
        """Cancel what this scenario entered and may have left open, and leave."""
        for party in dict.fromkeys([*self.connections, *self.orders.parties()]):
            connection = self.connections.get(party)
            cancels = self.orders.cancels(party)
            try:
                async with asyncio.timeout(self.answer_seconds):
                    if cancels and (connection is None or not connection.is_logged_in):
                        await self.log_in(Step(0, "clean up", party, "log in"))
                        connection = self.connections[party]
                    if connection is not None and connection.is_logged_in:
                        await self._leave(connection, cancels)
            except (Failed, TimeoutError, Unreachable, ValueFault):
                pass  # the scenario has its verdict; the next one starts with a connection of its own
            finally:
                if party in self.connections:
                    await self.connections[party].close()

    async def _leave(self, connection: Connection, cancels: list[bytes]) -> None:
        """Cancel, hear the answers, log out, and wait until the server has hung up: whatever else comes."""
        connection.held = None
        if cancels:
            await connection.send(b"".join(soup.pack("U", message) for message in (*cancels, b"Q")))
            await self._hear(connection, "AccountQueryResponse")
        await connection.send(soup.pack("O"))
        await self._hear(connection, "")

    async def _hear(self, connection: Connection, last: str) -> None:
        """Pass over what comes, until this message has come or the server has hung up."""
        while not connection.is_over:
            while connection.inbox:
                found = self.message(connection.inbox.popleft())
                if found is not None and found.name == last:
                    return
            connection.faults.clear()
            await connection.wait(time.monotonic() + self.answer_seconds)
