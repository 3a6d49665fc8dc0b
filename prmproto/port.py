"""A PRM administration port: a member's risk desk asks, changes and is told.

    request ─▶ PrmPort.receive ─▶ a handler of `changes` or `queries` ─▶ engine.administration
                                        └─▶ answer ─▶ the port's stream ◀─ events, counters

A port is an `Endpoint` like one that enters orders: what it receives are records, what it says is a day's numbered
stream which waits for those records to be durable, and a replay says it again byte for byte.

The base protocol has no way to say that a message cannot be read, so before hello such a message ends the connection:
`fault` says why, and nothing more is heard until the next login. The extension has one, Extension Reject.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from engine.administration import Account, Administration
from engine.api import SECOND, Port, SystemEvent
from engine.endpoint import NumberedStream, Orderless, PacketStream
from prmproto import changes, codec, listing, queries
from prmproto.codes import ErrorCode
from prmproto.counters import Counters
from prmproto.events import Events
from prmproto.messages import IN, PRM
from prmproto.settings import read_settings
from prmproto.state import Listing, PrmState
from wire.record import Malformed
from wire.soup_terms import SEQUENCED_HEADERS

CHANNEL: Final = 0
"""This protocol has one sequence of numbers."""
HIGHEST_NUMBER: Final = 0xFFFF_FFFF
FIRST_LOWER_CASE: Final = ord("a")
MESSAGES_A_REQUEST: Final = 1_000
"""An answer counts towards the requests of its second once more for so many messages, or rows that were looked at for
it: it takes time that orders could have."""
Handler = Callable[["PrmPort", bytes, int], None]
HANDLERS: Final[dict[int, Handler]] = {**changes.HANDLERS, **queries.HANDLERS}
LENGTHS: Final = {ord(layout.letter): layout.fixed for layout in PRM.messages if layout.direction is IN}
NUMBERED: Final = frozenset(changes.HANDLERS)
"""The messages with a UserRefNum; the other ones that have a number have the client's own."""
PAST_TYPE, PAST_NUMBER = 1, 5
NOT_AUTHORIZED: Final = ErrorCode.NOT_AUTHORIZED


