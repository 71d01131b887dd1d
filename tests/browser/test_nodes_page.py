"""The nodes: devices and memory, what runs where, and draining."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Tab
from tests.browser.served_cluster import ServedCluster
from tests.end_to_end.cluster_process import eventually

pytestmark = pytest.mark.slow


def test_a_node_shows_its_memory_and_leads_to_what_runs_on_it(tab: Tab, endless: str) -> None:
    page = tab.open("/nodes")
    node = page.get_by_role("article", name="node-1")
    expect(node.get_by_role("meter", name="Memory promised")).to_have_attribute(
        "aria-valuetext", re.compile(r"iB of .*iB")
    )
    node.get_by_role("link", name="endless").first.click()
    assert page.url.endswith(f"/jobs/{endless}")


def test_who_may_not_drain_is_told_and_who_signs_in_may(tab: Tab, cluster: ServedCluster) -> None:
    page = tab.open("/nodes")
    page.get_by_role("button", name="Drain").click()
    page.get_by_role("button", name="Drain the node").click()
    expect(page.get_by_text("needs the permission")).to_be_visible()
    tab.forget_refusals()
    page.goto(f"{cluster.http}/nodes")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Token").fill("cyx_" + "A" * 43)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known here")
    page.get_by_label("Token").fill(cluster.token)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{cluster.http}/")
    tab.forget_refusals()
    page.goto(f"{cluster.http}/nodes")
    page.get_by_role("button", name="Drain").click()
    page.get_by_role("button", name="Drain the node").click()
    expect(page.locator(".node .state").first).to_have_text("draining")
    assert cluster.ask("/nodes")[0]["state"] == "draining"
    page.get_by_role("button", name="Undrain").click()
    expect(page.locator(".node .state").first).to_have_text("ready")
    eventually(lambda: cluster.ask("/nodes")[0]["state"] == "ready")
