"""A FIX session over TCP: who is let in, what comes back, and how it ends (FIX 4.2 volume 2, FIXT 1.1)."""

import time

import pytest

from venue.clock import RealClock
from venue.log import read_log
from venue.record import Kind

FIXT = ("FXT2", "fix.nordic", "INORD", "FIXT.1.1")


@pytest.fixture
def venue(host):
    return host()


def records(venue):
    """The kinds of the records so far."""
    venue.wait_for_disk()
    return [Kind(record.kind) for _, record in read_log(venue.data)]


@pytest.mark.parametrize("version", ["FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.4", "FIXT.1.1"])
def test_an_order_to_an_echo_port_comes_back_in_the_version_it_came_in(venue, fix, version):
    client = fix(venue, version=version)
    client.logon()
    client.send("D", *client.order())
    echo = client.expect("D")
    assert (echo[8], echo[34], echo[49], echo[56], echo[11]) == (version, "2", "INET", "FXT1", "1")
    client.send("5")
    assert client.expect("5")[34] == "3"
    assert client.read_to_end() == []


# ------------------------------------------------------------------------------------------ hung up on without a word


def no_logon(client):
    return client.message("0")


def another_version(client):
    client.version = "FIX.4.3"
    return client.message("A", (98, 0), (108, 30))


def version_of_another_service(client):
    client.version = "FIX.5.0"
    return client.message("A", (98, 0), (108, 30))


def other(**changes):
    def send(client):
        for name, value in changes.items():
            setattr(client, name, value)
        return client.message("A", (98, 0), (108, 30))

    return send


def long_ago(client):
    return client.message("A", (98, 0), (108, 30), sent_at="20200101-00:00:00.000")


def garbled(client):
    return client.message("A", (98, 0), (108, 30)).replace(b"\x01108=30", b"\x01108=31")


def without_application_version(client):
    client.version = "FIXT.1.1"
    return client.message("A", (98, 0), (108, 30))


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(no_logon, id="no Logon"),
        pytest.param(another_version, id="a version that nobody speaks"),
        pytest.param(other(target="OTHER"), id="another TargetCompID"),
        pytest.param(other(comp_id="NOBODY"), id="an unknown SenderCompID"),
        pytest.param(other(comp_id="X" * 5000), id="an endless SenderCompID"),
        pytest.param(other(comp_id="INFB01"), id="a port of another service"),
        pytest.param(other(comp_id="IN19T6"), id="a port of another protocol"),
        pytest.param(long_ago, id="SendingTime too far off"),
        pytest.param(garbled, id="garbled"),
        pytest.param(without_application_version, id="FIXT.1.1 without DefaultApplVerID"),
    ],
)
def test_who_is_no_client_is_hung_up_on_without_a_word_a_record_or_a_number(venue, fix, first):
    before = records(venue)
    client = fix(venue)
    client.socket.sendall(first(client))
    assert client.read_to_end() == []
    assert records(venue) == before
    assert fix(venue).logon()[34] == "1"


def test_who_sends_no_logon_is_hung_up_on_after_a_while(host, fix, demo_config):
    venue = host(
        demo_config(("# [fix]", "[fix]"), ("# login_wait_ms = 10000", "login_wait_ms = 50")), clock=RealClock()
    )
    client = fix(venue)
    client.socket.sendall(b"8=FIX.4.2\x019=")
    client.read_to_end()


def test_the_identity_that_is_connected_stays_and_the_new_connection_goes(venue, fix):
    first = fix(venue)
    first.logon()
    second = fix(venue)
    second.send("A", (98, 0), (108, 30))
    assert second.read_to_end() == []
    assert first.settle() == []
    first.close()
    venue.wait_for_leavers()
    assert fix(venue).logon()[34] == "1"


def test_who_logs_out_and_comes_back_at_once_is_let_in(host, fix, demo_config):
    venue = host(demo_config(durability="disk"))
    for _ in range(5):
        client = fix(venue)
        assert client.logon()[34] == "1"
        client.send("5")
        client.close()


# ------------------------------------------------------------------------------------------------- answered, and ended


