"""FIX engines that we did not write trade on the venue: each logs on, enters an order, is filled, and logs out.

Each also loses its line, is filled meanwhile, and recovers what it missed by the standard's means: it sees the gap in
the answer to its Logon and asks for it. simplefix knows messages only, so its session is written here;
nasdaq-protocols, the venue's own client for Python, brings sessions of its own. QuickFIX has a file of its own.
"""

import asyncio
import importlib
import io
import socket
import sys
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
import simplefix
from nasdaq_protocols import fix
from nasdaq_protocols.fix.parser import Generator, parse

PATIENCE = 30.0


def now():
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


# ------------------------------------------------------------------------------------------------------------ simplefix


class Simple:
    """A session of our own over simplefix, which puts messages together and takes them apart."""

    def __init__(self, address, begin, user, venue, outgoing=1):
        self.socket = socket.create_connection(address, PATIENCE)
        self.address = address
        self.parser = simplefix.FixParser()
        self.begin, self.user, self.venue, self.outgoing = begin, user, venue, outgoing

    def send(self, kind, **fields):
        message = simplefix.FixMessage()
        for tag, value in ((8, self.begin), (35, kind), (34, self.outgoing), (49, self.user), (56, self.venue)):
            message.append_pair(tag, value)
        message.append_utc_timestamp(52, precision=3)
        for tag, value in fields.items():
            message.append_pair(int(tag.removeprefix("t")), value)
        self.outgoing += 1
        self.socket.sendall(message.encode())

    def get(self, kind):
        while (message := self.parser.get_message()) is None:
            data = self.socket.recv(1 << 16)
            assert data, "hung up on"
            self.parser.append_buffer(data)
        assert message.get(35) == kind, message
        return message

    def log_on(self):
        self.send("A", t98=0, t108=30)
        return int(self.get(b"A").get(34))

    def log_on_again(self):
        """Connect until the venue has noticed that the line was lost."""
        number, end = self.outgoing, time.monotonic() + PATIENCE
        self.socket.close()
        while True:
            self.__init__(self.address, self.begin, self.user, self.venue, number)
            self.send("A", t98=0, t108=30)
            if self.socket.recv(1, socket.MSG_PEEK):
                return int(self.get(b"A").get(34))
            self.socket.close()
            assert time.monotonic() < end, "not let in again"

    def log_out(self):
        self.send("5")
        assert self.get(b"5")
        assert self.socket.recv(1) == b""
        self.socket.close()

    def order(self, name, side, **more):
        fields = {
            "t11": name,
            "t21": 1,
            "t38": 100,
            "t40": 2,
            "t44": "10.00",
            "t54": side,
            "t55": "ZWZZT",
            "t60": now(),
        }
        self.send("D", **fields, **more)


def test_simplefix_trades_and_recovers(venue):
    address = tuple(venue.services["fix.nasdaq"])
    buyer = Simple(address, "FIX.4.2", "INFX01", "INET")
    seller = Simple(address, "FIX.4.2", "AKFX01", "INET")
    assert (buyer.log_on(), seller.log_on()) == (1, 1)
    buyer.order("B1", 1, t1="CMT2", t47="A")
    new = buyer.get(b"8")
    assert (new.get(39), new.get(150), new.get(1), new.get(29)) == (b"0", b"0", b"CMT2", b"1")
    seller.order("S1", 2)
    assert [seller.get(b"8").get(39) for _ in range(2)] == [b"0", b"2"]
    fill = buyer.get(b"8")
    assert (fill.get(39), fill.get(14), fill.get(151), fill.get(32)) == (b"2", b"100", b"0", b"100")

    buyer.order("B2", 1)
    assert buyer.get(b"8").get(39) == b"0"
    buyer.socket.shutdown(socket.SHUT_RDWR)
    seller.order("S2", 2)
    assert [seller.get(b"8").get(39) for _ in range(2)] == [b"0", b"2"]
    assert buyer.log_on_again() == 6  # the fourth was the order's acceptance, the fifth is missing
    buyer.send("2", t7=5, t16=0)
    missed = buyer.get(b"8")
    assert (missed.get(34), missed.get(43), missed.get(11), missed.get(39)) == (b"5", b"Y", b"B2", b"2")
    assert missed.get(122) <= missed.get(52)
    gap = buyer.get(b"4")
    assert (gap.get(34), gap.get(123), gap.get(36)) == (b"6", b"Y", b"7")
    for each in (buyer, seller):
        each.log_out()


