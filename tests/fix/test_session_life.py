"""How a session is kept alive and ended: heartbeats, silence, logouts by either end."""

import re
from pathlib import Path

import pytest
from line import HUNG_UP, VERSIONS, Line

from fix.session_state import MAY_RECEIVE, NEVER, State

PAGE = Path(__file__).parents[2] / "docs" / "fix.md"


def up(heartbeat=30, version="FIX.4.2", **settings):
    line = Line(version, **settings)
    line.log_on(f"98=0|108={heartbeat}")
    return line


@pytest.mark.section("FIX 4.2 volume 2", "Heartbeat")
class TestHeartbeats:
    def test_a_silence_of_ours_is_broken_by_a_heartbeat(self):
        line = up(heartbeat=10)
        assert line.wait(9.999) == []
        assert line.wait(0.001) == ["35=0|34=2"]

    def test_whatever_we_send_makes_a_heartbeat_needless(self):
        line = up(heartbeat=10)
        line.wait(6)
        line.say("1", "112=A")
        assert line.wait(9) == []
        assert line.wait(1) == ["35=0|34=3"]

    def test_who_is_silent_for_1_2_intervals_is_tested_once_and_for_2_4_hung_up_on(self):
        line = up(heartbeat=10)
        assert line.wait(11.9) == ["35=0|34=2"]
        assert line.wait(0.1) == ["35=1|34=3|112=TEST"]
        assert line.wait(11.9) == []
        assert line.wait(0.1) == [HUNG_UP]

    def test_any_message_counts_as_life(self):
        line = up(heartbeat=10)
        for _ in range(3):
            assert line.wait(12)[-1].endswith("112=TEST")
            assert line.say("3", "45=1") == []
        assert line.wait(11.9) == ["35=0|34=8"]

    def test_a_message_above_a_gap_and_a_repeated_one_count_as_life_too(self):
        line = up(heartbeat=10)
        line.wait(12)
        line.say("0", number=9)
        line.wait(12)
        line.say("0", number=1, header=f"43=Y|122={line.time}")
        assert HUNG_UP not in line.wait(12)

    def test_a_heartbeat_of_0_means_no_timers(self):
        line = up(heartbeat=0)
        assert line.session.next_tick == NEVER
        assert line.wait(10_000) == []

    def test_a_port_may_be_more_or_less_patient(self):
        line = up(heartbeat=10, test_request_percent=150, drop_percent=300)
        assert line.wait(14.9) == ["35=0|34=2"]
        assert line.wait(0.1) == ["35=1|34=3|112=TEST"]
        assert line.wait(14.9) == []
        assert line.wait(0.1) == [HUNG_UP]

    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_test_request_is_answered_at_once_with_its_id(self, version):
        line = up(version=version)
        assert line.say("1", "112=ARE YOU THERE=?") == ["35=0|34=2|112=ARE YOU THERE=?"]

    def test_nothing_is_due_before_the_logon_and_after_the_end(self):
        line = Line()
        assert line.session.next_tick == NEVER
        line.log_on()
        line.say("5")
        assert line.session.next_tick == NEVER
        line.port.tick(0)
        assert line.session.outgoing == 3


