"""The rules that were made over REST: whether they hold, and what becomes of them with the next trading day.

    create ─▶ CONFIGURED ──next trading day──▶ ACTIVE ──delete, now or next day──▶ gone
                 │ change: as it waits            │ change: at once, or next day
                 └─────────delete: now────────────┴─▶ gone

A rule is plain data, replaced whole when something of it changes, so what a reader holds never changes under it. Only
ACTIVE rules are in the rule book (`engine/risk/rule_book.py`). No change is retroactive: it holds orders that come
after it.

Source: EQRC guide 3.3 (lifecycle).
"""

from __future__ import annotations

from msgspec import structs

from engine.port import Port
from engine.risk.rule_diary import RevisionType, RuleDiary, RuleHappening, RuleHappeningKind
from engine.risk.rule_terms import RANGES, rest_name
from engine.rule_instructions import RuleEntry, RuleSettings, RuleState, RuleStatus, RuleValue
from engine.trades import MemoryStore, OpenStore

DELETED = "DELETED"
NEXT_DAY = "NEXT DAY"
RANGE_FIELDS = ("amount", "percent")
DECIMAL_PLACES = 4
"""Of amounts and percentages, which are held in 1/10,000."""


class Rules:
    """All of them by id, in the order in which they were made; the groups of each MPID; and what happened."""

    def __init__(self, open_store: OpenStore = MemoryStore) -> None:
        self.states: dict[str, RuleState] = {}
        self.groups: dict[str, tuple[int, ...]] = {}
        self.diary = RuleDiary(open_store)

    def active(self) -> list[RuleEntry]:
        """Give the rules that hold."""
        return [state.rule for state in self.states.values() if state.status is RuleStatus.ACTIVE]

    def find_list(self, rule_type: str, exchange: str, mpid: str, port: str | None) -> RuleState | None:
        """Give the first list that an MPID, or a port of it, has on an exchange."""
        return next(iter(self.find_lists(rule_type, exchange, mpid, port)), None)

    def find_lists(self, rule_type: str, exchange: str, mpid: str, port: str | None) -> list[RuleState]:
        """Give its lists, the first one made first: rules of a list's type may be made beside it."""
        found = [state for state in self.states.values() if state.rule.type == rule_type and not state.ending]
        wanted = exchange, mpid, port
        return [state for state in found if (state.rule.exchange, state.rule.mpid, state.rule.port) == wanted]

    def next_day(self, date: str, now: int) -> None:
        """Let what waited for the next trading day be so."""
        self.diary.next_day(date, now)
        for rule_id, state in list(self.states.items()):
            if state.ending:
                self.tell(state.rule, RevisionType.ACTIVATE, "status", (state.status.name, DELETED), "", now)
                del self.states[rule_id]
            elif state.status is RuleStatus.CONFIGURED or state.pending or state.pending_symbols is not None:
                self._begin(state, now)

    def _begin(self, state: RuleState, now: int) -> None:
        """Let a rule be as it was to be from today on."""
        before = after = state.rule
        if state.pending or state.pending_symbols is not None:
            after = next_entry(state)
        if state.status is RuleStatus.CONFIGURED:
            change = RuleStatus.CONFIGURED.name, RuleStatus.ACTIVE.name
            self.tell(before, RevisionType.ACTIVATE, "status", change, state.changed_by, now)
        if after is not before:
            self.tell_changes(before, after, RevisionType.ACTIVATE, state.changed_by, now)
        self.states[before.rule_id] = structs.replace(
            state, rule=after, status=RuleStatus.ACTIVE, pending={}, pending_symbols=None
        )

    def shut(self, port: Port, now: int) -> None:
        """Tell that a port went over a rate."""
        subject, bound = port.rate_reason.name, port.rate_bound
        told = RuleHappening(RuleHappeningKind.SHUT, port.exchange, port.mpid, now, port.name, rule_id=port.rate_rule)
        self.diary.tell(told._replace(rule_type="order-rate", subject=subject, current=bound + 1, limit=bound))

    # What is told.

    def tell_changes(
        self, before: RuleEntry | None, after: RuleEntry, kind: RevisionType, user: str, now: int, when: str = ""
    ) -> None:
        """Tell each setting in which two states of a rule differ, and each symbol that came or went."""
        old_words = {} if before is None else words_of(before.settings)
        new_words = words_of(after.settings)
        for name in [*old_words, *(name for name in new_words if name not in old_words)]:
            change = old_words.get(name, ""), new_words.get(name, "")
            if change[0] != change[1]:
                self.tell(after, kind, name, change, user, now, when)
        if before is not None and before.symbols == after.symbols:
            return  # there may be thousands
        old_symbols = dict.fromkeys(() if before is None else before.symbols)
        new_symbols = dict.fromkeys(after.symbols)
        for symbol in old_symbols:
            if symbol not in new_symbols:
                self.tell(after, kind, "symbols", (symbol, ""), user, now, when)
        for symbol in new_symbols:
            if symbol not in old_symbols:
                self.tell(after, kind, "symbols", ("", symbol), user, now, when)

    def tell(
        self,
        rule: RuleEntry,
        kind: RevisionType,
        subject: str,
        change: tuple[str, str],
        user: str,
        now: int,
        when: str = "",
    ) -> None:
        """Tell one change of a rule: what of it, from what to what; `when` says where that is not now."""
        new = f"{change[1]} ({when})".lstrip() if when else change[1]
        happening = RuleHappening(RuleHappeningKind.REVISION, rule.exchange, rule.mpid, now, rule.port, rule.group_id)
        told = happening._replace(rule_id=rule.rule_id, rule_type=rule.type, subject=subject, user=user)
        self.diary.tell(told._replace(old=change[0], new=new, revision=kind))


def next_entry(state: RuleState) -> RuleEntry:
    """Give a rule as it will be on the next trading day."""
    rule = state.rule
    symbols = rule.symbols if state.pending_symbols is None else state.pending_symbols
    return structs.replace(rule, symbols=symbols, settings=merged(rule.settings, state.pending))


def merged(settings: RuleSettings, changes: RuleSettings) -> RuleSettings:
    """Give settings with some of them changed; None takes one off."""
    both = {**settings, **changes}
    return {name: value for name, value in both.items() if value is not None}


def words_of(settings: RuleSettings) -> dict[str, str]:
    """Give settings as the audit writes them, by their names over REST, in the order of the alphabet."""
    words: dict[str, str] = {}
    for name, value in sorted(settings.items()):
        if value is None:
            continue
        if name == "ranges":
            assert isinstance(value, tuple | list)
            for place, pair in enumerate(value[:RANGES]):
                assert not isinstance(pair, str)
                for field, part in zip(RANGE_FIELDS, pair, strict=True):
                    words[f"ranges[{place}].{field}"] = decimal(part)
        elif name == "percent":
            assert isinstance(value, int)
            words[name] = decimal(value)
        else:
            words[rest_name(name)] = word_of(value)
    return words


def word_of(value: RuleValue) -> str:
    """Give one value as the audit writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return " ".join(str(part) for part in value)
    return str(value)


def decimal(value: int) -> str:
    """Give an amount or percentage of 1/10,000 as a decimal number, without zeros that say nothing."""
    whole, fraction = divmod(value, 10**DECIMAL_PLACES)
    return f"{whole}.{fraction:0{DECIMAL_PLACES}d}".rstrip("0").rstrip(".")
