"""Options of Nordic OUCH 5: what each does, what is taken and echoed, what is not served; and the total tables."""

import pytest
from nordic_venue import OURS, TAGS, THEIRS

from engine.api import BrokenTradeReason, CancelReason, Liquidity, Reject, SystemEvent
from ouch import nordic_codec, nordic_codes, nordic_messages, nordic_terms
from ouch.nordic_messages import NORDIC, encode

OPTIONS = pytest.mark.section("Nordic OUCH 5", "Options")
TABLES = pytest.mark.section("Nordic OUCH 5", "Values")
OTHER, NOT_AUTHORIZED = 0x000F, 0x000C


@OPTIONS
@pytest.mark.parametrize(
    "options",
    [
        {"clearing_account": "ACCOUNT", "clearing_account_type": "C", "clearing_firm": "CLRG"},
        {"client_reference": "fifteen letters", "order_reference": "ten letter"},
        {"dea_indicator": "1"},
        {"dea_indicator": "5", "liquidity_provision": "Y"},
        {"customer_order_capacity": "1"},
        {"display": "Y", "time_in_force": "0"},
        {"display": "N"},
        {"firm": "GP29"},
        {"time_in_force": "6", "expire_time": 65_535},
        {"max_floor": 10, "random_reserve": 5},
        {"stp_action": "1", "stp_level": "2"},
        {"stp_action": "2", "stp_level": "3", "stp_trader_group": "AB"},
        {"min_qty": 10, "display": "N"},
        *({"cross_type": letter} for letter in "CIHA"),
        {"time_in_force": "B"},
    ],
    ids=str,
)
def test_what_is_served_is_taken_and_given_back(nordic, options):
    (said,) = nordic.enter("buy", 100, **options)
    told = {part.partition("=")[0] for part in said.split(" for GP29U5")[1].split() if "=" in part}
    assert told == set(options)
    assert {NORDIC.options[tag].name for tag, _ in nordic.machine.engine.ports[OURS].orders[1].attributes.options} == {
        *options
    }


@OPTIONS
@pytest.mark.parametrize(
    ("options", "code"),
    [
        *(({"cross_type": letter}, 0x0014) for letter in "OX"),
        *(({"display": letter}, 0x0003) for letter in "AMSVZ"),
        *(({"time_in_force": letter}, OTHER) for letter in "5X"),
        *(({"peg_type": letter}, 0x0001) for letter in "MPR"),
        *(({"peg_type": letter}, 0x0005) for letter in "QX"),
        ({"peg_difference": -5}, 0x0005),
        *(({"stp_action": letter, "stp_level": "2"}, 0x0040) for letter in "34X"),
        ({"stp_action": "1", "stp_level": "1"}, 0x0040),
        ({"stp_level": "2"}, 0x0040),
        ({"stp_trader_group": "AB"}, 0x0040),
        ({"trading_at_closing_price": "X"}, 0x0014),
        *(({"order_condition": letter}, OTHER) for letter in "WUPQTxyz"),
        ({"target_strategy": "A"}, OTHER),
        ({"min_rate": 1}, OTHER),
        ({"max_rate": 1}, OTHER),
        ({"conditional_type": "A"}, OTHER),
        ({"firm_up_id": 1}, OTHER),
        ({"dea_indicator": "6"}, OTHER),
        ({"firm": "GP30"}, NOT_AUTHORIZED),
        ({"time_in_force": "6"}, OTHER),
        ({"min_qty": 10}, 0x000D),
        ({"min_qty": 101, "display": "N"}, 0x000D),
        ({"max_floor": 5, "random_reserve": 5}, 0x0004),
    ],
    ids=str,
)
def test_what_is_not_served_or_does_not_fit_is_rejected_with_its_reason(nordic, options, code):
    assert nordic.enter("buy", 100, **options) == [f"rejected 1: 0x{code:04X}"]


@OPTIONS
@pytest.mark.parametrize("tag", sorted(nordic_messages.FROM_HOST))
def test_what_only_the_host_sends_is_no_clients(nordic, tag):
    option = NORDIC.options[tag]
    assert nordic.enter("buy", 100, **{option.name: 0}) == ["rejected 1: 0x000F"]


