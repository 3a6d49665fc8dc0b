"""The stocks of a day: their locates, and what is told of each beside its orders and trades.

What is told of a stock last is kept, so that only changes are told, and a snapshot can tell it again.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from engine.api import Cross, CrossStage, Phase
from engine.book import Book
from engine.cross_price import coming_cross, indication
from engine.engine import Engine
from itchproto import codec
from venue.looks import is_indicative, is_short_sale_restricted
from venue.sidecar.itch.writer import BLANK, NO, TRACKING, YES

TEST_STOCK: Final = re.compile(r"Z[A-Z]ZZT|Z[A-Z]ZZZ")
"""The symbols that the exchange keeps for tests."""
HALTED, PAUSED, QUOTATION, TRADING = b"H", b"P", b"Q", b"T"
STATES: Final = {Phase.HALT: HALTED, Phase.QUOTATION: QUOTATION}
"""What may be done with a stock, by phase; in all others it may be traded when the market has its hours."""
NO_REASON, VOLATILITY, QUOTING = b"    ", b"LUDP", b"T7  "
CROSS_LETTERS: Final = {Cross.OPENING: b"O", Cross.CLOSING: b"C", Cross.HALT: b"H"}
UNRESTRICTED, INTRADAY, REMAINS = b"0", b"1", b"2"
MARKET_CODES: Final = {"nasdaq": b"Q", "bx": b"B", "psx": b"X"}
SECOND: Final = 1_000_000_000
OFTEN: Final = SECOND
"""How long at least passes between two messages of a stock's imbalance, in a quoting period or near a cross,"""
SELDOM: Final = 10 * SECOND
"""and earlier."""


class Imbalance(NamedTuple):
    """What a coming cross would do, as it is told. Prices are ticks, 0 where there is none."""

    paired: int
    surplus: int
    direction: bytes
    far: int
    near: int
    reference: int
    kind: bytes
    variation: bytes


class Stock:
    """A stock: its locate, its padded symbol, and what was told of it last."""

    __slots__ = ("book", "due", "imbalance", "label", "locate", "phase", "reason", "reg_sho", "state", "stopped")

    def __init__(self, book: Book, locate: int) -> None:
        self.book = book
        self.locate = locate
        self.label = book.symbol.encode("ascii").ljust(8)
        self.phase = book.phase
        self.state, self.reason = state_of(book)
        self.reg_sho = reg_sho_of(book)
        self.stopped = False
        self.imbalance: Imbalance | None = None
        self.due = 0

    # Messages.

    def directory(self, time: int, engine: Engine) -> bytes:
        """Tell of the stock itself."""
        tier, leverage = terms_of(self.book, engine)
        is_test = TEST_STOCK.fullmatch(self.book.symbol) is not None
        lot, authenticity = self.book.security.round_lot, b"T" if is_test else b"P"
        fields = b"Q", b"N", lot, NO, b"C", b"Z ", authenticity, NO, NO, b"%d" % tier
        etp = (YES, leverage) if leverage > 1 else (NO, 0)
        return codec.pack_stock_directory(self.locate, TRACKING, time, self.label, *fields, *etp, NO)

    def action(self, time: int) -> bytes:
        """Tell what may be done with it."""
        return codec.pack_stock_trading_action(self.locate, TRACKING, time, self.label, self.state, BLANK, self.reason)

    def restriction(self, time: int) -> bytes:
        """Tell whether short sales are restricted."""
        return codec.pack_reg_sho_restriction(self.locate, TRACKING, time, self.label, self.reg_sho)

    def operational_halt(self, time: int, code: bytes) -> bytes:
        """Tell whether the market has stopped."""
        action = b"H" if self.stopped else b"T"
        return codec.pack_operational_halt(self.locate, TRACKING, time, self.label, code, action)

    def collar(self, time: int) -> bytes:
        """Tell the prices around which trading paused: its reference, and the price bands."""
        security = self.book.security
        tape = security.tape
        reference = security.last if tape is None or tape.reference is None else tape.reference
        prices = reference or 0, security.luld_upper or 0, security.luld_lower or 0
        return codec.pack_luld_auction_collar(self.locate, TRACKING, time, self.label, *prices, 0)

    def net_order_imbalance(self, time: int) -> bytes:
        """Tell what its next cross would do."""
        found = self.imbalance
        assert found is not None
        return codec.pack_net_order_imbalance(
            *(self.locate, TRACKING, time, found.paired, found.surplus, found.direction, self.label),
            *(found.far, found.near, found.reference, found.kind, found.variation),
        )

    def pause(self) -> int:
        """Give how long at least passes until its imbalance is told again."""
        is_near = self.book.phase is Phase.QUOTATION or self.book.stage is not CrossStage.OPEN
        return OFTEN if is_near else SELDOM


def state_of(book: Book) -> tuple[bytes, bytes]:
    """Give what may be done with a stock, and why, as far as is known. One that is not listed any more is halted."""
    if not book.security.listed:
        return HALTED, NO_REASON
    return STATES.get(book.phase, TRADING), QUOTING if is_paused(book) else NO_REASON


def is_paused(book: Book) -> bool:
    """Whether price bands have stopped the trading of a stock."""
    tape = book.security.tape
    return book.phase is Phase.QUOTATION and tape is not None and tape.paused_until > 0 and book in tape.bands


def reg_sho_of(book: Book) -> bytes:
    """Give whether a stock's short sales are restricted, and since when."""
    tape = book.security.tape
    if tape is None or not is_short_sale_restricted(book):
        return UNRESTRICTED
    return INTRADAY if tape.days_restricted > 1 else REMAINS


def terms_of(book: Book, engine: Engine) -> tuple[int, int]:
    """Give a stock's tier and leverage, which the configuration says."""
    configuration = engine.configuration
    for entry in () if configuration is None else configuration.symbols:
        if entry.symbol == book.symbol:
            return entry.tier, entry.leverage
    return 2, 1


def imbalance_of(book: Book) -> Imbalance | None:
    """Give what a stock's next cross would do if it came now, None where there is none to come."""
    cross = coming_cross(book)
    if cross is None or not is_indicative(book):
        return None
    near, far, current = indication(book, cross)
    kind = CROSS_LETTERS[cross]
    if current is None or not (current.volume or current.surplus):
        return Imbalance(0, 0, b"O", 0, 0, 0, kind, BLANK)
    direction = b"B" if current.surplus > 0 else b"S" if current.surplus < 0 else b"N"
    prices = 0 if far is None else far.price, 0 if near is None else near.price
    variation = BLANK if near is None else variation_of(near.price, current.price)
    return Imbalance(current.volume, abs(current.surplus), direction, *prices, current.price, kind, variation)


def variation_of(near: int, reference: int) -> bytes:
    """Give how far a price is from the reference, as a letter."""
    percent = 100 * abs(near - reference) // reference
    if percent < 10:
        return b"L123456789"[percent : percent + 1]
    return b"A" if percent < 20 else b"B" if percent < 30 else b"C"
