"""Random US days: shares are conserved, no book trades on crossed, a cross is at the best price there is.

The audit after each step holds shares and books; what is added here is what only a cross can get wrong.
"""

import random

import pytest
from trading import Market
from words import MARKET, TOMORROW, Executed, buy, sell, whole

from engine.api import MAXIMUM_PRICE, Cross, CrossStage, Phase, TimeInForce
from engine.cross_price import coming_cross, indication, participants
from engine.crosses import FLAGS, cross_between
from engine.phases import NEXT_CROSS, US_CROSSES, US_PHASES

FLOW = pytest.mark.section("Market model", "2.1 Crosses")
ROUNDS = 8
STEPS = 60
NEXT = {
    Phase.CLOSED: Phase.PRE_MARKET,
    Phase.PRE_MARKET: Phase.CONTINUOUS,
    Phase.CONTINUOUS: Phase.POST_MARKET,
    Phase.POST_MARKET: Phase.PRE_MARKET,
    Phase.HALT: Phase.QUOTATION,
    Phase.QUOTATION: Phase.CONTINUOUS,
}
IN_CROSSES = {flag for flags in FLAGS.values() for flag in flags}


def random_ticket(rng):
    how = {}
    match rng.randrange(12):
        case 0:
            how["ioc"] = True
        case 1 | 2:
            how["time_in_force"] = TimeInForce.EXTENDED_HOURS
        case 3:
            how["good_for"] = rng.randint(1, 20)
        case 4:
            how["hidden"] = True
        case 5:
            how["max_floor"] = rng.randint(1, 10)
        case 6:
            how["post_only"] = True
        case 7 | 8 | 9:
            how["cross"] = rng.choice(sorted(US_CROSSES))
            how["imbalance_only"] = rng.random() < 0.3
    is_plain = "max_floor" not in how and not how.get("imbalance_only")
    at = MARKET if is_plain and rng.random() < 0.15 else f"{10 + rng.randint(-3, 3) / 100:.2f}"
    side = rng.choice([buy, sell])
    return side(rng.randint(10, 40), at, by=rng.choice(["IN1", "AK1"]), **how)


def random_step(rng, market):
    """One thing that happens, as a call on any market that is in the same state."""
    live = sorted(key for _, key in market.open)
    dice = rng.random()
    if dice < 0.6 or not live:
        ticket = random_ticket(rng)
        return lambda one: one.enter(ticket)
    key = rng.choice(live)
    if dice < 0.66:
        to = rng.choice([0, 5])
        return lambda one: one.cancel(key, to=to)
    if dice < 0.72:
        ticket = random_ticket(rng)
        return lambda one: one.replace(key, ticket)
    if dice < 0.77:
        return lambda one: one.wait(1)
    phase = market.engine.markets["nasdaq"].books["ZWZZT"].phase
    if rng.random() < 0.2:
        stage = rng.choice(list(CrossStage)[1:])
        leading = rng.choice(list(NEXT_CROSS))
        return lambda one: one.phase(leading, stage=stage)
    following = NEXT[phase] if rng.random() < 0.7 else rng.choice(list(US_PHASES.values()))
    return lambda one: one.phase(following)


def best_by_trying(book, cross):
    """Try every cent: the most shares, the smallest imbalance, the nearest to twice the reference, the highest."""
    buys, sells = participants(book.buys, cross), participants(book.sells, cross)
    bid, offer = ((side.shown.keys[-1] * side.sign if side.shown.keys else None) for side in (book.buys, book.sells))
    quote = [price for price in (bid, offer) if price is not None and cross is not Cross.HALT]
    last = book.security.last or book.security.previous_close
    doubled = quote[0] + quote[-1] if quote else 2 * last
    low, high = 99_000, 101_000
    ranks = []
    for price in range(low, high + 1, 100):
        demand = sum(part.order.quantity for part in buys if not 0 <= part.price < price)
        supply = sum(part.order.quantity for part in sells if part.price <= price)
        ranks.append((-min(demand, supply), abs(demand - supply), abs(2 * price - doubled), -price))
    volume, _, _, price = min(ranks)
    return (-price, -volume) if volume else None


@FLOW
def test_random_us_days(seed):
    rng = random.Random(seed)
    crossed = 0
    for _ in range(ROUNDS):
        market = Market()
        copy = market.reloaded()
        book = market.engine.markets["nasdaq"].books["ZWZZT"]
        for _ in range(STEPS):
            step = random_step(rng, market)
            before, cross = book.phase, coming_cross(book)
            found = None if cross is None else indication(book, cross).near
            wanted = None if cross is None else best_by_trying(book, cross)
            events = step(market)
            assert whole(step(copy)) == whole(events)
            fills = [event for event in events if isinstance(event, Executed) and event.liquidity in IN_CROSSES]
            if cross is not None and book.phase is not before and cross is cross_between(before, book.phase):
                assert (None if found is None else (found.price, found.volume)) == wanted
                assert sum(fill.quantity for fill in fills) == 2 * (wanted or (0, 0))[1]
                assert {fill.at for fill in fills} == ({f"{wanted[0] / 10_000:.2f}"} if wanted else set())
                crossed += wanted is not None
            if rng.random() < 0.1:
                copy = copy.reloaded()
                assert copy.state() == market.state()
        market.next_day(TOMORROW)
        copy.next_day(TOMORROW)
        assert copy.state() == market.state()
        assert not market.open
    assert crossed >= ROUNDS // 4


@FLOW
def test_nothing_is_left_that_a_phase_has_no_place_for(seed):
    """Of each kind of order some are entered in each phase, and led through every other."""
    rng = random.Random(seed)
    for phase in US_PHASES.values():
        market = Market()
        market.phase(Phase.PRE_MARKET)
        for _ in range(10):
            market.enter(random_ticket(rng))
        market.phase(phase)
        for _ in range(10):
            market.enter(random_ticket(rng))
        for other in rng.sample(sorted(US_PHASES.values()), len(US_PHASES)):
            market.phase(other)
        market.phase(Phase.POST_MARKET)
        orders = [order for port in market.engine.ports.values() for order in port.orders.values()]
        assert all(order.terms.cross is Cross.CONTINUOUS for order in orders)
        assert all(order.price <= MAXIMUM_PRICE and order.level.ladder.keys for order in orders)
        assert all(order.terms.time_in_force is not TimeInForce.DAY for order in orders)
