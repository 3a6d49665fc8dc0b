"""FIX refusals explained: the check, its figures, what else was wrong, and what would pass.

As of OUCH orders, what is proposed is tried in the place of the message: it must be accepted.
"""

import pytest
from floor import Floor, told
from msgspec import structs

from engine.api import Reject, RuleEntry, SetAccount, SetPort, SetPrices
from fix.codec import field, frame, parse, utc_timestamp
from venue.explain.find import Order, matching
from venue.explain.fix import FixDialect
from venue.explain.replay import Look
from venue.explain.text import lines
from venue.record import Kind, Record

EXPLAIN = pytest.mark.section("Portcullis", "Explanations of FIX refusals")
US, NORDIC = "INFX01", "GP29F1"


class FixFloor(Floor):
    """The demo's machine with the rules of its port with rules on a FIX port, and FIX clients that are logged on."""

    PORT = US

    def __init__(self, folder):
        super().__init__(folder)
        rules = [structs.replace(rule, port=US) if rule.port == "IN30T1" else rule for rule in self.command.rules]
        self.do_structured(rules)
        self.numbers = {}

    def do_structured(self, rules):
        self.command = structs.replace(self.command, rules=tuple(rules))
        self.do(self.command)

    def frame(self, kind, port, fields):
        self.numbers[port] = number = self.numbers.get(port, 0) + 1
        version, target = ("FIXT.1.1", "INORD") if port == NORDIC else ("FIX.4.2", "INET")
        time = utc_timestamp(self.now).decode()
        head = {35: kind, 34: number, 49: port, 56: target, 52: time, 50: "GP29U1" if port == NORDIC else "TRD"}
        head |= {tag: fields[tag] for tag in (97, 115) if tag in fields}
        said = b"".join(field(b"%d" % tag, str(value).encode()) for tag, value in (head | fields).items())
        return frame(version.encode(), said)

    def say(self, kind, fields, port=US):
        """Send a message; gives the last that the port says to it."""
        index = self.index(port)
        if port not in self.numbers:
            extra = {1137: 9} if port == NORDIC else {}
            self.apply(Kind.LOGIN, index, self.frame("A", port, {98: 0, 108: 30} | extra))
        time = {60: utc_timestamp(self.now).decode()}
        self.apply(Kind.MESSAGE, index, self.frame(kind, port, fields | time))
        stream = self.machine.streams[index]
        return parse(stream.packet(stream.count)).values

    def order(self, port=US, name="A1", **more):
        at, symbol = ("100.00", "101") if port == NORDIC else ("10.00", "ZWZZT")
        fields = {11: name, 21: 1, 38: 100, 40: 2, 44: at, 54: 1, 55: symbol}
        fields = {tag: value for tag, value in fields.items() if tag != 21 or port == US}
        return self.say("D", fields | {int(tag[1:]): value for tag, value in more.items()}, port)

    def would_pass(self, changes, port=US):
        """Whether the last message, changed as proposed, is accepted in its place."""
        sent = parse(self.last())
        fields = {int(tag): value.decode() for tag, value in sent.fields[2:-1]}
        for change in changes:
            tag = {"quantity": 38, "price": 44}.get(change["field"]) or int(change["field"])
            fields.pop(tag, None) if change["value"] is None else fields.__setitem__(tag, str(change["value"]))
        message = frame(sent.begin_string, b"".join(field(b"%d" % tag, v.encode()) for tag, v in fields.items()))
        machine, (_, index, *times, _) = self.before(), self.records[-1]
        machine.apply(Record(Kind.MESSAGE, index, *times, message))
        stream = machine.streams[index]
        return parse(stream.packet(stream.count)).values[b"39"] in (b"0", b"1", b"2", b"5")


@pytest.fixture
def floor(tmp_path):
    return FixFloor(tmp_path)


