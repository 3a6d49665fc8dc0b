"""ITCH on the wire: layouts typed in from the tables, printed examples, golden vectors, a second witness, any bytes."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itch.parser import MessageParser

from itchproto import codec
from itchproto.messages import ITCH, OUT
from wire.record import Malformed, Presence

LAYOUTS = pytest.mark.section("TotalView-ITCH 5.0", "Message formats")
GOLDEN = json.loads((Path(__file__).parent / "vectors.json").read_text())
TYPED = {
    "S": "11:1 12",
    "R": "11:8 19:1 20:1 21:4 25:1 26:1 27:2 29:1 30:1 31:1 32:1 33:1 34:4 38:1 39",
    "H": "11:8 19:1 20:1 21:4 25",
    "Y": "11:8 19:1 20",
    "L": "11:4 15:8 23:1 24:1 25:1 26",
    "V": "11:8 19:8 27:8 35",
    "W": "11:1 12",
    "K": "11:8 19:4 23:1 24:4 28",
    "J": "11:8 19:4 23:4 27:4 31:4 35",
    "h": "11:8 19:1 20:1 21",
    "A": "11:8 19:1 20:4 24:8 32:4 36",
    "F": "11:8 19:1 20:4 24:8 32:4 36:4 40",
    "E": "11:8 19:4 23:8 31",
    "C": "11:8 19:4 23:8 31:1 32:4 36",
    "X": "11:8 19:4 23",
    "D": "11:8 19",
    "U": "11:8 19:8 27:4 31:4 35",
    "P": "11:8 19:1 20:4 24:8 32:4 36:8 44",
    "Q": "11:8 19:8 27:4 31:8 39:1 40",
    "B": "11:8 19",
    "I": "11:8 19:8 27:1 28:8 36:4 40:4 44:4 48:1 49:1 50",
    "N": "11:8 19:1 20",
    "O": "11:8 19:1 20:4 24:4 28:4 32:8 40:4 44:4 48",
    "G": "1:20 21",
}
"""Offset and length of each field behind the header; the last figure is the length."""
STOCK = b"EMUL    "
PRINTED = {
    "53 0000 0000 1F1ACEDB02F0 51": ("system_event", 0, 0, 34_200_000_070_384, b"Q"),
    "41 002A 0000 1F29F8830715 00000000000003E9 42 0000012C 454D554C20202020 000F7314": (
        *("add_order", 42, 0, 34_265_123_456_789, 1001, b"B", 300, STOCK, 1_012_500),
    ),
    "46 002A 0000 1F29F8830715 00000000000003EA 53 000000C8 454D554C20202020 000F7508 41424344": (
        *("add_order_with_mpid", 42, 0, 34_265_123_456_789, 1002, b"S", 200, STOCK, 1_013_000, b"ABCD"),
    ),
    "43 002A 0000 34630B8A00FA 00000000000003E9 000000C8 0000000000001B5A 4E 000F7378": (
        *("order_executed_with_price", 42, 0, 57_600_000_000_250, 1001, 200, 7002, b"N", 1_012_600),
    ),
    "51 002A 0000 34630B8A00FA 0000000000001388 454D554C20202020 000F7378 0000000000001B5B 43": (
        *("cross_trade", 42, 0, 57_600_000_000_250, 5000, STOCK, 1_012_600, 7003, b"C"),
    ),
    "50 002A 0002 1F2A685CCFF4 0000000000000000 42 00000019 454D554C20202020 000F740E 0000000000001B5C": (
        *("trade", 42, 2, 34_267_000_000_500, 0, b"B", 25, STOCK, 1_012_750, 7004),
    ),
    "49 002A 0000 341D32254800 0000000000001388 00000000000004B0 42 454D554C20202020 000F73DC 000F73AA 000F7378 434C": (
        *("net_order_imbalance", 42, 0, 57_300_000_000_000, 5000, 1200, b"B", STOCK),
        *(1_012_700, 1_012_650, 1_012_600, b"C", b"L"),
    ),
    "48 002A 0000 20BDE7364000 454D554C20202020 50 20 4C554450": (
        *("stock_trading_action", 42, 0, 36_000_000_000_000, STOCK, b"P", b" ", b"LUDP"),
    ),
    "55 002A 0000 1F2AA3F79800 00000000000003EA 00000000000003EB 00000096 000F74A4": (
        *("order_replace", 42, 0, 34_268_000_000_000, 1002, 1003, 150, 1_012_900),
    ),
    "4F 002A 0000 2103C09AF800 454D554C20202020 59 00027100 00057E40 00030D40 0000210385002E00 0002BF20 00035B60": (
        *("direct_listing_price_discovery", 42, 0, 36_300_000_000_000, STOCK, b"Y"),
        *(160_000, 360_000, 200_000, 36_299_000_000_000, 180_000, 220_000),
    ),
    "47 2020202020202020202020202020202020 353033": ("end_of_snapshot", b"%20d" % 503),
}
MESSAGES = [pytest.param(layout, id=layout.letter) for layout in ITCH.messages]


def name_of(layout):
    return layout.title.lower().replace(" ", "_")


def functions(layout):
    return getattr(codec, f"unpack_{name_of(layout)}"), getattr(codec, f"pack_{name_of(layout)}")


@LAYOUTS
def test_every_message_has_the_layout_of_the_tables():
    found = {}
    for layout in ITCH.messages:
        assert layout.presence is Presence.NEVER
        fields = [f"{field.offset}:{field.kind.size}" for field in layout.fields]
        if layout.letter != "G":
            assert fields[:3] == ["1:2", "3:2", "5:6"]
            del fields[:3]
        found[layout.letter] = f"{' '.join(fields)} {layout.fixed}"
    assert found == TYPED


@LAYOUTS
@pytest.mark.parametrize("text", PRINTED)
def test_messages_typed_in_by_hand(text):
    name, *values = PRINTED[text]
    message = bytes.fromhex(text)
    assert getattr(codec, f"pack_{name}")(*values) == message
    assert getattr(codec, f"unpack_{name}")(message) == tuple(values)


@LAYOUTS
@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['message']}-{row['case']}")
def test_the_codec_reads_and_writes_the_golden_vectors_and_so_does_another_library(row):
    layout = next(one for one in ITCH.messages if name_of(one) == row["message"])
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
    if layout.letter != "G":
        witness = MessageParser().get_message_type(message)
        assert witness.to_bytes() == message
        assert (witness.stock_locate, witness.tracking_number, witness.timestamp) == values[:3]


@LAYOUTS
@pytest.mark.parametrize("layout", MESSAGES)
def test_a_message_cut_anywhere_is_malformed_and_a_longer_one_is_for_the_client_to_bear(layout):
    full = bytes.fromhex(next(row["hex"] for row in GOLDEN if row["message"] == name_of(layout)))
    unpack, _ = functions(layout)
    for size in range(layout.fixed):
        with pytest.raises(Malformed):
            unpack(full[:size])
    assert unpack(full + b" ") == unpack(full)


@settings(max_examples=100)
@given(st.sampled_from(ITCH.messages), st.binary(max_size=60))
def test_arbitrary_bytes_are_malformed_or_come_back_as_they_were(layout, rest):
    unpack, pack = functions(layout)
    for message in (layout.letter.encode() + rest, (layout.letter.encode() + rest + bytes(60))[: layout.fixed]):
        with suppress(Malformed):
            assert pack(*unpack(message)) == message[: layout.fixed]
        with suppress(Malformed):
            ITCH.decode(OUT, message)


def test_the_table_by_letter_holds_every_message():
    assert codec.UNPACK_INBOUND == {}
    assert {chr(letter) for letter in codec.UNPACK_OUTBOUND} == set(TYPED)
