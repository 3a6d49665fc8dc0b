"""The dialects whose refusals can be explained, by the protocol that a port speaks."""

from __future__ import annotations

from typing import Final, NamedTuple

from venue.explain.dialect import Dialect
from venue.explain.fix import FixDialect, FixReader, FixRequest
from venue.explain.nordic import NordicDialect
from venue.explain.rash import RashDialect, RashReader, RashRequest
from venue.explain.reader import Reader
from venue.explain.request import Request
from venue.explain.us import UsDialect


class Way(NamedTuple):
    """How a protocol's orders are taken apart, and asked about again."""

    dialect: Dialect
    request: type[Request] = Request
    reader: type[Reader] = Reader


DIALECTS: Final[dict[str, Way]] = {
    "ouch-5.0-us": Way(UsDialect()),
    "ouch-5.0-nordic": Way(NordicDialect()),
    "rash-1.0": Way(RashDialect(), RashRequest, RashReader),
    "rash-1.1": Way(RashDialect(), RashRequest, RashReader),
    "fix-us": Way(FixDialect(), FixRequest, FixReader),
    "fix-nordic": Way(FixDialect(), FixRequest, FixReader),
}
