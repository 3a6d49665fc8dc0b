"""Lists of restricted symbols from file to engine: what is taken, when, and what the member is told beside the file."""

import asyncio
import os
import time
from contextlib import suppress

import pytest

from engine.prm_commands import release_symbol, restrict_symbol
from engine.terms import Origin
from venue.instructions import Occasion
from venue.occasions import SCAN
from venue.sidecar import files
from venue.sidecar.context import Sidecar
from venue.sidecar.engine import EngineClient
from venue.sidecar.feed import Feed
from venue.sidecar.files import FileLists
from venue.sidecar.replica import Replica

FILES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")
HEADER = "OrderBookId,Symbol,MIC\n"
NAME = "GP29PR_RestrictedSymbols.csv"
PATIENCE = 15.0
EVERY_FIVE_MINUTES = ('scan = "watch"', 'scan = "5m"')


class Desk:
    """A venue of this process, a replica of it, and the reader of files between the two."""

    def __init__(self, venue, folder):
        folder.mkdir()
        self.venue = venue
        self.replica = Replica(venue.data, folder)
        engine, config = EngineClient(venue.data), venue.venue.config
        sidecar = Sidecar(config, venue.data, venue.data, venue.addresses, self.replica, engine, Feed(self.replica))
        self.lists = FileLists(sidecar)
        self.folder = venue.data / "ftp" / "GP29"
        self.tasks = []

    async def start(self):
        loop = asyncio.get_running_loop()
        self.tasks = [loop.create_task(part()) for part in (self.replica.run, self.lists.run)]
        await self.replica.caught_up.wait()
        await self.until(self.folder.is_dir)
        return self

    async def stop(self):
        for task in self.tasks:
            task.cancel()
        for task in self.tasks:
            with suppress(asyncio.CancelledError):
                await task
        self.replica.close()

    async def until(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"it did not come about: {self.listed()} {self.answers()}"
            for task in self.tasks:
                assert not task.done(), task
            await asyncio.sleep(0.01)

    def put(self, text, name=NAME):
        """Put a complete file in place, as one does: written aside, then renamed; it was left alone for a while."""
        aside = self.folder / f"{name}.tmp"
        aside.write_bytes(text if isinstance(text, bytes) else (HEADER + text).encode())
        past = time.time() - 60
        os.utime(aside, (past, past))
        aside.rename(self.folder / name)

    def account(self, name="GP29PR"):
        return self.venue.venue.machine.engine.prm.accounts[name]

    def listed(self, name="GP29PR"):
        return self.account(name).restricted[Origin.FILE]

    def answers(self):
        """What the member is told beside each file, in one line."""
        if not self.folder.is_dir():
            return {}
        found = sorted(self.folder.glob("*.result.csv"))
        return {path.name.removesuffix(".result.csv"): path.read_text().splitlines()[1] for path in found}

    def told(self, name="GP29PR_RestrictedSymbols"):
        return self.answers().get(name, "")

    async def do(self, function, order_book):
        """Have the member's own program change something: here and in the replica, at the same record."""
        await self.replica.reached(self.number())

        def change():
            for machine in (self.venue.venue.machine, self.replica.machine):
                function(machine.engine, machine.engine.prm.accounts["GP29PR"], order_book, 0)

        self.venue.call(change)

    def number(self):
        """The last record, when all that belongs to it is done."""
        return self.venue.call(lambda: self.venue.venue.machine.number)

    def scan(self):
        """Let the moment of a scan come."""
        self.venue.call(self.venue.venue.command, Occasion(SCAN, self.venue.venue.machine.number))


@pytest.fixture
async def desk(host, demo_config, tmp_path):
    desks = []

    async def desk(*changes):
        venue = desks[0].venue if desks else host(demo_config(*changes))
        desks.append(Desk(venue, tmp_path / f"replica{len(desks)}"))
        return await desks[-1].start()

    yield desk
    for one in desks:
        await one.stop()


@FILES
async def test_a_list_that_is_watched_works_at_once_and_ends_with_its_file(desk):
    desk = await desk()
    desk.put(",ERIC B,XSTO\n999,,\n301,NOVO B,XCSE\n")
    await desk.until(lambda: desk.told().endswith('taken: 2 restricted, 1 skipped"'))
    assert desk.listed() == ("101", "301")
    assert (desk.folder / "GP29PR_RestrictedSymbols.result.csv").read_text().splitlines()[2:] == [
        "2,101,ERIC B,XSTO,restricted",
        "3,999,,,skipped: there is no order book 999",
        "4,301,NOVO B,XCSE,restricted",
    ]
    desk.put("201,,\n")
    await desk.until(lambda: desk.listed() == ("201",))
    (desk.folder / NAME).unlink()
    await desk.until(lambda: desk.listed() == ())


BAD = {
    "empty": (b"", "it is empty"),
    "without a header": (b"101,,\n", "its header is"),
    "not UTF-8": (HEADER.encode() + b",\xff,XSTO\n", "it is not UTF-8"),
    "too many rows": (HEADER.encode() + b"101,,\n" * 20_001, "it has more than 20,000 rows"),
    "huge": (HEADER.encode() + b"#" * 3_000_000, "bytes; 2,097,152 are all there may be"),
}


@FILES
async def test_a_bad_file_leaves_the_list_before_it_in_force_and_says_why(desk):
    desk = await desk()
    desk.put("101,,\n")
    await desk.until(lambda: desk.listed() == ("101",))
    for what, (data, why) in BAD.items():
        desk.put(data)
        await desk.until(lambda why=why: why in desk.told())
        assert "not taken" in desk.told(), what
        assert desk.listed() == ("101",), what
    (desk.folder / NAME).unlink()
    outside = desk.venue.data / "outside.csv"
    outside.write_text(f"{HEADER}301,,\n")
    (desk.folder / NAME).symlink_to(outside)
    await desk.until(lambda: "it is a link" in desk.told())
    assert "301" not in desk.listed()


@FILES
async def test_a_file_of_a_wrong_name_is_told_so_and_another_member_s_account_is_none(desk):
    desk = await desk()
    wrong = ("GP30PR_RestrictedSymbols.csv", "gp29pr_restrictedsymbols.csv", "GP29PR.csv", "=cmd.csv")
    for name in wrong:
        desk.put("101,,\n", name)
    await desk.until(lambda: len(desk.answers()) == len(wrong))
    files = "its files are GP29P1_RestrictedSymbols.csv, GP29PR_RestrictedSymbols.csv, GP29Q1_RestrictedSymbols.csv"
    assert all(files in answer for answer in desk.answers().values())
    assert desk.listed() == ()


@FILES
async def test_a_list_stays_in_force_however_much_lies_beside_it(desk, monkeypatch):
    monkeypatch.setattr("ftpdrop.folder.FILES_MAX", 2)
    desk = await desk()
    desk.put("101,,\n")
    for name in ("A.csv", "B.csv", "C.csv"):
        desk.put("301,,\n", name)
    await desk.until(lambda: desk.listed() == ("101",) and len(desk.answers()) == 3)
    for name in ("A.csv", "B.csv"):
        (desk.folder / name).unlink()
    await desk.until(lambda: "C" in desk.answers())
    assert {path.name for path in desk.lists._said} == {NAME, "C.csv"}, "what is gone is forgotten"
    assert desk.listed() == ("101",)


@FILES
async def test_a_file_that_is_being_written_is_left_until_it_rests(desk, monkeypatch):
    monkeypatch.setitem(files.SETTLED_SECONDS, "watch", 30.0)
    desk = await desk()
    path = desk.folder / NAME
    path.write_text(f"{HEADER}101,,\n3")
    desk.put("101,,\n", "GP29P1_RestrictedSymbols.csv")
    await desk.until(lambda: desk.told("GP29P1_RestrictedSymbols"))
    assert not desk.told()
    path.write_text(f"{HEADER}101,,\n301,,\n")
    past = time.time() - 60
    os.utime(path, (past, past))
    await desk.until(desk.told)
    assert desk.told().endswith('taken: 2 restricted, 0 skipped"')


@FILES
async def test_an_upload_overrides_what_the_member_changed_and_another_look_at_it_does_not(desk):
    desk = await desk()
    desk.put("101,,\n")
    await desk.until(lambda: desk.listed() == ("101",))
    await desk.do(restrict_symbol, "201")
    await desk.do(release_symbol, "101")
    desk.put("1,,\n", "GP29P1_RestrictedSymbols.csv")
    await desk.until(lambda: desk.told("GP29P1_RestrictedSymbols"))
    assert desk.account().restricted[Origin.MANUAL] == ("201",)
    assert not desk.account().is_restricted("101")
    desk.put("101,,\n# once more\n")
    await desk.until(lambda: desk.account().is_restricted("101"))
    assert desk.account().restricted[Origin.MANUAL] == ()


@FILES
async def test_every_five_minutes_a_scan_overrides_and_between_two_nothing_is_read(desk, monkeypatch):
    monkeypatch.setitem(files.SETTLED_SECONDS, "5m", 0.0)
    desk = await desk(EVERY_FIVE_MINUTES)
    desk.put("101,,\n")
    await asyncio.sleep(0.2)
    assert desk.listed() == ()
    desk.scan()
    await desk.until(lambda: desk.listed() == ("101",))
    await desk.do(release_symbol, "101")
    desk.scan()
    await desk.until(lambda: desk.account().is_restricted("101"))
    number = desk.number()
    desk.scan()
    await desk.replica.reached(number + 1)
    await asyncio.sleep(0.1)
    assert desk.number() == number + 1, "what is there already is not recorded again"


@FILES
async def test_another_reader_finds_the_lists_as_they_are_and_records_nothing(desk):
    first = await desk()
    first.put("101,,\n")
    await first.until(lambda: first.listed() == ("101",))
    await first.stop()
    number = first.number()
    again = await desk()
    await again.until(lambda: again.lists._taken)
    assert again.number() == number
    (again.folder / NAME).unlink()
    await again.until(lambda: again.listed() == ())
