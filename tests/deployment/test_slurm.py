"""The Slurm script: what it asks Slurm for, and its nodes as plain processes under a stand-in for srun."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cyxwiz
from shared.private_file import write_private
from shared.tls_folder import TlsFolder
from tests.central_server.server_process import a_process_with_tls
from tests.deployment.compose_file import REPOSITORY
from tests.deployment.service_process import wait_until
from tests.end_to_end.jobs import a_long_job
from tests.tls import a_shown_certificate, a_tls_folder

_SCRIPT = REPOSITORY / "examples/slurm/node.sbatch"
_PATIENCE_SECONDS = 60.0
_SRUN = """#!/bin/bash
# As srun starts a task: its options left out, its number in the environment.
while [[ "$1" == --* ]]; do shift; done
SLURM_PROCID=0 exec "$@"
"""


def asked_of_slurm() -> dict[str, str]:
    return dict(re.findall(r"^#SBATCH --([a-z-]+)=(\S+)$", _SCRIPT.read_text(), re.MULTILINE))


def test_slurm_warns_the_nodes_with_more_time_than_they_take_to_stop() -> None:
    signal, seconds = asked_of_slurm()["signal"].split("@")
    (shutdown_seconds,) = re.findall(r"--shutdown-seconds (\d+)", _SCRIPT.read_text())
    assert signal == "TERM"  # without B:, it goes to the tasks
    assert int(seconds) > int(shutdown_seconds)


def test_without_a_server_the_script_says_what_to_name() -> None:
    done = subprocess.run(
        ["bash", _SCRIPT], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode != 0
    assert "name the central server: CYXWIZ_SERVER=HOST:PORT" in done.stderr


def a_batch_job(server: str, folder: Path, tls: TlsFolder) -> subprocess.Popen[bytes]:
    srun = folder / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text(_SRUN)
    srun.chmod(0o755)
    environment = {
        "PATH": f"{srun.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": str(REPOSITORY),
        "CYXWIZ_SERVER": server,
        "CYXWIZ_CA": str(tls.authority_certificate),
        "CYXWIZ_JOIN_TOKENS": str(folder / "join-tokens"),
        "CYXWIZ_PYTHON": sys.executable,
        "CYXWIZ_SCRATCH": str(folder),
        "SLURM_JOB_ID": "42",
        "SLURM_CPUS_PER_TASK": "1",
    }
    with (folder / "batch.log").open("wb") as log:
        return subprocess.Popen(["bash", _SCRIPT], env=environment, cwd=folder, stdout=log, stderr=log)


@pytest.mark.slow
def test_when_the_time_is_nearly_over_the_node_saves_its_job_and_ends_and_the_job_waits_for_another(
    tmp_path: Path,
) -> None:
    tls = a_tls_folder(tmp_path / "tls")
    me = a_shown_certificate(tls, tmp_path / "me")
    with (
        a_process_with_tls(tmp_path / "central", tls.path) as (_, address, mutual),
        cyxwiz.Client(mutual, ca=tls.authority_certificate, certificate=me.files) as client,
    ):
        write_private(tmp_path / "join-tokens" / "0", client.create_join_token().encode())
        batch_job = a_batch_job(address, tmp_path, tls)
        try:
            wait_until(lambda: [node.name for node in client.nodes()] == ["slurm-42-0"], _PATIENCE_SECONDS, "a node")
            job = client.submit(a_long_job(epochs=100_000))
            wait_until(lambda: job.status().step > 0, _PATIENCE_SECONDS, "a first step")
            batch_job.terminate()  # what Slurm sends the task
            assert batch_job.wait(_PATIENCE_SECONDS) == 0
        finally:
            batch_job.kill()
            batch_job.wait()
        wait_until(lambda: job.status().state == "queued", _PATIENCE_SECONDS, "the job to wait again")
        (attempt,) = job.status().attempts
        assert attempt.state == "preempted"
        assert list((tmp_path / "cyxwiz-42-0").rglob("*.safetensors"))
