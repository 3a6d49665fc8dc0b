"""ResendRequest answered from what was sent, and SequenceReset in both modes."""

import pytest
from line import HUNG_UP, VERSIONS, Line

from fix.codec import frame, parse
from fix.resend import resend

pytestmark = pytest.mark.section("FIX 4.2 volume 2", "Resend Request")

WRONG = "58=Value is incorrect (out of range) for this tag"


@pytest.fixture
def line():
    """A client to whom was sent: 1 Logon, 2 and 3 Heartbeats, 4 and 5 orders, 6 Heartbeat, 7 order, 8 Reject."""
    line = Line()
    line.log_on()
    line.say("1", "112=A")
    line.say("1", "112=B")
    line.order("C")
    line.order("D")
    line.say("1", "112=E")
    line.order("F")
    line.say("1", "")
    line.first = line.time
    line.wait(20)
    return line


def order(line, number, name):
    return f"35=D|34={number}|43=Y|122={line.first}|11={name}|21=1|40=1|54=1|55=AAPL|60=20261118-11:00:00"


def fill(line, number, following):
    return f"35=4|34={number}|43=Y|122={line.time}|36={following}|123=Y"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 3, [(1, 4)]),
        (2, 2, [(2, 3)]),
        (3, 4, [(3, 4), "4C"]),
        (4, 4, ["4C"]),
        (4, 5, ["4C", "5D"]),
        (5, 6, ["5D", (6, 7)]),
        (1, 0, [(1, 4), "4C", "5D", (6, 7), "7F", (8, 9)]),
        (0, 0, [(1, 4), "4C", "5D", (6, 7), "7F", (8, 9)]),
        (7, 0, ["7F", (8, 9)]),
        (8, 0, [(8, 9)]),
        (7, 9, ["7F", (8, 9)]),
        (7, 500, ["7F", (8, 9)]),
        (7, 999_999, ["7F", (8, 9)]),
        (9, 0, []),
        (9, 20, []),
    ],
)
def test_orders_come_again_and_runs_of_the_sessions_own_messages_become_one_gap_fill(line, first, last, expected):
    heard = line.say("2", f"7={first}|16={last}")
    assert heard == [
        fill(line, *piece) if isinstance(piece, tuple) else order(line, int(piece[0]), piece[1]) for piece in expected
    ]
    assert line.session.outgoing == 9
    assert line.session.incoming == 10
    assert line.say("1", "112=G") == ["35=0|34=9|112=G"]


@pytest.mark.parametrize(("first", "last"), [(10, 0), (11, 12), (500, 0), (5, 4), (9, 3)])
def test_a_range_that_cannot_be_is_rejected(line, first, last):
    assert line.say("2", f"7={first}|16={last}") == [f"35=3|34=9|45=9|{WRONG}|371=7|372=2|373=5"]
    assert line.session.incoming == 10


def test_a_resend_request_during_a_replay_is_served_from_its_own_beginning(line):
    expected = [order(line, 4, "C"), order(line, 5, "D")]
    both = line.spell("2", "7=4|16=5") + line.spell("2", "7=4|16=5")
    assert line.put(both) == expected + expected


def test_new_messages_come_behind_the_replay(line):
    heard = line.put(line.spell("2", "7=7|16=0") + line.spell("1", "112=NEW"))
    assert heard == [order(line, 7, "F"), fill(line, 8, 9), "35=0|34=9|112=NEW"]


def test_messages_not_written_yet_are_written_before_a_replay_that_covers_them(line):
    for data in (line.spell("1", "112=NEW"), line.spell("2", "7=7|16=0")):
        (whole,) = line.connection.framer.receive(data)
        line.port.receive(whole, 0)  # both are handled before the driver has its turn
    line.do_effects()
    assert line.hear() == ["35=0|34=9|112=NEW", order(line, 7, "F"), fill(line, 8, 10)]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_replays(version):
    line = Line(version)
    line.log_on()
    (sent,) = line.order("A")
    head, _, rest = sent.partition("|11=A")
    assert line.say("2", "7=1|16=0") == [
        f"35=4|34=1|43=Y|122={line.time}|36=2|123=Y",
        f"{head}|43=Y|122={line.time}|11=A{rest}",
    ]


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4"])
def test_999999_means_the_end_up_to_fix_4_2(version):
    line = Line(version)
    line.log_on()
    line.session.outgoing = 2_000_000  # as if so many had been sent
    (whole,) = line.connection.framer.receive(line.spell("2", "7=1999990|16=999999"))
    line.port.receive(whole, 0)
    effects = line.session.effects
    assert [effect.last for effect in effects] == ([1_999_999] if version == "FIX.4.2" else [])


