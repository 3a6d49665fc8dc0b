"""Who asked what: every change is written down in one commit with its records, and done once under one key."""

import asyncio
import json
import sqlite3
from contextlib import closing

import msgspec
import pytest

from venue import clerk
from venue.changes import Answer, TradingDay
from venue.config import Config
from venue.desk import Operation
from venue.machine import Machine
from venue.operations import ROUTES
from venue.ptr.inquiry import Finding, Inquiry
from venue.record import Kind, decode_batch
from venue.recovery import recover, replay

HALT = {"venue": "nasdaq", "book": "AAPL", "phase": "HALT"}
KEY = "Idempotency-Key"


@pytest.fixture
def venue(host):
    return host()


def commits(data):
    """The kinds of the records of each commit, file by file."""
    for path in sorted((data / "log").glob("*.db")):
        with closing(sqlite3.connect(path)) as database:
            for first, blob in database.execute("SELECT first, blob FROM commits ORDER BY last"):
                yield [(record.kind, record.payload) for record in decode_batch(blob, first)]


def operations(data):
    """All operations of a log."""
    return [
        msgspec.msgpack.decode(payload, type=Operation)
        for commit in commits(data)
        for kind, payload in commit
        if kind == Kind.OPERATION
    ]


def machine(venue, look):
    return venue.call(lambda: look(venue.venue.machine))


def test_a_change_is_written_down_with_who_asked_in_one_commit(venue):
    response = venue.ask("phase", HALT, "POST", "client:ntf-operator", "key-1")
    assert response.status == 200
    venue.wait_for_disk()
    *_, commit = commits(venue.data)
    assert [kind for kind, _ in commit][-2:] == [Kind.COMMAND, Kind.OPERATION]
    assert response.record == machine(venue, lambda machine: machine.number)
    (written,) = operations(venue.data)
    assert written.digest
    assert msgspec.structs.replace(written, digest=b"") == Operation(
        "client:ntf-operator", "POST", "phase", msgspec.json.encode(HALT), 200, msgspec.json.encode(HALT), "key-1"
    )


def test_a_decision_about_a_held_trade_and_who_made_it_are_one_commit(venue, monkeypatch):
    async def find(_inquiry, _question):
        await asyncio.sleep(0)
        return Finding(200)

    monkeypatch.setattr(Inquiry, "_ask", find)
    monkeypatch.setattr(Config, "web_service", property(lambda _config: "http"))
    writer, handed = venue.venue.writer, []
    submit = writer.submit
    monkeypatch.setattr(writer, "submit", lambda batch: handed.append([one.kind for one in batch]) or submit(batch))
    asked = "clearing/held/nasdaq-1-B/decision", {"allow": True}, "POST", "client:x", "key-1"
    response = venue.ask(*asked)
    assert response.status == 200
    assert handed == [[Kind.COMMAND, Kind.OPERATION]]
    assert response.record == machine(venue, lambda machine: machine.number)
    again = venue.ask(*asked)
    assert (again.record, again.replayed) == (response.record, True)


def test_a_roll_and_who_asked_for_it_open_the_new_days_file(venue):
    venue.ask("trading-day/next")
    venue.wait_for_disk()
    first, *_ = [commit for commit in commits(venue.data) if b"2026-11-20" in commit[0][1]]
    assert [kind for kind, _ in first][:2] == [Kind.COMMAND, Kind.OPERATION]


def test_whoever_opens_the_socket_is_the_owner(venue):
    venue.ask("phase", HALT)
    venue.wait_for_disk()
    (written,) = operations(venue.data)
    assert (written.actor, written.verb, written.key) == ("owner", "POST", "")


def test_the_same_key_and_request_is_answered_again_and_done_once(venue, connect):
    buyer, seller = connect(venue, name="IN19T6"), connect(venue, name="AK01T1")
    buyer.enter(1, price=2_000_000)
    buyer.take(2)
    seller.enter(1, b"S", price=2_000_000)
    seller.take(3)
    target = "trades/nasdaq/1/bust"
    first = venue.ask(target, {"reason": "E"}, "POST", "client:a", "k")
    number = machine(venue, lambda machine: machine.number)
    again = venue.ask(target, {"reason": "E"}, "POST", "client:a", "k")
    assert (again.status, again.body, again.record, again.replayed) == (200, first.body, first.record, True)
    assert first.replayed is msgspec.UNSET
    assert machine(venue, lambda machine: machine.number) == number
    assert venue.ask(target, {"reason": "E"}, "POST", "client:b", "k").status == 409, "another actor's key is another"
    assert venue.ask(target, {"reason": "E"}, "POST", "client:a").status == 409


@pytest.mark.parametrize(
    ("target", "body", "verb"),
    [
        ("phase", HALT | {"phase": "MARKET"}, "POST"),
        ("trading-day/next", {}, "POST"),
        ("books/nasdaq/AAPL/prices", {"last": "1"}, "PUT"),
        ("phase", {"nonsense": 1}, "POST"),
    ],
)
def test_the_same_key_with_another_request_is_refused(venue, target, body, verb):
    venue.ask("phase", HALT, "POST", "client:a", "k")
    before = venue.hash()
    response = venue.ask(target, body, verb, "client:a", "k")
    assert (response.status, response.body["errors"][0]["field"]) == (422, KEY)
    assert venue.hash() == before


def test_names_of_a_body_in_another_order_are_the_same_request(venue):
    first = venue.ask("phase", HALT, "POST", "client:a", "k")
    again = venue.ask("phase", dict(reversed(HALT.items())), "POST", "client:a", "k")
    assert (again.replayed, again.record) == (True, first.record)


