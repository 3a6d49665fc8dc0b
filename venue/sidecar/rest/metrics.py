"""/metrics: the venue's figures for Prometheus, computed when they are asked for.

The six that RTS 7 has a venue watch are capacity used, messages in, out and rejected by port, and the times from
gateway to gateway and in matching. The counts come from the replica, the times and what only the engine process knows
from one look at it. Every family is a row of `FAMILIES`, which docs/monitoring.md lists.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from itertools import accumulate, chain
from typing import NamedTuple

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from venue.journal import RUN_AHEAD_BYTES, RUN_AHEAD_RECORDS
from venue.sidecar.rest.endpoints import Ask, Reply
from venue.timing import HistogramView, Metrics


class Family(NamedTuple):
    """One metric: its name after `portcullis_`, its kind, what it tells, and its labels."""

    name: str
    kind: type[Metric]
    tells: str
    labels: tuple[str, ...] = ()


PORT = ("port", "venue")
FAMILIES = (
    Family("capacity_used_ratio", GaugeMetricFamily, "Share in use of what orders need, in the last second.", ("of",)),
    Family("capacity_used_most_ratio", GaugeMetricFamily, "The most of it in a second of the last minute.", ("of",)),
    Family("messages_in", CounterMetricFamily, "Application messages received.", PORT),
    Family("messages_out", CounterMetricFamily, "Application messages sent.", PORT),
    Family("messages_rejected", CounterMetricFamily, "Messages sent that reject what was asked.", PORT),
    Family("messages_in_last_second", GaugeMetricFamily, "Received in the last whole second.", PORT),
    Family("messages_out_last_second", GaugeMetricFamily, "Sent in the last whole second.", PORT),
    Family("messages_rejected_last_second", GaugeMetricFamily, "Rejected in the last whole second.", PORT),
    Family("gateway_to_gateway_seconds", HistogramMetricFamily, "From a message's read to its answer's release."),
    Family("matching_seconds", HistogramMetricFamily, "A message in decoding, risk checks and matching."),
    Family("connections", GaugeMetricFamily, "Connections to order ports."),
    Family("logged_in", GaugeMetricFamily, "Whether somebody is logged in, 0 or 1.", PORT),
    Family("live_orders", GaugeMetricFamily, "Orders on the books.", PORT),
    Family("run_ahead_records", GaugeMetricFamily, "Records applied that are not durable yet."),
    Family("run_ahead_bytes", GaugeMetricFamily, "Bytes of records that are not durable yet."),
    Family("engine_up", GaugeMetricFamily, "Whether the engine process answers, 0 or 1."),
    Family("engine_up_seconds", GaugeMetricFamily, "How long the engine process has been running."),
    Family("engine_busy_seconds", CounterMetricFamily, "Processor time of the engine's loop."),
    Family("engine_loop_lag_seconds", GaugeMetricFamily, "How late the engine's loop was in the last second."),
    Family("engine_record", GaugeMetricFamily, "The last record applied by the engine."),
    Family("durable_record", GaugeMetricFamily, "The last record that is known to be durable."),
    Family("replica_record", GaugeMetricFamily, "The last record applied by the replica."),
    Family("replica_lag_records", GaugeMetricFamily, "Durable records that the replica has not applied yet."),
    Family("replica_lag_seconds", GaugeMetricFamily, "How old the replica's state is; 0 when it is the present one."),
    Family(
        "replica_trusted", GaugeMetricFamily, "Whether the replica's state is the engine's, as last compared, 0 or 1."
    ),
    Family("state_comparisons", CounterMetricFamily, "Comparisons of the replica's state with the engine's."),
    Family("state_differences", CounterMetricFamily, "Comparisons that found a difference."),
    Family(
        "trading_day_info", GaugeMetricFamily, "The trading date and the session's name, always 1.", ("date", "session")
    ),
    Family("venue_time_seconds", GaugeMetricFamily, "Venue time of the replica's last record, since the Unix epoch."),
    Family("clock_manual", GaugeMetricFamily, "Whether the venue's clock is moved by hand, 0 or 1."),
    Family("storage_low", GaugeMetricFamily, "Whether new orders are refused for want of disk space, 0 or 1."),
)
"""Every metric, in the order in which they are given."""
SCRAPE_SECONDS = 2.0
"""How long a scrape waits for the engine process."""

Values = dict[str, list[tuple[Sequence[str], float]]]
"""For each family its samples: the labels' values, and the figure."""
Figure = tuple[str, tuple[str, ...], float]
"""A family's name, the labels' values, and the figure."""
Distributions = dict[str, tuple[list[tuple[str, float]], float]]
"""For each histogram its buckets (upper bound, count up to it) and the sum."""


