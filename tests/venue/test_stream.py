"""A stream gives back what was appended, wherever it is kept by now."""

import errno
import os
import random
from hashlib import sha256

import pytest

from venue.spool import BLOCK
from venue.stream import LENGTHS_KEPT, MARK_EVERY, Stream


@pytest.fixture
def touched():
    return []


def hold(touched):
    """Do to the streams what the gate does."""
    for stream in touched:
        stream.untouched = True
        stream.settle()
    touched.clear()


def filled(tmp_path, touched, memory_limit, seed=3, packets=3000):
    rng = random.Random(seed)
    stream, model = Stream("S000000001", touched, tmp_path, memory_limit), []
    for _ in range(packets):
        packet = rng.randbytes(rng.choice((1, 40, 300, 4000)))
        stream.append(packet)
        model.append(packet)
        if rng.random() < 0.3:
            hold(touched)
    return stream, model


def test_packets_are_numbered_from_one(tmp_path, touched):
    stream = Stream("S", touched, tmp_path)
    for packet in (b"one", b"", b"three"):
        stream.append(packet)
    assert stream.count == 3
    stream.settle()
    assert stream.length == 8
    assert [stream.offset_of(sequence) for sequence in (1, 2, 3, 4)] == [0, 3, 3, 8]
    assert [stream.packet(sequence) for sequence in (1, 2, 3)] == [b"one", b"", b"three"]


@pytest.mark.parametrize("sequence", [-1, 0, 5])
def test_a_packet_that_does_not_exist_is_refused(tmp_path, touched, sequence):
    stream = Stream("S", touched, tmp_path)
    for _ in range(3):
        stream.append(b"packet")
    with pytest.raises(IndexError):
        stream.offset_of(sequence)
    with pytest.raises(IndexError):
        stream.packet(4)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 7), (7, 7)])
def test_bytes_beyond_the_stream_are_refused(tmp_path, touched, start, end):
    stream = Stream("S", touched, tmp_path)
    stream.append(b"packet")
    with pytest.raises(IndexError):
        stream.slice(start, end)


def test_the_first_packet_since_the_last_hold_enters_the_stream_in_the_list(tmp_path, touched):
    one, two = Stream("1", touched, tmp_path), Stream("2", touched, tmp_path)
    two.append(b"x")
    one.append(b"x")
    two.append(b"x")
    assert touched == [two, one]
    hold(touched)
    two.append(b"x")
    assert touched == [two]


@pytest.mark.parametrize("blocks_in_memory", [0, 1, 64])
def test_what_was_moved_to_the_file_is_read_back(tmp_path, touched, blocks_in_memory):
    stream, model = filled(tmp_path, touched, blocks_in_memory * BLOCK)
    content = b"".join(model)
    assert len(content) > 3 * BLOCK
    assert (stream._content._spilled > 1) == (blocks_in_memory < 2)
    assert list(tmp_path.iterdir()) == []  # unlinked: nothing to clean up after a crash
    assert stream.digest() == sha256(content).digest()
    assert [stream.packet(sequence) for sequence in range(1, stream.count + 1)] == model
    rng = random.Random(11)
    edges = [0, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, stream.length - 1, stream.length]
    for _ in range(300):
        ends = (rng.choice(edges) if rng.random() < 0.4 else rng.randrange(stream.length) for _ in range(2))
        start, end = sorted(ends)
        assert stream.slice(start, end) == content[start:end]
    stream.close()


def test_the_digest_can_be_asked_for_along_the_way(tmp_path, touched):
    stream, so_far = Stream("S", touched, tmp_path), b""
    for _ in range(5):
        assert stream.digest() == sha256(so_far).digest()
        stream.append(b"packet")
        so_far += b"packet"
    assert stream.digest() == stream.digest() == sha256(so_far).digest()


def test_a_dump_restores_the_stream_all_of_it_released(tmp_path, touched):
    stream, model = filled(tmp_path, touched, BLOCK)
    stream.ended = True
    loaded = Stream.load(stream.dump(), [], tmp_path, 0)
    assert loaded.dump() == stream.dump()
    assert (loaded.session, loaded.ended, loaded.count) == (stream.session, True, len(model))
    assert loaded.released == loaded.length == stream.length
    assert loaded.digest() == stream.digest()
    assert loaded._content._spilled == stream.length // BLOCK
    loaded.append(b"more")
    assert loaded.packet(loaded.count) == b"more"
    assert loaded.packet(1000) == model[999]
    stream.close()
    loaded.close()


