"""A FIX port at the other end of a wire without a socket, and what a client says and hears on it, as text.

    line = Line("FIX.4.2")
    line.log_on() == ["35=A|34=1|98=0|108=30"]
    line.say("1", "112=ARE YOU THERE") == ["35=0|34=2|112=ARE YOU THERE"]

A `Line` numbers what it says and puts the names and the time into it. Of what it hears, BeginString, BodyLength, the
names, SendingTime and CheckSum are taken off once they were found to be right and in their places; a connection that
was closed reads as `hung up`. The port is a real one that echoes orders; the driver is as short as one can be.
"""

from dataclasses import dataclass, field

from engine.api import Port, PortEntry
from fix.codec import Framer, parse, utc_timestamp
from fix.echo import FixEchoPort
from fix.resend import resend
from fix.session_state import NewStream, Replay
from fix.settings import FixSettings, encode_settings

SECOND = 1_000_000_000
START = 1_795_000_000 * SECOND
HUNG_UP = "hung up"
VERSIONS = ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.4", "FIXT.1.1")
HEADER = ["35", "34", "43", "49", "50", "52", "56", "57", "97", "115", "116", "128", "129", "144", "145", "122", "369"]


class Packets:
    """A stream: packet n is the message with MsgSeqNum n."""

    def __init__(self):
        self.packets = []

    @property
    def count(self):
        return len(self.packets)

    def append(self, packet):
        self.packets.append(packet)

    def packet(self, sequence):
        return self.packets[sequence - 1]


@dataclass
class Clock:
    """The wall, in nanoseconds."""

    wall_time: int = START


def time_of(version, wall):
    """SendingTime as a version spells it: with milliseconds since FIX 4.2."""
    return utc_timestamp(wall).decode()[: 17 if version in {"FIX.4.0", "FIX.4.1"} else None]


def spelled(text, check_sum=None):
    """Give a frame of text with `|` for SOH; BodyLength and CheckSum are put in where it has none."""
    data = text.replace("|", "\x01").encode("latin-1")
    if b"\x019=" not in data:
        head, _, body = data.partition(b"\x01")
        data = b"%b\x019=%d\x01%b" % (head, len(body), body)
    return data + (b"10=%03d\x01" % (sum(data) % 256) if check_sum is None else check_sum)


def heard(frame, version, names):
    """Give what a frame says, having checked what every frame has to keep to."""
    assert frame.endswith(b"\x01")
    pairs = [tuple(part.split("=", 1)) for part in frame[:-1].decode("latin-1").split("\x01")]
    tags, values = [tag for tag, _ in pairs], dict(pairs)
    assert tags[:3] == ["8", "9", "35"]
    assert tags[-1] == "10"
    assert pairs[0][1] == version
    body = frame.index(b"\x01", frame.index(b"\x019=") + 1) + 1
    assert int(values["9"]) == len(frame) - body - 7, frame
    assert values["9"][0] != "0"
    assert values["10"] == f"{sum(frame[:-7]) % 256:03d}", frame
    assert (values["49"], values["56"]) == names
    assert len(values["52"]) == len(time_of(version, START))
    header = [tag for tag in tags[2:-1] if tag in HEADER]
    assert header == sorted(header, key=HEADER.index) == tags[2 : 2 + len(header)], frame
    body_tags = [(len(tag), tag) for tag in tags[2 + len(header) : -1]]  # as by number, however long they are
    assert body_tags == sorted(body_tags) or len(set(body_tags)) < len(body_tags), frame  # entries of a group
    return "|".join(f"{tag}={value}" for tag, value in pairs if tag not in {"8", "9", "49", "52", "56", "10"})


@dataclass
class Connection:
    """What one connection of the client got, and where the driver is with it."""

    framer: Framer = field(default_factory=Framer)
    frames: list[bytes] = field(default_factory=list)
    stream: Packets | None = None
    written: int = 0
    is_let_in: bool = False
    is_closed: bool = False

    def write_to(self, number):
        while self.written < number:
            self.written += 1
            self.frames.append(self.stream.packet(self.written))


