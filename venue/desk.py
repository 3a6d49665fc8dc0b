"""Who asked what: the last operations, the answers that idempotency keys give again; clients, and alerts by mail.

A `Desk` is part of the replayable venue. Each change that somebody asks for over engine.sock ends with a record of kind
OPERATION, in one commit with the records that carried it out: so after a crash either both are there or neither, and
whoever asks again under the same key gets the recorded answer instead of a second change.

What is kept is bounded by count, and keys by age. Ages are of the wall clock's time of each record: a caller that tries
again lives by that one, while a manual clock may let a day pass in a second.

For editors: records outlive versions, so fields are only ever appended, with defaults. No clock, no randomness here.
Nothing here ever holds a secret.
"""

from __future__ import annotations

import hmac
from collections import Counter, deque
from hashlib import sha256

import msgspec
from msgspec.structs import replace

ENTRIES_KEPT = 1_000
"""Operations of which the desk still knows, done and refused counted apart; older ones stand in the log."""
ANSWERS_KEPT = 1_000
"""Idempotency keys whose answers are kept; beyond it the oldest of whoever has the most goes, and no other's."""
ANSWER_AGE_NS = 24 * 3_600 * 1_000_000_000
"""Nanoseconds of wall time after which a key may be used anew."""


class Client(msgspec.Struct, array_like=True, frozen=True, tag="client"):
    """A client of the HTTP service that was made at run time; `mpids` and `ports` None stand for every one.

    Beside its secret the `former` one is good until the next renewal, or until somebody ends it.

    Roles in `mpids_by_role` have MPIDs of their own; `networks` are from where it may ask for Post-Trade Risk.

    Its secret is 192 random bits, so a plain SHA-256 of it tells nobody anything, and is checked in a microsecond.
    A slow hash, as for passwords, would only slow us down: it is for what can be guessed.
    """

    client_id: str
    roles: tuple[str, ...]
    mpids: tuple[str, ...] | None
    secret_sha256: bytes
    former_sha256: bytes = b""
    ports: tuple[str, ...] | None = None
    mpids_by_role: dict[str, tuple[str, ...]] = {}
    networks: tuple[str, ...] = ()


class Alert(msgspec.Struct, array_like=True, frozen=True, tag="alert"):
    """Who is told by mail of breaches: of the rules of a type that an MPID has, or its port or group, on an exchange.

    `user` is who asked for it last.
    """

    alert_id: str
    rule_type: str
    exchange: str
    mpid: str
    port: str | None
    group_id: int | None
    emails: tuple[str, ...]
    enabled: bool
    user: str = ""


class AlertGone(msgspec.Struct, array_like=True, frozen=True, tag="alert-gone"):
    """Nobody is told of it any more."""

    alert_id: str


class ClientGone(msgspec.Struct, array_like=True, frozen=True, tag="client-gone"):
    """A client that is no more."""

    client_id: str


class Operation(msgspec.Struct, array_like=True, frozen=True):
    """One request and its answer, as a record keeps them: bodies are JSON, `b""` where there is none.

    `key` is the idempotency key, "" without one; `digest` tells its request from others. `change` is what it does to
    the desk itself.
    """

    actor: str
    verb: str
    target: str
    body: bytes
    status: int
    answer: bytes
    key: str = ""
    digest: bytes = b""
    change: Client | ClientGone | Alert | AlertGone | None = None


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """An operation as the audit shows it; times are nanoseconds since the Unix epoch."""

    record: int
    venue_time: int
    wall_time: int
    actor: str
    verb: str
    target: str
    body: bytes
    status: int


class Kept(msgspec.Struct, array_like=True, frozen=True):
    """The answer that a key gives again."""

    actor: str
    key: str
    digest: bytes
    status: int
    answer: bytes
    record: int
    wall_time: int


class DeskState(msgspec.Struct, array_like=True, frozen=True):
    """All that a desk holds, oldest first."""

    done: list[Entry]
    refused: list[Entry]
    answers: list[Kept]
    clients: list[Client]
    alerts: list[Alert] = []


