"""The extension: hello, lists, counters, restrictions, cancel without block, what is refused and why."""

import pytest
from desk import ADMIN, MILLISECOND, OTHER, SECOND, VIEWER

from engine.api import SetFileList
from engine.prm_commands import safeguard
from engine.terms import Lock, Origin
from prmproto import extension as ask
from prmproto.codes import CheckId, ErrorCode
from prmproto.extension import (
    AccountEntry,
    CancelOrdersResponse,
    CounterEntry,
    ExtensionReject,
    HelloResponse,
    LimitEntry,
    UserEntry,
)
from prmproto.messages import AccumulatedValues, PortRateBreach, encode

PRINCIPLES = pytest.mark.section("PRM protocol", "3.1 Principles")
SESSION = pytest.mark.section("PRM protocol", "3.2 Session")
ACCOUNTS = pytest.mark.section("PRM protocol", "3.3 Accounts and checks")
COUNTERS = pytest.mark.section("PRM protocol", "3.4 Limits and counters")
RESTRICTIONS = pytest.mark.section("PRM protocol", "3.5 Restrictions")
CANCEL = pytest.mark.section("PRM protocol", "3.6 Cancel without block")
ERRORS = pytest.mark.section("PRM protocol", "3.8 Error codes")
TEN = 10 * 3_600 * SECOND


@pytest.fixture
def open_desk(desk):
    desk.hello()
    return desk


# ------------------------------------------------------------------------------------------------------------ hello


@SESSION
def test_hello_tells_who_the_login_is_and_what_it_may(desk):
    desk.settings()
    assert desk.hello() == [HelloResponse(9, 1, 0, 31, "GP29", "A", 20261120, 3, 2)]
    assert desk.hello(VIEWER, features=16 | 1) == [HelloResponse(9, 1, 0, 1, "GP29", "R", 20261120, 3, 1)]


@SESSION
def test_another_major_version_is_rejected_and_the_extension_does_not_begin(desk):
    assert desk.hello(major=2) == [ExtensionReject("Q", 9, ErrorCode.VERSION, 5)]
    assert desk.send(ask.AccountList(1, "")) == []
    assert desk.machine.ports[desk.index(ADMIN)].fault


@PRINCIPLES
def test_each_login_says_hello_anew(open_desk):
    open_desk.log_in()
    assert open_desk.send(ask.AccountList(1, "")) == []
    assert open_desk.machine.ports[open_desk.index(ADMIN)].fault


@PRINCIPLES
@ERRORS
def test_after_hello_what_cannot_be_read_is_rejected_and_the_session_stays(open_desk):
    for message, error in (
        (encode(ask.AccountList(7, "")) + b" ", ErrorCode.MALFORMED),
        (encode(ask.AccountList(7, ""))[:-1], ErrorCode.MALFORMED),
        (b"y\0\0\0\7", ErrorCode.UNKNOWN_MESSAGE),
    ):
        assert open_desk.send_bytes(message) == [ExtensionReject("Q", 7, error, 0)]
    assert open_desk.send_bytes(b"L\0\0\0\7") == [ExtensionReject("M", 7, ErrorCode.MALFORMED, 0)]
    assert open_desk.send_bytes(b"") == [ExtensionReject("Q", 0, ErrorCode.UNKNOWN_MESSAGE, 0)]
    assert len(open_desk.ask(ask.AccountList, "")) == 3


@SESSION
def test_a_higher_minor_version_may_send_more_behind_a_message(desk):
    assert desk.hello(minor=3)[0].minor == 0
    assert len(desk.send_bytes(encode(ask.AccountList(7, "")) + b"new")) == 4
    assert desk.send_bytes(b"a\0\0\0\7") == [ExtensionReject("Q", 7, ErrorCode.MALFORMED, 0)]


@ERRORS
def test_a_request_of_the_extension_above_the_rate_is_told_so(open_desk):
    for _ in range(99):
        open_desk.query()
    assert open_desk.send(ask.AccountList(7, "")) == [
        PortRateBreach(TEN),
        ExtensionReject("Q", 7, ErrorCode.RATE_EXCEEDED, 0),
    ]


