"""The letters and bits of INET Nordic OUCH 5 with what they mean.

The two-byte reasons of its Rejected are not published anywhere we could read, so they are shown as numbers.
"""

from typing import Final

SIDES: Final = {"B": "buy", "S": "sell"}
TIMES_IN_FORCE: Final = {
    "0": "day",
    "1": "good till cancelled",
    "3": "immediate or cancel",
    "6": "good till time",
    "B": "good for auction",
}
DISPLAYS: Final = {
    "Y": "visible",
    "N": "hidden",
    "A": "auction on demand",
    "M": "Nordic@Mid",
    "S": "PureStream",
    "V": "auction volume discovery",
}
CROSS_TYPES: Final = dict.fromkeys("COIHA", "")
CAPACITIES: Final = {
    "1": "client (AOTC)",
    "2": "own account (DEAL)",
    "3": "market maker (DEAL)",
    "4": "issuer holding (AOTC)",
    "6": "price stabilizing (AOTC)",
    "7": "riskless principal (MTCH)",
    "8": "issuer holding (DEAL)",
    "9": "price stabilizing (DEAL)",
}
ALGO: Final = {"-": "no algorithm", "H": "algorithm"}
DEA: Final = {
    "1": "customer",
    "2": "own firm",
    "3": "other broker",
    "4": "customer or own",
    "5": "direct or sponsored access",
}
_CLIENT: Final = {0: "none", 1: "LEI or firm", 3: "natural person"}
_DECISION: Final = {0: "none", 2: "algorithm", 3: "person"}
PARTY_ROLES: Final = ((0, 2, "client", _CLIENT), (2, 2, "investment", _DECISION), (4, 2, "execution", _DECISION))
PARTY_ROLES_RESERVED: Final = 0xC0
CLIENT_SHORT_CODES: Final = {0: "NONE", 1: "AGGR", 2: "PNAL"}
EXECUTION_SHORT_CODES: Final = {3: "NORE"}
ORDER_CONDITIONS: Final = {
    "W": "market maker",
    "U": "market maker",
    "P": "top of book",
    "Q": "dark-lit sweep",
    "T": "trade now",
    "x": "sweep",
    "y": "sweep",
    "z": "sweep",
}
STP_ACTIONS: Final = {"1": "cancel passive", "2": "cancel aggressive", "3": "cancel both", "4": "transfer transaction"}
STP_LEVELS: Final = {"1": "MPID and trader", "2": "MPID", "3": "trader group"}
PEGS: Final = {"M": "midpoint", "P": "", "R": ""}
EVENTS: Final = {"S": "start of day", "E": "end of day"}
CANCEL_REASONS: Final = {
    "U": "user requested",
    "I": "immediate or cancel",
    "T": "time in force expired",
    "S": "supervisory",
    "Q": "self-trade prevention",
    "L": "hidden peg below large-in-scale",
    "N": "bad quote",
    "R": "state management",
    "B": "blow-through protection",
    "F": "PureStream firm-up",
    "P": "price",
}
LIQUIDITY_FLAGS: Final = {
    "A": "continuous",
    "C": "auction",
    "P": "auction on demand",
    "G": "trading at close price",
    "M": "mid",
    "S": "PureStream",
    "V": "volume discovery",
}
LIQUIDITY_ATTRIBUTES: Final[tuple[tuple[int, int, str, dict[int, str]], ...]] = (
    (7, 1, "self-trade", {}),
    (6, 1, "top of book", {}),
    (5, 1, "internalized", {}),
    (3, 2, "liquidity", {0: "added", 1: "removed", 2: "auction"}),
)
RESTATED_REASONS: Final = {"R": "", "P": "", "B": ""}
REFRESH_REASONS: Final = {"P": "passive", "A": "aggressive"}
