"""A job is made in the browser: written, planned, run; what is wrong stands beside its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Tab
from tests.browser.jobs import DATASET
from tests.browser.served_cluster import ServedCluster

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
YAML = f"""name: by-hand
model: {{layers: [16, 4]}}
dataset: {DATASET}
batch_size: 32
epochs: 2
hyperparameters:
  optimizer: adam
  learning_rate: 0.01
"""


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Job file").fill(text)


def wrong_line(page: Page) -> str:
    return page.locator(".editor-gutter .is-wrong").inner_text()


def test_a_job_file_is_run_and_its_page_is_opened(tab: Tab, cluster: ServedCluster) -> None:
    page = tab.open("/submit")
    write(page, YAML)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("by-hand")
    expect(page.locator(".job-head .state")).to_have_text("succeeded", timeout=30_000)


def test_the_plan_shows_layers_needs_and_nodes_without_running_anything(tab: Tab, cluster: ServedCluster) -> None:
    before = [job["job_id"] for job in cluster.ask("/jobs")]  # not the summary, which may be a second old
    page = tab.open("/submit")
    write(page, YAML)
    page.get_by_role("textbox", name="Job file").press("Control+Enter")
    plan = page.get_by_role("region", name="Plan")
    expect(plan.locator(".fits-yes")).to_have_count(1)
    expect(plan.get_by_role("region", name="Table of layers")).to_contain_text("144")
    expect(plan.locator(".tile").nth(1)).to_contain_text("iB")
    assert [job["job_id"] for job in cluster.ask("/jobs")] == before


def test_a_mistake_is_told_beside_its_line(tab: Tab) -> None:
    page = tab.open("/submit")
    write(page, YAML.replace("0.01", "-1"))
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("learning_rate")
    expect(page.get_by_role("textbox", name="Job file")).to_have_attribute("aria-invalid", "true")
    assert wrong_line(page) == "8"
    write(page, YAML)
    expect(page.locator(".editor-error")).to_have_count(0)
    tab.forget_refusals()


def test_a_file_that_is_no_yaml_is_told_with_its_line(tab: Tab) -> None:
    page = tab.open("/submit")
    write(page, "name: [unclosed\nmodel: x\n")
    page.get_by_role("button", name="See the plan").click()
    expect(page.get_by_role("alert")).to_contain_text("line")
    tab.forget_refusals()


def test_a_dropped_designer_graph_becomes_a_job_file(tab: Tab) -> None:
    page = tab.open("/submit")
    _drop(page, EXAMPLES / "residual_pattern.cyxgraph")
    expect(page.get_by_role("textbox", name="Job file")).to_have_value(
        re.compile(r"\bmodel:[\s\S]*\btemplate\b|\bmodel:[\s\S]*\bnodes\b")
    )


def test_a_dropped_job_file_is_taken_as_it_is(tab: Tab) -> None:
    page = tab.open("/submit")
    _drop(page, EXAMPLES / "zoo_resnet.yaml")
    expect(page.get_by_role("textbox", name="Job file")).to_have_value((EXAMPLES / "zoo_resnet.yaml").read_text())


def test_an_unfinished_job_file_is_still_there_after_a_look_elsewhere(tab: Tab) -> None:
    page = tab.open("/submit")
    write(page, "name: half")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Jobs").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Submit").click()
    expect(page.get_by_role("textbox", name="Job file")).to_have_value("name: half")


def _drop(page: Page, file: Path) -> None:
    """Let a file fall on the page as from the desktop."""
    page.evaluate(
        """([name, text]) => {
          const data = new DataTransfer();
          data.items.add(new File([text], name));
          const how = { dataTransfer: data, bubbles: true, cancelable: true };
          for (const kind of ["dragover", "drop"]) document.querySelector("h1").dispatchEvent(new DragEvent(kind, how));
        }""",
        [file.name, file.read_text()],
    )
