"""The base protocol: numbers, settings, blocks, restrictions, limits, locks, what is refused and why."""

import pytest
from desk import ADMIN, MIDNIGHT, OTHER, SECOND, VIEWER, Desk

from engine.api import BlockAccount
from prmproto.messages import (
    AccountCurrencyResponse,
    AccountQueryResponse,
    AccountSettingsResponse,
    LimitSettingsResponse,
    OrderBookRestrictionResponse,
    PortRateBreach,
    Rejected,
    SegmentRestrictionResponse,
)
from venue import config

NUMBERS = pytest.mark.section("PRM protocol", "2.4 UserRefNum")
MEANING = pytest.mark.section("PRM protocol", "2.5 Meaning of each request")
UNCHANGED = pytest.mark.section("PRM protocol", "2.1 Unchanged idiom")
TEN = 10 * 3_600 * SECOND
PLAIN = "N", "N", "N", "N"


def settings_of(number, block="U", repeated=0, switches=PLAIN, account="GP29PR"):
    return [AccountSettingsResponse(number, account, repeated, *switches, block)]


def rejected(number, reason):
    return [Rejected(number, reason)]


# ------------------------------------------------------------------------------------------------------------ numbers


@NUMBERS
def test_numbers_start_at_one_and_a_query_uses_up_none(desk):
    assert desk.query() == desk.query() == [AccountQueryResponse(1)]
    desk.settings()
    assert desk.query() == [AccountQueryResponse(2)]


@NUMBERS
def test_a_number_that_was_used_is_ignored_and_one_above_the_next_is_taken(desk):
    desk.settings(number=3)
    for number in (0, 1, 2, 3):
        assert desk.settings(block="B", number=number) == []
    assert desk.query() == [AccountQueryResponse(4)]
    assert not desk.account().blocked
    assert desk.settings(number=9) == settings_of(9)
    assert desk.query() == [AccountQueryResponse(10)]


@NUMBERS
def test_a_refused_request_uses_up_its_number(desk):
    assert desk.settings("NOBODY") == rejected(1, "A")
    assert desk.query() == [AccountQueryResponse(2)]


@NUMBERS
def test_the_last_number_of_all_can_be_used_and_none_follows(desk):
    assert desk.settings(number=0xFFFF_FFFF) == settings_of(0xFFFF_FFFF)
    assert desk.query() == [AccountQueryResponse(0xFFFF_FFFF)]
    assert desk.settings(number=0xFFFF_FFFF) == []


@NUMBERS
def test_a_strict_port_refuses_a_gap_and_does_not_use_the_number_up(tmp_path):
    profile = config.sample().replace('role = "read-only"', "strict = true")
    desk = Desk(tmp_path, profile)
    assert desk.settings(by=VIEWER, number=2) == rejected(2, "U")
    assert desk.query(VIEWER) == [AccountQueryResponse(1)]
    assert desk.settings(by=VIEWER, number=1) == settings_of(1)


@NUMBERS
def test_each_port_counts_for_itself_and_from_one_again_the_next_day(desk):
    desk.settings()
    assert desk.query(VIEWER) == [AccountQueryResponse(1)]
    desk.day()
    desk.log_in()
    assert desk.query() == [AccountQueryResponse(1)]


# ------------------------------------------------------------------------------------------------ settings and blocks


@UNCHANGED
def test_a_request_that_keeps_all_reads_and_changes_nothing(desk):
    before = desk.account().settings
    assert desk.settings("GP29Q1")[0].account == "GP29Q1"
    assert desk.limits()[0].maximum_quantity == 100_000
    assert desk.currency() == [AccountCurrencyResponse(3, "GP29PR", "SEK", "N", "N")]
    assert desk.book("?") == [OrderBookRestrictionResponse(4, TEN, "GP29PR", 101, "I")]
    assert desk.segment("?") == [SegmentRestrictionResponse(5, TEN, "GP29PR", 100, "I")]
    assert desk.account().settings == before
    assert desk.machine.engine.prm.diary.count("GP29") == 0


@MEANING
def test_settings_change_as_named_and_the_answer_has_what_results(desk):
    assert desk.settings(repeated=200, switches="YNYY") == settings_of(1, repeated=200, switches=("Y", "N", "Y", "Y"))
    settings = desk.account().settings
    assert settings.repeated_order_limit == 200
    assert settings.restrict_on_repeated_order
    assert settings.fat_finger_in_auctions
    assert settings.market_order_protection
    assert not settings.market_order_prevention
    assert desk.settings(switches="?Y?N") == settings_of(2, repeated=200, switches=("Y", "Y", "Y", "N"))


@MEANING
@pytest.mark.parametrize(
    "request_", [{"repeated": -2}, {"switches": "X???"}, {"switches": "???y"}, {"block": "X"}, {"block": "A"}]
)
def test_a_value_out_of_range_changes_nothing(desk, request_):
    before = desk.account().settings
    assert desk.settings(**request_) == rejected(1, "N")
    assert desk.account().settings == before


