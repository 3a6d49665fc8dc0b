"""`Run sample flow`: a real OUCH client that takes a counter of an account through 80 % of its threshold to a breach.

It logs on to two ports of its own (`[sample_flow]`), which nobody else needs, and trades with itself: one side is the
account's, the other the counterparty's. Then the account is locked, the next orders are rejected, and what it has open
is canceled; the lock stays, for somebody to lift. One runs at a time. Nothing here knows more than any client does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import structlog

from ouch.nordic_codes import AlgoIndicator, Capacity, Side
from ouch.nordic_messages import OUT, AccountQuery, CancelOrder, EnterOrder, Rejected, decode, encode
from venue.problem import Problem
from wire.soup_client import CLIENT_SETTINGS, SoupClient
from wire.soup_terms import LoginAccepted, LoginRejected

if TYPE_CHECKING:
    from engine.risk.accounts import Account
    from venue.sample_settings import SampleFlowSettings
    from venue.sidecar.context import Sidecar

PACE_SECONDS = 0.2
"""Seconds between two orders: slow enough to watch, fast enough not to wait."""
STEPS = 36
"""Orders that take the counter to its threshold, about."""
ORDERS_MAX = 200
TRADED_QUANTITY = 20
TRADE_EVERY = 3
AFTERWARDS = 4
"""Orders that are sent once the account is locked."""
PATIENCE_SECONDS = 5.0
ANY_FIRM = (71, 72, 73, 0b111101)
"""Who decided and executed, by short codes that mean nobody;"""
FOR_ITSELF = (Capacity.OWN_ACCOUNT, AlgoIndicator.NO)
"""the member trades for itself, by hand."""

log = structlog.get_logger()


@dataclass
class Progress:
    """How far a run is: what it does in words, and its orders' round trips in microseconds."""

    state: str = "idle"
    says: str = ""
    orders: int = 0
    rejected: int = 0
    round_trips: list[int] = field(default_factory=list)

    def percentile(self, percent: int) -> int | None:
        """Give a percentile of the round trips, in microseconds."""
        times = sorted(self.round_trips)
        return times[min(len(times) * percent // 100, len(times) - 1)] if times else None


class Client:
    """A SoupBinTCP client that speaks Nordic OUCH: sends, and waits for the answer to what it sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.machine = SoupClient(CLIENT_SETTINGS, time.monotonic_ns())
        self.numbers = count(1)

    async def read(self) -> list[object]:
        """Give what comes next."""
        data = await self.reader.read(65_536)
        if not data:
            raise ConnectionError("the venue closed the connection")
        return list(self.machine.receive(data, time.monotonic_ns()))

    async def log_in(self, name: str, password: str) -> None:
        """Log in behind all that was said today, and learn which number is free."""
        self.machine.login(name, password, time.monotonic_ns(), sequence=0)
        self.write()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for event in await self.read():
                    if isinstance(event, LoginRejected):
                        raise Problem(409, f"port {name} does not let the sample flow in: somebody may be on it")
                    if isinstance(event, LoginAccepted):
                        await self.exchange(encode(AccountQuery()), "Q")  # or the day's last message was such an answer
                        answer = await self.exchange(encode(AccountQuery()), "Q")
                        self.numbers = count(answer.next_user_ref_num)
                        return

    def write(self) -> None:
        """Write what is to be sent."""
        self.writer.write(self.machine.bytes_to_send())

    async def exchange(self, message: bytes, *letters: str) -> Any:
        """Send a message, and give the answer that has one of these letters."""
        self.machine.tick(time.monotonic_ns())
        self.machine.send(message, time.monotonic_ns())
        self.write()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for event in await self.read():
                    if isinstance(event, bytes) and chr(event[0]) in letters:
                        return decode(OUT, event)

    async def order(self, side: Side, quantity: int, book: int, price: int, user: str) -> tuple[int, bool, int]:
        """Enter an order; gives its number, whether it was accepted, and its round trip in microseconds."""
        number, began = next(self.numbers), time.perf_counter_ns()
        message = encode(EnterOrder(number, side, quantity, book, price, user, *ANY_FIRM, *FOR_ITSELF, {}))
        answer = await self.exchange(message, "A", "J")
        return number, not isinstance(answer, Rejected), (time.perf_counter_ns() - began) // 1_000


class SampleFlow:
    """The sample flow of a venue that has one configured."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.sidecar = sidecar
        self.settings: SampleFlowSettings | None = sidecar.config.sample_flow
        self.progress = Progress()
        self._work: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._work is not None and not self._work.done()

    def account(self) -> Account | None:
        """Give the account whose counter it moves, None where there is none."""
        accounts = self.sidecar.replica.machine.engine.prm.accounts
        return None if self.settings is None else accounts.get(self.settings.account)

    def start(self) -> None:
        """Begin; raises `Problem` where it cannot."""
        account = self.account()
        if self.settings is None or account is None:
            raise Problem(409, "this venue has no sample flow configured")
        if self.is_running:
            raise Problem(409, "the sample flow runs already")
        book = self.sidecar.replica.machine.engine.securities[self.settings.book]
        assert book.entry is not None
        currency = book.entry.currency
        limits, money = account.settings.limits.get(currency), account.currencies.get(currency)
        if account.blocked or account.rate_locked or (money is not None and money.locked):
            raise Problem(409, f"{account.name} is blocked or locked: unlock it first, on the PRM page")
        if limits is None or not limits.total_open:
            raise Problem(409, f"{account.name} has no threshold for Total Open Orders Value in {currency}")
        if account.is_restricted(self.settings.book):
            raise Problem(409, f"{account.name} may not trade {book.entry.symbol}: it is restricted")
        last = book.last or book.previous_close
        if not last:
            raise Problem(409, f"{book.entry.symbol} has no price to begin with")
        price = book.tick_above(last)
        tick = book.tick_above(price) - price
        self.progress = Progress("running", f"Logging on to {self.settings.port} and {self.settings.counterparty}")
        work = self._run(self.settings, limits.total_open, price, tick)
        self._work = asyncio.get_running_loop().create_task(work)

    async def close(self) -> None:
        """Stop."""
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work

    async def _run(self, settings: SampleFlowSettings, threshold: int, price: int, tick: int) -> None:
        try:
            async with self._client(settings.port) as ours, self._client(settings.counterparty) as theirs:
                await self._trade(settings, ours, theirs, threshold, price, tick)
        except (OSError, Problem, TimeoutError) as error:
            self.progress.state, self.progress.says = "failed", f"The sample flow ended early: {error}"
            log.warning("the sample flow ended early", why=str(error))

    @asynccontextmanager
    async def _client(self, port: str) -> AsyncIterator[Client]:
        known = next(one for one in self.sidecar.config.port if one.name == port)
        host, number = self.sidecar.addresses[known.service]
        reader, writer = await asyncio.open_connection(host, number)
        client = Client(reader, writer)
        try:
            await client.log_in(port, known.password or "")
            yield client
            client.machine.logout(time.monotonic_ns())
            client.write()
        finally:
            writer.close()

    async def _trade(
        self, settings: SampleFlowSettings, ours: Client, theirs: Client, threshold: int, price: int, tick: int
    ) -> None:
        """Buy more and more below the price, trade a little at it, until orders are rejected; then cancel."""
        progress, book, mine, its = self.progress, int(settings.book), list[int](), list[int]()
        step = max(threshold // STEPS // price, 1)
        after = 0
        for turn in range(ORDERS_MAX):
            progress.says = f"{progress.orders} orders sent"
            await self._enter(ours, mine, Side.BUY, step + turn % 7, book, price - (1 + turn % 6) * tick, settings.user)
            if turn % TRADE_EVERY == 0 and not progress.rejected:
                sold, _, _ = await theirs.order(
                    Side.SELL, TRADED_QUANTITY + turn % 5, book, price, settings.counterparty_user
                )
                its.append(sold)
                await self._enter(ours, mine, Side.BUY, TRADED_QUANTITY + turn % 5, book, price, settings.user)
            if turn % 2 == 0:
                away = price + (1 + turn % 8) * tick
                quantity = step // 2 + turn % 9 + 1
                sold, _, _ = await theirs.order(Side.SELL, quantity, book, away, settings.counterparty_user)
                its.append(sold)
            after += progress.rejected > 0
            if after >= AFTERWARDS:
                break
            await asyncio.sleep(PACE_SECONDS)
        progress.says = "Canceling what is open"
        for client, numbers, user in ((ours, mine, settings.user), (theirs, its, settings.counterparty_user)):
            for number in numbers:
                await client.exchange(encode(CancelOrder(number, 0, user)), "C", "I")
        progress.state = "done"
        progress.says = (
            f"{settings.account} passed its threshold: {progress.rejected} orders were rejected. It stays locked until"
            " somebody unlocks it."
            if progress.rejected
            else f"{settings.account} was not locked after {progress.orders} orders."
        )

    async def _enter(
        self, client: Client, mine: list[int], side: Side, quantity: int, book: int, price: int, user: str
    ) -> None:
        number, is_accepted, microseconds = await client.order(side, quantity, book, price, user)
        self.progress.orders += 1
        self.progress.round_trips.append(microseconds)
        if is_accepted:
            mine.append(number)
        else:
            self.progress.rejected += 1
