"""What the letters and options of US OUCH 5.0 mean to the engine, and which reason each refusal has on the wire.

Everything that makes this the US dialect of an order stands here as tables; `port.py` has the behaviour. Values that
the document does not list are refused with the closest reason (OUCH 5.0 §5, §7).
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from engine.api import (
    BrokenTradeReason,
    CancelReason,
    Cross,
    Display,
    Liquidity,
    OrderAttributes,
    OrderTerms,
    Port,
    PriceType,
    Reject,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    Side,
    SystemEvent,
    TimeInForce,
)
from ouch import codec, codes
from ouch.codes import RejectReason
from wire.record import BadOption

Letters = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
"""Side, time in force, display, capacity, inter-market sweep eligibility and cross type, as on the wire."""
OptionValues = dict[int, int | bytes]
"""Options by tag, as the codec reads them."""

SIDES: Final = {b"B": Side.BUY, b"S": Side.SELL, b"T": Side.SELL_SHORT, b"E": Side.SELL_SHORT_EXEMPT}
TIMES_IN_FORCE: Final = {
    b"0": TimeInForce.DAY,
    b"3": TimeInForce.IMMEDIATE_OR_CANCEL,
    b"5": TimeInForce.EXTENDED_HOURS,
    b"6": TimeInForce.GOOD_TILL_TIME,
    b"E": TimeInForce.AFTER_HOURS,
}
IMMEDIATE_OR_CANCEL: Final = codes.TimeInForce.IOC.wire
SHORTENED: Final = frozenset({b"0", b"5"})
HIDDEN: Final = codes.Display.HIDDEN.wire
DISPLAYS: Final = {b"Y": Display.VISIBLE, b"N": Display.HIDDEN, b"A": Display.ATTRIBUTABLE}
CAPACITIES: Final = frozenset(capacity.wire for capacity in codes.Capacity)
SWEEPS: Final = {b"Y": True, b"N": False}
CROSSES: Final = {
    b"N": Cross.CONTINUOUS,
    b"O": Cross.OPENING,
    b"C": Cross.CLOSING,
    b"H": Cross.HALT,
    b"S": Cross.SUPPLEMENTAL,
    b"R": Cross.RETAIL,
    b"E": Cross.EXTENDED_LIFE,
    b"A": Cross.AFTER_HOURS_CLOSE,
}
PRICE_TYPES: Final = {
    b"L": PriceType.LIMIT,
    b"P": PriceType.MARKET_PEG,
    b"M": PriceType.MIDPOINT_PEG,
    b"R": PriceType.PRIMARY_PEG,
    b"Q": PriceType.MARKET_MAKER_PEG,
    b"m": PriceType.MIDPOINT,
}
AIQ_PORT_DEFAULT: Final = codes.AIQStrategy.PORT_DEFAULT.wire
AIQ_GROUP_DEFAULT: Final = b"**"
AIQ_LEVELS: Final = {
    SelfMatchLevel.FIRM: "YDOWR",
    SelfMatchLevel.ORGANIZATION: "ydowr",
    SelfMatchLevel.AFFILIATE: "ZEPXS",
    SelfMatchLevel.ANY: "01245",
}
AIQ_ACTIONS: Final = (
    (SelfMatchAction.DECREMENT_BOTH, False),
    (SelfMatchAction.DECREMENT_BOTH, True),
    (SelfMatchAction.CANCEL_OLDEST, True),
    (SelfMatchAction.CANCEL_NEWEST, True),
    (SelfMatchAction.USE_REMOVER, True),
)
"""Action and whether with details, in the order of each level's letters."""
AIQ_STRATEGIES: Final[dict[bytes, SelfMatchPrevention | None]] = {
    letter.encode(): SelfMatchPrevention(level, action, details)
    for level, row in AIQ_LEVELS.items()
    for letter, (action, details) in zip(row, AIQ_ACTIONS, strict=True)
} | {codes.AIQStrategy.DISABLED.wire: None}
"""What each AIQ strategy means; `*` is the port's own."""
AIQ_LETTERS: Final = {strategy: letter for letter, strategy in AIQ_STRATEGIES.items()}

