"""A real browser for tests: Debian's Chromium, driven by Playwright, on the demo; and what is looked at on every page.

Screenshots go to `build/portal`, for people to look at. A request to another machine, an error on the console or
something that the policy forbids fails the test in which it happens.
"""

import hashlib
import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
SHOTS = ROOT / "build" / "portal"
AXE = Path(__file__).with_name("axe")
CHROMIUM = shutil.which("chromium")
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 375, "height": 812}}
PASSWORD = "NTFTEST"
PATIENCE_MS = 20_000
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium")


def axe():
    """The source of axe-core, as its package has it."""
    digests = dict(reversed(line.split()) for line in AXE.joinpath("SHA256SUMS").read_text().splitlines())
    source = AXE.joinpath("axe.min.js").read_bytes()
    assert hashlib.sha256(source).hexdigest() == digests["axe.min.js"]
    return source.decode()


class Tab:
    """One page of a browser, of one person."""

    def __init__(self, page, base):
        self.page, self.base, self.faults = page, base, []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: (self.faults.append(dialog.message), dialog.dismiss()))
        page.on("request", self._request)

    def _console(self, message):
        if (
            message.type == "error" and "status of 4" not in message.text and "Status Error Code 4" not in message.text
        ):  # a refusal, which the page tells
            self.faults.append(message.text)

    def _request(self, request):
        if not request.url.startswith((self.base, "data:")):
            self.faults.append(f"asks {request.url}")

    def open(self, path):
        self.page.goto(self.base + path)
        return self

    def log_in(self, name):
        self.open("/portal")
        self.page.get_by_role("link", name="Log in").click()
        self.page.fill("#name", name)
        self.page.fill("#password", PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url("**/portal/*")
        return self

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def awaited(self):
        """The faults of the page, of which there is to be one; they are forgotten."""
        for _ in range(PATIENCE_MS // 10):
            if self.faults:
                break
            self.page.wait_for_timeout(10)
        faults, self.faults = self.faults, []
        return faults

    def violations(self):
        """What axe-core finds wrong by WCAG 2.2 A and AA."""
        self.page.evaluate(axe())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = self.page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(tags)}}})")["violations"]
        return [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found]

    @property
    def overflow(self):
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


class Browser:
    """The browser of a module's tests, on its demo."""

    def __init__(self, chromium, base):
        self.chromium, self.base = chromium, base
        self.states = {}

    @contextmanager
    def tab(self, name=None, scheme="light", size="wide"):
        """A page of somebody who has logged in; who has once is not asked again."""
        context = self.chromium.new_context(
            viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce", storage_state=self.states.get(name)
        )
        tab = Tab(context.new_page(), self.base)
        if name is not None and name not in self.states:
            tab.log_in(name)
            self.states[name] = context.storage_state()
        yield tab
        context.close()
        assert not tab.faults
