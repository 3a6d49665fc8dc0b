"""A client of the PRM administration protocol, for a risk desk's own program: asyncio, and nothing of the server's.

    async with PrmClient("127.0.0.1", 7412, "GP29A1", "NTFTEST") as client:
        for account in await client.accounts():
            print(account.account, account.status)
        await client.block("GP29PR", cancel=True)
        await client.subscribe_events()
        async for message in client.messages():
            ...

Every request waits for its answer and gives it as a record of `prmproto.messages` or `prmproto.extension`, or raises
`Refused`. Requests go out one at a time; one that came above the port's rate is sent again a second later. All that
comes unasked waits to be read from `messages`.

After a lost connection make a new client with `session` and `sequence` of the lost one: what was missed comes again.
Values are integers of 1/10,000 (`to_units` and `to_text` convert), quantities shares.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final, Self

from prmproto import extension
from prmproto import messages as base
from prmproto.codes import CounterMode, ErrorCode, RejectReason
from prmproto.messages import LIMITS, OUT, decode, encode
from wire.record import Malformed
from wire.soup_client import CLIENT_SETTINGS, SoupClient
from wire.soup_terms import (
    EndOfSession,
    LoginAccepted,
    LoginRejected,
    LoginRejectReason,
    LoginTimedOut,
    PeerSilent,
    Violation,
)

HIGHEST_UNITS: Final = 2**63 - 1
SCALE: Final = 10_000
READ_SIZE: Final = 1 << 16
TICK_SECONDS: Final = 0.25
"""Between two looks at whether a heartbeat is due."""
RATE_SECONDS: Final = 1.0
"""How long to wait where the port's rate was exceeded."""
ANSWER_SECONDS: Final = 15.0
NUMBERS: Final = 2**32
UNASKED: Final = (
    base.AccumulatedValues,
    base.AccountRateBreach,
    extension.CounterEntry,
    extension.Event,
)
"""What comes without being asked for; entries of counters only with request 0."""
REFUSED_LOGINS: Final = {
    LoginRejectReason.NOT_AUTHORIZED: "not authorized",
    LoginRejectReason.SESSION_NOT_AVAILABLE: "the session is not available, as when somebody is logged in on the port",
}
ALL_EVENTS: Final = 0x1FF
FEATURES: Final = 31


class Refused(Exception):  # noqa: N818 -- it reads as what became of the request
    """The host refused a request: `code` is a `RejectReason` or an `ErrorCode`, or one that is not known here."""

    def __init__(self, code: RejectReason | ErrorCode | str | int) -> None:
        super().__init__(code.text if isinstance(code, RejectReason | ErrorCode) else f"code {code}")
        self.code = code


class Disconnected(ConnectionError):  # noqa: N818 -- it reads as what is so
    """The connection is gone, or was never made."""


