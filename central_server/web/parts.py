"""What the HTTP routes stand on, in one record; the process makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from central_server.election import Election
from central_server.identity.audit_log import AuditLog
from central_server.observability.measures import Measures
from central_server.ports import Artifacts, Store
from central_server.read_model import ReadModel
from central_server.requests.deployment_commands import DeploymentCommands
from central_server.requests.job_commands import JobCommands
from central_server.requests.node_commands import NodeCommands
from central_server.requests.planning import Planning
from central_server.web.event_stream import OpenStreams
from central_server.web.http_credentials import HttpCredentials
from central_server.web.sessions import PageSessions


@dataclass(frozen=True, slots=True)
class WebParts:
    """Everything that routes read, and the commands that they pass on.

    Attributes:
        is_working: whether the control loop works.
        streams: the event streams that are open.
        authenticator: tells who makes a request.
        sessions: of pages in browsers.
        has_tls: whether browsers come by https.
    """

    read_model: ReadModel
    store: Store
    artifacts: Artifacts
    jobs: JobCommands
    nodes: NodeCommands
    deployments: DeploymentCommands
    planning: Planning
    election: Election
    is_working: Callable[[], bool]
    measures: Measures
    streams: OpenStreams
    authenticator: HttpCredentials
    audit: AuditLog
    sessions: PageSessions
    has_tls: bool = False
