"""Operations: each call does what it says, each bad one says what is wrong and changes nothing, whoever sends it."""

import socket
import stat
import struct

import msgspec
import pytest

from venue.operations import ROUTES
from wire.soup_terms import EndOfSession, LoginAccepted, LoginRejected, LoginRejectReason

NOTHING = msgspec.UNSET
HALTED = 0x0007
FAT_FINGER = 0x0026
PORT_RATE = 0x0029


@pytest.fixture
def venue(host):
    return host()


@pytest.fixture
def traders(venue, connect):
    """INET's and AKAM's client, their `S` read."""
    clients = [connect(venue, name=name) for name in ("IN19T6", "AK01T1")]
    for client in clients:
        client.expect("S")
    return clients


def trade(traders, number=1, price=2_000_000):
    """Let the two trade 100 AAPL; gives the match number."""
    buyer, seller = traders
    buyer.enter(number, price=price)
    buyer.expect("A")
    seller.enter(number, b"S", price=price)
    seller.expect("A")
    match = buyer.expect("E")[5]
    assert seller.expect("E")[5] == match
    return match


def test_every_route_is_tested():
    elsewhere = ("ports/{port}", "clock", "clients", "clients/{id}", "clients/{id}/secret", "audit", "state", "metrics")
    families = ("clearing/", "ptr/", "trf/", "prm/accounts/")
    elsewhere += ("members/{mpid}", "reports/prm-audit", "mail", "connections")
    elsewhere += tuple(one.path for one in ROUTES if one.path.startswith(families))
    assert {(one.verb, one.path) for one in ROUTES if one.path not in elsewhere} == {
        ("POST", "phase"),
        ("POST", "trading-day/next"),
        ("PUT", "books/{venue}/{book}/prices"),
        ("POST", "trades/{venue}/{matchNumber}/bust"),
        ("POST", "ports/{port}/release"),
        ("GET", "books/{venue}/{book}"),
        ("GET", "orders"),
        ("GET", "ports"),
    }


# --- phases


@pytest.mark.parametrize("book", ["AAPL", None])
def test_a_halted_book_rejects_orders_and_a_resumed_one_accepts(venue, traders, book):
    client, _ = traders
    body = {"venue": "nasdaq", "book": book, "phase": "HALT"}
    response = venue.ask("phase", body)
    assert (response.status, response.body) == (200, body)
    assert venue.ask("books/nasdaq/AAPL").body["phase"] == "HALT"
    client.enter(1)
    assert client.expect("J")[1:3] == (1, HALTED)
    assert venue.ask("phase", body | {"phase": "MARKET"}).status == 200
    assert venue.ask("books/nasdaq/AAPL").body["phase"] == "MARKET"
    client.enter(2)
    assert client.expect("A")[1] == 2


def test_a_halt_holds_one_book_of_one_venue(venue, connect, traders):
    venue.ask("phase", {"venue": "nasdaq", "book": "AAPL", "phase": "HALT"})
    traders[0].enter(1, symbol="MSFT", price=4_000_000)
    traders[0].expect("A")
    bx = connect(venue, "ouch.bx", "IN21T7")
    bx.expect("S")
    bx.enter(1)
    bx.expect("A")


def test_what_rests_in_a_halted_book_can_be_cancelled(venue, traders):
    client, _ = traders
    client.enter(1)
    client.expect("A")
    venue.ask("phase", {"venue": "nasdaq", "phase": "HALT"})
    client.send(client.cancel(1))
    assert client.expect("C")[1:4] == (1, 100, b"U")


# --------------------------------------------------------------------------------------------------------- prices


