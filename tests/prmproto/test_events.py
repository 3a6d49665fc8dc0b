"""Events and the audit: who is told what, in which order, under which numbers, and what a page of the audit has."""

import pytest
from desk import ADMIN, OTHER, SECOND, TODAY, VIEWER

from engine.api import PRM_CHECKS, BlockAccount, SetAccount
from engine.prm_commands import safeguard
from engine.risk.diary import Happening, HappeningKind
from ouch.nordic_terms import REASONS
from prmproto import extension as ask
from prmproto.codes import ErrorCode
from prmproto.events import REJECTS
from prmproto.extension import AuditEntry, EndOfReply, Event
from prmproto.messages import AccountRateBreach, AccountSettingsResponse, LimitSettingsResponse

EVENTS = pytest.mark.section("PRM protocol", "3.7 Events and audit")
ALL = 511
TEN = 10 * 3_600 * SECOND


@pytest.fixture
def watching(desk):
    """The desk with both of its ports subscribed to all that happens."""
    for name in (ADMIN, VIEWER, OTHER):
        desk.hello(name)
        assert desk.ask(ask.SubscribeEvents, "", ALL, by=name) == []
    return desk


def tell(desk, kind, subject="", account="GP29PR", mpid="GP29", **what):
    desk.machine.engine.prm.diary.tell(Happening(kind, mpid, account, desk.now, subject, **what))


@EVENTS
def test_a_change_is_told_behind_its_answer_and_to_the_members_other_ports(watching):
    answer, *events = watching.limits(total_open=20_0000, open_sell=1)
    assert isinstance(answer, LimitSettingsResponse)
    assert [(one.number, one.kind, one.subject, one.currency) for one in events] == [
        (1, "C", "O", "SEK"),
        (2, "C", "S", "SEK"),
    ]
    assert watching.said(VIEWER) == events
    assert watching.said(OTHER) == []


@EVENTS
def test_blocks_restrictions_and_locks_are_told(watching):
    events = []
    for _, *rest in (
        watching.settings(block="B"),
        watching.settings(block="B"),
        watching.settings(block="U"),
        watching.book("A"),
        watching.book("I"),
        watching.segment("A"),
        watching.currency(lock="Y"),
        watching.currency(lock="N"),
    ):
        events += rest
    assert [one.kind for one in events] == list("KNRrRBU")
    assert [one.number for one in events] == list(range(1, 8))
    assert (events[2].order_book, events[5].currency) == (101, "SEK")


@EVENTS
def test_what_operations_and_drop_ports_do_is_told(watching):
    engine = watching.machine.engine
    watching.do(BlockAccount("GP29PR", True))
    watching.do(SetAccount("GP29Q1", {"SEK": {"maximum_quantity": 5}}))
    safeguard(engine, engine.ports["GP29D1"], watching.now)
    told = [(one.account, one.kind, one.subject, one.port) for one in watching.said()]
    assert told == [("GP29PR", "K", "", ""), ("GP29Q1", "C", "Q", ""), ("GP29P1", "D", "", "GP29D1")]


@EVENTS
def test_a_rejected_order_is_told_with_its_figures(watching):
    watching.enter(100_001)
    assert watching.said() == [
        Event(
            1, TEN, "GP29PR", "J", "Q", "SEK", 101, "GP29U1", "GP29O1", 100_001, 100_000, 0x0107, 0,
        ),
    ]  # fmt: skip


@EVENTS
def test_each_reason_of_a_rejected_order_has_the_number_that_its_client_is_told():
    assert {reason: number for reason, (number, _) in REJECTS.items()} == {
        reason: REASONS[reason] for reason in PRM_CHECKS
    }


@EVENTS
@pytest.mark.parametrize(
    ("kind", "bit", "letter"),
    [
        (HappeningKind.WARNING, 1, "W"),
        (HappeningKind.BREACH, 2, "B"),
        (HappeningKind.UNLOCK, 4, "U"),
        (HappeningKind.BLOCK, 8, "K"),
        (HappeningKind.UNBLOCK, 8, "N"),
        (HappeningKind.RESTRICTED, 16, "R"),
        (HappeningKind.RELEASED, 16, "r"),
        (HappeningKind.RATE, 32, "T"),
        (HappeningKind.DROP, 64, "D"),
        (HappeningKind.CHANGE, 128, "C"),
        (HappeningKind.REJECT, 256, "J"),
    ],
)
def test_a_mask_asks_for_a_kind_and_for_no_other(desk, kind, bit, letter):
    desk.hello()
    subject = {"subject": "total_open"} if kind is not HappeningKind.RATE else {"subject": "port_rate"}
    desk.ask(ask.SubscribeEvents, "GP29PR", ALL & ~bit)
    tell(desk, kind, order_book="101", **subject)
    assert desk.said() == []
    desk.ask(ask.SubscribeEvents, "GP29PR", bit)
    tell(desk, kind, order_book="101", **subject)
    tell(desk, kind, account="GP29Q1", order_book="101", **subject)
    assert [(one.account, one.kind) for one in desk.said()] == [("GP29PR", letter)]
    desk.ask(ask.SubscribeEvents, "GP29PR", 0)
    tell(desk, kind, order_book="101", **subject)
    assert desk.said() == []


