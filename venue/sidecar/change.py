"""Changing something: the engine process does it, and the answer waits until the replica shows it too; and looking."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from venue.control import Response
from venue.problem import Problem
from venue.sidecar.context import Sidecar
from venue.sidecar.engine import EngineGone

APPLIED_SECONDS = 10.0
"""How long a change may take from durable to applied."""


async def change(
    sidecar: Sidecar, verb: str, target: str, body: Any = msgspec.UNSET, actor: str = "", key: str = ""
) -> Response:
    """Have a change made, and give its answer once it is durable and whoever looks here sees it.

    Where one of the two cannot be waited for the answer is a problem with status 503 that says what is known.
    """
    try:
        answer = await sidecar.engine.ask(verb, target, body, actor, key)
    except EngineGone as gone:
        known = "whether it was carried out is not known" if gone.was_asked else "nothing was done"
        return unavailable(f"{gone}; {known}")
    try:
        async with asyncio.timeout(APPLIED_SECONDS):
            await sidecar.replica.reached(answer.record)
    except TimeoutError:
        detail = (
            f"record {answer.record} is durable, and was answered with status {answer.status}, but is not shown yet"
        )
        return unavailable(detail, answer.record)
    return answer


async def present(sidecar: Sidecar) -> None:
    """Wait until the replica shows the present: what it shows while it catches up may be less than was told before."""
    try:
        async with asyncio.timeout(APPLIED_SECONDS):
            await sidecar.replica.caught_up.wait()
    except TimeoutError:
        raise Problem(503, "the replica has not caught up with the log yet; /readyz tells when") from None


def unavailable(detail: str, record: int = 0) -> Response:
    """Give a problem as the engine process would."""
    return Response(503, msgspec.to_builtins(Problem(503, detail).body()), record)