def test_a_header_with_routes_gets_orig_sending_time_behind_them_and_before_the_body():
    header = b"35=8\x0134=7\x0149=INET\x0150=S\x0152=20261118-11:00:00.000\x0156=FIRM01\x01"
    routes = b"57=TRADER\x01115=A\x01116=B\x01128=C\x01129=D\x01144=E\x01145=F\x01"
    packet = frame(b"FIX.4.2", header + routes + b"369=3\x0158=a=b\x0195=3\x0196=x\x01y\x01")
    (again,) = resend({7: packet}.__getitem__, 7, 7, 1_795_000_000_000_000_000)
    tags = parse(again).tags
    assert tags == tuple(b"8 9 35 34 43 49 50 52 56 57 115 116 128 129 144 145 122 369 58 95 96 10".split())
    assert b"\x0152=20261118-11:06:40.000\x01" in again
    assert b"\x01122=20261118-11:00:00.000\x01" in again
    assert b"\x0158=a=b\x0195=3\x0196=x\x01y\x0110=" in again


def test_a_day_comes_again_piece_by_piece():
    asked = []

    def packet_of(number):
        asked.append(number)
        return frame(b"FIX.4.2", b"35=8\x0134=%d\x0149=A\x0152=20261118-11:00:00.000\x0156=B\x0158=x\x01" % number)

    replay = resend(packet_of, 1, 10**9, 0)
    assert b"\x0134=1\x0143=Y\x01" in next(replay)
    assert b"\x0134=2\x0143=Y\x01" in next(replay)
    assert asked == [1, 2]


# -------------------------------------------------------------------------------------------------------- SequenceReset


@pytest.fixture
def fresh():
    line = Line()
    line.log_on()
    return line


@pytest.mark.section("FIX 4.2 volume 2", "Sequence Reset")
class TestGapFill:
    def test_a_gap_fill_in_order_leads_to_its_new_number(self, fresh):
        assert fresh.say("4", "36=20|123=Y") == []
        assert fresh.say("1", "112=A", number=20) == ["35=0|34=2|112=A"]

    def test_a_gap_fill_above_a_gap_waits(self, fresh):
        assert fresh.say("4", "36=20|123=Y", number=10) == ["35=2|34=2|7=2|16=0"]
        assert fresh.session.incoming == 2
        fresh.say("4", "36=10|123=Y", number=2)
        assert fresh.session.incoming == 20

    def test_a_repeated_gap_fill_that_was_heard_is_passed_over(self, fresh):
        assert fresh.say("4", "36=20|123=Y", number=1, header="43=Y") == []
        assert fresh.session.incoming == 2

    def test_a_gap_fill_with_a_number_too_low_ends_the_session(self, fresh):
        assert fresh.say("4", "36=20|123=Y", number=1) == [
            "35=5|34=2|58=MsgSeqNum too low, expecting 2 but received 1",
            HUNG_UP,
        ]

    def test_a_gap_fill_to_its_own_number_has_no_effect(self, fresh):
        assert fresh.say("4", "36=2|123=Y") == []
        assert fresh.session.incoming == 2

    def test_a_gap_fill_that_leads_back_is_rejected(self, fresh):
        assert fresh.say("4", "36=1|123=Y") == [f"35=3|34=2|45=2|{WRONG}|372=4|373=5"]
        assert fresh.session.incoming == 2


@pytest.mark.section("FIX 4.2 volume 2", "Sequence Reset")
@pytest.mark.parametrize("flag", ["", "|123=N"])
@pytest.mark.parametrize("number", [0, 1, 2, 90])
class TestReset:
    """Its own number does not matter."""

    def test_a_reset_leads_to_its_new_number(self, fresh, number, flag):
        assert fresh.say("4", f"36=25{flag}", number=number) == []
        assert fresh.say("1", "112=A", number=25) == ["35=0|34=2|112=A"]

    def test_a_reset_to_the_number_expected_changes_nothing(self, fresh, number, flag):
        assert fresh.say("4", f"36=2{flag}", number=number) == []
        assert fresh.session.incoming == 2

    def test_a_reset_that_leads_back_is_rejected(self, fresh, number, flag):
        assert fresh.say("4", f"36=1{flag}", number=number) == [f"35=3|34=2|45={number}|{WRONG}|372=4|373=5"]
        assert fresh.session.incoming == 2

    def test_a_reset_forgets_what_waits(self, fresh, number, flag):
        fresh.say("1", "112=A", number=5)
        assert fresh.say("4", f"36=9{flag}", number=number) == []
        assert fresh.session.dump().queue == []
        assert fresh.say("1", "112=A", number=10)[0].endswith("|7=9|16=0")


def test_a_sequence_reset_without_a_new_number_is_rejected(fresh):
    assert fresh.say("4", "123=N") == ["35=3|34=2|45=2|58=Required tag missing|371=36|372=4|373=1"]
    assert fresh.session.incoming == 2
