"""The letters and numbers of US OUCH 5.0, revision 1.05, with what they mean (6 and 7 of the document)."""

from typing import Final

SIDES: Final = {"B": "buy", "S": "sell", "T": "sell short", "E": "sell short exempt"}
TIMES_IN_FORCE: Final = {
    "0": "day",
    "3": "immediate or cancel",
    "5": "extended hours",
    "6": "good till time",
    "E": "after hours",
}
DISPLAYS: Final = {"Y": "visible", "N": "hidden", "A": "attributable"}
DISPLAYS_OUT: Final = DISPLAYS | {"Z": "conformant"}
CAPACITIES: Final = {"A": "agency", "P": "principal", "R": "riskless principal", "O": "other"}
YES_NO: Final = {"Y": "yes", "N": "no"}
CROSS_TYPES: Final = {
    "N": "continuous market",
    "O": "opening cross",
    "C": "closing cross",
    "H": "halt or IPO cross",
    "S": "supplemental",
    "R": "retail",
    "E": "extended life",
    "A": "after-hours close",
}
ORDER_STATES: Final = {"L": "live", "D": "dead"}
EVENTS: Final = {"S": "start of day", "E": "end of day"}
CANCEL_REASONS: Final = {
    "D": "regulatory restriction",
    "E": "closed",
    "F": "post only: market rules",
    "G": "post only: displayed contra order",
    "H": "halted",
    "I": "immediate or cancel",
    "K": "market collars",
    "Q": "self-match prevention",
    "S": "supervisory",
    "T": "time in force expired",
    "U": "user requested",
    "X": "opening price protection",
    "Z": "system cancel",
    "e": "direct listing, above the shares on offer",
}
BROKEN_TRADE_REASONS: Final = {"E": "erroneous", "C": "consent", "S": "supervisory", "X": "external"}
RESTATED_REASONS: Final = {"R": "display refresh", "P": "displayed price changed"}
LIQUIDITY_FLAGS: Final = {
    "A": "added",
    "R": "removed",
    "J": "added, non-displayed",
    "k": "added, midpoint",
    "m": "removed at the midpoint",
    "u": "added, non-displayed reserve",
    "e": "added, retail designated",
    "N": "passive midpoint",
    "7": "added, improved the NBBO",
    "8": "added, set the QBBO joining the NBBO",
    "O": "opening cross",
    "M": "opening cross, imbalance only",
    "C": "closing cross",
    "L": "closing cross, imbalance only",
    "H": "halt or IPO cross",
    "K": "halt cross",
    "i": "after-hours closing cross",
    "n": "midpoint extended life",
    "0": "supplemental",
    "j": "retail price improving",
    "1": "retail price improving, no indicator",
    "p": "removed price-improving non-displayed",
    "q": "retail, removed midpoint",
    "r": "retail, removed retail price improving",
    "t": "retail, removed other price-improving",
    "2": "(meaning unknown)",
    "3": "(meaning unknown)",
    "5": "(meaning unknown)",
    "9": "(meaning unknown)",
}
_SCOPES: Final = {"firm": "YDOWR", "organization": "ydowr", "affiliates": "ZEPXS", "anybody": "01245"}
_ACTIONS: Final = ("decrement both, no details", "decrement both", "cancel oldest", "cancel newest", "use remover")
AIQ_STRATEGIES: Final = {
    letter: f"{scope}: {action}"
    for scope, letters in _SCOPES.items()
    for letter, action in zip(letters, _ACTIONS, strict=True)
} | {"N": "disabled", "*": "the port's"}
PRICE_TYPES: Final = {
    "L": "limit",
    "P": "market peg",
    "M": "midpoint peg",
    "R": "primary peg",
    "Q": "market maker peg",
    "m": "midpoint",
}
DISCRETION_PRICE_TYPES: Final = {letter: PRICE_TYPES[letter] for letter in "LPMR"}
POST_ONLY: Final = {"P": "post only", "N": "no"}
CUSTOMER_TYPES: Final = {"R": "retail designated", "N": "not retail", " ": "the port's"}
TRADE_NOW: Final = YES_NO | {" ": "the port's"}
HANDLING: Final = {
    "I": "imbalance only",
    "O": "retail, type 1",
    "T": "retail, type 2",
    "Q": "retail price improvement",
    "R": "retail price improvement, hidden indicator",
    "B": "extended life plus continuous",
    "D": "direct listing capital raise",
    " ": "none",
}
BBO_WEIGHTS: Final = {
    "0": "0 to 0.2 %",
    "1": "0.2 to 1 %",
    "2": "1 to 2 %",
    "3": "above 2 %",
    " ": "unspecified",
    "S": "set the QBBO joining the NBBO",
    "N": "improved the NBBO",
}
_REASONS: Final = """
quote unavailable|destination closed|invalid display|invalid max floor|invalid peg type|fat finger|halted
ISO not allowed|invalid side|processing error|cancel pending|firm not authorized|invalid minimum quantity
no closing reference price|other|cancel not allowed|pegging not allowed|crossed market|invalid quantity
invalid cross order|replace not allowed|routing not allowed|invalid symbol|test account, real symbol
late LOC too aggressive|retail not allowed|invalid midpoint post-only price|invalid destination|invalid price
shares exceed the threshold|exceeds maximum notional value|risk: aggregate exposure|risk: market impact
risk: restricted stock|risk: short sell restricted|risk: ISO not allowed|risk: average daily volume|risk: fat finger
risk: locate required|risk: symbol message rate|risk: port message rate|risk: duplicate message rate
risk: short sell not allowed|risk: market order not allowed|risk: pre-market not allowed|risk: post-market not allowed
risk: short sell exempt not allowed|risk: single order notional|risk: maximum quantity|Reg SHO state not available
risk: IPO market buy not allowed
"""
REJECT_REASONS: Final = dict(enumerate(_REASONS.strip().replace("\n", "|").split("|"), 1)) | {0x40: "invalid AIQ"}