class Desk:
    """What is known of the operations so far."""

    def __init__(self) -> None:
        self.done: deque[Entry] = deque(maxlen=ENTRIES_KEPT)
        self.refused: deque[Entry] = deque(maxlen=ENTRIES_KEPT)
        self.answers: dict[tuple[str, str], Kept] = {}
        self.clients: dict[str, Client] = {}
        self.alerts: dict[str, Alert] = {}
        self._decode = msgspec.msgpack.Decoder(Operation).decode

    def apply(self, payload: bytes, number: int, venue_time: int, wall_time: int) -> None:
        """Take record `number`, an operation."""
        operation = self._decode(payload)
        is_done = operation.status < 400
        asked = operation.actor, operation.verb, operation.target, operation.body, operation.status
        (self.done if is_done else self.refused).append(Entry(number, venue_time, wall_time, *asked))
        if operation.key and is_done:
            self._keep(operation, number, wall_time)
        match operation.change:
            case Client() as client:
                self.clients[client.client_id] = client
            case ClientGone(client_id):
                self.clients.pop(client_id, None)
            case Alert() as alert:
                self.alerts[alert.alert_id] = alert
            case AlertGone(alert_id):
                self.alerts.pop(alert_id, None)

    def _keep(self, operation: Operation, number: int, wall_time: int) -> None:
        name = operation.actor, operation.key
        self.answers.pop(name, None)  # one that was too old to count: the new one goes to the end
        self.answers[name] = Kept(*name, operation.digest, operation.status, operation.answer, number, wall_time)
        while wall_time - self.answers[oldest := next(iter(self.answers))].wall_time > ANSWER_AGE_NS:
            del self.answers[oldest]
        if len(self.answers) > ANSWERS_KEPT:
            counts = Counter(actor for actor, _ in self.answers)
            busiest = max(counts, key=counts.__getitem__)
            del self.answers[next(name for name in self.answers if name[0] == busiest)]

    def kept(self, actor: str, key: str, wall_time: int) -> Kept | None:
        """Give the answer that an actor's key gives again, None for a key that is new, or old enough to be."""
        kept = self.answers.get((actor, key))
        return None if kept is None or wall_time - kept.wall_time > ANSWER_AGE_NS else kept

    def verify(self, client_id: str, secret: str) -> Client | None:
        """Give the client whose secret this is, or was before the last renewal."""
        client = self.clients.get(client_id)
        expected = (b"", b"") if client is None else (client.secret_sha256, client.former_sha256)
        matching = [hmac.compare_digest(digest, hash_secret(secret)) for digest in expected]
        return client if any(matching) else None

    def dump(self) -> DeskState | msgspec.UnsetType:
        """Give what the desk holds as plain data, but for wall times; nothing of one that was never asked.

        Two venues that were told the same at the same venue time are to have the same state hash, whenever that was.
        """
        state = DeskState(
            [replace(entry, wall_time=0) for entry in self.done],
            [replace(entry, wall_time=0) for entry in self.refused],
            [replace(kept, wall_time=0) for kept in self.answers.values()],
            sorted_clients(self.clients),
            list(self.alerts.values()),
        )
        return state if state.done or state.refused else msgspec.UNSET

    def wall_times(self) -> list[list[int]]:
        """Give the wall times that `dump` leaves out: of what was done, of what was refused, of the answers."""
        held = (self.done, self.refused, self.answers.values())
        return [[one.wall_time for one in some] for some in held]

    def load(self, state: DeskState, wall_times: list[list[int]]) -> None:
        """Bring a new desk to `state`."""
        done, refused, answered = map(iter, wall_times)
        self.done.extend(replace(entry, wall_time=next(done)) for entry in state.done)
        self.refused.extend(replace(entry, wall_time=next(refused)) for entry in state.refused)
        for kept in state.answers:
            self.answers[kept.actor, kept.key] = replace(kept, wall_time=next(answered))
        self.clients.update({client.client_id: client for client in state.clients})
        self.alerts.update({alert.alert_id: alert for alert in state.alerts})


def sorted_clients(clients: dict[str, Client]) -> list[Client]:
    """Give clients by id."""
    return [clients[name] for name in sorted(clients)]


def hash_secret(secret: str) -> bytes:
    """Give what is kept of a client's secret."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
