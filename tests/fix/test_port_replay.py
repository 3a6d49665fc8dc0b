"""A long dialogue with FIX ports: told twice it is the same to the byte, also when a half of it follows a restart."""

import random

import pytest
from fix_floor import Floor

from fix import port as order_port
from fix.ledger import SPARE_KINDS

REPLAY = pytest.mark.section("Portcullis", "Replay of FIX order ports")

PORTS = ("INFX01", "AKFX01", "INFL01", "IN30F1", "GP29F1", "GP30F1")
SIDES = ("buy", "buy", "sell", "sell", "short", "exempt")
US_PRICES = ("9.98", "9.99", "10.00", "10.00", "10.01", "10.02", "10.001", "0", None)
NORDIC_PRICES = ("99.98", "99.99", "100.00", "100.00", "100.01", "100.001", None)
MORE = (
    {},
    {},
    {},
    {"t59": "3"},
    {"t59": "6", "t126": "20261124-15:00:00"},
    {"t110": "100"},
    {"t9140": "N"},
    {"t18": "N"},
    {"t50": "GP29U2"},
)
US_MORE = ({"t1": "ACCT"}, {"t47": "P"}, {"t9140": "P"}, {"t5700": "LCTB"}, {"t97": "Y"}, {"t15": "USD"})
NORDIC_MORE = ({"t59": "1"}, {"t59": "1"}, {"t59": "4"}, {"t111": "50"}, {"t6209": "REF"}, {"t15": "EUR"})


class Talk:
    """Says what chance has it say, on any port."""

    def __init__(self, floor, seed):
        self.floor = floor
        self.chance = random.Random(seed)
        self.count = 0
        self.names = {name: [] for name in PORTS}
        self.days = 0

    def turns(self, count):
        for _ in range(count):
            kind = self.chance.random()
            if kind < 0.02:
                self.operate()
            elif kind < 0.1:
                self.floor.wait(self.chance.choice([0.001, 0.5, 20]))
            else:
                self.speak(self.chance.choice(PORTS))

    def operate(self):
        market = self.chance.choice(["nasdaq", "nordic"])
        matches = self.floor.engine.markets[market].match_number
        broken = self.floor.engine.markets[market].trades.broken
        match = self.chance.randint(1, matches) if matches else 0
        kind = self.chance.random()
        if match and match not in broken and kind < 0.7:
            self.floor.bust(match, market=market)
        elif kind > 0.93:
            self.days += 1
            self.floor.day(f"2026-11-{22 + self.days}")
            for client in self.floor.clients.values():
                client.log_on()

    def speak(self, name):
        client, chance = self.floor.client(name), self.chance
        nordic = name.startswith("GP")
        side = chance.choice(SIDES[:4] if nordic else SIDES)
        quantity = chance.choice([0, 10, 100, 100, 200, 300, 6_000])
        at = chance.choice(NORDIC_PRICES if nordic else US_PRICES)
        more = chance.choice(MORE) | chance.choice([{}, {}, *(NORDIC_MORE if nordic else US_MORE)])
        if not nordic:
            more.pop("t50", None)
        names = self.names[name]
        kind = chance.random()
        if kind < 0.6 or not names:
            self.count += 1
            names.append((f"O{self.count}" if chance.random() < 0.97 else "O1", side))
            client.enter(names[-1][0], side, quantity, at, **more)
            return
        original, side = names[chance.randrange(max(0, len(names) - 12), len(names))]
        self.count += 1
        if kind < 0.75:
            client.cancel(f"C{self.count}", original, side)
        else:
            names.append((f"O{self.count}", side))
            fields = {tag: value for tag, value in more.items() if tag in {"t18", "t1", "t6209"}}
            client.replace(names[-1][0], original, side, quantity, at or "10.00", **fields)

    def moved(self, floor):
        other = Talk.__new__(Talk)
        other.__dict__.update(self.__dict__)
        other.floor = floor
        other.chance = random.Random()
        other.chance.setstate(self.chance.getstate())
        other.names = {name: list(names) for name, names in self.names.items()}
        return other


@REPLAY
@pytest.mark.parametrize("seed", range(3))
def test_a_half_that_follows_a_restart_is_the_same(seed):
    print("seed", seed)
    talk = Talk(Floor(), seed)
    for _ in range(4):
        talk.turns(250)
        other = talk.moved(talk.floor.restored())
        assert other.floor.dump() == talk.floor.dump()
        talk.turns(100)
        other.turns(100)
        assert other.floor.dump() == talk.floor.dump()
    trades = sum(market.match_number for market in talk.floor.engine.markets.values())
    assert trades > 20, "or the dialogue was a poor one"


@REPLAY
def test_the_short_way_to_a_report_leads_to_the_same_bytes_as_the_long_one(monkeypatch):
    short = Talk(Floor(), 7)
    short.turns(800)
    monkeypatch.setattr(order_port, "make_template", lambda *_, **__: b"")
    long = Talk(Floor(), 7)
    long.turns(800)
    for name in PORTS:
        assert long.floor.streams[name].packets == short.floor.streams[name].packets


@REPLAY
def test_what_a_port_keeps_of_an_order_that_is_gone_is_a_few_bytes():
    floor = Floor()
    client = floor.client("INFX01")
    for number in range(200):
        client.enter(f"ORDER{number:06}", t59="3", t1="CMT2")
    port = floor.ports["INFX01"]
    assert len(port.ledger.kinds) == 1
    assert max(len(order) for order in port.ledger.orders.values()) < 100
    assert len(port.port_state()) < 200 * 100


@REPLAY
def test_kinds_of_orders_that_no_order_got_in_with_are_forgotten():
    floor = Floor()
    client = floor.client("INFX01")
    client.enter("A0")
    for number in range(SPARE_KINDS + 40):
        client.enter(f"R{number}", quantity=0, t1=f"ACC{number}")
    ledger = floor.ports["INFX01"].ledger
    assert len(ledger.known) <= SPARE_KINDS
    assert client.enter("A1") == ["0/0 A1 0+100"]
    assert len(ledger.kinds) == 1, "the kind of an order that is there stays known"