ROWS = {
    Reject.MAXIMUM_SHARES: ({"t38": 6_000}, (5_000, 6_000), {"quantity": 5_000}),
    Reject.MAXIMUM_NOTIONAL: (
        {"t38": 5_000, "t44": "400.00", "t55": "MSFT"},
        ("1000000.0000", "2000000.0000"),
        {"quantity": 2_500},
    ),
    Reject.FAT_FINGER: ({"t44": "11.01"}, ("1.0000", "1.0100"), {"price": "11.0000"}),
    Reject.RESTRICTED_STOCK: ({"t55": "AMD", "t44": "20.00"}, (None, None), {}),
    Reject.INVALID_QUANTITY: ({"t38": 0}, (999_999, 0), {"quantity": 1}),
    Reject.INVALID_TICK: ({"t44": "10.001"}, ("0.0100", "10.0010"), {"price": "10.0000"}),
    Reject.INVALID_SYMBOL: ({"t55": "NONE"}, (None, "NONE"), {}),
    Reject.QUOTE_UNAVAILABLE: ({"t18": "M"}, (None, None), {"18": None}),
    Reject.INVALID_CROSS: ({"t9355": "S"}, (None, "S"), {"9355": None}),
    Reject.CALL_MISSED: ({"t9355": "O"}, (None, None), {"9355": None}),
    Reject.DISCRETION_NOT_SERVED: ({"t9392": "9.00", "t111": 10}, (None, None), {"9392": None}),
    Reject.ROUTING_NOT_SERVED: ({"t9303": "NONE"}, (None, None), {"9303": None}),
    Reject.INVALID_MINIMUM_QUANTITY: ({"t110": 50, "t9140": "N"}, (None, 50), {"110": 100}),
    Reject.FIRM_NOT_AUTHORIZED: ({"t115": "AKAM"}, (None, "AKAM"), {"115": "INET"}),
}


@EXPLAIN
@pytest.mark.parametrize("reason", ROWS, ids=lambda reason: reason.name)
def test_a_us_refusal_is_told_with_its_figures_and_what_would_pass(floor, reason):
    sent, (limit, observed), change = ROWS[reason]
    report = floor.order(**sent)
    assert report[b"39"] == b"8"
    found = told(floor.explain())
    assert (found["outcome"], found["check"]) == ("rejected", reason.name)
    assert (found["limit"], found["observed"]) == (limit, observed)
    assert found["code"].split()[0] == f"103={report[b'103'].decode()}"
    assert found["codeName"] == report[b"58"].decode()
    changes = found["smallestChange"]["fields"]
    assert {one["field"]: one["value"] for one in changes} == change
    assert not changes or floor.would_pass(changes)
    assert found["smallestChange"]["outside"] or changes or reason is Reject.INVALID_SYMBOL


@EXPLAIN
def test_all_that_is_wrong_is_told_and_one_change_for_each(floor):
    floor.order(t38=6_000, t44="11.01", t18="M")
    found = told(floor.explain())
    assert found["check"] == "QUOTE_UNAVAILABLE"
    assert [one["check"] for one in found["otherChecks"]] == ["MAXIMUM_SHARES", "FAT_FINGER"]
    changes = found["smallestChange"]["fields"]
    assert {one["field"] for one in changes} == {"18", "quantity", "price"}
    assert floor.would_pass(changes)


@EXPLAIN
def test_what_would_go_away_is_told_with_the_rule_that_holds_it_and_the_order_that_would_pass(floor):
    away = RuleEntry("away", "max-shares", "ROUTED", "INET", None, (), {"limit": 300})
    floor.do_structured([*floor.command.rules, away])
    floor.order("AKFX01", t21=1, t54=2)
    floor.order(t38=500, t9303="SCAN")
    found = told(floor.explain())
    assert (found["check"], found["limit"], found["observed"]) == ("MAXIMUM_SHARES", 300, 400)
    assert (found["rule"]["id"], found["scope"]["exchange"]) == ("away", "ROUTED")
    changes = found["smallestChange"]["fields"]
    assert [(one["field"], one["value"]) for one in changes] == [("quantity", 400)]
    assert floor.would_pass(changes)


