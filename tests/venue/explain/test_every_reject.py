"""Each reason that there is, once: which check decided, its figures, what else was wrong, and what would pass.

A row makes the reject; what is proposed is then tried in the place of the message: it must be accepted, and one step
more generous it must not be.
"""

import pytest
from floor import EVENING, Floor, changed, told
from refused_orders import ROWS

from engine.api import (
    CancelAction,
    Configure,
    CreateRule,
    CrossStage,
    Phase,
    PortAction,
    Reject,
    RuleEntry,
    SafetySwitch,
    SetPhase,
    SetPrices,
)
from engine.risk import prm
from ouch import messages
from ouch.messages import encode
from ouch.terms import REASONS
from venue.explain.text import lines


@pytest.fixture
def rejected(request, tmp_path):
    """A floor on which a row's message was the last, and was refused for its reason."""
    row = ROWS[request.param]
    floor = Floor(tmp_path)
    row.before(floor)
    (said,) = floor.enter(**row.sent, options=row.options)
    assert isinstance(said, messages.Rejected)
    assert said.reason == REASONS[request.param]
    return floor, request.param, row


def is_in(said):
    return isinstance(said[0], messages.OrderAccepted | messages.OrderReplaced)


def test_every_reason_has_its_row():
    others = {Reject.REPLACE_NOT_ALLOWED, Reject.CANCEL_PENDING}
    assert set(ROWS) == set(Reject) - prm.REASONS - others


@pytest.mark.parametrize(("cancels", "reason"), [(False, Reject.REPLACE_NOT_ALLOWED), (True, Reject.CANCEL_PENDING)])
def test_a_replace_that_is_late_for_a_cross_is_told(tmp_path, cancels, reason):
    floor = Floor(tmp_path)
    floor.enter(cross_type="C")
    floor.do(SetPhase("nasdaq", "ZWZZT", Phase.CONTINUOUS, stage=CrossStage.LATE))
    if cancels:
        floor.send(encode(messages.CancelOrder(1, 0, {})))
    (said,) = floor.replace(user_ref_num=2)
    assert said.reason == REASONS[reason]
    explanation = told(floor.explain())
    assert (explanation["check"], explanation["code"]) == (reason.name, f"0x{REASONS[reason]:04X}")


EVERY = pytest.mark.parametrize("rejected", ROWS, indirect=True, ids=lambda reason: reason.name)


@EVERY
def test_the_check_that_decided_is_told_with_its_figures(rejected):
    floor, reason, row = rejected
    explanation = told(floor.explain())
    assert explanation["outcome"] == "rejected"
    assert (explanation["check"], explanation["code"]) == (reason.name, f"0x{REASONS[reason]:04X}")
    assert (explanation["limit"], explanation["observed"]) == tuple(row.figures)
    assert (explanation["record"], explanation["id"]) == (len(floor.records), f"R{len(floor.records)}")
    assert (explanation["port"], explanation["mpid"], explanation["exchange"]) == ("IN30T1", "INET", "NASDAQ")
    assert explanation["scope"]["exchange"] == "NASDAQ"
    assert explanation["detail"] in explanation["summary"]
    assert "{" not in explanation["summary"]


@EVERY
def test_what_else_was_wrong_is_told_in_order_of_precedence(rejected):
    floor, _, row = rejected
    explanation = told(floor.explain())
    assert [other["check"] for other in explanation["otherChecks"]] == row.others
    assert all(other["detail"] and other["code"] for other in explanation["otherChecks"])


@EVERY
def test_the_change_proposed_is_the_one_expected(rejected):
    floor, _, row = rejected
    change = told(floor.explain())["smallestChange"]
    assert {one["field"]: one["value"] for one in change["fields"]} == row.change
    assert bool(change["outside"]) == (row.lift != ())


@EVERY
def test_what_is_proposed_passes_and_so_does_every_alternative_and_choice(rejected):
    floor, _, row = rejected
    change = told(floor.explain())["smallestChange"]
    if row.lift is None:
        return  # what must happen outside is no command of the engine
    for proposed in [change["fields"], *change["alternatives"]]:
        assert is_in(floor.instead(changed(floor.last(), proposed), *row.lift)), proposed
    for one in change["fields"]:
        for choice in one["choices"]:
            others = [other for other in change["fields"] if other is not one]
            assert is_in(floor.instead(changed(floor.last(), [*others, one | {"value": choice}]), *row.lift))


STEPS = {"quantity": 1, "price": 0.01, "options.minQty": 30}


def nearer(change):
    """A change of a number, one step nearer to what was sent; None where there is none."""
    name, sent, value = change["field"], change["sent"] or 0, change["value"]
    if value is None or (name not in STEPS and not isinstance(value, int)):
        return None
    sent, value, step = float(sent), float(value), STEPS.get(name, 1)
    if abs(sent - value) < step:
        return None
    value += step if sent > value else -step
    return change | {"value": f"{value:.4f}" if name == "price" else round(value)}


@EVERY
def test_one_step_nearer_to_what_was_sent_does_not_pass(rejected):
    floor, _, row = rejected
    change = told(floor.explain())["smallestChange"]
    for proposed in [change["fields"], *change["alternatives"]]:
        for one in proposed:
            others = [other for other in proposed if other is not one]
            if (bolder := nearer(one)) is not None:
                assert not is_in(floor.instead(changed(floor.last(), [*others, bolder]), *(row.lift or ())))


# ------------------------------------------------------------------------------------------------------ more of some


