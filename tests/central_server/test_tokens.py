"""Tokens over a real server: what counts, what does not, and that the secret is nowhere."""

import asyncio
import logging
from pathlib import Path

import grpc
import httpx
import pytest

from central_server.identity import audit_log, staying
from central_server.main import main
from cyxwiz.aio import Client
from cyxwiz.cli.exit_codes import ExitCode
from cyxwiz.cli.main import run
from cyxwiz.errors import NotAllowed, TooManyRequests
from shared.identifiers import AttemptKey
from shared.pb import artifact_pb2, job_pb2, node_pb2, security_pb2
from tests.builders import a_hello
from tests.central_server.fake_node import FakeNode, a_batch, open_stream
from tests.central_server.running_server import Server, running_server, submit
from tests.central_server.web.events import stream

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


@pytest.fixture(autouse=True)
def _written_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "COLLECT_SECONDS", 0.05)


async def code_with(server: Server, *authorizations: str) -> grpc.StatusCode:
    try:
        await server.jobs.ListJobs(
            job_pb2.ListJobsRequest(), metadata=tuple(("authorization", value) for value in authorizations)
        )
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def files_with(text: str, folder: Path) -> list[str]:
    """Return the names of the files that hold it."""
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def a_token(server: Server, role: str = "submitter", **fields: object) -> security_pb2.CreateTokenResponse:
    request = security_pb2.CreateTokenRequest(role=role, **fields)  # type: ignore[arg-type]  # each test says what it varies
    answer: security_pb2.CreateTokenResponse = await server.security.CreateToken(request)
    return answer


async def test_on_this_machine_nobody_needs_a_token_and_is_the_local_user(server: Server) -> None:
    await submit(server, job_id="mine")
    (job,) = (await server.jobs.ListJobs(job_pb2.ListJobsRequest())).jobs
    assert job.job_id == "mine"


async def test_a_wrong_token_is_refused_where_none_is_needed(server: Server) -> None:
    for shown in ("Bearer cyx_" + "A" * 43, "Bearer nonsense", "Basic YTpi", ""):
        assert await code_with(server, shown) is UNAUTHENTICATED
    assert await code_with(server, f"Bearer {server.token}", f"Bearer {server.token}") is UNAUTHENTICATED
    assert await code_with(server, f"Bearer {server.token}") is grpc.StatusCode.OK


async def test_a_revoked_token_counts_no_more_from_that_moment(server: Server) -> None:
    made = await a_token(server, name="for a moment")
    assert await code_with(server, f"Bearer {made.token}") is grpc.StatusCode.OK
    await server.security.RevokeToken(security_pb2.RevokeTokenRequest(token_id=made.info.token_id))
    assert await code_with(server, f"Bearer {made.token}") is UNAUTHENTICATED


async def test_streams_end_soon_after_their_token_is_revoked_and_others_go_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staying, "ASKED_EVERY_SECONDS", 0.05)
    await submit(server, job_id="watched")
    gone, kept = await a_token(server, "viewer"), await a_token(server, "viewer")

    def watching(token: str) -> grpc.aio.UnaryStreamCall[job_pb2.WatchJobRequest, job_pb2.JobUpdate]:
        shown = (("authorization", f"Bearer {token}"),)
        return server.jobs.WatchJob(job_pb2.WatchJobRequest(job_id="watched"), metadata=shown)

    headers = {"authorization": f"Bearer {gone.token}"}
    async with asyncio.timeout(10), httpx.AsyncClient(base_url=server.http, headers=headers) as http:
        async with stream(http, "/api/v1/events", topics="jobs") as events:
            ends, goes_on = watching(gone.token), watching(kept.token)
            for call in (ends, goes_on):
                await call.read()
            await server.security.RevokeToken(security_pb2.RevokeTokenRequest(token_id=gone.info.token_id))
            assert (await ends.code(), "revoked" in await ends.details()) == (UNAUTHENTICATED, True)
            assert [event.name for event in await events.rest()][-1] == "signed_out"
        await asyncio.sleep(0.2)
        assert not goes_on.done()
        goes_on.cancel()


