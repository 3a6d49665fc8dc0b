"""Options: what is served is taken and echoed, what is not has its reason, and when an appendage stands at all."""

import pytest

from ouch import messages
from ouch.messages import OUCH, encode

OPTIONS = pytest.mark.section("OUCH 5.0", "5 Options")
REASONS = pytest.mark.section("OUCH 5.0", "7.1 Reject reasons")
APPENDAGE = pytest.mark.section("OUCH 5.0", "2.4 Appendage")

ECHOED = {2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 24, 25, 28, 29, 30}
"""What Accepted may carry of what Enter may: all but LocateBroker (26)."""


def u32(number):
    return number.to_bytes(4, "big")


def option(tag, value):
    """One element, whatever stands in it."""
    return bytes([1 + len(value), tag]) + value


SERVED = [
    *((2, value) for value in (b"INET", b"    ")),
    *((3, u32(quantity)) for quantity in (0, 100)),
    *((4, value) for value in (b"R", b"N", b" ")),
    *((5, u32(quantity)) for quantity in (0, 1, 100, 999_999)),
    (6, b"L"),
    (7, u32(0)),
    (9, bytes(8)),
    (10, b"L"),
    (11, u32(0)),
    *((12, value) for value in (b"P", b"N")),
    (13, u32(0)),
    *((15, u32(seconds)) for seconds in (0, 1, 86_399)),
    *((16, value) for value in (b"Y", b"N", b" ")),
    (17, b" "),
    *((24, value) for value in (b"\0\0", b"\0\1", b"\xff\xff")),
    *((25, value) for value in (b"Y", b"N")),
    *((26, value) for value in (b"LCTB", b"    ", b"\0\0\0\0")),
    *((28, bytes([idx])) for idx in (0, 1, 255)),
    *((29, bytes([letter])) for letter in b"YDOWRydowrZEPXS01245N"),
    *((30, value) for value in (b"AB", b"**", b"  ")),
]

REFUSED = [
    # A value that the market does not serve yet, by its own reason.
    *((0x000C, 2, value) for value in (b"AKAM", b"inet", b"INE ", b"NONE", bytes(4), b"\xff\xfe\xfd\xfc")),
    *((0x000D, 3, u32(quantity)) for quantity in (1, 99, 101, 150, 200, 2**32 - 100)),
    *((0x0004, 5, u32(quantity)) for quantity in (1_000_000, 2**32 - 1)),
    *((0x0001, 6, letter) for letter in (b"P", b"R")),
    *((0x0003, 6, letter) for letter in (b"M", b"m")),
    (0x0011, 6, b"Q"),
    *((0x0005, 7, value) for value in (u32(1), b"\xff\xff\xff\xff")),
    *((0x001D, 9, price.to_bytes(8, "big")) for price in (100_050, 2_000_000_000, 2**62)),
    *((0x0005, 11, value) for value in (u32(1), b"\xff\xff\xff\xff")),
    *((0x0004, 13, u32(quantity)) for quantity in (1, 100)),
    *((0x000F, 15, u32(seconds)) for seconds in (86_400, 2**32 - 1)),
    *((0x0014, 17, letter) for letter in (b"I", b"O", b"T", b"Q", b"B", b"D")),
    # A letter that no document lists.
    *((0x000F, 4, letter) for letter in (b"?", b"Y", b"r", b"\0")),
    *((0x0005, 6, letter) for letter in (b"?", b" ", b"l", b"\0")),
    *((0x0005, 10, letter) for letter in (b"?", b"Q", b"m", b" ")),
    *((0x000F, 12, letter) for letter in (b"?", b"Y", b" ", b"p")),
    *((0x000F, 16, letter) for letter in (b"?", b"P", b"y")),
    *((0x0014, 17, letter) for letter in (b"?", b"R", b"i")),
    *((0x000F, 25, letter) for letter in (b"?", b" ", b"y")),
    *((0x0040, 29, letter) for letter in (b"?", b"3", b" ", b"\0")),
    # An option that may not stand in Enter Order, or nowhere.
    (0x0016, 14, b"SCAN"),
    (0x000F, 18, b"0"),
    (0x000F, 1, bytes(8)),
    (0x000F, 22, u32(100)),
    (0x000F, 23, bytes(8)),
    (0x0009, 27, b"B"),
    *((0x000F, tag, b"?") for tag in (0, 8, 19, 20, 21, 31, 99, 255)),
    # A value of the wrong size.
    *((0x000C, 2, value) for value in (b"", b"INE", b"INETX")),
    *((0x000D, 3, value) for value in (b"", bytes(3), bytes(8))),
    (0x000F, 4, b"RR"),
    (0x0004, 5, bytes(3)),
    (0x0005, 6, b""),
    (0x0005, 7, bytes(8)),
    (0x000F, 9, bytes(4)),
    (0x0005, 10, b"LL"),
    (0x000F, 11, bytes(8)),
    (0x000F, 12, b""),
    (0x0004, 13, bytes(8)),
    (0x000F, 15, bytes(2)),
    (0x000F, 16, b""),
    (0x0014, 17, b""),
    (0x000F, 24, b"\1"),
    (0x000F, 25, b"YY"),
    (0x000F, 26, b"LCT"),
    (0x000F, 28, b""),
    (0x000F, 28, b"\0\5"),
    (0x0040, 29, b""),
    (0x0040, 30, b"A"),
    (0x0040, 30, b"ABC"),
]


