"""What a Logon is answered with, and which first messages get no answer at all."""

import pytest
from line import HUNG_UP, SECOND, VERSIONS, Line, spelled

pytestmark = pytest.mark.section("FIX 4.2 volume 2", "Logon")

UP = "35=A|34=1|98=0|108=30"
BEHIND = {"FIXT.1.1": "|1137=9"}
ALL = {"FIX.4.0": "999999", "FIX.4.1": "999999"}


def answer(number=1, body="98=0|108=30", version="FIX.4.2"):
    return f"35=A|34={number}|{body}{BEHIND.get(version, '')}"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_logon_is_answered_with_the_same_heartbeat_and_the_session_is_up(version):
    line = Line(version)
    assert line.log_on() == [answer(version=version)]
    assert line.session.is_logged_on
    assert line.session.incoming == 2
    assert line.say("1", "112=A") == ["35=0|34=2|112=A"]


@pytest.mark.parametrize(("version", "time"), [("FIX.4.1", b"11:06:40"), ("FIX.4.2", b"11:06:40.000")])
def test_sending_time_has_milliseconds_since_fix_4_2(version, time):
    line = Line(version)
    line.log_on()
    assert b"\x0152=20261118-%b\x01" % time in line.streams[-1].packets[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_logon_with_a_number_too_high_is_answered_and_then_the_gap_is_asked_for(version):
    line = Line(version)
    assert line.log_on(number=5) == [answer(version=version), f"35=2|34=2|7=1|16={ALL.get(version, '0')}"]
    assert line.session.incoming == 1
    assert line.say("1", "112=A", number=6) == []
    assert line.say("4", "36=5|123=Y", number=1, header=f"43=Y|122={line.time}") == ["35=0|34=3|112=A"]
    assert line.session.incoming == 7


def test_the_number_of_a_logon_above_a_gap_is_used_up_once_the_gap_is_closed():
    line = Line()
    line.log_on(number=3)
    assert line.say("4", "36=4|123=Y", number=1, header=f"43=Y|122={line.time}") == []
    assert line.session.incoming == 4


@pytest.mark.parametrize("flag", ["", "43=Y|122=20261118-11:00:00"])
def test_a_logon_with_a_number_too_low_is_answered_with_a_logout(flag):
    line = Line()
    line.log_on()
    line.drop()
    assert line.log_on(number=1, header=flag) == [
        "35=5|34=2|58=MsgSeqNum too low, expecting 2 but received 1",
        HUNG_UP,
    ]
    assert not line.session.is_logged_on


def test_both_ends_go_on_with_their_numbers_after_a_lost_connection():
    line = Line()
    line.log_on()
    line.order("A")
    line.drop()
    assert line.log_on() == ["35=A|34=3|98=0|108=30"]


def test_reports_made_while_the_client_is_away_are_numbered_and_wait_to_be_asked_for():
    line = Line()
    line.log_on()
    line.drop()
    line.session.send(b"8", b"37=1\x01", line.clock.wall_time)
    assert line.log_on() == ["35=A|34=3|98=0|108=30"]
    assert line.say("2", "7=2|16=2") == [f"35=8|34=2|43=Y|122={line.time}|37=1"]


# ------------------------------------------------------------------------------------------------------------ from 1


def test_reset_seq_num_flag_starts_both_numbers_from_1():
    line = Line()
    line.log_on()
    line.order("A")
    line.drop()
    line.number = 1
    assert line.log_on("98=0|108=30|141=Y") == ["35=A|34=1|98=0|108=30|141=Y"]
    assert (line.session.incoming, line.session.outgoing) == (2, 2)
    assert line.say("1", "112=A") == ["35=0|34=2|112=A"]


def test_reset_seq_num_flag_works_inside_a_running_session_too():
    line = Line()
    line.log_on()
    line.order("A")
    line.say("1", "112=A", number=9)  # a gap is forgotten with the numbers
    assert line.say("A", "98=0|108=20|141=Y", number=1) == ["35=A|34=1|98=0|108=20|141=Y"]
    assert line.say("1", "112=B", number=2) == ["35=0|34=2|112=B"]
    assert line.say("2", "7=1|16=0", number=3) == [f"35=4|34=1|43=Y|122={line.time}|36=3|123=Y"]


def test_reset_seq_num_flag_with_another_number_than_1_is_refused():
    line = Line()
    assert line.log_on("98=0|108=30|141=Y", number=4) == [
        "35=5|34=1|58=MsgSeqNum must be 1 with ResetSeqNumFlag",
        HUNG_UP,
    ]


def test_a_lenient_port_takes_reset_seq_num_flag_with_any_number():
    line = Line(validation="lenient")
    assert line.log_on("98=0|108=30|141=Y", number=4) == ["35=A|34=1|98=0|108=30|141=Y"]
    assert line.session.incoming == 5


def test_a_port_may_refuse_a_reset_once_the_day_has_numbers():
    line = Line(refuse_reset=True)
    assert line.log_on("98=0|108=30|141=Y") == ["35=A|34=1|98=0|108=30|141=Y"]
    line.drop()
    assert line.log_on("98=0|108=30|141=Y", number=1) == [
        "35=5|34=2|58=ResetSeqNumFlag is refused during the day",
        HUNG_UP,
    ]
    line.connect()
    assert line.log_on(number=2) == ["35=A|34=3|98=0|108=30"]


def test_a_port_may_start_both_numbers_from_1_at_each_logon():
    line = Line(reset_on_logon=True)
    for _ in range(2):
        line.number = 1
        assert line.log_on() == [UP]
        assert line.order("A")[0].startswith("35=D|34=2|")
        line.drop()


def test_a_new_day_starts_both_numbers_from_1_and_hangs_up():
    line = Line()
    line.log_on()
    line.session.start_day(line.clock.wall_time)
    line.do_effects()
    assert line.hear() == ["35=5|34=2|58=End of trading day", HUNG_UP]
    line.close()
    line.connect()
    line.number = 1
    assert line.log_on() == [UP]


# ------------------------------------------------------------------------------------------------- refused with a text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("98=0", "HeartBtInt is missing"),
        ("98=0|108=", "HeartBtInt is missing"),
        ("98=0|108=often", "HeartBtInt is not a number"),
        ("98=0|108=-30", "HeartBtInt must not be negative"),
        ("98=0|108=3601", "HeartBtInt must not be above 3600"),
        ("98=1|108=30", "EncryptMethod must be 0"),
        ("108=30", "Required tag missing (98)"),
        ("98=0|108=30|112=A", "Tag not defined for this message type (112)"),
    ],
)
def test_a_logon_that_says_something_impossible_is_answered_with_a_logout(body, text):
    line = Line()
    assert line.log_on(body) == [f"35=5|34=1|58={text}", HUNG_UP]
    assert line.session.incoming == 1
    line.connect()
    assert line.log_on(number=1) == ["35=A|34=2|98=0|108=30"]


