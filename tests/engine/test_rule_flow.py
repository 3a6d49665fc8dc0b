"""Random days under rules that change: a start from a snapshot in the middle of them is not noticed."""

from random import Random

import pytest
from trading import Market
from words import (
    MARKET,
    buy,
    duplicates,
    fat_finger,
    gross_exposure,
    hard_to_borrow,
    located,
    market_impact,
    max_notional,
    max_shares,
    message_rate,
    order_types,
    restricted,
    sell,
    short,
    symbol_rate,
    volume_percent,
    whole,
)

from engine.api import (
    CancelAction,
    ChangeList,
    CommandRefused,
    CreateRule,
    DeleteRule,
    PortAction,
    SafetySwitch,
    SetPort,
    Unbreach,
    UpdateRule,
)

PORTS = ("IN1", "IN2", "INB", "AK1")
SYMBOLS = ("ZWZZT", "AAPL")
STEPS = 300


class Flow:
    """What happens next, the same for every venue that is asked."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.made = 0
        self.days = 0

    def step(self):
        acts = [self.order] * 20 + [self.cancel, self.replace, self.wait, self.slice]
        acts += [self.create, self.update, self.delete, self.change_list, self.switch, self.unbreach]
        acts += [self.prices, self.next_day, self.release, self.cancel_only]
        return self.random.choice(acts)()

    def order(self):
        random = self.random
        make, by = random.choice([buy, buy, sell, short]), random.choice(PORTS)
        symbol = random.choice(SYMBOLS)
        price = random.choice(["9.90", "10.00", "10.00", "10.10", "12.00", MARKET])
        located_by = {"shares_located": True} if random.random() < 0.3 else {}
        ticket = make(random.choice([50, 50, 150]), at=price, symbol=symbol, by=by, **located_by)
        return lambda venue: (venue.message(by), venue.enter(ticket))[1]

    def cancel(self):
        key = self.random.randrange(1, 60)
        return lambda venue: venue.cancel(key)

    def replace(self):
        key, size = self.random.randrange(1, 60), self.random.choice([50, 151, 200])
        ticket = buy(size, at=self.random.choice(["9.95", "10.05"]))
        return lambda venue: venue.replace(key, ticket) if venue.find(key) else []

    def wait(self):
        seconds = self.random.choice([0.3, 1, 4])
        return lambda venue: venue.wait(seconds)

    def slice(self):
        return lambda venue: venue.work_off()

    def create(self):
        self.made += 1
        name, port = f"rule-{self.made}", "IN1" if self.random.random() < 0.8 else "IN2"
        level = {"port": self.random.choice([None, port])}
        rule = self.random.choice(
            [
                lambda: max_shares(self.random.choice([60, 140]), name, **level),
                lambda: max_notional(1_000, name, **level),
                lambda: volume_percent("10", 900, name, **level),
                lambda: order_types("short_sale", "non_auction_market", name=name, **level),
                lambda: located(name=name, **level),
                lambda: hard_to_borrow("ZWZZT", name=name, **level),
                lambda: restricted("AAPL", name=name, **level),
                lambda: market_impact(name, **level),
                lambda: fat_finger("1", "0", name=name, **level),
                lambda: duplicates(2, 5, name, port=port),
                lambda: symbol_rate(4, 2, name, port=port),
                lambda: message_rate(6, 3, name, port=port),
                lambda: gross_exposure(name, open=(500, 1_000, 2_000), action="CANCEL_ALL", **level),
            ]
        )()
        return lambda venue: venue.do(CreateRule(rule, "ann"))

    def some_rule(self):
        return f"rule-{self.random.randrange(self.made + 1)}"

    def update(self):
        name, next_day = self.some_rule(), self.random.random() < 0.5
        settings = self.random.choice([{"limit": 2_000}, {"max_duplicates": 1}, {"enabled": False}, {"open_watch": 9}])
        return lambda venue: venue.do(UpdateRule(name, settings, next_day, user="bob"))

    def delete(self):
        name, next_day = self.some_rule(), self.random.random() < 0.5
        return lambda venue: venue.do(DeleteRule(name, next_day, "bob"))

    def change_list(self):
        self.made += 1
        what = self.random.choice(["restricted-stock", "hard-to-borrow"])
        add, remove = (tuple(symbol for symbol in SYMBOLS if self.random.random() < 0.15) for _ in range(2))
        return lambda venue: venue.do(ChangeList(what, "NASDAQ", "INET", None, add, remove, f"rule-{self.made}", "cyd"))

    def switch(self):
        port = self.random.choice([None, "IN1"])
        cancel, action = self.random.choice(list(CancelAction)), self.random.choice([0, 1, 2, 2, 2])
        return lambda venue: venue.do(SafetySwitch("NASDAQ", "INET", port, cancel, PortAction(action), "ann"))

    def unbreach(self):
        what = self.random.choice(["order-rate", "gross-exposure"])
        return lambda venue: venue.do(Unbreach("NASDAQ", "INET", None, None, what, "ann"))

    def prices(self):
        upper = self.random.choice([None, "10.00", "10.50"])
        volume = self.random.choice([None, 500, 5_000])
        return lambda venue: venue.prices(luld_upper=upper, average_daily_volume=volume)

    def next_day(self):
        self.days += 1
        date = f"2026-12-{self.days:02d}"
        return lambda venue: venue.next_day(date)

    def release(self):
        return lambda venue: venue.release("IN1")

    def cancel_only(self):
        on = self.random.random() < 0.3
        return lambda venue: venue.do(SetPort("IN2", cancel_only=on))


def taken(venue, act):
    try:
        return whole(act(venue))
    except CommandRefused as refused:
        return [refused.field]


@pytest.mark.section("Portcullis", "Snapshots")
@pytest.mark.parametrize("seed", range(8))
def test_a_start_in_the_middle_of_changing_rules_is_not_noticed(seed):
    flow, market = Flow(seed), Market(max_shares(190, "file"), duplicates(9, 9, "same-file"), audited=False)
    copy = market.reloaded()
    for step in range(STEPS):
        act = flow.step()
        heard = taken(market, act)
        assert taken(copy, act) == heard, step
        if step % 20 == 19:
            assert copy.state() == market.state(), step
            copy = market.reloaded()
            assert copy.state() == market.state(), step
    assert {"Accepted", "Rejected", "Canceled"} <= {type(event).__name__ for event in market.events}
