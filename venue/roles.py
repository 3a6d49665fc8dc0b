"""Roles: what a client or a person may do over HTTP, each named once and told in a sentence.

The configuration gives them (`[[client]]`, `[[person]]`), a token carries them, a path asks for one of them. Whose data
they open is another question, answered by the MPIDs that stand beside them.
"""

from __future__ import annotations

from collections.abc import Collection

OPERATIONS = "operations"
RULES_READ = "rules-api-rules-read"
RULES_WRITE = "rules-api-rules-write"
AUDIT_READ = "rules-api-audit-read"
UNBREACH = "rules-api-unbreach"
HISTORY_READ = "history-api-read"
PTR_CLEARING = "ptr-clearing"
PTR_CORRESPONDENT = "ptr-correspondent"
PTR_COUNTERPARTY = "ptr-counterparty"
PRM_READ = "prm-read"
PRM_WRITE = "prm-write"

MEANINGS = {
    OPERATIONS: "everything, of every MPID that is allowed: the only role that opens operations",
    RULES_READ: "see risk rules, their consumption, lists and alerts",
    RULES_WRITE: "make, change and remove risk rules, lists and alerts; the safety switch",
    AUDIT_READ: "see who changed which rule",
    UNBREACH: "lift a breach",
    HISTORY_READ: "see utilization and breaches of past days",
    PTR_CLEARING: "act as a clearing firm in Post-Trade Risk",
    PTR_CORRESPONDENT: "act as a correspondent in Post-Trade Risk",
    PTR_COUNTERPARTY: "act as a counterparty in Post-Trade Risk",
    PRM_READ: "see Pre-Trade Risk Management: accounts, limits, reports",
    PRM_WRITE: "change what Pre-Trade Risk Management lets a member change",
}
"""Every role there is, with what it opens."""

OF_PORTS = frozenset((RULES_READ, RULES_WRITE, AUDIT_READ, UNBREACH, HISTORY_READ))
"""The roles that can be held to some ports of an MPID."""


def ports_fault(roles: Collection[str], mpids: Collection[str] | None) -> str:
    """Say why who has these roles and MPIDs cannot be held to ports, or nothing."""
    if mpids is None:
        return "ports are of an MPID: name it in mpids"
    others = [role for role in roles if role not in OF_PORTS]
    return f"{others[0]} is not a matter of ports; {', '.join(sorted(OF_PORTS))} are" if others else ""
