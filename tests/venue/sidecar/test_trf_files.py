"""Files of reported trades: taken whole or not at all, once, with an answer beside each."""

import asyncio
import os
import time

import pytest
from clearing_floor import ClearingFloor, totals
from clearing_service import Operated

from venue.sidecar.context import Sidecar
from venue.sidecar.feed import Feed
from venue.sidecar.trf_files import TradeFiles

pytestmark = pytest.mark.section("PTR", "3.2 Semantics")
HEAD = "Reporting,Contra,Side,Symbol,Quantity,Price\n"
GOOD = f'{HEAD}INET,AKAM,B,AAPL,100,200.00\n# a remark\n\n"INET",OTHR,S,MSFT,50,400.5\n'


@pytest.fixture
async def files(tmp_path):
    """The folder, and who takes files from it."""
    floor = ClearingFloor(tmp_path)
    house = await floor.house()
    engine = Operated(floor, asyncio.get_running_loop())
    sidecar = Sidecar(floor.config, tmp_path, tmp_path, {}, house.replica, engine, Feed(house.replica), house)
    files = TradeFiles(sidecar)
    files.folder.mkdir()
    yield files
    floor.close()


def put(files, text, name="trades.csv", seconds=1.0):
    """Put a file there, which was left alone for a while."""
    path = files.folder / name
    path.write_text(text)
    left = time.time() - seconds
    os.utime(path, (left, left))
    return path


def result(files, name="trades"):
    """What became of a file: of the whole, and of each row."""
    lines = (files.folder / f"{name}.result.csv").read_text().splitlines()
    _, whole, *rows = (line.rsplit(",", 1)[1] for line in lines)
    return whole.partition(" ")[2], rows


async def test_a_file_is_taken_whole_by_one_record_and_each_row_has_its_trade(files):
    number = files.sidecar.replica.applied
    path = put(files, GOOD)
    assert await files.look()
    assert totals(files.sidecar.clearing) == (20_000, 20_025, -25)
    whole, rows = result(files)
    assert (whole, rows) == ("taken: 2 trades", [f"trf-{number + 1}-{i}" for i in (1, 2)])
    assert files.sidecar.replica.applied == number + 2, "the trades, and who brought them"
    assert not path.exists()
    assert path.with_name("trades.csv.taken").read_text() == GOOD


@pytest.mark.parametrize(
    ("text", "whole", "rows"),
    [
        ("", "not taken: its header is '', not Reporting", None),
        (HEAD, "not taken: it has no rows", []),
        (f"{HEAD}INET,AKAM,B,AAPL,{'9' * 5_000},200\n", "not taken: 1 rows are not right", ["quantity: "]),
        ("a,b\n", "not taken: its header is 'a", None),
        (f"{GOOD}INET,AKAM,B,AAPL,-1,200\n", "not taken: 1 rows are not right", ["right", "right", "quantity: "]),
        (f"{HEAD}INET,AKAM,B,AAPL,1\n", "not taken: 1 rows are not right", ["it has 5 columns"]),
        (
            f"{HEAD}INET,AKAM,B,AAPL,1,200\nXXXX,YYYY,B,AAPL,1,200\n",
            "not taken: nobody clears for XXXX",
            ["right", "nobody"],
        ),
    ],
)
async def test_a_file_that_is_not_right_in_one_row_counts_in_none_and_is_told_why(files, text, whole, rows):
    path = put(files, text)
    assert await files.look()
    assert totals(files.sidecar.clearing) == (0, 0, 0)
    assert path.exists()
    answer = (files.folder / "trades.result.csv").read_text()
    assert whole in answer
    for row in rows or ():
        assert row in answer
    asked = len(files.sidecar.engine.asked)
    assert await files.look()
    assert len(files.sidecar.engine.asked) == asked, "what was refused is not looked at again until it is another"
    put(files, GOOD)
    assert await files.look()
    assert totals(files.sidecar.clearing)[0] == 20_000


async def test_a_file_that_is_written_still_waits(files):
    put(files, GOOD, seconds=0)
    assert not await files.look()
    assert files.sidecar.engine.asked == []


async def test_the_same_file_counts_once_and_another_one_again(files):
    for name in ("trades.csv", "trades.csv", "more.csv"):
        put(files, GOOD, name)
        assert await files.look()
    assert totals(files.sidecar.clearing)[0] == 40_000
    assert result(files)[0] == "taken once before: 2 trades"


async def test_a_file_that_another_took_the_place_of_while_it_was_taken_is_not_lost(files):
    put(files, GOOD)
    ask = files.sidecar.engine.ask

    async def meanwhile(*asked):
        files.sidecar.engine.ask = ask
        answer = await ask(*asked)
        put(files, f"{HEAD}INET,AKAM,B,AAPL,1,0.5\n")
        return answer

    files.sidecar.engine.ask = meanwhile
    await files.look()
    await files.look()
    assert totals(files.sidecar.clearing)[0] == 20_000.5


async def test_links_and_answers_are_no_files_of_trades(files):
    secret = files.folder.parent / "secret.csv"
    secret.write_text(GOOD)
    (files.folder / "link.csv").symlink_to(secret)
    os.utime(files.folder / "link.csv", (1, 1), follow_symlinks=False)
    put(files, GOOD, "x.result.csv")
    put(files, GOOD, ".hidden.csv")
    assert await files.look()
    assert files.sidecar.engine.asked == []
    assert "links are not followed" in (files.folder / "link.result.csv").read_text()