@SESSION
@pytest.mark.parametrize(
    ("features", "granted"), [(1, "aukl" + "vo"), (2, "V"), (4, "s"), (8, "d"), (16, "x"), (0, ""), (31, "auklvoVsdx")]
)
def test_what_hello_did_not_grant_is_refused(desk, features, granted):
    desk.hello(features=features)
    asked = {
        "a": ask.AccountList(5, ""),
        "u": ask.UserList(5, ""),
        "k": ask.CheckList(5, ""),
        "l": ask.LimitList(5, "", ""),
        "v": ask.CounterList(5, "", "", "S", 0),
        "V": ask.CounterList(5, "", "", "U", 0),
        "o": ask.RestrictionList(5, "", "*"),
        "s": ask.SubscribeEvents(5, "", 1),
        "d": ask.AuditList(5, "", 0),
    }
    answers = {letter: desk.send(request)[-1] for letter, request in asked.items()}
    assert {letter for letter, end in answers.items() if not end.status} == set(granted) - {"x"}
    assert {end.status for end in answers.values()} <= {ErrorCode.OK, ErrorCode.NOT_AUTHORIZED}
    (answer,) = desk.cancel()
    refused = ExtensionReject("M", 1, ErrorCode.NOT_AUTHORIZED, 0)
    assert answer == (CancelOrdersResponse(1, TEN, "GP29PR", 0) if "x" in granted else refused)
    assert desk.settings(block="B")[0].block == "B", "the base protocol asks for no hello"


@ERRORS
def test_an_answer_of_thousands_of_messages_counts_as_more_than_one_request(open_desk, monkeypatch):
    monkeypatch.setattr("prmproto.port.MESSAGES_A_REQUEST", 1)
    assert len(open_desk.ask(ask.LimitList, "", "")) > 30
    asked = 1
    while not isinstance(open_desk.query()[0], PortRateBreach):
        asked += 1
    assert asked < 70


@ERRORS
def test_rows_that_are_looked_at_for_nothing_count_too(open_desk, monkeypatch):
    monkeypatch.setattr("prmproto.port.MESSAGES_A_REQUEST", 1)
    for number in range(30):
        open_desk.limits(total_open=number)
    open_desk.wait(2)
    assert open_desk.ask(ask.AuditList, "GP29Q1", 0) == []
    asked = 1
    while not isinstance(open_desk.query()[0], PortRateBreach):
        asked += 1
    assert asked < 70


# ------------------------------------------------------------------------------------------------ accounts and checks


@ACCOUNTS
def test_accounts_are_listed_as_they_are(open_desk):
    open_desk.settings("GP29P1", repeated=5, switches="YYNY", block="C")
    open_desk.currency("GP29P1", lock="Y")
    entry = open_desk.ask(ask.AccountList, "GP29P1")
    switches = "Y", "Y", "N", "Y"
    assert entry == [
        AccountEntry(5, "GP29P1", "GP29", "C", "-", "M", "I", "Y", 5, *switches, 1, 1, 1, TEN),
    ]
    assert [one.account for one in open_desk.ask(ask.AccountList, "")] == ["GP29PR", "GP29P1", "GP29Q1"]


@ACCOUNTS
def test_a_block_by_a_drop_port_a_lock_and_an_exclusion_are_told_apart(open_desk):
    engine = open_desk.machine.engine
    safeguard(engine, engine.ports["GP29D1"], open_desk.now)
    open_desk.account("GP29PR").rate_locked = "101"
    causes = {one.account: (one.status, one.block_cause, one.lock) for one in open_desk.ask(ask.AccountList, "")}
    assert causes == {"GP29PR": ("A", "-", "S"), "GP29P1": ("C", "D", "-"), "GP29Q1": ("A", "-", "-")}
    open_desk.hello(OTHER)
    assert open_desk.ask(ask.AccountList, "", by=OTHER)[0].scope == "E"


@ACCOUNTS
def test_users_are_listed_as_included_or_excluded(open_desk):
    assert open_desk.ask(ask.UserList, "GP29PR") == [
        UserEntry(5, "GP29PR", "GP29U1", "I"),
        UserEntry(5, "GP29PR", "GP29U2", "I"),
    ]
    open_desk.hello(OTHER)
    assert open_desk.ask(ask.UserList, "", by=OTHER) == [UserEntry(5, "GP31P8", "GP31U9", "E")]


