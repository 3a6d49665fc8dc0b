"""Mail against real SMTP: what goes out, what waits and for how long, and what nobody can put into a header."""

import asyncio
import email
import email.policy
import ssl
import time
from types import SimpleNamespace

import aiosmtplib
import pytest
import trustme
from aiosmtpd.smtp import SMTP

from engine.risk.diary import Happening, HappeningKind
from venue import config as configuration
from venue.file_settings import MailSettings
from venue.machine import Machine
from venue.mailbox import Draft, Mailbox, Received, read_inbox
from venue.reference import market_command
from venue.sidecar.mail import GIVEN_UP_SECONDS, LONGEST_PAUSE, Postman, Server, Sink, pause_after
from venue.sidecar.notices import Notifier, one_line, subject

MAIL = pytest.mark.section("PRM", "3.16 E-mail notifications")
LIMIT = (
    "Nasdaq PRM: Accumulated Daily Limit {} for PRM account GP30PR "
    "with reason Over Daily Open Order Total Value, on currency {}"
)
RISK = "risk@gp29.example"
WARNING, BREACH, REPEATED = HappeningKind.WARNING, HappeningKind.BREACH, HappeningKind.REPEATED


@pytest.fixture
def mailbox(tmp_path):
    with Mailbox(tmp_path) as mailbox:
        yield mailbox


def draft(key="one", **how):
    return Draft(
        **{"record": 7, "date": "2026-11-20", "key": key, "recipients": (RISK,), "subject": "Words"} | how,
        text="Text\n",
    )


class Peer:
    """A mail server that answers as it is told, and keeps what it took."""

    def __init__(self):
        self.answers, self.mails = [], []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            content = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.mails.append((envelope.rcpt_tos, content, session.ssl is not None))
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the same
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
async def served():
    """Serve a handler over SMTP; gives where."""
    servers = []

    async def served(handler, **how):
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(handler, loop=loop, **how), "127.0.0.1", 0)
        servers.append(server)
        return Server(*server.sockets[0].getsockname())

    yield served
    for server in servers:
        server.close()
        await server.wait_closed()


def postman(mailbox, **settings):
    return Postman(MailSettings(server="127.0.0.1", **{"starttls": "if-offered"} | settings), None, mailbox, None)


@MAIL
async def test_a_mail_goes_out_once_with_an_id_that_tells_it_from_others(mailbox, served):
    peer = Peer()
    server = await served(peer)
    assert mailbox.keep([draft(), draft("two", subject="More")], 9, time.time()) == 2
    await postman(mailbox).send(server, time.time())
    await postman(mailbox).send(server, time.time())
    assert [mail["Subject"] for _, mail, _ in peer.mails] == ["Words", "More"]
    to, mail, _ = peer.mails[0]
    assert to == [RISK]
    assert mail["To"] == RISK
    assert mail["From"] == "prm@portcullis.example"
    assert mail["Message-ID"] == "<2026-11-20.7.1@portcullis.example>"
    assert mail.get_content() == "Text\r\n"


@MAIL
async def test_a_mail_that_is_refused_waits_and_the_others_go(mailbox, served):
    peer = Peer()
    peer.answers = ["451 later", "250 OK"]
    server = await served(peer)
    mailbox.keep(
        [draft(), draft("two", subject="More"), draft("no", recipients=("nobody@gp29.example",))], 9, time.time()
    )
    await postman(mailbox).send(server, time.time())
    assert [mail["Subject"] for _, mail, _ in peer.mails] == ["More"]
    assert mailbox.due(time.time(), 10) == []
    assert [(one.number, one.tries) for one in mailbox.due(time.time() + LONGEST_PAUSE, 10)] == [(1, 1), (3, 1)]


@MAIL
async def test_who_was_refused_is_tried_again_without_those_who_have_the_mail(mailbox, served):
    peer = Peer()
    server = await served(peer)
    mailbox.keep([draft(recipients=(RISK, "nobody@gp29.example", "desk@gp29.example"))], 9, time.time())
    await postman(mailbox).send(server, time.time())
    assert [to for to, _, _ in peer.mails] == [[RISK, "desk@gp29.example"]]
    (left,) = mailbox.due(time.time() + LONGEST_PAUSE, 10)
    assert (left.recipients, left.tries) == (("nobody@gp29.example",), 1)


