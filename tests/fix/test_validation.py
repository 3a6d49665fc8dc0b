"""Field checks: each fault with its reason, tag and words, their order, and what each mode leaves alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wellmade import TIME, every_message, header, message, order

from fix.codec import frame, parse, read_utc_timestamp
from fix.dictionary import FIXT, VERSIONS
from fix.faults import TEXTS, Fault, Reason
from fix.formats import TEXTS_KEPT, is_decimal, remembered
from fix.validation import SHAPES_MAX, Validator, validator

MODES = ("lenient", "strict", "strict-all")
BEFORE_44 = ("FIX.4.0", "FIX.4.1", "FIX.4.2")
ACCEPTED = None


def check(made, mode="strict-all"):
    """Give what is wrong with a message: reason and tag."""
    found = validator(made.begin_string, "standard", mode).fault(made)
    if found is None:
        return ACCEPTED
    assert found == Fault(found.reason, found.tag, TEXTS[Reason(found.reason)])
    return found.reason, found.tag.decode()


# Each fault, in each version.

ALWAYS = [
    ("an unknown MsgType", header("*"), (11, "")),
    ("a body field before the header's", f"35=D|55=INTC|34=2|49=A|56=B|52={TIME}|11=A1|21=3|40=1|54=1|", (14, "34")),
    ("all of the body first", f"35=D|11=A1|21=3|40=1|54=1|55=INTC|34=2|49=A|56=B|52={TIME}|", (14, "34")),
    ("a body field behind the trailer's", header("0") + "93=1|89=x|112=T|", (14, "112")),
    ("a tag the version does not have", header("0") + "999=HI|", (0, "999")),
    ("a tag of nought", header("0") + "0=HI|", (0, "0")),
    ("a negative tag", header("0") + "-1=HI|", (0, "-1")),
    ("a tag with a leading zero", header("0") + "0112=HI|", (0, "0112")),
    ("a user's tag that the tables do not have", header("0") + "5000=HI|", (0, "5000")),
    ("a tag of the session's that another message takes", header("0") + "36=7|", (2, "36")),
    ("an empty body field", header("1") + "112=|", (4, "112")),
    ("an empty header field", f"35=0|34=2|49=A|52={TIME}|56=|", (4, "56")),
    ("a required header field missing", f"35=0|34=2|49=A|52={TIME}|", (1, "56")),
    ("two required header fields missing", "35=0|34=2|56=B|", (1, "49")),
    ("a required body field missing", header("1"), (1, "112")),
    ("a value that is not listed", header("A") + "98=9|108=30|", (5, "98")),
    ("a value that is not listed and no number either", header("A") + "98=x|108=30|", (5, "98")),
    ("a number that is none", header("A") + "98=0|108=x|", (6, "108")),
    ("a SendingTime that is none", "35=0|34=2|49=A|52=now|56=B|", (6, "52")),
    ("a MsgSeqNum that is none", f"35=0|34=x|49=A|52={TIME}|56=B|", (6, "34")),
    ("a header field twice", f"35=0|34=2|49=A|49=A|52={TIME}|56=B|", (13, "49")),
    ("a body field twice", header("1") + "112=A|112=B|", (13, "112")),
    ("nothing at all", header("0"), ACCEPTED),
    ("another order in header and body", f"35=A|56=B|52={TIME}|49=A|34=2|108=30|98=0|", ACCEPTED),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("text", "answer"), [pytest.param(*case[1:], id=case[0]) for case in ALWAYS])
def test_in_every_version(version, text, answer):
    if version == FIXT and text.startswith("35=A"):
        text += "1137=9|"
    made = message(text, version)
    assert check(made) == answer


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("tag", "value", "answer"),
    [
        ("38", "002000.00", ACCEPTED),
        ("38", "200.", ACCEPTED),
        ("38", "+200.00", (6, "38")),
        ("38", " 200", (6, "38")),
        ("38", "2e2", (6, "38")),
        ("38", "1,000", (6, "38")),
        ("38", "1.2.3", (6, "38")),
        ("38", "-", (6, "38")),
        ("38", ".", (6, "38")),
        ("38", "9" * 5000, (6, "38")),
        ("44", "-20.01", ACCEPTED),
        ("44", "--20.01", (6, "44")),
        ("21", "4", (5, "21")),
        ("54", "12", (5, "54")),
        ("60", "20261121-18:00:00", ACCEPTED),
        ("60", "20261121-18:00:00.123", ACCEPTED),
        ("60", "20261121-18:00:00.123456", ACCEPTED),
        ("60", "20261121-18:00:00.123456789", ACCEPTED),
        ("60", "20261121-23:59:60", ACCEPTED),
        ("60", "20261121-18:00:00.1", (6, "60")),
        ("60", "20261121-18:00:00.", (6, "60")),
        ("60", "20261121 18:00:00", (6, "60")),
        ("60", "20261121-18:00", (6, "60")),
        ("60", "20261121-24:00:00", (6, "60")),
        ("60", "20261321-18:00:00", (6, "60")),
        ("60", "20260230-18:00:00", (6, "60")),
        ("60", "20260229-18:00:00", (6, "60")),
        ("60", "20280229-18:00:00", ACCEPTED),
        ("126", "20040415", (6, "126")),
        ("97", "X", (5, "97")),
        ("43", "", (4, "43")),
    ],
)
def test_how_an_orders_values_are_spelled(version, tag, value, answer):
    if tag in {"97", "43"}:  # the header's
        text = header("D") + f"{tag}={value}|11=A1|21=1|55=INTC|54=1|60={TIME}|38=100|40=1|"
        assert check(message(text, version)) == answer
    elif tag == "126" and version == "FIX.4.0":
        assert check(order(version, more=f"{tag}={value}|", t60=None)) == answer
    else:
        assert check(order(version, **({f"t{tag}": value}))) == answer


# Faults of some versions.


def test_a_required_tag_of_an_order_is_missed_by_the_smallest_number():
    assert check(order(t55=None)) == (1, "55")
    assert check(order(t55=None, t54=None, t11=None)) == (1, "11")
    assert check(order(FIXT, t54=None)) == (1, "54")
    assert check(order(FIXT, t55=None)) is ACCEPTED
    assert check(order("FIX.4.0", t38=None)) == (1, "38")


def test_security_types_are_those_of_the_version():
    assert check(order(t167="BOO")) == (5, "167")
    assert check(order(t167="FUT")) is ACCEPTED
    assert check(order("FIX.4.4", t167="CS")) is ACCEPTED
    assert check(order(FIXT, t167="CS")) is ACCEPTED


@pytest.mark.parametrize("version", VERSIONS)
def test_several_values_stand_with_a_space_between(version):
    assert check(order(version, t18="G")) is ACCEPTED
    assert check(order(version, t18="G 6")) is ACCEPTED
    assert check(order(version, t18="G ?")) == (5, "18")
    assert check(order(version, t18="G  6")) == (5, "18")


def test_the_session_layer_of_fix_50_does_not_know_the_applications_fields():
    assert check(message(header("0") + "55=MSFT|", FIXT)) == (0, "55")
    assert check(message(header("0") + "58=Text|", FIXT)) == (2, "58")
    assert check(message(header("0") + "55=MSFT|")) == (2, "55")


def test_a_logon_of_fixt_names_its_application_version():
    assert check(message(header("A") + "98=0|108=30|", FIXT)) == (1, "1137")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("386=2|336=PRE-OPEN|336=AFTER-HOURS|", ACCEPTED),
        ("386=02|336=PRE-OPEN|336=AFTER-HOURS|", ACCEPTED),
        ("386=0|", ACCEPTED),
        ("386=3|336=PRE-OPEN|336=AFTER-HOURS|", (16, "386")),
        ("386=1|336=PRE-OPEN|336=AFTER-HOURS|", (16, "386")),
        ("386=1|", (16, "386")),
        ("386=0|336=PRE-OPEN|", (16, "386")),
        ("386=-1|336=PRE-OPEN|", (16, "386")),
        ("386=two|336=PRE-OPEN|", (6, "386")),
        ("386=|336=PRE-OPEN|", (4, "386")),
        ("386=1|336=|", (4, "336")),
        ("386=1|336=A|386=1|336=B|", (13, "386")),
        ("336=PRE-OPEN|", (2, "336")),
        ("386=2|336=A|65=X|336=B|", (2, "336")),
        ("386=1|79=ACC|336=A|", (2, "79")),
    ],
)
def test_repeating_groups_are_counted(body, answer):
    assert check(order(more=body)) == answer


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("453=1|448=ID|447=D|452=1|802=2|523=a|803=1|523=b|803=2|", ACCEPTED),
        ("453=2|448=ID|448=ID|447=D|", ACCEPTED),
        ("453=1|448=ID|802=3|523=a|803=1|523=b|803=2|", (16, "802")),
        ("453=1|448=ID|802=1|523=a|803=x|", (5, "803")),
        ("453=1|447=D|448=ID|452=1|", (15, "447")),
        ("453=1|448=ID|447=D|447=D|", (16, "453")),
        ("453=2|448=ID|447=D|447=D|", (15, "447")),
        ("453=1|448=ID|523=a|", (2, "523")),
    ],
)
@pytest.mark.parametrize("version", ["FIX.4.4", FIXT])
def test_groups_within_groups_are_counted_too(version, body, answer):
    assert check(order(version, more=body)) == answer


def test_an_entry_of_a_group_must_have_what_it_requires():
    listed = header("E") + "66=L|394=3|68=1|73=1|11=A|{}54=1|"
    assert check(message(listed.format("67=1|55=INTC|40=1|"))) is ACCEPTED
    assert check(message(listed.format("67=1|40=1|"))) == (1, "55")


def test_a_field_behind_a_group_that_is_also_in_its_entries_belongs_to_the_message():
    cross = header("J") + "70=1|71=0|54=1|55=INTC|53=1|6=1|75=20261121|78=1|79=A|80=1|161=x|58=all|{}"
    assert check(message(cross.format(""))) is ACCEPTED
    assert check(message(cross.format("58=twice|"))) == (13, "58")


def test_the_length_of_raw_data_must_be_right():
    logon = header("A") + "98=0|108=30|{}"
    assert check(message(logon.format("95=6|96=secret|"))) is ACCEPTED
    assert check(message(logon.format("95=6|96=se|ret|"))) is ACCEPTED  # what ends a field may stand in it
    assert check(message(logon.format("95=9|96=secret|"))) == (5, "95")
    assert check(message(logon.format("95=x|96=secret|"))) == (6, "95")


# The first fault answers.

RANKED = [
    (header("*") + "-1=x|", (11, "")),
    (f"35=D|-1=x|34=2|49=A|56=B|52={TIME}|", (14, "34")),
    (header("D") + "7=x|-1=x|", (0, "-1")),
    (header("D") + "55=|7=x|", (2, "7")),
    (header("D") + "55=|40=?|", (4, "55")),
    (header("D") + "40=?|38=x|", (1, "11")),
    (header("D") + f"11=A|21=1|55=I|54=1|60={TIME}|38=x|40=?|38=x|", (5, "40")),
    (header("D") + f"11=A|21=1|55=I|54=1|60={TIME}|40=1|38=x|38=x|", (6, "38")),
    (header("D") + f"11=A|21=1|55=I|54=1|60={TIME}|40=1|386=2|336=x|40=1|", (13, "40")),
]


@pytest.mark.parametrize(("text", "answer"), RANKED)
def test_the_checks_have_an_order(text, answer):
    assert check(message(text)) == answer


# Modes.

STRANGE = [
    ("a tag the version does not have", "999=x|", {"lenient": ACCEPTED, "strict": (0, "999")}),
    ("a tag of nought", "0=x|", {"lenient": ACCEPTED, "strict": (0, "0")}),
    ("a tag that this message does not take", "7=1|", {"lenient": ACCEPTED, "strict": (2, "7")}),
    ("a user's tag", "5000=x|", {"lenient": ACCEPTED, "strict": ACCEPTED, "strict-all": (0, "5000")}),
    ("a user's tag without a value", "9303=|", {"lenient": ACCEPTED, "strict": ACCEPTED, "strict-all": (0, "9303")}),
    ("a user's tag twice", "9303=A|9303=B|", {"lenient": ACCEPTED, "strict": ACCEPTED, "strict-all": (0, "9303")}),
    ("a tag of five digits", "20001=x|", {"lenient": ACCEPTED, "strict": ACCEPTED, "strict-all": (0, "20001")}),
    ("a tag of many digits", f"{'9' * 5000}=x|", {"lenient": ACCEPTED, "strict": ACCEPTED}),
    ("a value that is not listed", "59=z|", dict.fromkeys(MODES, (5, "59"))),
    ("a tag twice", "59=0|59=0|", dict.fromkeys(MODES, (13, "59"))),
    ("a strange tag in a group's entry", "386=2|336=A|9000=x|336=B|", {"strict": ACCEPTED, "lenient": ACCEPTED}),
]


@pytest.mark.parametrize(("body", "answers"), [pytest.param(*case[1:], id=case[0]) for case in STRANGE])
def test_what_an_order_may_hold_in_each_mode(body, answers):
    for mode, answer in answers.items():
        assert check(order(more=body), mode) == answer


@pytest.mark.parametrize(
    ("mode", "answer"), [("lenient", ACCEPTED), ("strict", (0, "5000")), ("strict-all", (0, "5000"))]
)
def test_the_sessions_own_messages_are_held_to_the_tables_unless_lenient(mode, answer):
    assert check(message(header("0") + "5000=x|"), mode) == answer


@pytest.mark.parametrize("mode", MODES)
def test_a_strange_tag_among_the_headers_does_not_begin_the_body_if_it_is_left_alone(mode):
    text = f"35=D|5001=x|34=2|49=A|56=B|52={TIME}|11=A1|21=1|55=I|54=1|60={TIME}|40=1|"
    assert check(message(text), mode) == ((14, "34") if mode == "strict-all" else ACCEPTED)


# Everything the tables have.


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_with_what_it_requires_is_well_made(version):
    for made in every_message(version, full=False):
        assert check(made) is ACCEPTED, made.frame


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_with_all_that_it_may_have_is_well_made(version):
    for made in every_message(version, full=True):
        if len(made.fields) < 1000:  # some of FIX 5.0 have many thousands
            assert check(made) is ACCEPTED, made.frame[:2000]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_misses_each_field_that_it_requires(version):
    for made in every_message(version, full=False):
        for tag, value in made.fields[7:-1]:
            if sum(tag == other for other, _ in made.fields) == 1:
                spoilt = made.frame.replace(b"\x01%b=%b\x01" % (tag, value), b"\x01", 1)
                reason, _ = check(parse(spoilt))
                assert reason in {1, 2, 15, 16}, (made.frame, tag)


TAGS = "8 9 35 34 49 56 52 10 11 21 38 40 44 54 55 60 386 336 453 448 802 523 95 96 93 89 627 628 -1 0 9303"
PIECES = st.sampled_from(TAGS.encode().split())
VALUES = st.one_of(
    st.sampled_from([b"", b"0", b"1", b"2", b"-", b".", b"D", TIME.encode(), b"9" * 5000]), st.binary(max_size=20)
)


@given(
    version=st.sampled_from(VERSIONS),
    mode=st.sampled_from(MODES),
    msg_type=st.sampled_from(
        [b"0", b"1", b"2", b"3", b"4", b"5", b"A", b"D", b"E", b"F", b"G", b"8", b"9", b"d", b"*"]
    ),
    fields=st.lists(st.tuples(PIECES, VALUES), max_size=30),
)
def test_no_message_raises_and_each_is_judged_the_same_twice(version, mode, msg_type, fields):
    body = b"".join(b"%b=%b\x01" % (tag, value.replace(b"\x01", b"")) for tag, value in fields)
    made = parse(frame(version.encode(), b"35=%b\x01" % msg_type + body))
    if made is not None:
        judge = validator(made.begin_string, "standard", mode)
        fresh = Validator(judge.session, judge.application, mode)
        assert judge.fault(made) == fresh.fault(made) == judge.fault(made)


def test_a_client_that_sends_ever_new_shapes_makes_nothing_grow():
    judge = validator(b"FIX.4.2", "standard", "lenient")
    for number in range(3 * SHAPES_MAX):
        judge.fault(order(more=f"{20000 + number}=x|"))
    assert max(len(kind.shapes) for kind in judge._kinds.values()) <= SHAPES_MAX


def test_sessions_share_a_validator():
    assert validator(b"FIX.4.2", "standard", "strict") is validator(b"FIX.4.2", "standard", "strict")


def test_tables_that_are_read_beforehand_are_not_read_again():
    judge = validator(b"FIXT.1.1", "standard", "lenient")
    judge.prepare((b"D", b"?"))
    kinds = dict(judge._kinds)
    assert {b"A", b"0", b"D"} <= set(kinds)
    assert b"?" not in kinds
    judge.fault(order(FIXT))
    judge.prepare((b"D",))
    assert judge._kinds == kinds


# Short cuts.


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dialect", ["standard", "inet", "flite", "nordic"])
def test_a_header_that_a_session_takes_passes_the_checks_that_are_left_out_for_it(version, mode, dialect):
    checker = validator(version.encode(), dialect, mode)
    for number in ("1", "0007", "9" * 18):
        for time in (TIME, TIME[:17], TIME + "000", "20261121-23:59:60", TIME + "123456"):
            fields = f"35=D|34={number}|49={'A' * 40}|52={time}|56={'B' * 40}|58=x|"
            shape = checker.shape(message(fields, version))
            made = message(fields, version)
            assert read_utc_timestamp(time.encode()) >= 0
            checked = zip(made.fields, shape.checks, strict=True)
            assert [tag for (tag, text), passes in checked if not passes(text)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_behind_a_header_that_holds_the_same_is_wrong_as_in_the_whole_message(version):
    checker = validator(version.encode(), "standard", "strict-all")
    changes = [{"t38": "x"}, {"t54": "?"}, {"t55": None}, {"t55": ""}, {"t44": ""}, {"t60": "x"}, {"t21": "1"}, {}]
    for change in [*changes, *changes, {"more": "38=1|"}, {"more": "9999=1|"}, {"more": "386=2|336=A|"}]:
        made = order(version, **change)
        assert checker.fault_behind_header(made) == checker.fault(made)


def test_texts_that_passed_are_remembered_within_bounds_and_others_never():
    check = remembered(is_decimal)
    assert [bool(check(text)) for text in (b"1.5", b"1.5", b"x", b"x")] == [True, True, False, False]
    known = check.__self__
    assert list(known) == [b"1.5"]
    for number in range(3 * TEXTS_KEPT):
        assert check(b"%d" % number)
    assert len(known) <= TEXTS_KEPT
    assert remembered(len) is len
