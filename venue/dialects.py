"""Which class serves a port, by the protocol that its service speaks: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from engine.administration import Administration
from engine.api import CommandRefused, OrderEntry, Port, PortEntry
from engine.endpoint import Endpoint, NumberedStream
from engine.engine import Engine
from fix.echo import FixEchoPort
from fix.endpoint import Times
from fix.port import FixOrderPort
from fix.settings import read_settings
from ouch.nordic import NordicOuchPort
from ouch.us import UsOuchPort
from prmproto.port import PrmPort
from rash.port import RashPort
from rash.version import VERSION_10, VERSION_11

OpenStream = Callable[[], NumberedStream]
Ignored = Callable[[Port, str, bytes], None]
"""Told of each message that a port ignored: why, and its bytes."""


class Open(Protocol):
    """Makes the endpoint of a port."""

    def __call__(
        self, port: Port, engine: OrderEntry, open_stream: OpenStream, ignored: Ignored, times: Times, /
    ) -> Endpoint:
        """Make it; it is the port's sink too."""


def _us_ouch(port: Port, engine: OrderEntry, open_stream: OpenStream, ignored: Ignored, _: Times) -> Endpoint:
    return UsOuchPort(port, engine, open_stream, ignored)


def _nordic_ouch(port: Port, engine: OrderEntry, open_stream: OpenStream, ignored: Ignored, _: Times) -> Endpoint:
    return NordicOuchPort(port, engine, open_stream, ignored)


def _fix(port: Port, engine: OrderEntry, open_stream: OpenStream, ignored: Ignored, times: Times) -> Endpoint:
    kind = FixEchoPort if echoes(port.entry) else FixOrderPort
    return kind(port, engine, open_stream, ignored, times)


def _prm(port: Port, engine: OrderEntry, open_stream: OpenStream, ignored: Ignored, _: Times) -> Endpoint:
    assert isinstance(engine, Engine)
    return PrmPort(port, Administration(engine), open_stream, ignored)


def _rash_10(port: Port, engine: OrderEntry, open_stream: OpenStream, ignored: Ignored, _: Times) -> Endpoint:
    return RashPort(port, engine, open_stream, ignored, VERSION_10)


def _rash_11(port: Port, engine: OrderEntry, open_stream: OpenStream, ignored: Ignored, _: Times) -> Endpoint:
    return RashPort(port, engine, open_stream, ignored, VERSION_11)


def echoes(entry: PortEntry) -> bool:
    """Whether a FIX port sends orders back instead of entering them."""
    return read_settings(entry.settings).echo


FIX_ORDERS: Final = frozenset({"fix-us", "fix-nordic"})
DIALECTS: dict[str, Open] = {
    "ouch-5.0-us": _us_ouch,
    "ouch-5.0-nordic": _nordic_ouch,
    "fix-us": _fix,
    "fix-nordic": _fix,
    "prm-nordic": _prm,
    "rash-1.0": _rash_10,
    "rash-1.1": _rash_11,
}
"""How to make a port of each protocol that a configuration may name."""


def check_kinds(ports: Mapping[str, Port], entries: Iterable[PortEntry]) -> None:
    """Raise `CommandRefused` where a port would have to be of another class than it is: what it keeps is that one's."""
    for entry in entries:
        port = ports.get(entry.name)
        if port is not None and entry.protocol in FIX_ORDERS and echoes(entry) != echoes(port.entry):
            raise CommandRefused(
                "port.fix.echo", f"{entry.name} is there already; give a port that echoes its own name"
            )


def open_endpoint(port: Port, engine: OrderEntry, open_stream: OpenStream, ignored: Ignored, times: Times) -> Endpoint:
    """Make a port's endpoint."""
    return DIALECTS[port.entry.protocol](port, engine, open_stream, ignored, times)
