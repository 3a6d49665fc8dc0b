"""The trades of a market's day: kept so that each can be broken, as packed bytes of one length.

Match numbers have no gaps, so the n-th trade is the n-th piece. An object a trade would take 550 bytes for the rest of
the day; here it is 92 bytes, and whoever runs the engine may hand it a `Store` that keeps most of them elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from struct import Struct
from typing import Final, NamedTuple, Protocol

PENDING_MAX: Final = 64
"""Trades that may wait to be put into the store."""
TRADES_A_LOOK: Final = 4_096
"""Trades taken from a store at a time."""
LABEL_MAX: Final = 20
"""Bytes of the longest client label that a trade keeps."""
_TRADE: Final = Struct(f"<HQ{LABEL_MAX + 1}pHQ{LABEL_MAX + 1}p10pIqq")


class Party(NamedTuple):
    """One side of a trade: the index of its port, and the key and label of its order."""

    port: int
    key: int
    cl_ord_id: bytes


class Trade(NamedTuple):
    """One execution: prices in ticks, quantity in shares, venue time in nanoseconds."""

    incoming: Party
    resting: Party
    symbol: str
    quantity: int
    price: int
    time: int


class Store(Protocol):
    """Where packed trades go: bytes that only ever grow. `length` is how many there are."""

    length: int

    def append(self, data: bytes) -> None:
        """Add bytes."""

    def slice(self, start: int, end: int) -> bytes:
        """Give some of them."""

    def digest(self) -> bytes:
        """Give the SHA-256 of all."""

    def close(self) -> None:
        """Let go of them."""


class MemoryStore(Store):
    """A store that keeps everything in memory."""

    def __init__(self) -> None:
        self.length = 0
        self.content = bytearray()

    def append(self, data: bytes) -> None:
        """See `Store`."""
        self.content += data
        self.length += len(data)

    def slice(self, start: int, end: int) -> bytes:
        """See `Store`."""
        return bytes(self.content[start:end])

    def digest(self) -> bytes:
        """See `Store`."""
        return sha256(self.content).digest()

    def close(self) -> None:
        """See `Store`."""


OpenStore = Callable[[], Store]
"""Opens a new, empty store."""


class Trades:
    """A market's trades of one day, by match number from 1; `broken` are those that do not stand any more.

    The order path appends packed trades to `pending`, and calls `settle` when there are `PENDING_MAX` of them.
    """

    __slots__ = ("_store", "broken", "pending")

    def __init__(self, store: Store) -> None:
        self._store = store
        self.pending: list[bytes] = []
        self.broken: dict[int, None] = {}

    def settle(self) -> None:
        """Put the pending trades into the store."""
        self._store.append(b"".join(self.pending))
        self.pending.clear()

    @property
    def store(self) -> Store:
        """The store, with all trades in it."""
        self.settle()
        return self._store

    def find(self, match_number: int) -> Trade | None:
        """Give a trade, None where there is none of that number."""
        size = _TRADE.size
        if not 1 <= match_number <= self.store.length // size:
            return None
        data = self.store.slice((match_number - 1) * size, match_number * size)
        port, key, label, other, other_key, other_label, symbol, quantity, price, time = _TRADE.unpack(data)
        resting = Party(other, other_key, other_label)
        return Trade(Party(port, key, label), resting, symbol.decode("ascii"), quantity, price, time)

    def parties(self) -> Iterator[tuple[int, int, int, int]]:
        """Go through all trades, broken ones too: both ports' indexes, what it came to in ticks x shares, the time."""
        size = _TRADE.size
        for start in range(0, self.store.length, TRADES_A_LOOK * size):
            data = self.store.slice(start, min(start + TRADES_A_LOOK * size, self.store.length))
            for port, _, _, other, _, _, _, quantity, price, time in _TRADE.iter_unpack(data):
                yield port, other, quantity * price, time

    def quantities(self, away: int) -> Iterator[tuple[str, int]]:
        """Go through the shares of all trades that stand, by symbol, but for those with the party `away`."""
        size, count = _TRADE.size, self.store.length // _TRADE.size
        for first in range(0, count, TRADES_A_LOOK):
            data = self._store.slice(first * size, min(first + TRADES_A_LOOK, count) * size)
            for place, trade in enumerate(_TRADE.iter_unpack(data), first + 1):
                if trade[3] != away and place not in self.broken:
                    yield trade[6].decode("ascii"), trade[7]


pack_trade: Final = _TRADE.pack
"""Packs the incoming order's port index, key and label, the resting order's, symbol, quantity, price and time."""
