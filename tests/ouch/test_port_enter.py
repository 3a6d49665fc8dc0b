"""Enter Order: every letter, quantity, price and symbol, taken or refused, and which of two faults gives the reason."""

from itertools import combinations

import pytest

from ouch import codes

ENTER = pytest.mark.section("OUCH 5.0", "3.1 Enter Order")
REASONS = pytest.mark.section("OUCH 5.0", "7.1 Reject reasons")

LETTERS = {
    "side": (codes.Side, "BSTE", 0x0009),
    "time_in_force": (codes.TimeInForce, "035", 0x000F),
    "display": (codes.Display, "YNA", 0x0003),
    "capacity": (codes.Capacity, "APRO", 0x000F),
    "intermarket_sweep": (codes.IntermarketSweep, "YN", 0x0008),
    "cross_type": (codes.CrossType, "NC", 0x0014),
}
"""Each one-letter field: its letters by the document, those served at once, and the reason against any other."""
ELSEWHERE = {("time_in_force", "6"): 0x000F, ("time_in_force", "E"): 0x000F, ("cross_type", "R"): 0x001A}
"""Letters with a reason of their own: a good-till time needs its option, after hours its hours, retail its market.

Orders for the opening or a halt cross are refused while those do not come."""


def verdicts():
    for name, (letters, served, reason) in LETTERS.items():
        known = {letter.value for letter in letters}
        for letter in sorted({*known, *map(chr, range(256))}):
            expected = None if letter in served else ELSEWHERE.get((name, letter), reason)
            if letter in known or letter in " \0?0YyNnbsZ\xff":
                yield pytest.param(name, letter, expected, id=f"{name}-{letter!a}")


@ENTER
@REASONS
@pytest.mark.parametrize(("name", "letter", "reason"), list(verdicts()))
def test_every_letter_is_taken_and_echoed_or_refused_with_its_reason(venue, name, letter, reason):
    said = venue.enter(**{name: letter}) if name != "side" else venue.enter(letter)
    if reason is not None:
        assert said == [f"rejected 1: 0x{reason:04X}"]
        assert not venue.machine.engine.ports["IN19T6"].orders
    else:
        assert said[0].startswith("accepted 1: ")
        assert letter_of(venue, name) == letter


def letter_of(venue, name):
    """The letter that the last message of the stream echoes, read at its printed offset."""
    offset = {
        "side": 13,
        "time_in_force": 34,
        "display": 35,
        "capacity": 44,
        "intermarket_sweep": 45,
        "cross_type": 46,
    }[name]
    stream = venue.machine.streams[venue.index("IN19T6")]
    return chr(stream.packet(stream.count)[3 + offset])


@ENTER
@pytest.mark.parametrize(
    ("quantity", "taken"),
    [(0, False), (1, True), (99, True), (999_999, True), (1_000_000, False), (2**31, False), (2**32 - 1, False)],
)
def test_a_quantity_is_1_to_999_999(venue, quantity, taken):
    accepted = f"accepted 1: buy {quantity} ZWZZT at 10.00"
    assert venue.enter("buy", quantity) == [accepted if taken else "rejected 1: 0x0013"]


PRICES = [
    (0, False),
    (1, True),
    (9_999, True),
    (10_000, True),
    (10_001, False),
    (10_050, False),
    (10_099, False),
    (10_100, True),
    (1_891_234, False),
    (1_891_200, True),
    (1_999_999_800, True),
    (1_999_999_899, False),
    (1_999_999_900, True),
    (1_999_999_901, False),
    (1_999_999_999, False),
    (2_000_000_001, False),
    (0x7FFF_FFFE, False),
    (0x8000_0000, False),
    (0xFFFF_FFFF, False),
    (2**32 + 100_000, False),
    (2**63, False),
    (2**64 - 1, False),
]


@ENTER
@REASONS
@pytest.mark.parametrize(("price", "taken"), PRICES)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_price_is_a_whole_cent_from_a_dollar_up_and_at_most_199_999_99(venue, side, price, taken):
    said = venue.enter(side, 100, price)
    assert said == [said[0] if taken else "rejected 1: 0x001D"]
    assert said[0].startswith(f"accepted 1: {side} 100 ZWZZT") == taken


@ENTER
@pytest.mark.parametrize("price", [0x7FFF_FFFF, 2_000_000_000])
def test_either_market_price_is_echoed_as_sent(venue, price):
    venue.send(b"O" + bytes.fromhex("00000001 42 00000064") + b"ZWZZT   " + price.to_bytes(8, "big") + TAIL)
    stream = venue.machine.streams[venue.index("IN19T6")]
    accepted = stream.packet(2)[3:]
    assert int.from_bytes(accepted[26:34], "big") == price
    assert accepted[47:48] == b"D", "there was nothing to trade with"


TAIL = b"0YANN" + b"label".ljust(14) + b"\0\0"


# Symbols, as they stand on the wire.


@ENTER
@pytest.mark.parametrize("symbol", ["AAPL", "MSFT", "NDAQ", "TSLA", "IBM", "AMD", "SPCE", "ZWZZT"])
def test_every_symbol_of_the_profile_is_known_on_every_market(venue, symbol):
    for port in ("IN19T6", "IN21T7", "IN20T9"):
        assert venue.enter("buy", 100, "1.00", symbol, by=port) == [f"accepted 1: buy 100 {symbol} at 1.00"]


