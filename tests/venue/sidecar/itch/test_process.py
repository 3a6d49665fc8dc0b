"""Market data of a demo in processes of its own: its services listen, and its bytes outlive its second process."""

import os
import signal
import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1])]

from callers import Caller, wait_until_ready
from test_once import second_process

from wire.soup import LoginRejectReason
from wire.soup_client import EndOfSession, LoginRejected


def test_the_bytes_of_a_day_outlive_the_second_process(launch, connect):
    demo = launch(sidecar=True)
    wait_until_ready(Caller(demo.addresses["http"]))
    client = connect(demo, name="IN19T6")
    client.enter(1)
    client.take(2)
    first = connect(demo, "itch.nasdaq", "ITCH01")
    before = first.take(28)
    os.kill(second_process(demo), signal.SIGKILL)
    first.read_to_end()
    again = connect(demo, "itch.nasdaq", "ITCH01")
    assert again.take(28) == before
    assert again.session == first.session
    client.send(client.cancel(1))
    assert again.take()[0][:1] == b"D"
    snapshot = connect(demo, "glimpse.nasdaq", "ITCH01")
    snapshot.wait_for(EndOfSession)
    assert snapshot.received[-1] == b"G" + b"%20d" % 30
    stranger = connect(demo, "itch.nasdaq")
    assert stranger.login("IN19T6") == LoginRejected(LoginRejectReason.NOT_AUTHORIZED)
