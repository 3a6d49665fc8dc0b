"""Mail out, and in a demo in: the outbox is sent over SMTP, and a sink of our own takes it.

    notices ─▶ outbox (DIR/mail.db) ─▶ Postman ── SMTP, STARTTLS ──▶ a server, or the sink ─▶ inbox ─▶ GET /ops/mail

A mail that cannot be sent waits, twice as long after each try, for three days; the order path knows nothing of it.
Times are real ones.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any, Final, NamedTuple

import aiosmtplib
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from venue.file_settings import MailSettings
from venue.mailbox import Mailbox, Received, Waiting
from venue.sidecar.notices import Notifier

LOOK_SECONDS: Final = 0.1
"""Seconds between two looks at what the replica has noticed."""
AT_ONCE: Final = 50
"""Mails that go out over one connection."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 300.0
GIVEN_UP_SECONDS: Final = 3 * 86_400.0
"""Age at which a mail that cannot be sent is given up."""
SERVER_SECONDS: Final = 15.0
"""How long a mail server may take for one step."""
TROUBLE_SECONDS: Final = 5.0
"""Seconds between two tries of what the disk refuses."""
FORGET_SECONDS: Final = 3_600.0
LARGEST_MAIL: Final = 256 * 1024
"""Bytes of a mail that the sink takes."""
LONGEST_TEXT: Final = 16_384
"""Characters of one that are kept."""

log = structlog.get_logger()


class Server(NamedTuple):
    """Where mail goes."""

    host: str
    port: int


class Postman:
    """Keeps what the notifier has, and sends what the mailbox holds: `run` it. Without a server mail waits there."""

    def __init__(self, settings: MailSettings, server: Server | None, mailbox: Mailbox, notifier: Notifier) -> None:
        self.settings = settings
        self.server = server
        self.mailbox = mailbox
        self.notifier = notifier
        self._forget_at = 0.0

    async def run(self) -> None:
        """Keep and send, for ever."""
        await self.notifier.replica.caught_up.wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep())
            if self.server is not None:
                tasks.create_task(self._send(self.server))
            else:
                log.info("mail waits: there is neither a mail server nor a sink")

    async def _keep(self) -> None:
        while True:
            pause = LOOK_SECONDS
            try:
                self.notifier.keep(time.time())
            except sqlite3.Error as error:
                log.warning("notices cannot be kept", why=str(error))
                pause = TROUBLE_SECONDS
            await asyncio.sleep(pause)

    async def _send(self, server: Server) -> None:
        while True:
            pause = LOOK_SECONDS
            try:
                await self.send(server, time.time())
            except sqlite3.Error as error:
                log.warning("the outbox cannot be used", why=str(error))
                pause = TROUBLE_SECONDS
            await asyncio.sleep(pause)

    async def send(self, server: Server, now: float) -> None:
        """Send what is due."""
        if now >= self._forget_at:
            self.mailbox.forget(now)
            self._forget_at = now + FORGET_SECONDS
        waiting = self.mailbox.due(now, AT_ONCE)
        if waiting:
            await self._deliver(server, waiting)

    async def _deliver(self, server: Server, left: list[Waiting]) -> None:
        """Send some mails over one connection; one that is refused is tried later, as all are without it."""
        settings = self.settings
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=SERVER_SECONDS,
            start_tls={"require": True, "if-offered": None, "never": False}[self._starttls],
            username=settings.user,
            password=settings.password,
        )
        try:
            async with client:
                while left:
                    await self._hand_over(client, left.pop(0))
        except (SMTPException, OSError, ValueError) as error:  # a server that speaks no SMTP is a ValueError
            for mail in left:
                self._put_off(mail, error)

    async def _hand_over(self, client: aiosmtplib.SMTP, mail: Waiting) -> None:
        """Send one mail. Raises what ends the connection."""
        try:
            refused, _ = await client.send_message(message(mail, self.settings.sender))
        except (SMTPResponseException, SMTPRecipientsRefused, MessageError, ValueError) as error:
            self._put_off(mail, error)
        except (SMTPException, OSError) as error:
            self._put_off(mail, error)
            raise
        else:
            left = tuple(recipient for recipient in mail.recipients if recipient in refused)
            if left:  # the others have it
                self.mailbox.narrow(mail.number, left)
                self._put_off(mail, SMTPException(f"refused for {len(left)} of {len(mail.recipients)} recipients"))
                return
            self.mailbox.done(mail.number, time.time())
            log.info("mail sent", subject=mail.subject, record=mail.record)

    @property
    def _starttls(self) -> str:
        """The venue's own sink, on this machine, has no certificate."""
        return "never" if self.settings.server is None else self.settings.starttls

    def _put_off(self, mail: Waiting, error: Exception) -> None:
        """Try a mail later, and later; one that is too old is given up."""
        now, why = time.time(), f"{type(error).__name__}: {error}"
        if now - mail.made_at > GIVEN_UP_SECONDS:
            log.error("mail is given up", subject=mail.subject, record=mail.record, why=why)
            self.mailbox.done(mail.number, now, why)
            return
        pause = pause_after(mail.tries)
        self.mailbox.later(mail.number, now + pause, why)
        log.warning("mail cannot be sent", subject=mail.subject, why=why, again_in=round(pause, 1))


def pause_after(tries: int, spread: Callable[[float, float], float] = random.uniform) -> float:
    """Give how many seconds a mail waits after so many tries have failed: some more or less, so that not all come."""
    longest = min(FIRST_PAUSE * 2.0 ** min(tries, 20), LONGEST_PAUSE)
    return spread(longest / 2, longest)


def message(mail: Waiting, sender: str) -> EmailMessage:
    """Give a mail as it is sent. Its id is the same at each try, so that one sent twice can be told."""
    made = EmailMessage(policy=SMTP_POLICY)
    made["From"] = Address(addr_spec=sender)
    made["To"] = [Address(addr_spec=recipient) for recipient in mail.recipients]
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(datetime.fromtimestamp(mail.made_at, UTC))
    _, _, domain = sender.partition("@")
    made["Message-ID"] = f"<{mail.date}.{mail.record}.{mail.number}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text)
    return made


class Sink:
    """Takes every mail into the inbox, for the demo: an SMTP server without users and without a way on."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        logging.getLogger("mail.log").setLevel(logging.ERROR)

    def session(self) -> SMTP:
        """Serve one connection."""
        return SMTP(self, hostname="portcullis", data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, timeout=60)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        content = envelope.content or b""
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        mail = BytesParser(policy=SMTP_POLICY).parsebytes(data)
        self.mailbox.receive(
            Received(
                str(envelope.mail_from or ""),
                tuple(envelope.rcpt_tos),
                str(mail["Subject"] or ""),
                body_of(mail)[:LONGEST_TEXT],
                time.time(),
            )
        )
        return "250 OK"


def body_of(mail: Any) -> str:
    """Give a mail's plain text."""
    part = mail.get_body(preferencelist=("plain",))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):  # an encoding that nobody knows
        return ""
