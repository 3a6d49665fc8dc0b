"""Nordic OUCH 5 on the wire: layouts typed in from the published models, golden vectors, arbitrary bytes."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouch import nordic_codec as codec
from ouch.nordic_messages import IN, NORDIC, OUT, decode
from wire.record import BadOption, Malformed, Presence

LAYOUTS = pytest.mark.section("Nordic OUCH 5", "Layouts")
GOLDEN = json.loads((Path(__file__).parent / "nordic_vectors.json").read_text())
TYPED = {
    ("in", "O"): "1:4 5:1 6:4 10:4 14:4 18:6 24:4 28:4 32:4 36:1 37:1 38:1 39+",
    ("in", "U"): "1:4 5:4 9:4 13:4 17:6 23+",
    ("in", "X"): "1:4 5:4 9:6 15",
    ("in", "Q"): "1",
    ("in", "M"): "1:4 5:4 9:1 10:1 11:4 15:6 21",
    ("out", "S"): "1:8 9:1 10",
    ("out", "A"): "1:8 9:4 13:4 17:8 25:1 26:4 30:4 34:6 40:4 44:4 48:4 52:1 53:1 54:1 55+",
    ("out", "U"): "1:8 9:4 13:4 17:4 21:8 29:1 30:4 34:4 38:6 44+",
    ("out", "C"): "1:8 9:4 13:4 17:1 18",
    ("out", "P"): "1:8 9:4 13:1 14",
    ("out", "N"): "1:8 9:4 13:4 17:1 18",
    ("out", "E"): "1:8 9:4 13:4 17:4 21:1 22:4 26:4 30:1 31:1 32:1 33:1 34:1 35:1 36",
    ("out", "B"): "1:8 9:4 13:4 17:1 18:1 19:1 20:1 21",
    ("out", "J"): "1:8 9:4 13:2 15",
    ("out", "I"): "1:8 9:4 13:2 15",
    ("out", "T"): "1:8 9:4 13:1 14+",
    ("out", "W"): "1:8 9:4 13:4 17:1 18",
    ("out", "Q"): "1:8 9:4 13",
    ("out", "G"): "1:8 9:4 13:8 21:2 23",
    ("out", "R"): "1:8 9:4 13:4 17:1 18:1 19:4 23:6 29:1 30",
    ("out", "M"): "1:8 9:4 13:1 14",
    ("out", "D"): "1:8 9:4 13:2 15:1 16",
}
"""Offset and length of each field; the last figure is the length, `+` an Appendage Length of two bytes there."""
SIZES = [12, 1, 4, 15, 1, 1, 1, 4, 4, 2, 4, 1, 4, 4, 10, 4, 8, 4, 1, 4, 8, 1, 1, 2, 1, 1, 1, 4, 1, 1, 2, 2, 1, 4]
"""Of the options 1 to 34."""


def name_of(layout):
    return layout.title.lower().replace(" ", "_")


@LAYOUTS
def test_every_message_has_the_layout_of_the_models():
    found = {}
    for layout in NORDIC.messages:
        fields = " ".join(f"{field.offset}:{field.kind.size}" for field in layout.fields)
        end = f"{layout.fixed}{'' if layout.presence is Presence.NEVER else '+'}"
        found[layout.direction.value, layout.letter] = f"{fields} {end}".strip()
    assert found == TYPED


@LAYOUTS
def test_every_option_has_the_size_of_the_models():
    assert {tag: option.kind.size for tag, option in NORDIC.options.items()} == dict(enumerate(SIZES, 1))


@LAYOUTS
@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['message']}-{row['direction']}-{row['case']}")
def test_the_codec_reads_and_writes_the_golden_vectors(row):
    layout = next(
        one for one in NORDIC.messages if (name_of(one), one.direction.value) == (row["message"], row["direction"])
    )
    message = bytes.fromhex(row["hex"])
    values = [
        row["fields"][field.name].encode().ljust(field.kind.size) if field.kind.is_text else row["fields"][field.name]
        for field in layout.fields
    ]
    unpacked = getattr(codec, f"unpack_{name_of(layout)}")(message)
    appendage = () if layout.presence is Presence.NEVER else (unpacked[-1],)
    assert unpacked == (*values, *appendage)
    assert getattr(codec, f"pack_{name_of(layout)}")(*values, *appendage) == message
    if appendage:
        allowed = getattr(codec, f"{name_of(layout).upper()}_OPTIONS")
        options = codec.unpack_options(appendage[0], allowed)
        assert codec.pack_options(options) == appendage[0]
        assert {str(tag) for tag in options} == set(row["options"])


@LAYOUTS
def test_an_enter_order_typed_in_by_hand():
    message = bytes.fromhex(
        "4f 00000007 42 000000fa 00000065 000f4240 475032395531 00000047 00000048 00000049 3d 31 48 0003 021931"
    )
    assert codec.unpack_enter_order(message) == (
        *(7, b"B", 250, 101, 1_000_000, b"GP29U1", 71, 72, 73, 0x3D, b"1", b"H"),
        b"\x02\x19\x31",
    )
    told = decode(IN, message)
    assert (told.client_id, told.capacity, told.options) == (73, "1", {25: "1"})


@LAYOUTS
def test_an_execution_typed_in_by_hand():
    values = (1, 9, 100, 1_000_000, b"A", 77, b"    ", b"2", b"-", b"H", 8, b" ", b"-")
    message = codec.pack_order_executed(*values)
    assert message == bytes.fromhex(
        "45 0000000000000001 00000009 00000064 000f4240 41 0000004d 20202020 32 2d 48 08 20 2d"
    )
    assert codec.unpack_order_executed(message) == values


@LAYOUTS
@pytest.mark.parametrize("layout", NORDIC.messages, ids=lambda layout: f"{layout.direction}-{layout.letter}")
def test_a_message_cut_anywhere_is_malformed(layout):
    full = next(
        bytes.fromhex(row["hex"])
        for row in GOLDEN
        if (row["message"], row["direction"], row["case"]) == (name_of(layout), layout.direction.value, "low")
    )
    unpack = getattr(codec, f"unpack_{name_of(layout)}")
    for size in range(1, layout.fixed):
        with pytest.raises(Malformed):
            unpack(full[:size])
    if layout.direction is IN:
        with pytest.raises(Malformed):
            unpack(full + b"\0")


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_read_or_malformed_and_nothing_else(data):
    for table in (codec.UNPACK_INBOUND, codec.UNPACK_OUTBOUND):
        for letter, unpack in table.items():
            with suppress(Malformed):
                unpack(bytes([letter]) + data)
    with suppress(Malformed, BadOption):
        codec.unpack_options(data, codec.ENTER_ORDER_OPTIONS)
    for direction in (IN, OUT):
        with suppress(Malformed):
            decode(direction, data)
