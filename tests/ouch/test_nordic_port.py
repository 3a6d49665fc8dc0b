"""What a Nordic port says to what it is sent: orders, changes, cancels, trades, numbers."""

import pytest
from nordic_venue import EXCLUDED, GUARDED, OURS, THEIRS

from engine.api import BrokenTradeReason
from ouch import nordic_messages as messages
from ouch.nordic_messages import encode
from venue import config
from venue.record import Kind

ORDERS = pytest.mark.section("Nordic OUCH 5", "Orders")
RULES = pytest.mark.section("Nordic OUCH 5", "Basic rules")
CANCELS = pytest.mark.section("Nordic OUCH 5", "Cancel Order")
REPLACES = pytest.mark.section("Nordic OUCH 5", "Replace Order")
MORNING = 10 * 3_600 * 10**9


@ORDERS
def test_an_order_is_accepted_with_every_field_as_it_was_entered(nordic):
    order = messages.EnterOrder(
        *(2, "S", 70, 102, 2_600_000, "GP29U2", 1, 2, 3, 0b111111, "9", "-"),
        {4: "own reference", 6: "5", 15: "LBL"},
    )
    nordic.apply(Kind.MESSAGE, nordic.index(OURS), encode(order))
    (accepted,) = nordic.heard()
    behind = (1, 2, 3, 0b111111, "9", "-")
    options = {4: "own reference", 6: "5", 15: "LBL"}
    assert accepted == messages.OrderAccepted(MORNING, 2, 2_600_000, 1, "S", 102, 70, "GP29U2", *behind, options)


@ORDERS
def test_orders_of_two_members_cross(nordic):
    assert nordic.enter("buy", 100) == ["accepted 1: buy 100 101 at 100.0000 for GP29U5"]
    assert nordic.enter("sell", 30, "99.90", by=THEIRS) == [
        "accepted 1: sell 30 101 at 99.9000 for GP30U1",
        "executed 1: 30 at 100.0000 0x08, trade 1",
    ]
    assert nordic.said() == ["executed 1: 30 at 100.0000 0x00, trade 1"]
    assert nordic.cancel(1) == ["canceled 1: 70 U"]


@ORDERS
def test_an_execution_tells_how_and_where_and_not_with_whom(nordic):
    nordic.enter("buy", 100)
    nordic.said()
    nordic.enter("sell", 100, by=THEIRS, algo_indicator="-")
    (executed,) = nordic.heard()
    assert (executed.trading_mode, executed.category, executed.benchmark) == ("2", "-", "-")
    assert (executed.algo_of_trade, executed.liquidity_flag) == ("H", "A")
    assert (executed.contra_firm, executed.last_market) == ("", "")


@ORDERS
@pytest.mark.parametrize("how", [{"time_in_force": "3"}, {"at": "market"}])
def test_an_order_that_never_rests_and_finds_nothing_is_accepted_and_canceled(nordic, how):
    accepted, canceled = nordic.enter("buy", 100, **how)
    assert accepted.startswith(f"accepted 1: buy 100 101 at {how.get('at', '100.0000')} for GP29U5")
    assert canceled == "canceled 1: 100 I"
    assert nordic.enter("sell", 100, at="99.00", by=THEIRS)[1:] == []


@ORDERS
def test_an_order_for_all_that_four_bytes_hold_is_taken(nordic):
    assert nordic.enter("buy", 2**32 - 1, "0.01", by=THEIRS)[0].startswith("accepted 1: buy 4294967295 101")
    assert nordic.enter("buy", 0, by=THEIRS) == ["rejected 2: 0x0013"]


@ORDERS
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"side": "T"}, 0x0009),
        ({"quantity": 0}, 0x0013),
        ({"book": 999}, 0x0017),
        ({"book": 2**32 - 1}, 0x0017),
        ({"at": 0}, 0x001D),
        ({"at": "100.001"}, 0x001D),
        ({"at": 1_999_999_901}, 0x001D),
        ({"at": 2_000_000_000}, 0x001D),
        ({"at": 0x8000_0000}, 0x001D),
        ({"user": "NOBODY"}, 0x000C),
        ({"user": "GP30U1"}, 0x000C),
        ({"user": ""}, 0x000C),
        ({"user": "GP29\xff"}, 0x000C),
        ({"capacity": "5"}, 0x000F),
        ({"algo_indicator": "Y"}, 0x000F),
        ({"party_role_qualifier": 0b000010}, 0x000F),
        ({"party_role_qualifier": 0b000100}, 0x000F),
        ({"party_role_qualifier": 0b010000}, 0x000F),
        ({"party_role_qualifier": 0b1000000}, 0x000F),
        ({"party_role_qualifier": 0b10000000}, 0x000F),
    ],
    ids=str,
)
def test_what_cannot_be_is_rejected_and_burns_its_number(nordic, sent, code):
    assert nordic.enter(**sent) == [f"rejected 1: 0x{code:04X}"]
    assert nordic.enter(number=1) == []
    assert nordic.query() == ["next 2"]


