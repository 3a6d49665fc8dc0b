"""Messages that a FIX scenario sends: put together from names and values, and remembered for what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from conformance.fix.frames import closed, compose, raw, spoilt
from conformance.fix.shapes import NONE, Memory, Sent
from conformance.fix.tags import TRAILER, TYPES, Version, is_header, tag_of
from conformance.fix.values import Numbers, Values, timestamp
from conformance.scenario import Step

RAW: Final = "Raw"
"""The name of a message that is written field by field, in `Text`."""
ORDERS: Final = ("D", "G")
PADDED: Final = "padded"
"""A BodyLength that is right, and has a zero before it."""
CANCEL_COPIES: Final = (54, 55)


@dataclass
class Composer:
    """Puts messages together, and remembers what each party has sent."""

    defaults: Mapping[str, Mapping[str, str]]
    values: Values
    version: Version
    memories: dict[str, Memory] = field(default_factory=dict)

    def memory(self, party: str) -> Memory:
        """Give what a party has sent."""
        return self.memories.setdefault(party, Memory())

    def compose(
        self, step: Step, header: Callable[[str], dict[int, str]], numbers: Numbers
    ) -> tuple[bytes, Sent, bool]:
        """Give the bytes, what was sent, and whether it takes a number: what is malformed on purpose does not."""
        if step.name == RAW:
            text = self.values.literal(step.fields["Text"])
            text = text.replace("<now>", timestamp()).replace("<next>", str(numbers.following))
            return raw(text), Sent(), False
        kind = TYPES.get(step.name.lower(), step.name)
        head, body, special = self._fields(step, header(kind), numbers)
        sent = Sent(kind, int(head[34]) if head.get(34, "").isdigit() else 0, {})
        for tag, value in (*head.items(), *body):
            sent.values.setdefault(tag, value.partition("\x01")[0])
        self.memory(step.who).remember(sent)
        data = compose([*head.items(), *body])
        if special:
            data = self._spoil(data, special)
        return data, sent, 34 in head and all(value == PADDED for value in special.values())

    def _fields(
        self, step: Step, head: dict[int, str], numbers: Numbers
    ) -> tuple[dict[int, str], list[tuple[int, str]], dict[int, str]]:
        """Sort what is written into header and body; CheckSum and BodyLength are written on purpose only."""
        defaults = {name.lower(): fields for name, fields in self.defaults.items()}.get(step.name.lower(), {})
        written = {tag: value for name, value in defaults.items() if (tag := tag_of(name)) is not None}
        written |= {tag: value for name, value in step.fields.items() if (tag := tag_of(name)) is not None}
        body: list[tuple[int, str]] = []
        special: dict[int, str] = {}
        for tag, text in written.items():
            value = self.values.text(text, numbers)
            if tag in TRAILER or tag == 9:
                special[tag] = value
            elif is_header(tag, self.version):
                head[tag] = value
            elif value != NONE:
                body.append((tag, value))
        if head.get(43) == "Y":
            head.setdefault(122, head.get(52, ""))
        front = [tag for tag in (8, 35, 34, 49, 52, 56) if head.get(tag, NONE) != NONE]
        others = sorted(tag for tag, value in head.items() if tag not in front and value != NONE)
        return {tag: head[tag] for tag in (*front, *others)}, body, special

    @staticmethod
    def _spoil(data: bytes, special: Mapping[int, str]) -> bytes:
        """Give a message a CheckSum or a BodyLength that is told: a value, or how far it is off."""
        length = special.get(9, "")
        if length == PADDED:
            length = f"0{_length(data)}"
        if length[:1] in ("+", "-"):
            length = str(_length(data) + int(length))
        check = special.get(10, "")
        if check == NONE:
            return data[: data.rindex(b"\x0110=") + 1]
        if check[:1] in ("+", "-"):
            check = f"{(int(data[-4:-1]) + int(check)) % 256:03}"
        return spoilt(data, check, length) if length or check else closed(data)

    def orders(self, party: str) -> list[dict[int, str]]:
        """Give the fields of a cancel for every order that a party has sent."""
        cancels = []
        for name, sent in self.memory(party).named.items():
            if sent.kind in ORDERS:
                copied = {tag: sent.values[tag] for tag in CANCEL_COPIES if tag in sent.values}
                cancels.append(copied | {11: f"{name}X"[-14:], 41: name, 60: timestamp()})
        return cancels


def _length(data: bytes) -> int:
    """Give the BodyLength of a frame."""
    return int(data.split(b"\x01")[1].removeprefix(b"9="))
