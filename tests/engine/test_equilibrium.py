"""The equilibrium price: the printed vectors, ties one by one, and a search that tries out every price."""

import random

import pytest

from engine.auction import Equilibrium, Interest, equilibrium

CALLS = pytest.mark.section("Market model", "1.3 Equilibrium price")
M = "market"
ROUNDS = 3_000


def side(orders):
    at_limit = {}
    for quantity, price in orders:
        if price != M:
            at_limit[price] = at_limit.get(price, 0) + quantity
    return Interest(sum(quantity for quantity, price in orders if price == M), at_limit)


def found(buys, sells, reference):
    return equilibrium(side(buys), side(sells), reference)


VECTORS = [
    ("volume", [(100, 102), (50, 100)], [(80, 100), (40, 101)], 100, (101, 100, -20)),
    ("pressure of buys", [(200, 102)], [(100, 100)], 100, (102, 100, 100)),
    ("pressure of sales", [(100, 102)], [(200, 100)], 100, (100, 100, -100)),
    ("balanced", [(100, 102)], [(100, 100)], 101, (101, 100, 0)),
    ("balanced, the reference below", [(100, 102)], [(100, 100)], 90, (100, 100, 0)),
    ("balanced, the reference above", [(100, 102)], [(100, 100)], 110, (102, 100, 0)),
    ("uncrossed", [(100, 99)], [(100, 100)], 100, None),
    ("no price on either side", [(50, M)], [(30, M)], 100, (100, 30, 20)),
    ("no price on either side, no reference", [(50, M)], [(30, M)], None, None),
    ("no price against a limit", [(50, M)], [(30, 105)], 100, (105, 30, 20)),
    ("no price and a limit against a limit", [(50, M), (10, 104)], [(60, 103)], 100, (103, 60, 0)),
    ("two that are equally near", [(100, 102)], [(100, 100)], None, (102, 100, 0)),
    ("the smaller surplus", [(100, 103), (40, 101)], [(100, 101), (20, 103)], 90, (103, 100, -20)),
    ("surplus on both sides", [(100, 104), (20, 100)], [(100, 100), (20, 104)], 101, (101, 100, 0)),
    ("an empty book", [], [], 100, None),
    ("one side only", [(10, M), (10, 90)], [], 100, None),
]


@CALLS
@pytest.mark.parametrize(("buys", "sells", "reference", "expected"), [row[1:] for row in VECTORS], ids=lambda _: "")
def test_the_vectors(buys, sells, reference, expected):
    assert found(buys, sells, reference) == expected


@CALLS
def test_equally_near_prices_give_the_higher_one():
    assert found([(100, 102)], [(100, 100)], 101) == (101, 100, 0)
    assert equilibrium(Interest(0, {102: 100}), Interest(0, {100: 100}), 101) == Equilibrium(101, 100, 0)
    # 101 itself is no price of the book here: with 98 and 104 both three away, the higher wins
    assert found([(100, 104), (1, 98)], [(100, 98), (1, 104)], 101).price == 101


def search(buys, sells, reference):
    """Every price of the book, and the reference, tried out from the rules alone."""
    tried = []
    prices = {price for _, price in (*buys, *sells) if price != M} | ({reference} if reference is not None else set())
    for price in prices:
        demand = sum(quantity for quantity, limit in buys if limit == M or limit >= price)
        supply = sum(quantity for quantity, limit in sells if limit == M or limit <= price)
        tried.append((price, min(demand, supply), demand - supply))
    tried = [one for one in tried if one[1]]
    if not tried:
        return None
    most = max(volume for _, volume, _ in tried)
    tried = [one for one in tried if one[1] == most]
    least = min(abs(surplus) for _, _, surplus in tried)
    tried = [one for one in tried if abs(one[2]) == least]
    if all(surplus > 0 for _, _, surplus in tried):
        return max(tried)
    if all(surplus < 0 for _, _, surplus in tried):
        return min(tried)
    if reference is None:
        return max(tried)
    nearest = min(abs(price - reference) for price, _, _ in tried)
    return max(one for one in tried if abs(one[0] - reference) == nearest)


@CALLS
def test_it_is_what_a_search_over_all_prices_finds(seed):
    rng = random.Random(seed)
    for _ in range(ROUNDS):
        width = rng.choice([1, 3, 10])
        sizes = rng.choice([[100], [1, 2, 3], range(1, 300)])
        buys, sells = (
            [
                (rng.choice(sizes), M if rng.random() < 0.15 else rng.randint(100 - width, 100 + width))
                for _ in range(rng.randint(0, 8))
            ]
            for _ in range(2)
        )
        reference = rng.choice([None, 100, rng.randint(90, 110)])
        assert found(buys, sells, reference) == search(buys, sells, reference), (buys, sells, reference)
