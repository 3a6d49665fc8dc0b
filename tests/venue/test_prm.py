"""PRM ports of a running venue: the client library and the command line against it, and what a connection does."""

import asyncio
import json
from contextlib import aclosing

import pytest
from click.testing import CliRunner

from engine.api import BlockAccount
from engine.risk.counters import CurrencyState
from ouch import nordic_codec
from prmproto import extension
from prmproto.client import Disconnected, PrmClient, Refused, to_text, to_units
from prmproto.codes import ErrorCode, RejectReason
from prmproto.messages import OUT, AccumulatedValues, decode
from venue.log import read_log
from venue.machine import Machine
from venue.prm_command import prm
from venue.prm_ports import REQUESTS_A_TURN
from venue.record import Kind
from venue.recovery import replay
from wire.soup_terms import DebugReceived

CLIENT = pytest.mark.section("Portcullis", "PRM client")
COMMAND = pytest.mark.section("Portcullis", "portcullis prm")
SESSION = pytest.mark.section("PRM protocol", "2.5 Meaning of each request")


def client_of(venue, user="GP29A1", **how):
    host, port = venue.addresses["prm"]
    return PrmClient(host, port, user, "NTFTEST", **how)


def count(venue, account="GP29PR", **values):
    """Let an account have accumulated this much in SEK."""

    def set_values():
        accounts = venue.venue.machine.engine.prm.accounts
        state = accounts[account].currencies.setdefault("SEK", CurrencyState("SEK"))
        for name, value in values.items():
            setattr(state, name, value)

    venue.call(set_values)


@CLIENT
def test_a_risk_desks_program_looks_and_changes(host):
    venue = host()

    async def session():
        async with client_of(venue) as client:
            assert (client.welcome.mpid, client.welcome.role) == ("GP29", "A")
            assert [one.account for one in await client.accounts()] == ["GP29PR", "GP29P1", "GP29Q1"]
            assert [one.user for one in await client.users("GP29PR")] == ["GP29U1", "GP29U2"]
            assert len(await client.checks("GP29PR")) == 16
            assert (await client.block("GP29PR", cancel=True)).block == "C"
            assert (await client.unblock("GP29PR")).block == "U"
            limits = await client.set_limits("GP29PR", "SEK", total_open=to_units("250000.5"))
            assert (limits.total_open, limits.maximum_quantity) == (2_500_005_000, 100_000)
            assert {one.limit: one.today for one in await client.limits("GP29PR", "SEK")}["O"] == 2_500_005_000
            assert (await client.set_currency("GP29PR", "SEK", reject_all="Y")).reject_all == "Y"
            assert {one.locked for one in await client.counters("GP29PR", "SEK")} == {"Y"}
            assert (await client.restrict_book("GP29PR", 101)).state == "A"
            assert (await client.restrict_segment("GP29PR", 900)).state == "A"
            assert [one.restricted for one in await client.restrictions("GP29PR")] == [101, 900]
            assert (await client.settings("GP29PR", repeated_orders=3)).repeated_orders == 3
            assert await client.cancel_orders("GP29PR") == await client.cancel_orders("GP29PR", 101) == 0
            assert [row.action for row in await client.audit("GP29PR")][:2] == ["Account Block", "Account Unblock"]
            with pytest.raises(Refused) as refused:
                await client.block("GP31P8")
            assert refused.value.code is RejectReason.UNAUTHORIZED
            with pytest.raises(Refused) as refused:
                await client.limits("GP29PR", "USD")
            assert refused.value.code is ErrorCode.NO_SUCH_CURRENCY

    asyncio.run(session())


@CLIENT
def test_counters_and_events_come_unasked_once_they_are_subscribed_to(host, clock):
    venue = host()

    async def session():
        async with client_of(venue) as client:
            await client.subscribe_events("GP29PR", 8)
            await client.watch_counters("GP29PR", "SEK")
            await asyncio.to_thread(count, venue, open_buy=5_0000)
            clock.moment += 1_000_000_000
            told = []
            async with aclosing(client.messages()) as messages:
                async for message in messages:
                    told.append(message)
                    if isinstance(message, extension.CounterEntry) and message.counter == "S":
                        await asyncio.to_thread(venue.call, venue.venue.command, BlockAccount("GP29PR", True))
                    if isinstance(message, extension.Event):
                        break
            assert isinstance(told[0], AccumulatedValues)
            assert [one.current for one in told[1:4]] == [5_0000, 0, 5_0000]
            assert told[-1].kind == "K"

    asyncio.run(session())


