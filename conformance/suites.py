"""The suites that ship: their files are read, their names checked, and what each scenario needs is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import resources
from typing import Final

from conformance.declarations import soup
from conformance.declarations.message import Appendage, Dialect, Message
from conformance.declarations.nordic import NORDIC
from conformance.declarations.us import US
from conformance.scenario import PARAMETER, Reader, Scenario, ScenarioError, Step

PARTIES: Final = {
    "we": "user",
    "again": "user",
    "they": "second_user",
    "sister": "sister_user",
    "guarded": "guarded_user",
}
"""Who may take part, and the option that gives the user's name. `again` is a second connection of the same user."""
SENT_WORDS: Final = ("appendage", "tail")
PACKET_WORDS: Final = ("payload", "text")


@dataclass(frozen=True)
class Suite:
    """A suite: its key, its title, the dialect it speaks, and the folders of its scenarios."""

    key: str
    title: str
    dialect: Dialect


SUITES: Final = {
    suite.key: suite
    for suite in (
        Suite("soup", "SoupBinTCP 3.00 and 4.x", US),
        Suite("ouch", "OUCH 5.0 (Nasdaq US), revision 1.05", US),
        Suite("ouch-nordic", "INET Nordic OUCH 5", NORDIC),
    )
}


def load(key: str) -> list[Scenario]:
    """Give the scenarios of a suite, in the order of its files."""
    folder = resources.files("conformance") / "scenarios" / key.replace("-", "_")
    scenarios: list[Scenario] = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".txt"):
            scenarios += read(SUITES[key], file.name, file.read_text(encoding="utf-8"))
    return scenarios


def read(suite: Suite, file: str, text: str) -> list[Scenario]:
    """Read a file of a suite, and check every name in it."""
    scenarios = Reader(suite.key, file).read(text)
    for scenario in scenarios:
        for name, fields in scenario.defaults.items():
            check_fields(suite.dialect, file, scenario.line, name, fields, is_sent=True)
        for first in scenario.steps:
            for step in (first, *first.also):
                check_step(suite.dialect, file, step)
    return scenarios


def check_step(dialect: Dialect, file: str, step: Step) -> None:
    """Complain of parties, messages and fields that there are not."""
    if step.who and step.who not in PARTIES:
        raise ScenarioError(file, step.line, f"{step.who!r} is none of {', '.join(PARTIES)}")
    if step.verb in ("send", "get", "may get"):
        check_fields(dialect, file, step.line, step.name, step.fields, is_sent=step.verb == "send")


def check_fields(
    dialect: Dialect, file: str, line: int, name: str, fields: Mapping[str, str], *, is_sent: bool
) -> None:
    """Complain of a message or of fields that there are not."""
    packets: Mapping[str, Message] = soup.FROM_CLIENT if is_sent else soup.FROM_SERVER
    message = packets.get(name)
    extra: tuple[str, ...] = PACKET_WORDS
    options: set[str] = set()
    if message is None:
        message = dialect.named(name, inbound=is_sent)
        extra = SENT_WORDS if is_sent else ("options",)
        if message is not None and message.appendage is not Appendage.NEVER:
            options = set(dialect.options_by_name)
    if message is None:
        raise ScenarioError(file, line, f"there is no {name} {'to' if is_sent else 'from'} a server")
    known = {field.lower() for field in message.fields} | options | set(extra)
    unknown = [field for field in fields if field.lower() not in known]
    if unknown:
        raise ScenarioError(file, line, f"{name} has no {unknown[0]}")


def missing(scenario: Scenario, parties: Mapping[str, object], parameters: Mapping[str, str]) -> list[str]:
    """Give the options that a scenario needs and the run does not have."""
    needed = [PARTIES[party] for party in scenario.parties if party not in parties]
    known = {*parameters}
    for first in scenario.steps:
        for step in (first, *first.also):
            used, bound = names(scenario, step)
            needed += sorted(used - known)
            known |= used | bound
    return [f"--{name.replace('_', '-')}" for name in dict.fromkeys(needed)]


def names(scenario: Scenario, step: Step) -> tuple[set[str], set[str]]:
    """Give the `$names` whose values a step uses, and those that it may give a value to."""
    fields = list(step.fields.values())
    bound: set[str] = set()
    if step.verb in ("get", "may get"):
        bound = {value[1:] for value in fields if PARAMETER.fullmatch(value)}
        fields = [value for value in fields if not PARAMETER.fullmatch(value)]
    elif step.verb == "send":
        written = {name.lower() for name in step.fields}
        for message, defaults in scenario.defaults.items():
            if message.lower() == step.name.lower():
                fields += [value for name, value in defaults.items() if name.lower() not in written]
    used = {name for text in (*fields, step.of) for name in PARAMETER.findall(text)}
    return used, bound - used


def chosen(scenarios: list[Scenario], only: tuple[str, ...]) -> list[Scenario]:
    """Give the scenarios whose name, file or section fits one of the patterns; all where there are none."""
    return [scenario for scenario in scenarios if not only or any(fits(scenario, pattern) for pattern in only)]


def fits(scenario: Scenario, pattern: str) -> bool:
    """Whether a pattern means this scenario: a section, a file, or part of a name, with * and ? for what varies."""
    wanted = pattern.lower()
    names = (scenario.section, scenario.file.removesuffix(".txt"), scenario.key, scenario.name)
    return any(fnmatch(name.lower(), wanted) for name in names) or wanted in scenario.name.lower()
