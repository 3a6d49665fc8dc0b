"""What operators see of connections: who is connected to what, heard when, and slow to read."""

import pytest


@pytest.fixture
def venue(host):
    return host()


def test_connections_tell_who_was_heard_when_and_what_waits_to_be_read(venue, connect):
    connect(venue, name="IN19T6").expect("S")
    connect(venue, "ouch.bx")
    shown = venue.ask("connections").body["items"]
    assert [(one["service"], one["port"], one["paused"]) for one in shown] == [
        ("ouch.bx", "", False),
        ("ouch.nasdaq", "IN19T6", False),
    ]
    assert all(one["heardMsAgo"] < 60_000 and one["unsentBytes"] == 0 for one in shown)


def test_a_fix_connection_tells_when_it_was_heard(venue, fix):
    fix(venue, "INFX01").logon()
    (one,) = venue.ask("connections").body["items"]
    assert (one["service"], one["port"]) == ("fix.nasdaq", "INFX01")
    assert one["heardMsAgo"] is not None
