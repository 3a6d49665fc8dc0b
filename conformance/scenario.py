"""Scenarios as text: files of a suite are read into steps. docs/conformance.md tells how to write one.

A file is one section of a document: `title`, `section`, `default` lines, then scenarios with their steps. Nothing is
looked up here but the form of the lines; message and field names are checked when a suite is loaded (`suites`).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from typing import Final

PARAMETER: Final = re.compile(r"\$([a-z][a-z_]*)")
NUMBER: Final = re.compile(r"n(\d+)(/\d+)?$")
DURATION: Final = re.compile(r"(.*?)(?: within (\d+) ms)?$")


class ScenarioError(Exception):
    """A scenario file that cannot be read: where, and why."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}, line {line}: {why}")


@dataclass(frozen=True)
class Step:
    """One line: who does what. `name` is a message's, `of` the order it is about, `number` a count or pieces.

    `times` says how often it is done, as a value; every further time with the next numbers (`n1` becomes `n2`).
    """

    line: int
    text: str
    who: str
    verb: str
    name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    of: str = ""
    within_ms: int | None = None
    number: int = 0
    also: tuple[Step, ...] = ()
    times: str = ""


def shifted(step: Step, by: int) -> Step:
    """Give a step with the numbers that come `by` places later."""

    def later(text: str) -> str:
        found = NUMBER.match(text)
        return f"n{int(found[1]) + by}{found[2] or ''}" if found else text

    fields = {name: later(value) for name, value in step.fields.items()}
    return replace(step, fields=fields, of=later(step.of)) if by else step


@dataclass
class Scenario:
    """A rule, and the dialogue that shows it. `is_open`: the documents leave it open, and this is one reading.

    `kinds` names the versions and markets that it is for, where it is not for all.
    """

    suite: str
    file: str
    title: str
    section: str
    name: str
    line: int
    is_slow: bool = False
    is_open: bool = False
    kinds: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)
    defaults: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def parties(self) -> list[str]:
        """Who takes part, in the order of appearance."""
        return list(dict.fromkeys(step.who for step in self.steps if step.who))

    @property
    def key(self) -> str:
        """The name by which reports and `--only` know it."""
        return f"{self.suite}/{self.file.removesuffix('.txt')}/{self.name}"


def words(file: str, number: int, line: str) -> list[str]:
    """Split a line as a shell does; what follows a # is for people."""
    try:
        return shlex.split(line, comments=True)
    except ValueError as error:
        raise ScenarioError(file, number, str(error)) from None


def named_fields(file: str, number: int, rest: list[str]) -> dict[str, str]:
    """Read `Name=value` words."""
    fields: dict[str, str] = {}
    for word in rest:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ScenarioError(file, number, f"{word!r} is not Name=value")
        if name.lower() in {known.lower() for known in fields}:
            raise ScenarioError(file, number, f"{name} stands twice")
        fields[name] = value
    return fields


SIMPLE: Final = (
    (re.compile(r"connects?$"), "connect"),
    (re.compile(r"logs? in$"), "log in"),
    (re.compile(r"logs? out$"), "log out"),
    (re.compile(r"hangs? up$"), "hang up"),
    (re.compile(r"crash(?:es)?$"), "crash"),
    (re.compile(r"falls? silent$"), "fall silent"),
    (re.compile(r"holds? back$"), "hold back"),
    (re.compile(r"lets? go$"), "let go"),
    (re.compile(r"gets? nothing$"), "get nothing"),
    (re.compile(r"gets? everything again$"), "get everything"),
    (re.compile(r"(?:is|are) cut off$"), "cut off"),
)
COUNTED: Final = (re.compile(r"gets? (\d+) messages? again$"), "get again")
BYTES: Final = re.compile(r"sends? bytes ([0-9A-Fa-f ]+(?:x\d{1,5}(?: [0-9A-Fa-f ]+)?)*)$")
REPEATED: Final = re.compile(r"([0-9A-Fa-f]+)x(\d+)")
TIMES: Final = r"(?:(\S+) times )?"
SEND: Final = re.compile(rf"sends? {TIMES}(.+?)(?: in pieces of (\d+))?$")
GET: Final = re.compile(rf"(may get|gets?) {TIMES}(.+)$")
LOG_ON: Final = re.compile(r"logs? on(?: (.+))?$")
COUNT: Final = re.compile(r"counts? from (\d+)$")
WAIT: Final = re.compile(r"wait (\d+) ms$")
CHECK: Final = re.compile(r"check (\S+) (<|<=|=|!=) (\S+)$")
RUN: Final = re.compile(r"operator runs (\$[a-z][a-z_]*)(?: (.+))?$")


def read_message(file: str, number: int, text: str) -> tuple[str, str, dict[str, str]]:
    """Read a message's name, the order it is `of`, and its fields."""
    name, *rest = words(file, number, text)
    of = ""
    if len(rest) >= 2 and rest[0] == "of":
        of, rest = rest[1], rest[2:]
    return name, of, named_fields(file, number, rest)


