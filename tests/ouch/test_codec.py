"""The generated codec at its edges: lengths, damaged appendages, options out of place, arbitrary bytes."""

import json
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouch import codec
from ouch.messages import IN, OUCH, OUT, decode
from wire.record import BadOption, Malformed, OptionFault, Presence

GOLDEN = json.loads((Path(__file__).parent / "vectors.json").read_text())


def name_of(layout):
    return layout.title.lower().replace(" ", "_")


def unpack(layout):
    return getattr(codec, f"unpack_{name_of(layout)}")


def pack(layout):
    return getattr(codec, f"pack_{name_of(layout)}")


def wire_value(kind, value):
    return str(value).encode().ljust(kind.size) if kind.is_text else value


MESSAGES = [pytest.param(layout, id=f"{layout.direction}-{layout.letter}") for layout in OUCH.messages]
WITH_APPENDAGE = [p for p in MESSAGES if p.values[0].presence is not Presence.NEVER]
ENTER = bytes.fromhex("4f0000000142000000644141504c2020202000000000001cdba23059504e4e434c2d30303031202020202020200000")
CHANNEL_5 = bytes.fromhex("021c05")


def enter(appendage, length=None):
    return ENTER[:45] + struct.pack(">H", len(appendage) if length is None else length) + appendage


# ------------------------------------------------------------------------------------------------------------ lengths


@pytest.mark.section("OUCH 5.0", "2.4 When is the appendage present")
@pytest.mark.parametrize(
    ("message", "appendage"),
    [
        ("580000000400000000", b""),
        ("5800000004000000000000", b""),
        ("5800000004000000000003021c07", b"\x02\x1c\x07"),
        ("58000000040000000000", None),  # 10 bytes: half an Appendage Length
        ("5800000004000000", None),  # a field cut
        ("580000000400000000000000", None),  # a byte after an empty appendage
        ("5800000004000000000004021c07", None),  # one byte short
        ("5800000004000000000002021c07", None),  # one byte over
        ("58", None),
        ("", None),
    ],
)
def test_cancel_takes_its_three_forms_and_no_other(message, appendage):
    message = bytes.fromhex(message)
    if appendage is None:
        with pytest.raises(Malformed):
            codec.unpack_cancel_order(message)
    else:
        assert codec.unpack_cancel_order(message) == (4, 0, appendage)


@pytest.mark.section("OUCH 5.0", "3.8 Account Query Request")
@pytest.mark.parametrize(
    ("message", "appendage"),
    [("51", b""), ("510000", b""), ("510003021c05", CHANNEL_5), ("5100", None), ("510001", None), ("51000000", None)],
)
def test_account_query_takes_its_three_forms_and_no_other(message, appendage):
    message = bytes.fromhex(message)
    if appendage is None:
        with pytest.raises(Malformed):
            codec.unpack_account_query(message)
    else:
        assert codec.unpack_account_query(message) == (appendage,)


@pytest.mark.section("OUCH 5.0", "3.1 Enter Order")
@pytest.mark.parametrize(
    "message",
    [
        ENTER[:45],  # Appendage Length is always there
        ENTER[:46],
        enter(b"", length=1),
        enter(CHANNEL_5, length=0),
        enter(CHANNEL_5, length=2),
        enter(CHANNEL_5, length=4),
        enter(CHANNEL_5, length=0xFFFF),
        ENTER + b"\0",
    ],
)
def test_enter_whose_length_does_not_add_up_is_malformed(message):
    with pytest.raises(Malformed, match="Enter Order"):
        codec.unpack_enter_order(message)


@pytest.mark.section("OUCH 5.0", "2.2 Message framing")
@pytest.mark.parametrize("layout", MESSAGES)
def test_a_message_cut_anywhere_is_malformed_and_one_with_more_is_so_on_the_way_in(layout):
    full = OUCH.encode(decode(layout.direction, low(layout)))
    for size in range(1, layout.fixed):
        with pytest.raises(Malformed):
            unpack(layout)(full[:size])
        with pytest.raises(Malformed):
            decode(layout.direction, full[:size])
    if layout.direction is IN:
        with pytest.raises(Malformed):
            unpack(layout)(full + b"\0")


