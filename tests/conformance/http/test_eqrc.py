"""The kit holds a rules API to its guide; and one that lies is found out."""

import asyncio

import pytest
from lift import lift

from conformance.declarations.soup import Packet
from conformance.operations import operate
from conformance.runner import Outcome
from venue.access import known_secret
from venue.conformance_commands import EQRC_DEMO

PORTS = {"trader": "port", "guarded": "guarded_port", "router": "route_user"}
ORDERS = {party: (EQRC_DEMO[name], "NTFTEST") for party, name in PORTS.items()}
USERS = {"we": "eqrc-inet", "viewer": "eqrc-inet-ro"}
SETTINGS = EQRC_DEMO | {"user": "eqrc-inet", "password": "", "symbol": "ZWZZT", "price": "10.00"}
CLIENTS = {party: (client, known_secret(client)) for party, client in USERS.items()}
HOW = {"settings": SETTINGS, "users": CLIENTS | ORDERS}


def changes(verb, path, change, status=200):
    """A lie about the answers of one call: what `change` does to their JSON."""

    def spoil(said, _memory):
        if said.verb == verb and path in said.path and said.status == status:
            body = said.json
            said.json = change(body) or body

    return spoil


def becomes(verb, path, status, new):
    """A lie in the status."""

    def spoil(said, _memory):
        if said.verb == verb and path in said.path and said.status == status:
            said.status = new

    return spoil


def put(*names):
    *names, value = names

    def change(body):
        place = body
        for name in names[:-1]:
            place = place[name]
        place[names[-1]] = value

    return change


def foreign(said, _memory):
    if said.verb == "GET" and said.path.startswith("/rules-api/rules") and said.status == 200 and "items" in said.json:
        body = said.json
        body["items"].append({"id": "theirs", "mpid": "AKAM", "type": "max-shares"})
        said.json = body


def forgets(said, _memory):
    """A rule that was deleted is still shown."""
    if said.verb == "GET" and said.status == 404 and said.path.startswith("/rules-api/rules/rule-"):
        said.status, said.body = 200, b'{"id": "x", "status": "CONFIGURED"}'
        said.headers["content-type"] = "application/json"


def twice(said, memory):
    """Under one key a rule is made twice."""
    if said.verb == "POST" and said.path == "/rules-api/rules" and said.status == 200:
        memory["made"] = memory.get("made", 0) + 1
        if memory["made"] == 2:
            body = said.json
            said.json = body | {"id": body["id"] + "x"}


def goes_back(said, memory):
    if said.verb == "GET" and said.status == 200 and b'"asOf"' in said.body:
        body = said.json
        memory["n"] = memory.get("n", 1_000_000) - 1
        said.json = body | {"asOf": memory["n"]}


def plain(said, _memory):
    if said.status >= 400:
        said.headers["content-type"] = "text/plain"


def unblamed(said, _memory):
    if said.status == 422:
        body = said.json
        said.json = body | {"errors": [{"field": "something", "message": "no"}]}


def untold(said, _memory):
    """The stream says nothing."""


untold.stream = lambda data: data.replace(b"event: revision", b"event: nothing!")

RULE, RULES, AUDIT = "/rules-api/rules/", "/rules-api/rules", "/rules-api/audit"
LIES = {
    "a rule is in force at once": (changes("POST", RULES, put("status", "ACTIVE")), "a new rule waits*"),
    "a limit is another one": (changes("GET", RULE, put("settings", "limit", 1)), "a new rule waits*"),
    "a deleted rule is still there": (forgets, "a rule that waits is deleted*"),
    "what was left out is lost": (changes("PUT", RULE, put("settings", "portWindow", 1)), "a change keeps*"),
    "a rule is made twice under one key": (twice, "under one key*"),
    "a page is too long": (changes("GET", "limit=1", lambda b: put("items", b["items"] * 2)(b)), "lists go on*"),
    "a list shows another firm's": (foreign, "what is another firm's*"),
    "who may look only may write": (becomes("POST", RULES, 403, 200), "who may look only*"),
    "another firm is told apart from none": (becomes("POST", RULES, 404, 403), "what is another firm's*"),
    "without a token it is told that there is nothing": (becomes("GET", RULES, 401, 404), "without a token*"),
    "a range is not kept": (becomes("POST", RULES, 422, 200), "maximum shares"),
    "the field is not named": (unblamed, "thresholds of an exposure*"),
    "a refusal is no problem": (plain, "a rule that there is not*"),
    "as of goes back": (goes_back, "the audit tells*"),
    "a list loses its symbol": (changes("GET", RULE, put("symbols", [])), "a list is the rule*"),
    "the switch is about other ports": (changes("POST", "switch", put("ports", [])), "the safety switch does*"),
    "an alert stays on": (changes("PUT", "alert", put("enabled", True)), "who is told*"),
    "the audit forgets": (changes("GET", AUDIT, put("items", [])), "the audit tells*"),
    "the file has other columns": (lambda said, _: spoil_csv(said), "the audit is a file*"),
    "the stream is silent": (untold, "the stream tells*"),
    "exposures are everybody's": (becomes("GET", "consumption?", 404, 200), "what is used now"),
}


