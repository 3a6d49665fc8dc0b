"""What a FIX Drop port keeps beside its session, as plain data.

This module stays apart from `fix.drop` because mypyc drops the keywords of a class statement, and a Struct's meaning is
in them.
"""

from __future__ import annotations

import msgspec


class DropState(msgspec.Struct, array_like=True, frozen=True):
    """Whether somebody watches, the version, the events so far; what is echoed of orders that have traded, and those.

    Each of these has the index of its port, its key, and its figures.
    """

    is_watched: bool = False
    begin_string: bytes = b""
    events: int = 0
    echoes: list[bytes] = []
    traded: list[tuple[int, int, bytes]] = []
