"""Every rpc and every route, asked by every role and by nobody, does what the table says."""

import re
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI

from central_server.rpc.admission import permission_of
from central_server.web.permissions import check_every_route
from shared.errors import OurBug
from shared.pb import job_pb2, job_pb2_grpc, security_pb2
from shared.permissions import PERMISSIONS_OF, ROUTE_PERMISSIONS, RPC_PERMISSIONS, Permission, Role
from tests.central_server.running_server import Server, a_config, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

Tokens = dict[Role | None, str]
ASKERS = [*Role, None]
REFUSAL = "needs the permission"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with running_server(tmp_path_factory.mktemp("state"), require_token=True) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tokens(server: Server) -> Tokens:
    """A token of each role; None has none."""
    made: Tokens = {None: ""}
    for role in Role:
        request = security_pb2.CreateTokenRequest(role=role.value, user_id=f"a-{role}")
        made[role] = (await server.security.CreateToken(request)).token
    return made


def may(role: Role | None, permission: Permission) -> bool:
    return permission is Permission.OPEN or (role is not None and permission in PERMISSIONS_OF[role])


async def ended_with(server: Server, method: str, token: str) -> tuple[grpc.StatusCode, str]:
    """Say nothing worth hearing to an rpc, and return how it ended, or OK once it answered."""
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    call: grpc.aio.StreamStreamCall[bytes, bytes] = server.channel.stream_stream(f"/{method}")(
        metadata=metadata, timeout=10
    )
    try:
        await call.write(b"")
        await call.done_writing()
        if await call.read() is not grpc.aio.EOF:
            call.cancel()
            return grpc.StatusCode.OK, ""
    except (grpc.aio.AioRpcError, grpc.aio.InternalError):
        pass
    return await call.code(), await call.details() or ""


@pytest.mark.parametrize("method", RPC_PERMISSIONS)
async def test_each_rpc_is_for_the_roles_of_the_table(server: Server, tokens: Tokens, method: str) -> None:
    for role in ASKERS:
        code, details = await ended_with(server, method, tokens[role])
        is_let_in = REFUSAL not in details and "asks for a token" not in details
        assert is_let_in == may(role, RPC_PERMISSIONS[method]), (role, code, details)
        if not is_let_in:
            known = grpc.StatusCode.PERMISSION_DENIED if role else grpc.StatusCode.UNAUTHENTICATED
            assert code is known


@pytest.mark.parametrize("route", ROUTE_PERMISSIONS)
async def test_each_route_is_for_the_roles_of_the_table(server: Server, tokens: Tokens, route: tuple[str, str]) -> None:
    method, path = route
    asked = re.sub(r"\{[^}]*\}", "x", path)
    async with httpx.AsyncClient(base_url=server.http) as http:
        for role in ASKERS:
            headers = {"authorization": f"Bearer {tokens[role]}"} if role else {}
            async with http.stream(method, asked, headers=headers) as answer:
                is_let_in = answer.status_code not in {401, 403}
                if (
                    path == "/api/v1/session" and method == "POST"
                ):  # it asks for nothing, and lets nobody in for nothing
                    is_let_in = True
                assert is_let_in == may(role, ROUTE_PERMISSIONS[route]), (role, answer.status_code)
                if not is_let_in:
                    assert answer.status_code == (403 if role else 401)


async def test_a_submitter_changes_own_jobs_alone_and_an_operator_all(server: Server, tokens: Tokens) -> None:
    jobs = job_pb2_grpc.JobServiceStub(server.channel)

    def shown(role: Role) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {tokens[role]}"),)

    config = a_config(job_id="of-the-operator")
    await jobs.SubmitJob(job_pb2.SubmitJobRequest(config=config), metadata=shown(Role.OPERATOR))
    changes: tuple[tuple[Any, Any], ...] = (
        (jobs.CancelJob, job_pb2.CancelJobRequest(job_id="of-the-operator")),
        (jobs.PauseJob, job_pb2.PauseJobRequest(job_id="of-the-operator")),
        (jobs.ResumeJob, job_pb2.ResumeJobRequest(job_id="of-the-operator")),
        (jobs.DeleteJob, job_pb2.DeleteJobRequest(job_id="of-the-operator")),
    )
    for method, request in changes:
        with pytest.raises(grpc.aio.AioRpcError, match="belongs to 'a-operator'"):
            await method(request, metadata=shown(Role.SUBMITTER))
    await jobs.GetJob(job_pb2.GetJobRequest(job_id="of-the-operator"), metadata=shown(Role.VIEWER))
    await jobs.CancelJob(job_pb2.CancelJobRequest(job_id="of-the-operator"), metadata=shown(Role.ADMIN))
    own = a_config(job_id="of-the-submitter")
    await jobs.SubmitJob(job_pb2.SubmitJobRequest(config=own), metadata=shown(Role.SUBMITTER))
    await jobs.DeleteJob(job_pb2.DeleteJobRequest(job_id="of-the-submitter"), metadata=shown(Role.SUBMITTER))


async def test_an_rpc_that_the_table_does_not_name_is_not_served() -> None:
    with pytest.raises(OurBug, match="needs a line in RPC_PERMISSIONS"):
        permission_of("cyxwiz.protocol.JobService/Forgotten")


async def test_a_route_that_the_table_does_not_name_is_not_served() -> None:
    routes = APIRouter()
    routes.add_api_route("/api/v1/forgotten", lambda: None, methods=["POST"])
    with pytest.raises(OurBug, match="POST /api/v1/forgotten needs a line"):
        check_every_route(FastAPI(openapi_url=None, docs_url=None, redoc_url=None), [routes])
