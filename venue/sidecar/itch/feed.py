"""A market's ITCH feed: a fold over the replica's records, so that the same records give the same bytes.

It begins with the day and needs every record of it, so that after a restart, or with a replica that is built anew, it
is what it was. Sessions are named like those of the market's ports; each has a stream of its own, numbered from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.market import Market
from venue.machine import Machine
from venue.record import Kind, Record
from venue.sidecar.itch.day import ItchDay
from venue.sidecar.tap import Seen

PLAIN: Final = frozenset({Kind.MESSAGE, Kind.LOGIN, Kind.DISCONNECT, Kind.LOGOUT, Kind.SESSION_TIMER})
"""Records that open no ports."""


class ItchFeed:
    """The feed of one market. `begin` it with a machine, and let it see each record that is `applied`.

    `day` is the session of the present, None until there is one. `grown` is called after each record that told
    something, `ended` with the session that is over when another has begun, and with the present one where a machine
    has taken another's place.
    """

    def __init__(self, market: str, folder: Path) -> None:
        self.market_key = market
        self.folder = folder
        self.day: ItchDay | None = None
        self.grown: Callable[[], None] | None = None
        self.ended: Callable[[ItchDay], None] | None = None
        self._machine: Machine | None = None
        self._seen = Seen()
        self._deadline = 0

    def begin(self, machine: Machine) -> None:
        """Follow a machine from where it stands: at the beginning of a day, or before it."""
        before, self.day = self.day, None
        self._machine = machine
        self._seen = Seen()
        self._seen.stand_by(machine.engine)
        if before is not None:
            self._end(before)
        self._open()
        self._deadline = machine.engine.next_deadline

    def applied(self, record: Record) -> None:
        """Tell what a record brought about that the machine has just applied."""
        machine, seen, day = self._machine, self._seen, self.day
        assert machine is not None
        engine, now = machine.engine, machine.venue_time
        is_timer = now >= self._deadline
        self._deadline = engine.next_deadline
        if record.kind not in PLAIN:
            seen.stand_again(engine)
        if day is None:
            self._open()
        elif day.writer.session != engine.session:
            day.finish(now)
            self.day = None
            self._open()
            self._end(day)
        elif seen.notes or seen.books or is_timer or record.kind not in PLAIN or day.is_waiting(now):
            is_command = record.kind == Kind.COMMAND
            day.record(seen.notes, seen.books, now, is_command=is_command, is_timer=is_timer)
        seen.forget()
        if self.grown is not None:
            self.grown()

    def _open(self) -> None:
        """Begin the session of the day, where there is one and the market has one."""
        machine = self._machine
        assert machine is not None
        engine = machine.engine
        market: Market | None = engine.markets.get(self.market_key)
        if engine.session and market is not None and market.books:
            self.day = ItchDay(engine, market, self.folder)
            self.day.begin(machine.venue_time)

    def _end(self, day: ItchDay) -> None:
        if self.ended is not None:
            self.ended(day)
