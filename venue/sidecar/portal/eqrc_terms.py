"""The tabs of the rules page, with the kinds of rules in each, and what forms ask of a rule of a kind.

Names and ranges of settings are those of the engine's table (`engine.risk.rule_terms`); here they get the words that
people read. Boxes of order types are worded as the guide's: ticked is allowed.

Source: EQRC guide 2 and 3 (tabs, dialogs).
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from engine.risk.rule_terms import (
    ENTITIES,
    EXPOSURES,
    GROUP,
    HIGHEST,
    HIGHEST_FAT_FINGER_PERCENT,
    MPID,
    PERCENT_SCALE,
    REQUIRED,
    SETTINGS,
    SYMBOL,
    Choice,
    Number,
    Ranges,
    Setting,
    Switch,
    rest_name,
)
from engine.rule_instructions import LIST_TYPES

ALERTS: Final = "alerts"
"""The tab that has no rules."""


class Tab(NamedTuple):
    """A tab: its key in addresses, its title, the kinds of rules in it."""

    key: str
    title: str
    types: tuple[str, ...]


TABS: Final = {
    tab.key: tab
    for tab in (
        Tab("fat-finger", "Fat Finger", ("fat-finger",)),
        Tab("restricted-stock", "Restricted Stock", ("restricted-stock",)),
        Tab("short-sale", "Short Sale", ("hard-to-borrow",)),
        Tab("market-impact", "Market Impact Check", ("market-impact",)),
        Tab("order-type", "Order Type", ("order-type", "max-notional", "max-shares", "shares-located")),
        Tab("adv", "Average Daily Volume", ("adv",)),
        Tab("order-rate", "Order Rate Thresholds", ("order-rate",)),
        Tab("gross-exposure", "Gross Exposure", ("gross-exposure",)),
        Tab(ALERTS, "Alert Configurations", ()),
    )
}
TYPE_NAMES: Final = {
    "fat-finger": "Fat Finger",
    "restricted-stock": "Restricted Stock",
    "hard-to-borrow": "Hard To Borrow",
    "market-impact": "Market Impact Check",
    "order-type": "Order Type",
    "max-notional": "Maximum Notional Value",
    "max-shares": "Maximum Shares",
    "shares-located": "Shares Located",
    "adv": "Single Order ADV",
    "order-rate": "Order Rate Thresholds",
    "gross-exposure": "Gross Exposure",
}
TILES: Final = {
    "FAT_FINGER": "Fat Finger",
    "DUPLICATE_ORDER": "Duplicative Order",
    "PORT_MESSAGE_RATE": "Port Message Rate",
    "SYMBOL_MESSAGE_RATE": "Symbol Message Rate",
    "HARD_TO_BORROW": "Hard To Borrow",
    "MARKET_IMPACT": "Market Impact",
    "AVERAGE_DAILY_VOLUME": "Single Order ADV",
    "RESTRICTED_STOCK": "Restricted Stock",
    "order-type": "Order Type",
    "max-shares": "Maximum Shares",
    "max-notional": "Maximum Notional",
    "shares-located": "Shares Located",
    "gross-exposure": "Gross Exposure",
}
"""What is counted as one: a reason to refuse orders, or all reasons of a kind of rule."""
SHUT_BY: Final = {
    "PORT_MESSAGE_RATE": "its message rate was over the limit",
    "SYMBOL_MESSAGE_RATE": "its message rate in one symbol was over the limit",
    "DUPLICATE_ORDER": "it sent too many identical orders",
}
RANGES: Final = ("Under $1", "$1 to $10", "$10 to $50", "$50 to $100", "$100 to $500", "$500 and more")
"""A fat finger's ranges of reference prices."""
ACTIONS: Final = {
    "REJECT": "Reject new orders",
    "CANCEL_ALL": "Cancel all",
    "CANCEL_NON_CROSS": "Cancel non cross",
}
ORDER_TYPES: Final = {
    "rejectIso": "ISO Orders",
    "rejectShortSale": "Short Sale Orders",
    "rejectNonAuctionMarket": "Non-Auction Market Orders",
    "rejectPreMarket": "Pre Market Trading",
    "rejectPostMarket": "Post Market Trading",
    "rejectShortSaleExempt": "Short Sale Exempt Orders",
    "rejectIpoMarketBuy": "IPO Buy Market Orders",
}
LABELS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "max-shares": {"limit": ("Maximum shares", "An order for more is refused.")},
    "max-notional": {"limit": ("Maximum value (USD)", "In thousands; an order worth more is refused.")},
    "adv": {
        "percent": ("Percent of volume", "Of the average daily volume of 20 days."),
        "minimumVolume": ("Minimum volume", "Shares that count at least, however little is traded."),
    },
    "order-type": {name: (f"{words} Enabled?", "") for name, words in ORDER_TYPES.items()},
    "shares-located": {
        "requireLocate": ("Require locate", "A short sale must say that its shares are located."),
        "includeShortSaleExempt": ("Include Short Sale Exempt", ""),
        "brokers": ("Broker list", "The locate brokers that may be named, up to 4 letters or digits each; none: any."),
    },
    "restricted-stock": {"enabled": ("Enabled", "Every order in these symbols is refused.")},
    "hard-to-borrow": {"enabled": ("Enabled", "Short sales in these symbols are refused, exempt ones are not.")},
    "market-impact": {"enabled": ("Enabled", "No buy above the upper price band, no sale below the lower one.")},
    "fat-finger": {
        "includeAuction": ("Include auction orders", ""),
        "includeIso": ("Include ISO", ""),
        "aggressiveOnly": ("Aggressive only", "Only what is too far on the market's side."),
    },
    "order-rate": {
        "maxDuplicates": ("Identical orders", "The one that is more is refused, and shuts the port."),
        "duplicateWindow": ("within seconds", ""),
        "maxPortMessages": ("Messages of the port", "The one that is more shuts the port; cancels count not."),
        "portWindow": ("within seconds", ""),
        "maxSymbolMessages": ("Messages in one symbol", ""),
        "symbolWindow": ("within seconds", ""),
    },
    "gross-exposure": {"breachAction": ("Breach action", "What becomes of orders above Action.")},
}
"""What each setting is called, and a word about it, by its name over REST."""


