"""The day's audit of PRM accounts: what becomes a row, in which words, who is told, and that it outlives a snapshot."""

import pytest
from nordic import ERIC, MEMBERS, NORDIC_PORTS, NOVO, OTHER, THIRD, USER, NordicMarket, account, buy, limits, port_entry
from words import TOMORROW

from engine.api import BlockAccount, DropEntry, MemberEntry, Reject, SetFileList
from engine.prm_commands import release_symbol, restrict_symbol
from engine.risk.audit_words import wording
from engine.risk.diary import HappeningKind

AUDIT = pytest.mark.section("PRM", "3.20 Audit report")
ACCOUNTS = (
    account("GP29PR", users=[USER], SEK=limits(1_000), symbols=[NOVO]),
    account("GP29P1", users=[OTHER], segments=[900]),
)


def rows(market, mpid="GP29"):
    return [row[2:] for row in market.engine.prm.diary.rows(mpid)]


@AUDIT
def test_a_refused_order_is_a_row_in_the_words_of_the_guide_and_a_fat_finger_in_continuous_trading_is_none():
    ports = (port_entry("G1", fat_finger=True), *NORDIC_PORTS[1:])
    market = NordicMarket(*ACCOUNTS, ports=ports)
    market.enter(buy(1, at="700.00", book=NOVO))
    market.enter(buy(1_001, at="100.00"))
    market.enter(buy(1, at="200.00"))
    market.enter(buy(1, at="100.00", user=THIRD))  # of no account
    market.enter(buy(1, at="2.00", book="901", user=OTHER))
    assert rows(market) == [
        ("GP29PR", "Order Reject", "Restricted Symbol", "DKK", "N/A", "N/A"),
        ("GP29PR", "Order Reject", "Over Max Order Quantity", "SEK", "N/A", "N/A"),
        ("GP29P1", "Order Reject", "Restricted Market Segment", "SEK", "N/A", "N/A"),
    ]


@AUDIT
def test_a_refused_replacement_is_a_row_too():
    market = NordicMarket(*ACCOUNTS)
    market.enter(buy(100, at="100.00"))
    market.replace(1, buy(1_001, at="100.00"))
    assert rows(market) == [("GP29PR", "Order Reject", "Over Max Order Quantity", "SEK", "N/A", "N/A")]


@AUDIT
def test_changes_of_limits_settings_and_multipliers_are_rows_from_old_to_new():
    market = NordicMarket(*ACCOUNTS)
    sek = {"open_buy": 200_000, "maximum_quantity": 1_000, "maximum_value": 5_005_000}
    market.set_account(limits={"SEK": sek})
    market.set_account(restricted_segments=(1, 2), today=False)
    market.set_member(passive=200)
    assert rows(market) == [
        ("GP29PR", "Limit Change", "Max Order Value", "SEK", "0", "500.5"),
        ("GP29PR", "Limit Change", "Open Order Buy Value", "SEK", "0", "20"),
        ("GP29PR", "Account Change", "Restricted Market Segments", "N/A", "0", "2"),
        ("GP29PR", "Multiplier Update", "Fat Finger Multiplier Passive", "N/A", "100", "200"),
        ("GP29P1", "Multiplier Update", "Fat Finger Multiplier Passive", "N/A", "100", "200"),
    ]


@AUDIT
def test_a_configuration_with_other_settings_is_a_change():
    market = NordicMarket(*ACCOUNTS)
    market.configure(account("GP29PR", users=[USER], SEK=limits(2_000), symbols=[NOVO]), ACCOUNTS[1])
    assert rows(market) == [("GP29PR", "Limit Change", "Max Order Quantity", "SEK", "1000", "2000")]
    members = (MemberEntry("GP29", (USER, OTHER, THIRD), 150, 100), MEMBERS[1])
    for _ in range(2):
        market.configure(account("GP29PR", users=[USER], SEK=limits(2_000), symbols=[NOVO]), members=members)
    update = "Multiplier Update", "Fat Finger Multiplier Aggressive", "N/A", "100", "150"
    assert rows(market)[1:] == [("GP29PR", *update)]


