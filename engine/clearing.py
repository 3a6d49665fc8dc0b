"""Post-Trade Risk: what correspondents traded today, folded from executions, trade reports and decisions.

    execution, report, decision ─▶ Clearing ─▶ totals, held trades, alerts ─▶ `tell`

A pure fold: the same happenings in the same order give the same state, wherever they come from. The trading engine
knows nothing of it; who follows the records runs it. It may be shown a happening again, after a restart: executions
that are not behind the last one of their market, and records that are not behind `number`, it has seen.

An execution that simply counted leaves one byte, so that it can be taken back; only what was held or killed, and
trades that were reported, are kept whole.

Rules for editors: no clock, no floats, no iteration over sets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable
from typing import Final

from msgspec.structs import replace

from engine.clearing_commands import (
    BreakReport,
    ClearingCommand,
    ClearingEntry,
    ClearingLimits,
    DecideHeldTrade,
    PermitCounterparty,
    ReportTrades,
    SetClearingLimits,
    SetKill,
    TradeReport,
)
from engine.clearing_relation import AGGREGATES, Relation, changed, load_relation
from engine.clearing_state import (
    BY_HAND,
    Alert,
    AlertKind,
    AuditRow,
    ClearingState,
    Execution,
    Leg,
    Report,
    Standing,
    Told,
)

INCOMING_BUYS, INCOMING_COUNTED, RESTING_COUNTED = 1, 2, 4
"""What the byte of an execution, or the number of a report, says: of a report the one who reported is the incoming."""
TRF: Final = "trf"
"""Where reported trades were made, as markets are named."""
VENUE: Final = "venue"
"""Who does what nobody asked for."""
DAYS: Final = ("today", "next_day")
"""The limits that there are of a relation."""
AUDIT_KEPT: Final = 10_000
"""Rows of the audit that are kept."""

Tell = Callable[[Told], None]


def tell_nobody(_told: Told) -> None:
    """Tell nobody."""


class Clearing:
    """All relations of a venue, and what was traded in them today."""

    def __init__(self, tell: Tell = tell_nobody) -> None:
        self.tell = tell
        self.number = 0
        """The last record that was looked at."""
        self.days = 0
        self.date = ""
        self.revision = 0
        self.relations: dict[str, Relation] = {}
        """By correspondent: each has one clearing firm."""
        self.sides: dict[str, bytearray] = {}
        self.legs: dict[str, Leg] = {}
        self.reports: dict[str, Report] = {}
        self.broken: dict[tuple[str, int], None] = {}
        self.audit: deque[AuditRow] = deque(maxlen=AUDIT_KEPT)
        self.audited = 0
        """Rows of the audit so far, those that are not kept any more among them."""

    # What happens.

    def configure(self, entries: Iterable[ClearingEntry], now: int) -> None:
        """Take the relations that there are; one that is no more keeps what it has, unseen."""
        for relation in self.relations.values():
            relation.listed = False
        for entry in entries:
            known = self.relations.get(entry.correspondent)
            if known is None:
                self.relations[entry.correspondent] = Relation(entry)
            elif known.entry.firm != entry.firm:
                self._hand_over(known, Relation(entry), now)
            else:
                before = known.today, known.next_day
                known.take(entry)
                self._limits_changed(known, before, VENUE, now)
        for relation in self.relations.values():
            self._touch(relation)

    def _hand_over(self, former: Relation, relation: Relation, now: int) -> None:
        """Let another firm clear for a correspondent, for what is traded from now on.

        What was traded before is the former firm's, also where it is broken later; what is held then is not cleared.
        Whom the correspondent has opted out stays out.
        """
        mpid = relation.entry.correspondent
        self._inhibit_held([mpid], now)
        self.legs = {name: leg for name, leg in self.legs.items() if leg.correspondent != mpid}
        relation.shut_out.update(former.shut_out)
        relation.since = {market: len(sides) for market, sides in self.sides.items()}
        for name, reported in self.reports.items():
            parties = reported.report.reporting, reported.report.contra
            self.reports[name] = replace(reported, counted=without(reported.counted, parties, mpid))
        self.relations[mpid] = relation

    def next_day(self, days: int, date: str, now: int) -> None:
        """Begin a trading day. What is held still is not cleared: nobody has let it."""
        self._inhibit_held(self.relations, now)
        self.days, self.date = days, date
        for held in (self.sides, self.legs, self.reports, self.broken):
            held.clear()
        for relation in self.relations.values():
            self._tell_activated(relation, now)
            relation.begin_day()
            self._touch(relation)

    def _inhibit_held(self, correspondents: Container[str], now: int) -> None:
        """Write down, and tell, that what is held still of these is not cleared."""
        for leg in [leg for leg in self.legs.values() if leg.standing is Standing.HELD]:
            if leg.correspondent in correspondents:
                relation = self.relations[leg.correspondent]
                self._write(relation, VENUE, "INHIBIT", leg.trade_id, "HELD", "INHIBITED", now)
                inhibited = replace(leg, standing=Standing.INHIBITED)
                self.tell(Told("inhibited", relation.entry, now, leg=inhibited))

    def executed(self, execution: Execution, now: int) -> None:
        """Take an execution, each once and in the order of its market's match numbers."""
        sides = self.sides.setdefault(execution.market, bytearray())
        if execution.match <= len(sides):
            return
        sides.extend(bytes(execution.match - len(sides)))
        mark = INCOMING_BUYS if execution.is_buy else 0
        name = f"{execution.market}-{execution.match}"
        what = execution.market, execution.symbol, execution.quantity, execution.price, now
        mark |= self._two(name, (execution.incoming, execution.resting), what, is_buy=execution.is_buy)
        sides[execution.match - 1] = mark

    def bust(self, execution: Execution, now: int) -> None:
        """Take back an execution of today; which side bought is known here."""
        sides = self.sides.get(execution.market, b"")
        key = execution.market, execution.match
        if not 1 <= execution.match <= len(sides) or key in self.broken:
            return
        self.broken[key] = None
        mark = sides[execution.match - 1]
        amount = execution.quantity * execution.price
        parties = execution.incoming, execution.resting
        for mpid in parties:
            relation = self.relations.get(mpid)
            if relation is not None and execution.match <= relation.since.get(execution.market, 0):
                mark = without(mark, parties, mpid)
        self._back(f"{execution.market}-{execution.match}", parties, amount, mark, now)

    def apply(self, command: ClearingCommand, now: int) -> None:
        """Take a command; one that finds nothing to do, since another came first, does nothing."""
        match command:
            case SetClearingLimits():
                self._set_limits(command, now)
            case PermitCounterparty():
                self._permit(command, now)
            case DecideHeldTrade():
                self._decide(command, now)
            case SetKill():
                self._set_kill(command, now)
            case ReportTrades():
                for name, report in command.named():
                    self._report(name, report, now)
            case BreakReport():
                self._break_report(command, now)

    # Trades.

    def _two(self, name: str, parties: tuple[str, str], what: tuple[str, str, int, int, int], *, is_buy: bool) -> int:
        """Take both sides of a trade, the incoming or reporting one first; gives which of them simply counted."""
        incoming, resting = parties
        mark, now = 0, what[-1]
        for mpid, contra, buys, bit in (
            (incoming, resting, is_buy, INCOMING_COUNTED),
            (resting, incoming, not is_buy, RESTING_COUNTED),
        ):
            relation = self.relations.get(mpid)
            if relation is not None and relation.listed:
                executing = bit == INCOMING_COUNTED
                leg = Leg(f"{name}-{'B' if buys else 'S'}", mpid, contra, executing, buys, *what)
                if self._leg(relation, leg):
                    mark |= bit
                    if not (executing and incoming == resting):  # what a firm trades with itself comes at once
                        self._settle(relation, now)
        return mark

    def _leg(self, relation: Relation, leg: Leg) -> bool:
        """Count one side of a trade, or hold it, or kill it; gives whether it counted, which is to be settled."""
        verdict = relation.standing_of(leg.amount)
        if verdict is None:
            relation.add(leg.amount, is_buy=leg.is_buy)
            return True
        standing, why = verdict
        leg = replace(leg, standing=standing, why=why)
        if standing is Standing.HELD:
            self.legs[leg.trade_id] = leg
            relation.legs[leg.trade_id] = relation.held[leg.trade_id] = None
        else:
            relation.killed.append(leg)
            if why == "max_trade":
                self._alert(relation, relation.note(AlertKind.KILL, why, leg.at, leg.amount))
        self._touch(relation)
        self.tell(Told(standing.name.lower(), relation.entry, leg.at, leg=leg))
        return False

    def _count(self, relation: Relation, amount: int, now: int, *, is_buy: bool) -> None:
        relation.add(amount, is_buy=is_buy)
        self._settle(relation, now)

    def _settle(self, relation: Relation, now: int) -> None:
        """Hold a relation's totals against its limits, and tell what there is to tell."""
        self._touch(relation)
        self._tell_alerts(relation, relation.settle(now), now)

    def _tell_alerts(self, relation: Relation, alerts: Iterable[Alert], now: int) -> None:
        """Tell alerts; that trades are killed from one on is written down."""
        for alert in alerts:
            self._alert(relation, alert)
            if alert.kind is AlertKind.KILL:
                self._write(relation, VENUE, "KILL", alert.limit, "off", "on", now)

    def _back(self, name: str, parties: tuple[str, str], amount: int, mark: int, now: int) -> None:
        """Take back both sides of a trade."""
        incoming_buys, less = bool(mark & INCOMING_BUYS), dict[str, Relation]()
        for mpid, buys, bit in (
            (parties[0], incoming_buys, INCOMING_COUNTED),
            (parties[1], not incoming_buys, RESTING_COUNTED),
        ):
            relation = self.relations.get(mpid)
            if relation is None:
                continue
            trade_id = f"{name}-{'B' if buys else 'S'}"
            leg = self.legs.get(trade_id)
            if mark & bit or (leg is not None and leg.standing is Standing.ALLOWED):
                relation.add(-amount, is_buy=buys)
                less[mpid] = relation
            if leg is not None:
                self.legs[trade_id] = replace(leg, standing=Standing.BROKEN)
                relation.held.pop(trade_id, None)
                self._touch(relation)
            relation.killed_is_broken(trade_id)
        for relation in less.values():
            self._settle(relation, now)

    def _report(self, name: str, report: TradeReport, now: int) -> None:
        what = TRF, report.symbol, report.quantity, report.price, now
        mark = self._two(name, (report.reporting, report.contra), what, is_buy=report.is_buy)
        self.reports[name] = Report(report, mark | (INCOMING_BUYS if report.is_buy else 0))

    def _break_report(self, command: BreakReport, now: int) -> None:
        reported = self.reports.pop(command.trade_id, None)
        if reported is None:
            return
        report = reported.report
        amount = report.quantity * report.price
        self._back(command.trade_id, (report.reporting, report.contra), amount, reported.counted, now)

    # Decisions.

    def _set_limits(self, command: SetClearingLimits, now: int) -> None:
        relation = self.relations.get(command.correspondent)
        if relation is None:
            return
        before = relation.today, relation.next_day
        for name in DAYS:
            if getattr(command, name):
                setattr(relation, name, changed(getattr(relation, name), command.limits))
        self._limits_changed(relation, before, command.user, now)
        self.tell(Told("limits", relation.entry, now))

    def _limits_changed(
        self, relation: Relation, before: tuple[ClearingLimits, ClearingLimits], user: str, now: int
    ) -> None:
        """Write down which limits are others than before, and hold the totals of today against them."""
        for name, former, limits in zip(DAYS, before, (relation.today, relation.next_day), strict=True):
            for field in limits.__struct_fields__:
                old, new = getattr(former, field), getattr(limits, field)
                if old != new:
                    self._write(relation, user, "SET_LIMIT", f"{name}.{field}", said(old), said(new), now)
        self._settle(relation, now)
        if not before[0].kill_on_breach:
            self._tell_alerts(relation, relation.kill_for_breach(now, *AGGREGATES), now)

    def _permit(self, command: PermitCounterparty, now: int) -> None:
        relation = self.relations.get(command.correspondent)
        before = relation is not None and command.counterparty not in relation.shut_out
        if relation is None or before == command.permitted:
            return
        if command.permitted:
            del relation.shut_out[command.counterparty]
        else:
            relation.shut_out[command.counterparty] = None
        words = said(before), said(command.permitted)
        self._write(relation, command.user, "PERMIT", command.counterparty, *words, now)
        self._touch(relation)

    def _decide(self, command: DecideHeldTrade, now: int) -> None:
        leg = self.legs.get(command.trade_id)
        if leg is None or leg.standing is not Standing.HELD:
            return
        relation = self.relations[leg.correspondent]
        standing = Standing.ALLOWED if command.allow else Standing.INHIBITED
        self.legs[command.trade_id] = decided = replace(leg, standing=standing)
        del relation.held[command.trade_id]
        action = "ALLOW" if command.allow else "INHIBIT"
        self._write(relation, command.user, action, leg.trade_id, "HELD", standing.name, now)
        self.tell(Told(standing.name.lower(), relation.entry, now, leg=decided))
        if command.allow:
            self._count(relation, leg.amount, now, is_buy=leg.is_buy)
        self._touch(relation)

    def _set_kill(self, command: SetKill, now: int) -> None:
        relation = self.relations.get(command.correspondent)
        wanted = BY_HAND if command.on else ""
        if relation is None or relation.kill == wanted:
            return
        words = said_kill(relation.kill), said_kill(wanted)
        relation.kill = wanted  # one by hand takes the place of a breach's, which would end with the day
        self._write(relation, command.user, "KILL", BY_HAND, *words, now)
        self._touch(relation)
        if command.on:
            self._alert(relation, relation.note(AlertKind.KILL, BY_HAND, now))
        else:
            self.tell(Told("released", relation.entry, now))

    # What is told, and written down.

    def _touch(self, relation: Relation) -> None:
        """See that what is shown of a relation counts as new."""
        self.revision += 1
        relation.revision = self.revision

    def _alert(self, relation: Relation, alert: Alert) -> None:
        self.tell(Told("alert", relation.entry, alert.at, alert=alert))

    def _write(self, relation: Relation, user: str, action: str, field: str, old: str, new: str, now: int) -> None:
        entry = relation.entry
        self.audited += 1
        self.audit.append(AuditRow(now, user, action, entry.firm, entry.correspondent, field, old, new))

    def _tell_activated(self, relation: Relation, now: int) -> None:
        """Write down which limits are others from this day on."""
        for field in relation.today.__struct_fields__:
            old, new = getattr(relation.today, field), getattr(relation.next_day, field)
            if old != new:
                self._write(relation, VENUE, "ACTIVATE", f"today.{field}", said(old), said(new), now)

    # Snapshots.

    def dump(self) -> ClearingState:
        """Give all of it as plain data."""
        return ClearingState(
            self.number,
            self.days,
            self.date,
            self.revision,
            [relation.dump() for relation in self.relations.values()],
            [(market, bytes(sides)) for market, sides in sorted(self.sides.items())],
            list(self.legs.values()),
            list(self.reports.items()),
            list(self.broken),
            list(self.audit),
            self.audited,
        )

    def load(self, state: ClearingState) -> None:
        """Bring a new one to `state`."""
        self.number, self.days, self.date, self.revision = state.number, state.days, state.date, state.revision
        for relation_state in state.relations:
            self.relations[relation_state.entry.correspondent] = load_relation(relation_state)
        self.sides.update((market, bytearray(sides)) for market, sides in state.sides)
        for leg in state.legs:
            relation = self.relations[leg.correspondent]
            self.legs[leg.trade_id] = leg
            relation.legs[leg.trade_id] = None
            if leg.standing is Standing.HELD:
                relation.held[leg.trade_id] = None
        self.reports.update(state.reports)
        self.broken.update(dict.fromkeys(state.broken))
        self.audit.extend(state.audit)
        self.audited = state.audited


def without(mark: int, parties: tuple[str, str], mpid: str) -> int:
    """Give what a byte says where the sides of one MPID, the incoming or reporting party first, count no more."""
    for party, bit in zip(parties, (INCOMING_COUNTED, RESTING_COUNTED), strict=True):
        if party == mpid:
            mark &= ~bit
    return mark


def said_kill(why: str) -> str:
    """Give whether trades are killed as the audit has it."""
    return "on" if why else "off"


def said(value: bool | int | None) -> str:
    """Give a value as the audit has it."""
    return "none" if value is None else str(value).lower()
