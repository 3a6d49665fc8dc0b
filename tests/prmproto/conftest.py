"""What tests of the PRM protocol share: a desk at the demo venue."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # test modules cannot import each other by package here
pytest.register_assert_rewrite("desk")

from desk import Desk  # noqa: E402 -- found by the line above


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)
