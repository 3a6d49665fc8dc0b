"""Bytes that are no message, messages as literal bytes, and every chance there is of both at once."""

import pytest
from audit import audit_books
from hypothesis import example, given
from hypothesis import strategies as st

from ouch import messages
from ouch.messages import INBOUND, OUCH, encode

UNDECODABLE = pytest.mark.section("OUCH 5.0", "9 Undecodable messages")
LITERAL = pytest.mark.section("OUCH 5.0", "10 Worked examples")

SOUND = {
    "O": messages.EnterOrder(9, "B", 100, "ZWZZT", 90_000, "0", "Y", "A", "N", "N", "LABEL", {24: 7}),
    "U": messages.ReplaceOrder(1, 9, 100, 110_000, "0", "Y", "N", "LABEL", {12: "N"}),
    "X": messages.CancelOrder(1, 40, {28: 0}),
    "M": messages.ModifyOrder(1, "T", 40, {25: "Y"}),
    "C": messages.MassCancel(9, "INET", "ZWZZT", {27: "S"}),
    "D": messages.DisableOrderEntry(9, "INET", {28: 0}),
    "E": messages.EnableOrderEntry(9, "INET", {28: 0}),
    "Q": messages.AccountQuery({28: 0}),
}
"""One sound message of each type, with an option; each of them is answered."""


def bare(message):
    """A message without its option, in the longest form that is legal."""
    length = message.layout.fixed
    return encode(message)[:length] + b"\0\0"


@pytest.fixture
def resting(venue):
    """A venue in which order 1 sells 100 at 11.00."""
    venue.enter("sell", 100, "11.00")
    return venue


def test_there_is_a_sound_message_of_every_type():
    assert set(SOUND) == {message.layout.letter for message in INBOUND}


@UNDECODABLE
@pytest.mark.parametrize("letter", SOUND)
def test_the_sound_messages_are_served(resting, letter):
    assert resting.send(encode(SOUND[letter]))
    assert resting.ignored == []


def broken():
    """Each type with something about its length or its options' structure that cannot be."""
    for letter, sound in SOUND.items():
        with_option, without = encode(sound), bare(sound)
        fixed = without[:-2]
        yield f"{letter} one byte short of its option", with_option[:-1]
        yield f"{letter} one byte over its option", with_option + b"\0"
        yield f"{letter} one byte short", fixed[:-1] if len(fixed) > 1 else fixed + b"\0"
        yield f"{letter} half an Appendage Length", without[:-1]
        yield f"{letter} one byte over", without + b"\0"
        yield f"{letter} an option beyond the Appendage Length", fixed + b"\0\1" + b"\2\x1c\0"
        yield f"{letter} an Appendage Length beyond the message", fixed + b"\xff\xff" + b"\2\x1c\0"
        yield f"{letter} an option of length 0", fixed + b"\0\1\0"
        yield f"{letter} an option of length 0 behind a sound one", fixed + b"\0\4\2\x1c\0\0"
        yield f"{letter} an option that overruns", fixed + b"\0\3\3\x1c\0"
        yield f"{letter} an option cut after its length", fixed + b"\0\1\2"
        if letter in "OUCDE":
            yield f"{letter} without its Appendage Length", fixed
        if letter != "Q":
            yield f"{letter} alone", letter.encode()


OTHERS = {
    "nothing": b"",
    "no such letter": b"?" + bytes(46),
    "a small letter": b"o" + encode(SOUND["O"])[1:],
    "a zero": b"\0",
    "not ASCII": b"\xff" * 47,
    "a host's letter": b"A" + bytes(63),
    "a whole packet": b"\0\2UQ",
    "as long as can be": b"O" + bytes(65_533),
}
BROKEN = dict(broken()) | OTHERS


