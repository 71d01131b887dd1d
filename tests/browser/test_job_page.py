"""The page of one job: it moves while the job trains, does what its buttons say, and shows all there is to know."""

from __future__ import annotations

import math
import re
import statistics

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import Tab
from tests.browser.jobs import a_job, a_job_for_a_gpu
from tests.browser.served_cluster import ServedCluster

LONG = 100_000


def points(curve: Locator) -> int:
    return int(curve.get_attribute("data-points") or 0)


def loss_curve(page: Page) -> Locator:
    return page.locator("[data-curve='loss'] .curve")


PICTURE = "document.querySelector('[data-curve=loss] canvas').toDataURL()"


def drawn(page: Page) -> str:
    """What stands on the canvas of the loss, as a picture."""
    picture: str = page.evaluate(PICTURE)
    return picture


def drawn_anew(page: Page, *before: str) -> str:
    """What stands there once it is another picture than those before."""
    page.wait_for_function(f"before => !before.includes({PICTURE})", arg=list(before))
    return drawn(page)


def test_the_loss_curve_and_the_numbers_move_while_the_job_trains(tab: Tab, endless: str) -> None:
    page = tab.open(f"/jobs/{endless}")
    curve = loss_curve(page)
    curve.wait_for()
    points_before, picture_before = points(curve), drawn(page)
    step_before = page.locator(".job-progress-words").inner_text()
    page.wait_for_function(
        "(before) => document.querySelector('[data-curve=loss] .curve').dataset.points > before", arg=points_before
    )
    page.wait_for_function(
        "(before) => document.querySelector('.job-progress-words').innerText !== before", arg=step_before
    )
    drawn_anew(page, picture_before)
    expect(page.locator("[data-metric='loss']")).to_have_text(re.compile(r"\d"))


def test_cancel_asks_and_then_cancels_for_the_reason_given(tab: Tab, cluster: ServedCluster, endless: str) -> None:
    page = tab.open(f"/jobs/{endless}")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("seen enough")
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.locator(".job-head .state")).to_have_text("cancelled")
    expect(page.locator(".why")).to_contain_text("seen enough")
    assert cluster.job(endless)["state"] == "cancelled"


def test_a_job_is_left_alone_when_the_question_is_answered_with_no(
    tab: Tab, cluster: ServedCluster, endless: str
) -> None:
    page = tab.open(f"/jobs/{endless}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert cluster.job(endless)["state"] == "running"


def test_pause_and_resume(tab: Tab, cluster: ServedCluster, endless: str) -> None:
    page = tab.open(f"/jobs/{endless}")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".job-head .state")).to_have_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".job-head .state")).to_have_text("running")
    expect(page.locator(".attempt")).to_have_count(2)
    expect(page.locator(".attempt").first).to_contain_text("went on from step")


def test_a_change_of_state_is_said_to_those_who_hear_the_page(tab: Tab, cluster: ServedCluster, endless: str) -> None:
    page = tab.open(f"/jobs/{endless}")
    expect(page.locator(".job-head .state")).to_have_text("running")
    cluster.ask(f"/jobs/{endless}/cancel", body={})
    expect(page.get_by_role("status").filter(has_text="is now cancelled")).to_be_attached()


def test_a_finished_job_gives_its_files_unharmed(tab: Tab, cluster: ServedCluster, finished: str) -> None:
    page = tab.open(f"/jobs/{finished}")
    with page.expect_download() as download:
        page.get_by_role("link", name="model.safetensors").click()
    sizes = {file["name"]: file["size_bytes"] for file in cluster.job(finished)["result"]["files"]}
    assert download.value.suggested_filename == "model.safetensors"
    assert download.value.path().stat().st_size == sizes["model.safetensors"]


def test_the_model_is_a_graph_and_a_table_that_mark_the_same_layer(tab: Tab, finished: str) -> None:
    page = tab.open(f"/jobs/{finished}/model")
    table = page.get_by_role("region", name="Table of layers")
    expect(table).to_contain_text("144")
    expect(table.locator("tbody tr")).to_have_count(page.locator(".graph-node").count())
    page.locator(".graph-node").nth(1).click()
    expect(table.locator("tr.is-chosen")).to_have_count(1)
    expect(page.locator(".graph-lines .is-chosen").first).to_be_attached()


def test_the_log_is_searched_and_the_found_words_are_marked(tab: Tab, finished: str) -> None:
    page = tab.open(f"/jobs/{finished}/logs")
    lines = page.locator(".log-line")
    expect(lines.first).to_be_visible()
    everything = lines.count()
    page.get_by_role("searchbox", name="Search the log").fill("compiled")
    expect(lines).to_have_count(1)
    expect(page.locator("mark")).to_have_text("compiled")
    assert everything > 1


def test_the_log_follows_a_running_job(tab: Tab, endless: str) -> None:
    page = tab.open(f"/jobs/{endless}/logs")
    page.locator(".log-line").first.wait_for()
    before = page.locator(".log-card [role=status]").inner_text()
    page.wait_for_function(
        "(before) => document.querySelector('.log-card [role=status]').innerText !== before", arg=before
    )
    assert page.locator(".log").evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight") < 40


