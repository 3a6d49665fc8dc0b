"""Explaining over HTTP: each replay runs in a process of its own, so that neither the loop nor the replica waits.

A few run at once, a few may wait, and none may take for ever; what was explained is kept for whoever asks next.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import OrderedDict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from venue.explain.__main__ import Query, Told
from venue.explain.answer import Explanation
from venue.explain.find import Order
from venue.problem import FieldError, Problem

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar

AT_ONCE: Final = 2
"""Replays that run at once."""
WAITING_MAX: Final = 8
"""Calls that may wait for one of them."""
REPLAY_SECONDS: Final = 60.0
"""How long a replay may take."""
RETRY_SECONDS: Final = 5
KEPT: Final = 100
"""Explanations that are kept."""
COMMAND: Final = (sys.executable, "-P", "-m", "venue.explain")


async def explain(sidecar: Sidecar, record: int) -> Explanation:
    """Explain a record. Raises `Problem`."""
    if not 1 <= record <= sidecar.replica.applied:
        raise Problem(404, f"there is no record {record}: the log ends with {sidecar.replica.applied}", "rejectId")
    return await sidecar.explainer.record(record)


async def find_reject(
    sidecar: Sidecar,
    port: str,
    *,
    user_ref_num: int | None = None,
    user_ref_idx: int = 0,
    cl_ord_id: str | None = None,
    day: date | None = None,
) -> Explanation:
    """Explain the newest reject of an order by its client's name for it. Raises `Problem`."""
    return await sidecar.explainer.order(Order(port, user_ref_num, user_ref_idx, cl_ord_id, day))


class Explainer:
    """Has records of the log in `records` explained."""

    def __init__(self, records: Path, seconds: float = REPLAY_SECONDS) -> None:
        self.records = records
        self.seconds = seconds
        self.kept: OrderedDict[int, Explanation] = OrderedDict()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._calls = 0

    async def record(self, number: int) -> Explanation:
        """Explain a record. Raises `Problem`."""
        known = self.kept.get(number)
        if known is not None:
            self.kept.move_to_end(number)
            return known
        return await self._have(Query(record=number))

    async def order(self, order: Order) -> Explanation:
        """Explain the newest reject of an order. Raises `Problem`."""
        return await self._have(Query(order=order))

    async def _have(self, query: Query) -> Explanation:
        """Have a query answered when its turn comes."""
        if self._calls >= AT_ONCE + WAITING_MAX:
            raise Problem(
                503,
                f"{self._calls} explanations are being made or waited for; ask again in {RETRY_SECONDS} seconds",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        self._calls += 1
        try:
            async with self._turn:
                told = await self._run(query)
        finally:
            self._calls -= 1
        if told.problem is not None:
            problem = told.problem
            errors = [FieldError(problem.field, problem.detail)] if problem.field else []
            raise Problem(problem.status, problem.detail, errors=errors)
        assert told.explanation is not None
        self.kept[told.explanation.record] = told.explanation
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return told.explanation

    async def _run(self, query: Query) -> Told:
        """Run one process to its end, which comes by force where it takes too long or nobody waits any more."""
        arguments = os.fsencode(self.records), msgspec.json.encode(query)
        process = await asyncio.create_subprocess_exec(
            *COMMAND, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(self.seconds):
                output, _ = await process.communicate()
        except TimeoutError:
            detail = f"the replay to that record took more than {self.seconds:g} seconds and was given up; "
            raise Problem(503, f"{detail}`portcullis explain` takes as long as it takes") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise Problem(503, f"the replay ended with exit code {process.returncode}; the sidecar's log tells why")
        return msgspec.json.decode(output, type=Told)
