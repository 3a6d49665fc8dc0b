"""How faults are answered in each version: rejects, names and times that are wrong, types that nobody serves."""

import pytest
from line import HUNG_UP, SECOND, VERSIONS, Line, spelled

from fix.faults import Fault, Reason, fault
from fix.rejects import not_served, reject, route_back

pytestmark = pytest.mark.section("FIX 4.2 volume 2", "Reject")

OLD = ("FIX.4.0", "FIX.4.1")
LATER = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")


def up(version="FIX.4.2", **settings):
    line = Line(version, **settings)
    line.log_on()
    return line


# --------------------------------------------------------------------------------------------------- how a reject looks


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
def test_a_reject_names_reason_and_tag_as_far_as_its_version_can(reason):
    named = fault(reason, b"40")
    text = named.text
    assert reject(b"FIX.4.0", 7, b"D", named) == b"45=7\x0158=%b (40)\x01" % text
    assert reject(b"FIX.4.1", 7, b"D", named) == b"45=7\x0158=%b (40)\x01" % text
    number = b"373=%d\x01" % reason
    full = b"45=7\x0158=%b\x01371=40\x01372=D\x01" % text
    assert reject(b"FIX.4.4", 7, b"D", named) == full + number
    assert reject(b"FIXT.1.1", 7, b"D", named) == full + number
    assert reject(b"FIX.4.2", 7, b"D", named) == (full + number if reason <= 11 else full)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reject_without_a_tag_has_none(version):
    body = reject(version.encode(), 7, b"D", fault(Reason.INVALID_MSG_TYPE))
    assert body == (b"45=7\x0158=Invalid MsgType\x01" + (b"" if version in OLD else b"372=D\x01373=11\x01"))


