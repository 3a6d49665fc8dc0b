"""What every handler of the second process is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from venue.config import Config
from venue.sidecar.clearing import House
from venue.sidecar.comparison import Comparison
from venue.sidecar.engine import EngineClient
from venue.sidecar.explain import Explainer
from venue.sidecar.feed import Feed
from venue.sidecar.replica import Replica
from venue.sidecar.rule_feed import RuleFeed
from venue.sidecar.sample_flow import SampleFlow

if TYPE_CHECKING:
    from venue.sidecar.portal.eqrc_breaches import Tiles


@dataclass(frozen=True)
class Sidecar:
    """The second process: the venue it belongs to, its copy of the machine, and the way to change anything.

    `data` is the venue's directory, `records` the one whose log the replica reads, which in `memory` mode is our own.
    """

    config: Config
    data: Path
    records: Path
    addresses: dict[str, tuple[str, int]]
    replica: Replica
    engine: EngineClient
    feed: Feed
    clearing: House | None = None

    @cached_property
    def comparison(self) -> Comparison:
        """Holds the replica's state hash against the engine's."""
        return Comparison(self.replica, self.engine, self.feed)

    @cached_property
    def rule_feed(self) -> RuleFeed:
        """Tells what happens to risk rules; to be there before the replica begins."""
        return RuleFeed(self.replica)

    @cached_property
    def tiles(self) -> Tiles:
        """Counts breaches for the rules page."""
        from venue.sidecar.portal.eqrc_breaches import Tiles  # noqa: PLC0415 - pages are given the sidecar themselves

        return Tiles()

    @cached_property
    def explainer(self) -> Explainer:
        """Explains records, in processes of their own."""
        return Explainer(self.records)

    @cached_property
    def sample_flow(self) -> SampleFlow:
        """Trades for show, where the configuration says between whom."""
        return SampleFlow(self)
