"""Post-Trade Risk of real processes: the same totals to the cent, whichever of the two was killed or stopped."""

import http.client
import os
import signal
import time
from pathlib import Path

import pytest
from callers import Caller, wait_until_ready

from venue.control import ask

pytestmark = pytest.mark.section("PTR", "3.2 Semantics")
TRADE = {"reporting": "INET", "contra": "AKAM", "side": "S", "symbol": "MSFT", "quantity": 1, "price": "0.0001"}


def second_process(demo):
    """The id of the second process."""
    threads = Path(f"/proc/{demo.process.pid}/task").glob("*/children")
    return int(next(child for thread in threads for child in thread.read_text().split()))


def polled(demo):
    """What a poll shows, once there is somebody to answer it, without the record as of which it is so."""
    end = time.monotonic() + 15
    while True:
        try:
            caller = wait_until_ready(Caller(demo.addresses["http"], "workx-ptr-api"))
            answered = caller.post("/ptr-api/clearing/poll", {"mpids": ["INET"]})
            if answered.status == 200:
                return answered.json["items"]
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < end
        time.sleep(0.02)


def test_totals_and_limits_outlive_both_processes(launch, connect):
    demo = launch("--durability", "process", sidecar=True)
    operator = wait_until_ready(Caller(demo.addresses["http"]))
    clearing = Caller(demo.addresses["http"], "workx-ptr-api")
    buyer, seller = (connect(demo, name=name) for name in ("IN19T6", "AK01T1"))
    seller.enter(1, b"S", 100)
    seller.settle()
    buyer.enter(1, b"B", 100)
    buyer.settle()
    limits = {"correspondent": "INET", "settingType": "BOTH", "limits": {"aggregateBuy": 20_000, "perTrade": 30_000}}
    assert clearing.put("/ptr-api/clearing/configurations", limits).status == 200
    assert operator.post("/ops/trf/trades", TRADE).status == 200
    held = operator.post("/ops/trf/trades", TRADE | {"side": "B", "quantity": 200, "price": "200"}).json["tradeId"]
    (item,) = polled(demo)
    assert (item["buy"], item["sell"], item["today"]["perTrade"]) == ("19000.0000", "0.0001", 30_000)
    assert [alert["kind"] for alert in item["alerts"]] == ["PRE_ALERT"]
    os.kill(second_process(demo), signal.SIGKILL)
    decided = [ask(demo.data, f"clearing/held/{held}-{side}/decision", {"allow": False}) for side in "BSB"]
    assert [one.status for one in decided] == [200, 404, 409], "it is waited for"
    before = [item | {"heldTrades": 0}]
    assert polled(demo) == before
    demo.kill()
    demo = launch("--durability", "process", sidecar=True)
    assert polled(demo) == before
    assert demo.stop() == 0
    assert list((demo.data / "clearing").glob("*.snapshot"))
