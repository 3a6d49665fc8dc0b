"""Messages that a scenario sends: put together from names and values, and remembered for what follows from them.

`of n1` behind an expected message means that it is about what was sent with that number: Accepted and Replaced echo
all of it, every other message its numbers, its label and its channel (2.4, 2.5, 4 of the OUCH 5.0 document).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from conformance.declarations.kinds import Value
from conformance.declarations.message import Appendage, Dialect, Message, build, build_option
from conformance.values import Place, ValueFault, Values

ECHOES: Final = ("Accepted", "Replaced")
NAMES: Final = ("UserRefNum", "OrigUserRefNum", "ClOrdID", "Firm", "UserRefIdx")
REQUESTS: Final = {"MassCancelResponse": ("Symbol", "GroupID", "Side"), "DisableResponse": (), "EnableResponse": ()}
ORDERS: Final = ("EnterOrder", "ReplaceOrder")
CHANNEL: Final = "UserRefIdx"
Named = tuple[str, int, int]
"""A party, a channel and a number."""


@dataclass
class Sent:
    """A message that was sent: its fields and its options."""

    name: str
    values: dict[str, Value]
    options: dict[str, Value]


@dataclass
class Orders:
    """What the parties of a scenario have sent under which number."""

    dialect: Dialect
    sent: dict[Named, Sent] = field(default_factory=dict)

    def compose(self, party: str, name: str, fields: Mapping[str, str], values: Values, place: Place) -> bytes:
        """Put a message together from what a scenario says, and remember it."""
        message = self.dialect.named(name, inbound=True)
        assert message is not None, "names are checked when a suite is loaded"
        by_name = {key.lower(): text for key, text in fields.items()}
        read: dict[str, Value] = {}
        for key, kind in message.fields.items():
            text = by_name.pop(key.lower(), None)
            if text is None:
                raise ValueFault(f"{name} has no {key} and no default for it")
            read[key] = values.term(text, kind, place)
        tail = by_name.pop("tail", None)
        form = by_name.pop("appendage", "absent" if message.appendage is Appendage.OPTIONAL else "empty")
        options: dict[str, Value] = {}
        appendage = b""
        for key, text in by_name.items():
            option = self.dialect.options_by_name[key]
            options[option.name] = values.term(text, option.kind, place)
            appendage += build_option(option, options[option.name])
        channel, number = options.get(CHANNEL, 0), read.get("UserRefNum")
        if isinstance(number, int) and isinstance(channel, int) and name not in ("CancelOrder", "ModifyOrder"):
            self.sent[party, channel, number] = Sent(message.name, read, options)
        if tail is not None:
            return build(message, read, None) + bytes.fromhex(tail)
        has_appendage = message.appendage is not Appendage.NEVER and (bool(options) or form != "absent")
        return build(message, read, appendage if has_appendage else None)

    def implied(self, party: str, message: Message, of: str, values: Values, place: Place) -> dict[str, Value]:
        """Give the fields and options that follow from the message that was sent with this number."""
        text, _, channel_text = of.partition("/")
        kind = self.dialect.inbound["O"].fields["UserRefNum"]
        number, channel = values.term(text, kind, place), int(channel_text or 0)
        assert isinstance(number, int)
        sent = self.sent.get((party, channel, number))
        if sent is None:
            raise ValueFault(f"{party} sent nothing with the number {of}")
        known = sent.values | sent.options
        if message.name in ECHOES:
            known = self._chain(party, channel, sent) | known
            return {name: value for name, value in known.items() if self._may_carry(message, name, sent)}
        wanted = (*NAMES, *REQUESTS.get(message.name, ()))
        return {name: known[name] for name in wanted if name in known and self._may_carry(message, name, sent)}

    def _may_carry(self, message: Message, name: str, sent: Sent) -> bool:
        """Whether a field or option can stand in an answer; an option only if it was sent (with a sound value)."""
        if name in message.fields:
            return True
        option = self.dialect.options_by_name.get(name.lower())
        return option is not None and option.tag in message.options and name in sent.options

    def _chain(self, party: str, channel: int, sent: Sent) -> dict[str, Value]:
        """Give the fields of the order that a replacement goes back to."""
        original = sent.values.get("OrigUserRefNum")
        if not isinstance(original, int):
            return {}
        before = self.sent.get((party, channel, original))
        return {} if before is None else self._chain(party, channel, before) | before.values

    def parties(self) -> Iterable[str]:
        """Who has sent orders."""
        return {party: None for (party, _, _), sent in self.sent.items() if sent.name in ORDERS}

    def cancels(self, party: str) -> list[bytes]:
        """Give a Cancel for every order that a party has sent."""
        cancel = self.dialect.named("CancelOrder", inbound=True)
        assert cancel is not None
        messages = []
        for (owner, channel, number), sent in self.sent.items():
            if owner != party or sent.name not in ORDERS:
                continue
            values = {"UserRefNum": number, "Quantity": 0, "User": sent.values.get("User", "")}
            options = build_option(self.dialect.options_by_name[CHANNEL.lower()], channel) if channel else None
            messages.append(build(cancel, {name: values[name] for name in cancel.fields}, options))
        return messages


def compose(packet: Message, fields: Mapping[str, str], values: Values, place: Place) -> bytes:
    """Put a packet of the session layer together: its fields, or a `payload` in hexadecimal, or a `text`."""
    by_name = {name.lower(): text for name, text in fields.items()}
    extra = bytes.fromhex(by_name.get("payload", "")) + by_name.get("text", "").encode("latin-1")
    read = {name: values.term(by_name[name.lower()], kind, place) for name, kind in packet.fields.items()}
    data: bytes = packet.format.build(read) + extra
    return len(data).to_bytes(2, "big") + data
