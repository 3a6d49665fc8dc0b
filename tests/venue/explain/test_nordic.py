"""Nordic refusals explained: the check, whose limit it was, what else was wrong, and what would pass.

As of US orders, what is proposed is tried in the place of the message: it must be accepted.
"""

import pytest
from floor import Floor, told

from engine.api import MARKET_PRICE, BlockAccount, Phase, Reject, SetAccount, SetFileList, SetPhase, SetPrices
from engine.risk import prm
from ouch.nordic_messages import OUT, EnterOrder, OrderAccepted, Rejected, ReplaceOrder, decode, encode
from venue.explain.find import Order, matching
from venue.explain.nordic import NordicDialect
from venue.explain.replay import Look
from venue.explain.text import lines
from venue.record import Kind, Record

EXPLAIN = pytest.mark.section("Portcullis", "Explanations of Nordic refusals")
OURS, GUARDED, EXCLUDED = "GP29O1", "GP29O2", "GP31O1"
CALL = SetPhase("nordic", "101", Phase.CLOSING_CALL)
SENT = {
    "user_ref_num": 1,
    "side": "B",
    "quantity": 100,
    "order_book": 101,
    "price": 1_000_000,
    "user": "GP29U5",
    "execution_within_firm": 0,
    "investment_decision": 0,
    "client_id": 0,
    "party_role_qualifier": 0,
    "capacity": "2",
    "algo_indicator": "-",
    "options": {},
}


class Row:
    """A refusal: what is sent on which port after what, the figures, the other checks, the change proposed.

    `before` are commands, and `first` are orders, that come before it.
    """

    def __init__(self, *, change, figures=(None, None), others=(), rule=None, port=OURS, before=(), first=(), **sent):
        self.first = first
        self.change, self.figures, self.others, self.rule = change, figures, list(others), rule
        self.port, self.before, self.sent = port, before, {**SENT, **sent}