@pytest.mark.parametrize("key", ["with space", "x" * 256, "é", "\n"])
def test_a_key_that_is_none_is_refused(venue, key):
    response = venue.ask("phase", HALT, "POST", "client:a", key)
    assert (response.status, response.body["errors"][0]["field"]) == (422, KEY)


def test_an_actor_that_is_none_is_no_request(venue):
    assert venue.ask("phase", HALT, "POST", "two words").status == 400
    assert venue.ask("ports", actor="x" * 129).status == 400


def test_a_refusal_is_written_down_and_leaves_the_key_free(venue):
    response = venue.ask("phase", HALT | {"book": "NONE"}, "POST", "client:a", "k")
    assert response.status == 422
    venue.wait_for_disk()
    (written,) = operations(venue.data)
    assert (written.actor, written.status, written.key) == ("client:a", 422, "")
    assert json.loads(written.body) == HALT | {"book": "NONE"}
    assert "NONE" in json.loads(written.answer)["detail"]
    assert venue.ask("phase", HALT, "POST", "client:a", "k").status == 200


def test_a_field_that_is_not_ours_is_not_written_down(venue):
    venue.ask("phase", HALT | {"password": "hunter2"}, "POST", "client:a")
    venue.wait_for_disk()
    (written,) = operations(venue.data)
    assert (written.status, written.body) == (422, b"")
    assert b"hunter2" not in b"".join(path.read_bytes() for path in (venue.data / "log").iterdir())


def test_refusals_do_not_fill_the_log(venue):
    for _ in range(clerk.REFUSALS_A_MINUTE + 5):
        assert venue.ask("ports/NOBODY/release", {"x": "y" * 20_000}, "POST", "client:a").status == 422
    assert venue.ask("ports/NOBODY/release", {}, "POST", "client:b").status == 404
    venue.wait_for_disk()
    written = operations(venue.data)
    assert len([one for one in written if one.actor == "client:a"]) == clerk.REFUSALS_A_MINUTE
    assert [one.status for one in written if one.actor == "client:b"] == [404]
    assert max(len(one.body) + len(one.target) + len(one.answer) for one in written) < 2_000


def test_a_long_target_is_cut(venue):
    venue.ask(f"ports/{'A' * 5_000}/release", {}, "POST", "client:a")
    venue.wait_for_disk()
    (written,) = operations(venue.data)
    assert len(written.target) == clerk.LONGEST_TARGET


def test_the_answers_outlive_a_restart_a_snapshot_and_a_replay(venue, host, tmp_path):
    first = venue.ask("trading-day/next", {}, "POST", "client:a", "k")
    wanted = venue.hash()
    venue.stop()
    for bring in (recover, replay):
        brought = Machine(tmp_path)
        bring(venue.data, brought)
        assert brought.hash() == wanted
    again = host().ask("trading-day/next", {}, "POST", "client:a", "k")
    assert (again.body, again.record, again.replayed) == (first.body, first.record, True)


def test_a_key_is_new_again_a_day_later(venue, clock):
    first = venue.ask("trading-day/next", {}, "POST", "client:a", "k")
    clock.moment += 86_400 * 1_000_000_000
    assert venue.ask("trading-day/next", {}, "POST", "client:a", "k").replayed is True
    clock.moment += 1
    again = venue.ask("trading-day/next", {}, "POST", "client:a", "k")
    assert again.body["date"] > first.body["date"]


def test_without_a_log_a_key_counts_as_well(host, demo_config):
    venue = host(demo_config(durability="memory"))
    first = venue.ask("trading-day/next", {}, "POST", "client:a", "k")
    assert venue.ask("trading-day/next", {}, "POST", "client:a", "k").record == first.record


def test_a_key_is_under_way_until_its_call_is_done(venue, monkeypatch):
    gate = venue.call(asyncio.Event)

    async def slow(call):
        await gate.wait()
        call.venue.journal.begin()
        call.venue.next_day()
        return Answer(200, TradingDay("2026-11-20", "slow"), 0)

    routes = [route._replace(serve=slow) if route.path == "trading-day/next" else route for route in ROUTES]
    monkeypatch.setattr("venue.operations.CALLS", tuple(routes))
    keeper = venue.venue.control.clerk
    asking = asyncio.run_coroutine_threadsafe(keeper.serve("trading-day/next", {}, "POST", "client:a", "k"), venue.loop)
    assert venue.ask("ports").status == 200, "others have their turn"
    second = venue.ask("trading-day/next", {}, "POST", "client:a", "k")
    assert (second.status, second.body["errors"][0]["field"]) == (409, KEY)
    assert venue.ask("phase", HALT).status == 200
    venue.call(gate.set)
    answer = asking.result(10)
    assert venue.ask("trading-day/next", {}, "POST", "client:a", "k").replayed is True
    venue.wait_for_disk()
    assert answer.record == machine(venue, lambda machine: machine.number)
    roll = [kind for commit in commits(venue.data) for kind, payload in commit if b"2026-11-20" in payload]
    assert roll == [Kind.COMMAND, Kind.OPERATION]


@pytest.mark.slow
@pytest.mark.parametrize("durability", ["process", "disk"])
def test_a_retry_after_a_kill_gets_the_recorded_answer_and_does_nothing_twice(launch, durability):
    venue = launch("--durability", durability)
    dates = []
    for turn in range(6):
        first = venue.ask("trading-day/next", {}, "POST", "client:a", f"turn-{turn}")
        venue.kill()
        venue = launch("--durability", durability)
        again = venue.ask("trading-day/next", {}, "POST", "client:a", f"turn-{turn}")
        assert (again.body, again.record, again.replayed) == (first.body, first.record, True)
        dates.append(first.body["date"])
    assert dates == sorted(set(dates))
    assert venue.stop() == 0