def spoil_csv(said):
    if said.headers.get("content-type", "").startswith("text/csv"):
        said.body = said.body.replace(b"Revision Date", b"Date")


@pytest.fixture
def orders(venue, operator):
    """What a run is told for scenarios with orders: where they are entered, and how the next day begins."""
    host, port = venue.target
    operated = {name: operator[name] for name in ("next_day", "bands")} | {"phase": operator["us_phase"]}
    return {
        "order_target": f"{host}:{port}",
        "route_target": "{}:{}".format(*venue.services["rash.nasdaq"]),
        **operated,
    }


@pytest.mark.section("EQRC", "4 Monitoring")
async def test_the_demos_rules_api_passes_the_whole_suite(venue, hold, orders):
    results = await hold("eqrc", tuple(venue.services["http"]), patience=10.0, more=orders, **HOW)
    assert {name: str(result.failure) for name, result in results.items() if result.failure} == {}
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


async def test_what_takes_orders_is_skipped_with_the_reason_where_nothing_says_where_they_are_entered(venue, hold):
    results = await hold("eqrc", tuple(venue.services["http"]), "6-orders", "7-next-day", **HOW)
    assert {result.outcome for result in results.values()} == {Outcome.SKIPPED}
    assert {result.why for result in results.values()} == {"needs --order-target: rules are shown to hold by orders"}


async def test_the_next_day_takes_an_operator(venue, hold, orders):
    more = {"order_target": orders["order_target"]}
    results = await hold("eqrc", tuple(venue.services["http"]), "7-next-day", more=more, **HOW)
    assert {result.why for result in results.values()} == {"needs --next-day"}


def answers(wanted, change):
    """A lie about the Rejected messages with this reason: what becomes of the packet."""

    def spoil(packet, wire):
        if wire.inbound or packet.payload[:1] != b"J" or packet.payload[13:15] != wanted.to_bytes(2, "big"):
            return [packet]
        return [Packet(0, "S", change(packet.payload))]

    return spoil


def another_reason(payload):
    return payload[:13] + b"\x00\x01" + payload[15:]


def forgets_to_cancel(packet, wire):
    """Orders that the switch ended are not told."""
    return [] if not wire.inbound and packet.payload[:1] == b"C" and packet.payload[-1:] == b"S" else [packet]


FREE = """
title    Free
section  3.2
scenario Free
    we log in
    we send POST Path=/rules-api/safety-switch exchange=$exchange mpid=$firm portAction=ENABLE
    we get 200
"""


@pytest.fixture
def free(venue, hold):
    """Open what a liar may have left shut."""
    asyncio.run(hold("eqrc", tuple(venue.services["http"]), text=FREE, patience=10.0, **HOW))


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize(
    ("spoil", "only"),
    [
        (answers(0x0031, another_reason), "0x0031 for a share*"),
        (answers(0x0026, another_reason), "0x0030, 0x0022*"),
        (answers(0x0029, another_reason), "0x0029 for*"),
        (answers(0x000C, another_reason), "the safety switch cancels all*"),
        (forgets_to_cancel, "the safety switch cancels, *"),
    ],
    ids=["shares", "fat finger", "rate", "disabled", "canceled"],
)
async def test_a_lie_of_the_order_port_is_found_out(spoil, only, venue, hold, proxy, orders):
    liar = await proxy(spoil)
    more = orders | {"order_target": "{}:{}".format(*liar.address)}
    results = await hold("eqrc", tuple(venue.services["http"]), only, patience=0.4, more=more, **HOW)
    assert {result.outcome for result in results.values()} == {Outcome.FAILED}


def of_letter(letter, change, at=0):
    """A lie about messages with this letter: `change` gives the payloads that come instead, the number counts them."""

    def spoil(packet, wire):
        if wire.inbound or packet.letter != "S" or packet.payload[at : at + 1] != letter:
            return [packet]
        memory = wire.proxy.memory
        memory[letter] = memory.get(letter, 0) + 1
        return [Packet(0, "S", payload) for payload in change(packet.payload, memory[letter])]

    return spoil


def not_canceled_twice(payload, number):
    """What is the first to end for the venue is not told."""
    return [] if payload[-3:-2] == b"S" and number == 1 else [payload]


def spares_nothing(payload, number):
    """The order for a cross (the second) ends with the first one."""
    return [payload, payload[:9] + (int.from_bytes(payload[9:13]) + 1).to_bytes(4, "big") + payload[13:]][: 3 - number]


def refused_instead(payload, number):
    """The second order is not accepted, though the breach is not there before it."""
    return [payload] if number != 2 else [b"J" + payload[1:13] + b"\x00\x20" + bytes(14) + b"\x00\x00"]


def another_letter(payload, _number):
    return [payload[:-1] + b"O"]


