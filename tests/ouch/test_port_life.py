"""How long an order lives: at once or not at all, at any price, post only, after hours, good till a time."""

import pytest

ENTER = pytest.mark.section("OUCH 5.0", "2.5 Enter")
MARKET_ORDERS = pytest.mark.section("OUCH 5.0", "2.6 Market price in continuous trading")
CANCELED = pytest.mark.section("OUCH 5.0", "6.7 Cancel reasons")
TIMES_IN_FORCE = pytest.mark.section("OUCH 5.0", "6.2 Time In Force")
LIQUIDITY = pytest.mark.section("OUCH 5.0", "6.8 Liquidity flags")

IOC = {"time_in_force": "3"}
GTT = {"time_in_force": "6"}
AFTER_HOURS = {"time_in_force": "E"}


def offer(venue, quantity, price, **rest):
    """The other firm offers shares."""
    venue.enter("sell", quantity, price, by=venue.OTHER, **rest)


# At once or not at all.


@ENTER
def test_an_ioc_that_finds_nothing_is_accepted_dead_and_nothing_follows(venue):
    assert venue.enter("buy", 100, "10.00", **IOC) == ["accepted 1: buy 100 ZWZZT at 10.00, dead"]
    venue.wait(3600)
    venue.timer()
    assert venue.silent()
    assert venue.cancel(1) == venue.replace(1, 50) == []


@ENTER
def test_an_ioc_whose_limit_is_not_reached_is_dead_too(venue):
    offer(venue, 100, "10.01")
    assert venue.enter("buy", 100, "10.00", **IOC) == ["accepted 1: buy 100 ZWZZT at 10.00, dead"]


@ENTER
@CANCELED
@LIQUIDITY
def test_an_ioc_that_fills_in_part_is_live_executed_and_canceled_for_the_rest(venue):
    offer(venue, 30, "9.99")
    offer(venue, 30, "10.00")
    offer(venue, 30, "10.01")
    assert venue.enter("buy", 100, "10.00", **IOC) == [
        "accepted 1: buy 100 ZWZZT at 10.00",
        "executed 1: 30 at 9.99 R, trade 1",
        "executed 1: 30 at 10.00 R, trade 2",
        "canceled 1: 40 I",
    ]
    assert venue.said(venue.OTHER) == ["executed 1: 30 at 9.99 A, trade 1", "executed 2: 30 at 10.00 A, trade 2"]


@ENTER
def test_an_ioc_that_fills_whole_has_nothing_to_cancel(venue):
    offer(venue, 100, "10.00")
    assert venue.enter("buy", 100, "10.00", **IOC)[1:] == ["executed 1: 100 at 10.00 R, trade 1"]


@LIQUIDITY
def test_a_resting_order_added_displayed_or_hidden_and_an_incoming_one_removed(venue):
    offer(venue, 10, "10.00", display="N")
    offer(venue, 10, "10.00", display="Y")
    offer(venue, 10, "10.00", display="A")
    assert venue.enter("buy", 30, "10.00")[1:] == [f"executed 1: 10 at 10.00 R, trade {match}" for match in (1, 2, 3)]
    assert venue.said(venue.OTHER) == [
        "executed 2: 10 at 10.00 A, trade 1",
        "executed 3: 10 at 10.00 A, trade 2",
        "executed 1: 10 at 10.00 J, trade 3",
    ]


# At any price.


@MARKET_ORDERS
@pytest.mark.parametrize(("price", "echo"), [("market", "market"), ("200000.00", "200000.00")])
@pytest.mark.parametrize("time_in_force", ["0", "3", "5"])
def test_a_market_order_takes_what_there_is_and_never_rests(venue, price, echo, time_in_force):
    offer(venue, 30, "10.00")
    offer(venue, 30, "199999.99")
    assert venue.enter("buy", 100, price, time_in_force=time_in_force) == [
        f"accepted 1: buy 100 ZWZZT at {echo}",
        "executed 1: 30 at 10.00 R, trade 1",
        "executed 1: 30 at 199999.99 R, trade 2",
        "canceled 1: 40 I",
    ]


@MARKET_ORDERS
@pytest.mark.parametrize("side", ["buy", "sell", "short", "exempt"])
def test_a_market_order_that_finds_nothing_is_dead(venue, side):
    assert venue.enter(side, 100, "market") == [f"accepted 1: {side} 100 ZWZZT at market, dead"]


