"""A cluster of real processes that speaks TLS: a certificate is renewed and a node is revoked while a job runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import cyxwiz
from cyxwiz.cli.exit_codes import ExitCode
from tests.central_server.server_process import a_process_with_tls
from tests.deployment.service_process import wait_until
from tests.end_to_end.jobs import a_long_job
from tests.tls import Shown, a_shown_certificate, a_tls_folder, with_server_certificate

pytestmark = pytest.mark.slow
_PATIENCE_SECONDS = 60.0


@contextmanager
def a_node(folder: Path, name: str, server: str, ca: Path, token: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = ["--server", server, "--ca", str(ca), "--join-token-file", str(token), "--name", name]
    words += ["--state-dir", str(folder / name), "--threads", "1", "--platform", "cpu"]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "server_node", *words], stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def asked(me: Shown, ca: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of a person with a certificate, in a process of its own."""
    shown = ["--ca", str(ca), "--cert", str(me.certificate), "--key", str(me.key)]
    command = [sys.executable, "-m", "cyxwiz", *words, *shown]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_job_outlives_a_renewed_server_certificate_and_the_revocation_of_its_node(tmp_path: Path) -> None:
    tls = a_tls_folder(tmp_path / "tls")
    ca, me = tls.authority_certificate, a_shown_certificate(tls, tmp_path / "me")
    flags = ("--lease-seconds", "3", "--heartbeat-seconds", "0.5", "--require-token")
    tokens = tmp_path / "tokens"
    with (
        a_process_with_tls(tmp_path / "central", tls.path, *flags) as (_, public, mutual),
        cyxwiz.Client(mutual, ca=ca, certificate=me.files) as client,
        ExitStack() as nodes,
    ):
        made = asked(me, ca, "--server", mutual, "token", "join", "--count", "2", "--output", str(tokens))
        assert (made.returncode, made.stdout) == (0, "")  # tokens are in files, not on the terminal
        for name, number in (("one", "0"), ("two", "1")):
            nodes.enter_context(a_node(tmp_path, name, public, ca, tokens / number))
        wait_until(
            lambda: {node.name for node in client.nodes() if node.state == "ready"} == {"one", "two"},
            _PATIENCE_SECONDS,
            "two nodes",
        )
        job = client.submit(a_long_job(epochs=100_000))
        wait_until(lambda: job.status().step > 0, _PATIENCE_SECONDS, "a first step")

        with_server_certificate(tls, "other.example.org")
        wait_until(
            lambda: asked(me, ca, "--server", public, "nodes").returncode == ExitCode.UNREACHABLE,
            _PATIENCE_SECONDS,
            "the new certificate",
        )
        refused = asked(me, ca, "--server", public, "nodes")
        assert refused.stderr.count("\n") == 1
        assert "is not for that name" in refused.stderr
        with_server_certificate(tls, "127.0.0.1")
        wait_until(lambda: asked(me, ca, "--server", mutual, "nodes").returncode == 0, _PATIENCE_SECONDS, "the third")
        assert [attempt.number for attempt in job.status().attempts] == [1]  # its connection went on all the time

        revoked = job.status().node_id
        assert revoked is not None
        assert asked(me, ca, "--server", mutual, "node", "revoke", revoked).returncode == 0
        wait_until(
            lambda: job.status().node_id not in {None, "", revoked} and job.status().state == "running",
            _PATIENCE_SECONDS,
            "the job on the other node",
        )
        assert job.status().attempts[0].state == "lost"
        job.cancel()
