"""The dialects whose refusals can be explained, by the protocol that a port speaks."""

from __future__ import annotations

from typing import Final

from venue.explain.dialect import Dialect
from venue.explain.nordic import NordicDialect
from venue.explain.us import UsDialect

DIALECTS: Final[dict[str, Dialect]] = {"ouch-5.0-us": UsDialect(), "ouch-5.0-nordic": NordicDialect()}
