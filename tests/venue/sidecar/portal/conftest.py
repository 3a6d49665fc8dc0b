"""What tests of the portal share: visitors without a browser (`visit`), on the demo that runs for a module."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("visitors")

from visitors import Visitor  # noqa: E402 - found through the line above


@pytest.fixture(scope="module")
def visit(demo):
    """Give a visitor who has logged in under a name, the same one each time."""
    known = {}

    def visit(name):
        if name not in known:
            known[name] = Visitor(demo.addresses["http"]).log_in(name)
        return known[name]

    return visit
