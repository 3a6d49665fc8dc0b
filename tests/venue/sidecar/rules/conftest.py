"""What tests of risk rules over REST share: `follow(caller)` gives a follower of the stream."""

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("watching")

from callers import Caller, wait_until_ready  # noqa: E402 - in the folder above, which its conftest has put on the path
from processes import Process  # noqa: E402 - the same, two above
from watching import Follower  # noqa: E402 - found through the lines above


@pytest.fixture(scope="package")
def demo(tmp_path_factory):
    """One demo for all of these modules: none of them ends its day, and what each makes is told apart by its id."""
    folder = tmp_path_factory.mktemp("rules")
    environment = os.environ | {"XDG_STATE_HOME": str(folder / "state")}
    arguments = ["demo", "--port-base", "0", "--durability", "process"]
    demo = Process(arguments, folder / "data", environment).ready()
    wait_until_ready(Caller(demo.addresses["http"]))
    yield demo
    if demo.process.poll() is None:
        demo.kill()


@pytest.fixture(scope="package")
def operator(demo):
    return Caller(demo.addresses["http"])


@pytest.fixture
def inet(caller):
    return caller("eqrc-inet")


@pytest.fixture
def follow():
    followers = []

    def follow(caller, query="", last=None):
        followers.append(Follower(caller, query, last))
        return followers[-1]

    yield follow
    for follower in followers:
        follower.close()
