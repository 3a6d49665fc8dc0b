"""Orders that are refused: the words and codes of each reason, in each version, and of the risk checks."""

import pytest
from fix_floor import Floor

from engine.api import RISK_CHECKS, CancelReason, Liquidity, Reject
from engine.terms import EQRC_CHECKS
from fix.reasons import CANCEL_LETTERS, LIQUIDITY_FLAGS, REASONS
from fix.versions import VERSIONS
from ouch.terms import CANCEL_REASONS
from ouch.terms import LIQUIDITY_FLAGS as OUCH_FLAGS
from ouch.terms import REASONS as OUCH_REASONS

REJECTS = pytest.mark.section("FIX", "Order rejects")


@pytest.fixture
def floor():
    return Floor()


@REJECTS
@pytest.mark.parametrize("reject", Reject, ids=lambda reject: reject.name)
def test_each_reason_of_the_engine_has_its_words_and_codes(reject):
    reason = REASONS[reject]
    assert reason.text.isascii()
    for version in VERSIONS.values():
        assert reason.code(version) in version.order_rejects


@REJECTS
@pytest.mark.parametrize("reject", sorted(RISK_CHECKS), ids=lambda reject: reject.name)
def test_the_extended_reason_is_the_number_that_ouch_has_for_the_same_check(reject):
    if reject in EQRC_CHECKS:
        assert REASONS[reject].extended == OUCH_REASONS[reject] >= 32
    else:
        assert not REASONS[reject].extended, "which Nordic ports do not send"


def test_the_letters_are_those_of_ouch():
    assert CANCEL_LETTERS == CANCEL_REASONS | {CancelReason.BLOW_THROUGH: b"B"}  # which US orders do not meet
    assert LIQUIDITY_FLAGS == OUCH_FLAGS | {Liquidity.ROUTED: b"X"}  # which OUCH cannot ask for


def said(client, name="A1", side="buy", quantity=100, at="10.00", **fields):
    """What the port says of an order that it refuses: OrdRejReason, Text, ExtendedReasonCode."""
    client.send(
        "D",
        {11: name, 21: "1", 38: str(quantity), 40: "2", 44: at, 54: {"buy": "1", "short": "5"}[side], 55: "ZWZZT"},
        fields,
    )
    (report,) = client.reports()
    assert {150: "8", 39: "8", 37: "NONE", 14: "0", 151: "0", 6: "0.0", 20: "0", 44: at}.items() <= report.items()
    assert report[38] == str(quantity)
    return report[103], report[58], report.get(22204)


@REJECTS
@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ({"t55": "NONE"}, ("1", "Invalid Stock", None)),
        ({"t55": "\u00c5"}, ("1", "Invalid Stock", None)),
        ({"quantity": "0"}, ("0", "Invalid quantity", None)),
        ({"quantity": "100.5"}, ("0", "Invalid quantity", None)),
        ({"quantity": "-100"}, ("0", "Invalid quantity", None)),
        ({"quantity": "1000000"}, ("0", "Invalid quantity", None)),
        ({"quantity": "999999999999999999"}, ("0", "Invalid quantity", None)),
        ({"at": "0"}, ("0", "Invalid Price", None)),
        ({"at": "-1"}, ("0", "Invalid Price", None)),
        ({"at": "10.001"}, ("0", "Invalid Price", None)),
        ({"at": "10.00001"}, ("0", "Invalid Price", None)),
        ({"at": "200000"}, ("0", "Invalid Price", None)),
        ({"at": "214748.3647"}, ("0", "Invalid Price", None)),
        ({"t110": "50"}, ("0", "Invalid minimum quantity", None)),
        ({"t110": "0.5"}, ("0", "Invalid minimum quantity", None)),
        ({"t111": "1.5"}, ("0", "Invalid max floor", None)),
        ({"t15": "SEK"}, ("0", "Invalid currency", None)),
        ({"t115": "AKAM"}, ("0", "Firm not authorized", None)),
    ],
)
def test_a_field_that_an_order_may_not_have_so_is_refused_with_its_reason(floor, order, answer):
    assert said(floor.client("INFX01"), **order) == answer


