"""AIQ through OUCH: every letter on either side, what each message says, the port's default, what a Replace keeps."""

import pytest

from venue import config

LETTERS = pytest.mark.section("OUCH 5.0", "6.9 AIQ strategies")
MESSAGE = pytest.mark.section("OUCH 5.0", "4.5 AIQ Canceled")
DEFAULT = pytest.mark.section("OUCH 5.0", "5 AIQ Strategy: the port's default")
CHANGES = pytest.mark.section("OUCH 5.0", "2.5 Replace: AIQ")

EXTRA = """
[[port]]
name = "SI01T1"
mpid = "SIST"
service = "ouch.nasdaq"
password = "NTFTEST"

[[port]]
name = "BR01T1"
mpid = "BROT"
service = "ouch.nasdaq"
password = "NTFTEST"

[[firm]]
mpid = "INET"
organization = "ONE"
affiliation = "ALL"

[[firm]]
mpid = "SIST"
organization = "ONE"
affiliation = "ALL"

[[firm]]
mpid = "BROT"
organization = "TWO"
affiliation = "ALL"
"""
NEAR = {"IN24T4": "YDOWR", "SI01T1": "ydowr", "BR01T1": "ZEPXS", "AK01T1": "01245"}
"""A port of each distance from IN19T6, and the letters of the level that is just wide enough for it."""
ROWS = list(NEAR.values())
ALL = "".join(ROWS)


def default_of(letter):
    """The demo, where IN19T6 has this strategy."""
    port = 'name = "IN19T6"\n'
    assert config.sample().count(port) == 1
    return config.sample().replace(port, f'{port}aiq_strategy = "{letter}"\n')


@pytest.fixture
def family(new_venue):
    """A venue where INET has a sister in its organization and an affiliate beyond."""
    venue = new_venue(config.sample() + EXTRA)
    for name in NEAR:
        venue.said(name)
    return venue


def decremented(number, letter, flag, idx=""):
    quiet = letter in "YyZ0"
    said = f"canceled {number}: 60 Q" if quiet else f"aiq canceled {number}: 60 Q {letter}, 60 at 10.00 {flag}"
    return said + idx


def outcome(letter, mine, theirs):
    """What the incoming order 2 (60 shares) and the resting order 1 (100) are told, by the place in the level's row."""
    place = next(row.index(letter) for row in ROWS if letter in row)
    if place in (0, 1):
        return [decremented(mine, letter, "R")], [decremented(theirs, letter, "A")]
    if place == 2:
        return [], [f"aiq canceled {theirs}: 100 Q {letter}, 60 at 10.00 A"]
    return [f"aiq canceled {mine}: 60 Q {letter}, 60 at 10.00 R"], []


def traded(mine, theirs):
    return [f"executed {mine}: 60 at 10.00 R, trade 1"], [f"executed {theirs}: 60 at 10.00 A, trade 1"]


def at_level(letter, place):
    """The letter of the same level at another place of its row."""
    return next(row[place] for row in ROWS if letter in row)


# Letters.


@LETTERS
@pytest.mark.parametrize("letter", ALL)
@pytest.mark.parametrize("port", NEAR)
def test_a_letter_on_the_incoming_order_acts_at_its_level_and_nearer(family, port, letter):
    held = next(number for number, row in enumerate(ROWS) if letter in row) >= list(NEAR).index(port)
    assert family.enter("sell", 100, "10.00", by=port) == ["accepted 1: sell 100 ZWZZT at 10.00"]
    said = family.enter("buy", 60, "10.00", aiq_strategy=letter)
    assert said[0] == f"accepted 1: buy 60 ZWZZT at 10.00 29={letter}"
    acts = at_level(letter, 1) if letter in "RrS5" else letter  # nobody left to say what else to do
    expected = outcome(acts, 1, 1) if held else traded(1, 1)
    assert (said[1:], family.said(port)) == expected


@LETTERS
@pytest.mark.parametrize("letter", ALL)
@pytest.mark.parametrize("port", NEAR)
def test_a_letter_on_the_resting_order_acts_where_the_incoming_one_has_none(family, port, letter):
    held = next(number for number, row in enumerate(ROWS) if letter in row) >= list(NEAR).index(port)
    family.enter("sell", 100, "10.00", aiq_strategy=letter)
    said = family.enter("buy", 60, "10.00", by=port)[1:]
    expected = outcome(letter, 1, 1) if held and letter not in "RrS5" else traded(1, 1)
    assert (said, family.said()) == expected


@LETTERS
@pytest.mark.parametrize("theirs", "YDOWR")
@pytest.mark.parametrize("mine", "YDOWRN")
def test_both_orders_have_a_letter(venue, mine, theirs):
    """The incoming one's holds; use-remover and none leave it to the resting one's, and two use-removers decrement."""
    venue.enter("sell", 100, "10.00", aiq_strategy=theirs)
    said = venue.enter("buy", 60, "10.00", aiq_strategy=mine)[1:]
    both = []
    if (mine, theirs) == ("N", "R"):
        both = [*traded(2, 1)[0], *traded(2, 1)[1]]
    else:
        holds = mine if mine in "YDOW" else theirs if theirs in "YDOW" else "D"
        both = [line for lines in outcome(holds, 2, 1) for line in lines]
    assert said == both


