"""Random days with calls: shares are conserved, no book opens crossed, precedence holds, snapshots change nothing.

The audit after each step holds shares and books; what is added here is what only an uncross can get wrong.
"""

import random

import pytest
from nordic import ERIC, NordicMarket, buy, sell
from words import MARKET, TOMORROW, Executed, whole

from engine.api import Cross, Liquidity, Phase
from engine.auction import expected
from engine.phases import CALLS, NORDIC_CROSSES, NORDIC_PHASES

UNCROSS = pytest.mark.section("Market model", "1.3 Calls")
ROUNDS = 12
STEPS = 60
PHASES = [Phase.CONTINUOUS, *CALLS, *CALLS, *NORDIC_PHASES.values()]
IN_CALLS = {Liquidity.OPENING_CALL, Liquidity.INTRADAY_CALL, Liquidity.UNSCHEDULED_CALL, Liquidity.CLOSING_CALL}


def random_ticket(rng):
    how = {}
    match rng.randrange(12):
        case 0:
            how["ioc"] = True
        case 1:
            how["gtc"] = True
        case 2:
            how["good_for"] = rng.randint(1, 20)
        case 3:
            how["hidden"] = True
        case 4:
            how["max_floor"] = rng.randint(1, 10)
        case 5:
            how |= {"hidden": True, "minimum_quantity": rng.randint(1, 5)}
        case 6 | 7:
            how["cross"] = rng.choice(sorted(NORDIC_CROSSES))
    at = MARKET if rng.random() < 0.15 and "max_floor" not in how else f"{rng.randint(97, 103)}.00"
    if rng.random() < 0.15:
        how["closing_price"] = True
    by, user = rng.choice([("G1", "GP29U1"), ("C1", "GP30U1")])
    side = rng.choice([buy, sell])
    size = rng.randint(10, 40) if "max_floor" in how or "minimum_quantity" in how else rng.randint(1, 40)
    return side(size, at, by=by, user=user, **how)


def random_step(rng, market):
    """One thing that happens, as a call on any market that is in the same state."""
    live = sorted(key for _, key in market.open)
    dice = rng.random()
    if dice < 0.6 or not live:
        ticket = random_ticket(rng)
        return lambda one: one.enter(ticket)
    key = rng.choice(live)
    if dice < 0.68:
        return lambda one: one.cancel(key)
    if dice < 0.74:
        ticket = random_ticket(rng)
        return lambda one: one.replace(key, ticket)
    if dice < 0.8:
        return lambda one: one.wait(1)
    phase = rng.choice(PHASES)
    return lambda one: one.phase(phase)


def check_uncross(before, events, orders):
    """What a call traded is its equilibrium, at one price, and nobody was passed over by somebody worse."""
    fills = [event for event in events if isinstance(event, Executed) and event.liquidity in IN_CALLS]
    others = {event.liquidity for event in events if isinstance(event, Executed)} - IN_CALLS
    assert others <= {Liquidity.CLOSING_PRICE}, "which is what may follow a call at once"
    if before is None:
        assert not fills
        return
    assert {event.at for event in fills} == {f"{before.price // 10_000}.00"}
    assert sum(event.quantity for event in fills) == 2 * before.volume
    traded = {event.order for event in fills}
    for sign in (1, -1):
        mine = [one for one in orders if one[0] == sign]
        worst = max((rank for _, key, rank in mine if key in traded), default=None)
        passed = [rank for _, key, rank in mine if key not in traded]
        assert worst is None or all(rank >= worst for rank in passed)


def ranked(book):
    """Each order of a book that may take part: its side, its key, and how far it is from the front (0: no price)."""
    return [
        (order.terms.is_buy * 2 - 1, order.key, 0 if order.price > 2_000_000 else 10**8 - side.sign * order.price)
        for side in (book.buys, book.sells)
        for order in side.orders()
        if not order.attributes.minimum_quantity and not book.waits(order) and type(order).__name__ == "Order"
    ]


@UNCROSS
def test_random_days_with_calls(seed):
    rng = random.Random(seed)
    uncrossed = 0
    for _ in range(ROUNDS):
        market = NordicMarket()
        copy = market.reloaded()
        book = market.engine.markets["nordic"].books[ERIC]
        for _ in range(STEPS):
            step = random_step(rng, market)
            phase, before, orders = book.phase, expected(book), ranked(book)
            events = step(market)
            assert whole(step(copy)) == whole(events)
            if phase in CALLS and book.phase not in (phase, Phase.HALT):
                check_uncross(before, events, orders)
                uncrossed += before is not None
            if rng.random() < 0.1:
                copy = copy.reloaded()
                assert copy.state() == market.state()
        market.next_day(TOMORROW)
        copy.next_day(TOMORROW)
        assert copy.state() == market.state()
        assert all(order.terms.cross is Cross.CONTINUOUS for order in book.orders())
    assert uncrossed > ROUNDS
