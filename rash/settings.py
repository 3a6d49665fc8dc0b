"""What a RASHport port is set to do: carried in `PortEntry.settings` as msgpack, so that a replay has it too.

For editors: logs outlive versions. Fields are only ever appended, with defaults.
"""

from __future__ import annotations

import msgspec

CURRENT = "current"
OLD = "old"
"""The two generations of letters for risk checks (`rash.reasons`)."""


class RashSettings(msgspec.Struct, array_like=True, frozen=True):
    """One port's settings.

    `letters` names the generation of its Rejected letters, `reasons` are those of single checks by name, where they
    are others. With `locate` its orders may say that shares have been located, as in 1.2.
    """

    letters: str = CURRENT
    locate: bool = False
    reasons: dict[str, str] = {}


def encode_settings(settings: RashSettings) -> bytes:
    """Spell settings for `PortEntry.settings`."""
    return msgspec.msgpack.encode(settings, order="sorted")


def read_settings(data: bytes) -> RashSettings:
    """Read `PortEntry.settings`; nothing there are the defaults. Raises `msgspec.DecodeError` on anything else."""
    return msgspec.msgpack.decode(data, type=RashSettings) if data else RashSettings()
