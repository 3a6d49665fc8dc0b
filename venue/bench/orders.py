"""The bytes that the clients of a bench send: packets with OUCH messages, made before any clock starts.

All flows trade one symbol whose previous close is $200, between $190 and $210, so that every risk check of the demo
looks at every order and stops none, except those that are meant to be stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from ouch import codec
from wire.soup import PacketType, packet, unsequenced

SYMBOL = b"AAPL    "
SHARES, TOO_MANY_SHARES = 100, 5_001
CLOSE = 2_000_000
"""The symbol's previous close, in ticks: where crossing orders meet."""
BEST_BUY = 1_990_000
BEST_SELL = 2_010_000
PRICES = 500
"""How many cents below (buys) or above (sells) the best price the flows' orders lie."""
CENT = 100
ENTER_LENGTH, ACCEPTED_LENGTH, CANCELED_LENGTH, EXECUTED_LENGTH, REPLACED_LENGTH = 50, 67, 21, 39, 71
"""Bytes on the wire of an Enter Order and of the answers, without options."""
LABEL = b"BENCH         "
BUY, SELL, DAY, IMMEDIATE_OR_CANCEL = b"B", b"S", b"0", b"3"


def enter(
    number: int, side: bytes, price: int, shares: int = SHARES, symbol: bytes = SYMBOL, time_in_force: bytes = DAY
) -> bytes:
    """Make an Enter Order."""
    return unsequenced(
        codec.pack_enter_order(number, side, shares, symbol, price, time_in_force, b"Y", b"P", b"N", b"N", LABEL, b"")
    )


def replace(original: int, number: int, price: int) -> bytes:
    """Make a Replace Order."""
    return unsequenced(codec.pack_replace_order(original, number, SHARES, price, DAY, b"Y", b"N", LABEL, b""))


def cancel(number: int) -> bytes:
    """Make a Cancel Order for all that is open."""
    return unsequenced(codec.pack_cancel_order(number, 0, b""))


def mass_cancel(number: int, firm: str) -> bytes:
    """Make a Mass Cancel for all orders of the port: the kill switch."""
    return unsequenced(codec.pack_mass_cancel(number, firm.encode("ascii"), b" " * 8, b""))


def buy_price(number: int) -> int:
    """Give a price for a buy that rests; neighbours in number are not neighbours in price."""
    return BEST_BUY - number * 7 % PRICES * CENT


def sell_price(number: int) -> int:
    """Give a price for a sale that rests."""
    return BEST_SELL + number * 7 % PRICES * CENT


def enters(first: int, how_many: int) -> list[bytes]:
    """Make Enter Orders that rest: buys at many prices below the market. Each is answered by one Accepted."""
    return [enter(number, BUY, buy_price(number)) for number in range(first, first + how_many)]


CYCLE_MESSAGES = 10
CYCLE_NUMBERS = 7
CYCLE_ANSWERS = 12
CYCLE_ANSWER_BYTES = 5 * ACCEPTED_LENGTH + 2 * REPLACED_LENGTH + 3 * CANCELED_LENGTH + 2 * EXECUTED_LENGTH
"""One turn of the mixed flow: what it sends, how many UserRefNums it uses up, and what it is answered."""


def cycle(first: int) -> list[bytes]:
    """Make one turn of the mixed flow, which uses the numbers from `first` and leaves the book as it was.

    Four orders that rest, two replacements, one order that trades with a replacement, three cancels. The trade is at
    the close, where nothing else rests.
    """
    a, b, a2, c, d, e, d2 = range(first, first + CYCLE_NUMBERS)
    return [
        enter(a, BUY, buy_price(a)),
        enter(b, BUY, buy_price(b)),
        replace(a, a2, CLOSE),
        enter(c, SELL, CLOSE),
        cancel(b),
        enter(d, BUY, buy_price(d)),
        enter(e, SELL, sell_price(e)),
        replace(d, d2, buy_price(d2)),
        cancel(d2),
        cancel(e),
    ]


def cycles(first: int, how_many: int) -> list[bytes]:
    """Make turns of the mixed flow, one after the other."""
    return [message for turn in range(how_many) for message in cycle(first + turn * CYCLE_NUMBERS)]


class Trader:
    """One port's orders: numbers that rise, and which of them rest."""

    def __init__(self, first: int = 1) -> None:
        self.numbers = count(first)
        self.resting: list[int] = []

    def buys(self, how_many: int) -> list[bytes]:
        """Make buys that rest."""
        fresh = [next(self.numbers) for _ in range(how_many)]
        self.resting += fresh
        return [enter(number, BUY, buy_price(number)) for number in fresh]

    def replaces(self) -> list[bytes]:
        """Make a replacement for each resting order, at another price."""
        pairs = [(original, next(self.numbers)) for original in self.resting]
        self.resting = [number for _, number in pairs]
        return [replace(original, number, buy_price(number)) for original, number in pairs]

    def cancels(self) -> list[bytes]:
        """Make a cancel for each resting order."""
        messages = [cancel(number) for number in self.resting]
        self.resting = []
        return messages

    def at_the_close(self, side: bytes, how_many: int) -> list[bytes]:
        """Make orders at the close: sales rest there for the buys that follow."""
        return [enter(next(self.numbers), side, CLOSE) for _ in range(how_many)]

    def too_large(self, how_many: int) -> list[bytes]:
        """Make orders that the limit on shares stops."""
        return [enter(next(self.numbers), BUY, BEST_BUY, TOO_MANY_SHARES) for _ in range(how_many)]

    def mixed(self, how_many: int) -> list[bytes]:
        """Make turns of the mixed flow."""
        turns = [[next(self.numbers) for _ in range(CYCLE_NUMBERS)] for _ in range(how_many)]
        return [message for numbers in turns for message in cycle(numbers[0])]


def login(name: str, password: str, sequence: int = 1) -> bytes:
    """Make a Login Request for the present session."""
    return packet(PacketType.LOGIN_REQUEST, f"{name:<6}{password:<10}{'':10}{sequence:>20}".encode("ascii"))


def joined(messages: Iterable[bytes]) -> bytes:
    """Give messages as the one run of bytes that a pipelining client sends."""
    return b"".join(messages)
