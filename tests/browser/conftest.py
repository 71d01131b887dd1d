"""One cluster and one Chromium a module for the tests in the browser, and a tab of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import Tab, a_browser, a_tab, path_of_chromium
from tests.browser.jobs import a_job, an_endless_job
from tests.browser.served_cluster import ENDED, ServedCluster
from tests.end_to_end.cluster_process import ClusterProcess


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """No longer than a module: while playwright runs, tests of other modules could not run their event loops."""
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCluster]:
    """A cluster of one node; none is started where there is no browser."""
    path_of_chromium()
    with ClusterProcess(tmp_path_factory.mktemp("cluster") / "state") as process:
        yield ServedCluster(process)


@pytest.fixture
def tab(browser: Browser, cluster: ServedCluster) -> Iterator[Tab]:
    with a_tab(browser, cluster.http) as tab:
        yield tab


@pytest.fixture
def page(tab: Tab) -> Page:
    return tab.page


@pytest.fixture(scope="session")
def finished(cluster: ServedCluster) -> str:
    """The id of a job that has succeeded."""
    job_id = cluster.submit(a_job("finished", epochs=6))
    assert cluster.until_ended(job_id)["state"] == "succeeded"
    return job_id


@pytest.fixture
def endless(cluster: ServedCluster) -> Iterator[str]:
    """The id of a job that trains for the length of the test."""
    job_id = cluster.submit(an_endless_job())
    cluster.until_reported(job_id)
    yield job_id
    if cluster.job(job_id)["state"] not in ENDED:
        cluster.ask(f"/jobs/{job_id}/cancel", body={})
