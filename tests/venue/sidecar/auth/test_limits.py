"""How often one may ask: bursts, rates, what is told, and how little is kept."""

from ipaddress import ip_address

import pytest
from gatehouse import bearer

from venue.problem import Problem
from venue.sidecar.auth import limits
from venue.sidecar.auth.limits import Buckets, network_of, too_many


class Hand:
    """A clock set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Hand()


def taken(buckets, name="a", most=1_000):
    """How many requests are let through at this moment, and what the next one is told."""
    for count in range(most):
        try:
            buckets.take(name)
        except Problem as problem:
            return count, {429: int(problem.headers["Retry-After"])}[problem.status]
    return most, None


def test_a_burst_then_the_rate(clock):
    buckets = Buckets(10, 30, clock)
    assert taken(buckets) == (30, 1)
    clock.now += 0.5
    assert taken(buckets) == (5, 1)
    clock.now += 0.09
    assert taken(buckets) == (0, 1)
    clock.now += 1_000
    assert taken(buckets) == (30, 1)


def test_what_is_told_to_wait_is_enough(clock):
    buckets = Buckets(1, 2, clock)
    assert taken(buckets) == (2, 1)
    clock.now += 1
    assert taken(buckets) == (1, 1)


def test_each_has_a_bucket(clock):
    buckets = Buckets(1, 2, clock)
    assert taken(buckets, "a") == (2, 1)
    assert taken(buckets, "b") == (2, 1)


def test_whoever_asked_longest_ago_is_forgotten_first(clock, monkeypatch):
    monkeypatch.setattr(limits, "BUCKETS_KEPT", 3)
    buckets = Buckets(1, 1, clock)
    for name in "abc":
        buckets.take(name)
    clock.now += 1
    buckets.take("a")
    buckets.take("d")
    assert list(buckets._buckets) == ["c", "a", "d"]
    for number in range(100):
        buckets.take(str(number))
    assert len(buckets) == 3


@pytest.mark.parametrize(("seconds", "told"), [(0.0, "1"), (0.1, "1"), (1.0, "1"), (1.01, "2"), (59.5, "60")])
def test_the_wait_is_told_in_whole_seconds(seconds, told):
    assert too_many("x", seconds).headers == {"Retry-After": told}


def test_the_addresses_of_an_ipv6_network_share_a_bucket():
    assert network_of(ip_address("192.0.2.1")) != network_of(ip_address("192.0.2.2"))
    assert network_of(ip_address("2001:db8::1")) == network_of(ip_address("2001:db8::ffff:1"))
    assert network_of(ip_address("2001:db8::1")) != network_of(ip_address("2001:db8:0:1::1"))


LIMITS = "client_requests_per_second = 1\nclient_burst = 3\n"


async def test_a_client_that_asks_too_often_is_told_to_wait_and_others_are_not(build):
    house = await build(("token_seconds = 300", LIMITS + "address_burst = 1000"))
    token, other = await house.access(), await house.access("ntf-operator")
    answers = [await house.ask("GET", "/who", headers=bearer(token)) for _ in range(5)]
    assert [answer.status for answer in answers[:3]] == [200] * 3
    assert 429 in [answer.status for answer in answers]
    last = next(answer for answer in answers if answer.status == 429)
    assert last.content_type == "application/problem+json"
    assert last.headers["Retry-After"] == "1"
    assert (await house.ask("GET", "/who", headers=bearer(other))).status == 200


async def test_a_second_token_is_no_second_bucket(build):
    house = await build(("token_seconds = 300", "client_requests_per_second = 1\nclient_burst = 1\n"))
    tokens = [await house.access() for _ in range(4)]
    statuses = [(await house.ask("GET", "/who", headers=bearer(token))).status for token in tokens]
    assert statuses.count(429) >= 2


async def test_an_address_that_asks_too_often_is_told_so_before_anything_is_read_and_others_are_not(build):
    house = await build(("token_seconds = 300", "address_requests_per_second = 1\naddress_burst = 2\n"))
    answers = [await house.ask("GET", path) for path in ("/anyone", "/who", "/nowhere", "/auth/jwks", "/anyone")]
    assert [answer.status for answer in answers[:2]] == [200, 401]
    assert 429 in [answer.status for answer in answers[2:]]
    answer = await house.ask("POST", "/auth/token", data=b"x" * 100_000)
    assert answer.status in (400, 413, 429)
    assert (await house.ask("GET", "/anyone", source="127.0.0.2")).status == 200
