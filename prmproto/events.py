"""What a PRM port tells of what happens to its accounts: rate breaches to everyone, events to who asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.administration import Happening, HappeningKind
from engine.api import Reject
from prmproto import codec
from prmproto.codes import CheckId, EventKind, LimitId, LockState
from prmproto.counters import bounded

if TYPE_CHECKING:
    from prmproto.port import PrmPort

KINDS: Final = {
    HappeningKind.WARNING: (EventKind.WARNING, 1),
    HappeningKind.BREACH: (EventKind.BREACH, 2),
    HappeningKind.UNLOCK: (EventKind.UNLOCK, 4),
    HappeningKind.BLOCK: (EventKind.BLOCK, 8),
    HappeningKind.UNBLOCK: (EventKind.UNBLOCK, 8),
    HappeningKind.RESTRICTED: (EventKind.RESTRICTED, 16),
    HappeningKind.RELEASED: (EventKind.RELEASED, 16),
    HappeningKind.RATE: (EventKind.RATE, 32),
    HappeningKind.DROP: (EventKind.DROP, 64),
    HappeningKind.CHANGE: (EventKind.CHANGE, 128),
    HappeningKind.REJECT: (EventKind.REJECT, 256),
}
"""The letter of each kind, and the bit of a subscription's mask that asks for it."""
UNTOLD: Final = (EventKind.WARNING, 0)
"""A repeated order has no event of its own: the restriction that it leads to has."""
LIMIT_IDS: Final = {one.name.lower(): one for one in LimitId}
CHECK_IDS: Final = {
    "blow_through": CheckId.BLOW_THROUGH,
    "symbol_rate": CheckId.SYMBOL_RATE,
    "cancel_on_symbol_rate": CheckId.SYMBOL_RATE,
    "port_rate": CheckId.PORT_RATE,
    "repeated_order_limit": CheckId.REPEATED_ORDER,
    "restrict_on_repeated_order": CheckId.REPEATED_ORDER,
    "market_order_prevention": CheckId.MARKET_ORDER_PREVENTION,
    "market_order_protection": CheckId.MARKET_ORDER_PROTECTION,
    "fat_finger_in_auctions": CheckId.AUCTION_FAT_FINGER,
    "fat_finger_multiplier_aggressive": CheckId.FAT_FINGER,
    "fat_finger_multiplier_passive": CheckId.FAT_FINGER,
    "restricted_symbols": CheckId.RESTRICTED_SYMBOLS,
    "restricted_segments": CheckId.RESTRICTED_SEGMENTS,
    "emails": CheckId.MAIL,
}
"""The letters of what a happening may be about, by the names of the engine's fields."""
REJECTS: Final[dict[Reject, tuple[int, LimitId | CheckId | None]]] = {
    Reject.ACCOUNT_BLOCKED: (0x0101, None),
    Reject.LOCKED_IN_CURRENCY: (0x0102, CheckId.ACCUMULATED),
    Reject.ACCOUNT_ORDER_RATE: (0x0103, CheckId.SYMBOL_RATE),
    Reject.PORT_ORDER_RATE: (0x0104, CheckId.PORT_RATE),
    Reject.RESTRICTED_SYMBOL: (0x0105, CheckId.RESTRICTED_SYMBOLS),
    Reject.RESTRICTED_SEGMENT: (0x0106, CheckId.RESTRICTED_SEGMENTS),
    Reject.MAXIMUM_ORDER_QUANTITY: (0x0107, LimitId.MAXIMUM_QUANTITY),
    Reject.MAXIMUM_ORDER_VALUE: (0x0108, LimitId.MAXIMUM_VALUE),
    Reject.MAXIMUM_AUCTION_QUANTITY: (0x0109, LimitId.MAXIMUM_QUANTITY_AUCTION),
    Reject.MAXIMUM_AUCTION_VALUE: (0x010A, LimitId.MAXIMUM_VALUE_AUCTION),
    Reject.CONTINUOUS_FAT_FINGER: (0x010B, CheckId.FAT_FINGER),
    Reject.AUCTION_FAT_FINGER: (0x010C, CheckId.AUCTION_FAT_FINGER),
    Reject.MARKET_ORDER_PREVENTION: (0x010D, CheckId.MARKET_ORDER_PREVENTION),
    Reject.MARKET_ORDER_EQUILIBRIUM: (0x010E, CheckId.MARKET_ORDER_PROTECTION),
    Reject.MARKET_ORDER_REFERENCE: (0x010F, CheckId.MARKET_ORDER_PROTECTION),
}
"""The number of each reason for which PRM refuses an order, and the letter of the check where a happening names none.

The numbers are those of Nordic OUCH 5, whatever a configuration has in their place for its own ports.
"""
RATE_STATES: Final = {HappeningKind.BREACH: LockState.LOCKED, HappeningKind.UNLOCK: LockState.FREE}


class Events:
    """A port's subscriptions: `masks` by account, "" for all of them; `number` is that of the last event of today.

    What happens while the port carries a request out is held, so that the request's own answer comes first.
    """

    def __init__(self, port: PrmPort) -> None:
        self.port = port
        self.number = 0
        self.masks: dict[str, int] = {}
        self.held: list[Happening] | None = None

    def subscribe(self, account: str, mask: int) -> None:
        """Ask for the events of an account, or no longer."""
        self.masks.pop(account, None)
        if mask:
            self.masks[account] = mask

    def hold(self) -> None:
        """Hold what happens."""
        self.held = []

    def release(self) -> None:
        """Tell what was held, and hold no more."""
        held, self.held = self.held, None
        for happening in held or ():
            self.tell(happening)

    def take(self, happening: Happening) -> None:
        """Hear what happened to some account."""
        port = self.port
        if happening.account:
            if not port.administers(happening.mpid, happening.account):
                return
        elif happening.mpid != port.port.mpid:
            return
        if self.held is None:
            self.tell(happening)
        else:
            self.held.append(happening)

    def tell(self, happening: Happening) -> None:
        """Tell of it, as far as it was asked for."""
        port, kind = self.port, happening.kind
        account = happening.account.encode("ascii").ljust(6)
        time = port.since_midnight(happening.moment)
        if happening.subject == "symbol_rate" and kind in RATE_STATES:
            port.send(codec.pack_account_rate_breach(time, RATE_STATES[kind].wire, account))
        letter, bit = KINDS.get(kind, UNTOLD)
        if not bit & (self.masks.get("", 0) | self.masks.get(happening.account, 0)):
            return
        self.number += 1
        subject: LimitId | CheckId | None = LIMIT_IDS.get(happening.subject) or CHECK_IDS.get(happening.subject)
        number, check = (0, None) if happening.reason is None else REJECTS[happening.reason]
        found = subject or check
        message = codec.pack_event(
            self.number,
            time,
            account,
            letter.wire,
            b" " if found is None else found.wire,
            happening.currency.encode("ascii").ljust(3),
            int(happening.order_book or 0),
            happening.user.encode("ascii", "replace").ljust(6)[:6],
            happening.port.encode("ascii").ljust(10),
            bounded(happening.current),
            bounded(happening.limit),
            number,
            0,
        )
        port.send(message)
