"""One real cluster that the tests share which leave it whole; those that break something start their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import cyxwiz
from tests.end_to_end.cluster_process import ClusterProcess

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    state_dir = tmp_path_factory.mktemp("cluster") / "state"
    with ClusterProcess(
        state_dir, "--data-root", str(EXAMPLES.parent), "--data-root", str(state_dir.parent), "--allow-user-code"
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: ClusterProcess) -> Iterator[cyxwiz.Client]:
    with cyxwiz.Client(cluster.grpc) as client:
        yield client
