"""Why a RASHport port refuses: the letter, and the check behind it."""

from pathlib import Path

import pytest

from engine.api import BrokenTradeReason, CancelReason, Liquidity, Reject, SystemEvent
from engine.risk import prm
from rash import reasons
from rash.settings import RashSettings

REJECTS = pytest.mark.section("RASHport 1.1", "7 Reasons")
SAFE = pytest.mark.section("RASHport 1.1", "3 Data types")
OLD = "INRS02"
RULES = """
[[rule]]
type = "max-shares"
exchange = "NASDAQ"
mpid = "INET"
settings = { limit = 5000 }
[[rule]]
type = "max-notional"
exchange = "NASDAQ"
mpid = "INET"
settings = { limit = 20000 }
[[rule]]
type = "restricted-stock"
exchange = "NASDAQ"
mpid = "INET"
symbols = ["AMD"]
settings = { enabled = true }
[[rule]]
type = "max-shares"
exchange = "ROUTED"
mpid = "INET"
settings = { limit = 100 }
"""
RATE = """
[[rule]]
type = "order-rate"
exchange = "NASDAQ"
mpid = "INET"
port = "INRS01"
settings = { maxPortMessages = 3, portWindow = 1 }
"""


@REJECTS
@pytest.mark.parametrize(
    ("order", "letter", "check"),
    [
        ({"firm": "AKAM"}, "L", "FIRM_NOT_AUTHORIZED"),
        ({"firm": "AKAM", "symbol": "NONE"}, "L", "FIRM_NOT_AUTHORIZED"),
        ({"symbol": "NONE"}, "S", "INVALID_SYMBOL"),
        ({"symbol": "NONE", "side": "X"}, "S", "INVALID_SYMBOL"),
        ({"side": "X"}, "I", "INVALID_SIDE"),
        ({"shares": 0}, "Q", "INVALID_QUANTITY"),
        ({"at": "0"}, "X", "INVALID_PRICE"),
        ({"at": "200000"}, "X", "INVALID_PRICE"),
        ({"at": 0x7FFF_FFFF}, "X", "INVALID_PRICE"),
        ({"at": "999999.9999"}, "X", "INVALID_PRICE"),
        ({"at": "10.001"}, "X", "INVALID_TICK"),
        ({"time_in_force": 86_400}, "V", "INVALID_TIME_IN_FORCE"),
        ({"time_in_force": 99_960}, "V", "INVALID_TIME_IN_FORCE"),
        ({"time_in_force": 99_996}, "V", "INVALID_TIME_IN_FORCE"),
        ({"display": "Z"}, "D", "INVALID_DISPLAY"),
        ({"display": "O"}, "A", "RETAIL_NOT_SERVED"),
        ({"display": "W"}, "P", "PEGGING_NOT_SERVED"),
        ({"display": "d"}, "F", "INVALID_CROSS"),
        ({"display": "I"}, "F", "INVALID_CROSS"),
        ({"display": "M", "peg_type": "R"}, "E", "INVALID_PRICE_TYPE"),
        ({"peg_type": "X"}, "E", "INVALID_PRICE_TYPE"),
        ({"peg_type": "R", "peg_sign": "*"}, "E", "INVALID_PRICE_TYPE"),
        ({"peg_difference": "0.01"}, "E", "INVALID_PRICE_TYPE"),
        ({"peg_type": "R", "peg_difference": "999999.9999"}, "E", "INVALID_PRICE_TYPE"),
        ({"peg_type": "Q"}, "P", "PEGGING_NOT_SERVED"),
        ({"peg_type": "I"}, "P", "PEGGING_NOT_SERVED"),
        ({"peg_type": "R", "display": "P"}, "P", "PEGGING_NOT_SERVED"),
        ({"peg_type": "R"}, "B", "QUOTE_UNAVAILABLE"),
        ({"discretion_peg_type": "Q"}, "E", "INVALID_PRICE_TYPE"),
        ({"discretion_price": "10.05", "max_floor": 100}, "A", "DISCRETION_NOT_SERVED"),
        ({"minimum_quantity": 50, "display": "N"}, "K", "INVALID_MINIMUM_QUANTITY"),
        ({"random_reserve": 50}, "Q", "INVALID_MAX_FLOOR"),
        ({"capacity": "X"}, "O", "INVALID_CAPACITY"),
        ({"customer_type": "X"}, "O", "INVALID_ATTRIBUTE"),
        ({"intermarket_sweep": "X"}, "F", "INVALID_INTERMARKET_SWEEP"),
        ({"cross_type": "X"}, "F", "INVALID_CROSS"),
        ({"cross_type": "I"}, "F", "INVALID_CROSS"),
        ({"cross_type": "R"}, "A", "RETAIL_NOT_SERVED"),
        ({"route": "NONE"}, "W", "ROUTING_NOT_SERVED"),
        ({"route": "SCAN", "display": "P"}, "N", "ROUTING_NOT_SERVED"),
        ({"route": "AWAY"}, "V", "INVALID_TIME_IN_FORCE"),
    ],
)
def test_what_is_wrong_with_an_order_has_its_letter(venue, order, letter, check):
    assert venue.enter(**order) == [f"rejected T1: {letter}"]
    assert venue.why() == check


