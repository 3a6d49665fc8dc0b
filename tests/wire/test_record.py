"""The declaration language: what it computes, what it refuses, and that other protocols need no change to it."""

import dataclasses
import subprocess
import sys

import pytest

from wire import generate
from wire.record import (
    BadOption,
    Code,
    Direction,
    Malformed,
    Option,
    OptionFault,
    Options,
    Presence,
    Protocol,
    alpha,
    always,
    code,
    i32,
    i64,
    message,
    optional,
    price,
    timestamp,
    u8,
    u16,
    u32,
)

IN, OUT = Direction.IN, Direction.OUT


class Side(Code):
    """Which way."""

    BUY = "B", "buy"
    SELL = "S", "sell"


class State(Code):
    """Restricted or not."""

    ACTIVE = "A", "active"
    UNCHANGED = "?", "as it is"


# The same letter in another dialect: order book ids, 4-byte prices, other tags.


@message("O", section="8.2 Enter Order", direction=IN)
class NordicEnter:
    """Ask for a new order."""

    user_ref_num: int = u32("Number.")
    side: Side = code(Side, "Which way.")
    quantity: int = u32("Shares.")
    order_book: int = u32("Instrument.")
    price: int = price("Limit.", width=4)
    user: str = alpha(6, "Trader.")
    client_id: int = u32("Short code.")
    party_role: int = u8("Bits.")
    options: Options = always(11, 18, 25)


@message("A", section="8.2 Order Accepted", direction=OUT)
class NordicAccepted:
    """An order was taken."""

    timestamp: int = timestamp(doc="Nanoseconds since midnight UTC.")
    user_ref_num: int = u32("Number.")
    options: Options = optional(11)


NORDIC = Protocol(
    "Nordic",
    (NordicEnter, NordicAccepted),
    (
        Option(11, "firm", alpha(4, "Firm.")),
        Option(18, "peg_difference", i32("Ticks.")),
        Option(25, "time_in_force", alpha(1, "How long.")),
    ),
)

# Another protocol: fixed width, signed amounts, no options at all.


@message("L", section="2.2 Modify limit settings", direction=IN)
class Limits:
    """Set the limits of an account."""

    user_ref_num: int = u32("Number.")
    account: str = alpha(6, "PRM account.")
    maximum_quantity: int = i64("Shares; -1 keeps.")
    maximum_value: int = price("Amount; -1 keeps.", signed=True)
    segment: int = u16("Market segment.")
    state: State = code(State, "Restricted or not.")


@message("Q", section="2.2 Account query", direction=IN)
class Query:
    """Ask for the next number."""


PRM = Protocol("PRM", (Limits, Query))


def codec_of(protocol):
    source = generate.codec(protocol, "a test")
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"],
        input=source,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert formatted == source
    namespace = {"__file__": "codec.py"}
    exec(compile(source, "codec", "exec"), namespace)
    return namespace


def test_a_declaration_is_a_frozen_slotted_dataclass_with_its_layout():
    order = NordicEnter(1, Side.BUY, 100, 42, 125_050, "TRDR", 7, 0, {})
    assert [f.name for f in dataclasses.fields(order)][:2] == ["user_ref_num", "side"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        order.quantity = 1
    assert not hasattr(order, "__dict__")
    layout = NordicEnter.layout
    assert [(f.offset, f.kind.size) for f in layout.fields] == [
        *((1, 4), (5, 1), (6, 4), (10, 4), (14, 4), (18, 6), (24, 4), (28, 1)),
    ]
    assert (layout.title, layout.fixed, layout.presence) == ("Nordic Enter", 29, Presence.ALWAYS)


def test_a_second_dialect_has_its_own_widths_and_tags():
    codec = codec_of(NORDIC)
    data = bytes.fromhex("4f00000001420000006400 00002a0001e87a545244522020000000070000 07".replace(" ", ""))
    data = data[:-1] + bytes.fromhex("0c" + "050b41424344" + "0512fffffffe")

    assert codec["unpack_nordic_enter"](data)[:-1] == (1, b"B", 100, 42, 125_050, b"TRDR  ", 7, 0)
    record = NORDIC.decode(IN, data)
    assert record == NordicEnter(1, Side.BUY, 100, 42, 125_050, "TRDR", 7, 0, {11: "ABCD", 18: -2})
    assert NORDIC.encode(record) == data
    appendage = codec["unpack_nordic_enter"](data)[-1]
    assert codec["unpack_options"](appendage, codec["NORDIC_ENTER_OPTIONS"]) == {11: b"ABCD", 18: -2}
    with pytest.raises(BadOption) as told:
        codec["unpack_options"](bytes.fromhex("021c05"), codec["NORDIC_ENTER_OPTIONS"])
    assert (told.value.tag, told.value.reason) == (28, OptionFault.UNKNOWN)


def test_a_protocol_without_options_has_a_codec_without_them():
    codec = codec_of(PRM)
    assert "unpack_options" not in codec
    values = (7, b"ACC001", -1, -1, 3, b"?")
    data = codec["pack_limits"](*values)
    assert len(data) == 30
    assert codec["unpack_limits"](data) == values
    assert PRM.decode(IN, data) == Limits(7, "ACC001", -1, -1, 3, State.UNCHANGED)
    assert PRM.encode(PRM.decode(IN, data)) == data
    with pytest.raises(Malformed):
        codec["unpack_limits"](data + b"\0")
    assert codec["pack_query"]() == b"Q"
    assert codec["unpack_query"](b"Q") == ()
    with pytest.raises(Malformed):
        codec["unpack_query"](b"Q\0")
    assert "### Limits `L`" in generate.reference(PRM, "a test", (State,))


def test_values_that_do_not_fit_are_refused_on_the_way_out():
    with pytest.raises(ValueError, match="longer than 6"):
        PRM.encode(Limits(1, "ACCOUNT", 0, 0, 0, State.ACTIVE))
    with pytest.raises(OverflowError):
        PRM.encode(Limits(2**32, "A", 0, 0, 0, State.ACTIVE))
    with pytest.raises(OverflowError):
        PRM.encode(Limits(1, "A", 2**63, 0, 0, State.ACTIVE))


def test_an_unlisted_letter_stays_what_it_is():
    data = PRM.encode(Limits(1, "A", 0, 0, 0, State.ACTIVE))[:-1] + b"x"
    state = PRM.decode(IN, data).state
    assert state == "x"
    assert not isinstance(state, State)


def test_a_code_knows_its_letter_and_its_meaning():
    assert (Side.BUY.value, Side.BUY.text, Side.BUY.wire) == ("B", "buy", b"B")
    assert Side("S") is Side.SELL
    with pytest.raises(ValueError, match="not a valid Side"):
        Side("X")


@pytest.mark.parametrize(
    ("records", "options"),
    [
        ((Limits, Limits), ()),
        ((NordicEnter,), ()),
        ((Limits,), (Option(1, "a", u8("")), Option(1, "b", u8("")))),
    ],
)
def test_contradictions_in_a_protocol_are_caught_when_it_is_made(records, options):
    with pytest.raises(AssertionError):
        Protocol("wrong", records, options)


def test_the_appendage_comes_last():
    with pytest.raises(AssertionError, match="last"):

        @message("Z", section="", direction=IN)
        class Wrong:
            options: Options = always()
            after: int = u8("")
