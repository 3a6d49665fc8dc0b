"""What a run says: lines on the terminal as it goes, a table of sections, JUnit XML, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from conformance.dialogue import Failed
from conformance.language import Language
from conformance.runner import Outcome, Result, Run

LOG_SHOWN = 40
"""Packets of the wire log that a failure shows."""


def progress(result: Result) -> str:
    """Say in a line how a scenario went."""
    mark = {Outcome.PASSED: "ok  ", Outcome.FAILED: "FAIL", Outcome.SKIPPED: "skip"}[result.outcome]
    what = result.why or f"{result.seconds * 1000:.0f} ms"
    is_open = "  [left open by the documents]" if result.scenario.is_open else ""
    return f"{mark} {result.scenario.section:<10} {result.scenario.name}  ({what}){is_open}"


def explain(result: Result, language: Language) -> Iterator[str]:
    """Tell a failure: the rule, the step, what differs field by field, and the wire log."""
    failure = result.failure
    assert failure is not None
    yield f"{result.scenario.title}, section {result.scenario.section}: {result.scenario.name}"
    yield f"  {result.scenario.suite}/{result.scenario.file}, {failure}"
    yield from differences(failure)
    yield from (f"  also: {note}" for note in failure.notes)
    yield "  wire log:"
    packets = [line for wire in result.log for line in language.wire_lines(wire)]
    if len(packets) > LOG_SHOWN:
        yield f"    ({len(packets) - LOG_SHOWN} earlier lines left out)"
    yield from (f"    {line}" for line in packets[-LOG_SHOWN:])


def differences(failure: Failed) -> Iterator[str]:
    """Tell what was expected and what came."""
    if failure.expected:
        yield f"  expected {failure.expected}"
    if failure.got:
        yield f"  got      {failure.got}"
    for name, expected, got in failure.differences:
        if not name.startswith("("):
            yield f"    {name}: expected {expected}, got {got}"


def coverage(results: list[Result]) -> Iterator[str]:
    """Draw a table: passed, failed and skipped scenarios by section."""
    rows: dict[tuple[str, str], Counter[Outcome]] = {}
    for result in results:
        key = (result.scenario.file.removesuffix(".txt"), result.scenario.title)
        rows.setdefault(key, Counter())[result.outcome] += 1
    width = max((len(title) for _, title in rows), default=0)
    yield f"{'section':<{width}}  passed  failed  skipped"
    for (_, title), counts in rows.items():
        yield f"{title:<{width}}  {counts[Outcome.PASSED]:6}  {counts[Outcome.FAILED]:6}  {counts[Outcome.SKIPPED]:7}"


def totals(results: list[Result]) -> str:
    """Say how many passed, failed and were skipped."""
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome)


def as_json(run: Run, results: list[Result]) -> str:
    """Give the whole run as one JSON object."""
    counts = Counter(result.outcome for result in results)
    whole = {
        "suite": run.suite.key,
        "target": f"{run.target[0]}:{run.target[1]}",
        **{outcome.value: counts[outcome] for outcome in Outcome},
        "scenarios": [_entry(result, run.suite.language) for result in results],
    }
    return json.dumps(whole, indent=2)


def _entry(result: Result, language: Language) -> dict[str, Any]:
    scenario = result.scenario
    entry: dict[str, Any] = {
        "name": scenario.name,
        "section": scenario.section,
        "title": scenario.title,
        "file": scenario.file,
        "open": scenario.is_open,
        "outcome": result.outcome.value,
        "seconds": round(result.seconds, 3),
    }
    if result.why:
        entry["why"] = result.why
    if result.failure is not None:
        entry["step"] = {"line": result.failure.step.line, "text": result.failure.step.text}
        entry["why"] = result.failure.why
        entry["differences"] = [
            {"field": name, "expected": expected, "got": got} for name, expected, got in result.failure.differences
        ]
        entry["wire"] = [line for wire in result.log for line in language.wire_lines(wire)]
    return entry


def as_junit(run: Run, results: list[Result]) -> str:
    """Give the run as JUnit XML: a test suite, a test case for each scenario, its section as the class."""
    counts = Counter(result.outcome for result in results)
    suite = ET.Element(
        "testsuite",
        name=f"portcullis conform {run.suite.key}",
        tests=str(len(results)),
        failures=str(counts[Outcome.FAILED]),
        errors="0",
        skipped=str(counts[Outcome.SKIPPED]),
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    for result in results:
        scenario = result.scenario
        place = f"{scenario.suite}.{scenario.file.removesuffix('.txt')}"
        case = ET.SubElement(suite, "testcase", classname=place, name=scenario.name, time=f"{result.seconds:.3f}")
        if result.outcome is Outcome.SKIPPED:
            ET.SubElement(case, "skipped", message=result.why)
        if result.failure is not None:
            failure = ET.SubElement(case, "failure", message=printable(str(result.failure)))
            failure.text = printable("\n".join(explain(result, run.suite.language)))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def printable(text: str) -> str:
    """Give text without what XML cannot hold."""
    return "".join(letter if letter.isprintable() or letter == "\n" else f"\\x{ord(letter):02x}" for letter in text)
