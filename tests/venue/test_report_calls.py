"""Operations around members' files, reports and mail: each does what it says, each bad one says what is wrong."""

import pytest

from venue.mailbox import Mailbox, Received


@pytest.fixture
def venue(host):
    return host()


def account(venue):
    return venue.venue.machine.engine.prm.accounts["GP29PR"]


def test_a_file_s_list_is_put_in_force_whole_and_taken_away(venue):
    answer = venue.ask("prm/accounts/GP29PR/file", {"orderBooks": [101, "0301", "101"]})
    assert (answer.status, answer.body) == (200, {"account": "GP29PR", "orderBooks": ["101", "301"]})
    assert account(venue).is_restricted("301")
    assert venue.ask("prm/accounts/GP29PR/file", {"orderBooks": None}).body["orderBooks"] == []
    assert not account(venue).is_restricted("101")


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("prm/accounts/GP29XX/file", {"orderBooks": []}, 404, "account"),
        ("prm/accounts/GP29PR/file", {"orderBooks": ["101", "999"]}, 422, "orderBooks"),
        ("prm/accounts/GP29PR/file", {"orderBooks": ["x"]}, 422, "orderBooks[0]"),
        ("prm/accounts/GP29PR/file", {"orderBooks": [1] * 20_001}, 422, "orderBooks"),
        ("prm/accounts/GP29PR/file", {}, 422, "orderBooks"),
        ("reports/prm-audit", {"mpid": "INET"}, 422, "mpid"),
        ("reports/prm-audit", {"mpid": "../../x"}, 422, "mpid"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(venue, path, body, status, field):
    before = venue.hash()
    answer = venue.ask(path, body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (status, field)
    assert venue.hash() == before


def test_a_report_is_asked_for_by_a_record_and_named_with_its_day(venue):
    day = venue.venue.machine.engine.date
    answer = venue.ask("reports/prm-audit", {"mpid": "GP29"})
    file = f"reports/GP29/PRM_Audit_GP29_{day.replace('-', '')}.csv"
    assert answer.body == {"date": day, "reports": [{"mpid": "GP29", "file": file}]}
    assert [one["mpid"] for one in venue.ask("reports/prm-audit", {}).body["reports"]] == ["GP29", "GP30", "GP31"]


def test_the_inbox_is_shown_and_empty_where_there_is_none(venue):
    assert venue.ask("mail").body == {"items": []}
    with Mailbox(venue.data) as mailbox:
        mailbox.receive(Received("a@b.example", ("c@d.example",), "Words", "Text", 1_795_107_600.25))
    (mail,) = venue.ask("mail").body["items"]
    assert mail == {
        "from": "a@b.example",
        "to": ["c@d.example"],
        "subject": "Words",
        "text": "Text",
        "at": "2026-11-19T17:00:00.250000Z",
    }
    (venue.data / "mail.db").write_bytes(b"no tables at all" * 100)
    assert venue.ask("mail").status == 503
