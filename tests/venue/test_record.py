"""A record comes back as it went in, and a damaged one names itself."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue.record import (
    HEADER_LENGTH,
    ORIGIN,
    Kind,
    LogDamaged,
    Record,
    decode_batch,
    encode_batch,
    next_chain,
    verify_commit,
)

I64 = st.integers(-(2**63), 2**63 - 1)
RECORDS = st.builds(Record, st.integers(0, 255), st.integers(0, 65535), I64, I64, st.binary(max_size=300))
BATCH = [Record(Kind.MESSAGE, port, 10**18 + port, 10**18, b"x" * port) for port in range(4)]
SIZES = [HEADER_LENGTH + port for port in range(4)]


@given(st.lists(RECORDS, max_size=8))
def test_a_batch_comes_back_as_it_went_in(batch):
    assert decode_batch(encode_batch(batch), 7) == batch


def test_every_changed_byte_is_found_and_names_its_record():
    blob = encode_batch(BATCH)
    ends = [sum(SIZES[: at + 1]) for at in range(4)]
    for position in range(len(blob)):
        for change in (0x01, 0x80, 0xFF):
            damaged = bytearray(blob)
            damaged[position] ^= change
            with pytest.raises(LogDamaged) as caught:
                decode_batch(bytes(damaged), 100)
            assert caught.value.record_number == 100 + next(at for at, end in enumerate(ends) if position < end)


def test_every_truncation_inside_a_record_is_found():
    blob = encode_batch(BATCH)
    whole = {sum(SIZES[:at]) for at in range(5)}
    for length in range(len(blob) + 1):
        if length in whole:
            assert decode_batch(blob[:length], 1) == BATCH[: len(decode_batch(blob[:length], 1))]
        else:
            with pytest.raises(LogDamaged, match="cut short"):
                decode_batch(blob[:length], 1)


@pytest.mark.parametrize(
    "record",
    [
        Record(256, 1, 0, 0, b""),
        Record(1, 65536, 0, 0, b""),
        Record(1, -1, 0, 0, b""),
        Record(1, 1, 2**63, 0, b""),
        Record(1, 1, 0, 2**63, b""),
    ],
)
def test_a_field_too_wide_for_the_header_is_refused(record):
    with pytest.raises(struct.error):
        encode_batch([record])


BLOB = encode_batch(BATCH)
CHAIN = next_chain(ORIGIN.chain, BLOB)


@pytest.mark.parametrize(
    ("row", "number", "reason"),
    [
        ((4, 2, CHAIN, BLOB), 1, "begins with record 2"),
        ((4, 1, CHAIN[::-1], BLOB), 1, "chain"),
        ((5, 1, CHAIN, BLOB), 1, "holds 4"),
        ((4, 1, CHAIN, "text"), 1, "other types"),
        ((None, 1, CHAIN, BLOB), 1, "other types"),
        ((4, 1, CHAIN, BLOB[:-1]), 4, "cut short"),
        ((4, 1, CHAIN, BLOB[:-1] + b"y"), 4, "CRC"),
        ((3, 1, CHAIN, BLOB[: -SIZES[3]]), 1, "chain"),
    ],
)
def test_a_commit_that_is_not_what_was_written_names_the_record(row, number, reason):
    with pytest.raises(LogDamaged, match=reason) as caught:
        verify_commit(ORIGIN, row)
    assert caught.value.record_number == number


def test_a_commit_gives_its_records_and_its_end():
    end, records = verify_commit(ORIGIN, (4, 1, CHAIN, BLOB))
    assert (end.number, end.chain, records) == (4, CHAIN, BATCH)


def test_an_unknown_record_number_is_said_to_be_unknown():
    assert str(LogDamaged(0, "gone")) == "log damaged at record unknown: gone"
