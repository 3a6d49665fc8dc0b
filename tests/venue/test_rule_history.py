"""What rules have done, as answers show it: days and months added up, pages, the audit as a file safe to open."""

import csv
import io
from datetime import date

import pytest

from engine.risk.rule_diary import Revision, RevisionType, Tally, TallyKey
from venue.eqrc import history
from venue.eqrc.views import page

HISTORY = pytest.mark.section("EQRC", "4 Monitoring")
SECOND = 1_000_000_000


def everybody(_mpid, _port):
    return True


def key(day, rule_type="adv", port="", group_id=-1, mpid="INET"):
    return TallyKey(day, rule_type, "SUBJECT", "NASDAQ", mpid, port, group_id)


KEPT = {
    key("2026-11-19"): Tally(2, 2, 5 * SECOND),
    key("2026-11-20"): Tally(3, 3, 9 * SECOND),
    key("2026-11-20", port="IN19T6"): Tally(1, 1, 8 * SECOND),
    key("2026-11-20")._replace(subject="ANOTHER"): Tally(4, 4, 7 * SECOND),
    key("2026-12-01", "gross-exposure", group_id=7): Tally(1, 300_010_000, SECOND),
    key("2026-12-01", mpid="AKAM"): Tally(1, 1, SECOND),
}


def rows(query=None, sees=everybody, **asked):
    found = history.tallies(KEPT, query or history.TallyQuery(**asked), sees)
    return [(row.date, row.type, row.mpid, row.port, row.group_id, row.count, row.total) for row in found]


@HISTORY
def test_what_was_counted_is_added_up_by_day_and_entity():
    assert rows() == [
        ("2026-11-19", "adv", "INET", None, None, 2, 2),
        ("2026-11-20", "adv", "INET", None, None, 7, 7),
        ("2026-11-20", "adv", "INET", "IN19T6", None, 1, 1),
        ("2026-12-01", "adv", "AKAM", None, None, 1, 1),
        ("2026-12-01", "gross-exposure", "INET", None, 7, 1, "30001.0000"),
    ]


@HISTORY
def test_or_by_month():
    assert rows(period="monthly", mpid="INET") == [
        ("2026-11", "adv", "INET", None, None, 9, 9),
        ("2026-11", "adv", "INET", "IN19T6", None, 1, 1),
        ("2026-12", "gross-exposure", "INET", None, 7, 1, "30001.0000"),
    ]
    (row, *_) = history.tallies(KEPT, history.TallyQuery(period="monthly"), everybody)
    assert row.last == "1970-01-01T00:00:09.000000Z"


@HISTORY
@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"from_": date(2026, 11, 20), "to": date(2026, 11, 30)}, {"2026-11-20"}),
        ({"type": "gross-exposure"}, {"2026-12-01"}),
        ({"port": "IN19T6"}, {"2026-11-20"}),
        ({"mpid": "AKAM"}, {"2026-12-01"}),
        ({"exchange": "BX"}, set()),
        ({"period": "monthly", "to": date(2026, 11, 1)}, {"2026-11"}),
    ],
)
def test_only_what_is_asked_for(asked, days):
    if asked.get("period") == "monthly":
        asked = asked | {"to": date(2026, 11, 30)}
    assert {row[0] for row in rows(**asked)} == days


@HISTORY
def test_who_is_held_to_a_port_sees_what_is_of_it():
    assert [row[3] for row in rows(sees=lambda mpid, port: (mpid, port) == ("INET", "IN19T6"))] == ["IN19T6"]


@HISTORY
def test_pages_leave_nothing_out_and_tell_nothing_twice():
    found = history.tallies(KEPT, history.TallyQuery(), everybody)
    told, after = [], ""
    while after is not None:
        left = (row for row in found if history.tally_cursor(row) > after)
        items, after = page(left, 2, history.tally_cursor)
        told += items
    assert told == found


def revision(user="client:eqrc-inet", old="", new="5"):
    return history.Found(
        "INET", Revision(1, 0, RevisionType.UPDATE, user, "rule-5", "limit", old, new, "NASDAQ", None, None)
    )


@HISTORY
@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_file_is_taken_for_a_formula(cell):
    text = history.audit_file([revision(user=cell, old=cell)]).decode()
    (_, row) = csv.reader(io.StringIO(text, newline=""))
    assert row[2] == row[5] == f"'{cell}"
    assert row[3] == "rule-5"


@HISTORY
def test_the_file_has_the_guides_columns_and_ends_its_lines_as_csv_does():
    text = history.audit_file([revision(old='a "b", c')]).decode()
    assert text == (
        "Revision Date,Revision Type,User,Rule,Field,Old Value,New Value\r\n"
        '1970-01-01T00:00:00.000000Z,UPDATE,client:eqrc-inet,rule-5,limit,"a ""b"", c",5\r\n'
    )
