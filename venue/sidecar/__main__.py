"""The second process: `python -P -m venue.sidecar`, started by the engine process with a `Start` on its stdin.

It ends when its stdin does, which is when its engine process is gone, however that ended. Ctrl-C, where a terminal
sends it to both, is left to the engine process.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any

import structlog
import uvloop
from aiohttp import web

from venue.listener import BACKLOG
from venue.log import DirectoryInUse
from venue.record import LogDamaged
from venue.sidecar.beside import begin_at_most, join, open_mailbox
from venue.sidecar.clearing import House
from venue.sidecar.context import Sidecar
from venue.sidecar.engine import EngineClient
from venue.sidecar.feed import Feed
from venue.sidecar.intake import Intake
from venue.sidecar.replica import Replica
from venue.sidecar.rest.app import make_app, make_runner
from venue.sidecar.start import Start, read_start
from venue.stderr import LogWriter, log_through
from venue.tls import server_context

NICENESS = 5
"""How much this process stands back where the processor is wanted for orders."""
END_GRACE = 3.0
"""Seconds after which the end comes at once."""
ENGINE_GRACE = 0.5
"""Seconds in which the end of the engine process shows, once something else has ended."""
LOG_DAMAGED = 5

log = structlog.get_logger()


def main() -> int:
    """Serve until the engine process is gone; gives the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        start = read_start(stdin)
    lines = LogWriter()
    log_through(lines, structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(serve(start))
        except LogDamaged as damaged:
            log.error("the log cannot be followed", error=str(damaged))  # noqa: TRY400 - a line, not a traceback
            return LOG_DAMAGED
        except (OSError, EOFError, sqlite3.Error, DirectoryInUse) as error:
            log.error("cannot go on", error=str(error))  # noqa: TRY400 - a line, not a traceback
            return 1
        finally:
            lines.drain()
    return 0


async def serve(start: Start) -> None:
    """Follow the venue and answer over HTTP, until the engine process is gone or a signal says so."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    threading.Thread(target=watch, args=(loop, ended), name="engine-watch", daemon=True).start()
    folder = start.folder
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        data, engine = start.directory, EngineClient(start.directory)
        in_memory = start.config.venue.durability == "memory"
        records = folder if in_memory else data
        mailbox = open_mailbox(start.config, records)
        if mailbox is not None:
            undo.callback(mailbox.close)
        looked_at = begin_at_most(start.config, mailbox, records)
        replica = Replica(records, folder, is_told=in_memory, looked_at=looked_at)
        undo.callback(replica.close)
        house = House(records, replica) if start.config.clearing else None
        work: list[Callable[[], Coroutine[Any, Any, Any]]] = [ended.wait, replica.run]
        if in_memory:
            intake = undo.enter_context(Intake(folder, engine, replica))
            work.append(intake.run)
        feed = Feed(replica)
        sidecar = Sidecar(start.config, data, records, start.addresses, replica, engine, feed, house)
        work.append(sidecar.comparison.run)
        await listen(start, sidecar, undo)
        work += await join(start, sidecar, mailbox, undo)
        undo.callback(sidecar.feed.close)
        undo.callback(sidecar.rule_feed.close)
        tasks = [loop.create_task(part()) for part in work]
        undo.push_async_callback(cancel, tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        with suppress(TimeoutError):  # what ended first may have done so because all ends
            await asyncio.wait_for(ended.wait(), ENGINE_GRACE)
            return
        for task in tasks:
            if task.done():
                await task


async def cancel(tasks: list[asyncio.Task[Any]]) -> None:
    """End what still runs."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def listen(start: Start, sidecar: Sidecar, undo: AsyncExitStack) -> None:
    """Serve the application on the sockets that were handed over."""
    runner = await make_runner(make_app(sidecar))
    undo.push_async_callback(runner.cleanup)
    context = server_context(start.config)
    service = start.config.web_service
    assert service is not None
    for descriptor in start.sockets[service.key]:
        handed = socket.socket(fileno=descriptor)
        site = web.SockSite(runner, handed, ssl_context=context if service.tls else None, backlog=BACKLOG)
        await site.start()


def watch(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Wait for the end of stdin and have the process end, if need be without the loop: it may be busy."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(ended.set)
    threading.Event().wait(END_GRACE)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
