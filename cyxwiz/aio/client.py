"""The async client: submits jobs, finds them again, asks for nodes and plans, uploads files.

What checks a job before it is sent (numpy, pydantic, YAML) is loaded with the first submission: who only asks does
not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cyxwiz.aio.connection import Connection
from cyxwiz.aio.job import Job
from cyxwiz.aio.uploads import upload_bytes, upload_file
from cyxwiz.list_filters import checked_limit, checked_state
from cyxwiz.records import JobInfo, NodeInfo, Plan, ServerInfo
from cyxwiz.records_from_wire import job_infos_from_page, node_info_from_wire, plan_from_wire
from cyxwiz.security_records import (
    AuditEntry,
    NewToken,
    TokenInfo,
    audit_entry_from_wire,
    token_info_from_wire,
)
from cyxwiz.server_address import each_address, resolve_server
from cyxwiz.tls_choice import CertificateFiles, resolve_tls
from cyxwiz.token_choice import resolve_token
from shared.clock import SystemClock
from shared.identifiers import new_job_id
from shared.lifecycle import JobState
from shared.pb import (
    artifact_pb2_grpc,
    enrolment_pb2,
    enrolment_pb2_grpc,
    job_pb2,
    job_pb2_grpc,
    node_pb2,
    node_pb2_grpc,
    security_pb2,
    security_pb2_grpc,
)

if TYPE_CHECKING:
    from cyxwiz.aio.deployment import Deployment
    from cyxwiz.deployed_file import Definition
    from cyxwiz.deployment_records import DeploymentInfo
    from cyxwiz.job_input import JobArrayInput, JobInput
    from shared.pb import deployment_pb2_grpc

_PAGE_SIZE = 200
_SUBMISSIONS_AT_ONCE = 32
_PLAN_TIMEOUT_SECONDS = 120.0
_RETRY_SECONDS = 5.0
_FOLLOW_SECONDS = 15.0


class Client:
    """A connection to the central server; belongs to the event loop it was made in.

    Attributes:
        server: `HOST:PORT` of the central server, or of several, separated by commas.
    """

    def __init__(
        self,
        server: str | None = None,
        *,
        retry_seconds: float | None = None,
        call_timeout_seconds: float = 30.0,
        ca: Path | str | None = None,
        certificate: CertificateFiles | None = None,
        token: str | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            server: `HOST:PORT`, or several separated by commas; None takes `CYXWIZ_SERVER`, else 127.0.0.1:50051.
            retry_seconds: how long a call goes on trying while nobody answers; None is 5, or 15 where there are
                several servers, of which one needs some seconds to follow another.
            call_timeout_seconds: how long one try may take.
            ca: speak TLS and believe the authority in this PEM file, or whoever this machine believes (`system`);
                None takes `CYXWIZ_CA`, and an empty text is no TLS whatever that says.
            certificate: what to show at a port for mutual TLS: one PEM file with certificate and key, or the two files;
                None takes `CYXWIZ_CERT` and `CYXWIZ_KEY`.
            token: what to be known by; None takes `CYXWIZ_TOKEN`, and an empty text is none whatever that says.

        Raises:
            InvalidField: the address is none, or a file of certificates cannot be used.
        """
        self.server = resolve_server(server)
        addresses = each_address(self.server)
        if retry_seconds is None:
            retry_seconds = _RETRY_SECONDS if len(addresses) == 1 else _FOLLOW_SECONDS
        self._connection = Connection(
            addresses,
            retry_seconds=retry_seconds,
            call_timeout_seconds=call_timeout_seconds,
            tls=resolve_tls(ca, certificate),
            token=resolve_token(token),
        )
        self._jobs = job_pb2_grpc.JobServiceStub(self._connection.channel)
        self._nodes = node_pb2_grpc.NodeDiscoveryServiceStub(self._connection.channel)
        self._management = node_pb2_grpc.NodeManagementServiceStub(self._connection.channel)
        self._enrolment = enrolment_pb2_grpc.EnrolmentServiceStub(self._connection.channel)
        self._security = security_pb2_grpc.SecurityServiceStub(self._connection.channel)
        self._artifacts = artifact_pb2_grpc.ArtifactServiceStub(self._connection.channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; jobs go on without it. What is asked later raises `WrongState`."""
        await self._connection.close()

    async def submit(self, spec: JobInput | None = None, *, job_id: str | None = None, **fields: object) -> Job:
        """Submit a job once, however often the connection breaks on the way.

        Args:
            spec: a `JobSpec`, a mapping with the keys of a job file, or the path of a job file; None when the
                keys come as keyword arguments.
            job_id: the key that makes the submission idempotent; None makes one.
            **fields: keys of a job file; they win over `spec`. Here `dataset` may also be arrays, `(x, y)`,
                `(x, y, x_val, y_val)` or arrays by name; they are stored by their content, and the same ones once.

        Raises:
            InvalidField: something in the job is wrong; `.field` says what.
            AlreadyExists: `job_id` is taken by another job.
            TooLarge: the job does not fit the transport.
            ServerUnreachable: nobody answered for `retry_seconds`.
        """
        from cyxwiz.aio.prepared_job import prepared_job  # noqa: PLC0415  # loads numpy and pydantic

        config = await prepared_job(spec, fields, job_id=job_id or new_job_id(), upload=self.upload)
        request = job_pb2.SubmitJobRequest(config=config)
        response = await self._connection.call(self._jobs.SubmitJob, request)
        return self.job(response.job_id)

    async def submit_array(self, spec: JobArrayInput, *, array_id: str | None = None, **fields: object) -> list[Job]:
        """Submit one job for each setting of an array; nothing is sent before all of them have been checked.

        Jobs are named `NAME[i]` and carry the labels `array` and `array_index`; they share a compiled program where
        only numbers differ.

        Args:
            spec: a mapping with the keys of a job file, or the path of one, with the key `array`.
            array_id: the key that makes the submission idempotent, and the label of the jobs; None makes one.
            **fields: keys of a job file; they win over `spec`.

        Raises:
            InvalidField: something in the job or in its array is wrong.
            AlreadyExists: one of the ids is taken by another job.
            ServerUnreachable: nobody answered for `retry_seconds`.
        """
        from cyxwiz.aio.prepared_job import prepared_array  # noqa: PLC0415  # loads numpy and pydantic

        configs = await prepared_array(spec, fields, array_id=array_id or new_job_id(), upload=self.upload)
        gate = asyncio.Semaphore(_SUBMISSIONS_AT_ONCE)

        async def send(config: job_pb2.JobConfig) -> Job:
            async with gate:
                response = await self._connection.call(self._jobs.SubmitJob, job_pb2.SubmitJobRequest(config=config))
                return self.job(response.job_id)

        return list(await asyncio.gather(*map(send, configs)))

    def job(self, job_id: str) -> Job:
        """Return a handle; whether the job exists is asked with its first use."""
        return Job(job_id, connection=self._connection, jobs=self._jobs, artifacts=self._artifacts)

    async def jobs(
        self, *, state: JobState | str | None = None, limit: int = 100, complete: bool = False
    ) -> list[JobInfo]:
        """Return jobs, newest first.

        Args:
            state: only jobs in this state.
            limit: not more than so many.
            complete: with attempts and results.

        Raises:
            InvalidField: there is no such state, or `limit` is below 1.
            NotSupported: the server is too old to give complete jobs.
        """
        wanted_state, wanted, token = checked_state(state), checked_limit(limit), ""
        infos: list[JobInfo] = []
        while len(infos) < wanted:
            request = job_pb2.ListJobsRequest(
                page_size=min(wanted - len(infos), _PAGE_SIZE),
                page_token=token,
                filter_state=wanted_state or "",
                complete=complete,
            )
            page = await self._connection.call(self._jobs.ListJobs, request)
            infos += job_infos_from_page(page, complete=complete)
            token = page.next_page_token
            if not token:
                break
        return infos[:wanted]

    async def nodes(self, *, online_only: bool = False) -> list[NodeInfo]:
        """Return the nodes the central server knows, with their devices and what runs there."""
        nodes: list[NodeInfo] = []
        token = ""
        while True:
            request = node_pb2.ListNodesRequest(page_size=_PAGE_SIZE, page_token=token, online_only=online_only)
            page = await self._connection.call(self._nodes.ListNodes, request)
            nodes += map(node_info_from_wire, page.nodes)
            token = page.next_page_token
            if not token:
                return nodes

    async def server_info(self) -> ServerInfo:
        """Return which server answers, its version, its clock and how long that took; asked once, without patience.

        Raises:
            ServerUnreachable: nobody answers.
        """
        clock = SystemClock()
        begun = clock.monotonic_seconds()
        request = node_pb2.ListNodesRequest(page_size=1)
        address = self._connection.address
        _, facts = await self._connection.call_and_metadata(self._nodes.ListNodes, request)
        clock_ms = facts.get("cyxwiz-unix-ms", "")
        return ServerInfo(
            address=address,
            version=facts.get("cyxwiz-version", ""),
            clock_ms=int(clock_ms) if clock_ms.isdigit() else None,
            answered_ms=(clock.monotonic_seconds() - begun) * 1000,
        )

    async def drain(self, node_id: str, *, within_seconds: float = 0.0) -> NodeInfo:
        """Let a node take nothing new, and move what runs there when the time is up.

        Args:
            node_id: which node.
            within_seconds: how long running jobs may still take; those left then save a checkpoint and move.

        Raises:
            NotFound: there is no such node.
            InvalidField: the time is negative or longer than a week.
        """
        request = node_pb2.DrainNodeRequest(node_id=node_id, within_seconds=within_seconds)
        return node_info_from_wire((await self._connection.call(self._management.DrainNode, request)).info)

    async def undrain(self, node_id: str) -> NodeInfo:
        """Let a drained node take work again.

        Raises:
            NotFound: there is no such node.
        """
        request = node_pb2.UndrainNodeRequest(node_id=node_id)
        return node_info_from_wire((await self._connection.call(self._management.UndrainNode, request)).info)

    async def deploy(
        self,
        model: Job | str | Path,
        *,
        definition: Definition | None = None,
        input_shape: Sequence[int] = (),
        name: str = "",
        replicas: int = 0,
        largest_batch: int = 0,
    ) -> Deployment:
        """Have a model answered for, by replicas that the central server keeps alive; return a handle at once.

        Under a name that is taken, the model of that deployment is replaced without dropping a request.

        Args:
            model: a finished job, its id, or the path of a safetensors or ONNX file.
            definition: what the weights of a safetensors file are of: a model as a job has it, or the path of a job
                file or a model file.
            input_shape: of one row, where neither the job nor the definition says it.
            name: what people call it; empty is the job's id, or made of the file's name and content.
            replicas: how many; 0 is one, or as many as there are.
            largest_batch: rows that are computed together at most; 0 leaves it to the server.

        Raises:
            NotFound: there is no such job.
            WrongState: the job has no weights.
            InvalidField: something else is wrong; `.field` says what.
        """
        from cyxwiz.aio.deploying import deployment_config  # noqa: PLC0415  # loads numpy, and the stubs
        from shared.pb import deployment_pb2  # noqa: PLC0415  # as above

        config = await deployment_config(
            model.id if isinstance(model, Job) else model,
            definition=definition,
            input_shape=input_shape,
            name=name,
            replicas=replicas,
            largest_batch=largest_batch,
            upload=self.upload,
        )
        request = deployment_pb2.CreateDeploymentRequest(config=config)
        answer = await self._connection.call(self._deployment_stub().CreateDeployment, request)
        return self.deployment(answer.deployment.name)

    def deployment(self, name: str) -> Deployment:
        """Return a handle; whether the deployment exists is asked with its first use."""
        from cyxwiz.aio.deployment import Deployment  # noqa: PLC0415  # loads the stubs

        return Deployment(name, connection=self._connection, deployments=self._deployment_stub())

    async def deployments(self) -> list[DeploymentInfo]:
        """Return every deployment, the oldest first."""
        from cyxwiz.deployment_records import deployment_info_from_wire  # noqa: PLC0415  # only whoever asks needs it
        from shared.pb import deployment_pb2  # noqa: PLC0415  # as above

        infos: list[DeploymentInfo] = []
        token = ""
        while True:
            request = deployment_pb2.ListDeploymentsRequest(page_size=_PAGE_SIZE, page_token=token)
            page = await self._connection.call(self._deployment_stub().ListDeployments, request)
            infos += map(deployment_info_from_wire, page.deployments)
            token = page.next_page_token
            if not token:
                return infos

    def _deployment_stub(self) -> deployment_pb2_grpc.DeploymentServiceAsyncStub:
        from shared.pb import deployment_pb2_grpc  # noqa: PLC0415  # as above

        stub: deployment_pb2_grpc.DeploymentServiceAsyncStub = deployment_pb2_grpc.DeploymentServiceStub(
            self._connection.channel
        )
        return stub

    async def create_join_token(self, *, name: str = "", expires_seconds: int = 3600) -> str:
        """Return a token for which one node gets its certificate, once; the server keeps only its hash.

        Raises:
            NotAllowed: it takes an operator.
            NotSupported: the server has no authority to sign with.
        """
        request = enrolment_pb2.CreateJoinTokenRequest(name=name, expires_in_seconds=expires_seconds)
        return (await self._connection.call(self._enrolment.CreateJoinToken, request)).join_token

    async def revoke_node(self, node_id: str) -> list[str]:
        """Take its certificates from a node, close its connection at once, and return their serial numbers.

        Raises:
            NotFound: it has none that counts.
        """
        request = enrolment_pb2.RevokeNodeRequest(node_id=node_id)
        return list((await self._connection.call(self._enrolment.RevokeNode, request)).serials)

    async def revoke_certificate(self, serial: str) -> None:
        """Let a certificate, of a person or of a node, count no more."""
        request = enrolment_pb2.RevokeCertificateRequest(serial=serial)
        await self._connection.call(self._enrolment.RevokeCertificate, request)

    async def create_token(self, *, role: str, user: str = "", name: str = "", expires_in_seconds: int = 0) -> NewToken:
        """Make a token for somebody; its `token` is shown here and never again.

        Raises:
            NotAllowed: only admins may.
            InvalidField: there is no such role, or the user or the time is none.
        """
        request = security_pb2.CreateTokenRequest(
            role=role, user_id=user, name=name, expires_in_seconds=expires_in_seconds
        )
        answer = await self._connection.call(self._security.CreateToken, request)
        return NewToken(answer.token, token_info_from_wire(answer.info))

    async def tokens(self) -> list[TokenInfo]:
        """Return every token that was ever made, without the secrets."""
        answer = await self._connection.call(self._security.ListTokens, security_pb2.ListTokensRequest())
        return [token_info_from_wire(info) for info in answer.tokens]

    async def revoke_token(self, token_id: str) -> TokenInfo:
        """Let a token count no more, from now on."""
        request = security_pb2.RevokeTokenRequest(token_id=token_id)
        return token_info_from_wire((await self._connection.call(self._security.RevokeToken, request)).info)

    async def audit(self, *, limit: int = 100, user: str = "", before: int = 0) -> list[AuditEntry]:
        """Return entries of the audit log, the newest first; `before` goes on behind an entry's `sequence`."""
        request = security_pb2.ListAuditRequest(limit=limit, user_id=user, before=before)
        answer = await self._connection.call(self._security.ListAudit, request)
        return [audit_entry_from_wire(entry) for entry in answer.entries]

    async def plan(self, spec: JobInput | None = None, **fields: object) -> Plan:
        """Return what would happen to a job, without running it; takes and raises what `submit` does."""
        from cyxwiz.aio.prepared_job import prepared_plan  # noqa: PLC0415  # loads numpy and pydantic

        config = await prepared_plan(spec, fields, upload=self.upload)
        request = job_pb2.PlanJobRequest(config=config)
        return plan_from_wire(
            await self._connection.call(self._jobs.PlanJob, request, timeout_seconds=_PLAN_TIMEOUT_SECONDS)
        )

    async def upload(self, source: Path | str | bytes) -> str:
        """Store a file, or bytes, at the central server and return its `artifact://sha256:…` URI.

        What the server has already is not sent again; a cut upload goes on where it was.
        """
        if isinstance(source, bytes):
            return await upload_bytes(self._connection, self._artifacts, source)
        return await upload_file(self._connection, self._artifacts, Path(source))