def read_step(file: str, number: int, line: str) -> Step:
    """Read one line of a dialogue."""
    text = re.sub(r"(^|\s)#.*$", "", line).strip()
    if found := WAIT.match(text):
        return Step(number, text, "", "wait", number=int(found[1]))
    if found := CHECK.match(text):
        return Step(number, text, "", "check", name=found[2], fields={"left": found[1], "right": found[3]})
    if found := RUN.match(text):
        told = named_fields(file, number, words(file, number, found[2] or ""))
        return Step(number, text, "", "run", name=found[1], fields=told)
    who, _, rest = text.partition(" ")
    if not re.fullmatch("[a-z]+", who) or not rest:
        raise ScenarioError(file, number, f"{text!r} says neither who nor what")
    match = DURATION.match(rest.strip())
    assert match is not None
    what, within = match[1], None if match[2] is None else int(match[2])
    for pattern, verb in SIMPLE:
        if pattern.match(what):
            return Step(number, text, who, verb, within_ms=within)
    if found := COUNTED[0].match(what):
        return Step(number, text, who, COUNTED[1], number=int(found[1]))
    if found := LOG_ON.match(what):
        fields = named_fields(file, number, words(file, number, found[1] or ""))
        return Step(number, text, who, "log on", "Logon", fields, within_ms=within)
    if found := COUNT.match(what):
        return Step(number, text, who, "count", number=int(found[1]))
    if found := BYTES.match(what):
        digits = REPEATED.sub(lambda part: part[1] * int(part[2]), found[1])
        if len(digits.replace(" ", "")) % 2:
            raise ScenarioError(file, number, "an odd number of hexadecimal digits")
        return Step(number, text, who, "send bytes", name=digits)
    if found := SEND.match(what):
        name, of, fields = read_message(file, number, found[2])
        return Step(number, text, who, "send", name, fields, of, within, int(found[3] or 0), times=found[1] or "")
    if found := GET.match(what):
        name, of, fields = read_message(file, number, found[3])
        verb = "may get" if found[1] == "may get" else "get"
        return Step(number, text, who, verb, name, fields, of, within, times=found[2] or "")
    raise ScenarioError(file, number, f"{what!r} is nothing that can be done")


def read_also(file: str, number: int, line: str, first: Step) -> Step:
    """Read an `and` line: another message that the same party gets, in either order."""
    if first.verb != "get":
        raise ScenarioError(file, number, "`and` may only follow a message that somebody gets")
    also = read_step(file, number, f"{first.who} gets {line.strip().removeprefix('and ')}")
    return Step(
        *(first.line, first.text, first.who, first.verb, first.name, first.fields, first.of, first.within_ms),
        also=(*first.also, also),
    )


@dataclass
class Reader:
    """Reads one file of a suite, line by line."""

    suite: str
    file: str
    title: str = ""
    section: str = ""
    kinds: tuple[str, ...] = ()
    defaults: dict[str, dict[str, str]] = field(default_factory=dict)
    scenarios: list[Scenario] = field(default_factory=list)

    def read(self, text: str) -> list[Scenario]:
        """Give the file's scenarios."""
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                self.take(number, line)
        for scenario in self.scenarios:
            if not scenario.steps:
                raise ScenarioError(self.file, scenario.line, "a scenario without steps")
        return self.scenarios

    def take(self, number: int, line: str) -> None:
        """Take a line: one of the file's own at the margin, else a step of the scenario."""
        if line[0] in " \t":
            self.take_step(number, line.strip())
            return
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        match word:
            case "title":
                self.title = rest
            case "section":
                self.section = rest
            case "for":
                self.kinds = tuple(rest.split())
            case "default":
                name, _, fields = read_message(self.file, number, rest)
                self.defaults[name] = self.defaults.get(name, {}) | fields
            case "scenario":
                if not self.title or not self.section:
                    raise ScenarioError(self.file, number, "a title and a section come first")
                if rest in {scenario.name for scenario in self.scenarios}:
                    raise ScenarioError(self.file, number, "another scenario has this name")
                self.scenarios.append(
                    Scenario(
                        *(self.suite, self.file, self.title, self.section, rest, number),
                        kinds=self.kinds,
                        defaults=dict(self.defaults),
                    )
                )
            case _:
                raise ScenarioError(self.file, number, f"{word!r} is none of title, section, for, default, scenario")

    def take_step(self, number: int, line: str) -> None:
        """Take a line of a scenario."""
        if not self.scenarios:
            raise ScenarioError(self.file, number, "a step outside a scenario")
        scenario = self.scenarios[-1]
        if line == "slow":
            scenario.is_slow = True
        elif line == "open":
            scenario.is_open = True
        elif line.startswith("for "):
            scenario.kinds = tuple(line.split()[1:])
        elif line.startswith("section "):
            scenario.section = line.removeprefix("section ").strip()
        elif line.startswith("and "):
            if not scenario.steps:
                raise ScenarioError(self.file, number, "`and` before anything else")
            scenario.steps[-1] = read_also(self.file, number, line, scenario.steps[-1])
        else:
            scenario.steps.append(read_step(self.file, number, line))