ROWS = {
    Reject.UNKNOWN_USER: Row(user="NOBODY", change={}, figures=(None, "NOBODY")),
    Reject.ACCOUNT_BLOCKED: Row(
        before=[BlockAccount("GP29PR", blocked=True)],
        user="GP29U1",
        quantity=100_001,
        price=10_000,
        change={"quantity": 100_000},
        others=["MAXIMUM_ORDER_QUANTITY"],
        rule="GP29PR",
    ),
    Reject.PORT_ORDER_RATE: Row(port=GUARDED, change={}, figures=(100, 101), rule=GUARDED, user_ref_num=102),
    Reject.RESTRICTED_SEGMENT: Row(
        port=EXCLUDED, user="GP31U1", order_book=901, price=20_000, change={}, rule="GP31P8"
    ),
    Reject.RESTRICTED_SYMBOL: Row(
        port=EXCLUDED, user="GP31U1", order_book=301, price=7_000_000, change={}, rule="GP31P8"
    ),
    Reject.MAXIMUM_ORDER_QUANTITY: Row(
        user="GP29U1",
        quantity=150_000,
        price=10_000,
        change={"quantity": 100_000},
        figures=(100_000, 150_000),
        rule="GP29PR",
    ),
    Reject.MAXIMUM_ORDER_VALUE: Row(
        user="GP29U3",
        quantity=20_000,
        change={"quantity": 10_000},
        figures=("1000000.0000", "2000000.0000"),
        rule="GP29P1",
    ),
    Reject.CONTINUOUS_FAT_FINGER: Row(
        port=GUARDED, price=1_100_000, change={"price": "105.0000"}, figures=("5.0000", "10.0000"), rule=GUARDED
    ),
    Reject.ACCOUNT_ORDER_RATE: Row(
        before=[SetAccount("GP29PR", symbol_rate=1)],
        first=({"user": "GP29U1"}, {"user": "GP29U1"}),
        user="GP29U1",
        user_ref_num=3,
        change={},
        figures=(1, 2),
        rule="GP29PR",
    ),
    Reject.LOCKED_IN_CURRENCY: Row(
        before=[SetAccount("GP29PR", {"SEK": {"total_open": 100_000_000}})],
        first=({"user": "GP29U1"},),
        user="GP29U1",
        user_ref_num=2,
        change={},
        figures=("10000.0000", "10000.0000"),
        rule="GP29PR",
    ),
    Reject.MAXIMUM_AUCTION_QUANTITY: Row(
        before=[CALL, SetAccount("GP29PR", {"SEK": {"maximum_quantity_auction": 20_000}})],
        user="GP29U1",
        quantity=50_000,
        price=10_000,
        change={"quantity": 20_000},
        figures=(20_000, 50_000),
        rule="GP29PR",
    ),
    Reject.MAXIMUM_AUCTION_VALUE: Row(
        before=[CALL, SetAccount("GP29PR", {"SEK": {"maximum_value_auction": 10_000_000_000}})],
        user="GP29U1",
        quantity=20_000,
        change={"quantity": 10_000},
        figures=("1000000.0000", "2000000.0000"),
        rule="GP29PR",
    ),
    Reject.AUCTION_FAT_FINGER: Row(
        before=[CALL, SetAccount("GP29PR", fat_finger_in_auctions=True)],
        user="GP29U1",
        price=1_200_000,
        change={"price": "110.0000"},
        figures=("10.0000", "20.0000"),
        rule="GP29PR",
    ),
    Reject.MARKET_ORDER_PREVENTION: Row(
        before=[CALL, SetAccount("GP29PR", market_order_prevention=True)],
        user="GP29U1",
        price=MARKET_PRICE,
        change={},
        rule="GP29PR",
    ),
    Reject.MARKET_ORDER_EQUILIBRIUM: Row(
        before=[CALL, SetAccount("GP29PR", market_order_protection=True)],
        first=({"side": "S"}, {"quantity": 1}, {"side": "S", "price": 1_050_000}),
        user="GP29U1",
        user_ref_num=4,
        quantity=200,
        price=MARKET_PRICE,
        change={"quantity": 100},
        figures=("3.0000", "5.0000"),
        rule="GP29PR",
    ),
    Reject.MARKET_ORDER_REFERENCE: Row(
        before=[CALL, SetAccount("GP29PR", market_order_protection=True)],
        first=({"side": "S", "price": 1_100_000},),
        user="GP29U1",
        user_ref_num=2,
        price=MARKET_PRICE,
        change={},
        figures=("6.0000", "10.0000"),
        rule="GP29PR",
    ),
    Reject.INVALID_SIDE: Row(side="T", change={"side": "B"}, figures=(None, "T")),
    Reject.INVALID_QUANTITY: Row(quantity=0, change={"quantity": 1}, figures=(4_294_967_295, 0)),
    Reject.INVALID_SYMBOL: Row(order_book=999, change={}, figures=(None, 999)),
    Reject.INVALID_PRICE: Row(price=0, change={"price": "0.0100"}, figures=("199999.9900", "0.0000")),
    Reject.INVALID_TICK: Row(price=1_000_050, change={"price": "100.0000"}, figures=("0.0100", "100.0050")),
    Reject.INVALID_CAPACITY: Row(capacity="5", change={"capacity": "1"}, figures=(None, "5")),
    Reject.INVALID_TIME_IN_FORCE: Row(options={25: "5"}, change={"options.timeInForce": "0"}, figures=(None, "5")),
    Reject.INVALID_DISPLAY: Row(options={7: "M"}, change={"options.display": "Y"}, figures=(None, "M")),
    Reject.INVALID_CROSS: Row(options={5: "X"}, change={"options.crossType": "I"}, figures=(None, "X")),
    Reject.CALL_MISSED: Row(options={5: "O"}, change={"options.crossType": "I"}),
    Reject.QUOTE_UNAVAILABLE: Row(options={19: "P"}, change={"options.pegType": None}),
    Reject.INVALID_SELF_MATCH_PREVENTION: Row(options={22: "4"}, change={"options.stpAction": None}),
    Reject.INVALID_MINIMUM_QUANTITY: Row(
        options={14: 200, 7: "N"}, change={"options.minQty": 100}, figures=(None, 200)
    ),
    Reject.INVALID_MAX_FLOOR: Row(options={13: 5, 20: 7}, change={"options.randomReserve": 4}, figures=(None, 5)),
    Reject.INVALID_EXPIRE_TIME: Row(options={25: "6"}, change={"options.timeInForce": "0"}, figures=(65_535, 0)),
    Reject.FIRM_NOT_AUTHORIZED: Row(options={11: "GP30"}, change={"options.firm": "GP29"}, figures=(None, "GP30")),
    Reject.INVALID_ATTRIBUTE: Row(party_role_qualifier=2, change={"partyRoleQualifier": 0}),
}


