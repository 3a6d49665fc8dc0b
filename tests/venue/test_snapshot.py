"""Snapshots are whole or absent, the newest whole one is found, and equal states have equal bytes."""

import random

import msgspec
import pytest

from venue import snapshot


def test_the_newest_two_are_kept(tmp_path):
    for number in (5, 30, 200, 1000):
        snapshot.write(tmp_path, number, b"state %d" % number)
    assert list(snapshot.load_all(tmp_path)) == [(200, b"state 200"), (1000, b"state 1000")]
    assert next(snapshot.newest_first(tmp_path), None) == (1000, b"state 1000")
    assert next(snapshot.load_all(tmp_path), None) == (200, b"state 200")
    assert snapshot.newest_number(tmp_path) == 1000


def test_without_any_there_is_none(tmp_path):
    assert next(snapshot.newest_first(tmp_path / "absent"), None) is None
    assert next(snapshot.load_all(tmp_path), None) is None
    assert snapshot.newest_number(tmp_path) == 0


def test_a_second_one_of_the_same_record_replaces_the_first(tmp_path):
    snapshot.write(tmp_path, 5, b"one")
    snapshot.write(tmp_path, 5, b"two")
    assert list(snapshot.load_all(tmp_path)) == [(5, b"two")]


def test_every_damage_to_the_newest_falls_back_to_the_older(tmp_path):
    snapshot.write(tmp_path, 1, b"older")
    path = snapshot.write(tmp_path, 2, b"newer state")
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        assert next(snapshot.newest_first(tmp_path), None) == (1, b"older")
        path.write_bytes(whole[:position])
        assert next(snapshot.newest_first(tmp_path), None) == (1, b"older")
    path.write_bytes(whole)
    assert next(snapshot.newest_first(tmp_path), None) == (2, b"newer state")


def test_a_renamed_snapshot_is_not_believed(tmp_path):
    path = snapshot.write(tmp_path, 2, b"state")
    path.rename(tmp_path / f"{3:020d}.snapshot")
    assert next(snapshot.newest_first(tmp_path), None) is None


def test_what_a_crash_left_half_written_is_ignored(tmp_path):
    snapshot.write(tmp_path, 2, b"state")
    (tmp_path / f"{3:020d}.unfinished").write_bytes(b"half")
    assert next(snapshot.newest_first(tmp_path), None) == (2, b"state")


def shuffled(value, rng):
    if isinstance(value, dict):
        items = [(key, shuffled(part, rng)) for key, part in value.items()]
        rng.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [shuffled(part, rng) for part in value]
    return value


def test_equal_states_have_equal_bytes_whatever_the_order_of_insertion():
    rng = random.Random(7)
    state = {
        "orders": {70_000: {"price": 1, "account": "A"}, 3: {"price": 2, "account": "B"}, -1: {}},
        "books": [{"bids": {2: [1], 1: [2]}, "asks": {}}],
        "seen": {"b", "a"},
        "keys": {("AAPL", 1): 5, ("AAPL", 0): 6},
        "blob": b"\x00\x01",
    }
    encoded = snapshot.canonical(state)
    for _ in range(50):
        assert snapshot.canonical(shuffled(state, rng)) == encoded
    assert msgspec.msgpack.decode(snapshot.canonical(state["orders"])) == state["orders"]
    assert snapshot.canonical({"b": 1, "a": 2}) == msgspec.msgpack.encode({"a": 2, "b": 1})


class Account(msgspec.Struct):
    name: str
    limits: dict


def test_a_struct_is_taken_unless_order_would_depend_on_insertion():
    assert snapshot.canonical({1: Account("A", {"z": 1, "a": 2})}) == snapshot.canonical(
        {1: {"name": "A", "limits": {"a": 2, "z": 1}}}
    )
    with pytest.raises(TypeError, match="Account"):
        snapshot.canonical([Account("A", {1: 2})])


def test_the_state_hash_is_sha256_of_the_encoding():
    assert snapshot.state_hash(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
