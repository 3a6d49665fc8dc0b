"""Locks by accumulated values on a running venue: over FIX and OUCH alike, and over a kill with a desk logged in."""

import pytest

from ouch import nordic_messages as messages
from ouch.nordic_messages import OUT, decode, encode

LOCKS = pytest.mark.section("PRM", "3.6 Locks by currency")
USER = "GP29U3"
"""Of the account GP29P1, which may have 100,000 SEK open."""
LOCKED = 0x0102
REFUSED = {39: "8", 150: "8", 103: "3", 58: "Exceeded accumulated value limit"}


def enter(number, quantity):
    """An OUCH order to buy Ericsson at 100."""
    return encode(messages.EnterOrder(number, "B", quantity, 101, 1_000_000, USER, 71, 72, 73, 0b111101, "2", "-", {}))


def ask(client, message):
    """Send a message, and give what came of it, decoded."""
    client.send(message)
    return decode(OUT, client.take()[0])


@LOCKS
def test_a_lock_refuses_the_next_order_over_fix_and_over_ouch_but_no_reduction(host, fix, connect):
    venue = host()
    client = fix(venue, "GP29F1", "fix.nordic", "INORD")
    client.logon()
    ouch = connect(venue, "ouch.nordic", "GP29O1")
    ouch.take()

    def send(kind, cl_ord_id, quantity=500, **more):
        fields = client.order(cl_ord_id, "101", quantity, "100.00", **more)
        client.send(kind, *fields, header=((50, USER),))
        return client.expect("8")

    assert send("D", "A1")[39] == "0"
    assert send("D", "A2")[39] == "0", "it reaches the limit, and is in"
    assert REFUSED.items() <= send("D", "A3", 1).items()
    assert ask(ouch, enter(1, 1)).reason == LOCKED, "the account is locked, whatever port its orders come from"
    assert {39: "5", 151: "400"}.items() <= send("G", "A4", 400, t41="A1").items(), "who has less open is let be"
    assert REFUSED.items() <= send("D", "A5", 1).items(), "and stays locked"
    counters = venue.ask("prm/accounts/GP29P1").body["counters"]["SEK"]
    assert (counters["totalOpen"], counters["locked"]) == ("90000.0000", ["totalRisk", "totalOpen"])


@LOCKS
@pytest.mark.slow
def test_what_a_risk_desk_was_told_counters_and_locks_are_there_after_a_kill(launch, connect):
    venue = launch("--durability", "process")
    ouch, desk = connect(venue, "ouch.nordic", "GP29O1"), connect(venue, "prm", "GP29A1")
    ouch.take()
    assert ask(ouch, enter(1, 600)).quantity == 600
    desk.send(b"F" + (1).to_bytes(4) + b"GP29PRSEKY?")
    assert {message[:1] for message in desk.take(2)} == {b"F", b"V"}
    assert ask(ouch, enter(2, 400)).quantity == 400
    assert ask(ouch, enter(3, 1)).reason == LOCKED
    before = [venue.ask(f"prm/accounts/{name}").body for name in ("GP29P1", "GP29PR")]
    assert [account["counters"]["SEK"]["locked"] for account in before] == [["totalRisk", "totalOpen"], ["byHand"]]
    said = list(desk.received)
    venue.kill()

    venue = launch("--durability", "process")
    assert [venue.ask(f"prm/accounts/{name}").body for name in ("GP29P1", "GP29PR")] == before
    desk = connect(venue, "prm", "GP29A1")
    desk.take(len(said))
    assert desk.received[: len(said)] == said
    ouch = connect(venue, "ouch.nordic", "GP29O1")
    ouch.take(4)
    assert ask(ouch, enter(4, 1)).reason == LOCKED
    desk.send(b"Q")
    while (answer := desk.take()[0])[:1] != b"Q":
        assert answer[:1] == b"V"
    assert answer[-4:] == (2).to_bytes(4), "its number was used up"