def test_a_logon_without_a_number_is_answered_with_a_logout():
    assert Line().log_on(number="") == ["35=5|34=1|58=Received message without MsgSeqNum", HUNG_UP]


@pytest.mark.parametrize("interval", ["0", "1", "3600"])
def test_every_other_heartbeat_interval_is_taken(interval):
    assert Line().log_on(f"98=0|108={interval}") == [f"35=A|34=1|98=0|108={interval}"]


# ---------------------------------------------------------------------------------------------------------- no answer


@pytest.mark.parametrize(
    ("version", "how"),
    [
        pytest.param("FIX.4.2", {"sender": "FIRM02"}, id="another SenderCompID"),
        pytest.param("FIX.4.2", {"sender": ""}, id="no SenderCompID"),
        pytest.param("FIX.4.2", {"target": "NQBX"}, id="another TargetCompID"),
        pytest.param("FIX.4.2", {"target": ""}, id="no TargetCompID"),
        pytest.param("FIX.4.2", {"version": "FIX.4.3"}, id="a version that the port does not speak"),
        pytest.param("FIX.4.2", {"version": "FIX.9"}, id="no version at all"),
        pytest.param("FIX.4.2", {"time": "20261118-11:00:00"}, id="SendingTime is too old"),
        pytest.param("FIX.4.2", {"time": "soon"}, id="SendingTime is no time"),
        pytest.param("FIX.4.2", {"time": ""}, id="no SendingTime"),
        pytest.param("FIX.4.2", {"number": "one"}, id="MsgSeqNum is no number"),
        pytest.param("FIXT.1.1", {"body": "98=0|108=30|1137="}, id="no DefaultApplVerID"),
    ],
)
def test_a_first_message_that_is_no_logon_for_this_session_gets_no_answer_and_uses_no_number(version, how):
    line = Line(version)
    assert line.log_on(**how) == [HUNG_UP]
    line.connect()
    assert line.log_on(number=1) == [answer(version=version)]


