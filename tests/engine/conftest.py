"""Tests of the engine: `trading` is the venue they meet, `words` what is said there, `nordic` both for Nordic order
books and PRM accounts, `scripts` the random days, `naive` a market to hold it against.

Test modules cannot import each other by package here, so this folder is put at the end of the path for those.
"""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("words", "trading", "nordic", "audit", "scripts", "naive")

from trading import Market  # noqa: E402 - found through the line above


@pytest.fixture
def market():
    """Three exchanges on an ordinary morning, without risk rules."""
    return Market()
