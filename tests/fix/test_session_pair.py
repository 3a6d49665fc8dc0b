"""Two session machines back to back: an initiator and an acceptor, on a wire that gets cut.

Whatever is lost on the way, in the end each has heard all that the other said, in order and once.
"""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line import SECOND, START, VERSIONS, Packets

from fix.codec import Framer, parse
from fix.resend import resend
from fix.session import Session
from fix.session_state import NEVER, NewStream, Replay
from fix.settings import FixSettings
from fix.validation import validator


class End:
    """One end: its session, and what its application was told."""

    served = frozenset((b"D", b"8", b"B"))

    def __init__(self, own, other, version, **more):
        self.version = version
        given = FixSettings(venue_comp_id=own, dialect="standard", begin_strings=(version,), **more)
        self.told = []
        self.session = Session(given, other.encode(), Packets, self, self.check)
        self.session.start_day(START)
        self.hang_up(None)

    def check(self, begin_string):
        return validator(begin_string, "standard", "lenient")

    def application(self, message, now):
        self.told.append(message.values[b"58"])

    def hang_up(self, wire):
        self.framer, self.wire, self.is_let_in, self.stream, self.written = Framer(), wire, False, None, 0

    def say(self, text, wall):
        body = b"148=News\x0133=1\x0158=%b\x01" % text
        self.session.send(b"B", body, wall)
        self.write(wall)

    def write(self, wall):
        """Do the effects and write the stream; gives whether the connection is to be closed."""
        for effect in self.session.effects:
            if isinstance(effect, NewStream):
                self.stream, self.written = self.session.stream, effect.first - 1
                continue
            self.write_to(effect.behind)
            if not isinstance(effect, Replay):
                self.session.effects.clear()
                return True
            if self.wire is not None:
                self.wire.extend(resend(self.stream.packet, effect.first, effect.last, effect.wall))
        self.session.effects.clear()
        if self.stream is self.session.stream and self.session.is_logged_on:
            self.write_to(self.stream.count)
        return False

    def write_to(self, number):
        while self.wire is not None and self.written < number:
            self.written += 1
            self.wire.append(self.stream.packet(self.written))

    def take(self, data, wall):
        for frame in self.framer.receive(data):
            if self.session.state.value == "disconnected" and not self.is_let_in:
                assert self.session.refusal(parse(frame), wall) == ""
                self.is_let_in = True
                self.session.logon(frame, 0, wall)
            else:
                self.session.receive(frame, 0, wall)


class Pair:
    """Both ends, and the two directions of the wire between them: frames in flight."""

    def __init__(self, version="FIX.4.4", **more):
        self.wall = START
        self.version = version
        self.firm = End("FIRM01", "INET", version, **more)
        self.venue = End("INET", "FIRM01", version, **more)
        self.is_up = False

    def connect(self, reset=False):
        if self.is_up:
            return
        self.is_up = True
        self.to_venue, self.to_firm = deque(), deque()
        self.firm.hang_up(self.to_venue)
        self.venue.hang_up(self.to_firm)
        fields = b"1137=9\x01" if self.version == "FIXT.1.1" else b""
        if self.firm.session.settings.next_expected:
            fields = b"789=%d\x01" % self.firm.session.incoming
        self.firm.session.log_on(self.wall, reset, fields)
        self.firm.write(self.wall)
        self.firm.write_to(self.firm.stream.count)

    def cut(self):
        """Lose the connection, and what was in flight."""
        if self.is_up:
            self.is_up = False
            for end in (self.firm, self.venue):
                end.session.disconnected(self.wall)
                end.session.effects.clear()
                end.hang_up(None)

    def carry(self, count, from_firm):
        """Let some frames arrive."""
        wire, end = (self.to_venue, self.venue) if from_firm else (self.to_firm, self.firm)
        for _ in range(min(count, len(wire))):
            end.take(wire.popleft(), self.wall)
            if end.write(self.wall):
                self.settle_hang_up()
                return

    def settle_hang_up(self):
        for end, wire in ((self.firm, self.to_firm), (self.venue, self.to_venue)):
            for frame in list(wire):
                end.take(frame, self.wall)
        self.cut()

    def rest(self):
        """Let everything arrive."""
        while self.is_up and (self.to_venue or self.to_firm):
            self.carry(1, bool(self.to_venue))

    def wait(self, seconds):
        """Let time pass, with nothing in flight: a message may not be minutes old."""
        self.rest()
        end = self.wall + seconds * SECOND
        while self.is_up:
            due, who = min(((one.session.next_tick, one) for one in (self.firm, self.venue)), key=lambda pair: pair[0])
            if due > end or due == NEVER:
                break
            self.wall = max(self.wall, due)
            who.session.tick(0, self.wall)
            if who.write(self.wall):
                self.cut()
                break
            self.rest()
        self.wall = end


@pytest.mark.parametrize("version", VERSIONS)
def test_two_ends_log_on_talk_keep_alive_and_log_out(version):
    pair = Pair(version)
    pair.connect()
    pair.rest()
    assert pair.firm.session.is_logged_on
    assert pair.venue.session.is_logged_on
    pair.firm.say(b"order", pair.wall)
    pair.venue.say(b"report", pair.wall)
    pair.rest()
    pair.wait(300)
    assert pair.is_up
    assert (pair.firm.told, pair.venue.told) == ([b"report"], [b"order"])
    pair.firm.session.log_out(b"Good night", pair.wall)
    pair.firm.write(pair.wall)
    pair.rest()
    assert not pair.is_up
    assert pair.firm.session.incoming == pair.venue.session.outgoing
    assert pair.venue.session.incoming == pair.firm.session.outgoing


def test_a_reset_starts_both_ends_from_1():
    pair = Pair()
    pair.connect()
    pair.rest()
    pair.firm.say(b"order", pair.wall)
    pair.cut()
    pair.connect(reset=True)
    pair.rest()
    assert [pair.firm.session.incoming, pair.firm.session.outgoing] == [2, 2]
    assert [pair.venue.session.incoming, pair.venue.session.outgoing] == [2, 2]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.booleans()),
        st.tuples(st.just("carry"), st.booleans(), st.integers(1, 5)),
        st.tuples(st.just("cut")),
        st.tuples(st.just("connect")),
        st.tuples(st.just("wait"), st.integers(1, 60)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(st.sampled_from(VERSIONS), st.booleans(), STEPS)
def test_whatever_is_lost_on_the_way_each_has_heard_all_in_order_and_once(version, next_expected, steps):
    pair = Pair(version, next_expected=next_expected and version == "FIX.4.4")
    said = {True: [], False: []}
    for number, step in enumerate(steps):
        match step:
            case ("say", by_firm):
                text = b"%d" % number
                said[by_firm].append(text)
                (pair.firm if by_firm else pair.venue).say(text, pair.wall)
            case ("carry", from_firm, count) if pair.is_up:
                pair.carry(count, from_firm)
            case ("cut",):
                pair.cut()
            case ("connect",):
                pair.connect()
            case ("wait", seconds):
                pair.wait(seconds)
    pair.connect()
    pair.rest()
    pair.wait(90)
    assert pair.is_up
    assert pair.venue.told == said[True]
    assert pair.firm.told == said[False]