@LETTERS
@pytest.mark.parametrize(
    ("mine", "theirs", "apart"),
    [
        ("AB", "AB", True),
        ("**", "**", True),
        ("**", "  ", True),
        ("**", None, True),
        (None, "  ", True),
        ("AB", "BA", False),
        ("AB", "**", False),
        ("A ", "AB", False),
        ("A*", "A ", False),
        ("*A", " A", False),
    ],
)
def test_the_group_narrows_the_level(venue, mine, theirs, apart):
    """Blank and ** are the port's default, which is no group; anything else is a name of two characters."""
    sold = {} if theirs is None else {"appendage": b"\3\x1e" + theirs.encode()}
    venue.enter("sell", 100, "10.00", **sold)
    group = b"" if mine is None else b"\3\x1e" + mine.encode()
    said = venue.enter("buy", 60, "10.00", appendage=b"\2\x1dD" + group)
    assert said[1].startswith("aiq canceled" if apart else "executed")


# The messages.


@MESSAGE
@pytest.mark.parametrize("letter", "DY")
@pytest.mark.parametrize(("mine", "theirs"), [(None, None), (5, None), (None, 7), (5, 7), (0, 0)])
def test_each_side_is_told_in_its_channel(venue, letter, mine, theirs):
    venue.enter("sell", 100, "10.00", aiq_strategy=letter, **{} if theirs is None else {"idx": theirs})
    said = venue.enter("buy", 60, "10.00", **{} if mine is None else {"idx": mine})[1:]
    number = 1 if mine else 2
    number = 1 if (mine or 0) != (theirs or 0) else number
    assert said == [
        decremented(number, letter, "R", f" 28={mine}" if mine else ""),
        decremented(1, letter, "A", f" 28={theirs}" if theirs else ""),
    ]


@MESSAGE
def test_the_bytes_of_both_forms(venue):
    venue.enter("sell", 100, "10.00", aiq_strategy="D", idx=5)
    venue.enter("buy", 60, "10.00", number=9)
    stream = venue.machine.streams[venue.index(venue.PORT)]
    mine, theirs = (stream.packet(number)[3:] for number in (stream.count - 1, stream.count))
    now = (10 * 3600 * 10**9).to_bytes(8, "big")
    price = (100_000).to_bytes(8, "big")
    assert mine == b"D" + now + bytes.fromhex("00000009 0000003c 51 0000003c") + price + b"RD"
    assert theirs == b"D" + now + bytes.fromhex("00000001 0000003c 51 0000003c") + price + b"AD" + b"\0\3\2\x1c\5"
    assert (len(mine), len(theirs)) == (32, 37)


@MESSAGE
@pytest.mark.parametrize(("display", "floor", "flags"), [("N", 0, "J"), ("Y", 100, "Au")])
def test_the_flag_tells_where_the_shares_were(venue, display, floor, flags):
    venue.enter("sell", 300, "10.00", display=display, max_floor=floor)
    said = venue.enter("buy", 300, "10.00", aiq_strategy="D")[1:]
    assert [line[-1] for line in said] == [letter for flag in flags for letter in ("R", flag)]


@MESSAGE
def test_an_oldest_that_is_canceled_may_lose_more_than_was_prevented(venue):
    venue.enter("sell", 500, "10.00", max_floor=100)
    assert venue.enter("buy", 60, "10.00", aiq_strategy="O")[1:] == ["aiq canceled 1: 500 Q O, 60 at 10.00 A"]
    assert venue.cancel(1) == []


@MESSAGE
@pytest.mark.parametrize(("letter", "rest"), [("D", ["canceled 2: 40 I"]), ("O", ["canceled 2: 100 I"]), ("W", [])])
def test_an_immediate_order_is_accepted_live_then_prevented_then_told_of_its_rest(venue, letter, rest):
    venue.enter("sell", 60, "10.00")
    said = venue.enter("buy", 100, "10.00", aiq_strategy=letter, time_in_force="3")
    assert said[0] == f"accepted 2: buy 100 ZWZZT at 10.00 29={letter}"
    assert "aiq canceled" in said[1]
    assert [line for line in said if line.startswith("canceled")] == rest


@MESSAGE
def test_a_port_that_guards_another_market_has_nothing_to_do_with_this_one(venue):
    venue.enter("sell", 100, "10.00", by="IN21T7", aiq_strategy="0")
    assert venue.enter("buy", 60, "10.00", aiq_strategy="0") == ["accepted 1: buy 60 ZWZZT at 10.00 29=0"]


@MESSAGE
@pytest.mark.section("OUCH 5.0", "3.8 Account Query")
def test_it_uses_no_number_of_the_port_and_no_match_number(venue):
    venue.enter("sell", 60, "10.00", aiq_strategy="D")
    venue.enter("buy", 60, "10.00")
    assert venue.query() == ["next 3"]
    assert venue.bust(1).field == "matchNumber"


# The port's default.


