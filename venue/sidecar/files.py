"""Members' lists of restricted symbols: read when it is time, and put in force by one record each (PRM guide 3.19).

    ftp/GP29/GP29PR_RestrictedSymbols.csv ─▶ rows ─▶ order books ─▶ PUT …/file ─▶ a record
                                    └────────────── ….result.csv ◀── what became of each row

A file is taken when it has been left alone for a while, so that none is taken half-written, and taken whole or not at
all: while one cannot be read, what the last one said stays in force. One that is gone restricts nothing any more. At
each scan a file goes above what the member's own program changed since; where files are watched, a file that changed
does. What there is already is not recorded again.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec
import structlog
from watchfiles import awatch

from engine.risk.accounts import Account
from engine.terms import Origin
from ftpdrop.folder import Look, lists, read_list, write_beside
from ftpdrop.formats import BadFile, file_name, is_list, read, result_name
from ftpdrop.loader import BookName, Books, Loaded, answer, load
from venue.calls import moment
from venue.instructions import Instruction, Occasion
from venue.occasions import SCAN
from venue.problem import ProblemDetails
from venue.record import Record
from venue.sidecar.change import change
from venue.sidecar.context import Sidecar

FOLDER: Final = "ftp"
SETTLED_SECONDS: Final = {"5m": 2.0, "watch": 0.4}
"""How long a file has to be left alone before it is taken."""
AGAIN_SECONDS: Final = 1.0
"""Seconds after which a list is brought again that the engine process could not take."""
TROUBLE_SECONDS: Final = 5.0
"""Seconds between two tries of what the disk or the system refuses."""
WATCH_MILLISECONDS: Final = 50
BEGUN_SECONDS: Final = 0.3
ANYWAY_MILLISECONDS: Final = 5_000
"""How often watched lists are looked at although nothing was told of them: what the system tells may be lost."""
ACTOR: Final = "files"
"""Who asks, as the audit of operations names him."""

log = structlog.get_logger()
_decode = msgspec.msgpack.Decoder(Instruction).decode


class Verdict(NamedTuple):
    """What became of a file: of this version of it, in these words. The same is not said twice."""

    look: Look | None
    summary: str


class FileLists:
    """Brings the lists in the members' folders to the engine: `run` it."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.sidecar = sidecar
        self.scan: Literal["5m", "watch"] = sidecar.config.files.scan
        self.root = sidecar.data / FOLDER
        self._said: dict[Path, Verdict] = {}
        self._taken: dict[str, Look] = {}
        self._wanted = asyncio.Event()
        self._overrides = False
        self._is_first = True
        self._again: asyncio.TimerHandle | None = None
        sidecar.replica.after.append(self._came)

    def folders(self) -> dict[str, Path]:
        """Give each member's folder, which is there afterwards. Raises `OSError`."""
        members = {member.mpid: self.root / member.mpid for member in self.sidecar.config.member}
        for folder in members.values():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return members

    async def run(self) -> None:
        """Bring lists as they are due, for ever."""
        folders = await self._made()
        await self.sidecar.replica.caught_up.wait()
        async with asyncio.TaskGroup() as tasks:
            if self.scan == "watch" and folders:
                tasks.create_task(self._watch())
                self._wanted.set()
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                overrides, self._overrides = self._overrides, False
                for mpid, folder in folders.items():
                    await self._look(mpid, folder, overrides)
                self._is_first = False

    async def _made(self) -> dict[str, Path]:
        """Give the members' folders, once there is room for them."""
        while True:
            try:
                return self.folders()
            except OSError as error:
                log.warning("there are no folders for members' files", why=str(error))
                await asyncio.sleep(TROUBLE_SECONDS)

    async def _watch(self) -> None:
        """Look whenever a list has changed."""
        while True:
            self._look_again(BEGUN_SECONDS)  # for what came before the system began to tell
            try:
                watching = awatch(
                    self.root,
                    step=WATCH_MILLISECONDS,
                    watch_filter=None,
                    rust_timeout=ANYWAY_MILLISECONDS,
                    yield_on_timeout=True,
                )
                async for changes in watching:
                    if not changes or any(is_list(Path(path).name) for _, path in changes):
                        self._wanted.set()
            except (OSError, RuntimeError) as error:  # the system has no more watches to give, or the folder is gone
                log.warning("members' files cannot be watched", why=str(error))
            await asyncio.sleep(TROUBLE_SECONDS)
            self._wanted.set()

    def _came(self, record: Record) -> None:
        """Look when the moment of a scan has come."""
        command = _decode(record.payload)
        if isinstance(command, Occasion) and command.name == SCAN:
            self._overrides = True
            self._wanted.set()

    def _look_again(self, seconds: float) -> None:
        if self._again is not None:
            self._again.cancel()
        self._again = asyncio.get_running_loop().call_later(max(seconds, 0.01), self._wanted.set)

    async def _look(self, mpid: str, folder: Path, overrides: bool) -> None:
        """Look at a member's folder: at each account's file, and at what no account's file is called."""
        accounts = self.sidecar.replica.machine.engine.prm.accounts
        names = {file_name(name): name for name, account in accounts.items() if account.entry.mpid == mpid}
        try:
            found = lists(folder, names)
        except OSError as error:
            self._say(folder, Verdict(None, f"the folder cannot be read: {error.strerror}"), None)
            return
        for gone in [
            path for path in self._said if path.parent == folder and path.name not in found and path.name not in names
        ]:
            del self._said[gone]
        for name, look in found.items():
            if name not in names and self._is_settled(look):
                known = f"its files are {', '.join(sorted(names))}" if names else "it has no accounts"
                self._say(folder / name, Verdict(look, f"not taken: {mpid} has no such file; {known}"), None)
        for name, account in names.items():
            if name in found:
                await self._bring(folder / name, accounts[account], found[name], overrides)
            else:
                await self._lapse(folder / name, accounts[account])

    def _is_settled(self, look: Look) -> bool:
        """Whether a file has been left alone for long enough; where not, it is looked at again."""
        left = SETTLED_SECONDS[self.scan] - (time.time() - look.changed_at / 1e9)
        if 0 < left <= SETTLED_SECONDS[self.scan]:  # one that claims to be of the future is as settled as it gets
            self._look_again(left)
            return False
        return True

    async def _bring(self, path: Path, account: Account, look: Look, overrides: bool) -> None:
        """Read an account's file, and put what it says in force where it is something new."""
        is_new = not self._is_first and self._taken.get(account.name) != look
        known = self._said.get(path)
        is_watched_and_known = self.scan == "watch" and known is not None and known.look == look
        if is_watched_and_known or not self._is_settled(look):
            return
        try:
            look, data = read_list(path.parent, path.name)
            loaded = load(read(data), self._books())
        except FileNotFoundError:  # the next look finds it gone
            self._look_again(0)
            return
        except (BadFile, OSError) as error:
            self._say(path, Verdict(look, f"not taken: {error}; what the last one said stays"), None)
            return
        restrictions = account.restrictions
        is_same = set(loaded.order_books) == set(restrictions.listed[Origin.FILE])
        has_changes = bool(restrictions.listed[Origin.MANUAL] or restrictions.released)
        refused = ""
        if not is_same or ((overrides or is_new) and has_changes):
            refused = await self._put(account.name, list(loaded.order_books))
        if refused:
            self._say(path, Verdict(None, f"not taken: {refused}"), None)
            self._look_again(AGAIN_SECONDS)
            return
        self._taken[account.name] = look
        count, skipped = len(loaded.order_books), loaded.skipped
        self._say(path, Verdict(look, f"taken: {count} restricted, {skipped} skipped"), loaded)

    async def _lapse(self, path: Path, account: Account) -> None:
        """Let what a file said be over when it is gone."""
        self._said.pop(path, None)
        self._taken.pop(account.name, None)
        if account.restrictions.listed[Origin.FILE]:
            refused = await self._put(account.name, None)
            if refused:
                log.warning("a list that is gone is in force still", account=account.name, why=refused)
                self._look_again(AGAIN_SECONDS)
            else:
                log.info("a list is gone", account=account.name)

    async def _put(self, account: str, order_books: list[str] | None) -> str:
        """Have the engine take a list; gives why it did not, "" where it did."""
        target = f"prm/accounts/{account}/file"
        answered = await change(self.sidecar, "PUT", target, {"orderBooks": order_books}, ACTOR)
        if answered.status < 400:
            return ""
        return msgspec.convert(answered.body, ProblemDetails).detail

    def _books(self) -> Books:
        """Give the order books that there are now."""
        securities = self.sidecar.replica.machine.engine.securities.values()
        entries = [security.entry for security in securities if security.entry is not None and security.listed]
        return Books(BookName(entry.order_book, entry.symbol, entry.mic) for entry in entries)

    def _say(self, path: Path, verdict: Verdict, loaded: Loaded | None) -> None:
        """Say what became of a file, in the log and beside it, where it was not said before."""
        if self._said.get(path) == verdict:
            return
        self._said[path] = verdict
        say = log.info if loaded is not None else log.warning
        say("a list of restricted symbols", file=f"{path.parent.name}/{path.name}", what=verdict.summary)
        at = moment(self.sidecar.replica.machine.venue_time, 0).replace(".", "")
        if path.parent != self.root:
            try:
                write_beside(path.parent, result_name(path.name), answer(f"{at} {verdict.summary}", loaded))
            except OSError as error:
                log.warning("the answer to a list cannot be written", file=path.name, why=str(error))
