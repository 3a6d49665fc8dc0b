"""A connection to a RASHport 1.0 port: SoupTCP in the place of SoupBinTCP, and what it says of numbers to begin from.

A requested 0 asks for what comes from now on. A number that is not there yet is taken: nothing is sent until the stream
has come to it (SoupTCP 2.00).
"""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING

from venue.ports import SoupConnection
from wire.soup_tcp import SoupTcpServer

if TYPE_CHECKING:
    from venue.app import Venue
    from venue.service_settings import ServiceSettings
    from venue.stream import Stream


class SoupTcpConnection(SoupConnection):
    """One client connection that speaks SoupTCP. `begins_at` is the number that the stream has not come to yet."""

    def __init__(self, venue: Venue, service: ServiceSettings, address: str) -> None:
        super().__init__(venue, service, address)
        self.session = SoupTcpServer(venue.soup_settings, monotonic_ns())
        self.begins_at = 0

    def starting_number(self, requested: int, count: int) -> int:
        """Give the first number to send."""
        return requested or count + 1

    def beyond_next(self, sequence: int, count: int) -> int:
        """Take a number that is not there yet."""
        return sequence

    def place_of(self, stream: Stream, sequence: int) -> int:
        """Give where a packet of the stream begins, or note that it has to be waited for."""
        if sequence <= stream.count + 1:
            return stream.offset_of(sequence)
        self.begins_at = sequence
        return stream.length

    def flush(self) -> None:
        """Write what has been released of the stream, once it has come to what was asked for."""
        stream = self.stream
        if self.begins_at and stream is not None and not self.closing:
            if not stream.ended and stream.count < self.begins_at:
                return
            self.sent = stream.length if stream.count < self.begins_at else stream.offset_of(self.begins_at)
            self.begins_at = 0
        super().flush()
