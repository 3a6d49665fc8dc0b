"""What each type of US risk rule may say and whom it may hold: its settings with their ranges, and the entity matrix.

One table each. `fault` finds the first thing that is wrong with the settings of a rule, and `entity_fault` with whom
it is for; the names that they blame are those that settings have over REST.

Sources: EQRC guide 2 (entity matrix), 3.1 (ranges).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.rule_instructions import LIST_TYPES, RuleEntry, RuleSettings, RuleValue

HIGHEST: Final = 2**63 - 1
"""The guide's "max long"."""
PERCENT_SCALE: Final = 10_000
"""Percentages are held in 1/10,000 of a percent."""
RANGES: Final = 6
"""Price ranges of a fat finger rule."""
HIGHEST_SHARES: Final = 999_999
HIGHEST_VOLUME_PERCENT: Final = 255
HIGHEST_FAT_FINGER_PERCENT: Final = 500
LONGEST_WINDOW: Final = 30
"""Seconds."""
BREACH_ACTIONS: Final = ("REJECT", "CANCEL_ALL", "CANCEL_NON_CROSS")
THRESHOLDS: Final = ("watch", "warn", "action")
EXPOSURES: Final = ("open", "executed", "notional")
BROKER_LENGTH: Final = 4
"""Letters of a locate broker's name, at most."""
MOST_BROKERS: Final = 500
"""Brokers of one rule: each short sale looks through them."""


class Number(NamedTuple):
    """A whole number within a range, perhaps a multiple of a step only."""

    lowest: int = 0
    highest: int = HIGHEST
    multiple_of: int = 1


class Switch(NamedTuple):
    """On or off."""


class Choice(NamedTuple):
    """One of some words."""

    words: tuple[str, ...]


class Ranges(NamedTuple):
    """A fat finger's six pairs of ticks and 1/10,000 of a percent."""


class Brokers(NamedTuple):
    """Names of locate brokers."""


Setting = Number | Switch | Choice | Ranges | Brokers

SECONDS: Final = Number(1, LONGEST_WINDOW)
SETTINGS: Final[dict[str, dict[str, Setting]]] = {
    "max-shares": {"limit": Number(0, HIGHEST_SHARES)},
    "max-notional": {"limit": Number(multiple_of=1_000)},
    "adv": {"percent": Number(0, HIGHEST_VOLUME_PERCENT * PERCENT_SCALE), "minimum_volume": Number()},
    "order-type": {
        "reject_intermarket_sweep": Switch(),
        "reject_short_sale": Switch(),
        "reject_non_auction_market": Switch(),
        "reject_pre_market": Switch(),
        "reject_post_market": Switch(),
        "reject_short_sale_exempt": Switch(),
        "reject_ipo_market_buy": Switch(),
    },
    "shares-located": {"require_locate": Switch(), "include_short_sale_exempt": Switch(), "brokers": Brokers()},
    "restricted-stock": {"enabled": Switch()},
    "hard-to-borrow": {"enabled": Switch()},
    "market-impact": {"enabled": Switch()},
    "fat-finger": {
        "ranges": Ranges(),
        "include_auction": Switch(),
        "include_intermarket_sweep": Switch(),
        "aggressive_only": Switch(),
    },
    "order-rate": {
        "max_duplicates": Number(),
        "duplicate_window": SECONDS,
        "max_port_messages": Number(),
        "port_window": SECONDS,
        "max_symbol_messages": Number(),
        "symbol_window": SECONDS,
    },
    "gross-exposure": {
        **{f"{name}_{threshold}": Number(1) for name in EXPOSURES for threshold in THRESHOLDS},
        "breach_action": Choice(BREACH_ACTIONS),
    },
}
"""The settings of each type, as the engine names them."""
REQUIRED: Final = {
    "max-shares": ("limit",),
    "max-notional": ("limit",),
    "adv": ("percent",),
    "fat-finger": ("ranges",),
}
"""Settings without which a rule of a type says nothing."""
DEFAULTS: Final[dict[str, RuleSettings]] = {
    "restricted-stock": {"enabled": True},
    "hard-to-borrow": {"enabled": True},
    "market-impact": {"enabled": True},
    "fat-finger": {"include_auction": False, "include_intermarket_sweep": True, "aggressive_only": False},
    "order-rate": {"duplicate_window": 1, "port_window": 1, "symbol_window": 1},
    "gross-exposure": {"breach_action": "REJECT"},
}
"""What a setting is that a new rule does not name."""
WORDS: Final = {"include_intermarket_sweep": "includeIso", "reject_intermarket_sweep": "rejectIso"}
"""Settings whose names over REST are not their own in other letters."""

MPID, PORT, GROUP, SYMBOL, PORT_SYMBOL = "MPID", "MPID and port", "MPID and group", "MPID and symbols", "all but group"
ENTITIES: Final = {
    "max-shares": (MPID, PORT),
    "max-notional": (MPID, PORT),
    "adv": (MPID, PORT),
    "order-type": (MPID, PORT),
    "shares-located": (MPID, PORT, SYMBOL, PORT_SYMBOL),
    "restricted-stock": (SYMBOL, PORT_SYMBOL),
    "hard-to-borrow": (SYMBOL, PORT_SYMBOL),
    "fat-finger": (MPID, PORT),
    "market-impact": (MPID, PORT),
    "order-rate": (PORT,),
    "gross-exposure": (MPID, PORT, GROUP),
}
"""The entity matrix: for whom a rule of each type may be made."""