@MAIL
@pytest.mark.parametrize(
    "address", ["a..b@x.example", ".a@x.example", "a@-", "a@..", "a@b..c", "'@x.example", "a.@x.example"]
)
async def test_an_odd_address_keeps_no_other_mail_back(mailbox, served, address):
    peer = Peer()
    server = await served(peer)
    mailbox.keep([draft("odd", recipients=(address,)), draft()], 9, time.time())
    await postman(mailbox).send(server, time.time())
    assert peer.mails[-1][0] == [RISK]


@MAIL
async def test_a_server_that_is_not_there_costs_no_mail_and_is_asked_less_and_less(mailbox, served):
    nowhere = await served(Peer())
    gone = Server("127.0.0.1", 1)
    mailbox.keep([draft(), draft("two")], 9, time.time())
    await postman(mailbox).send(gone, time.time())
    assert mailbox.due(time.time(), 10) == []
    assert [one.tries for one in mailbox.due(time.time() + LONGEST_PAUSE, 10)] == [1, 1]
    await postman(mailbox).send(nowhere, time.time() + LONGEST_PAUSE)
    assert mailbox.due(time.time() + LONGEST_PAUSE, 10) == []
    longest = [pause_after(tries, lambda _, most: most) for tries in range(12)]
    assert longest == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@MAIL
async def test_a_mail_that_nobody_takes_for_three_days_is_given_up(mailbox):
    mailbox.keep([draft()], 9, time.time() - GIVEN_UP_SECONDS - 1)
    await postman(mailbox).send(Server("127.0.0.1", 1), time.time())
    assert mailbox.due(time.time() + LONGEST_PAUSE, 10) == []


@MAIL
@pytest.mark.parametrize("starttls", ["require", "if-offered", "never"])
async def test_tls_is_required_or_not_as_is_said(mailbox, served, starttls):
    peer = Peer()
    server = await served(peer)  # offers none
    mailbox.keep([draft()], 9, time.time())
    await postman(mailbox, starttls=starttls).send(server, time.time())
    assert len(peer.mails) == (starttls != "require")


@MAIL
async def test_a_mail_goes_over_tls_to_a_server_whose_certificate_is_right(mailbox, served, monkeypatch):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    peer = Peer()
    server = await served(peer, tls_context=context)
    mailbox.keep([draft()], 9, time.time())
    await postman(mailbox, starttls="require").send(server, time.time())
    assert peer.mails == []
    made = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda *a, **k: trusting(authority, made(*a, **k)))
    await postman(mailbox, starttls="require").send(server, time.time() + LONGEST_PAUSE)
    assert [secure for _, _, secure in peer.mails] == [True]


def trusting(authority, context):
    authority.configure_trust(context)
    return context


@MAIL
def test_a_notice_is_kept_once_a_day_together_with_how_far_the_log_was_looked_at(tmp_path):
    with Mailbox(tmp_path) as mailbox:
        assert mailbox.looked_at is None
        assert mailbox.keep([draft(), draft(record=8)], 8, 0) == 1
        assert mailbox.keep([draft(record=9)], 9, 0) == 0
        assert mailbox.keep([draft(record=10, date="2026-11-23")], 10, 0) == 1
    with Mailbox(tmp_path) as again:
        assert again.looked_at == 10
        assert [(one.record, one.date) for one in again.due(1, 10)] == [(7, "2026-11-20"), (10, "2026-11-23")]


@MAIL
async def test_the_sink_takes_what_it_is_sent_and_shows_it(mailbox, tmp_path):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink(mailbox).session, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    mailbox.keep([draft(subject="Grüße " * 19 + "Grüße")], 9, time.time())
    own = Postman(MailSettings(), None, mailbox, None)
    await own.send(Server(host, port), time.time())
    raw = b"Subject: =?x?q?=ff?=\r\nContent-Type: text/plain; charset=none\r\n\r\n\xff"
    await aiosmtplib.send(
        raw, sender="a@b.example", recipients=["c@d.example"], hostname=host, port=port, start_tls=False
    )
    server.close()
    await server.wait_closed()
    ours, strange = read_inbox(tmp_path)
    assert ours[:4] == ("prm@portcullis.example", (RISK,), "Grüße " * 19 + "Grüße", "Text\n")
    assert strange.sender == "a@b.example"


@MAIL
def test_the_inbox_keeps_so_many_and_no_more(mailbox, tmp_path, monkeypatch):
    monkeypatch.setattr("venue.mailbox.ITEMS_MAX", 3)
    for number in range(5):
        mailbox.receive(Received("a", ("b",), str(number), "", 0.0))
    assert [mail.subject for mail in read_inbox(tmp_path)] == ["2", "3", "4"]
    assert read_inbox(tmp_path / "nowhere") == []


# Words.


