"""The tiles of the rules page: what they count, and that a look goes through today's tallies only."""

from random import Random

import pytest

from engine.risk.rule_diary import RuleDiary, Tally, TallyKey
from venue.sidecar.auth.identity import Identity
from venue.sidecar.portal.eqrc_breaches import Tiles
from venue.sidecar.portal.eqrc_terms import TILES
from venue.sidecar.portal.eqrc_view import Filter

DATES = ("2026-10-30", "2026-11-19", "2026-11-20")
TODAY = DATES[-1]
IDENTITIES = (
    Identity("client:all", frozenset(), None),
    Identity("client:inet", frozenset(), frozenset({"INET"})),
    Identity("client:port", frozenset(), frozenset({"INET"}), frozenset({"P1"})),
)
FILTERS = (Filter(), Filter("BX"), Filter("NASDAQ", "INET"), Filter(None, "INET", "P1"))


class Counting(Identity):
    """Whoever counts how many tallies it is asked about."""

    asked = 0

    def sees_port(self, mpid, port):
        Counting.asked += 1
        return super().sees_port(mpid, port)


def diary_of(tallies, date=TODAY):
    diary = RuleDiary()
    diary.load_tallies(dict(sorted(tallies.items())), {}, date)
    return diary


@pytest.fixture
def tallies():
    random, made = Random(9), {}
    for number in range(1, 400):
        tile = random.choice(list(TILES))
        subject = tile if tile.isupper() else random.choice(("ANY", "OTHER"))
        kind = "fat-finger" if tile.isupper() else tile
        place = random.choice(("NASDAQ", "BX")), random.choice(("INET", "AKAM")), random.choice(("P1", "P2", ""))
        made[TallyKey(random.choice(DATES), kind, subject, *place)] = Tally(random.randrange(1, 9), 1, number)
    return made


def naive(tallies, identity, only, key):
    """Today's times, all times, and the moment of the last one, by looking at all."""
    found = [
        (each, tally)
        for each, tally in tallies.items()
        if (each.subject if each.subject in TILES else each.rule_type) == key
        and (identity.mpids is None or each.mpid in identity.mpids)
        and (identity.ports is None or each.port in identity.ports)
        and only.exchange in (None, each.exchange)
        and only.mpid in (None, each.mpid)
        and only.port in (None, each.port)
    ]
    today = sum(tally.times for each, tally in found if each.date == TODAY)
    return today, sum(tally.times for _, tally in found), bool(found)


def test_tiles_count_what_each_may_see_of_what_is_asked_for(tallies):
    tiles, diary = Tiles(), diary_of(tallies)
    for identity in IDENTITIES:
        for only in FILTERS:
            shown = tiles.breaches_of(diary, identity, only)
            assert [(tile.today, tile.total, tile.last is not None) for tile in shown] == [
                naive(tallies, identity, only, key) for key in TILES
            ]
            assert all(sum(times for _, times in tile.where) <= tile.today for tile in shown)


def test_a_second_look_goes_through_todays_tallies_only(tallies):
    tiles, diary, who = Tiles(), diary_of(tallies), Counting("client:all", frozenset(), None)
    first = tiles.breaches_of(diary, who, Filter())
    Counting.asked = 0
    assert tiles.breaches_of(diary, who, Filter()) == first
    assert Counting.asked == sum(key.date == TODAY for key in tallies)


def test_what_is_refused_now_is_counted_at_once(tallies):
    tiles, diary, who = Tiles(), diary_of(tallies), IDENTITIES[0]
    (before, *_) = tiles.breaches_of(diary, who, Filter())
    diary.count(diary.breaches, TallyKey(TODAY, "fat-finger", "FAT_FINGER", "NASDAQ", "INET", "NEW"), 1, 10**9)
    (after, *_) = tiles.breaches_of(diary, who, Filter())
    assert (after.today, after.total) == (before.today + 1, before.total + 1)


def test_the_next_day_and_another_machine_are_counted_anew(tallies):
    tiles, diary, who = Tiles(), diary_of(tallies), IDENTITIES[0]
    before = tiles.breaches_of(diary, who, Filter())
    diary.next_day("2026-11-23", 0)
    after = tiles.breaches_of(diary, who, Filter())
    assert [(tile.today, tile.total) for tile in after] == [(0, tile.total) for tile in before]
    assert not any(tile.total for tile in tiles.breaches_of(diary_of({}, "2026-11-23"), who, Filter()))
