"""What the letters and options of Nordic OUCH 5 mean to the engine, and which number each refusal has on the wire.

Everything that makes this the Nordic dialect of an order stands here as tables; `nordic.py` has the behaviour. What the
market does not serve yet is refused by one of them, `SERVED`, with the reason that stands there.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from msgspec import structs

from engine.api import (
    BrokenTradeReason,
    CancelReason,
    Cross,
    Display,
    Liquidity,
    Order,
    OrderAttributes,
    OrderTerms,
    PriceType,
    Reject,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    Side,
    SystemEvent,
    TimeInForce,
)
from ouch import nordic_codec, nordic_codes
from ouch.nordic_codes import RejectReason
from wire.record import BadOption

OptionValues = dict[int, int | bytes]
"""Options by tag, as the codec reads them."""
NO_OPTIONS: Final[OptionValues] = {}
PARTIES: Final = Struct(">IIIBcc")
"""What Enter Order says of those behind an order: three short codes, roles, capacity, algo indicator."""

TIMES_IN_FORCE: Final = {
    b"0": TimeInForce.DAY,
    b"1": TimeInForce.GOOD_TILL_CANCEL,
    b"3": TimeInForce.IMMEDIATE_OR_CANCEL,
    b"6": TimeInForce.GOOD_TILL_TIME,
    b"B": TimeInForce.AUCTION,
}
CROSSES: Final = {
    b"O": Cross.OPENING,
    b"I": Cross.INTRADAY,
    b"H": Cross.HALT,
    b"C": Cross.CLOSING,
    b"A": Cross.ANY_CALL,
}
DAY: Final = nordic_codes.TimeInForce.DAY.wire
FOR_AUCTION: Final = nordic_codes.TimeInForce.AUCTION.wire
ANY_CALL: Final = nordic_codes.CrossType.ANY.wire
GOOD_TILL_CANCELED: Final = nordic_codes.TimeInForce.GTC.wire
DISPLAYS: Final = {b"Y": Display.VISIBLE, b"N": Display.HIDDEN}
VISIBLE: Final = nordic_codes.Display.VISIBLE.wire
UNSEEN: Final = nordic_codes.Display.HIDDEN.wire
PEGS: Final = {b"M": PriceType.MIDPOINT_PEG, b"P": PriceType.MARKET_PEG, b"R": PriceType.PRIMARY_PEG}
CAPACITIES: Final = frozenset(capacity.wire for capacity in nordic_codes.Capacity)
ALGO_INDICATORS: Final = frozenset(indicator.wire for indicator in nordic_codes.AlgoIndicator)
STP_ACTIONS: Final = {b"1": SelfMatchAction.CANCEL_OLDEST, b"2": SelfMatchAction.CANCEL_NEWEST}
STP_MPID: Final = nordic_codes.STPLevel.MPID.wire
STP_GROUP: Final = nordic_codes.STPLevel.GROUP.wire

NOTHING: Final[frozenset[bytes]] = frozenset()
SERVED: Final[dict[int, tuple[Reject, frozenset[bytes]]]] = {
    nordic_codec.TAG_CROSS_TYPE: (Reject.INVALID_CROSS, frozenset(CROSSES)),
    nordic_codec.TAG_DEA_INDICATOR: (
        Reject.INVALID_ATTRIBUTE,
        frozenset(indicator.wire for indicator in nordic_codes.DEAIndicator),
    ),
    nordic_codec.TAG_DISPLAY: (Reject.INVALID_DISPLAY, frozenset(DISPLAYS)),
    nordic_codec.TAG_PEG_TYPE: (Reject.INVALID_PRICE_TYPE, frozenset(PEGS)),
    nordic_codec.TAG_STP_ACTION: (Reject.INVALID_SELF_MATCH_PREVENTION, frozenset(STP_ACTIONS)),
    nordic_codec.TAG_STP_LEVEL: (Reject.INVALID_SELF_MATCH_PREVENTION, frozenset({STP_MPID, STP_GROUP})),
    nordic_codec.TAG_TIME_IN_FORCE: (Reject.INVALID_TIME_IN_FORCE, frozenset(TIMES_IN_FORCE)),
    nordic_codec.TAG_ORDER_CONDITION: (Reject.INVALID_ATTRIBUTE, NOTHING),
    nordic_codec.TAG_TARGET_STRATEGY: (Reject.INVALID_ATTRIBUTE, NOTHING),
    nordic_codec.TAG_MIN_RATE: (Reject.INVALID_ATTRIBUTE, NOTHING),
    nordic_codec.TAG_MAX_RATE: (Reject.INVALID_ATTRIBUTE, NOTHING),
    nordic_codec.TAG_CONDITIONAL_TYPE: (Reject.INVALID_ATTRIBUTE, NOTHING),
    nordic_codec.TAG_FIRM_UP_ID: (Reject.INVALID_ATTRIBUTE, NOTHING),
}
"""Of options that are not taken as they come: the reason against all values but those listed."""
OPTION_FAULTS: Final[dict[int, Reject]] = {tag: reject for tag, (reject, _) in SERVED.items()} | {
    nordic_codec.TAG_FIRM: Reject.FIRM_NOT_AUTHORIZED,
    nordic_codec.TAG_TRADING_AT_CLOSING_PRICE: Reject.INVALID_CROSS,
    nordic_codec.TAG_MIN_QTY: Reject.INVALID_MINIMUM_QUANTITY,
    nordic_codec.TAG_MAX_FLOOR: Reject.INVALID_MAX_FLOOR,
    nordic_codec.TAG_RANDOM_RESERVE: Reject.INVALID_MAX_FLOOR,
    nordic_codec.TAG_EXPIRE_TIME: Reject.INVALID_EXPIRE_TIME,
    nordic_codec.TAG_STP_TRADER_GROUP: Reject.INVALID_SELF_MATCH_PREVENTION,
}
"""The reason closest to an option that may not stand as it does; every other option's is `INVALID_ATTRIBUTE`."""
NUMBERS: Final[dict[int, str]] = {
    nordic_codec.TAG_MIN_QTY: "minimum_quantity",
    nordic_codec.TAG_MAX_FLOOR: "max_floor",
    nordic_codec.TAG_RANDOM_RESERVE: "random_reserve",
    nordic_codec.TAG_EXPIRE_TIME: "expire_time",
    nordic_codec.TAG_PEG_DIFFERENCE: "peg_offset",
}
"""Options that are a number, and the attribute that holds it."""

