"""What operations set and see of Nordic members, accounts and order books, over the table of calls."""

import pytest

from engine.api import BlockAccount, LockCurrency
from venue.machine import Machine
from venue.recovery import replay

PRM = pytest.mark.section("Portcullis", "Operations: Nordic members and accounts")
ACCUMULATED = ("totalRisk", "totalTraded", "totalOpen", "tradedBuy", "tradedSell", "openBuy", "openSell")
NO_LIMITS = dict.fromkeys(("maxQuantity", "maxValue", "maxQuantityAuction", "maxValueAuction", *ACCUMULATED))
NO_LIMITS["blowThrough"] = False
NO_SETTINGS = {
    "limits": {},
    "repeatedOrderLimit": None,
    "restrictOnRepeatedOrder": False,
    "marketOrderPrevention": False,
    "marketOrderProtection": False,
    "fatFingerInAuctions": False,
    "symbolRate": None,
    "cancelOnSymbolRate": False,
    "emails": [],
    "restrictedSymbols": [],
    "restrictedSegments": [],
}


@pytest.fixture
def venue(host):
    return host()


def put(venue, target, body):
    """The answer to a change that is made."""
    response = venue.ask(target, body, "PUT")
    assert response.status == 200, response.body
    return response.body


@PRM
def test_an_account_shows_its_users_state_and_settings(venue):
    assert venue.ask("prm/accounts/GP29PR").body == {
        "account": "GP29PR",
        "mpid": "GP29",
        "users": ["GP29U1", "GP29U2"],
        "blocked": False,
        "blockedBy": "",
        "rateLocked": "",
        "counters": {},
        "today": settings(),
        "nextDay": settings(),
        "canceled": False,
        "byOperations": False,
    }
    others = venue.ask("prm/accounts/GP31P8").body
    assert others["users"] == [f"GP31U{number}" for number in range(1, 9)]
    assert others["today"] == NO_SETTINGS | {"restrictedSymbols": ["301"], "restrictedSegments": [900]}


def settings(quantity=100_000, value="10000000.0000", symbols=(), segments=()):
    sek = NO_LIMITS | {"maxQuantity": quantity, "maxValue": value, "maxQuantityAuction": 20_000}
    limits = {"EUR": NO_LIMITS | {"maxQuantity": 200_000}, "SEK": sek}
    return NO_SETTINGS | {"limits": limits, "restrictedSymbols": [*symbols], "restrictedSegments": [*segments]}


@PRM
def test_all_of_the_order_form_is_set_and_shown(venue):
    limits = {name: f"{number}.5000" for number, name in enumerate(("maxValue", "maxValueAuction", *ACCUMULATED), 1)}
    limits |= {"maxQuantity": 9, "maxQuantityAuction": 10, "blowThrough": True}
    changed = {name: True for name, value in NO_SETTINGS.items() if value is False}
    changed |= {"repeatedOrderLimit": 12, "symbolRate": 13, "emails": ["risk@gp29.example"]}
    changed |= {"restrictedSymbols": ["301"], "restrictedSegments": [900]}
    answer = put(venue, "prm/accounts/GP29Q1", {"currency": "SEK", "limits": limits, "settings": changed})
    assert answer["today"] == answer["nextDay"] == changed | {"limits": {"SEK": limits}}
    auction = {"maxQuantityAuction": None, "maxValueAuction": None}
    answer = put(venue, "prm/accounts/GP29Q1", {"currency": "SEK", "limits": auction})
    assert answer["today"]["limits"] == {"SEK": limits | auction}


@PRM
def test_what_guards_sponsored_access_cannot_be_switched_off(venue):
    def refused(body, target="prm/accounts/GP29P1"):
        response = venue.ask(target, body, "PUT")
        return [error["field"] for error in response.body["errors"]] if response.status == 409 else None

    for effective in ("today", "next-day", "both"):
        of_a_day = {"currency": "SEK", "effective": effective}
        assert refused(of_a_day | {"limits": {"maxValue": 0}}) == ["limits.maxValue"]
        nothing = dict.fromkeys(("totalRisk", "totalTraded", "totalOpen"), 0)
        assert refused(of_a_day | {"limits": nothing}) == ["limits.totalRisk"]
    put(venue, "prm/accounts/GP29P1", {"currency": "SEK", "limits": {"maxValue": 0, "maxQuantity": 10}})
    put(venue, "prm/accounts/GP29P1", {"currency": "SEK", "limits": {"totalRisk": 0, "totalOpen": 0}})
    put(venue, "prm/accounts/GP29P1", {"settings": {"symbolRate": 0}})
    assert refused({"maxOrdersPerSecond": 0}, "ports/GP29O2") == ["maxOrdersPerSecond"]
    put(venue, "prm/accounts/GP29P1", {"settings": {"symbolRate": 50}})
    put(venue, "ports/GP29O2", {"maxOrdersPerSecond": 0})
    assert refused({"settings": {"symbolRate": 0}}) == ["settings.symbolRate"]


