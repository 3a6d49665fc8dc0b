"""What the standard says of an answer before a scenario does: the fields that follow from what was sent.

Where a version has no such field, or another way to say it, that is told here once, so that a scenario names the rule
only. A report has a short name for each event of an order: its ExecType and OrdStatus differ between versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from conformance.fix.tags import MESSAGES, TYPES, Version

REJECT_TEXTS: Final = {
    "0": "Invalid tag number",
    "1": "Required tag missing",
    "2": "Tag not defined for this message type",
    "4": "Tag specified without a value",
    "5": "Value is incorrect (out of range) for this tag",
    "6": "Incorrect data format for value",
    "9": "CompID problem",
    "10": "SendingTime accuracy problem",
    "11": "Invalid MsgType",
    "13": "Tag appears more than once",
    "14": "Tag specified out of required order",
    "15": "Repeating group fields out of order",
    "16": "Incorrect NumInGroup count for repeating group",
}
REASON_MAX_42: Final = 11
"""FIX 4.2 has no SessionRejectReason above this one."""
ADMIN: Final = frozenset("012345A")
EXACT: Final = ADMIN | {"j"}
"""Messages of the session layer: what a scenario does not name is not to be in them."""
NONE: Final = "none"
Fields = dict[int, str]

REPORTS: Final = {
    "Accepted": (("0", "0"), ("0", "0")),
    "Rejected": (("8", "8"), ("8", "8")),
    "PartFilled": (("1", "1"), ("F", "1")),
    "Filled": (("2", "2"), ("F", "2")),
    "Canceled": (("4", "4"), ("4", "4")),
    "Expired": (("4|C", "4|C"), ("C", "C")),
    "Replaced": (("5", "5"), ("5", "0|1")),
    "PendingCancel": (("6", "6"), ("6", "6")),
    "Restated": (("D", "0|1"), ("D", "0|1")),
    "Busted": (("any", "any"), ("H", "any")),
    "Corrected": (("any", "any"), ("G", "any")),
}
"""Short names of Execution Reports: ExecType and OrdStatus up to FIX 4.2, and from FIX 4.4 on."""
SINCE: Final = {("8", 150): 41, ("8", 151): 41, ("8", 41): 41, ("8", 103): 42, ("9", 434): 42}
"""From which version on a message has a field, or the values of it that scenarios name (103)."""
TRANS_TYPES: Final = {"Busted": "1", "Corrected": "2"}
ANSWERS: Final = ("Canceled", "Replaced")
"""Reports that answer a request, and name the order that it was about by its former id."""
ECHOED: Final = (1, 40, 44, 47, 528, 59, 18, 9140, 9355, 54, 55)
"""Fields of an order that its reports give back."""
OWN: Final = (54, 55)
"""Those that no report may leave out."""
CANCEL_REJECT: Final = {"F": "1", "G": "2"}


@dataclass
class Sent:
    """A message that was sent: its type, its number, and its fields (the first of each tag)."""

    kind: str = ""
    number: int = 0
    values: Fields = field(default_factory=dict)


@dataclass
class Memory:
    """What a party has sent in a scenario: the last message, the Logon, and what it said of each order."""

    last: Sent = field(default_factory=Sent)
    logon: Sent = field(default_factory=Sent)
    named: dict[str, Sent] = field(default_factory=dict)

    def remember(self, sent: Sent) -> None:
        """Note a message."""
        self.last = sent
        if sent.kind == "A":
            self.logon = sent
        if name := sent.values.get(11):
            self.named[name] = sent


def has_field(kind: str, tag: int, version: Version) -> bool:
    """Whether a message has a field already in this version."""
    return version.rank >= SINCE.get((kind, tag), 0)


def kind_of(name: str, version: Version) -> str | None:
    """Give the MsgType that a scenario means; None where there is no such message."""
    if name in REPORTS:
        return "8"
    if name == "BusinessMessageReject" and not version.names_faults:
        return "3"
    return TYPES.get(name.lower())


def implied(name: str, written: Mapping[int, str], of: Sent | None, memory: Memory, version: Version) -> Fields:
    """Give the fields that an answer has without a scenario naming them."""
    match MESSAGES.get(kind_of(name, version) or ""):
        case "Logon":
            return _logon(memory.logon)
        case "Reject" if name == "BusinessMessageReject":
            return {45: str(memory.last.number), 58: "Unsupported message type"}
        case "Reject":
            return _reject(written, memory.last, version)
        case "BusinessMessageReject":
            fields = {45: str(memory.last.number), 372: memory.last.kind, 380: "3"}
            if version.is_fixt:
                fields[1137] = "any|none"  # some servers name the version that they miss it in
            return fields | ({58: "Unsupported Message Type"} if written.get(380, "3") == "3" else {58: "any"})
        case "ResendRequest":
            return {16: "0" if version.rank >= 42 else "0|999999"}
        case "SequenceReset":
            return {43: "Y", 122: "any", 123: "Y"}
        case "ExecutionReport":
            return _report(name, of, version)
        case "OrderCancelReject":
            return _cancel_reject(of)
        case "NewOrderSingle" | "SecurityDefinition" if of is not None or memory.last.kind in ("D", "d"):
            sent = of or memory.last
            return {tag: value for tag, value in sent.values.items() if tag not in (8, 35, 34, 49, 50, 52, 56)}
        case _:
            return {}


def _logon(sent: Sent) -> Fields:
    """Give back what the Logon said: encryption, interval, a reset, the version of the application.

    To the number that it expects, the answer is the number that the server expects: the one behind the Logon's.
    """
    fields = {tag: sent.values[tag] for tag in (98, 108, 141, 1137) if tag in sent.values and sent.values[tag] != "N"}
    return fields | ({789: str(sent.number + 1)} if 789 in sent.values else {})


def _reject(written: Mapping[int, str], last: Sent, version: Version) -> Fields:
    reason, tag = written.get(373, ""), written.get(371, "")
    text = REJECT_TEXTS.get(reason, "any")
    if not version.names_faults:
        suffix = f" ({tag})" if tag and "any" not in (text, *tag.split("|")) else ""
        return {45: str(last.number), 58: f"{text}{suffix}", 371: NONE, 372: NONE, 373: NONE}
    fields = {45: str(last.number), 58: text, 372: last.kind}
    if version.rank == 42 and reason.isdigit() and int(reason) > REASON_MAX_42:
        fields[373] = NONE
    return fields


def _report(name: str, of: Sent | None, version: Version) -> Fields:
    fields: Fields = {}
    if name in REPORTS:
        exec_type, status = REPORTS[name][version.rank >= 44]
        fields = {150: exec_type, 39: status}
    fields[20] = TRANS_TYPES.get(name, "0") if version.rank <= 42 else NONE
    if of is not None:
        fields |= {11: of.values.get(11, "any"), 54: of.values.get(54, "any"), 55: of.values.get(55, "any")}
        if of.kind in ("F", "G") and name in ANSWERS:
            fields[41] = of.values.get(41, "any")
        fields |= {tag: of.values[tag] for tag in ECHOED if tag in of.values and of.kind != "F"}
        if name == "Restated":  # captured ones say no more than which order it is, and what is left
            return fields | {tag: f"{of.values[tag]}|{NONE}" for tag in ECHOED if tag in of.values and tag not in OWN}
        if of.kind in ("D", "G") and name != "Canceled":
            fields |= {38: of.values[38]} if 38 in of.values else {}
    return fields


def _cancel_reject(of: Sent | None) -> Fields:
    if of is None:
        return {}
    fields = {11: of.values.get(11, "any"), 41: of.values.get(41, "any")}
    return fields | {434: CANCEL_REJECT[of.kind]}