CLOSING_PRICE_LETTER: Final = "Y"
"""What option 26 says of an order that takes part in trading at the closing price, where no configuration says it."""
CLOSING_PRICE: Final = "CLOSING_PRICE"
"""What the configuration's letter is called among a port's settings."""
BLOW_THROUGH_LETTER: Final = "B"
"""The Reason of a Canceled by blow-through protection, where a configuration has no other: no public source has it."""
BLOW_THROUGH: Final = "BLOW_THROUGH"
"""What a port's settings call that letter."""
CANCEL_NOT_ALLOWED: Final = "CANCEL_NOT_ALLOWED"
"""The one reason that is not the engine's: a Cancel of an order that is not there."""
REASONS: Final = {
    Reject.INVALID_SIDE: RejectReason.INVALID_SIDE,
    Reject.INVALID_QUANTITY: RejectReason.INVALID_QUANTITY,
    Reject.INVALID_SYMBOL: RejectReason.INVALID_SYMBOL,
    Reject.INVALID_PRICE: RejectReason.INVALID_PRICE,
    Reject.INVALID_TICK: RejectReason.INVALID_PRICE,
    Reject.INVALID_TIME_IN_FORCE: RejectReason.OTHER,
    Reject.INVALID_DISPLAY: RejectReason.INVALID_DISPLAY,
    Reject.INVALID_CAPACITY: RejectReason.OTHER,
    Reject.INVALID_CROSS: RejectReason.INVALID_CROSS,
    Reject.CALL_MISSED: RejectReason.INVALID_CROSS,
    # What is late for a cross is so on US markets only: the closest there is.
    Reject.REPLACE_NOT_ALLOWED: RejectReason.INVALID_CROSS,
    Reject.CANCEL_PENDING: RejectReason.INVALID_CROSS,
    Reject.NO_CLOSING_REFERENCE: RejectReason.INVALID_CROSS,
    Reject.INVALID_PRICE_TYPE: RejectReason.INVALID_PRICE_TYPE,
    Reject.INVALID_MINIMUM_QUANTITY: RejectReason.INVALID_MINIMUM_QUANTITY,
    Reject.INVALID_MAX_FLOOR: RejectReason.INVALID_MAX_FLOOR,
    Reject.INVALID_SELF_MATCH_PREVENTION: RejectReason.INVALID_SELF_MATCH_PREVENTION,
    Reject.INVALID_EXPIRE_TIME: RejectReason.OTHER,
    Reject.INVALID_ATTRIBUTE: RejectReason.OTHER,
    Reject.PEGGING_NOT_SERVED: RejectReason.PEGGING_NOT_SERVED,
    Reject.ROUTING_NOT_SERVED: RejectReason.ROUTING_NOT_SERVED,
    Reject.DISCRETION_NOT_SERVED: RejectReason.OTHER,
    Reject.FIRM_NOT_AUTHORIZED: RejectReason.NOT_AUTHORIZED,
    Reject.HALTED: RejectReason.HALTED,
    Reject.MARKET_CLOSED: RejectReason.MARKET_CLOSED,
    Reject.ENTRY_DISABLED: RejectReason.NOT_AUTHORIZED,
    Reject.LOW_DISK_SPACE: RejectReason.PROCESSING_ERROR,
    Reject.UNKNOWN_USER: RejectReason.NOT_AUTHORIZED,
    Reject.ACCOUNT_BLOCKED: RejectReason.ACCOUNT_BLOCKED,
    Reject.PORT_ORDER_RATE: RejectReason.PORT_ORDER_RATE,
    Reject.RESTRICTED_SEGMENT: RejectReason.RESTRICTED_SEGMENT,
    Reject.RESTRICTED_SYMBOL: RejectReason.RESTRICTED_SYMBOL,
    Reject.MAXIMUM_ORDER_QUANTITY: RejectReason.MAXIMUM_ORDER_QUANTITY,
    Reject.MAXIMUM_ORDER_VALUE: RejectReason.MAXIMUM_ORDER_VALUE,
    Reject.CONTINUOUS_FAT_FINGER: RejectReason.FAT_FINGER,
    Reject.QUOTE_UNAVAILABLE: RejectReason.QUOTE_UNAVAILABLE,
    Reject.CROSSED_MARKET: RejectReason.CROSSED_MARKET,
    Reject.ACCOUNT_ORDER_RATE: RejectReason.ACCOUNT_ORDER_RATE,
    Reject.LOCKED_IN_CURRENCY: RejectReason.LOCKED_IN_CURRENCY,
    Reject.MAXIMUM_AUCTION_QUANTITY: RejectReason.MAXIMUM_AUCTION_QUANTITY,
    Reject.MAXIMUM_AUCTION_VALUE: RejectReason.MAXIMUM_AUCTION_VALUE,
    Reject.AUCTION_FAT_FINGER: RejectReason.AUCTION_FAT_FINGER,
    Reject.MARKET_ORDER_PREVENTION: RejectReason.MARKET_ORDER_PREVENTION,
    Reject.MARKET_ORDER_EQUILIBRIUM: RejectReason.MARKET_ORDER_EQUILIBRIUM,
    Reject.MARKET_ORDER_REFERENCE: RejectReason.MARKET_ORDER_REFERENCE,
    # What follows are letters and checks of US markets, which no order of this dialect meets: the closest there is.
    Reject.INVALID_INTERMARKET_SWEEP: RejectReason.OTHER,
    Reject.RETAIL_NOT_SERVED: RejectReason.OTHER,
    Reject.AFTER_HOURS_CLOSED: RejectReason.OTHER,
    Reject.PORT_MESSAGE_RATE: RejectReason.PORT_ORDER_RATE,
    Reject.RESTRICTED_STOCK: RejectReason.RESTRICTED_SYMBOL,
    Reject.MAXIMUM_SHARES: RejectReason.MAXIMUM_ORDER_QUANTITY,
    Reject.MAXIMUM_NOTIONAL: RejectReason.MAXIMUM_ORDER_VALUE,
    Reject.FAT_FINGER: RejectReason.FAT_FINGER,
    Reject.SYMBOL_MESSAGE_RATE: RejectReason.ACCOUNT_ORDER_RATE,
    Reject.DUPLICATE_ORDER: RejectReason.OTHER,
    Reject.HARD_TO_BORROW: RejectReason.RESTRICTED_SYMBOL,
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: RejectReason.OTHER,
    Reject.SHORT_SALE_NOT_ALLOWED: RejectReason.OTHER,
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: RejectReason.OTHER,
    Reject.MARKET_ORDER_NOT_ALLOWED: RejectReason.OTHER,
    Reject.PRE_MARKET_NOT_ALLOWED: RejectReason.OTHER,
    Reject.POST_MARKET_NOT_ALLOWED: RejectReason.OTHER,
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: RejectReason.OTHER,
    Reject.LOCATE_REQUIRED: RejectReason.OTHER,
    Reject.LOCATE_BROKER: RejectReason.OTHER,
    Reject.AVERAGE_DAILY_VOLUME: RejectReason.MAXIMUM_ORDER_QUANTITY,
    Reject.MARKET_IMPACT: RejectReason.OTHER,
    Reject.GROSS_EXPOSURE: RejectReason.LOCKED_IN_CURRENCY,
}
"""The wire's number for each of the engine's reasons, where the configuration has no other; total, as a test holds."""
CANCEL_REASONS: Final = {
    CancelReason.USER: nordic_codes.CancelReason.USER_REQUESTED.wire,
    CancelReason.IMMEDIATE_OR_CANCEL: nordic_codes.CancelReason.IMMEDIATE.wire,
    CancelReason.EXPIRED: nordic_codes.CancelReason.TIMEOUT.wire,
    CancelReason.SUPERVISORY: nordic_codes.CancelReason.SUPERVISORY.wire,
    CancelReason.SYSTEM: nordic_codes.CancelReason.SUPERVISORY.wire,
    CancelReason.POST_ONLY_DISPLAYED: nordic_codes.CancelReason.PRICE.wire,
    CancelReason.POST_ONLY_RULE: nordic_codes.CancelReason.PRICE.wire,
    CancelReason.SELF_MATCH: nordic_codes.CancelReason.SELF_TRADE.wire,
    CancelReason.CALL_OVER: nordic_codes.CancelReason.STATE.wire,
    CancelReason.BLOW_THROUGH: nordic_codes.CancelReason.BLOW_THROUGH.wire,
    CancelReason.REGULATORY: nordic_codes.CancelReason.PRICE.wire,  # US markets only
    # Those of US phases and crosses, which no order of this dialect meets.
    CancelReason.MARKET_HOURS_OVER: nordic_codes.CancelReason.STATE.wire,
    CancelReason.HALT_OUTLASTED_CROSS: nordic_codes.CancelReason.STATE.wire,
    CancelReason.OPEN_PROTECTION: nordic_codes.CancelReason.STATE.wire,
}
LIQUIDITY_ATTRIBUTES: Final = {
    Liquidity.ADDED: nordic_codes.ADDED,
    Liquidity.REMOVED: nordic_codes.REMOVED,
    Liquidity.ADDED_HIDDEN: nordic_codes.ADDED,
    Liquidity.ADDED_RESERVE: nordic_codes.ADDED,
    Liquidity.ADDED_MIDPOINT: nordic_codes.ADDED,
    Liquidity.REMOVED_MIDPOINT: nordic_codes.REMOVED,
    Liquidity.OPENING_CALL: nordic_codes.AUCTION,
    Liquidity.INTRADAY_CALL: nordic_codes.AUCTION,
    Liquidity.UNSCHEDULED_CALL: nordic_codes.AUCTION,
    Liquidity.CLOSING_CALL: nordic_codes.AUCTION,
    Liquidity.CLOSING_PRICE: nordic_codes.AUCTION,
    Liquidity.OPENING_IMBALANCE: nordic_codes.AUCTION,
    Liquidity.CLOSING_IMBALANCE: nordic_codes.AUCTION,
    Liquidity.ROUTED: nordic_codes.REMOVED,  # no OUCH port may ask for a route
}
IN_CONTINUOUS_TRADING: Final = (nordic_codes.LiquidityFlag.CONTINUOUS.wire, b"2")
IN_AUCTIONS: Final = {
    Liquidity.OPENING_CALL: (nordic_codes.LiquidityFlag.AUCTION.wire, b"O"),
    Liquidity.INTRADAY_CALL: (nordic_codes.LiquidityFlag.AUCTION.wire, b"I"),
    Liquidity.UNSCHEDULED_CALL: (nordic_codes.LiquidityFlag.AUCTION.wire, b"U"),
    Liquidity.CLOSING_CALL: (nordic_codes.LiquidityFlag.AUCTION.wire, b"K"),
    Liquidity.CLOSING_PRICE: (nordic_codes.LiquidityFlag.CLOSING_PRICE.wire, b"3"),
}
MARKETS: Final = dict.fromkeys(Liquidity, IN_CONTINUOUS_TRADING) | IN_AUCTIONS
"""Where an execution was: the liquidity flag, and the trading mode in the letters of post-trade transparency (MMT)."""
BROKEN_TRADE_REASONS: Final = {
    BrokenTradeReason.ERRONEOUS: nordic_codes.BrokenTradeReason.ERRONEOUS.wire,
    BrokenTradeReason.CONSENT: nordic_codes.BrokenTradeReason.CONSENT.wire,
    BrokenTradeReason.SUPERVISORY: nordic_codes.BrokenTradeReason.SUPERVISORY.wire,
    BrokenTradeReason.EXTERNAL: nordic_codes.BrokenTradeReason.EXTERNAL.wire,
}
SYSTEM_EVENTS: Final = {
    SystemEvent.START_OF_DAY: nordic_codes.EventCode.START_OF_DAY.wire,
    SystemEvent.END_OF_DAY: nordic_codes.EventCode.END_OF_DAY.wire,
}


