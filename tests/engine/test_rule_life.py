"""A risk rule's life: made, in force from the next trading day on, changed, deleted; all told in the audit."""

import pytest
from trading import Market
from words import (
    TOMORROW,
    Accepted,
    Rejected,
    buy,
    fat_finger,
    max_notional,
    max_shares,
    message_rate,
    restricted,
    rule,
)

from engine.api import (
    ChangeList,
    CommandRefused,
    Configure,
    CreateRule,
    DeleteRule,
    PortEntry,
    RegisterGroups,
    Reject,
    RuleStatus,
    UpdateRule,
)
from engine.risk.rule_diary import RevisionType, RuleHappeningKind

LIFE = pytest.mark.section("EQRC", "3.3 Rule lifecycle")
MATRIX = pytest.mark.section("EQRC", "2 Entities")
RANGES = pytest.mark.section("EQRC", "3.1 Ranges")
AUDIT = pytest.mark.section("EQRC", "4 Audit")
LATER = "2026-11-24"


def create(market, *entries, user="ann"):
    for entry in entries:
        market.do(CreateRule(entry, user))


def active(*entries):
    """A market in which rules hold that were made over REST."""
    market = Market()
    market.engine.rules.groups["INET"] = (7,)
    create(market, *entries)
    market.next_day(TOMORROW)
    return market


def passes(market, ticket):
    events = market.enter(ticket)
    return not any(isinstance(event, Rejected) for event in events)


def refused(market, command):
    before = market.state()
    with pytest.raises(CommandRefused) as caught:
        market.do(command)
    assert market.state() == before, "a refused command changes nothing"
    return caught.value.field


def status(market, rule_id):
    return market.engine.rules.states[rule_id].status


@LIFE
def test_a_new_rule_holds_from_the_next_trading_day_on(market):
    create(market, max_shares(100))
    assert status(market, "shares") is RuleStatus.CONFIGURED
    assert passes(market, buy(101, at="10.00"))
    market.next_day(TOMORROW)
    assert status(market, "shares") is RuleStatus.ACTIVE
    assert passes(market, buy(100, at="10.00"))
    assert market.enter(buy(101, at="10.00")) == [Rejected(Reject.MAXIMUM_SHARES)]


@LIFE
def test_the_same_rule_asked_for_twice_is_made_once(market):
    create(market, max_shares(100))
    state = market.state()
    create(market, max_shares(100))
    assert market.state() == state
    assert refused(market, CreateRule(max_shares(200), "ann")) == "id"


