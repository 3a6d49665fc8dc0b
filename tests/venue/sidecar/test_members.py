"""A member with real clients at a running demo: lists over SFTP and FTP, an order refused, the report, the inbox."""

import ftplib
import io
import smtplib
import time

import asyncssh
import pytest

from ouch.nordic_messages import EnterOrder, encode

FILES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")
REPORT = pytest.mark.section("PRM", "3.20 Audit report")
MAIL = pytest.mark.section("PRM", "3.16 E-mail notifications")
PATIENCE = 15.0
HEADER = "OrderBookId,Symbol,MIC\n"
LIST = "GP29Q1_RestrictedSymbols.csv"


def until(look, wanted):
    """Look until it is as wanted."""
    end = time.monotonic() + PATIENCE
    while (found := look()) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.02)


def ssh(demo, password="NTFTEST", user="GP29"):
    host, port = demo.addresses["sftp"]
    return asyncssh.connect(host, port, username=user, password=password, known_hosts=None, client_keys=None)


@pytest.fixture
def ftp(demo):
    """Log in over FTP."""
    with ftplib.FTP(timeout=PATIENCE) as client:
        client.connect(*demo.addresses["ftp"])
        client.login("GP30", "NTFTEST")
        yield client


@FILES
@REPORT
async def test_a_list_over_sftp_stops_orders_and_the_report_tells_of_both(demo, connect, caller, tmp_path, operator):
    (tmp_path / LIST).write_text(f"{HEADER},VOLV B,XSTO\n999,,\n")
    async with ssh(demo) as connection, connection.start_sftp_client() as sftp:
        await sftp.put(str(tmp_path / LIST), f"{LIST}.tmp")
        await sftp.posix_rename(f"{LIST}.tmp", LIST)
        answer = LIST.replace(".csv", ".result.csv")
        end = time.monotonic() + PATIENCE
        while not await sftp.exists(answer):
            assert time.monotonic() < end
        async with sftp.open(answer) as file:
            assert (await file.read()).splitlines()[2:] == [
                "2,102,VOLV B,XSTO,restricted",
                "3,999,,,skipped: there is no order book 999",
            ]
        client = connect(demo, "ouch.nordic", "GP29O1")
        client.send(encode(EnterOrder(1, "B", 100, 102, 2_500_000, "GP29U4", 71, 72, 73, 0b111101, "2", "-", {})))
        (rejected,) = (message for message in client.take(2) if message[:1] != b"S")
        assert rejected[:1] == b"J"
        made = operator.post("/ops/reports/prm-audit", {"mpid": "GP29"}).json
        assert [one["mpid"] for one in made["reports"]] == ["GP29"]
        day = made["date"]
        async with sftp.open(f"reports/PRM_Audit_GP29_{day.replace('-', '')}.csv") as file:
            content = await file.read()
    lines = content.splitlines()
    assert lines[0] == "MPID,PrmAccount,Action,Item,Currency,OldValue,NewValue,Date,Time"
    assert lines[-1].startswith("GP29,GP29Q1,Order Reject,Restricted Symbol,SEK,N/A,N/A,")
    own, other = caller("member-gp29"), f"/reports/prm-audit?mpid=GP30&date={day}"
    answered = own.get("/reports/prm-audit?mpid=GP29")
    assert (answered.status, answered.content.decode()) == (200, content)
    assert answered.headers["Content-Type"].startswith("text/csv")
    assert own.get(other).status == 404
    assert own.get("/reports/prm-audit?mpid=GP29&date=2020-01-01").status == 404
    assert own.get("/reports/prm-audit").fields == ["mpid"]


@FILES
async def test_there_is_no_shell_and_no_login_by_guessing(demo):
    async with ssh(demo) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.run("ls")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", demo.addresses["http"][1])
        async with connection.start_sftp_client() as sftp:
            for refused in (
                sftp.mkdir("x"),
                sftp.symlink("/etc", "y"),
                sftp.put(__file__, "reports/x"),
                sftp.rmdir("/"),
            ):
                with pytest.raises(asyncssh.SFTPError):
                    await refused
            assert "reports" in await sftp.listdir("/../..")
    for user, password in (("GP29", "ntftest!"), ("GP99", "NTFTEST"), ("../GP29", "NTFTEST")):
        with pytest.raises(asyncssh.PermissionDenied):
            await ssh(demo, password, user)


@FILES
def test_ftp_takes_a_list_whole_and_keeps_to_its_folder(demo, ftp):
    name = "GP30PR_RestrictedSymbols.csv"
    ftp.storbinary(f"STOR {name}", io.BytesIO(HEADER.encode()))
    until(ftp.nlst, [name, name.replace(".csv", ".result.csv")])
    taken = io.BytesIO()
    ftp.retrbinary(f"RETR {name.replace('.csv', '.result.csv')}", taken.write)
    assert b"not taken: GP30 has no such file; it has no accounts" in taken.getvalue()
    for command in ("MKD x", f"APPE {name}", "RETR ../GP29/x.csv", "DELE ../../engine.sock", "SITE CHMOD 777 x"):
        with pytest.raises(ftplib.Error):
            ftp.sendcmd(command)
    ftp.delete(name)
    assert name not in ftp.nlst()
    with ftplib.FTP(timeout=PATIENCE) as other:
        other.connect(*demo.addresses["ftp"])
        with pytest.raises(ftplib.error_perm):
            other.login("GP30", "guess")


@MAIL
def test_who_watches_over_an_account_is_told_at_eighty_percent_and_at_its_limit_each_once(demo, connect, operator):
    client = connect(demo, "ouch.nordic", "GP29O1")
    for number, shares in enumerate((800, 50, 150), 101):
        client.send(
            encode(EnterOrder(number, "B", shares, 101, 1_000_000, "GP29U3", 71, 72, 73, 0b111101, "2", "-", {}))
        )

    def subjects():
        mails = operator.get("/ops/mail").json["items"]
        return sorted(
            mail["subject"] for mail in mails if mail["to"] == ["risk@gp29.example"] and "Limit" in mail["subject"]
        )

    what = "Nasdaq PRM: Accumulated Daily Limit {} for PRM account GP29P1 with reason Over Daily {}, on currency SEK"
    counters = ("Open Order Total Value", "Total Risk Value")
    until(subjects, [what.format(level, counter) for level in ("BREACH", "alert") for counter in counters])


@MAIL
def test_the_sink_shows_what_it_was_sent_to_operators_alone(demo, operator, caller):
    with smtplib.SMTP(*demo.addresses["mail"], timeout=PATIENCE) as client:
        client.sendmail("prm@venue.example", ["risk@gp29.example"], "Subject: Nasdaq PRM: a test\n\nText\n")
    mail = operator.get("/ops/mail").json["items"][-1]
    assert {**mail, "at": ""} == {
        "from": "prm@venue.example",
        "to": ["risk@gp29.example"],
        "subject": "Nasdaq PRM: a test",
        "text": "Text\n",
        "at": "",
    }
    assert caller("member-gp29").get("/ops/mail").status == 403
