"""What tests of Drop ports share: Nordic orders as bytes, and what a Drop port's messages say."""

from ouch import nordic_codec as codec
from ouch.nordic_codes import AlgoIndicator, Capacity

BOOK = 101


def order(number, side=b"B", quantity=100, price=1_000_000, user="GP29U1", book=BOOK):
    """Bytes of a Nordic Enter Order: 100 ERIC B to buy at 100.00, unless said otherwise."""
    parties = 1, 2, 3, 0, Capacity.OWN_ACCOUNT.wire, AlgoIndicator.NO.wire
    return codec.pack_enter_order(number, side, quantity, book, price, user.encode().ljust(6), *parties, b"")


def replacement(original, number, quantity=100, price=1_000_000, user="GP29U1"):
    return codec.pack_replace_order(original, number, quantity, price, user.encode().ljust(6), b"")


def cancel(number, size=0, user="GP29U1"):
    return codec.pack_cancel_order(number, size, user.encode().ljust(6))


def told_by(name, messages):
    """The messages of one port among those that a Drop port told."""
    return [message[6:] for message in messages if message[:6] == name.encode().ljust(6)]