def happening(kind=BREACH, account="GP30PR", currency="EUR", about="total_open", symbol="", port=""):
    return Happening(kind, "GP29", account, 0, about, currency, symbol, port=port)


@MAIL
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            happening(),
            LIMIT.format("BREACH", "EUR"),
        ),
        (
            happening(WARNING, currency="SEK"),
            LIMIT.format("alert", "SEK"),
        ),
        (
            happening(REPEATED, currency="", about="", symbol="101"),
            "Nasdaq PRM: Repeated order BREACH on symbol ERIC B for PRM account GP30PR",
        ),
        (
            happening(BREACH, currency="", about="symbol_rate", symbol="101"),
            "Nasdaq PRM: Order Rate Limit BREACH for PRM account GP30PR on symbol ERIC B",
        ),
        (
            happening(WARNING, currency="", about="port_rate", port="GP30O1"),
            "Nasdaq PRM: Order Rate Limit alert for PRM account GP30PR for port GP30O1",
        ),
    ],
)
def test_subjects_are_the_guide_s(told, expected):
    assert subject(told, told.account, "ERIC B") == expected


@MAIL
def test_nothing_that_stands_in_a_subject_begins_another_header():
    hostile = "ERIC\r\nBcc: all@gp30.example\n\u2028\x85"
    told = subject(happening(REPEATED, symbol=hostile), "GP30PR", hostile)
    assert told.isprintable()
    assert told.isascii()
    assert one_line(hostile) == "ERIC??Bcc: all@gp30.example???"


# From the replica.


@pytest.fixture
def replica(tmp_path):
    """A replica's machine with the demo's reference data, and e-mail for one account."""
    machine = Machine(tmp_path)
    config = configuration.parse(configuration.sample())
    machine._command(market_command(config), 0)
    machine.engine.date = "2026-11-20"
    for name, emails in (("GP29P1", (RISK,)), ("GP29Q1", ("desk@gp29.example",))):
        account = machine.engine.prm.accounts[name]
        account.settings = type(account.settings)(emails=emails)
    replica = SimpleNamespace(machine=machine, applied=12)
    replica.listen = machine.engine.prm.diary.listeners.append
    return replica


def waiting(mailbox):
    return [(one.recipients, one.subject.removeprefix("Nasdaq PRM: ")) for one in mailbox.due(1e12, 100)]


@MAIL
def test_each_level_of_a_counter_is_told_once_a_day_to_the_account_s_recipients(replica, mailbox):
    notifier = Notifier(replica, mailbox)
    told = replica.machine.engine.prm.diary.tell
    for kind in (WARNING, WARNING, BREACH):
        told(happening(kind, "GP29P1", "SEK", "open_buy"))
    told(happening(WARNING, "GP29P1", "SEK", "open_sell"))
    told(happening(WARNING, "GP29PR", "SEK"))  # nobody is to be told
    assert notifier.keep(0) == 3
    replica.machine.number = 12
    told(happening(BREACH, "GP29P1", "SEK", "open_buy"))
    assert notifier.keep(0) == 0
    replica.machine.engine.date, replica.machine.number = "2026-11-23", 12
    told(happening(BREACH, "GP29P1", "SEK", "open_buy"))
    assert notifier.keep(0) == 1
    assert mailbox.looked_at == 12
    assert {recipients for recipients, _ in waiting(mailbox)} == {(RISK,)}


@MAIL
def test_a_port_s_rate_is_told_to_its_sponsored_account_or_to_all_of_its_member(replica, mailbox):
    notifier = Notifier(replica, mailbox)
    for port in ("GP29O2", "GP29O1", "XX"):
        notifier.note(happening(HappeningKind.RATE, "", "", "port_rate", port=port))
    notifier.keep(0)
    rate = "Order Rate Limit BREACH for PRM account"
    assert waiting(mailbox) == [
        ((RISK,), f"{rate} GP29P1 for port GP29O2"),
        ((RISK,), f"{rate} GP29P1 for port GP29O1"),
        (("desk@gp29.example",), f"{rate} GP29Q1 for port GP29O1"),
    ]


@MAIL
def test_what_was_looked_at_before_is_not_told_again(replica, mailbox):
    notifier = Notifier(replica, mailbox)
    mailbox.keep([], 40, 0)
    replica.machine.number = 39
    notifier.note(happening(account="GP29P1"))
    replica.machine.number = 40
    notifier.note(happening(account="GP29P1", currency="SEK"))
    notifier.keep(0)
    assert [subject.rpartition(" ")[2] for _, subject in waiting(mailbox)] == ["SEK"]
