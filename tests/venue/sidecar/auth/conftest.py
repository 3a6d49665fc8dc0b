"""Fixtures of who may ask over HTTP: `house` is the demo's gatehouse, `build` opens others on the same directory."""

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("gatehouse")

from gatehouse import Clock, changed, opened  # noqa: E402 - found through the lines above


@pytest.fixture
async def build(tmp_path):
    """Open a gatehouse of the demo's configuration with changes; `clock` and `data` where they are to be shared."""
    async with AsyncExitStack() as stack:

        async def build(*changes, clock=None, data=None):
            return await stack.enter_async_context(
                opened(changed(*changes), data or tmp_path / "data", clock or Clock())
            )

        yield build


@pytest.fixture
async def house(build):
    """The demo's."""
    return await build()
