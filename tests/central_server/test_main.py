"""The central server as a process: its flags, the line it prints, its signals and its exit codes."""

from __future__ import annotations

import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from tests.central_server.server_process import FREE, a_process, command


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with a_process(tmp_path) as (process, _, _):
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert "central_server_stopped" in err
    assert "Traceback" not in err


def test_it_is_healthy_and_describes_itself(tmp_path: Path) -> None:
    with a_process(tmp_path) as (_, address, url):
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}/api/v1/jobs/nobody", timeout=10)
        with grpc.insecure_channel(address) as channel:
            for service in ("", "cyxwiz.protocol.JobService", "cyxwiz.link.NodeLink"):
                assert health_of(channel, service) == health_pb2.HealthCheckResponse.SERVING
            assert "cyxwiz.protocol.JobService" in services_reflected(channel)


def health_of(channel: grpc.Channel, service: str) -> int:
    check: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/grpc.health.v1.Health/Check")
    answer = check(health_pb2.HealthCheckRequest(service=service).SerializeToString())
    return health_pb2.HealthCheckResponse.FromString(answer).status


def services_reflected(channel: grpc.Channel) -> set[str]:
    ask: grpc.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    )
    question = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
    (raw,) = ask(iter([question]))
    answer = reflection_pb2.ServerReflectionResponse.FromString(raw)
    return {service.name for service in answer.list_services_response.service}


def test_a_second_server_on_the_same_state_is_refused(tmp_path: Path) -> None:
    with a_process(tmp_path) as (process, _, _):
        second = subprocess.run(
            command(*FREE, "--state-dir", str(tmp_path)), capture_output=True, text=True, timeout=30, check=False
        )
    assert second.returncode == 2
    assert f"process {process.pid}" in second.stderr


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with a_process(tmp_path / "one") as (_, address, _):
        flags = ["--listen", address, "--http-listen", "127.0.0.1:0", "--state-dir", str(tmp_path / "two")]
        second = subprocess.run(command(*flags), capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 2
    assert address in second.stderr


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--listen", "nowhere"], "listen must be HOST:PORT"),
        (["--http-listen", "127.0.0.1:99999"], "http_listen must be HOST:PORT"),
        (["--lease-seconds", "2", "--heartbeat-seconds", "1"], "at least 3 times"),
        (["--database", "mysql://somewhere/db"], "mysql is not supported"),
        (["--artifacts", "ftp://somewhere"], "artifacts must be a folder by its whole path, or s3://BUCKET/PREFIX"),
        (["--artifacts", "artifacts"], "artifacts must be a folder by its whole path"),
        (["--artifacts", "s3://key:secret@bucket/prefix"], "without credentials"),
    ],
)
def test_a_setting_that_cannot_be_followed_is_exit_code_two(tmp_path: Path, flags: list[str], sentence: str) -> None:
    run = subprocess.run(
        command(*FREE, "--state-dir", str(tmp_path), *flags), capture_output=True, text=True, timeout=30, check=False
    )
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
    assert "secret" not in run.stderr
