"""A change sent again under its key is made once, whichever process was killed in between; none is lost or doubled."""

import http.client
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from callers import Caller, wait_until_ready

PRICES = "/ops/books/nasdaq/MSFT/prices"


@pytest.fixture
def venue(launch):
    """A demo that a test may kill, with a caller of it."""
    demo = launch("--durability", "process", sidecar=True)
    demo.caller = wait_until_ready(Caller(demo.addresses["http"]))
    return demo


def second_process(demo):
    """The id of the second process, None while there is none."""
    threads = Path(f"/proc/{demo.process.pid}/task").glob("*/children")
    children = [child for thread in threads for child in thread.read_text().split()]
    return int(children[0]) if children else None


def kill_second_process(demo):
    killed = second_process(demo)
    os.kill(killed, signal.SIGKILL)
    end = time.monotonic() + 15
    while second_process(demo) in (killed, None):
        assert time.monotonic() < end
        time.sleep(0.01)


def persist(caller, *arguments, **named):
    """Send a request until it is answered by something other than a breakdown."""
    end = time.monotonic() + 15
    while True:
        try:
            answered = caller.call(*arguments, **named)
        except (OSError, http.client.HTTPException) as error:
            answered = error
        else:
            if answered.status == 401:
                caller.token = None
            elif answered.status < 500 and answered.status != 409:
                return answered
        assert time.monotonic() < end, answered
        time.sleep(0.02)


def test_over_a_killed_second_process(venue):
    caller = venue.caller
    first = caller.put(PRICES, {"last": "391.0000"}, key="k1")
    assert first.status == 200
    caller.put(PRICES, {"last": "392.0000"})
    kill_second_process(venue)
    again = persist(caller, "PUT", PRICES, {"last": "391.0000"}, key="k1")
    assert (again.status, again.json, again.headers["Idempotent-Replayed"]) == (200, first.json, "true")
    assert again.headers["X-As-Of"] == first.headers["X-As-Of"]
    assert persist(caller, "GET", "/ops/books/nasdaq/MSFT").json["last"] == "392.0000"


def test_over_a_killed_venue(venue, launch):
    first = venue.caller.put(PRICES, {"last": "391.0000"}, key="k1")
    venue.caller.put(PRICES, {"last": "392.0000"})
    venue.kill()
    again = launch("--durability", "process", data=venue.data, sidecar=True)
    caller = wait_until_ready(Caller(again.addresses["http"]))
    answered = caller.put(PRICES, {"last": "391.0000"}, key="k1")
    assert (answered.json, answered.headers["Idempotent-Replayed"]) == (first.json, "true")
    assert caller.get("/ops/books/nasdaq/MSFT").json["last"] == "392.0000"


def test_changes_that_were_under_way_when_it_was_killed_are_made_once(venue):
    """Callers that try again until they are answered, while the second process is killed under them."""
    answers = {}

    def change(number):
        caller = Caller(venue.addresses["http"])
        for i in range(8):
            key = f"{number}-{i}"
            answers[key] = persist(caller, "POST", "/ops/ports/IN19T6/release", key=key)

    def persist_login():
        return persist(venue.caller, "GET", "/ops/ports")

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    kill_second_process(venue)
    for thread in threads:
        thread.join()
    assert len(answers) == 32
    assert {answered.status for answered in answers.values()} == {200}
    persist_login()
    records = [int(answered.headers["X-As-Of"]) for answered in answers.values()]
    assert len(set(records)) == 32, "each key has a record of its own"
    for key, answered in answers.items():
        again = venue.caller.post("/ops/ports/IN19T6/release", key=key)
        assert again.headers["X-As-Of"] == answered.headers["X-As-Of"]
        assert again.headers["Idempotent-Replayed"] == "true"


def test_while_the_engine_says_nothing_looks_go_on_and_readiness_tells(venue):
    caller = venue.caller.login()
    venue.process.send_signal(signal.SIGSTOP)
    try:
        assert caller.send("GET", "/healthz").status == 200
        assert caller.get("/ops/books/nasdaq/AAPL").status == 200
        unready = caller.send("GET", "/readyz")
        assert (unready.status, unready.fields) == (503, ["engine"])
        assert unready.headers["Retry-After"] == "1"
        figures = caller.send("GET", "/metrics").content.decode()
        assert "\nportcullis_engine_up 0.0\n" in figures
        assert "\nportcullis_connections" not in figures
    finally:
        venue.process.send_signal(signal.SIGCONT)
    wait_until_ready(caller)
