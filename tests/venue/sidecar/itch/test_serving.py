"""ITCH and GLIMPSE over SoupBinTCP: logins, numbers, joining without a gap, the end of a day, readers that are slow."""

import asyncio
import sys
from pathlib import Path

import pytest
from nasdaq_protocols import soup

sys.path.append(str(Path(__file__).parent))

from witness import Reader

from itchproto import codec
from venue.connection import WRITE_LIMIT, WRITE_PIECE
from venue.sidecar.itch.server import READERS_MAX
from wire.soup import sequenced

SERVED = pytest.mark.section("TotalView-ITCH 5.0", "Delivery over SoupBinTCP")
SNAPSHOT = pytest.mark.section("GLIMPSE 5.0", "Snapshot")
DIRECTORY = 26


@SERVED
async def test_a_reader_gets_the_day_from_the_first_message_and_what_comes(host, connect, serve):
    venue = host()
    served = await serve(venue)
    reader = await served.connect()
    letter, accepted = await reader.login()
    assert (letter, accepted[:10].decode()) == ("A", venue.venue.machine.engine.session)
    assert int(accepted[10:]) == 1
    letters = [message[:1] for message in await reader.messages(DIRECTORY + 1)]
    assert b"".join(letters) == b"S" + b"R" * 8 + b"H" * 8 + b"Y" * 8 + b"SS"
    client = connect(venue, name="IN19T6")
    client.enter(1)
    (added,) = await reader.messages(1)
    assert codec.unpack_add_order(added)[3:] == (1, b"B", 100, b"AAPL    ", 1_900_000)
    assert added[1:3] == b"\x00\x01"


@SERVED
async def test_a_reader_may_begin_with_any_number_and_many_may_read(host, serve):
    served = await serve(host())
    readers = [await served.connect() for _ in range(3)]
    for reader, sequence, first in zip(
        readers, (20, DIRECTORY + 2, 0), (20, DIRECTORY + 2, DIRECTORY + 1), strict=True
    ):
        letter, accepted = await reader.login(sequence)
        assert (letter, int(accepted[10:])) == ("A", first)
    assert len(await readers[0].messages(DIRECTORY + 2 - 20)) == 8


@SERVED
@pytest.mark.parametrize(
    ("login", "reason"),
    [
        ({"password": "wrong"}, b"A"),
        ({"user": "IN19T6"}, b"A"),
        ({"sequence": 1_000}, b"S"),
        ({"session": "ANOTHER"}, b"S"),
    ],
)
async def test_a_login_that_cannot_be_is_rejected(host, serve, login, reason):
    served = await serve(host())
    reader = await served.connect()
    assert await reader.login(**login) == ("J", reason)
    assert await reader.next() is None


@SNAPSHOT
async def test_a_snapshot_and_the_feed_join_without_a_gap(host, connect, serve):
    venue = host()
    served = await serve(venue)
    client = connect(venue, name="IN19T6")
    for number in (1, 2, 3):
        client.enter(number)
    client.send(client.cancel(2, 40))
    client.take(5)
    venue.wait_for_disk()
    number = venue.call(lambda: venue.venue.machine.number)
    await served.replica.reached(number)
    glimpse = await served.connect("glimpse.nasdaq")
    assert (await glimpse.login())[0] == "A"
    *messages, end, over = await glimpse.to_end()
    assert over == ("Z", b"")
    orders = {codec.unpack_add_order(message)[3]: codec.unpack_add_order(message)[5] for _, message in messages[-3:]}
    assert orders == {1: 100, 2: 40, 3: 100}
    following = int(codec.unpack_end_of_snapshot(end[1])[0])
    reader = await served.connect()
    assert int((await reader.login(following))[1][10:]) == following
    client.send(client.cancel(3))
    (deleted,) = await reader.messages(1)
    assert codec.unpack_order_delete(deleted)[3] == 3


@SNAPSHOT
async def test_a_snapshot_begins_with_its_first_message(host, serve):
    served = await serve(host())
    glimpse = await served.connect("glimpse.nasdaq")
    assert await glimpse.login(2) == ("J", b"S")


@SERVED
async def test_with_the_day_ends_the_session(host, serve, clock):
    venue = host()
    served = await serve(venue)
    reader = await served.connect()
    await reader.login(DIRECTORY + 2)
    clock.moment += 86_400 * 10**9
    venue.call(venue.venue.next_day)
    *messages, over = await reader.to_end()
    assert [codec.unpack_system_event(message)[3] for _, message in messages] == [b"M", b"E", b"C"]
    assert over == ("Z", b"")
    reader = await served.connect()
    assert (await reader.login())[1][:10].decode() == venue.call(lambda: venue.venue.machine.engine.session)


@SERVED
async def test_a_reader_that_does_not_read_holds_up_nobody_and_is_left(host, serve):
    served = await serve(host(), ("slow_reader_limit_ms = 30000", "slow_reader_limit_ms = 300"))
    slow, quick = await served.connect(), await served.connect()
    slow.writer.transport.pause_reading()
    slow.ask()
    await quick.login()
    stream = served.server.feeds["nasdaq"].day.writer.stream
    packet, count = sequenced(bytes(1_000)), 10_000
    reading = asyncio.create_task(quick.messages(DIRECTORY + 1 + count))
    for _ in range(10):
        stream.pending.extend([packet] * (count // 10))
        stream.settle()
        served.server.flush()
        await asyncio.sleep(0)
        unsent = [one.transport.get_write_buffer_size() for one in served.server.connections]
        assert max(unsent) <= WRITE_LIMIT + WRITE_PIECE
    assert (await reading)[-1] == bytes(1_000)
    async with asyncio.timeout(10):
        while len(served.server.connections) > 1:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)


@SERVED
async def test_there_is_room_for_so_many_readers(host, serve):
    served = await serve(host())
    served.server.crowd.most = 2
    readers = [await served.connect() for _ in range(2)]
    for reader in readers:
        await reader.login()
    assert await (await served.connect()).next() is None
    assert READERS_MAX > 2


@SERVED
async def test_a_feed_that_is_made_anew_is_read_again_from_where_it_was(host, serve):
    served = await serve(host())
    reader = await served.connect()
    await reader.login()
    before = await reader.messages(DIRECTORY + 1)
    served.replica.rebuild()
    assert await reader.next() is None
    reader = await served.connect()
    assert (await reader.login())[0] == "A"
    assert await reader.messages(DIRECTORY + 1) == before


@SERVED
async def test_the_exchanges_own_client_library_and_another_ones_decoder_read_the_day_together(host, connect, serve):
    venue = host()
    served = await serve(venue)
    session = await soup.connect_async(served.addresses["itch.nasdaq"], "ITCH01", "NTFTEST")
    connect(venue, name="IN19T6").enter(1)
    reader = Reader()
    try:
        async with asyncio.timeout(20):
            while not reader.orders:
                packet = await session.receive_msg()
                if isinstance(packet, soup.SequencedData):
                    reader.take(packet.data)
    finally:
        await session.close()
    assert reader.queues() == {("AAPL", "B", 1_900_000): [(100, None)]}
    assert reader.messages == DIRECTORY + 2
