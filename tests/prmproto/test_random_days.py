"""Random days of orders, requests and operations: what is refused changes nothing, who is locked enters nothing.

The machine is held against a copy that starts from its snapshot half-way, and against a replay of all its records.
"""

from collections import Counter
from random import Random

import msgspec
import pytest
from desk import ADMIN, MILLISECOND, OTHER, SECOND, VIEWER, Desk

from engine import state
from engine.api import (
    BlockAccount,
    LockCurrency,
    Phase,
    ReleaseAccount,
    ReleasePort,
    SetAccount,
    SetFileList,
    SetPhase,
    SetPort,
    SetPrices,
)
from engine.risk.prm import is_reduction
from ouch import nordic_codec as ouch
from prmproto import extension as ask
from venue.machine import Machine
from venue.record import Kind, Record

ACCOUNTS = "GP29PR", "GP29P1", "GP29Q1", "GP31P8"
PORTS = "GP29O1", "GP29O2", "GP30O1", "GP30O1", "GP31O1"
USERS = {"GP29": 5, "GP30": 3, "GP31": 9}
PRICES = 970_000, 990_000, 1_000_000, 1_000_000, 1_010_000, 1_030_000, 0x7FFF_FFFF, 1
PARTIES = 71, 72, 73, 0b111101, b"1", b"H"
KEEP = "?" * 4
STEPS = 300


