"""What is asked of the venue rather than of its engine: plain data, each a record of the same kind as the engine's.

For editors: records outlive versions, so fields are only ever appended, each with a default.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.api import Command
from engine.clearing_commands import ClearingCommand

ClockMode = Literal["real", "manual"]


class SetClock(msgspec.Struct, array_like=True, frozen=True, tag="set-clock"):
    """Let venue time follow the machine's clock, or stand still until it is moved; the record's time is where."""

    mode: ClockMode


class Occasion(msgspec.Struct, array_like=True, frozen=True, tag="occasion"):
    """Have the second process do something, `name`, now: the record's place among all others is when.

    One that an appointment brings has its `position` among those of the day, so that the next one is known; `mpid` is
    whom it is for, "" for all.
    """

    name: str
    position: int = -1
    mpid: str = ""


Instruction = Command | SetClock | Occasion | ClearingCommand
"""What a record of a command may ask."""
