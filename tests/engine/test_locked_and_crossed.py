"""Entries at a price that locks or crosses: who trades, who rests all the same, who goes. One row a case.

Each row meets one resting order of another firm for 200 shares at 10.00; it is entered once as a buy and once, mirrored
at 10.00, as a sell. The answer is what traded and at what price, what rests, and how the rest was told to go.
"""

from itertools import product

import pytest
from words import MARKET, Accepted, Canceled, Executed, Rejected, Restated, dollars, ticket, ticks

from engine.api import CancelReason, Side

LOCKED = pytest.mark.section("Portcullis", "Locked and crossed entry")
OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
GONE = CancelReason.IMMEDIATE_OR_CANCEL
DISPLAYED, HIDDEN = CancelReason.POST_ONLY_DISPLAYED, CancelReason.POST_ONLY_RULE
DEAD = "dead"
SHOWN = {}
UNSEEN = {"hidden": True}
WANTS_200 = {"hidden": True, "minimum_quantity": 200}
RESERVE = {"max_floor": 100}
AWAY, LOCK, CROSS = -100, 0, 100
"""Ticks by which the entry is better than the resting order's price."""

TABLE = [
    # what rests, by how much it is met, shares, how; traded, resting, told
    # Displayed meets displayed.
    (SHOWN, AWAY, 300, {}, 0, 300, None),
    (SHOWN, LOCK, 300, {}, 200, 100, None),
    (SHOWN, CROSS, 300, {}, 200, 100, None),
    (SHOWN, LOCK, 200, {}, 200, 0, None),
    (SHOWN, LOCK, 1, {}, 1, 0, None),
    # Hidden orders trade alike, on either side.
    (UNSEEN, AWAY, 300, {}, 0, 300, None),
    (UNSEEN, LOCK, 300, {}, 200, 100, None),
    (UNSEEN, CROSS, 300, {}, 200, 100, None),
    (SHOWN, LOCK, 300, UNSEEN, 200, 100, None),
    (UNSEEN, CROSS, 300, UNSEEN, 200, 100, None),
    # Immediate or cancel.
    (SHOWN, AWAY, 300, {"ioc": True}, 0, 0, DEAD),
    (SHOWN, LOCK, 300, {"ioc": True}, 200, 0, GONE),
    (SHOWN, CROSS, 300, {"ioc": True}, 200, 0, GONE),
    (UNSEEN, LOCK, 200, {"ioc": True}, 200, 0, None),
    # At the market.
    (SHOWN, None, 300, {}, 200, 0, GONE),
    (UNSEEN, None, 200, {}, 200, 0, None),
    (WANTS_200, None, 199, {}, 0, 0, DEAD),
    # Post-only.
    (SHOWN, AWAY, 300, {"post_only": True}, 0, 300, None),
    (SHOWN, LOCK, 300, {"post_only": True}, 0, 0, DISPLAYED),
    (UNSEEN, LOCK, 300, {"post_only": True}, 0, 0, HIDDEN),
    (RESERVE, LOCK, 300, {"post_only": True}, 0, 0, DISPLAYED),
    (WANTS_200, LOCK, 200, {"post_only": True}, 0, 0, HIDDEN),
    (WANTS_200, LOCK, 199, {"post_only": True}, 0, 199, None),
    (SHOWN, CROSS, 300, {"post_only": True}, 200, 100, None),
    (UNSEEN, CROSS, 300, {"post_only": True, "hidden": True}, 200, 100, None),
    (RESERVE, CROSS, 300, {"post_only": True}, 200, 100, None),
    (SHOWN, LOCK, 300, {"post_only": True, "ioc": True}, 0, 0, DISPLAYED),
    (SHOWN, CROSS, 300, {"post_only": True, "ioc": True}, 200, 0, GONE),
    # A minimum of the entry.
    (SHOWN, LOCK, 300, {"minimum_quantity": 200, "ioc": True}, 200, 0, GONE),
    (SHOWN, LOCK, 300, {"minimum_quantity": 300, "ioc": True}, 0, 0, DEAD),
    (SHOWN, LOCK, 300, {"minimum_quantity": 200, "hidden": True}, 200, 100, None),
    (SHOWN, LOCK, 300, {"minimum_quantity": 300, "hidden": True}, 0, 300, None),
    (SHOWN, CROSS, 300, {"minimum_quantity": 300, "hidden": True}, 0, 300, None),
    (RESERVE, LOCK, 300, {"minimum_quantity": 200, "hidden": True}, 200, 100, None),
    # A minimum of the resting order.
    (WANTS_200, LOCK, 199, {}, 0, 199, None),
    (WANTS_200, CROSS, 199, {}, 0, 199, None),
    (WANTS_200, LOCK, 199, {"ioc": True}, 0, 0, DEAD),
    (WANTS_200, LOCK, 200, {}, 200, 0, None),
    (WANTS_200, LOCK, 300, {"minimum_quantity": 200, "hidden": True}, 200, 100, None),
    (WANTS_200, LOCK, 300, {"minimum_quantity": 300, "hidden": True}, 0, 300, None),
    # Reserves.
    (RESERVE, LOCK, 300, {}, 200, 100, None),
    (RESERVE, LOCK, 150, {}, 150, 0, None),
    (SHOWN, LOCK, 400, RESERVE, 200, 200, None),
    (RESERVE, CROSS, 400, RESERVE, 200, 200, None),
]


