"""Clients in the field go on working: submit, poll, stream, list, cancel, delete, find the node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from tests.end_to_end.cluster_process import ClusterProcess, eventually
from tests.end_to_end.jobs import CNN
from tests.end_to_end.old_client import OldClient

PENDING, IN_PROGRESS, COMPLETED, FAILED, CANCELLED = 3, 4, 5, 6, 7
SUCCESS = 1
CPU = 1


@pytest.fixture
def old(cluster: ClusterProcess) -> Iterator[OldClient]:
    client = OldClient(cluster.grpc)
    yield client
    client.close()


def a_config(old: OldClient, **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "job_type": 1,
        "priority": 1,
        "model_definition": json.dumps({"layers": [{"type": "dense", "units": 16}, {"type": "Dense", "units": "4"}]}),
        "hyperparameters": {"learning_rate": "0.01", "optimizer": "adam"},
        "dataset_uri": "synthetic://classification?samples=256&features=8&classes=4",
        "batch_size": 32,
        "epochs": 3,
        "payment_amount": 1.5,
        "payment_address": "an address",
    }
    return old.message("JobConfig", **(fields | changes))


def submit(old: OldClient, **changes: Any) -> str:
    request = old.message("SubmitJobRequest", config=a_config(old, **changes))
    response = old.call("JobService/SubmitJob", request, "SubmitJobResponse")
    assert response.status == SUCCESS
    assert not response.HasField("error")
    assert not response.HasField("node_assignment")
    return str(response.job_id)


def status(old: OldClient, job_id: str) -> Any:
    request = old.message("GetJobStatusRequest", job_id=job_id)
    response = old.call("JobService/GetJobStatus", request, "GetJobStatusResponse")
    assert not response.HasField("error")
    return response.status


def ended(old: OldClient, job_id: str) -> Any:
    over = {COMPLETED, FAILED, CANCELLED}
    return eventually(lambda: now if (now := status(old, job_id)).status in over else None)


def test_a_job_is_submitted_and_polled_to_its_end(old: OldClient) -> None:
    now = ended(old, submit(old))
    assert (now.status, now.progress, now.current_epoch) == (COMPLETED, 1.0, 3)
    assert now.metrics["loss"] > 0
    assert 0 < now.start_time <= now.end_time
    assert now.current_node_id
    assert not now.HasField("error")


def test_updates_are_streamed_to_the_end(old: OldClient) -> None:
    job_id = submit(old, model_definition=json.dumps(CNN), dataset_uri="builtin://digits", epochs=40)
    request = old.message("GetJobStatusRequest", job_id=job_id)
    updates = list(old.stream("JobService/StreamJobUpdates", request, "JobUpdateStream"))
    assert {update.job_id for update in updates} == {job_id}
    assert updates[-1].status.status == COMPLETED
    assert any("loss" in update.live_metrics for update in updates)
    progress = [update.status.progress for update in updates]
    assert progress == sorted(progress)


def test_the_same_id_with_the_same_content_is_the_same_job(old: OldClient) -> None:
    assert submit(old, job_id="chosen-by-the-client") == "chosen-by-the-client"
    assert submit(old, job_id="chosen-by-the-client") == "chosen-by-the-client"
    with pytest.raises(grpc.RpcError) as caught:
        submit(old, job_id="chosen-by-the-client", epochs=4)
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS


def test_jobs_are_listed_page_by_page(old: OldClient) -> None:
    submitted = [submit(old) for _ in range(3)]
    listed: list[str] = []
    token = ""
    while True:
        request = old.message("ListJobsRequest", page_size=2, page_token=token)
        page = old.call("JobService/ListJobs", request, "ListJobsResponse")
        assert len(page.jobs) <= 2
        listed += [job.job_id for job in page.jobs]
        token = page.next_page_token
        if not token:
            break
    assert listed[:3] == submitted[::-1]
    assert len(listed) == len(set(listed)) == page.total_count


def test_a_running_job_is_cancelled_and_deleted(old: OldClient) -> None:
    job_id = submit(old, model_definition=json.dumps(CNN), dataset_uri="builtin://digits", epochs=20_000)
    eventually(lambda: status(old, job_id).status == IN_PROGRESS)
    request = old.message("CancelJobRequest", job_id=job_id, reason="enough")
    assert old.call("JobService/CancelJob", request, "CancelJobResponse").status == SUCCESS
    assert ended(old, job_id).status == CANCELLED
    delete = old.message("DeleteJobRequest", job_id=job_id)
    assert old.call("JobService/DeleteJob", delete, "DeleteJobResponse").status == SUCCESS
    with pytest.raises(grpc.RpcError) as caught:
        status(old, job_id)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_dataset_sent_along_is_trained_on(old: OldClient) -> None:
    rows = [f"{x / 50 - 1:.2f},{y / 50 - 1:.2f},{int(x > y)}" for x in range(0, 100, 7) for y in range(0, 100, 7)]
    data = "\n".join(["a,b,label", *rows]).encode()
    config = a_config(old, model_definition='{"layers": [8, 2]}', batch_size=16)
    config.ClearField("dataset_uri")
    request = old.message("SubmitJobRequest", config=config, initial_data=data)
    response = old.call("JobService/SubmitJob", request, "SubmitJobResponse")
    now = ended(old, response.job_id)
    assert now.status == COMPLETED, now.error.message


@pytest.mark.parametrize("rpc", ["FindNodes", "ListNodes"])
def test_the_node_is_found_with_its_devices(old: OldClient, rpc: str) -> None:
    request = old.message(f"{rpc}Request")
    (node,) = old.call(f"NodeDiscoveryService/{rpc}", request, f"{rpc}Response").nodes
    assert node.is_online
    assert node.cpu_cores > 0
    assert node.ram_total > 0
    device = next(device for device in node.devices if device.device_type == CPU)
    assert device.device_name
    assert device.memory_total > 0
    request = old.message("GetNodeInfoRequest", node_id=node.node_id)
    info = old.call("NodeDiscoveryService/GetNodeInfo", request, "GetNodeInfoResponse").info
    assert info.devices[0].device_name == node.devices[0].device_name