@CLIENT
def test_a_lost_connection_is_gone_on_from(host):
    venue = host()

    async def session():
        async with client_of(venue) as client:
            await client.subscribe_events()
            session, sequence = client.session, client.sequence
        await asyncio.to_thread(venue.wait_for_leavers)
        await asyncio.to_thread(venue.call, venue.venue.command, BlockAccount("GP29PR", True))
        async with client_of(venue, session=session, sequence=sequence) as client:
            assert (await anext(client.messages())).kind == "K"

    asyncio.run(session())


@CLIENT
@pytest.mark.parametrize(("user", "password"), [("GP29O1", "NTFTEST"), ("GP29A1", "WRONG")])
def test_who_is_not_let_in_is_told_so(host, user, password):
    venue = host()
    host_name, port = venue.addresses["prm"]

    async def session():
        async with PrmClient(host_name, port, user, password):
            pass

    with pytest.raises(Disconnected, match="refused"):
        asyncio.run(session())


@pytest.mark.parametrize(("text", "units"), [("0", 0), ("1", 10_000), ("1234.5", 12_345_000), ("0.0001", 1)])
def test_amounts_are_converted_exactly(text, units):
    assert to_units(text) == units
    assert to_text(units).replace(",", "") == text


@pytest.mark.parametrize(
    "text", ["", "x", "1.00001", "NaN", "1e999999999", "1e100", "922337203685477.5808", "Infinity"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"no amount|more than"):
        to_units(text)


# ----------------------------------------------------------------------------------------------------- the connection


def asked(client):
    """Ask for the next number, behind all that comes before the answer."""
    client.send(b"Q")
    while True:
        (message,) = client.take()
        if message[:1] == b"Q":
            return decode(OUT, message).next_user_ref_num


@SESSION
def test_what_cannot_be_read_ends_the_connection_with_a_debug_packet_and_the_port_is_free_again(host, connect):
    venue = host()
    client = connect(venue, "prm", "GP29A1")
    client.send(b"Q", b"nonsense", b"Q")
    assert "no such message" in client.wait_for(DebugReceived).text
    client.read_to_end()
    assert [message[:1] for message in client.received] == [b"Q"]
    venue.wait_for_leavers()
    assert asked(connect(venue, "prm", "GP29A1")) == 1


@SESSION
def test_values_are_told_to_a_client_of_the_base_protocol_when_they_change(host, connect, clock):
    venue = host()
    client = connect(venue, "prm", "GP29A1")
    for value in (1, 2):
        count(venue, traded_sell=value)
        clock.moment += 1_000_000_000
        (message,) = client.take()
        assert decode(OUT, message).traded_sell == value


@SESSION
def test_a_replay_says_what_was_said(host, connect, tmp_path):
    venue = host()
    client = connect(venue, "prm", "GP29A1")
    for message in ("43 00000001 475032395052 00000005 59 59 59 59 43", "52 00000002 475032395052 00000065 41"):
        client.send(bytes.fromhex(message))
    client.send(bytes.fromhex("68 00000001 01 00 0000001f"), bytes.fromhex("73 00000002 202020202020 000001ff"))
    client.send(bytes.fromhex("78 00000003 475032395052 41 00000000"), b"d" + bytes(4) + b" " * 6 + bytes(8))
    assert asked(client) == 4
    venue.stop()
    machine = Machine(tmp_path)
    replay(venue.data, machine)
    machine.settle()
    streams = [stream.digest() for stream in venue.venue.machine.streams]
    assert [stream.digest() for stream in machine.streams] == streams
    assert machine.hash() == venue.venue.machine.hash()


@SESSION
def test_a_long_answer_is_a_record_a_slice_orders_have_their_turn_and_what_is_sent_behind_it_waits(
    host, connect, monkeypatch
):
    monkeypatch.setattr("prmproto.listing.MESSAGES_A_SLICE", 1)
    venue = host()
    client, orders = connect(venue, "prm", "GP29A1"), connect(venue, "ouch.nordic", "GP29O1")
    (connection,) = (one for one in venue.venue.connections if one.name == "GP29A1")
    venue.call(lambda: setattr(connection, "has_asked", True))  # no slice is told before `go_on`
    lists = bytes.fromhex("6c 00000002 202020202020 202020"), bytes.fromhex("61 00000003 202020202020")
    client.send(bytes.fromhex("68 00000001 01 00 0000001f"), *lists, b"Q")
    letters = [message[:1] for message in client.take(12)]
    orders.send(nordic_codec.pack_enter_order(1, b"B", 100, 101, 1_000_000, b"GP29U5", 71, 72, 73, 0, b"1", b"H", b""))
    assert [message[:1] for message in orders.take(2)] == [b"S", b"A"]
    assert venue.call(lambda: (connection.is_answering, connection.is_behind)) == (True, True)
    venue.call(connection.go_on)
    while letters[-1:] != [b"Q"]:
        letters += [message[:1] for message in client.take()]
    assert letters == [b"h", *[b"l"] * 44, b"e", *[b"a"] * 3, b"e", b"Q"]
    records = [record for _, record in read_log(venue.data) if record.port == connection.index]
    kinds = [record.kind for record in records if record.kind in (Kind.MESSAGE, Kind.SESSION_TIMER)]
    assert kinds.count(Kind.SESSION_TIMER) == 4 + 3
    client.send(lists[0])
    client.close()  # in the middle, or before
    orders.close()
    venue.wait_for_leavers()
    assert asked(connect(venue, "prm", "GP29A1")) == 1


@SESSION
def test_counters_of_many_accounts_are_all_told_at_login_and_when_they_change(host, connect, clock, monkeypatch):
    monkeypatch.setattr("prmproto.counters.ACCOUNTS_A_SLICE", 1)
    venue = host()
    accounts = ("GP29PR", "GP29P1", "GP29Q1")
    client = None
    for value in (1, 2):
        for account in accounts:
            count(venue, account, traded_sell=value)
        clock.moment += 1_000_000_000
        client = client or connect(venue, "prm", "GP29A1")
        told = [decode(OUT, message) for message in client.take(3)]
        assert [(one.account, one.traded_sell) for one in told] == [(account, value) for account in accounts]


@SESSION
def test_ports_that_ask_for_much_at_once_wait_for_one_another(host, connect, monkeypatch):
    monkeypatch.setattr("prmproto.listing.MESSAGES_A_SLICE", 1)
    venue = host()
    clients = [connect(venue, "prm", name) for name in ("GP29A1", "GP29A2")]
    turns = venue.venue.prm_turns
    for client in clients:
        client.send(bytes.fromhex("68 00000001 01 00 0000001f"))
        client.take()
    venue.call(lambda: setattr(turns, "is_planned", True))  # nobody's turn comes
    for client in clients:
        client.send(bytes.fromhex("61 00000003 202020202020"))
        client.take()
    assert venue.call(lambda: [work.__self__.name for work in turns.waiting]) == ["GP29A1", "GP29A2"]
    venue.call(turns.take)
    for client in clients:
        assert [message[:1] for message in client.take(3)] == [b"a", b"a", b"e"]


@SESSION
def test_requests_that_come_at_once_are_carried_out_a_few_at_a_time(host, connect):
    venue = host()
    client = connect(venue, "prm", "GP29A1")
    (connection,) = (one for one in venue.venue.connections if one.name == "GP29A1")

    def read():
        connection.take([b"Q"] * 20)
        left = len(connection.held)
        connection.fall_behind()
        return left

    assert venue.call(read) == 20 - REQUESTS_A_TURN
    assert [message[:1] for message in client.take(20)] == [b"Q"] * 20


# --------------------------------------------------------------------------------------------------- the command line


def run(venue, *arguments, user="GP29A1", code=0):
    host, port = venue.addresses["prm"]
    command, *rest = arguments
    result = CliRunner().invoke(
        prm, [command, "--target", f"{host}:{port}", "--user", user, *rest], standalone_mode=False
    )
    assert (result.return_value if result.exception is None else result.exception.exit_code) == code, result.output
    output = "".join(line for line in result.output.splitlines(keepends=True) if " [info " not in line)  # the venue's
    return output if code == 0 else str(result.exception or output)


@COMMAND
def test_each_command_prints_what_it_did(host):
    venue = host()
    assert run(venue, "accounts").startswith("account=GP29PR mpid=GP29 status=active lock=none block-cause=none")
    assert "user=GP29U1 listing=included" in run(venue, "accounts", "GP29PR", "--users")
    assert "check=fat-finger" in run(venue, "accounts", "GP29PR", "--checks")
    changed = run(venue, "set", "GP29P1", "--currency", "SEK", "open-sell=250000", "maximum-value=500000.5")
    assert "maximum-value=500,000.5" in changed
    assert "open-sell=250,000" in changed
    limits = run(venue, "limits", "GP29P1")
    assert "limit=open-sell enabled=yes today=250,000 persistent=0 changed=yes" in limits
    assert "repeated-orders=3 restrict-on-repeated=on" in run(
        venue, "set", "GP29Q1", "repeated-orders=3", "restrict-on-repeated=on"
    )
    assert "blow-through=on" in run(venue, "set", "GP29P1", "--currency", "SEK", "blow-through=on")
    assert "block=block-and-cancel" in run(venue, "block", "GP29P1", "--cancel")
    assert "block=unblock" in run(venue, "unblock", "GP29P1")
    assert "reject-all=on" in run(venue, "lock", "GP29PR", "SEK")
    assert "reject-all=off" in run(venue, "unlock", "GP29PR", "SEK")
    assert "state=active" in run(venue, "restrict", "GP29PR", "--book", "101")
    assert "state=active" in run(venue, "restrict", "GP29PR", "--segment", "900")
    assert "restricted=101 name=ERIC B origin=manual" in run(venue, "restrict")
    assert run(venue, "cancel", "GP29PR", "--json") == '{"canceled":0}\n'
    counters = [json.loads(line) for line in run(venue, "counters", "GP29P1", "--json").splitlines()]
    assert counters[6]["counter"] == "open-sell"
    assert counters[6]["limit"] == 2_500_000_000
    audit = [json.loads(line) for line in run(venue, "audit", "--json").splitlines()]
    assert audit[0]["action"] == "Limit Change"


@COMMAND
def test_what_is_refused_fails_and_what_is_no_request_is_usage(host, connect):
    venue = host()
    assert "refused: not authorized" in run(venue, "accounts", "GP31P8", code=1)
    assert "refused: unauthorized" in run(venue, "block", "GP29PR", user="GP29A2", code=1)
    for wrong in (("total-open=1",), ("nothing=1",), ("maximum-value",), ("repeated-orders=x",), ("blow-through=1",)):
        run(venue, "set", "GP29PR", *wrong, code=2)
    run(venue, "set", "GP29PR", "--currency", "SEK", "total-open=-1", code=2)
    for wrong in ("total-open=0.00001", "total-open=1e18", "total-open=1e100", f"maximum-quantity={2**63}"):
        run(venue, "set", "GP29PR", "--currency", "SEK", wrong, code=2)
    run(venue, "set", "GP29PR", f"repeated-orders={2**31}", code=2)
    run(venue, "restrict", "--book", "101", code=2)
    run(venue, "accounts", "MUCH-TOO-LONG", code=2)
    connect(venue, "prm", "GP29A1")
    assert "the login was refused: the session is not available" in run(venue, "accounts", code=1)


@COMMAND
def test_a_target_is_host_and_port_or_a_venue_that_runs(tmp_path):
    for arguments in (["--target", "here"], ["--target", "here:0"], ["--data", str(tmp_path)]):
        result = CliRunner().invoke(prm, ["accounts", *arguments])
        assert result.exit_code == 2, result.output
