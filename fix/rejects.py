"""How a message is refused, in each version's own way: session rejects, and the answer to types that nobody serves.

Source: FIX 4.0 to 4.4 volume 2, "Reject" and "Business Message Reject". FIX 4.0 and 4.1 have the text alone, so the tag
stands in it; FIX 4.2 knows reasons up to 11, later ones come without a number there.
"""

from __future__ import annotations

from typing import Final

from fix.faults import Fault

OLD_VERSIONS: Final = frozenset((b"FIX.4.0", b"FIX.4.1"))
"""Versions without RefTagID, RefMsgType, SessionRejectReason and BusinessMessageReject."""
REASON_MAX_4_2: Final = 11

ROUTES_BACK: Final = (
    (b"115", b"128"),
    (b"116", b"129"),
    (b"128", b"115"),
    (b"129", b"116"),
    (b"144", b"145"),
    (b"145", b"144"),
)
"""Who a message came from on behalf of is whom its answer is delivered to, and the other way round."""


def reject(begin_string: bytes, number: int, msg_type: bytes, fault: Fault) -> bytes:
    """Spell the body of a Reject of the message `number`."""
    reason, tag, text = fault
    if begin_string in OLD_VERSIONS:
        suffix = b" (%b)" % tag if tag else b""
        return b"45=%d\x0158=%b%b\x01" % (number, text, suffix)
    body = b"45=%d\x0158=%b\x01" % (number, text)
    if tag:
        body += b"371=%b\x01" % tag
    if msg_type:
        body += b"372=%b\x01" % msg_type
    if reason <= REASON_MAX_4_2 or begin_string != b"FIX.4.2":
        body += b"373=%d\x01" % reason
    return body


def not_served(begin_string: bytes, number: int, msg_type: bytes, version: bytes = b"") -> tuple[bytes, bytes]:
    """Give MsgType and body of the answer to an application message that the port does not take.

    `version` is a DefaultApplVerID to close with: the standard's test cases want one there, its dictionary does not.
    """
    if begin_string in OLD_VERSIONS:
        return b"3", b"45=%d\x0158=Unsupported message type\x01" % number
    last = b"1137=%b\x01" % version if version else b""
    return b"j", b"45=%d\x0158=Unsupported Message Type\x01372=%b\x01380=3\x01%b" % (number, msg_type, last)


def route_back(begin_string: bytes, values: dict[bytes, bytes]) -> bytes:
    """Spell the header fields that lead an answer back; an empty one is not turned round. FIX 4.0 has no locations."""
    routes = ROUTES_BACK if begin_string != b"FIX.4.0" else ROUTES_BACK[:4]
    return b"".join([b"%b=%b\x01" % (to, values[came]) for to, came in routes if values.get(came)])