def test_submit_again_makes_another_job_of_the_same_settings(tab: Tab, cluster: ServedCluster, finished: str) -> None:
    page = tab.open(f"/jobs/{finished}")
    page.get_by_role("button", name="Submit again").click()
    page.wait_for_url(lambda url: "/jobs/" in url and finished not in url)
    again = page.url.rsplit("/", 1)[1]
    assert cluster.job(again)["spec"] == cluster.job(finished)["spec"]
    cluster.until_ended(again)


def test_a_clone_opens_as_a_job_file_that_can_be_changed_and_run(
    tab: Tab, cluster: ServedCluster, finished: str
) -> None:
    page = tab.open(f"/jobs/{finished}")
    page.get_by_role("link", name="Clone").first.click()
    editor = page.get_by_role("textbox", name="Job file")
    expect(editor).to_have_value(re.compile("name: finished"))
    editor.fill(editor.input_value().replace("name: finished", "name: cloned"))
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("cloned")
    clone = page.url.rsplit("/", 1)[1]
    assert cluster.job(clone)["spec"] == cluster.job(finished)["spec"] | {"name": "cloned"}
    cluster.until_ended(clone)


def test_a_deleted_job_leaves_its_page_and_the_page_says_so_to_others(tab: Tab, cluster: ServedCluster) -> None:
    job_id = cluster.submit(a_job_for_a_gpu("to be deleted"))
    page = tab.open(f"/jobs/{job_id}")
    cluster.ask(f"/jobs/{job_id}", method="DELETE")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such job")
    tab.forget_refusals()


@pytest.fixture(scope="module")
def long_history(cluster: ServedCluster) -> str:
    """The id of a job with as many reports as a long training makes; at one step the loss leaps."""
    job_id = cluster.submit(a_job("long history"))
    cluster.until_ended(job_id)
    wave = ((step, 9.0 if step == 70_001 else 1 + math.sin(step / 900) / 2) for step in range(1, LONG + 1))
    cluster.write_long_history(job_id, wave)
    return job_id


def test_a_hundred_thousand_reports_are_drawn_as_few_points_and_their_leap_stays(tab: Tab, long_history: str) -> None:
    page = tab.open(f"/jobs/{long_history}")
    curve = loss_curve(page)
    curve.wait_for()
    assert 500 < points(curve) <= 2500
    assert f"{LONG:,} reports" in page.locator(".curves-note").inner_text()
    assert "most 9 at step 70001" in (curve.get_attribute("aria-label") or "")


def test_only_news_are_streamed_behind_what_was_read(tab: Tab, long_history: str) -> None:
    with tab.page.expect_request(lambda request: request.url.split("?")[0].endswith(f"{long_history}/events")) as asked:
        tab.open(f"/jobs/{long_history}")
    assert f"since=0%3A{LONG}%3A" in asked.value.url


@pytest.mark.slow
def test_moving_over_a_long_curve_stays_smooth(tab: Tab, long_history: str) -> None:
    page = tab.open(f"/jobs/{long_history}")
    box = loss_curve(page).bounding_box()
    assert box is not None
    page.evaluate("""() => {
      window.frames_ms = [];
      let last = performance.now();
      const look = (now) => {
        window.frames_ms.push(now - last);
        last = now;
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }""")
    for offset in range(80, 480, 10):
        page.mouse.move(box["x"] + offset, box["y"] + 100)
    frames = page.evaluate("window.frames_ms")
    assert statistics.median(frames) < 50  # the median: a busy machine stops everything now and then


def test_a_drag_shows_that_part_with_its_own_points_and_a_double_click_all(tab: Tab, long_history: str) -> None:
    page = tab.open(f"/jobs/{long_history}")
    curve = loss_curve(page)
    curve.wait_for()
    box = curve.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 100, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Whole curve")).to_be_visible()
    expect(curve).not_to_have_attribute("aria-label", re.compile(rf"step {LONG}\b"))
    assert points(curve) > 500
    curve.dblclick(position={"x": 250, "y": 100})
    expect(page.get_by_role("button", name="Whole curve")).to_have_count(0)
    expect(curve).to_have_attribute("aria-label", re.compile(rf"step {LONG}\b"))


def test_the_keyboard_looks_closer_and_back(tab: Tab, long_history: str) -> None:
    page = tab.open(f"/jobs/{long_history}")
    curve = loss_curve(page)
    curve.focus()
    curve.press("+")
    expect(curve).not_to_have_attribute("aria-label", re.compile(rf"step {LONG}\b"))
    curve.press("0")
    expect(curve).to_have_attribute("aria-label", re.compile(rf"step {LONG}\b"))


def test_smoothing_and_the_logarithm_change_what_is_drawn(tab: Tab, long_history: str) -> None:
    page = tab.open(f"/jobs/{long_history}")
    loss_curve(page).wait_for()
    plain = drawn(page)
    page.get_by_role("slider", name="Smoothing").fill("0.9")
    smooth = drawn_anew(page, plain)
    page.get_by_role("slider", name="Smoothing").fill("0")
    page.get_by_role("checkbox", name="Log scale").check()
    drawn_anew(page, plain, smooth)


def test_the_points_are_also_a_table(tab: Tab, finished: str) -> None:
    page = tab.open(f"/jobs/{finished}")
    page.locator("[data-curve='loss'] summary").click()
    expect(page.get_by_role("region", name="Table of Loss").get_by_role("row")).not_to_have_count(0)
