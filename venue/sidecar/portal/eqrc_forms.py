"""Forms of rules: what stands in their fields, what was typed as the body of a call, what was refused by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from venue.eqrc.settings import put
from venue.problem import Problem
from venue.sidecar.portal.eqrc_terms import Field, fields_of
from venue.sidecar.portal.eqrc_view import found_in
from venue.sidecar.portal.visit import OF_FORMS, plainly

ON: Final = "1"
SEVERAL: Final = re.compile(r"[\s,;]+")
"""What stands between symbols, brokers, addresses."""
LONGEST_NUMBER: Final = 19
RANGE: Final = re.compile(r"ranges\[\d\]")


def groups_of(rule_type: str) -> list[tuple[str, list[Field]]]:
    """Give a form's fields by group, in order."""
    groups: dict[str, list[Field]] = {}
    for field in fields_of(rule_type):
        groups.setdefault(field.group, []).append(field)
    return list(groups.items())


def texts_of(rule_type: str, settings: dict[str, Any]) -> dict[str, str]:
    """Give what stands in the fields for settings as they are over REST."""
    texts = {}
    for field in fields_of(rule_type):
        value = found_in(settings, field.name)
        if field.kind in {"switch", "allowed"}:
            texts[field.name] = ON if bool(value) is (field.kind == "switch") else ""
        elif isinstance(value, list):
            texts[field.name] = " ".join(value)
        else:
            texts[field.name] = "" if value is None else str(value)
    return texts


def settings_of(
    rule_type: str, form: Mapping[str, str], *, is_new: bool, present: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Give the settings that a form says, as they are over REST; an empty field takes one off.

    With the texts that are `present` only those that differ; ranges go together.
    """
    settings: dict[str, Any] = {}
    ranges: dict[str, dict[str, str]] = {}
    for field in fields_of(rule_type):
        text = form.get(field.name, "").strip()
        value = value_of(field, text)
        if field.name.startswith("ranges["):
            place, _, part = field.name.partition(".")
            ranges.setdefault(place, {})[part] = text or "0"
        elif present is not None and text == present.get(field.name):
            continue
        elif value is not None or not is_new:
            put(settings, field.name, value)
    if ranges and (present is None or any(text != form.get(name, "") for name, text in present.items() if "[" in name)):
        settings["ranges"] = list(ranges.values())
    return settings


def value_of(field: Field, text: str) -> Any:
    """Give a field's value; what is no number goes as it was typed, to be refused by its name."""
    if field.kind in {"switch", "allowed"}:
        return (text == ON) is (field.kind == "switch")
    if not text:
        return None
    if field.kind == "words":
        return words_of(text)
    is_whole = field.step != "any" and text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_whole else text


def words_of(text: str) -> list[str]:
    """Give words that stand apart, each once."""
    return [word for word in dict.fromkeys(SEVERAL.split(text)) if word]


def faults_of(problem: Problem, fields: set[str]) -> dict[str, str]:
    """Give what is wrong by the field to blame; under "" what is of no field. Raises what no form can tell."""
    if problem.status not in OF_FORMS:
        raise problem
    found: dict[str, str] = {}
    for error in problem.errors:
        name = error.field.removeprefix("settings.")
        short = name if name in fields else name.partition("[")[0] if not RANGE.match(name) else ""
        found.setdefault(short if short in fields else "", error.message)
    return {name: plainly(text) for name, text in (found or {"": str(problem)}).items()}
