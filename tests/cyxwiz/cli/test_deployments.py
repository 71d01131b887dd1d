"""What a person reads of how a deployment stands."""

from __future__ import annotations

import pytest

from cyxwiz.cli.deployments import state_in_words
from cyxwiz.deployment_records import DeploymentInfo, ReplicaInfo


@pytest.mark.parametrize(
    ("state", "wanted", "words"),
    [("ready", 1, "ready"), ("running", 1, "ready"), ("running", 2, "running"), ("stopped", 1, "stopped")],
)
def test_a_deployment_whose_wanted_replicas_answer_is_ready_whether_asked_or_not(
    state: str, wanted: int, words: str
) -> None:
    replica = ReplicaInfo("job", "running", True, 1, "node", "a:1", "", "", 0, 0.0, 0.0, 0)
    info = DeploymentInfo("id", "digits", "local", state, "", "job", 1, wanted, (replica,), 0, 0.0, 0, None, None)
    assert state_in_words(info) == words