class Fault(NamedTuple):
    """What is wrong, by the name that it has over REST."""

    field: str
    message: str


def rest_name(name: str) -> str:
    """Give the name that a setting has over REST."""
    if name in WORDS:
        return WORDS[name]
    exposure, _, threshold = name.partition("_")
    if exposure in EXPOSURES and threshold in THRESHOLDS:
        return f"{exposure}.{threshold}"
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def entity_fault(rule: RuleEntry) -> Fault | None:
    """Find why a rule of its type may not be for whom it names."""
    allowed = ENTITIES.get(rule.type)
    if allowed is None:
        return Fault("type", f"no such type: {rule.type}; there are {', '.join(ENTITIES)}")
    if rule.group_id is not None and (GROUP not in allowed or rule.port is not None or rule.symbols):
        return Fault("groupId", f"a rule of type {rule.type} is for {' or '.join(allowed)}")
    if rule.port is None and not {MPID, SYMBOL}.intersection(allowed) and rule.group_id is None:
        return Fault("port", f"a rule of type {rule.type} is for {' or '.join(allowed)}: name the port")
    if rule.symbols and SYMBOL not in allowed:
        return Fault("symbols", f"a rule of type {rule.type} is for {' or '.join(allowed)}, in every symbol")
    if not rule.symbols and rule.type in LIST_TYPES:
        return Fault("symbols", f"a rule of type {rule.type} needs symbols")
    return None


def fault(rule_type: str, settings: RuleSettings) -> Fault | None:
    """Find the first thing that is wrong with the whole settings of a rule."""
    known = SETTINGS[rule_type]
    for name, value in settings.items():
        setting = known.get(name)
        if setting is None:
            return Fault(f"settings.{rest_name(name)}", f"a rule of type {rule_type} has no such setting")
        if value is not None:
            found = _value_fault(f"settings.{rest_name(name)}", setting, value)
            if found is not None:
                return found
    for name in REQUIRED.get(rule_type, ()):
        if settings.get(name) is None:
            return Fault(f"settings.{rest_name(name)}", "is required")
    return _order_fault(settings) if rule_type == "gross-exposure" else None


def _value_fault(field: str, setting: Setting, value: RuleValue) -> Fault | None:
    match setting:
        case Number(lowest, highest, multiple_of):
            if not isinstance(value, int) or isinstance(value, bool):
                return Fault(field, "must be a whole number")
            if not lowest <= value <= highest:
                scale = PERCENT_SCALE if field.endswith("ercent") else 1
                return Fault(field, f"must be from {lowest // scale:,} to {highest // scale:,}")
            return Fault(field, f"must be a multiple of {multiple_of:,}") if value % multiple_of else None
        case Switch():
            return None if isinstance(value, bool) else Fault(field, "must be true or false")
        case Choice(words):
            return None if value in words else Fault(field, f"must be one of {', '.join(words)}")
        case Ranges():
            return _ranges_fault(field, value)
        case Brokers():
            return _brokers_fault(field, value)


def _ranges_fault(field: str, value: RuleValue) -> Fault | None:
    if not isinstance(value, tuple | list) or len(value) != RANGES:
        return Fault(field, f"must be {RANGES} ranges")
    for place, pair in enumerate(value):
        if not isinstance(pair, tuple | list):
            return Fault(f"{field}[{place}]", "must be an amount and a percent")
        amount, percent = pair
        if not 0 <= amount <= HIGHEST:
            return Fault(f"{field}[{place}].amount", f"must be from 0 to {HIGHEST // PERCENT_SCALE:,}")
        if not 0 <= percent <= HIGHEST_FAT_FINGER_PERCENT * PERCENT_SCALE:
            return Fault(f"{field}[{place}].percent", f"must be from 0 to {HIGHEST_FAT_FINGER_PERCENT}")
    return None


def _brokers_fault(field: str, value: RuleValue) -> Fault | None:
    if not isinstance(value, tuple | list):
        return Fault(field, "must be a list of brokers")
    if len(value) > MOST_BROKERS:
        return Fault(field, f"must be no more than {MOST_BROKERS} brokers")
    for place, broker in enumerate(value):
        sound = isinstance(broker, str) and broker.isascii() and broker.isalnum() and len(broker) <= BROKER_LENGTH
        if not sound:
            return Fault(f"{field}[{place}]", f"must be 1 to {BROKER_LENGTH} letters or digits")
    return None


def _order_fault(settings: RuleSettings) -> Fault | None:
    """Find thresholds that are not in order."""
    for exposure in EXPOSURES:
        before = 0
        for threshold in THRESHOLDS:
            value = settings.get(f"{exposure}_{threshold}")
            if isinstance(value, int):
                if value < before:
                    return Fault(f"settings.{exposure}.{threshold}", f"must not be under the one before it, {before:,}")
                before = value
    return None
