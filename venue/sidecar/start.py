"""What the second process is told when it is started: one frame on its stdin.

A frame is a four-byte big-endian length and that many bytes of msgpack. The engine process then keeps the pipe open and
says no more: its end is the end of the venue, however that came about.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from venue.config import Config

LENGTH_BYTES = 4
FOLDER = "sidecar"
"""Where in the data directory the second process keeps what it derives: a folder for each run."""


class Start(msgspec.Struct, frozen=True):
    """The venue's configuration as it runs, where its data and its ports are, and the sockets that are handed over.

    `data` is the directory's name as the system has it. `sockets` are descriptors of listening sockets by service.
    `run` names this run of the engine, so that nothing of an earlier one is taken for its own.
    """

    config: Config
    data: bytes
    addresses: dict[str, tuple[str, int]]
    sockets: dict[str, list[int]]
    run: str

    @property
    def folder(self) -> Path:
        """Where the second process keeps what it derives."""
        return self.directory / FOLDER / self.run

    @property
    def directory(self) -> Path:
        """The data directory."""
        return Path(os.fsdecode(self.data))


def frame(start: Start) -> bytes:
    """Give a start as it goes through the pipe."""
    data = msgspec.msgpack.encode(start)
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def read_start(stream: BinaryIO) -> Start:
    """Read a start from an unbuffered stream; raises `EOFError` where it is cut short."""
    length = int.from_bytes(_exactly(stream, LENGTH_BYTES), "big")
    return msgspec.msgpack.decode(_exactly(stream, length), type=Start)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = stream.read(length - len(data))
        if not piece:
            raise EOFError(f"{len(data)} of {length} bytes")
        data += piece
    return data
