"""engine.sock: a fault of the venue's own is answered and written down once, and the venue goes on."""

import socket

import msgspec
import pytest
from structlog.testing import capture_logs

from venue.changes import Answer
from venue.problem import MEDIA_TYPE, Problem, ProblemDetails
from venue.sidecar.engine import EngineClient
from venue.sidecar.rest import problems
from venue.unix_sockets import reachable


@pytest.fixture
def venue(host):
    return host()


def fault(*_):
    raise ZeroDivisionError("the secret of it")


def asked(client, **request):
    """Ask on a connection that stays; gives the answer."""
    data = msgspec.json.encode(request)
    client.sendall(len(data).to_bytes(4, "big") + data)
    length = int.from_bytes(client.recv(4, socket.MSG_WAITALL), "big")
    return msgspec.json.decode(client.recv(length, socket.MSG_WAITALL))


@pytest.mark.parametrize("request_", [{"target": "ports"}, {"target": "trading-day/next", "body": {}, "verb": "POST"}])
def test_a_fault_is_answered_as_an_internal_error_and_the_venue_goes_on(venue, monkeypatch, request_):
    with socket.socket(socket.AF_UNIX) as client, reachable(venue.data / "engine.sock") as address:
        client.settimeout(30)
        client.connect(address)
        with monkeypatch.context() as broken, capture_logs() as lines:
            broken.setattr("venue.clerk.serve", fault)
            answer = asked(client, **request_)
        assert answer["status"] == 500
        assert answer["body"]["title"] == "Internal error"
        assert "secret" not in str(answer)
        assert "Traceback" not in str(answer)
        told = [line for line in lines if line["event"] == "fault"]
        assert [(line["target"], line["log_level"], line["exc_info"]) for line in told] == [
            (request_["target"], "error", True)
        ]
        assert asked(client, **request_)["status"] == 200, "on the same connection too"


def test_an_answer_that_cannot_be_written_is_a_fault_too(venue, monkeypatch):
    monkeypatch.setattr("venue.clerk.serve", lambda *_: Answer(200, object()))
    assert venue.ask("ports").status == 500
    monkeypatch.undo()
    assert venue.ask("ports").status == 200


async def test_over_rest_a_fault_of_the_engine_process_is_a_problem(venue, monkeypatch):
    monkeypatch.setattr("venue.clerk.serve", fault)
    answer = await EngineClient(venue.data).ask("POST", "trading-day/next", {})
    details = msgspec.convert(answer.body, ProblemDetails)
    told = problems.answer(Problem(details.status, details.detail))
    assert (told.status, told.content_type) == (500, MEDIA_TYPE)
    assert "secret" not in told.text
