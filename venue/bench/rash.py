"""The bytes that a RASHport client of a bench sends: orders of 1.1, made before any clock starts."""

from __future__ import annotations

from rash import codec
from venue.bench.orders import SHARES, SYMBOL, buy_price
from wire.soup import unsequenced

ACCEPTED_LENGTH = 159
"""Bytes on the wire of an Accepted."""
MARKET_HOURS = 99_998


def enter(number: int) -> bytes:
    """Make an Enter Order, a buy that rests, in the form without Shares Located."""
    order = codec.pack_enter_order(
        *(b"B%013d" % number, b"B", SHARES, SYMBOL, buy_price(number), MARKET_HOURS, b"    ", b"Y", 0, 0),
        peg_type=b"N",
        peg_sign=b"+",
        peg_difference=0,
        discretion_price=0,
        discretion_peg_type=b"N",
        discretion_sign=b"+",
        discretion_difference=0,
        capacity=b"P",
        random_reserve=0,
        route=b"    ",
        customer_id=b"BENCH".ljust(32),
        customer_type=b"N",
        trade_now=b"N",
        shares_located=b" ",
    )
    return unsequenced(order[:-1])


def enters(first: int, how_many: int) -> list[bytes]:
    """Make so many orders."""
    return [enter(number) for number in range(first, first + how_many)]
