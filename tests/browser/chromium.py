"""The system's Chromium, driven by playwright, and a tab that remembers everything the browser complained about."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT_MS = 15_000
_SIZE = {"width": 1280, "height": 860}
_WATCH_POLICY = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.policyViolations.push([event.violatedDirective, event.blockedURI, event.sourceFile].join(" ")));
"""


def path_of_chromium() -> str:
    """Return the system's Chromium; skips the test where there is none."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    return path


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Run Chromium for the length of the `with`, in which no other event loop can run in this thread."""
    path = path_of_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Tab:
    """A page of the browser on one address, with its complaints.

    Attributes:
        page: playwright's own.
        complaints: errors and warnings of the console, and exceptions nobody caught.
    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(_WATCH_POLICY)
        self.page: Page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"not caught: {error}"))

    def open(self, path: str) -> Page:
        """Go to a path of the page and return playwright's page."""
        self.page.goto(self.address + path)
        self.page.locator("h1").wait_for()
        return self.page

    def policy_violations(self) -> list[str]:
        """Return what the content security policy has blocked since the document was loaded."""
        found: list[str] = self.page.evaluate("window.policyViolations ?? []")
        return found

    def forget_refusals(self) -> None:
        """Forget answers of 4xx: Chromium writes each to its console, also one that was expected and understood."""
        self.complaints[:] = [said for said in self.complaints if not re.search(r"status of 4\d\d", said)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@contextmanager
def a_tab(
    browser: Browser,
    address: str,
    *,
    is_dark: bool = False,
    width: int = _SIZE["width"],
    height: int = _SIZE["height"],
    may_complain: bool = False,
) -> Iterator[Tab]:
    """Give a tab of its own storage; when the `with` ends it must have had nothing to complain about."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if is_dark else "light",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    tab = Tab(context, address)
    try:
        yield tab
        assert tab.policy_violations() == []
        assert may_complain or tab.complaints == []
    finally:
        context.close()