class PrmClient:
    """One connection to a PRM port. `welcome` is what hello was answered, once it is open."""

    welcome: extension.HelloResponse

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        password: str,
        *,
        session: str = "",
        sequence: int = 0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._address = host, port
        self._login = username, password
        self._from = session, sequence
        self._context = context
        self._machine = SoupClient(CLIENT_SETTINGS, time.monotonic_ns())
        self._answers: asyncio.Queue[Any] = asyncio.Queue()
        self._unasked: asyncio.Queue[Any] = asyncio.Queue()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._request = secrets.randbelow(NUMBERS)
        self._number = 1
        self.why = ""

    # The connection.

    @property
    def session(self) -> str:
        """The day's session, for a client that goes on from here."""
        return self._machine.session

    @property
    def sequence(self) -> int:
        """The number of the next message to come, for the same."""
        return self._machine.next_sequence

    async def open(self) -> Self:
        """Connect, log in and say hello. Raises `Disconnected`."""
        try:
            reader, self._writer = await asyncio.open_connection(*self._address, ssl=self._context)
        except OSError as error:
            raise Disconnected(f"{self._address[0]}:{self._address[1]}: {error.strerror or error}") from error
        session, sequence = self._from
        self._machine.login(*self._login, time.monotonic_ns(), session=session, sequence=sequence)
        self._task = asyncio.get_running_loop().create_task(self._run(reader))
        accepted = await self._answer()
        if not isinstance(accepted, LoginAccepted):
            why = REFUSED_LOGINS[accepted.reason] if isinstance(accepted, LoginRejected) else accepted
            raise Disconnected(f"the login was refused: {why}")
        self.welcome = await self._ask(extension.Hello(self._next_request(), 1, 0, FEATURES))
        self._number = self.welcome.next_user_ref_num
        return self

    async def close(self) -> None:
        """Log out and close."""
        if self._writer is not None:
            with suppress(AssertionError, ConnectionError):
                self._machine.logout(time.monotonic_ns())
                self._flush()
            self._writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await self._writer.wait_closed()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def __aenter__(self) -> Self:
        try:
            return await self.open()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, reader: asyncio.StreamReader) -> None:
        """Read until the connection ends, with heartbeats in time."""
        reading = asyncio.ensure_future(reader.read(READ_SIZE))
        try:
            while True:
                self._flush()
                done, _ = await asyncio.wait({reading}, timeout=TICK_SECONDS)
                events = self._machine.tick(time.monotonic_ns())
                if done:
                    data = reading.result()
                    if not data:
                        self.why = self.why or "the server closed the connection"
                        break
                    reading = asyncio.ensure_future(reader.read(READ_SIZE))
                    events += self._machine.receive(data, time.monotonic_ns())
                for event in events:
                    self._take(event)
        except ConnectionError as error:
            self.why = str(error)
        finally:
            reading.cancel()
            self._answers.put_nowait(None)
            self._unasked.put_nowait(None)

    def _take(self, event: object) -> None:
        """Put what came where it is waited for."""
        match event:
            case bytes():
                self._hear(event)
            case LoginAccepted() | LoginRejected():
                self._answers.put_nowait(event)
            case EndOfSession() | PeerSilent() | LoginTimedOut() | Violation():
                self.why = str(event)
            case _:
                pass

    def _hear(self, message: bytes) -> None:
        try:
            record = decode(OUT, message)
        except Malformed as malformed:
            self.why = str(malformed)
            return
        is_unasked = isinstance(record, UNASKED)
        if is_unasked and not (isinstance(record, extension.CounterEntry) and record.request):
            self._unasked.put_nowait(record)
        else:
            self._answers.put_nowait(record)

    def _flush(self) -> None:
        data = self._machine.bytes_to_send()
        if data and self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)

    async def _answer(self) -> Any:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._answers.get()
        except TimeoutError:
            raise Disconnected(f"no answer within {ANSWER_SECONDS:.0f} seconds") from None
        if answer is None:
            self._answers.put_nowait(None)
            raise Disconnected(self.why)
        return answer

    async def messages(self) -> AsyncIterator[Any]:
        """Give what comes unasked, until the connection ends."""
        while (message := await self._unasked.get()) is not None:
            yield message
        self._unasked.put_nowait(None)

    # Asking.

    def _next_request(self) -> int:
        self._request = (self._request + 1) % NUMBERS
        return self._request

    async def _exchange(self, request: Any, is_last: Any) -> list[Any]:
        """Send a request and gather what answers it, up to the message that is the last.

        Raises `ValueError` where its message cannot say it.
        """
        try:
            message = encode(request)
        except OverflowError as error:
            raise ValueError("a number is more than the message can say") from error
        async with self._turn:
            while True:
                self._machine.send(message, time.monotonic_ns())
                self._flush()
                answers: list[Any] = []
                while True:
                    answer = await self._answer()
                    if isinstance(answer, base.PortRateBreach):
                        break
                    number = getattr(answer, "request", getattr(answer, "refused", None))
                    if isinstance(answer, extension.ExtensionReject) and answer.error == ErrorCode.RATE_EXCEEDED:
                        break
                    answers.append(answer)
                    if is_last(answer, number):
                        return answers
                await asyncio.sleep(RATE_SECONDS)
                self._forget_stale()

    def _forget_stale(self) -> None:
        """Let go of what answered nothing: rejects of requests that came too fast."""
        while not self._answers.empty():
            if self._answers.get_nowait() is None:
                self._answers.put_nowait(None)
                return

    async def _ask(self, request: Any) -> Any:
        """Send a request of the extension that has one answer."""

        def is_last(answer: Any, number: int | None) -> bool:
            return number == request.request and isinstance(
                answer, extension.HelloResponse | extension.EndOfReply | extension.ExtensionReject
            )

        answer = (await self._exchange(request, is_last))[-1]
        if isinstance(answer, extension.ExtensionReject):
            raise Refused(answer.error)
        return answer

    async def _list(self, kind: type[Any], *fields: Any) -> list[Any]:
        """Send a query, and give its entries."""
        request = kind(self._next_request(), *fields)

        def is_last(answer: Any, number: int | None) -> bool:
            return number == request.request and isinstance(answer, extension.EndOfReply | extension.ExtensionReject)

        *entries, end = await self._exchange(request, is_last)
        status = end.error if isinstance(end, extension.ExtensionReject) else end.status
        if status != ErrorCode.OK:
            raise Refused(status)
        return [entry for entry in entries if getattr(entry, "request", None) == request.request]

    async def _change(self, kind: type[Any], *fields: Any) -> Any:
        """Send a change, and give its answer."""
        number, self._number = self._number, self._number + 1

        def is_last(answer: Any, refused: int | None) -> bool:
            if isinstance(answer, extension.ExtensionReject):
                return answer.refused_kind == "M" and refused == number
            return getattr(answer, "user_ref_num", None) == number

        answer = (await self._exchange(kind(number, *fields), is_last))[-1]
        if isinstance(answer, base.Rejected):
            raise Refused(answer.reason)
        if isinstance(answer, extension.ExtensionReject):
            raise Refused(answer.error)
        return answer

    # Looking.

    async def accounts(self, account: str = "") -> list[extension.AccountEntry]:
        """List accounts, all of the login's where none is named."""
        return await self._list(extension.AccountList, account)

    async def users(self, account: str = "") -> list[extension.UserEntry]:
        """List the users of accounts."""
        return await self._list(extension.UserList, account)

    async def checks(self, account: str = "") -> list[extension.CheckEntry]:
        """List the checks of accounts."""
        return await self._list(extension.CheckList, account)

    async def limits(self, account: str = "", currency: str = "") -> list[extension.LimitEntry]:
        """List limits, of all currencies where none is named."""
        return await self._list(extension.LimitList, account, currency)

    async def counters(self, account: str = "", currency: str = "") -> list[extension.CounterEntry]:
        """List counters as they are now."""
        return await self._list(extension.CounterList, account, currency, CounterMode.SNAPSHOT, 0)

    async def watch_counters(
        self, account: str = "", currency: str = "", interval_ms: int = 0
    ) -> list[extension.CounterEntry]:
        """List counters, and be told of their changes in `messages`."""
        return await self._list(extension.CounterList, account, currency, CounterMode.SUBSCRIBE, interval_ms)

    async def restrictions(self, account: str = "", kind: str = "*") -> list[extension.RestrictionEntry]:
        """List what is restricted, an entry for each origin."""
        return await self._list(extension.RestrictionList, account, kind)

    async def audit(self, account: str = "", first: int = 1) -> list[extension.AuditEntry]:
        """List the day's audit from a number on: a page of it."""
        return await self._list(extension.AuditList, account, first)

    async def subscribe_events(self, account: str = "", mask: int = ALL_EVENTS) -> None:
        """Be told of events in `messages`."""
        await self._list(extension.SubscribeEvents, account, mask)

    # Changing. All of it ends with the day.

    async def settings(
        self,
        account: str,
        *,
        repeated_orders: int = -1,
        restrict_on_repeated: str = "?",
        market_order_prevention: str = "?",
        fat_finger_in_auctions: str = "?",
        market_order_protection: str = "?",
        block: str = "?",
    ) -> base.AccountSettingsResponse:
        """Change settings; what is not named is kept."""
        switches = restrict_on_repeated, market_order_prevention, fat_finger_in_auctions, market_order_protection
        answer: base.AccountSettingsResponse = await self._change(
            base.ModifyAccountSettings, account, repeated_orders, *switches, block
        )
        return answer

    async def block(self, account: str, *, cancel: bool = False) -> base.AccountSettingsResponse:
        """Block an account, with or without an end of its orders."""
        return await self.settings(account, block="C" if cancel else "B")

    async def unblock(self, account: str) -> base.AccountSettingsResponse:
        """Lift a block."""
        return await self.settings(account, block="U")

    async def set_limits(self, account: str, currency: str, **limits: int) -> base.LimitSettingsResponse:
        """Change limits by their names in `LimitId`, lower case; 0 is none, what is not named is kept."""
        values = dict.fromkeys(LIMITS, -1) | limits
        named = [values[name] for name in LIMITS]
        answer: base.LimitSettingsResponse = await self._change(
            base.ModifyLimitSettings, account, currency, *named[:2], 0, *named[2:]
        )
        return answer

    async def set_currency(
        self, account: str, currency: str, *, reject_all: str = "?", blow_through: str = "?"
    ) -> base.AccountCurrencyResponse:
        """Lock or unlock an account in a currency, switch blow-through protection."""
        answer: base.AccountCurrencyResponse = await self._change(
            base.ModifyAccountCurrency, account, currency, reject_all, blow_through
        )
        return answer

    async def restrict_book(
        self, account: str, order_book: int, *, restricted: bool = True
    ) -> base.OrderBookRestrictionResponse:
        """Restrict an order book, or lift what restricts it."""
        answer: base.OrderBookRestrictionResponse = await self._change(
            base.ModifyOrderBookRestriction, account, order_book, "A" if restricted else "I"
        )
        return answer

    async def restrict_segment(
        self, account: str, segment: int, *, restricted: bool = True
    ) -> base.SegmentRestrictionResponse:
        """Restrict a market segment, or lift what restricts it."""
        answer: base.SegmentRestrictionResponse = await self._change(
            base.ModifySegmentRestriction, account, segment, "A" if restricted else "I"
        )
        return answer

    async def cancel_orders(self, account: str, order_book: int | None = None) -> int:
        """Cancel open orders without a block; gives how many."""
        scope = ("A", 0) if order_book is None else ("O", order_book)
        answer = await self._change(extension.CancelOrders, account, *scope)
        count: int = answer.count
        return count


def to_units(text: str) -> int:
    """Give an amount as 1/10,000. Raises `ValueError` for what is none, or finer than that."""
    try:
        scaled = Decimal(text) * SCALE
    except ArithmeticError:
        raise ValueError(f"{text!r} is no amount") from None
    if scaled.is_finite() and abs(scaled) > HIGHEST_UNITS:
        raise ValueError(f"{text!r} is more than a message can say")
    if not scaled.is_finite() or scaled % 1:
        raise ValueError(f"{text!r} is no amount with up to four decimals")
    return int(scaled)


def to_text(value: int) -> str:
    """Give 1/10,000 as an amount, without decimals that say nothing."""
    text = f"{value // SCALE:,}" if value >= 0 else f"-{-value // SCALE:,}"
    rest = abs(value) % SCALE
    return f"{text}.{rest:04}".rstrip("0") if rest else text