class Day:
    """A desk and all that happens around it, by a seed. `other` follows, once there is one."""

    def __init__(self, directory, seed):
        self.rng = Random(seed)
        self.desk = Desk(directory)
        self.engine = self.desk.machine.engine
        self.other = None
        self.numbers = Counter()
        self.traded = Counter()
        work, trade = self.engine.work, self.engine._trade

        def watched_work(order, original, now):
            self.see_that_it_may(order, original)
            work(order, original, now)

        def watched_trade(order, resting, quantity, price, *rest):
            for one in (order, resting):
                account = one.scope.protection.account
                if account is not None:
                    self.traded[account.name, one.scope.book.security.entry.currency] += quantity * price
            trade(order, resting, quantity, price, *rest)

        self.engine.work, self.engine._trade = watched_work, watched_trade
        for name in (ADMIN, VIEWER, OTHER):
            self.desk.hello(name)
            self.desk.send(ask.SubscribeEvents(1, "", 511), name)
            self.desk.send(ask.CounterList(1, "", "", "U", 0), name)

    @staticmethod
    def see_that_it_may(order, original):
        account, entry, port = order.scope.protection.account, order.scope.book.security.entry, order.port
        stops = [port.rate_limited, port.cancel_only]
        if account is not None:
            stops += [account.blocked, account.rate_locked, account.is_restricted(entry.order_book)]
            stops += [account.money(entry.currency).locked, entry.segment in account.settings.restricted_segments]
        assert not any(stops) or (original is not None and is_reduction(original, order))

    def apply(self, kind, port, payload):
        """Apply a record; one that is refused has changed nothing but the time."""
        desk = self.desk
        self.follow(Record(Kind.TIMER, 0, desk.now, desk.now, b""))
        before, heard = state.dump(self.engine), desk.machine.streams[port].count
        refused = self.follow(Record(kind, port, desk.now, desk.now, payload))
        stream = desk.machine.streams[port]
        answer = stream.packet(heard + 1)[3:4] if stream.count > heard else b""
        if refused is not None or (desk.machine.ports[port].port.name in (ADMIN, VIEWER, OTHER) and answer in b"jJ"):
            after = state.dump(self.engine)
            assert [after.accounts, after.ports] == [before.accounts, before.ports]
        while self.engine.mass_cancels:
            self.follow(Record(Kind.SLICE, 0, desk.now, desk.now, b""))

    def follow(self, record):
        self.desk.records.append(record)
        refused = self.desk.machine.apply(record)
        if self.other is not None:
            assert (self.other.apply(record) is None) is (refused is None)
        return refused

    def order(self):
        pick, by = self.rng.choice, self.rng.choice(PORTS)
        user = f"{by[:4]}U{self.rng.randint(1, USERS[by[:4]])}".encode()
        live, self.numbers[by] = list(self.engine.ports[by].orders.values()), self.numbers[by] + 1
        number, quantity = self.numbers[by], pick((1, 10, 100, 100, 5_000, 2**32 - 1))
        kind = pick(("enter", "enter", "enter", "replace", "cancel")) if live else "enter"
        if kind == "enter":
            side, book = pick((b"B", b"S", b"S", b"?")), pick((101, 101, 101, 102, 9))
            what = number, side, quantity, book, pick(PRICES), user, *PARTIES, pick((b"", b"", b"\2\x193"))
            message = ouch.pack_enter_order(*what)
        elif kind == "replace":
            old = pick(live)
            size = pick((old.size, max(old.size - 1, 1), quantity))
            message = ouch.pack_replace_order(old.key, number, size, pick((old.limit, *PRICES)), user, b"")
        else:
            message = ouch.pack_cancel_order(pick(live).key, pick((0, 0, 5)), user)
        self.apply(Kind.MESSAGE, self.desk.index(by), message)

    def request(self):
        pick, desk = self.rng.choice, self.desk
        by = pick((ADMIN, ADMIN, ADMIN, VIEWER, OTHER))
        account, number = pick(ACCOUNTS), desk.machine.ports[desk.index(by)].next_number + pick((0, 0, 0, 0, -1, 3))
        numbered = {"by": by, "number": max(number, 0)}
        desk.apply = self.apply
        pick(
            (
                lambda: desk.settings(
                    account,
                    repeated=pick((-1, 0, 2, -5)),
                    switches=pick((KEEP, "YYYY", "NNNN")),
                    block=pick("?UUUBCx"),
                    **numbered,
                ),
                lambda: desk.book(pick("AIII?"), pick((101, 102, 9)), account, **numbered),
                lambda: desk.segment(pick("AIII?"), pick((100, 9)), account, **numbered),
                lambda: desk.limits(
                    account,
                    pick(("SEK", "SEK", "USD")),
                    total_open=pick((-1, 0, 100_000_000_000, -3)),
                    traded_buy=pick((0, 10**9)),
                    **numbered,
                ),
                lambda: desk.currency(account, "SEK", lock=pick("?NNNNY"), blow_through=pick("?YN"), **numbered),
                lambda: desk.cancel(account, pick("AO"), pick((101, 9)), **numbered),
                lambda: desk.send(ask.AuditList(1, "", 0), by),
                lambda: desk.send_bytes(bytes([pick(b"aklvoxsdhCL")]) + self.rng.randbytes(pick((0, 10, 19))), by),
            )
        )()

    def operation(self):
        pick = self.rng.choice
        account, book = pick(ACCOUNTS), pick(("101", "102"))
        rate = {"symbol_rate": pick((None, 5, 50)), "repeated_order_limit": pick((None, 0, 2))}
        phase = pick([Phase.CONTINUOUS] * 4 + [Phase.CLOSING_CALL, Phase.VOLATILITY_CALL])
        command = pick(
            (
                SetPhase("nordic", book, phase),
                SetPrices(book, {"last": pick((None, 1_000_000))}),
                SetAccount(account, today=pick((True, False)), restrict_on_repeated_order=True, **rate),
                SetAccount(account, {pick(("SEK", "ZZZ")): {"total_risk": pick((0, 10**11))}}),
                SetPort(pick(PORTS), maximum_orders=pick((0, 0, 5)), cancel_on_breach=pick((True, False))),
                SetFileList(account, pick((None, (), ("102",), ("9",)))),
                BlockAccount(account, pick((True, False, False, False)), pick((True, False))),
                LockCurrency(account, "SEK", False),
                ReleaseAccount(account),
                ReleasePort(pick(PORTS)),
            )
        )
        self.apply(Kind.COMMAND, 0, msgspec.msgpack.encode(command))

    def look(self):
        """Hold what is open and traded against the orders and the trades."""
        expected = Counter()
        for port in self.engine.ports.values():
            for order in port.orders.values():
                if order.scope.protection is not None and order.scope.protection.account is not None:
                    place = order.scope.protection.account.name, order.scope.book.security.entry.currency
                    expected[place] += order.open * order.counted_at
        for name, account in self.engine.prm.accounts.items():
            for currency, money in account.currencies.items():
                found = money.total_open, money.total_traded
                assert found == (expected[name, currency], self.traded[name, currency])

    def run(self):
        for step in range(STEPS):
            self.desk.now += self.rng.choice((0, MILLISECOND, MILLISECOND, SECOND))
            self.rng.choice([self.order] * 6 + [self.request] * 3 + [self.operation] * 2)()
            self.look()
            if step == STEPS // 2:
                self.other = Machine(self.desk.directory)
                self.other.restore(self.desk.machine.snapshot())


@pytest.mark.section("PRM protocol", "3.10 Clean-up rules")
@pytest.mark.parametrize("seed", range(4))
def test_a_random_day_is_the_same_after_a_start_and_in_a_replay(tmp_path, seed):
    day = Day(tmp_path, seed)
    day.run()
    again = Machine(tmp_path)
    for record in day.desk.records:
        again.apply(record)
    assert day.other.hash() == again.hash() == day.desk.machine.hash()