@MEANING
def test_a_block_rejects_new_orders_and_open_ones_stay(desk):
    desk.enter()
    assert desk.settings(block="B") == settings_of(1, "B")
    assert desk.open_orders() == [1]
    desk.enter()
    assert desk.open_orders() == [1]
    assert desk.settings(block="B") == settings_of(2, "B")
    assert desk.settings(block="U") == settings_of(3, "U")
    desk.enter()
    assert desk.open_orders() == [1, 3]
    assert desk.settings(block="U") == settings_of(4, "U")


@MEANING
def test_block_and_cancel_ends_the_accounts_orders_and_no_others(desk):
    desk.enter()
    desk.enter(user="GP29U5")
    assert desk.settings(block="C") == settings_of(1, "C")
    assert desk.open_orders() == [2]


@MEANING
def test_a_cancel_of_a_blocked_account_ends_what_is_open(desk):
    desk.enter()
    desk.settings(block="B")
    assert desk.settings(block="C") == settings_of(2, "C")
    assert desk.open_orders() == []
    assert desk.settings(block="B") == settings_of(3, "C")


@MEANING
def test_what_operations_blocked_is_theirs_to_unblock(desk):
    desk.do(BlockAccount("GP29PR", True))
    assert desk.settings(block="U") == rejected(1, "U")
    assert desk.account().blocked


@MEANING
def test_a_symbol_rate_lock_cannot_be_lifted(desk):
    desk.account().rate_locked = "101"
    assert desk.settings(block="U") == rejected(1, "U")


@MEANING
def test_everything_changed_here_is_gone_the_next_day(desk):
    desk.settings(repeated=7, block="C")
    desk.limits(maximum_quantity=1)
    desk.book("A")
    desk.segment("A")
    desk.currency(lock="Y")
    desk.day()
    desk.log_in()
    account = desk.account()
    assert account.settings == account.persistent
    assert not account.blocked
    assert not account.is_restricted("101")
    assert desk.currency() == [AccountCurrencyResponse(1, "GP29PR", "SEK", "N", "N")]


# ------------------------------------------------------------------------------------------------------- restrictions


@MEANING
def test_an_order_book_is_restricted_and_released(desk):
    assert desk.book("A") == [OrderBookRestrictionResponse(1, TEN, "GP29PR", 101, "A")]
    desk.enter()
    assert desk.open_orders() == []
    assert desk.book("I") == [OrderBookRestrictionResponse(2, TEN, "GP29PR", 101, "I")]
    desk.enter()
    assert desk.open_orders() == [2]


@MEANING
def test_a_release_masks_what_the_persistent_list_restricts(desk):
    assert desk.book("?", 301, "GP31P8", by=OTHER)[0].state == "A"
    assert desk.book("I", 301, "GP31P8", by=OTHER)[0].state == "I"
    assert not desk.account("GP31P8").is_restricted("301")
    assert desk.account("GP31P8").persistent.restricted_symbols == ("301",)


@MEANING
def test_a_segment_is_restricted_and_released(desk):
    assert desk.segment("A") == [SegmentRestrictionResponse(1, TEN, "GP29PR", 100, "A")]
    desk.enter()
    assert desk.open_orders() == []
    assert desk.segment("I")[0].state == "I"
    assert desk.segment("I", 900, "GP31P8", by=OTHER)[0].state == "I"
    assert desk.account("GP31P8").persistent.restricted_segments == (900,)


@MEANING
@pytest.mark.parametrize("state", ["A", "I", "?"])
def test_an_unknown_book_or_segment_has_no_setting(desk, state):
    assert desk.book(state, 999) == rejected(1, "N")
    assert desk.segment(state, 999) == rejected(2, "N")


@MEANING
def test_an_unknown_state_is_out_of_range(desk):
    assert desk.book("B") == rejected(1, "N")
    assert desk.segment("Y") == rejected(2, "N")


# ------------------------------------------------------------------------------------------------- limits and locks


@MEANING
def test_limits_change_as_named_and_the_answer_has_all_that_result(desk):
    (answer,) = desk.limits(maximum_value=5, total_open=70, maximum_quantity_auction=0, reserved=77)
    assert isinstance(answer, LimitSettingsResponse)
    assert (answer.maximum_quantity, answer.maximum_value, answer.total_open, answer.reserved) == (100_000, 5, 70, 77)
    assert (answer.maximum_quantity_auction, answer.total_risk) == (0, 0)
    limits = desk.account().settings.limits["SEK"]
    assert (limits.maximum_value, limits.total_open, limits.maximum_quantity_auction) == (5, 70, None)
    assert limits.maximum_quantity == 100_000
    assert desk.account().settings.limits["EUR"].maximum_quantity == 200_000


@MEANING
def test_a_limit_holds_for_the_next_order(desk):
    desk.limits(maximum_quantity=99)
    desk.enter()
    assert desk.open_orders() == []
    desk.limits(maximum_quantity=0)
    desk.enter()
    assert desk.open_orders() == [2]


