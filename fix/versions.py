"""What the FIX versions say of orders in different ways: the words of an ExecutionReport and of an OrderCancelReject.

4.0 has neither ExecType nor LeavesQty, 4.1 brings both, 4.2 OrigClOrdID's companions; up to 4.2 a fill is told by
ExecType 1 or 2 and a bust by ExecTransType, later by ExecType F and H (FIX volume 4 of each version).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Version(NamedTuple):
    """One version's words for what happens to an order.

    `era` is the column of a reason's codes: 0 up to 4.2, 1 for 4.4, 2 for 5.0 SP2. `order_rejects` and
    `cancel_rejects` are the values that OrdRejReason (103) and CxlRejReason (102) may have. The others say whether a
    report has ExecTransType (20), ExecType (150) with LeavesQty (151) and OrigClOrdID (41), and whether an
    OrderCancelReject has CxlRejResponseTo (434).
    """

    era: int
    order_rejects: frozenset[int]
    cancel_rejects: frozenset[int]
    has_exec_trans_type: bool
    has_exec_type: bool
    has_response_to: bool


_LATER_CANCEL_REJECTS: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 99})
VERSIONS: Final = {
    b"FIX.4.0": Version(0, frozenset(range(4)), frozenset(range(2)), True, False, False),
    b"FIX.4.1": Version(0, frozenset(range(6)), frozenset(range(4)), True, True, False),
    b"FIX.4.2": Version(0, frozenset(range(9)), frozenset(range(4)), True, True, True),
    b"FIX.4.4": Version(1, frozenset({*range(16), 99}), _LATER_CANCEL_REJECTS, False, True, True),
    b"FIXT.1.1": Version(2, frozenset({*range(30), 99}), _LATER_CANCEL_REJECTS | {7, 8, 18}, False, True, True),
}
"""By BeginString; what FIXT.1.1 carries is FIX 5.0 SP2."""
