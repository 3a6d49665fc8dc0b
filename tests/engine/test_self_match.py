"""Self-match prevention: whose strategy holds, on which level, and what each strategy removes instead of a trade."""

import pytest
from trading import Market
from words import (
    Accepted,
    Canceled,
    Modified,
    PortEntry,
    Prevented,
    Replaced,
    Restated,
    buy,
    sell,
    ticket,
    trade,
)

from engine.api import (
    CancelReason,
    FirmEntry,
    Liquidity,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    Side,
)

ACTIONS = pytest.mark.section("OUCH 5.0", "6.9 AIQ strategies: what is removed")
LEVELS = pytest.mark.section("OUCH 5.0", "6.9 AIQ strategies: whose orders")
CHOICE = pytest.mark.section("Portcullis", "Self-match prevention: whose strategy holds")
CHANGES = pytest.mark.section("OUCH 5.0", "2.5 Replace: what self-match prevention removed")

FIRM, ORGANIZATION, AFFILIATE, ANY = SelfMatchLevel
DECREMENT, OLDEST, NEWEST, REMOVER = (SelfMatchPrevention(FIRM, action) for action in SelfMatchAction)
QUIET = SelfMatchPrevention(FIRM, SelfMatchAction.DECREMENT_BOTH, details=False)
ADDED, REMOVED = Liquidity.ADDED, Liquidity.REMOVED
OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
BOTH_SIDES = pytest.mark.parametrize("side", [Side.BUY, Side.SELL])


def prevented(strategy, incoming, resting, quantity, at="10.00", added=ADDED):
    """Both sides of a decrement, the incoming order first."""
    return [
        Prevented(incoming, quantity, quantity, at, REMOVED, strategy),
        Prevented(resting, quantity, quantity, at, added, strategy),
    ]


def guarded(make, quantity, strategy, at="10.00", **rest):
    return make(quantity, at=at, self_match_prevention=strategy, **rest)


# What is removed.


@ACTIONS
@BOTH_SIDES
@pytest.mark.parametrize("strategy", [DECREMENT, QUIET])
@pytest.mark.parametrize(("incoming", "resting"), [(100, 100), (99, 100), (101, 100), (1, 999_999), (999_999, 1)])
def test_decrement_takes_the_same_from_both(market, side, strategy, incoming, resting):
    market.enter(ticket(OTHER[side], resting, "10.00"))
    events = market.enter(ticket(side, incoming, "10.00", self_match_prevention=strategy))
    gone = min(incoming, resting)
    assert events == [Accepted(2, incoming, "10.00"), *prevented(strategy, 2, 1, gone)]
    assert market.open == {
        name: left for name, left in {("IN1", 1): resting - gone, ("IN1", 2): incoming - gone}.items() if left
    }
    assert market.security().last == 100_000, "no trade: the last price is yesterday's"
    assert market.engine.markets["nasdaq"].match_number == 0


@ACTIONS
def test_the_prevented_price_is_that_of_the_resting_order_and_trading_goes_on_behind_it(market):
    market.enter(sell(100, at="9.99"))
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(sell(100, at="10.01"))
    assert market.enter(guarded(buy, 250, DECREMENT, at="10.01"))[1:] == [
        *prevented(DECREMENT, 4, 1, 100, at="9.99"),
        *trade(4, 2, 100, "10.00", match=1),
        *prevented(DECREMENT, 4, 3, 50, at="10.01"),
    ]
    assert market.open == {("IN1", 3): 50}


@ACTIONS
@pytest.mark.parametrize(("incoming", "prevented_shares"), [(1, 1), (99, 99), (100, 100), (101, 100)])
def test_cancel_oldest_takes_all_of_the_resting_order_and_the_incoming_one_goes_on(market, incoming, prevented_shares):
    market.enter(sell(100, at="10.00"))
    assert market.enter(guarded(buy, incoming, OLDEST))[1:] == [
        Prevented(1, 100, prevented_shares, "10.00", ADDED, OLDEST)
    ]
    assert market.open == {("IN1", 2): incoming}


@ACTIONS
def test_cancel_oldest_goes_through_all_of_the_owner_s_and_trades_with_others(market):
    for port in ("IN1", "AK1", "IN2"):
        market.enter(sell(100, at="10.00", by=port))
    assert market.enter(guarded(buy, 150, OLDEST))[1:] == [
        Prevented(1, 100, 100, "10.00", ADDED, OLDEST),
        *trade(4, 2, 100, "10.00", match=1),
        Prevented(3, 100, 50, "10.00", ADDED, OLDEST),
    ]
    assert market.open == {("IN1", 4): 50}


