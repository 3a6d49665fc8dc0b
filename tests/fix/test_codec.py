"""Frames cut out of what arrives, frames taken apart, and times."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from line import spelled

from fix import codec
from fix.codec import FRAME_LENGTH_MAX, Framer, check_sum, frame, parse, read_utc_timestamp, utc_timestamp

pytestmark = pytest.mark.section("FIX 4.2 volume 2", "Garbled message")

GOOD = spelled("8=FIX.4.2|35=0|34=2|49=FIRM01|52=20261121-18:00:00.000|56=INET|")
OTHER = spelled("8=FIX.4.2|35=1|34=3|49=FIRM01|52=20261121-18:00:00.000|56=INET|112=A|")
PADDED = spelled("8=FIX.4.2|9=0053|35=0|34=2|49=FIRM01|52=20261121-18:00:00.000|56=INET|")


def with_length(data, change):
    head, _, rest = data.partition(b"\x019=")
    length, _, rest = rest.partition(b"\x01")
    content = b"%b\x019=%d\x01%b" % (head, int(length) + change, rest[:-7])
    return content + b"10=%03d\x01" % (sum(content) % 256)


@pytest.mark.parametrize(
    ("data", "frames", "garbled"),
    [
        pytest.param(GOOD, [GOOD], 0, id="one message"),
        pytest.param(GOOD + OTHER, [GOOD, OTHER], 0, id="two in one segment"),
        pytest.param(PADDED, [PADDED], 0, id="BodyLength with leading zeros"),
        pytest.param(b"noise" + GOOD, [GOOD], 1, id="noise before a message"),
        pytest.param(GOOD + b"\r\n" + OTHER, [GOOD, OTHER], 1, id="noise between messages"),
        pytest.param(GOOD.replace(b"35=0\x0134=2", b"34=2\x0135=0") + OTHER, [OTHER], 1, id="MsgType not third"),
        pytest.param(GOOD.replace(b"\x019=", b"\x0199=") + OTHER, [OTHER], 1, id="BodyLength not second"),
        pytest.param(b"9=5\x018=FIX.4.2\x0135=0\x0110=000\x01" + OTHER, [OTHER], 1, id="BeginString not first"),
        pytest.param(GOOD[:-7] + OTHER, [OTHER], 1, id="no CheckSum"),
        pytest.param(GOOD[:-7] + b"10=12\x01" + OTHER, [OTHER], 1, id="CheckSum of two digits"),
        pytest.param(GOOD[:-7] + b"10=ABC\x01" + OTHER, [OTHER], 1, id="CheckSum of letters"),
        pytest.param(GOOD[:-7] + b"10=000\x01" + OTHER, [OTHER], 1, id="CheckSum wrong"),
        pytest.param(with_length(GOOD, -10) + OTHER, [OTHER], 1, id="BodyLength too short"),
        pytest.param(with_length(GOOD, -52) + OTHER, [OTHER], 1, id="BodyLength 1"),
        pytest.param(with_length(GOOD, -53) + OTHER, [OTHER], 1, id="BodyLength 0"),
        pytest.param(with_length(GOOD, 20) + OTHER + GOOD, [GOOD], 1, id="BodyLength too long takes the next with it"),
        pytest.param(with_length(GOOD, 3) + OTHER + GOOD, [GOOD], 1, id="BodyLength a little too long"),
        pytest.param(with_length(GOOD, 7) + OTHER, [OTHER], 1, id="BodyLength up to the next message"),
        pytest.param(with_length(GOOD, 10**6) + OTHER, [OTHER], 1, id="BodyLength beyond all bounds"),
        pytest.param(GOOD.replace(b"9=53", b"9=-7") + OTHER, [OTHER], 1, id="BodyLength negative"),
        pytest.param(GOOD.replace(b"9=53", b"9=\xb2") + OTHER, [OTHER], 1, id="BodyLength no number"),
        pytest.param(b"8=FIX.4.2" + b"x" * 50 + GOOD, [GOOD], 1, id="BeginString without an end"),
        pytest.param(b"8=FIX.4.2\x019=" + b"0" * 50 + GOOD, [GOOD], 1, id="BodyLength without an end"),
    ],
)
def test_what_is_garbled_is_dropped_and_reading_resumes(data, frames, garbled):
    framer = Framer()
    assert framer.receive(data) == frames
    assert framer.garbled == garbled
    assert framer.receive(GOOD) == [GOOD]
    assert framer.receive(b"") == []


def test_a_message_that_is_longer_than_the_bound_is_dropped():
    long = spelled(f"8=FIX.4.2|35=0|34=2|58={'x' * FRAME_LENGTH_MAX}|")
    assert Framer().receive(long + GOOD) == [GOOD]
    fits = spelled(f"8=FIX.4.2|35=0|34=2|58={'x' * (FRAME_LENGTH_MAX - 100)}|")
    assert Framer().receive(fits + GOOD) == [fits, GOOD]


def test_nothing_is_kept_without_bound():
    framer = Framer()
    for data in (b"x", b"8=FIX.4.2\x01", b"8=FIX.4.2\x019=15000\x0135=", b"8=FIX.4.2\x019=1\x0135=", b"8=FI"):
        for _ in range(50):
            framer.receive(data * 100)
            assert len(framer._partial) <= 3 * FRAME_LENGTH_MAX


PIECES = st.one_of(
    st.sampled_from([GOOD, OTHER, PADDED, GOOD[:-7], GOOD[5:], with_length(GOOD, 20), with_length(GOOD, -9), b"8=FIX"]),
    st.sampled_from([b"8=FIX.4.2\x01", b"9=12\x01", b"35=0\x01", b"10=123\x01", b"\x0110=", b"8", b"8=FI", b"\x01"]),
    st.binary(max_size=30),
)


@given(st.lists(PIECES, max_size=12).map(b"".join), st.lists(st.integers(0, 300), max_size=8))
def test_how_the_bytes_were_cut_on_their_way_makes_no_difference(data, cuts):
    whole = Framer()
    frames = whole.receive(data)
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(data[at : at + cut])
        at += cut
    pieces.append(data[at:])
    framer = Framer()
    assert [frame for piece in pieces for frame in framer.receive(piece)] == frames
    assert framer.garbled == whole.garbled
    bytewise = Framer()
    assert [frame for byte in data for frame in bytewise.receive(bytes([byte]))] == frames
    assert all(sum(frame[:-7]) % 256 == int(frame[-4:-1]) for frame in frames)


@given(st.lists(PIECES, max_size=4).map(b"".join), st.booleans())
def test_one_whole_frame_is_found_at_once_where_a_walk_finds_it(data, is_spelled):
    data = frame(b"FIX.4.2", b"35=0\x01" + data + b"\x01") if is_spelled else data
    assert codec.is_one_frame(data) == (data.startswith(codec.START) and codec._frame_end(data, 0) == len(data))


# --------------------------------------------------------------------------------------------------------------- fields


def fields(text):
    message = parse(spelled(text))
    return None if message is None else message.fields[3:-1]


def test_a_frame_taken_apart_has_all_fields_in_order_and_the_first_value_of_each_tag():
    message = parse(spelled("8=FIX.4.2|35=D|58=first|11=A|58=second|"))
    assert message.begin_string == b"FIX.4.2"
    assert message.msg_type == b"D"
    assert message.tags == (b"8", b"9", b"35", b"58", b"11", b"58", b"10")
    assert message.texts[3:6] == [b"first", b"A", b"second"]
    assert message.values[b"58"] == b"first"
    assert message.fields[4] == (b"11", b"A")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("8=FIX.4.2|35=0|58=a=b|", [(b"58", b"a=b")]),
        ("8=FIX.4.2|35=0|58=|", [(b"58", b"")]),
        ("8=FIX.4.2|35=0|-1=HI|", [(b"-1", b"HI")]),
        ("8=FIX.4.2|35=0|0=HI|", [(b"0", b"HI")]),
        ("8=FIX.4.2|35=A|95=7|96=a|b=c|d|", [(b"95", b"7"), (b"96", b"a\x01b=c\x01d")]),
        ("8=FIX.4.2|35=A|95=2|96=a|", [(b"95", b"2"), (b"96", b"a")]),
        ("8=FIX.4.2|35=A|95=9999|96=a|", [(b"95", b"9999"), (b"96", b"a")]),
        ("8=FIX.4.2|35=A|95=x|96=a|", [(b"95", b"x"), (b"96", b"a")]),
        ("8=FIX.4.2|35=0|58|", None),
        ("8=FIX.4.2|35=0|1=2=3|4|", None),
        ("8=FIX.4.2|35=0|=HI|", None),
        ("8=FIX.4.2|35=0|-=HI|", None),
        ("8=FIX.4.2|35=0|4garbled9=HI|", None),
        ("8=FIX.4.2|35=0||58=a|", None),
    ],
)
def test_data_fields_hold_any_byte_and_what_is_no_field_makes_a_message_garbled(text, found):
    assert fields(text) == found


def test_rows_of_tags_are_remembered_within_bounds():
    for number in range(codec.ROWS_MAX + 10):
        assert fields(f"8=FIX.4.2|35=0|{1000 + number}=a|") == [(b"%d" % (1000 + number), b"a")]
    assert len(codec._rows) <= codec.ROWS_MAX
    before = dict(codec._rows)
    many = "".join(f"{2000 + number}=a|" for number in range(codec.ROW_LENGTH_MAX))
    assert len(fields(f"8=FIX.4.2|35=0|{many}")) == codec.ROW_LENGTH_MAX
    assert fields("8=FIX.4.2|35=0|x=a|") is None
    assert codec._rows == before


@given(st.binary(max_size=60), st.booleans())
def test_whatever_the_bytes_are_a_frame_is_taken_apart_or_not_but_never_raises(data, is_framed):
    message = parse(frame(b"FIX.4.2", b"35=D\x01" + data + b"\x01") if is_framed else data)
    if message is not None:
        assert b"\x01".join(tag + b"=" + text for tag, text in message.fields) + b"\x01" == message.frame


ROW = codec.Row(b"8\x019\x0135\x0158\x01-1\x0110", (b"8", b"9", b"35", b"58", b"-1", b"10"))
for _ in range(codec.OFTEN):
    ROW.count()


@given(st.lists(st.sampled_from([b"35=D|", b"58=", b"a", b"=", b"|", b"-1=", b"\n", b"10=", b"11="]), max_size=12))
@example([b"35=D|", b"58=", b"a", b"|", b"-1=", b"a", b"=", b"|"])
def test_a_row_that_is_expected_changes_nothing_but_the_speed(parts):
    made = frame(b"FIX.4.2", b"".join(parts).replace(b"|", b"\x01"))
    plain, fast = parse(made), parse(made, ROW)
    assert (plain is None) == (fast is None)
    if plain is not None:
        assert (fast.fields, fast.values) == (plain.fields, plain.values)
        assert (fast.begin_string, fast.msg_type, fast.tags) == (plain.begin_string, plain.msg_type, plain.tags)


@given(st.binary(max_size=2000))
def test_check_sum_is_the_sum_of_all_bytes(data):
    assert check_sum(data) == sum(data) % 256


# ---------------------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        (b"20261121-18:00:00", 1_795_284_000_000_000_000),
        (b"20261121-18:00:00.5", -1),
        (b"20261121-18:00:00.123", 1_795_284_000_123_000_000),
        (b"20261121-18:00:00.123456", 1_795_284_000_123_456_000),
        (b"20261121-18:00:00.123456789", 1_795_284_000_123_456_789),
        (b"20261121-18:00:60", 1_795_284_060_000_000_000),
        (b"20261121-18:00:61", -1),
        (b"20261121-24:00:00", -1),
        (b"20260229-18:00:00", -1),
        (b"00000101-18:00:00", -1),
        (b"20261121 18:00:00", -1),
        (b"2026112118:00:00", -1),
        (b"20261121-18:00:00,123", -1),
        (b"20261121-18:00:00.", -1),
        (b"19691231-23:59:59", -1),
        (b"2026112\xb2-18:00:00", -1),
        (b"", -1),
    ],
)
def test_times_are_read_with_any_usual_number_of_decimals(text, nanoseconds):
    assert read_utc_timestamp(text) == nanoseconds
    assert read_utc_timestamp(text) == nanoseconds


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_a_time_that_was_written_is_read_again_to_the_millisecond(nanoseconds):
    assert read_utc_timestamp(utc_timestamp(nanoseconds)) == nanoseconds // 1_000_000 * 1_000_000
