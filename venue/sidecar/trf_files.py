"""Files of trades that were reported elsewhere: taken from DIR/trf as they come, each by one record.

    trf/NAME.csv ─▶ rows ─▶ POST trf/batches ─▶ a record
             └─ NAME.result.csv ◀── what became of each row; a file that was taken is NAME.csv.taken

A file is taken when it has been left alone for a moment, whole or not at all. What it says is brought under a key made
of its name and its bytes: one that is met twice, because a process ended in between or somebody put it there again the
same day, counts once.
"""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from typing import Final

import msgspec
import structlog
from watchfiles import awatch

from ftpdrop.folder import Look, lists, read_list, write_beside
from ftpdrop.formats import BadFile, result_name
from venue.calls import moment
from venue.problem import ProblemDetails
from venue.ptr.trade_files import Row, answer, read_trades
from venue.sidecar.change import change
from venue.sidecar.context import Sidecar

FOLDER: Final = "trf"
ACTOR: Final = "files"
"""Who asks, as the audit of operations names him."""
TAKEN: Final = ".taken"
SETTLED_SECONDS: Final = 0.4
"""How long a file has to be left alone before it is taken."""
LOOKS: Final = 10
"""How often a file that is written still is looked at, before the folder is watched again."""
WATCH_MILLISECONDS: Final = 50
ANYWAY_MILLISECONDS: Final = 2_000
"""How often the folder is looked at although nothing was told of it."""
TROUBLE_SECONDS: Final = 5.0
"""Seconds between two tries of what the disk, the system or the engine refuses."""

log = structlog.get_logger()


class TradeFiles:
    """Brings what lies in the folder to the engine: `run` it."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.sidecar = sidecar
        self.folder = sidecar.data / FOLDER
        self._refused: dict[str, Look] = {}

    async def run(self) -> None:
        """Take files as they come, for ever."""
        await self.sidecar.replica.caught_up.wait()
        while True:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                await self.look()
                watching = awatch(
                    self.folder,
                    step=WATCH_MILLISECONDS,
                    watch_filter=None,
                    rust_timeout=ANYWAY_MILLISECONDS,
                    yield_on_timeout=True,
                )
                async for _ in watching:
                    for _ in range(LOOKS):
                        if await self.look():
                            break
                        await asyncio.sleep(SETTLED_SECONDS)
            except (OSError, RuntimeError) as error:  # the system has no more watches to give, or the folder is gone
                log.warning("files of reported trades cannot be watched", why=str(error))
            await asyncio.sleep(TROUBLE_SECONDS)

    async def look(self) -> bool:
        """Take what can be taken now; gives whether nothing is left that will be in a moment. Raises `OSError`."""
        is_done = True
        for name, look in lists(self.folder).items():
            if self._refused.get(name) == look:
                continue
            if 0 < SETTLED_SECONDS - (time.time() - look.changed_at / 1e9) <= SETTLED_SECONDS:
                is_done = False
                continue
            await self._take(name, look)
        return is_done

    async def _take(self, name: str, look: Look) -> None:
        """Take a file, or say why not."""
        rows: list[Row] = []
        try:
            look, data = read_list(self.folder, name)
            rows = read_trades(data)
        except FileNotFoundError:
            return
        except BadFile as error:
            self._say(name, f"not taken: {error}", rows, [])
            self._refused[name] = look
            return
        wrong = sum(row.trade is None for row in rows)
        if wrong:
            self._say(name, f"not taken: {wrong} rows are not right", rows, [row.fault or "right" for row in rows])
            self._refused[name] = look
            return
        key = sha256(name.encode("utf-8", "surrogateescape") + b"\0" + data).hexdigest()
        body = {"trades": [msgspec.to_builtins(row.trade) for row in rows]}
        answered = await change(self.sidecar, "POST", "trf/batches", body, ACTOR, key)
        if answered.status >= 400:
            details = msgspec.convert(answered.body, ProblemDetails)
            faults = {error.field: error.message for error in details.errors}
            results = [_fault_of(faults, i) for i, _ in enumerate(rows)]
            self._say(name, f"not taken: {details.detail}", rows, results)
            if answered.status < 500:
                self._refused[name] = look
            return
        ids = [item["tradeId"] for item in answered.body["items"]]
        twice = " once before" if answered.replayed is True else ""
        self._say(name, f"taken{twice}: {len(rows)} trades", rows, ids)
        path = self.folder / name
        if lists(self.folder).get(name) == look:  # else it is another file by now, which is to be read yet
            path.rename(path.with_name(f"{name}{TAKEN}"))

    def _say(self, name: str, summary: str, rows: list[Row], results: list[str]) -> None:
        """Say what became of a file, in the log and beside it."""
        log.info("a file of reported trades", file=name, what=summary)
        at = moment(self.sidecar.replica.machine.venue_time, 0).replace(".", "")
        try:
            write_beside(self.folder, result_name(name), answer(f"{at} {summary}", rows, results))
        except OSError as error:
            log.warning("the answer to a file cannot be written", file=name, why=str(error))


def _fault_of(faults: dict[str, str], place: int) -> str:
    """Give what is wrong with a row, by its place in the body."""
    prefix = f"trades[{place}]."
    return "; ".join(message for field, message in faults.items() if field.startswith(prefix)) or "right"
