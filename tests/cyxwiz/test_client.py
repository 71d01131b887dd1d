"""The sync face: the same names as the async one, on one background loop."""

from __future__ import annotations

import gc
import inspect
import threading
from contextlib import ExitStack

import pytest

import cyxwiz
from cyxwiz import aio, errors
from tests.cyxwiz.aio.test_client import A_JOB
from tests.cyxwiz.scripted_server import AWAY, Script, a_job, an_update


def loop_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "cyxwiz-client"]


@pytest.mark.parametrize(("face", "original"), [(cyxwiz.Client, aio.Client), (cyxwiz.Job, aio.Job)])
def test_both_faces_have_the_same_names_and_arguments(face: type, original: type) -> None:
    def names(kind: type) -> dict[str, list[str]]:
        methods = inspect.getmembers(kind, inspect.isfunction)
        return {
            name: list(inspect.signature(method).parameters) for name, method in methods if not name.startswith("_")
        }

    assert names(face) == names(original)


def test_a_job_is_submitted_watched_and_steered(server: str, script: Script) -> None:
    script.watches = [
        [an_update(1, a_job(state="running", step=1)), AWAY],
        [an_update(2, a_job(state="succeeded", step=2))],
    ]
    with cyxwiz.Client(server) as client:
        job = client.submit(A_JOB)
        assert [info.step for info in job.watch()] == [1, 2]
        job.cancel()
        assert job.status().state == "cancelled"
        assert [info.job_id for info in client.jobs()] == [job.id]
        assert client.job(job.id).id == job.id


def test_an_iteration_can_be_left_early(server: str, script: Script) -> None:
    script.watches = [[an_update(number, a_job(state="running")) for number in range(1, 1000)]]
    with cyxwiz.Client(server) as client:
        for _ in client.job("job-1").watch():
            break
        assert client.nodes() == []


def test_clients_share_one_loop_and_the_last_ends_it(server: str) -> None:
    first, second = cyxwiz.Client(server), cyxwiz.Client(server)
    assert len(loop_threads()) == 1
    first.close()
    first.close()
    assert second.nodes() == []
    second.close()
    assert not loop_threads()
    with cyxwiz.Client(server) as third:
        assert third.nodes() == []


def test_an_error_of_the_server_reaches_the_caller(server: str) -> None:
    with cyxwiz.Client(server) as client, pytest.raises(errors.NotFound):
        client.job("nothing").status()


def test_a_client_that_cannot_be_made_leaves_no_thread() -> None:
    with pytest.raises(errors.InvalidField):
        cyxwiz.Client("nonsense")
    assert not loop_threads()


def test_many_threads_may_share_a_client(server: str) -> None:
    results: list[int] = []
    with cyxwiz.Client(server) as client:
        threads = [threading.Thread(target=lambda: results.append(len(client.nodes()))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [0] * 8


@pytest.mark.parametrize("another_is_open", [False, True])
def test_a_closed_client_says_that_it_is_closed(server: str, script: Script, another_is_open: bool) -> None:
    script.jobs["job-1"] = a_job()
    with ExitStack() as stack:
        if another_is_open:
            stack.enter_context(cyxwiz.Client(server))
        with cyxwiz.Client(server) as client:
            job = client.job("job-1")
        for call in (client.nodes, client.jobs, job.status, job.result, lambda: client.submit(A_JOB), job.cancel):
            with pytest.raises(errors.WrongState, match="the client is closed: make a new one"):
                call()
        with pytest.raises(errors.WrongState, match="the client is closed"):
            next(iter(job.watch()))
        gc.collect()