# ----------------------------------------------------------------------------------------------------- nasdaq-protocols

HEADER = "BeginString BodyLength MsgType SenderCompID TargetCompID MsgSeqNum SenderSubID SendingTime TargetSubID"
HEADER += " PossDupFlag OrigSendingTime"
BODIES = {
    "Heartbeat 0": "TestReqID",
    "TestRequest 1": "TestReqID",
    "ResendRequest 2": "BeginSeqNo EndSeqNo",
    "Reject 3": "RefSeqNum Text RefTagID RefMsgType SessionRejectReason",
    "SequenceReset 4": "NewSeqNo GapFillFlag",
    "Logout 5": "Text",
    "Logon A": "EncryptMethod HeartBtInt Username Password DefaultApplVerID",
    "NewOrderSingle D": "ClOrdID HandlInst OrderQty OrdType Price Side Symbol TransactTime OrderCapacity TimeInForce",
    "ExecutionReport 8": "Account AvgPx ClOrdID CumQty ExecID LastPx LastQty OrderID OrderQty OrdStatus OrdType"
    " OrigClOrdID Price SecurityID Side Symbol Text TimeInForce TransactTime ExecBroker OrdRejReason ClientID ExecType"
    " LeavesQty SecondaryExecID OrderCapacity TradeID ContraBroker DisplayInst LiquidityFlag ExecInst LastCapacity",
}
TAGS = """
BeginString=8 BodyLength=9 CheckSum=10 MsgType=35 SenderCompID=49 TargetCompID=56 MsgSeqNum=34
SenderSubID=50 SendingTime=52 TargetSubID=57 PossDupFlag=43 OrigSendingTime=122 TestReqID=112 BeginSeqNo=7
EndSeqNo=16 RefSeqNum=45 Text=58 RefTagID=371 RefMsgType=372 SessionRejectReason=373 NewSeqNo=36
GapFillFlag=123 EncryptMethod=98 HeartBtInt=108 Username=553 Password=554 DefaultApplVerID=1137 ClOrdID=11
HandlInst=21 OrderQty=38 OrdType=40 Price=44 Side=54 Symbol=55 TransactTime=60 OrderCapacity=528
TimeInForce=59 Account=1 AvgPx=6 CumQty=14 ExecID=17 LastPx=31 LastQty=32 OrderID=37 OrdStatus=39
OrigClOrdID=41 SecurityID=48 ExecBroker=76 OrdRejReason=103 ClientID=109 ExecType=150 LeavesQty=151
SecondaryExecID=527 TradeID=1003 ContraBroker=375 DisplayInst=9140 LiquidityFlag=9882
ExecInst=18 LastCapacity=29
"""
TAGS = dict(pair.split("=") for pair in TAGS.split())
INTEGERS = "BodyLength MsgSeqNum BeginSeqNo EndSeqNo RefSeqNum RefTagID SessionRejectReason NewSeqNo EncryptMethod"
INTEGERS = (INTEGERS + " HeartBtInt OrdRejReason").split()
BOOLEANS = ("PossDupFlag", "GapFillFlag")


