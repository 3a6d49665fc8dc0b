"""The demo's risk checks as a client meets them: on IN30T1 each has its code, IN19T6 has none of them."""

import pytest

RISK = pytest.mark.section("OUCH 5.0", "7.3 Risk checks")
SHARES = pytest.mark.section("EQRC", "3.1.2 Maximum shares per order")
NOTIONAL = pytest.mark.section("EQRC", "3.1.1 Maximum notional value per order")
RESTRICTED = pytest.mark.section("EQRC", "3.1.9 Restricted stock list")
FAT_FINGER = pytest.mark.section("EQRC", "3.1.13 Fat finger")
RATE = pytest.mark.section("EQRC", "3.1.15 Port message rate")

CASES = [
    # Shares, 5,000.
    pytest.param("buy", 5_000, "10.00", "ZWZZT", None, marks=SHARES),
    pytest.param("buy", 5_001, "10.00", "ZWZZT", 0x0031, marks=SHARES),
    pytest.param("sell", 5_001, "10.00", "ZWZZT", 0x0031, marks=SHARES),
    pytest.param("buy", 5_001, "market", "ZWZZT", 0x0031, marks=SHARES),
    pytest.param("buy", 999_999, "10.00", "ZWZZT", 0x0031, marks=SHARES),
    # Notional, $1,000,000.
    pytest.param("buy", 4_999, "200.00", "AAPL", None, marks=NOTIONAL),
    pytest.param("buy", 5_000, "200.00", "AAPL", None, marks=NOTIONAL),
    pytest.param("buy", 5_000, "200.01", "AAPL", 0x0030, marks=NOTIONAL),
    pytest.param("exempt", 5_000, "200.01", "AAPL", 0x0030, marks=NOTIONAL),
    pytest.param("buy", 2_500, "market", "MSFT", None, marks=NOTIONAL),
    pytest.param("buy", 2_501, "market", "MSFT", 0x0030, marks=NOTIONAL),
    pytest.param("buy", 2_501, "200000.00", "MSFT", 0x0030, marks=NOTIONAL),
    # Restricted, AMD.
    pytest.param("buy", 1, "20.00", "AMD", 0x0022, marks=RESTRICTED),
    pytest.param("sell", 1, "20.00", "AMD", 0x0022, marks=RESTRICTED),
    pytest.param("short", 1, "20.00", "AMD", 0x0022, marks=RESTRICTED),
    pytest.param("exempt", 1, "market", "AMD", 0x0022, marks=RESTRICTED),
    # Fat finger, 10 % either way of the previous close.
    pytest.param("buy", 100, "220.00", "AAPL", None, marks=FAT_FINGER),
    pytest.param("buy", 100, "220.01", "AAPL", 0x0026, marks=FAT_FINGER),
    pytest.param("buy", 100, "180.00", "AAPL", None, marks=FAT_FINGER),
    pytest.param("buy", 100, "179.99", "AAPL", 0x0026, marks=FAT_FINGER),
    pytest.param("sell", 100, "220.01", "AAPL", 0x0026, marks=FAT_FINGER),
    pytest.param("sell", 100, "179.99", "AAPL", 0x0026, marks=FAT_FINGER),
    pytest.param("buy", 100, "3.60", "SPCE", None, marks=FAT_FINGER),
    pytest.param("buy", 100, "3.59", "SPCE", 0x0026, marks=FAT_FINGER),
    pytest.param("buy", 100, "0.9999", "ZWZZT", 0x0026, marks=FAT_FINGER),
    pytest.param("buy", 100, "market", "AAPL", None, marks=FAT_FINGER),
    # Which of several gives the reason: restricted, shares, notional, fat finger.
    pytest.param("buy", 5_001, "2000.00", "AMD", 0x0022, marks=RISK),
    pytest.param("buy", 5_001, "2000.00", "AAPL", 0x0031, marks=RISK),
    pytest.param("buy", 5_000, "2000.00", "AAPL", 0x0030, marks=RISK),
]


@RISK
@pytest.mark.parametrize(("side", "quantity", "price", "symbol", "reason"), CASES)
def test_a_check_refuses_with_its_own_code_on_its_port_and_on_no_other(venue, side, quantity, price, symbol, reason):
    said = venue.enter(side, quantity, price, symbol, by="IN30T1")
    assert said == [said[0] if reason is None else f"rejected 1: 0x{reason:04X}"]
    assert said[0].startswith("accepted 1: ") == (reason is None)
    for port in ("IN19T6", "IN24T4", "AK01T1", "IN21T7", "IN20T9"):
        assert venue.enter(side, quantity, price, symbol, by=port)[0].startswith("accepted 1: ")


