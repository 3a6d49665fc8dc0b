"""What tests of the portal share, on a demo that runs for a module: visitors without a browser, and a `browser`."""

import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.append(str(Path(__file__).parent))
pytest.register_assert_rewrite("browsers", "visitors")

from browsers import CHROMIUM, Browser  # noqa: E402 - found through the line above
from visitors import Visitor  # noqa: E402 - the same


@pytest.fixture(scope="module")
def visit(demo):
    """Give a visitor who has logged in under a name, the same one each time."""
    known = {}

    def visit(name):
        if name not in known:
            known[name] = Visitor(demo.addresses["http"]).log_in(name)
        return known[name]

    return visit


@pytest.fixture(scope="module")
def browser(demo):
    """Debian's Chromium."""
    host, port = demo.addresses["http"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Browser(chromium, f"http://{host}:{port}")
        chromium.close()