def last_message(venue):
    stream = venue.machine.streams[venue.index("IN19T6")]
    return stream.packet(stream.count)[3:]


@OPTIONS
@pytest.mark.parametrize(("tag", "value"), SERVED)
def test_an_option_that_is_served_is_taken_and_echoed_where_accepted_may_carry_it(venue, tag, value):
    rest = {"time_in_force": "6"} if tag == 15 and value != u32(0) else {}
    assert venue.enter(appendage=option(tag, value), **rest)[0].startswith("accepted 1: buy 100 ZWZZT at 10.00")
    echo = option(tag, value) if tag in ECHOED else b""
    assert last_message(venue)[62:] == len(echo).to_bytes(2, "big") + echo


@OPTIONS
@REASONS
@pytest.mark.parametrize(("reason", "tag", "value"), REFUSED)
def test_an_option_that_may_not_stand_so_is_refused_with_the_closest_reason(venue, reason, tag, value):
    assert venue.enter(appendage=option(tag, value)) == [f"rejected 1: 0x{reason:04X}"]
    assert not venue.machine.engine.ports["IN19T6"].orders


@OPTIONS
@REASONS
@pytest.mark.parametrize(("tag", "value"), [(tag, value) for tag, value in SERVED if tag != 28], ids=str)
def test_an_option_stands_once(venue, tag, value):
    reason = {2: 0x000C, 3: 0x000D, 5: 0x0004, 6: 0x0005, 7: 0x0005, 10: 0x0005, 13: 0x0004, 17: 0x0014}
    reason |= {29: 0x0040, 30: 0x0040}
    twice = option(tag, value) * 2
    assert venue.enter(appendage=twice) == [f"rejected 1: 0x{reason.get(tag, 0x000F):04X}"]


@OPTIONS
def test_of_two_channels_the_first_counts_and_the_second_is_refused(venue):
    assert venue.enter(number=7, appendage=option(28, b"\5") + option(28, b"\6")) == ["rejected 7: 0x000F 28=5"]
    assert [venue.query(), venue.query(idx=5), venue.query(idx=6)] == [["next 1"], ["next 8 28=5"], ["next 1 28=6"]]


@OPTIONS
def test_options_may_come_in_any_order_and_are_echoed_ascending(venue):
    served = [(24, b"\0\7"), (2, b"INET"), (28, b"\5"), (16, b"N"), (3, u32(0)), (26, b"LCTB"), (12, b"N"), (30, b"AB")]
    venue.enter(appendage=b"".join(option(tag, value) for tag, value in served))
    echo = b"".join(option(tag, value) for tag, value in sorted(served) if tag != 26)
    assert last_message(venue)[62:] == len(echo).to_bytes(2, "big") + echo


@OPTIONS
def test_all_twenty_options_make_the_longest_order_and_it_is_taken(venue):
    values = dict(SERVED)
    assert len(values) == 20
    appendage = b"".join(option(tag, value) for tag, value in values.items())
    assert len(appendage) == 140 - 47
    venue.enter(appendage=appendage)
    message = last_message(venue)
    assert message[:1] == b"A"
    assert len(message) == 64 + len(appendage) - 6


@OPTIONS
def test_defaults_are_not_echoed(venue):
    venue.enter()
    assert last_message(venue)[62:] == b"\0\0"


@OPTIONS
@REASONS
def test_the_first_option_at_fault_gives_the_reason_and_structure_comes_before_values(venue):
    unknown, bad_letter, unserved = option(99, b"?"), option(6, b"?"), option(3, u32(150))
    assert venue.enter(appendage=bad_letter + unknown) == ["rejected 1: 0x000F"]
    assert venue.enter(appendage=unserved + bad_letter) == ["rejected 2: 0x0005"]
    assert venue.enter(appendage=option(14, b"SCAN") + unknown) == ["rejected 3: 0x0016"]
    assert venue.enter(appendage=unknown + option(14, b"SCAN")) == ["rejected 4: 0x000F"]


