"""Rules, lists and alert configurations as answers show them: those that a caller may see, those that a query names.

What is listed goes by id, so that a page goes on behind the last one that was shown, whatever came or went meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from engine.rule_instructions import HARD_TO_BORROW, RESTRICTED_STOCK, RuleEntry, RuleState, RuleStatus
from venue import desk
from venue.calls import moment
from venue.eqrc.settings import some_to_rest, to_rest
from venue.eqrc.terms import Alert, AlertsQuery, Exchange, ListQuery, ListView, RulesQuery, RuleType, RuleView, Status

if TYPE_CHECKING:
    from engine.engine import Engine

LISTS: Final = {"restricted": RESTRICTED_STOCK, "short-sale": HARD_TO_BORROW}
"""The type of the rules behind each kind of list, by its name in a path."""
Sees = Callable[[str, str | None], bool]
"""Whether a caller sees what is of an MPID, and of a port or (None) of the MPID as a whole."""
Item = TypeVar("Item")


def everything(engine: Engine) -> Iterator[RuleEntry | RuleState]:
    """Give all rules by id: those of the configuration as entries, those made over REST with their state."""
    states = engine.rules.states
    found: dict[str, RuleEntry | RuleState] = {**engine.rule_book.by_id, **states}
    for rule_id in sorted(found):
        yield found[rule_id]


def find(engine: Engine, rule_id: str) -> RuleEntry | RuleState | None:
    """Give a rule by its id."""
    return engine.rules.states.get(rule_id) or engine.rule_book.by_id.get(rule_id)


def entry_of(rule: RuleEntry | RuleState) -> RuleEntry:
    """Give what a rule says today."""
    return rule.rule if isinstance(rule, RuleState) else rule


def view(rule: RuleEntry | RuleState) -> RuleView:
    """Give a rule as an answer shows it."""
    entry = entry_of(rule)
    shown = RuleView(
        id=entry.rule_id,
        type=cast(RuleType, entry.type),
        exchange=cast(Exchange, entry.exchange),
        mpid=entry.mpid,
        port=entry.port,
        group_id=entry.group_id,
        symbols=list(entry.symbols),
        status="ACTIVE",
        settings=to_rest(entry.type, entry.settings),
        source="CONFIGURATION",
    )
    return shown if not isinstance(rule, RuleState) else with_life(shown, rule)


def with_life(shown: RuleView, state: RuleState) -> RuleView:
    """Add what only a rule that was made over REST has."""
    facts: dict[str, Any] = {name: getattr(shown, name) for name in shown.__struct_fields__}
    return RuleView(
        **facts
        | {
            "source": "REST",
            "status": status_of(state),
            "pending_settings": some_to_rest(state.pending) if state.pending else None,
            "pending_symbols": None if state.pending_symbols is None else list(state.pending_symbols),
            "ends_next_day": state.ending,
            "created": moment(state.created),
            "created_by": state.created_by,
            "changed": moment(state.changed),
            "changed_by": state.changed_by,
        }
    )


def status_of(rule: RuleEntry | RuleState) -> Status:
    """Tell whether a rule holds already."""
    waits = isinstance(rule, RuleState) and rule.status is RuleStatus.CONFIGURED
    return "CONFIGURED" if waits else "ACTIVE"


def rules(engine: Engine, query: RulesQuery, sees: Sees) -> Iterator[RuleEntry | RuleState]:
    """Give the rules that a query names, of those that a caller sees."""
    for rule in everything(engine):
        entry = entry_of(rule)
        wanted = (
            (query.type, entry.type),
            (query.exchange, entry.exchange),
            (query.mpid, entry.mpid),
            (query.port, entry.port),
            (query.group_id, entry.group_id),
            (query.status, status_of(rule)),
        )
        if entry.rule_id <= query.after or not fits(wanted) or not sees(entry.mpid, entry.port):
            continue
        if query.symbol is None or query.symbol in entry.symbols:
            yield rule


def lists(engine: Engine, rule_type: str, query: ListQuery, sees: Sees) -> Iterator[ListView]:
    """Give the lists that a query names, of those that a caller sees."""
    asked = RulesQuery(
        cast(RuleType, rule_type),
        query.exchange,
        query.mpid,
        query.port,
        None,
        query.symbol,
        None,
        query.after,
        query.limit,
    )
    for rule in rules(engine, asked, sees):
        yield list_view(rule)


def list_view(rule: RuleEntry | RuleState) -> ListView:
    """Give a rule that is a list as an answer shows it."""
    entry = entry_of(rule)
    pending = rule.pending_symbols if isinstance(rule, RuleState) else None
    return ListView(
        entry.rule_id,
        cast(Exchange, entry.exchange),
        entry.mpid,
        entry.port,
        list(entry.symbols),
        status_of(rule),
        None if pending is None else list(pending),
    )


def alerts(known: Iterable[desk.Alert], query: AlertsQuery, sees: Sees) -> Iterator[Alert]:
    """Give the alert configurations that a query names, of those that a caller sees."""
    for alert in sorted(known, key=lambda each: each.alert_id):
        wanted = (
            (query.rule_type, alert.rule_type),
            (query.exchange, alert.exchange),
            (query.mpid, alert.mpid),
            (query.port, alert.port),
        )
        if alert.alert_id > query.after and fits(wanted) and sees(alert.mpid, alert.port):
            yield alert_view(alert)


def alert_view(alert: desk.Alert) -> Alert:
    """Give an alert configuration as an answer shows it."""
    return Alert(
        alert.alert_id,
        cast(RuleType, alert.rule_type),
        cast(Exchange, alert.exchange),
        alert.mpid,
        alert.port,
        alert.group_id,
        list(alert.emails),
        alert.enabled,
    )


def fits(wanted: Iterable[tuple[Any, Any]]) -> bool:
    """Whether all that is asked for is so; None asks for nothing."""
    return all(asked is None or asked == given for asked, given in wanted)


def page(found: Iterator[Item], limit: int, cursor: Callable[[Item], str]) -> tuple[list[Item], str | None]:
    """Give as many as there may be in one answer, and where the following ones begin."""
    items: list[Item] = []
    for item in found:
        if len(items) == limit:
            return items, cursor(items[-1])
        items.append(item)
    return items, None
