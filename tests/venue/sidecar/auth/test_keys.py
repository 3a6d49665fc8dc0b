"""The keys of tokens: made once, kept from others' eyes, renewed in time."""

import json
import os

import pytest
from gatehouse import NOON, Clock

from venue.sidecar.auth.keys import KEPT_SECONDS, KEY_FILE, KEY_SECONDS, Keys


@pytest.fixture
def clock():
    return Clock()


def kids(keys):
    return [key["kid"] for key in keys.public()]


def test_a_key_is_made_at_first_use_and_kept_for_nobody_else(tmp_path, clock):
    os.umask(before := os.umask(0))
    keys = Keys(tmp_path / "sidecar", clock)
    file = tmp_path / "sidecar" / KEY_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert kids(Keys(tmp_path / "sidecar", clock)) == kids(keys)
    os.umask(before)


def test_what_is_published_is_the_public_half(tmp_path, clock):
    (key,) = Keys(tmp_path, clock).public()
    assert key.keys() == {"kty", "crv", "x", "y", "use", "alg", "kid"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")


def test_a_rotation_lists_both_until_no_token_of_the_old_one_can_be_about(tmp_path, clock):
    keys = Keys(tmp_path, clock)
    (old,) = kids(keys)
    keys.rotate()
    new, kept = kids(keys)
    assert (kept, keys.signing().kid) == (old, new)
    assert kids(Keys(tmp_path, clock)) == [new, old]
    clock.now += KEPT_SECONDS - 1
    assert keys.find(old) is not None
    clock.now += 1
    assert keys.find(old) is None
    assert kids(Keys(tmp_path, clock)) == [new]


def test_a_key_signs_for_thirty_days(tmp_path, clock):
    keys = Keys(tmp_path, clock)
    first = keys.signing().kid
    clock.now += KEY_SECONDS - 1
    assert keys.signing().kid == first
    clock.now += 1
    assert keys.signing().kid != first
    assert keys.find(first) is not None


def test_a_key_that_is_not_there_is_none(tmp_path, clock):
    keys = Keys(tmp_path, clock)
    for kid in ("", None, 7, "x", [], {}):
        assert keys.find(kid) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        "[{}]",
        '[{"made": 1, "key": {"kty": "oct", "k": "AAAA"}}]',
        '[{"made": 1, "key": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}}]',
    ],
)
def test_a_file_that_holds_no_keys_is_replaced(tmp_path, clock, text):
    file = tmp_path / KEY_FILE
    file.touch(0o600)
    file.write_text(text)
    keys = Keys(tmp_path, clock)
    assert [each["key"]["kid"] for each in json.loads(file.read_text())] == kids(keys)


def test_the_public_half_alone_or_another_curve_is_no_key(tmp_path, clock):
    old = Keys(tmp_path, clock)
    file = tmp_path / KEY_FILE
    public = [{"made": int(NOON), "key": {name: value for name, value in old.public()[0].items() if name != "use"}}]
    file.write_text(json.dumps(public))
    assert kids(Keys(tmp_path, clock)) != kids(old)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_keys_that_others_could_read_are_used_no_more(tmp_path, clock, mode):
    old = kids(Keys(tmp_path, clock))
    file = tmp_path / KEY_FILE
    file.chmod(mode)
    assert kids(Keys(tmp_path, clock)) != old
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_start_that_was_killed_half_way_leaves_nothing_in_the_way(tmp_path, clock):
    (tmp_path / KEY_FILE).with_suffix(".unfinished").write_text("half")
    assert len(Keys(tmp_path, clock).public()) == 1
