"""Explaining for others: each replay in a process of its own, few at once, none for ever, and the last ones kept."""

import asyncio

import pytest

from venue.explain.find import Order
from venue.explain.replay import explain
from venue.log import read_log
from venue.problem import Problem
from venue.sidecar import explain as explaining
from venue.sidecar.explain import AT_ONCE, KEPT, WAITING_MAX, Explainer


@pytest.fixture
def refused(host, connect):
    """A log with a refused order, and its record."""
    venue = host()
    client = connect(venue, name="IN30T1")
    client.enter(1, quantity=5_001)
    client.enter(2)
    client.take(3)
    venue.wait_for_disk()
    return venue.data, next(number for number, record in read_log(venue.data) if record.payload[:1] == b"O")


async def test_a_record_and_an_order_are_explained_as_by_a_replay_here(refused):
    data, number = refused
    explainer = Explainer(data)
    expected = explain(data, number)
    assert await explainer.record(number) == expected
    assert await explainer.order(Order("IN30T1", 1)) == expected


async def test_what_was_explained_is_kept(refused, monkeypatch):
    data, number = refused
    explainer = Explainer(data)
    first = await explainer.record(number)
    monkeypatch.setattr(explaining, "COMMAND", ("/no/such/program",))
    assert await explainer.record(number) is first
    with pytest.raises(FileNotFoundError):
        await explainer.record(number + 1)


async def test_no_more_than_so_many_are_kept(refused):
    data, number = refused
    explainer = Explainer(data)
    for stale in range(10_000, 10_000 + KEPT):
        explainer.kept[stale] = None
    await explainer.record(number)
    assert len(explainer.kept) == KEPT
    assert 10_000 not in explainer.kept


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        (lambda explainer: explainer.record(1), 404, "rejectId"),
        (lambda explainer: explainer.record(99_999), 404, "rejectId"),
        (lambda explainer: explainer.order(Order("NOBODY", 1)), 404, "port"),
        (lambda explainer: explainer.order(Order("IN30T1", 2)), 409, "userRefNum"),
        (lambda explainer: explainer.order(Order("IN30T1", cl_ord_id="")), 422, "clOrdId"),
    ],
)
async def test_a_problem_comes_through_with_its_status_and_field(refused, query, status, field):
    with pytest.raises(Problem) as raised:
        await query(Explainer(refused[0]))
    assert raised.value.status == status
    assert [error.field for error in raised.value.errors] == [field]


async def test_a_replay_that_takes_too_long_is_given_up(refused, monkeypatch):
    monkeypatch.setattr(explaining, "COMMAND", ("sh", "-c", "exec sleep 60"))
    with pytest.raises(Problem, match="given up") as raised:
        await Explainer(refused[0], seconds=0.05).record(1)
    assert raised.value.status == 503


async def test_a_process_that_fails_is_a_problem_and_no_hang(refused, monkeypatch):
    monkeypatch.setattr(explaining, "COMMAND", ("sh", "-c", "exit 3"))
    with pytest.raises(Problem, match="exit code 3"):
        await Explainer(refused[0]).record(1)


async def test_a_damaged_log_is_a_problem(tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "2026-11-20.db").write_bytes(b"")
    with pytest.raises(Problem, match="damaged") as raised:
        await Explainer(tmp_path).record(1)
    assert raised.value.status == 503


async def test_only_so_many_run_and_wait(refused, monkeypatch, tmp_path):
    script = f"echo >> {tmp_path}/running; exec sleep 60"
    monkeypatch.setattr(explaining, "COMMAND", ("sh", "-c", script))
    explainer = Explainer(refused[0])
    calls = [asyncio.ensure_future(explainer.record(number)) for number in range(1, AT_ONCE + WAITING_MAX + 1)]
    running = tmp_path / "running"
    while not running.exists() or len(running.read_text().splitlines()) < AT_ONCE:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.01)
    with pytest.raises(Problem, match="ask again") as raised:
        await explainer.record(77)
    assert raised.value.status == 503
    assert raised.value.headers["Retry-After"].isdecimal()
    assert len(running.read_text().splitlines()) == AT_ONCE
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
