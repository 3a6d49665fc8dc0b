"""Numbers heard: in order, too high, too low, missing; what waits above a gap."""

import pytest
from line import HUNG_UP, SECOND, VERSIONS, Line

from fix.codec import utc_timestamp
from fix.numbers import QUEUE_BYTES_MAX, QUEUE_MAX

pytestmark = pytest.mark.section("FIX 4.2 volume 2", "Sequence numbers")


@pytest.fixture
def line():
    line = Line()
    line.log_on()
    return line


def again(line, seconds=0):
    """The header of a message that is repeated, first sent so many seconds from now."""
    return f"43=Y|122={utc_timestamp(line.clock.wall_time + seconds * SECOND).decode()}"


def echoed(number, name, header=""):
    return f"35=D|34={number}|{header}11={name}|21=1|40=1|54=1|55=AAPL|60=20261118-11:00:00"


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_in_order_are_handled_one_after_the_other(version):
    line = Line(version)
    line.log_on()
    for number in range(2, 6):
        (answer,) = line.order(f"ORDER{number}")
        assert answer.startswith(f"35=D|34={number}|11=ORDER{number}|")
    assert line.session.incoming == 6


@pytest.mark.parametrize("number", ["0002", "2"])
def test_a_number_may_have_leading_zeros(line, number):
    assert line.say("1", "112=A", number=number) == ["35=0|34=2|112=A"]


def test_a_number_too_high_is_answered_with_one_resend_request_and_the_message_waits(line):
    assert line.say("1", "112=A", number=4) == ["35=2|34=2|7=2|16=0"]
    assert line.say("1", "112=B", number=5) == []
    assert line.order("C", number=6) == []
    assert line.session.incoming == 2
    assert line.order("X", number=2, header=again(line)) == [echoed(3, "X")]
    assert line.order("Y", number=3, header=again(line)) == [
        echoed(4, "Y"),
        "35=0|34=5|112=A",
        "35=0|34=6|112=B",
        echoed(7, "C"),
    ]
    assert line.session.incoming == 7


@pytest.mark.parametrize(("version", "end"), [("FIX.4.0", "999999"), ("FIX.4.1", "999999"), ("FIX.4.2", "0")])
def test_all_there_is_has_a_number_of_its_own_in_old_versions(version, end):
    line = Line(version)
    line.log_on()
    assert line.say("1", "112=A", number=4) == [f"35=2|34=2|7=2|16={end}"]


def test_what_comes_again_from_above_the_gap_is_passed_over(line):
    line.order("C", number=4)
    for name, number in (("A", 2), ("B", 3)):
        line.order(name, number=number, header=again(line))
    assert line.order("C", number=4, header=again(line)) == []
    assert line.session.incoming == 5


def test_a_new_gap_is_asked_for_when_the_old_one_has_closed(line):
    line.order("C", number=3)
    assert line.order("B", number=2, header=again(line))[-1] == echoed(4, "C")
    assert line.order("F", number=6) == ["35=2|34=5|7=4|16=0"]


def test_a_message_above_a_gap_is_checked_when_its_turn_comes(line):
    assert line.say("1", "", number=3) == ["35=2|34=2|7=2|16=0"]
    assert line.say("4", "36=3|123=Y", number=2, header=again(line)) == [
        "35=3|34=3|45=3|58=Required tag missing|371=112|372=1|373=1"
    ]
    assert line.session.incoming == 4


def test_a_rejected_message_fills_its_gap(line):
    line.say("1", "112=A", number=3)
    assert line.say("1", "", number=2, header=again(line)) == [
        "35=3|34=3|45=2|58=Required tag missing|371=112|372=1|373=1",
        "35=0|34=4|112=A",
    ]


def test_a_gap_fill_leads_past_what_waits_below_it(line):
    line.order("C", number=3)
    line.order("E", number=5)
    assert line.say("4", "36=5|123=Y", number=2, header=again(line)) == [echoed(3, "E")]
    assert line.session.incoming == 6
    assert line.session.dump().queue == []


def test_a_lost_connection_forgets_what_waits_and_the_next_logon_shows_the_gap_anew(line):
    line.order("C", number=4)
    line.drop()
    assert line.log_on(number=5) == ["35=A|34=3|98=0|108=30", "35=2|34=4|7=2|16=0"]
    assert line.session.dump().queue == [(5, b"")]


