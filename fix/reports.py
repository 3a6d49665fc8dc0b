"""ExecutionReport (8) and OrderCancelReject (9), built from plain figures in the words of any version.

What happened is an `Event`; a version and a venue's `ReportStyle` give its ExecType, OrdStatus and ExecTransType. A
report is told in figures and in the fields that the order came with, which are echoed. Fields stand in the order of
their tags.

For editors: the order port has a shorter way to the same bytes (`fix.details`), which a test holds to these.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

from engine.api import MARKET_PRICE_ALTERNATIVE, PRICE_SCALE
from fix.codec import utc_timestamp
from fix.reasons import CancelFault
from fix.versions import Version

PRICE_TEXTS_MAX: Final = 65_536
"""Prices whose text is kept at hand."""
EchoField = tuple[int, bytes]
"""A tag, and its field as it stands on the wire; that of a count is followed by its group."""
_price_texts: Final[dict[int, bytes]] = {}


class Event(IntEnum):
    """What a report tells of an order."""

    NEW = 0
    REJECTED = 1
    TRADE = 2
    CANCELED = 3
    EXPIRED = 4
    REPLACED = 5
    RESTATED = 6
    BROKEN = 7
    PENDING_CANCEL = 8
    REPRICED = 9


class ReportStyle(NamedTuple):
    """How a venue tells things that the standard leaves open.

    `expired` is the state of an order whose time is up, canceled (4) or expired (C); `zeros` sends LastPx and
    LastShares with reports that are no fills; `own_orig_cl_ord_id` repeats ClOrdID in OrigClOrdID where the client did
    not ask for the cancel; `match_tags` are where a fill names its trade; `extended` sends ExtendedReasonCode (22204).
    `order_in_exec_id` has the order's number in each ExecID; `names_broker` names the market of a fill in ExecBroker
    (76) too. `restated` are the only fields of a
    restatement, none for all that other reports have.
    """

    expired: bytes = b"4"
    zeros: bool = False
    own_orig_cl_ord_id: bool = False
    match_tags: tuple[int, ...] = ()
    extended: bool = False
    order_in_exec_id: bool = False
    names_broker: bool = False
    restated: frozenset[int] = frozenset()


class Figures(NamedTuple):
    """What a report says in numbers and names; prices in ticks, `value` in shares times ticks, `time` venue time.

    `order_id` 0 is an order that never was one, `quantity` -1 leaves OrderQty to what is echoed; `reason` is
    OrdRejReason, -1 for none; `restatement` is ExecRestatementReason, `secondary` SecondaryOrderID, `extended`
    ExtendedReasonCode and `match` the trade's number, 0 for none of each; `away` is the market of a fill that was none
    of ours.
    """

    cl_ord_id: bytes
    exec_id: bytes
    quantity: int
    time: int
    order_id: int = 0
    price: int = MARKET_PRICE_ALTERNATIVE
    executed: int = 0
    value: int = 0
    leaves: int = 0
    orig_cl_ord_id: bytes = b""
    exec_ref_id: bytes = b""
    last_quantity: int = 0
    last_price: int = 0
    liquidity: bytes = b""
    match: int = 0
    text: bytes = b""
    reason: int = -1
    extended: int = 0
    restatement: int = 0
    secondary: int = 0
    away: bytes = b""


def price_text(ticks: int) -> bytes:
    """Spell a price in four decimals."""
    text = _price_texts.get(ticks)
    if text is None:
        if len(_price_texts) >= PRICE_TEXTS_MAX:
            _price_texts.clear()
        text = _price_texts[ticks] = b"%d.%04d" % divmod(ticks, PRICE_SCALE)
    return text


def average_text(value: int, executed: int) -> bytes:
    """Spell an average price, rounded half up to four decimals; 0.0 before anything has executed."""
    return price_text((2 * value + executed) // (2 * executed)) if executed else b"0.0"


def live_status(executed: int) -> bytes:
    """Give the OrdStatus of an order that may still trade."""
    return b"1" if executed else b"0"


def states(version: Version, style: ReportStyle, event: Event, executed: int, leaves: int) -> tuple[bytes, bytes]:
    """Give ExecType (150) and OrdStatus (39)."""
    present = live_status(executed)
    match event:
        case Event.NEW:
            return b"0", b"0"
        case Event.REJECTED:
            return b"8", b"8"
        case Event.TRADE:
            status = b"1" if leaves else b"2"
            return (status if version.has_exec_trans_type else b"F"), status
        case Event.CANCELED:
            return b"4", b"4"
        case Event.EXPIRED:
            return style.expired, style.expired
        case Event.REPLACED:
            return b"5", b"5" if version.has_exec_trans_type else present
        case Event.RESTATED | Event.REPRICED:
            return b"D", present
        case Event.PENDING_CANCEL:
            return b"6", b"6"
        case Event.BROKEN:
            return (present if version.has_exec_trans_type else b"H"), present


def execution_report(
    version: Version, style: ReportStyle, event: Event, figures: Figures, echo: Iterable[EchoField]
) -> bytes:
    """Give the body of an ExecutionReport: what an order is told of `event`."""
    exec_type, status = states(version, style, event, figures.executed, figures.leaves)
    fields = {
        6: average_text(figures.value, figures.executed),
        11: figures.cl_ord_id,
        14: b"%d" % figures.executed,
        17: figures.exec_id,
        37: b"%d" % figures.order_id if figures.order_id else b"NONE",
        39: status,
        60: utc_timestamp(figures.time),
    }
    if figures.quantity >= 0:
        fields[38] = b"%d" % figures.quantity
    if version.has_exec_trans_type:
        fields[20] = b"1" if event is Event.BROKEN else b"0"
    if version.has_exec_type:
        fields[150], fields[151] = exec_type, b"%d" % figures.leaves
        if figures.orig_cl_ord_id:
            fields[41] = figures.orig_cl_ord_id
        elif style.own_orig_cl_ord_id and event in {Event.CANCELED, Event.EXPIRED}:
            fields[41] = figures.cl_ord_id
    if figures.last_quantity:
        fields[31], fields[32] = price_text(figures.last_price), b"%d" % figures.last_quantity
    elif style.zeros and version.has_exec_trans_type:
        fields[31], fields[32] = b"0.0", b"0"
    if figures.price < MARKET_PRICE_ALTERNATIVE:
        fields[44] = price_text(figures.price)
    _add_rare(fields, figures, style)
    kept = [(tag, b"%d=%b\x01" % (tag, value)) for tag, value in fields.items()]
    kept += [(tag, text) for tag, text in echo if tag not in fields]
    if event is Event.RESTATED and style.restated:
        kept = [(tag, text) for tag, text in kept if tag in style.restated]
    return b"".join([text for _, text in sorted(kept)])


def _add_rare(fields: dict[int, bytes], figures: Figures, style: ReportStyle) -> None:
    """Add what few reports have."""
    if figures.exec_ref_id:
        fields[19] = figures.exec_ref_id
    if figures.text:
        fields[58] = figures.text
    if figures.reason >= 0:
        fields[103] = b"%d" % figures.reason
    if figures.secondary:
        fields[198] = b"%d" % figures.secondary
    if figures.restatement:
        fields[378] = b"%d" % figures.restatement
    if figures.match:
        for tag in style.match_tags:
            fields[tag] = b"%d" % figures.match
    if figures.liquidity:
        fields[9882] = figures.liquidity
    if figures.away:
        fields[30] = figures.away
        if style.names_broker:
            fields[76] = figures.away
    if figures.extended and style.extended:
        fields[22204] = b"%d" % figures.extended


def order_cancel_reject(
    version: Version,
    fault: CancelFault,
    request: bytes,
    cl_ord_id: bytes,
    orig_cl_ord_id: bytes,
    order_id: int,
    status: bytes,
    client_id: bytes,
    text: bytes = b"",
) -> bytes:
    """Give the body of an OrderCancelReject to a cancel (`request` F) or replace (G).

    `order_id` is 0 and `status` 8 where there is no such order; an empty `client_id` is left out.
    """
    fields = {
        11: cl_ord_id,
        37: b"%d" % order_id if order_id else b"NONE",
        39: status,
        41: orig_cl_ord_id,
        58: text or fault.text,
    }
    code = fault.code(version)
    if code is not None:
        fields[102] = b"%d" % code
    if client_id:
        fields[109] = client_id
    if version.has_response_to:
        fields[434] = b"2" if request == b"G" else b"1"
    return b"".join([b"%d=%b\x01" % field for field in sorted(fields.items())])
