"""What changes Post-Trade Risk, in the engine process: each is a record that the engine passes over.

Who clears for whom is configuration, so that is checked here. What is held, and what was reported today, only the
second process knows: it is asked before anything is written down (`venue.ptr.inquiry`).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from engine.clearing_commands import (
    BreakReport,
    ClearingEntry,
    DecideHeldTrade,
    PermitCounterparty,
    ReportTrades,
    SetClearingLimits,
    SetKill,
    TradeReport,
)
from venue.calls import LONGEST_NUMBER, amount
from venue.changes import Answer, Call
from venue.problem import Problem
from venue.ptr.terms import (
    DecideBody,
    Decided,
    Killed,
    LimitsBody,
    LimitsSet,
    Permission,
    ReportBroken,
    SetLimitsBody,
    TradeBody,
    TradeReported,
    TradesReported,
)
from venue.route import OWNER
from venue.settings import ticks

REPORT_ID: Final = re.compile(rf"trf-(?P<record>[0-9]{{1,{LONGEST_NUMBER}}})(-[0-9]{{1,4}})?")
HELD_ID: Final = re.compile(rf"({REPORT_ID.pattern}|[a-z]+-[0-9]{{1,{LONGEST_NUMBER}}})-[BS]")
LONGEST_ID: Final = 80
"""Characters of an id that are said again."""


def who(call: Call) -> str:
    """Give who asks, as the audit names him."""
    return call.actor or OWNER


def entries(call: Call) -> dict[str, ClearingEntry]:
    """Give the relations that there are, by correspondent."""
    configuration = call.venue.machine.engine.configuration
    return {} if configuration is None else {entry.correspondent: entry for entry in configuration.clearing}


def relation(call: Call) -> ClearingEntry:
    """Give the relation of the correspondent that a path names."""
    name = call.path["correspondent"]
    entry = entries(call).get(name)
    if entry is None:
        raise Problem(404, f"nobody clears for {name}", "correspondent")
    return entry


def must_be_recorded(call: Call, shape: re.Pattern[str], what: str) -> None:
    """Raise `Problem` 404 for an id that can be none, or a reported trade's of a record that there is not."""
    if not entries(call) or call.venue.config.web_service is None:
        raise Problem(404, "nobody keeps what is held here: that takes [[clearing]] and a service of protocol http")
    name = call.path["tradeId"]
    found = shape.fullmatch(name)
    if found is None or int(found["record"] or 0) > call.venue.machine.number:
        raise Problem(404, f"no trade {name[:LONGEST_ID]} was {what} today", "tradeId")


def set_limits(call: Call) -> Answer:
    """Set limits of a correspondent: of today, from the next trading day on, or both."""
    body: SetLimitsBody = call.body
    entry = relation(call)
    kind = body.setting_type
    values = given(body.limits)
    command = SetClearingLimits(entry.correspondent, values, kind != "NEXT_DAY", kind != "INTRA", who(call))
    return Answer(200, LimitsSet(entry.correspondent, kind), call.carry_out(command))


def given(body: LimitsBody) -> dict[str, int | bool | None]:
    """Give the limits that a body sets, by the names that the engine has for them."""
    values: dict[str, int | bool | None] = {
        name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not msgspec.UNSET
    }
    if not values:
        raise Problem(422, f"give at least one of {', '.join(body.__struct_encode_fields__)}", "limits")
    if "kill_on_breach" in values:
        values["kill_on_breach"] = bool(values["kill_on_breach"])
    return values


def permit(call: Call) -> Answer:
    """Let a counterparty see a correspondent's totals and limits, or not any more: from this record on."""
    entry, counterparty = relation(call), call.path["counterparty"]
    if counterparty not in entry.counterparties:
        known = ", ".join(entry.counterparties) or "none"
        what = f"{counterparty} is no counterparty of {entry.correspondent}; there are {known}"
        raise Problem(422, what, "counterparty")
    permitted: bool = call.body.permitted
    record = call.carry_out(PermitCounterparty(entry.correspondent, counterparty, permitted, who(call)))
    return Answer(200, Permission(counterparty, permitted, entry.correspondent), record)


async def decide(call: Call) -> Answer:
    """Let one side of a held trade be cleared, or not: once."""
    body: DecideBody = call.body
    must_be_recorded(call, HELD_ID, "held")
    command = DecideHeldTrade(call.path["tradeId"], body.allow, who(call))
    record = await call.venue.inquiry.carry_out(call, command)
    return Answer(200, Decided(call.path["tradeId"], "ALLOWED" if body.allow else "INHIBITED"), record)


def kill(call: Call) -> Answer:
    """Kill all further trades of a correspondent, until that is lifted, or lift it."""
    entry, on = relation(call), call.body.on
    record = call.carry_out(SetKill(entry.correspondent, on, who(call)))
    return Answer(200, Killed(entry.correspondent, on), record)


def report_trade(call: Call) -> Answer:
    """Report a trade that was made elsewhere."""
    body: TradeBody = call.body
    reports = read_reports(call, (body,))
    record = call.carry_out(reports)
    return Answer(200, shown(*reports.named()[0]), record)


def report_trades(call: Call) -> Answer:
    """Report trades that were made elsewhere, all of them or none."""
    reports = read_reports(call, call.body.trades, within="trades")
    record = call.carry_out(reports)
    return Answer(200, TradesReported([shown(*named) for named in reports.named()]), record)


def read_reports(call: Call, trades: tuple[TradeBody, ...], within: str = "") -> ReportTrades:
    """Give reported trades as the engine has them, under the number of the record that they will be."""
    known = entries(call)
    reports = []
    for i, trade in enumerate(trades):
        place = f"{within}[{i}]." if within else ""
        if not ticks(trade.price):
            raise Problem(422, "a price is more than 0", f"{place}price")
        if trade.reporting == trade.contra:
            raise Problem(422, f"{trade.contra} reported a trade with itself", f"{place}contra")
        if trade.reporting not in known and trade.contra not in known:
            what = f"nobody clears for {trade.reporting}, nor for {trade.contra}"
            raise Problem(422, what, f"{place}reporting")
        what_for = trade.symbol, trade.quantity, ticks(trade.price)
        reports.append(TradeReport(trade.reporting, trade.contra, trade.side == "B", *what_for))
    return ReportTrades(tuple(reports), f"trf-{call.venue.machine.number + 1}", who(call))


def shown(name: str, report: TradeReport) -> TradeReported:
    """Give a reported trade as an answer shows it."""
    return TradeReported(
        name,
        report.reporting,
        report.contra,
        "B" if report.is_buy else "S",
        report.symbol,
        report.quantity,
        amount(report.price),
    )


async def break_report(call: Call) -> Answer:
    """Take back a trade that was reported today: once."""
    must_be_recorded(call, REPORT_ID, "reported")
    record = await call.venue.inquiry.carry_out(call, BreakReport(call.path["tradeId"], who(call)))
    return Answer(200, ReportBroken(call.path["tradeId"]), record)
