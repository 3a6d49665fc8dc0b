"""Tick tables by name: RTS 11 by liquidity band, rule 612 with and without half cents, and configured ones."""

from itertools import pairwise

import pytest

from engine.market import Security
from engine.terms import PRICE_SCALE
from venue import config
from venue.config import ConfigError
from venue.reference import market_command
from venue.settings import ticks
from venue.tick_tables import BANDS, RULE_612, TABLES

SHEET = """
0     0.0005 0.0002 0.0001 0.0001 0.0001 0.0001
0.1   0.001  0.0005 0.0002 0.0001 0.0001 0.0001
0.2   0.002  0.001  0.0005 0.0002 0.0001 0.0001
0.5   0.005  0.002  0.001  0.0005 0.0002 0.0001
1     0.01   0.005  0.002  0.001  0.0005 0.0002
2     0.02   0.01   0.005  0.002  0.001  0.0005
5     0.05   0.02   0.01   0.005  0.002  0.001
10    0.1    0.05   0.02   0.01   0.005  0.002
20    0.2    0.1    0.05   0.02   0.01   0.005
50    0.5    0.2    0.1    0.05   0.02   0.01
100   1      0.5    0.2    0.1    0.05   0.02
200   2      1      0.5    0.2    0.1    0.05
500   5      2      1      0.5    0.2    0.1
1000  10     5      2      1      0.5    0.2
2000  20     10     5      2      1      0.5
5000  50     20     10     5      2      1
10000 100    50     20     10     5      2
20000 200    100    50     20     10     5
50000 500    200    100    50     20     10
"""
"""The annex as printed: from which price, and the tick of each liquidity band."""
ROWS = [line.split() for line in SHEET.split("\n") if line]
SECTION = pytest.mark.section("Regulation (EU) 2017/588", "Annex")


@SECTION
@pytest.mark.parametrize("band", range(len(BANDS)), ids=BANDS)
def test_the_table_of_a_band_is_the_annex_s_column(band):
    assert TABLES[f"rts11:{BANDS[band]}"] == tuple((floor, found[band]) for floor, *found in ROWS)


def security(table):
    """A security with the ticks of a table."""
    return Security("XYZ", tuple((ticks(floor), ticks(tick)) for floor, tick in reversed(table)))


@SECTION
@pytest.mark.parametrize("band", BANDS)
def test_a_range_begins_with_its_lower_bound(band):
    table = TABLES[f"rts11:{band}"]
    found = security(table)
    for (_, below), (floor, tick) in pairwise(table):
        price = ticks(floor)
        assert found.on_tick(price)
        assert found.on_tick(price + ticks(tick))
        assert found.on_tick(price - ticks(below))
        if ticks(tick) > 1:
            assert not found.on_tick(price + ticks(tick) - 1)


@pytest.mark.section("Rule 612", "(a), (b)")
def test_a_us_price_is_in_cents_from_a_dollar_on_and_in_half_cents_where_its_symbol_has_them():
    cents, half_cents = (security(TABLES[name]) for name in ("rule612", "rule612:half-cent"))
    for price, cent, half_cent in (
        (9_999, True, True),
        (10_000, True, True),
        (10_050, False, True),
        (10_025, False, False),
        (10_001, False, False),
        (PRICE_SCALE * 500 + 50, False, True),
    ):
        assert (cents.on_tick(price), half_cents.on_tick(price)) == (cent, half_cent)


def configured(*tables, first=""):
    """The demo's configuration with more tables of text."""
    return config.parse(
        "\n".join((config.sample().replace('symbol = "AAPL"', f'symbol = "AAPL"\n{first}', 1), *tables))
    )


BOOK = '[[book]]\norder_book = 501\nsymbol = "SAND"\nmic = "XSTO"\ncurrency = "SEK"\nsegment = 100\n'
NAMED = '[[tick_table]]\nname = "quarters"\nticks = [["0", "0.25"]]'


def test_symbols_and_books_name_the_table_whose_ticks_they_have():
    found = configured(NAMED, BOOK + 'tick_table = "quarters"', first='tick_table = "rule612:half-cent"')
    command = market_command(found)
    assert command.books[-1].ticks == ((0, 2_500),)
    assert command.symbols[0].ticks == ((10_000, 50), (0, 1))
    assert command.symbols[1].ticks == tuple((ticks(floor), ticks(tick)) for floor, tick in reversed(RULE_612))


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ((BOOK + 'tick_table = "rts11:600-200"',), "book[6].tick_table"),
        ((BOOK + 'tick_table = "rts11:600-2000"\nticks = [["0", "0.05"]]',), "book[6].tick_table"),
        ((NAMED, NAMED), "tick_table[1].name"),
        ((NAMED.replace('"0"', '"1"'),), "tick_table[0].ticks"),
        ((NAMED.replace("quarters", "Quarters"),), "tick_table[0].name"),
    ],
)
def test_a_table_that_is_not_there_or_no_table_is_refused_by_its_key(tables, key):
    with pytest.raises(ConfigError) as refused:
        configured(*tables)
    assert refused.value.key == key


def test_a_table_that_is_nearly_named_is_named_in_the_refusal():
    with pytest.raises(ConfigError, match=r"did you mean rts11:600-2000\?"):
        configured(BOOK + 'tick_table = "rts11:600-200"')


def test_a_price_off_the_tick_of_its_range_is_refused(host, connect):
    profile = config.sample().replace('symbol = "AAPL"', 'symbol = "AAPL"\ntick_table = "rts11:600-2000"', 1)
    venue = host(config.parse(profile))
    client = connect(venue, name="IN19T6")
    client.take(1)
    client.enter(1, price=1_900_500)
    client.enter(2, price=1_901_000)
    client.enter(3, price=999_500)
    told = client.take(3)
    assert [message[:1] for message in told] == [b"J", b"A", b"A"]
