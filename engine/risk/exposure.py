"""Gross exposure: how much money an entity has open and has traded today, and the thresholds that this may not pass.

    open       the booked price x the shares of every order that rests
    executed   the price x the shares of every trade
    notional   both together

Buys and sells add up, they never offset each other. An entity is an MPID on one exchange, one port of it or one group
of its orders; what goes away from all exchanges is counted on its own, as the exchange `ROUTED`. Each rule sets up to
three thresholds for each amount: an amount *above* one of them is at that level. At the level ACTION the entity is
breached, and stays so until the amount is at or under the threshold again, or somebody lifts it: then the next order or
trade that finds the amount above the threshold breaches again.

Here is the state alone; `engine.risk.exposures` moves it, and does what follows of it.

Source: EQRC guide 3.1.17 to 3.1.19. Amounts are ticks of 1/10,000 dollar x shares, exact; thresholds are whole dollars.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from engine.api import PRICE_SCALE, CancelAction, RuleEntry
from engine.risk.limits import NO_LIMIT

GROSS_EXPOSURE: Final = "gross-exposure"
"""The type of the rules."""
UNSET: Final = 2**100
"""A threshold that there is none: more than "max long" dollars are, or anybody ever trades."""
BREACH_ACTION: Final = "breach_action"
"""The setting that names what a breach does, by one of `BREACH_ACTIONS`."""
BREACH_ACTIONS: Final = {
    "REJECT": CancelAction.NONE,
    "CANCEL_ALL": CancelAction.ALL,
    "CANCEL_NON_CROSS": CancelAction.NON_CROSS,
}
"""What a breach does with open orders; each of them refuses new ones."""


class Amount(IntEnum):
    """What is held against thresholds."""

    OPEN = 0
    EXECUTED = 1
    NOTIONAL = 2


class Level(IntEnum):
    """How far an amount has come."""

    NONE = 0
    WATCH = 1
    WARN = 2
    ACTION = 3


STEPS: Final = (Level.WATCH, Level.WARN, Level.ACTION)
"""The levels that have a threshold, lowest first."""
LOWER: Final = (Level.WARN, Level.WATCH)
"""Where an amount that is above ACTION is seen when its breach was lifted."""


SETTINGS: Final = {amount: [f"{amount.name}_{level.name}".lower() for level in STEPS] for amount in Amount}
"""The names of the settings that have the thresholds of an amount: `open_watch` and so on."""


class Entity(NamedTuple):
    """Whose exposure it is: an MPID's on an exchange, or that of one port or one group of it."""

    exchange: str
    mpid: str
    port: str | None = None
    group_id: int | None = None


class Threshold:
    """The thresholds of one rule for one amount, `UNSET` where it sets none, and the `level` that is reached."""

    __slots__ = ("action", "amount", "cancel", "level", "rule", "warn", "watch")

    def __init__(self, rule: str, amount: Amount, steps: tuple[int, int, int], cancel: CancelAction) -> None:
        self.rule = rule
        self.amount = amount
        self.watch, self.warn, self.action = steps
        self.cancel = cancel
        self.level = Level.NONE

    def step(self, level: Level) -> int:
        """Give the threshold of a level."""
        return (0, self.watch, self.warn, self.action)[level]

    def is_set(self, level: Level) -> bool:
        """Whether there is a threshold of a level."""
        return self.step(level) < UNSET

    def same_as(self, other: Threshold) -> bool:
        """Whether another one says the same, whatever level it has."""
        steps, others = (self.watch, self.warn, self.action), (other.watch, other.warn, other.action)
        return steps == others and self.cancel is other.cancel

    def level_of(self, amount: int) -> Level:
        """Give the level at which an amount is."""
        if amount > self.action:
            return Level.ACTION
        if amount > self.warn:
            return Level.WARN
        return Level.WATCH if amount > self.watch else Level.NONE

    def above(self, level: Level) -> int:
        """Give the next threshold for an amount that is at a level."""
        if level is Level.ACTION:
            return UNSET
        if level is Level.WARN:
            return self.action
        return min(self.warn, self.action) if level is Level.WATCH else min(self.watch, self.warn, self.action)


class Crossing(NamedTuple):
    """That a threshold came to another level than it was `left` at."""

    threshold: Threshold
    left: Level
    entered: Level