REASONS: Final = {
    Reject.INVALID_SIDE: RejectReason.INVALID_SIDE,
    Reject.INVALID_QUANTITY: RejectReason.INVALID_QUANTITY,
    Reject.INVALID_SYMBOL: RejectReason.INVALID_SYMBOL,
    Reject.INVALID_PRICE: RejectReason.INVALID_PRICE,
    Reject.INVALID_TICK: RejectReason.INVALID_PRICE,
    Reject.INVALID_TIME_IN_FORCE: RejectReason.OTHER,
    Reject.INVALID_DISPLAY: RejectReason.INVALID_DISPLAY,
    Reject.INVALID_CAPACITY: RejectReason.OTHER,
    Reject.INVALID_INTERMARKET_SWEEP: RejectReason.ISO_NOT_ALLOWED,
    Reject.INVALID_CROSS: RejectReason.INVALID_CROSS_ORDER,
    Reject.CALL_MISSED: RejectReason.INVALID_CROSS_ORDER,
    Reject.REPLACE_NOT_ALLOWED: RejectReason.REPLACE_NOT_ALLOWED,
    Reject.CANCEL_PENDING: RejectReason.CANCEL_PENDING,
    Reject.NO_CLOSING_REFERENCE: RejectReason.NO_CLOSING_REFERENCE_PRICE,
    Reject.INVALID_PRICE_TYPE: RejectReason.INVALID_PEG_TYPE,
    Reject.INVALID_MINIMUM_QUANTITY: RejectReason.INVALID_MIN_QUANTITY,
    Reject.INVALID_MAX_FLOOR: RejectReason.INVALID_MAX_FLOOR,
    Reject.INVALID_SELF_MATCH_PREVENTION: RejectReason.INVALID_AIQ,
    Reject.INVALID_EXPIRE_TIME: RejectReason.OTHER,
    Reject.INVALID_ATTRIBUTE: RejectReason.OTHER,
    Reject.PEGGING_NOT_SERVED: RejectReason.PEGGING_NOT_ALLOWED,
    Reject.ROUTING_NOT_SERVED: RejectReason.ROUTING_NOT_ALLOWED,
    Reject.RETAIL_NOT_SERVED: RejectReason.RETAIL_NOT_ALLOWED,
    Reject.AFTER_HOURS_CLOSED: RejectReason.OTHER,
    Reject.FIRM_NOT_AUTHORIZED: RejectReason.FIRM_NOT_AUTHORIZED,
    Reject.HALTED: RejectReason.HALTED,
    Reject.MARKET_CLOSED: RejectReason.DESTINATION_CLOSED,
    Reject.ENTRY_DISABLED: RejectReason.FIRM_NOT_AUTHORIZED,
    Reject.PORT_MESSAGE_RATE: RejectReason.RISK_PORT_RATE,
    Reject.RESTRICTED_STOCK: RejectReason.RISK_RESTRICTED_STOCK,
    Reject.MAXIMUM_SHARES: RejectReason.RISK_MAX_QUANTITY,
    Reject.MAXIMUM_NOTIONAL: RejectReason.RISK_SINGLE_ORDER_NOTIONAL,
    Reject.FAT_FINGER: RejectReason.RISK_FAT_FINGER,
    Reject.SYMBOL_MESSAGE_RATE: RejectReason.RISK_SYMBOL_RATE,
    Reject.DUPLICATE_ORDER: RejectReason.RISK_DUPLICATE_RATE,
    Reject.HARD_TO_BORROW: RejectReason.RISK_SHORT_SELL_RESTRICTED,
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: RejectReason.RISK_ISO_NOT_ALLOWED,
    Reject.SHORT_SALE_NOT_ALLOWED: RejectReason.RISK_SHORT_SELL_NOT_ALLOWED,
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: RejectReason.RISK_SHORT_SELL_EXEMPT_NOT_ALLOWED,
    Reject.MARKET_ORDER_NOT_ALLOWED: RejectReason.RISK_MARKET_ORDER_NOT_ALLOWED,
    Reject.PRE_MARKET_NOT_ALLOWED: RejectReason.RISK_PRE_MARKET_NOT_ALLOWED,
    Reject.POST_MARKET_NOT_ALLOWED: RejectReason.RISK_POST_MARKET_NOT_ALLOWED,
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: RejectReason.RISK_IPO_MARKET_BUY_NOT_ALLOWED,
    Reject.LOCATE_REQUIRED: RejectReason.RISK_LOCATE_REQUIRED,
    Reject.LOCATE_BROKER: RejectReason.RISK_LOCATE_REQUIRED,
    Reject.AVERAGE_DAILY_VOLUME: RejectReason.RISK_EXCEEDS_ADV,
    Reject.MARKET_IMPACT: RejectReason.RISK_MARKET_IMPACT,
    Reject.GROSS_EXPOSURE: RejectReason.RISK_AGGREGATE_EXPOSURE,
    Reject.QUOTE_UNAVAILABLE: RejectReason.QUOTE_UNAVAILABLE,
    Reject.CROSSED_MARKET: RejectReason.CROSSED_MARKET,
    Reject.DISCRETION_NOT_SERVED: RejectReason.OTHER,
    Reject.LOW_DISK_SPACE: RejectReason.PROCESSING_ERROR,
    # What follows are checks of Nordic markets, which no order of this dialect meets: the closest there is.
    Reject.UNKNOWN_USER: RejectReason.FIRM_NOT_AUTHORIZED,
    Reject.ACCOUNT_BLOCKED: RejectReason.FIRM_NOT_AUTHORIZED,
    Reject.PORT_ORDER_RATE: RejectReason.RISK_PORT_RATE,
    Reject.RESTRICTED_SEGMENT: RejectReason.RISK_RESTRICTED_STOCK,
    Reject.RESTRICTED_SYMBOL: RejectReason.RISK_RESTRICTED_STOCK,
    Reject.MAXIMUM_ORDER_QUANTITY: RejectReason.RISK_MAX_QUANTITY,
    Reject.MAXIMUM_ORDER_VALUE: RejectReason.RISK_SINGLE_ORDER_NOTIONAL,
    Reject.CONTINUOUS_FAT_FINGER: RejectReason.RISK_FAT_FINGER,
    Reject.ACCOUNT_ORDER_RATE: RejectReason.RISK_SYMBOL_RATE,
    Reject.LOCKED_IN_CURRENCY: RejectReason.RISK_AGGREGATE_EXPOSURE,
    Reject.MAXIMUM_AUCTION_QUANTITY: RejectReason.RISK_MAX_QUANTITY,
    Reject.MAXIMUM_AUCTION_VALUE: RejectReason.RISK_SINGLE_ORDER_NOTIONAL,
    Reject.AUCTION_FAT_FINGER: RejectReason.RISK_FAT_FINGER,
    Reject.MARKET_ORDER_PREVENTION: RejectReason.RISK_MARKET_ORDER_NOT_ALLOWED,
    Reject.MARKET_ORDER_EQUILIBRIUM: RejectReason.RISK_MARKET_ORDER_NOT_ALLOWED,
    Reject.MARKET_ORDER_REFERENCE: RejectReason.RISK_MARKET_ORDER_NOT_ALLOWED,
}
"""The wire's reason for each of the engine's; total, which a test holds it to."""
OPTION_FAULTS: Final = {
    codec.TAG_FIRM: Reject.FIRM_NOT_AUTHORIZED,
    codec.TAG_MIN_QTY: Reject.INVALID_MINIMUM_QUANTITY,
    codec.TAG_MAX_FLOOR: Reject.INVALID_MAX_FLOOR,
    codec.TAG_RANDOM_RESERVES: Reject.INVALID_MAX_FLOOR,
    codec.TAG_PRICE_TYPE: Reject.INVALID_PRICE_TYPE,
    codec.TAG_DISCRETION_PRICE_TYPE: Reject.INVALID_PRICE_TYPE,
    codec.TAG_PEG_OFFSET: Reject.INVALID_PRICE_TYPE,
    codec.TAG_ROUTE: Reject.ROUTING_NOT_SERVED,
    codec.TAG_HANDLE_INST: Reject.INVALID_CROSS,
    codec.TAG_EXPIRE_TIME: Reject.INVALID_EXPIRE_TIME,
    codec.TAG_SIDE: Reject.INVALID_SIDE,
    codec.TAG_AIQ_STRATEGY: Reject.INVALID_SELF_MATCH_PREVENTION,
    codec.TAG_AIQ_GROUP_ID: Reject.INVALID_SELF_MATCH_PREVENTION,
}
"""The reason closest to an option that may not stand as it does; every other option's is `INVALID_ATTRIBUTE`."""
CANCEL_REASONS: Final = {
    CancelReason.USER: codes.CancelReason.USER_REQUESTED.wire,
    CancelReason.IMMEDIATE_OR_CANCEL: codes.CancelReason.IMMEDIATE.wire,
    CancelReason.EXPIRED: codes.CancelReason.TIMEOUT.wire,
    CancelReason.SUPERVISORY: codes.CancelReason.SUPERVISORY.wire,
    CancelReason.SYSTEM: codes.CancelReason.SYSTEM.wire,
    CancelReason.POST_ONLY_DISPLAYED: codes.CancelReason.POST_ONLY_DISPLAYED.wire,
    CancelReason.POST_ONLY_RULE: codes.CancelReason.POST_ONLY_MARKET_RULES.wire,
    CancelReason.SELF_MATCH: codes.CancelReason.SELF_MATCH.wire,
    CancelReason.CALL_OVER: codes.CancelReason.TIMEOUT.wire,
    CancelReason.REGULATORY: codes.CancelReason.REGULATORY.wire,
    CancelReason.BLOW_THROUGH: codes.CancelReason.COLLARS.wire,  # Nordic markets only: the closest there is
    CancelReason.MARKET_HOURS_OVER: codes.CancelReason.CLOSED.wire,
    CancelReason.HALT_OUTLASTED_CROSS: codes.CancelReason.HALTED.wire,
    CancelReason.OPEN_PROTECTION: codes.CancelReason.OPEN_PROTECTION.wire,
}
LIQUIDITY_FLAGS: Final = {
    Liquidity.ADDED: codes.LiquidityFlag.ADDED.wire,
    Liquidity.REMOVED: codes.LiquidityFlag.REMOVED.wire,
    Liquidity.ADDED_HIDDEN: codes.LiquidityFlag.ADDED_HIDDEN.wire,
    Liquidity.ADDED_RESERVE: codes.LiquidityFlag.ADDED_HIDDEN_RESERVE.wire,
    Liquidity.ADDED_MIDPOINT: codes.LiquidityFlag.ADDED_MIDPOINT.wire,
    Liquidity.REMOVED_MIDPOINT: codes.LiquidityFlag.REMOVED_MIDPOINT.wire,
    Liquidity.OPENING_CALL: codes.LiquidityFlag.OPENING_CROSS.wire,
    Liquidity.INTRADAY_CALL: codes.LiquidityFlag.HALT_CROSS.wire,
    Liquidity.UNSCHEDULED_CALL: codes.LiquidityFlag.HALT_IPO_CROSS.wire,
    Liquidity.CLOSING_CALL: codes.LiquidityFlag.CLOSING_CROSS.wire,
    Liquidity.CLOSING_PRICE: codes.LiquidityFlag.CLOSING_CROSS.wire,  # no US market trades at its closing price
    Liquidity.OPENING_IMBALANCE: codes.LiquidityFlag.OPENING_IMBALANCE.wire,
    Liquidity.CLOSING_IMBALANCE: codes.LiquidityFlag.CLOSING_IMBALANCE.wire,
    Liquidity.ROUTED: codes.LiquidityFlag.REMOVED.wire,  # no OUCH port may ask for a route
}

