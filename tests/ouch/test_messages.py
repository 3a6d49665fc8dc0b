"""The declarations against the printed tables, retyped here: offset, length and name of every field.

A row is `offset:length name`; the last number of a message is where its Appendage Length starts, or its whole size.
"""

import pytest

from ouch import codec, messages
from ouch.messages import IN, INBOUND, OUCH, OUT, OUTBOUND, RejectReason
from wire.record import Presence

TABLES = {
    (IN, "O"): """1:4 user_ref_num, 5:1 side, 6:4 quantity, 10:8 symbol, 18:8 price, 26:1 time_in_force, 27:1 display,
        28:1 capacity, 29:1 intermarket_sweep, 30:1 cross_type, 31:14 cl_ord_id, 45""",
    (IN, "U"): """1:4 orig_user_ref_num, 5:4 user_ref_num, 9:4 quantity, 13:8 price, 21:1 time_in_force, 22:1 display,
        23:1 intermarket_sweep, 24:14 cl_ord_id, 38""",
    (IN, "X"): "1:4 user_ref_num, 5:4 quantity, 9",
    (IN, "M"): "1:4 user_ref_num, 5:1 side, 6:4 quantity, 10",
    (IN, "C"): "1:4 user_ref_num, 5:4 firm, 9:8 symbol, 17",
    (IN, "D"): "1:4 user_ref_num, 5:4 firm, 9",
    (IN, "E"): "1:4 user_ref_num, 5:4 firm, 9",
    (IN, "Q"): "1",
    (OUT, "S"): "1:8 timestamp, 9:1 event_code, 10",
    (OUT, "A"): """1:8 timestamp, 9:4 user_ref_num, 13:1 side, 14:4 quantity, 18:8 symbol, 26:8 price,
        34:1 time_in_force, 35:1 display, 36:8 order_reference_number, 44:1 capacity, 45:1 intermarket_sweep,
        46:1 cross_type, 47:1 order_state, 48:14 cl_ord_id, 62""",
    (OUT, "U"): """1:8 timestamp, 9:4 orig_user_ref_num, 13:4 user_ref_num, 17:1 side, 18:4 quantity, 22:8 symbol,
        30:8 price, 38:1 time_in_force, 39:1 display, 40:8 order_reference_number, 48:1 capacity,
        49:1 intermarket_sweep, 50:1 cross_type, 51:1 order_state, 52:14 cl_ord_id, 66""",
    (OUT, "C"): "1:8 timestamp, 9:4 user_ref_num, 13:4 quantity, 17:1 reason, 18",
    (OUT, "D"): """1:8 timestamp, 9:4 user_ref_num, 13:4 decrement_shares, 17:1 reason, 18:4 quantity_prevented,
        22:8 execution_price, 30:1 liquidity_flag, 31:1 aiq_strategy, 32""",
    (OUT, "E"): """1:8 timestamp, 9:4 user_ref_num, 13:4 quantity, 17:8 price, 25:1 liquidity_flag, 26:8 match_number,
        34""",
    (OUT, "B"): "1:8 timestamp, 9:4 user_ref_num, 13:8 match_number, 21:1 reason, 22:14 cl_ord_id, 36",
    (OUT, "J"): "1:8 timestamp, 9:4 user_ref_num, 13:2 reason, 15:14 cl_ord_id, 29",
    (OUT, "P"): "1:8 timestamp, 9:4 user_ref_num, 13",
    (OUT, "I"): "1:8 timestamp, 9:4 user_ref_num, 13",
    (OUT, "T"): "1:8 timestamp, 9:4 user_ref_num, 13:8 price, 21:1 display, 22:8 order_reference_number, 30",
    (OUT, "M"): "1:8 timestamp, 9:4 user_ref_num, 13:1 side, 14:4 quantity, 18",
    (OUT, "R"): "1:8 timestamp, 9:4 user_ref_num, 13:1 reason, 14",
    (OUT, "X"): "1:8 timestamp, 9:4 user_ref_num, 13:4 firm, 17:8 symbol, 25",
    (OUT, "G"): "1:8 timestamp, 9:4 user_ref_num, 13:4 firm, 17",
    (OUT, "K"): "1:8 timestamp, 9:4 user_ref_num, 13:4 firm, 17",
    (OUT, "Q"): "1:8 timestamp, 9:4 next_user_ref_num, 13",
}

PRESENCE = {
    Presence.ALWAYS: {(IN, letter) for letter in "OUCDE"} | {(OUT, letter) for letter in "AUERXGK"},
    Presence.OPTIONAL: {(IN, letter) for letter in "XMQ"},
    Presence.CONDITIONAL: {(OUT, letter) for letter in "CDBJPITMQ"},
    Presence.NEVER: {(OUT, "S")},
}