@OPTIONS
@pytest.mark.parametrize(
    ("appendage", "code"),
    [("02630 1", OTHER), ("03193031", OTHER), ("021930 021930", OTHER), ("020e01", 0x000D), ("010b", NOT_AUTHORIZED)],
)
def test_an_unknown_a_doubled_or_a_missized_option_is_rejected(nordic, appendage, code):
    appendage = bytes.fromhex(appendage.replace(" ", ""))
    order = encode(nordic_messages.EnterOrder(1, "B", 100, 101, 1_000_000, "GP29U5", 0, 0, 0, 0, "2", "-", {}))
    assert nordic.send(order[:-2] + len(appendage).to_bytes(2, "big") + appendage) == [f"rejected 1: 0x{code:04X}"]


@OPTIONS
def test_a_hidden_order_stands_behind_displayed_ones(nordic):
    nordic.enter("buy", 100, display="N")
    nordic.enter("buy", 100)
    nordic.enter("sell", 100, by=THEIRS)
    assert nordic.said() == ["executed 2: 100 at 100.0000 0x00, trade 1"]


@OPTIONS
def test_a_reserve_order_is_restated_with_what_it_displays(nordic):
    nordic.enter("buy", 300, max_floor=100)
    nordic.enter("sell", 100, by=THEIRS)
    executed, restated = nordic.said()
    assert executed == "executed 1: 100 at 100.0000 0x00, trade 1"
    assert restated == "restated 1: R display_quantity=100 secondary_order_ref=3"


@OPTIONS
def test_a_good_till_time_order_ends_at_its_time(nordic):
    nordic.enter("buy", 100, time_in_force="6", expire_time=2)
    nordic.wait(1.9)
    assert nordic.said() == []
    nordic.wait(0.2)
    assert nordic.said() == ["canceled 1: 100 T"]


@OPTIONS
@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("1", ["accepted 2: sell 150", "canceled 1: 100 Q"]),
        ("2", ["accepted 2: sell 150", "canceled 2: 150 Q"]),
    ],
)
def test_self_trade_prevention_cancels_the_one_or_the_other(nordic, action, said):
    nordic.enter("buy", 100)
    heard = nordic.enter("sell", 150, stp_action=action)
    assert [text[: len(start)] for text, start in zip(heard, said, strict=True)] == said


@OPTIONS
def test_orders_of_other_trader_groups_may_trade(nordic):
    group = {"stp_action": "2", "stp_level": "3"}
    nordic.enter("buy", 100, **group, stp_trader_group="AA")
    nordic.enter("sell", 50, **group, stp_trader_group="BB")
    assert nordic.enter("sell", 10, **group, stp_trader_group="AA")[1:] == ["canceled 3: 10 Q"]
    assert nordic.machine.engine.ports[OURS].orders[1].quantity == 50


@OPTIONS
def test_a_wording_that_was_read_before_means_the_same(nordic):
    port = nordic.machine.ports[nordic.index(OURS)]
    for _ in range(3):
        nordic.enter("buy", 1, order_reference="SAME")
    first, *others = nordic.machine.engine.ports[OURS].orders.values()
    assert len(port.manners) == 1
    assert all(order.terms is first.terms and order.attributes is first.attributes for order in others)


@TABLES
@pytest.mark.parametrize(
    ("table", "words", "wire"),
    [
        ("REASONS", Reject, nordic_codes.RejectReason),
        ("CANCEL_REASONS", CancelReason, nordic_codes.CancelReason),
        ("SYSTEM_EVENTS", SystemEvent, nordic_codes.EventCode),
        ("BROKEN_TRADE_REASONS", BrokenTradeReason, nordic_codes.BrokenTradeReason),
    ],
)
def test_every_word_of_the_engine_has_its_word_on_the_wire(table, words, wire):
    rows = getattr(nordic_terms, table)
    assert set(rows) == set(words), f"{table} has no row for {set(words) - set(rows)}"
    known = set(wire) if wire is nordic_codes.RejectReason else {word.wire for word in wire}
    assert set(rows.values()) <= known


@TABLES
def test_every_liquidity_has_its_bits():
    assert set(nordic_terms.LIQUIDITY_ATTRIBUTES) == set(Liquidity)


@TABLES
def test_every_option_of_a_client_is_served_or_has_a_reason():
    """An option that comes with no row has no effect: only labels may."""
    effective = {*nordic_terms.SERVED, *nordic_terms.NUMBERS, TAGS["firm"], TAGS["stp_trader_group"]}
    effective.add(TAGS["trading_at_closing_price"])
    labels = {"clearing_account", "clearing_account_type", "clearing_firm", "client_reference", "order_reference"}
    labels |= {"liquidity_provision", "customer_order_capacity"}
    assert effective | {TAGS[name] for name in labels} == nordic_codec.ENTER_ORDER_OPTIONS
