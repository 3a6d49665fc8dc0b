"""RASHport, as scenarios speak it: 1.1 in SoupBinTCP, or 1.0 in SoupTCP where the run says `version=1.0`.

Tokens are numbers here, `n1` the first that nobody has used. Silence is shown by an order of no shares, which must be
rejected: what was said before it would have come before. SoupTCP is spoken as if it were SoupBinTCP, and put into lines
where it leaves (`conformance.lines`). What holds for every port: times do not go back, reference numbers are unique,
nothing comes before an order is accepted, and no more is executed and canceled than it has.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from conformance.connection import Connection
from conformance.declarations import soup
from conformance.declarations.kinds import Value
from conformance.declarations.message import Dialect, Dissection, Message, build, dissect
from conformance.declarations.rash import RASH, RASH_10, VERSIONS
from conformance.dialogue import Failed
from conformance.language import Terms
from conformance.lines import LineConnection
from conformance.orders import Orders, Sent
from conformance.ouch import Ouch, OuchStage
from conformance.play import Play, Setting
from conformance.scenario import Scenario, Step
from conformance.standing import Account, Market
from conformance.values import Place, ValueFault, Values

PARTIES: Final = {"we": "user", "again": "user", "guarded": "guarded_user"}
ANSWERS: Final = ("Accepted", "AcceptedWithCross")
NOT_ANSWERED: Final = frozenset({"CustomerType", "TradeNow"})
"""Fields that no answer gives back."""
TOKENS_A_SCENARIO: Final = 1_000
PROBE: Final = 900
"""From which of a scenario's tokens on silence is shown."""
ENDS: Final = ("Executed", "Canceled")


@dataclass
class RashAccount(Account):
    """A user: what its stream has said, and the first token of the next scenario."""

    base: int = 0
    held: dict[Value, int] = field(default_factory=dict)
    over: set[Value] = field(default_factory=set)
    latest: int = 0

    def next_base(self) -> int:
        """Give a token from which on none was used: by the clock, so that runs do not share any."""
        self.base = max(self.base + TOKENS_A_SCENARIO, int(time.time() * 1000))
        return self.base

    def joined(self, session: str, market: Market) -> None:
        """Note the session; another one is another day."""
        if self.session and session != self.session:
            self.held.clear()
            self.over.clear()
            self.latest = 0
        super().joined(session, market)

    def look_at(self, payload: bytes, sequence: int | None, market: Market) -> list[str]:
        """Say which standing rules a message breaks, and remember it."""
        found = dissect(market.dialect, payload, inbound=False)
        faults = [f"RASHport: {found.name}: {fault}" for fault in found.faults]
        if sequence is None:
            return [*faults, "RASHport 2: a host's message is not sequenced"]
        repeated = self.repeated(payload, sequence)
        if repeated is not None:
            return faults + repeated
        return faults or [f"message {sequence}: {fault}" for fault in self.look_at_new(found, sequence, market)]

    def look_at_new(self, found: Dissection, sequence: int, market: Market) -> list[str]:
        """Look at a message that is new."""
        values, faults = found.values, []
        moment, token, shares = values["Timestamp"], values.get("Token"), values.get("Shares", 0)
        assert isinstance(moment, int)
        assert isinstance(shares, int)
        if (sequence == 1) != (values.get("Event") == "S"):
            faults.append("RASHport 5: the first message of a day is its System Event")
        if moment < self.latest and found.name != "SystemEvent":
            faults.append(f"RASHport 3: the time goes back from {self.latest} to {moment}")
        self.latest = moment
        if found.name in ANSWERS and token is not None:
            who = (self.user, self.session, len(self.held))
            reference = values["OrderReference"]
            assert isinstance(reference, int)
            if token in self.held or token in self.over:
                faults.append(f"RASHport 8: token {token} is answered a second time")
            if market.references.setdefault(reference, who) != who:
                faults.append(f"RASHport 5.1: order reference {reference} was given before")
            self.held[token] = shares
        elif found.name == "Rejected" and token is not None:
            if token in self.held or token in self.over:
                faults.append(f"RASHport 8: token {token} is answered a second time")
            self.over.add(token)
        elif found.name in ENDS and token is not None:
            if token not in self.held:
                return [*faults, f"RASHport 8: {found.name} for a token that was not accepted: {token}"]
            if shares > self.held[token]:
                faults.append(f"RASHport 8: {found.name} takes {shares} of {token}, {self.held[token]} are open")
            self.held[token] -= min(shares, self.held[token])
        return faults


class RashOrders(Orders):
    """What was sent, by token."""

    by_token: dict[tuple[str, Value], Sent]

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self.by_token = {}

    def compose(self, party: str, name: str, fields: Mapping[str, str], values: Values, place: Place) -> bytes:
        """Put a message together from what a scenario says, and remember it."""
        message = self.dialect.named(name, inbound=True)
        assert message is not None, "names are checked when a suite is loaded"
        by_name = {key.lower(): text for key, text in fields.items()}
        read: dict[str, Value] = {}
        for key, kind in message.fields.items():
            text = by_name.get(key.lower())
            if text is None:
                raise ValueFault(f"{name} has no {key} and no default for it")
            read[key] = values.term(text, kind, place)
        if name != "CancelOrder":
            self.by_token.setdefault((party, read["Token"]), Sent(message.name, read, {}))
        return build(message, read, None) + bytes.fromhex(by_name.get("tail", ""))

    def implied(self, party: str, message: Message, of: str, values: Values, place: Place) -> dict[str, Value]:
        """Give the fields that follow from the order that was sent with this token."""
        token = values.term(of, self.dialect.inbound["O"].fields["Token"], place)
        sent = self.by_token.get((party, token))
        if sent is None:
            raise ValueFault(f"{party} sent no order with the token {of}")
        if message.name not in ANSWERS:
            return {"Token": token}
        known = {name: value for name, value in sent.values.items() if name not in NOT_ANSWERED}
        if not str(known["Firm"]).strip():
            del known["Firm"]  # the port's own, which nobody told us
        return known

    def parties(self) -> dict[str, None]:
        """Who has sent orders."""
        return {party: None for party, _ in self.by_token}

    def cancels(self, party: str) -> list[bytes]:
        """Give a Cancel for every order that a party has sent."""
        cancel = self.dialect.named("CancelOrder", inbound=True)
        assert cancel is not None
        return [build(cancel, {"Token": token, "Shares": 0}, None) for owner, token in self.by_token if owner == party]


