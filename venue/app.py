"""The composition root: configuration, log, machine, gate, connections and operations joined into one venue.

    socket ─▶ Connection ─▶ Journal ─▶ Machine (port ─▶ engine ─▶ port ─▶ stream)
                              │ batch                                │ held
                              ▼                                      ▼
                            Writer ── "durable to n" ─────────────▶ Gate ─▶ Connection ─▶ socket

A `Venue` is an object: it sets no signal handlers, exits nothing and keeps no globals, so that a test can host many.
"""

from __future__ import annotations

import asyncio
import errno
import os
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog

from engine.api import CommandRefused, Configure, Port, SetPhase, SetStorage
from venue.admission import Crowd, Door
from venue.clock import Clock, ManualClock, nanoseconds
from venue.config import Config, ConfigError, check_reach
from venue.connection import Connection
from venue.control import ControlServer
from venue.disk import MEBIBYTE, FreeSpace, SpaceKeeper, SpaceWatch, free_space
from venue.drop_turns import DropTurns
from venue.feed_settings import FEEDS
from venue.file_settings import is_served
from venue.fix_ports import FixConnection
from venue.fix_settings import FIX_PROTOCOLS
from venue.gate import Gate, Intake, Writer
from venue.instructions import Instruction, SetClock
from venue.journal import Journal
from venue.listener import NO_SUCH_ADDRESS, BoundPort, Listener, plain_address, resolve
from venue.log import EventLog, MemoryLog, SqliteLog
from venue.machine import Machine
from venue.occasions import occasions
from venue.ports import SoupConnection
from venue.prm_ports import PrmConnection
from venue.prm_settings import PRM_PROTOCOL
from venue.ptr.inquiry import Inquiry
from venue.rash_ports import SoupTcpConnection
from venue.rash_settings import RASH_10
from venue.record import WITH_THE_VENUE, Kind
from venue.recovery import recover
from venue.reference import market_command
from venue.relay import Relay
from venue.schedule import Schedule
from venue.service_settings import PortSettings
from venue.snapshots import Snapshots
from venue.supervisor import Supervisor
from venue.timekeeper import Timekeeper
from venue.timetable import Extensions, timetables
from venue.timing import Timing
from venue.tls import server_context
from venue.trading_day import DayRoll, TradingDays
from venue.turns import Turns
from wire.soup import SoupSettings

CONNECTIONS: dict[str, type[SoupConnection]] = {PRM_PROTOCOL: PrmConnection, RASH_10: SoupTcpConnection}
"""Who serves the connections of protocols that are neither FIX nor simply in SoupBinTCP."""
LET_GO_SECONDS = 10.0
"""Seconds that the second process of a venue that was killed has to end, before its ports are called taken."""
STOP_GRACE = 2.0
"""Seconds that clients have to take what they are owed when the venue stops."""
DISK_POLL = 0.01
"""Seconds between two looks at whether the disk has caught up."""

log = structlog.get_logger()


class PortTaken(Exception):  # noqa: N818 - it reads as what is so
    """A listener's address is in use."""


