"""A reader of ITCH that shares nothing with the venue: another library's decoder, and a book built of what it gives.

It holds the feed to its rules too: stocks are told of first, numbers are used once, times never go back, a trade's
shares are there.
"""

from itch.parser import MessageParser

OPENINGS = {b"O", b"C", b"H"}


class Reader:
    """One session's messages, as far as they have come."""

    def __init__(self):
        self.parser = MessageParser()
        self.stocks = {}
        self.orders = {}
        self.used = set()
        self.matches = {}
        self.states = {}
        self.short = {}
        self.stopped = {}
        self.events = []
        self.letters = []
        self.messages = 0
        self.last = 0
        self.is_over = False

    def take(self, raw):
        """Take a message; it must come back from the library as it was."""
        message = self.parser.get_message_type(raw)
        assert message.to_bytes() == raw
        assert not self.is_over
        self.messages += 1
        assert self.messages > 1 or raw[:1] + raw[11:] == b"SO"
        assert message.timestamp >= self.last
        self.last = message.timestamp
        letter = raw[:1].decode()
        self.letters.append(letter)
        if letter not in "SVWR":
            stock = getattr(message, "stock", None)
            assert stock in (None, self.stocks[message.stock_locate])
        getattr(self, f"take_{'halt' if letter == 'h' else letter}")(message)
        return message

    def take_S(self, message):  # noqa: N802 - the letter is the name
        assert message.stock_locate == 0
        self.events.append(message.event_code.decode())
        self.is_over = message.event_code == b"C"

    def take_R(self, message):  # noqa: N802 - as above
        assert message.stock_locate == len(self.stocks) + 1
        self.stocks[message.stock_locate] = message.stock

    def take_H(self, message):  # noqa: N802 - as above
        self.states[message.stock] = (message.trading_state + message.reason).decode().strip()

    def take_Y(self, message):  # noqa: N802 - as above
        self.short[message.stock] = message.reg_sho_action.decode()

    def take_halt(self, message):
        self.stopped[message.stock] = message.operational_halt_action.decode()

    def take_J(self, message):  # noqa: N802 - as above
        assert message.lower_auction_collar_price <= message.auction_collar_reference_price
        assert message.upper_auction_collar_price >= message.auction_collar_reference_price

    def take_I(self, message):  # noqa: N802 - as above
        assert message.cross_type in OPENINGS

    def add(self, locate, number, order):
        assert number not in self.used
        assert order[2] > 0
        self.used.add(number)
        self.orders[number] = [locate, *order]

    def take_A(self, message):  # noqa: N802 - as above
        facts = message.buy_sell_indicator, message.price, message.shares, None
        self.add(message.stock_locate, message.order_reference_number, facts)

    def take_F(self, message):  # noqa: N802 - as above
        facts = message.buy_sell_indicator, message.price, message.shares, message.attribution
        self.add(message.stock_locate, message.order_reference_number, facts)

    def take_off(self, message, quantity, *, is_trade):
        order = self.orders[message.order_reference_number]
        assert order[0] == message.stock_locate
        order[3] -= quantity
        assert quantity > 0
        assert order[3] >= (0 if is_trade else 1)
        if not order[3]:
            del self.orders[message.order_reference_number]

    def take_E(self, message):  # noqa: N802 - as above
        self.take_off(message, message.executed_shares, is_trade=True)
        self.trade(message, message.executed_shares)

    def take_C(self, message):  # noqa: N802 - as above
        price = self.orders[message.order_reference_number][2]
        assert message.printable == b"N" or message.execution_price != price
        self.take_off(message, message.executed_shares, is_trade=True)
        self.trade(message, message.executed_shares if message.printable == b"Y" else 0)

    def take_X(self, message):  # noqa: N802 - as above
        self.take_off(message, message.cancelled_shares, is_trade=False)

    def take_D(self, message):  # noqa: N802 - as above
        assert self.orders.pop(message.order_reference_number)[0] == message.stock_locate

    def take_U(self, message):  # noqa: N802 - as above
        locate, side, _, _, firm = self.orders.pop(message.order_reference_number)
        assert locate == message.stock_locate
        facts = side, message.price, message.shares, firm
        self.add(locate, message.new_order_reference_number, facts)

    def take_P(self, message):  # noqa: N802 - as above
        assert (message.order_reference_number, message.buy_sell_indicator) == (0, b"B")
        assert message.shares > 0
        self.trade(message, message.shares)

    def take_Q(self, message):  # noqa: N802 - as above
        assert message.match_number not in self.matches
        assert bool(message.shares) is bool(message.cross_price)
        self.trade(message, message.shares)

    def trade(self, message, shares):
        self.matches[message.match_number] = self.matches.get(message.match_number, 0) + shares

    def take_B(self, message):  # noqa: N802 - as above
        self.matches[message.match_number] = 0

    @property
    def volume(self):
        """Shares that traded and were not broken."""
        return sum(self.matches.values())

    def queues(self):
        """Each price's queue: the orders' shares, and their firms where they are told."""
        found = {}
        for locate, side, price, quantity, firm in self.orders.values():
            symbol = self.stocks[locate].decode().strip()
            entry = quantity, None if firm is None else firm.decode().strip()
            found.setdefault((symbol, side.decode(), price), []).append(entry)
        return found
