"""Scenario files: how they read, what is refused in them, and that all that ship are sound."""

import re
from collections import Counter

import pytest

from conformance.declarations.kinds import Letter, Number, Price
from conformance.declarations.us_codes import SIDES
from conformance.scenario import ScenarioError, read_step, shifted
from conformance.suites import SUITES, chosen, load, missing, read
from conformance.values import Place, ValueFault, Values

OUCH = SUITES["ouch"].language

HEAD = "title T\nsection 2.5\n"


def test_a_file_is_read_into_scenarios_with_their_steps():
    text = """
# A remark.
title    Cancel Order
section  2.5
default  CancelOrder Quantity=0

scenario A Cancel of an unknown order is met with silence   # said the trader
    section 3.3
    slow
    open
    we log in                  # as ever
    we send CancelOrder UserRefNum=n9
    we get nothing
"""
    (scenario,) = read(SUITES["ouch"], "cancel.txt", text.replace("   # said the trader", ""))
    assert scenario.key == "ouch/cancel/A Cancel of an unknown order is met with silence"
    assert (scenario.title, scenario.section, scenario.is_slow, scenario.is_open) == ("Cancel Order", "3.3", True, True)
    assert [step.verb for step in scenario.steps] == ["log in", "send", "get nothing"]
    assert scenario.steps[1].fields == {"UserRefNum": "n9"}
    assert scenario.parties == ["we"]


@pytest.mark.parametrize(
    ("line", "verb", "rest"),
    [
        ("we connect", "connect", {}),
        ("they connect", "connect", {}),
        ("sister logs in", "log in", {}),
        ("we hang up", "hang up", {}),
        ("drop crashes", "crash", {"who": "drop"}),
        ("operator runs $bust match=$number", "run", {"who": "", "name": "$bust", "fields": {"match": "$number"}}),
        ("they hold back", "hold back", {}),
        ("we let go", "let go", {}),
        ("we send bytes 0001 52", "send bytes", {"name": "0001 52"}),
        ("we send AccountQuery in pieces of 1", "send", {"name": "AccountQuery", "number": 1}),
        ("we send $many-1 times AccountQuery", "send", {"name": "AccountQuery", "times": "$many-1"}),
        ("we get 3 times Canceled of n1", "get", {"name": "Canceled", "of": "n1", "times": "3"}),
        ("we get ServerHeartbeat within 1500 ms", "get", {"name": "ServerHeartbeat", "within_ms": 1500}),
        ("we get nothing within 500 ms", "get nothing", {"within_ms": 500}),
        ("we may get LoginRejected Reason=A", "may get", {"fields": {"Reason": "A"}}),
        ("they get Executed of n1/5 Quantity=100", "get", {"of": "n1/5", "fields": {"Quantity": "100"}}),
        ("we get 2 messages again", "get again", {"number": 2}),
        ("we get everything again", "get everything", {}),
        ("they are cut off within 18000 ms", "cut off", {"within_ms": 18000}),
        ("wait 100 ms", "wait", {"number": 100, "who": ""}),
        ("check $a != $b", "check", {"name": "!=", "fields": {"left": "$a", "right": "$b"}}),
        ('we send EnterOrder ClOrdID="two words"', "send", {"fields": {"ClOrdID": "two words"}}),
    ],
)
def test_a_line_says_who_does_what(line, verb, rest):
    step = read_step("f", 1, line)
    assert step.verb == verb
    assert {name: getattr(step, name) for name in rest} == rest


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("scenario S\n", "line 1: a title and a section come first"),
        (HEAD + "    we log in\n", "line 3: a step outside a scenario"),
        (HEAD + "scenario S\n", "line 3: a scenario without steps"),
        (HEAD + "scenario S\n    we log in\nscenario S\n    we log in\n", "line 5: another scenario has this name"),
        (HEAD + "chapter 3\n", "line 3: 'chapter' is none of title, section, for, default, scenario"),
        (HEAD + "scenario S\n    we fly\n", "line 4: 'fly' is nothing that can be done"),
        (HEAD + "scenario S\n    everybody\n", "line 4: 'everybody' says neither who nor what"),
        (HEAD + "scenario S\n    somebody logs in\n", "line 4: 'somebody' is none of we, again, they, sister, guarded"),
        (HEAD + "scenario S\n    we send EnterHouse\n", "line 4: there is no EnterHouse to a server"),
        (HEAD + "scenario S\n    we get EnterOrder\n", "line 4: there is no EnterOrder from a server"),
        (HEAD + "scenario S\n    we send CancelOrder Price=1\n", "line 4: CancelOrder has no Price"),
        (HEAD + "scenario S\n    we send CancelOrder 5\n", "line 4: '5' is not Name=value"),
        (HEAD + "scenario S\n    we send CancelOrder Quantity=1 quantity=2\n", "line 4: quantity stands twice"),
        (HEAD + "scenario S\n    we send bytes 000\n", "line 4: an odd number of hexadecimal digits"),
        (HEAD + "scenario S\n    and Executed\n", "line 4: `and` before anything else"),
        (HEAD + "scenario S\n    we log in\n    and Executed\n", "line 5: `and` may only follow a message"),
        (HEAD + 'scenario S\n    we send Debug text="x\n', "line 4: No closing quotation"),
        (HEAD + "default EnterOrder Colour=red\nscenario S\n    we log in\n", "line 4: EnterOrder has no Colour"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text, why):
    with pytest.raises(ScenarioError, match=re.escape(why)):
        read(SUITES["ouch"], "f.txt", text)


