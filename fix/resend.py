"""What a ResendRequest is answered with: application messages once more, runs of session messages as one gap fill.

A message comes again with its own number, PossDupFlag (43), its first SendingTime in OrigSendingTime (122) and a new
SendingTime (52), hence a new BodyLength and CheckSum; all else is as it was (FIX 4.2 volume 2, "Resend Request").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


def resend(packet_of: Callable[[int], bytes], first: int, last: int, wall: int) -> Iterator[bytes]:
    """Give the frames that replay the packets `first` to `last`, one at a time and made when asked for.

    `packet_of` gives the packet of a number, as it was sent; `wall` is the time for SendingTime.
    """
    raise NotImplementedError
