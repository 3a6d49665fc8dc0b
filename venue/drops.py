"""Who hears whom: Drop ports joined to the order entry ports that they hear.

A port that somebody hears is of another class than one that nobody does, so who is not heard pays nothing. Who hears
whom follows from the latest configuration, which comes before anybody is connected or follows a replica.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from engine.api import OrderTerms, Port, PortEntry, Sink
from engine.endpoint import Endpoint, NumberedStream
from engine.watch import Notes, Watch
from fix.drop import FixDropPort
from fix.drop_reports import Manner
from fix.heard import HeardFixPort
from fix.port import FixOrderPort
from ouch.drop import CopiedNordicPort, HeardUsPort, OuchDropPort
from ouch.nordic import NordicOuchPort
from ouch.port import CHANNEL_SHIFT, NUMBER_MASK, OuchPort
from ouch.us import UsOuchPort
from rash.port import RashPort

if TYPE_CHECKING:
    from venue.machine import Machine

OUCH_DROP: Final = "ouch-drop-nordic"
FIX_DROPS: Final = frozenset({"fix-drop-us", "fix-drop-nordic"})
CAPACITY: Final = 3
"""Where the terms of OUCH and RASHport orders have the capacity: Nordic ones last but one of what stands there."""
NORDIC_CAPACITIES: Final = {
    b"1": b"A",
    b"2": b"P",
    b"3": b"P",
    b"4": b"A",
    b"6": b"A",
    b"7": b"R",
    b"8": b"P",
    b"9": b"P",
}
"""Agency, principal and riskless principal for those of Nordic OUCH."""

OUCH_PORTS: Final[dict[type[Endpoint], type[HeardUsPort | CopiedNordicPort]]] = {
    UsOuchPort: HeardUsPort,
    NordicOuchPort: CopiedNordicPort,
}
"""Which class an OUCH port is of when it is heard, by the one that it is of when it is not."""


class UsOuchManner:
    """What OUCH says of its orders beside what the engine knows."""

    def cl_ord_id(self, label: bytes, key: int) -> bytes:
        """Give the client's label, else the number, behind that of its channel where there is one."""
        name = label.rstrip()
        if name:
            return name
        channel, number = key >> CHANNEL_SHIFT, key & NUMBER_MASK
        return b"%d-%d" % (channel, number) if channel else b"%d" % number

    def capacity(self, terms: OrderTerms) -> bytes:
        """Give the capacity."""
        return terms.letters[CAPACITY]


class NordicOuchManner(UsOuchManner):
    """The same for the Nordic dialect."""

    def capacity(self, terms: OrderTerms) -> bytes:
        """Give the capacity."""
        return NORDIC_CAPACITIES.get(terms.letters[CAPACITY][-2:-1], b"")


MANNERS: Final[Mapping[str, Manner]] = {
    "ouch-5.0-us": UsOuchManner(),
    "ouch-5.0-nordic": NordicOuchManner(),
    "rash-1.0": UsOuchManner(),
    "rash-1.1": UsOuchManner(),
}
"""How the orders of each protocol are named and spelled where a FIX Drop port tells of them."""