@REJECTS
@pytest.mark.parametrize(
    ("order", "current", "old"),
    [
        ({"shares": 5001, "at": "1.00"}, "Z", "j"),
        ({"shares": 4000}, "n", "k"),
        ({"symbol": "AMD", "at": "20.00"}, "a", "{"),
        ({"shares": 101, "route": "SCAN"}, "Z", "j"),
    ],
    ids=["max-shares", "max-notional", "restricted-stock", "max-shares of what goes away"],
)
def test_risk_checks_have_letters_of_two_generations(new_venue, order, current, old):
    assert new_venue(rules=RULES).enter(**order) == [f"rejected T1: {current}"]
    elder = new_venue('letters = "old"', RULES)
    assert elder.enter(**order, by=OLD) == [f"rejected T1: {old}"]


@REJECTS
@pytest.mark.parametrize(
    ("rule", "order", "letter", "check"),
    [
        (("hard-to-borrow", ("ZWZZT",), {"enabled": True}), {"side": "short"}, "b", "HARD_TO_BORROW"),
        (
            ("order-type", (), {"reject_intermarket_sweep": True}),
            {"intermarket_sweep": "Y"},
            "o",
            "INTERMARKET_SWEEP_NOT_ALLOWED",
        ),
        (("order-type", (), {"reject_short_sale": True}), {"side": "short"}, "o", "SHORT_SALE_NOT_ALLOWED"),
        (("shares-located", (), {"require_locate": True}), {"side": "short"}, "l", "LOCATE_REQUIRED"),
        (("adv", (), {"percent": 10_000}), {"symbol": "SPCE", "at": "4.00"}, "d", "AVERAGE_DAILY_VOLUME"),
        (("order-rate", (), {"max_symbol_messages": 1, "symbol_window": 1}), {}, "v", "SYMBOL_MESSAGE_RATE"),
        (("order-rate", (), {"max_duplicates": 1, "duplicate_window": 1}), {}, "w", "DUPLICATE_ORDER"),
        (("gross-exposure", (), {"open_action": 1_000}), {}, "s", "GROSS_EXPOSURE"),
        (("gross-exposure", (), {"notional_action": 1_500}), {}, "y", "GROSS_EXPOSURE"),
        (("gross-exposure", (), {"executed_action": 500}), {}, "x", "GROSS_EXPOSURE"),
    ],
)
def test_every_us_control_has_its_letter(venue, rule, order, letter, check):
    kind, symbols, settings = rule
    port = "INRS01" if kind == "order-rate" else None
    venue.rule(kind, symbols, port, **settings)
    if kind in ("order-rate", "gross-exposure"):
        venue.enter("sell", 60, by="AK01R1")
        for _ in range(3):
            venue.enter(**order)
    assert venue.enter(**order)[-1].endswith(f": {letter}")
    assert venue.why() == check
    assert venue.endpoint().code_of(Reject[check])[0] == letter


@REJECTS
def test_a_list_of_brokers_holds_no_order_that_cannot_name_one(new_venue):
    venue = new_venue(locate=True)
    venue.rule("shares-located", require_locate=True, brokers=("ABCD",))
    assert venue.enter("short", length=142, shares_located="Y") == ["accepted T1: short 100 ZWZZT at 10.00"]
    assert venue.enter("short", length=142, shares_located="N") == ["rejected T2: l"]
    assert venue.enter("short", by=OLD) == ["rejected T1: l"]


@REJECTS
def test_the_message_rate_counts_orders_and_no_cancels(new_venue):
    venue = new_venue(rules=RATE)
    for _ in range(3):
        venue.enter()
        venue.cancel("T1", 50)
        venue.send(b"?")
    assert venue.enter() == ["rejected T4: u"]
    assert venue.cancel("T1") == ["canceled T1: 50 U"]


@REJECTS
def test_a_halted_and_a_closed_book_have_their_letters(venue):
    venue.phase("HALT")
    assert venue.enter() == ["rejected T1: H"]
    venue.phase("CLOSED")
    assert venue.enter() == ["rejected T2: C"]


@REJECTS
def test_a_port_that_may_not_route_says_so(new_venue):
    venue = new_venue("routing = false")
    assert venue.enter(route="SCAN") == ["rejected T1: R"]
    assert venue.enter(route="INET") == ["accepted T2: buy 100 ZWZZT at 10.00"]


@REJECTS
def test_a_port_may_have_other_letters_for_single_checks(new_venue):
    venue = new_venue('reasons = { INVALID_QUANTITY = "q", ROUTING_NOT_SERVED = "N" }')
    assert venue.enter(shares=0) == ["rejected T1: q"]
    assert venue.enter(route="NONE") == ["rejected T2: N"]
    assert venue.endpoint().code_of(Reject.INVALID_QUANTITY) == ("q", "midpoint peg in a crossed market")


