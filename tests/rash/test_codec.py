"""RASHport on the wire: layouts and messages typed in from the tables, golden vectors, arbitrary bytes."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rash import codec, codec_10
from rash.messages import IN, OUT, RASH, RASH_10
from wire.record import Malformed

LAYOUTS = pytest.mark.section("RASHport 1.1", "4 and 5 Messages")
HERE = Path(__file__).parent
GOLDEN = {
    "1.1": (codec, RASH, json.loads((HERE / "vectors.json").read_text())),
    "1.0": (codec_10, RASH_10, json.loads((HERE / "vectors_10.json").read_text())),
}
ENTER = (
    "1:14 15:1 16:6 22:8 30:10 40:5 45:4 49:1 50:6 56:6 62:1 63:1 64:10 74:10 84:1 85:1 86:10 96:1 97:6 103:4 107:32"
)
ACCEPTED = (
    "0:8 9:14 23:1 24:6 30:8 38:10 48:5 53:4 57:1 58:9 67:6 73:6 79:1 80:1 81:10 91:10 101:1 102:1 103:10 113:1 114:6"
    " 120:4 124:32"
)
OLD_ENTER = (
    "1:14 15:1 16:6 22:6 28:10 38:5 43:4 47:1 48:6 54:6 60:1 61:1 62:10 72:10 82:1 83:1 84:10 94:1 95:6 101:4 105:32"
)
OLD_ACCEPTED = (
    "0:8 9:14 23:1 24:6 30:6 36:10 46:5 51:4 55:1 56:9 65:6 71:6 77:1 78:1 79:10 89:10 99:1 100:1 101:10 111:1 112:6"
    " 118:4 122:32"
)
OTHERS = {
    ("in", "X"): ("1:14 15:6", 21, 21),
    ("out", "S"): ("0:8 9:1", 10, 10),
    ("out", "C"): ("0:8 9:14 23:6 29:1", 30, 30),
    ("out", "J"): ("0:8 9:14 23:1", 24, 24),
    ("out", "E"): ("0:8 9:14 23:6 29:10 39:1 40:9", 49, 49),
    ("out", "B"): ("0:8 9:14 23:9 32:1", 33, 33),
}
TYPED = {
    "1.1": {
        ("in", "O"): (f"{ENTER} 139:1 140:1 141:1", 139, 142),
        ("in", "Q"): (f"{ENTER} 139:1 140:1 141:1 142:1 143:1", 141, 144),
        ("out", "A"): (ACCEPTED, 156, 156),
        ("out", "R"): (f"{ACCEPTED} 156:1 157:1", 158, 158),
        **OTHERS,
    },
    "1.0": {
        ("in", "O"): (f"{OLD_ENTER} 137:1", 137, 138),
        ("in", "Q"): (f"{OLD_ENTER} 137:1 138:1 139:1 140:1", 139, 141),
        ("out", "A"): (OLD_ACCEPTED, 154, 154),
        ("out", "R"): (f"{OLD_ACCEPTED} 154:1 155:1", 156, 156),
        **OTHERS,
    },
}
"""Offset and length of each field, the shortest and the longest message."""
EXAMPLES = {
    "buy, market day, SCAN": (
        IN,
        "OT0001         B000500AAPL    000187250099998ACMEY000000000000N+00000000000000000000N+0000000000P000000SCAN"
        + 32 * " "
        + "NN",
        141,
    ),
    "sell short, hidden, primary peg": (
        IN,
        "QT0002         T001000MSFT    000410000099998ACMEN000000000000R-00000001000004099500N+0000000000"
        "A000000INETDESK7" + 27 * " " + "NNNN",
        143,
    ),
    "accepted": (
        OUT,
        "34200123AT0001         B000500AAPL    000187250099998ACMEY000001001000000000000N+00000000000000000000N+"
        "0000000000P000000SCAN" + 32 * " ",
        156,
    ),
    "executed": (OUT, "34201500ET0001         0003000001872400R000000077", 49),
    "cancel": (IN, "XT0001         000400", 21),
    "canceled": (OUT, "34202000CT0001         000100U", 30),
    "rejected": (OUT, "34203000JT0003         e", 24),
    "broken": (OUT, "36000000BT0001         000000077S", 33),
    "start of day": (OUT, "25200000SS", 10),
}


@LAYOUTS
@pytest.mark.parametrize("version", TYPED)
def test_fields_stand_where_the_tables_have_them(version):
    _, protocol, _ = GOLDEN[version]
    found = {
        (layout.direction.value, layout.letter): (
            " ".join(f"{field.offset}:{field.kind.size}" for field in layout.fields),
            layout.shortest,
            layout.fixed,
        )
        for layout in protocol.messages
    }
    assert found == TYPED[version]


@LAYOUTS
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_message_typed_in_is_read_and_written_again(name):
    direction, text, length = EXAMPLES[name]
    message = text.encode()
    assert len(message) == length
    record = RASH.decode(direction, message)
    unpack = codec.UNPACK_INBOUND if direction is IN else codec.UNPACK_OUTBOUND
    values = unpack[message[RASH.letter_at[direction]]](message)
    pack = vars(codec)[unpack[message[RASH.letter_at[direction]]].__name__.replace("unpack", "pack")]
    assert pack(*values)[:length] == RASH.encode(record)[:length] == message


@LAYOUTS
def test_an_order_typed_in_says_what_it_is():
    order = RASH.decode(IN, EXAMPLES["sell short, hidden, primary peg"][1].encode())
    assert (order.token, order.side, order.shares, order.symbol, order.price) == ("T0002", "T", 1000, "MSFT", 4_100_000)
    assert (order.peg_type, order.peg_sign, order.peg_difference, order.discretion_price) == ("R", "-", 100, 4_099_500)
    assert (order.route, order.customer_id, order.intermarket_sweep, order.cross_type) == ("INET", "DESK7", "N", "N")


@pytest.mark.parametrize("version", GOLDEN)
def test_the_codec_agrees_with_every_vector(version):
    module, protocol, golden = GOLDEN[version]
    for row in golden:
        data = bytes.fromhex(row["hex"])
        values = vars(module)[f"unpack_{row['message']}"](data)
        sent = tuple(value.rstrip() if isinstance(value, bytes) else value for value in values)
        expected = tuple(value.encode() if isinstance(value, str) else value for value in row["fields"].values())
        assert sent == expected
        assert vars(module)[f"pack_{row['message']}"](*values) == data
        assert protocol.encode(protocol.decode(IN if row["direction"] == "in" else OUT, data)) == data


@pytest.mark.parametrize("length", [139, 140, 141, 142])
def test_the_end_of_an_order_may_be_left_off_and_blanks_say_the_same(length):
    message = EXAMPLES["buy, market day, SCAN"][1].encode()[:139].ljust(length)
    assert codec.unpack_enter_order(message)[-3:] == (b" ", b" ", b" ")
    for wrong in (message[:138], message.ljust(143)):
        with pytest.raises(Malformed):
            codec.unpack_enter_order(wrong)


@pytest.mark.parametrize("digits", [b"      ", b"1 0000", b"+00100", b"00010a", b"-00100", b"1_0000"])
def test_what_is_no_number_is_refused(digits):
    with pytest.raises(Malformed):
        codec.unpack_cancel_order(b"X" + b"T".ljust(14) + digits)


def test_numbers_may_have_blanks_in_front():
    assert codec.unpack_cancel_order(b"X" + b"T".ljust(14) + b"   100") == (b"T".ljust(14), 100)


def test_a_number_with_more_digits_than_its_field_is_never_written():
    with pytest.raises(AssertionError):
        codec.pack_canceled(1, b"T".ljust(14), 1_000_000, b"U")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=160), st.sampled_from([codec, codec_10]))
def test_arbitrary_bytes_are_read_or_refused(data, module):
    for unpack in (*module.UNPACK_INBOUND.values(), *module.UNPACK_OUTBOUND.values()):
        with suppress(Malformed):
            unpack(data)
