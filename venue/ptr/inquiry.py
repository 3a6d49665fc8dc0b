"""What the engine process asks the second one before it writes down a decision about a trade: whether there is one.

    engine.sock, /ops, /ptr-api/ext ─▶ Inquiry ── DIR/clearing.sock: a Question, a line of JSON ──▶ second process
                                          │  ◀── a Finding, as of a record that the question names ──┘
                                          └─▶ command and operation, one batch

Positions are folded in the second process only, so it alone knows what is held and what was reported; orders never wait
for any of this. One decision is made after the other, and what was found has to be so still when it is written down: of
two about one trade, however they came in, the second one finds the first.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec

from engine.clearing_commands import BreakReport, DecideHeldTrade
from venue.changes import Call
from venue.problem import Problem
from venue.unix_sockets import reachable

SOCKET: Final = "clearing.sock"
PATIENCE_SECONDS: Final = 10.0
"""How long a decision waits for its turn and for the second process, which may be behind or just being started;"""
PAUSE_SECONDS: Final = 0.05
"""seconds to the next try where it is not there."""


class Question(msgspec.Struct, frozen=True):
    """Whether one side of a trade is held, or `is_report`, whether a reported trade stands, after record `behind`."""

    trade_id: str
    is_report: bool
    behind: int


class Finding(msgspec.Struct, frozen=True):
    """What there was: status 200, or 404 or 409 and why."""

    status: int
    detail: str = ""


class Inquiry:
    """Makes decisions of the venue whose directory is `data`, one after the other, each about what there is."""

    def __init__(self, data: Path) -> None:
        self.path = data / SOCKET
        self._turn = asyncio.Lock()

    async def carry_out(self, call: Call, command: DecideHeldTrade | BreakReport) -> int:
        """Make a command of the call and give its record's number; raises `Problem` where its trade is not there."""
        machine = call.venue.machine
        is_report = isinstance(command, BreakReport)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
                while True:
                    question = Question(command.trade_id, is_report, machine.number)
                    finding = await self._ask(question)
                    if finding.status >= 400:
                        raise Problem(finding.status, finding.detail, "tradeId")
                    if machine.taken_at <= question.behind:  # else what was found may have been taken away meanwhile
                        call.venue.journal.begin()  # one batch with the clerk's record: nothing is awaited until then
                        return call.carry_out(command)
        except TimeoutError:
            what = f"{'reports' if is_report else 'held trades'} are the second process's to know"
            why = f"{what}, and it did not answer within {PATIENCE_SECONDS:.0f} s; nothing was done"
            raise Problem(503, why) from None

    async def _ask(self, question: Question) -> Finding:
        """Give what the second process finds; while it is not there, wait for it."""
        asked = msgspec.json.encode(question) + b"\n"
        while True:
            try:
                with reachable(self.path) as address:
                    reader, writer = await asyncio.open_unix_connection(address)
                try:
                    writer.write(asked)
                    answer = await reader.readline()
                finally:
                    writer.close()
                if answer.endswith(b"\n"):
                    return msgspec.json.decode(answer, type=Finding)
            except OSError:  # it is not there yet, or not any more
                pass
            await asyncio.sleep(PAUSE_SECONDS)
