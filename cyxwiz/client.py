"""The client for programs without an event loop: the same names as `cyxwiz.aio.Client`, each call waits.

Any thread may use it. It decides nothing of its own; the async client does the work on a background loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cyxwiz.aio.client import Client as AsyncClient
from cyxwiz.background_loop import shared_loop
from cyxwiz.job import Job
from cyxwiz.records import JobInfo, NodeInfo, Plan, ServerInfo
from cyxwiz.security_records import AuditEntry, NewToken, TokenInfo
from cyxwiz.tls_choice import CertificateFiles
from shared.lifecycle import JobState

if TYPE_CHECKING:
    from cyxwiz.deployed_file import Definition
    from cyxwiz.deployment import Deployment
    from cyxwiz.deployment_records import DeploymentInfo
    from cyxwiz.job_input import JobArrayInput, JobInput


class Client:
    """A connection to the central server; close it, or use it in a `with`.

    Attributes:
        server: `HOST:PORT` of the central server.
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
        """Open nothing yet; takes and raises what `cyxwiz.aio.Client` does."""
        self._loop = shared_loop.acquire()
        self._is_open = True
        try:
            made = _made_in_loop(
                server,
                retry_seconds=retry_seconds,
                call_timeout_seconds=call_timeout_seconds,
                ca=ca,
                certificate=certificate,
                token=token,
            )
            self._client = self._loop.run(made)
        except BaseException:
            shared_loop.release()
            raise
        self.server = self._client.server

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; jobs go on without it. Closing twice is closing once."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._loop.run(self._client.close())
        finally:
            shared_loop.release()

    def submit(self, spec: JobInput | None = None, *, job_id: str | None = None, **fields: object) -> Job:
        """Submit a job once, however often the connection breaks on the way; see `cyxwiz.aio.Client.submit`."""
        return self._handle(self._loop.run(self._client.submit(spec, job_id=job_id, **fields)).id)

    def submit_array(self, spec: JobArrayInput, *, array_id: str | None = None, **fields: object) -> list[Job]:
        """Submit one job for each setting of an array; see `cyxwiz.aio.Client.submit_array`."""
        jobs = self._loop.run(self._client.submit_array(spec, array_id=array_id, **fields))
        return [self._handle(job.id) for job in jobs]

    def job(self, job_id: str) -> Job:
        """Return a handle; whether the job exists is asked with its first use."""
        return self._handle(job_id)

    def jobs(self, *, state: JobState | str | None = None, limit: int = 100, complete: bool = False) -> list[JobInfo]:
        """Return jobs, newest first; see `cyxwiz.aio.Client.jobs`."""
        return self._loop.run(self._client.jobs(state=state, limit=limit, complete=complete))

    def nodes(self, *, online_only: bool = False) -> list[NodeInfo]:
        """Return the nodes the central server knows, with their devices and what runs there."""
        return self._loop.run(self._client.nodes(online_only=online_only))

    def server_info(self) -> ServerInfo:
        """Return which server answers, its version, its clock and how long that took; asked once, without patience."""
        return self._loop.run(self._client.server_info())

    def drain(self, node_id: str, *, within_seconds: float = 0.0) -> NodeInfo:
        """Let a node take nothing new, and move what runs there when the time is up; see `cyxwiz.aio.Client.drain`."""
        return self._loop.run(self._client.drain(node_id, within_seconds=within_seconds))

    def undrain(self, node_id: str) -> NodeInfo:
        """Let a drained node take work again."""
        return self._loop.run(self._client.undrain(node_id))

    def deploy(
        self,
        model: Job | str | Path,
        *,
        definition: Definition | None = None,
        input_shape: Sequence[int] = (),
        name: str = "",
        replicas: int = 0,
        largest_batch: int = 0,
    ) -> Deployment:
        """Have a model answered for, by replicas that the server keeps alive; see `cyxwiz.aio.Client.deploy`."""
        said = model.id if isinstance(model, Job) else model
        made = self._client.deploy(
            said,
            definition=definition,
            input_shape=input_shape,
            name=name,
            replicas=replicas,
            largest_batch=largest_batch,
        )
        return self.deployment(self._loop.run(made).name)

    def deployment(self, name: str) -> Deployment:
        """Return a handle; whether the deployment exists is asked with its first use."""
        from cyxwiz.deployment import Deployment  # noqa: PLC0415  # loads the stubs

        return Deployment(self._client.deployment(name), self._loop)

    def deployments(self) -> list[DeploymentInfo]:
        """Return every deployment, the oldest first."""
        return self._loop.run(self._client.deployments())

    def create_join_token(self, *, name: str = "", expires_seconds: int = 3600) -> str:
        """Return a token for which one node gets its certificate, once."""
        return self._loop.run(self._client.create_join_token(name=name, expires_seconds=expires_seconds))

    def revoke_node(self, node_id: str) -> list[str]:
        """Take its certificates from a node and close its connection; see `cyxwiz.aio.Client.revoke_node`."""
        return self._loop.run(self._client.revoke_node(node_id))

    def revoke_certificate(self, serial: str) -> None:
        """Let a certificate, of a person or of a node, count no more."""
        self._loop.run(self._client.revoke_certificate(serial))

    def create_token(self, *, role: str, user: str = "", name: str = "", expires_in_seconds: int = 0) -> NewToken:
        """Make a token for somebody; see `cyxwiz.aio.Client.create_token`."""
        made = self._client.create_token(role=role, user=user, name=name, expires_in_seconds=expires_in_seconds)
        return self._loop.run(made)

    def tokens(self) -> list[TokenInfo]:
        """Return every token that was ever made, without the secrets."""
        return self._loop.run(self._client.tokens())

    def revoke_token(self, token_id: str) -> TokenInfo:
        """Let a token count no more, from now on."""
        return self._loop.run(self._client.revoke_token(token_id))

    def audit(self, *, limit: int = 100, user: str = "", before: int = 0) -> list[AuditEntry]:
        """Return entries of the audit log, the newest first; see `cyxwiz.aio.Client.audit`."""
        return self._loop.run(self._client.audit(limit=limit, user=user, before=before))

    def plan(self, spec: JobInput | None = None, **fields: object) -> Plan:
        """Return what would happen to a job, without running it; takes and raises what `submit` does."""
        return self._loop.run(self._client.plan(spec, **fields))

    def upload(self, source: Path | str | bytes) -> str:
        """Store a file, or bytes, at the central server and return its `artifact://sha256:…` URI."""
        return self._loop.run(self._client.upload(source))

    def _handle(self, job_id: str) -> Job:
        return Job(self._client.job(job_id), self._loop)


async def _made_in_loop(
    server: str | None,
    *,
    retry_seconds: float | None,
    call_timeout_seconds: float,
    ca: Path | str | None,
    certificate: CertificateFiles | None,
    token: str | None,
) -> AsyncClient:
    return AsyncClient(
        server,
        retry_seconds=retry_seconds,
        call_timeout_seconds=call_timeout_seconds,
        ca=ca,
        certificate=certificate,
        token=token,
    )
