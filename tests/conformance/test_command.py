"""`portcullis conform` as a user meets it: exit codes, progress, reports, what a failure shows."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance.runner import Outcome
from conformance.suites import SUITES
from venue.control import ask

PORTCULLIS = Path(sys.executable).with_name("portcullis")
WRONG = """
title    Wrong
section  2.5
default  EnterOrder Side=B Quantity=100 Symbol=$symbol Price=@ TimeInForce=0 Display=Y Capacity=P
default  EnterOrder InterMarketSweep=N CrossType=N ClOrdID=
scenario A wrong field
    we log in
    we send EnterOrder UserRefNum=n1
    we get Accepted of n1 Quantity=99
scenario A wrong message
    we log in
    we send EnterOrder UserRefNum=n1
    we get Rejected of n1
scenario A message that does not come
    we log in
    we get Executed UserRefNum=n1 within 200 ms
scenario A message that nobody expected
    we log in
    we send EnterOrder UserRefNum=n1
scenario An option that is not there
    we log in
    we send EnterOrder UserRefNum=n1
    we get Accepted of n1 GroupID=7
scenario An option that nobody expected
    we log in
    we send EnterOrder UserRefNum=n1 GroupID=7
    we get Accepted of n1 GroupID=none
scenario A comparison that does not hold
    we log in
    check 1 < 1
scenario A connection that stays
    we log in
    we are cut off within 200 ms
scenario Something where there was to be silence
    we log in
    we send EnterOrder UserRefNum=n1
    we get nothing
scenario A name without a value
    we log in
    we send CancelOrder UserRefNum=$later Quantity=0
    we get Canceled UserRefNum=$later
scenario Everything as it is
    we log in
    we send EnterOrder UserRefNum=n1
    we get Accepted of n1