class PrmPort(Orderless):
    """One port; `administration` are the venue's accounts, of which it sees its member's."""

    def __init__(
        self,
        port: Port,
        administration: Administration,
        open_stream: Callable[[], PacketStream],
        ignored: Callable[[Port, str, bytes], None],
    ) -> None:
        super().__init__(port)
        self.administration = administration
        self.open_stream = open_stream
        self.ignored = ignored
        self.settings = read_settings(port.entry.settings)
        self.logged_in = False
        self.said_hello = False
        self.minor = 0
        self.features = 0
        self.fault = ""
        self.requests: deque[int] = deque()
        self.is_over_rate = False
        self.looked_at = 0
        self.listing: Listing | None = None
        self.events = Events(self)
        self.counters = Counters(self)
        administration.hear(self.events.take)

    # From the client.

    def receive(self, message: bytes, now: int) -> None:
        """Take one message from the client; whatever it holds, nothing is raised."""
        kind = message[0] if message else -1
        while self.listing is not None:
            self.go_on(now)
        if self.fault:
            self.ignored(self.port, "behind a message that could not be read", message)
            return
        handler = HANDLERS.get(kind)
        is_extension = kind >= FIRST_LOWER_CASE
        if handler is None or (is_extension and not self.said_hello and kind != codec.HELLO):
            self.misread(message, ErrorCode.UNKNOWN_MESSAGE, "no such message")
            return
        if self.minor:
            message = message[: LENGTHS[kind]]
        if len(message) != LENGTHS[kind]:
            self.misread(message, ErrorCode.MALFORMED, f"{len(message)} bytes, not {LENGTHS[kind]}")
            return
        if not self.is_in_time(now):
            if is_extension:
                self.extension_reject(message, ErrorCode.RATE_EXCEEDED)
            return
        if is_extension and not queries.is_granted(self, message):
            self.send(codec.pack_end_of_reply(int.from_bytes(message[PAST_TYPE:PAST_NUMBER], "big"), 0, NOT_AUTHORIZED))
            return
        self.events.hold()
        said, self.looked_at = len(self.stream.pending), 0
        try:
            handler(self, message, now)
        except Malformed as malformed:  # the length was right, so this is ours
            self.ignored(self.port, str(malformed), message)
        if kind not in queries.LISTS_OF:
            self.count_effort(len(self.stream.pending) - said + self.looked_at, now)
        self.events.release()

    def count_effort(self, effort: int, now: int) -> None:
        """Count a long answer as more than one request, once it is done."""
        self.requests.extend([now] * (effort // MESSAGES_A_REQUEST))

    def go_on(self, now: int) -> None:
        """Tell the next slice of the answer that is under way."""
        under_way = self.listing
        assert under_way is not None
        if listing.tell_slice(self, under_way, queries.LISTS_OF[under_way.message[0]], now):
            self.listing = None
            self.count_effort(under_way.effort, now)

    def misread(self, message: bytes, error: ErrorCode, why: str) -> None:
        """Answer a message that cannot be read, or before hello end the connection."""
        self.ignored(self.port, why, message)
        if self.said_hello:
            self.extension_reject(message, error)
        else:
            self.fault = why

    def extension_reject(self, message: bytes, error: ErrorCode, offset: int = 0) -> None:
        """Refuse a request by its number, as far as it has one."""
        number = int.from_bytes(message[PAST_TYPE:PAST_NUMBER], "big") if len(message) >= PAST_NUMBER else 0
        kind = b"M" if message[:1] and message[0] in NUMBERED else b"Q"
        self.send(codec.pack_extension_reject(kind, number, error, offset))

    def is_in_time(self, now: int) -> bool:
        """Count a request, and tell whether it may be processed; a breach of the rate is told once."""
        requests = self.requests
        while requests and requests[0] <= now - SECOND:
            requests.popleft()
        if len(requests) < self.settings.maximum_requests:
            requests.append(now)
            self.is_over_rate = False
            return True
        if not self.is_over_rate:
            self.is_over_rate = True
            self.send(codec.pack_port_rate_breach(self.since_midnight(now)))
        return False

    def take_number(self, number: int) -> bool:
        """Use up a number; one that was used already belongs to a request that was sent again, and is ignored."""
        if number < self.next_number:
            return False
        self.numbers[CHANNEL] = number
        return True

    @property
    def next_number(self) -> int:
        """The number expected next."""
        return self.numbers.get(CHANNEL, 0) + 1

    @property
    def next_number_told(self) -> int:
        """The same as a message can say it: behind the last number of all there is none."""
        return min(self.next_number, HIGHEST_NUMBER)

    # What handlers need.

    def account(self, name: bytes) -> Account | ErrorCode:
        """Give an account that the port administers, or why it has none of that name."""
        account = self.administration.account(name.rstrip(b" ").decode("latin-1"))
        if account is None:
            return ErrorCode.NO_SUCH_ACCOUNT
        return account if self.administers(account.entry.mpid, account.name) else ErrorCode.NOT_AUTHORIZED

    def administers(self, mpid: str, account: str) -> bool:
        """Whether the port administers an account."""
        return mpid == self.port.mpid and (not self.settings.accounts or account in self.settings.accounts)

    def accounts(self) -> list[Account]:
        """Give all accounts that the port administers."""
        accounts = self.administration.accounts(self.port.mpid)
        return [account for account in accounts if self.administers(account.entry.mpid, account.name)]

    def since_midnight(self, moment: int) -> int:
        """Give a time as messages have it; of one before today, and of none, 0."""
        return max(moment - self.port.midnight, 0)

    def send(self, message: bytes) -> None:
        """Put one message into the port's sequenced stream."""
        stream = self.stream
        stream.pending.append(SEQUENCED_HEADERS[len(message)] + message)
        if stream.untouched:
            stream.touch()

    # The session and the day.

    def logon(self, message: bytes, now: int) -> None:
        """Begin a client's session: it has to say hello and to subscribe anew, and is told all counters."""
        self.logged_in = True
        self.end_extension()
        self.counters.begin(now)

    def end_extension(self) -> None:
        """Forget what a client's session agreed on."""
        listing.cut_short(self)
        self.fault = ""
        self.said_hello, self.minor, self.features = False, 0, 0
        self.events.masks.clear()
        self.counters.subscriptions.clear()

    def disconnected(self, now: int) -> bool:
        """Note that nobody is there any more. Events go on, so that they can be asked for again."""
        self.logged_in = False
        listing.cut_short(self)
        return True

    def tick(self, now: int) -> None:
        """Tell the next slice of the answer that is under way; where there is none, of counters that have changed."""
        if self.listing is not None:
            self.go_on(now)
        elif self.logged_in:
            self.counters.tell(now)

    @property
    def is_under_way(self) -> bool:
        """Whether something is told in slices, of which the last one is still to come."""
        return self.listing is not None or self.counters.place > 0

    def configured(self) -> None:
        """Take over what a new configuration says of the port."""
        self.settings = read_settings(self.port.entry.settings)

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Begin a day with a stream, numbers and sessions of its own."""
        if event is not SystemEvent.START_OF_DAY:
            return
        self.stream = self.open_stream()
        self.listing = None
        self.numbers.clear()
        self.end_extension()
        self.logged_in = self.is_over_rate = False
        self.requests.clear()
        self.events.number = 0
        self.counters.forget()

    # Snapshots.

    def resume(self, stream: NumberedStream) -> None:
        """Go on with a stream that was restored."""
        self.stream = stream

    def dump(self) -> bytes:
        """See `Endpoint`."""
        state = PrmState(
            self.logged_in,
            self.said_hello,
            self.minor,
            self.features,
            self.fault,
            list(self.requests),
            self.is_over_rate,
            self.events.number,
            self.events.masks,
            list(self.counters.subscriptions.values()),
            list(self.counters.totals.values()),
            list(self.counters.entries.values()),
            self.listing,
            self.counters.place,
        )
        return msgspec.msgpack.encode(state, order="sorted")

    def load(self, state: bytes, wall_times: list[int]) -> None:
        """See `Endpoint`."""
        kept = msgspec.msgpack.decode(state, type=PrmState) if state else PrmState()
        self.logged_in, self.said_hello, self.minor = kept.logged_in, kept.said_hello, kept.minor
        self.features, self.fault, self.is_over_rate = kept.features, kept.fault, kept.is_over_rate
        self.requests = deque(kept.requests)
        self.events.number, self.events.masks = kept.events, kept.masks
        self.counters.load(kept.subscriptions, kept.totals, kept.counters)
        self.listing, self.counters.place = kept.listing, kept.place
