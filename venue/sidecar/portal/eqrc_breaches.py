"""The rules page's tiles: how often each check refused orders, today and in the months that are kept.

Thirteen months of a firm with many ports are tens of thousands of tallies, and a tile is drawn anew whenever something
is refused. The days that are over stay as they are, so what they come to is worked out once for all who may see as much
of it; a look then goes through today's tallies only, which are the last ones.

Source: EQRC guide 4 (monitoring).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.risk.rule_diary import RuleDiary, Tally, TallyKey
from venue.calls import moment
from venue.eqrc import views
from venue.sidecar.auth.identity import Identity
from venue.sidecar.portal.eqrc_terms import TILES

if TYPE_CHECKING:
    from venue.sidecar.portal.eqrc_view import Filter

VIEWS_KEPT: Final = 200
"""For so many different looks it is kept what the days that are over come to."""
PLACES_SHOWN: Final = 3


class Breaches(NamedTuple):
    """A tile: how often it was today, how often in the months that are kept, where today, when last."""

    key: str
    name: str
    today: int
    total: int
    where: list[tuple[str, int]]
    last: str | None


Counts = dict[str, list[int]]
"""How often something was and when last, by the key of a tile."""


class Tiles:
    """Counts breaches for whoever looks, of whichever diary the present machine keeps."""

    def __init__(self) -> None:
        self._diary: RuleDiary | None = None
        self._date = ""
        self._past: dict[object, Counts] = {}

    def breaches_of(self, diary: RuleDiary, identity: Identity, only: Filter) -> list[Breaches]:
        """Count breaches; a tile of what never was has none, but for those that the guide shows."""
        counts = {tile: list(count) for tile, count in self._past_of(diary, identity, only).items()}
        today: Counts = {}
        where: dict[str, dict[str, int]] = {}
        for key, tally in seen(of_today(diary), identity, only):
            tile = tile_of(key)
            add(today, tile, tally)
            add(counts, tile, tally)
            places, place = where.setdefault(tile, {}), f"{key.mpid} {key.port or key.exchange}"
            places[place] = places.get(place, 0) + tally.times
        nothing = [0, 0]
        return [
            Breaches(
                key.lower().replace("_", "-"),
                name,
                today.get(key, nothing)[0],
                counts.get(key, nothing)[0],
                sorted(where.get(key, {}).items(), key=lambda one: (-one[1], one[0]))[:PLACES_SHOWN],
                moment(counts[key][1]) if key in counts else None,
            )
            for key, name in TILES.items()
        ]

    def _past_of(self, diary: RuleDiary, identity: Identity, only: Filter) -> Counts:
        """Give what the days that are over come to."""
        if diary is not self._diary or diary.date != self._date:
            self._diary, self._date, self._past = diary, diary.date, {}
        look = identity.mpids, identity.ports, only
        found = self._past.get(look)
        if found is None:
            if len(self._past) >= VIEWS_KEPT:
                self._past.clear()
            found = self._past[look] = {}
            past = ((key, tally) for key, tally in diary.breaches.items() if key.date != diary.date)
            for key, tally in seen(past, identity, only):
                add(found, tile_of(key), tally)
        return found


def of_today(diary: RuleDiary) -> Iterator[tuple[TallyKey, Tally]]:
    """Give today's tallies: a day's come behind those of all days before it."""
    for key, tally in reversed(diary.breaches.items()):
        if key.date != diary.date:
            break
        yield key, tally


def seen(
    tallies: Iterator[tuple[TallyKey, Tally]], identity: Identity, only: Filter
) -> Iterator[tuple[TallyKey, Tally]]:
    """Give what somebody sees of tallies, and asks for."""
    sees, asks = identity.sees_port, any(only)
    for key, tally in tallies:
        _, _, _, exchange, mpid, port, _ = key
        if sees(mpid, port or None) and not (
            asks and not views.fits(((only.exchange, exchange), (only.mpid, mpid), (only.port, port or None)))
        ):
            yield key, tally


def tile_of(key: TallyKey) -> str:
    """Give the key of the tile that tells of a tally."""
    return key.subject if key.subject in TILES else key.rule_type


def add(counts: Counts, tile: str, tally: Tally) -> None:
    """Count a tally."""
    count = counts.get(tile)
    if count is None:
        counts[tile] = [tally.times, tally.last]
    else:
        count[0] += tally.times
        count[1] = max(count[1], tally.last)
