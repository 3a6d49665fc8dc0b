"""Nasdaq's own client library against a running venue over TCP, with the definition that we ship.

The library knows nothing of us: its packets, padding, numbers and heartbeats are a second opinion. The scripts of
docs/clients.md are run here as well, as they stand there.
"""

import asyncio
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
import uvloop
from msgspec.structs import replace

from venue import config
from venue.app import Venue
from venue.clock import RealClock

pytest.importorskip("nasdaq_protocols")

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "clients.md"
BIN = Path(sys.executable).parent
PASSWORD = "NTFTEST"
DOLLAR = 10_000
RISK_MAX_QUANTITY = 0x0031
TERMS = {"time_in_force": "0", "display": "Y", "intermarket_sweep": "N"}


@contextmanager
def running(folder, **limits):
    """The demo venue on free ports, in a thread and on a loop of its own; any fault on that loop fails the test."""
    demo = config.parse(config.sample())
    settings = replace(
        demo,
        venue=replace(demo.venue, port_base=0, durability="process"),
        soupbintcp=replace(demo.soupbintcp, **limits),
    )
    faults = []
    loop = uvloop.new_event_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        venue = Venue(settings, folder, RealClock())
        asyncio.run_coroutine_threadsafe(venue.start(), loop).result(10)
        yield venue
        asyncio.run_coroutine_threadsafe(venue.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert not faults


@pytest.fixture
def venue(tmp_path):
    with running(tmp_path / "venue") as venue:
        yield venue


@pytest.fixture(scope="session")  # the library takes each class once in a process, however often xdist comes back here
def library(tmp_path_factory):
    """The classes that the library's generator makes of our definition, as a user would have it make them."""
    folder = tmp_path_factory.mktemp("generated")
    options = ["--spec-file", ROOT / "ouch" / "ouch50.xml", "--app-name", "over_tcp", "--op-dir", folder]
    subprocess.run([BIN / "nasdaq-ouch-codegen", *options], check=True, capture_output=True)
    spec = importlib.util.spec_from_file_location("ouch_over_tcp", folder / "ouch_over_tcp.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Trader:
    """A login of the library, and what a trader does with it."""

    def __init__(self, library, session):
        self.library = library
        self.session = session

    @property
    def name(self):
        return self.session.soup_session.session_id.session

    @property
    def next_sequence(self):
        return self.session.soup_session.sequence + 1

    def send(self, kind, **fields):
        message = getattr(self.library, kind)()
        for name, value in fields.items():
            setattr(message, name, value)
        self.session.send_message(message)

    def enter(self, number, side, quantity, price, symbol="MSFT", **fields):
        order = {"user_ref_num": number, "side": side, "quantity": quantity, "symbol": symbol, "price": price * DOLLAR}
        self.send("EnterOrder", **order, **TERMS, capacity="P", cross_type="N", cl_ord_id=f"T{number}", **fields)

    def replace(self, original, number, quantity, price):
        order = {"user_ref_num": number, "quantity": quantity, "price": price * DOLLAR}
        self.send("ReplaceOrder", orig_user_ref_num=original, **order, **TERMS, cl_ord_id=f"T{number}")

    async def hear(self):
        """The next message: the name of its class, and the message."""
        message = await asyncio.wait_for(self.session.receive_message(), 10)
        return type(message).__name__, message

    async def expect(self, kind, **fields):
        name, message = await self.hear()
        assert (name, {field: getattr(message, field) for field in fields}) == (kind, fields)
        return message

    async def expect_nothing_more(self, next_number):
        """What the venue sends next is the answer to a question asked now."""
        self.send("AccountQuery")
        await self.expect("AccountQueryResponse", next_user_ref_num=next_number)


@pytest.fixture
def log_in(venue, library):
    """Opens sessions of the library; they close with the block."""

    @asynccontextmanager
    async def log_in(user, session="", sequence=1, heartbeats=(10, 10), password=PASSWORD):
        client, server = heartbeats
        opened = await library.connect_async(
            venue.addresses["ouch.nasdaq"],
            user,
            password,
            session,
            sequence,
            client_heartbeat_interval=client,
            server_heartbeat_interval=server,
        )
        try:
            yield Trader(library, opened)
        finally:
            if not opened.closed:
                await opened.close()

    return log_in


@asynccontextmanager
async def opened(log_in, user):
    """A first login of the day, the System Event that opens it heard."""
    async with log_in(user) as trader:
        await trader.expect("SystemEvent", event_code="S")
        yield trader


async def left(venue, user):
    """Wait until the venue has let go of a port."""
    async with asyncio.timeout(5):
        while user in venue.logged_in:  # noqa: ASYNC110 - the venue lives in another thread and signals nothing
            await asyncio.sleep(0.01)


@pytest.mark.section("OUCH 5.0", "Order Executed")
async def test_two_logins_trade_and_hear_of_the_same_match(log_in):
    async with opened(log_in, "IN19T6") as buyer, opened(log_in, "AK01T1") as seller:
        buyer.enter(1, "B", 100, 400)
        accepted = await buyer.expect(
            "OrderAccepted", user_ref_num=1, side="B", quantity=100, symbol="MSFT", price=400 * DOLLAR, cl_ord_id="T1"
        )
        assert accepted.order_state == "L"
        seller.enter(1, "S", 40, 399)
        await seller.expect("OrderAccepted", user_ref_num=1, side="S", quantity=40)
        given = {"user_ref_num": 1, "quantity": 40, "price": 400 * DOLLAR}
        sold = await seller.expect("OrderExecuted", **given, liquidity_flag="R")
        await buyer.expect("OrderExecuted", **given, liquidity_flag="A", match_number=sold.match_number)

        buyer.replace(1, 2, 150, 401)
        replaced = await buyer.expect("OrderReplaced", orig_user_ref_num=1, user_ref_num=2, quantity=110)
        assert (replaced.price, replaced.cl_ord_id) == (401 * DOLLAR, "T2")
        assert replaced.order_reference_number > accepted.order_reference_number
        buyer.send("CancelOrder", user_ref_num=2, quantity=60)
        await buyer.expect("OrderCanceled", user_ref_num=2, quantity=90, reason="U")
        buyer.send("CancelOrder", user_ref_num=2, quantity=0)
        await buyer.expect("OrderCanceled", user_ref_num=2, quantity=20, reason="U")
        await buyer.expect_nothing_more(3)
        await seller.expect_nothing_more(2)


@pytest.mark.section("OUCH 5.0", "Rejected")
async def test_an_order_above_the_share_limit_is_rejected(log_in):
    async with opened(log_in, "IN30T1") as trader:
        trader.enter(1, "B", 5_001, 10, symbol="ZWZZT")
        await trader.expect("Rejected", user_ref_num=1, reason=RISK_MAX_QUANTITY, cl_ord_id="T1")
        trader.enter(2, "B", 5_000, 10, symbol="ZWZZT")
        await trader.expect("OrderAccepted", user_ref_num=2, quantity=5_000)


@pytest.mark.section("OUCH 5.0", "Enter Order")
async def test_options_go_and_come_back_in_the_appendage(log_in):
    async with opened(log_in, "IN19T6") as trader:
        trader.enter(1, "B", 100, 400, appendage=[3, 24, 0, 7, 2, 28, 5])  # GroupID 7, UserRefIdx 5
        accepted = await trader.expect("OrderAccepted", user_ref_num=1)
        assert accepted.appendage == [3, 24, 0, 7, 2, 28, 5]


@pytest.mark.section("SoupBinTCP", "Login Request")
async def test_a_second_login_gets_exactly_what_the_first_one_missed(venue, log_in):
    async with opened(log_in, "AK01T1") as other:
        async with opened(log_in, "IN19T6") as trader:
            trader.enter(1, "B", 100, 400)
            await trader.expect("OrderAccepted", user_ref_num=1)
            session, sequence = trader.name, trader.next_sequence
            assert (session, sequence) == (venue.machine.engine.session, 3)
            trader.session.soup_session.logout()
        await left(venue, "IN19T6")
        matches = []
        for number, quantity in ((1, 30), (2, 50)):
            other.enter(number, "S", quantity, 400)
            await other.expect("OrderAccepted", user_ref_num=number)
            matches.append((await other.expect("OrderExecuted", quantity=quantity)).match_number)

        async with log_in("IN19T6", session, sequence) as trader:
            await trader.expect("OrderExecuted", user_ref_num=1, quantity=30, match_number=matches[0])
            await trader.expect("OrderExecuted", user_ref_num=1, quantity=50, match_number=matches[1])
            await trader.expect_nothing_more(2)
            assert (trader.name, trader.next_sequence) == (session, 6)
        await left(venue, "IN19T6")
        async with log_in("IN19T6", session, sequence=1) as trader:
            told = [(await trader.hear())[0] for _ in range(5)]
            assert told == ["SystemEvent", "OrderAccepted", *["OrderExecuted"] * 2, "AccountQueryResponse"]
            await trader.expect_nothing_more(2)


@pytest.mark.section("SoupBinTCP", "Login Rejected")
@pytest.mark.parametrize(
    ("user", "password", "session", "said"),
    [
        ("IN19T6", "WRONG", "", "NOT_AUTHORIZED"),
        ("IN21T7", PASSWORD, "", "NOT_AUTHORIZED"),
        ("IN19T6", PASSWORD, "OLD", "SESSION_NOT_AVAILABLE"),
    ],
)
async def test_a_login_that_is_refused_says_why(log_in, user, password, session, said):
    with pytest.raises(ConnectionRefusedError, match=said):
        async with log_in(user, session, password=password):
            pass


@pytest.mark.section("SoupBinTCP", "Client Heartbeat")
async def test_heartbeats_keep_both_ends_content(tmp_path, library):
    """Nobody says anything for five times what either end would bear without heartbeats."""
    with running(tmp_path / "short", heartbeat_interval_ms=200, client_silence_limit_ms=700) as venue:
        address = venue.addresses["ouch.nasdaq"]
        session = await library.connect_async(
            address, "IN19T6", PASSWORD, "", 1, client_heartbeat_interval=0.2, server_heartbeat_interval=0.7
        )
        trader = Trader(library, session)
        await trader.expect("SystemEvent", event_code="S")
        await asyncio.sleep(3.5)
        assert not session.closed
        assert "IN19T6" in venue.logged_in
        await trader.expect_nothing_more(1)
        await session.close()


# ------------------------------------------------------------------------------------------------- the page for clients


def blocks(language):
    """The fenced blocks of the page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, venue):
    """Runs scripts of the page from a folder that looks like the checkout, at this venue's port."""
    (tmp_path / "ouch").symlink_to(ROOT / "ouch")
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "XDG_STATE_HOME": str(tmp_path)}

    def run(*command, **more):
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False, **more
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def script(which):
        (source,) = [block for block in blocks("python") if which in block]
        assert source.count("7400") == 1
        return run(sys.executable, "-", input=source.replace("7400", str(venue.addresses["ouch.nasdaq"][1])))

    return SimpleNamespace(run=run, script=script)


def test_the_page_has_the_scripts_that_are_tested_here():
    assert len(blocks("python")) == 2


def test_the_pages_library_client_runs(folder, venue):
    (generate,) = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("nasdaq-")]
    folder.run(*shlex.split(generate))
    said = folder.script("ouch_portcullis").splitlines()
    assert said[0] == "OrderAccepted 1 AAPL 1999900"
    assert said[1] == f"to go on later: session {venue.machine.engine.session} sequence 3"


def test_the_pages_socket_client_runs(folder):
    said = folder.script("import socket").splitlines()
    assert re.match(r"\(b'A', b['\"]", said[0])
    assert re.match(r"\(b'S', b['\"]S", said[1])  # which quotes depends on what the timestamp's bytes spell
    assert re.match(r"accepted b['\"]A.{20,}HELLO", said[-1])