@ACCOUNTS
def test_every_check_is_listed_with_what_may_be_done_to_it(open_desk):
    open_desk.book("A", account="GP29P1")
    entries = open_desk.ask(ask.CheckList, "GP29P1")
    assert [one.check for one in entries] == [one.value for one in CheckId]
    checks = {one.check: one for one in entries}
    fat_finger = checks["1"]
    assert (fat_finger.enabled, fat_finger.scope, fat_finger.editable, fat_finger.mandatory) == ("Y", "P", "N", "Y")
    assert (fat_finger.parameter_1, fat_finger.parameter_2) == (100, 100)
    assert (checks["4"].enabled, checks["4"].mandatory, checks["3"].enabled) == ("Y", "Y", "N")
    assert (checks["6"].enabled, checks["6"].parameter_1) == ("Y", 1)
    assert (checks["8"].enabled, checks["8"].parameter_1, checks["8"].editable) == ("Y", 1, "N")
    assert (checks["A"].enabled, checks["A"].parameter_1) == ("Y", 0)


@ACCOUNTS
@ERRORS
@pytest.mark.parametrize("record", [ask.AccountList, ask.UserList, ask.CheckList])
def test_lists_of_other_accounts_are_refused(open_desk, record):
    assert open_desk.refused(record, "GP31P8") == ErrorCode.NOT_AUTHORIZED
    assert open_desk.refused(record, "NOBODY") == ErrorCode.NO_SUCH_ACCOUNT


# ------------------------------------------------------------------------------------------------ limits and counters


@COUNTERS
def test_limits_are_listed_beside_those_of_the_next_day(open_desk):
    open_desk.limits(maximum_quantity=7)
    entries = open_desk.ask(ask.LimitList, "GP29PR", "SEK")
    assert len(entries) == 11
    assert entries[0] == LimitEntry(5, "GP29PR", "SEK", "Q", "Y", 7, 100_000, "Y")
    assert entries[1].changed == "N"
    assert {one.currency for one in open_desk.ask(ask.LimitList, "GP29PR", "")} == {"SEK", "EUR"}


@COUNTERS
@ERRORS
def test_limits_of_what_there_is_not_are_refused(open_desk):
    assert open_desk.refused(ask.LimitList, "GP29PR", "USD") == ErrorCode.NO_SUCH_CURRENCY
    assert open_desk.refused(ask.LimitList, "GP29PR", "DKK") == ErrorCode.NO_SETTING
    assert open_desk.refused(ask.CounterList, "GP31P8", "", "S", 0) == ErrorCode.NOT_AUTHORIZED
    assert open_desk.send(ask.CounterList(5, "", "", "Q", 0)) == [ExtensionReject("Q", 5, ErrorCode.OUT_OF_RANGE, 14)]


@COUNTERS
def test_counters_are_told_with_their_limits_percent_and_level(open_desk):
    open_desk.limits(total_open=70_000_0000, total_traded=10_000_0000, total_risk=32_200_0000, open_sell=555_555_0000)
    open_desk.count(open_buy=48_900_0000, traded_buy=16_100_0000)
    open_desk.account().currencies["SEK"].locked = (Lock.TOTAL_TRADED,)
    counters = {one.counter: one for one in open_desk.ask(ask.CounterList, "GP29PR", "SEK", "S", 0)}
    assert list(counters) == list("RTObsBS")
    entry = counters["O"]
    assert entry == CounterEntry(5, TEN, "GP29PR", "SEK", "O", 48_900_0000, 70_000_0000, 6986, "1", "Y", "")
    told = {letter: (one.percent, one.level) for letter, one in counters.items()}
    assert told == {
        "R": (20186, "3"),
        "T": (16100, "3"),
        "O": (6986, "1"),
        "b": (0, "0"),
        "s": (0, "0"),
        "B": (0, "0"),
        "S": (0, "1"),
    }


@COUNTERS
@pytest.mark.parametrize(("current", "percent", "level"), [(79_99, 7999, "1"), (80_00, 8000, "2"), (99_99, 9999, "2")])
def test_levels_change_exactly_at_their_bounds(open_desk, current, percent, level):
    open_desk.limits(total_open=100_00)
    open_desk.count(open_buy=current)
    entry = open_desk.ask(ask.CounterList, "GP29PR", "SEK", "S", 0)[2]
    assert (entry.percent, entry.level) == (percent, level)