@RISK
def test_a_refused_order_never_reaches_the_book(venue):
    venue.enter("sell", 6_000, "10.00", by="AK01T1")
    assert venue.enter("buy", 5_001, "10.00", by="IN30T1") == ["rejected 1: 0x0031"]
    assert venue.silent("AK01T1")


@FAT_FINGER
def test_the_reference_is_the_contra_side_of_the_best_displayed_prices_where_there_is_one(venue):
    assert venue.enter("buy", 100, "12.00", by="IN30T1") == ["rejected 1: 0x0026"]
    venue.enter("sell", 100, "11.50", by="AK21T1", display="N")
    assert venue.enter("buy", 100, "12.00", by="IN30T1") == ["rejected 2: 0x0026"], "a hidden offer is no quote"
    venue.enter("sell", 100, "11.50", by="AK21T1")
    assert venue.enter("buy", 100, "12.65", by="IN30T1") == ["accepted 3: buy 100 ZWZZT at 12.65"], "of another market"
    assert venue.enter("buy", 100, "12.66", by="IN30T1") == ["rejected 4: 0x0026"]
    assert venue.enter("sell", 100, "12.66", by="IN30T1") == ["accepted 5: sell 100 ZWZZT at 12.66"], "against 12.65"
    venue.prices("ZWZZT", outside_offer="20.00")
    assert venue.enter("buy", 100, "17.99", by="IN30T1") == ["rejected 6: 0x0026"]
    assert venue.enter("buy", 100, "18.00", by="IN30T1")[0] == "accepted 7: buy 100 ZWZZT at 18.00"


@NOTIONAL
def test_a_market_order_is_valued_at_the_contra_side_else_the_last_sale(venue):
    venue.prices("ZWZZT", outside_offer="500.00")
    assert venue.enter("buy", 2_001, "market", by="IN30T1") == ["rejected 1: 0x0030"]
    assert venue.enter("buy", 2_000, "market", by="IN30T1") == ["accepted 2: buy 2000 ZWZZT at market, dead"]
    venue.prices("ZWZZT", last="250.00")
    assert venue.enter("sell", 4_001, "market", by="IN30T1") == ["rejected 3: 0x0030"]
    assert venue.enter("sell", 4_000, "market", by="IN30T1") == ["accepted 4: sell 4000 ZWZZT at market, dead"]


@SHARES
def test_a_replacement_counts_with_its_whole_total(venue):
    venue.enter("sell", 5_000, "10.00", by="IN30T1")
    venue.enter("buy", 4_000, "10.00", by="AK01T1")
    venue.said("IN30T1")
    assert venue.replace(1, 5_001, "10.00", by="IN30T1") == ["rejected 2: 0x0031"]
    assert venue.replace(1, 5_000, "10.00", by="IN30T1") == ["replaced 1 by 3: sell 1000 ZWZZT at 10.00"]


# The message rate: 100 within a second; the 101st shuts the port.


def fill(venue, count=100, port="IN30T1"):
    for _ in range(count):
        venue.query(by=port)


@RATE
def test_the_101st_message_within_a_second_shuts_the_port_and_is_refused_itself(venue):
    for number in range(1, 101):
        assert venue.enter("buy", 1, by="IN30T1") == [f"accepted {number}: buy 1 ZWZZT at 10.00"]
    assert venue.enter("buy", 1, by="IN30T1") == ["rejected 101: 0x0029"]
    venue.wait(3_600)
    assert venue.enter("buy", 1, by="IN30T1") == ["rejected 102: 0x0029"], "and it stays shut"
    assert venue.replace(1, 2, "10.00", by="IN30T1") == ["rejected 103: 0x0029"]
    assert venue.cancel(1, by="IN30T1") == ["canceled 1: 1 U"]
    assert len(venue.mass_cancel(by="IN30T1")) == 100


@RATE
@pytest.mark.parametrize(("nanoseconds", "shut"), [(999_999_999, True), (1_000_000_000, False)])
def test_a_message_counts_for_one_second_to_the_nanosecond(venue, nanoseconds, shut):
    venue.query(by="IN30T1")
    venue.wait(nanoseconds=nanoseconds)
    fill(venue, 99)
    said = venue.enter(by="IN30T1")
    assert said == (["rejected 1: 0x0029"] if shut else ["accepted 1: buy 100 ZWZZT at 10.00"])


@RATE
def test_a_hundred_a_second_may_go_on_for_ever(venue):
    for _ in range(500):
        assert venue.query(by="IN30T1") == ["next 1"]
        venue.wait(nanoseconds=10_000_000)
    assert venue.enter(by="IN30T1")[0].startswith("accepted")


