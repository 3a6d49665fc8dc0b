"""What a machine's state is as plain data: what the state hash is taken over, and what a snapshot holds.

This module stays apart from `venue.machine` because mypyc, which compiles that one, drops the keywords of a class
statement, and a Struct's meaning is in them.
"""

from __future__ import annotations

import msgspec

from engine.state import EngineState
from venue.desk import DeskState
from venue.instructions import ClockMode
from venue.stream import StreamDump


class PortState(msgspec.Struct, array_like=True, frozen=True):
    """A port's last number in each channel, what identifies its stream of today, and what else its protocol keeps."""

    numbers: list[tuple[int, int]]
    session: str
    messages: int
    sha256: str
    detail: bytes = b""


class MachineState(msgspec.Struct, frozen=True):
    """What the state hash is taken over."""

    engine: EngineState | None
    ports: dict[str, PortState]
    desk: DeskState | msgspec.UnsetType = msgspec.UNSET
    clock: ClockMode = "real"


class Snapshot(msgspec.Struct, frozen=True):
    """A machine at one record: its state, the streams' bytes, and what the hash leaves out."""

    number: int
    venue_time: int
    wall_time: int
    state: bytes
    streams: dict[str, StreamDump]
    trades: dict[str, bytes]
    connected: list[int] = []  # ports that were logged on: the next start says that they are not any more
    desk_wall_times: list[list[int]] = []  # of operations, of those refused, of answers
    port_wall_times: dict[str, list[int]] = {}  # of those whose protocol keeps some