@ACTIONS
@pytest.mark.parametrize(("incoming", "prevented_shares"), [(1, 1), (100, 100), (101, 100), (500, 100)])
def test_cancel_newest_takes_the_rest_of_the_incoming_order(market, incoming, prevented_shares):
    market.enter(sell(100, at="10.00"))
    assert market.enter(guarded(buy, incoming, NEWEST))[1:] == [
        Prevented(2, incoming, prevented_shares, "10.00", REMOVED, NEWEST)
    ]
    assert market.open == {("IN1", 1): 100}


@ACTIONS
def test_cancel_newest_keeps_what_was_traded_before(market):
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(sell(100, at="10.00"))
    market.enter(sell(100, at="10.00", by="AK1"))
    assert market.enter(guarded(buy, 300, NEWEST))[1:] == [
        *trade(4, 1, 100, "10.00", match=1),
        Prevented(4, 200, 100, "10.00", REMOVED, NEWEST),
    ]
    assert market.open == {("IN1", 2): 100, ("AK1", 3): 100}


@ACTIONS
@pytest.mark.parametrize("strategy", [DECREMENT, OLDEST, NEWEST])
def test_an_immediate_order_is_accepted_and_prevented_not_dead(market, strategy):
    market.enter(sell(100, at="10.00"))
    events = market.enter(guarded(buy, 150, strategy, ioc=True))
    assert events[0] == Accepted(2, 150, "10.00")
    left = {DECREMENT: 50, OLDEST: 150, NEWEST: 0}[strategy]
    canceled = [Canceled(2, left, CancelReason.IMMEDIATE_OR_CANCEL)] if left else []
    assert events[1:][-len(canceled) :] == canceled if canceled else isinstance(events[-1], Prevented)
    assert market.find(2) is None


@ACTIONS
@pytest.mark.parametrize(
    ("how", "added"), [({}, ADDED), ({"hidden": True}, Liquidity.ADDED_HIDDEN)], ids=["displayed", "hidden"]
)
def test_the_flag_is_the_one_that_the_trade_would_have_had(market, how, added):
    market.enter(sell(100, at="10.00", **how))
    assert market.enter(guarded(buy, 100, DECREMENT))[1:] == prevented(DECREMENT, 2, 1, 100, added=added)


# Against a reserve.


@ACTIONS
def test_a_decrement_takes_the_display_then_the_reserve_and_refills(market):
    market.enter(sell(500, at="10.00", max_floor=100))
    assert market.enter(guarded(buy, 150, DECREMENT))[1:] == [
        *prevented(DECREMENT, 2, 1, 100),
        *prevented(DECREMENT, 2, 1, 50, added=Liquidity.ADDED_RESERVE),
        Restated(1, 100),
    ]
    assert market.open == {("IN1", 1): 350}


@ACTIONS
@pytest.mark.parametrize("first", [0, 100])
def test_cancel_oldest_takes_both_parts_of_a_reserve_order(market, first):
    """Met at its display, or (a trade with its display came first) while it waits for a refill."""
    market.enter(sell(500, at="10.00", max_floor=100, good_for=60))
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(sell(100, at="10.00", hidden=True, by="AK1"))
    market.enter(buy(first, at="10.00", by="AK1"))
    left = 500 - first
    events = market.enter(guarded(buy, 250, OLDEST))
    assert [event for event in events if isinstance(event, Prevented)] == [
        Prevented(1, left, 100, "10.00", ADDED, OLDEST)
    ]
    assert market.find(1) is None
    assert market.engine.deadlines_live == 0
    assert market.open == {("IN1", market.last_key): 50}


@ACTIONS
def test_an_order_whose_display_has_just_traded_may_lose_its_reserve(market):
    """The display belongs to the firm's own order too, but is decremented; the rest goes with the next price's turn."""
    market.enter(sell(300, at="10.00", max_floor=100))
    assert market.enter(guarded(buy, 300, DECREMENT))[1:] == [
        *prevented(DECREMENT, 2, 1, 100),
        *prevented(DECREMENT, 2, 1, 200, added=Liquidity.ADDED_RESERVE),
    ]
    assert market.open == {}


# Whose strategy holds.

NONE = None
WINNERS = [
    # incoming, resting, what is done
    (NONE, NONE, NONE),
    *((mine, NONE, mine) for mine in (DECREMENT, QUIET, OLDEST, NEWEST)),
    *((NONE, other, other) for other in (DECREMENT, QUIET, OLDEST, NEWEST)),
    *((mine, other, mine) for mine in (DECREMENT, QUIET, OLDEST, NEWEST) for other in (DECREMENT, OLDEST, NEWEST)),
    *((mine, REMOVER, mine) for mine in (DECREMENT, QUIET, OLDEST, NEWEST)),
    *((REMOVER, other, other) for other in (DECREMENT, QUIET, OLDEST, NEWEST)),
    (REMOVER, REMOVER, DECREMENT),
    (REMOVER, NONE, DECREMENT),
    (NONE, REMOVER, NONE),
]