@ORDERS
def test_the_first_fault_gives_the_reason(nordic):
    faults = {"book": 999, "side": "T", "capacity": "5", "cross_type": "X", "quantity": 0, "user": "NOBODY"}
    codes = []
    while faults:
        codes.extend(text.split("0x")[1] for text in nordic.enter(**faults))
        faults.pop(next(iter(faults)))
    assert codes == ["0017", "0009", "000F", "0014", "0013", "000C"]


@ORDERS
@pytest.mark.parametrize("codes", [(0, 0, 0, 0), (3, 0, 1, 0), (0, 0, 2, 0), (2**32 - 1, 5, 6, 0b111101)])
def test_short_codes_and_the_reserved_ones_are_given_back(nordic, codes):
    names = ("execution_within_firm", "investment_decision", "client_id", "party_role_qualifier")
    nordic.said()
    nordic.enter(**dict(zip(names, codes, strict=True)))
    order = nordic.machine.engine.ports[OURS].orders[1]
    assert order.terms.letters[3] == b"".join(code.to_bytes(4, "big") for code in codes[:3]) + bytes([codes[3]]) + b"1H"


@ORDERS
def test_a_halted_book_takes_nothing_and_lets_cancels_through(nordic):
    nordic.enter()
    nordic.halt()
    assert nordic.enter() == ["rejected 2: 0x0007"]
    assert nordic.cancel(1) == ["canceled 1: 100 U"]


# Numbers.


@RULES
def test_numbers_rise_and_stale_ones_are_met_with_silence(nordic):
    nordic.enter(number=5)
    assert nordic.enter(number=5) == nordic.enter(number=3) == nordic.replace(5, number=5) == []
    assert nordic.query() == ["next 6"]
    nordic.enter(number=2**32 - 1)
    assert nordic.query() == ["next 4294967295"]


@RULES
@pytest.mark.parametrize(
    "message", [b"", b"O", b"O\0\0", b"X" + bytes(8), b"X" + bytes(16), b"Q\0\0", b"C" + bytes(30)]
)
def test_what_is_no_message_is_passed_over(nordic, message):
    assert nordic.send(message) == []
    assert len(nordic.ignored) == 1


@RULES
def test_a_damaged_appendage_is_passed_over_and_takes_no_number_away(nordic):
    order = encode(messages.EnterOrder(1, "B", 100, 101, 1_000_000, "GP29U5", 0, 0, 0, 0, "2", "-", {25: "0"}))
    assert nordic.send(order[:-1]) == nordic.send(order + b"\0") == []
    assert nordic.query() == ["next 1"]
    assert nordic.send(order) == ["accepted 1: buy 100 101 at 100.0000 for GP29U5 time_in_force=0"]


@RULES
def test_a_market_making_instruction_is_refused_and_uses_its_number(nordic):
    asked = messages.MarketMakerInstruction(1, 101, "A", "A", "GP29", "GP29U5")
    assert nordic.send(encode(asked)) == ["instruction 1: R"]
    assert nordic.send(encode(asked)) == []
    assert nordic.query() == ["next 2"]


# Cancels.


@CANCELS
def test_a_cancel_names_the_size_that_is_to_be_left(nordic):
    nordic.enter("buy", 500)
    nordic.enter("sell", 100, by=THEIRS)
    nordic.said()
    assert nordic.cancel(1, to=300) == ["canceled 1: 200 U"]
    assert nordic.cancel(1, to=100) == ["canceled 1: 200 U"]


@CANCELS
def test_a_cancel_that_cannot_be_carried_out_is_rejected_with_its_reason(nordic):
    nordic.enter("buy", 100)
    assert nordic.cancel(9) == ["cancel rejected 9: 0x0010"]
    assert nordic.cancel(1, to=100) == nordic.cancel(1, to=500) == ["cancel rejected 1: 0x0013"]
    assert nordic.cancel(1, user="NOBODY") == nordic.cancel(1, user="") == ["cancel rejected 1: 0x000C"]
    assert nordic.cancel(1, user="GP29U1") == ["canceled 1: 100 U"]
    assert nordic.cancel(1) == ["cancel rejected 1: 0x0010"]


