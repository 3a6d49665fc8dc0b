"""What a FIX port is set to do: carried in `PortEntry.settings` as msgpack, so that a replay has it too.

For editors: logs outlive versions. Fields are only ever appended, with defaults.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000


class FixSettings(msgspec.Struct, array_like=True, frozen=True):
    """One port's settings.

    `venue_comp_id` is our CompID (49 of what we send), `dialect` whose messages the port takes, `begin_strings` which
    versions. `any_version` lets every Logon bring its own of them, else the day's first Logon fixes it.
    `reset_on_logon` starts both numbers from 1 at each Logon, `refuse_reset` refuses ResetSeqNumFlag once the day has
    numbers. `next_expected` follows NextExpectedMsgSeqNum (789), `last_processed` puts LastMsgSeqNumProcessed (369)
    into every header.

    Of orders: `replace_reject_cancels_original` ends the order whose replacement a risk check refuses, `partial_cancel`
    lets an OrderCancelRequest cut an order down to its OrderQty, `explain_in_text` puts the id by which a refusal is
    explained behind its Text, and `reasons` has other words for refusals by the engine's name of them: OrdRejReason,
    Text and ExtendedReasonCode (0 for none).

    Timers: a peer that was silent for `test_request_percent` of HeartBtInt is sent a TestRequest, one that was for
    `drop_percent` is hung up on; a Logout is waited for `logout_wait_ms`; SendingTime may be off by
    `sending_time_limit_ms`.
    """

    venue_comp_id: str = "INET"
    dialect: str = "inet"
    begin_strings: tuple[str, ...] = ("FIX.4.2",)
    validation: Literal["lenient", "strict", "strict-all"] = "strict"
    reset_on_logon: bool = False
    any_version: bool = False
    echo: bool = False
    refuse_reset: bool = False
    next_expected: bool = False
    last_processed: bool = False
    replace_reject_cancels_original: bool = False
    partial_cancel: bool = False
    explain_in_text: bool = False
    test_request_percent: int = 120
    drop_percent: int = 240
    logout_wait_ms: int = 2_000
    sending_time_limit_ms: int = 120_000
    reasons: dict[str, tuple[int, str, int]] = {}


def encode_settings(settings: FixSettings) -> bytes:
    """Spell settings for `PortEntry.settings`."""
    return msgspec.msgpack.encode(settings)


def read_settings(data: bytes) -> FixSettings:
    """Read `PortEntry.settings`; nothing there are the defaults. Raises `msgspec.DecodeError` on anything else."""
    return msgspec.msgpack.decode(data, type=FixSettings) if data else FixSettings()
