"""Whatever a client says, in whatever mode, a port answers in FIX: nothing is raised, and the next order is taken."""

import random

import pytest
from fix_floor import Floor

ANY_INPUT = pytest.mark.section("FIX", "Any input")
TAGS = (1, 11, 15, 18, 22, 37, 38, 40, 41, 44, 47, 48, 50, 54, 55, 59, 60, 65, 76, 97, 100, 110, 111, 114, 115, 126)
MORE = (211, 388, 389, 439, 440, 528, 529, 5700, 5815, 6209, 7928, 9140, 9303, 9355, 9391, 9392, 9861, 7777, 1724)
VALUES = (
    *("0", "1", "2", "3", "5", "6", "7", "9", "-1", "00", "1.5", "10.00", "100", "100.00", "10.001", "99999999999999"),
    *("Y", "N", "A", "P", "M", "I", "R M", "O", "USD", "SEK", "ZWZZT", "101", "INET", "BOOK", "SCAN", "AWAY", "%d%b%%"),
    *("\u00e5\u00e4", "20261120-15:00:10", "20261120-15:00:10.5", "19700101-00:00:00", "x" * 40, "=", " ", "1" * 200),
)


@ANY_INPUT
@pytest.mark.parametrize("mode", ["lenient", "strict"])
@pytest.mark.parametrize("name", ["INFX01", "GP29F1"])
def test_fields_at_random_are_answered(name, mode):
    chance = random.Random(f"{name} {mode}")
    floor = Floor({name: Floor.default(name, validation=mode)}, routing={name})
    client = floor.client(name, "FIXT.1.1" if name[0] == "G" else "FIX.4.2")
    at, taken = ("100.00", 0) if name[0] == "G" else ("10.00", 0)
    for number in range(1_500):
        kind = chance.choice("DDDFG")
        fields = {11: f"X{number}", 38: "100", 40: "2", 44: at, 54: "1", 55: client.symbol}
        fields |= {21: "1"} if name[0] == "I" else {}
        fields |= {41: f"X{chance.randrange(max(0, number - 9), number + 1)}"} if kind != "D" else {}
        changed = chance.sample(TAGS + MORE, chance.choice([0, 1, 1, 2, 4]))
        fields |= {tag: chance.choice(VALUES) for tag in changed}
        left_out = chance.choice(list(fields)) if chance.random() < 0.1 else 0
        client.send(kind, {tag: value for tag, value in fields.items() if tag != left_out})
        reports = client.reports()
        assert {report[35] for report in reports} <= {"3", "8", "9"}
        taken += any(report.get(39) in {"0", "5"} for report in reports)
    assert taken > 200, "or chance was too hard on it"
    assert floor.restored().dump() == floor.dump()