@SAFE
@pytest.mark.parametrize("wrong", [-1, 142, 200])
def test_an_order_of_a_wrong_length_is_refused_and_its_token_used_up(venue, wrong):
    message = venue.message("O", **ORDER)
    message = message[:138] if wrong < 0 else message[:139].ljust(wrong)
    assert venue.send(message) == ["rejected ONE: O"]
    assert venue.why() == "INVALID_ATTRIBUTE"
    assert venue.enter(token="ONE") == []


@SAFE
@pytest.mark.parametrize("length", [107, 120, 138])
def test_an_order_that_is_cut_off_is_refused_also_where_one_like_it_came_whole(venue, length):
    assert venue.send(venue.message("O", **ORDER | {"token": "WHOLE"})[:139])[0].startswith("accepted WHOLE")
    assert venue.send(venue.message("O", **ORDER)[:length]) == ["rejected ONE: O"]
    old = venue.message("O", OLD, **ORDER)
    assert venue.send(venue.message("O", OLD, **ORDER | {"token": "WHOLE"}), OLD)[0].startswith("accepted WHOLE")
    assert venue.send(old[: length - 2], OLD) == ["rejected ONE: O"]


ORDER = {
    "token": "ONE",
    "side": "B",
    "shares": 100,
    "symbol": "ZWZZT",
    "price": 100_000,
    "time_in_force": 99_998,
    "firm": "",
    "display": "Y",
    "minimum_quantity": 0,
    "max_floor": 0,
    "peg_type": "N",
    "peg_sign": "+",
    "peg_difference": 0,
    "discretion_price": 0,
    "discretion_peg_type": "N",
    "discretion_sign": "+",
    "discretion_difference": 0,
    "capacity": "A",
    "random_reserve": 0,
    "route": "",
    "customer_id": "",
    "customer_type": "",
    "trade_now": "",
    "shares_located": "",
}


@SAFE
@pytest.mark.parametrize(
    ("at", "text"), [(16, b"00010x"), (30, b"-000100000"), (107, b"\x07"), (107, b"\xff"), (16, b" " * 6)]
)
def test_what_cannot_be_read_is_refused_where_the_token_can_be(venue, at, text):
    message = bytearray(venue.message("O", **ORDER)[:140])
    message[at : at + len(text)] = text
    assert venue.send(bytes(message)) == ["rejected ONE: O"]
    assert venue.send(bytes(message)) == []


@SAFE
@pytest.mark.parametrize(
    "message", [b"", b"O", b"O" + 14 * b" ", b"OTOKEN", b"O\x01TOKEN".ljust(140), b"Z" + 139 * b"0", b"X", b"XONE"]
)
def test_what_has_no_token_that_can_be_read_is_ignored(venue, message):
    assert venue.send(message) == []
    assert len(venue.ignored) == 1


@REJECTS
def test_the_locate_byte_stands_on_ports_of_1_2_only(new_venue):
    venue = new_venue()
    assert venue.enter("short", length=142, shares_located="Y") == ["rejected T1: O"]
    venue = new_venue(locate=True)
    assert venue.enter("short", length=142, shares_located="Y") == ["accepted T1: short 100 ZWZZT at 10.00"]
    order = next(iter(venue.endpoint().port.orders.values()))
    assert order.attributes.shares_located
    assert venue.enter("short", length=141) == ["accepted T2: short 100 ZWZZT at 10.00"]
    assert venue.enter("short", length=142, shares_located="X") == ["rejected T3: O"]
    assert venue.enter("short", letter="Q", length=144, shares_located="Y")[0].startswith("accepted with cross T4")


@REJECTS
def test_every_reason_has_a_letter_of_each_generation_that_says_something():
    for generation, letters in reasons.LETTERS.items():
        assert set(letters) == set(Reject)
        assert all(letter in reasons.WORDS[generation] for letter in letters.values())
    assert set(reasons.letters(RashSettings())) == set(Reject)
    assert set(reasons.CANCEL_LETTERS) == set(CancelReason)
    assert set(reasons.LIQUIDITY_LETTERS) == set(Liquidity)
    assert set(reasons.BREAK_LETTERS) == set(BrokenTradeReason)
    assert set(reasons.EVENT_LETTERS) == set(SystemEvent)


def test_every_letter_stands_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs" / "rash.md").read_text(encoding="utf-8")
    lines = [
        line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `") and line.count("|") == 6
    ]
    documented = {cells[0].strip("`"): tuple(cells[1:]) for cells in lines if cells[0].strip("`") in Reject.__members__}
    words = reasons.WORDS
    assert documented == {
        reason.name: (f"`{current}`", words["current"][current], f"`{old}`", words["old"][old])
        for reason, current, old in (
            (reason, reasons.CURRENT_LETTERS[reason], reasons.OLD_LETTERS[reason]) for reason in Reject
        )
        if reason not in prm.REASONS
    }
