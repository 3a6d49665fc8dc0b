"""What tests of REST suites share: `lie(spoil)` gives the address of a proxy that lies."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("liar", "lift")

from liar import HttpLiar  # noqa: E402 - found through the lines above


@pytest.fixture
async def lie(venue):
    started = []

    async def lie(spoil):
        started.append(await HttpLiar(tuple(venue.services["http"]), spoil).start())
        return started[-1].address

    yield lie
    for liar in started:
        await liar.stop()
