"""Tests of the engine: `trading` holds the words they use, `scripts` the random commands.

Test modules cannot import each other by package here, so this folder is put at the end of the path for those two.
"""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("trading", "scripts")

from trading import Market  # noqa: E402 - found through the line above


@pytest.fixture
def market():
    """Three exchanges on an ordinary morning, without risk rules."""
    return Market()