@PRM
def test_operations_lift_locks_by_currency(venue):
    venue.call(venue.venue.command, LockCurrency("GP29PR", "SEK", locked=True))
    assert venue.ask("prm/accounts/GP29PR").body["counters"]["SEK"]["locked"] == ["byHand"]
    target = "prm/accounts/GP29PR/release"
    assert venue.ask(target, {"what": "lock", "currency": "SEK"}, "POST").body["counters"] == {}
    for body in ({"what": "lock"}, {"what": "block", "currency": "SEK"}, {"what": "lock", "currency": "USD"}):
        assert venue.ask(target, body, "POST").status in (404, 422)


@PRM
def test_an_account_is_blocked_with_or_without_an_end_of_its_orders(venue):
    target = "prm/accounts/GP29PR"
    shown = venue.ask(f"{target}/block", {}, "POST").body
    assert (shown["blocked"], shown["canceled"], shown["byOperations"]) == (True, False, True)
    assert venue.ask(f"{target}/block", {"cancel": True}, "POST").body["canceled"]
    shown = venue.ask(f"{target}/release", {"what": "block"}, "POST").body
    assert (shown["blocked"], shown["canceled"], shown["byOperations"]) == (False, False, False)
    assert venue.ask(f"{target}/cancel", {}, "POST").body == {"account": "GP29PR", "orders": 0}
    assert venue.ask("prm/accounts/NONE/cancel", {}, "POST").status == 404


@PRM
def test_a_member_lifts_its_own_block_and_none_of_the_operations(venue):
    target, member = "prm/accounts/GP29PR", {"byMember": True}
    shown = venue.ask(f"{target}/block", member, "POST").body
    assert (shown["blocked"], shown["byOperations"]) == (True, False)
    assert not venue.ask(f"{target}/release", {"what": "block"} | member, "POST").body["blocked"]
    venue.ask(f"{target}/block", {}, "POST")
    assert venue.ask(f"{target}/release", {"what": "block"} | member, "POST").status == 409
    assert venue.ask(f"{target}/release", {"what": "symbol-rate"} | member, "POST").status == 409
    assert venue.ask(target).body["blocked"]


@PRM
def test_a_member_changes_what_is_its_own_to_change_and_for_today(venue):
    target, member = "prm/accounts/GP29Q1", {"byMember": True, "effective": "today"}
    answer = put(venue, target, member | {"settings": {"repeatedOrderLimit": 11}})
    assert (answer["today"]["repeatedOrderLimit"], answer["nextDay"]["repeatedOrderLimit"]) == (11, 3)
    for body in ({"settings": {"symbolRate": 9}} | member, {"settings": {"repeatedOrderLimit": 2}, "byMember": True}):
        assert venue.ask(target, body, "PUT").status == 409


@PRM
@pytest.mark.parametrize(
    ("effective", "today", "next_day"),
    [(None, 5, 5), ("both", 5, 5), ("today", 5, 100_000), ("next-day", 100_000, 5)],
)
def test_limits_change_for_the_days_asked_for(venue, effective, today, next_day):
    body = {"currency": "SEK", "limits": {"maxQuantity": 5}} | ({} if effective is None else {"effective": effective})
    answer = put(venue, "prm/accounts/GP29PR", body)
    assert (answer["today"], answer["nextDay"]) == (settings(today), settings(next_day))
    assert venue.ask("prm/accounts/GP29PR").body == answer
    venue.ask("trading-day/next", {})
    assert venue.ask("prm/accounts/GP29PR").body["today"] == settings(next_day)


@PRM
@pytest.mark.parametrize(
    ("value", "shown"),
    [(2_500_000, "2500000.0000"), ("2500000.5", "2500000.5000"), ("0.0001", "0.0001"), (0, None), ("0", None)],
)
def test_a_value_is_whole_or_a_text_with_up_to_four_decimals(venue, value, shown):
    answer = put(venue, "prm/accounts/GP29PR", {"currency": "SEK", "limits": {"maxValue": value}})
    assert answer["today"] == settings(value=shown)


