"""Order events: a book that is built of them alone is the engine's displayed book, to the place in each queue."""

import random
import sys
from pathlib import Path

import pytest

from engine.api import PRICE_SCALE, Phase, PriceType, SetPrices
from venue.record import Kind, Record
from venue.sidecar.story import Story, shown_facts

sys.path.append(str(Path(__file__).parents[2] / "engine"))

from flow import Day
from nordic import ERIC, NordicMarket, buy, sell
from test_call_flow import random_step
from trading import Market
from words import buy as us_buy
from words import sell as us_sell

KINDS_OF_ORDERS = (
    {"price_type": PriceType.PRIMARY_PEG},
    {"price_type": PriceType.MARKET_PEG, "peg_offset": -100},
    {"price_type": PriceType.MIDPOINT_PEG, "hidden": True},
    {"max_floor": 100},
    {"hidden": True},
)
CROSSES = {"OPENING_CALL", "INTRADAY_CALL", "UNSCHEDULED_CALL", "CLOSING_CALL"}


def ticks(price):
    whole, _, part = price.partition(".")
    return int(whole) * PRICE_SCALE + int(part)


class Follower:
    """Builds books of market data alone."""

    def __init__(self):
        self.orders = {}
        self.kinds = []
        self.matched = {}

    def take(self, kind, data):
        """Take one event."""
        self.kinds.append(kind)
        if kind == "day":
            self.orders.clear()
        if kind == "order":
            getattr(self, data["event"])(data["venue"], data["symbol"], data)

    def add(self, venue, symbol, data):
        key = venue, data["order"]
        assert key not in self.orders
        self.orders[key] = [symbol, data["side"], ticks(data["price"]), data["quantity"], data["mpid"]]

    def execute(self, venue, symbol, data):
        self.matched[venue, data["matchNumber"]] = data
        self.take_off(venue, symbol, data)

    def cancel(self, venue, symbol, data):
        self.take_off(venue, symbol, data)
        assert (venue, data["order"]) in self.orders, "all of an order that goes is a delete"

    def take_off(self, venue, symbol, data):
        order = self.orders[venue, data["order"]]
        assert order[0] == symbol
        order[3] -= data["quantity"]
        assert order[3] >= 0
        if not order[3]:
            del self.orders[venue, data["order"]]

    def delete(self, venue, symbol, data):
        assert self.orders.pop((venue, data["order"]))[0] == symbol

    def replace(self, venue, symbol, data):
        before = self.orders.pop((venue, data["order"]))
        assert before[0] == symbol
        key = venue, data["newOrder"]
        assert key not in self.orders
        self.orders[key] = [symbol, before[1], ticks(data["price"]), data["quantity"], before[4]]

    def queues(self):
        """Each displayed price's queue, as sizes."""
        found = {}
        for (venue, _), (symbol, side, price, quantity, _) in self.orders.items():
            found.setdefault((venue, symbol, side, price), []).append(quantity)
        return found


def queues(engine):
    """The same of the engine's own books."""
    return {
        (key, symbol, side, level.price): [order.quantity for order in level.orders()]
        for key, market in engine.markets.items()
        for symbol, book in market.books.items()
        for side, ladder in (("B", book.buys.shown), ("S", book.sells.shown))
        for level in ladder.levels.values()
    }


def follow(story, follower, now=0):
    """Let the follower have what the last record brought about."""
    told = list(story.events(Record(Kind.COMMAND, 0, now, now, b"")))
    for event in told:
        follower.take(event.kind, event.data)
    return told


def test_random_us_days(tmp_path, seed):
    day = Day(seed, tmp_path)
    story, follower = Story(day.machine), Follower()
    for _ in range(50):
        day.step()
        follow(story, follower)  # to show is to go on behind what was told
    assert not follower.orders
    story.show()
    for book in story.shown.books:
        for order in story.shown.orders(book):
            follower.add(book.market.key, book.symbol, shown_facts(order))
    for days in (1, 2):
        for _ in range(250):
            day.step()
            follow(story, follower)
            assert follower.queues() == queues(day.machine.engine)
        if days == 1:
            day.next_day()
            follow(story, follower)
            assert follower.queues() == queues(day.machine.engine)
    assert {"order", "trade", "top", "day"} <= set(follower.kinds)


class Stage:
    """An engine as a story looks at it."""

    def __init__(self, engine):
        self.engine = engine
        self.ports = []
        self.number = 1


