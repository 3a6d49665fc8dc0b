"""Clients that outlive their connections, for tests in which the venue ends while they trade.

A `Trader` remembers what it was told and what it therefore believes; when it comes back it holds every message it had
received against the replay, and counts what is lost or doubled.
"""

from collections import Counter

from ouch import codec
from wire.soup_terms import LoginAccepted

SYMBOLS = ("AAPL", "MSFT", "ZWZZT")
PRICES = {"AAPL": 2_000_000, "MSFT": 4_000_000, "ZWZZT": 100_000}
NAMES = ("IN19T6", "AK01T1")


class Trader:
    """A client that outlives its connections: what it was told, what it sent, what it therefore believes."""

    def __init__(self, name, rng):
        self.name = name
        self.rng = rng
        self.session = ""
        self.told = []
        self.sent = {}
        self.number = 0
        self.known = 0
        self.acknowledged = 0
        self.live = {}
        self.client = None

    def listen(self):
        """Take note of what the connection brought."""
        self.told += self.client.unread
        self.client.unread.clear()
        for message in self.told[self.known :]:
            self.note(message)
        self.known = len(self.told)

    def note(self, message):
        """Keep the list of live orders, by what the guide says each message means."""
        match message[:1]:
            case b"A":
                _, number, side, quantity, symbol, price, *_, state, _, _ = codec.unpack_order_accepted(message)
                self.acknowledge(number)
                if state == b"L":
                    self.live[number] = [side, symbol, quantity, price]
            case b"U":
                _, old, number, side, quantity, symbol, price, *_, state, _, _ = codec.unpack_order_replaced(message)
                self.acknowledge(number)
                del self.live[old]
                if state == b"L":
                    self.live[number] = [side, symbol, quantity, price]
            case b"C":
                _, number, quantity, _, _ = codec.unpack_order_canceled(message)
                self.reduce(number, quantity)
            case b"E":
                _, number, quantity, *_ = codec.unpack_order_executed(message)
                self.reduce(number, quantity)
            case b"S" | b"Q":
                pass
            case _:
                raise AssertionError(f"{self.name} was told {message!r}")

    def acknowledge(self, number):
        assert number > self.acknowledged, f"{self.name}: {number} was acknowledged twice or late"
        self.acknowledged = number

    def reduce(self, number, quantity):
        self.live[number][2] -= quantity
        assert self.live[number][2] >= 0
        if self.live[number][2] == 0:
            del self.live[number]

    def trade(self, count):
        """Send some orders, cancels and replacements, without waiting for any answer."""
        rng, client = self.rng, self.client
        messages = []
        for _ in range(count):
            dice = rng.random()
            if dice < 0.25 and self.live:
                messages.append(client.cancel(rng.choice(list(self.live)), rng.choice((0, 0, 50))))
                continue
            self.number += 1
            if dice < 0.4 and self.live:
                original = rng.choice(list(self.live))
                price = self.live[original][3] + rng.randrange(-3, 4) * 100
                message = client.replacement(original, self.number, rng.randrange(100, 400), price)
            else:
                symbol = rng.choice(SYMBOLS)
                price = PRICES[symbol] + rng.randrange(-10, 11) * 100
                tif = b"3" if dice > 0.9 else b"0"
                message = client.order(
                    self.number, rng.choice((b"B", b"S")), rng.randrange(1, 300), symbol, price, tif, f"{self.number}"
                )
            messages.append(message)
            self.sent[self.number] = message
        client.send(*messages)

    def come_back(self, connect, venue):
        """Log in where the connection broke, and from 1; gives how many acknowledged messages were lost, and doubled.

        Ends with a live connection.
        """
        client = self.client = connect(venue)
        expected = len(self.told) + 1
        answer = client.login(self.name, session=self.session, sequence=expected)
        assert answer == LoginAccepted(self.session or answer.session, expected)
        self.session = answer.session
        following, missed = client.settle()
        received = self.told + missed
        client.logout()
        self.told += [*missed, client.received[-1]]

        again = connect(venue)
        assert again.login(self.name, session=self.session) == LoginAccepted(self.session, 1)
        replay = again.take(len(self.told))
        lost = sum((Counter(self.told) - Counter(replay)).values())
        doubled = sum((Counter(replay) - Counter(self.told)).values())
        assert replay[: len(received)] == received, "the replay differs from what was received"
        assert replay == self.told
        assert again.sequence == len(self.told) + 1

        self.client = client = again
        client.unread.clear()
        for message in self.told[self.known :]:
            self.note(message)
        self.known = len(self.told)
        assert following == self.acknowledged + 1, "Account Query goes on above what was acknowledged"
        repeated = [message for number, message in self.sent.items() if number <= self.acknowledged]
        client.send(*repeated)
        assert client.settle() == (following, []), "what is sent again is ignored without a word"
        self.told.append(client.received[-1])
        self.known += 1
        self.sent.clear()
        self.number = self.acknowledged
        return lost, doubled

    def believes(self):
        return {
            (number, {b"B": "BUY", b"S": "SELL"}[side], symbol.decode().strip(), quantity, price)
            for number, (side, symbol, quantity, price) in self.live.items()
        }


def live_orders(venue, name):
    """What the venue says is live."""
    items = venue.ask(f"orders?port={name}").body["items"]
    assert {item["port"] for item in items} <= {name}
    return {
        (item["userRefNum"], item["side"], item["book"], item["quantity"], round(float(item["price"]) * 10_000))
        for item in items
    }


def check_trades(traders):
    """Every trade stands in the streams twice, with one quantity and one price: once for each side."""
    sides = {}
    for trader in traders:
        for message in trader.told:
            if message[:1] == b"E":
                _, _, quantity, price, _, match, _ = codec.unpack_order_executed(message)
                sides.setdefault(match, []).append((quantity, price))
    assert all(len(told) == 2 and told[0] == told[1] for told in sides.values())
    assert sorted(sides) == list(range(1, len(sides) + 1)), "match numbers have no gap"
    return len(sides)