def test_prices_are_set_shown_and_cleared(venue):
    names = ("last", "previousClose", "bid", "offer", "luldLower", "luldUpper")
    prices = {name: f"20{digit}.5000" for digit, name in enumerate(names)} | {"adv": 77}
    response = venue.ask("books/nasdaq/AAPL/prices", prices)
    thresholds = dict.fromkeys(("fatFingerAggressive", "fatFingerPassive", "reference"))
    thresholds |= dict.fromkeys(("officialOpen", "officialClose", "staticGuard", "dynamicGuard"))
    assert (response.status, response.body) == (200, prices | thresholds)
    assert venue.ask("books/bx/AAPL").body.items() >= prices.items(), "a security's prices are the same at each venue"
    assert venue.ask("books/nasdaq/AAPL/prices", {"offer": None, "luldLower": None, "adv": None}).status == 200
    left = prices | {"offer": None, "luldLower": None, "adv": 0}
    assert venue.ask("books/nasdaq/AAPL").body.items() >= left.items()


@pytest.mark.parametrize(
    ("written", "shown"), [("1", "1.0000"), ("1.5", "1.5000"), ("0.0001", "0.0001"), ("199999.99", "199999.9900")]
)
def test_prices_may_be_written_with_up_to_four_decimals(venue, written, shown):
    assert venue.ask("books/nasdaq/AAPL/prices", {"last": written}).body["last"] == shown


def test_the_fat_finger_follows_the_previous_close(venue, connect):
    client = connect(venue, name="IN30T1")
    client.expect("S")
    client.enter(1, price=2_200_000)
    client.expect("A")
    client.enter(2, price=2_200_100)
    assert client.expect("J")[1:3] == (2, FAT_FINGER)
    venue.ask("books/nasdaq/AAPL/prices", {"previousClose": "300.0000"})
    client.enter(3, price=2_200_100)
    assert client.expect("J")[1:3] == (3, FAT_FINGER)
    client.enter(4, price=3_300_000)
    client.expect("A")


def test_the_fat_finger_looks_at_an_outside_quote_before_the_close_and_a_cleared_one_no_more(venue, connect):
    client = connect(venue, name="IN30T1")
    client.expect("S")
    venue.ask("books/nasdaq/AAPL/prices", {"offer": "100.0000"})
    client.enter(1, price=2_000_000)
    assert client.expect("J")[2] == FAT_FINGER
    venue.ask("books/nasdaq/AAPL/prices", {"offer": None})
    client.enter(2, price=2_000_000)
    client.expect("A")


# ------------------------------------------------------------------------------------------------- busts, releases


@pytest.mark.parametrize("reason", ["E", "C", "S", "X", None])
def test_a_busted_trade_is_told_to_both_sides_once(venue, traders, reason):
    match = trade(traders)
    target = f"trades/nasdaq/{match}/bust"
    response = venue.ask(target, {} if reason is None else {"reason": reason})
    assert (response.status, response.body) == (200, {"venue": "nasdaq", "matchNumber": match, "broken": True})
    for client in traders:
        assert client.expect("B")[1:4] == (1, match, (reason or "S").encode())
    assert venue.ask(target, {}).status == 409
    assert [client.settle()[1] for client in traders] == [[], []]


def test_a_port_that_its_rate_shut_is_free_after_a_release(venue, connect):
    client = connect(venue, name="IN30T1")
    client.expect("S")
    client.send(*(client.order(number) for number in range(1, 102)))
    answers = client.take(101)
    assert {answer[:1] for answer in answers[:100]} == {b"A"}
    assert answers[100][:1] == b"J"
    client.enter(102)
    assert client.expect("J")[1:3] == (102, PORT_RATE)
    assert port(venue, "IN30T1")["rateLimited"] is True
    response = venue.ask("ports/IN30T1/release", {})
    assert (response.status, response.body) == (200, {"port": "IN30T1", "rateLimited": False})
    assert port(venue, "IN30T1")["rateLimited"] is False
    client.enter(103)
    client.expect("A")


# ------------------------------------------------------------------------------------------------- the next trading day


