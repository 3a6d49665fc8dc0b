"""What a version of RASHport has of its own: its codec, its frame, where in an order stands what, how long one may be.

Most orders of a client agree in all but token, side, shares, symbol, price and customer. So a port reads those by
themselves and looks the rest up as the bytes that they are; a kind of order is read field by field once. Places come
from the declarations in `rash.messages`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rash import codec, codec_10, messages
from wire.record import Direction, Protocol
from wire.soup_tcp import sequenced_line
from wire.soup_terms import sequenced

Unpack = Callable[[bytes], tuple[Any, ...]]
ENTER: Final = codec.ENTER_ORDER
ENTER_WITH_CROSS: Final = codec.ENTER_ORDER_WITH_CROSS


class Version:
    """A version. The places are offsets; `answer_*` are those in Accepted.

    `shortest` is without the fields at the end that may be left off. `longest` is without the byte that 1.2 adds,
    which orders may have where it `has_locate`.
    """

    __slots__ = (
        "answer_customer",
        "answer_details",
        "answer_reference",
        "answer_terms",
        "customer",
        "frame",
        "has_locate",
        "longest",
        "pack_accepted",
        "price",
        "shares",
        "shortest",
        "side",
        "symbol",
        "tail",
        "terms",
        "unpack",
    )

    def __init__(
        self,
        protocol: Protocol,
        unpack: dict[int, Unpack],
        pack_accepted: Callable[..., bytes],
        frame: Callable[[bytes], bytes],
        *,
        has_locate: bool,
    ) -> None:
        order = protocol.by_letter[Direction.IN, chr(ENTER)]
        with_cross = protocol.by_letter[Direction.IN, chr(ENTER_WITH_CROSS)]
        places = {field.name: field.offset for field in order.fields}
        self.unpack = unpack
        self.pack_accepted = pack_accepted
        self.frame = frame
        self.has_locate = has_locate
        self.longest = {ENTER: order.fixed - has_locate, ENTER_WITH_CROSS: with_cross.fixed - has_locate}
        crossed = {field.name: field.offset for field in with_cross.fields}
        self.shortest = {ENTER: places["customer_type"], ENTER_WITH_CROSS: crossed["customer_type"]}
        self.side = places["side"]
        self.shares = places["shares"]
        self.symbol = places["symbol"]
        self.price = places["price"]
        self.terms = places["time_in_force"]
        self.customer = places["customer_id"]
        self.tail = places["customer_type"]
        answer = {field.name: field.offset for field in protocol.by_letter[Direction.OUT, "A"].fields}
        self.answer_terms = answer["time_in_force"]
        self.answer_reference = answer["order_reference"]
        self.answer_details = answer["minimum_quantity"]
        self.answer_customer = answer["customer_id"]


VERSION_11: Final = Version(messages.RASH, codec.UNPACK_INBOUND, codec.pack_accepted, sequenced, has_locate=True)
VERSION_10: Final = Version(
    messages.RASH_10, codec_10.UNPACK_INBOUND, codec_10.pack_accepted, sequenced_line, has_locate=False
)
