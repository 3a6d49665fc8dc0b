"""What is asked of a Logon: whether it is one for the session, and whether what it says is possible.

A first message that is no Logon for this session gets no answer at all: nothing may be sent before both ends are known.
Source: FIX 4.2 volume 2, "Logon"; FIXT 1.1 for DefaultApplVerID; FIX 4.4 volume 2, "NextExpectedMsgSeqNum".
"""

from __future__ import annotations

from typing import Final

from fix import tags
from fix.codec import MILLISECOND, Message, read_number, read_utc_timestamp
from fix.settings import FixSettings

HEART_BT_INT_MAX: Final = 3600
"""Seconds."""
TRANSPORT_VERSION: Final = b"FIXT.1.1"
KNOWS_NEXT_EXPECTED: Final = frozenset((b"FIX.4.4", TRANSPORT_VERSION))
"""Versions that have NextExpectedMsgSeqNum."""


def refusal(message: Message, settings: FixSettings, comp_id: bytes, fixed_version: bytes, wall: int) -> str:
    """Say why a connection is to be closed without a word at its first message; "" for a Logon to be answered.

    `fixed_version` is the BeginString that the session has already, b"" where any of the settings' will do.
    """
    values = message.values
    if message.msg_type != b"A":
        return "the first message is no Logon"
    if values.get(tags.SENDER_COMP_ID) != comp_id:
        return "SenderCompID is another's"
    if values.get(tags.TARGET_COMP_ID) != settings.venue_comp_id.encode("ascii"):
        return "TargetCompID is not ours"
    version = message.begin_string
    if version.decode("ascii", "replace") not in settings.begin_strings or version != (fixed_version or version):
        return "BeginString is not this session's"
    if version == TRANSPORT_VERSION and not values.get(tags.DEFAULT_APPL_VER_ID):
        return "DefaultApplVerID is missing"
    sent_at = read_utc_timestamp(values.get(tags.SENDING_TIME, b""))
    if sent_at < 0 or abs(sent_at - wall) > settings.sending_time_limit_ms * MILLISECOND:
        return "SendingTime is too far off"
    if read_number(values.get(tags.MSG_SEQ_NUM, b"0")) < 0:
        return "MsgSeqNum is no number"
    return ""


def fault(values: dict[bytes, bytes]) -> bytes:
    """Say why a Logon is answered with a Logout, b"" when there is no reason: encryption and heartbeats."""
    if values.get(tags.ENCRYPT_METHOD) not in {None, b"", b"0"}:
        return b"EncryptMethod must be 0"
    interval = values.get(tags.HEART_BT_INT)
    if not interval:
        return b"HeartBtInt is missing"
    if interval[:1] == b"-" and interval[1:].isdigit():
        return b"HeartBtInt must not be negative"
    seconds = read_number(interval)
    if seconds < 0:
        return b"HeartBtInt is not a number"
    return b"HeartBtInt must not be above %d" % HEART_BT_INT_MAX if seconds > HEART_BT_INT_MAX else b""