class Field(NamedTuple):
    """A field of a form, named as the setting is over REST: `open.watch`, `ranges[0].percent`.

    `kind` is `number`, `switch`, `allowed` (a switch whose box says the opposite), `choice` or `words`.
    """

    name: str
    label: str
    hint: str = ""
    kind: str = "number"
    lowest: int = 0
    highest: int = HIGHEST
    step: str = "1"
    is_required: bool = False
    group: str = ""


@cache
def fields_of(rule_type: str) -> tuple[Field, ...]:
    """Give what a form asks of a rule of a kind, in order."""
    found: list[Field] = []
    for name, setting in SETTINGS[rule_type].items():
        found += fields(rule_type, name, setting)
    return tuple(found)


def fields(rule_type: str, engine_name: str, setting: Setting) -> list[Field]:
    """Give the fields of one setting."""
    name = rest_name(engine_name)
    exposure, _, threshold = name.partition(".")
    label, hint = LABELS[rule_type].get(name, (threshold.capitalize(), ""))
    is_required = engine_name in REQUIRED.get(rule_type, ())
    match setting:
        case Ranges():
            return [field for place, words in enumerate(RANGES) for field in range_fields(place, words)]
        case Switch():
            return [Field(name, label, hint, "allowed" if name in ORDER_TYPES else "switch")]
        case Choice():
            return [Field(name, label, hint, "choice")]
        case Number(lowest, highest, multiple_of):
            scale = PERCENT_SCALE if name == "percent" else 1
            step = "any" if scale > 1 else str(multiple_of)
            group = f"{exposure.capitalize()} (USD)" if exposure in EXPOSURES else ""
            highest = highest // scale // multiple_of * multiple_of
            is_required |= name.endswith("Window")
            return [Field(name, label, hint, "number", lowest // scale, highest, step, is_required, group)]
    return [Field(name, label, hint, "words")]


def range_fields(place: int, words: str) -> tuple[Field, Field]:
    """Give the amount and the percentage of a fat finger's range."""
    name, most = f"ranges[{place}]", HIGHEST // PERCENT_SCALE
    amount = Field(f"{name}.amount", "Amount (USD)", "", "number", 0, most, "any", group=words)
    percent = Field(f"{name}.percent", "Percent", "", "number", 0, HIGHEST_FAT_FINGER_PERCENT, "any", group=words)
    return amount, percent


def takes_symbols(rule_type: str) -> bool:
    """Whether a rule of a kind may be for some symbols alone."""
    return SYMBOL in ENTITIES[rule_type]


def needs_symbols(rule_type: str) -> bool:
    """Whether a rule of a kind is a list."""
    return rule_type in LIST_TYPES


def takes_group(rule_type: str) -> bool:
    """Whether a rule of a kind may be for a group."""
    return GROUP in ENTITIES[rule_type]


def takes_whole(rule_type: str) -> bool:
    """Whether a rule of a kind may be for all ports of an MPID."""
    return bool({MPID, SYMBOL} & set(ENTITIES[rule_type]))


class Column(NamedTuple):
    """A column of a tab's table; the first cannot be hidden."""

    key: str
    title: str
    is_number: bool = False


@cache
def columns_of(tab: Tab) -> tuple[Column, ...]:
    """Give the columns of a tab's table."""
    entity = [Column("exchange", "Exchange"), Column("mpid", "MPID"), Column("port", "Port")]
    if not tab.types:
        mail = [Column("emails", "Mail to"), Column("enabled", "Configuration Enabled?")]
        return (Column("id", "Alert"), Column("type", "Rule Type"), *entity, Column("group", "Group ID"), *mail)
    if any(map(takes_group, tab.types)):
        entity.append(Column("group", "Group ID"))
    said = [Column("type", "Kind"), Column("says", "Says")] if len(tab.types) > 1 else said_by(tab.types[0])
    symbols = [Column("symbols", "Symbols")] if any(map(takes_symbols, tab.types)) else []
    status = Column("status", "Status")
    if len(tab.types) == 1:
        said = [*symbols, *said]
        symbols = []
    return (Column("id", "Rule"), *entity, status, *said, *symbols, Column("changed", "Changed (UTC)"))


def said_by(rule_type: str) -> list[Column]:
    """Give a column for each setting, and one for those that belong together: ranges, thresholds, windows."""
    found = []
    for field in fields_of(rule_type):
        if field.name.endswith("Window") or field.name.endswith(".percent"):
            continue
        outer, dot, _ = field.name.partition(".")
        if not dot:
            found.append(Column(field.name, field.label, is_number=field.kind == "number"))
        elif all(column.key != outer for column in found):
            words = field.group if outer.startswith("ranges") else f"{outer.capitalize()}: Watch / Warn / Action"
            found.append(Column(outer, words, is_number=True))
    return found