@LIFE
def test_a_change_of_an_active_rule_holds_at_once():
    market = active(max_shares(100))
    market.enter(buy(100, at="9.00"))
    market.do(UpdateRule("shares", {"limit": 50}))
    assert market.enter(buy(51, at="9.00")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert market.find(1).open == 100, "not retroactive"
    market.next_day(LATER)
    assert not passes(market, buy(51, at="9.00")), "and for good"


@LIFE
def test_a_change_of_an_active_rule_may_wait_for_the_next_day():
    market = active(max_shares(100))
    market.do(UpdateRule("shares", {"limit": 50}, next_day=True))
    assert passes(market, buy(100, at="9.00"))
    market.next_day(LATER)
    assert not passes(market, buy(51, at="9.00"))


@LIFE
def test_what_is_changed_at_once_goes_before_what_waits():
    market = active(rule("adv", "adv", percent=50_000, minimum_volume=1_000))
    market.do(UpdateRule("adv", {"percent": 10_000, "minimum_volume": 500}, next_day=True))
    market.do(UpdateRule("adv", {"percent": 20_000}))
    market.next_day(LATER)
    assert market.engine.rules.states["adv"].rule.settings == {"percent": 20_000, "minimum_volume": 500}


@LIFE
def test_a_configured_rule_changes_as_it_waits_and_not_at_once(market):
    create(market, max_shares(100))
    assert refused(market, UpdateRule("shares", {"limit": 50})) == "effective"
    market.do(UpdateRule("shares", {"limit": 50}, next_day=True))
    assert passes(market, buy(101, at="9.00"))
    market.next_day(TOMORROW)
    assert not passes(market, buy(51, at="9.00"))


@LIFE
def test_an_active_rule_is_deleted_now_or_from_the_next_day_on():
    market = active(max_shares(100, "a"), max_shares(50, "b"))
    market.do(DeleteRule("b", next_day=False))
    assert passes(market, buy(100, at="9.00"))
    market.do(DeleteRule("a"))
    market.do(DeleteRule("a"))
    assert not passes(market, buy(101, at="9.00"))
    assert refused(market, UpdateRule("a", {"limit": 1})) == "id"
    market.next_day(LATER)
    assert passes(market, buy(101, at="9.00"))
    assert refused(market, DeleteRule("a")) == "id"


@LIFE
def test_a_configured_rule_is_deleted_at_once(market):
    create(market, max_shares(100))
    market.do(DeleteRule("shares"))
    market.next_day(TOMORROW)
    assert passes(market, buy(101, at="9.00"))


@LIFE
def test_rules_of_the_configuration_are_changed_there():
    market = Market(max_shares(100, "file"))
    assert refused(market, UpdateRule("file", {"limit": 1})) == "id"
    assert refused(market, DeleteRule("file", next_day=False)) == "id"
    assert refused(market, CreateRule(max_shares(100, "file"))) == "id"


@LIFE
def test_no_rule_of_the_file_has_the_id_of_one_made_over_rest(market):
    create(market, max_shares(100))
    assert refused(market, Configure((), (), (), (max_shares(5),))) == "rule"
    assert refused(market, CreateRule(max_shares(100, "config-1-max-shares"))) == "id"


@LIFE
def test_the_tightest_of_the_file_and_of_all_levels_decides():
    market = Market(max_shares(300, "file"))
    create(market, max_shares(200, "firm"), max_shares(100, "port", port="IN1"), max_shares(10, "else", port="IN2"))
    market.next_day(TOMORROW)
    assert passes(market, buy(100, at="9.00"))
    assert market.enter(buy(101, at="9.00")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert market.refusal.rule == "port"
    market.do(DeleteRule("port", next_day=False))
    market.do(DeleteRule("firm", next_day=False))
    market.enter(buy(301, at="9.00"))
    assert market.refusal.rule == "file"


@LIFE
def test_a_new_configuration_leaves_the_rules_made_over_rest():
    market = active(max_shares(100))
    market.configure(max_notional(1_000))
    assert not passes(market, buy(101, at="9.00"))
    assert not passes(market, buy(100, at="10.01"))


@LIFE
def test_lists_change_from_the_next_day_on(market):
    ask = ChangeList("restricted-stock", "NASDAQ", "INET", add=("AMD",), rule_id="list", user="ann")
    market.do(ask)
    assert passes(market, buy(1, at="20.00", symbol="AMD"))
    market.next_day(TOMORROW)
    assert market.enter(buy(1, at="20.00", symbol="AMD")) == [Rejected(Reject.RESTRICTED_STOCK)]
    market.do(ChangeList("restricted-stock", "NASDAQ", "INET", add=("AAPL",), remove=("AMD",), rule_id="other"))
    assert passes(market, buy(1, at="200.00", symbol="AAPL"))
    assert not passes(market, buy(1, at="20.00", symbol="AMD"))
    market.next_day(LATER)
    assert not passes(market, buy(1, at="200.00", symbol="AAPL"))
    assert passes(market, buy(1, at="20.00", symbol="AMD"))
    market.do(UpdateRule("list", symbols=("AMD",)))
    assert not passes(market, buy(1, at="20.00", symbol="AMD"))
    assert passes(market, buy(1, at="200.00", symbol="AAPL"))


@LIFE
def test_an_empty_list_restricts_nothing():
    market = active(restricted("AMD", name="list"))
    market.do(UpdateRule("list", symbols=()))
    assert passes(market, buy(1, at="20.00", symbol="AMD"))
    assert passes(market, buy(1, at="10.00"))


@LIFE
def test_only_the_scopes_that_a_rule_is_about_are_folded_anew():
    market = active(max_shares(100), restricted("AMD"))
    for port in ("IN1", "IN2", "INB", "AK1"):
        for symbol in ("ZWZZT", "AAPL"):
            market.enter(buy(1, at="9.00", symbol=symbol, by=port))
    book = market.engine.rule_book

    def folds(command):
        market.do(command)
        before = book.folds
        for port in ("IN1", "IN2", "INB", "AK1"):
            for symbol in ("ZWZZT", "AAPL"):
                market.enter(buy(1, at="9.00", symbol=symbol, by=port))
        return book.folds - before

    assert folds(UpdateRule("shares", {"limit": 99})) == 4
    assert folds(UpdateRule("restricted", symbols=("AAPL",))) == 2
    assert folds(CreateRule(max_shares(5, "new"))) == 0


@LIFE
def test_message_rates_go_on_with_what_was_counted():
    market = active(message_rate(3))
    for _ in range(3):
        market.message()
    market.do(UpdateRule("rate", {"max_port_messages": 2}))
    market.message()
    assert market.enter(buy(1, at="9.00")) == [Rejected(Reject.PORT_MESSAGE_RATE)]


@LIFE
def test_what_was_made_over_rest_is_in_snapshots():
    market = active(max_shares(100), max_notional(5_000, port="IN1"))
    create(market, max_shares(10, "new"))
    market.do(DeleteRule("notional"))
    market.do(UpdateRule("shares", {"limit": 60}, next_day=True))
    market.enter(buy(101, at="9.00"))
    other = market.reloaded()
    assert other.state() == market.state()
    for venue in (market, other):
        assert not passes(venue, buy(101, at="9.00"))
        venue.next_day(LATER)
        assert not passes(venue, buy(11, at="9.00"))
    assert other.state() == market.state()
    assert list(other.engine.rules.diary.rows("INET")) == list(market.engine.rules.diary.rows("INET"))


WRONG_ENTITIES = [
    (max_shares(1, symbols=("AMD",)), "symbols"),
    (max_shares(1, mpid="NONE"), "mpid"),
    (max_shares(1, exchange="NYSE"), "exchange"),
    (max_shares(1, port="AK1"), "port"),
    (max_shares(1, port="INB"), "port"),
    (max_shares(1, port="NONE"), "port"),
    (restricted(), "symbols"),
    (restricted("AMD", "NONE"), "symbols[1]"),
    (rule("order-rate", "r", max_duplicates=1), "port"),
    (rule("unheard-of", "r"), "type"),
    (message_rate(5, exchange="ROUTED"), "exchange"),
]


@MATRIX
@pytest.mark.parametrize(("entry", "field"), WRONG_ENTITIES)
def test_a_rule_is_for_whom_its_type_allows(market, entry, field):
    assert refused(market, CreateRule(entry)) == field


@MATRIX
def test_a_group_is_registered_before_a_rule_names_it(market):
    entry = grouped(rule("gross-exposure", "g", open_action=1_000), 7)
    assert refused(market, CreateRule(entry)) == "groupId"
    assert refused(market, RegisterGroups("INET", (0,))) == "groupIds[0]"
    market.do(RegisterGroups("INET", (8, 7)))
    create(market, entry)
    assert market.engine.rules.groups == {"INET": (7, 8)}
    assert refused(market, RegisterGroups("INET", (8,))) == "groupIds"
    assert refused(market, CreateRule(grouped(max_shares(1), 7))) == "groupId"
    assert refused(market, CreateRule(grouped(rule("gross-exposure", "h", port="IN1", open_action=1), 7))) == "groupId"


def grouped(entry, group_id):
    names = ("rule_id", "type", "exchange", "mpid", "port", "symbols", "settings")
    return type(entry)(*(getattr(entry, name) for name in names), group_id)


WRONG_SETTINGS = [
    (max_shares(1_000_000), "settings.limit"),
    (max_shares(-1), "settings.limit"),
    (max_shares(True), "settings.limit"),
    (max_shares(None), "settings.limit"),
    (max_notional(20_000_500), "settings.limit"),
    (max_notional(2**63), "settings.limit"),
    (rule("adv", "a", percent=2_550_001), "settings.percent"),
    (rule("adv", "a", minimum_volume=1), "settings.percent"),
    (rule("order-type", "o", reject_intermarket_sweep=1), "settings.rejectIso"),
    (rule("order-type", "o", reject_everything=True), "settings.rejectEverything"),
    (rule("shares-located", "l", brokers=("ABCDE",)), "settings.brokers[0]"),
    (rule("order-rate", "r", port="IN1", port_window=31), "settings.portWindow"),
    (rule("order-rate", "r", port="IN1", symbol_window=0), "settings.symbolWindow"),
    (fat_finger(percent="500.0001"), "settings.ranges[0].percent"),
    (rule("fat-finger", "f", ranges=((0, 0),)), "settings.ranges"),
    (rule("gross-exposure", "g", open_watch=0), "settings.open.watch"),
    (rule("gross-exposure", "g", open_watch=10, open_warn=9), "settings.open.warn"),
    (rule("gross-exposure", "g", executed_watch=10, executed_action=9), "settings.executed.action"),
    (rule("gross-exposure", "g", breach_action="SELL"), "settings.breachAction"),
]


@RANGES
@pytest.mark.parametrize(("entry", "field"), WRONG_SETTINGS)
def test_a_setting_out_of_its_range_is_blamed_by_its_name(market, entry, field):
    assert refused(market, CreateRule(entry)) == field


@RANGES
def test_a_change_is_held_to_the_same_ranges():
    market = active(max_notional(1_000), rule("gross-exposure", "g", open_watch=10, open_action=20))
    assert refused(market, UpdateRule("notional", {"limit": 1_500})) == "settings.limit"
    assert refused(market, UpdateRule("notional", {"limit": None})) == "settings.limit"
    assert refused(market, UpdateRule("g", {"open_watch": 30})) == "settings.open.action"
    assert refused(market, UpdateRule("notional", symbols=("AMD",))) == "symbols"
    assert refused(market, UpdateRule("none", {})) == "id"


@AUDIT
def test_the_audit_tells_who_changed_what_from_what_to_what():
    market = active(max_shares(100))
    market.do(UpdateRule("shares", {"limit": 50}, user="bob"))
    market.do(DeleteRule("shares", next_day=False, user="bob"))
    rows = [row[2:8] for row in market.engine.rules.diary.rows("INET")]
    assert rows == [
        (RevisionType.CREATE, "ann", "shares", "status", "", "CONFIGURED"),
        (RevisionType.CREATE, "ann", "shares", "limit", "", "100"),
        (RevisionType.ACTIVATE, "ann", "shares", "status", "CONFIGURED", "ACTIVE"),
        (RevisionType.UPDATE, "bob", "shares", "limit", "100", "50"),
        (RevisionType.DELETE, "bob", "shares", "status", "ACTIVE", "DELETED"),
    ]
    assert [row.number for row in market.engine.rules.diary.rows("INET", 4)] == [4, 5]


@AUDIT
def test_the_audit_says_what_waits_for_the_next_day():
    market = active(restricted("AMD", name="list"))
    market.do(ChangeList("restricted-stock", "NASDAQ", "INET", add=("AAPL",), remove=("AMD",), user="bob"))
    market.next_day(LATER)
    rows = [row[2:8] for row in market.engine.rules.diary.rows("INET", 5)]
    assert rows == [
        (RevisionType.UPDATE, "bob", "list", "symbols", "AMD", "(NEXT DAY)"),
        (RevisionType.UPDATE, "bob", "list", "symbols", "", "AAPL (NEXT DAY)"),
        (RevisionType.ACTIVATE, "bob", "list", "symbols", "AMD", ""),
        (RevisionType.ACTIVATE, "bob", "list", "symbols", "", "AAPL"),
    ]


@AUDIT
def test_breaches_are_counted_by_day_check_and_port():
    market = active(max_shares(100))
    for port in ("IN1", "IN1", "IN2", "AK1"):
        market.enter(buy(101, at="9.00", by=port))
    kept = {(key.date, key.subject, key.port): tally.times for key, tally in market.engine.rules.diary.breaches.items()}
    assert kept == {(TOMORROW, "MAXIMUM_SHARES", "IN1"): 2, (TOMORROW, "MAXIMUM_SHARES", "IN2"): 1}
    assert isinstance(market.enter(buy(1, at="9.00"))[0], Accepted)


@AUDIT
def test_a_breach_is_told_with_its_figures_and_counted_where_its_rule_is():
    port = PortEntry("IN1", "INET", "nasdaq", "ouch-us", routing=True)
    market = Market(max_shares(100, exchange="ROUTED"), ports=(port,))
    told = []
    market.engine.rules.diary.listeners.append(told.append)
    market.enter(buy(101, at="9.00", route=b"SCAN"))
    (happening,) = told
    assert (happening.kind, happening.exchange, happening.port) == (RuleHappeningKind.BREACH, "ROUTED", "IN1")
    assert (happening.current, happening.limit, happening.symbol) == (101, 100, "ZWZZT")
    (key,) = market.engine.rules.diary.breaches
    assert (key.exchange, key.rule_type, key.subject) == ("ROUTED", "max-shares", "MAXIMUM_SHARES")


@AUDIT
def test_tallies_add_up_over_a_day_and_are_kept_for_thirteen_months():
    market = active(max_shares(100))
    diary = market.engine.rules.diary
    for _ in range(3):
        market.enter(buy(101, at="9.00"))
        assert next(iter(diary.breaches.values())).last == market.now
        market.wait(1)
    assert [tally.times for tally in diary.breaches.values()] == [3]
    market.next_day("2027-11-30")
    assert len(diary.breaches) == 1
    market.wait(400 * 86_400)
    market.next_day("2027-12-01")
    assert not diary.breaches
    assert not list(diary.rows("INET"))