BROKEN_TRADE_REASONS: Final = {
    BrokenTradeReason.ERRONEOUS: codes.BrokenTradeReason.ERRONEOUS.wire,
    BrokenTradeReason.CONSENT: codes.BrokenTradeReason.CONSENT.wire,
    BrokenTradeReason.SUPERVISORY: codes.BrokenTradeReason.SUPERVISORY.wire,
    BrokenTradeReason.EXTERNAL: codes.BrokenTradeReason.EXTERNAL.wire,
}
SYSTEM_EVENTS: Final = {
    SystemEvent.START_OF_DAY: codes.EventCode.START_OF_DAY.wire,
    SystemEvent.END_OF_DAY: codes.EventCode.END_OF_DAY.wire,
}
IMBALANCE_ONLY: Final = codes.HandleInst.IMBALANCE_ONLY.wire
SERVED_INSTRUCTIONS: Final = frozenset({IMBALANCE_ONLY, codes.HandleInst.NONE.wire})
NUMBERS: Final[dict[int, str]] = {
    codec.TAG_MIN_QTY: "minimum_quantity",
    codec.TAG_MAX_FLOOR: "max_floor",
    codec.TAG_RANDOM_RESERVES: "random_reserve",
    codec.TAG_PEG_OFFSET: "peg_offset",
    codec.TAG_DISCRETION_PRICE: "discretion_price",
    codec.TAG_DISCRETION_PEG_OFFSET: "discretion_peg_offset",
    codec.TAG_EXPIRE_TIME: "expire_time",
    codec.TAG_GROUP_ID: "group_id",
}
"""Options that are a number, and the attribute that holds it."""
TEXTS: Final[dict[int, str]] = {
    codec.TAG_FIRM: "firm",
    codec.TAG_LOCATE_BROKER: "locate_broker",
    codec.TAG_ROUTE: "route",
    codec.TAG_AIQ_GROUP_ID: "self_match_group",
}
"""Options that are free text; blanks say the port's default, and so do the asterisks of an AIQ group."""
LETTERS: Final[dict[int, tuple[str, dict[bytes, object]]]] = {
    codec.TAG_PRICE_TYPE: ("price_type", dict(PRICE_TYPES)),
    codec.TAG_DISCRETION_PRICE_TYPE: (
        "discretion_price_type",
        {letter.wire: PRICE_TYPES[letter.wire] for letter in codes.DiscretionPriceType},
    ),
    codec.TAG_POST_ONLY: ("post_only", {b"P": True, b"N": False}),
    codec.TAG_SHARES_LOCATED: ("shares_located", {b"Y": True, b"N": False}),
    codec.TAG_CUSTOMER_TYPE: ("", dict.fromkeys(letter.wire for letter in codes.CustomerType)),
    codec.TAG_TRADE_NOW: ("", dict.fromkeys(letter.wire for letter in codes.TradeNow)),
    codec.TAG_HANDLE_INST: (
        "handling_instruction",
        {letter.wire: letter.wire not in SERVED_INSTRUCTIONS for letter in codes.HandleInst},
    ),
    codec.TAG_AIQ_STRATEGY: ("self_match_prevention", dict(AIQ_STRATEGIES)),
}
"""Options that are one of some letters: the attribute that holds it ("" where the market does not use it yet)."""

