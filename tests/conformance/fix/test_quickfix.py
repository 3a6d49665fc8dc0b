"""QuickFIX trades on the venue as a client, in every version that it and we speak, with its dictionaries switched on.

It takes minutes to build and so is no dependency: `uv pip install quickfix` brings it, and PORTCULLIS_QUICKFIX=build
has .ci/run do so. A dictionary makes it refuse what it does not know: its log of what came then tells why a test
failed.
"""

import queue
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its generated module makes types in an old way
    quickfix = pytest.importorskip("quickfix", reason="needs QuickFIX: uv pip install quickfix")

pytestmark = pytest.mark.quickfix
PATIENCE = 15.0
FOLDERS = (Path(sys.prefix), *Path(quickfix.__file__).parents)
SETTINGS = """
[DEFAULT]
ConnectionType=initiator
SocketConnectHost={host}
SocketConnectPort={port}
ReconnectInterval=1
HeartBtInt=30
StartTime=00:00:00
EndTime=00:00:00
FileStorePath={store}
FileLogPath={store}
ValidateUserDefinedFields=N
AllowUnknownMsgFields=Y
TargetCompID={venue}
BeginString={begin}
UseDataDictionary=Y
{dictionaries}
[SESSION]
SenderCompID={buyer}
[SESSION]
SenderCompID={seller}
"""


def dictionaries(version):
    found = next(
        (folder / "share" / "quickfix" for folder in FOLDERS if (folder / "share" / "quickfix").is_dir()), None
    )
    assert found is not None, "QuickFIX came without its dictionaries"
    if version != "5.0":
        return f"DataDictionary={found}/FIX{version.replace('.', '')}.xml"
    application = f"AppDataDictionary={found}/FIX50SP2.xml\nDefaultApplVerID=FIX.5.0SP2"
    return f"TransportDataDictionary={found}/FIXT11.xml\n{application}"


class Desk(quickfix.Application):
    """Hears what its two sessions are told, each in a queue of its own."""

    def __init__(self):
        super().__init__()
        self.sessions, self.heard = {}, {}
        self.ups, self.downs = queue.Queue(), queue.Queue()

    def onCreate(self, session):  # noqa: N802 - QuickFIX calls it so
        names = (session.getBeginString(), session.getSenderCompID(), session.getTargetCompID())
        user = names[1].getValue()
        self.sessions[user] = quickfix.SessionID(*(name.getValue() for name in names))
        self.heard[user] = queue.Queue()

    def onLogon(self, session):  # noqa: N802 - QuickFIX calls it so
        self.ups.put(session.getSenderCompID().getValue())

    def onLogout(self, session):  # noqa: N802 - QuickFIX calls it so
        self.downs.put(session.getSenderCompID().getValue())

    def toAdmin(self, message, session):  # noqa: N802 - QuickFIX calls it so
        pass

    def toApp(self, message, session):  # noqa: N802 - QuickFIX calls it so
        pass

    def fromAdmin(self, message, session):  # noqa: N802 - QuickFIX calls it so
        if message.getHeader().getField(35) in ("3", "j"):
            self.heard[session.getSenderCompID().getValue()].put(message.toString())

    def fromApp(self, message, session):  # noqa: N802 - QuickFIX calls it so
        self.heard[session.getSenderCompID().getValue()].put(message.toString())

    def report(self, user):
        text = self.heard[user].get(timeout=PATIENCE)
        fields = dict(field.split("=", 1) for field in text.strip("\x01").split("\x01"))
        assert fields["35"] == "8", text.replace("\x01", "|")
        return fields

    def order(self, user, name, side, details):
        message = quickfix.Message()
        header = message.getHeader()
        header.setField(35, "D")
        if "50" in details:
            header.setField(50, details["50"][user])
        moment = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S")
        for tag, value in {"11": name, "38": "100", "40": "2", "54": side, "60": moment, **details}.items():
            if tag != "50":
                message.setField(int(tag), value)
        quickfix.Session.sendToTarget(message, self.sessions[user])


US = {"21": "1", "44": "10.00", "55": "ZWZZT", "59": "0"}
NORDIC = {"44": "100.00", "55": "101", "59": "0", "528": "A", "50": {"GP29F1": "GP29U1", "GP30F1": "GP30U1"}}


@pytest.mark.parametrize(
    ("version", "service", "venue_id", "users", "details"),
    [
        ("4.0", "fix.nasdaq", "INET", ("INFX40", "AKFX40"), US),
        ("4.1", "fix.nasdaq", "INET", ("INFX41", "AKFX41"), US),
        ("4.2", "fix.nasdaq", "INET", ("INFX01", "AKFX01"), {**US, "47": "A"}),
        ("4.4", "fix.nasdaq", "INET", ("INFX44", "AKFX44"), US),
        ("5.0", "fix.nordic", "INORD", ("GP29F1", "GP30F1"), NORDIC),
    ],
)
def test_quickfix_trades_and_recovers(version, service, venue_id, users, details, venue, tmp_path):
    host, port = venue.services[service]
    buyer, seller = users
    begin = "FIXT.1.1" if version == "5.0" else f"FIX.{version}"
    settings = tmp_path / "quickfix.cfg"
    more = {"dictionaries": dictionaries(version), "buyer": buyer, "seller": seller, "begin": begin}
    settings.write_text(SETTINGS.format(host=host, port=port, store=tmp_path, venue=venue_id, **more))
    configured = quickfix.SessionSettings(str(settings))
    desk, store, log = Desk(), quickfix.FileStoreFactory(configured), quickfix.FileLogFactory(configured)
    initiator = quickfix.SocketInitiator(desk, store, configured, log)
    initiator.start()
    try:
        assert {desk.ups.get(timeout=PATIENCE), desk.ups.get(timeout=PATIENCE)} == set(users)
        desk.order(buyer, "B1", "1", details)
        new = desk.report(buyer)
        assert (new["39"], new["14"], new["11"]) == ("0", "0", "B1")
        desk.order(seller, "S1", "2", details)
        assert [desk.report(seller)["39"] for _ in range(2)] == ["0", "2"]
        fill = desk.report(buyer)
        assert (fill["39"], fill["14"], fill["32"]) == ("2", "100", "100")

        desk.order(buyer, "B2", "1", details)
        assert desk.report(buyer)["39"] == "0"
        quickfix.Session.lookupSession(desk.sessions[buyer]).logout()
        assert desk.downs.get(timeout=PATIENCE) == buyer
        desk.order(seller, "S2", "2", details)
        assert [desk.report(seller)["39"] for _ in range(2)] == ["0", "2"]
        quickfix.Session.lookupSession(desk.sessions[buyer]).logon()
        assert desk.ups.get(timeout=PATIENCE) == buyer
        missed = desk.report(buyer)  # it saw the gap, and asked for what was missing
        assert (missed["43"], missed["11"], missed["39"]) == ("Y", "B2", "2")
        desk.order(buyer, "B3", "1", {**details, "59": "3"})
        assert [desk.report(buyer)["39"] for _ in range(2)] == ["0", "4"]
    finally:
        initiator.stop()
    assert {desk.downs.get(timeout=PATIENCE), desk.downs.get(timeout=PATIENCE)} == set(users)
