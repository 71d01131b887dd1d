"""Jobs beside each other: their curves over one another, and only the settings that differ."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Tab
from tests.browser.jobs import a_job
from tests.browser.served_cluster import ServedCluster

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair(cluster: ServedCluster) -> tuple[str, str]:
    """The ids of two jobs that differ in their rate."""
    ids = [cluster.submit(a_job(f"rate {rate}", learning_rate=rate)) for rate in (0.01, 0.002)]
    for job_id in ids:
        cluster.until_ended(job_id)
    return ids[0], ids[1]


def test_curves_lie_over_one_another_and_only_differing_settings_are_listed(tab: Tab, pair: tuple[str, str]) -> None:
    page = tab.open(f"/compare?job={pair[0]}&job={pair[1]}")
    expect(page.locator("[data-curve='loss'] .legend li")).to_have_count(2)
    table = page.get_by_role("region", name="Table of outcomes and settings")
    expect(table.locator("tr.differs")).to_have_count(1)
    expect(table.locator("tr.differs")).to_contain_text("0.002")
    page.get_by_role("checkbox", name="Also settings that are equal").check()
    expect(table.get_by_role("rowheader", name="batch size")).to_be_visible()


def test_another_metric_is_chosen_and_stands_in_the_address(tab: Tab, pair: tuple[str, str]) -> None:
    page = tab.open(f"/compare?job={pair[0]}&job={pair[1]}")
    expect(page.locator("[data-curve='loss'] .curve")).to_be_visible()
    page.get_by_label("Metric").select_option("val_accuracy")
    expect(page.locator("[data-curve='val_accuracy'] .legend li")).to_have_count(2)
    assert "metric=val_accuracy" in page.url


def test_curves_are_drawn_over_time_too(tab: Tab, pair: tuple[str, str]) -> None:
    page = tab.open(f"/compare?job={pair[0]}&job={pair[1]}")
    panel = page.locator("[data-curve='loss']")
    expect(panel.locator(".curve-head")).to_contain_text("by step")
    page.get_by_role("checkbox", name="Over time").check()
    expect(panel.locator(".curve-head")).to_contain_text("by time, in seconds")
    expect(panel.locator(".legend li")).to_have_count(2)
    expect(panel.locator(".curve")).to_have_attribute("aria-label", re.compile(r"at [0-9.]+ s to "))
    panel.get_by_text("As a table").click()
    expect(panel.get_by_role("columnheader", name="Seconds")).to_have_count(2)
    cells = panel.locator("table").first.locator("tbody td:first-child").all_inner_texts()
    seconds = [float(cell) for cell in cells]
    assert seconds == sorted(seconds)
    assert 0 < seconds[-1] < 600


def test_a_job_is_added_by_typing_and_taken_out_again(tab: Tab, pair: tuple[str, str]) -> None:
    page = tab.open(f"/compare?job={pair[0]}")
    box = page.get_by_role("combobox", name="Add a job")
    box.fill("rate 0.002")
    expect(page.get_by_role("option", name="rate 0.002")).to_be_visible()
    box.press("Enter")
    expect(page.locator(".compared-job")).to_have_count(2)
    page.get_by_role("button", name="Take rate 0.01 out of the comparison").click()
    expect(page.locator(".compared-job")).to_have_count(1)
    assert pair[0] not in page.url