def test_a_reject_of_a_message_without_a_type_leaves_it_out():
    assert reject(b"FIX.4.2", 7, b"", Fault(4, b"35", b"x")) == b"45=7\x0158=x\x01371=35\x01373=4\x01"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_rejected_message_uses_its_number_up(version):
    line = up(version)
    (answer,) = line.say("1", "")
    assert answer.startswith("35=3|34=2|45=2|58=Required tag missing")
    assert line.say("1", "112=A", number=3) == ["35=0|34=3|112=A"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_type_that_is_none_is_rejected(version):
    (answer,) = up(version).say("*", "")
    rest = "" if version in OLD else "|372=*|373=11"
    assert answer == f"35=3|34=2|45=2|58=Invalid MsgType{rest}"


# -------------------------------------------------------------------------------------------- types that nobody serves

REPORTS = {
    "FIX.4.0": "11=A|14=0|17=1|20=0|31=1|32=1|37=1|38=1|39=0|54=1|55=A|6=0",
    "FIX.4.1": "14=0|17=1|20=0|31=1|32=1|37=1|38=1|39=0|54=1|55=A|6=0|150=0|151=1",
    "FIX.4.2": "14=0|17=1|20=0|37=1|39=0|54=1|55=A|6=0|150=0|151=1",
    "FIX.4.4": "14=0|17=1|37=1|39=0|54=1|55=A|6=0|150=0|151=1",
    "FIXT.1.1": "14=0|17=1|37=1|39=0|54=1|55=A|150=0|151=1",
}


@pytest.mark.section("FIX 4.2 volume 2", "Business Message Reject")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_type_that_the_port_does_not_take_is_answered_in_each_versions_way(version):
    line = up(version)
    answer = {
        "FIX.4.0": "35=3|34=2|45=2|58=Unsupported message type",
        "FIX.4.1": "35=3|34=2|45=2|58=Unsupported message type",
        "FIXT.1.1": "35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3|1137=9",
    }.get(version, "35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3")
    assert line.say("8", REPORTS[version]) == [answer]
    assert line.say("1", "112=A", number=3) == ["35=0|34=3|112=A"]


def test_the_version_in_that_answer_is_for_test_ports_alone():
    assert not_served(b"FIXT.1.1", 2, b"8")[1] == b"45=2\x0158=Unsupported Message Type\x01372=8\x01380=3\x01"


# --------------------------------------------------------------------------------------------------------- routing back


@pytest.mark.parametrize(
    ("header", "answered"),
    [
        ("115=JCD|116=CS|144=CHI", "128=JCD|129=CS|145=CHI"),
        ("128=JCD|129=CS|145=CHI", "115=JCD|116=CS|144=CHI"),
        ("115=A|128=B", "115=B|128=A"),
        ("57=DESK|50=TRADER", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("version", LATER)
def test_rejects_are_routed_back(version, header, answered):
    line = up(version)
    route = f"|{answered}" if answered else ""
    assert line.say("1", "", header=header) == [
        f"35=3|34=2{route}|45=2|58=Required tag missing|371=112|372=1|373=1",
    ]
    (answer,) = line.say("8", REPORTS[version], header=header)
    assert answer.startswith(f"35=j|34=3{route}|45=3|")


def test_an_empty_route_is_not_turned_round():
    assert route_back(b"FIX.4.2", {b"115": b"", b"116": b"CS"}) == b"129=CS\x01"


def test_fix_4_0_has_no_locations():
    assert route_back(b"FIX.4.0", {b"115": b"A", b"144": b"CHI"}) == b"128=A\x01"
    assert route_back(b"FIX.4.1", {b"115": b"A", b"144": b"CHI"}) == b"128=A\x01145=CHI\x01"


# -------------------------------------------------------------------------------------------- names, times and versions


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("how", [{"sender": "FIRM02"}, {"target": "NQBX"}, {"sender": "X", "target": "Y"}], ids=str)
@pytest.mark.parametrize("number", [2, 9])
def test_names_of_others_are_rejected_and_logged_out(version, how, number):
    line = up(version)
    rest = "" if version in OLD else "|372=0|373=9"
    assert line.say("0", number=number, **how) == [f"35=3|34=2|45={number}|58=CompID problem{rest}", "35=5|34=3"]
    assert line.session.incoming == (3 if number == 2 else 2)
    assert line.say("5", number=3) == [HUNG_UP]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seconds", [-121, 121])
def test_a_sending_time_too_far_off_is_rejected_and_logged_out(version, seconds):
    line = up(version)
    line.clock.wall_time += seconds * SECOND
    late = line.time
    line.clock.wall_time -= seconds * SECOND
    rest = "" if version in OLD else "|372=0|373=10"
    assert line.say("0", time=late) == [f"35=3|34=2|45=2|58=SendingTime accuracy problem{rest}", "35=5|34=3"]
    assert line.session.incoming == 3
    assert line.wait(2) == [HUNG_UP]


@pytest.mark.parametrize("mode", ["lenient", "strict", "strict-all"])
@pytest.mark.parametrize("time", ["yesterday", "20261118 11:06:40", "20261118"])
def test_a_sending_time_that_is_none_is_rejected_and_the_session_stays(mode, time):
    line = up(validation=mode)
    assert line.say("0", time=time) == ["35=3|34=2|45=2|58=Incorrect data format for value|371=52|372=0|373=6"]
    assert line.say("1", "112=A", number=3) == ["35=0|34=3|112=A"]


@pytest.mark.parametrize(
    ("header", "tag", "reason", "text"),
    [
        ({"target": ""}, 56, 1, "Required tag missing"),
        ({"sender": ""}, 49, 1, "Required tag missing"),
        ({"time": ""}, 52, 1, "Required tag missing"),
        ({"target": "", "header": "56="}, 56, 4, "Tag specified without a value"),
        ({"sender": "", "header": "49="}, 49, 4, "Tag specified without a value"),
    ],
)
def test_names_and_times_that_are_missing_or_empty_are_a_matter_of_fields(header, tag, reason, text):
    line = up()
    assert line.say("0", **header) == [f"35=3|34=2|45=2|58={text}|371={tag}|372=0|373={reason}"]
    assert line.session.is_logged_on


@pytest.mark.parametrize("version", VERSIONS)
def test_another_version_inside_a_session_is_logged_out(version):
    line = up(version)
    other = "FIX.4.2" if version != "FIX.4.2" else "FIX.4.1"
    assert line.say("1", "112=A", version=other) == ["35=5|34=2|58=Incorrect BeginString"]
    assert line.say("1", "112=A", version=other) == []
    assert line.say("5", number=3) == [HUNG_UP]


def test_another_version_is_hung_up_on_after_two_seconds_without_an_answer():
    line = up()
    line.say("1", "112=A", version="FIX.4.1")
    assert line.wait(1.9) == []
    assert line.wait(0.1) == [HUNG_UP]


@pytest.mark.parametrize("how", [{"version": "FIX.4.1"}, {"sender": "FIRM02"}, {"time": "20261118-10:00:00"}])
def test_a_logout_is_answered_even_so(how):
    assert up().say("5", **how) == ["35=5|34=2", HUNG_UP]


@pytest.mark.parametrize("wrong", ["112", "x12=A", "=A", "1x2=A"])
def test_a_field_that_is_none_makes_a_message_garbled_and_uses_no_number(wrong):
    line = up()
    assert line.put(spelled(f"8=FIX.4.2|35=1|34=2|49=FIRM01|52={line.time}|56=INET|{wrong}|")) == []
    assert line.session.incoming == 2


def test_a_garbled_message_shows_as_a_gap_at_the_next_one():
    line = up()
    assert line.put(line.spell("1", "112=A")[:-2] + b"x\x01") == []
    assert line.say("1", "112=B") == ["35=2|34=2|7=2|16=0"]


def test_another_version_uses_up_no_number_but_its_own():
    line = up()
    line.say("1", "112=A")
    line.say("1", "112=B", version="FIX.4.1", number=1)
    assert line.port.session.incoming == 3
