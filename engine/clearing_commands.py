"""What Post-Trade Risk is asked and told, as plain data: who clears for whom, limits, decisions, trades from elsewhere.

Limits are whole dollars, prices ticks of 1/10,000. The engine passes these records over: who follows them folds them
into `engine.clearing`.

For editors: records outlive versions, so fields are only ever appended, each with a default.
"""

from __future__ import annotations

from typing import Final

import msgspec

PRE_ALERT_PERCENT: Final = 70
"""At how much of a limit its pre-alert comes where nobody has said otherwise (Nasdaq Equity 6: Super Cap)."""


class ClearingLimits(msgspec.Struct, array_like=True, frozen=True):
    """What a correspondent's trades of a day may come to, in whole dollars; None = no limit.

    The net limit holds for |buy - sell|. A trade above `per_trade` is held, one above `max_trade` is killed. With
    `kill_on_breach` whatever comes behind a breach is killed.
    """

    aggregate_buy: int | None = None
    aggregate_sell: int | None = None
    aggregate_net: int | None = None
    per_trade: int | None = None
    max_trade: int | None = None
    pre_alert_percent: int | None = PRE_ALERT_PERCENT
    kill_on_breach: bool = False


class ClearingEntry(msgspec.Struct, array_like=True, frozen=True):
    """A clearing firm that clears for a correspondent, and the counterparties of the correspondent's AGU agreements.

    The e-mail addresses are the clearing firm's and the correspondent's.
    """

    firm: str
    correspondent: str
    counterparties: tuple[str, ...] = ()
    limits: ClearingLimits = ClearingLimits()
    emails: tuple[str, ...] = ()
    correspondent_emails: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        """The name of the relation."""
        return f"{self.firm}-{self.correspondent}"


class SetClearingLimits(msgspec.Struct, array_like=True, frozen=True, tag="set-clearing-limits"):
    """Change some of a correspondent's limits, by name of `ClearingLimits`: of today, from the next day on, or both."""

    correspondent: str
    limits: dict[str, int | bool | None]
    today: bool
    next_day: bool
    user: str = ""


class PermitCounterparty(msgspec.Struct, array_like=True, frozen=True, tag="permit-counterparty"):
    """Let a counterparty see a correspondent's totals and limits, or not any more: at once, and for good."""

    correspondent: str
    counterparty: str
    permitted: bool
    user: str = ""


class DecideHeldTrade(msgspec.Struct, array_like=True, frozen=True, tag="decide-held-trade"):
    """Let one side of a trade that is held be cleared, or not."""

    trade_id: str
    allow: bool
    user: str = ""


class SetKill(msgspec.Struct, array_like=True, frozen=True, tag="set-kill"):
    """Kill all further trades of a correspondent until that is lifted, or lift it."""

    correspondent: str
    on: bool
    user: str = ""


class TradeReport(msgspec.Struct, array_like=True, frozen=True):
    """A trade that a FINRA/Nasdaq TRF was told of; `is_buy` is the reporting party's side."""

    reporting: str
    contra: str
    is_buy: bool
    symbol: str
    quantity: int
    price: int


class ReportTrades(msgspec.Struct, array_like=True, frozen=True, tag="report-trades"):
    """Trades that were reported together. One alone has the `report_id`, several that and their place behind it."""

    reports: tuple[TradeReport, ...]
    report_id: str
    user: str = ""

    def named(self) -> list[tuple[str, TradeReport]]:
        """Give each with its name."""
        if len(self.reports) == 1:
            return [(self.report_id, self.reports[0])]
        return [(f"{self.report_id}-{i}", report) for i, report in enumerate(self.reports, 1)]


class BreakReport(msgspec.Struct, array_like=True, frozen=True, tag="break-report"):
    """Take back a trade that was reported today."""

    trade_id: str
    user: str = ""


ClearingCommand = SetClearingLimits | PermitCounterparty | DecideHeldTrade | SetKill | ReportTrades | BreakReport
CLEARING_COMMANDS: Final = (
    *(SetClearingLimits, PermitCounterparty, DecideHeldTrade, SetKill),
    *(ReportTrades, BreakReport),
)
"""The commands that an engine passes over."""
