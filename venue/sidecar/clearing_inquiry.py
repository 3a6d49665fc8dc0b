"""DIR/clearing.sock: where the engine process asks what is held, and what was reported (`venue.ptr.inquiry`)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog

from engine.clearing import Clearing
from engine.clearing_state import Standing
from venue.ptr.inquiry import SOCKET, Finding, Question
from venue.sidecar.clearing import House
from venue.unix_sockets import bound

LONGEST_ID: Final = 80
"""Characters of an id that are said again."""

log = structlog.get_logger()


class InquiryServer:
    """Answers from what the house has of the record that a question names, as soon as that is applied."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._server: asyncio.Server | None = None
        self._path = Path()

    async def listen(self, data: Path) -> None:
        """Listen in the venue's directory. Raises `OSError`."""
        self._path = data / SOCKET
        self._server = await asyncio.start_unix_server(self._serve, sock=bound(self._path))

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, EOFError, ValueError, msgspec.DecodeError):  # who asks has left, or asks for nothing
                question = msgspec.json.decode(await reader.readline(), type=Question)
                await self.house.replica.reached(question.behind)
                writer.write(msgspec.json.encode(find(self.house.clearing, question)) + b"\n")
                await writer.drain()
        except asyncio.CancelledError:
            pass  # the process ends: Python 3.11's streams would print a task that was cancelled
        finally:
            writer.close()


def find(clearing: Clearing, question: Question) -> Finding:
    """Say whether what a question is about can be decided."""
    name = question.trade_id
    if question.is_report:
        if name in clearing.reports:
            return Finding(200)
        return Finding(404, f"no trade {name[:LONGEST_ID]} was reported today, or it was taken back")
    leg = clearing.legs.get(name)
    if leg is None:
        return Finding(404, f"no trade {name[:LONGEST_ID]} was held today")
    if leg.standing is not Standing.HELD:
        return Finding(409, f"{name} is {leg.standing.name} already")
    return Finding(200)
