"""Is the replica what it says it is? Its state hash is held against the engine process's, at one and the same record.

That is done once the replica has caught up, after each day roll, and when somebody asks. The engine process works its
hash out between two orders, so of itself this happens only while few orders live and little was sent.

A replica that differs shows something that did not happen. It builds itself anew from the first record that is kept;
one that differs again stays untrusted, which is what /readyz tells.
"""

from __future__ import annotations

import asyncio

import structlog

from venue.calls import Count, Reply
from venue.control import Response
from venue.problem import Problem
from venue.sidecar.engine import EngineClient, EngineGone
from venue.sidecar.feed import Feed
from venue.sidecar.replica import Replica

FEW_ORDERS = 10_000
"""Live orders up to which a comparison is made unasked,"""
FEW_BYTES = 16 * 2**20
"""and bytes that the ports were sent today: the engine process hashes those too, some milliseconds for so many."""
REACH_SECONDS = 30.0
"""How long the engine's record may take to come."""
LOOK_SECONDS = 1.0
"""Seconds between two looks at whether a new day has begun."""

log = structlog.get_logger()


class Outcome(Reply, frozen=True):
    """What a comparison gave: the record it was made at, both hashes, whether they are one."""

    record: Count
    engine: str
    replica: str
    equal: bool


class Comparison:
    """Compares a replica with its engine. `run` it, or ask it to `compare`.

    `made` counts comparisons, `differences` those that differed; `is_trusted` is false from a difference on, until a
    replica built anew has been found equal.
    """

    def __init__(self, replica: Replica, engine: EngineClient, feed: Feed) -> None:
        self.replica = replica
        self.engine = engine
        self.feed = feed
        self.made = 0
        self.differences = 0
        self.is_trusted = True
        self.last: Outcome | None = None
        self._rebuilt = False
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Compare once the replica has caught up, and after each day roll, for ever."""
        compared = ""
        while True:
            await self.replica.caught_up.wait()
            session = self.replica.machine.engine.session
            if session != compared and self._is_cheap():
                compared = session
                try:
                    await self.compare()
                except Problem as problem:
                    log.warning("the state could not be compared", why=str(problem))
            await asyncio.sleep(LOOK_SECONDS)

    async def compare(self) -> Outcome:
        """Compare now; where the two differ, build the replica anew, once. Raises `Problem` where it cannot be told."""
        async with self._turn:
            outcome = await self._compare()
            if outcome.equal:
                self.is_trusted = True
            elif self._rebuilt:
                self.is_trusted = False
                log.error("the replica differs again; it is not ready any more", **_told(outcome))
            else:
                self.is_trusted, self._rebuilt = False, True
                log.error("the replica differs from the engine; it is built anew", **_told(outcome))
                self.replica.rebuild()
                self.feed.start_over()
                await self.replica.caught_up.wait()
                again = await self._compare()
                self.is_trusted = again.equal
                say = log.warning if again.equal else log.error
                say("the replica was built anew", **_told(again))
            return outcome

    async def _compare(self) -> Outcome:
        """Have the replica stand still, ask the engine for its hash, go on to that very record, and compare."""
        replica = self.replica
        replica.hold(replica.applied)
        try:
            answer = await self.engine.ask("GET", "state")
            record, theirs = _read(answer)
            replica.hold(record)
            async with asyncio.timeout(REACH_SECONDS):
                await replica.reached(record)
            ours = replica.machine.hash()
            assert replica.applied == record
        except EngineGone as gone:
            raise Problem(503, str(gone)) from gone
        except TimeoutError as late:
            raise Problem(503, f"the engine's record did not come within {REACH_SECONDS:.0f} s") from late
        finally:
            replica.hold(None)
        outcome = self.last = Outcome(record, theirs, ours, theirs == ours)
        log.info("state compared", record=record, equal=outcome.equal)
        self.made += 1
        self.differences += not outcome.equal
        return outcome

    def _is_cheap(self) -> bool:
        """Whether the engine process can work its hash out without anybody noticing."""
        machine = self.replica.machine
        orders = sum(len(port.orders) for port in machine.engine.ports.values())
        return orders <= FEW_ORDERS and sum(stream.length for stream in machine.streams) <= FEW_BYTES


def _read(answer: Response) -> tuple[int, str]:
    match answer.body:
        case {"record": int(record), "stateHash": str(state_hash)}:
            return record, state_hash
    raise Problem(503, f"the engine process gave no state hash: status {answer.status}")


def _told(outcome: Outcome) -> dict[str, object]:
    return {"record": outcome.record, "engine_hash": outcome.engine, "replica_hash": outcome.replica}