def test_a_logon_that_is_refused_gets_a_logout_and_uses_numbers(venue, fix):
    client = fix(venue, "INFX01")
    client.send("A", (98, 0), (108, -1))
    assert client.expect("5")[58] == "HeartBtInt must not be negative"
    client.read_to_end()
    venue.wait_for_leavers()
    again = fix(venue, "INFX01")
    again.number = 2
    assert again.logon()[34] == "2"


def test_numbers_go_on_at_the_next_logon_and_what_was_missed_is_asked_for(venue, fix):
    first = fix(venue, "INFX01")
    first.logon()
    first.send("D", *first.order("A"))
    report = first.expect("8")
    sent = first.frames[-1]
    first.close()
    venue.wait_for_leavers()
    second = fix(venue, "INFX01")
    second.number = 3
    assert second.logon()[34] == "3"
    second.send("2", (7, 1), (16, 0))
    filled = second.expect("4")
    assert (filled[34], filled[36], filled[123], filled[43]) == ("1", "2", "Y", "Y")
    repeated = second.expect("8")
    assert repeated == report | {43: "Y", 122: report[52], 9: repeated[9], 10: repeated[10], 52: repeated[52]}
    assert sent != second.frames[-1]
    filled = second.expect("4")
    assert (filled[34], filled[36]) == ("3", "4")


def test_a_reset_inside_a_session_begins_both_numbers_anew_on_the_same_connection(venue, fix):
    client = fix(venue, "INFX01")
    client.logon()
    client.send("1", (112, "BEFORE"))
    client.number = 1
    reset = client.message("A", (98, 0), (108, 30), (141, "Y"))
    client.socket.sendall(reset + client.message("1", (112, "BEHIND")))
    assert client.expect("0")[112] == "BEFORE"
    answer = client.expect("A")
    assert (answer[34], answer[141]) == ("1", "Y")
    behind = client.expect("0")
    assert (behind[34], behind[112]) == ("2", "BEHIND")
    client.send("2", (7, 1), (16, 0))
    assert client.expect("4")[36] == "3"


def test_two_resets_in_one_segment_are_both_answered(venue, fix):
    client = fix(venue, "INFX01")
    client.logon()
    client.number = 1
    reset = client.message("A", (98, 0), (108, 30), (141, "Y"))
    client.socket.sendall(reset + reset)
    assert [client.expect("A")[34], client.expect("A")[34]] == ["1", "1"]


def test_who_falls_silent_is_asked_and_then_hung_up_on(host, fix):
    client = fix(host(clock=RealClock()))
    client.logon(heartbeat=1)
    began = time.monotonic()
    client.expect("0")
    assert client.expect("1")[112] == "TEST"
    client.read_to_end()
    assert time.monotonic() - began > 2.3


def test_a_day_that_ends_logs_out_and_the_next_begins_with_one(venue, fix):
    client = fix(venue, "INFX01")
    client.logon()
    client.send("D", *client.order("A"))
    client.expect("8")
    venue.ask("trading-day/next", {})
    *reports, logout = client.read_to_end()
    assert [report[39] for report in reports] == ["4"]
    assert (logout[35], logout[58]) == ("5", "End of trading day")
    venue.wait_for_leavers()
    again = fix(venue, "INFX01")
    assert again.logon()[34] == "1"
    again.send("2", (7, 1), (16, 0))
    assert again.expect("4")[36] == "2"


def test_a_venue_that_stops_logs_out_and_waits_for_the_answer(launch, fix):
    venue = launch()
    client = fix(venue, "INFX01")
    client.logon()
    venue.process.terminate()
    assert client.expect("5")[58] == "the venue stops"
    client.send("5")
    assert client.read_to_end() == []
    assert venue.process.wait(15) == 0
    again = fix(launch(), "INFX01")
    again.number = 3
    assert again.logon()[34] == "3"


def test_a_venue_that_stops_does_not_wait_for_ever(launch, fix):
    venue = launch()
    client = fix(venue, "INFX01")
    client.logon()
    venue.process.terminate()
    assert venue.process.wait(15) == 0
    assert [message[35] for message in client.read_to_end()] == ["5"]


def test_fifty_sp2_over_fixt(venue, fix):
    comp_id, service, target, version = FIXT
    client = fix(venue, comp_id, service, target, version)
    assert client.logon()[1137] == "9"