def test_the_next_trading_day_ends_the_session_and_starts_another(venue, connect, traders):
    client, other = traders
    client.enter(7)
    client.expect("A")
    client.send(client.order(8, quantity=200, tif=b"5"))
    client.expect("A")
    old = client.session
    response = venue.ask("trading-day/next")
    assert response.status == 200
    assert response.body == {"date": "2026-11-20", "session": "261120PI00"}
    assert client.expect("C")[1:4] == (7, 100, b"T")
    assert client.expect("C")[1:4] == (8, 200, b"T")
    for one in traders:
        assert one.expect("S")[1] == b"E"
        one.wait_for(EndOfSession)
        one.read_to_end()
        assert not one.unread
    assert old == other.session == "261119PI00"

    late = connect(venue)
    assert late.login("IN19T6", session=old) == LoginRejected(LoginRejectReason.SESSION_NOT_AVAILABLE)
    again = connect(venue)
    assert again.login("IN19T6") == LoginAccepted("261120PI00", 1)
    assert again.expect("S")[1] == b"S"
    assert again.sequence == 2
    assert again.settle() == (1, [])
    again.enter(1)
    assert again.expect("A")[1] == 1
    assert [item["userRefNum"] for item in venue.ask("orders").body["items"]] == [1]
    assert sorted(path.name for path in (venue.data / "log").glob("*.db")) == ["2026-11-19.db", "2026-11-20.db"]


@pytest.mark.parametrize("with_clients", [False, True])
def test_a_restart_after_the_roll_keeps_the_new_day(venue, host, connect, with_clients):
    clients = [connect(venue, name="IN19T6")] if with_clients else []
    venue.ask("trading-day/next", {})
    for client in clients:
        client.read_to_end()
    before = venue.hash()
    venue.stop()
    again = host()
    assert again.hash() == before
    assert connect(again).login("IN19T6") == LoginAccepted("261120PI00", 1)


def test_the_days_pass_over_the_weekend_and_the_locks_go_with_the_day(venue, connect):
    client = connect(venue, name="IN30T1")
    client.send(*(client.order(number) for number in range(1, 103)))
    client.settle()
    assert port(venue, "IN30T1")["rateLimited"] is True
    assert [venue.ask("trading-day/next").body["date"] for _ in range(3)] == ["2026-11-20", "2026-11-23", "2026-11-24"]
    assert port(venue, "IN30T1")["rateLimited"] is False
    assert len(list((venue.data / "log").glob("*.db"))) == 4


def test_the_close_of_a_day_is_the_next_ones_previous_close(venue, traders):
    trade(traders, price=1_990_000)
    venue.ask("trading-day/next")
    assert venue.ask("books/nasdaq/AAPL").body["previousClose"] == "199.0000"


# --------------------------------------------------------------------------------------------------------- looking


def port(venue, name):
    (found,) = (item for item in venue.ask("ports").body["items"] if item["port"] == name)
    return found


def test_a_book_shows_its_levels_best_first(venue, traders):
    client, _ = traders
    for number, (side, price) in enumerate(((b"B", 1_990_000), (b"B", 1_980_000), (b"S", 2_010_000)), 1):
        client.enter(number, side, price=price)
    client.enter(4, price=1_990_000, quantity=50)
    client.take(4)
    book = venue.ask("books/nasdaq/AAPL").body
    assert book["bids"] == [{"price": "199.0000", "quantity": 150}, {"price": "198.0000", "quantity": 100}]
    assert book["asks"] == [{"price": "201.0000", "quantity": 100}]
    assert (book["venue"], book["book"], book["last"], book["bid"]) == ("nasdaq", "AAPL", "200.0000", "199.0000")


def test_orders_are_those_of_a_port_or_all(venue, traders):
    traders[0].enter(3, cl_ord_id="MINE")
    traders[1].enter(4)
    for client in traders:
        client.expect("A")
    (mine,) = venue.ask("orders?port=IN19T6").body["items"]
    shown = (mine["userRefNum"], mine["clOrdId"], mine["price"], mine["quantity"], mine["side"], mine["venue"])
    assert shown == (3, "MINE", "190.0000", 100, "BUY", "nasdaq")
    everything = venue.ask("orders").body
    assert [item["port"] for item in everything["items"]] == ["IN19T6", "AK01T1"]
    assert everything["asOf"] == venue.call(lambda: venue.venue.machine.number)


