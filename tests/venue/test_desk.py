"""The desk by itself: what it keeps, for how long, and that it is the same however it was reached."""

import msgspec
import pytest

from venue import desk
from venue.desk import Alert, AlertGone, Client, ClientGone, Desk, DeskState, Operation, hash_secret

HOUR = 3_600 * 1_000_000_000


def apply(at, number, key="", status=200, wall_time=0, actor="me", **more):
    operation = Operation(actor, "POST", "phase", b"{}", status, b'{"n":%d}' % number, key, b"%d" % number, **more)
    at.apply(msgspec.msgpack.encode(operation), number, 7 * number, wall_time)


def again(at):
    """A desk brought to the state of another through its plain data."""
    blob = msgspec.msgpack.encode(at.dump())
    new = Desk()
    new.load(msgspec.msgpack.decode(blob, type=desk.DeskState), at.wall_times())
    return new


def test_what_was_asked_at_another_wall_time_is_the_same_state_and_both_keep_their_times():
    one, other = Desk(), Desk()
    apply(one, 1, key="k", wall_time=5)
    apply(other, 1, key="k", wall_time=6)
    assert one.dump() == other.dump()
    assert [again(at).answers["me", "k"].wall_time for at in (one, other)] == [5, 6]
    assert [again(at).done[0].wall_time for at in (one, other)] == [5, 6]


def test_a_desk_that_was_never_asked_has_no_state():
    assert Desk().dump() is msgspec.UNSET


def test_the_last_operations_are_kept_and_refused_ones_displace_none_that_was_done():
    one = Desk()
    apply(one, 1)
    for number in range(2, desk.ENTRIES_KEPT + 3):
        apply(one, number, status=422)
    assert [entry.record for entry in one.done] == [1]
    assert len(one.refused) == desk.ENTRIES_KEPT
    assert one.refused[0].record == 3
    for number in range(5_000, 5_000 + desk.ENTRIES_KEPT):
        apply(one, number)
    assert len(one.done) == desk.ENTRIES_KEPT
    assert one.done[0].record == 5_000
    assert again(one).dump() == one.dump()


def test_a_key_gives_its_actors_answer_again():
    one = Desk()
    apply(one, 4, key="k")
    kept = one.kept("me", "k", 0)
    assert (kept.status, kept.answer, kept.digest, kept.record) == (200, b'{"n":4}', b"4", 4)
    assert one.kept("you", "k", 0) is None
    assert one.kept("me", "other", 0) is None
    assert again(one).kept("me", "k", 0) == kept


def test_a_refused_request_does_not_use_its_key_up():
    one = Desk()
    apply(one, 1, key="k", status=409)
    assert one.kept("me", "k", 0) is None


def test_a_key_is_new_again_after_a_day():
    one = Desk()
    apply(one, 1, key="k", wall_time=HOUR)
    assert one.kept("me", "k", 25 * HOUR)
    assert one.kept("me", "k", 25 * HOUR + 1) is None
    apply(one, 2, key="l", wall_time=26 * HOUR)
    assert list(one.answers) == [("me", "l")], "what is too old is let go of with the next"


def test_keys_are_bounded_by_count_oldest_first():
    one = Desk()
    for number in range(desk.ANSWERS_KEPT + 2):
        apply(one, number, key=f"k{number}")
    assert len(one.answers) == desk.ANSWERS_KEPT
    assert one.kept("me", "k1", 0) is None
    assert one.kept("me", "k2", 0) is not None


def test_who_uses_many_keys_pushes_out_nobody_elses():
    one = Desk()
    apply(one, 1, key="mine", actor="quiet")
    for number in range(desk.ANSWERS_KEPT + 2):
        apply(one, 2 + number, key=f"k{number}", actor="busy")
    assert len(one.answers) == desk.ANSWERS_KEPT
    assert one.kept("quiet", "mine", 0) is not None
    assert one.kept("busy", "k2", 0) is None
    assert one.kept("busy", "k3", 0) is not None


def test_a_key_that_was_used_anew_is_the_newest():
    one = Desk()
    apply(one, 1, key="a", wall_time=0)
    apply(one, 2, key="b", wall_time=23 * HOUR)
    apply(one, 3, key="a", wall_time=25 * HOUR)
    assert [kept.record for kept in one.answers.values()] == [2, 3]


def test_a_client_is_known_by_its_secret_until_it_is_gone():
    one = Desk()
    secret = "a" * 32
    apply(one, 1, change=Client("c", ("operations",), None, hash_secret(secret)))
    assert one.verify("c", secret).roles == ("operations",)
    assert one.verify("c", "b" * 32) is None
    assert one.verify("d", secret) is None
    assert one.verify("d", "") is None
    assert again(one).verify("c", secret) == one.verify("c", secret)
    apply(one, 2, change=Client("c", ("operations",), None, hash_secret("b" * 32)))
    assert one.verify("c", secret) is None
    assert one.verify("c", "b" * 32)
    apply(one, 3, change=ClientGone("c"))
    assert one.verify("c", "b" * 32) is None


def test_of_two_secrets_both_are_good_and_both_are_kept():
    one = Desk()
    old, new = hash_secret("a" * 32), hash_secret("b" * 32)
    apply(one, 1, change=Client("c", ("operations",), None, new, old, ("IN19T6",)))
    for each in (one, again(one)):
        assert [each.verify("c", letter * 32) is not None for letter in "abc"] == [True, True, False]
        assert each.clients["c"].ports == ("IN19T6",)


def test_alerts_are_kept_in_the_order_in_which_they_were_made_until_they_are_gone():
    one = Desk()
    first, second = (Alert(name, "adv", "NASDAQ", "INET", None, None, ("a@b.example",), True) for name in ("b", "a"))
    apply(one, 1, change=first)
    apply(one, 2, change=second)
    assert list(again(one).alerts.values()) == [first, second]
    apply(one, 3, change=msgspec.structs.replace(first, enabled=False))
    assert [alert.enabled for alert in again(one).alerts.values()] == [False, True]
    apply(one, 4, change=AlertGone("b"))
    assert list(again(one).alerts) == ["a"]


def test_what_was_written_before_there_were_alerts_and_ports_is_read():
    state = msgspec.convert([[], [], [], [["client", "c", ["operations"], None, b"x"]]], DeskState)
    assert state.alerts == []
    assert (state.clients[0].former_sha256, state.clients[0].ports) == (b"", None)


@pytest.mark.parametrize("secret", ["", "\ud800", "é", "a" * 100_000])
def test_no_text_breaks_the_check_of_a_secret(secret):
    assert Desk().verify("c", secret) is None