@DEFAULT
@pytest.mark.parametrize("letter", ALL)
def test_a_default_is_for_orders_that_name_none(new_venue, letter):
    """Orders without a strategy and those with * have it; Accepted says so of the latter, for it was asked."""
    venue = new_venue(default_of(letter))
    assert venue.enter("sell", 100, "10.00", by="IN24T4") == ["accepted 1: sell 100 ZWZZT at 10.00"]
    plain = venue.enter("buy", 60, "10.00")
    assert plain[0] == "accepted 1: buy 60 ZWZZT at 10.00"
    venue.mass_cancel(by="IN24T4")
    venue.mass_cancel(number=2)
    venue.enter("sell", 100, "10.00", by="IN24T4", number=3)
    asked = venue.enter("buy", 60, "10.00", aiq_strategy="*", number=3)
    assert asked[0] == f"accepted 3: buy 60 ZWZZT at 10.00 29={letter}"
    assert [line.replace(" 3:", " 1:") for line in asked[1:]] == plain[1:]


@DEFAULT
def test_without_a_default_an_asterisk_is_none(venue):
    venue.enter("sell", 100, "10.00")
    assert venue.enter("buy", 60, "10.00", aiq_strategy="*") == [
        "accepted 2: buy 60 ZWZZT at 10.00 29=N",
        *traded(2, 1)[0],
        *traded(2, 1)[1],
    ]


@DEFAULT
def test_n_switches_the_default_off(new_venue):
    venue = new_venue(default_of("W"))
    venue.enter("sell", 100, "10.00", aiq_strategy="N")
    assert "executed" in venue.enter("buy", 60, "10.00", aiq_strategy="N")[1]
    assert venue.enter("buy", 40, "10.00")[1] == "aiq canceled 3: 40 Q W, 40 at 10.00 R"


@DEFAULT
def test_a_new_default_is_for_new_orders_and_what_rests_keeps_its_own(new_venue):
    venue = new_venue(default_of("O"))
    venue.enter("sell", 100, "10.00")
    assert venue.configure() is None
    assert venue.enter("buy", 60, "10.00")[1] == "aiq canceled 1: 100 Q O, 60 at 10.00 A"
    assert "executed" in venue.enter("sell", 60, "10.00")[1]


# Replace and Modify.


@CHANGES
@pytest.mark.parametrize(
    ("options", "echo", "letter"),
    [
        ({}, "", "O"),
        ({"aiq_strategy": "W"}, " 29=W", "W"),
        ({"aiq_strategy": "N"}, " 29=N", None),
        ({"aiq_strategy": "*"}, " 29=N", None),
        ({"aiq_group_id": "ZZ"}, " 30=ZZ", None),
    ],
)
def test_a_replacement_keeps_what_it_does_not_name(venue, options, echo, letter):
    venue.enter("sell", 100, "10.00")
    venue.enter("buy", 60, "9.00", aiq_strategy="O")
    said = venue.replace(2, 60, "10.00", **options)
    assert said[0] == f"replaced 2 by 3: buy 60 ZWZZT at 10.00{echo}"
    both = traded(3, 1) if letter is None else outcome(letter, 3, 1)
    assert said[1:] == [*both[0], *both[1]]


@CHANGES
def test_a_chain_falls_back_to_what_it_was_entered_with(venue):
    venue.enter("buy", 60, "9.00", aiq_strategy="O", aiq_group_id="AB")
    venue.replace(1, 60, "9.01", aiq_strategy="N")
    venue.replace(2, 60, "9.02")
    venue.enter("sell", 100, "10.00", aiq_group_id="AB")
    assert venue.replace(3, 60, "10.00")[1:] == ["aiq canceled 4: 100 Q O, 60 at 10.00 A"]


@CHANGES
@pytest.mark.parametrize(("total", "said"), [(60, "canceled 1: 40 U"), (61, "replaced 1 by 9: sell 1 ZWZZT at 10.00")])
def test_what_was_prevented_counts_in_the_total_of_a_replacement(venue, total, said):
    venue.enter("sell", 100, "10.00", aiq_strategy="D")
    venue.enter("buy", 60, "10.00")
    assert venue.replace(1, total, "10.00", number=9) == [said]


@CHANGES
def test_a_modified_sale_is_guarded_as_before(venue):
    venue.enter("sell", 100, "10.00", aiq_strategy="O")
    assert venue.modify(1, "short", 80, shares_located="Y", locate_broker="LCTB") == ["modified 1: short 80"]
    assert venue.enter("buy", 60, "10.00")[1] == "aiq canceled 1: 80 Q O, 60 at 10.00 A"


@CHANGES
@pytest.mark.parametrize("letter", ["?", "3", " ", "\0"])
def test_an_unknown_letter_is_refused_and_ends_an_order_that_is_replaced(venue, letter):
    assert venue.enter("buy", 60, "9.00", aiq_strategy=letter) == ["rejected 1: 0x0040"]
    venue.enter("buy", 60, "9.00", aiq_strategy="D")
    assert venue.replace(2, 60, "9.00", aiq_strategy=letter) == ["canceled 2: 60 U"]
