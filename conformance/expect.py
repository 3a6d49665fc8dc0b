"""What a scenario expects of one packet or message, and how what came differs from it, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from conformance.connection import Received
from conformance.declarations import soup
from conformance.declarations.kinds import Kind, Value
from conformance.declarations.message import Appendage, Dialect, Message, dissect
from conformance.values import Place, Values


class Difference(NamedTuple):
    """A field that is not as it should be."""

    name: str
    expected: str
    got: str


@dataclass
class Expectation:
    """A message that is to come. `implied` are fields that follow from the order it is about, `fields` are written.

    A Drop port tells it of `port`. Where it `is_exact`, there are no options but those, and no appendage where it may
    be left off.
    """

    message: Message
    implied: Mapping[str, Value]
    fields: Mapping[str, str]
    values: Values
    place: Place
    is_packet: bool
    is_exact: bool = True
    port: str = ""


def compare(expectation: Expectation, received: Received, dialect: Dialect) -> list[Difference]:
    """Give what is different; nothing where it fits. Only a message that fits gives values to new names."""
    packet = received.packet
    found = soup.dissect(packet)
    if not expectation.is_packet and packet.letter in soup.CARRIERS:
        found = dissect(dialect, packet.payload, inbound=False)
    wanted = expectation.message
    if found.name != wanted.name:
        return [Difference(f"({index})", wanted.name, found.name) for index in range(3)]  # further off than any field
    remembered = dict(expectation.values.remembered)
    written = {name.lower(): (name, value) for name, value in expectation.fields.items()}
    differences = []
    if expectation.port and received.port != expectation.port:
        differences.append(Difference("Port", expectation.port, received.port))
    for name, kind in wanted.fields.items():
        got = found.values.get(name)
        if got is None:
            differences.append(Difference(name, "a value", "missing"))
        elif name.lower() in written:
            differences += _unlike(expectation, name, kind, written[name.lower()][1], got)
        elif name in expectation.implied and expectation.implied[name] != got:
            differences.append(Difference(name, kind.show(expectation.implied[name]), kind.show(got)))
    if not expectation.is_packet:
        differences += _options(expectation, found.options, dialect, written)
    if found.faults:
        differences += [Difference("bytes", "as declared", fault) for fault in found.faults]
    if differences:
        expectation.values.remembered = remembered
    return differences


def _unlike(expectation: Expectation, name: str, kind: Kind, wanted: str, got: Value) -> list[Difference]:
    values, place = expectation.values, expectation.place
    if values.fits(wanted, got, kind, place):
        return []
    return [Difference(name, values.show(wanted, kind, place), kind.show(got))]


def _options(
    expectation: Expectation,
    got: Mapping[str, Value] | None,
    dialect: Dialect,
    written: Mapping[str, tuple[str, str]],
) -> list[Difference]:
    """Compare options, which are to be exactly those expected, and whether there is an appendage at all."""
    if written.get("options") == ("options", "any"):
        return []
    differences = []
    expected = 0
    present = got or {}
    fields = expectation.message.fields
    for option in dialect.options.values():
        value = present.get(option.name)
        if option.name.lower() in written and option.name not in fields:
            wanted = written[option.name.lower()][1]
            if wanted == "none":
                if value is not None:
                    differences.append(Difference(option.name, "none", option.kind.show(value)))
                continue
            expected += 1
            if value is None:
                differences.append(Difference(option.name, wanted, "none"))
            else:
                differences += _unlike(expectation, option.name, option.kind, wanted, value)
        elif option.name in expectation.implied and option.name not in fields:
            expected += 1
            implied = expectation.implied[option.name]
            if value != implied:
                shown = "none" if value is None else option.kind.show(value)
                differences.append(Difference(option.name, option.kind.show(implied), shown))
        elif value is not None and expectation.is_exact:
            differences.append(Difference(option.name, "none", option.kind.show(value)))
    if (
        expectation.message.appendage is Appendage.CONDITIONAL
        and not expected
        and got is not None
        and expectation.is_exact
    ):
        differences.append(Difference("AppendageLength", "left off", "there"))
    return differences
