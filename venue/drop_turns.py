"""When Drop ports are told what happened: behind what the ports that it happened to have to say, a little at a time."""

from __future__ import annotations

import asyncio

from engine.watch import NOTES_A_TURN
from venue.journal import Journal


class DropTurns:
    """Tells Drop ports what waits for them, with everyone else's turn in between."""

    def __init__(self, loop: asyncio.AbstractEventLoop, journal: Journal) -> None:
        self.loop = loop
        self.journal = journal
        self.notes = journal.machine.drops.notes
        self.notes.begun = self.take_turn_soon

    def take_turn_soon(self) -> None:
        """Come back when whoever acts now is done."""
        self.loop.call_soon(self.take_turn)

    def take_turn(self) -> None:
        """Tell some of it, and hold it until what it tells of is durable."""
        journal = self.journal
        if journal.closed:
            return
        try:
            self.notes.settle(NOTES_A_TURN)
        except Exception as error:
            journal.break_off(error)
            raise
        journal.gate.hold(journal.machine.number, journal.machine.touched)
        if self.notes.waiting:
            self.take_turn_soon()