@AUDIT
def test_blocks_are_rows_once_and_say_who_did_it():
    market = NordicMarket(*ACCOUNTS, ports=(*NORDIC_PORTS, port_entry("DROP", drop=DropEntry(guards=("GP29P1",)))))
    told = []
    market.engine.prm.diary.listeners.append(told.append)
    market.block()
    market.do(BlockAccount("GP29PR", True, cancel=True))
    market.block(blocked=False)
    market.safeguard()
    market.safeguard()
    assert rows(market) == [
        ("GP29PR", "Account Block", "N/A", "N/A", "N/A", "N/A"),
        ("GP29PR", "Account Unblock", "N/A", "N/A", "N/A", "N/A"),
        ("GP29P1", "Account Block", "FIX Drop Disconnect", "N/A", "N/A", "N/A"),
    ]
    kinds = HappeningKind.BLOCK, HappeningKind.UNBLOCK, HappeningKind.DROP
    assert [(one.kind, one.by_operations) for one in told] == list(zip(kinds, (True, True, False), strict=True))
    drop = market.engine.prm.accounts["GP29P1"]
    assert (drop.blocked_by, drop.canceled) == ("DROP", True)


@AUDIT
def test_a_restriction_is_a_row_where_it_changes_whether_the_book_is_restricted():
    market = NordicMarket(*ACCOUNTS)
    pr = market.engine.prm.accounts["GP29PR"]
    restrict_symbol(market.engine, pr, ERIC, market.now)
    restrict_symbol(market.engine, pr, ERIC, market.now)
    market.do(SetFileList("GP29PR", (ERIC,)))  # drops the one by hand, restricts it anew: no change
    release_symbol(market.engine, pr, ERIC, market.now)
    release_symbol(market.engine, pr, NOVO, market.now)
    market.do(SetFileList("GP29PR", ()))
    action = "Restriction Change"
    assert rows(market) == [
        ("GP29PR", action, "Restricted Symbol 101", "N/A", "N", "Y"),
        ("GP29PR", action, "Restricted Symbol 101", "N/A", "Y", "N"),
        ("GP29PR", action, "Restricted Symbol 301", "N/A", "Y", "N"),
        ("GP29PR", action, "Restricted Symbol 301", "N/A", "N", "Y"),
    ]


@AUDIT
@pytest.mark.parametrize(
    ("kind", "subject", "reason", "words"),
    [
        ("BREACH", "open_buy", None, ("Breach Lock", "Over Daily Open Order Buy/Sell Value")),
        ("BREACH", "total_open", None, ("Breach Lock", "Over Daily Open Order Total Value")),
        ("UNLOCK", "total_risk", None, ("Breach Unlock", "Over Daily Total Risk Value")),
        ("REJECT", "open_sell", Reject.ACCOUNT_BLOCKED, ("Order Reject", "Over Daily Open Order Buy/Sell Value")),
        (
            "CHANGE",
            "restrict_on_repeated_order",
            None,
            ("Account Change", "Trigger Restrict Symbol On Repeated Order Generation"),
        ),
        ("WARNING", "total_risk", None, None),
        ("RATE", "port_rate", None, None),
    ],
)
def test_the_words_of_the_guide(kind, subject, reason, words):
    assert wording(kind, subject, "", reason) == words


@AUDIT
def test_rows_are_read_from_any_number_on_and_end_with_the_day():
    market = NordicMarket(*ACCOUNTS)
    for _ in range(70):
        market.enter(buy(1_001, at="100.00"))
    diary = market.engine.prm.diary
    assert [row.number for row in diary.rows("GP29")] == list(range(1, 71))
    assert [row.number for row in diary.rows("GP29", 69)] == [69, 70]
    assert list(diary.rows("GP29", 71)) == list(diary.rows("GP30")) == []
    market.next_day(TOMORROW)
    assert not diary.count("GP29")


@AUDIT
def test_the_audit_is_part_of_the_state_and_of_a_snapshot():
    market = NordicMarket(*ACCOUNTS)
    before = market.state()
    market.enter(buy(1_001, at="100.00"))
    assert market.state() != before
    market.block()
    other = market.reloaded()
    assert other.state() == market.state()
    assert rows(other) == rows(market) != []
    for venue in (market, other):
        venue.enter(buy(1, at="100.00"))
    assert other.state() == market.state()