class Scrape(Collector):
    """What one scrape has found, as Prometheus's library takes it."""

    def __init__(self, values: Values, distributions: Distributions) -> None:
        self.values = values
        self.distributions = distributions

    def collect(self) -> Iterable[Metric]:
        """Give every family that has figures."""
        for family in FAMILIES:
            name = f"portcullis_{family.name}"
            if family.name in self.distributions:
                buckets, total = self.distributions[family.name]
                yield HistogramMetricFamily(name, family.tells, buckets=buckets, sum_value=total)
            elif family.name in self.values:
                is_counter = family.kind is CounterMetricFamily
                kind = CounterMetricFamily if is_counter else GaugeMetricFamily
                metric = kind(name, family.tells, labels=family.labels)
                for labels, value in self.values[family.name]:
                    metric.add_metric(labels, value)
                yield metric


async def metrics(ask: Ask) -> Reply:
    """Give all figures in the form that the caller takes: Prometheus's text, or OpenMetrics."""
    values: Values = {}
    distributions: Distributions = {}
    engine = await look_at_engine(ask)
    figures = chain(
        of_replica(ask), () if engine is None else of_engine(engine), [("engine_up", (), engine is not None)]
    )
    for name, labels, value in figures:
        values.setdefault(name, []).append((labels, value))
    if engine is not None:
        distributions["gateway_to_gateway_seconds"] = cumulative(engine.gateway_to_gateway)
        distributions["matching_seconds"] = cumulative(engine.matching)
    registry = CollectorRegistry()
    registry.register(Scrape(values, distributions))
    encode, media = choose_encoder(ask.request.headers.get("Accept", ""))
    return Reply(encode(registry), ask.sidecar.replica.applied, media=media)


async def look_at_engine(ask: Ask) -> Metrics | None:
    """Give what the engine process tells of itself, None where it does not answer in time."""
    try:
        async with asyncio.timeout(SCRAPE_SECONDS):
            response = await ask.sidecar.engine.glance("metrics")
    except OSError:
        return None
    return msgspec.convert(response.body, Metrics) if response.status == HTTPStatus.OK else None


def cumulative(times: HistogramView) -> tuple[list[tuple[str, float]], float]:
    """Give a histogram's buckets as Prometheus has them: each holds what is in those below, the last one all."""
    bounds = [*map(repr, times.bounds), "+Inf"]
    return list(zip(bounds, accumulate(times.counts), strict=True)), times.sum


def of_engine(engine: Metrics) -> Iterator[Figure]:
    """Give what only the engine process knows."""
    yield "capacity_used_ratio", ("engine",), engine.capacity_used
    yield "capacity_used_most_ratio", ("engine",), engine.capacity_used_most
    ahead = max(engine.ahead_records / RUN_AHEAD_RECORDS, engine.ahead_bytes / RUN_AHEAD_BYTES)
    yield "capacity_used_ratio", ("log",), min(ahead, 1)
    yield "connections", (), engine.connections
    yield "run_ahead_records", (), engine.ahead_records
    yield "run_ahead_bytes", (), engine.ahead_bytes
    yield "engine_up_seconds", (), engine.up_seconds
    yield "engine_busy_seconds", (), engine.busy_seconds
    yield "engine_loop_lag_seconds", (), engine.loop_lag_seconds
    yield "engine_record", (), engine.record


def of_replica(ask: Ask) -> Iterator[Figure]:
    """Give what the replica knows."""
    replica = ask.sidecar.replica
    machine = replica.machine
    engine = machine.engine
    second = time.time_ns() // 1_000_000_000
    for port in engine.ports.values():
        labels, counts = (port.name, port.market), replica.counts.of(port.index)
        rates = (("in", counts.incoming), ("out", counts.outgoing), ("rejected", counts.rejected))
        for name, rate in rates:
            yield f"messages_{name}", labels, rate.total
            yield f"messages_{name}_last_second", labels, rate.last_second(second)
    for port in engine.ports.values():
        labels = (port.name, port.market)
        yield "logged_in", labels, port.index in machine.connected
        yield "live_orders", labels, len(port.orders)
    yield "durable_record", (), replica.engine_record
    yield "replica_record", (), machine.number
    yield "replica_lag_records", (), replica.lag
    yield "replica_lag_seconds", (), replica.lag_ms / 1000
    yield "trading_day_info", (engine.date, engine.session), 1
    yield "venue_time_seconds", (), machine.venue_time / 1e9
    comparison = ask.sidecar.comparison
    yield "replica_trusted", (), comparison.is_trusted
    yield "state_comparisons", (), comparison.made
    yield "state_differences", (), comparison.differences
    yield "clock_manual", (), machine.clock != "real"
    yield "storage_low", (), engine.storage_low
