"""The replayable venue: engine, ports and streams, brought from one state to the next by one record at a time.

Whatever clients are told follows from the records alone, so this is all that a replay rebuilds, and it is the same
code whether the records come from sockets or from the log. It reads no clock, opens no socket and writes no log.

    record ─▶ Machine.apply ─▶ Endpoint.receive ─▶ engine ─▶ Endpoint ─▶ stream

A port is an `Endpoint` to it, whatever protocol that speaks.

The state hash covers everything but wall times, which are nobody's doing, and who is connected, which ends with the
process.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from engine import commands, state
from engine.api import BustTrade, CommandRefused, Configure, NextDay, Port, Sink
from engine.clearing_commands import CLEARING_COMMANDS, BreakReport, DecideHeldTrade
from engine.endpoint import Endpoint
from engine.engine import Engine
from engine.prm_commands import safeguard
from venue.desk import Desk, DeskState
from venue.dialects import Ignored, check_kinds, open_endpoint
from venue.drops import Drops
from venue.instructions import ClockMode, Instruction, Occasion, SetClock
from venue.machine_state import MachineState, PortState, Snapshot
from venue.record import WITH_THE_VENUE, Kind, Record
from venue.snapshot import canonical, state_hash
from venue.spool import Spool
from venue.stream import Stream

_commands: msgspec.msgpack.Decoder[Instruction] = msgspec.msgpack.Decoder(Instruction)
_encoder = msgspec.msgpack.Encoder()
TAKING_AWAY = (DecideHeldTrade, BreakReport, BustTrade, NextDay, Configure)
"""What may leave a held trade held no more, or a reported one broken."""


def nothing_ignored(port: Port, reason: str, message: bytes) -> None:
    """Take note of nothing: what a replay does with messages that were ignored."""


class Machine:
    """A venue without the outside.

    `number` is the last record applied, `touched` the streams that grew since the gate last looked, `clock` how venue
    time passes; large streams put their older parts into temporary files in `directory`. `taken_at` is the last record
    of this run that may have taken away what Post-Trade Risk holds, or was told of.
    """

    def __init__(self, directory: Path, ignored: Ignored = nothing_ignored) -> None:
        self.engine = Engine(partial(Spool, directory))
        self.ports: list[Endpoint] = []
        self.streams: list[Stream] = []
        self.touched: list[Stream] = []
        self.connected: dict[int, None] = {}
        self.desk = Desk()
        self.drops = Drops(self)
        self.number = 0
        self.taken_at = 0
        self.venue_time = 0
        self.wall_time = 0
        self.clock: ClockMode = "real"
        self.directory = directory
        self.ignored = ignored

    def apply(self, record: Record) -> CommandRefused | None:
        """Apply the next record; gives the refusal of a command that could not be carried out and changed nothing."""
        kind, port, now, wall_time, payload = record
        if kind == Kind.MESSAGE:
            self.messages(port, (payload,), now, wall_time)
            return None
        self.number += 1
        self.venue_time, self.wall_time = now, wall_time
        if now >= self.engine.next_deadline:
            self.engine.advance(now)
        if kind == Kind.COMMAND:
            return self._command(_commands.decode(payload), now)
        if kind == Kind.SLICE:
            self.engine.work_off_next(now)
        elif kind == Kind.OPERATION:
            self.desk.apply(payload, self.number, now, wall_time)
        elif kind == Kind.LOGIN:
            self.connected[port] = None
            self.ports[port].logon(payload, now)
        elif kind == Kind.DISCONNECT:
            self.connected.pop(port, None)
            if self.ports[port].disconnected(now):
                of = self.ports[port].port
                self.engine.disconnected(of, now)
                safeguard(self.engine, of, now, is_restart=payload == WITH_THE_VENUE)
        elif kind == Kind.SESSION_TIMER:
            self.ports[port].tick(now)
        elif kind == Kind.LOGOUT:
            self.ports[port].log_out(payload, now)
        return None

    def _command(self, command: Instruction, now: int) -> CommandRefused | None:
        """Carry out a command, or give its refusal."""
        if isinstance(command, SetClock):
            self.clock = command.mode
            return None
        if isinstance(command, Occasion):  # the second process's, but for when it is due again
            if command.position >= 0:
                self.engine.timetables[command.name] = command.position
            return None
        if isinstance(command, TAKING_AWAY):
            self.taken_at = self.number
        if isinstance(command, CLEARING_COMMANDS):  # the second process's too
            return None
        entries = self.drops.entries
        if isinstance(command, Configure):
            self.drops.configure(command.ports)
        try:
            if isinstance(command, Configure):
                check_kinds(self.engine.ports, command.ports)
            commands.handle(self.engine, command, now, self._connect)
        except CommandRefused as refused:
            self.drops.entries = entries
            return refused
        if isinstance(command, Configure):
            self.drops.join_all()
            for endpoint in self.ports:
                endpoint.configured()
        return None

    def messages(self, port: int, payloads: Sequence[bytes], now: int, wall_time: int) -> int:
        """Apply the next records, messages that `port` received at one time: the order path's own way in.

        Gives how many: behind a mass cancel that is not done yet, what the port sent has to wait.
        """
        self.venue_time, self.wall_time = now, wall_time
        engine = self.engine
        if now >= engine.next_deadline:
            engine.advance(now)
        endpoint = self.ports[port]
        mass_cancels = engine.mass_cancels
        if mass_cancels:
            engine.finish(endpoint.port, now)
        count = 0
        for payload in payloads:
            endpoint.receive(payload, now)
            count += 1
            if mass_cancels and self.is_busy(port):
                break
        self.number += count
        return count

    def settle(self) -> None:
        """Let the streams put away what they got, and let go of what nobody will send: for who has no gate."""
        self.drops.notes.settle()
        for stream in self.touched:
            stream.settle()
        self.touched[:] = [stream for stream in self.touched if not stream.ended]
        for endpoint in self.ports:
            endpoint.settle()

    def is_busy(self, port: int) -> bool:
        """Whether a port's mass cancel is not done yet."""
        return self.ports[port].port.mass_cancel is not None

    def _connect(self, port: Port) -> Sink:
        """Give a new port of the engine its dialect and its stream. Ports come in the order of their indexes."""
        assert port.index == len(self.ports)
        open_stream = partial(self._open_stream, port.index)
        endpoint = self.drops.open(port, open_stream)
        if endpoint is None:
            endpoint = open_endpoint(port, self.engine, open_stream, self.ignored, self)
        self.ports.append(endpoint)
        self.streams.append(Stream("", self.touched, self.directory))
        return self.drops.join(port.index)

    def _open_stream(self, index: int) -> Stream:
        """End a port's stream and start the one of the day that begins."""
        self.streams[index].ended = True
        stream = self.streams[index] = Stream(self.engine.session, self.touched, self.directory)
        return stream

    # Snapshots.

    def dump(self) -> bytes:
        """Give the canonical bytes of the whole state."""
        self.drops.notes.settle()
        ports = {
            endpoint.port.name: PortState(
                sorted(endpoint.numbers.items()),
                stream.session,
                stream.count,
                endpoint.digest(stream).hex(),
                endpoint.dump(),
            )
            for endpoint, stream in zip(self.ports, self.streams, strict=True)
        }
        return canonical(MachineState(state.dump(self.engine), ports, self.desk.dump(), self.clock))

    def hash(self) -> str:
        """Give the state hash."""
        return state_hash(self.dump())

    def snapshot(self) -> bytes:
        """Give a snapshot of the machine as it is now."""
        self.drops.notes.settle()
        streams = {port.port.name: stream.dump() for port, stream in zip(self.ports, self.streams, strict=True)}
        trades = state.dump_trades(self.engine)
        times = self.venue_time, self.wall_time
        connected, desk = list(self.connected), self.desk.wall_times()
        ports = {endpoint.port.name: endpoint.wall_times() for endpoint in self.ports}
        return _encoder.encode(Snapshot(self.number, *times, self.dump(), streams, trades, connected, desk, ports))

    def restore(self, blob: bytes) -> None:
        """Bring a new machine to a snapshot."""
        snapshot = msgspec.msgpack.decode(blob, type=Snapshot)
        machine_state = msgspec.msgpack.decode(snapshot.state, type=MachineState)
        if machine_state.engine is not None:
            self.drops.configure(machine_state.engine.configuration.ports)
            state.load(self.engine, machine_state.engine, snapshot.trades, self._connect)
        if isinstance(machine_state.desk, DeskState):
            self.desk.load(machine_state.desk, snapshot.desk_wall_times)
        for index, endpoint in enumerate(self.ports):
            name = endpoint.port.name
            port_state = machine_state.ports[name]
            stream = self.streams[index] = Stream.load(snapshot.streams[name], self.touched, self.directory)
            endpoint.resume(stream)
            endpoint.numbers.update(port_state.numbers)
            endpoint.load(port_state.detail, snapshot.port_wall_times.get(name, []))
        self.drops.join_all()
        self.touched.clear()
        self.connected.update(dict.fromkeys(snapshot.connected))
        self.clock = machine_state.clock
        self.number = snapshot.number
        self.venue_time, self.wall_time = snapshot.venue_time, snapshot.wall_time
