"""What a PRM port is set to do: carried in `PortEntry.settings` as msgpack, so that a replay has it too.

For editors: logs outlive versions. Fields are only ever appended, with defaults.
"""

from __future__ import annotations

import msgspec


class PrmSettings(msgspec.Struct, array_like=True, frozen=True):
    """One port's settings.

    `is_read_only` lets it look only, `accounts` are those that it administers, none named is all of its member.
    `maximum_requests` is how many it may send within a second. With `strict` a number above the next one expected is
    refused.
    """

    is_read_only: bool = False
    accounts: tuple[str, ...] = ()
    maximum_requests: int = 100
    strict: bool = False


def encode_settings(settings: PrmSettings) -> bytes:
    """Spell settings for `PortEntry.settings`."""
    return msgspec.msgpack.encode(settings)


def read_settings(data: bytes) -> PrmSettings:
    """Read `PortEntry.settings`; nothing there are the defaults. Raises `msgspec.DecodeError` on anything else."""
    return msgspec.msgpack.decode(data, type=PrmSettings) if data else PrmSettings()