@UNDECODABLE
@pytest.mark.parametrize("message", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_message_is_ignored_and_noted_and_the_next_one_is_served(resting, message):
    before = resting.machine.hash()
    assert resting.send(message) == []
    assert resting.machine.hash() == before
    ((port, why, noted),) = resting.ignored
    assert (port, noted) == ("IN19T6", message)
    assert why
    assert resting.query() == ["next 2"]
    assert resting.enter("buy", 100, "11.00")[1] == "executed 2: 100 at 11.00 R, trade 1"


# Literal bytes, by the printed tables: what goes in (>), and what comes out (<) at 09:30:00.123456789.

DIALOGUE = """
> 51
< 51 TIMESTAMP 00000001
> 4f 00000001 42 00000064 4141504c20202020 00000000001cdb80 30 59 50 4e 4e 434c2d3030303120202020202020 0000
< 41 TIMESTAMP 00000001 42 00000064 4141504c20202020 00000000001cdb80 30 59
     0000000000000001 50 4e 4e 4c 434c2d3030303120202020202020 0000
> 55 00000001 00000004 00000096 00000000001cdb80 30 59 4e 434c2d3030303420202020202020 0000
< 55 TIMESTAMP 00000001 00000004 42 00000096 4141504c20202020 00000000001cdb80 30 59
     0000000000000002 50 4e 4e 4c 434c2d3030303420202020202020 0000
> 58 00000004 00000028
< 43 TIMESTAMP 00000004 0000006e 55
> 4f 00000005 42 00000064 4141504c20202020 00000000001cdba2 30 59 50 4e 4e 434c2d3030303520202020202020 0000
< 4a TIMESTAMP 00000005 001d 434c2d3030303520202020202020
> 58 00000004 00000000
< 43 TIMESTAMP 00000004 00000028 55
> 43 00000006 494e4554 2020202020202020 0007 02 1b 42 03 18 0007
< 58 TIMESTAMP 00000006 494e4554 2020202020202020 0007 03 18 0007 02 1b 42
> 44 00000007 494e4554 0000
< 47 TIMESTAMP 00000007 494e4554 0000
> 45 00000008 494e4554 0000
< 4b TIMESTAMP 00000008 494e4554 0000
> 4f 00000009 53 00000064 4141504c20202020 00000000001cdb80 30 59 50 4e 4e 434c2d3030303920202020202020 0003 021c05
< 41 TIMESTAMP 00000009 53 00000064 4141504c20202020 00000000001cdb80 30 59
     0000000000000003 50 4e 4e 4c 434c2d3030303920202020202020 0003 021c05
> 4d 00000009 54 00000032 0003 021c05
< 4d TIMESTAMP 00000009 54 00000032 0003 021c05
> 4f 0000000a 42 0000000a 4141504c20202020 00000000001cdb80 33 59 50 4e 4e 434c2d3030303a20202020202020 0000
< 41 TIMESTAMP 0000000a 42 0000000a 4141504c20202020 00000000001cdb80 33 59
     0000000000000004 50 4e 4e 4c 434c2d3030303a20202020202020 0000
< 45 TIMESTAMP 0000000a 0000000a 00000000001cdb80 52 0000000000000001 0000
< 45 TIMESTAMP 00000009 0000000a 00000000001cdb80 41 0000000000000001 0003 021c05
> 58 00000009 00000000 0003 021c05
< 43 TIMESTAMP 00000009 00000028 55 0003 021c05
> 51 0003 021c05
< 51 TIMESTAMP 0000000a 0003 021c05
""".replace("TIMESTAMP", "00001f1ad635bd15")


@LITERAL
def test_a_dialogue_byte_by_byte(venue):
    venue.clock("09:30:00.123456789")
    stream = venue.machine.streams[venue.index("IN19T6")]
    for turn in DIALOGUE.split(">")[1:]:
        sent, *answers = (bytes.fromhex(part) for part in turn.split("<"))
        count = stream.count
        venue.send(sent)
        packets = [stream.packet(number) for number in range(count + 1, stream.count + 1)]
        assert packets == [(1 + len(answer)).to_bytes(2, "big") + b"S" + answer for answer in answers]


# Any bytes at all.

NAMES = ("IN19T6", "IN30T1", "AK01T1", "IN21T7")
small = st.integers(0, 12)
quantity = st.sampled_from([0, 1, 50, 100, 5_001, 999_999, 1_000_000, 2**32 - 1])
price = st.sampled_from([0, 1, 99_900, 100_000, 100_001, 100_100, 1_999_999_900, 2_000_000_000, 0x7FFF_FFFF, 2**64 - 1])
symbol = st.sampled_from(["ZWZZT", "AAPL", "AMD", "", "NOSUCH", "\xff\0"])


def options_of(layout):
    """Options that the message may carry, a few at a time, with small values, so that many are legal."""

    def values(tag):
        kind = OUCH.options[tag].kind
        if kind.codes is not None:
            return st.sampled_from([letter.value for letter in kind.codes])
        if kind.is_text:
            return st.sampled_from(["INET", "", "AKAM"]).map(lambda text: text[: kind.size])
        return st.integers(0, 3)

    chosen = st.lists(st.sampled_from(sorted(layout.tags)), max_size=2, unique=True)
    return chosen.flatmap(lambda tags: st.fixed_dictionaries({tag: values(tag) for tag in tags}))


def sound_message(record):
    """A message of a type, most often one that a port would serve."""
    given_ = {"user_ref_num": small, "orig_user_ref_num": small, "quantity": quantity, "price": price}
    given_ |= {"symbol": symbol, "firm": st.sampled_from(["INET", "INET", "AKAM"]), "cl_ord_id": st.just("L")}
    layout = record.layout
    parts = {"options": options_of(layout)}
    for field in layout.fields:
        if field.name in given_:
            parts[field.name] = given_[field.name]
        else:
            letters = [letter.value for letter in field.kind.codes]
            parts[field.name] = st.sampled_from(letters[:1] * 6 + letters)
    return st.builds(record, **parts).map(encode)


sound_messages = st.one_of(*map(sound_message, INBOUND), *[sound_message(messages.EnterOrder)] * 4)


@st.composite
def mutated(draw):
    """A sound message with some of its bytes changed, cut out or put in."""
    message = bytearray(draw(sound_messages))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(message) - 1, 0)))
        piece = draw(st.binary(max_size=2))
        message[at : at + draw(st.integers(0, 2))] = piece
    return bytes(message)