class Line:
    """A client of an echo port; `number` is the one that it gives next."""

    def __init__(self, version="FIX.4.2", versions=VERSIONS, client="FIRM01", **settings):
        self.version, self.client = version, client
        self.clock = Clock()
        self.streams = []
        settings = {"venue_comp_id": "INET", "dialect": "standard", "validation": "strict-all", **settings}
        entry = PortEntry(
            client, "FIRM", "nasdaq", "fix", settings=encode_settings(FixSettings(begin_strings=versions, **settings))
        )
        self.entry = entry
        self.port = self.new_port()
        self.port.session.start_day(START)
        self.number = 1
        self.connect()

    def new_port(self):
        return FixEchoPort(Port(self.entry, 0), None, self.open_stream, lambda *_: None, self.clock)

    def open_stream(self):
        self.streams.append(Packets())
        return self.streams[-1]

    @property
    def session(self):
        return self.port.session

    @property
    def time(self):
        """The time, as SendingTime has it."""
        return time_of(self.version, self.clock.wall_time)

    # What a client does.

    def connect(self):
        self.connection = Connection()

    def spell(self, msg_type, body="", number=None, version=None, sender=None, target=None, time=None, header=""):
        """Give a message as it goes over the wire; a part that is "" is left out."""
        if number is None:
            number = self.number
            self.number += 1
        parts = {
            "34": number,
            "49": self.client if sender is None else sender,
            "52": self.time if time is None else time,
            "56": "INET" if target is None else target,
        }
        fields = "".join(f"{tag}={value}|" for tag, value in parts.items() if value != "")
        rest = "".join(f"{part}|" for part in (header, body) if part)
        return spelled(f"{'8'}={version or self.version}|35={msg_type}|{fields}{rest}")

    def say(self, msg_type, body="", **how):
        """Say a message and give what is heard then."""
        return self.put(self.spell(msg_type, body, **how))

    def log_on(self, body="98=0|108=30", **how):
        if self.version == "FIXT.1.1" and "1137" not in body:
            body += "|1137=9"
        return self.say("A", body, **how)

    def order(self, name="A", **how):
        """Say an order, which comes back; versions differ in what one has to hold."""
        return self.say("D", self.order_body(name), **how)

    def order_body(self, name="A"):
        quantity = "38=100|" if self.version in {"FIX.4.0", "FIX.4.1", "FIX.4.4", "FIXT.1.1"} else ""
        time = "" if self.version in {"FIX.4.0", "FIX.4.1"} else "|60=20261118-11:00:00"
        hands = "" if self.version in {"FIX.4.4", "FIXT.1.1"} else "21=1|"
        return f"11={name}|{hands}{quantity}40=1|54=1|55=AAPL{time}"

    def put(self, data):
        """Put bytes on the wire and give what is heard then."""
        for frame in self.connection.framer.receive(data):
            self.take(frame)
        return self.hear()

    def hear(self):
        """Give what was heard and not given yet."""
        connection = self.connection
        frames, connection.frames = connection.frames, []
        said = [heard(frame, self.version, ("INET", self.client)) for frame in frames]
        return [*said, HUNG_UP] if connection.is_closed else said

    def wait(self, seconds):
        """Let time pass, and give what is heard on the way."""
        end = self.clock.wall_time + round(seconds * SECOND)
        while not self.connection.is_closed and self.session.next_tick <= end:
            self.clock.wall_time = max(self.session.next_tick, self.clock.wall_time)
            self.port.tick(0)
            self.do_effects()
        self.clock.wall_time = end
        return self.hear()

    def drop(self):
        """Lose the connection."""
        self.close()
        self.connection.frames.clear()
        self.connect()

    # What the venue's end does.

    def take(self, frame):
        connection = self.connection
        if connection.is_closed:
            return
        if connection.is_let_in:
            self.port.receive(frame, 0)
        else:
            message = parse(frame)
            if message is None or self.session.refusal(message, self.clock.wall_time):
                self.close()
                return
            connection.is_let_in = True
            self.version = message.begin_string.decode()
            self.port.logon(frame, 0)
        self.do_effects()

    def do_effects(self):
        connection, session = self.connection, self.session
        for effect in session.effects:
            if isinstance(effect, NewStream):
                if connection.stream is not None:
                    connection.write_to(effect.behind)
                connection.stream, connection.written = session.stream, effect.first - 1
                continue
            connection.write_to(effect.behind)
            if isinstance(effect, Replay):
                packet_of = connection.stream.packet
                connection.frames += resend(packet_of, effect.first, effect.last, effect.wall)
            else:
                self.close()
                break
        session.effects.clear()
        if not connection.is_closed and connection.stream is session.stream:
            connection.write_to(session.stream.count)

    def close(self):
        if not self.connection.is_closed:
            self.connection.is_closed = True
            if self.connection.is_let_in:
                self.port.disconnected(0)

    def restart(self):
        """Go on with a port that knows only what a snapshot holds."""
        dumped, times, stream = self.port.dump(), self.port.wall_times(), self.streams[-1]
        self.port = self.new_port()
        self.port.load(dumped, times)
        self.port.resume(stream)
        assert (self.port.dump(), self.port.wall_times()) == (dumped, times)
