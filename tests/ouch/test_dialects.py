"""What a reader may count on: a message is one declaration, one handler or packer, and one test; and nothing else.

Each dialect's tables are held to its declarations here, and one more message, declared in this module, is served once
it has a handler.
"""

import importlib.util
import re
from pathlib import Path

import pytest

from ouch import codec, messages, nordic, nordic_codec, nordic_messages, us
from ouch.messages import IN, OUT
from wire import generate
from wire.record import Direction, Protocol, alpha, message, u32

MORNING = (10 * 3_600 * 10**9).to_bytes(8, "big")
DIALECTS = {"us": (messages.OUCH, codec, us), "nordic": (nordic_messages.NORDIC, nordic_codec, nordic)}
NOT_SENT = {
    "us": {},
    "nordic": {
        "CancelPending": "auctions on demand",
        "ReplacePending": "auctions on demand",
        "RefreshRequest": "market makers' obligations",
        "CarriedOrderCanceled": "corporate actions between two days",
        "PendingOrder": "orders that are held back",
        "StreamStatus": "PureStream",
    },
}
"""Messages that the venue does not send yet, and what it would have to have for it."""


def name_of(layout):
    return layout.title.lower().replace(" ", "_")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_declaration_of_a_clients_message_has_its_handler_of_the_same_name(dialect):
    protocol, _, port = DIALECTS[dialect]
    declared = {ord(layout.letter): name_of(layout) for layout in protocol.messages if layout.direction is IN}
    assert {letter: handler.__name__ for letter, handler in port.HANDLERS.items()} == declared


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_declaration_of_a_hosts_message_is_sent_or_waits_for_something(dialect):
    protocol, _, port = DIALECTS[dialect]
    packed = set(re.findall(r"codec\.pack_(\w+)\(", source_of(port)))
    declared = {name_of(layout): layout.record.__name__ for layout in protocol.messages if layout.direction is OUT}
    assert {declared[name] for name in declared if name not in packed} == set(NOT_SENT[dialect])


def source_of(port):
    """The module's source, also where it runs compiled."""
    return (Path(__file__).resolve().parents[2] / "ouch" / f"{port.__name__.split('.')[-1]}.py").read_text()


@message("Z", section="", direction=Direction.IN)
class Greet:
    """Say hello."""

    user_ref_num: int = u32("New number.")
    text: str = alpha(8, "What is said.")


def greet(port, received, now):
    """The one handler of the one message."""
    number, text = greeting_codec().unpack_greet(received)
    if port.take_number(0, number):
        port.send(b"Z" + (now - port.port.midnight).to_bytes(8, "big") + text)


def greeting_codec():
    """The codec that follows from the declaration above."""
    source = generate.codec(Protocol("Greetings", (Greet,)), "a test")
    spec = importlib.util.spec_from_loader("greetings", loader=None)
    module = importlib.util.module_from_spec(spec)
    module.__file__ = "greetings.py"
    exec(compile(source, "greetings.py", "exec"), vars(module))
    return module


def test_a_message_that_is_declared_and_has_a_handler_is_served(nordic):
    asked = Protocol("Greetings", (Greet,)).encode(Greet(7, "HELLO"))
    index = nordic.index("GP29O1")
    assert nordic.send(asked) == []
    assert nordic.ignored.pop()[1] == "no such message"
    port = nordic.machine.ports[index]
    port.handlers = {**port.handlers, ord("Z"): greet}
    count = nordic.machine.streams[index].count
    port.receive(asked, nordic.now)
    assert nordic.machine.streams[index].packet(count + 1) == b"\0\x12SZ" + MORNING + b"HELLO   "
    port.receive(asked, nordic.now)
    assert nordic.machine.streams[index].count == count + 1, "its number is used up"
