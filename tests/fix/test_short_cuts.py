"""The short way that most orders take through a port gives, byte by byte, what the long one gives."""

import random

import pytest
from fix_floor import Floor

from fix.order_rows import KINDS_MAX, OrderRows
from fix.port import FixOrderPort
from fix.reports import Event
from fix.shape import Mode

MODES = Mode.__args__
EXTRA = {
    1: ("A", "B"),
    15: ("USD", "SEK"),
    18: ("N", "R", "?"),
    21: ("1", "2"),
    47: ("A", "P"),
    50: ("ME", "YOU"),
    59: ("0", "3", "9"),
    60: ("20261120-15:00:10", "x"),
    76: ("INET",),
    97: ("N", "Y"),
    111: ("10",),
    9140: ("Y", "?"),
}
"""Fields that orders may have beside what all have, and some of their values."""


class LongWay(FixOrderPort):
    """A port to which every message is the first of its row, every order of a row that says nothing, no report new."""

    def speak(self, begin_string):
        super().speak(begin_string)
        self.rows = NoRows(self.dialect)

    def receive(self, message, now):
        self.session._row = None
        super().receive(message, now)

    def tell_new(self, mine, now):
        self.tell(mine, Event.NEW, mine.quantity, now)


class NoRows(OrderRows):
    def row(self, message):
        row = super().row(message)
        row.is_plain = False
        return row


def flow(kind, name, version, mode):
    """Give what is sent to a client in a random flow, and all that is known at its end."""
    chance = random.Random(f"{name} {version} {mode}")
    floor = Floor({name: Floor.default(name, validation=mode)}, kind=kind)
    client = floor.client(name, version)
    rows = [chance.sample(list(EXTRA), chance.choice([0, 1, 2, 4])) for _ in range(6)]
    for number in range(400):
        row = chance.choice(rows)
        fields = {11: f"X{number if chance.random() < 0.95 else 1}", 38: chance.choice(("100", "200", "7.0", "x", "0"))}
        fields |= {40: "2", 44: chance.choice(("10.00", "99.0", "10.005", "9" * 30)), 54: chance.choice("11229")}
        fields |= {55: chance.choice((client.symbol, client.symbol, "NONE"))}
        client.send(*("D", fields | {tag: chance.choice(EXTRA[tag]) for tag in row}))
    assert client.reports()
    return floor.streams[name].packets, floor.dump()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("name", "version"), [("INFX01", "FIX.4.2"), ("INFX01", "FIX.4.4"), ("INFL01", "FIX.4.2"), ("GP29F1", "FIXT.1.1")]
)
def test_orders_of_rows_that_came_before_are_answered_as_if_they_were_the_first(name, version, mode):
    assert flow(FixOrderPort, name, version, mode) == flow(LongWay, name, version, mode)


def test_kinds_of_order_of_one_row_are_remembered_within_bounds():
    floor = Floor()
    client = floor.client("INFX01")
    for number in range(KINDS_MAX + 10):
        client.enter(f"A{number}", t1=f"ACC{number}")
    (row,) = floor.ports["INFX01"].rows.known.values()
    assert row.is_plain
    assert 0 < len(row.known) <= KINDS_MAX
