"""What survives of FIX sessions: `kill -9`, a clean stop, a replay. Numbers go on, a day can be had again from 1."""

from fix_clients import again, fields_of

from venue.log import read_log
from venue.record import Kind


def trade(fix, venue):
    """A buyer and a seller who have traded, and what the buyer was sent."""
    buyer, seller = fix(venue, "INFX01"), fix(venue, "AKFX01")
    for client in (buyer, seller):
        client.logon()
    buyer.send("D", *buyer.order("B1", quantity=300))
    buyer.expect("8")
    seller.send("D", *seller.order("S1", side=2))
    seller.take()
    seller.take()
    buyer.expect("8")
    buyer.send("1", (112, "ALIVE"))
    buyer.expect("0")
    buyer.send("F", (11, "B2"), (41, "B1"), (54, 1), (55, "AAPL"), (60, buyer.now()))
    buyer.expect("8")
    return buyer, seller


def test_after_kill_9_numbers_go_on_and_the_day_from_1_equals_what_was_sent(launch, fix):
    venue = launch("--durability", "disk")
    buyer, seller = trade(fix, venue)
    sent = list(buyer.frames)
    venue.kill()
    buyer.read_to_end()
    venue = launch("--durability", "disk")
    back = fix(venue, "INFX01")
    back.number = buyer.number
    assert int(back.logon()[34]) == len(sent) + 1
    back.send("2", (7, 1), (16, 0))
    back.send("1", (112, "END"))
    came = []
    while back.take().get(112) != "END":
        came.append(back.frames[-1])
    reports = [frame for frame in sent if fields_of(frame)[35] == "8"]
    assert [again(frame) for frame in came if fields_of(frame)[35] == "8"] == [again(frame) for frame in reports]
    fills = [(int(message[34]), int(message[36])) for message in map(fields_of, came) if message[35] == "4"]
    assert fills == [(1, 2), (4, 5), (6, 7)]
    assert seller.read_to_end() == []


def test_a_start_after_kill_9_first_records_that_the_connections_are_gone(launch, fix, portcullis):
    venue = launch("--durability", "process")
    trade(fix, venue)
    venue.kill()
    venue = launch("--durability", "process")
    venue.process.terminate()
    assert venue.process.wait(15) == 0
    kinds = [(record.kind, record.port) for _, record in read_log(venue.data)]
    logins = [port for kind, port in kinds if kind == Kind.LOGIN]
    assert sorted(port for kind, port in kinds if kind == Kind.DISCONNECT) == sorted(logins)
    assert portcullis("replay", venue.data).returncode == 0


def test_sessions_go_on_from_a_snapshot_as_from_the_records(host, fix):
    venue = host()
    trade(fix, venue)
    before = venue.hash()
    gap = fix(venue, "INFB01", "fix.bx", "NQBX")
    gap.logon()
    gap.send("1", (112, "ABOVE"), number=5)
    assert gap.expect("2")[7] == "2"
    for connection in list(venue.venue.connections):
        venue.call(connection.transport.abort)
    venue.wait_for_leavers()
    assert venue.hash() != before
    state = venue.hash()
    venue.stop()
    venue = host()
    assert venue.hash() == state
    client = fix(venue, "INFX01")
    client.number = 100
    client.send("A", (98, 0), (108, 30))
    assert client.expect("A")[34] == "6"
    assert client.expect("2")[7] == "5"