def test_a_life_without_an_end_is_told_behind_what_the_venue_asks_before_it(tmp_path):
    floor = Floor(tmp_path)
    floor.enter(time_in_force="6", display="N", quantity=1_000, options={"min_qty": 170})
    explanation = told(floor.explain())
    assert explanation["check"] == "INVALID_MINIMUM_QUANTITY"
    assert [other["check"] for other in explanation["otherChecks"]] == ["INVALID_EXPIRE_TIME"]


def test_the_reference_is_told_with_its_source(tmp_path):
    floor = Floor(tmp_path)
    floor.do(SetPrices("AAPL", {"outside_bid": 1_999_000, "outside_offer": 2_001_000}))
    floor.enter(symbol="AAPL", price=2_300_000)
    explanation = told(floor.explain())
    assert (explanation["reference"], explanation["source"]) == ("200.1000", "national best offer")
    assert explanation["market"]["nationalBestBid"] == "199.9000"
    floor.enter(symbol="MSFT", quantity=2_501, price=0x7FFF_FFFF, user_ref_num=2)
    explanation = told(floor.explain())
    assert (explanation["check"], explanation["reference"]) == ("MAXIMUM_NOTIONAL", "400.0000")
    assert explanation["source"] == "last sale"
    assert explanation["smallestChange"]["fields"] == [
        {"field": "quantity", "sent": 2_501, "value": 2_500, "choices": []}
    ]


def test_a_rule_is_told_with_its_scope_its_settings_and_where_it_is_from(tmp_path):
    floor = Floor(tmp_path)
    floor.enter(quantity=5_001)
    explanation = told(floor.explain())
    assert explanation["rule"] == {
        "id": "config-1-max-shares",
        "type": "max-shares",
        "origin": "configuration",
        "settings": {"limit": 5_000},
    }
    scope = {"exchange": "NASDAQ", "mpid": "INET", "port": "IN30T1", "groupId": None, "symbols": None}
    assert explanation["scope"] == scope
    assert explanation["decidedBy"] == "rule"


def test_a_rate_tells_what_was_counted_and_when_the_last_straw_would_have_passed(tmp_path):
    floor = Floor(tmp_path)
    floor.query()
    floor.now += 400_000_000
    floor.query(times=99)
    floor.now += 100_000_000
    floor.enter()
    floor.now += 9_000_000_000
    floor.enter(user_ref_num=2)
    rate_told = told(floor.explain())["rate"]
    assert rate_told == {
        "limit": 100,
        "windowSeconds": 1,
        "count": 101,
        "shutAt": "2026-11-20T15:00:00.500000Z",
        "wouldHavePassedAt": "2026-11-20T15:00:01.000000Z",
    }


def test_a_port_that_is_gone_from_the_configuration_says_so(tmp_path):
    floor = Floor(tmp_path)
    ports = tuple(port for port in floor.command.ports if port.name != "IN30T1")
    command = floor.command
    floor.do(Configure(command.markets, command.symbols, ports, (), command.firms))
    floor.enter()
    (outside,) = floor.explain().smallest_change.outside
    assert "configuration" in outside


def test_after_hours_the_session_is_open(tmp_path):
    floor = Floor(tmp_path)
    floor.now = EVENING
    floor.enter(time_in_force="E", quantity=5_001)
    assert floor.explain().check == "MAXIMUM_SHARES"


def test_a_symbol_that_is_no_longer_listed_is_no_mistake_of_the_order(tmp_path):
    floor = Floor(tmp_path)
    command = floor.command
    floor.enter()
    symbols = tuple(entry for entry in command.symbols if entry.symbol != "ZWZZT")
    floor.do(Configure(command.markets, symbols, command.ports, command.rules, command.firms))
    floor.enter(user_ref_num=2)
    explanation = floor.explain()
    assert explanation.check == "INVALID_SYMBOL"
    assert explanation.market.listed is False
    assert "listed" in explanation.smallest_change.outside[0]


def test_bytes_that_a_terminal_would_obey_are_not_printed(tmp_path):
    floor = Floor(tmp_path)
    floor.enter(symbol="\x1b[2J\n", cl_ord_id="\x07\x9b31m\r")
    text = list(lines(floor.explain()))
    assert all(line.isprintable() for line in text)
    assert any("?[2J" in line for line in text)


def test_a_rule_of_the_firm_s_own_is_told_as_such(tmp_path):
    floor = Floor(tmp_path)
    ranges = ((0, 10_000),) * 6
    entry = RuleEntry("mine", "fat-finger", "NASDAQ", "INET", "IN19T6", (), {"ranges": ranges})
    floor.do(CreateRule(entry, "ann"))
    floor.next_day()
    floor.enter(port="IN19T6", price=102_000)
    explanation = told(floor.explain())
    assert (explanation["check"], explanation["rule"]["origin"]) == ("FAT_FINGER", "rules API")
    assert explanation["rule"]["settings"]["includeIso"] is True
    assert explanation["scope"]["port"] == "IN19T6"


def test_a_port_that_the_safety_switch_closed_is_told_as_such(tmp_path):
    floor = Floor(tmp_path)
    floor.do(SafetySwitch("NASDAQ", "INET", None, CancelAction.NONE, PortAction.DISABLE, "ann"))
    floor.enter()
    explanation = told(floor.explain())
    assert explanation["check"] == "ENTRY_DISABLED"
    assert "safety switch" in explanation["smallestChange"]["outside"][0]
