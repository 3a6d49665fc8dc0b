"""Operations around files, reports and mail: what an account's file lists, the audit report now, the demo's inbox.

Reports and mail are the second process's work. Here a report is asked for by a record, and the inbox is looked into in
a thread, so that nobody waits for a disk.
"""

from __future__ import annotations

import sqlite3
from typing import Annotated

import msgspec

from engine.api import SetFileList
from ftpdrop.formats import ROWS_MAX
from venue.calls import Body, Reply, moment
from venue.changes import Answer, Call
from venue.follower import log_directory
from venue.instructions import Occasion
from venue.mailbox import read_inbox
from venue.nordic_settings import OrderBookId
from venue.occasions import AUDIT
from venue.problem import Problem
from venue.report_files import audit_name
from venue.settings import Mpid

OrderBookText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}\Z")]
ListedBooks = Annotated[tuple[OrderBookId | OrderBookText, ...], msgspec.Meta(max_length=ROWS_MAX)]


class FileListBody(Body, frozen=True, kw_only=True):
    """The order books that the account's file lists now; null where there is no file any more."""

    order_books: ListedBooks | None


class FileListSet(Reply, frozen=True):
    """The order books that an account's file restricts."""

    account: str
    order_books: list[str]


class AuditReportBody(Body, frozen=True):
    """Whose report: of one member, or without `mpid` of all."""

    mpid: Mpid | msgspec.UnsetType = msgspec.UNSET


class ReportFile(Reply, frozen=True):
    """A member's report, by its path in the data directory."""

    mpid: str
    file: str


class AuditReportMade(Reply, frozen=True):
    """The reports of the trading day that are written now."""

    date: str
    reports: list[ReportFile]


class Mail(Reply, frozen=True):
    """A mail of the inbox; `at` is when it came, on the machine's clock."""

    from_: Annotated[str, msgspec.Meta(description="The sender")] = msgspec.field(name="from")
    to: list[str]
    subject: str
    text: str
    at: str


class MailList(Reply, frozen=True):
    """The last mails of the inbox, oldest first."""

    items: list[Mail]


def set_file_list(call: Call) -> Answer:
    """Let an account's file say what it lists: what the reader of files does with each file, whole.

    It goes above what the member's own program restricted and released.
    """
    body: FileListBody = call.body
    books = None if body.order_books is None else tuple(dict.fromkeys(str(int(name)) for name in body.order_books))
    account = call.path["account"]
    record = call.carry_out(SetFileList(account, books))
    return Answer(200, FileListSet(account, list(books or ())), record)


def make_audit_report(call: Call) -> Answer:
    """Write the audit report of the trading day as it is now. It is there once the second process has come so far."""
    body: AuditReportBody = call.body
    engine = call.venue.machine.engine
    mpid = body.mpid if isinstance(body.mpid, str) else ""
    if mpid and mpid not in engine.prm.members:
        raise Problem(422, f"no such Nordic member: {mpid}", "mpid")
    record = call.carry_out(Occasion(AUDIT, mpid=mpid))
    members = [mpid] if mpid else sorted(engine.prm.members)
    reports = [ReportFile(one, audit_name(one, engine.date)) for one in members]
    return Answer(200, AuditReportMade(engine.date, reports), record)


async def show_mail(call: Call) -> Answer:
    """List what came in by mail, where the venue has a sink for it."""
    folder = log_directory(call.venue.data)
    try:
        mails = [] if folder is None else await call.venue.loop.run_in_executor(None, read_inbox, folder)
    except sqlite3.Error as error:
        raise Problem(503, f"the inbox cannot be read: {error}") from error
    items = [
        Mail(mail.sender, list(mail.recipients), mail.subject, mail.text, moment(int(mail.at * 1_000_000) * 1_000))
        for mail in mails
    ]
    return Answer(200, MailList(items))