@ENTER
@pytest.mark.parametrize(
    "symbol",
    [
        b"NOSUCH  ",
        b"zwzzt   ",
        b" ZWZZT  ",
        b"ZWZZT\0\0\0",
        b"ZWZZT  X",
        b"ZWZZTX  ",
        b"        ",
        bytes(8),
        b"\xff" * 8,
        b"\x80ZWZZT  ",
        b"ZWZZT\xa0  ",
        "é".encode().ljust(8),
        b"ZW ZZT  ",
        b"AAPL MSF",
    ],
)
def test_any_other_symbol_is_unknown(venue, symbol):
    message = b"O" + bytes.fromhex("00000001 42 00000064") + symbol + (100_000).to_bytes(8, "big") + TAIL
    assert venue.send(message) == ["rejected 1: 0x0017"]
    assert venue.send(message.replace(symbol, b"ZWZZT   ").replace(b"\0\0\0\1B", b"\0\0\0\2B"))[0].startswith(
        "accepted"
    )


@ENTER
@pytest.mark.section("Portcullis", "What the configuration no longer lists")
def test_a_symbol_that_is_no_longer_listed_is_unknown_even_to_a_port_that_traded_it(venue):
    venue.enter("buy", 100, "4.00", "SPCE")
    venue.cancel(1)
    assert venue.delist("SPCE") is None
    assert venue.enter("buy", 100, "4.00", "SPCE", by="IN24T4") == ["rejected 1: 0x0017"]
    assert venue.enter("buy", 100, "4.00", "SPCE") == ["rejected 2: 0x0017"]


@ENTER
@pytest.mark.parametrize("label", ["", "A", "LABEL OF 14 CH", "lower case", "\x00\x01\xff"])
def test_the_label_comes_back_as_it_was_sent(venue, label):
    padded = label.encode("latin-1").ljust(14)
    index = venue.index("IN19T6")
    venue.enter(label=label)
    assert venue.machine.streams[index].packet(2)[3 + 48 : 3 + 62] == padded
    venue.enter("buy", 0, label=label)
    assert venue.machine.streams[index].packet(3)[3 + 15 : 3 + 29] == padded


# Which of two faults gives the reason. Each row is a fault, its field or option, and its reason; earlier rows win.

PRECEDENCE = [
    (0x0009, {"side": "?"}),
    (0x000F, {"time_in_force": "?"}),
    (0x0003, {"display": "Z"}),
    (0x000F, {"capacity": "?"}),
    (0x0008, {"intermarket_sweep": "?"}),
    (0x0014, {"cross_type": "?"}),
    (0x0017, {"symbol": "NOSUCH"}),
    (0x0016, {"options": {14: "SCAN"}}),
    (0x0005, {"options": {6: "?"}}),
    (0x0040, {"options": {29: "?"}}),
    (0x0013, {"quantity": 0}),
    (0x001D, {"at": 0}),
    (0x0014, {"cross_type": "S"}),
    (0x000C, {"options": {2: "AKAM"}}),
    (0x0011, {"options": {6: "Q"}}),
    (0x001D, {"options": {9: 100_050}}),
    (0x000D, {"options": {3: 150}}),
    (0x0004, {"options": {13: 100}}),
    (0x0014, {"options": {17: "I"}}),
    (0x000F, {"time_in_force": "6"}),
    (0x0007, {"symbol": "AAPL", "at": "300.00"}),
    (0x000F, {"time_in_force": "E"}),
    (0x000C, {"by": "disabled"}),
    (0x0022, {"symbol": "AMD"}),
    (0x0031, {"quantity": 5_001}),
    (0x0030, {"at": "100000.00"}),
    (0x0026, {"at": "11.50"}),
]


def pairs():
    for (one, first), (_, second) in combinations(PRECEDENCE, 2):
        if not clash(first, second):
            yield pytest.param(one, first, second, id=f"{first}-{second}")


def clash(first, second):
    """Whether one order cannot have both faults."""
    options = first.get("options", {}).keys() & second.get("options", {}).keys()
    return options or first.keys() & second.keys() - {"options"}


@ENTER
@pytest.mark.section("Portcullis", "Validation order of the US port")
@pytest.mark.parametrize(("reason", "first", "second"), list(pairs()))
def test_of_two_faults_the_earlier_gives_the_reason(venue, reason, first, second):
    fault = second | first
    options = second.get("options", {}) | first.get("options", {})
    venue.halt("AAPL")
    if fault.pop("by", None):
        venue.disable(by="IN30T1")
    number = 9
    assert venue.enter(**fault | {"options": options}, by="IN30T1", number=number) == [f"rejected 9: 0x{reason:04X}"]


@ENTER
@pytest.mark.parametrize(("reason", "fault"), PRECEDENCE, ids=str)
def test_each_of_these_faults_alone_gives_its_reason(venue, reason, fault):
    venue.halt("AAPL")
    if fault.get("by"):
        venue.disable(by="IN30T1")
    assert venue.enter(**fault | {"by": "IN30T1"}, number=9) == [f"rejected 9: 0x{reason:04X}"]
