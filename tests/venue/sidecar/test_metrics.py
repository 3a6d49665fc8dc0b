"""The figures at /metrics, read by Prometheus's own parsers and held against what was sent."""

import time
from types import SimpleNamespace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from venue.record import Kind, Record
from venue.sidecar.counts import Counts, Rate
from venue.sidecar.rest.metrics import FAMILIES

SECOND = 1_000_000_000


def figures(anybody):
    """Every sample by its name and its port, or by its name alone."""
    text = anybody.get("/metrics").content.decode()
    return {
        (sample.name.removeprefix("portcullis_"), sample.labels.get("port", "")): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def wait_for(anybody, name, port, value):
    end = time.monotonic() + 15
    while (found := figures(anybody))[name, port] != value:
        assert time.monotonic() < end, found[name, port]
        time.sleep(0.02)
    return found


def test_messages_are_counted_by_port_and_by_what_became_of_them(demo, anybody, connect):
    before = figures(anybody)
    buyer, seller = connect(demo, name="IN19T6"), connect(demo, name="AK01T1")
    for number in range(1, 8):
        buyer.enter(number, symbol="IBM", price=2_400_000)
    buyer.enter(8, symbol="NOSUCH")
    buyer.settle()
    seller.enter(1, symbol="IBM", side=b"S", quantity=300, price=2_400_000)
    seller.settle()
    after = wait_for(anybody, "messages_in_total", "AK01T1", before["messages_in_total", "AK01T1"] + 2)
    grown = {key: after[key] - before[key] for key in after if key in before}
    # an order each, and the Account Query with which `settle` waits
    assert grown["messages_in_total", "IN19T6"] == 8 + 1
    assert grown["messages_out_total", "IN19T6"] == 8 + 1 + 3
    assert grown["messages_rejected_total", "IN19T6"] == 1
    assert grown["messages_out_total", "AK01T1"] == 1 + 1 + 3
    assert grown["messages_rejected_total", "AK01T1"] == 0
    assert grown["messages_in_total", "IN24T4"] == grown["messages_out_total", "IN24T4"] == 0
    assert after["live_orders", "IN19T6"] == 4
    assert after["logged_in", "IN19T6"] == after["logged_in", "AK01T1"] == 1
    assert after["connections", ""] == 2
    assert after["replica_record", ""] == after["durable_record", ""] == after["engine_record", ""]
    buyer.logout()
    seller.logout()
    wait_for(anybody, "connections", "", 0)


def test_times_are_sampled_once_somebody_looks(demo, anybody, connect):
    figures(anybody)
    client = connect(demo, name="IN24T4")
    number = 0
    while not (found := figures(anybody))["gateway_to_gateway_seconds_count", ""]:
        number += 1
        client.enter(number)
        client.settle()
    for name in ("gateway_to_gateway_seconds", "matching_seconds"):
        assert found[f"{name}_count", ""] >= 1
        assert found[f"{name}_bucket", ""] == found[f"{name}_count", ""], "the last bucket holds all"
        assert 0 < found[f"{name}_sum", ""] < 15
    assert found["gateway_to_gateway_seconds_count", ""] <= found["matching_seconds_count", ""]
    client.logout()


def test_every_figure_is_given_and_has_its_help(anybody):
    families = {family.name: family for family in parse(anybody.get("/metrics").content.decode())}
    assert [name.removeprefix("portcullis_") for name in families] == [family.name for family in FAMILIES]
    assert all(family.documentation for family in families.values())
    (day,) = families["portcullis_trading_day_info"].samples
    assert set(day.labels) == {"date", "session"}
    shares = families["portcullis_capacity_used_ratio"].samples
    assert {sample.labels["of"] for sample in shares} == {"engine", "log"}
    assert all(0 <= sample.value <= 1 for sample in shares)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "text/plain; version=0.0.4"),
        ("*/*", "text/plain; version=0.0.4"),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics",
        ),
    ],
)
def test_a_scraper_gets_the_form_that_it_asks_for(anybody, accept, media):
    answered = anybody.get("/metrics", Accept=accept)
    assert answered.status == 200
    assert answered.headers["Content-Type"].startswith(media)
    if "openmetrics" in media:
        assert len(list(parse_openmetrics(answered.content.decode()))) == len(FAMILIES)


def test_a_rate_is_that_of_the_last_whole_second():
    rate = Rate()
    rate.add(3, second=10)
    assert [rate.last_second(now) for now in (10, 11, 12)] == [0, 3, 0]
    rate.add(2, second=11)
    assert [rate.last_second(now) for now in (11, 12, 13)] == [3, 2, 0]
    rate.add(1, second=20)
    assert (rate.last_second(20), rate.last_second(21), rate.total) == (0, 1, 6)


def test_what_is_applied_again_by_a_machine_built_anew_is_not_counted_again():
    counts = Counts()
    message = Record(Kind.MESSAGE, 0, 0, 5 * SECOND, b"O")
    for number in (1, 2, 3, 1, 2, 3, 4):
        counts.came(message, SimpleNamespace(number=number))
    assert counts.of(0).incoming.total == 4