class Manner(NamedTuple):
    """How an order is to be handled: all but whose, what, how much and at which price."""

    buys: OrderTerms
    sells: OrderTerms
    attributes: OrderAttributes
    label: bytes


def parties_fault(parties: bytes) -> Reject | None:
    """Say what is wrong with what an order tells of those behind it: capacity, algo indicator, roles."""
    _, _, _, roles, capacity, algo = PARTIES.unpack(parties)
    if capacity not in CAPACITIES:
        return Reject.INVALID_CAPACITY
    if algo not in ALGO_INDICATORS or roles >> 2 * len(nordic_codes.PARTY_ROLES):
        return Reject.INVALID_ATTRIBUTE
    for lowest, _, roles_known in nordic_codes.PARTY_ROLES:
        if roles >> lowest & 3 not in roles_known:
            return Reject.INVALID_ATTRIBUTE
    return None


def option_fault(bad: BadOption) -> Reject:
    """Give the reason closest to an option that is unknown, doubled, of the wrong size or in the wrong message."""
    return OPTION_FAULTS.get(bad.tag, Reject.INVALID_ATTRIBUTE)


def order_attributes(options: OptionValues, base: OrderAttributes, at_close: bytes) -> OrderAttributes | Reject:
    """Give `base` with what `options` say, or what is wrong with the first bad one (ascending by tag).

    `at_close` is the letter of orders that take part in trading at the closing price.
    """
    changes: dict[str, object] = {"options": tuple(sorted(options.items()))}
    for tag, value in sorted(options.items()):
        if tag in SERVED:
            reject, served = SERVED[tag]
            if value not in served:
                return reject
        elif tag in NUMBERS:
            changes[NUMBERS[tag]] = value
        elif tag == nordic_codec.TAG_FIRM:
            assert isinstance(value, bytes)
            changes["firm"] = value.rstrip(b" ")
        elif tag == nordic_codec.TAG_TRADING_AT_CLOSING_PRICE:
            if value != at_close:
                return OPTION_FAULTS[tag]
            changes["closing_price"] = True
    peg_type = options.get(nordic_codec.TAG_PEG_TYPE)
    if isinstance(peg_type, bytes):
        changes["price_type"] = PEGS[peg_type]
    action = options.get(nordic_codec.TAG_STP_ACTION)
    if isinstance(action, bytes):
        level, group = options.get(nordic_codec.TAG_STP_LEVEL, STP_MPID), options.get(nordic_codec.TAG_STP_TRADER_GROUP)
        changes["self_match_prevention"] = SelfMatchPrevention(SelfMatchLevel.FIRM, STP_ACTIONS[action], details=False)
        changes["self_match_group"] = group if level == STP_GROUP and isinstance(group, bytes) else b""
    elif nordic_codec.TAG_STP_LEVEL in options or nordic_codec.TAG_STP_TRADER_GROUP in options:
        return Reject.INVALID_SELF_MATCH_PREVENTION
    return structs.replace(base, **changes) if options else base


