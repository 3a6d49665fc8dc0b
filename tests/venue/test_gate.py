"""Nothing leaves before its record is durable, in order, and never after a failed commit."""

import threading
from contextlib import closing
from datetime import date

import pytest

from venue import gate as gate_module
from venue.gate import Gate, Writer
from venue.log import Fenced, MemoryLog
from venue.record import HEADER_LENGTH, Kind, Record
from venue.stream import Stream


@pytest.fixture
def touched():
    return []


@pytest.fixture
def told():
    """What was said to whom, in order."""
    return []


@pytest.fixture
def make_stream(tmp_path, touched, told):
    def make(name):
        stream = Stream(name, touched, tmp_path)
        stream.listener = lambda: told.append((name, stream.released))
        return stream

    return make


def test_output_leaves_when_its_record_is_durable_and_not_before(make_stream, touched, told):
    gate, stream = Gate(), make_stream("A")
    for number in (1, 2, 3):
        stream.append(b"12345")
        gate.hold(number, touched)
    assert (stream.released, told, gate.waiting, touched) == (0, [], 3, [])
    gate.durable(2)
    assert (stream.released, told) == (10, [("A", 10)])  # one flush for two records
    gate.durable(2)
    gate.durable(1)
    assert told == [("A", 10)]
    gate.durable(3)
    assert (stream.released, told, gate.waiting) == (15, [("A", 10), ("A", 15)], 0)


def test_a_record_that_touches_nothing_waits_for_nothing(touched):
    gate = Gate()
    gate.hold(1, touched)
    assert gate.waiting == 0


def test_answers_keep_their_place_between_the_streams_releases(make_stream, touched, told):
    gate, one, two = Gate(), make_stream("A"), make_stream("B")
    one.append(b"1")
    gate.hold(1, touched)
    gate.call_when_durable(2, lambda: told.append("login accepted"))
    two.append(b"22")
    one.append(b"1")
    gate.hold(3, touched)
    gate.call_when_durable(3, lambda: told.append("reply"))
    gate.durable(3)
    assert told == [("A", 1), "login accepted", ("B", 2), ("A", 2), "reply"]


def test_what_is_durable_already_is_released_at_once(make_stream, touched, told):
    gate, stream = Gate(), make_stream("A")
    gate.durable(5)
    gate.call_when_durable(5, lambda: told.append("reply"))
    stream.append(b"1")
    gate.hold(5, touched)
    assert told == ["reply", ("A", 1)]


def test_an_open_gate_holds_nothing(make_stream, touched, told):
    gate, stream = Gate(is_open=True), make_stream("A")
    stream.append(b"1")
    gate.hold(1, touched)
    gate.call_when_durable(2, lambda: told.append("reply"))
    assert (told, gate.waiting) == ([("A", 1), "reply"], 0)


def test_a_closed_gate_never_opens(make_stream, touched, told):
    gate, stream = Gate(), make_stream("A")
    stream.append(b"1")
    gate.hold(1, touched)
    gate.call_when_durable(1, lambda: told.append("reply"))
    gate.close()
    gate.durable(1)
    stream.append(b"1")
    gate.hold(1, touched)
    gate.call_when_durable(1, lambda: told.append("reply"))
    gate.durable(2)
    assert (stream.released, told, gate.waiting) == (0, [], 0)


def test_a_listener_may_close_the_gate_and_nobody_else_is_told(make_stream, touched, told):
    gate, one, two = Gate(), make_stream("A"), make_stream("B")
    one.append(b"1")
    two.append(b"1")
    one.listener = gate.close
    gate.hold(1, touched)
    gate.durable(1)
    assert told == []


def test_a_stream_without_a_connection_is_released_silently(tmp_path, touched):
    gate, stream = Gate(), Stream("A", touched, tmp_path)
    stream.append(b"1")
    gate.hold(1, touched)
    gate.durable(1)
    assert stream.released == 1


class SlowLog(MemoryLog):
    """Holds each append until told, and can be made to fail."""

    def __init__(self, directory):
        super().__init__(directory)
        self.commits = []
        self.go = threading.Event()
        self.entered = threading.Event()
        self.failure = None

    def append(self, batch, epoch):
        self.entered.set()
        assert self.go.wait(10)
        if self.failure:
            raise self.failure
        self.commits.append(len(batch))
        return super().append(batch, epoch)

    def roll(self, day):
        self.commits.append(day)


def records(count, payload=b"12345"):
    return [Record(Kind.MESSAGE, 1, 0, 0, payload) for _ in range(count)]


@pytest.fixture
def log(tmp_path):
    with closing(SlowLog(tmp_path)) as log:
        yield log


@pytest.fixture
def reports():
    return []


@pytest.fixture
def failures():
    return []


@pytest.fixture
def writer(log, reports, failures):
    writer = Writer(log, 0, reports.append, failures.append)
    writer.start()
    yield writer
    log.go.set()
    writer.stop()


def test_what_is_queued_while_the_disk_is_busy_becomes_one_commit(log, writer, reports):
    writer.submit(records(1))
    assert log.entered.wait(10)
    for _ in range(10):
        writer.submit(records(3))
    assert (writer.unflushed_records, writer.unflushed_bytes) == (31, 31 * (HEADER_LENGTH + 5))
    log.go.set()
    writer.stop()
    assert (log.commits, reports) == ([1, 30], [1, 31])
    assert (writer.unflushed_records, writer.unflushed_bytes) == (0, 0)


@pytest.mark.parametrize(("bound", "value"), [("COMMIT_RECORDS", 10), ("COMMIT_BYTES", 10 * (HEADER_LENGTH + 5))])
def test_a_commit_is_bounded(log, writer, reports, monkeypatch, bound, value):
    monkeypatch.setattr(gate_module, bound, value)
    writer.submit(records(1))
    assert log.entered.wait(10)
    for _ in range(8):
        writer.submit(records(4))
    log.go.set()
    writer.stop()
    assert log.commits == [1, 12, 12, 8]
    assert reports == [1, 13, 25, 33]


def test_a_roll_keeps_its_place_among_the_batches(log, writer):
    log.go.set()
    day = date(2026, 11, 23)
    writer.submit(records(2))
    writer.roll(day)
    writer.submit(records(3))
    writer.stop()
    before, after = log.commits[: log.commits.index(day)], log.commits[log.commits.index(day) + 1 :]
    assert (sum(before), sum(after)) == (2, 3)


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), Fenced("epoch"), ValueError("anything")])
def test_a_failed_commit_is_told_once_and_nothing_after_it_is_reported(
    log, writer, reports, failures, make_stream, touched, told, problem
):
    gate, stream = Gate(), make_stream("A")
    log.failure = problem
    for number in (1, 2, 3):
        writer.submit(records(1))
        stream.append(b"x")
        gate.hold(number, touched)
    log.go.set()
    writer.stop()
    assert (reports, failures) == ([], [problem])
    gate.close()
    writer.submit(records(1))
    gate.durable(3)
    assert (reports, failures, stream.released, told) == ([], [problem], 0, [])
    assert writer.unflushed_records == 4


def test_an_empty_batch_is_no_commit(log, writer, reports):
    log.go.set()
    writer.submit([])
    writer.stop()
    assert (log.commits, reports) == ([], [])
