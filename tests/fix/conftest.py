"""Tests of FIX: `wellmade` makes messages of every kind and version, `line` is a port's client, `fix_floor` a market.

Test modules cannot import each other by package here, so this folder is put at the end of the path for those.
"""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("wellmade", "line", "fix_floor")