"""


@pytest.fixture
def conform(command):
    """Run `portcullis conform`."""
    return lambda *arguments: command("conform", *arguments)


def at(venue):
    return ("--target", f"{venue.target[0]}:{venue.target[1]}", "--user", "IN19T6")


async def test_every_kind_of_deviation_is_a_failure_that_tells_itself(venue, hold):
    results = await hold("ouch", venue.target, text=WRONG)
    told = {
        name: (result.failure.why, [tuple(one) for one in result.failure.differences])
        for name, result in results.items()
        if result.outcome is Outcome.FAILED
    }
    assert told.pop("A wrong message")[0] == "something else came"
    assert told == {
        "A wrong field": ("something else came", [("Quantity", "99", "100")]),
        "A message that does not come": ("nothing came in time; expected Executed", []),
        "A message that nobody expected": ("something came where nothing was to be said", []),
        "An option that is not there": ("something else came", [("GroupID", "7", "none")]),
        "An option that nobody expected": ("something else came", [("GroupID", "none", "7")]),
        "A comparison that does not hold": ("1 < 1 does not hold", []),
        "A connection that stays": ("the server did not close the connection in time", []),
        "Something where there was to be silence": ("something came where nothing was to be said", []),
    }
    assert results["A name without a value"].why == "needs --later"
    assert results["Everything as it is"].outcome is Outcome.PASSED
    assert results["A wrong field"].log


def test_a_good_run_exits_with_0_and_reports_by_section(venue, tmp_path, conform):
    junit, report = tmp_path / "junit.xml", tmp_path / "report.json"
    run = conform("ouch", *at(venue), "--demo", "--only", "08-cancel", "--junit", junit, "--json", report)
    assert run.returncode == 0, run.stderr
    assert "ok   2.5        A Cancel to 0 cancels the whole order" in run.stderr
    assert "12 passed, 0 failed, 0 skipped" in run.stderr
    assert run.stdout == ""
    root = ET.parse(junit).getroot()
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("12", "0", "0")
    assert {case.get("classname") for case in suite} == {"ouch.08-cancel"}
    whole = json.loads(report.read_text())
    assert (whole["suite"], whole["passed"], whole["failed"], len(whole["scenarios"])) == ("ouch", 12, 0, 12)


def test_what_a_run_was_not_given_is_skipped_and_said(venue, conform):
    run = conform("ouch", *at(venue), "--only", "06-matching", "--json", "-")
    assert run.returncode == 0, run.stderr
    assert "(needs --second-user)" in run.stderr
    whole = json.loads(run.stdout)
    assert whole["failed"] == 0
    assert whole["passed"] >= 2
    assert {entry["why"] for entry in whole["scenarios"] if entry["outcome"] == "skipped"} == {"needs --second-user"}


def test_a_run_that_shows_nothing_is_no_success(venue, conform):
    assert conform("ouch", *at(venue), "--only", "19-risk").returncode == 1


def test_a_failure_exits_with_1_and_shows_rule_step_and_wire(venue, tmp_path, conform):
    junit = tmp_path / "junit.xml"
    arguments = ("--set", "unknown_symbol=ZWZZT", "--only", "0x0017 Invalid symbol", "--junit", junit, "--quiet")
    run = conform("ouch", *at(venue), *arguments)
    assert run.returncode == 1
    assert "Rejected, section 7.1: 0x0017 Invalid symbol" in run.stderr
    assert "`we get Rejected of n1 Reason=0x0017`: something else came" in run.stderr
    assert "expected Rejected" in run.stderr
    assert "got      Accepted" in run.stderr
    assert "we      --> EnterOrder UserRefNum=" in run.stderr
    assert "we      <-- Accepted Timestamp=" in run.stderr
    (failure,) = ET.parse(junit).getroot().iter("failure")
    assert "wire log:" in failure.text


def test_nobody_there_exits_with_1_and_a_line():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [PORTCULLIS, "conform", "soup", "--target", f"127.0.0.1:{port}", "--user", "IN19T6"]
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"portcullis: cannot connect to 127.0.0.1:{port}" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_server_that_refuses_the_login_fails_every_scenario_that_logs_in(venue, conform):
    target = f"{venue.target[0]}:{venue.target[1]}"
    run = conform("ouch", "--target", target, "--user", "NOBODY", "--only", "an order takes its number*")
    assert run.returncode == 1
    assert "expected LoginAccepted" in run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("ouch",),
        ("nonsense", "--list"),
        ("ouch", "--target", "127.0.0.1", "--user", "X"),
        ("ouch", "--target", "127.0.0.1:99999", "--user", "X"),
        ("ouch", "--target", "127.0.0.1:1", "--user", "X", "--set", "nothing"),
        ("ouch", "--target", "127.0.0.1:1", "--user", "X", "--only", "no such scenario"),
        ("itch", "--target", "127.0.0.1:1", "--user", "X"),
        ("itch", "--target", "127.0.0.1:1", "--user", "X", "--order-target", "127.0.0.1:2", "--glimpse-target", "near"),
    ],
)
def test_a_wrong_command_line_exits_with_2(arguments, conform):
    run = conform(*arguments)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("suite", SUITES)
def test_list_names_every_scenario_with_its_section(suite, conform):
    run = conform(suite, "--list")
    assert run.returncode == 0
    assert int(run.stdout.splitlines()[-1].split()[0]) >= 15


@pytest.mark.parametrize("command", [("conform", "soup", "--list"), ("decode", "-")])
def test_without_the_extra_both_commands_exit_with_2_and_say_how_to_install_it(command, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'construct' else find(name, *rest)\n"
    )
    run = subprocess.run(
        [PORTCULLIS, *command], input="", capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tmp_path)}
    )
    assert run.returncode == 2
    assert "pip install 'portcullis[tools]'" in run.stderr


def test_the_server_loads_nothing_of_the_kit():
    code = (
        "import sys, venue.cli; print([name for name in sys.modules if name.startswith(('conformance', 'construct'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def wait_until_somebody_stays(venue):
    """Wait until a port is found logged in ten times in a row: the scenario waits for the end."""
    looks = 0
    while looks < 10:
        ports = ask(venue.data, "ports").body["items"]
        looks = looks + 1 if any(port["loggedIn"] for port in ports) else 0
        time.sleep(0.05)


async def test_the_end_of_a_session_is_seen_where_an_operator_ends_the_day(venue, hold):
    playing = asyncio.create_task(
        hold("soup", venue.target, "5-end-of-session", more={"end_of_day": "1"}, patience=10.0)
    )
    await asyncio.to_thread(wait_until_somebody_stays, venue)
    await asyncio.to_thread(ask, venue.data, "trading-day/next", {})
    (result,) = (await playing).values()
    assert result.outcome is Outcome.PASSED, result.failure
