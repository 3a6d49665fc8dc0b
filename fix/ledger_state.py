"""What an order port keeps beside its session, as plain data: a part of a snapshot, and of the state hash.

This module stays apart from `fix.ledger` because mypyc drops the keywords of a class statement, and a Struct's meaning
is in them.
"""

from __future__ import annotations

import msgspec


class LedgerState(msgspec.Struct, array_like=True, frozen=True):
    """A ledger as plain data: kinds of orders by their values, ClOrdIDs oldest first, and those of live orders."""

    kinds: list[list[bytes | None]]
    orders: list[tuple[bytes, bytes]]
    live: list[int]


class OrderPortState(msgspec.Struct, array_like=True, frozen=True):
    """What an order port keeps beside its session: the version it speaks, its last key and event, and its ledger."""

    begin_string: bytes
    last_key: int
    events: int
    ledger: LedgerState
