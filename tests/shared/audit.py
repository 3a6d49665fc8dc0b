"""Every book held against itself, the ports, and the events alone."""

from engine.api import MAXIMUM_PRICE, Display, PriceType, Side
from engine.book import AT_CLOSE, AT_MARKET, PARKED, WAITING, Reserve
from engine.pegs import NO_PRICE, peg_price, read_quote
from engine.phases import TRADING


def audit(market):
    """Hold the books against themselves, the ports and the events."""
    resting = audit_books(market.engine)
    assert {name: order.open for name, order in resting.items()} == market.open, "shares are not conserved"


def audit_books(engine):
    """Hold the books against themselves and the ports; give what rests, by port and key."""
    resting = {}
    for exchange in engine.markets.values():
        for book in exchange.books.values():
            for side in (book.buys, book.sells):
                for ladder in (side.shown, side.hidden):
                    for order in audit_ladder(ladder):
                        assert (order.terms.side == Side.BUY) == (side is book.buys)
                        hidden = order.terms.display == Display.HIDDEN or isinstance(order, Reserve)
                        assert hidden == (ladder is side.hidden)
                        assert order.scope.book is book
                        assert order.price <= MAXIMUM_PRICE
                        if isinstance(order, Reserve):
                            assert order.displayed.reserve is order
                            assert resting[order.port.name, order.key] is order.displayed
                        else:
                            resting[order.port.name, order.key] = order
                for order in audit_aside(side, book):
                    resting[order.port.name, order.key] = order
                best = max((ladder.keys[-1] for ladder in (side.shown, side.hidden) if ladder.keys), default=None)
                if best is None:
                    assert side.best is None
                else:
                    assert side.best is (side.shown.levels.get(best) or side.hidden.levels[best])
                assert side.conditional == sum(order.attributes.conditional for order in side.orders())
            bids, offers = (
                [
                    order.price
                    for ladder in (side.shown, side.hidden)
                    for order in ladder.orders()
                    if not order.attributes.minimum_quantity
                ]
                for side in (book.buys, book.sells)
            )
            crossed = bids and offers and max(bids) >= min(offers)
            audit_pegs(book, [order for side in (book.buys, book.sells) for order in side.orders()])
            assert not crossed or book.phase not in TRADING, "crossed by orders that any other may trade with"
    for security in engine.securities.values():
        bids = [book.buys.shown.keys[-1] for book in security.books if book.buys.shown.keys]
        offers = [-book.sells.shown.keys[-1] for book in security.books if book.sells.shown.keys]
        assert security.bid == (security.outside_bid or max(bids, default=None))
        assert security.offer == (security.outside_offer or min(offers, default=None))
    assert resting == {(name, key): port.orders[key] for name, port in engine.ports.items() for key in port.orders}
    return resting


def audit_aside(side, book):
    """Orders that stand aside do so for their call, in a call for want of a price, or for the closing price."""
    if side.aside is None:
        return []
    orders = audit_ladder(side.aside, is_aside=True)
    for order in orders:
        assert order.reserve is None
        if order.level.key == PARKED:
            assert order in book.pegs.limits
            assert order.price == book.pegs.limits[order]
            continue
        wanted = WAITING if book.waits(order) else AT_CLOSE if book.is_at_close(order) else AT_MARKET
        assert order.level.key == wanted
        assert book.waits(order) or book.is_at_close(order) or order.price > MAXIMUM_PRICE
        assert book.waits(order) or book.phase not in TRADING, "an order without a price rests"
    return orders


def audit_pegs(book, orders):
    """Every peg stands where the quote puts it now, and nowhere while its book does not trade."""
    quote = read_quote(book)
    for order in orders:
        if not order.attributes.pegged or isinstance(order, Reserve) or book.security.tape is not None:
            continue
        limit = book.pegs.limits[order]
        fixed = order.attributes.price_type is PriceType.MIDPOINT
        price = limit if fixed else peg_price(order, limit, quote)
        if book.phase not in TRADING or book.waits(order):
            price = NO_PRICE
        assert (NO_PRICE if order.level.key == PARKED else order.price) == price
        assert order.reserve is None or order.reserve.price == price
    if book.pegs is not None:
        assert book.pegs.quote == (quote if book.phase in TRADING else None)
        numbers = [order.order_reference_number for order in book.pegs.live()]
        assert numbers == sorted(numbers)


def audit_ladder(ladder, *, is_aside=False):
    assert ladder.keys == sorted(ladder.levels)
    orders = []
    for key, level in ladder.levels.items():
        assert (level.key, level.ladder, level.price) == (key, ladder, key * ladder.sign)
        queue, order = [], level.head
        while order is not None:
            assert order.before is (queue[-1] if queue else None)
            assert order.level is level
            assert is_aside or order.price == level.price
            assert 0 < order.quantity <= order.size
            queue.append(order)
            order = order.after
        assert queue, "an empty level"
        assert level.tail is queue[-1]
        assert level.quantity == sum(order.quantity for order in queue)
        assert level.pegged == sum(order.quantity for order in queue if order.attributes.pegged)
        orders += queue
    return orders
