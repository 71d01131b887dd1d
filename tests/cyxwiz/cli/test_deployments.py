"""What a person reads of how a deployment stands."""

from __future__ import annotations

import pytest

from cyxwiz.cli.deployments import latency_in_words, state_in_words
from cyxwiz.deployment_records import DeploymentInfo, ReplicaInfo


def a_deployment(
    *, state: str = "ready", wanted: int = 1, requests: int = 0, latency_ms: float = 0.0
) -> DeploymentInfo:
    replica = ReplicaInfo("job", "running", True, 1, "node", "a:1", "", "", 0, 0.0, 0.0, 0)
    return DeploymentInfo(
        "id", "digits", "local", state, "", "job", 1, wanted, (replica,), requests, latency_ms, 0, None, None
    )


@pytest.mark.parametrize(
    ("state", "wanted", "words"),
    [("ready", 1, "ready"), ("running", 1, "ready"), ("running", 2, "running"), ("stopped", 1, "stopped")],
)
def test_a_deployment_whose_wanted_replicas_answer_is_ready_whether_asked_or_not(
    state: str, wanted: int, words: str
) -> None:
    assert state_in_words(a_deployment(state=state, wanted=wanted)) == words


@pytest.mark.parametrize(("requests", "latency_ms", "words"), [(0, 0.0, "-"), (1, 0.0, "-"), (2, 1.234, "1.23 ms")])
def test_no_latency_is_shown_before_one_was_measured(requests: int, latency_ms: float, words: str) -> None:
    assert latency_in_words(a_deployment(requests=requests, latency_ms=latency_ms)) == words