@EVENTS
def test_a_ports_rate_has_no_account_and_is_its_members(watching):
    tell(watching, HappeningKind.RATE, "port_rate", account="", port="GP29O2", current=101, limit=100)
    (event,) = watching.said()
    assert (event.account, event.kind, event.subject, event.port, event.current) == ("", "T", "A", "GP29O2", 101)
    assert watching.said(OTHER) == []


@EVENTS
def test_a_symbol_rate_lock_is_told_to_everyone_without_being_asked_for(desk):
    tell(desk, HappeningKind.BREACH, "symbol_rate")
    tell(desk, HappeningKind.UNLOCK, "symbol_rate")
    told = [AccountRateBreach(TEN, "A", "GP29PR"), AccountRateBreach(TEN, "I", "GP29PR")]
    assert desk.said() == desk.said(VIEWER) == told
    assert desk.said(OTHER) == []


@EVENTS
def test_a_subscription_to_what_is_not_the_members_is_refused(desk):
    desk.hello()
    assert desk.refused(ask.SubscribeEvents, "GP31P8", ALL) == ErrorCode.NOT_AUTHORIZED
    assert desk.refused(ask.SubscribeEvents, "NOBODY", ALL) == ErrorCode.NO_SUCH_ACCOUNT


@EVENTS
def test_events_go_on_while_nobody_is_there_and_end_with_the_next_login(watching):
    watching.leave()
    watching.do(BlockAccount("GP29PR", True))
    assert [one.kind for one in watching.said()] == ["K"]
    assert watching.log_in() == []
    watching.do(BlockAccount("GP29PR", False))
    assert watching.said() == []


@EVENTS
def test_numbers_of_events_begin_anew_with_the_day(watching):
    watching.do(BlockAccount("GP29PR", True))
    watching.day()
    watching.log_in()
    watching.hello()
    watching.ask(ask.SubscribeEvents, "", ALL)
    watching.do(BlockAccount("GP29PR", True))
    assert [one.number for one in watching.said()] == [1]


# ------------------------------------------------------------------------------------------------------------- audit


@EVENTS
def test_every_change_is_a_row_in_the_words_of_the_report(desk):
    desk.hello()
    desk.limits("GP29P1", open_buy=20_0000)
    desk.settings(switches="Y???")
    desk.wait(1)
    desk.enter(100_001)
    entries = desk.ask(ask.AuditList, "", 0)
    assert entries[0] == AuditEntry(
        5, 1, TEN, "GP29", "GP29P1", "Limit Change", "Open Order Buy Value", "SEK", "0", "20"
    )
    assert [(one.number, one.account, one.action, one.item, one.currency, one.old, one.new) for one in entries[1:]] == [
        (2, "GP29PR", "Account Change", "Trigger Restrict Symbol On Repeated Order Generation", "N/A", "N", "Y"),
        (3, "GP29PR", "Order Reject", "Over Max Order Quantity", "SEK", "N/A", "N/A"),
    ]
    assert entries[2].timestamp == TEN + SECOND
    assert desk.ask(ask.AuditList, "GP29PR", 3) == entries[2:]
    assert desk.refused(ask.AuditList, "GP31P8", 0) == ErrorCode.NOT_AUTHORIZED
    desk.hello(OTHER)
    assert desk.ask(ask.AuditList, "", 0, by=OTHER) == []


@EVENTS
def test_a_row_is_written_before_the_answer_and_a_page_has_five_hundred(desk):
    desk.hello()
    for _ in range(501):
        desk.enter(100_001)
    *entries, end = desk.send(ask.AuditList(5, "", 1))
    assert (len(entries), end) == (500, EndOfReply(5, 500, 0))
    assert len(desk.ask(ask.AuditList, "", 501)) == 1
    assert isinstance(desk.settings(repeated=1)[0], AccountSettingsResponse)
    assert len(desk.ask(ask.AuditList, "", 501)) == 2
    assert desk.machine.engine.date == TODAY