@PRM
def test_lists_change_each_as_a_whole_and_take_numbers_and_texts(venue):
    answer = put(venue, "prm/accounts/GP29PR", {"settings": {"restrictedSymbols": [101, "0201"]}})
    assert answer["today"] == settings(symbols=["101", "201"])
    answer = put(venue, "prm/accounts/GP29PR", {"settings": {"restrictedSegments": [900]}})
    assert answer["today"] == settings(symbols=["101", "201"], segments=[900])
    answer = put(venue, "prm/accounts/GP29PR", {"settings": {"restrictedSymbols": []}})
    assert answer["today"] == settings(segments=[900])


@PRM
@pytest.mark.parametrize(
    ("target", "body", "status", "field"),
    [
        ("prm/accounts/GP29XX", {"settings": {"restrictedSegments": []}}, 404, "account"),
        ("prm/accounts/GP29PR", {}, 422, None),
        ("prm/accounts/GP29PR", {"settings": {}}, 422, None),
        ("prm/accounts/GP29PR", {"currency": "SEK"}, 422, "limits"),
        ("prm/accounts/GP29PR", {"limits": {"maxQuantity": 1}}, 422, "currency"),
        ("prm/accounts/GP29PR", {"currency": "USD", "limits": {"maxQuantity": 1}}, 422, "currency"),
        ("prm/accounts/GP29PR", {"currency": "SEK", "limits": {}}, 422, None),
        ("prm/accounts/GP29PR", {"currency": "SEK", "limits": {"maxQuantity": -1}}, 422, "limits.maxQuantity"),
        ("prm/accounts/GP29PR", {"currency": "SEK", "limits": {"maxValue": "0.00001"}}, 422, "limits.maxValue"),
        ("prm/accounts/GP29PR", {"currency": "SEK", "limits": {"maxValue": "999999999999999"}}, 422, "limits.maxValue"),
        ("prm/accounts/GP29PR", {"currency": "SEK", "limits": {"maxValue": 1.5}}, 422, "limits.maxValue"),
        ("prm/accounts/GP29PR", {"currency": "SEK", "limits": {"totalRisk": "999999999999999"}}, 422, "totalRisk"),
        ("prm/accounts/GP29PR", {"currency": "SEK", "limits": {"totalRisk": None}}, 422, "totalRisk"),
        ("prm/accounts/GP29PR", {"settings": {"symbolRate": -1}}, 422, "symbolRate"),
        ("prm/accounts/GP29PR", {"settings": {"emails": ["a@b\r\nBcc: c@d"]}}, 422, None),
        ("prm/accounts/GP29PR", {"settings": {"restrictedSymbols": ["ERIC B"]}}, 422, None),
        ("prm/accounts/GP29PR", {"settings": {"restrictedSymbols": ["999"]}}, 422, "restrictedSymbols"),
        ("prm/accounts/GP29PR", {"settings": {"restrictedSymbols": ["0"]}}, 422, "restrictedSymbols"),
        ("prm/accounts/GP29PR", {"settings": {"restrictedSegments": []}, "effective": "never"}, 422, "effective"),
        ("members/GP99", {"fatFingerMultiplierPassive": 1}, 404, "mpid"),
        ("members/GP29", {}, 422, None),
        ("members/GP29", {"fatFingerMultiplierPassive": 1000}, 422, "fatFingerMultiplierPassive"),
        ("members/GP29", {"fatFingerMultiplierPassive": 1.5}, 422, "fatFingerMultiplierPassive"),
        ("members/GP29", {"groupIds": [7]}, 404, "mpid"),
        ("members/GP29", {"groupIds": [0]}, 422, "groupIds[0]"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(venue, target, body, status, field):
    before = venue.venue.machine.engine.prm.accounts["GP29PR"].settings
    response = venue.ask(target, body, "PUT")
    assert response.status == status, response.body
    named = [error["field"] for error in response.body.get("errors", [])]
    assert field is None or field in [*named, *(name.rpartition(".")[2] for name in named)]
    assert venue.venue.machine.engine.prm.accounts["GP29PR"].settings == before


@PRM
def test_the_groups_of_a_us_firm_are_set_as_a_whole(venue):
    answered = put(venue, "members/INET", {"groupIds": [9, 7]})
    assert answered == {
        "mpid": "INET",
        "fatFingerMultiplierAggressive": None,
        "fatFingerMultiplierPassive": None,
        "groupIds": [7, 9],
    }
    both = venue.ask("members/INET", {"groupIds": [8], "fatFingerMultiplierPassive": 1}, "PUT")
    assert both.status == 404
    assert venue.venue.machine.engine.rules.groups["INET"] == (7, 9)


@PRM
def test_a_member_s_multipliers_are_set_one_by_one(venue):
    assert put(venue, "members/GP29", {"fatFingerMultiplierAggressive": 200}) == {
        "mpid": "GP29",
        "fatFingerMultiplierAggressive": 200,
        "fatFingerMultiplierPassive": 100,
        "groupIds": [],
    }
    assert put(venue, "members/GP29", {"fatFingerMultiplierPassive": 0})["fatFingerMultiplierAggressive"] == 200


@PRM
def test_operations_lift_a_block(venue):
    venue.call(venue.venue.command, BlockAccount("GP29PR", blocked=True))
    assert venue.ask("prm/accounts/GP29PR").body["blocked"] is True
    response = venue.ask("prm/accounts/GP29PR/release", {"what": "block"}, "POST")
    assert (response.status, response.body["blocked"]) == (200, False)
    assert venue.ask("prm/accounts/GP29XX/release", {"what": "block"}, "POST").status == 404
    assert venue.ask("prm/accounts/GP29PR/release", {"what": "symbol-rate"}, "POST").status == 200
    assert venue.ask("prm/accounts/GP29XX").status == 404


@PRM
def test_a_nordic_book_shows_what_it_is_and_takes_thresholds(venue):
    book = venue.ask("books/nordic/101").body
    assert [book[name] for name in ("symbol", "mic", "currency", "segment")] == ["ERIC B", "XSTO", "SEK", 100]
    assert [book[name] for name in ("last", "previousClose", "luldLower")] == ["100.0000", "100.0000", None]
    answer = put(venue, "books/nordic/101/prices", {"fatFingerAggressive": 2.5, "fatFingerPassive": None, "last": "99"})
    assert (answer["fatFingerAggressive"], answer["fatFingerPassive"], answer["last"]) == (2.5, None, "99.0000")
    assert put(venue, "books/nordic/101/prices", {"reference": "98.5"})["reference"] == "98.5000"
    assert venue.ask("books/nordic/101").body["reference"] == "98.5000"


@PRM
@pytest.mark.parametrize(
    ("target", "body", "field"),
    [
        ("books/nordic/101/prices", {"luldLower": "1"}, "luldLower"),
        ("books/nordic/101/prices", {"adv": 1}, "adv"),
        ("books/nasdaq/AAPL/prices", {"staticGuard": 1}, "staticGuard"),
        ("books/nordic/101/prices", {"fatFingerPassive": 1000.5}, "fatFingerPassive"),
        ("books/nordic/101/prices", {"fatFingerPassive": 0.00001}, "fatFingerPassive"),
        ("books/nordic/101/prices", {"fatFingerPassive": -1}, "fatFingerPassive"),
        ("books/nasdaq/AAPL/prices", {"fatFingerPassive": 5}, "fatFingerPassive"),
        ("books/nasdaq/AAPL/prices", {"reference": "200"}, "reference"),
        ("books/nordic/101/prices", {"reference": "0"}, "reference"),
    ],
    ids=str,
)
def test_each_kind_of_book_has_its_own_prices(venue, target, body, field):
    response = venue.ask(target, body, "PUT")
    assert response.status == 422
    assert [error["field"] for error in response.body["errors"]] == [field]


@PRM
def test_what_was_set_outlives_a_restart_and_is_what_a_replay_finds(host, tmp_path):
    venue = host(data=tmp_path)
    put(venue, "prm/accounts/GP29PR", {"currency": "SEK", "limits": {"maxQuantity": 7}, "effective": "today"})
    put(venue, "members/GP29", {"fatFingerMultiplierPassive": 250})
    put(venue, "books/nordic/101/prices", {"fatFingerAggressive": 1})
    shown, state = venue.ask("prm/accounts/GP29PR").body, venue.hash()
    venue.stop()
    machine = Machine(tmp_path)
    replay(tmp_path, machine)
    assert machine.hash() == state
    again = host(data=tmp_path)
    assert again.ask("prm/accounts/GP29PR").body == shown
    assert again.hash() == state
    assert put(again, "members/GP29", {"fatFingerMultiplierAggressive": 1})["fatFingerMultiplierPassive"] == 250
    assert again.ask("books/nordic/101").body["fatFingerAggressive"] == 1