@COUNTERS
def test_a_subscription_tells_each_change_no_more_often_than_was_asked(open_desk):
    open_desk.count(open_buy=1)
    open_desk.tick()
    assert len(open_desk.ask(ask.CounterList, "GP29PR", "", "U", 500)) == 14
    assert open_desk.tick() == []
    open_desk.wait(0.1)
    open_desk.count(open_buy=2)
    assert [type(one) for one in open_desk.tick()] == [AccumulatedValues]
    open_desk.wait(0.4)
    told = open_desk.tick()
    assert [one.counter for one in told] == list("RTObsBS")
    assert {one.request for one in told} == {0}
    assert told[2].current == 2
    assert open_desk.ask(ask.CounterList, "GP29PR", "", "X", 0) == []
    open_desk.count(open_buy=3)
    open_desk.wait(1)
    assert [type(one) for one in open_desk.tick()] == [AccumulatedValues]


@COUNTERS
def test_a_later_subscription_takes_the_place_of_the_one_before(open_desk):
    for interval in (5_000, 0):
        open_desk.ask(ask.CounterList, "", "", "U", interval)
    subscriptions = open_desk.machine.ports[open_desk.index(ADMIN)].counters.subscriptions
    assert [one.interval for one in subscriptions.values()] == [100 * MILLISECOND]


@COUNTERS
def test_a_subscription_tells_limits_and_locks_that_change_though_no_value_does(open_desk):
    open_desk.count(open_buy=80)
    open_desk.ask(ask.CounterList, "GP29PR", "SEK", "U", 100)
    open_desk.wait(1)
    open_desk.tick()
    open_desk.limits(total_open=100)
    told = open_desk.tick()
    assert [(one.limit, one.level, one.locked) for one in told if one.counter == "O"] == [(100, "2", "N")]
    open_desk.wait(1)
    open_desk.currency(lock="Y")
    assert {one.locked for one in open_desk.tick()} == {"Y"}
    open_desk.wait(1)
    assert open_desk.tick() == []


@COUNTERS
def test_the_most_frequent_of_the_subscriptions_that_fit_holds(open_desk):
    open_desk.count(open_buy=1)
    for account, currency, interval in (("", "", 5_000), ("GP29PR", "", 3_000), ("", "SEK", 2_000)):
        open_desk.ask(ask.CounterList, account, currency, "U", interval)
    open_desk.count(open_buy=2)
    open_desk.wait(1.9)
    assert [type(one) for one in open_desk.tick()] == [AccumulatedValues]
    open_desk.wait(0.1)
    assert [type(one) for one in open_desk.tick()] == [CounterEntry] * 7


@COUNTERS
def test_figures_beyond_a_message_are_told_as_the_highest_there_is(open_desk):
    open_desk.count(traded_buy=2**70, open_buy=2**70)
    assert open_desk.tick()[0].total_risk == 2**63 - 1
    assert open_desk.ask(ask.CounterList, "GP29PR", "SEK", "S", 0)[0].current == 2**63 - 1
    open_desk.wait(1)
    open_desk.count(traded_buy=2**70 + 1)
    assert open_desk.tick() == [], "it is told already"
    assert open_desk.machine.snapshot()


# ----------------------------------------------------------------------------------------------------- accumulated


@pytest.mark.section("PRM protocol", "2.5 Accumulated values")
def test_values_are_told_at_login_then_after_changes_merged_to_ten_a_second_and_end_with_the_latest(desk):
    desk.count(traded_buy=10, open_sell=5)
    desk.count("GP29Q1", traded_buy=0)
    assert desk.log_in() == [AccumulatedValues("GP29PR", "SEK", TEN, 15, 10, 0, 10, 0, 5, 5)]
    desk.count(traded_buy=11)
    assert desk.tick() == []
    desk.wait(0.05)
    desk.count(traded_buy=12)
    assert desk.tick() == []
    desk.wait(0.05)
    assert [one.traded_buy for one in desk.tick()] == [12]
    desk.wait(1)
    assert desk.tick() == []
    desk.count(traded_buy=0, open_sell=0)
    assert [one.total_risk for one in desk.tick()] == [0]


