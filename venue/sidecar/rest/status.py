"""How the venue is: whether this process runs, whether it shows the present, what it is.

These need no token, as probes and monitoring have none; who may ask at all is a matter of the source list.
"""

from __future__ import annotations

import asyncio
import platform
from importlib import metadata
from typing import Literal

import msgspec

from venue import build
from venue.calls import Count
from venue.calls import Reply as Answer
from venue.problem import FieldError, Problem
from venue.sidecar.rest.endpoints import PUBLIC, Ask, Endpoint, Handler, Reply
from venue.sidecar.rest.metrics import metrics

ENGINE_SECONDS = 2.0
"""How long the engine process may take to answer and still be called ready."""
READY_LAG = 10_000
"""Records that the replica may be behind and still be called ready: a moment's worth."""


class Health(Answer, frozen=True):
    """The process runs."""

    status: Literal["up"] = "up"


class Readiness(Answer, frozen=True):
    """The replica shows the present: the record that it has applied, and how many it is behind."""

    as_of: Count
    lag: Count
    status: Literal["ready"] = "ready"


class Version(Answer, frozen=True):
    """What runs here: the release, its Python, how the order path was built, the record that is applied."""

    version: str
    python: str
    build: str
    as_of: Count


async def health(_ask: Ask) -> Reply:
    """Say that this process runs."""
    return Reply(Health())


async def readiness(ask: Ask) -> Reply:
    """Say that what is shown is the present, or what is wrong."""
    faults = await find_faults(ask)
    if faults:
        detail = "; ".join(fault.message for fault in faults)
        raise Problem(503, detail, errors=faults, headers={"Retry-After": "1"})
    replica = ask.sidecar.replica
    return Reply(Readiness(replica.applied, replica.lag), replica.applied)


async def find_faults(ask: Ask) -> list[FieldError]:
    """Give what stands in the way of showing the present."""
    replica = ask.sidecar.replica
    faults = []
    if not replica.caught_up.is_set():
        faults.append(FieldError("replica", "the replica has not caught up with the log yet"))
    elif replica.lag > READY_LAG:
        faults.append(FieldError("replica", f"the replica is {replica.lag:,} records behind"))
    if not ask.sidecar.comparison.is_trusted:
        faults.append(FieldError("state", "the replica's state was found to differ from the engine's"))
    try:
        async with asyncio.timeout(ENGINE_SECONDS):
            await ask.sidecar.engine.glance("clock")
    except OSError as error:  # a timeout is one too
        why = str(error) or f"it has said nothing for {ENGINE_SECONDS:.0f} s"
        faults.append(FieldError("engine", f"the engine process does not answer: {why}"))
    return faults


async def version(ask: Ask) -> Reply:
    """Say what runs here."""
    applied = ask.sidecar.replica.applied
    release = metadata.version("portcullis")
    return Reply(Version(release, platform.python_version(), build.describe(), applied), applied)


def row(path: str, summary: str, handler: Handler, answer: type[msgspec.Struct] | None) -> Endpoint:
    """Give a row that needs no token."""
    media = "text/plain" if answer is None else "application/json"
    return Endpoint("status", "GET", path, summary, handler, answer, PUBLIC, media=media)


STATUS_ENDPOINTS = (
    row("/healthz", "Is the process up?", health, Health),
    row("/readyz", "Does it show the present?", readiness, Readiness),
    row("/version", "What runs here?", version, Version),
    row("/metrics", "Figures for Prometheus", metrics, None),
)