@CHOICE
@BOTH_SIDES
@pytest.mark.parametrize(("incoming", "resting", "holds"), WINNERS)
def test_the_incoming_order_s_strategy_comes_first_then_the_resting_one_s(market, side, incoming, resting, holds):
    market.enter(ticket(OTHER[side], 100, "10.00", self_match_prevention=resting))
    events = market.enter(ticket(side, 150, "10.00", self_match_prevention=incoming))[1:]
    if holds is None:
        assert events == trade(2, 1, 100, "10.00", match=1)
    elif holds.action is SelfMatchAction.DECREMENT_BOTH:
        assert events == prevented(holds, 2, 1, 100)
    elif holds.action is SelfMatchAction.CANCEL_OLDEST:
        assert events == [Prevented(1, 100, 100, "10.00", ADDED, holds)]
    else:
        assert events == [Prevented(2, 150, 100, "10.00", REMOVED, holds)]


@CHOICE
@pytest.mark.parametrize(
    ("mine", "theirs", "one"),
    [(b"", b"", True), (b"AB", b"AB", True), (b"AB", b"", False), (b"", b"AB", False), (b"AB", b"AC", False)],
)
def test_only_orders_of_one_group_are_kept_apart(market, mine, theirs, one):
    market.enter(guarded(sell, 100, DECREMENT, self_match_group=theirs))
    events = market.enter(guarded(buy, 100, DECREMENT, self_match_group=mine))[1:]
    assert events == (prevented(DECREMENT, 2, 1, 100) if one else trade(2, 1, 100, "10.00", match=1))


@CHOICE
def test_a_strategy_of_no_use_to_the_pair_leaves_it_to_the_other_order():
    """The incoming order guards its firm, the resting one anybody: they are of two firms."""
    market = venue()
    anybody = SelfMatchPrevention(ANY, SelfMatchAction.CANCEL_NEWEST)
    market.enter(guarded(sell, 100, anybody, by="C1"))
    assert market.enter(guarded(buy, 100, OLDEST, by="A1"))[1:] == [Prevented(2, 100, 100, "10.00", REMOVED, anybody)]


@CHOICE
def test_two_use_removers_of_different_levels_decrement_on_the_incoming_one_s():
    market = venue()
    mine = SelfMatchPrevention(AFFILIATE, SelfMatchAction.USE_REMOVER)
    theirs = SelfMatchPrevention(ANY, SelfMatchAction.USE_REMOVER)
    market.enter(guarded(sell, 100, theirs, by="B1"))
    outcome = SelfMatchPrevention(AFFILIATE, SelfMatchAction.DECREMENT_BOTH)
    assert market.enter(guarded(buy, 100, mine, by="A1"))[1:] == prevented(outcome, 2, 1, 100)


# Levels.

PORTS = (
    PortEntry("A1", "AAAA", "nasdaq", "ouch-us"),
    PortEntry("A2", "AAAA", "nasdaq", "ouch-us"),
    PortEntry("S1", "SIST", "nasdaq", "ouch-us"),
    PortEntry("B1", "BBBB", "nasdaq", "ouch-us"),
    PortEntry("C1", "CCCC", "nasdaq", "ouch-us"),
    PortEntry("IN1", "INET", "nasdaq", "ouch-us"),
)
FIRMS = (
    FirmEntry("AAAA", "ORG1", "GROUP"),
    FirmEntry("SIST", "ORG1", "GROUP"),
    FirmEntry("BBBB", "ORG2", "GROUP"),
    FirmEntry("CCCC", "ORG3", "ORG3"),
)


def venue():
    """A1 and A2 are of one firm, S1 of its organization, B1 of an affiliate, C1 and IN1 of nobody they know."""
    market = Market(ports=PORTS)
    market.configure(ports=PORTS, firms=FIRMS)
    return market


@LEVELS
@pytest.mark.parametrize("from_resting", [False, True])
@pytest.mark.parametrize(
    ("level", "kept_apart"),
    [
        (FIRM, ["A1", "A2"]),
        (ORGANIZATION, ["A1", "A2", "S1"]),
        (AFFILIATE, ["A1", "A2", "S1", "B1"]),
        (ANY, ["A1", "A2", "S1", "B1", "C1", "IN1"]),
    ],
)
def test_each_level_takes_in_the_ones_before_it(level, kept_apart, from_resting):
    strategy = SelfMatchPrevention(level, SelfMatchAction.DECREMENT_BOTH)
    market = venue()
    apart = []
    for port in ("A1", "A2", "S1", "B1", "C1", "IN1"):
        guarding, other = guarded(buy, 100, strategy, by="A1"), sell(100, at="10.00", by=port)
        first, second = (guarding, other) if from_resting else (other, guarding)
        market.enter(first)
        if isinstance(market.enter(second)[1], Prevented):
            apart.append(port)
        assert market.open == {}
    assert apart == kept_apart