@MEANING
def test_a_limit_below_minus_one_is_refused_and_a_currency_unknown_or_without_a_setting(desk):
    before = desk.account().settings
    assert desk.limits(maximum_quantity=1, open_sell=-2) == rejected(1, "N")
    assert desk.limits(currency="USD", maximum_quantity=1) == rejected(2, "C")
    assert desk.limits(currency="DKK", maximum_quantity=1) == rejected(3, "N")
    assert desk.currency(currency="USD", lock="Y") == rejected(4, "C")
    assert desk.currency(currency="DKK", lock="Y") == rejected(5, "N")
    assert desk.limits(currency="\xff ?") == rejected(6, "C")
    assert desk.account().settings == before


@MEANING
def test_a_lock_by_hand_is_of_its_currency_and_lifted_by_n(desk):
    assert desk.currency(lock="Y") == [AccountCurrencyResponse(1, "GP29PR", "SEK", "Y", "N")]
    assert desk.account().currencies["SEK"].locked
    assert desk.currency(currency="EUR") == [AccountCurrencyResponse(2, "GP29PR", "EUR", "N", "N")]
    assert desk.currency(lock="N") == [AccountCurrencyResponse(3, "GP29PR", "SEK", "N", "N")]
    assert not desk.account().currencies["SEK"].locked


@MEANING
def test_blow_through_is_switched_by_currency(desk):
    assert desk.currency(blow_through="Y") == [AccountCurrencyResponse(1, "GP29PR", "SEK", "N", "Y")]
    assert desk.account().settings.limits["SEK"].blow_through
    assert desk.currency(blow_through="N")[0].blow_through == "N"
    assert desk.currency(blow_through="x") == rejected(3, "N")


@MEANING
def test_sponsored_access_keeps_its_last_limit_on_an_order(desk):
    before = desk.account("GP29P1").settings
    assert desk.limits("GP29P1", maximum_value=0) == rejected(1, "U")
    assert desk.account("GP29P1").settings == before
    assert desk.limits("GP29P1", maximum_value=0, maximum_quantity=5)[0].maximum_quantity == 5


# --------------------------------------------------------------------------------------------------- who may do what


@MEANING
def test_other_members_accounts_are_unauthorized_and_unknown_ones_invalid(desk):
    assert desk.settings("GP31P8", block="B") == rejected(1, "U")
    assert desk.settings("GP31P8") == rejected(2, "U")
    assert desk.limits("GP31P8") == rejected(3, "U")
    assert desk.book("A", 101, "NOBODY") == rejected(4, "A")
    assert not desk.account("GP31P8").blocked


@MEANING
def test_a_read_only_login_reads_and_changes_nothing(desk):
    assert desk.settings(by=VIEWER) == settings_of(1)
    assert desk.settings(by=VIEWER, block="B") == rejected(2, "U")
    assert desk.limits(by=VIEWER)[0].maximum_quantity == 100_000
    assert desk.limits(by=VIEWER, maximum_quantity=1) == rejected(4, "U")
    assert desk.book("A", by=VIEWER) == rejected(5, "U")
    assert desk.segment("I", by=VIEWER) == rejected(6, "U")
    assert desk.currency(by=VIEWER, lock="N") == rejected(7, "U")
    assert desk.account().settings == desk.account().persistent


@MEANING
def test_a_port_administers_the_accounts_that_it_names(tmp_path):
    desk = Desk(tmp_path, config.sample().replace('role = "read-only"', 'accounts = ["GP29Q1"]'))
    assert desk.settings("GP29Q1", by=VIEWER)[0].account == "GP29Q1"
    assert desk.settings("GP29PR", by=VIEWER) == rejected(2, "U")


@MEANING
def test_requests_above_the_rate_are_not_processed_and_a_breach_is_told_once(desk):
    for _ in range(100):
        assert desk.query() == [AccountQueryResponse(1)]
    assert desk.query() == [PortRateBreach(TEN)]
    assert desk.settings(block="B") == []
    assert not desk.account().blocked
    desk.wait(1)
    assert desk.query() == [AccountQueryResponse(1)]
    for _ in range(99):
        desk.query()
    assert desk.query() == [PortRateBreach(TEN + SECOND)]


# ------------------------------------------------------------------------------------------- what cannot be read


@MEANING
@pytest.mark.parametrize("message", [b"", b"Z", b"h", b"QQ", b"C" + bytes(18), b"a" + bytes(10), b"x" + bytes(15)])
def test_what_cannot_be_read_ends_the_session_and_what_follows_it_is_not_heard(desk, message):
    assert desk.send_bytes(message) == []
    endpoint = desk.machine.ports[desk.index(ADMIN)]
    assert endpoint.fault
    assert desk.settings(block="B") == []
    assert not desk.account().blocked
    desk.log_in()
    assert desk.query() == [AccountQueryResponse(1)]


def test_times_are_nanoseconds_since_midnight_utc(desk):
    assert desk.machine.engine.midnights["nordic"] == MIDNIGHT
    desk.wait(1.5)
    assert desk.book("?")[0].timestamp == TEN + SECOND * 3 // 2
