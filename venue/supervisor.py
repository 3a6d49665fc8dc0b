"""The second process as the engine process sees it: its port is bound here, and it is started, and started again.

The listening sockets stay open here whatever becomes of the second process, so connections that come while it is away
wait for the next one. All of it happens in a thread of its own, away from the loop: the order path never waits for it.

    engine process ── stdin: a `Start`, then nothing; its end says that the venue is gone ──▶ second process
                   ◀─ stderr: log lines, passed on ────────────────────────────────────────
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec
import structlog

from venue.config import Config
from venue.listener import BoundPort
from venue.service_settings import ServiceSettings
from venue.sidecar.start import FOLDER, Start, frame

COMMAND = (sys.executable, "-P", "-m", "venue.sidecar")
FIRST_PAUSE = 0.1
"""Seconds before a second process that ended is started again; they double as long as it ends soon."""
LONGEST_PAUSE = 10.0
SETTLED_SECONDS = 10.0
"""A second process that lived this long did not end soon."""
STOP_GRACE = 3.0
"""Seconds that it has to end when it is told to."""
LONGEST_LINE = 16_384
"""Bytes of a line of its log that are passed on in one piece."""
LAST_LINES = 3
"""Lines that are told of one that ended by itself."""

LEVELS = logging.getLevelNamesMapping()

log = structlog.get_logger()


class Supervisor(BoundPort):
    """Keeps a venue's second process going. `bind` its port, `start` it when the venue runs, `stop` it.

    `beside` are the ports of its other services, by their keys: files, and mail.
    """

    def __init__(self, config: Config, data: Path, addresses: dict[str, tuple[str, int]]) -> None:
        super().__init__()
        self.beside: dict[str, BoundPort] = {}
        self._config = config
        self._data = data
        self._addresses = addresses
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="sidecar", daemon=True)

    @property
    def pid(self) -> int:
        """The second process, 0 while there is none."""
        process = self._process
        return 0 if process is None else process.pid

    def port_of(self, service: ServiceSettings) -> BoundPort:
        """Give the port of one of the second process's services, to be bound: of `http` it is this one."""
        if service.protocol == "http":
            return self
        return self.beside.setdefault(service.key, BoundPort())

    def start(self) -> None:
        """Listen, and start the second process. Raises `OSError`."""
        super().start()
        self._thread.start()

    def stop(self) -> None:
        """End the second process, and wait until it has ended. Blocks, for `STOP_GRACE` or a little more."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.is_alive():
            self._thread.join(STOP_GRACE)
        self._clear()

    def _clear(self) -> None:
        """Remove what second processes derived; the files beside (keys) outlive them."""
        for run in (self._data / FOLDER).glob("*/"):
            shutil.rmtree(run, ignore_errors=True)
        with suppress(OSError):  # it holds files, or is not there
            (self._data / FOLDER).rmdir()

    def _keep(self) -> None:
        self._clear()  # what one that was killed has left
        service = self._config.web_service
        assert service is not None
        ports = {service.key: self, **self.beside}
        sockets = {key: [bound.fileno() for bound in port.sockets] for key, port in ports.items()}
        descriptors = [descriptor for some in sockets.values() for descriptor in some]
        run = f"{time.time_ns()}-{os.getpid()}"
        start = Start(self._config, os.fsencode(self._data), self._addresses, sockets, run)
        pause, told = FIRST_PAUSE, ""
        while not self._stopping.is_set():
            began = time.monotonic()
            reason = self._run(frame(start), descriptors)
            if self._stopping.is_set():
                return
            if time.monotonic() - began > SETTLED_SECONDS:
                pause, told = FIRST_PAUSE, ""
            if reason != told:
                log.warning("the second process ended and is started again", reason=reason)
                told = reason
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _run(self, message: bytes, descriptors: list[int]) -> str:
        """Start the second process and see it to its end; gives why it ended."""
        try:
            with self._lock:
                if self._stopping.is_set():
                    return ""
                process = self._process = subprocess.Popen(  # noqa: S603 - our own
                    COMMAND,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=descriptors,
                    process_group=0,  # Ctrl-C is for the engine process, also before the other can say so
                )
        except OSError as error:
            return f"it could not be started: {error}"
        assert process.stdin is not None
        assert process.stderr is not None
        with suppress(OSError):  # it has ended already, and its last lines tell why
            process.stdin.write(message)
            process.stdin.flush()
        with process.stderr as errors:
            last = self._pass_on(errors)
        code = process.wait()
        with suppress(OSError):  # what did not get through
            process.stdin.close()
        with self._lock:
            self._process = None
        return " | ".join([f"exit code {code}" if code >= 0 else f"signal {-code}", *last])

    def _pass_on(self, errors: IO[bytes]) -> deque[str]:
        """Write its lines of log to ours until it ends; gives the last ones."""
        last: deque[str] = deque(maxlen=LAST_LINES)
        while line := errors.readline(LONGEST_LINE):
            text = line.decode("utf-8", "replace").rstrip()
            if not text:
                continue
            try:
                entry = msgspec.json.decode(text, type=dict[str, Any])
                level, event = LEVELS[entry.pop("level").upper()], entry.pop("event")
            except (msgspec.DecodeError, KeyError):
                last.append(text)
                log.warning("sidecar", says=text)
            else:
                if level > logging.INFO:
                    last.append(": ".join([event, *map(str, entry.values())]))
                log.log(level, event, **entry, process="sidecar")
        return last