STALE = b"O" + bytes(4) + b"B" + bytes.fromhex("00000064") + b"ZWZZT   " + bytes(8) + b"0YANN" + b" " * 14 + b"\0\0"
COUNTED = {
    "stale": STALE,
    "too short": STALE[:-1],
    "too long": STALE + b"\0",
    "empty": b"",
    "unknown letter": b"?",
    "a host's letter": b"A" + bytes(63),
    "another firm's": b"D" + bytes(4) + b"AKAM\0\0",
    "of nothing": b"M" + bytes(9),
    "query": b"Q",
}


@RATE
@pytest.mark.parametrize("message", COUNTED.values(), ids=COUNTED.keys())
def test_whatever_arrives_counts_decoded_or_not(venue, message):
    for _ in range(99):
        venue.send(message, by="IN30T1")
    venue.said("IN30T1")
    assert venue.enter(by="IN30T1") == ["accepted 1: buy 100 ZWZZT at 10.00"]
    assert venue.enter(by="IN30T1") == ["rejected 2: 0x0029"]


@RATE
def test_cancels_do_not_count(venue):
    venue.enter("buy", 1_000, by="IN30T1")
    for size in range(999, 0, -1):
        assert venue.cancel(1, size, by="IN30T1") == ["canceled 1: 1 U"]
    for _ in range(100):
        venue.cancel(5, by="IN30T1")
        venue.mass_cancel("MSFT", by="IN30T1")
    venue.said("IN30T1")
    assert venue.enter(by="IN30T1") == ["accepted 102: buy 100 ZWZZT at 10.00"]


@RATE
@pytest.mark.parametrize("message", ["query", "enter", "refused", "modify", "disable", "enable", "replace"])
def test_every_other_message_counts(venue, message):
    venue.enter("sell", 1_000, "10.00", by="IN30T1")
    asked = {
        "query": lambda: venue.query(by="IN30T1"),
        "enter": lambda: venue.enter("buy", 1, "9.50", by="IN30T1"),
        "refused": lambda: venue.enter("buy", 0, by="IN30T1"),
        "modify": lambda: venue.modify(1, "sell", 1_000, by="IN30T1"),
        "disable": lambda: venue.disable(by="IN30T1"),
        "enable": lambda: venue.enable(by="IN30T1"),
        "replace": lambda: venue.replace(99, by="IN30T1", number=1),
    }[message]
    for _ in range(98):
        asked()
    assert not venue.machine.engine.ports["IN30T1"].rate_limited
    asked()
    asked()
    assert venue.machine.engine.ports["IN30T1"].rate_limited


@RATE
def test_the_rate_holds_for_its_port_only(venue):
    fill(venue, 101)
    for port in ("IN19T6", "IN24T4", "IN21T7"):
        fill(venue, 300, port)
        assert venue.enter(by=port) == ["accepted 1: buy 100 ZWZZT at 10.00"]


@RATE
def test_a_resting_order_trades_while_its_port_is_shut(venue):
    venue.enter("sell", 100, "10.00", by="IN30T1")
    fill(venue)
    venue.said("IN30T1")
    venue.enter("buy", 100, "10.00", by="AK01T1")
    assert venue.said("IN30T1") == ["executed 1: 100 at 10.00 A, trade 1"]


@RATE
def test_a_released_port_enters_again_and_is_counted_anew(venue):
    fill(venue, 101)
    assert venue.enter(by="IN30T1") == ["rejected 1: 0x0029"]
    venue.release("IN30T1")
    fill(venue, 99)
    assert venue.enter(by="IN30T1") == ["accepted 2: buy 100 ZWZZT at 10.00"]
    assert venue.enter(by="IN30T1") == ["rejected 3: 0x0029"]


@RATE
def test_the_next_day_opens_a_shut_port_and_counts_anew(venue):
    fill(venue, 101)
    venue.day("2026-11-23")
    venue.said("IN30T1")
    fill(venue, 99)
    assert venue.enter(by="IN30T1") == ["accepted 1: buy 100 ZWZZT at 10.00"]
    assert venue.enter(by="IN30T1") == ["rejected 2: 0x0029"]


@RATE
def test_what_is_wrong_with_the_order_itself_comes_before_the_rate(venue):
    fill(venue, 101)
    assert venue.enter("buy", 0, by="IN30T1") == ["rejected 1: 0x0013"]
    assert venue.enter("buy", 5_001, by="IN30T1") == ["rejected 2: 0x0029"], "and the rate before the order's risk"