def test_random_nordic_days(seed):
    rng = random.Random(seed)
    kinds = set()
    for _ in range(8):
        market = NordicMarket()
        story, follower = Story(Stage(market.engine)), Follower()
        story.show()
        for _ in range(60):
            random_step(rng, market)(market)
            told = follow(story, follower)
            check_numbers(market.engine.markets["nordic"], told)
            assert follower.queues() == queues(market.engine)
        kinds |= set(follower.kinds)
    assert {"order", "trade", "top", "phase", "cross", "indicative"} <= kinds


def random_us_step(rng, market):
    """An order, often one that follows the quotes, a cancel, a replacement, or another phase."""
    live = sorted(key for _, key in market.open)
    dice = rng.random()
    price = f"{rng.randint(995, 1005) / 100:.2f}"
    if dice < 0.65 or not live:
        how = rng.choice([*KINDS_OF_ORDERS, {}, {}])
        side = rng.choice([us_buy, us_sell])
        market.enter(side(rng.choice([100, 200, 300]), at=price, by=rng.choice(["IN1", "AK1"]), **how))
    elif dice < 0.85:
        market.cancel(rng.choice(live))
    elif dice < 0.95:
        market.replace(rng.choice(live), us_buy(200, at=price))
    else:
        market.phase(rng.choice([Phase.HALT, Phase.CONTINUOUS, Phase.QUOTATION, Phase.PRE_MARKET]))


def test_random_us_days_with_pegs_and_crosses(seed):
    rng = random.Random(seed)
    for _ in range(4):
        market = Market()
        story, follower = Story(Stage(market.engine)), Follower()
        story.show()
        for _ in range(120):
            random_us_step(rng, market)
            follow(story, follower)
            assert follower.queues() == queues(market.engine)


def check_numbers(market, told):
    """Each trade is told once; those of a call are summed up in its cross, which the executions do not count twice."""
    trades = [event.data for event in told if event.kind == "trade"]
    numbers = [trade["matchNumber"] for trade in trades]
    assert numbers == sorted(set(numbers))
    assert not numbers or numbers[-1] == market.match_number
    for event in told:
        if event.kind == "cross" and event.data["trades"]:
            mine = [
                trade for trade in trades if trade["symbol"] == event.data["symbol"] and trade["trading"] in CROSSES
            ]
            assert event.data["quantity"] == sum(trade["quantity"] for trade in mine)
            assert (event.data["firstMatch"], event.data["lastMatch"]) == (
                mine[0]["matchNumber"],
                mine[-1]["matchNumber"],
            )
        if event.kind == "order" and event.data["event"] == "execute":
            (trade,) = (trade for trade in trades if trade["matchNumber"] == event.data["matchNumber"])
            assert event.data["printed"] == (trade["trading"] not in CROSSES)


@pytest.fixture
def watched():
    """A Nordic market, and a function that gives the market data of a call of it, without times."""
    market = NordicMarket()
    story = Story(Stage(market.engine))
    story.show()

    def told(*_events):
        kinds = ("order", "trade", "cross", "phase")
        own = ("venue", "symbol", "time", "mpid", "endsAt")
        return [
            (event.kind, {name: value for name, value in event.data.items() if name not in own})
            for event in story.events(Record(Kind.COMMAND, 0, 0, 0, b""))
            if event.kind in kinds
        ]

    return market, told


def trade(quantity, match, trading="CONTINUOUS", hidden=False, price="100.0000"):
    facts = {"price": price, "quantity": quantity, "matchNumber": match, "trading": trading, "hidden": hidden}
    return "trade", facts


def order(event, number, **facts):
    return "order", {"event": event, "order": number, **facts}


def executed(number, quantity, match, price="100.0000", *, printed=True):
    return order("execute", number, quantity=quantity, price=price, matchNumber=match, printed=printed)


def test_an_order_is_added_executed_cut_replaced_and_deleted(watched):
    market, told = watched
    added = {"side": "B", "price": "100.0000"}
    assert told(market.enter(buy(100, at="100.00"))) == [order("add", 1, quantity=100, **added)]
    assert told(market.enter(sell(30, at="100.00"))) == [executed(1, 30, 1), trade(30, 1)]
    assert told(market.cancel(1, to=80)) == [order("cancel", 1, quantity=20)]
    replaced = order("replace", 1, newOrder=3, price="99.0000", quantity=50)
    assert told(market.replace(1, buy(80, at="99.00"))) == [replaced]
    assert told(market.cancel(3)) == [order("delete", 3)]


