"""The port that sends orders back."""

import pytest
from line import Line

from fix import echo

ORDER = "11=A|21=1|40=1|54=1|55=AAPL|60=20261118-11:00:00"
DEFINITION = "320=R|322=S|323=6|393=0"


@pytest.fixture
def line():
    line = Line()
    line.log_on()
    return line


@pytest.mark.parametrize(("msg_type", "body"), [("D", ORDER), ("d", DEFINITION)])
def test_orders_and_security_definitions_come_back(line, msg_type, body):
    assert line.say(msg_type, body) == [f"35={msg_type}|34=2|{body}"]


def test_fields_come_back_in_the_order_of_their_tags(line):
    assert line.say("D", "|".join(reversed(ORDER.split("|")))) == [f"35=D|34=2|{ORDER}"]


def test_groups_come_back_as_they_were(line):
    group = "78=2|79=ONE|80=5|79=TWO|80=6"
    assert line.say("D", f"{ORDER}|{group}") == [f"35=D|34=2|{ORDER}|{group}"]


def test_the_header_does_not_come_back_but_for_poss_resend(line):
    assert line.say("D", ORDER, header="50=TRADER|57=DESK|97=Y|115=A") == [f"35=D|34=2|97=Y|{ORDER}"]


def test_an_order_sent_again_as_a_poss_resend_is_passed_over(line):
    line.say("D", ORDER)
    assert line.say("D", ORDER, header="97=Y") == []
    assert line.say("D", ORDER) == [f"35=D|34=3|{ORDER}"]


def test_orders_are_forgotten_with_the_connection_and_when_they_are_too_many(line, monkeypatch):
    line.say("D", ORDER)
    line.restart()
    assert line.say("D", ORDER, header="97=Y") == []
    line.drop()
    line.log_on()
    assert len(line.say("D", ORDER, header="97=Y")) == 1
    monkeypatch.setattr(echo, "KNOWN_MAX", 1)
    line.say("D", ORDER.replace("11=A", "11=B"))
    assert list(line.port.known) == [b"B"]


def test_a_tag_that_is_too_long_to_be_a_number_comes_back_last():
    line = Line(validation="strict")
    line.log_on()
    tag = "9" * 5000
    assert line.say("D", f"{tag}=x|5000=y|{ORDER}") == [f"35=D|34=2|{ORDER}|5000=y|{tag}=x"]