@pytest.mark.section("FIX 4.2 volume 2", "Logout")
class TestLogout:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_logout_is_answered_and_the_connection_closed(self, version):
        line = up(version=version)
        assert line.say("5", "58=bye") == ["35=5|34=2", HUNG_UP]
        assert (line.session.incoming, line.session.outgoing) == (3, 3)

    def test_a_logout_with_a_fault_is_rejected(self):
        line = up()
        assert line.say("5", "112=A")[0].startswith("35=3|34=2|45=2|58=Tag not defined")
        assert line.session.is_logged_on

    def test_our_own_logout_ends_the_connection_with_its_answer(self):
        line = up()
        line.session.log_out(b"Good night", line.clock.wall_time)
        line.do_effects()
        assert line.hear() == ["35=5|34=2|58=Good night"]
        assert line.say("5") == [HUNG_UP]
        assert line.session.incoming == 3

    def test_or_after_two_seconds(self):
        line = up()
        line.session.log_out(b"", line.clock.wall_time)
        line.do_effects()
        assert line.wait(1.9) == ["35=5|34=2"]
        assert line.wait(0.1) == [HUNG_UP]

    def test_meanwhile_resend_requests_are_served_and_messages_taken(self):
        line = up()
        line.session.log_out(b"", line.clock.wall_time)
        line.do_effects()
        line.hear()
        assert line.say("2", "7=1|16=0") == [f"35=4|34=1|43=Y|122={line.time}|36=3|123=Y"]
        assert line.say("1", "112=A") == ["35=0|34=3|112=A"]
        assert line.order("A")[0].startswith("35=D|34=4|")
        assert line.log_on(number=5) == [HUNG_UP]

    def test_a_number_too_low_then_needs_no_second_logout(self):
        line = up()
        line.session.log_out(b"", line.clock.wall_time)
        line.do_effects()
        line.hear()
        assert line.say("0", number=1) == [HUNG_UP]

    def test_who_is_not_logged_on_is_not_logged_out(self):
        line = Line()
        line.session.log_out(b"", line.clock.wall_time)
        assert line.session.outgoing == 1
        assert line.session.effects == []

    def test_a_lost_connection_keeps_both_numbers(self):
        line = up()
        line.order("A")
        line.drop()
        assert (line.session.incoming, line.session.outgoing) == (3, 3)
        assert not line.session.is_logged_on

    def test_what_comes_behind_the_end_is_passed_over(self):
        line = up()
        end = line.spell("5") + line.order_body().encode()
        assert line.put(end + line.spell("1", "112=A")) == ["35=5|34=2", HUNG_UP]
        line.port.receive(line.spell("1", "112=A", number=3), 0)
        assert (line.session.incoming, line.session.outgoing) == (3, 3)

    @pytest.mark.parametrize(
        ("logon", "then", "had_been_on"),
        [("98=0", None, False), ("98=0|108=30", None, True), ("98=0|108=30", "5", True), ("98=0|108=30", "A", True)],
        ids=["refused", "lost", "logged out", "hung up on"],
    )
    def test_whether_a_connection_had_got_as_far_as_logged_on_is_told_at_its_end(self, logon, then, had_been_on):
        line = Line()
        line.port.logon(line.spell("A", logon), 0)
        if then:
            line.port.receive(line.spell(then, "98=0|108=30" if then == "A" else ""), 0)
        assert line.port.disconnected(0) is had_been_on
        assert line.port.disconnected(0) is False


def test_the_table_of_what_may_come_lets_nothing_in_before_a_logon():
    assert {state for state, _ in MAY_RECEIVE} == set(State) - {State.DISCONNECTED}
    assert not any(following is State.LOGGING_ON for following in MAY_RECEIVE.values())


def drawing():
    """The states and what leads from one to the next, as docs/fix.md draws them."""
    arrows = {}
    for (state, kind), following in MAY_RECEIVE.items():
        arrows.setdefault((state, following), []).append(kind.decode() or "application")
    ours = {
        (State.DISCONNECTED, State.LOGGED_ON): "A",
        (State.DISCONNECTED, State.LOGGING_ON): "our A",
        (State.LOGGED_ON, State.LOGGING_OUT): "our 5",
    }
    said = ours | {arrow: " ".join(sorted(kinds)) for arrow, kinds in arrows.items()}
    names = list(State)
    order = sorted(said, key=lambda arrow: (names.index(arrow[0]), ORDER[arrow[0]].index(arrow[1])))
    lines = ["stateDiagram-v2", "[*] --> DISCONNECTED", *(f"{a.name} --> {b.name}: {said[a, b]}" for a, b in order)]
    return "\n    ".join(lines)


ORDER = {
    State.DISCONNECTED: [State.LOGGED_ON, State.LOGGING_ON],
    State.LOGGING_ON: [State.LOGGED_ON, State.DISCONNECTED],
    State.LOGGED_ON: [State.LOGGED_ON, State.LOGGING_OUT, State.DISCONNECTED],
    State.LOGGING_OUT: [State.LOGGING_OUT, State.DISCONNECTED],
}


def test_the_drawing_shows_the_table():
    (drawn,) = re.findall(r"```mermaid\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert drawn == drawing()
