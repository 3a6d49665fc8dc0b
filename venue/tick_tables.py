"""Tick tables by name: of which number the prices of a range are multiples, for securities that do not list their own.

The tables of RTS 11 (Regulation (EU) 2017/588, annex) are named by their column, the liquidity band: how many trades
an instrument has a day on average, from and below. The lower bound of each price range belongs to it. Those of rule 612
are for US securities: a cent from a dollar on, or half a cent where an instrument's quoted spread is small enough.
A configuration may name more of them, `[[tick_table]]`, in the place of these too.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from venue.settings import Settings, Ticks, ticks_fault

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config

TableName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9:+-]{0,31}\Z")]
FLOORS: Final = (
    *("0", "0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100", "200", "500"),
    *("1000", "2000", "5000", "10000", "20000", "50000"),
)
"""Where each price range of RTS 11 begins."""
STEPS: Final = (
    *("0.0001", "0.0002", "0.0005", "0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5"),
    *("1", "2", "5", "10", "20", "50", "100", "200", "500"),
)
"""The ticks of RTS 11, each the next larger one: a range up has the next one, a band more liquid the one before."""
BANDS: Final = ("0-10", "10-80", "80-600", "600-2000", "2000-9000", "9000+")
"""The liquidity bands of RTS 11, in trades a day; exchange-traded funds are in the last one."""
FIRST_STEP: Final = 2
"""The place in `STEPS` of the least liquid band's lowest range."""
RULE_612: Final[Ticks] = (("0", "0.0001"), ("1", "0.01"))
RULE_612_HALF_CENT: Final[Ticks] = (("0", "0.0001"), ("1", "0.005"))


def rts11(band: int) -> Ticks:
    """Give the table of a liquidity band of RTS 11, by its place in `BANDS`."""
    return tuple((floor, STEPS[max(FIRST_STEP + place - band, 0)]) for place, floor in enumerate(FLOORS))


TABLES: Final[dict[str, Ticks]] = {
    **{f"rts11:{name}": rts11(band) for band, name in enumerate(BANDS)},
    "rule612": RULE_612,
    "rule612:half-cent": RULE_612_HALF_CENT,
}
"""The tables that there are without being configured."""


class TickTableSettings(Settings, frozen=True):
    """A tick table that symbols and books may name."""

    name: TableName
    ticks: Ticks


def tables(config: Config) -> dict[str, Ticks]:
    """Give every table by name."""
    return TABLES | {table.name: table.ticks for table in config.tick_table}


def table_of(config: Config, name: str | None, own: Ticks) -> Ticks:
    """Give the ticks of a security: the table that it names, else its own."""
    return own if name is None else tables(config)[name]


def tick_table_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of tick tables and of those who name them."""
    for i, table in enumerate(config.tick_table):
        fault = ticks_fault(table.ticks)
        if fault is not None:
            yield f"tick_table[{i}].ticks", fault
    known = tables(config)
    securities = [
        *((f"symbol[{i}]", symbol, symbol.tick_table, symbol.ticks) for i, symbol in enumerate(config.symbol)),
        *((f"book[{i}]", book, book.tick_table, book.ticks) for i, book in enumerate(config.book)),
    ]
    for key, security, name, own in securities:
        if name is None:
            continue
        if name not in known:
            likely = get_close_matches(name, known, 1, 0)[0]
            yield f"{key}.tick_table", f"no such table: {name}; did you mean {likely}?"
        if own not in type(security).__struct_defaults__:
            yield f"{key}.tick_table", "a security has ticks of its own or a table's, not both"