@LEVELS
def test_firms_that_no_table_names_stand_alone_on_every_level_but_any(market):
    for level in (ORGANIZATION, AFFILIATE):
        strategy = SelfMatchPrevention(level, SelfMatchAction.DECREMENT_BOTH)
        market.enter(guarded(sell, 100, strategy, by="AK1"))
        assert not isinstance(market.enter(guarded(buy, 100, strategy))[1], Prevented)
        market.enter(guarded(sell, 100, strategy, by="IN2"))
        assert isinstance(market.enter(guarded(buy, 100, strategy))[1], Prevented)


@LEVELS
def test_who_belongs_together_is_what_the_configuration_says_now():
    market = venue()
    strategy = SelfMatchPrevention(ORGANIZATION, SelfMatchAction.DECREMENT_BOTH)
    market.enter(guarded(sell, 100, strategy, by="A1"))
    market.configure(ports=PORTS)
    assert market.enter(buy(50, at="10.00", by="S1"))[1:] == trade(2, 1, 50, "10.00", match=1)
    market.configure(ports=PORTS, firms=FIRMS)
    assert market.reloaded().enter(buy(50, at="10.00", by="S1"))[1:] == prevented(strategy, 3, 1, 50)


@LEVELS
def test_a_port_s_default_is_for_its_new_orders(market):
    """What rests keeps what it was entered with, whatever becomes of the default."""
    ports = (PortEntry("IN1", "INET", "nasdaq", "ouch-us", NEWEST), *(port for port in PORTS if port.name != "IN1"))
    market = Market(ports=ports)
    assert market.engine.ports["IN1"].plain.self_match_prevention == NEWEST
    assert market.reloaded().engine.ports["IN1"].plain.self_match_prevention == NEWEST
    market.configure(ports=PORTS)
    assert market.engine.ports["IN1"].plain.self_match_prevention is None


# Changes, and what was removed.


@CHANGES
@pytest.mark.parametrize(("total", "live"), [(29, False), (30, False), (31, True)])
def test_what_was_prevented_counts_as_executed_in_a_replacement(market, total, live):
    market.enter(guarded(sell, 100, DECREMENT))
    market.enter(buy(30, at="10.00"))
    assert market.replace(1, sell(total, at="10.00")) == ([Replaced(3, 1, 1, "10.00")] if live else [Canceled(1, 70)])


@CHANGES
@pytest.mark.parametrize(("to", "removed"), [(29, 70), (30, 70), (31, 69), (100, None)])
def test_and_in_a_cancel_and_a_modify(market, to, removed):
    market.enter(guarded(sell, 100, DECREMENT))
    market.enter(buy(30, at="10.00"))
    before = market.state()
    assert market.cancel(1, to=to) == ([Canceled(1, removed)] if removed else [])
    again = Market()
    again.enter(guarded(sell, 100, DECREMENT))
    again.enter(buy(30, at="10.00"))
    assert again.state() == before
    event = Modified(1, 70 - (removed or 0), Side.SELL) if removed != 70 else Canceled(1, 70)
    assert again.modify(1, to=to) == [event]


@CHANGES
def test_the_incoming_order_s_part_counts_too(market):
    market.enter(sell(30, at="10.00"))
    market.enter(guarded(buy, 100, DECREMENT))
    assert market.replace(2, buy(100, at="9.00")) == [Replaced(3, 2, 70, "9.00")]


@CHANGES
def test_a_replacement_meets_its_owner_s_orders_as_an_entry_does(market):
    market.enter(sell(100, at="10.00"))
    market.enter(buy(100, at="9.00"))
    assert market.replace(2, guarded(buy, 100, DECREMENT)) == [
        Replaced(3, 2, 100, "10.00"),
        *prevented(DECREMENT, 3, 1, 100),
    ]
    assert market.open == {}


@CHANGES
def test_a_replacement_never_meets_its_own_original(market):
    market.enter(guarded(sell, 100, DECREMENT))
    assert market.replace(1, guarded(sell, 100, DECREMENT, at="9.00")) == [Replaced(2, 1, 100, "9.00")]


@CHANGES
@pytest.mark.section("Portcullis", "Snapshots")
def test_strategies_come_back(market):
    market.enter(guarded(sell, 100, OLDEST, self_match_group=b"AB"))
    market.enter(guarded(sell, 100, QUIET))
    other = market.reloaded()
    for venue_ in (market, other):
        venue_.enter(buy(150, at="10.00", self_match_group=b"AB"))
        venue_.enter(buy(150, at="10.00"))
    assert other.events[-6:] == market.events[-6:]
    assert other.state() == market.state()
