"""What tests of the HTTP service share: a demo that runs for a whole module, and callers of it."""

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("callers", "clearing_floor", "clearing_service")

from callers import Caller, wait_until_ready  # noqa: E402 - found through the lines above
from processes import Process  # noqa: E402 - in the folder above, which its conftest has put on the path


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo in a process of its own, whose second process is ready."""
    folder = tmp_path_factory.mktemp("demo")
    environment = os.environ | {"XDG_STATE_HOME": str(folder / "state")}
    arguments = ["demo", "--port-base", "0", "--durability", "process"]
    demo = Process(arguments, folder / "data", environment).ready()
    wait_until_ready(Caller(demo.addresses["http"]))
    yield demo
    if demo.process.poll() is None:
        demo.kill()


@pytest.fixture
def caller(demo):
    """Give a caller for one of the demo's clients, None for nobody."""

    def caller(client):
        return Caller(demo.addresses["http"], client)

    return caller


@pytest.fixture(scope="module")
def operator(demo):
    return Caller(demo.addresses["http"])


@pytest.fixture
def anybody(caller):
    """A caller without a token."""
    return caller(None)