def specification():
    """Write the messages above as its code generator reads them."""
    root = ET.Element("fix")

    def fields(parent, names):
        for name in names.split():
            ET.SubElement(parent, "field", name=name, required="N")

    fields(ET.SubElement(root, "header"), HEADER)
    messages = ET.SubElement(root, "messages")
    for title, names in BODIES.items():
        name, kind = title.split()
        category = "app" if kind in "D8" else "admin"
        fields(ET.SubElement(messages, "message", name=name, msgtype=kind, msgcat=category), names)
    fields(ET.SubElement(root, "trailer"), "CheckSum")
    ET.SubElement(root, "components")
    declared = ET.SubElement(root, "fields")
    for name, tag in TAGS.items():
        kind = "INT" if name in INTEGERS else "BOOLEAN" if name in BOOLEANS else "STRING"
        ET.SubElement(declared, "field", number=tag, name=name, type=kind)
    return ET.tostring(root)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """What nasdaq-protocols generates from the specification. It keeps one set of messages in a process."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "fix.xml").write_bytes(specification())
    with redirect_stdout(io.StringIO()):
        Generator(
            parse(folder / "fix.xml", "5.0SP2"), "venue", str(folder / "venue_fix"), generate_init_file=True
        ).generate()
    sys.path.insert(0, str(folder))
    yield importlib.import_module("venue_fix")
    sys.path.remove(str(folder))


def filled_in(message, **fields):
    for name, value in fields.items():
        setattr(message, name, value)
    return message


class Nasdaq:
    """A session of nasdaq-protocols, and what it handed on."""

    def __init__(self, client, version, user, venue, desk):
        self.client, self.user, self.venue, self.desk, self.version = client, user, venue, desk, version
        base = fix.Fix44Session if version == "4.4" else fix.Fix50Session
        self.kind = type("Session", (base,), {"decode": staticmethod(client.Message.from_bytes)})
        self.reports = asyncio.Queue()
        self.outgoing, self.expected = 1, None

    async def log_on_again(self, address):
        """Connect until the venue has noticed that the line was lost."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await self.log_on(address)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.05)

    async def log_on(self, address):
        more = {} if self.version == "4.4" else {"DefaultApplVerID": "9"}
        logon = filled_in(self.client.Logon(), EncryptMethod=0, HeartBtInt=30, **more)
        header = {"SenderCompID": self.user, "SenderSubID": self.desk, "TargetCompID": self.venue}
        filled_in(logon.Header, MsgSeqNum=self.outgoing, **header)
        session = self.kind(
            on_msg_coro=self.reports.put,
            client_heartbeat_interval=30,
            server_heartbeat_interval=60,
            expected_seq_num=self.expected,
        )
        self.session = await fix.connect_async(address, logon, lambda: session)

    def order(self, name, side, book, price):
        fields = {"OrderQty": "100", "OrdType": "2", "Price": price, "Symbol": book, "TransactTime": now()}
        self.session.send_msg(
            filled_in(self.client.NewOrderSingle(), ClOrdID=name, Side=side, OrderCapacity="A", **fields)
        )

    async def report(self):
        message = await asyncio.wait_for(self.reports.get(), PATIENCE)
        assert message.Name == "ExecutionReport", message
        return message

    async def leave(self):
        """Lose the line."""
        self.outgoing, self.expected = next(self.session.sequence), self.session.expected_seq_num
        await self.session.close()

    async def log_out(self):
        self.session.send_msg(self.client.Logout())
        async with asyncio.timeout(PATIENCE):
            while not self.session.is_closed():  # noqa: ASYNC110 - its callback may be cancelled with its own reader
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("version", "service", "venue_id", "users", "book", "price"),
    [
        ("4.4", "fix.nasdaq", "INET", (("INFX44", "DESK"), ("AKFX44", "DESK")), "ZWZZT", "10.00"),
        ("5.0", "fix.nordic", "INORD", (("GP29F1", "GP29U1"), ("GP30F1", "GP30U1")), "101", "100.00"),
    ],
)
async def test_nasdaq_protocols_trades_and_recovers(version, service, venue_id, users, book, price, venue, client):
    address = tuple(venue.services[service])
    buyer, seller = (Nasdaq(client, version, user, venue_id, desk) for user, desk in users)
    await buyer.log_on(address)
    await seller.log_on(address)
    buyer.order("B1", "1", book, price)
    new = await buyer.report()
    assert (new.ExecType, new.OrdStatus, new.LeavesQty) == ("0", "0", "100")
    seller.order("S1", "2", book, price)
    assert [(await seller.report()).OrdStatus for _ in range(2)] == ["0", "2"]
    fill = await buyer.report()
    assert (fill.ExecType, fill.OrdStatus, fill.CumQty, fill.LastQty) == ("F", "2", "100", "100")

    buyer.order("B2", "1", book, price)
    assert (await buyer.report()).OrdStatus == "0"
    await buyer.leave()
    seller.order("S2", "2", book, price)
    assert [(await seller.report()).OrdStatus for _ in range(2)] == ["0", "2"]
    await buyer.log_on_again(address)  # it sees the gap, and asks for what is missing
    missed = await buyer.report()
    assert (missed.Header.PossDupFlag, missed.ClOrdID, missed.OrdStatus) == (True, "B2", "2")
    await buyer.log_out()
    await seller.log_out()
