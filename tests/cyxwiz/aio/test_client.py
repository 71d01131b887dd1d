"""The async client: submission, errors, listing, plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest

from cyxwiz import errors
from cyxwiz.aio import Client
from shared.job_spec import job_spec_from_mapping
from shared.pb import job_pb2
from tests.cyxwiz.scripted_server import AWAY, Refusal, Script, a_job

A_JOB: dict[str, Any] = {"model": {"layers": [64, 10]}, "dataset": "builtin://digits", "batch_size": 32, "epochs": 1}


def submitted(script: Script) -> list[job_pb2.JobConfig]:
    return [request.config for request in script.asked("SubmitJob")]


async def test_submission_is_sent_again_with_the_same_key_while_the_server_is_away(server: str, script: Script) -> None:
    script.refusals = [AWAY, AWAY]
    async with Client(server) as client:
        job = await client.submit(A_JOB)
    assert [config.job_id for config in submitted(script)] == [job.id] * 3


async def test_a_submission_whose_answer_was_lost_makes_one_job(server: str, script: Script) -> None:
    script.lost_answers = 2
    async with Client(server) as client:
        job = await client.submit(A_JOB)
    assert len(submitted(script)) == 3
    assert job.id
    assert list(script.jobs) == [job.id]


async def test_the_server_says_its_version_and_clock(server: str, script: Script) -> None:
    script.facts = (("cyxwiz-version", "1.2.3"), ("cyxwiz-unix-ms", "1700000000000"))
    async with Client(server) as client:
        info = await client.server_info()
    assert (info.address, info.version, info.clock_ms) == (server, "1.2.3", 1_700_000_000_000)


async def test_an_older_server_says_neither(server: str) -> None:
    async with Client(server) as client:
        info = await client.server_info()
    assert (info.version, info.clock_ms) == ("", None)


async def test_what_was_asked_for_can_be_had_back_and_submitted_again(server: str, script: Script) -> None:
    script.jobs["old"] = a_job("old")
    async with Client(server) as client:
        await client.submit(A_JOB, job_id="first")
        script.jobs["old"].config.CopyFrom(submitted(script)[0])
        spec = await client.job("old").spec()
        await client.submit(spec, job_id="first")
    first, second = submitted(script)
    assert (spec.batch_size, spec.dataset) == (32, "builtin://digits")
    assert first == second


async def test_a_mapping_a_file_a_spec_and_keywords_mean_the_same_job(
    server: str, script: Script, job_file: Path, tmp_path: Path
) -> None:
    async with Client(server) as client:
        await client.submit(A_JOB, job_id="same")
        await client.submit(job_spec_from_mapping(A_JOB), job_id="same")
        await client.submit(**A_JOB, job_id="same")
        await client.submit(job_file, job_id="same", **A_JOB, name="", hyperparameters={})
    first, *others = submitted(script)
    assert all(config == first for config in others)


async def test_a_refused_field_is_named(server: str, script: Script) -> None:
    script.refusals = [Refusal(grpc.StatusCode.INVALID_ARGUMENT, "epochs must be >= 1, got 0", "epochs")]
    async with Client(server) as client:
        with pytest.raises(errors.InvalidField, match="epochs must be >= 1") as caught:
            await client.submit(A_JOB)
    assert caught.value.field == "epochs"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, errors.NotFound),
        (grpc.StatusCode.ALREADY_EXISTS, errors.AlreadyExists),
        (grpc.StatusCode.FAILED_PRECONDITION, errors.WrongState),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, errors.TooLarge),
        (grpc.StatusCode.UNIMPLEMENTED, errors.NotSupported),
        (grpc.StatusCode.PERMISSION_DENIED, errors.NotAllowed),
        (grpc.StatusCode.UNAUTHENTICATED, errors.NotAllowed),
        (grpc.StatusCode.DEADLINE_EXCEEDED, errors.ServerUnreachable),
        (grpc.StatusCode.INTERNAL, errors.ServerFault),
    ],
)
async def test_each_status_code_is_a_class_of_error(
    server: str, script: Script, code: grpc.StatusCode, kind: type[Exception]
) -> None:
    script.refusals = [Refusal(code)] * 50
    async with Client(server, retry_seconds=0.1) as client:
        with pytest.raises(kind):
            await client.job("x").status()


async def test_a_job_that_is_wrong_by_itself_is_never_sent(server: str, script: Script) -> None:
    async with Client(server) as client:
        with pytest.raises(errors.InvalidField, match="epochs") as caught:
            await client.submit({**A_JOB, "epochs": -1})
    assert caught.value.field == "epochs"
    assert not script.received


async def test_a_model_definition_of_100_mb_is_never_sent(server: str, script: Script) -> None:
    definition = {"layers": [10], "comment": "x" * 100_000_000}
    async with Client(server) as client:
        with pytest.raises(errors.TooLarge) as caught:
            await client.submit({**A_JOB, "model": definition})
    assert caught.value.field == "model_definition"
    assert not script.received


async def test_nobody_at_the_address_is_one_sentence_with_the_address() -> None:
    async with Client("127.0.0.1:1", retry_seconds=0.2) as client:
        with pytest.raises(errors.ServerUnreachable, match=r"no central server answers at 127\.0\.0\.1:1: start one"):
            await client.nodes()


def test_an_address_without_a_port_is_refused() -> None:
    with pytest.raises(errors.InvalidField, match="must be HOST:PORT"):
        Client("localhost")


async def test_listing_goes_over_all_pages_and_stops_at_the_limit(server: str, script: Script) -> None:
    script.jobs = {f"job-{number}": a_job(f"job-{number}") for number in range(450)}
    async with Client(server) as client:
        assert [info.job_id for info in await client.jobs(limit=1000)] == list(script.jobs)
        assert len(await client.jobs(limit=203)) == 203


@pytest.mark.parametrize(
    ("arguments", "sentence", "field"),
    [
        ({"state": "zz"}, "state must be one of queued, running, .* got 'zz'", "state"),
        ({"limit": 0}, "limit must be >= 1, got 0", "limit"),
        ({"limit": "5"}, "limit must be a whole number, got '5'", "limit"),
    ],
)
async def test_a_listing_of_nonsense_is_refused(
    server: str, script: Script, arguments: dict[str, Any], sentence: str, field: str
) -> None:
    async with Client(server) as client:
        with pytest.raises(errors.InvalidField, match=sentence) as caught:
            await client.jobs(**arguments)
    assert caught.value.field == field
    assert not script.received


async def test_a_closed_client_says_that_it_is_closed(server: str, script: Script) -> None:
    async with Client(server) as client:
        job = client.job("job-1")
    for call in (client.nodes(), client.submit(A_JOB), client.upload(b"x"), job.status(), anext(job.watch())):
        with pytest.raises(errors.WrongState, match="the client is closed: make a new one"):
            await call
    assert not script.received


async def test_a_complete_listing_has_attempts_and_results_after_one_question(server: str, script: Script) -> None:
    script.jobs = {"a": a_job("a"), "b": a_job("b")}
    script.jobs["a"].attempts.add(number=1, node_id="n", state="succeeded")
    script.jobs["a"].result.compute_seconds = 2.5
    async with Client(server) as client:
        first, second = await client.jobs(complete=True)
    assert (first.job_id, first.attempts[0].node_id) == ("a", "n")
    assert first.result is not None
    assert first.result.compute_seconds == 2.5
    assert (second.job_id, second.attempts, second.result) == ("b", (), None)
    assert [name for name, _ in script.received] == ["ListJobs"]


async def test_a_server_that_knows_no_complete_listing_is_said_to_be_too_old(server: str, script: Script) -> None:
    script.jobs, script.lists_complete = {"a": a_job("a")}, False
    async with Client(server) as client:
        with pytest.raises(errors.NotSupported, match="too old to list complete jobs: update it"):
            await client.jobs(complete=True)


async def test_a_plan_names_layers_and_nodes(server: str, script: Script) -> None:
    script.plan = job_pb2.PlanJobResponse(
        layers=[job_pb2.PlannedLayer(name="dense", type="dense", output_shape=[10], parameters=650)],
        parameters=650,
        memory_bytes=1000,
        nodes=[job_pb2.PlannedNode(node_id="n", name="node-1", fits=False, reason="no CUDA device")],
    )
    async with Client(server) as client:
        plan = await client.plan(A_JOB)
    assert (plan.layers[0].output_shape, plan.nodes[0].reason) == ((10,), "no CUDA device")
