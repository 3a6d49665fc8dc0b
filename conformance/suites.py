"""The suites that ship: their files are read, their names checked, and what each scenario needs is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import resources
from typing import Final

from conformance.declarations.nordic import NORDIC
from conformance.declarations.us import US
from conformance.fix.language import DROP_PARTIES, ORDER_PARTIES, SESSION_PARTIES, Fix
from conformance.http.eqrc import PARTIES as EQRC_PARTIES
from conformance.http.eqrc import Eqrc
from conformance.http.language import PTR_PARTIES, Http
from conformance.itch import PARTIES as ITCH_PARTIES
from conformance.itch import Itch
from conformance.language import Language
from conformance.ouch import PARTIES, Ouch
from conformance.ouch_drop import PARTIES as OUCH_DROP_PARTIES
from conformance.ouch_drop import OuchDrop
from conformance.prm import PARTIES as PRM_PARTIES
from conformance.prm import Prm
from conformance.rash import PARTIES as RASH_PARTIES
from conformance.rash import Rash
from conformance.scenario import PARAMETER, Reader, Scenario, ScenarioError, Step


@dataclass(frozen=True)
class Suite:
    """A suite: its key, its title, and the language of its scenarios."""

    key: str
    title: str
    language: Language


SUITES: Final = {
    suite.key: suite
    for suite in (
        Suite("soup", "SoupBinTCP 3.00 and 4.x", Ouch(US, PARTIES)),
        Suite("ouch", "OUCH 5.0 (Nasdaq US), revision 1.05", Ouch(US, PARTIES)),
        Suite("ouch-nordic", "INET Nordic OUCH 5", Ouch(NORDIC, PARTIES)),
        Suite("fix-session", "the FIX session layer", Fix(SESSION_PARTIES, resets=True)),
        Suite("fix-orders", "order entry by FIX", Fix(ORDER_PARTIES)),
        Suite("drop", "FIX Drop", Fix(DROP_PARTIES)),
        Suite("drop-ouch", "OUCH Drop", OuchDrop(NORDIC, OUCH_DROP_PARTIES)),
        Suite("itch", "TotalView-ITCH 5.0 and GLIMPSE 5.0", Itch(US, ITCH_PARTIES)),
        Suite("prm", "PRM administration", Prm(PRM_PARTIES)),
        Suite("rash", "RASHport 1.0 and 1.1", Rash(RASH_PARTIES)),
        Suite("ptr", "Post-Trade Risk over REST", Http(PTR_PARTIES)),
        Suite("eqrc", "US Equities Risk Checks: the rules API", Eqrc(EQRC_PARTIES)),
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
        check_parties(suite, scenario)
        suite.language.check(scenario)
    return scenarios


def check_parties(suite: Suite, scenario: Scenario) -> None:
    """Complain of who does not exist."""
    for first in scenario.steps:
        for step in (first, *first.also):
            if step.who and step.who not in suite.language.parties:
                known = ", ".join(suite.language.parties)
                raise ScenarioError(scenario.file, step.line, f"{step.who!r} is none of {known}")


def missing(
    language: Language, scenario: Scenario, users: Mapping[str, object], parameters: Mapping[str, str]
) -> list[str]:
    """Give the options that a scenario needs and the run does not have."""
    needed = [language.parties[party] for party in scenario.parties if party not in users]
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
    elif step.verb == "run":
        fields.append(step.name)
    used = {name for text in (*fields, step.of, step.times) for name in PARAMETER.findall(text)}
    return used, bound - used


def chosen(scenarios: list[Scenario], only: tuple[str, ...]) -> list[Scenario]:
    """Give the scenarios whose name, file or section fits one of the patterns; all where there are none."""
    return [scenario for scenario in scenarios if not only or any(fits(scenario, pattern) for pattern in only)]


def fits(scenario: Scenario, pattern: str) -> bool:
    """Whether a pattern means this scenario: a section, a file, or part of a name, with * and ? for what varies."""
    wanted = pattern.lower()
    names = (scenario.section, scenario.file.removesuffix(".txt"), scenario.key, scenario.name)
    return any(fnmatch(name.lower(), wanted) for name in names) or wanted in scenario.name.lower()
