"""Kill -9 in the middle of trading: what was acknowledged is there afterwards, once, in its place, and nothing else is.

Real processes, real sockets, real SIGKILL. Two clients trade with each other as fast as they can; the venue dies at a
random moment, is started again on the same data, and each client holds what it had received against the replay.
"""

import random
import shutil
import signal
import time
from collections import Counter

import pytest

from ouch import codec
from venue.log import read_log
from venue.machine import Machine
from venue.recovery import recover
from wire.soup_terms import LoginAccepted

pytestmark = pytest.mark.slow

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


def trade_until_killed(venue, traders, rng):
    """Trade for a random while, then kill; the clients read what is still on its way to them."""
    end = time.monotonic() + rng.uniform(0.005, 0.12)
    while time.monotonic() < end:
        for trader in traders:
            trader.trade(rng.randrange(1, 30))
            trader.client.read(0 if rng.random() < 0.7 else 0.001)
            trader.listen()
    for trader in traders:
        trader.trade(rng.randrange(0, 60))
    venue.kill()
    for trader in traders:
        trader.client.read_to_end()
        trader.listen()
        trader.client.close()


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


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("durability", "rounds"), [("process", 26), ("process", 24), ("disk", 8)])
def test_nothing_acknowledged_is_lost_or_doubled_by_a_kill(launch, connect, seed, durability, rounds):
    rng = random.Random(seed)
    traders = [Trader(name, rng) for name in NAMES]
    lost = doubled = 0
    for _ in range(rounds):
        venue = launch("--durability", durability)
        for trader in traders:
            one, two = trader.come_back(connect, venue)
            lost, doubled = lost + one, doubled + two
        for trader in traders:
            assert live_orders(venue, trader.name) == trader.believes()
        trade_until_killed(venue, traders, rng)
    venue = launch("--durability", durability)
    for trader in traders:
        one, two = trader.come_back(connect, venue)
        lost, doubled = lost + one, doubled + two
    trades = check_trades(traders)
    told = sum(len(trader.told) for trader in traders)
    print(f"{rounds} kills, {durability}: {told} messages, {trades} trades, {lost} lost, {doubled} doubled")
    assert (lost, doubled) == (0, 0)
    assert trades > rounds
    assert venue.stop() == 0


def test_a_venue_killed_while_it_starts_starts_the_next_time(launch, connect, seed):
    rng = random.Random(seed)
    for _ in range(10):
        venue = launch("--durability", "process", wait=False)
        time.sleep(rng.uniform(0.15, 0.4))
        venue.kill()
    venue = launch("--durability", "process")
    client = connect(venue, name="IN19T6")
    assert client.expect("S")[1] == b"S"
    client.enter(1)
    client.expect("A")


def two_lines(result):
    """The record number and the hash that `portcullis replay` printed."""
    assert result.returncode == 0, result.stderr
    first, second = result.stdout.splitlines()
    assert first.startswith("records ")
    assert second.startswith("state ")
    return int(first.removeprefix("records ")), second.removeprefix("state ")


def test_replay_after_a_kill_and_after_a_clean_stop_gives_equal_state(launch, connect, portcullis, tmp_path, seed):
    rng = random.Random(seed)
    traders = [Trader(name, rng) for name in NAMES]
    venue = launch("--durability", "process")
    for trader in traders:
        trader.come_back(connect, venue)
    trade_until_killed(venue, traders, rng)
    killed = two_lines(portcullis("replay", venue.data))
    assert two_lines(portcullis("replay", venue.data)) == killed, "a replay changes nothing"
    aside = shutil.copytree(venue.data, tmp_path / "aside", ignore=shutil.ignore_patterns("*.sock"))
    assert two_lines(portcullis("replay", aside)) == killed

    venue = launch("--durability", "process", data=aside)
    assert venue.stop(signal.SIGINT) == 0
    stopped = two_lines(portcullis("replay", aside))
    assert stopped[0] > killed[0], "the lost connections are records"
    assert stopped[1] == killed[1], "and who is connected is not part of the state"

    machine = Machine(tmp_path)
    for number, record in read_log(aside):
        machine.apply(record)
        if number == killed[0]:
            assert machine.hash() == killed[1]
    assert (machine.number, machine.hash()) == stopped
    from_snapshot = Machine(tmp_path)
    recover(aside, from_snapshot)
    assert (from_snapshot.number, from_snapshot.hash()) == stopped

    venue = launch("--durability", "process", data=aside)  # starts from the snapshot, and adds to it
    for trader in traders:
        assert trader.come_back(connect, venue) == (0, 0)
        trader.trade(200)
        trader.client.settle()
    assert venue.stop() == 0
    from_snapshot = Machine(tmp_path)
    recover(aside, from_snapshot)
    assert two_lines(portcullis("replay", aside)) == (from_snapshot.number, from_snapshot.hash())
