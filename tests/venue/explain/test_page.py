"""The page on explaining shows what the command prints, and names every field that there is."""

import re
from pathlib import Path
from typing import get_args

import msgspec
from floor import Floor

from venue.explain.answer import Explanation, Outcome
from venue.explain.find import CANDIDATES_MAX
from venue.explain.text import lines
from venue.sidecar.explain import AT_ONCE, KEPT, REPLAY_SECONDS, WAITING_MAX

PAGE = (Path(__file__).parents[3] / "docs" / "explain.md").read_text(encoding="utf-8")


def test_the_example_is_what_is_printed(tmp_path):
    floor = Floor(tmp_path)
    floor.enter(symbol="AAPL", quantity=5_001, price=2_300_000, cl_ord_id="LARGE")
    assert "```text\n" + "".join(f"{line}\n" for line in lines(floor.explain())) + "```\n" in PAGE


def first_cells():
    return {
        name
        for line in PAGE.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\S+)`", line.split("|")[1])
    }


def test_every_field_and_every_outcome_has_its_row():
    fields = {field.encode_name for field in msgspec.structs.fields(Explanation)}
    assert first_cells() == fields | set(get_args(Outcome))


def test_the_bounds_are_those_that_there_are():
    words = {1: "one", 2: "two", 8: "eight", 100: "hundred"}
    assert f"{words[AT_ONCE]} at a time; {words[WAITING_MAX]} may wait" in PAGE
    assert f"more than {REPLAY_SECONDS:g} seconds" in PAGE
    assert f"last {words[KEPT]}\nexplanations" in PAGE
    assert f"newest {CANDIDATES_MAX} of a day" in PAGE