class Venue:
    """A running venue. `start` it, wait for `failed`, `stop` it.

    `failed` is done when the venue cannot go on (a flush that failed, a fault of ours); nothing is acknowledged after.
    `clock` is the machine's, `free` tells how much room the disk has.
    """

    def __init__(self, config: Config, data: Path, clock: Clock, free: FreeSpace = free_space) -> None:
        self.config = config
        self.data = data
        self.machine_clock = clock
        self.free = free
        soup = config.soupbintcp
        self.soup_settings = SoupSettings(
            heartbeat_interval_ns=soup.heartbeat_interval_ms * 1_000_000,
            silence_limit_ns=soup.client_silence_limit_ms * 1_000_000,
            login_wait_ns=soup.login_wait_ms * 1_000_000,
        )
        self.connections: dict[Connection, None] = {}
        self.logged_in: dict[str, Connection] = {}
        self.addresses: dict[str, tuple[str, int]] = {}
        self.listeners: list[BoundPort] = []
        self.supervisor: Supervisor | None = None
        self.inquiry = Inquiry(data)
        self.crowd: Crowd
        self.door: Door
        self.waiting_for_disk: dict[Connection, None] = {}
        self.days = TradingDays(config)
        self.timekeeper: Timekeeper
        self.slice: asyncio.Handle | None = None
        self.recovered = 0
        self.loop: asyncio.AbstractEventLoop
        self.failed: asyncio.Future[Exception]
        self.machine: Machine
        self.journal: Journal
        self.log: EventLog | None = None
        self.writer: Writer | None = None
        self.relay: Relay | None = None
        self.live = False
        self.snapshots: Snapshots | None = None
        self.space: SpaceKeeper | None = None
        self.control: ControlServer
        self.timing: Timing

    # Start and stop.

    async def start(self) -> None:
        """Bind, recover, open the day, listen. Raises `PortTaken`, `LogDamaged`, `DirectoryInUse`, `OSError`."""
        self.loop = asyncio.get_running_loop()
        self.failed = self.loop.create_future()
        self.data.mkdir(parents=True, exist_ok=True)
        self.crowd = Crowd(self.loop, self.config.venue.max_connections, self.config.venue.max_connections_per_address)
        await self._bind()
        self.door = Door(self.loop, self.config)
        try:
            self._open()
            (self.data / "ports.json").unlink(missing_ok=True)  # an earlier venue's: the directory is ours now
            self._catch_up()
            self.timing = Timing(self)
            self.control = ControlServer(self)
            await self.control.start(self.data / "engine.sock")
        except BaseException:
            self._close_the_door()
            if self.writer is not None:
                self.writer.stop()
            if self.log is not None:
                self.log.close()
            raise
        self.live = True
        if self.space is not None:
            self.space.start()
        self.timekeeper.start(self.loop)
        try:
            for listener in self.listeners:
                listener.start()
            self._publish()
        except OSError:
            await self.stop()
            raise

    async def _bind(self) -> None:
        """Take every service's port on every address of the host."""
        venue = self.config.venue
        context = server_context(self.config)
        try:
            addresses = await resolve(venue.host)
        except (OSError, ValueError) as error:
            raise ConfigError("venue.host", f"{venue.host} is no address of this machine") from error
        check_reach(self.config, map(plain_address, addresses))
        if self.config.web_service is not None:
            self.supervisor = Supervisor(self.config, self.data, self.addresses)
        for service in filter(is_served, self.config.service):
            port = venue.port_base + service.offset if venue.port_base else 0
            listener: BoundPort
            if service.market is None or service.protocol in FEEDS:
                assert self.supervisor is not None
                listener = self.supervisor.port_of(service)
            else:
                speaks_fix = service.protocol in FIX_PROTOCOLS
                plain = CONNECTIONS.get(service.protocol, SoupConnection)
                waits = self.config.fix if speaks_fix else self.config.soupbintcp
                listener = Listener(
                    self.loop,
                    self.crowd,
                    partial(FixConnection if speaks_fix else plain, self, service),
                    context if service.tls else None,
                    waits.login_wait_ms / 1000,
                    waits.slow_reader_limit_ms / 1000,
                )
            self.listeners.append(listener)
            try:
                self.addresses[service.key] = await self._take(listener, addresses, port)
            except OSError as error:
                for bound in self.listeners:
                    bound.close()
                if error.errno == errno.EADDRINUSE:
                    raise PortTaken(f"{service.key}: {venue.host}:{port} is in use") from error
                if error.errno in NO_SUCH_ADDRESS:
                    raise ConfigError("venue.host", f"{venue.host} is no address of this machine") from error
                raise

    async def _take(self, listener: BoundPort, addresses: list[str], port: int) -> tuple[str, int]:
        """Bind a listener; where a venue was killed here just now, wait until its second process has let go.

        Raises `OSError`.
        """
        end = self.loop.time() + LET_GO_SECONDS
        while True:
            try:
                return listener.bind(addresses, port)
            except OSError as error:
                listener.close()
                if error.errno != errno.EADDRINUSE or self.loop.time() > end or not was_killed(self.data):
                    raise
            await asyncio.sleep(DISK_POLL)

    def _close_the_door(self) -> None:
        """Let nobody in any more."""
        for listener in self.listeners:
            listener.close()
        self.door.close()
        self.crowd.refused.say()

    def _open(self) -> None:
        """Open the log, bring the machine to its end, and join journal, writer and gate."""
        durability = self.config.venue.durability
        self.machine = Machine(self.data, self._ignored)
        gate = Gate(is_open=durability == "memory")
        writer: Intake | None = None
        if durability == "memory":
            self.log = MemoryLog(self.data)
            if self.supervisor is not None:
                self.relay = Relay(self.loop, self.data)
                writer = self.relay.collector
        else:
            kept = self.log = SqliteLog(self.data, durability)
            recover(self.data, self.machine)
            kept.fence(kept.epoch + 1)
            writer = self.writer = Writer(kept, kept.epoch, self._report, self._flush_failed)
            self.writer.start()
            low_bytes = self.config.venue.low_disk_mb * MEBIBYTE
            watch = SpaceWatch(self.data / "log", low_bytes, self.machine.engine.storage_low, self.free)
            self.space = SpaceKeeper(watch, self._note_space)
            self.snapshots = Snapshots(self.loop, kept, self.machine, gate)
        self.recovered = self.machine.number
        clock = self.machine_clock
        hooks = self._broken, self._due_moved, self._slices_wait, self._commanded
        self.journal = Journal(self.machine, gate, writer, clock, *hooks)
        schedule = Schedule(
            [
                DayRoll(self.days, self.machine.engine, self.open_day),
                Extensions(self.machine.engine, self.command),
                *timetables(self.config, self.machine.engine, self.command),
                *occasions(self.config, self.machine.engine, lambda: self.clock, self.command),
            ]
        )
        self.timekeeper = Timekeeper(self.journal, schedule, clock)
        self.timekeeper.resume()
        DropTurns(self.loop, self.journal)
        self.prm_turns = Turns(self.loop)
        gate.hold(self.machine.number, self.machine.touched)
        gate.durable(self.machine.number)

    def _catch_up(self) -> None:
        """Record what happened while the venue was down: connections lost, a new configuration, a new date."""
        settings = self.config.venue
        if settings.clock == "manual" and not self.machine.number:
            now, _ = self.clock.now()
            start = settings.clock_start
            self.journal.clock = ManualClock(self.clock, now if start is None else nanoseconds(start))
        times = self.clock.now()
        engine = self.machine.engine
        today = self.days.first(times[0])
        if not engine.date and self.journal.writer is not None:
            self.journal.writer.roll(today)
        self.journal.begin()  # a day that is opened has its configuration, whenever the power fails
        for index in list(self.machine.connected):
            self.journal.record(Kind.DISCONNECT, index, WITH_THE_VENUE, times)
        if settings.clock == "manual" and not self.machine.number:
            self.command(SetClock("manual"))
        if engine.date < today.isoformat():
            self.open_day(today)
        configuration = market_command(self.config)
        refused = None if same(engine.configuration, configuration) else self.command(configuration)
        self.journal.end()
        if refused is not None:
            raise ConfigError(refused.field, f"{refused} (in {self.data})")
        if self.space is not None:
            self.space.look()
        self.timekeeper.schedule.settle()

    async def stop(self) -> None:
        """Refuse new connections, close the present ones, flush the log, keep a snapshot."""
        self.live = False
        self._close_the_door()
        if self.supervisor is not None:
            await self.loop.run_in_executor(None, self.supervisor.stop)
        await self.control.stop()
        self.timekeeper.stop()
        self.timing.stop()
        for connection in list(self.connections):
            connection.say_goodbye("the venue stops")
        end = self.loop.time() + STOP_GRACE
        while self.connections and self.loop.time() < end:  # noqa: ASYNC110 - bounded, and nothing else signals it
            await asyncio.sleep(DISK_POLL)
        for connection in list(self.connections):
            connection.drop("the venue stops")
        await asyncio.sleep(0)
        assert self.log is not None
        if self.space is not None:
            await self.space.stop()
        if self.slice is not None:
            self.slice.cancel()  # what is left of a mass cancel goes on at the next start
        if self.writer is not None:
            await self.loop.run_in_executor(None, self.writer.stop)
            assert self.snapshots is not None
            await self.snapshots.settle()
            if self.machine.number == self.log.last and not self.journal.closed:  # else it holds what never happened
                await self.snapshots.keep_last()
        self.log.close()
        (self.data / "ports.json").unlink(missing_ok=True)

    def _publish(self) -> None:
        """Say in DIR/ports.json that every port listens."""
        path = self.data / "ports.json"
        aside = path.with_suffix(".unfinished")
        published = {"ready": True, "pid": os.getpid(), "services": self.addresses}
        with aside.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(published), indent=2))
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave an empty file of that name
        aside.rename(path)

    # What operators and connections ask.

    @property
    def clock(self) -> Clock:
        """The clock that venue time goes by: the machine's, or a manual one."""
        return self.journal.clock

    def next_day(self) -> date:
        """End the trading day and open the next; gives its date."""
        following = self.days.following(date.fromisoformat(self.machine.engine.date))
        self.open_day(following)
        return following

    def open_day(self, day: date) -> None:
        """Open a trading day, now."""
        now, _ = self.clock.now()
        command = self.days.command(day, now, self.machine.engine.markets)
        refused = self.command(command)
        assert refused is None
        log.info("trading day", date=command.date, session=command.session)
        self.timekeeper.schedule.settle()
        self.timekeeper.plan()
        if self.snapshots is not None and self.machine.engine.configuration is not None:
            self.snapshots.keep()

    def command(self, command: Instruction) -> CommandRefused | None:
        """Carry out a command as a record; one that changes phases may change what comes next."""
        refused = self.journal.command(command)
        if isinstance(command, SetPhase):
            self.timekeeper.schedule.settle()
            self.timekeeper.plan()
        return refused

    def index_of(self, port: PortSettings) -> int:
        """Give the index by which records name a port."""
        return self.machine.engine.ports[port.name].index

    def wait_for_disk(self, connection: Connection) -> None:
        """Stop reading an order port until the disk has caught up (`RUN_AHEAD_RECORDS`)."""
        connection.transport.pause_reading()
        if not self.waiting_for_disk:
            self.loop.call_later(DISK_POLL, self._look_at_disk)
        self.waiting_for_disk[connection] = None

    def _look_at_disk(self) -> None:
        if self.journal.is_ahead:
            self.loop.call_later(DISK_POLL, self._look_at_disk)
            return
        waiting, self.waiting_for_disk = self.waiting_for_disk, {}
        for connection in waiting:
            connection.listen()

    # What the writer thread and the journal say.

    def _report(self, number: int) -> None:
        self.loop.call_soon_threadsafe(self.journal.gate.durable, number)

    def _flush_failed(self, error: Exception) -> None:
        self.loop.call_soon_threadsafe(self._broken, error)

    def _note_space(self, low: bool) -> None:
        self.command(SetStorage(low))

    def _broken(self, error: Exception) -> None:
        """Go no further: nothing is acknowledged from here on, and whoever runs the venue ends it."""
        self.journal.close()
        if not self.failed.done():
            self.failed.set_result(error)

    def _ignored(self, port: Port, reason: str, message: bytes) -> None:
        if self.live:  # what a replay meets was logged when it came
            write = log.info if port.entry.drop is None else log.debug
            write("message ignored", port=port.name, reason=reason, message=message[:160].hex())

    def _due_moved(self) -> None:
        self.timekeeper.plan()

    def _commanded(self) -> None:
        """Let connections do what a command asks of their sessions, such as to end with the day."""
        for connection in list(self.connections):
            connection.attend()

    def _slices_wait(self) -> None:
        """See that the mass cancels that are not done go on, with everyone else's turn in between."""
        if self.slice is None:
            self.slice = self.loop.call_soon(self._work_off)

    def _work_off(self) -> None:
        """Record that the next slice of a mass cancel was done."""
        self.slice = None
        if not self.journal.closed:
            self.journal.record(Kind.SLICE, 0, b"", self.clock.now())
            self.journal.commit()


def same(present: Configure | None, wanted: Configure) -> bool:
    """Whether two configurations say the same, however they came into memory."""
    encode = msgspec.msgpack.Encoder(order="sorted").encode
    return present is not None and encode(present) == encode(wanted)


def was_killed(data: Path) -> bool:
    """Whether the venue that ran in a directory last is gone without having said so."""
    try:
        pid = msgspec.json.decode((data / "ports.json").read_bytes(), type=dict[str, Any])["pid"]
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, msgspec.MsgspecError, KeyError, TypeError):
        return False
    return False