@MARKET_ORDERS
def test_a_market_sale_takes_the_lowest_bid(venue):
    venue.enter("buy", 100, 1, by=venue.OTHER)
    assert venue.enter("sell", 100, "market")[1:] == ["executed 1: 100 at 0.0001 R, trade 1"]


# Post only.


@CANCELED
@pytest.mark.parametrize(("display", "reason"), [("Y", "G"), ("A", "G"), ("N", "F")])
def test_a_post_only_order_that_would_remove_is_accepted_live_and_canceled_with_its_reason(venue, display, reason):
    offer(venue, 100, "10.00", display=display)
    assert venue.enter("buy", 60, "10.00", post_only="P") == [
        "accepted 1: buy 60 ZWZZT at 10.00 12=P",
        f"canceled 1: 60 {reason}",
    ]
    assert venue.silent(venue.OTHER)


@ENTER
def test_a_post_only_order_that_adds_rests_and_trades_when_it_is_reached(venue):
    offer(venue, 100, "10.01")
    assert venue.enter("buy", 60, "10.00", post_only="P") == ["accepted 1: buy 60 ZWZZT at 10.00 12=P"]
    venue.enter("sell", 60, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 60 at 10.00 A, trade 1"]


@ENTER
def test_an_order_that_may_remove_by_its_option_removes(venue):
    offer(venue, 100, "10.00")
    assert venue.enter("buy", 60, "10.00", post_only="N")[1:] == ["executed 1: 60 at 10.00 R, trade 1"]


# After hours, 16:00 to 20:00 at each market's own clock.


@TIMES_IN_FORCE
@pytest.mark.parametrize(
    ("at", "taken"),
    [
        ("00:00", False),
        ("09:30", False),
        ("15:59:59.999999999", False),
        ("16:00", True),
        ("18:00", True),
        ("19:59:59.999999999", True),
        ("20:00", False),
        ("23:59:59.999999999", False),
        ("39:59:59.999999999", False),
        ("40:00", True),
        ("44:00", False),
    ],
)
@pytest.mark.parametrize("port", ["IN19T6", "IN21T7", "IN20T9"])
def test_an_after_hours_order_enters_in_its_hours_only(venue, port, at, taken):
    venue.clock(at)
    said = "accepted 1: buy 100 ZWZZT at 10.00" if taken else "rejected 1: 0x000F"
    assert venue.enter(**AFTER_HOURS, by=port) == [said]


@TIMES_IN_FORCE
def test_an_after_hours_order_rests_and_is_replaced_by_one_with_another_time_in_force(venue):
    venue.clock("16:00")
    venue.enter(**AFTER_HOURS)
    assert venue.replace(1, 50, "10.00", time_in_force="5") == ["replaced 1 by 2: buy 50 ZWZZT at 10.00"]


@TIMES_IN_FORCE
@pytest.mark.parametrize("time_in_force", ["0", "5"])
def test_a_day_or_extended_hours_order_rests_until_the_day_ends(venue, time_in_force):
    venue.enter(time_in_force=time_in_force)
    venue.clock("23:59:59")
    venue.timer()
    assert venue.silent()
    venue.day("2026-11-23")
    assert venue.said() == ["canceled 1: 100 T", "end of day", "start of day"]


# Good till a time.


@TIMES_IN_FORCE
@pytest.mark.parametrize(("seconds", "taken"), [(None, False), (0, False), (1, True), (86_399, True), (86_400, False)])
def test_good_till_time_needs_a_life_below_a_day(venue, seconds, taken):
    options = {} if seconds is None else {"expire_time": seconds}
    said = venue.enter(**GTT, **options)
    assert said == [f"accepted 1: buy 100 ZWZZT at 10.00 15={seconds}" if taken else "rejected 1: 0x000F"]


@TIMES_IN_FORCE
@pytest.mark.parametrize("time_in_force", ["0", "3", "5"])
def test_a_life_without_good_till_time_ends_nothing_but_is_bounded_all_the_same(venue, time_in_force):
    assert venue.enter(time_in_force=time_in_force, expire_time=86_400) == ["rejected 1: 0x000F"]
    assert venue.enter("buy", 100, "9.00", time_in_force=time_in_force, expire_time=1)[0].startswith("accepted 2: ")
    venue.wait(2)
    venue.timer()
    assert venue.silent()


@TIMES_IN_FORCE
@CANCELED
@pytest.mark.parametrize("seconds", [1, 60, 86_399])
def test_its_end_is_told_with_the_time_of_the_deadline_whenever_the_venue_looks(venue, seconds):
    venue.enter(**GTT, expire_time=seconds)
    entered = venue.now
    venue.said()
    venue.wait(seconds, nanoseconds=-1)
    venue.timer()
    assert venue.silent()
    venue.wait(5, nanoseconds=7)
    venue.timer()
    (canceled,) = venue.heard()
    assert (canceled.reason, canceled.quantity) == ("T", 100)
    assert canceled.timestamp == entered + seconds * 1_000_000_000 - venue.midnight


@TIMES_IN_FORCE
def test_an_order_expires_at_its_deadline_to_the_nanosecond_before_anything_else_of_that_moment(venue):
    venue.enter("buy", 100, "10.00", **GTT, expire_time=10)
    venue.wait(10, nanoseconds=-1)
    venue.enter("sell", 40, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 40 at 10.00 A, trade 1"]
    venue.wait(nanoseconds=1)
    assert venue.enter("sell", 40, "10.00", by=venue.OTHER) == ["accepted 2: sell 40 ZWZZT at 10.00"]
    assert venue.said() == ["canceled 1: 60 T"]


@TIMES_IN_FORCE
def test_orders_of_one_deadline_expire_in_the_order_of_their_entry(venue):
    for price in ("10.00", "9.00", "11.00"):
        venue.enter("buy", 100, price, **GTT, expire_time=5)
    venue.enter("buy", 100, "8.00", **GTT, expire_time=4)
    venue.wait(60)
    venue.timer()
    heard = venue.heard()
    assert [canceled.user_ref_num for canceled in heard] == [4, 1, 2, 3]
    seconds = [(canceled.timestamp - (venue.now - venue.midnight)) // 1_000_000_000 for canceled in heard]
    assert seconds == [-56, -55, -55, -55], "each at its own moment"


@TIMES_IN_FORCE
def test_a_deadline_goes_with_its_order(venue):
    venue.enter("buy", 100, "10.00", **GTT, expire_time=5)
    venue.enter("buy", 100, "9.00", **GTT, expire_time=5)
    venue.enter("buy", 100, "8.00", **GTT, expire_time=5)
    venue.cancel(1)
    venue.replace(2, 100, "9.00")
    venue.cancel(3, to=40)
    venue.wait(60)
    venue.timer()
    assert venue.said() == ["canceled 3: 40 T"]


@TIMES_IN_FORCE
@pytest.mark.section("OUCH 5.0", "2.5 Replace")
def test_a_replacement_lives_from_its_own_moment_and_keeps_the_length_of_life(venue):
    venue.enter(**GTT, expire_time=10)
    venue.wait(6)
    assert venue.replace(1, 100, "10.00", **GTT) == ["replaced 1 by 2: buy 100 ZWZZT at 10.00"]
    assert venue.replace(2, 100, "10.00", **GTT, expire_time=20)[0].endswith(" 15=20")
    venue.wait(20, nanoseconds=-1)
    venue.timer()
    assert venue.silent()
    venue.wait(nanoseconds=1)
    venue.timer()
    assert venue.said() == ["canceled 3: 100 T"]
    assert venue.enter(**GTT, expire_time=10)[0].startswith("accepted 4")
    venue.replace(4, 100, "10.00", **GTT)
    venue.wait(10)
    venue.timer()
    assert venue.said() == ["canceled 5: 100 T"]


@TIMES_IN_FORCE
def test_the_end_of_the_day_ends_it_too_and_its_deadline_does_nothing_tomorrow(venue):
    venue.enter(**GTT, expire_time=86_399)
    venue.day("2026-11-23")
    assert venue.said() == ["canceled 1: 100 T", "end of day", "start of day"]
    venue.enter(number=1)
    venue.said()
    venue.wait(86_400)
    venue.timer()
    assert venue.silent("IN19T6")
