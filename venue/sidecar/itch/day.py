"""One session of one market as ITCH messages, record after record: a fold, with nothing in it but records.

The messages of a record come in this order: stocks that are new; the market's hours; trades, in order, and what was
broken; the crosses that ended, each before what traded after it, and the stock's new state with it; what else became of
displayed orders; restrictions of short sales; the coming crosses.

A trade is told once: by the displayed order that was there (`E`, at another price than its own `C`), or where that was
not displayed as `P`. In a cross each displayed order is told of (`C`, not printable), and all of it as one `Q`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from engine.api import Liquidity, Phase
from engine.book import Book
from engine.crosses import FLAGS
from engine.engine import Engine
from engine.market import Market
from engine.routing import AWAY_PORT
from itchproto import codec
from venue.sidecar.itch.stocks import (
    CROSS_LETTERS,
    MARKET_CODES,
    PAUSED,
    VOLATILITY,
    Stock,
    imbalance_of,
    is_paused,
    reg_sho_of,
    state_of,
)
from venue.sidecar.itch.writer import NO_STOCK, TRACKING, Writer, added
from venue.sidecar.shown import Added, Change, Deleted, Executed, Reduced, Shown
from venue.sidecar.story import IMBALANCES, IN_CALLS, ended, is_same_trade
from venue.sidecar.tap import Broke, Filled, Note, Touched

START, SYSTEM_HOURS, MARKET_HOURS, MARKET_CLOSE, SYSTEM_CLOSE, END = b"O", b"S", b"Q", b"M", b"E", b"C"
OWN_NUMBERS: Final = 10**12
"""Behind this one are the numbers that the feed itself gives: those of the engine are fewer.

