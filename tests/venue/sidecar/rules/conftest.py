"""What tests of risk rules over REST share: `follow(caller)` gives a follower of the stream."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("watching")

from watching import Follower  # noqa: E402 - found through the lines above


@pytest.fixture
def inet(caller):
    return caller("eqrc-inet")


@pytest.fixture
def follow():
    followers = []

    def follow(caller, query=""):
        followers.append(Follower(caller, query))
        return followers[-1]

    yield follow
    for follower in followers:
        follower.close()
