"""The list of jobs: what is in it, how it is narrowed and ordered, and that it moves by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Tab
from tests.browser.jobs import a_job, a_job_for_a_gpu
from tests.browser.served_cluster import ServedCluster

MANY = 230

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def many(cluster: ServedCluster) -> Iterator[list[str]]:
    """Ids of more jobs than one reading of the list brings; they wait for a GPU that never comes."""
    ids = [cluster.submit(a_job_for_a_gpu(f"crowd {number:03}")) for number in range(MANY)]
    yield ids
    for job_id in ids:
        cluster.ask(f"/jobs/{job_id}", method="DELETE")


def rows(page: Page) -> list[str]:
    return page.locator(".col-name a").all_inner_texts()


def test_a_job_that_is_submitted_elsewhere_appears_and_runs_to_its_end(tab: Tab, cluster: ServedCluster) -> None:
    page = tab.open("/")
    job_id = cluster.submit(a_job("arrives"))
    row = page.locator(f"[data-job='{job_id}']")
    expect(row.locator(".col-name")).to_contain_text("arrives")
    expect(row.locator(".state")).to_have_text("succeeded", timeout=30_000)
    expect(row.locator(".col-progress")).to_contain_text("100 %")


def test_a_state_narrows_the_list_and_stands_in_the_address(tab: Tab, cluster: ServedCluster, finished: str) -> None:
    waiting = cluster.submit(a_job_for_a_gpu("narrowed away"))
    page = tab.open("/")
    page.get_by_role("button", name="succeeded").click()
    expect(page.locator(f"[data-job='{finished}']")).to_be_visible()
    expect(page.locator(f"[data-job='{waiting}']")).to_have_count(0)
    assert "state=succeeded" in page.url
    page.reload()
    expect(page.get_by_role("button", name="succeeded")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"[data-job='{waiting}']")).to_have_count(0)
    cluster.ask(f"/jobs/{waiting}", method="DELETE")


def test_a_waiting_job_says_why_it_waits(tab: Tab, cluster: ServedCluster) -> None:
    waiting = cluster.submit(a_job_for_a_gpu("says why"))
    page = tab.open("/?search=says%20why")
    expect(page.locator(f"[data-job='{waiting}'] .row-why")).to_contain_text("no cuda device")
    cluster.ask(f"/jobs/{waiting}", method="DELETE")


def test_search_finds_by_part_of_a_name_and_by_id(tab: Tab, finished: str, many: list[str]) -> None:
    page = tab.open("/")
    box = page.get_by_role("searchbox")
    box.fill("CROWD 01")
    expect(page.locator(".col-name a")).to_have_count(10)
    box.fill(finished[:10])
    expect(page.locator(".col-name a")).to_have_count(1)
    expect(page.locator(f"[data-job='{finished}']")).to_be_visible()
    box.fill("nothing is called this")
    expect(page.get_by_text("No job answers this.")).to_be_visible()


def test_a_click_on_a_label_shows_the_jobs_that_have_it(tab: Tab, cluster: ServedCluster, finished: str) -> None:
    other = cluster.submit(a_job_for_a_gpu("of another team") | {"labels": {"team": "other"}})
    page = tab.open(f"/jobs/{other}")
    page.get_by_role("link", name="team other").click()
    expect(page.locator(f"[data-job='{other}']")).to_be_visible()
    expect(page.locator(f"[data-job='{finished}']")).to_have_count(0)
    cluster.ask(f"/jobs/{other}", method="DELETE")


def test_a_click_on_a_heading_orders_by_it(tab: Tab, many: list[str]) -> None:
    page = tab.open("/?search=crowd")
    page.get_by_role("button", name="Job", exact=True).click()
    expect(page.locator(".col-name a").first).to_have_text("crowd 000")
    expect(page.get_by_role("columnheader", name="Job")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Job", exact=True).click()
    expect(page.locator(".col-name a").first).to_have_text(f"crowd {MANY - 1:03}")


def test_scrolling_brings_all_of_a_long_list_but_draws_only_what_is_seen(tab: Tab, many: list[str]) -> None:
    page = tab.open("/?search=crowd&order=name-asc")
    expect(page.locator(".col-name a").first).to_be_visible()
    drawn = 0
    for _ in range(40):
        page.mouse.wheel(0, 2500)
        drawn = max(drawn, page.locator(".col-name a").count())
        if f"crowd {MANY - 1:03}" in rows(page):
            break
        page.wait_for_timeout(60)
    assert rows(page)[-1] == f"crowd {MANY - 1:03}"
    assert drawn < 60
    expect(page.get_by_role("table", name="Jobs")).to_have_attribute("aria-rowcount", str(MANY + 1))


def test_a_job_that_is_deleted_elsewhere_leaves_the_list(tab: Tab, cluster: ServedCluster) -> None:
    doomed = cluster.submit(a_job_for_a_gpu("doomed"))
    page = tab.open("/")
    expect(page.locator(f"[data-job='{doomed}']")).to_be_visible()
    cluster.ask(f"/jobs/{doomed}", method="DELETE")
    expect(page.locator(f"[data-job='{doomed}']")).to_have_count(0)


def test_chosen_jobs_are_compared(tab: Tab, cluster: ServedCluster, finished: str) -> None:
    second = cluster.submit(a_job("finished too", learning_rate=0.02))
    cluster.until_ended(second)
    page = tab.open("/?search=finished")
    page.get_by_role("checkbox", name="Choose finished to compare").first.check()
    page.get_by_role("checkbox", name="Choose finished too to compare").check()
    page.get_by_role("region", name="Chosen jobs").get_by_role("link", name="Compare").click()
    expect(page.locator(".compared-job")).to_have_count(2)