async def test_a_node_is_disconnected_soon_after_its_token_is_revoked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staying, "ASKED_EVERY_SECONDS", 0.05)
    made = await a_token(server, "node")
    node = FakeNode(server, a_hello("gone"), token=made.token)
    await node.connect()
    telemetry = open_stream(server, "Telemetry", token=made.token)
    await telemetry.write(a_batch(node, AttemptKey("job", 1)).SerializeToString())
    await telemetry.read()
    await server.security.RevokeToken(security_pb2.RevokeTokenRequest(token_id=made.info.token_id))
    code, sentence = await node.code_at_end()
    assert (code, "revoked" in sentence, await telemetry.code()) == (UNAUTHENTICATED, True, UNAUTHENTICATED)
    async with asyncio.timeout(10):  # the stream ends a moment before everybody is told
        while (await server.nodes.ListNodes(node_pb2.ListNodesRequest(online_only=True))).nodes:  # noqa: ASYNC110  # told by a server
            await asyncio.sleep(0.02)


async def test_an_upload_ends_soon_after_its_token_is_revoked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staying, "ASKED_EVERY_SECONDS", 0.05)
    made = await a_token(server)
    upload = server.artifacts.Upload(metadata=(("authorization", f"Bearer {made.token}"),))
    await upload.write(artifact_pb2.UploadChunk(sha256="0" * 64, size_bytes=2, data=b"1"))
    await server.security.RevokeToken(security_pb2.RevokeTokenRequest(token_id=made.info.token_id))
    async with asyncio.timeout(10):
        assert await upload.code() is UNAUTHENTICATED


async def test_an_expired_token_counts_no_more(server: Server) -> None:
    made = await a_token(server, expires_in_seconds=1)
    assert await code_with(server, f"Bearer {made.token}") is grpc.StatusCode.OK
    await asyncio.sleep(1.05)
    assert await code_with(server, f"Bearer {made.token}") is UNAUTHENTICATED


async def test_whoever_guesses_has_to_wait_and_locks_nobody_out(server: Server) -> None:
    assert await code_with(server, f"Bearer {server.token}") is grpc.StatusCode.OK
    codes = [await code_with(server, f"Bearer cyx_{guess:043d}") for guess in range(8)]
    assert codes[0] is UNAUTHENTICATED
    assert codes[-1] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert await code_with(server, f"Bearer {server.token}") is grpc.StatusCode.OK


async def test_a_token_that_ended_is_no_guess_however_many_show_it(server: Server) -> None:
    made, never_shown = await a_token(server), await a_token(server)
    await server.security.RevokeToken(security_pb2.RevokeTokenRequest(token_id=made.info.token_id))
    assert {await code_with(server, f"Bearer {made.token}") for _ in range(12)} == {UNAUTHENTICATED}
    assert await code_with(server, f"Bearer {never_shown.token}") is grpc.StatusCode.OK


async def test_without_a_token_nobody_is_let_in_where_one_is_required(tmp_path: Path) -> None:
    async with running_server(tmp_path, require_token=True) as server:
        assert await code_with(server) is UNAUTHENTICATED
        assert await code_with(server, f"Bearer {server.token}") is grpc.StatusCode.OK
        async with Client(str(server.listening.grpc), ca="", token="") as client:
            with pytest.raises(NotAllowed, match="--token-file"):
                await client.jobs()
        async with httpx.AsyncClient(base_url=server.http) as http:
            assert (await http.get("/api/v1/jobs")).status_code == 401
            assert (await http.get("/healthz")).status_code == 200
            assert (await http.get("/")).status_code == 200


async def test_an_identity_that_asks_too_fast_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with running_server(tmp_path, rate_limit=2) as server, httpx.AsyncClient(base_url=server.http) as http:
        statuses = [(await http.get("/api/v1/jobs")).status_code for _ in range(6)]
        assert (statuses[0], statuses[-1]) == (200, 429)
        assert int((await http.get("/api/v1/jobs")).headers["retry-after"]) >= 1
        async with Client(str(server.listening.grpc), ca="", token="") as client:
            with pytest.raises(TooManyRequests):
                await asyncio.gather(*(client.jobs() for _ in range(6)))