@REJECTS
@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"t40": "P"}, "No quote for peg"),
        ({"t40": "P", "t18": "M"}, "No quote for peg"),
        ({"t18": "P"}, "No quote for peg"),
        ({"t9140": "M"}, "No quote for peg"),
        ({"t211": "-0.01"}, "Invalid peg type"),
        ({"t388": "0", "t389": "0.05"}, "Invalid peg type"),
        ({"t9392": "9.50", "t111": "10"}, "Discretionary orders are not supported"),
        ({"t59": "2"}, "Not allowed in this cross"),
        ({"t9140": "I"}, "Not allowed in this cross"),
        ({"t9355": "O"}, "Not allowed in this cross"),
        ({"t9355": "R"}, "Retail orders are not supported"),
    ],
)
def test_what_the_market_does_not_serve_is_refused_in_so_many_words(floor, order, text):
    assert said(floor.client("INFX01"), **order) == ("0", text, None)


@REJECTS
def test_an_order_without_the_price_that_its_type_needs_is_refused_by_a_report(floor):
    client = floor.client("INFX01")
    client.send("D", {11: "A1", 21: "1", 38: "100", 40: "2", 54: "1", 55: "ZWZZT"})
    (report,) = client.reports()
    assert (report[35], report[39], report[58]) == ("8", "8", "Invalid Price")


@REJECTS
def test_each_risk_check_of_a_us_port_says_which_it_was(floor):
    client = floor.client("IN30F1")
    assert said(client, "A1", quantity=5_001) == ("3", "Exceeded shares limit", "49")
    client.symbol = "MSFT"
    assert said(client, "A2", quantity=5_000, at="400.00", t55="MSFT") == ("3", "Exceeded dollar value limit", "48")
    assert said(client, "A3", at="20.00", t55="AMD") == ("0", "Restricted symbol list reject", "34")
    assert said(client, "A4", at="11.01") == ("0", "Invalid Price", "38")
    assert said(client, "A5", "short") == ("0", "Easy to Borrow (ETB) reject", "39")


@REJECTS
def test_orders_and_replaces_count_towards_the_rate_of_a_us_port_and_cancels_do_not(floor):
    client = floor.client("IN30F1")
    client.enter("A0")
    for number in range(120):
        client.cancel(f"C{number}", "A0" if number == 0 else "NO")
    for number in range(1, 100):
        assert client.enter(f"A{number}")[0].startswith("0/0")
    assert said(client, "A100") == ("0", "Exceeded order rate", "41")
    client.cancel("C200", "A1")
    assert client.replace("R1", "A2") == ["9 R1<A2 2: 102=2 39=0 'Exceeded order rate'"]


@REJECTS
def test_a_port_that_may_only_cancel_refuses_what_is_new_and_lets_orders_get_smaller(floor):
    client = floor.client("INFX01")
    client.enter("A1")
    floor.set_port("INFX01", cancel_only=True)
    assert said(client, "A2") == ("0", "Reject All enabled", None)
    assert client.replace("A3", "A1", at="9.00") == ["9 A3<A1 2: 102=2 39=0 'Reject All enabled'"]
    assert client.replace("A4", "A1", quantity=50) == ["5/5 A4<A1 0+50"]
    assert client.cancel("C1", "A4") == ["4/4 C1<A4 0+0"]


@REJECTS
def test_a_halted_book_takes_nothing_and_lets_orders_go(floor):
    client = floor.client("INFX01")
    client.enter("A1")
    floor.halt()
    assert said(client, "A2") == ("2", "Halted", None)
    assert client.replace("A3", "A1", at="9.00") == ["9 A3<A1 2: 102=2 39=0 'Halted'"]
    assert client.cancel("C1", "A1") == ["4/4 C1<A1 0+0"]


