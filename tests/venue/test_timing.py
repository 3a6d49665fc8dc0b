"""Figures for monitoring: samples are taken while somebody asks, count what was timed, and wake nobody otherwise."""

import time

import pytest

from venue import timing
from venue.clock import RealClock
from venue.timing import BUCKETS, Histogram

PATIENCE = 15.0


@pytest.fixture(params=["memory", "process", "disk"])
def venue(request, host, demo_config):
    return host(demo_config(durability=request.param), clock=RealClock())


def metrics(venue):
    response = venue.ask("metrics")
    assert (response.status, response.record) == (200, 0)
    return response.body


def keep_trading(client, number, until):
    """Enter orders until something is so."""
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end
        for _ in range(20):
            number += 1
            client.enter(number)
            client.expect("A")
    return number


def is_armed(venue):
    return venue.call(lambda: venue.venue.journal.sample is not None)


def test_nothing_is_timed_before_somebody_asks(venue, connect):
    client = connect(venue, name="IN19T6")
    client.expect("S")
    client.enter(1)
    client.expect("A")
    assert not is_armed(venue)
    first = metrics(venue)
    assert (first["matching"]["count"], first["gatewayToGateway"]["count"]) == (0, 0)
    assert is_armed(venue)


def test_messages_are_timed_from_the_read_to_the_end_of_matching_and_to_the_release(venue, connect):
    client = connect(venue, name="IN19T6")
    client.expect("S")
    metrics(venue)
    keep_trading(client, 0, lambda: metrics(venue)["gatewayToGateway"]["count"] >= 5)
    shown = metrics(venue)
    matching, whole = shown["matching"], shown["gatewayToGateway"]
    assert matching["count"] >= whole["count"] == sum(whole["counts"])
    assert len(matching["counts"]) == len(matching["bounds"]) + 1
    assert matching["sum"] > 0
    assert whole["sum"] > 0


def test_all_messages_of_one_read_count(venue, connect):
    client = connect(venue, name="IN19T6")
    client.expect("S")
    metrics(venue)
    client.send(*(client.order(number) for number in range(1, 31)))
    client.take(30)
    venue.wait_for_disk()
    assert 1 <= metrics(venue)["matching"]["count"] <= 30


def test_what_is_no_message_is_not_timed(venue):
    metrics(venue)
    venue.ask("phase", {"venue": "nasdaq", "phase": "HALT"})
    assert metrics(venue)["matching"]["count"] == 0


def test_an_operation_does_not_end_the_samples(venue, connect):
    client = connect(venue, name="IN19T6")
    client.expect("S")
    metrics(venue)
    venue.ask("phase", {"venue": "nasdaq", "book": "MSFT", "phase": "HALT"})
    keep_trading(client, 0, lambda: metrics(venue)["matching"]["count"] > 0)


def test_an_idle_venue_stays_armed_and_wakes_for_nothing(venue):
    metrics(venue)
    sample = venue.call(lambda: venue.venue.journal.sample)
    time.sleep(5 * timing.SAMPLE_SECONDS)
    assert venue.call(lambda: venue.venue.journal.sample) is sample


def test_samples_and_ticks_end_a_while_after_the_last_question(venue, monkeypatch):
    monkeypatch.setattr(timing, "WATCHED_SECONDS", 0.0)
    monkeypatch.setattr(timing, "TICK_SECONDS", 0.01)
    metrics(venue)
    end = time.monotonic() + PATIENCE
    while venue.call(lambda: venue.venue.timing.timer is not None):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not is_armed(venue)
    monkeypatch.setattr(timing, "WATCHED_SECONDS", 60.0)
    metrics(venue)
    assert is_armed(venue), "the next question starts them again"


def test_the_figures_tell_who_is_there_and_what_is_not_durable(venue, connect):
    clients = [connect(venue, name="IN19T6"), connect(venue)]
    clients[0].expect("S")
    shown = metrics(venue)
    assert (shown["connections"], shown["loggedIn"]) == (2, 1)
    assert shown["record"] == venue.call(lambda: venue.venue.machine.number)
    assert 0 <= shown["capacityUsed"] <= shown["capacityUsedMost"] <= 1
    assert shown["busySeconds"] > 0
    assert shown["upSeconds"] > 0
    assert shown["aheadRecords"] >= 0
    assert venue.call(lambda: venue.venue.timing.timer is not None)


def test_a_sample_that_waits_hinders_no_stop(venue, connect):
    client = connect(venue, name="IN19T6")
    client.expect("S")
    metrics(venue)
    venue.stop()
    assert not venue.faults


@pytest.mark.parametrize(
    ("nanoseconds", "bucket"),
    [(0, 0), (1_000, 0), (1_001, 1), (2_000, 1), (500_000_000, len(BUCKETS) - 1), (500_000_001, len(BUCKETS))],
)
def test_a_time_is_counted_in_the_first_bucket_that_it_fits_in(nanoseconds, bucket):
    histogram = Histogram()
    histogram.add(nanoseconds, 3)
    assert histogram.counts[bucket] == 3
    shown = histogram.view()
    assert (shown.count, sum(shown.counts), shown.sum) == (3, 3, nanoseconds * 3 / 1e9)
    assert shown.bounds == sorted(set(shown.bounds))
