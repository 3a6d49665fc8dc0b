"""How pegs move: into their book, after its quotes, aside when it stops trading and back.

It happens in the record that moved the quotes of a book, once what that asked for is done, peg by peg in the order in
which they came. First all whose price changes are parked, so that none of them trades at a price that is old. Then each
gets its new price in turn, trades with what it meets there as an order that enters would, and rests behind all others
at that price. No risk check is asked again.

Why it ends: no peg moves a quote but by trading, a trade takes shares off the book, and only after a trade is the quote
read anew and the rest priced by it.

For editors: an order that is parked, or on its way from one price to another, stays among those of its port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.book import PARKED, Aside, Book, unlink
from engine.guards import Guards
from engine.orders import Order, is_live
from engine.pegs import NO_PRICE, Pegs, Quote, peg_price, read_quote
from engine.phases import EXTENDED_HOURS, TRADING
from engine.terms import Phase, PriceType, TimeInForce

if TYPE_CHECKING:
    from engine.matching import Matching
    from engine.tape import Tape

CONTINUOUS: Final = Phase.CONTINUOUS
DAY: Final = TimeInForce.DAY
IMMEDIATE_OR_CANCEL: Final = TimeInForce.IMMEDIATE_OR_CANCEL
UNREAD: Final = Quote(NO_PRICE, NO_PRICE)
"""What no book quotes: pegs that were priced at it are priced anew."""


# Into the book.


def take_peg(matching: Matching, order: Order, original: Order | None, now: int) -> bool:
    """Give a peg that enters its price; one that has none is told to be in and parked, and the answer is False.

    Its own book may just have lost the order that it replaces, so there may be no price although there was one. The
    midpoint that is fixed on entry does not wait for one.
    """
    book = order.scope.book
    pegs = pegs_of(book)
    limit, is_fixed = order.price, order.attributes.price_type is PriceType.MIDPOINT
    if book.phase in EXTENDED_HOURS and order.terms.time_in_force is DAY and not book.held:
        return True  # too late for market hours, like any other order
    price = permitted(order, peg_price(order, limit, read_quote(book))) if has_prices(book, order) else NO_PRICE
    if price != NO_PRICE:
        order.price = price
        pegs.add(order, price if is_fixed else limit)
        return True
    rests = order.terms.time_in_force is not IMMEDIATE_OR_CANCEL and not is_fixed
    matching.tell_entry(order, original, not rests, now)
    if rests:
        pegs.add(order, limit)
        matching.enlist(order, now)
        set_parked(order)
    return False


def has_prices(book: Book, order: Order) -> bool:
    """Whether a peg has a price where there is a quote: in continuous trading, unless it waits for market hours."""
    return book.phase in TRADING and not book.waits(order)


def pegs_of(book: Book) -> Pegs:
    """Give the pegs of a book, which it keeps from the first one on."""
    pegs = book.pegs
    if pegs is None:
        pegs = book.pegs = Pegs()
        note_paid(book)
        if book.phase in TRADING:
            pegs.quote = read_quote(book)
    return pegs


# After its quotes.


def follow(matching: Matching, book: Book, now: int) -> None:
    """Bring the pegs of a book to the prices that its quote gives them now."""
    pegs = book.pegs
    while pegs is not None and pegs.quote is not None and pegs.quote != read_quote(book):
        pegs.purge()
        if not pegs.limits:
            book.pegs = None
            return
        _reprice(matching, book, pegs, now)
    note_paid(book)


def note_paid(book: Book) -> None:
    """Let volatility guards go by what is last paid now: what pegs trade in one record is held to what it was before.

    To be called when a record is done in a book with pegs, so that the next one finds them so.
    """
    guards = book.guards
    if isinstance(guards, Guards):
        guards.follow()


def _reprice(matching: Matching, book: Book, pegs: Pegs, now: int) -> None:
    """Bring the pegs of one book to the prices that its quote gives them; all is told when it is done."""
    moved = pegs.moved = {}
    settled = False
    while not settled:
        quote = pegs.quote = read_quote(book)
        ready: list[tuple[Order, int]] = []
        for order in pegs.live():
            price = _price_of(pegs, order, quote) if has_prices(book, order) else NO_PRICE
            present = NO_PRICE if is_parked(order) else order.price
            if price != present:
                moved.setdefault(order, present)
                if present != NO_PRICE:
                    park(order, pegs.limits[order])
                if price != NO_PRICE:
                    ready.append((order, price))
        settled = not any(_place(matching, order, price, now) for order, price in ready) or has_none(pegs)
    pegs.moved = None
    for order in pegs.live():
        if is_parked(order):
            if moved.get(order, NO_PRICE) != NO_PRICE:
                order.port.sink.repriced(order, 0, now)
        elif order in moved:
            if order.port.exposure is not None:
                order.port.exposure.booked(order, now)
            market = book.market
            market.order_reference_number = number = market.order_reference_number + 1
            order.port.sink.repriced(order, number, now)


def has_none(pegs: Pegs) -> bool:
    """Whether a book's pegs follow nothing any more; apart, because a compiler takes a quote just read for granted."""
    return pegs.quote is None