@CANCELS
def test_an_order_of_another_port_is_not_there(nordic):
    nordic.enter("buy", 100)
    assert nordic.cancel(1, by=GUARDED) == ["cancel rejected 1: 0x0010"]


@CANCELS
def test_a_user_who_is_declared_no_more_may_cancel_what_he_entered(nordic):
    nordic.enter(user="GP29U5")
    profile = config.sample()
    nordic.configure(profile.replace(', "GP29U5"]', "]"))
    assert nordic.enter(user="GP29U5") == ["rejected 2: 0x000C"]
    assert nordic.cancel(1, user="GP29U5") == ["canceled 1: 100 U"]


# Replacements.


@REPLACES
def test_a_replacement_has_the_new_details_and_loses_priority(nordic):
    nordic.enter("buy", 100)
    nordic.enter("buy", 200)
    assert nordic.replace(1, 150, "100.00", user="GP29U4") == ["replaced 1 by 3: buy 150 101 at 100.0000 for GP29U4"]
    nordic.enter("sell", 250, by=THEIRS)
    assert nordic.said() == ["executed 2: 200 at 100.0000 0x00, trade 1", "executed 3: 50 at 100.0000 0x00, trade 2"]


@REPLACES
def test_what_has_executed_counts_towards_a_replacement(nordic):
    nordic.enter("buy", 100)
    nordic.enter("sell", 40, by=THEIRS)
    nordic.said()
    assert nordic.replace(1, 150) == ["replaced 1 by 2: buy 110 101 at 100.0000 for GP29U5"]
    assert nordic.replace(2, 40) == ["canceled 2: 110 U"]


@REPLACES
def test_options_left_out_keep_the_values_of_the_enter(nordic):
    nordic.enter("buy", 1_000, time_in_force="1", display="N", order_reference="FIRST")
    nordic.replace(1, 500, time_in_force="0")
    order = nordic.machine.engine.ports[OURS].orders[2]
    assert (order.terms.letters[1:3], order.cl_ord_id.rstrip()) == ((b"0", b"N"), b"FIRST")
    nordic.replace(2, 400, order_reference="NEXT")
    order = nordic.machine.engine.ports[OURS].orders[3]
    assert (order.terms.letters[1:3], order.cl_ord_id.rstrip()) == ((b"1", b"N"), b"NEXT")


@REPLACES
@pytest.mark.parametrize("details", [{"at": "100.001"}, {"at": 2_000_000_000}, {"quantity": 0}, {"cross_type": "X"}])
def test_faulty_details_end_the_original_and_leave_the_new_number_free(nordic, details):
    nordic.enter("buy", 100)
    assert nordic.replace(1, **details) == ["canceled 1: 100 U"]
    assert nordic.query() == ["next 2"]


@REPLACES
@pytest.mark.parametrize("details", [{}, {"at": 2_000_000_000}, {"quantity": 0}, {"cross_type": "X"}])
def test_an_undeclared_user_ends_no_order_by_faulty_details(nordic, details):
    nordic.enter("buy", 100)
    assert nordic.replace(1, user="NOBODY", **details) == ["rejected 2: 0x000C"]
    assert nordic.cancel(1) == ["canceled 1: 100 U"]


@REPLACES
def test_a_replacement_that_is_refused_leaves_its_original(nordic):
    nordic.enter("buy", 100)
    assert nordic.replace(1, 50, user="NOBODY") == ["rejected 2: 0x000C"]
    nordic.halt()
    assert nordic.replace(1, 50) == ["rejected 3: 0x0007"]
    nordic.halt(halted=False)
    assert nordic.replace(1, 50) == ["replaced 1 by 4: buy 50 101 at 100.0000 for GP29U5"]


@REPLACES
def test_a_replacement_of_nothing_is_met_with_silence(nordic):
    assert nordic.replace(7, 50) == []
    assert nordic.query() == ["next 1"]


@REPLACES
def test_a_replacement_that_never_rests_and_finds_nothing_is_canceled_behind_it(nordic):
    nordic.enter("buy", 100)
    assert nordic.replace(1, 100, "market") == [
        "replaced 1 by 2: buy 100 101 at market for GP29U5",
        "canceled 2: 100 I",
    ]


