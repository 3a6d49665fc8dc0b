"""The benches: what they print is one JSON object with the promised keys. What it says of speed is nobody's promise."""

import json
from pathlib import Path

import pytest

KEYS = {"echo_p50_us", "order_p50_us", "order_p99_us", "ratio"}


@pytest.mark.slow
@pytest.mark.parametrize("durability", ["memory", "disk"])
def test_rtt_prints_one_json_object_last(portcullis, durability):
    result = portcullis("bench", "rtt", "--rounds", "1", "--durability", durability)
    assert result.returncode == 0, result.stderr
    (line,) = result.stdout.splitlines()
    figures = json.loads(line)
    assert figures.keys() >= KEYS
    assert figures["bench"] == "rtt"
    assert figures["durability"] == durability
    assert figures["orders"] == 500
    assert all(figures[key] > 0 for key in KEYS)
    assert figures["order_p50_us"] <= figures["order_p99_us"]
    assert figures["ratio"] == pytest.approx(figures["order_p50_us"] / figures["echo_p50_us"], rel=0.01)
    assert (durability == "disk") == ("fdatasync_p50_us" in figures)


@pytest.mark.slow
def test_a_bench_leaves_no_note_behind(portcullis, environment):
    assert portcullis("bench", "rtt", "--rounds", "1").returncode == 0
    assert not Path(environment["XDG_STATE_HOME"]).exists()
    assert portcullis("ops", "ports").returncode == 2, "the venue last started is not the bench's"