class ExposureState:
    """The exposure of one entity, in ticks x shares.

    Before `slack` more is counted no further threshold is passed, and none need be looked at; `is_raised` says that one
    has been, so that what gets less has to be looked at too. `breach` is the first threshold at the level ACTION.
    `trades` is how many there were today, and `last` when the last one was (venue time).
    """

    __slots__ = ("breach", "entity", "executed", "is_raised", "last", "open", "slack", "thresholds", "trades")

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.open = 0
        self.executed = 0
        self.trades = 0
        self.last = 0
        self.thresholds: tuple[Threshold, ...] = ()
        self.slack = NO_LIMIT
        self.is_raised = False
        self.breach: Threshold | None = None

    @property
    def notional(self) -> int:
        """All that is open, and all that was traded."""
        return self.open + self.executed

    def traded(self, value: int, now: int) -> None:
        """Count a trade."""
        self.executed += value
        self.slack -= value
        self.trades += 1
        self.last = now

    def amount(self, amount: Amount) -> int:
        """Give one of the three amounts."""
        if amount is Amount.NOTIONAL:
            return self.open + self.executed
        return self.open if amount is Amount.OPEN else self.executed

    def take(self, thresholds: tuple[Threshold, ...]) -> bool:
        """Compare with other thresholds from here on, unless they are those of before; tells whether they are others.

        Levels stay as they are until somebody looks.
        """
        before = {(threshold.rule, threshold.amount): threshold for threshold in self.thresholds}
        if len(before) == len(thresholds) and all(
            (known := before.get((threshold.rule, threshold.amount))) is not None and known.same_as(threshold)
            for threshold in thresholds
        ):
            return False
        for threshold in thresholds:
            known = before.get((threshold.rule, threshold.amount))
            if known is not None:
                threshold.level = known.level
        self.thresholds = thresholds
        return True

    def look(self, *, raises: bool) -> list[Crossing]:
        """Find the levels anew and give those that changed; without `raises` they only fall.

        They rise by an order, a trade or another threshold. What was lifted by hand does not rise by what gets less.
        """
        crossings: list[Crossing] = []
        slack = NO_LIMIT
        self.is_raised, self.breach = False, None
        for threshold in self.thresholds:
            amount = self.amount(threshold.amount)
            level = reached = threshold.level_of(amount)
            if level > threshold.level and not raises:
                level, slack = threshold.level, 0
            if level is not threshold.level:
                crossings.append(Crossing(threshold, threshold.level, level))
                threshold.level = level
            if level > Level.NONE:
                self.is_raised = True
                if level is Level.ACTION and self.breach is None:
                    self.breach = threshold
            slack = min(slack, threshold.above(reached) - amount)
        self.slack = slack
        return crossings

    def lift(self) -> list[Crossing]:
        """Lift what is breached; the next order or trade that finds an amount above its threshold breaches again."""
        lifted = []
        for threshold in self.thresholds:
            if threshold.level is Level.ACTION:
                threshold.level = next((level for level in LOWER if threshold.is_set(level)), Level.NONE)
                lifted.append(Crossing(threshold, Level.ACTION, threshold.level))
        if lifted:
            self.slack, self.breach = 0, None
            self.is_raised = any(threshold.level for threshold in self.thresholds)
        return lifted

    def next_day(self) -> None:
        """Begin a day: what was traded is over, and so is every level."""
        self.executed = self.trades = self.last = 0
        self.slack = NO_LIMIT
        self.is_raised, self.breach = False, None
        for threshold in self.thresholds:
            threshold.level = Level.NONE


def thresholds_of(rule: RuleEntry) -> list[Threshold]:
    """Give the thresholds of a rule, those of amounts without any left out."""
    found = []
    action = rule.settings.get(BREACH_ACTION)
    cancel = BREACH_ACTIONS.get(action, CancelAction.NONE) if isinstance(action, str) else CancelAction.NONE
    for amount, names in SETTINGS.items():
        watch, warn, action_at = (_ticks(rule, name) for name in names)
        if watch < UNSET or warn < UNSET or action_at < UNSET:
            found.append(Threshold(rule.rule_id, amount, (watch, warn, action_at), cancel))
    return found


def _ticks(rule: RuleEntry, name: str) -> int:
    value = rule.settings.get(name)
    if value is None:
        return UNSET
    assert isinstance(value, int)
    return value * PRICE_SCALE


def entity_of(rule: RuleEntry) -> Entity:
    """Give whom a rule holds."""
    return Entity(rule.exchange, rule.mpid, rule.port, rule.group_id)