class Drops:
    """Joins the ports of a machine. `entries` are those of the latest configuration, by name."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.notes = Notes(machine)
        self.entries: dict[str, PortEntry] = {}
        self.sinks: dict[int, Sink] = {}
        """What each port's events go to, by its index."""

    def configure(self, entries: tuple[PortEntry, ...]) -> None:
        """Take the ports of a configuration, before those that are new are opened."""
        self.notes.settle()
        self.entries = {entry.name: entry for entry in entries}

    def open(self, port: Port, open_stream: Callable[[], NumberedStream]) -> Endpoint | None:
        """Make a new port's endpoint where it is a Drop port, else give None."""
        machine, protocol = self.machine, port.entry.protocol
        if protocol == OUCH_DROP:
            return OuchDropPort(port, open_stream, machine.ignored, self.notes)
        if protocol in FIX_DROPS:
            return FixDropPort(port, machine.engine, open_stream, machine.ignored, machine, self.notes, MANNERS)
        return None

    def join_all(self) -> None:
        """Join all ports anew: the configuration may be another. Whoever stands before a sink that stays, stays too."""
        for index, endpoint in enumerate(self.machine.ports):
            before, sink = self.sinks[index], self.join(index)
            if sink is not before:
                endpoint.port.sink = sink

    def join(self, index: int) -> Sink:
        """Let those hear a port who are to; gives the sink that the port needs for it."""
        endpoint = self.machine.ports[index]
        port = endpoint.port
        drops = [drop for drop in self.machine.ports if self.hears(drop.port, port)]
        reports = tuple(drop for drop in drops if isinstance(drop, FixDropPort))
        copies = tuple(drop for drop in drops if isinstance(drop, OuchDropPort))
        refused_to = tuple(drop for drop in reports if self.wants_rejects(drop.port))
        if reports and type(endpoint) is FixOrderPort:
            endpoint = self.take_place(endpoint, self.heard(endpoint))
        elif (copies or refused_to) and type(endpoint) in OUCH_PORTS:
            endpoint = self.take_place(endpoint, self.copied(endpoint))
        if isinstance(endpoint, HeardFixPort):
            endpoint.heard.listeners = reports
        if isinstance(endpoint, HeardUsPort):
            endpoint.refused_to = refused_to
        if isinstance(endpoint, CopiedNordicPort):
            endpoint.refused_to = refused_to
            endpoint.listeners = copies
            endpoint.rejected_to = tuple(drop for drop in copies if self.wants_rejects(drop.port))
        if isinstance(endpoint, RashPort):
            endpoint.refused_to, endpoint.notes = refused_to, self.notes
        sink: Sink = endpoint
        if reports and port.entry.protocol in MANNERS:
            sink = Watch(port, self.machine.engine, endpoint, self.notes, reports)
        if index not in self.sinks or told_by(self.sinks[index]) != told_by(sink):
            self.sinks[index] = sink
        return self.sinks[index]

    def wants_rejects(self, listener: Port) -> bool:
        """Whether a Drop port is told of orders that were refused on OUCH ports."""
        drop = self.entries[listener.name].drop
        return drop is not None and bool(drop.include_rejects)

    def heard(self, endpoint: FixOrderPort) -> HeardFixPort:
        """Give the port that takes another's place and is heard."""
        open_stream, ignored, times = endpoint.open_stream, endpoint.ignored, endpoint.times
        return HeardFixPort(endpoint.port, self.machine.engine, open_stream, ignored, times, self.notes)

    def copied(self, endpoint: Endpoint) -> Endpoint:
        """Give the port that takes another's place and is heard."""
        assert isinstance(endpoint, OuchPort)
        open_stream, ignored = endpoint.open_stream, endpoint.ignored
        kind = OUCH_PORTS[type(endpoint)]
        return kind(endpoint.port, self.machine.engine, open_stream, ignored, self.notes)

    def take_place(self, before: Endpoint, after: Endpoint) -> Endpoint:
        """Let an endpoint go on where another was."""
        index = before.port.index
        after.resume(self.machine.streams[index])
        after.numbers.update(before.numbers)
        after.load(before.dump(), before.wall_times())
        self.machine.ports[index] = after
        return after

    def hears(self, listener: Port, owner: Port) -> bool:
        """Whether a port hears another: one that it names, or with none named, one of its firm, of its own kind."""
        entry = self.entries.get(listener.name)
        if entry is None or entry.drop is None or owner.entry.drop is not None or listener.rule_book != owner.rule_book:
            return False
        return owner.name in entry.drop.ports if entry.drop.ports else owner.mpid == listener.mpid


def told_by(sink: Sink) -> tuple[object, ...]:
    """Give all that hear what a sink is told: two that have the same are as good as one."""
    return (sink.sink, *sink.listeners) if isinstance(sink, Watch) else (sink,)
