"""Who hears whom: Drop ports joined to the order entry ports that they hear.

A port that somebody hears is of another class than one that nobody does, so who is not heard pays nothing. Who hears
whom follows from the latest configuration, which comes before anybody is connected or follows a replica.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from engine.api import Port, PortEntry, Sink
from engine.endpoint import Endpoint
from engine.watch import Notes
from ouch.drop import CopiedNordicPort, OuchDropPort
from ouch.nordic import NordicOuchPort

if TYPE_CHECKING:
    from venue.machine import Machine
    from venue.stream import Stream

OUCH_DROP: Final = "ouch-drop-nordic"
NORDIC_OUCH: Final = "ouch-5.0-nordic"


class Drops:
    """Joins the ports of a machine. `entries` are those of the latest configuration, by name."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.notes = Notes(machine)
        self.entries: dict[str, PortEntry] = {}

    def configure(self, entries: tuple[PortEntry, ...]) -> None:
        """Take the ports of a configuration, before those that are new are opened."""
        self.entries = {entry.name: entry for entry in entries}

    def open(self, port: Port, open_stream: Callable[[], Stream]) -> Endpoint | None:
        """Make a new port's endpoint where it is a Drop port, else give None."""
        if port.entry.protocol == OUCH_DROP:
            return OuchDropPort(port, open_stream, self.machine.ignored, self.notes)
        return None

    def join_all(self) -> None:
        """Join all ports anew: the configuration may be another."""
        for index, endpoint in enumerate(self.machine.ports):
            endpoint.port.sink = self.join(index)

    def join(self, index: int) -> Sink:
        """Let those hear a port who are to; gives the sink that the port needs for it."""
        endpoint = self.machine.ports[index]
        owner = endpoint.port
        drops = [drop for drop in self.machine.ports if self.hears(drop.port, owner)]
        copies = tuple(drop for drop in drops if isinstance(drop, OuchDropPort))
        if copies and type(endpoint) is NordicOuchPort:
            endpoint = self.machine.ports[index] = self.copied(endpoint)
        if isinstance(endpoint, CopiedNordicPort):
            endpoint.listeners = copies
            endpoint.rejected_to = tuple(drop for drop in copies if self.wants_rejects(drop.port))
        return endpoint

    def wants_rejects(self, listener: Port) -> bool:
        """Whether a Drop port is told of orders that were refused on OUCH ports."""
        drop = self.entries[listener.name].drop
        return drop is not None and bool(drop.include_rejects)

    def copied(self, endpoint: NordicOuchPort) -> CopiedNordicPort:
        """Give the port that takes another's place and is heard."""
        open_stream, ignored = endpoint.open_stream, endpoint.ignored
        copied = CopiedNordicPort(endpoint.port, self.machine.engine, open_stream, ignored, self.notes)
        copied.resume(self.machine.streams[endpoint.port.index])
        copied.numbers.update(endpoint.numbers)
        copied.load(endpoint.dump())
        return copied

    def hears(self, listener: Port, owner: Port) -> bool:
        """Whether a port hears another: one that it names, or with none named, one of its firm, of its own kind."""
        entry = self.entries.get(listener.name)
        if entry is None or entry.drop is None or owner.entry.drop is not None or listener.rule_book != owner.rule_book:
            return False
        if entry.protocol == OUCH_DROP and owner.entry.protocol != NORDIC_OUCH:
            return False
        return owner.name in entry.drop.ports if entry.drop.ports else owner.mpid == listener.mpid
