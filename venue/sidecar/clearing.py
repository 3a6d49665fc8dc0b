"""Post-Trade Risk in the second process: its fold over the replica's records, what it keeps, and whom it tells.

    replica ── executions, commands ──▶ Clearing (engine.clearing) ── told ──▶ mail, live events
                                            └── DIR/clearing/NNN.snapshot, now and then and at the end

The fold's state stands beside the engine's snapshots, which know nothing of it. A start takes the newest one, and the
replica begins no later than there, so that every record behind it is seen; what comes by a second time does nothing.
Where the records between are gone, because somebody removed old files, what was traded in them today is not counted,
and the log says so.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Hashable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import structlog

from engine.api import BustTrade, Configure, NextDay
from engine.clearing import Clearing
from engine.clearing_commands import CLEARING_COMMANDS
from engine.clearing_relation import Relation
from engine.clearing_state import ClearingState, Execution, Told
from engine.routing import AWAY_PORT
from venue import snapshot
from venue.instructions import Instruction
from venue.record import Record
from venue.sidecar.clearing_tap import AWAY, ClearingTaps
from venue.sidecar.replica import Replica

FOLDER: Final = "clearing"
SAVE_SECONDS: Final = 10.0
"""Seconds between two looks at whether there is something new to keep;"""
SAVE_RECORDS: Final = 100_000
"""records after which it is kept although nothing of it is new, so that a start need not go far back."""
ANSWERS_KEPT: Final = 256
"""Answers that are kept for who asks the same again."""

log = structlog.get_logger()
_decode = msgspec.msgpack.Decoder(Instruction).decode
_encoder = msgspec.msgpack.Encoder()
Answer = TypeVar("Answer")


class Shown(NamedTuple):
    """What a poll shows of a relation, and what tells it from anything else that it ever showed, of other logs too."""

    item: msgspec.Raw
    digest: bytes


class House:
    """Keeps Post-Trade Risk of a venue as the replica goes along. `records` is the directory of the log.

    `listeners` are told of what happens, at the record after which `replica.machine.number` is asked; `is_kept` says
    whether what records up to a number told is safe elsewhere: until then a state of them is not kept.
    """

    def __init__(self, records: Path, replica: Replica) -> None:
        self.folder = records / FOLDER
        self.replica = replica
        self.listeners: list[Callable[[Told], None]] = []
        self.is_kept: Callable[[int], bool] = lambda _number: True
        self.clearing = Clearing(self._tell)
        self._shown: dict[str, tuple[int, Shown]] = {}
        self._answers: dict[Hashable, tuple[int, Any]] = {}
        self._taps = ClearingTaps(self._executed)
        self._early: list[tuple[Execution, int]] = []
        self._saved = (0, 0)
        replica.begun.append(self._begun)
        replica.after.append(self._came)

    def relation(self, correspondent: str) -> Relation | None:
        """Give a correspondent's relation, None where there is none now."""
        relation = self.clearing.relations.get(correspondent)
        return relation if relation is not None and relation.listed else None

    def shown(self, relation: Relation, make: Callable[[Relation], bytes]) -> Shown:
        """Give what a poll shows of a relation as `make` encodes it: once for each state, however many ask."""
        name = relation.entry.correspondent
        known = self._shown.get(name)
        if known is None or known[0] != relation.revision:
            item = make(relation)
            known = self._shown[name] = relation.revision, Shown(msgspec.Raw(item), sha256(item).digest())
        return known[1]

    def answer(self, what: Hashable, make: Callable[[], Answer]) -> Answer:
        """Give what `make` gives to who asks for `what`: once while no relation changes, however many ask."""
        revision = self.clearing.revision
        known = self._answers.pop(what, None)
        if known is None or known[0] != revision:
            known = revision, make()
        self._answers[what] = known  # those that were not asked for the longest are forgotten first
        while len(self._answers) > ANSWERS_KEPT:
            del self._answers[next(iter(self._answers))]
        answer: Answer = known[1]
        return answer

    # Following the replica.

    def _begun(self) -> None:
        """Begin with a machine that is new: where it is, or with what was kept last."""
        machine = self.replica.machine
        clearing = self.clearing = Clearing(self._tell)
        self._shown.clear()
        self._answers.clear()
        state = newest_state(self.folder) if machine.number else None  # with all records there, they tell it all
        if state is not None:
            clearing.load(state)
        if machine.number > clearing.number:
            log.warning(
                "records that Post-Trade Risk has not seen are gone: what was traded in them is not counted",
                behind=clearing.number,
                until=machine.number,
            )
            self._catch_up()
        self._taps.halves.clear()
        self._early.clear()
        self._taps.stand_by(machine.engine)
        self._saved = clearing.revision, clearing.number

    def _catch_up(self) -> None:
        """Take what a machine says that is further than we are: its day, its relations, and nothing of its trades."""
        machine, clearing = self.replica.machine, self.clearing
        engine = machine.engine
        if engine.days > clearing.days:
            clearing.next_day(engine.days, engine.date, machine.venue_time)
        for key, market in engine.markets.items():
            sides = clearing.sides.setdefault(key, bytearray())
            sides.extend(bytes(max(market.match_number - len(sides), 0)))
        if engine.configuration is not None:
            clearing.configure(engine.configuration.clearing, machine.venue_time)
        clearing.number = machine.number

    def _executed(self, execution: Execution, now: int) -> None:
        """Take an execution; those of days that are over by now were seen before."""
        days = self.replica.machine.engine.days
        if days == self.clearing.days:
            self.clearing.executed(execution, now)
        elif days > self.clearing.days:  # of a day that the present record opens
            self._early.append((execution, now))

    def _came(self, record: Record) -> None:
        """Take a command that was just applied."""
        machine, clearing = self.replica.machine, self.clearing
        command = _decode(record.payload)
        if isinstance(command, Configure):
            self._taps.stand_by(machine.engine)
        if machine.number <= clearing.number:
            return
        clearing.number = machine.number
        engine, now = machine.engine, record.venue_time
        match command:
            case Configure():
                if engine.configuration is not None:
                    clearing.configure(engine.configuration.clearing, now)
            case NextDay():
                if engine.days > clearing.days:
                    clearing.next_day(engine.days, engine.date, now)
                self._take_early()
            case BustTrade():
                self._bust(command, now)
            case _ if isinstance(command, CLEARING_COMMANDS):
                clearing.apply(command, now)
            case _:
                pass

    def _take_early(self) -> None:
        """Take the executions that came in the record that opened the day."""
        early, self._early = self._early, []
        for execution, at in early:
            self.clearing.executed(execution, at)

    def _bust(self, command: BustTrade, now: int) -> None:
        engine = self.replica.machine.engine
        market = engine.markets.get(command.market)
        trade = None if market is None else market.trades.find(command.match_number)
        if trade is None:
            return
        ports = list(engine.ports.values())
        incoming, resting = (
            AWAY if party.port == AWAY_PORT else ports[party.port].mpid for party in (trade.incoming, trade.resting)
        )
        what = trade.symbol.rstrip(), trade.quantity, trade.price
        # Which of the two bought is known to the fold.
        self.clearing.bust(Execution(command.market, command.match_number, incoming, True, resting, *what), now)

    def _tell(self, told: Told) -> None:
        """Hand on what happened."""
        for listener in self.listeners:
            listener(told)

    # Keeping.

    def dump(self) -> bytes:
        """Give the canonical bytes of the state as of the replica's last record."""
        self.clearing.number = max(self.clearing.number, self.replica.machine.number)
        return _encoder.encode(self.clearing.dump())

    def hash(self) -> str:
        """Give the hash of the state."""
        return snapshot.state_hash(self.dump())

    async def run(self) -> None:
        """Keep the state now and then, for ever."""
        await self.replica.caught_up.wait()
        self.put_aside()
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            kept = self._to_keep()
            if kept is not None:
                try:
                    await loop.run_in_executor(None, snapshot.write, self.folder, *kept)
                except OSError as error:
                    log.warning("Post-Trade Risk cannot be kept", why=str(error))

    def put_aside(self) -> None:
        """Begin anew where what was kept is of a later record than there is: it was made of another log."""
        newest, applied = snapshot.newest_number(self.folder), self.replica.applied
        if newest <= applied:
            return
        log.error("what was kept of Post-Trade Risk is of another log, and put aside", record=newest)
        aside = self.folder.with_name(f"{FOLDER}.another-log")
        shutil.rmtree(aside, ignore_errors=True)
        self.folder.rename(aside)
        if self.clearing.number > applied:
            self.replica.rebuild()

    def close(self) -> None:
        """Keep the state at the end, if that can be done."""
        kept = self._to_keep()
        if kept is not None:
            try:
                snapshot.write(self.folder, *kept)
            except OSError as error:
                log.warning("Post-Trade Risk cannot be kept", why=str(error))

    def _to_keep(self) -> tuple[int, bytes] | None:
        """Give what there is to keep, None where it is little: a state is only worth the records before it."""
        number, clearing = self.replica.applied, self.clearing
        revision, saved = self._saved
        is_due = clearing.revision != revision or number - saved >= SAVE_RECORDS
        if not is_due or not self.replica.caught_up.is_set() or not self.is_kept(number):
            return None
        blob = self.dump()
        self._saved = clearing.revision, number
        return number, blob


def newest_state(folder: Path) -> ClearingState | None:
    """Give what was kept last, None where nothing was that this version can read."""
    for _, blob in snapshot.newest_first(folder):
        try:
            return msgspec.msgpack.decode(blob, type=ClearingState)
        except msgspec.ValidationError:
            continue
    return None


def seen_until(records: Path) -> int:
    """Give the record that a replica of this log has to begin with at the latest, so that nothing is left out."""
    state = newest_state(records / FOLDER)
    return 0 if state is None else state.number
