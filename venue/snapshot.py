"""Snapshots: the venue's whole state as of one record, so that a start need not replay from the first.

A snapshot is an opaque blob to this module. Its file is complete or absent: it is written aside, flushed, renamed,
and the directory flushed. The newest two are kept, because the newest may be damaged and the log still reaches back
to the older one.

    magic 8 bytes | record number u64 little-endian | SHA-256 of number and blob | blob

The state's hash is the SHA-256 of its canonical encoding. Two processes that hold equal state must produce equal
bytes, so map keys and sets are sorted at every depth and nothing depends on insertion order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import Any, Final

import msgspec

_HEAD: Final = Struct("<8sQ32s")
_NUMBER: Final = Struct("<Q")
_MAGIC: Final = b"PORTSNP1"
_SUFFIX: Final = ".snapshot"
_KEPT: Final = 2

_SORTED: Final = msgspec.msgpack.Encoder(order="sorted")
_AS_GIVEN: Final = msgspec.msgpack.Encoder()


def write(directory: Path, number: int, blob: bytes) -> Path:
    """Write the snapshot of the state after record `number`, then drop all but the newest two; returns its path.

    Durable when it returns. Raises `OSError`; a snapshot that could not be written leaves the older ones alone.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{number:020d}{_SUFFIX}"
    aside = path.with_suffix(".unfinished")
    with aside.open("wb") as file:
        file.write(_HEAD.pack(_MAGIC, number, _digest(number, blob)))
        file.write(blob)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    flush_directory(directory)
    for old in _files(directory)[:-_KEPT]:
        old.unlink(missing_ok=True)
    return path


def newest_first(directory: Path) -> Iterator[tuple[int, bytes]]:
    """Yield record number and blob of each undamaged snapshot, newest first; each is read when it is asked for."""
    return _load(reversed(_files(directory)))


def load_all(directory: Path) -> Iterator[tuple[int, bytes]]:
    """Yield record number and blob of each undamaged snapshot, oldest first."""
    return _load(iter(_files(directory)))


def newest_number(directory: Path) -> int:
    """Return the record number that the newest snapshot's name claims, 0 when there is none; reads no contents."""
    return max((int(path.stem) for path in _files(directory)), default=0)


def flush_directory(directory: Path) -> None:
    """Make the names in a directory durable: without it a power cut can undo a rename. Raises `OSError`."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def canonical(state: Any) -> bytes:
    """Return the one msgpack encoding of a state: maps by sorted key and sets sorted, at every depth.

    Takes what msgpack takes, and maps with integer or tuple keys inside plain containers. Raises `TypeError` for
    such a map inside a Struct: give it as a sorted list of pairs.
    """
    try:
        return _SORTED.encode(state)
    except TypeError:
        # msgspec sorts text keys only. Sort this level here and hand each part back to it.
        return _AS_GIVEN.encode(_one_level_sorted(state))


def state_hash(encoded: bytes) -> str:
    """Return the SHA-256 of a canonically encoded state, in hex."""
    return sha256(encoded).hexdigest()


def _one_level_sorted(value: Any) -> Any:
    if isinstance(value, dict):
        entries = sorted((canonical(key), key, part) for key, part in value.items())
        return {key: msgspec.Raw(canonical(part)) for _, key, part in entries}
    if isinstance(value, set | frozenset):
        return [msgspec.Raw(part) for part in sorted(canonical(part) for part in value)]
    if isinstance(value, list | tuple):
        return [msgspec.Raw(canonical(part)) for part in value]
    raise TypeError(f"{type(value).__name__} has no canonical encoding: a map inside it has keys other than text")


def _files(directory: Path) -> list[Path]:
    # Names are padded to one width, so their order is the order of their numbers.
    return sorted(path for path in directory.glob(f"*{_SUFFIX}") if path.stem.isdigit())


def _load(paths: Iterator[Path]) -> Iterator[tuple[int, bytes]]:
    for path in paths:
        snapshot = _read(path)
        if snapshot is not None:
            yield snapshot


def _read(path: Path) -> tuple[int, bytes] | None:
    data = path.read_bytes()
    if len(data) < _HEAD.size:
        return None
    magic, number, digest = _HEAD.unpack_from(data)
    blob = data[_HEAD.size :]
    intact = magic == _MAGIC and int(path.stem) == number and _digest(number, blob) == digest
    return (number, blob) if intact else None


def _digest(number: int, blob: bytes) -> bytes:
    digest = sha256(_NUMBER.pack(number))
    digest.update(blob)
    return digest.digest()
