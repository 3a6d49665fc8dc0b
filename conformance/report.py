"""What a run says: lines on the terminal as it goes, a table of sections, JUnit XML, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from conformance.connection import Wire
from conformance.declarations import soup
from conformance.declarations.message import OPTION_LENGTH, OPTION_TAG, Dialect, dissect
from conformance.expect import Failed
from conformance.runner import Outcome, Result, Run

LOG_SHOWN = 40
"""Packets of the wire log that a failure shows."""


def progress(result: Result) -> str:
    """Say in a line how a scenario went."""
    mark = {Outcome.PASSED: "ok  ", Outcome.FAILED: "FAIL", Outcome.SKIPPED: "skip"}[result.outcome]
    what = result.why or f"{result.seconds * 1000:.0f} ms"
    is_open = "  [left open by the documents]" if result.scenario.is_open else ""
    return f"{mark} {result.scenario.section:<10} {result.scenario.name}  ({what}){is_open}"


def explain(result: Result, dialect: Dialect) -> Iterator[str]:
    """Tell a failure: the rule, the step, what differs field by field, and the wire log."""
    failure = result.failure
    assert failure is not None
    yield f"{result.scenario.title}, section {result.scenario.section}: {result.scenario.name}"
    yield f"  {result.scenario.suite}/{result.scenario.file}, {failure}"
    yield from differences(failure, dialect)
    yield from (f"  also: {note}" for note in failure.notes)
    yield "  wire log:"
    packets = [line for wire in result.log for line in wire_lines(wire, dialect)]
    if len(packets) > LOG_SHOWN:
        yield f"    ({len(packets) - LOG_SHOWN} earlier lines left out)"
    yield from (f"    {line}" for line in packets[-LOG_SHOWN:])


def differences(failure: Failed, dialect: Dialect) -> Iterator[str]:
    """Tell what was expected and what came."""
    if failure.expectation is not None:
        yield f"  expected {failure.expectation.message.name}"
    if failure.got is not None:
        yield f"  got      {summary(failure.got.packet, dialect, inbound=False)}"
    for name, expected, got in failure.differences:
        if not name.startswith("("):
            yield f"    {name}: expected {expected}, got {got}"


def wire_lines(wire: Wire, dialect: Dialect) -> Iterator[str]:
    """Tell one read or write: time, party, direction, each packet dissected, then its bytes."""
    arrow = "-->" if wire.is_sent else "<--"
    head = f"{wire.seconds:8.3f} {wire.party:<7} {arrow}"
    taken = 0
    for packet in soup.cut(wire.data):
        taken = packet.offset + 3 + len(packet.payload)
        yield f"{head} {summary(packet, dialect, inbound=wire.is_sent)}  [{packet.data.hex()}]"
    if taken < len(wire.data):
        yield f"{head} {len(wire.data) - taken} bytes of a packet  [{wire.data[taken:].hex()}]"


def summary(packet: soup.Packet, dialect: Dialect, *, inbound: bool) -> str:
    """Tell a packet in a line: its message's or its own fields."""
    found = soup.dissect(packet)
    if packet.letter in soup.CARRIERS:
        found = dissect(dialect, packet.payload, inbound=inbound)
    skip = ("PacketType", "Type", "AppendageLength", OPTION_LENGTH, OPTION_TAG)
    fields = " ".join(f"{cell.name}={cell.value}" for cell in found.cells if cell.name not in skip and not cell.fault)
    name = found.name if found.message else f"packet {packet.letter!a}"
    return " ".join(filter(None, (name, fields, *(f"!! {fault}" for fault in found.faults))))


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
        "scenarios": [_entry(result, run.suite.dialect) for result in results],
    }
    return json.dumps(whole, indent=2)


def _entry(result: Result, dialect: Dialect) -> dict[str, Any]:
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
        entry["wire"] = [line for wire in result.log for line in wire_lines(wire, dialect)]
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
            failure.text = printable("\n".join(explain(result, run.suite.dialect)))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def printable(text: str) -> str:
    """Give text without what XML cannot hold."""
    return "".join(letter if letter.isprintable() or letter == "\n" else f"\\x{ord(letter):02x}" for letter in text)
