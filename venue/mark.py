"""The mark: which record the log's writer acknowledged last, in a small file beside the days (see `venue.log`)."""

from __future__ import annotations

from pathlib import Path
from struct import Struct
from typing import Final
from zlib import crc32

from venue.record import Point

MARK: Final = "acknowledged"
"""Its name in the log's folder."""
_MARK: Final = Struct("<Q32s")
_CRC: Final = Struct("<I")


def pack_mark(end: Point) -> bytes:
    """Give the bytes of a mark."""
    mark = _MARK.pack(*end)
    return mark + _CRC.pack(crc32(mark))


def read_mark(folder: Path) -> Point | None:
    """Return what was acknowledged last, None when that can't be told: a damaged mark proves nothing."""
    try:
        data = (folder / MARK).read_bytes()
    except FileNotFoundError:
        return None
    mark, checksum = data[: _MARK.size], data[_MARK.size :]
    return Point(*_MARK.unpack(mark)) if checksum == _CRC.pack(crc32(mark)) else None