class NordicFloor(Floor):
    """The demo's machine, of which the last message was refused on a port."""

    def send(self, message, port=OURS):
        index = self.index(port)
        before = self.machine.streams[index].count
        self.apply(Kind.MESSAGE, index, message)
        stream = self.machine.streams[index]
        return [decode(OUT, stream.packet(number)[3:]) for number in range(before + 1, stream.count + 1)]

    def instead(self, message):
        """What would have been said to another message in the place of the last."""
        machine, last = self.before(), self.records[-1]
        stream = machine.streams[last.port]
        before = stream.count
        machine.apply(Record(last.kind, last.port, last.venue_time, last.wall_time, message))
        return [decode(OUT, stream.packet(number)[3:]) for number in range(before + 1, stream.count + 1)]


@pytest.fixture
def floor(tmp_path):
    return NordicFloor(tmp_path)


def refuse(floor, reason):
    row = ROWS[reason]
    for command in row.before:
        floor.do(command)
    for number, sent in enumerate(row.first, 1):
        floor.send(encode(EnterOrder(**{**SENT, "user_ref_num": number, **sent})), row.port)
    if reason is Reject.PORT_ORDER_RATE:
        for number in range(1, 102):
            floor.send(encode(EnterOrder(**{**SENT, "user_ref_num": number})), row.port)
    (said,) = floor.send(encode(EnterOrder(**row.sent)), row.port)
    assert isinstance(said, Rejected)
    return row, said, told(floor.explain())


def changed(sent, fields):
    """A message with the changes that were proposed."""
    fields = {one["field"]: one["value"] for one in fields}
    numbers = {"options.minQty": 14, "options.randomReserve": 20, "options.timeInForce": 25, "options.display": 7}
    numbers |= {"options.crossType": 5, "options.pegType": 19, "options.stpAction": 22, "options.firm": 11}
    names = {"partyRoleQualifier": "party_role_qualifier"}
    sent = {**sent, "options": dict(sent["options"])}
    for name, value in fields.items():
        if name in numbers:
            sent["options"].pop(numbers[name], None)
            if value is not None:
                sent["options"][numbers[name]] = value
        else:
            sent[names.get(name, name)] = round(float(value) * 10_000) if name == "price" else value
    return encode(EnterOrder(**sent))


@EXPLAIN
def test_every_reason_of_prm_has_its_row():
    assert set(ROWS) >= prm.REASONS


@EXPLAIN
@pytest.mark.parametrize("reason", ROWS, ids=lambda reason: reason.name)
def test_a_refusal_is_explained_and_what_is_proposed_passes(floor, reason):
    row, said, explanation = refuse(floor, reason)
    assert (explanation["check"], explanation["code"]) == (reason.name, f"0x{said.reason:04X}")
    assert (explanation["limit"], explanation["observed"]) == row.figures
    assert [other["check"] for other in explanation["otherChecks"]] == row.others
    assert (explanation["rule"] and explanation["rule"]["id"]) == row.rule
    change = explanation["smallestChange"]
    assert {one["field"]: one["value"] for one in change["fields"]} == row.change
    assert change["fields"] or change["outside"]
    assert "{" not in explanation["summary"]
    if change["fields"] and not change["outside"]:
        (accepted, *_) = floor.instead(changed(row.sent, change["fields"]))
        assert isinstance(accepted, OrderAccepted)
    assert len(list(lines(floor.explain()))) > 3


@EXPLAIN
@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ({1: b"SHORT"}, "options.clearingAccount has a value of the wrong size"),
        ({35: b"?"}, "options.35 is not defined"),
        ({9: 5}, "options.displayQuantity may not stand in this message"),
        ({26: "X"}, "with options.tradingAtClosingPrice the order asks for a cross that this market does not serve"),
        (
            {13: 50, 7: "N"},
            (
                "a displayed part of 50 shares must be from 1 to 4,294,967,295, more than its random reserve, and of "
                "an order that is displayed"
            ),
        ),
    ],
)
def test_an_option_that_is_refused_is_named_with_what_is_wrong_with_it(floor, options, detail):
    floor.send(encode(EnterOrder(**{**SENT, "options": options})))
    explanation = told(floor.explain())
    assert explanation["detail"] == detail
    assert " ".join(detail.split()) in " ".join(" ".join(lines(floor.explain())).split())


@EXPLAIN
def test_a_nordic_order_book_has_a_best_bid_of_its_own_and_no_national_one(floor):
    floor.send(encode(EnterOrder(**SENT)))
    floor.send(encode(EnterOrder(**{**SENT, "user_ref_num": 2, "side": "T"})))
    *_, market = lines(floor.explain())
    assert market.endswith("101: best bid 100.0000, offer -, last 100.0000, previous close 100.0000")