@pytest.mark.parametrize(
    ("seconds", "is_answered"), [(-121, False), (-120, True), (0, True), (120, True), (121, False)]
)
def test_sending_time_may_be_off_by_two_minutes(seconds, is_answered):
    line = Line()
    early = line.time
    line.clock.wall_time -= seconds * SECOND
    assert line.log_on(time=early) == ([UP] if is_answered else [HUNG_UP])


@pytest.mark.parametrize("msg_type", ["0", "1", "2", "3", "4", "5", "D", "8"])
def test_anything_but_a_logon_first_gets_no_answer(msg_type):
    assert Line().say(msg_type) == [HUNG_UP]


def test_a_first_message_with_a_field_that_is_none_gets_no_answer():
    line = Line()
    assert line.put(spelled(f"8=FIX.4.2|35=A|34=1|49=FIRM01|52={line.time}|56=INET|98=0|108|")) == [HUNG_UP]


def test_a_second_logon_inside_a_session_ends_it_without_a_word():
    line = Line()
    line.log_on()
    assert line.log_on() == [HUNG_UP]


def test_a_logon_that_is_repeated_in_answer_to_a_resend_request_only_counts():
    line = Line()
    line.log_on()
    line.say("1", "112=A", number=3)
    assert line.log_on(number=2, header=f"43=Y|122={line.time}") == ["35=0|34=3|112=A"]
    assert line.log_on(number=1, header=f"43=Y|122={line.time}") == []


# ------------------------------------------------------------------------------------------------------------- versions


def test_the_first_logon_of_the_day_fixes_the_version():
    line = Line("FIX.4.4")
    assert line.log_on() == [UP]
    line.drop()
    assert line.log_on(version="FIX.4.2") == [HUNG_UP]
    line.connect()
    assert line.log_on(number=2) == ["35=A|34=2|98=0|108=30"]
    line.drop()
    line.session.start_day(line.clock.wall_time)
    line.version = "FIX.4.1"
    assert line.log_on(number=1) == [UP]


def test_a_port_may_take_any_version_at_any_logon():
    line = Line("FIX.4.0", any_version=True, reset_on_logon=True)
    for version in VERSIONS:
        line.version, line.number = version, 1
        assert line.log_on() == [answer(version=version)]
        line.drop()


# -------------------------------------------------------------------------------------------------- next expected (789)


@pytest.fixture
def reports():
    """A client of FIX 4.4 that was away for two reports, 2 and 3."""
    line = Line("FIX.4.4", next_expected=True)
    assert line.log_on("98=0|108=30|789=1") == ["35=A|34=1|98=0|108=30|789=2"]
    line.drop()
    line.session.send(b"8", b"37=1\x01", line.clock.wall_time)
    line.session.send(b"8", b"37=2\x01", line.clock.wall_time)
    return line


@pytest.mark.section("FIX 4.4 volume 2", "NextExpectedMsgSeqNum")
class TestNextExpected:
    def test_who_expects_our_next_number_is_sent_the_logon_alone(self, reports):
        assert reports.log_on("98=0|108=30|789=4") == ["35=A|34=4|98=0|108=30|789=3"]

    def test_who_missed_something_is_sent_it_unasked_and_the_logon_is_passed_over(self, reports):
        again = f"43=Y|122={reports.time}"
        assert reports.log_on("98=0|108=30|789=2") == [
            "35=A|34=4|98=0|108=30|789=3",
            f"35=8|34=2|{again}|37=1",
            f"35=8|34=3|{again}|37=2",
            f"35=4|34=4|{again}|36=5|123=Y",
        ]
        assert reports.say("1", "112=A") == ["35=0|34=5|112=A"]

    def test_who_expects_more_than_was_sent_is_logged_out(self, reports):
        text = "NextExpectedMsgSeqNum too high, expecting 4 but received 9"
        assert reports.log_on("98=0|108=30|789=9") == [f"35=5|34=4|58={text}", HUNG_UP]

    def test_what_we_missed_is_not_asked_for_but_waited_for(self, reports):
        assert reports.log_on("98=0|108=30|789=4", number=7) == ["35=A|34=4|98=0|108=30|789=2"]
        assert reports.say("1", "112=A", number=8) == []
        again = f"43=Y|122={reports.time}"
        assert reports.say("4", "36=7|123=Y", number=2, header=again) == ["35=0|34=5|112=A"]
        assert reports.session.incoming == 9

    def test_it_is_not_followed_where_the_port_is_not_set_to(self):
        line = Line("FIX.4.4")
        assert line.log_on("98=0|108=30|789=1") == [UP]