class RashPlay(Play):
    """A scenario of RASHport as it runs."""

    LINES: ClassVar[Mapping[str, type[Connection]]] = {RASH.key: Connection, RASH_10.key: LineConnection}

    def __init__(self, setting: Setting, scenario: Scenario) -> None:
        super().__init__(setting, scenario)
        self.orders = RashOrders(setting.dialect)
        self.probes = PROBE

    async def connect(self, step: Step) -> None:
        """Open a connection in the transport of the version; one that the party had is dropped."""
        party = step.who
        if party in self.connections:
            await self.connections[party].close()
        account, setting = self.setting.accounts[party], self.setting
        self.known = frozenset(account.stream)
        kind = self.LINES[setting.dialect.key]
        self.connections[party] = await kind.open(party, account, setting.market, self.log, self.began)

    async def log_in(self, step: Step) -> None:
        """Join the session where the account left off, and take fresh tokens."""
        party = step.who
        await self.connect(step)
        connection, account = self.connections[party], self.setting.accounts[party]
        is_first, account.is_heard = not account.is_heard, True
        await connection.send(self.compose_packet(Step(step.line, step.text, party, "send", "LoginRequest")))
        await self.expect(Step(step.line, step.text, party, "get", "LoginAccepted"))
        if is_first:
            await self.hear_the_day(connection)
        await self.silence(step, party)

    async def send_bytes(self, step: Step) -> None:
        """Send bytes as they are written: what is no line is put into none."""
        connection = self.connection(step)
        if isinstance(connection, LineConnection):
            await connection.send_as_it_is(bytes.fromhex(step.name))
        else:
            await super().send_bytes(step)

    def probe(self, party: str) -> tuple[bytes, Value]:
        """Give an order that must be rejected, and its token."""
        self.probes += 1
        if party not in self.bases:
            account = self.setting.accounts[party]
            assert isinstance(account, RashAccount)
            self.bases[party] = account.next_base()
        token = self.bases[party] + self.probes
        order = self.setting.dialect.inbound["O"]
        texts = {
            "Side": "B",
            "Symbol": self.setting.parameters["symbol"],
            "TimeInForce": "99998",
            "Display": "Y",
            "PegType": "N",
            "PegSign": "+",
            "DiscretionPegType": "N",
            "DiscretionSign": "+",
            "Capacity": "A",
            "Firm": "",
            "Route": "",
            "CustomerID": "",
            "CustomerType": " ",
            "TradeNow": " ",
            "Price": "1",
        }
        values = {name: kind.read(texts.get(name, "0")) for name, kind in order.fields.items()}
        return build(order, values | {"Token": token}, None), token

    async def silence(self, step: Step, party: str) -> None:
        """See that the next message is the Rejected of an order of no shares."""
        message, token = self.probe(party)
        await self.connections[party].send(soup.pack("U", message))
        received = await self.take_packet(step, "Rejected", time.monotonic() + self.answer_seconds)
        found = self.message(received)
        if found is None or found.name != "Rejected" or found.values["Token"] != token:
            raise Failed(step, "something came where nothing was to be said", got=self.summary(received))

    async def _leave(self, connection: Connection, cancels: list[bytes]) -> None:
        """Cancel, hear the answers, log out, and wait until the server has hung up."""
        connection.held = None
        if cancels:
            message, _ = self.probe(connection.party)
            await connection.send(b"".join(soup.pack("U", one) for one in (*cancels, message)))
            await self._hear(connection, "Rejected")
        await connection.send(soup.pack("O"))
        await self._hear(connection, "")


class RashStage(OuchStage):
    """A run: its accounts live from scenario to scenario."""

    def play(self, scenario: Scenario) -> RashPlay:
        """Make a scenario ready."""
        return RashPlay(self.setting, scenario)


class Rash(Ouch):
    """The protocol."""

    def __init__(self, parties: Mapping[str, str]) -> None:
        super().__init__(RASH, parties)

    def settings(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Give every $name of a run."""
        return {"version": "1.1", **parameters}

    def skips(self, scenario: Scenario, parameters: Mapping[str, str]) -> str:
        """Say why a scenario is not for a run with these parameters, or nothing."""
        version = parameters.get("version", "1.1")
        if scenario.kinds and version not in scenario.kinds:
            return f"not for {version}"
        return ""

    def stage(self, terms: Terms) -> RashStage:
        """Begin a run."""
        dialect = VERSIONS.get(terms.parameters.get("version", "1.1"), RASH)
        accounts: dict[str, Account] = {}
        by_user: dict[str, RashAccount] = {}
        for party, (user, password) in terms.users.items():
            accounts[party] = by_user.setdefault(user, RashAccount(user, password, terms.target))
        parameters = {"version": "1.1", **terms.parameters}
        return RashStage(Setting(dialect, accounts, Market(dialect), parameters, terms.answer_seconds, terms.is_exact))