KNOWN_TERMS: Final[dict[Letters, OrderTerms]] = {}
"""The terms met so far, one shared object for equal letters: 3,840 at the most."""


def order_terms(letters: Letters) -> OrderTerms | Reject:
    """Give the terms that six letters mean, one shared object for equal letters, or the fault of the first bad one."""
    terms = KNOWN_TERMS.get(letters)
    if terms is not None:
        return terms
    side, time_in_force, display, capacity, sweep, cross = letters
    if side not in SIDES:
        return Reject.INVALID_SIDE
    if time_in_force not in TIMES_IN_FORCE:
        return Reject.INVALID_TIME_IN_FORCE
    if display not in DISPLAYS:
        return Reject.INVALID_DISPLAY
    if capacity not in CAPACITIES:
        return Reject.INVALID_CAPACITY
    if sweep not in SWEEPS:
        return Reject.INVALID_INTERMARKET_SWEEP
    if cross not in CROSSES:
        return Reject.INVALID_CROSS
    terms = KNOWN_TERMS[letters] = OrderTerms(
        SIDES[side], TIMES_IN_FORCE[time_in_force], DISPLAYS[display], CROSSES[cross], SWEEPS[sweep], letters
    )
    return terms


def option_fault(bad: BadOption) -> Reject:
    """Give the reason closest to an option that is unknown, doubled, of the wrong size or in the wrong message."""
    return OPTION_FAULTS.get(bad.tag, Reject.INVALID_ATTRIBUTE)