any_message = st.one_of(sound_messages, sound_messages, mutated(), st.binary(max_size=150))
turns = st.lists(st.tuples(st.sampled_from(NAMES), any_message, st.integers(0, 1_500_000_000)), max_size=40)


FOR_THE_CLOSING = encode(messages.EnterOrder(1, "B", 100, "ZWZZT", 90_000, "0", "Y", "A", "N", "C", "L", {}))


@UNDECODABLE
@example(turns=[("IN19T6", FOR_THE_CLOSING, 0)])
@given(turns=turns)
def test_whatever_arrives_nothing_is_raised_the_books_are_sound_and_others_hear_of_their_own_orders_only(
    new_venue, turns
):
    venue = new_venue()
    for port, message, nanoseconds in turns:
        venue.wait(nanoseconds=nanoseconds)
        live = {name: set(venue.machine.engine.ports[name].orders) for name in venue.EVERY}
        venue.send(message, port)
        audit_books(venue.machine.engine)
        for name in venue.EVERY:
            for heard in venue.heard(name):
                assert name != port, "heard already"
                assert heard.options.get(28, 0) << 32 | heard.user_ref_num in live[name]
                expired = isinstance(heard, messages.OrderCanceled) and heard.reason == "T"
                assert expired or isinstance(heard, messages.OrderExecuted)


@UNDECODABLE
@given(noise=st.lists(st.binary(max_size=150), max_size=20))
def test_plain_noise_says_nothing_to_anybody_else(new_venue, noise):
    venue = new_venue()
    venue.enter("sell", 100, "10.00", by="AK01T1")
    for message in noise:
        venue.send(message)
        assert venue.silent(*(name for name in venue.EVERY if name != "IN19T6"))
    audit_books(venue.machine.engine)