@EXPLAIN
def test_a_replace_that_is_refused_is_explained_and_tells_the_shares_of_the_chain(floor):
    floor.order()
    said = floor.say("G", {11: "A2", 41: "A1", 21: 1, 38: 6_000, 40: 2, 44: "10.00", 54: 1, 55: "ZWZZT"})
    assert said[b"35"] == b"9"
    found = told(floor.explain())
    assert (found["outcome"], found["check"], found["limit"]) == ("rejected", "MAXIMUM_SHARES", 5_000)
    assert found["request"]["message"] == "OrderCancelReplaceRequest"
    assert [(one["field"], one["value"]) for one in found["smallestChange"]["fields"]] == [("quantity", 5_000)]
    assert floor.would_pass(found["smallestChange"]["fields"])


@EXPLAIN
def test_what_a_nordic_account_refuses_names_the_account_and_its_limit(floor):
    floor.order(NORDIC, t38=100_001, t44="1.00")
    found = told(floor.explain())
    assert (found["check"], found["limit"], found["rule"]["id"]) == ("MAXIMUM_ORDER_QUANTITY", 100_000, "GP29PR")
    assert found["smallestChange"]["fields"][0]["value"] == 100_000
    floor.do(SetAccount("GP29PR", restricted_symbols=("101",)))
    floor.order(NORDIC, "A2")
    found = told(floor.explain())
    assert (found["check"], found["smallestChange"]["fields"]) == ("RESTRICTED_SYMBOL", [])


@EXPLAIN
def test_a_state_that_no_change_helps_is_named_with_who_has_to_act(floor):
    floor.do(SetPort(US, cancel_only=True))
    floor.order()
    found = told(floor.explain())
    assert (found["check"], found["decidedBy"]) == ("ENTRY_DISABLED", "port")
    assert found["smallestChange"]["outside"]


@EXPLAIN
def test_what_was_not_refused_is_said_to_be_so(floor):
    floor.order()
    assert floor.explain().outcome == "accepted"
    floor.say("F", {11: "C1", 41: "A1", 54: 1, 55: "ZWZZT"})
    assert floor.explain().outcome == "other"
    floor.order(t97="Y")
    assert floor.explain().outcome == "silent"


@EXPLAIN
def test_a_used_id_and_a_missing_locate_are_explained_by_their_text(floor):
    floor.order()
    floor.order()
    found = told(floor.explain())
    assert (found["outcome"], found["code"], found["codeName"]) == ("rejected", "103=6", "Duplicate ClOrdID")
    floor.order(name="A2", t54=5)
    found = told(floor.explain())
    assert (found["code"], found["codeName"]) == ("103=0 22204=39", "Easy to Borrow (ETB) reject")
    floor.order(name="A3", t15="EUR")
    found = told(floor.explain())
    assert (found["codeName"], found["smallestChange"]["fields"][0]["field"]) == ("Invalid currency", "15")


@EXPLAIN
def test_looking_changes_nothing_and_its_answer_is_text_too(floor):
    floor.do(SetPrices("ZWZZT", {"outside_offer": 100_000}))
    floor.order(t38=6_000)
    look = floor.look()
    assert isinstance(look, Look)
    text = "\n".join(lines(look.explanation()))
    assert "MAXIMUM_SHARES" in text
    assert "NewOrderSingle A1" in text


@EXPLAIN
def test_an_order_is_found_by_its_cl_ord_id(floor):
    floor.order(name="THIS-ONE-HERE", t38=6_000)
    wanted = matching(Order(US, cl_ord_id="THIS-ONE-HERE"), FixDialect())
    assert wanted(floor.last())
    assert not matching(Order(US, cl_ord_id="THIS-ONE"), FixDialect())(floor.last())
    assert not matching(Order(US, user_ref_num=1), FixDialect())(floor.last())


@EXPLAIN
def test_a_refused_order_with_a_tag_that_is_too_long_to_be_a_number_is_explained(floor):
    floor.order()
    said = [*parse(floor.last()).fields[2:-1], (b"9" * 5000, b"x")]
    floor.numbers[US] += 1
    number = b"%d" % floor.numbers[US]
    body = b"".join(field(tag, number if tag == b"34" else value) for tag, value in said)
    floor.apply(Kind.MESSAGE, floor.index(US), frame(b"FIX.4.2", body))
    assert floor.explain().outcome == "rejected"