async def test_the_secret_is_in_no_log_no_answer_and_not_in_the_database(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running_server(tmp_path) as server:
        made = await a_token(server, "viewer", name="seen by nobody")
        shown = f"Bearer {made.token}"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id="none"), metadata=(("authorization", shown),))
        listed = await server.security.ListTokens(security_pb2.ListTokensRequest())
        async with httpx.AsyncClient(base_url=server.http, headers={"authorization": shown}) as http:
            answers = [(await http.get("/api/v1/jobs")).text, (await http.post("/api/v1/jobs")).text]
        told = [caplog.text, str(refused.value), str(listed), *answers]
    secret = made.token.removeprefix("cyx_")
    assert not [text for text in told if secret in text]
    assert files_with(secret, tmp_path) == []
    assert files_with(server.token, tmp_path) == ["admin-token"]
    assert (tmp_path / "admin-token").stat().st_mode & 0o777 == 0o600


async def test_what_changes_something_and_what_is_refused_is_in_the_audit_log(server: Server) -> None:
    await submit(server, job_id="one")
    viewer = await a_token(server, "viewer", user_id="vera")
    with pytest.raises(grpc.aio.AioRpcError, match="needs the permission 'own_jobs', which the role 'viewer' does"):
        await server.jobs.CancelJob(
            job_pb2.CancelJobRequest(job_id="one"), metadata=(("authorization", f"Bearer {viewer.token}"),)
        )
    async with httpx.AsyncClient(base_url=server.http, headers=server.headers) as http:
        await http.post("/api/v1/jobs/one/cancel")
        await http.post("/api/v1/jobs/two/cancel")
    await asyncio.sleep(0.3)
    entries = (await server.security.ListAudit(security_pb2.ListAuditRequest())).entries
    assert [(entry.user_id, entry.action, entry.subject, entry.result) for entry in reversed(entries)] == [
        ("local", "JobService/SubmitJob", "one", "ok"),
        ("local", "SecurityService/CreateToken", viewer.info.token_id, "ok"),
        ("vera", "JobService/CancelJob", "", "permission_denied"),
        ("local", "POST /api/v1/jobs/{job_id}/cancel", "one", "ok"),
        ("local", "POST /api/v1/jobs/{job_id}/cancel", "two", "not_found"),
    ]
    assert {entry.peer for entry in entries} == {"127.0.0.1"}


def test_a_server_that_others_reach_starts_only_with_tls_and_tokens_or_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--listen", "0.0.0.0:0", "--http-listen", "127.0.0.1:0", "--state-dir", str(tmp_path)]) == 2
    assert "--require-token; or say --insecure" in capsys.readouterr().err


async def test_a_token_is_made_beside_a_running_server_and_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["token", "create", "--role", "operator", "--user", "ada", "--state-dir", str(tmp_path)]
    assert await asyncio.to_thread(main, command) == 0
    before = capsys.readouterr().out.strip()
    async with running_server(tmp_path, require_token=True) as server:
        assert await asyncio.to_thread(main, command) == 0
        for token in (before, capsys.readouterr().out.strip()):
            assert await code_with(server, f"Bearer {token}") is grpc.StatusCode.OK
    assert main([*command[:3], "king"]) == 2


async def test_the_command_line_makes_lists_and_revokes_tokens_and_shows_who_did_what(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYXWIZ_SERVER", str(server.listening.grpc))

    def said(*words: str) -> int:
        return run(words)

    assert await asyncio.to_thread(said, "token", "list") == ExitCode.NOT_ALLOWED
    (tmp_path / "token").write_text(server.token + "\n")
    shown = ("--token-file", str(tmp_path / "token"))
    capsys.readouterr()
    assert (
        await asyncio.to_thread(said, *shown, "token", "create", "--role", "viewer", "-o", str(tmp_path / "made")) == 0
    )
    made = (tmp_path / "made").read_text().strip()
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600
    assert made not in "".join(capsys.readouterr())
    assert await code_with(server, f"Bearer {made}") is grpc.StatusCode.OK
    assert await asyncio.to_thread(said, "token", "list", "--json", *shown) == 0
    listed = capsys.readouterr().out
    assert '"viewer"' in listed
    assert made not in listed
    token_id = (await server.security.ListTokens(security_pb2.ListTokensRequest())).tokens[-1].token_id
    assert await asyncio.to_thread(said, "token", "revoke", token_id, *shown) == 0
    assert await code_with(server, f"Bearer {made}") is UNAUTHENTICATED
    await asyncio.sleep(0.3)
    capsys.readouterr()
    assert await asyncio.to_thread(said, "audit", *shown) == 0
    assert "SecurityService/RevokeToken" in capsys.readouterr().out
