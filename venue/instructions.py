"""What is asked of the venue rather than of its engine: plain data, each a record of the same kind as the engine's.

For editors: records outlive versions, so fields are only ever appended, each with a default.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.api import Command

ClockMode = Literal["real", "manual"]


class SetClock(msgspec.Struct, array_like=True, frozen=True, tag="set-clock"):
    """Let venue time follow the machine's clock, or stand still until it is moved; the record's time is where."""

    mode: ClockMode


Instruction = Command | SetClock
"""What a record of a command may ask."""
