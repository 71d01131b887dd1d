"""A terminal on a node of a real cluster: who may, what the audit log says of it, and that a stop leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cyxwiz.cli.exit_codes import ExitCode
from tests.end_to_end.cluster_process import ClusterProcess, eventually

pytestmark = pytest.mark.slow


def audited(cluster: ClusterProcess) -> set[str]:
    """Return what the audit log has of nodes, without which node it was."""
    return {entry["action"].partition(": ")[2] for entry in cluster.answer("audit", "--limit", "20")}


def test_an_operator_has_a_terminal_on_a_node_and_the_audit_log_has_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYXWIZ_NODE_TERMINAL", "true")
    monkeypatch.setenv("CYXWIZ_NODE_TERMINAL_AS_ROOT", "true")
    with ClusterProcess(tmp_path / "state") as cluster:
        refused = cluster.run("terminal", "node-1", "--command", "id")
        assert (refused.returncode, refused.stdout) == (ExitCode.NOT_ALLOWED, "")
        assert "terminal" in refused.stderr
        monkeypatch.setenv("CYXWIZ_TOKEN_FILE", str(tmp_path / "state" / "server" / "admin-token"))
        done = cluster.run(
            "terminal",
            "node-1",
            "--command",
            "env; read word; echo $word; exit 7",
            text="hello\n",
        )
        assert (done.returncode, done.stderr) == (7, "")
        assert "hello" in done.stdout
        assert "CYXWIZ" not in done.stdout
        # The log is written in batches: the end of the session comes last.
        eventually(lambda: {"terminal opened", "terminal closed"} <= audited(cluster), seconds=20)
        assert "TerminalService/CreateSession" in audited(cluster)  # the refusal

        words = [sys.executable, "-m", "cyxwiz", "terminal", "node-1", "--server", cluster.grpc]
        held = subprocess.Popen(
            [*words, "--command", "echo on; sleep 1000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert held.stdout is not None
        assert held.stdin is not None
        assert held.stdout.readline() == b"on\r\n"
        (sleeping,) = [
            one for one in psutil.Process(cluster.process.pid).children(recursive=True) if "1000" in one.cmdline()
        ]
        assert cluster.stop() == 0
        assert not sleeping.is_running()
        held.wait(timeout=10)
        held.stdin.close()
        held.stdout.close()
