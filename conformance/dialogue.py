"""A scenario as it runs, whatever the protocol: its steps one after the other, its connections, what is waited for.

A protocol's own play adds how a session begins and ends, how messages are put together and compared, and how silence
is shown without waiting.
"""

from __future__ import annotations

import asyncio
import operator
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from conformance.link import LOG_MAX, Link, Wire
from conformance.operations import operate
from conformance.scenario import Scenario, Step, shifted
from conformance.values import ValueFault

COMPARISONS: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}
Line = TypeVar("Line", bound=Link[Any])


class Failed(Exception):  # noqa: N818 - the name states what is so
    """A step that did not go as it should: why, what was expected and what came, and where the two differ."""

    def __init__(
        self,
        step: Step,
        why: str,
        differences: list[tuple[str, str, str]] | None = None,
        expected: str = "",
        got: str = "",
        notes: list[str] | None = None,
    ) -> None:
        super().__init__(f"line {step.line}, `{step.text}`: {why}")
        self.step = step
        self.why = why
        self.differences = differences or []
        self.expected = expected
        self.got = got
        self.notes = notes or []


class Dialogue(ABC, Generic[Line]):
    """A scenario as it runs: who is connected, and what is done at each step."""

    def __init__(self, scenario: Scenario, answer_seconds: float) -> None:
        self.scenario = scenario
        self.answer_seconds = answer_seconds
        self.log: deque[Wire] = deque(maxlen=LOG_MAX)
        self.began = time.monotonic()
        self.connections: dict[str, Line] = {}
        self.verbs: dict[str, Callable[[Step], Awaitable[None]]] = {
            "connect": self.connect,
            "log out": self.log_out,
            "hang up": self.hang_up,
            "crash": self.crash,
            "fall silent": self.fall_silent,
            "hold back": self.hold_back,
            "let go": self.let_go,
            "get nothing": self.get_nothing,
            "cut off": self.cut_off,
            "wait": self.wait,
            "check": self.check,
            "run": self.run_command,
        }

    # ------------------------------------------------------------------------------- what a protocol says of itself

    @abstractmethod
    async def connect(self, step: Step) -> None:
        """Open a connection; one that the party had is dropped."""

    @abstractmethod
    async def log_out(self, step: Step) -> None:
        """Leave as one should."""

    @abstractmethod
    async def silence(self, step: Step, party: str) -> None:
        """See that nothing is said before the answer to a question."""

    @abstractmethod
    async def clean(self) -> None:
        """Leave the server as it was found."""

    @abstractmethod
    def is_chatter(self, item: Any) -> bool:
        """Whether something that came is passed over where nothing else is wanted."""

    @abstractmethod
    def summary(self, item: Any) -> str:
        """Tell in a line what came."""

    @abstractmethod
    def number(self, text: str) -> Decimal:
        """Give a side of a comparison."""

    @abstractmethod
    def word(self, text: str) -> str:
        """Give what stands for a value, as an operator's command is told it."""

    # ---------------------------------------------------------------------------------------------------- how it goes

    async def run(self) -> None:
        """Play all steps; Failed tells which one did not go as it should."""
        step = Step(self.scenario.line, "the end of the scenario", "", "")
        try:
            try:
                for step in self.scenario.steps:
                    for further in range(int(self.number(step.times)) if step.times else 1):
                        await self.verbs[step.verb](shifted(step, further))
                    self.look_for_faults(step)
                step = Step(self.scenario.line, "the end of the scenario: nothing more was to come", "", "")
                await self.see_silence(step)
                self.look_for_faults(step)
            except ValueFault as fault:
                raise Failed(step, f"the scenario cannot go on: {fault}") from None
        finally:
            await self.clean()

    async def see_silence(self, step: Step) -> None:
        """See that nothing is left that nobody has looked at."""
        for party, connection in self.connections.items():
            if connection.is_logged_in:
                await self.silence(Step(step.line, step.text, party, ""), party)

    def look_for_faults(self, step: Step) -> None:
        """Fail where a standing rule was broken."""
        for party, connection in self.connections.items():
            if connection.faults:
                raise Failed(step, f"{party}: {connection.faults[0]}", notes=connection.faults[1:4])

    def connection(self, step: Step) -> Line:
        """Give the connection of whoever acts."""
        if step.who not in self.connections:
            raise Failed(step, f"the scenario cannot go on: {step.who} is not connected")
        return self.connections[step.who]

    def deadline(self, step: Step) -> float:
        """Give the moment until which a line may wait."""
        return time.monotonic() + (self.answer_seconds if step.within_ms is None else step.within_ms / 1000)

    async def take(self, step: Step, wanted: str, until: float, passes: Callable[[Any], bool]) -> Any:
        """Take the next thing that came, but for what is passed over."""
        connection = self.connection(step)
        while True:
            if connection.inbox:
                item = connection.inbox.popleft()
                if passes(item):
                    continue
                return item
            self.look_for_faults(step)
            if connection.is_over:
                raise Failed(step, f"the server closed the connection; expected {wanted}")
            if not await connection.wait(until):
                raise Failed(step, f"nothing came in time; expected {wanted}")

    # ---------------------------------------------------------------------------------------------------------- steps

    async def hang_up(self, step: Step) -> None:
        """Close the connection without a word."""
        await self.connection(step).close()

    async def crash(self, step: Step) -> None:
        """Have the connection reset, as when a process dies with bytes unread."""
        await self.connection(step).reset()

    async def fall_silent(self, step: Step) -> None:
        """Send no heartbeats from here on."""
        self.connection(step).is_silent = True

    async def hold_back(self, step: Step) -> None:
        """Collect what is sent from here on."""
        self.connection(step).held = bytearray()

    async def let_go(self, step: Step) -> None:
        """Send it in one write."""
        await self.connection(step).let_go()

    async def get_nothing(self, step: Step) -> None:
        """Show that nothing was said, or wait and see that nothing comes."""
        if step.within_ms is None:
            await self.silence(step, step.who)
            return
        connection = self.connection(step)
        until = self.deadline(step)
        while time.monotonic() < until and not connection.is_over:
            await connection.wait(until)
            self.look_for_faults(step)
            while connection.inbox:
                item = connection.inbox.popleft()
                if not self.is_chatter(item):
                    raise Failed(step, "something came", got=self.summary(item))
        if connection.is_over:
            raise Failed(step, "the server closed the connection")

    async def cut_off(self, step: Step) -> None:
        """See that the server closes the connection, and says nothing before that counts."""
        connection = self.connection(step)
        until = self.deadline(step)
        while not connection.is_over or connection.inbox:
            if not connection.inbox and not await connection.wait(until):
                raise Failed(step, "the server did not close the connection in time")
            self.look_for_faults(step)
            while connection.inbox:
                item = connection.inbox.popleft()
                if not self.is_chatter(item):
                    raise Failed(step, "something came before the end", got=self.summary(item))
        await connection.close()

    async def wait(self, step: Step) -> None:
        """Let time pass."""
        await asyncio.sleep(step.number / 1000)

    async def check(self, step: Step) -> None:
        """Compare two values."""
        left, right = (self.number(step.fields[side]) for side in ("left", "right"))
        if not COMPARISONS[step.name](left, right):
            raise Failed(step, f"{left} {step.name} {right} does not hold")

    async def run_command(self, step: Step) -> None:
        """Have the operator do something, and wait until it is done."""
        told = {name: self.word(value) for name, value in step.fields.items()}
        if why := await operate(self.word(step.name), told):
            raise Failed(step, why)
