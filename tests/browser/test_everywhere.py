"""What holds for every page: everybody can use it, on any screen, in light and dark, with the keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import Tab, a_tab
from tests.browser.jobs import a_job_for_a_gpu
from tests.browser.served_cluster import ServedCluster

pytestmark = pytest.mark.slow

AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text()
PHONE_WIDTH, PHONE_HEIGHT = 360, 740
PAGES = {
    "jobs": "/",
    "job": "/jobs/{job}",
    "model": "/jobs/{job}/model",
    "settings": "/jobs/{job}/settings",
    "log": "/jobs/{job}/logs",
    "compare": "/compare?job={job}&job={other}",
    "nodes": "/nodes",
    "submit": "/submit",
    "nowhere": "/no/such/page",
}
SHOWN = {
    "jobs": ".job-row",
    "job": "canvas",
    "model": ".graph-node",
    "settings": ".job-file",
    "log": ".log-line",
    "compare": "canvas",
    "nodes": ".node",
}
"""What has to be there before a page is judged."""


@pytest.fixture(scope="module")
def other(cluster: ServedCluster) -> str:
    return cluster.submit(a_job_for_a_gpu("other"))


def open_page(tab: Tab, name: str, finished: str, other: str) -> Page:
    page = tab.open(PAGES[name].format(job=finished, other=other))
    page.locator(SHOWN.get(name, "h1")).first.wait_for()
    page.evaluate("document.fonts.ready.then(() => true)")
    return page


@pytest.mark.parametrize("is_dark", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["light", "dark"])
def test_no_page_has_a_barrier_that_axe_finds(
    browser: Browser, cluster: ServedCluster, finished: str, other: str, is_dark: bool
) -> None:
    with a_tab(browser, cluster.http, is_dark=is_dark) as tab:
        found = {name: _barriers(open_page(tab, name, finished, other)) for name in PAGES}
    assert {name: barriers for name, barriers in found.items() if barriers} == {}


def test_nothing_has_to_be_scrolled_sideways_on_a_phone(
    browser: Browser, cluster: ServedCluster, finished: str, other: str
) -> None:
    with a_tab(browser, cluster.http, width=PHONE_WIDTH, height=PHONE_HEIGHT) as tab:
        widths = {}
        for name in PAGES:
            page = open_page(tab, name, finished, other)
            widths[name] = page.evaluate("document.documentElement.scrollWidth")
        assert {name: width for name, width in widths.items() if width > PHONE_WIDTH} == {}


@pytest.mark.slow
def test_the_phone_has_no_barrier_that_axe_finds(
    browser: Browser, cluster: ServedCluster, finished: str, other: str
) -> None:
    with a_tab(browser, cluster.http, width=PHONE_WIDTH, height=PHONE_HEIGHT) as tab:
        found = {name: _barriers(open_page(tab, name, finished, other)) for name in ("jobs", "job")}
    assert found == {"jobs": [], "job": []}


def test_the_system_chooses_the_colours_until_a_person_does_and_the_choice_is_kept(
    browser: Browser, cluster: ServedCluster
) -> None:
    with a_tab(browser, cluster.http, is_dark=True) as tab:
        page = tab.open("/")
        _until_dark(page, True)
        page.get_by_role("button", name="Use light colours").click()
        _until_dark(page, False)
        page.reload()
        page.get_by_role("button", name="Use dark colours").wait_for()
        _until_dark(page, False)


def test_a_job_is_found_opened_and_cancelled_with_the_keyboard_alone(
    tab: Tab, cluster: ServedCluster, endless: str
) -> None:
    page = tab.open("/")
    page.locator(f"[data-job='{endless}']").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(endless)
    expect(page.locator(".job-row")).to_have_count(1)
    page.keyboard.press("ArrowDown")  # out of the box into the list, where keys are commands again
    page.keyboard.press("x")
    expect(page.get_by_role("region", name="Chosen jobs")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    _tab_to(page, "Cancel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    _tab_to(page, "Cancel the job")
    page.keyboard.press("Enter")
    expect(page.locator(".job-head .state")).to_have_text("cancelled")


def test_keys_go_to_pages_are_explained_and_can_be_turned_off(tab: Tab) -> None:
    page = tab.open("/")
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nodes")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys and help")
    expect(dialog).to_contain_text("Go to Nodes")
    dialog.get_by_role("checkbox", name="Single keys do things").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nodes")


def test_back_and_forward_go_where_one_was(tab: Tab, finished: str) -> None:
    page = tab.open("/?search=finished")
    page.locator(f"[data-job='{finished}'] a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("finished")
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("finished")
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("finished")


def test_what_people_wrote_is_shown_as_text_and_never_becomes_part_of_the_page(
    tab: Tab, cluster: ServedCluster
) -> None:
    evil = "<img src=x onerror=\"document.title='broken in'\"><b>bold</b>"
    job_id = cluster.submit(a_job_for_a_gpu(evil) | {"labels": {"<i>k</i>": "<script>alert(1)</script>"}})
    for path in ("/", f"/jobs/{job_id}", f"/jobs/{job_id}/settings", f"/compare?job={job_id}"):
        page = tab.open(path)
        page.get_by_text("<b>bold</b>").first.wait_for()
        assert page.locator("main img, main b, main script, main i").count() == 0
    cluster.ask(f"/jobs/{job_id}", method="DELETE")


def _barriers(page: Page) -> list[str]:
    """What axe calls serious or critical, each in a line."""
    page.evaluate(AXE)
    answer: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{found['id']}: {found['help']} at {[(node['target'], node['failureSummary']) for node in found['nodes']][:4]}"
        for found in answer["violations"]
        if found["impact"] in {"serious", "critical"}
    ]


def _until_dark(page: Page, is_dark: bool) -> None:
    page.wait_for_function(
        """(isDark) => {
          const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
          return (red + green + blue < 200) === isDark;
        }""",
        arg=is_dark,
    )


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the thing of that name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.innerText.trim()") == name:
            return
    raise AssertionError(f"Tab never reached {name!r}")