@OPTIONS
@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("cancel", {28}),
        ("modify", {25, 26, 28}),
        ("query", {28}),
        ("mass_cancel", {24, 27, 28}),
        ("disable", {28}),
        ("enable", {28}),
    ],
)
def test_an_option_that_may_not_stand_in_a_request_makes_it_ignored_and_noted(venue, name, allowed):
    venue.enter("sell", 100, "10.00")
    values = dict(SERVED) | {14: b"SCAN", 18: b"0", 27: b"S", 99: b"?"}
    for tag in sorted(set(values) - allowed):
        noted = len(venue.ignored)
        arguments = {"cancel": (1,), "modify": (1, "short", 50)}.get(name, ())
        assert getattr(venue, name)(*arguments, options={tag: values[tag]}) == []
        assert len(venue.ignored) == noted + 1, tag
    assert venue.enter("sell", 100, "10.00", number=900) == ["accepted 900: sell 100 ZWZZT at 10.00"]
    assert len(venue.machine.engine.ports["IN19T6"].orders) == 2


# When an appendage stands at all.

BARE = {"C": 18, "E": 36, "B": 36, "J": 29, "M": 18, "Q": 13, "A": 64, "U": 68, "X": 27, "G": 19, "K": 19, "S": 10}
"""Each message that a port says, without options; where the appendage always stands its length is counted."""
ALWAYS = set("AUEXGK")


def every_message(venue, **channel):
    """Have the venue say each of its messages once or more; gives them by letter."""
    venue.enter("buy", 0, **channel)
    venue.enter("sell", 500, "10.00", **channel)
    venue.modify(2, "short", 400, **channel)
    venue.enter("buy", 10, "10.00", by=venue.OTHER)
    venue.bust(1)
    venue.replace(2, 300, "10.01", **channel)
    venue.cancel(3, 200, **channel)
    venue.mass_cancel(**channel)
    venue.disable(**channel)
    venue.enable(**channel)
    venue.query(**channel)
    stream = venue.machine.streams[venue.index("IN19T6")]
    said = [stream.packet(number)[3:] for number in range(1, stream.count + 1)]
    assert {chr(message[0]) for message in said} == set(BARE)
    return said


@APPENDAGE
@pytest.mark.parametrize("idx", [None, 0])
def test_without_a_channel_the_short_messages_are_bare(venue, idx):
    for message in every_message(venue, **{} if idx is None else {"idx": idx}):
        letter = chr(message[0])
        echoed = 3 if idx == 0 and letter in "AUXGK" else 0
        assert len(message) == BARE[letter] + echoed, letter
        if letter in ALWAYS:
            assert message[BARE[letter] - 2 :] == bytes([0, echoed]) + b"\2\x1c\0"[:echoed]


@APPENDAGE
@pytest.mark.parametrize("idx", [1, 5, 255])
def test_with_a_channel_every_message_but_system_event_names_it(venue, idx):
    for message in every_message(venue, idx=idx):
        letter = chr(message[0])
        start = BARE[letter] - 2 if letter in ALWAYS else BARE[letter]
        assert message[start:] == (b"" if letter == "S" else bytes([0, 3, 2, 28, idx])), letter


@APPENDAGE
def test_the_other_side_of_a_trade_hears_nothing_of_the_channel(venue):
    venue.enter("sell", 100, "10.00", idx=5)
    assert venue.enter("buy", 40, "10.00", by=venue.OTHER)[1] == "executed 1: 40 at 10.00 R, trade 1"
    assert venue.said() == ["executed 1: 40 at 10.00 A, trade 1 28=5"]


@APPENDAGE
@pytest.mark.parametrize("form", [b"", b"\0\0", b"\0\3\2\x1c\0", b"\0\3\2\x1c\5"])
@pytest.mark.parametrize("name", ["CancelOrder", "ModifyOrder", "AccountQuery"])
def test_a_cancel_a_modify_and_a_query_may_leave_the_appendage_off(venue, name, form):
    idx = form[-1] if len(form) == 5 else 0
    venue.enter("sell", 100, "10.00", idx=idx)
    venue.said()
    given = {"CancelOrder": (1, 40, {}), "ModifyOrder": (1, "T", 40, {}), "AccountQuery": ({},)}[name]
    (said,) = venue.send(encode(getattr(messages, name)(*given)) + form)
    what = {"CancelOrder": "canceled 1: 60 U", "ModifyOrder": "modified 1: short 40", "AccountQuery": "next 2"}[name]
    assert said == what + (f" 28={idx}" if idx else "")


def test_the_options_that_accepted_may_carry_are_those_of_the_declaration():
    accepted = OUCH.by_letter[messages.OUT, "A"]
    entered = OUCH.by_letter[messages.IN, "O"]
    assert set(accepted.tags) & set(entered.tags) == ECHOED
