"""What a FIX session asks of its connection is done at its place, behind what was sent before, and in turns."""

import gc
import threading
import time

import pytest

from fix.resend import NUMBERS_A_TURN, resend
from venue.admission import Attempt
from venue.connection import Connection
from venue.stream import LENGTHS_KEPT, MARK_EVERY, Stream


@pytest.fixture
def late_disk(monkeypatch):
    """Let a venue's commits wait; gives what lets them go on."""
    may_go_on = threading.Event()

    def late_disk(venue):
        append = venue.venue.log.append

        def late(batch, epoch):
            may_go_on.wait(15)
            return append(batch, epoch)

        monkeypatch.setattr(venue.venue.log, "append", late)
        return may_go_on

    yield late_disk
    may_go_on.set()


def wait_until(venue, port, number):
    """Wait until a port's session expects that number."""
    session = venue.venue.machine.ports[venue.venue.machine.engine.ports[port].index].session
    end = time.monotonic() + 15
    while venue.call(lambda: session.incoming) < number:
        assert time.monotonic() < end, "the messages were not taken"
        time.sleep(0.001)


def test_a_logout_that_one_commit_makes_durable_with_its_logon_is_sent_before_the_end(host, fix, late_disk):
    venue = host()
    other, client = fix(venue, "AKFX01"), fix(venue, "INFX01")
    may_go_on = late_disk(venue)
    other.send("A", (98, 0), (108, 30))
    wait_until(venue, "AKFX01", 2)  # the writer is busy with this one from here on
    client.socket.sendall(client.message("A", (98, 0), (108, 30)) + client.message("5"))
    wait_until(venue, "INFX01", 3)
    may_go_on.set()
    assert [message[35] for message in client.read_to_end()] == ["A", "5"]


def test_a_replay_that_one_commit_makes_durable_with_its_logon_comes_behind_what_was_sent(host, fix, late_disk):
    venue = host()
    other, client = fix(venue, "AKFX01"), fix(venue, "INFX01")
    may_go_on = late_disk(venue)
    other.send("A", (98, 0), (108, 30))
    wait_until(venue, "AKFX01", 2)
    logon, alive = client.message("A", (98, 0), (108, 30)), client.message("1", (112, "ALIVE"))
    client.socket.sendall(logon + alive + client.message("2", (7, 1), (16, 0)))
    wait_until(venue, "INFX01", 4)
    may_go_on.set()
    came = [client.take() for _ in range(3)]
    assert [(message[35], message[34]) for message in came] == [("A", "1"), ("0", "2"), ("4", "1")]


def test_a_long_run_of_session_messages_is_passed_over_in_turns():
    heartbeat = b"8=FIX.4.2\x019=5\x0135=0\x0134=1\x0149=INET\x0152=20261121-18:00:00.000\x0156=FXT1\x0110=000\x01"
    asked = []

    def packet_of(number):
        asked.append(number)
        return heartbeat

    replay = resend(packet_of, 1, 10**9, 0)
    for turn in (1, 2, 3):
        assert next(replay) == b""
        assert len(asked) == turn * NUMBERS_A_TURN - 1


def test_a_run_that_takes_several_turns_is_one_gap_fill_on_the_wire(host, fix):
    client = fix(host())
    client.logon()
    for _ in range(3):
        client.socket.sendall(b"".join(client.message("1", (112, "X")) for _ in range(NUMBERS_A_TURN)))
        for _ in range(NUMBERS_A_TURN):
            client.expect("0")
    client.send("D", *client.order("1"))
    client.expect("D")
    client.send("2", (7, 1), (16, 0))
    assert client.expect("4")[36] == str(3 * NUMBERS_A_TURN + 2)
    assert client.expect("D")[43] == "Y"


class Counting(Stream):
    """A stream that counts how often a packet's place is worked out."""

    __slots__ = ("looked_for",)

    def offset_of(self, sequence):
        self.looked_for += 1
        return super().offset_of(sequence)


def test_of_packets_that_are_read_one_after_the_other_only_the_first_is_looked_for(tmp_path):
    stream = Counting("S", [], tmp_path)
    stream.looked_for = 0
    for n in range(LENGTHS_KEPT + MARK_EVERY):
        stream.append(b"%d." % n)
    for count, first in enumerate((2, LENGTHS_KEPT - 3, 7), 1):
        assert [stream.packet(first + n) for n in range(20)] == [b"%d." % (first - 1 + n) for n in range(20)]
        assert stream.looked_for == count


@pytest.mark.parametrize("password", ["", "OpenSesame"])
def test_nothing_is_left_of_a_connection_that_is_gone_without_a_collection(host, fix, connect, demo_config, password):
    own = 'name = "AKFX01"\nmpid = "AKAM"\nservice = "fix.nasdaq"\n'
    venue = host(demo_config((own, own + (f'password = "{password}"\n' if password else ""))))
    gc.collect()
    others = {id(one) for one in gc.get_objects() if isinstance(one, Connection | Attempt)}
    gc.disable()
    try:
        for number in range(1, 7, 2):
            client = fix(venue, "AKFX01", version="FIX.4.4")
            client.logon((554, password or "NONE"), number=number)
            client.send("5", number=number + 1)
            client.read_to_end()
            connect(venue, name="AK01T1").logout()
            venue.wait_for_leavers()
        left = [
            type(one) for one in gc.get_objects() if isinstance(one, Connection | Attempt) and id(one) not in others
        ]
    finally:
        gc.enable()
    assert left == []