They are match numbers of crosses as a whole, and references of orders that are displayed again.
"""
LETTERS: Final = {FLAGS[cross][0]: letter for cross, letter in CROSS_LETTERS.items()}
OVER: Final = frozenset({Phase.POST_MARKET, Phase.CLOSED})
AHEAD: Final = frozenset({Phase.CONTINUOUS, Phase.PRE_MARKET, Phase.QUOTATION})


class ItchDay:
    """A session in the making. `begin` it, hand it each `record`, `finish` it."""

    def __init__(self, engine: Engine, market: Market, directory: Path) -> None:
        self.engine = engine
        self.market = market
        self.writer = Writer(engine.session, engine.midnights[market.key], directory)
        self.stocks: dict[Book, Stock] = {}
        self.shown = Shown(self.own_number)
        self.own_numbers = 0
        self.is_open = False
        self.is_stopped = engine.storage_low
        self.last_event = (0, START)
        self._waiting: dict[Stock, None] = {}
        self._due = 0
        self._summed: dict[Stock, tuple[int, int, bytes]] = {}

    # The ends of the day.

    def begin(self, now: int) -> None:
        """Tell of all stocks, and of the orders that have rested on."""
        writer = self.writer
        writer.at(now)
        self.event(START)
        self.list_new()
        self.event(SYSTEM_HOURS)
        self.tell_hours()
        for book, change in self.shown.settle((), self.stocks):
            self.tell(self.stocks[book], change)
        self.look_at_crosses(self.stocks, now)
        writer.settle()

    def finish(self, now: int) -> None:
        """End the day: nothing that is displayed goes on in this session."""
        writer = self.writer
        writer.at(now)
        for book, stock in self.stocks.items():
            for line in self.shown.lines(book).values():
                if line.quantity:
                    writer.deleted(stock.locate, line.number)
        if self.is_open:
            self.event(MARKET_CLOSE)
        self.event(SYSTEM_CLOSE)
        self.event(END)
        writer.settle()
        writer.stream.ended = True

    def own_number(self) -> int:
        """Give a number that the engine gives nobody."""
        self.own_numbers += 1
        return OWN_NUMBERS + self.own_numbers

    def event(self, code: bytes) -> None:
        """Tell where the day is."""
        self.writer.system_event(code)
        self.last_event = self.writer.time, code

    # A record.

    def record(self, notes: list[Note], touched: Iterable[Book], now: int, *, is_command: bool, is_timer: bool) -> None:
        """Tell what a record brought about: what was noted, and `touched` books.

        After a command anything may be another; after a timer it may be so in books with a tape.
        """
        self.writer.at(next((note.time for note in notes if isinstance(note, Filled)), now))
        looked_at = self.stocks
        if is_command:
            self.list_new()
        else:
            looked_at = {book: self.stocks[book] for book in touched if book in self.stocks}
            if is_timer:
                looked_at |= {book: stock for book, stock in self.stocks.items() if book.security.tape is not None}
        changed = [stock for book, stock in looked_at.items() if book.phase is not stock.phase]
        if changed:
            self.tell_hours()
        self.trades(notes)
        self.writer.at(now)
        for stock in [*self._summed, *changed]:
            self.end_cross(stock)
        if is_command:
            self.tell_listings()
        mine = [note for note in notes if not isinstance(note, Broke) and note.order.scope.book in self.stocks]
        if mine or changed:
            for book, change in self.shown.settle(mine, [stock.book for stock in changed]):
                self.tell(self.stocks[book], change)
        self.look_at_shorts(looked_at)
        self.look_at_crosses(looked_at, now)
        self.writer.settle()

    def is_waiting(self, now: int) -> bool:
        """Whether a coming cross is to be told of that was told of too lately."""
        return bool(self._waiting) and now >= self._due

    # Stocks.

    def list_new(self) -> None:
        """Tell of the stocks that were not there, by name."""
        new = []
        for symbol, book in sorted(self.market.books.items()):
            if book not in self.stocks and book.security.listed:
                stock = self.stocks[book] = Stock(book, len(self.stocks) + 1)
                new.append(stock)
                self.shown.lines(book)
                assert symbol == book.symbol
        put, time = self.writer.put, self.writer.time
        for stock in new:
            put(stock.directory(time, self.engine))
        for stock in new:
            put(stock.action(time))
        for stock in new:
            put(stock.restriction(time))
        self.tell_stops(new)

    def tell_listings(self) -> None:
        """Tell of stocks that are listed no more, or again, and whether the market takes orders at all."""
        for book, stock in self.stocks.items():
            if state_of(book)[0] != stock.state:
                stock.state, stock.reason = state_of(book)
                self.writer.put(stock.action(self.writer.time))
        if self.engine.storage_low is not self.is_stopped:
            self.is_stopped = self.engine.storage_low
            self.tell_stops(self.stocks.values())

    def tell_stops(self, stocks: Iterable[Stock]) -> None:
        """Tell of which stocks the market has stopped, for want of room to write orders down, or goes on."""
        for stock in stocks:
            if stock.stopped is not self.is_stopped:
                stock.stopped = self.is_stopped
                self.writer.put(stock.operational_halt(self.writer.time, MARKET_CODES[self.market.key]))

    def tell_hours(self) -> None:
        """Tell that market hours have begun, or are over."""
        phases = {book.phase for book in self.stocks if book.security.listed}
        if not self.is_open and Phase.CONTINUOUS in phases:
            self.is_open = True
            self.event(MARKET_HOURS)
        elif self.is_open and phases & OVER and not phases & AHEAD:
            self.is_open = False
            self.event(MARKET_CLOSE)

    def end_cross(self, stock: Stock) -> None:
        """Tell of a cross that a change of phase has brought, and of what may be done now."""
        book, writer = stock.book, self.writer
        before, stock.phase = stock.phase, book.phase
        over = ended(book, before)
        if over is not None and stock not in self._summed and book.phase is not before:
            self._summed[stock] = (0, 0, LETTERS[over])
        self.print_cross(stock)
        state, reason = state_of(book)
        if is_paused(book) and stock.reason != reason:
            stock.state, stock.reason = PAUSED, VOLATILITY
            writer.put(stock.action(writer.time))
            writer.put(stock.collar(writer.time))
        if (state, reason) != (stock.state, stock.reason):
            stock.state, stock.reason = state, reason
            writer.put(stock.action(writer.time))

    def print_cross(self, stock: Stock) -> None:
        """Tell what a cross traded, as one."""
        summed = self._summed.pop(stock, None)
        if summed is not None:
            quantity, price, kind = summed
            self.writer.cross(stock.locate, stock.label, quantity, price, self.own_number(), kind)

    # Trades and orders.

    def trades(self, notes: list[Note]) -> None:
        """Tell what traded and was broken, in order."""
        broken = 0
        for i, note in enumerate(notes):
            if isinstance(note, Touched):
                continue
            if isinstance(note, Broke):
                if note.market == self.market.key and note.match != broken:
                    broken = note.match
                    self.broken(note)
                continue
            stock = self.stocks.get(note.order.scope.book)
            if stock is None:
                continue
            self.writer.at(note.time)
            is_last = not (i + 1 < len(notes) and is_same_trade(note, notes[i + 1]))
            if note.liquidity in IN_CALLS:
                self.crossed(stock, note, counts=is_last)
            elif is_last:
                if stock in self._summed:
                    self.end_cross(stock)
                self.traded(stock, note)

    def crossed(self, stock: Stock, note: Filled, *, counts: bool) -> None:
        """Tell of one side of a cross's trade, and let it count once."""
        change = self.shown.filled(note, printed=False)
        if change is not None:
            self.execute(stock, change)
        if counts:
            quantity, price, kind = self._summed.get(stock, (0, note.price, b""))
            kind = kind or LETTERS[IMBALANCES.get(note.liquidity, note.liquidity)]
            self._summed[stock] = (quantity + note.quantity, price, kind)

    def traded(self, stock: Stock, note: Filled) -> None:
        """Tell of a trade, by the order that was there."""
        if note.liquidity is Liquidity.ROUTED:
            return
        change = self.shown.filled(note, printed=True)
        rest = note.quantity
        if change is not None:
            rest -= change.quantity
            self.execute(stock, change)
        if rest:
            self.writer.trade(stock.locate, stock.label, rest, note.price, note.match)

    def execute(self, stock: Stock, change: Executed) -> None:
        """Tell that a displayed order traded."""
        number, quantity, price, match, printed, displayed = change
        if printed and price == displayed:
            self.writer.executed(stock.locate, number, quantity, match)
        else:
            self.writer.executed_at(stock.locate, number, quantity, match, price, printed=printed)

    def broken(self, note: Broke) -> None:
        """Tell that a trade does not stand, if it was told of."""
        trade = self.market.trades.find(note.match)
        stock = None if trade is None else self.stocks.get(self.market.books[trade.symbol])
        if trade is not None and stock is not None and trade.resting.port != AWAY_PORT:
            self.writer.broken(stock.locate, note.match)

    def tell(self, stock: Stock, change: Change) -> None:
        """Tell what became of a displayed order."""
        writer, locate = self.writer, stock.locate
        match change:
            case Added(number, side, price, quantity, mpid):
                writer.added(locate, stock.label, number, side.encode(), quantity, price, mpid)
            case Reduced(number, quantity):
                writer.reduced(locate, number, quantity)
            case Deleted(number):
                writer.deleted(locate, number)
            case Executed():
                self.execute(stock, change)
            case _:
                writer.replaced(locate, change.number, change.new, change.quantity, change.price)

    # What changes now and then.

    def look_at_shorts(self, stocks: dict[Book, Stock]) -> None:
        """Tell of restrictions of short sales that are new or over."""
        for book, stock in stocks.items():
            reg_sho = reg_sho_of(book)
            if reg_sho != stock.reg_sho:
                stock.reg_sho = reg_sho
                self.writer.put(stock.restriction(self.writer.time))

    def look_at_crosses(self, stocks: dict[Book, Stock], now: int) -> None:
        """Tell what coming crosses would do: of each stock that something happened to, not too often."""
        for book, stock in stocks.items():
            if stock.imbalance is not None or book.gathers or book.phase in AHEAD:
                self._waiting[stock] = None
                self._due = min(self._due, stock.due)
        if not self._waiting or now < self._due:
            return
        for stock in [stock for stock in self._waiting if now >= stock.due]:
            del self._waiting[stock]
            before, stock.imbalance = stock.imbalance, imbalance_of(stock.book)
            if stock.imbalance is not None:
                stock.due = now + stock.pause()
                if stock.imbalance != before:
                    self.writer.put(stock.net_order_imbalance(self.writer.time))
        self._due = min((stock.due for stock in self._waiting), default=0)

    # A snapshot.

    def snapshot(self, *, names_last: bool = False) -> Iterator[bytes]:
        """Give the present state as GLIMPSE tells it: what the messages up to the last one come to.

        It names the next one to come, or where it `names_last` that last one.
        """
        time, stocks = self.writer.time, list(self.stocks.values())
        at, event = self.last_event
        yield codec.pack_system_event(NO_STOCK, TRACKING, at, event)
        for stock in stocks:
            yield stock.directory(time, self.engine)
        for stock in stocks:
            yield stock.action(time)
        for stock in stocks:
            yield stock.restriction(time)
        for stock in stocks:
            if stock.stopped:
                yield stock.operational_halt(time, MARKET_CODES[self.market.key])
        for stock in stocks:
            for number, side, price, quantity, mpid in self.shown.orders(stock.book):
                yield added(stock.locate, stock.label, time, number, side.encode(), quantity, price, mpid)
        yield codec.pack_end_of_snapshot(b"%20d" % (self.writer.next - names_last))