def order_attributes(options: OptionValues, base: OrderAttributes, port: Port) -> OrderAttributes | Reject:
    """Give `base` with what `options` say, or what is wrong with the first bad one (ascending by tag).

    For a new order `base` is what the port's orders have that carry none, for a replacement what the chain had.
    """
    if options.get(codec.TAG_AIQ_STRATEGY) == AIQ_PORT_DEFAULT:
        options = {**options, codec.TAG_AIQ_STRATEGY: AIQ_LETTERS[port.plain.self_match_prevention]}
    changes: dict[str, object] = {"options": tuple(sorted(options.items()))}
    for tag, value in sorted(options.items()):
        if tag in LETTERS:
            name, meanings = LETTERS[tag]
            if value not in meanings:
                return OPTION_FAULTS.get(tag, Reject.INVALID_ATTRIBUTE)
            if name:
                changes[name] = meanings[value]
        elif tag in NUMBERS:
            changes[NUMBERS[tag]] = value
        elif tag in TEXTS:
            assert isinstance(value, bytes)
            is_default = tag == codec.TAG_AIQ_GROUP_ID and value == AIQ_GROUP_DEFAULT
            changes[TEXTS[tag]] = b"" if is_default else value.rstrip(b" ")
    if not options and base is port.plain:
        return base
    if codec.TAG_HANDLE_INST in options:
        changes["imbalance_only"] = options[codec.TAG_HANDLE_INST] == IMBALANCE_ONLY
    return structs.replace(base, **changes)


def accepted_letters(letters: Letters, attributes: OrderAttributes) -> Letters:
    """Give the terms on which an order is taken: with a minimum quantity it is never displayed, so it won't rest.

    (Equity 4, Rule 4703(e): a displayed one is accepted as immediate or cancel.)
    """
    side, time_in_force, display, capacity, sweep, cross = letters
    if attributes.minimum_quantity and display != HIDDEN and time_in_force in SHORTENED:
        return side, IMMEDIATE_OR_CANCEL, display, capacity, sweep, cross
    return letters


def replaced_letters(letters: Letters, options: OptionValues, attributes: OrderAttributes | Reject) -> Letters:
    """Give the terms on which a replacement is taken: on the side that it names, else on its original's."""
    old_side, *others = letters
    side = options.get(codec.TAG_SIDE, old_side)
    assert isinstance(side, bytes)
    letters = (side, *others)  # type: ignore[assignment]  # five letters, as they came
    return letters if isinstance(attributes, Reject) else accepted_letters(letters, attributes)