# What else comes.


@ORDERS
def test_a_broken_trade_is_told_to_both(nordic):
    nordic.enter("buy", 100)
    nordic.enter("sell", 100, by=THEIRS)
    nordic.said()
    nordic.bust(1, BrokenTradeReason.CONSENT)
    assert nordic.said() == nordic.said(THEIRS) == ["broken 1: trade 1 C"]


@ORDERS
def test_a_number_that_the_configuration_has_for_a_reason_stands_on_the_wire(nordic):
    profile = config.sample()
    codes = "[service.reject_codes]\nUNKNOWN_USER = 0x0777\nCANCEL_NOT_ALLOWED = 3\n"
    nordic.configure(profile.replace("# [service.reject_codes]", codes + "#"))
    assert nordic.enter(user="NOBODY") == ["rejected 1: 0x0777"]
    assert nordic.cancel(9) == ["cancel rejected 9: 0x0003"]
    assert nordic.enter(quantity=0) == ["rejected 2: 0x0013"]
    nordic.configure()
    assert nordic.enter(user="NOBODY") == ["rejected 3: 0x000C"]


@ORDERS
@pytest.mark.parametrize("letter", ["B", "x"])
def test_blow_through_protection_cancels_by_the_configuration_s_letter(nordic, letter):
    marker = "# [service.reject_codes]"
    nordic.configure(config.sample().replace(marker, f'blow_through_letter = "{letter}"\n{marker}'))
    nordic.enter("sell", 100, "104.00", by=THEIRS)
    port = nordic.machine.engine.ports[OURS]
    nordic.machine.engine.scope(port, "101", "GP29U5").protection.blow_through = True
    assert nordic.enter("buy", 100, "105.00")[1:] == [f"canceled 1: 100 {letter}"]


@ORDERS
def test_an_order_takes_part_in_trading_at_the_closing_price_by_the_configuration_s_letter(nordic):
    profile = config.sample()
    marker = "# [service.reject_codes]"
    said = nordic.enter("buy", 100, trading_at_closing_price="Y")
    assert said[0].startswith("accepted 1")
    assert "trading_at_closing_price=Y" in said[0]
    nordic.configure(profile.replace(marker, f'closing_price_letter = "P"\n{marker}'))
    assert nordic.enter("buy", 100, trading_at_closing_price="Y") == ["rejected 2: 0x0014"]
    assert nordic.enter("buy", 100, trading_at_closing_price="P")[0].startswith("accepted 3")
    orders = nordic.machine.engine.ports[OURS].orders
    assert [orders[number].attributes.closing_price for number in (1, 3)] == [True, True]


@ORDERS
def test_a_port_of_a_member_without_limits_is_held_by_none(nordic):
    assert nordic.enter("buy", 10_000_000, "150.00", by=THEIRS)[0].startswith("accepted")
    assert nordic.enter("buy", 1, "700.00", by=EXCLUDED, book=301)[0].startswith("accepted")


@pytest.mark.section("PRM", "3.12 Maximum orders per second per symbol")
@pytest.mark.parametrize(
    "faulty",
    [{"side": "?"}, {"capacity": "?"}, {"at": 0x7FFF_FFFE}, {"quantity": 0}, {"time_in_force": "?"}],
    ids=str,
)
def test_orders_that_the_port_itself_refuses_count_towards_the_rate_of_their_symbol(nordic, faulty):
    nordic.set_account("GP29PR", symbol_rate=2)
    for _ in range(3):
        assert nordic.enter(user="GP29U1", **faulty)[0].startswith("rejected")
    assert nordic.enter(user="GP29U2") == ["rejected 4: 0x0103"]


@pytest.mark.section("PRM", "3.12 Maximum orders per second per symbol")
def test_a_replace_that_ends_its_order_by_a_fault_counts_and_one_that_leaves_nothing_open_does_not(nordic):
    nordic.set_account("GP29PR", symbol_rate=4)
    for _ in range(4):
        nordic.enter(user="GP29U1")
    nordic.wait(2)
    assert nordic.replace(1, 100, "100.001", user="GP29U1") == ["canceled 1: 100 U"]
    assert nordic.replace(2, 100, user="GP29U1", time_in_force="?") == ["canceled 2: 100 U"]
    assert nordic.replace(3, 0, user="GP29U1") == ["canceled 3: 100 U"]
    window = nordic.machine.engine.prm.accounts["GP29PR"].flow("101").window
    assert len(window.inside()) == 3