# -------------------------------------------------------------------------------------------------------------- values

HERE = Place(base=7, following=30, session="SESS01")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("n1", Number(4), 7),
        ("n3", Number(4), 9),
        ("n1-1", Number(4), 6),
        ("next", Number(4), 30),
        ("next-2", Number(4), 28),
        ("@", Price(8), 100_000),
        ("@+0.01", Price(8), 100_100),
        ("@-0.0001", Price(8), 99_999),
        ("@+$wide", Price(8), 105_000),
        ("market", Price(8), 0x7FFFFFFF),
        ("0x10", Number(4), 16),
        ("$limit+1", Number(4), 5001),
        ("N", Letter(SIDES), "N"),
    ],
)
def test_a_value_is_read_in_its_place(text, kind, value):
    values = Values({"price": "10.00", "limit": "5000", "wide": "0.50"})
    assert values.term(text, kind, HERE) == value


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("$x", Number(4), "$x is not known yet"),
        ("many", Number(4), "invalid literal"),
        ("1.00005", Price(8), "more than four decimals"),
        ("ten", Price(8), "ten is not a price"),
        ("4294967296", Number(4), "does not fit into 4 bytes"),
        ("BB", Letter(SIDES), "is not one character"),
    ],
)
def test_a_value_that_there_is_not_is_refused(text, kind, why):
    with pytest.raises(ValueFault, match=re.escape(why)):
        Values({"price": "10.00"}).term(text, kind, HERE)


@pytest.mark.parametrize(
    ("wanted", "got", "fits"),
    [
        ("any", 5, True),
        ("5", 5, True),
        ("6", 5, False),
        ("!6", 5, True),
        ("!5", 5, False),
        (">4", 5, True),
        (">5", 5, False),
        ("<n1", 5, True),
        ("4|5", 5, True),
        ("4|6", 5, False),
    ],
)
def test_what_came_is_held_against_what_was_wanted(wanted, got, fits):
    assert Values({}).fits(wanted, got, Number(4), HERE) is fits


