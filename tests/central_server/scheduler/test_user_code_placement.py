"""Models that users wrote run only where the node's operator has said so."""

from __future__ import annotations

from dataclasses import replace

from central_server.scheduler.memory_estimate import UNKNOWN_MODEL_BYTES, estimate_bytes
from central_server.scheduler.needs import Need
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.placement import Place, node_allows_user_code
from shared.job_spec import job_spec_from_mapping
from shared.user_model import UserModel
from tests.builders import GIB, a_device, a_job, a_node
from tests.cluster_driver import ClusterDriver

_SOURCE = "def init(key, input_shape): ...\ndef apply(params, x, *, key, train): ...\n"
SPEC = job_spec_from_mapping({"model": UserModel("m.py", _SOURCE).definition(), "dataset": "builtin://digits"})


def a_place(node: NodeRecord) -> Place:
    return Place(node, a_device(), GIB, 0, 0, 0)


def test_a_node_that_has_not_allowed_it_refuses_with_the_flag_to_say() -> None:
    reason = node_allows_user_code(Need(None, 1, runs_user_code=True), a_place(a_node("a")))
    assert reason == "a does not run users' own models: its operator has not said --allow-user-code"


def test_a_node_that_has_allowed_it_takes_it() -> None:
    node = a_node("a")
    willing = replace(node, description=replace(node.description, allows_user_code=True))
    assert node_allows_user_code(Need(None, 1, runs_user_code=True), a_place(willing)) is None


def test_other_jobs_run_everywhere() -> None:
    assert node_allows_user_code(Need(None, 1), a_place(a_node("a"))) is None


def test_a_model_of_unknown_layers_is_promised_a_fixed_sum() -> None:
    assert estimate_bytes(SPEC) == UNKNOWN_MODEL_BYTES


def test_a_job_waits_with_that_reason() -> None:
    driver = ClusterDriver(jobs={"job": a_job(spec=SPEC)}, nodes={"a": a_node()})
    driver.connect()
    assert "--allow-user-code" in driver.cluster.waiting_reason("job")
