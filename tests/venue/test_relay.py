"""The records of a venue in memory mode: whoever asks gets all behind a record, in order, and then what comes."""

import asyncio

import pytest

from venue import relay as relays
from venue.record import Kind, Record, decode_batch
from venue.relay import HEAD, LAST, Relay, asked_for


class Reader:
    """The other end: takes what is written, at its own pace."""

    def __init__(self, is_slow=False):
        self.data = b""
        self.go = asyncio.Event()
        if not is_slow:
            self.go.set()

    def write(self, data):
        self.data += data

    async def drain(self):
        await self.go.wait()

    def records(self):
        (last,), rest = LAST.unpack_from(self.data), self.data[LAST.size :]
        found = []
        while len(rest) >= HEAD.size:
            first, length = HEAD.unpack_from(rest)
            found += enumerate(decode_batch(rest[HEAD.size : HEAD.size + length], first), first)
            rest = rest[HEAD.size + length :]
        return last, found


def record(number, size=20):
    return Record(Kind.MESSAGE, number % 7, number, number, number.to_bytes(4, "big") * (size // 4))


@pytest.fixture
async def relay(tmp_path):
    relay = Relay(asyncio.get_running_loop(), tmp_path)
    yield relay
    relay.close()


@pytest.fixture
async def serve(relay):
    """Let somebody have what is behind a record."""
    tasks = []

    def serve(after, **reader):
        reader = Reader(**reader)
        tasks.append(asyncio.get_running_loop().create_task(relay.serve(after, reader)))
        return reader

    yield serve
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def reaches(relay, number):
    async with asyncio.timeout(10):
        while relay.last < number:  # noqa: ASYNC110 - it is the relay's own timer that is waited for
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.001)


async def test_whoever_asks_gets_each_record_once_from_wherever_it_asks(relay, serve, monkeypatch):
    monkeypatch.setattr(relays, "MARK_BYTES", 10_000)
    every = [record(number) for number in range(1, 3_001)]
    early = serve(0)
    await asyncio.sleep(0)
    for start in range(0, 2_000, 10):
        relay.collector.submit(every[start : start + 10])
        if start % 300 == 0:
            await asyncio.sleep(0.02)
    await reaches(relay, 2_000)
    for after in (0, 1, 9, 10, 299, 300, 301, 1_234, 1_999, 2_000):
        reader = serve(after)
        await asyncio.sleep(0)
        last, found = reader.records()
        assert last == 2_000
        assert [entry for entry in found if entry[0] > after] == list(enumerate(every, 1))[after:2_000]
        assert len(found) <= 2_000 - after + relays.RECORDS_A_TURN, "it begins near what was asked for"
    relay.collector.submit(every[2_000:])
    await reaches(relay, 3_000)
    assert early.records() == (0, list(enumerate(every, 1)))
    assert [entry for entry in reader.records()[1] if entry[0] > 2_000] == list(enumerate(every, 1))[2_000:]


async def test_who_asks_for_more_than_there_is_gets_nothing(relay):
    async with asyncio.timeout(5):
        reader = Reader()
        await relay.serve(1, reader)
    assert reader.data == b""


async def test_a_reader_that_does_not_read_holds_up_nobody_and_fills_no_memory(relay, serve, tmp_path):
    slow, quick = serve(0, is_slow=True), serve(0)
    await asyncio.sleep(0)
    total = 4_000
    for start in range(1, total, 100):
        relay.collector.submit([record(number, 4_000) for number in range(start, start + 100)])
        await asyncio.sleep(0)
    await reaches(relay, total)
    assert len(quick.records()[1]) == total
    assert len(slow.data) <= relays.PIECE + LAST.size
    assert relay._spool._spilled > 0, "what is old is in a file"
    assert not any(tmp_path.iterdir()), "which has no name"
    slow.go.set()
    await asyncio.sleep(0.05)
    assert len(slow.records()[1]) == total


@pytest.mark.parametrize(
    ("request_", "after"),
    [
        (b'{"target": "records?after=12"}', 12),
        (b'{"target": "records?after=0", "verb": "GET"}', 0),
        (b'{"target": "records?after=-1"}', None),
        (b'{"target": "records?after="}', None),
        (b'{"target": "records?after=' + b"9" * 5_000 + b'"}', None),
        (b'{"target": "records"}', None),
        (b'{"target": "ports"}', None),
        (b'{"target": 5}', None),
        (b"{}", None),
        (b"[", None),
        (b'{"target": "\xff"}', None),
    ],
)
def test_only_what_asks_for_records_is_taken_for_that(request_, after):
    assert asked_for(request_) == after


async def test_a_frame_is_found_by_reading_a_part_however_much_came_before(relay, monkeypatch):
    monkeypatch.setattr(relays, "MARK_BYTES", 500)
    starts = {}
    for number in range(1, 301):
        if number % 3 == 1:
            starts[number] = relay._spool.length
        relay.collector.records.append(record(number))
        if number % 3 == 0:
            relay._flush()
    read = []
    whole = relay._spool.slice
    monkeypatch.setattr(
        type(relay._spool), "slice", lambda _, start, end: read.append(end - start) or whole(start, end)
    )
    for number in range(1, 301):
        assert relay._find(number) == starts[number - (number - 1) % 3]
    assert relay._find(301) == relay._spool.length
    assert max(read) < 1_500
