"""The server goes away and comes back: the page says so, and goes on by itself where it was."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import a_tab
from tests.browser.served_cluster import ServedCluster
from tests.end_to_end.cluster_process import eventually

BACK_MS = 60_000


@pytest.mark.slow
def test_the_page_goes_on_by_itself_after_the_server_was_gone(
    browser: Browser, cluster: ServedCluster, endless: str
) -> None:
    with a_tab(browser, cluster.http, may_complain=True) as tab:
        page = tab.open(f"/jobs/{endless}")
        page.locator("[data-curve='loss'] .curve").wait_for()
        cluster.process.kill_9("central_server")
        expect(page.get_by_text("The connection to the server is lost.")).to_be_visible()
        expect(page.get_by_text("The connection to the server is lost.")).to_have_count(0, timeout=BACK_MS)
        expect(page.locator(".live-mark")).to_have_text("Live")
        before = int(page.locator("[data-curve='loss'] .curve").get_attribute("data-points") or 0)
        page.wait_for_function(
            "(before) => document.querySelector('[data-curve=loss] .curve').dataset.points > before",
            arg=before,
            timeout=BACK_MS,
        )
        assert [said for said in tab.complaints if "ERR_" not in said and "status of 5" not in said] == []
    eventually(lambda: cluster.ask("/nodes")[0]["state"] == "ready")