@EXPLAIN
def test_the_account_is_told_with_what_it_allows_today(floor):
    floor.do(SetAccount("GP29P1", {"SEK": {"maximum_value": 5_000_000_000}}, next_day=False))
    floor.send(encode(EnterOrder(**{**SENT, "user": "GP29U3", "quantity": 5_001})))
    explanation = told(floor.explain())
    assert explanation["rule"] == {
        "id": "GP29P1",
        "type": "account",
        "origin": "operations",
        "settings": {
            "blocked": False,
            "blockedBy": "",
            "rateLocked": "",
            "currency": "SEK",
            "locked": [],
            "maxQuantity": 0,
            "maxValue": "500000.0000",
            "maxQuantityAuction": 0,
            "maxValueAuction": "0.0000",
            **dict.fromkeys(("totalRisk", "totalTraded", "totalOpen"), "100000.0000"),
            **dict.fromkeys(("tradedBuy", "tradedSell", "openBuy", "openSell"), "0.0000"),
            "blowThrough": False,
            "restrictedSymbols": [],
            "restrictedSegments": [],
            "repeatedOrderLimit": 0,
            "restrictOnRepeatedOrder": False,
            "marketOrderPrevention": False,
            "marketOrderProtection": False,
            "fatFingerInAuctions": True,
            "symbolRate": 50,
            "cancelOnSymbolRate": True,
        },
    }
    assert (explanation["reference"], explanation["source"]) == ("100.0000", "limit price")
    assert explanation["scope"]["mpid"] == "GP29"


@EXPLAIN
def test_a_symbol_that_a_file_restricts_is_among_the_account_s_and_one_that_is_released_is_not(floor):
    floor.do(SetFileList("GP29P1", ("101", "102")))
    floor.send(encode(EnterOrder(**{**SENT, "user": "GP29U3"})))
    assert told(floor.explain())["rule"]["settings"]["restrictedSymbols"] == ["101", "102"]
    floor.do(SetFileList("GP29P1", ("101",)))
    floor.send(encode(EnterOrder(**{**SENT, "user_ref_num": 2, "user": "GP29U3"})))
    assert told(floor.explain())["rule"]["settings"]["restrictedSymbols"] == ["101"]


@EXPLAIN
def test_the_fat_finger_is_told_with_its_reference_thresholds_and_multipliers(floor):
    floor.do(SetPrices("101", {"last": 2_000_000}))
    floor.send(encode(EnterOrder(**{**SENT, "price": 2_200_000})), GUARDED)
    explanation = told(floor.explain())
    assert (explanation["reference"], explanation["source"]) == ("200.0000", "last paid")
    assert explanation["rule"]["settings"]["fatFingerAggressive"] == "5.0000"
    assert explanation["rule"]["settings"]["fatFingerMultiplierAggressive"] == 100
    assert explanation["unit"] == "units of the currency"


@EXPLAIN
def test_a_replacement_is_explained_too(floor):
    floor.send(encode(EnterOrder(**SENT | {"user": "GP29U1"})))
    (said,) = floor.send(encode(ReplaceOrder(1, 2, 150_000, 10_000, "GP29U1", {})))
    assert said.reason == 0x0107
    explanation = told(floor.explain())
    assert explanation["check"] == "MAXIMUM_ORDER_QUANTITY"
    assert explanation["smallestChange"]["fields"][0]["value"] == 100_000


@EXPLAIN
def test_what_was_accepted_or_met_with_silence_says_so(floor):
    floor.send(encode(EnterOrder(**SENT)))
    assert floor.explain().outcome == "accepted"
    floor.send(encode(EnterOrder(**SENT)))
    assert "UserRefNum 1 is not above 1" in floor.explain().summary
    floor.send(b"O")
    assert floor.explain().outcome == "ignored"


@EXPLAIN
def test_an_order_is_found_by_its_number_and_by_its_order_reference():
    dialect = NordicDialect()
    message = encode(EnterOrder(**SENT | {"options": {15: "LBL"}}))
    assert matching(Order("P", 1), dialect)(message)
    assert not matching(Order("P", 2), dialect)(message)
    assert matching(Order("P", cl_ord_id="LBL"), dialect)(message)
    assert not matching(Order("P", cl_ord_id="LB"), dialect)(message)
    assert not matching(Order("P", 1, 7), dialect)(message)


def test_looking_is_of_the_dialect_of_the_port(floor):
    floor.send(encode(EnterOrder(**SENT)))
    look = Look(floor.before(), floor.records[-1])
    look.take()
    assert isinstance(look.request.dialect, NordicDialect)