@pytest.mark.section("PRM protocol", "2.5 Accumulated values")
def test_nobody_is_told_who_is_not_logged_in_and_nobody_of_other_members(desk):
    desk.leave()
    desk.count(traded_buy=10)
    desk.wait(1)
    assert desk.tick() == desk.tick(OTHER) == []
    assert len(desk.tick(VIEWER)) == 1


# ------------------------------------------------------------------------------------------------------ restrictions


@RESTRICTIONS
def test_restrictions_are_listed_by_origin_and_masked_ones_as_inactive(open_desk):
    open_desk.hello(OTHER)
    open_desk.do(SetFileList("GP31P8", ("101", "102")))
    open_desk.book("I", 102, "GP31P8", by=OTHER)
    open_desk.book("A", 201, "GP31P8", by=OTHER)
    account = open_desk.account("GP31P8")
    account.restrictions.restrict(Origin.REPEATED_ORDER, "401", open_desk.now)
    open_desk.segment("A", 100, "GP31P8", by=OTHER)
    open_desk.segment("I", 900, "GP31P8", by=OTHER)
    entries = open_desk.ask(ask.RestrictionList, "GP31P8", "*", by=OTHER)
    told = [(one.kind, one.restricted, one.name, one.origin, one.state, one.since) for one in entries]
    assert told == [
        ("O", 301, "NOVO B", "P", "A", 0),
        ("O", 101, "ERIC B", "F", "A", TEN),
        ("O", 102, "VOLV B", "F", "I", TEN),
        ("O", 201, "NOKIA", "M", "A", TEN),
        ("O", 401, "MAREL", "R", "A", TEN),
        ("S", 100, "", "M", "A", 0),
        ("S", 900, "", "P", "I", 0),
    ]
    assert len(open_desk.ask(ask.RestrictionList, "", "S", by=OTHER)) == 2
    assert len(open_desk.ask(ask.RestrictionList, "", "O", by=OTHER)) == 5
    assert open_desk.send(ask.RestrictionList(5, "", "Z")) == [ExtensionReject("Q", 5, ErrorCode.OUT_OF_RANGE, 11)]


# ------------------------------------------------------------------------------------------------- cancel without block


@CANCEL
def test_open_orders_are_canceled_without_a_block_and_counted(open_desk):
    for _ in range(3):
        open_desk.enter()
    open_desk.enter(book=102, price=2_500_000)
    open_desk.enter(user="GP29U5")
    assert open_desk.cancel(scope="O", book=102) == [CancelOrdersResponse(1, TEN, "GP29PR", 1)]
    assert open_desk.cancel() == [CancelOrdersResponse(2, TEN, "GP29PR", 3)]
    assert open_desk.open_orders() == [5]
    assert open_desk.cancel() == [CancelOrdersResponse(3, TEN, "GP29PR", 0)]
    open_desk.enter()
    assert open_desk.open_orders() == [5, 6]


@CANCEL
@ERRORS
def test_a_cancel_is_refused_in_the_words_of_the_extension(open_desk):
    open_desk.hello(VIEWER)
    assert open_desk.cancel("GP31P8") == [ExtensionReject("M", 1, ErrorCode.NOT_AUTHORIZED, 0)]
    assert open_desk.cancel("NOBODY") == [ExtensionReject("M", 2, ErrorCode.NO_SUCH_ACCOUNT, 0)]
    assert open_desk.cancel(scope="O", book=999) == [ExtensionReject("M", 3, ErrorCode.NO_SUCH_BOOK, 0)]
    assert open_desk.cancel(scope="Z") == [ExtensionReject("M", 4, ErrorCode.OUT_OF_RANGE, 0)]
    assert open_desk.cancel(by=VIEWER) == [ExtensionReject("M", 1, ErrorCode.READ_ONLY, 0)]
    assert open_desk.cancel(number=2) == []


@CANCEL
def test_orders_may_be_canceled_in_every_state(open_desk):
    open_desk.enter()
    open_desk.settings(block="B")
    open_desk.currency(lock="Y")
    assert open_desk.cancel()[0].count == 1