def test_ports_show_who_is_logged_in(venue, traders):
    traders[0].enter(1)
    traders[0].expect("A")
    shown = port(venue, "IN19T6")
    assert shown.items() >= {"mpid": "INET", "loggedIn": True, "liveOrders": 1, "sequence": 2}.items()
    assert port(venue, "IN24T4")["loggedIn"] is False
    for client in traders:
        client.logout()
    venue.wait_for_leavers()
    assert port(venue, "IN19T6")["loggedIn"] is False


# --------------------------------------------------------------------------------------------------------- bad calls


PRICES = "books/nasdaq/AAPL/prices"
BAD = [
    ("nowhere", NOTHING, 404, None),
    ("nowhere", {}, 404, None),
    ("", NOTHING, 404, None),
    ("books/nasdaq", NOTHING, 404, None),
    ("books/nasdaq/AAPL/prices/last", {}, 404, None),
    ("phase", NOTHING, 405, None),
    (PRICES, NOTHING, 405, None),
    ("ports", {}, 405, None),
    ("orders", {"port": "IN19T6"}, 405, None),
    ("books/nasdaq/AAPL", {}, 405, None),
    ("phase", None, 422, None),
    ("phase", [], 422, None),
    ("phase", "HALT", 422, None),
    ("phase", {}, 422, "venue"),
    ("phase", {"venue": "nasdaq"}, 422, "phase"),
    ("phase", {"venue": "nasdaq", "phase": "LUNCH"}, 422, "phase"),
    ("phase", {"venue": 7, "phase": "HALT"}, 422, "venue"),
    ("phase", {"venue": "nasdaq", "book": ["AAPL"], "phase": "HALT"}, 422, "book"),
    ("phase", {"venue": "nasdaq", "phase": "HALT", "until": "noon"}, 422, "until"),
    ("phase", {"venue": "nyse", "phase": "HALT"}, (404, 422), "venue"),
    ("phase", {"venue": "nasdaq", "book": "NONE", "phase": "HALT"}, (404, 422), "book"),
    ("trading-day/next", {"date": "2026-12-24"}, 422, "date"),
    ("trading-day/next", 5, 422, None),
    ("books/nyse/AAPL", NOTHING, 404, "venue"),
    ("books/nasdaq/NONE", NOTHING, 404, "book"),
    ("books/nyse/AAPL/prices", {"last": "1"}, 404, "venue"),
    ("books/nasdaq/NONE/prices", {"last": "1"}, 404, "book"),
    ("books/nasdaq/%FF%00/prices", {"last": "1"}, 404, "book"),
    (PRICES, {"lasst": "1"}, 422, "lasst"),
    (PRICES, {"last": 1}, 422, "last"),
    (PRICES, {"last": "1.00001"}, 422, "last"),
    (PRICES, {"last": "-1"}, 422, "last"),
    (PRICES, {"last": "1e3"}, 422, "last"),
    (PRICES, {"last": ""}, 422, "last"),
    (PRICES, {"last": "1000000"}, 422, "last"),
    (PRICES, {"last": "1", "previousClose": "two"}, 422, "previousClose"),
    (PRICES, {"last": "1\n"}, 422, "last"),
    (PRICES, {"last": "٣"}, 422, "last"),
    (PRICES, {"adv": -1}, 422, "adv"),
    (PRICES, {"adv": "50"}, 422, "adv"),
    (PRICES, {"adv": 2**63}, 422, "adv"),
    ("ports/NOBODY/release", {}, 404, "port"),
    ("ports/IN30T1/release", {"what": "rate"}, 422, "what"),
    ("orders?port=NOBODY", NOTHING, 404, "port"),
    ("trades/nasdaq/99/bust", {}, 404, "matchNumber"),
    ("trades/nyse/1/bust", {}, 404, "venue"),
    ("trades/nasdaq/one/bust", {}, 422, "matchNumber"),
    ("trades/nasdaq/-1/bust", {}, 422, "matchNumber"),
    ("trades/nasdaq/1/bust", {"reason": "Z"}, 422, "reason"),
    ("trades/nasdaq/1/bust", {"reason": "EE"}, 422, "reason"),
    ("trades/nasdaq/1/bust", {"reason": None}, 422, "reason"),
    ("trades/nasdaq/36893488147419103232/bust", {}, (404, 422), "matchNumber"),
    (f"trades/nasdaq/{'9' * 5000}/bust", {}, (404, 422), "matchNumber"),
]