@pytest.mark.section("OUCH 5.0", "2.4 When is the appendage present")
@pytest.mark.parametrize("layout", [p for p in MESSAGES if p.values[0].direction is OUT])
def test_a_client_bears_every_form_and_fields_added_at_the_end(layout):
    bare = low(layout)[: layout.fixed]
    fields = unpack(layout)(low(layout))
    if layout.presence is Presence.NEVER:
        assert unpack(layout)(bare + b"more") == fields
        return
    assert unpack(layout)(bare) == fields
    assert unpack(layout)(bare + b"\0\0") == fields
    assert unpack(layout)(bare + b"\0\0" + b"more") == fields
    assert unpack(layout)(bare + b"\0\3" + CHANNEL_5 + b"more") == (*fields[:-1], CHANNEL_5)
    assert decode(OUT, bare + b"\0\3" + CHANNEL_5 + b"more").options == {28: 5}
    assert decode(OUT, bare + b"\0\4" + b"\3\xc8ab").options == {200: b"ab"}
    assert decode(OUT, bare).options == {}


def low(layout):
    row = next(r for r in GOLDEN if (r["message"], r["case"]) == (name_of(layout), "low"))
    return bytes.fromhex(row["hex"])


# ------------------------------------------------------------------------------------------------------------ options


@pytest.mark.section("OUCH 5.0", "5 Options")
@pytest.mark.parametrize(
    "appendage",
    ["00", "0002", "021c0500", "02", "021c", "031c05", "ff1c05", "021c0502", "021c0503", "c80002"],
)
def test_damaged_appendage_is_malformed(appendage):
    with pytest.raises(Malformed):
        codec.unpack_options(bytes.fromhex(appendage), codec.ENTER_ORDER_OPTIONS)
    with pytest.raises(Malformed):
        decode(IN, enter(bytes.fromhex(appendage)))


@pytest.mark.section("OUCH 5.0", "5 Options")
@pytest.mark.parametrize(
    ("appendage", "tag", "reason"),
    [
        ("021c05021c05", 28, OptionFault.DUPLICATE),
        ("021c05021c06", 28, OptionFault.DUPLICATE),
        ("021450", 20, OptionFault.UNKNOWN),  # Reference Price Type, removed in 2023
        ("091300000000000003e8", 19, OptionFault.UNKNOWN),
        ("0208ff", 8, OptionFault.UNKNOWN),
        ("0215ff", 21, OptionFault.UNKNOWN),
        ("0200ff", 0, OptionFault.UNKNOWN),
        ("021fff", 31, OptionFault.UNKNOWN),
        ("021232", 18, OptionFault.PLACE),  # BBO weight is the host's to say
        ("050e52544531", 14, OptionFault.PLACE),  # Route has left Enter
        ("021b42", 27, OptionFault.PLACE),
        ("021202", 18, OptionFault.PLACE),
        ("011c", 28, OptionFault.SIZE),
        ("031c0005", 28, OptionFault.SIZE),
        ("0403000064", 3, OptionFault.SIZE),
        ("021232031c0005", 18, OptionFault.PLACE),  # the first one counts
    ],
)
def test_option_that_may_not_stand_is_told_with_its_tag(appendage, tag, reason):
    with pytest.raises(BadOption) as told:
        codec.unpack_options(bytes.fromhex(appendage), codec.ENTER_ORDER_OPTIONS)
    assert (told.value.tag, told.value.reason) == (tag, reason)


@pytest.mark.section("OUCH 5.0", "5 Options")
def test_bad_option_keeps_the_sound_ones_and_damage_wins_over_it():
    with pytest.raises(BadOption) as told:
        codec.unpack_options(bytes.fromhex("021450021c05050300000064"), codec.ENTER_ORDER_OPTIONS)
    assert told.value.options == {28: 5, 3: 100}
    with pytest.raises(Malformed):
        codec.unpack_options(bytes.fromhex("02145000"), codec.ENTER_ORDER_OPTIONS)


@pytest.mark.section("OUCH 5.0", "2.1 Data types")
def test_signed_prices_are_signed_and_unsigned_ones_are_not():
    appendage = codec.pack_options({11: -1, 7: -250, 9: 2**64 - 1})
    assert appendage.hex() == "0507ffffff06" + "0909ffffffffffffffff" + "050bffffffff"
    assert codec.unpack_options(appendage, codec.ENTER_ORDER_OPTIONS) == {7: -250, 9: 2**64 - 1, 11: -1}


def test_options_are_written_ascending_by_tag():
    assert codec.pack_options({28: 5, 2: b"ABCD"}) == bytes.fromhex("050241424344") + CHANNEL_5
    assert codec.pack_options({}) == b""


