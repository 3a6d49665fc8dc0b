"""The PRM protocol on the wire: layouts typed in from the tables, golden vectors, arbitrary bytes."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prmproto import codec
from prmproto.messages import IN, OUT, PRM, decode
from wire.record import Malformed, Presence

BASE = pytest.mark.section("PRM protocol", "2.2 and 2.3 Messages")
EXTENSION = pytest.mark.section("PRM protocol", "3 Extension")
GOLDEN = json.loads((Path(__file__).parent / "vectors.json").read_text())
TYPED = {
    ("in", "Q"): "1",
    ("in", "C"): "1:4 5:6 11:4 15:1 16:1 17:1 18:1 19:1 20",
    ("in", "R"): "1:4 5:6 11:4 15:1 16",
    ("in", "S"): "1:4 5:6 11:2 13:1 14",
    ("in", "L"): "1:4 5:6 11:3 14:8 22:8 30:8 38:8 46:8 54:8 62:8 70:8 78:8 86:8 94:8 102:8 110",
    ("in", "F"): "1:4 5:6 11:3 14:1 15:1 16",
    ("in", "h"): "1:4 5:1 6:1 7:4 11",
    ("in", "a"): "1:4 5:6 11",
    ("in", "u"): "1:4 5:6 11",
    ("in", "k"): "1:4 5:6 11",
    ("in", "l"): "1:4 5:6 11:3 14",
    ("in", "v"): "1:4 5:6 11:3 14:1 15:4 19",
    ("in", "o"): "1:4 5:6 11:1 12",
    ("in", "x"): "1:4 5:6 11:1 12:4 16",
    ("in", "s"): "1:4 5:6 11:4 15",
    ("in", "d"): "1:4 5:6 11:8 19",
    ("out", "Q"): "1:4 5",
    ("out", "C"): "1:4 5:6 11:4 15:1 16:1 17:1 18:1 19:1 20",
    ("out", "R"): "1:4 5:8 13:6 19:4 23:1 24",
    ("out", "S"): "1:4 5:8 13:6 19:2 21:1 22",
    ("out", "L"): "1:4 5:6 11:3 14:8 22:8 30:8 38:8 46:8 54:8 62:8 70:8 78:8 86:8 94:8 102:8 110",
    ("out", "F"): "1:4 5:6 11:3 14:1 15:1 16",
    ("out", "J"): "1:4 5:1 6",
    ("out", "P"): "1:8 9",
    ("out", "B"): "1:8 9:1 10:6 16",
    ("out", "V"): "1:6 7:3 10:8 18:8 26:8 34:8 42:8 50:8 58:8 66:8 74",
    ("out", "h"): "1:4 5:1 6:1 7:4 11:4 15:1 16:4 20:2 22:4 26",
    ("out", "e"): "1:4 5:4 9:2 11",
    ("out", "j"): "1:1 2:4 6:2 8:2 10",
    ("out", "a"): "1:4 5:6 11:4 15:1 16:1 17:1 18:1 19:1 20:4 24:1 25:1 26:1 27:1 28:2 30:2 32:2 34:8 42",
    ("out", "u"): "1:4 5:6 11:6 17:1 18",
    ("out", "k"): "1:4 5:6 11:1 12:1 13:1 14:1 15:1 16:4 20:8 28",
    ("out", "l"): "1:4 5:6 11:3 14:1 15:1 16:8 24:8 32:1 33",
    ("out", "v"): "1:4 5:8 13:6 19:3 22:1 23:8 31:8 39:4 43:1 44:1 45:1 46",
    ("out", "o"): "1:4 5:6 11:1 12:4 16:16 32:1 33:1 34:8 42:8 50",
    ("out", "x"): "1:4 5:8 13:6 19:4 23",
    ("out", "b"): "1:8 9:8 17:6 23:1 24:1 25:3 28:4 32:6 38:10 48:8 56:8 64:4 68:2 70",
    ("out", "d"): "1:4 5:8 13:8 21:4 25:6 31:20 51:60 111:3 114:20 134:20 154",
}
"""Offset and length of each field; the last figure is the length."""
ORDER = {
    "L": "maximum_quantity maximum_value reserved total_risk traded_buy traded_sell total_traded open_buy open_sell "
    "total_open maximum_quantity_auction maximum_value_auction",
    "V": "total_risk traded_buy traded_sell total_traded open_buy open_sell total_open",
}


def name_of(layout):
    return layout.title.lower().replace(" ", "_")


def functions(layout):
    return getattr(codec, f"unpack_{name_of(layout)}"), getattr(codec, f"pack_{name_of(layout)}")


MESSAGES = [pytest.param(layout, id=f"{layout.direction}-{layout.letter}") for layout in PRM.messages]


@BASE
@EXTENSION
def test_every_message_has_the_layout_of_the_tables():
    found = {}
    for layout in PRM.messages:
        assert layout.presence is Presence.NEVER
        fields = " ".join(f"{field.offset}:{field.kind.size}" for field in layout.fields)
        found[layout.direction.value, layout.letter] = f"{fields} {layout.fixed}".strip()
    assert found == TYPED


@BASE
def test_limits_and_counters_stand_in_the_order_of_the_tables():
    for letter, order in ORDER.items():
        names = [field.name for field in PRM.by_letter[OUT, letter].fields]
        assert names[-len(order.split()) :] == order.split()


@BASE
def test_a_block_and_cancel_typed_in_by_hand():
    message = bytes.fromhex("43 00000007 475032395052 ffffffff 3f 3f 3f 3f 43")
    assert codec.unpack_modify_account_settings(message) == (7, b"GP29PR", -1, b"?", b"?", b"?", b"?", b"C")
    assert decode(IN, message).block == "C"


@BASE
def test_limits_typed_in_by_hand():
    keep = "ff" * 8
    message = bytes.fromhex(
        f"4c 00000002 475032395031 53454b {keep} 00000000000186a0 0000000000000000" + keep * 6 + "0000000000000000" * 3
    )
    fields = codec.unpack_modify_limit_settings(message)
    assert fields == (2, b"GP29P1", b"SEK", -1, 100_000, 0, *[-1] * 6, 0, 0, 0)
    assert codec.pack_limit_settings_response(*fields) == message


@BASE
@EXTENSION
@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['message']}-{row['direction']}-{row['case']}")
def test_the_codec_reads_and_writes_the_golden_vectors(row):
    layout = next(
        one for one in PRM.messages if (name_of(one), one.direction.value) == (row["message"], row["direction"])
    )
    message = bytes.fromhex(row["hex"])
    values = tuple(
        str(row["fields"][field.name]).encode().ljust(field.kind.size)
        if field.kind.is_text
        else row["fields"][field.name]
        for field in layout.fields
    )
    unpack, pack = functions(layout)
    assert unpack(message) == values
    assert pack(*values) == message


@BASE
@EXTENSION
@pytest.mark.parametrize("layout", MESSAGES)
def test_a_message_cut_anywhere_is_malformed_and_a_longer_one_is_for_the_client_to_bear(layout):
    full = next(
        bytes.fromhex(row["hex"])
        for row in GOLDEN
        if (row["message"], row["direction"], row["case"]) == (name_of(layout), layout.direction.value, "high")
    )
    unpack, _ = functions(layout)
    for size in range(layout.fixed):
        with pytest.raises(Malformed):
            unpack(full[:size])
    if layout.direction is IN:
        with pytest.raises(Malformed):
            unpack(full + b" ")
    else:
        assert unpack(full + b" ") == unpack(full)


@settings(max_examples=200)
@given(st.sampled_from(PRM.messages), st.binary(max_size=160))
def test_arbitrary_bytes_are_malformed_or_come_back_as_they_were(layout, rest):
    unpack, pack = functions(layout)
    for message in (rest, layout.letter.encode() + rest, (layout.letter.encode() + rest + bytes(160))[: layout.fixed]):
        if message[:1] == layout.letter.encode():
            with suppress(Malformed):
                assert pack(*unpack(message)) == message[: layout.fixed]
        with suppress(Malformed):
            decode(layout.direction, message)


def test_the_tables_by_letter_hold_every_message():
    assert {chr(letter) for letter in codec.UNPACK_INBOUND} == {letter for sent, letter in TYPED if sent == "in"}
    assert {chr(letter) for letter in codec.UNPACK_OUTBOUND} == {letter for sent, letter in TYPED if sent == "out"}