def test_what_comes_in_is_told_by_whom_it_hits_and_its_rest_is_added_afterwards(watched):
    market, told = watched
    market.enter(sell(10, at="100.00"))
    market.enter(sell(10, at="100.00", hidden=True))
    told()
    rest = order("add", 3, side="B", price="101.0000", quantity=5)
    assert told(market.enter(buy(25, at="101.00"))) == [
        executed(1, 10, 1),
        trade(10, 1),
        trade(10, 2, hidden=True),
        rest,
    ]


def test_a_reserve_is_hidden_and_displayed_again_under_a_new_number(watched):
    market, told = watched
    assert told(market.enter(sell(30, at="100.00", max_floor=10))) == [
        order("add", 1, side="S", price="100.0000", quantity=10)
    ]
    assert told(market.enter(buy(15, at="100.00"))) == [
        executed(1, 10, 1),
        trade(10, 1),
        trade(5, 2, hidden=True),
        order("add", 3, side="S", price="100.0000", quantity=10),
    ]


def test_a_replacement_may_hide_and_a_hidden_order_may_be_shown(watched):
    market, told = watched
    market.enter(buy(10, at="100.00"))
    told()
    assert told(market.replace(1, buy(20, at="100.00", hidden=True))) == [order("delete", 1)]
    shown = order("add", 3, side="B", price="99.0000", quantity=30)
    assert told(market.replace(2, buy(30, at="99.00"))) == [shown]


def test_a_call_prints_its_trades_once_and_nothing_of_it_where_there_are_none(watched):
    market, told = watched
    assert told(market.phase(Phase.OPENING_CALL)) == [("phase", {"phase": "OPENING_CALL"})]
    market.enter(buy(30, at="100.00"))
    market.enter(sell(20, at="100.00"))
    told()
    cross = {"call": "OPENING_CALL", "price": "100.0000", "quantity": 20, "trades": 1, "firstMatch": 1, "lastMatch": 1}
    assert told(market.phase(Phase.CONTINUOUS)) == [
        executed(1, 20, 1, printed=False),
        executed(2, 20, 1, printed=False),
        trade(20, 1, "OPENING_CALL"),
        ("cross", cross),
        ("phase", {"phase": "CONTINUOUS"}),
    ]
    market.phase(Phase.CLOSING_CALL)
    told()
    nothing = {"call": "CLOSING_CALL", "price": None, "quantity": 0, "trades": 0, "firstMatch": 0, "lastMatch": 0}
    assert told(market.phase(Phase.HALT)) == [("phase", {"phase": "HALT"})]
    market.phase(Phase.CLOSING_CALL)
    told()
    assert told(market.phase(Phase.POST_TRADE)) == [("cross", nothing), ("phase", {"phase": "POST_TRADE"})]


def test_bands_are_told_when_they_change_and_when_they_hold_a_book(tmp_path):
    day = Day(1, tmp_path)
    story = Story(day.machine)
    day.command(SetPrices("AAPL", {"luld_lower": 1_800_000, "luld_upper": 2_200_000}))
    told = [event.data for event in follow(story, Follower()) if event.kind == "limits"]
    assert [(data["venue"], data["symbol"]) for data in told] == [(venue, "AAPL") for venue in ("bx", "nasdaq", "psx")]
    assert told[0].items() >= {"luldLower": "180.0000", "luldUpper": "220.0000", "limitState": False}.items()
    assert [event.kind for event in follow(story, Follower())] == []


def test_orders_in_line_for_the_closing_price_leave_the_displayed_book(watched):
    market, told = watched
    market.phase(Phase.CLOSING_CALL)
    market.enter(buy(30, at="100.00", closing_price=True))
    told()
    assert told(market.phase(Phase.TRADING_AT_CLOSE))[2:] == [order("delete", 1)]
    assert told(market.enter(sell(10, at="100.00"))) == [trade(10, 1, "CLOSING_PRICE")]
    back = order("add", 1, side="B", price="100.0000", quantity=20)
    assert told(market.phase(Phase.POST_TRADE)) == [("phase", {"phase": "POST_TRADE"}), back]
    assert market.engine.markets["nordic"].books[ERIC].phase is Phase.POST_TRADE