@pytest.mark.parametrize(
    ("body", "count"),
    [("112=A", QUEUE_MAX), (f"112={'x' * 10_000}", QUEUE_BYTES_MAX // 10_100)],
    ids=["messages", "bytes"],
)
def test_what_waits_is_bounded_and_what_was_dropped_is_asked_for_later(line, body, count):
    for number in range(3, count + 50):
        line.say("1", body, number=number)
    held = line.session.dump().queue
    assert held[0][0] == 3
    assert count - 5 <= len(held) <= count
    assert sum(len(frame) for _, frame in held) <= QUEUE_BYTES_MAX
    line.say("0", number=2, header=again(line))
    missing = len(held) + 3
    assert line.session.incoming == missing
    assert line.say("0", number=count + 50)[-1].endswith(f"|7={missing}|16=0")


# ---------------------------------------------------------------------------------------------------- too low, or none


@pytest.mark.parametrize(("number", "said"), [(1, "1"), (0, "0"), ("0", "0")])
@pytest.mark.parametrize("msg_type", ["0", "1", "3", "D"])
def test_a_number_too_low_ends_the_session_at_once(line, msg_type, number, said):
    body = "112=A" if msg_type == "1" else ""
    assert line.say(msg_type, body, number=number) == [
        f"35=5|34=2|58=MsgSeqNum too low, expecting 2 but received {said}",
        HUNG_UP,
    ]
    assert (line.session.incoming, line.session.outgoing) == (2, 3)


@pytest.mark.parametrize("seconds", [-3600, 0])
def test_a_repeated_message_that_was_heard_is_passed_over(line, seconds):
    line.order("A")
    assert line.order("A", number=2, header=again(line, seconds)) == []
    assert line.session.incoming == 3


def test_a_repeated_message_from_the_future_is_rejected_and_logged_out(line):
    line.order("A")
    assert line.order("A", number=2, header=again(line, 10)) == [
        "35=3|34=3|45=2|58=SendingTime accuracy problem|372=D|373=10",
        "35=5|34=4",
    ]
    assert line.session.incoming == 3
    assert line.say("5", number=3) == [HUNG_UP]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_repeated_message_without_orig_sending_time_is_rejected_and_the_session_stays(version):
    line = Line(version)
    line.log_on()
    line.order("A")
    (answer,) = line.order("A", number=2, header="43=Y")
    old = version in {"FIX.4.0", "FIX.4.1"}
    text = "58=Required tag missing (122)" if old else "58=Required tag missing|371=122|372=D|373=1"
    assert answer == f"35=3|34=3|45=2|{text}"
    assert line.session.incoming == 3
    assert line.say("1", "112=A", number=3) == ["35=0|34=4|112=A"]


def test_a_repeated_message_that_was_never_heard_is_handled(line):
    assert line.order("A", number=2, header=again(line)) == [echoed(2, "A")]
    assert line.session.incoming == 3


def test_a_message_without_a_number_ends_the_session(line):
    assert line.say("0", number="") == ["35=5|34=2|58=Received message without MsgSeqNum", HUNG_UP]
    assert line.session.incoming == 2


@pytest.mark.parametrize("number", ["two", "-2", "+2", "2.0", "9" * 19, "34 "])
def test_a_number_that_is_none_makes_the_message_garbled(line, number):
    assert line.say("0", number=number) == []
    assert line.session.incoming == 2


# ---------------------------------------------------------------------------- messages that are heard at any number


@pytest.mark.parametrize("number", [1, 2, 9])
def test_a_logout_is_answered_whatever_its_number(line, number):
    assert line.say("5", number=number) == ["35=5|34=2", HUNG_UP]
    assert line.session.incoming == (3 if number == 2 else 2)


def test_a_resend_request_above_a_gap_is_answered_before_we_ask(line):
    line.order("A")
    assert line.say("2", "7=2|16=0", number=5) == [
        echoed(2, "A", header=again(line) + "|"),
        "35=2|34=3|7=3|16=0",
    ]
    line.say("4", "36=5|123=Y", number=3, header=again(line))
    assert line.session.incoming == 6  # its number is used up once the gap is closed


def test_a_resend_request_below_is_answered_too(line):
    line.order("A")
    assert line.say("2", "7=2|16=0", number=2) == [echoed(2, "A", header=again(line) + "|")]
    assert line.session.incoming == 3


def test_a_reject_is_taken_note_of_and_nothing_more(line):
    assert line.say("3", "45=1") == []
    assert line.session.incoming == 3


def test_last_msg_seq_num_processed_is_told_where_the_port_is_set_to():
    line = Line(last_processed=True)
    assert line.log_on() == ["35=A|34=1|369=1|98=0|108=30"]
    assert line.say("1", "112=A") == ["35=0|34=2|369=2|112=A"]
    assert line.say("2", "7=1|16=1") == [f"35=4|34=1|43=Y|122={line.time}|36=2|123=Y"]