NEXT_DAY_LIES = {
    "a level is passed over": (answers(0x0031, another_reason), "the most restrictive*", "n1 Reason=0x0031"),
    "a volume is another": (answers(0x0025, another_reason), "what is exactly at*", "Reason=0x0025"),
    "a sale is no breach": (answers(0x0022, another_reason), "a restricted stock is*", "n1 Reason=0x0022"),
    "a locate is another": (answers(0x0027, another_reason), "a short sale needs*", "n1 Reason=0x0027"),
    "it is not before the market": (answers(0x002D, another_reason), "0x002d before*", "Reason=0x002D"),
    "it is no offering": (answers(0x0033, another_reason), "0x002d before*", "Reason=0x0033"),
    "bands that move end nothing": (forgets_to_cancel, "0x0021 beyond*", "Canceled of n3"),
    "an order for a cross ends": (of_letter(b"C", spares_nothing), "of three thresholds*", "Canceled of n3"),
    "an order for a cross stays": (
        of_letter(b"C", lambda payload, number: [payload][: number - 1]),
        "cancel all*",
        "of n1",
    ),
    "it is refused too soon": (of_letter(b"A", refused_instead), "reject lets*", "Accepted of n2"),
    "a breach has another code": (answers(0x0020, another_reason), "what has executed*", "n3 Reason=0x0020"),
    "what goes away is another's": (of_letter(b"J", another_letter, at=8), "what would go away*", "of n1 Reason="),
}
"""What is told otherwise, in which scenario, and at which line that is found out."""


@pytest.fixture
def lifted(venue, operator):
    """After a liar: no rule of its scenario is left, the market is open and its bands are where they were."""
    yield
    lift(*venue.services["http"])
    for name, told in (
        ("us_phase", {"book": "ZWZZT", "phase": "MARKET"}),
        ("bands", {"lower": "9.00", "upper": "11.00"}),
    ):
        assert not asyncio.run(operate(operator[name], told))


@pytest.mark.usefixtures("lifted")
@pytest.mark.parametrize("lying", NEXT_DAY_LIES)
async def test_a_lie_about_rules_of_the_day_is_found_out_where_it_is_told(lying, venue, hold, proxy, orders):
    spoil, only, line = NEXT_DAY_LIES[lying]
    is_away = only.startswith("what would go away")
    liar = await proxy(spoil, "rash.nasdaq" if is_away else "ouch.nasdaq")
    more = orders | {"route_target" if is_away else "order_target": "{}:{}".format(*liar.address)}
    results = await hold("eqrc", tuple(venue.services["http"]), only, patience=0.8, more=more, **HOW)
    assert [line in str(result.failure) for result in results.values()] == [True], results


def no_levels(body):
    for item in body["items"]:
        item["level"] = "NONE"


REST_LIES = {
    "a level is not told": (changes("GET", "consumption", no_levels), "of three thresholds*", "level=WARN"),
    "who may look only lifts a breach": (becomes("POST", "unbreach", 403, 200), "what has executed*", "gets 403"),
}


@pytest.mark.usefixtures("lifted")
@pytest.mark.parametrize("lying", REST_LIES)
async def test_a_lie_about_exposures_is_found_out_where_it_is_told(lying, hold, lie, orders):
    spoil, only, line = REST_LIES[lying]
    results = await hold("eqrc", await lie(spoil), only, patience=0.8, more=orders, **HOW)
    assert [line in str(result.failure) for result in results.values()] == [True], results


async def test_an_honest_proxy_is_not_taken_for_a_liar(hold, lie):
    results = await hold("eqrc", await lie(lambda _said, _memory: None), "5-watching", patience=10.0, **HOW)
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


@pytest.mark.parametrize("lying", LIES)
async def test_a_lie_is_found_out(lying, hold, lie):
    spoil, only = LIES[lying]
    results = await hold("eqrc", await lie(spoil), only, patience=0.4, **HOW)
    assert Outcome.FAILED in {result.outcome for result in results.values()}


def test_the_command_knows_the_demos_clients(venue, command):
    host, port = venue.services["http"]
    arguments = ("conform", "eqrc", "--target", f"{host}:{port}", "--user", "eqrc-inet", "--demo", "--only", "1-access")
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    assert "0 failed, 0 skipped" in done.stderr


@pytest.mark.usefixtures("free")
def test_the_command_says_where_orders_are_entered(venue, command):
    (host, port), (order_host, order_port) = venue.services["http"], venue.target
    arguments = ("conform", "eqrc", "--target", f"{host}:{port}", "--user", "eqrc-inet", "--demo", "--only", "6-orders")
    done = command(*arguments, "--order-target", f"{order_host}:{order_port}")
    assert done.returncode == 0, done.stderr
    assert "0 failed, 0 skipped" in done.stderr
    done = command(*arguments, "--order-target", "nowhere")
    assert (done.returncode, "--order-target" in done.stderr) == (2, True)
