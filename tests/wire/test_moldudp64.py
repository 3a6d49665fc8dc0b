"""MoldUDP64: packets as they are printed, what does not fit, what is no packet."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire import moldudp64 as mold
from wire.record import Malformed

EXECUTED = bytes.fromhex("45002a00021f2a2cc2040100000000000003e9000000640000000000001b59")
DELETED = bytes.fromhex("44002a00001f2adf92620000000000000003eb")
PACKET = bytes.fromhex("454d553030303030303100000000000001f50002001f") + EXECUTED + b"\x00\x13" + DELETED
SESSIONS = st.text("ABC0189", min_size=1, max_size=10)


def test_a_packet_of_two_messages():
    assert mold.pack_packet("EMU0000001", 501, [EXECUTED, DELETED]) == PACKET
    assert len(PACKET) == 74
    assert mold.unpack_packet(PACKET) == ("EMU0000001", 501, (EXECUTED, DELETED), False)


def test_heartbeat_end_and_request_are_headers_alone():
    head = "454d553030303030303100000000000001f7"
    assert mold.pack_packet("EMU0000001", 503, []) == bytes.fromhex(head + "0000")
    assert mold.pack_end("EMU0000001", 503) == bytes.fromhex(head + "ffff")
    assert mold.unpack_packet(bytes.fromhex(head + "ffff")) == ("EMU0000001", 503, (), True)
    request = bytes.fromhex("454d553030303030303100000000000001f50002")
    assert mold.pack_request("EMU0000001", 501, 2) == request
    assert mold.unpack_request(request) == ("EMU0000001", 501, 2)


@pytest.mark.parametrize(
    "data", [b"", PACKET, mold.pack_request("A", 0, 1), mold.pack_request("A", 1, 0), mold.pack_end("A", 1), bytes(19)]
)
def test_what_is_no_request_is_none(data):
    assert mold.unpack_request(data) is None


def test_a_packet_cut_anywhere_is_malformed():
    for size in range(len(PACKET)):
        with pytest.raises(Malformed):
            mold.unpack_packet(PACKET[:size])


def test_as_many_messages_as_fit_and_one_at_least():
    assert mold.fitting([bytes(30)] * 100, 20 + 3 * 32) == [bytes(30)] * 3
    assert mold.fitting([bytes(30)] * 100, 20 + 3 * 32 - 1) == [bytes(30)] * 2
    assert mold.fitting([bytes(2000)] * 2) == [bytes(2000)]
    assert len(mold.fitting([b""] * 70_000, 200_000)) == mold.END - 1


@settings(max_examples=50)
@given(SESSIONS, st.integers(0, 2**64 - 1), st.lists(st.binary(max_size=60), max_size=20))
def test_what_was_packed_is_unpacked(session, sequence, messages):
    packet = mold.pack_packet(session, sequence, messages)
    assert mold.unpack_packet(packet) == (session, sequence, tuple(messages), False)
    assert mold.unpack_packet(packet + b"more") == mold.unpack_packet(packet)


@settings(max_examples=100)
@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_read_or_malformed(data):
    with suppress(Malformed):
        mold.unpack_packet(data)
    mold.unpack_request(data)