def test_a_new_name_takes_the_value_and_a_known_one_must_be_the_same():
    values = Values({})
    assert values.fits("$match", 5, Number(4), HERE)
    assert values.fits("$match", 5, Number(4), HERE)
    assert not values.fits("$match", 6, Number(4), HERE)
    assert not values.fits("!$match", 5, Number(4), HERE)
    assert values.fits("$match+1", 6, Number(4), HERE)
    assert not values.fits("$match+1", 7, Number(4), HERE)


# -------------------------------------------------------------------------------------------------- what is shipped


@pytest.mark.parametrize("key", SUITES)
def test_every_file_of_a_suite_can_be_read_and_every_name_stands_once(key):
    scenarios = load(key)
    counts = Counter(scenario.name.lower() for scenario in scenarios)
    assert [name for name, count in counts.items() if count > 1] == []
    assert {bool(re.fullmatch(r"\d(\.\d+){0,2}|C\d", scenario.section)) for scenario in scenarios} == {True}


def test_there_are_more_than_two_hundred_scenarios_for_the_united_states():
    assert len(load("soup")) >= 50
    assert len(load("ouch")) >= 200


def test_scenarios_are_chosen_by_name_by_file_and_by_section():
    scenarios = load("ouch")
    assert {scenario.section for scenario in chosen(scenarios, ("2.3",))} == {"2.3"}
    assert {scenario.file for scenario in chosen(scenarios, ("08-cancel",))} == {"08-cancel.txt"}
    assert {scenario.name for scenario in chosen(scenarios, ("*KEEPS PRIORITY",))} == {
        "A partial Cancel keeps priority",
        "A Modify keeps priority",
    }
    assert len(chosen(scenarios, ("keeps priority", "2.3"))) == len(chosen(scenarios, ("2.3",))) + 2


def test_a_scenario_tells_what_it_needs():
    (trade,) = chosen(load("ouch"), ("Two orders trade*",))
    given = {"symbol": "X", "price": "1"}
    assert missing(OUCH, trade, {"we": 1}, given) == ["--second-user"]
    assert missing(OUCH, trade, {"we": 1, "they": 1}, given) == []
    assert missing(OUCH, trade, {"we": 1, "they": 1}, {}) == ["--symbol"]
    (firm,) = chosen(load("ouch"), ("Firm is echoed",))
    assert missing(OUCH, firm, {"we": 1}, given) == ["--firm"]


def test_what_is_done_again_has_the_next_numbers():
    step = read_step("test.txt", 1, "we send 3 times ReplaceOrder OrigUserRefNum=n1 UserRefNum=n2 Quantity=100 Price=@")
    fields = {"OrigUserRefNum": "n3", "UserRefNum": "n4", "Quantity": "100", "Price": "@"}
    assert shifted(step, 2).fields == fields
    assert shifted(read_step("test.txt", 1, "we get 3 times Canceled of n1/5"), 2).of == "n3/5"


def test_a_count_that_is_a_parameter_is_one_that_the_run_needs():
    (scenario,) = read(SUITES["ouch"], "t.txt", HEAD + "scenario S\n we log in\n we send $many times AccountQuery\n")
    assert missing(OUCH, scenario, {"we": ("A", "B")}, {}) == ["--many"]


def test_a_command_of_the_operator_is_one_that_the_run_needs():
    steps = " we log in\n operator runs $end_day session=$session\n"
    (scenario,) = read(SUITES["ouch"], "t.txt", HEAD + "scenario S\n" + steps)
    assert missing(OUCH, scenario, {"we": ("A", "B")}, {"session": "1"}) == ["--end-day"]


def test_a_port_stands_before_the_messages_of_a_drop_only():
    ours = HEAD + "scenario S\n we log in\n we get Accepted Port=IN19T6\n"
    drops = HEAD + "scenario S\n drop logs in\n drop gets Accepted Port=IN19T6\n"
    assert read(SUITES["drop-ouch"], "t.txt", drops)
    with pytest.raises(ScenarioError, match="line 5: Accepted has no Port"):
        read(SUITES["drop-ouch"], "t.txt", ours)