def _price_of(pegs: Pegs, order: Order, quote: Quote) -> int:
    """Give the price of a peg now; one that took the midpoint when it came has kept it."""
    limit = pegs.limits[order]
    return (
        limit if order.attributes.price_type is PriceType.MIDPOINT else permitted(order, peg_price(order, limit, quote))
    )


def permitted(order: Order, price: int) -> int:
    """Give the price at which price bands and the short sale price test let a peg be."""
    book = order.scope.book
    tape: Tape | None = book.security.tape
    if price == NO_PRICE or tape is None or book.phase is not CONTINUOUS:
        return price
    return tape.permitted_price(order, price)


def _place(matching: Matching, order: Order, price: int, now: int) -> bool:
    """Let a parked peg enter its book at a price; gives whether it traded, so that quotes may have moved."""
    unlink(order)
    order.price = price
    before = order.quantity
    matching.meet(order, now)
    traded = order.quantity != before
    if order.quantity:
        matching.stand(order)
    elif is_live(order):
        matching.leave(order)
    return traded or order.scope.book.phase not in TRADING


# Aside and back.


def suspend(book: Book, now: int, *, told: bool = True) -> None:
    """Park all pegs of a book that stops trading; one that is on its way is parked by whoever moves it.

    Where that is because pegs move, they tell of it when they are done.
    """
    pegs = book.pegs
    if pegs is None:
        return
    pegs.quote = None
    for order in pegs.live():
        if order.level is not None and not is_parked(order):
            if pegs.moved is not None:
                pegs.moved.setdefault(order, order.price)
            park(order, pegs.limits[order])
            if told and pegs.moved is None:
                order.port.sink.repriced(order, 0, now)


def resume(matching: Matching, book: Book, now: int) -> None:
    """Price the pegs of a book that trades again."""
    if book.pegs is not None and book.pegs.quote is None:
        book.pegs.quote = UNREAD
        note_paid(book)
        follow(matching, book, now)


def park(order: Order, limit: int) -> None:
    """Take a resting peg off its book, whole and at its limit, and let it stand aside."""
    unlink(order)
    reserve = order.reserve
    if reserve is not None:
        unlink(reserve)
        order.quantity += reserve.quantity
        order.reserve = None
    order.price = limit
    set_parked(order)


def park_again(order: Order) -> bool:
    """Park a peg that is in no queue, if its book does not trade any more."""
    book = order.scope.book
    if book.phase in TRADING or book.pegs is None:
        return False
    order.price = book.pegs.limits[order]
    set_parked(order)
    return True


def set_parked(order: Order) -> None:
    """Let an order stand aside, without a price."""
    book = order.scope.book
    (book.buys if order.terms.is_buy else book.sells).set_aside(order, PARKED)


def is_parked(order: Order) -> bool:
    """Whether an order stands aside for want of a price to follow."""
    level = order.level
    return level is not None and level.key == PARKED and isinstance(level.ladder, Aside)
