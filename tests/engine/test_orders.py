"""A port's live orders: a mapping in pages, held against a plain dict."""

from hypothesis import given
from hypothesis import strategies as st

from engine.api import PLAIN, Cross, Display, Order, OrderTerms, Port, PortEntry, Scope, Side, TimeInForce
from engine.book import Book
from engine.market import Market, Security
from engine.orders import PAGE_BITS, LiveOrders
from engine.risk.limits import Limits
from engine.trades import MemoryStore

PAGE = 1 << PAGE_BITS
KEYS = st.builds(lambda page, place: page * PAGE + place, st.sampled_from([0, 1, 2, 1 << 20]), st.integers(0, 3))
TERMS = OrderTerms(Side.BUY, TimeInForce.DAY, Display.VISIBLE, Cross.CONTINUOUS, False, ())


def order(key):
    """Give an order of that key, in a market of its own."""
    port = Port(PortEntry("IN19T6", "TEST", "nasdaq", "ouch-5.0-us"), 0)
    book = Book(Market("nasdaq", MemoryStore), Security("AAPL", ((0, 1),)))
    return Order(port, Scope(port, book, Limits()), TERMS, PLAIN, 100, 1_000, b"", key)


@given(st.lists(st.tuples(st.booleans(), KEYS), max_size=60), KEYS)
def test_pages_are_as_good_as_one_dict(steps, start):
    orders, plain = LiveOrders(), {}
    for enters, key in steps:
        if enters and key not in plain:
            plain[key] = order(key)
            orders.add(plain[key])
        elif key in plain:
            orders.remove(key)
            del plain[key]
    assert {key: orders[key] for key in orders} == plain
    assert set(orders.values()) == set(plain.values())
    assert [key in orders for _, key in steps] == [key in plain for _, key in steps]
    assert len(orders) == len(plain)
    assert [orders.find(key) for _, key in steps] == [plain.get(key) for _, key in steps]
    assert [order.key for order in orders.after(start)] == sorted(key for key in plain if key > start)
    assert all(orders.pages.values()), "an empty page is kept"


def test_orders_of_one_channel_come_oldest_first():
    orders = LiveOrders()
    keys = range(PAGE - 5, 3 * PAGE, 1_000)
    for key in keys:
        orders.add(order(key))
    assert list(orders) == list(keys)