def test_text_of_the_wrong_width_is_our_own_mistake():
    fields = codec.unpack_enter_order(ENTER)
    with pytest.raises(AssertionError):
        codec.pack_enter_order(*fields[:3], b"AAPL", *fields[4:])
    with pytest.raises(AssertionError):
        codec.pack_option(2, b"ABC")


# ------------------------------------------------------------------------------- golden vectors, round trips, fuzzing


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['message']}-{row['case']}")
def test_codec_agrees_with_the_golden_vectors(row):
    data = bytes.fromhex(row["hex"])
    layout = next(m for m in OUCH.messages if name_of(m) == row["message"])
    values = tuple(wire_value(f.kind, row["fields"][f.name]) for f in layout.fields)
    if layout.presence is Presence.NEVER:
        assert unpack(layout)(data) == values
        assert pack(layout)(*values) == data
        return
    options = {int(tag): wire_value(OUCH.options[int(tag)].kind, value) for tag, value in row["options"].items()}
    *fields, appendage = unpack(layout)(data)
    assert tuple(fields) == values
    assert codec.unpack_options(appendage, frozenset(layout.tags)) == options
    packed = pack(layout)(*values, codec.pack_options(options))
    explicit = row["case"] == "empty" and layout.presence is not Presence.ALWAYS
    assert packed + (b"\0\0" if explicit else b"") == data


def values_of(kind):
    if kind.is_text:
        return st.binary(min_size=kind.size, max_size=kind.size)
    bits = 8 * kind.size - kind.is_signed
    return st.integers(-(2**bits) * kind.is_signed, 2**bits - 1)


@pytest.mark.parametrize("layout", MESSAGES)
@given(data=st.data())
def test_what_is_packed_is_unpacked(layout, data):
    values = [data.draw(values_of(f.kind)) for f in layout.fields]
    if layout.presence is Presence.NEVER:
        assert unpack(layout)(pack(layout)(*values)) == tuple(values)
        return
    tags = data.draw(st.sets(st.sampled_from(layout.tags)))
    options = {tag: data.draw(values_of(OUCH.options[tag].kind)) for tag in tags}
    message = pack(layout)(*values, codec.pack_options(options))
    *fields, appendage = unpack(layout)(message)
    assert fields == values
    assert codec.unpack_options(appendage, frozenset(layout.tags)) == options
    record = decode(layout.direction, message)
    assert decode(layout.direction, OUCH.encode(record)) == record
    assert OUCH.encode(record) == message


@pytest.mark.parametrize("layout", MESSAGES)
@given(data=st.data())
def test_arbitrary_bytes_are_refused_in_an_orderly_way(layout, data):
    rest = data.draw(st.binary(max_size=layout.fixed + 40))
    length = data.draw(st.integers(0, 45).map(lambda n: n.to_bytes(2, "big")))
    for message in (rest, layout.letter.encode() + rest, low(layout)[: layout.fixed] + length + rest):
        with suppress(Malformed, BadOption):
            fields = unpack(layout)(message)
            if layout.presence is not Presence.NEVER:
                codec.unpack_options(fields[-1], frozenset(layout.tags))
        with suppress(Malformed):
            decode(layout.direction, message)


@given(st.binary(max_size=60), st.sampled_from([codec.ENTER_ORDER_OPTIONS, codec.CANCEL_ORDER_OPTIONS]))
def test_arbitrary_appendages_are_refused_in_an_orderly_way(appendage, allowed):
    try:
        options = codec.unpack_options(appendage, allowed)
    except (Malformed, BadOption):
        return
    assert set(options) <= allowed
    assert len(codec.pack_options(options)) == len(appendage)


def test_dispatch_tables_hold_every_letter():
    assert {chr(letter) for letter in codec.UNPACK_INBOUND} == set("OUXMCDEQ")
    assert {chr(letter) for letter in codec.UNPACK_OUTBOUND} == set("SAUCDEBJPITMRXGKQ")
    for direction, table in ((IN, codec.UNPACK_INBOUND), (OUT, codec.UNPACK_OUTBOUND)):
        for letter, function in table.items():
            assert function is unpack(OUCH.by_letter[direction, chr(letter)])


def test_unknown_letter_is_malformed_to_the_reader():
    for message in (b"", b"Z", b"A" + bytes(80)):
        with pytest.raises(Malformed):
            decode(IN, message)