@REJECTS
@pytest.mark.parametrize(
    ("version", "codes"),
    [
        ("FIX.4.2", {"A1": "1", "A2": "0", "A3": "0", "A4": "3", "A5": "6"}),
        ("FIX.4.4", {"A1": "1", "A2": "13", "A3": "99", "A4": "13", "A5": "6"}),
        ("FIXT.1.1", {"A1": "1", "A2": "13", "A3": "18", "A4": "13", "A5": "6"}),
    ],
)
def test_a_nordic_port_gives_the_codes_of_its_version_and_no_extended_reason(floor, version, codes):
    client = floor.client("GP29F1", version)
    client.enter("A5", at="100.00")
    client.send("D", {11: "A1", 21: "1", 38: "100", 40: "2", 44: "100.00", 54: "1", 55: "999"})
    client.send("D", {11: "A2", 21: "1", 38: "0", 40: "2", 44: "100.00", 54: "1", 55: "101"})
    client.send("D", {11: "A3", 21: "1", 38: "100", 40: "2", 44: "100.001", 54: "1", 55: "101"})
    client.send("D", {11: "A4", 21: "1", 38: "100001", 40: "2", 44: "1.00", 54: "1", 55: "101"})
    client.send("D", {11: "A5", 21: "1", 38: "100", 40: "2", 44: "100.00", 54: "1", 55: "101"})
    reports = client.reports()
    assert {report[11]: report[103] for report in reports} == codes
    assert not any(22204 in report for report in reports)


@REJECTS
def test_a_user_who_is_not_declared_is_refused(floor):
    client = floor.client("GP29F1", user="GP30U1")
    assert client.enter("A1", at="100.00") == ["8/8 A1 0+0 'Unknown user' 103=0"]
    client.user = None
    assert client.enter("A2", at="100.00") == ["8/8 A2 0+0 'Unknown user' 103=0"]
    client.user = "GP29U1"
    assert client.enter("A3", at="100.00") == ["0/0 A3 0+100"]


@REJECTS
def test_a_currency_that_is_not_the_order_book_s_is_refused(floor):
    client = floor.client("GP29F1")
    assert client.enter("A1", at="100.00", t15="EUR") == ["8/8 A1 0+0 'Invalid currency' 103=0"]
    assert client.enter("A2", at="4.000", t15="EUR", t55="201") == ["0/0 A2 0+100"]


@REJECTS
def test_a_refusal_names_the_record_by_which_it_is_explained_where_the_port_is_set_so():
    floor = Floor({"INFX01": Floor.default("INFX01", explain_in_text=True)})
    client = floor.client("INFX01")
    floor.number = 41
    assert client.enter("A1", quantity=0) == ["8/8 A1 0+0 'Invalid quantity #R42' 103=0"]
    assert client.cancel("C1", "A1") == ["9 C1<A1 1: 102=0 39=8 'Too late to cancel #R43'"]
    port = floor.ports["INFX01"]
    for name in ("A2", "A3"):  # of one batch: the number stands still until all of it is done
        fields = {60: "20261120-15:00:00", 11: name, 21: "1", 38: "0", 40: "2", 44: "9", 54: "1", 55: "ZWZZT"}
        port.receive(client.frame("D", fields), floor.now)
    assert [line.split("'")[1] for line in client.said()] == ["Invalid quantity #R44", "Invalid quantity #R45"]


@REJECTS
def test_the_words_and_codes_of_a_reason_are_a_setting():
    reasons = {"INVALID_QUANTITY": (3, "Z", 0), "MAXIMUM_SHARES": (0, "m", 7)}
    floor = Floor({name: Floor.default(name, reasons=reasons) for name in ("INFX01", "IN30F1")})
    assert said(floor.client("INFX01"), quantity=0) == ("3", "Z", None)
    assert said(floor.client("IN30F1"), quantity=5_001) == ("0", "m", "7")
