"""Settings of rules as they stand over REST, and as the engine has them.

Over REST names are camelCase, thresholds of an exposure stand in an object of their own, percentages and the amounts of
a fat finger are decimal numbers. The engine has flat names and whole numbers (`engine.risk.rule_terms`), and finds what
is wrong with a value; here only what cannot be read is refused.
"""

from __future__ import annotations

import difflib
from decimal import Decimal
from typing import Any, Final

from engine.risk.rule_terms import EXPOSURES, HIGHEST, PERCENT_SCALE, SETTINGS, THRESHOLDS, rest_name
from engine.rule_instructions import RuleSettings, RuleValue
from venue.problem import Problem

SCALE: Final = PERCENT_SCALE
"""Of percentages, and of dollars in a fat finger's amounts."""
DECIMALS: Final = 4
RANGE: Final = ("amount", "percent")
PERCENT: Final = "percent"
SYNTAX: Final = 422


def to_engine(rule_type: str, settings: dict[str, Any]) -> RuleSettings:
    """Give the settings of a rule of a type as the engine has them; raises `Problem` 422 with the field to blame."""
    names = {rest_name(name): name for name in SETTINGS[rule_type]}
    found: RuleSettings = {}
    for name, value in flattened(rule_type, settings).items():
        if name not in names:
            known = list(dict.fromkeys(each.partition(".")[0] for each in names))
            likely = difflib.get_close_matches(name, names, 1)
            meant = f"; did you mean {likely[0]}?" if likely else f"; there are {', '.join(known)}"
            raise Problem(SYNTAX, f"a rule of type {rule_type} has no {name}{meant}", f"settings.{name}")
        found[names[name]] = None if value is None else value_of(name, value)
    return found


def flattened(rule_type: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Give the thresholds of exposures by dotted names; null in the place of an exposure is null for each of them."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if rule_type != "gross-exposure" or name not in EXPOSURES:
            flat[name] = value
        elif value is None:
            flat |= {f"{name}.{threshold}": None for threshold in THRESHOLDS}
        elif isinstance(value, dict):
            flat |= {f"{name}.{threshold}": each for threshold, each in value.items()}
        else:
            raise Problem(SYNTAX, f"it must be an object with {', '.join(THRESHOLDS)}", f"settings.{name}")
    return flat


def value_of(name: str, value: Any) -> RuleValue:
    """Give one value in the engine's units."""
    field = f"settings.{name}"
    if name == PERCENT:
        return scaled(value, field)
    if name == "ranges":
        if not isinstance(value, list):
            raise Problem(SYNTAX, "it must be a list of six ranges", field)
        return tuple(range_of(each, f"{field}[{place}]") for place, each in enumerate(value))
    if isinstance(value, list):
        if not all(isinstance(each, str) for each in value):
            raise Problem(SYNTAX, "it must be a list of texts", field)
        return tuple(value)
    if not isinstance(value, int | str):
        raise Problem(
            SYNTAX, "it must be a whole number" if isinstance(value, float | Decimal) else "it is no value", field
        )
    if isinstance(value, int) and abs(value) > HIGHEST + 1:  # no record can hold it; whether it may be, the engine says
        raise Problem(SYNTAX, "it is too large", field)
    return value


def range_of(value: Any, field: str) -> tuple[int, int]:
    """Give one range of a fat finger: ticks, and 1/10,000 of a percent."""
    if not isinstance(value, dict) or not set(value) <= set(RANGE):
        raise Problem(SYNTAX, "a range is an object with amount and percent", field)
    amount, percent = (scaled(0 if value.get(name) is None else value[name], f"{field}.{name}") for name in RANGE)
    return amount, percent


def scaled(value: Any, field: str) -> int:
    """Give a decimal number in 1/10,000; raises `Problem` where it has more than four decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Problem(SYNTAX, "it must be a number", field)
    try:
        given = Decimal(str(value))
        number = given * SCALE
    except ArithmeticError:
        raise Problem(SYNTAX, "it must be a number", field) from None
    if not number.is_finite() or abs(number) > HIGHEST:
        raise Problem(SYNTAX, "it is too large", field)
    if number % 1 or (given and not number):
        raise Problem(SYNTAX, f"it has more than {DECIMALS} decimals", field)
    return int(number)


def to_rest(rule_type: str, settings: RuleSettings) -> dict[str, Any]:
    """Give all settings of a rule as they stand over REST; null is one that is not set."""
    shown: dict[str, Any] = {}
    for name in SETTINGS[rule_type]:
        put(shown, rest_name(name), settings.get(name))
    return shown


def some_to_rest(settings: RuleSettings) -> dict[str, Any]:
    """Give the settings that there are as they stand over REST."""
    shown: dict[str, Any] = {}
    for name, value in settings.items():
        put(shown, rest_name(name), value)
    return shown


def put(shown: dict[str, Any], name: str, value: RuleValue) -> None:
    """Put a setting where it stands."""
    outer, dot, threshold = name.partition(".")
    if dot:
        shown.setdefault(outer, {})[threshold] = value
    elif value is None:
        shown[name] = None
    elif name == PERCENT and isinstance(value, int):
        shown[name] = decimal(value)
    elif name == "ranges" and isinstance(value, tuple | list):
        shown[name] = [
            {part: decimal(each) for part, each in zip(RANGE, pair, strict=True) if isinstance(each, int)}
            for pair in value
        ]
    else:
        shown[name] = list(value) if isinstance(value, tuple | list) else value


def decimal(value: int) -> int | float:
    """Give 1/10,000 as a number, a whole one where it is."""
    return value // SCALE if value % SCALE == 0 else float(Decimal(value) / SCALE)
