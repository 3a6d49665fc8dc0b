"""FIX frames as the kit sees them: cut from a stream, judged, put together; simplefix is held against both."""

import pytest
import simplefix

from conformance.fix.frames import SOH, Frame, compose, cut, faults, raw
from conformance.fix.tags import CODES, NAMES, TAGS, VERSIONS, meaning, tag_of
from conformance.fix.values import Numbers, Values, same

HEARTBEAT = [(8, "FIX.4.2"), (35, "0"), (34, "2"), (49, "INET"), (52, "20261121-18:00:00.000"), (56, "FXT1")]
CAPTURED = (  # sent by the venue in 2011, its CheckSum put right: the names in it were changed when it was published
    "8=FIX.4.2|9=269|35=8|49=INET|56=DEGSR1|43=N|52=20110531-13:30:04|122=20110531-13:30:04|34=1|57=7YSC1478|"
    "11=3440299650|41=3440299650|37=23052|17=-59359|20=0|150=4|39=4|109=DEGS|55=WOOD|54=1|38=100|59=3|32=0|31=0.0|"
    "151=0|14=0|6=0.0|18=N|1=7YSC1209|44=46.4600|40=2|47=A|29=1|76=INET|58=T|10=227|"
).replace("|", "\x01")


PLAIN = compose(HEARTBEAT)


def test_a_frame_put_together_is_what_simplefix_takes_apart():
    parser = simplefix.FixParser()
    parser.append_buffer(compose([*HEARTBEAT, (112, "HELLO")]))
    assert parser.get_message().get(112) == b"HELLO"
    assert parser.get_message() is None


def test_a_captured_report_has_no_fault():
    (frame,), taken = cut(CAPTURED.encode())
    assert taken == len(CAPTURED)
    assert faults(frame) == []
    assert (frame.kind, frame.number, frame.is_again) == ("8", 1, False)
    assert frame.values[109] == "DEGS"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (PLAIN.replace(b"9=5", b"9=6"), "BodyLength is 6"),
        (PLAIN[:-4] + b"000" + SOH, "CheckSum is 000, not "),
        (PLAIN[:-4] + PLAIN[-3:], "CheckSum is "),
        (raw("8=FIX.4.2|34=2|35=0|49=INET"), "are not the first three fields"),
        (raw("8=FIX.4.2|35=0|34=2|112=A|49=INET"), "SenderCompID (49) stands behind a field of the body"),
        (raw("8=FIX.4.2|35=0|34=2|49=INET|112="), "TestReqID (112) has no value"),
        (raw("8=FIX.4.2|35=0|34=2|49=INET|112=A|112=B"), "TestReqID (112) stands twice"),
        (raw("8=FIX.4.2|35=0|34=2|49=INET|text"), "b'text' is no field"),
        (raw("8=FIX.4.2|35=0|34=2|-1=INET"), "b'-1=INET' is no field"),
    ],
)
def test_what_is_wrong_with_a_frame_is_said(data, fault):
    frames, _ = cut(data)
    assert fault in " ".join(faults(frames[0]))


def test_a_group_may_repeat_its_fields():
    assert faults(Frame(0, raw("8=FIX.4.4|35=8|34=2|453=2|448=A|447=D|452=1|448=B|447=D|452=12"))) == []


def test_frames_are_found_wherever_a_stream_is_cut():
    one, two = compose(HEARTBEAT), compose([*HEARTBEAT, (112, "HELLO")])
    whole = one + two
    for at in range(len(whole)):
        first, taken = cut(whole[:at])
        second, rest = cut(whole[taken:])
        assert b"".join(frame.data for frame in (*first, *second)) == whole
        assert taken + rest == len(whole)


def test_bytes_between_messages_are_a_frame_of_their_own():
    (junk, frame), _ = cut(b"junk" + compose(HEARTBEAT))
    assert faults(junk) == ["bytes between messages: b'junk'"]
    assert faults(frame) == []


def test_a_frame_whose_body_length_is_too_short_still_ends_at_its_check_sum():
    short = compose(HEARTBEAT, body_length="20")
    (frame, after), taken = cut(short + compose(HEARTBEAT))
    assert frame.data == short
    assert faults(after) == []
    assert taken == 2 * len(short)


def test_names_are_known_in_every_version():
    assert {tag_of(name) for name in ("LastShares", "LastQty", "lastqty", "32")} == {32}
    assert tag_of("NoSuchField") is None
    assert len(NAMES) == len(set(NAMES.values()))
    assert set(CODES) <= set(NAMES)
    assert set(TAGS.values()) == set(NAMES)
    assert meaning(35, "8") == "ExecutionReport"
    assert meaning(54, "6") == "sell short exempt"
    assert [version.begin for version in VERSIONS.values()][-1] == "FIXT.1.1"


@pytest.mark.parametrize(
    ("wanted", "got", "tag", "is_same"),
    [("46.46", "46.4600", 44, True), ("0", "0.0", 6, True), ("1", "01", 11, False), ("A", "a", 47, False)],
)
def test_numbers_are_the_same_however_they_are_written(wanted, got, tag, is_same):
    assert same(wanted, got, tag) is is_same


def test_a_value_is_read_and_held_against_what_came():
    values, numbers = Values({"price": "10.00", "symbol": "ZWZZT"}, "RUN"), Numbers(7, 6, 3)
    assert values.text("n1", numbers) == "RUNN1"
    assert values.text("@-0.10", numbers) == "9.90"
    assert [values.term(term, numbers) for term in ("next", "next+2", "last", "gap")] == ["7", "9", "6", "3"]
    assert values.text("$symbol|54=1", numbers) == "ZWZZT\x0154=1"
    assert values.fits("$order", "44", 37, numbers)
    assert not values.fits("$order", "45", 37, numbers)
    assert values.fits("*much*", "Too much", 58, numbers)
    assert values.fits(">9", "10", 38, numbers)
    assert values.fits("any|none", "x", 58, numbers)
