"""Moments for the second process: scans every five minutes from 07:45 in Stockholm, reports at 22:30, each once."""

from datetime import UTC, datetime

import msgspec
import pytest

from engine.api import NextDay
from engine.engine import NEVER
from venue import config as configuration
from venue.clock import nanoseconds
from venue.instructions import Occasion
from venue.machine import Machine
from venue.occasions import AUDIT, SCAN, occasions
from venue.record import Kind, Record
from venue.reference import market_command
from venue.snapshot import canonical

FILES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")
REPORT = pytest.mark.section("PRM", "3.20 Audit report")
encode = msgspec.msgpack.Encoder().encode


def at(text):
    return nanoseconds(datetime.fromisoformat(f"{text}+00:00"))


def shown(moment):
    return moment if moment == NEVER else datetime.fromtimestamp(moment / 1e9, UTC).strftime("%d %H:%M")


class Venue:
    """A machine with the demo's reference data whose clock is moved by hand."""

    def __init__(self, folder, scan="5m"):
        self.machine = Machine(folder)
        text = configuration.sample().replace('scan = "watch"', f'scan = "{scan}"')
        self.config = configuration.parse(text)
        self.moment = 0
        self.kept = []
        self.do(market_command(self.config))
        self.appointments = occasions(self.config, self.machine.engine, lambda: self, self.carry)

    def now(self):
        return self.moment, self.moment

    def do(self, command):
        self.machine.apply(Record(Kind.COMMAND, 0, self.moment, self.moment, encode(command)))

    def carry(self, command):
        self.do(command)
        self.kept.append((command.name, shown(self.moment)))

    def open(self, day, moment):
        self.moment = at(moment)
        midnight = at(f"{moment[:10]}T00:00:00")
        self.do(NextDay(day, day, dict.fromkeys(("nasdaq", "bx", "psx", "nordic"), midnight)))

    def until(self, moment):
        """Let time pass; gives the appointments that were kept, with their moments."""
        self.kept.clear()
        target = at(moment)
        while (first := min(self.appointments, key=lambda one: one.due())).due() <= target:
            self.moment = max(self.moment, first.due())
            first.keep()
        self.moment = target
        return list(self.kept)


@FILES
def test_lists_are_read_every_five_minutes_from_a_quarter_to_eight_until_midnight(tmp_path):
    venue = Venue(tmp_path)
    venue.open("2026-11-20", "2026-11-20T05:00:00")
    scans = [moment for name, moment in venue.until("2026-11-21T07:00:00") if name == SCAN]
    assert scans[:3] == ["20 06:45", "20 06:50", "20 06:55"]
    following = scans.index("20 22:55")
    assert following + 1 == 195
    assert scans[following + 1 :] == ["21 06:45", "21 06:50", "21 06:55", "21 07:00"]


@FILES
def test_in_summer_it_is_an_hour_earlier_for_the_rest_of_the_world(tmp_path):
    venue = Venue(tmp_path)
    venue.open("2026-07-01", "2026-07-01T04:00:00")
    assert venue.until("2026-07-01T05:49:00") == [(SCAN, "01 05:45")]


@FILES
def test_a_day_that_is_opened_later_begins_with_a_scan_and_makes_up_for_none(tmp_path):
    venue = Venue(tmp_path)
    venue.open("2026-11-20", "2026-11-20T12:02:00")
    assert venue.until("2026-11-20T12:06:00") == [(SCAN, "20 12:02"), (SCAN, "20 12:05")]
    venue.open("2026-11-23", "2026-11-20T12:07:00")
    assert venue.until("2026-11-20T12:10:00") == [(SCAN, "20 12:07"), (SCAN, "20 12:10")]


@REPORT
def test_a_report_is_written_at_half_past_ten_once_a_day(tmp_path):
    venue = Venue(tmp_path, "watch")
    venue.open("2026-11-20", "2026-11-20T05:00:00")
    assert venue.until("2026-11-22T00:00:00") == [(AUDIT, "20 21:30")]
    venue.open("2026-11-23", "2026-11-22T08:00:00")
    assert venue.until("2026-11-23T21:29:59") == []
    assert venue.until("2026-11-23T21:30:00") == [(AUDIT, "23 21:30")]
    venue.open("2026-11-24", "2026-11-24T22:00:00")
    assert venue.until("2026-11-24T22:00:00") == [(AUDIT, "24 22:00")]


@REPORT
def test_what_was_kept_is_state_and_what_somebody_asked_for_is_none(tmp_path):
    venue = Venue(tmp_path)
    venue.open("2026-11-20", "2026-11-20T21:29:00")
    venue.until("2026-11-20T21:40:00")
    (tmp_path / "other").mkdir()
    other = Machine(tmp_path / "other")
    other.restore(venue.machine.snapshot())
    assert other.hash() == venue.machine.hash()
    assert {SCAN, AUDIT} <= set(other.engine.timetables)
    before = canonical(other.engine.timetables)
    venue.do(Occasion(AUDIT, mpid="GP29"))
    assert canonical(venue.machine.engine.timetables) == before


@REPORT
def test_a_venue_without_a_second_process_or_members_has_none(tmp_path):
    venue = Venue(tmp_path)
    alone = msgspec.structs.replace(venue.config, service=venue.config.service[:4])
    us = msgspec.structs.replace(venue.config, member=())
    for config in (alone, us):
        assert occasions(config, venue.machine.engine, lambda: venue, venue.carry) == []
