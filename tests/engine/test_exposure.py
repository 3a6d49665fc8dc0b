"""The state of a gross exposure alone: its amounts, its levels, and what lets a breach begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from words import gross_exposure

from engine.api import CancelAction
from engine.risk.exposure import Amount, Entity, ExposureState, Level, entity_of, thresholds_of
from engine.risk.limits import NO_LIMIT

pytestmark = pytest.mark.section("EQRC", "3.1.17 Gross exposure: thresholds")
DOLLAR = 10_000


def state(opened=0, traded=0, /, **thresholds):
    """A state in dollars, with thresholds of one rule."""
    made = ExposureState(Entity("NASDAQ", "INET"))
    made.open, made.executed = opened * DOLLAR, traded * DOLLAR
    made.take(tuple(thresholds_of(gross_exposure(**thresholds))))
    made.look(raises=True)
    return made


def level(made, amount=Amount.OPEN):
    return next(threshold.level for threshold in made.thresholds if threshold.amount is amount)


@pytest.mark.parametrize(
    ("dollars", "expected"),
    [
        (10_000, Level.NONE),
        (10_001, Level.WATCH),
        (20_000, Level.WATCH),
        (20_001, Level.WARN),
        (30_000, Level.WARN),
        (30_001, Level.ACTION),
    ],
)
def test_an_amount_is_at_a_level_when_it_is_above_its_threshold(dollars, expected):
    made = state(dollars, open=(10_000, 20_000, 30_000))
    assert level(made) is expected
    assert (made.breach is not None) is (expected is Level.ACTION)
    assert made.is_raised is (expected is not Level.NONE)


def test_the_least_part_of_a_dollar_above_the_threshold_breaches():
    made = state(30_000, open=(None, None, 30_000))
    assert made.breach is None
    made.open += 1
    made.look(raises=True)
    assert made.breach is not None


@pytest.mark.parametrize(
    ("amount", "figures"),
    [(Amount.OPEN, (13_000, 0)), (Amount.EXECUTED, (0, 1_290)), (Amount.NOTIONAL, (13_000, 1_290))],
)
def test_each_amount_has_thresholds_of_its_own(amount, figures):
    limit = sum(figures) - 1
    made = state(*figures, **{amount.name.lower(): (None, None, limit)})
    assert made.breach.amount is amount
    assert made.amount(amount) == sum(figures) * DOLLAR
    assert state(*figures, **{amount.name.lower(): (None, None, limit + 1)}).breach is None


def test_thresholds_that_are_not_set_are_never_passed():
    made = state(10**18, open=(None, 5, None))
    assert level(made) is Level.WARN
    assert made.slack == NO_LIMIT
    assert thresholds_of(gross_exposure()) == []


def test_a_jump_over_several_thresholds_is_one_crossing():
    made = state(0, open=(1, 2, 3))
    made.open = 10 * DOLLAR
    (crossing,) = made.look(raises=True)
    assert (crossing.left, crossing.entered) == (Level.NONE, Level.ACTION)
    assert made.look(raises=True) == []


def test_a_breach_ends_when_the_amount_is_at_the_threshold_again():
    made = state(31, open=(None, None, 30))
    made.open -= DOLLAR
    (crossing,) = made.look(raises=False)
    assert (crossing.left, crossing.entered) == (Level.ACTION, Level.NONE)
    assert made.breach is None


def test_a_lifted_breach_begins_again_with_what_adds_to_it_only():
    made = state(50, open=(10, 20, 30))
    assert [crossing.left for crossing in made.lift()] == [Level.ACTION]
    assert made.breach is None
    assert level(made) is Level.WARN
    made.open -= DOLLAR
    assert made.look(raises=False) == []
    assert made.breach is None
    assert made.slack == 0, "the next that comes must be looked at"
    made.look(raises=True)
    assert made.breach is not None


def test_nothing_is_lifted_where_nothing_is_breached():
    made = state(25, open=(10, 20, 30))
    assert made.lift() == []
    assert level(made) is Level.WARN


def test_a_lifted_breach_without_lower_thresholds_is_at_no_level():
    made = state(50, open=(None, None, 30))
    made.lift()
    assert level(made) is Level.NONE
    assert not made.is_raised


def test_thresholds_that_say_the_same_are_not_taken_anew():
    made = state(50, open=(None, None, 30))
    made.lift()
    assert not made.take(tuple(thresholds_of(gross_exposure(open=(None, None, 30)))))
    assert made.breach is None
    assert made.take(tuple(thresholds_of(gross_exposure(open=(None, None, 31)))))
    assert made.take(())


def test_of_several_rules_each_has_its_own_level_and_the_first_that_is_breached_is_named():
    made = state(50)
    rules = gross_exposure(name="wide", open=(None, None, 60)), gross_exposure(name="tight", open=(None, None, 40))
    made.take(tuple(threshold for rule in rules for threshold in thresholds_of(rule)))
    made.look(raises=True)
    assert made.breach.rule == "tight"
    made.open = 70 * DOLLAR
    made.look(raises=True)
    assert made.breach.rule == "wide"


def test_a_day_begins_with_nothing_executed_and_no_level():
    made = state(50, 70, open=(None, None, 30), executed=(None, None, 30))
    made.next_day()
    assert (made.open, made.executed) == (50 * DOLLAR, 0)
    assert made.breach is None
    made.look(raises=True)
    assert made.breach.amount is Amount.OPEN


def test_a_rule_names_its_entity_and_its_breach_action():
    rule = gross_exposure(port="IN1", open=(None, None, 5), action="CANCEL_NON_CROSS")
    assert entity_of(rule) == Entity("NASDAQ", "INET", "IN1")
    (threshold,) = thresholds_of(rule)
    assert threshold.cancel is CancelAction.NON_CROSS
    assert thresholds_of(gross_exposure(open=(None, None, 5)))[0].cancel is CancelAction.NONE


STEPS = st.lists(st.none() | st.integers(1, 60), min_size=3, max_size=3)


@given(STEPS, STEPS, STEPS, st.lists(st.tuples(st.integers(-30, 40), st.integers(0, 40)), max_size=12))
def test_slack_never_hides_a_threshold(open_, executed, notional, moves):
    """While less than the slack was added, looking finds nothing; so the order path need not look."""
    made = state(open=open_, executed=executed, notional=notional)
    slack = made.slack
    for change, value in moves:
        made.open = max(0, made.open + change * DOLLAR)
        made.executed += value * DOLLAR
        slack -= max(change, 0) * DOLLAR + value * DOLLAR
        levels = [threshold.level for threshold in made.thresholds]
        if slack >= 0 and not made.is_raised:
            made.look(raises=True)
            assert levels == [threshold.level for threshold in made.thresholds]
        else:
            made.look(raises=True)
            slack = made.slack
        for threshold in made.thresholds:
            assert threshold.level is threshold.level_of(made.amount(threshold.amount))