@pytest.mark.parametrize(("target", "body", "status", "field"), BAD, ids=[f"{row[0][:40]} {row[1]}" for row in BAD])
def test_a_bad_call_says_what_is_wrong_and_changes_nothing(venue, traders, target, body, status, field):
    trade(traders)
    before = venue.hash()
    response = venue.ask(target, body)
    assert response.status in (status if isinstance(status, tuple) else (status,)), response
    problem = response.body
    assert (problem["status"], problem["type"]) == (response.status, "about:blank")
    assert problem["title"]
    assert problem["detail"]
    assert [error["field"] for error in problem.get("errors", ())] == ([] if field is None else [field])
    assert all(error["message"] for error in problem.get("errors", ()))
    assert venue.hash() == before
    assert [client.settle()[1] for client in traders] == [[], []]
    assert not venue.faults


@pytest.mark.parametrize("price", ["0", "0.0000"])
def test_a_price_of_nothing_is_refused_as_in_the_configuration(venue, price):
    assert venue.ask(PRICES, {"previousClose": price}).status == 422


# ------------------------------------------------------------------------------------------------------ engine.sock


def raw(venue, data, read=True):
    """Send bytes to engine.sock; give what comes back until it closes or falls silent."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(0.5)
        client.connect(str(venue.data / "engine.sock"))
        client.sendall(data)
        answer = b""
        try:
            while read and (piece := client.recv(65536)):
                answer += piece
        except (TimeoutError, ConnectionError):
            pass
        return answer


def frame(data):
    return struct.pack(">I", len(data)) + data


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\0",
        b"\0\0\0\x10half",
        b"\xff\xff\xff\xff{}",
        b"GET /ops/ports HTTP/1.1\r\n\r\n",
        frame(b""),
        frame(b"not json"),
        frame(b"[1]"),
        frame(b'{"target": 5}'),
        frame(b'{"target": "ports", "extra": 1}'),
        frame(b'{"target": "\xff"}'),
        frame(b'{"target": "\\ud800"}'),
        frame(b'{"target": "phase", "body": ' + b"[" * 100_000 + b"}"),
        frame(b"{" * (1 << 20)),
        struct.pack(">I", (1 << 20) + 1) + b"{" * 100,
    ],
    ids=lambda data: repr(data[:40]),
)
def test_garbage_on_the_socket_hurts_nobody(venue, traders, garbage):
    before = venue.hash()
    answer = raw(venue, garbage)
    if garbage[4:5] in (b"{", b"[", b"n") and len(garbage) <= 1 << 20 and garbage[:1] == b"\0":
        assert msgspec.json.decode(answer[4:])["status"] == 400
    assert raw(venue, garbage, read=False) == b""
    assert venue.ask("ports").status == 200
    assert venue.hash() == before
    traders[0].enter(1)
    traders[0].expect("A")
    assert not venue.faults


def test_one_connection_may_ask_many_times_also_after_a_bad_request(venue):
    requests = (b"no json", b'{"target": "nowhere"}', b'{"target": "phase", "body": {}}', b'{"target": "ports"}')
    answer = raw(venue, b"".join(frame(request) for request in requests))
    statuses = []
    while answer:
        length = int.from_bytes(answer[:4], "big")
        statuses.append(msgspec.json.decode(answer[4 : 4 + length])["status"])
        answer = answer[4 + length :]
    assert statuses == [400, 404, 422, 200]


def test_the_socket_is_for_its_owner_alone(venue):
    mode = (venue.data / "engine.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_the_socket_works_in_a_directory_with_a_long_path(host, tmp_path):
    room = 150 - len(str(tmp_path)) - 1
    venue = host(data=tmp_path / ("d" * max(room, 1)))
    assert len(str(venue.data)) >= 150
    assert venue.ask("phase", {"venue": "nasdaq", "phase": "HALT"}).status == 200
    venue.stop()
    assert not (venue.data / "engine.sock").exists()
