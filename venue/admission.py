"""Who may come in: how many connections, from which addresses, and whose password is right.

Two questions, two classes. `Crowd` counts connections, all and by source address, before any work is done for one.
`Door` answers logins. Its answers tell an outsider nothing: an unknown name, a wrong password and a wrong address get
the same Login Rejected, after the same work, a check of an argon2 hash in the thread (`venue.passwords`). Only the
log says which it was. The right password of a port that is known to this process is let in at once, without a thread.

Somebody who guesses is slowed down: after some failures the next login of the same user name from the same address
waits before it is looked at, twice as long after each further failure, up to a bound; logins of that pair are looked
at one after the other, so that many connections guess no faster than one. The right password still works, only later,
and starts afresh. Other names and other addresses notice nothing. Who waits, waits on a timer: the loop does not.

For editors: all of it belongs to the loop. What grows has a bound: attempts are at most one a connection (they go when
it goes), counts of failures at most `FAILURES_KEPT`.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network

import structlog

from venue.config import Config
from venue.passwords import Check, Remembered, Verifier
from venue.service_settings import LoginSettings, PortSettings

FAILURES_KEPT = 10_000
"""Pairs of address and user name whose failures are remembered; beyond it the one that failed longest ago is let go."""
LOGINS_A_TURN = 8
"""Logins that are looked at before the loop sees to everyone else: less than a millisecond."""
BURST_SECONDS = 1.0
"""How long what happens to many connections is counted before it is said, in one line."""

log = structlog.get_logger()

Pair = tuple[str, str]
"""A source address and a user name."""


class Burst:
    """Something that may happen to thousands at once, and gets one line of the log a second at most."""

    def __init__(self, loop: asyncio.AbstractEventLoop, event: str) -> None:
        self.total = 0
        self._loop = loop
        self._event = event
        self._counts: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, why: str) -> None:
        """Count one."""
        self.total += 1
        self._counts[why] += 1
        if self._timer is None:
            self._timer = self._loop.call_later(BURST_SECONDS, self.say)

    def say(self) -> None:
        """Say what was counted since the last line."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for why, count in self._counts.most_common():
            log.warning(self._event, count=count, why=why)
        self._counts.clear()


class Crowd:
    """How many connections there are, all and by source address, and the most there may be."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int, most_per_address: int) -> None:
        self.most = most
        self.most_per_address = most_per_address
        self.count = 0
        self.by_address: Counter[str] = Counter()
        self.refused = Burst(loop, "connections refused")

    def enter(self, address: str) -> bool:
        """Take a place, if there is one; `leave` gives it back."""
        if self.count >= self.most:
            self.refused.add(f"{self.most:,} are open: venue.max_connections")
            return False
        if self.by_address[address] >= self.most_per_address:
            self.refused.add(f"{self.most_per_address:,} are open from one address: venue.max_connections_per_address")
            return False
        self.count += 1
        self.by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Give a place back."""
        self.count -= 1
        self.by_address[address] -= 1
        if not self.by_address[address]:
            del self.by_address[address]


@dataclass(frozen=True)
class Admitted:
    """The port that may log in."""

    port: PortSettings


@dataclass(frozen=True)
class Refused:
    """Not authorized. Why is for our log alone."""

    why: str


Verdict = Admitted | Refused


class Attempt:
    """A login that is being looked at. Whoever asked may `drop` it: nobody waits for the answer any more."""

    __slots__ = ("_check", "answer", "dropped", "pair", "password", "service")

    def __init__(self, pair: Pair, service: str, password: str, answer: Callable[[Verdict], None]) -> None:
        self.pair = pair
        self.service = service
        self.password = password
        self.answer = answer
        self.dropped = False
        self._check: Check | None = None

    def drop(self) -> None:
        """Want no answer; what was not begun yet is not done."""
        self.dropped = True
        if self._check is not None:
            self._check.dropped = True
            self._check = None  # which knows us: nothing else would undo the cycle

    def check(self, check: Check) -> Check:
        """Note the check that this attempt waits for."""
        self._check = check
        return check


@dataclass
class Failures:
    """How often a pair has failed, and when it may next be looked at (the loop's time)."""

    count: int = 0
    until: float = 0.0


class Backoff:
    """The failures of the pairs that failed last, and how long each has to wait for them."""

    def __init__(self, settings: LoginSettings) -> None:
        self._settings = settings
        self._pairs: OrderedDict[Pair, Failures] = OrderedDict()

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def wait(self, pair: Pair, now: float) -> float:
        """Give the seconds that a pair has to wait, none or less where it has not."""
        failures = self._pairs.get(pair)
        return 0.0 if failures is None else failures.until - now

    def fail(self, pair: Pair, now: float) -> int:
        """Count a failure; gives how many there were."""
        failures = self._pairs.setdefault(pair, Failures())
        self._pairs.move_to_end(pair)
        if len(self._pairs) > FAILURES_KEPT:
            self._pairs.popitem(last=False)
        failures.count += 1
        over = failures.count - self._settings.failures_before_delay
        if over >= 0:
            delay_ms = min(self._settings.first_delay_ms << min(over, 27), self._settings.longest_delay_ms)
            failures.until = now + delay_ms / 1000
        return failures.count

    def forgive(self, pair: Pair) -> None:
        """Forget a pair's failures."""
        self._pairs.pop(pair, None)

    def count(self, pair: Pair) -> int:
        """Give how often a pair has failed."""
        return self._pairs[pair].count if pair in self._pairs else 0