@LOCKED
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize(("resting", "by", "shares", "how", "traded", "rests", "told"), TABLE)
def test_an_entry_meets_one_order(market, side, resting, by, shares, how, traded, rests, told):
    toward = 1 if side is Side.BUY else -1
    price = MARKET if by is None else dollars(ticks("10.00") + by * toward)
    market.enter(ticket(OTHER[side], 200, "10.00", by="AK1", **resting))
    events = market.enter(ticket(side, shares, price, **how))
    assert events[0] == Accepted(2, shares, price, dead=told == DEAD)
    mine = [event for event in events if isinstance(event, Executed) and event.order == 2]
    assert sum(event.quantity for event in mine) == traded
    assert {event.at for event in mine} <= {"10.00"}, "a trade is at the price of the order that was there first"
    goes = [Canceled(2, shares - traded, told)] if isinstance(told, CancelReason) else []
    assert [event for event in events if isinstance(event, Canceled)] == goes
    left = {("AK1", 1): 200 - traded, ("IN1", 2): rests}
    assert market.open == {name: quantity for name, quantity in left.items() if quantity}
    assert not any(isinstance(event, Rejected | Restated) for event in events) or resting is RESERVE


@LOCKED
@pytest.mark.parametrize(
    ("first", "second"),
    list(product([SHOWN, UNSEEN, RESERVE, WANTS_200, {"post_only": True}], repeat=2)),
    ids=str,
)
def test_two_orders_whose_prices_meet_never_both_rest_unless_a_minimum_keeps_them_apart(market, first, second):
    """The audit after each step holds every pair of resting orders to it; here it is said in so many words."""
    market.enter(ticket(Side.SELL, 200, "10.00", by="AK1", **first))
    market.enter(ticket(Side.BUY, 300, "10.01", **second))
    both = {("AK1", 1), ("IN1", 2)} <= market.open.keys()
    assert not both
    market.mass_cancel(by="AK1")
    market.mass_cancel()
    market.enter(ticket(Side.SELL, 300, "10.00", by="AK1", **first))
    market.enter(ticket(Side.BUY, 100 if second is not WANTS_200 else 400, "10.00", **second))
    smaller = first is WANTS_200 and second is not WANTS_200
    assert (len(market.open) == 2) == smaller


@LOCKED
def test_a_display_that_an_order_would_lock_again_after_its_refill_is_never_left_locked(market):
    """The refill comes when the incoming order is done, which it is when all of the price, reserve and all, is gone."""
    market.enter(ticket(Side.SELL, 1_000, "10.00", by="AK1", max_floor=100))
    market.enter(ticket(Side.BUY, 1_100, "10.00"))
    assert market.open == {("IN1", 2): 100}
