"""Random days between volatility guards, and under price bands: no trade is beyond them, snapshots change nothing.

The audit after each step holds shares and books.
"""

import random

import pytest
from banded import BandedMarket
from nordic import ERIC, NordicMarket, book, buy, percent, sell
from words import MARKET, TOMORROW, Executed, short, ticks, whole
from words import buy as buy_us
from words import sell as sell_us

from engine.api import CancelReason, Cross, Liquidity, Phase, SelfMatchAction, SelfMatchLevel, SelfMatchPrevention

GUARDS = pytest.mark.section("Market model", "1.4 Volatility guards")
BANDS = pytest.mark.section("Market model", "2.2 LULD")
ROUNDS = 6
STEPS = 50
DYNAMIC, STATIC = 2, 4
TRADED = {Liquidity.REMOVED, Liquidity.ADDED, Liquidity.ADDED_HIDDEN, Liquidity.ADDED_RESERVE}
"""What is told of trades that are not of a call."""


def guarded():
    entry = book(ERIC, "ERIC B", "SEK", "100.00")
    values = {name: getattr(entry, name) for name in entry.__struct_fields__}
    guards = {"dynamic_guard": percent(DYNAMIC), "static_guard": percent(STATIC)}
    market = NordicMarket(books=(type(entry)(**values | guards),))
    protect(market)
    return market


def protect(market):
    """GP29U2 trades under blow-through protection."""
    for name in ("G1", "G2"):
        market.engine.scope(market.engine.ports[name], ERIC, "GP29U2").protection.blow_through = True


def terms(rng):
    """What an order asks beside its price and size."""
    how = {}
    match rng.randrange(9):
        case 0 | 1:
            how["ioc"] = True
        case 2:
            how["hidden"] = True
        case 3:
            how["max_floor"] = 100
        case 4:
            how |= {"hidden": True, "minimum_quantity": 100 * rng.randint(1, 3)}
        case 5:
            action = rng.choice(list(SelfMatchAction))
            how["self_match_prevention"] = SelfMatchPrevention(SelfMatchLevel.FIRM, action)
        case 6:
            how["good_for"] = rng.randint(1, 60)
    return how


def nordic_ticket(rng):
    how = terms(rng)
    at = MARKET if rng.random() < 0.15 and "max_floor" not in how else f"{rng.randint(930, 1070) / 10:.2f}"
    by, user = rng.choice([("G1", "GP29U1"), ("G2", "GP29U2"), ("C1", "GP30U1")])
    return rng.choice([buy, sell])(100 * rng.randint(3, 9), at, by=by, user=user, **how)


def us_ticket(rng):
    how = terms(rng)
    at = (
        MARKET
        if rng.random() < 0.15 and "max_floor" not in how
        else f"{rng.choice([900, 1100, rng.randint(940, 1060)]) / 100:.2f}"
    )
    by = rng.choice(["IN1", "IN2", "AK1", "AKB", "INP"])
    return rng.choice([buy_us, sell_us, short])(100 * rng.randint(3, 9), at, by=by, **how)


def random_step(rng, market, ticket):
    """One thing that happens, as a call on any market that is in the same state."""
    live = sorted(key for _, key in market.open)
    dice = rng.random()
    if dice < 0.7 or not live:
        made = ticket(rng)
        return lambda one: one.enter(made)
    key = rng.choice(live)
    if dice < 0.78:
        return lambda one: one.cancel(key)
    if dice < 0.86:
        made = ticket(rng)
        return lambda one: one.replace(key, made)
    seconds = rng.choice([1, 16, 16, 61, 301])
    return lambda one: one.wait(seconds)


@GUARDS
def test_random_days_between_guards(seed):
    rng = random.Random(seed)
    calls = spared = days = 0
    while days < ROUNDS or not (calls and spared):
        days += 1
        assert days < 20 * ROUNDS, "what this is about does not come"
        market = guarded()
        copy = market.reloaded()
        protect(copy)
        eric = market.engine.markets["nordic"].books[ERIC]
        for _ in range(STEPS):
            step = random_step(rng, market, nordic_ticket)
            market.wait()
            copy.wait()
            last, was = market.security(ERIC).last, eric.phase
            reference = market.security(ERIC).guard_reference or market.security(ERIC).previous_close
            events = step(market)
            assert whole(step(copy)) == whole(events)
            for event in events:
                if isinstance(event, Executed) and event.liquidity in TRADED:
                    paid = ticks(event.at)
                    assert abs(paid - last) * 100 <= DYNAMIC * last
                    assert abs(paid - reference) * 100 <= STATIC * reference
            calls += was is Phase.CONTINUOUS and eric.phase is Phase.VOLATILITY_CALL
            spared += sum(getattr(event, "reason", None) is CancelReason.BLOW_THROUGH for event in events)
            assert (eric.timer > 0) == (eric.phase is Phase.VOLATILITY_CALL)
            if rng.random() < 0.1:
                copy = copy.reloaded()
                protect(copy)
                assert copy.state() == market.state()
        market.wait(200)
        assert eric.phase is Phase.CONTINUOUS
        market.next_day(TOMORROW)


@BANDS
def test_random_days_under_bands(seed):
    rng = random.Random(seed)
    pauses = 0
    for _ in range(ROUNDS):
        market = BandedMarket()
        market.wait()
        copy = market.reloaded()
        for _ in range(STEPS):
            step = random_step(rng, market, us_ticket)
            market.wait()
            copy.wait()
            lower, upper = market.security().luld_lower, market.security().luld_upper
            was = market.book().phase
            events = step(market)
            assert whole(step(copy)) == whole(events)
            for event in events:
                if isinstance(event, Executed) and event.liquidity in TRADED:
                    assert lower <= ticks(event.at) <= upper
            pauses += was is Phase.CONTINUOUS and market.book().phase is Phase.QUOTATION
            if rng.random() < 0.1:
                copy = copy.reloaded()
                assert copy.state() == market.state()
        market.wait(400)
        market.next_day(TOMORROW)
        copy.wait(400)
        copy.next_day(TOMORROW)
        assert copy.state() == market.state()
        assert all(order.terms.cross is Cross.CONTINUOUS for order in market.book().orders())
    assert pauses