class Door:
    """Answers logins by user name, password, service and source address: those of all ports, or of some."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, config: Config, ports: Sequence[PortSettings] | None = None
    ) -> None:
        ports = config.port if ports is None else ports
        self._loop = loop
        self._ports = {(port.service, port.name): port for port in ports}
        self._networks = {port.name: [ip_network(text) for text in port.addresses or ()] for port in ports}
        self._remembered = Remembered()
        for port in ports:
            if port.password is not None:
                self._remembered.remember(port.name, port.password)
        hashes = [port.password_hash for port in ports if port.password_hash is not None]
        self._verifier = Verifier(loop, hashes)
        self._failures = Backoff(config.login)
        self._arrived: deque[Attempt] = deque()
        self._lines: dict[Pair, dict[Attempt, None]] = {}
        """Who waits for what, in order; the first of a line is being looked at, or waits for its time."""
        self._timers: dict[Pair, asyncio.TimerHandle] = {}

    def port(self, service: str, name: str) -> PortSettings | None:
        """Give the port of a service that goes by a name."""
        return self._ports.get((service, name))

    def ask(self, service: str, name: str, password: str, address: str, answer: Callable[[Verdict], None]) -> Attempt:
        """Look at a login in its turn; `answer` is called with the verdict, not before the loop's next turn."""
        attempt = Attempt((address, name), service, password, answer)
        self._arrived.append(attempt)
        if len(self._arrived) == 1:
            self._loop.call_soon(self._take_turns)
        return attempt

    def _take_turns(self) -> None:
        """Look at some of the logins that arrived; everyone else's turn comes before the others."""
        for _ in range(min(LOGINS_A_TURN, len(self._arrived))):
            attempt = self._arrived.popleft()
            if attempt.dropped:
                continue
            line = self._lines.setdefault(attempt.pair, {})
            line[attempt] = None
            if len(line) == 1:
                self._look(attempt.pair)
        if self._arrived:
            self._loop.call_soon(self._take_turns)

    def forget(self, attempt: Attempt) -> None:
        """Drop an attempt whose connection is gone."""
        attempt.drop()
        line = self._lines.get(attempt.pair, {})
        if attempt in line and next(iter(line)) is not attempt:
            del line[attempt]

    def close(self) -> None:
        """Answer nobody any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._arrived.clear()
        self._lines.clear()
        self._verifier.close()

    def _look(self, pair: Pair) -> None:
        """Look at the first of a line, or come back when its time has come."""
        self._timers.pop(pair, None)
        line = self._lines.get(pair, {})
        while line:
            attempt = next(iter(line))
            if attempt.dropped:
                del line[attempt]
                continue
            wait = self._wait_of(attempt)
            if wait > 0:
                self._timers[pair] = self._loop.call_later(wait, self._look, pair)
                return
            address, name = pair
            port = self._ports.get((attempt.service, name))
            known = self._remembered.matches(name, attempt.password) or (port is not None and asks_none(port))
            if not (known and port is not None and self._may_come(port, address)):
                hash_ = None if port is None else port.password_hash
                check = Check(address, attempt.password, hash_, partial(self._checked, attempt, port))
                self._verifier.submit(attempt.check(check))
                return
            del line[attempt]
            self._admit(attempt, port)
        self._lines.pop(pair, None)

    def _wait_of(self, attempt: Attempt) -> float:
        """Give the seconds that an attempt has to wait for its pair's failures."""
        wait = self._failures.wait(attempt.pair, self._loop.time())
        if wait > 0:
            address, name = attempt.pair
            count = self._failures.count(attempt.pair)
            log.info("login waits", username=name, address=address, failures=count, seconds=round(wait, 1))
        return wait

    def _checked(self, attempt: Attempt, port: PortSettings | None, right: bool | None) -> None:
        """Take the thread's answer, and go on with the line."""
        line = self._lines.get(attempt.pair)
        if line is None:
            return
        line.pop(attempt, None)
        if right is None:
            pass
        elif port is None:
            self._refuse(attempt, "unknown user")
        elif not self._may_come(port, attempt.pair[0]):
            self._refuse(attempt, "the port's addresses do not name this one")
        elif not right:
            self._refuse(attempt, "wrong password")
        else:
            self._remembered.remember(port.name, attempt.password)
            self._admit(attempt, port)
        self._look(attempt.pair)

    def _admit(self, attempt: Attempt, port: PortSettings) -> None:
        self._failures.forgive(attempt.pair)
        if not attempt.dropped:
            attempt.answer(Admitted(port))

    def _refuse(self, attempt: Attempt, why: str) -> None:
        """Count a failure, and answer it."""
        self._failures.fail(attempt.pair, self._loop.time())
        if not attempt.dropped:
            attempt.answer(Refused(why))

    def _may_come(self, port: PortSettings, address: str) -> bool:
        """Whether the port's addresses, where it has some, name this one."""
        return port.addresses is None or any(ip_address(address) in network for network in self._networks[port.name])


def asks_none(port: PortSettings) -> bool:
    """Whether a port has no password: a FIX port, whose name and address must do."""
    return port.password is None and port.password_hash is None