# tag, name, size of the value, kind, carried by (in), carried by (out)
OPTIONS = [
    (1, "secondary_ord_ref_num", 8, "integer", "", "R"),
    (2, "firm", 4, "alpha", "O", "A U"),
    (3, "min_qty", 4, "integer", "O U", "A U"),
    (4, "customer_type", 1, "R N space", "O", "A"),
    (5, "max_floor", 4, "integer", "O U", "A U"),
    (6, "price_type", 1, "L P M R Q m", "O U", "A U"),
    (7, "peg_offset", 4, "signed price", "O U", "A"),
    (9, "discretion_price", 8, "price", "O U", "A"),
    (10, "discretion_price_type", 1, "L P M R", "O U", "A"),
    (11, "discretion_peg_offset", 4, "signed price", "O U", "A"),
    (12, "post_only", 1, "P N", "O U", "A U"),
    (13, "random_reserves", 4, "integer", "O U", "A"),
    (14, "route", 4, "alpha", "", "A"),
    (15, "expire_time", 4, "integer", "O U", "A U"),
    (16, "trade_now", 1, "Y N space", "O U", "A U"),
    (17, "handle_inst", 1, "I O T Q B D space", "O U", "A U"),
    (18, "bbo_weight", 1, "0 1 2 3 space S N", "", "A U"),
    (22, "display_quantity", 4, "integer", "", "R"),
    (23, "display_price", 8, "price", "", "R"),
    (24, "group_id", 2, "integer", "O C", "A X"),
    (25, "shares_located", 1, "Y N", "O U M", "A M"),
    (26, "locate_broker", 4, "alpha", "O U M", "M"),
    (27, "side", 1, "B S T E", "U C", "X"),
    (28, "user_ref_idx", 1, "integer", "O U X M C D E Q", "A U C D E B J P I T M R X G K Q"),
    (29, "aiq_strategy", 1, "Y D O W y d o w R r Z E P X S 0 1 2 4 5 N *", "O U", "A U"),
    (30, "aiq_group_id", 2, "alpha", "O U", "A U"),
]

LETTERS = {
    "Side": "B S T E",
    "TimeInForce": "0 3 5 6 E",
    "Display": "Y N A Z",
    "Capacity": "A P R O",
    "IntermarketSweep": "Y N",
    "CrossType": "N O C H S R E A",
    "OrderState": "L D",
    "EventCode": "S E",
    "CancelReason": "D E F G H I K Q S T U X Z e",
    "LiquidityFlag": "A R J k m u e N 7 8 O M C L H K i n 0 j 1 p q r t 2 3 5 9",
    "BrokenTradeReason": "E C S X",
    "RestatedReason": "R P",
}


@pytest.mark.section("OUCH 5.0", "3 Inbound messages, 4 Outbound messages")
@pytest.mark.parametrize("key", TABLES, ids=lambda key: f"{key[0]}-{key[1]}")
def test_fields_stand_where_the_document_puts_them(key):
    *rows, end = (row.strip() for row in TABLES[key].split(","))
    layout = OUCH.by_letter[key]
    assert [f"{f.offset}:{f.kind.size} {f.name}" for f in layout.fields] == rows
    assert layout.fixed == int(end)


@pytest.mark.section("OUCH 5.0", "2.4 When is the appendage present")
def test_every_message_has_the_appendage_the_document_gives_it():
    assert set(OUCH.by_letter) == set(TABLES)
    assert (len(INBOUND), len(OUTBOUND)) == (8, 17)
    for presence, keys in PRESENCE.items():
        assert {key for key, layout in OUCH.by_letter.items() if layout.presence is presence} == keys


@pytest.mark.section("OUCH 5.0", "5 Options")
@pytest.mark.parametrize(("tag", "name", "size", "kind", "carried_in", "carried_out"), OPTIONS)
def test_option_is_as_printed(tag, name, size, kind, carried_in, carried_out):
    option = OUCH.options[tag]
    assert (option.name, option.kind.size) == (name, size)
    assert getattr(codec, f"TAG_{name.upper()}") == tag
    if option.kind.codes is None:
        assert option.kind.label == kind
    else:
        letters = {" " if letter == "space" else letter for letter in kind.split()}
        assert {member.value for member in option.kind.codes} == letters
    carriers = {d: [key[1] for key in TABLES if key[0] is d and tag in OUCH.by_letter[key].tags] for d in (IN, OUT)}
    assert carriers[IN] == carried_in.split()
    assert carriers[OUT] == carried_out.split()


@pytest.mark.section("OUCH 5.0", "5 Options")
def test_no_other_option_exists():
    assert list(OUCH.options) == [row[0] for row in OPTIONS]


@pytest.mark.section("OUCH 5.0", "6 Enumerations")
@pytest.mark.parametrize(("name", "letters"), LETTERS.items())
def test_letters_are_those_printed(name, letters):
    members = getattr(messages, name)
    assert {member.value for member in members} == set(letters.split())
    assert all(member.text and member.wire == member.value.encode() for member in members)


@pytest.mark.section("OUCH 5.0", "7.1 Reject reasons")
def test_reject_reasons_are_the_52_of_the_table():
    assert [reason.value for reason in RejectReason] == [*range(0x01, 0x34), 0x40]
    assert len(RejectReason) == 52
    assert len({reason.text for reason in RejectReason}) == 52
    assert RejectReason(0x30).text == "Risk: single order notional exceeded"
    assert [r.name for r in RejectReason if r.text.startswith("Risk")] == [
        r.name for r in RejectReason if r.name.startswith("RISK_")
    ]


@pytest.mark.section("OUCH 5.0", "3.8 Account Query Request")
@pytest.mark.parametrize(("letter", "longest"), [("O", 140), ("U", 123)])
def test_longest_message_is_as_long_as_the_document_says(letter, longest):
    layout = OUCH.by_letter[IN, letter]
    assert layout.fixed + 2 + sum(2 + OUCH.options[tag].kind.size for tag in layout.tags) == longest