def order_manner(
    parties: bytes,
    options: OptionValues,
    base: OrderAttributes,
    at_close: bytes,
    inherited: OptionValues = NO_OPTIONS,
) -> Manner | Reject:
    """Give the manner that parties and options mean, or what is wrong with the first bad one.

    For a new order `base` is what the port's orders have that carry none; for a replacement it is what the chain
    entered with, and `inherited` are the options that it had.
    """
    attributes = order_attributes(options, base, at_close)
    if isinstance(attributes, Reject):
        return attributes
    time_in_force = _letter(nordic_codec.TAG_TIME_IN_FORCE, DAY, options, inherited)
    usual = VISIBLE if attributes.price_type is not PriceType.MIDPOINT_PEG else UNSEEN
    display = _letter(nordic_codec.TAG_DISPLAY, usual, options, inherited)
    any_call = ANY_CALL if time_in_force == FOR_AUCTION else b""
    cross = CROSSES.get(_letter(nordic_codec.TAG_CROSS_TYPE, any_call, options, inherited), Cross.CONTINUOUS)
    return Manner(
        order_terms(b"B", time_in_force, display, cross, parties),
        order_terms(b"S", time_in_force, display, cross, parties),
        attributes,
        _letter(nordic_codec.TAG_ORDER_REFERENCE, b"", options, inherited),
    )


def replaced_manner(original: Order, options: OptionValues, at_close: bytes) -> Manner | Reject:
    """Give the manner of a replacement: as its options say, and else as the chain's Enter did."""
    entered = original.entered
    inherited = dict(entered.options)
    if not options and not inherited:
        return Manner(original.terms, original.terms, entered, b"")
    return order_manner(original.terms.letters[3], options, structs.replace(entered, options=()), at_close, inherited)


def _letter(tag: int, otherwise: bytes, options: OptionValues, inherited: OptionValues) -> bytes:
    """Give the text of an option, the inherited one where it is left out."""
    value = options.get(tag, inherited.get(tag, otherwise))
    assert isinstance(value, bytes)
    return value


def order_terms(side: bytes, time_in_force: bytes, display: bytes, cross: Cross, parties: bytes) -> OrderTerms:
    """Give the terms that letters mean, each of which is one that is served."""
    letters = (side, time_in_force, display, parties)
    way = Side.BUY if side == b"B" else Side.SELL
    return OrderTerms(way, TIMES_IN_FORCE[time_in_force], DISPLAYS[display], cross, False, letters)