def test_an_empty_stream_survives_its_dump(tmp_path, touched):
    loaded = Stream.load(Stream("S", touched, tmp_path).dump(), [], tmp_path)
    assert (loaded.count, loaded.length, loaded.offset_of(1)) == (0, 0, 0)


def test_a_dump_that_does_not_add_up_is_refused(tmp_path, touched):
    stream = Stream("S", touched, tmp_path)
    stream.append(b"packet")
    with pytest.raises(ValueError, match="6 bytes, the stream 7"):
        Stream.load(stream.dump()._replace(content=b"packets"), [], tmp_path)


def test_packets_are_found_wherever_their_lengths_are_kept(tmp_path, touched):
    """In the newest run of lengths, at its ends, and among those that were moved out, on either side of a mark."""
    stream, count = Stream("S", touched, tmp_path, 0), 2 * LENGTHS_KEPT + 3 * MARK_EVERY + 7
    packets = [b"%d" % number * (1 + number % 5) for number in range(1, count + 1)]
    for at in range(0, count, 1000):
        for packet in packets[at : at + 1000]:
            stream.append(packet)
        hold(touched)
    loaded = Stream.load(stream.dump(), [], tmp_path, 0)
    for one in (stream, loaded):
        assert one.count == count
        for near in (1, MARK_EVERY, LENGTHS_KEPT, 2 * LENGTHS_KEPT, 2 * LENGTHS_KEPT + 3 * MARK_EVERY, count):
            for sequence in range(max(near - 2, 1), min(near + 3, count + 1)):
                assert one.packet(sequence) == packets[sequence - 1]
        one.close()
    assert len(stream._lengths) < LENGTHS_KEPT


def test_what_was_settled_last_is_given_back_without_being_put_together_anew(tmp_path, touched):
    stream = Stream("S", touched, tmp_path)
    for batch in ((b"one",), (b"two", b"three")):
        for packet in batch:
            stream.append(packet)
        hold(touched)
        assert stream.slice(stream.length - len(b"".join(batch)), stream.length) is stream._latest == b"".join(batch)
    assert stream.slice(0, stream.length) == b"onetwothree"
    assert stream.slice(0, 3) == b"one"


def test_what_the_disk_does_not_take_stays_in_memory_until_it_does(tmp_path, touched, capfd):
    folder = tmp_path / "unmade"
    stream, model = filled(folder, touched, BLOCK)
    hold(touched)
    content = b"".join(model)
    assert stream.slice(0, stream.length) == content
    assert stream._content._spilled == 0
    assert capfd.readouterr().out.count("stay in memory") == 1
    folder.mkdir()
    more = bytes(BLOCK)
    stream.append(more)
    hold(touched)
    assert stream._content._spilled > 1
    assert stream.slice(0, stream.length) == content + more
    assert stream.digest() == sha256(content + more).digest()
    stream.close()


def test_a_block_that_was_written_in_part_is_written_again(tmp_path, touched, monkeypatch):
    pwrite, calls = os.pwrite, []

    def failing(descriptor, data, at):
        calls.append(at)
        if len(calls) == 1:
            return pwrite(descriptor, data[:100], at)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "no space")
        return pwrite(descriptor, data, at)

    monkeypatch.setattr(os, "pwrite", failing)
    stream, model = filled(tmp_path, touched, 0)
    hold(touched)
    assert calls[:3] == [0, 100, 0]
    assert stream.slice(0, stream.length) == b"".join(model)
    stream.close()


def test_a_digest_of_what_is_timeless_is_taken_over_whole_packets_and_goes_on_where_it_stopped(tmp_path):
    stream = Stream("S", [], tmp_path, 0)
    seen = []

    def timeless(packets):
        seen.append(packets)
        return packets.replace(b"now", b"")

    for number in range(5_000):
        stream.append(b"%d now " % number)
    stream.digest(timeless)
    stream.append(b"last now ")
    expected = sha256(b"".join(b"%d  " % number for number in range(5_000)) + b"last  ").digest()
    assert stream.digest(timeless) == expected
    assert len(seen) == 3
    assert all(packets.endswith(b" now ") for packets in seen)
    again = Stream.load(stream.dump(), [], tmp_path, 0)
    assert again.digest(timeless) == expected
