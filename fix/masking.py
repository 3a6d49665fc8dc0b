"""What a client must not find written down: its passwords, in whatever message they came and however broken that is.

Each is overwritten with `*`, in the same number of bytes, and CheckSum is made anew: the old one would tell of them.
Source: FIX 4.4 volume 2 (Username, Password, NewPassword); RawData stands in for a password where a venue says so.
"""

from __future__ import annotations

from typing import Final

from fix.codec import SOH, check_sum, read_number

LOGON: Final = b"A"
SECRETS: Final = (b"\x01554=", b"\x01925=", b"\x011402=", b"\x011404=")
"""Password, NewPassword, and both encrypted."""
RAW_DATA: Final = b"\x0196="
RAW_DATA_LENGTH: Final = b"\x0195="
TYPE_AT_MOST: Final = 48
"""MsgType stands within so many bytes."""
CHECK_SUM: Final = b"\x0110="
CHECK_SUM_LENGTH: Final = len(b"10=000\x01")


def msg_type_of(frame: bytes) -> bytes:
    """Give a frame's MsgType, b"" where it has none at its place."""
    at = frame.find(b"\x0135=", 0, TYPE_AT_MOST) + 4
    return frame[at : frame.find(SOH, at)] if at > 3 else b""


def may_tell_secrets(frame: bytes) -> bool:
    """Whether a frame has to be masked: a Logon, or anything that brings a password along."""
    return b"\x0135=A\x01" in frame or b"\x01554=" in frame or b"\x01925=" in frame


def masked(frame: bytes) -> bytes:
    """Give a frame as it may be written down; all lengths are as they were."""
    hidden = bytearray(frame)
    for begin in SECRETS:
        at = frame.find(begin)
        while at >= 0:
            start = at + len(begin)
            _hide(hidden, start, frame.find(SOH, start))
            at = frame.find(begin, start)
    at = frame.find(RAW_DATA)
    if at >= 0:
        start = at + len(RAW_DATA)
        _hide(hidden, start, max(_end_of_raw_data(frame, start), frame.find(SOH, start)))
    if hidden == frame or frame[-CHECK_SUM_LENGTH - 1 : -4] != CHECK_SUM:
        return bytes(hidden)
    body = bytes(hidden[:-CHECK_SUM_LENGTH])
    return body + b"10=%03d\x01" % check_sum(body)


def _end_of_raw_data(frame: bytes, start: int) -> int:
    """Give where RawData ends by what RawDataLength says, which may be anything; never behind the body."""
    at = frame.find(RAW_DATA_LENGTH)
    if at < 0:
        return -1
    begin = at + len(RAW_DATA_LENGTH)
    return min(start + max(read_number(frame[begin : frame.find(SOH, begin)]), 0), len(frame) - CHECK_SUM_LENGTH - 1)


def _hide(hidden: bytearray, start: int, end: int) -> None:
    if end > start:
        hidden[start:end] = b"*" * (end - start)
