"""The kit holds FIX Drop ports to what they tell and to what their end does; and a Drop port that lies is found out."""

import pytest
from lies import NORDIC, address, is_fill, put, told, whatever_failed

from conformance.runner import Outcome
from venue.control import ask

DROP = "drop"
SAFEGUARD = "3-safeguard"
GUARDING = """
[[port]]
name = "{name}"
mpid = "GP29"
service = "drop.nordic"
guards = ["{account}"]
"""
US = {"user": "INDRP1", "order_user": "INFX01", "second_user": "AKFX01"}
NORDIC_PORTS = {"user": "GP29D1", "order_user": "GP29F1", "second_user": "GP30F1", "idle_user": "GP29D3"}
GUARDED = {"guarded_trader": "GP29U3", "idle_trader": "GP29U4"}


@pytest.fixture(scope="module")
def more_configuration():
    """Beside GP29D1, which guards GP29P1: a port on which nobody is, and one that a liar keeps for itself."""
    return "".join(
        GUARDING.format(name=name, account=account) for name, account in (("GP29D3", "GP29Q1"), ("GP29D4", "GP29P1"))
    )


def has(tag, value):
    return lambda fields: fields.get(tag) == value


def without(change):
    """Leave out what `change` says yes to, and count on as if it had not been."""

    def spoil(frame, wire):
        fields = [(field.tag, field.value) for field in frame.fields]
        gone = wire.memory.get("gone", 0)
        if change(dict(fields)):
            wire.memory["gone"] = gone + 1
            return []
        return told(frame.kind, put(34, str(frame.number - gone)))(frame, wire)

    return spoil


LIES = {
    "a copy does not name its owner": (told("8", put(128, None)), "A US copy names*"),
    "a copy names another owner": (told("8", put(128, "INFX02")), "A US copy names*"),
    "a copy is lost": (told("8", lambda *_: None), "An order that is accepted is told*"),
    "a fill is lost, and the numbers go on": (without(is_fill), "The copies of an order's*"),
    "a copy tells other figures": (told("8", put(14, "90", where=is_fill)), "Every fill is told*"),
    "a copy is not sent again": (told("8", lambda *_: None, again=True), "A copy comes again*"),
    "a restatement is not told": (without(has(150, "D")), "What is displayed again*"),
    "a refused order is not told": (without(has(39, "8")), "An order that is refused*"),
}
NORDIC_LIES = {
    "a copy names its owner as the US ports do": (
        told("8", lambda fields, _: [(128 if tag == 145 else tag, value) for tag, value in fields]),
        "A Nordic copy names*",
    ),
    "a broken trade is not told": (without(has(150, "H")), "A trade that is broken*"),
    "a broken trade names another fill": (told("8", put(19, "GP29F1/OTHER")), "A trade that is broken*"),
    "what its own end canceled is not told": (without(has(150, "4")), "Who comes back is told*"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(lie, fix_proxy, judge, venue):
    spoil, only = LIES[lie]
    liar = await fix_proxy(spoil, "drop.us")
    results = await judge(DROP, liar.address, only, patience=0.5, order_target=address(venue, "fix.nasdaq"), **US)
    (result,) = results.values()
    assert result.outcome is Outcome.FAILED
    assert result.log


@pytest.fixture
def judge_nordic(judge, venue, operator):
    """Play scenarios of the Nordic Drop service."""

    async def judge_nordic(target, *only, **more):
        ports = {"fix": "5.0", "market": "nordic", **NORDIC_PORTS}
        ports |= {"order_target": address(venue, "fix.nordic"), **NORDIC, **GUARDED, **operator}
        return await judge(DROP, target, *only, **(ports | more))

    return judge_nordic


@pytest.mark.parametrize("lie", NORDIC_LIES)
async def test_a_lie_of_a_nordic_drop_is_found_out(lie, fix_proxy, judge_nordic):
    spoil, only = NORDIC_LIES[lie]
    liar = await fix_proxy(spoil, "drop.nordic")
    (result,) = (await judge_nordic(liar.address, only, patience=0.5)).values()
    assert result.outcome is Outcome.FAILED


async def test_a_safeguard_that_does_not_cancel_is_found_out(fix_proxy, judge_nordic):
    liar = await fix_proxy(lambda frame, _: [frame.data], "drop.nordic", clings=True)
    only = "A line that is closed without a word*"
    (result,) = (await judge_nordic(liar.address, only, user="GP29D4", patience=1.5)).values()
    assert result.outcome is Outcome.FAILED
    assert "expected Canceled" in str(result.failure)
    await liar.let_go("GP29D4")


async def test_a_safeguard_that_who_comes_back_lifts_is_found_out(fix_proxy, judge_nordic, venue):
    def lift(frame, wire):
        if frame.kind == "A" and wire.number > 1:
            ask(venue.data, "prm/accounts/GP29P1/release", {"what": "block"})
        return [frame.data]

    liar = await fix_proxy(lift, "drop.nordic")
    (result,) = (await judge_nordic(liar.address, "Who comes back does not*", patience=3.0)).values()
    assert result.outcome is Outcome.FAILED
    assert "we get Rejected" in str(result.failure)


async def test_a_command_of_the_operator_that_fails_is_told(venue, judge_nordic):
    target = tuple(venue.services["drop.nordic"])
    (result,) = (await judge_nordic(target, "A crash cancels*", unblock="echo nobody is there; exit 3")).values()
    assert result.outcome is Outcome.FAILED
    assert "has failed with exit code 3: nobody is there" in str(result.failure)


async def test_what_takes_an_operator_is_counted_as_not_run_where_no_command_was_given(venue, judge):
    results = await judge(
        *(DROP, tuple(venue.services["drop.nordic"]), SAFEGUARD, "A trade that is broken*"),
        **{"fix": "5.0", "market": "nordic", "order_target": address(venue, "fix.nordic"), **NORDIC_PORTS, **NORDIC},
    )
    assert {result.outcome for result in results.values()} == {Outcome.SKIPPED}
    assert {result.why for result in results.values()} == {
        *("needs --unblock, --guarded-trader", "needs --idle-trader", "needs --bust"),
    }


async def test_the_honest_venue_tells_its_us_drop_ports(fix_proxy, judge, venue):
    honest = await fix_proxy(lambda frame, _: [frame.data], "drop.us")
    results = await judge(DROP, honest.address, patience=10.0, order_target=address(venue, "fix.nasdaq"), **US)
    assert whatever_failed(results) == {}
    assert len([result for result in results.values() if result.outcome is Outcome.PASSED]) > 15


async def test_the_honest_venue_tells_and_ends_what_its_nordic_drop_ports_watch(fix_proxy, judge_nordic):
    honest = await fix_proxy(lambda frame, _: [frame.data], "drop.nordic")
    results = await judge_nordic(honest.address, patience=10.0)
    assert whatever_failed(results) == {}
    assert {result.why for result in results.values()} == {"", "for us"}
    assert len([result for result in results.values() if result.outcome is Outcome.PASSED]) > 20
