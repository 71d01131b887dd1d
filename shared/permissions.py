"""Who may do what, as tables: the roles, what each may, and what every rpc and HTTP route asks for. It asks nobody.

A server refuses to start when it serves an rpc or a route that no line here names, so nothing is ever open by being
forgotten. `Permission.OWN_JOBS` opens the door; whose job it is, is asked where the job is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What somebody is trusted with."""

    VIEWER = "viewer"
    SUBMITTER = "submitter"
    OPERATOR = "operator"
    ADMIN = "admin"
    NODE = "node"


class Permission(StrEnum):
    """What an rpc or a route asks for."""

    OPEN = "open"
    """Nothing: whoever reaches the server may."""
    READ = "read"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    PLAN = "plan"
    """Be told what would happen, which changes nothing."""
    SUBMIT = "submit"
    OWN_JOBS = "own_jobs"
    """Change jobs, of which only one's own without `ALL_JOBS`."""
    ALL_JOBS = "all_jobs"
    NODES = "nodes"
    DEPLOY = "deploy"
    PREDICT = "predict"
    TERMINAL = "terminal"
    TOKENS = "tokens"
    AUDIT = "audit"
    NODE_LINK = "node_link"


_VIEWER = frozenset({Permission.OPEN, Permission.READ, Permission.DOWNLOAD})
_SUBMITTER = _VIEWER | {
    Permission.UPLOAD,
    Permission.PLAN,
    Permission.SUBMIT,
    Permission.OWN_JOBS,
    Permission.DEPLOY,
    Permission.PREDICT,
}
_OPERATOR = _SUBMITTER | {Permission.ALL_JOBS, Permission.NODES, Permission.TERMINAL}

PERMISSIONS_OF: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: _VIEWER,
        Role.SUBMITTER: _SUBMITTER,
        Role.OPERATOR: _OPERATOR,
        Role.ADMIN: _OPERATOR | {Permission.TOKENS, Permission.AUDIT},
        Role.NODE: frozenset({Permission.OPEN, Permission.DOWNLOAD, Permission.UPLOAD, Permission.NODE_LINK}),
    }
)

RPC_PERMISSIONS: Mapping[str, Permission] = MappingProxyType(
    {
        "cyxwiz.protocol.JobService/SubmitJob": Permission.SUBMIT,
        "cyxwiz.protocol.JobService/PlanJob": Permission.PLAN,
        "cyxwiz.protocol.JobService/CancelJob": Permission.OWN_JOBS,
        "cyxwiz.protocol.JobService/DeleteJob": Permission.OWN_JOBS,
        "cyxwiz.protocol.JobService/PauseJob": Permission.OWN_JOBS,
        "cyxwiz.protocol.JobService/ResumeJob": Permission.OWN_JOBS,
        "cyxwiz.protocol.JobService/GetJobStatus": Permission.READ,
        "cyxwiz.protocol.JobService/GetJob": Permission.READ,
        "cyxwiz.protocol.JobService/GetJobResult": Permission.READ,
        "cyxwiz.protocol.JobService/GetMetrics": Permission.READ,
        "cyxwiz.protocol.JobService/ListJobs": Permission.READ,
        "cyxwiz.protocol.JobService/StreamJobUpdates": Permission.READ,
        "cyxwiz.protocol.JobService/WatchJob": Permission.READ,
        "cyxwiz.protocol.JobService/GetLogs": Permission.READ,
        "cyxwiz.protocol.NodeDiscoveryService/FindNodes": Permission.READ,
        "cyxwiz.protocol.NodeDiscoveryService/ListNodes": Permission.READ,
        "cyxwiz.protocol.NodeDiscoveryService/GetNodeInfo": Permission.READ,
        "cyxwiz.protocol.NodeManagementService/DrainNode": Permission.NODES,
        "cyxwiz.protocol.NodeManagementService/UndrainNode": Permission.NODES,
        "cyxwiz.protocol.ArtifactService/GetUpload": Permission.UPLOAD,
        "cyxwiz.protocol.ArtifactService/Upload": Permission.UPLOAD,
        "cyxwiz.protocol.ArtifactService/Download": Permission.DOWNLOAD,
        "cyxwiz.protocol.DeploymentService/CreateDeployment": Permission.DEPLOY,
        "cyxwiz.protocol.DeploymentService/GetDeployment": Permission.READ,
        "cyxwiz.protocol.DeploymentService/ListDeployments": Permission.READ,
        "cyxwiz.protocol.DeploymentService/StopDeployment": Permission.DEPLOY,
        "cyxwiz.protocol.DeploymentService/DeleteDeployment": Permission.DEPLOY,
        "cyxwiz.protocol.DeploymentService/GetDeploymentMetrics": Permission.READ,
        "cyxwiz.link.NodeLink/Control": Permission.NODE_LINK,
        "cyxwiz.link.NodeLink/Telemetry": Permission.NODE_LINK,
        "cyxwiz.protocol.EnrolmentService/CreateJoinToken": Permission.NODES,
        # The join token says whether they may.
        "cyxwiz.protocol.EnrolmentService/Enrol": Permission.OPEN,
        "cyxwiz.protocol.EnrolmentService/RenewCertificate": Permission.NODE_LINK,
        "cyxwiz.protocol.EnrolmentService/RevokeNode": Permission.NODES,
        "cyxwiz.protocol.EnrolmentService/RevokeCertificate": Permission.TOKENS,
        "cyxwiz.link.NodeLink/CheckCaller": Permission.NODE_LINK,
        "cyxwiz.link.NodeLink/RecordAudit": Permission.NODE_LINK,
        "cyxwiz.protocol.SecurityService/CreateToken": Permission.TOKENS,
        "cyxwiz.protocol.SecurityService/ListTokens": Permission.TOKENS,
        "cyxwiz.protocol.SecurityService/RevokeToken": Permission.TOKENS,
        "cyxwiz.protocol.SecurityService/ListAudit": Permission.AUDIT,
        "grpc.health.v1.Health/Check": Permission.OPEN,
        "grpc.health.v1.Health/List": Permission.OPEN,
        "grpc.health.v1.Health/Watch": Permission.OPEN,
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Permission.READ,
    }
)
"""What each rpc asks for, by `package.Service/Method`."""

ROUTE_PERMISSIONS: Mapping[tuple[str, str], Permission] = MappingProxyType(
    {
        ("GET", "/healthz"): Permission.OPEN,
        ("GET", "/metrics"): Permission.READ,
        ("GET", "/api/v1/openapi.json"): Permission.READ,
        # Signing in asks for nothing; what it is given says who somebody is.
        ("GET", "/api/v1/session"): Permission.OPEN,
        ("POST", "/api/v1/session"): Permission.OPEN,
        ("DELETE", "/api/v1/session"): Permission.OPEN,
        ("GET", "/api/v1/summary"): Permission.READ,
        ("GET", "/api/v1/events"): Permission.READ,
        ("GET", "/api/v1/nodes"): Permission.READ,
        ("POST", "/api/v1/nodes/{node_id}/drain"): Permission.NODES,
        ("POST", "/api/v1/nodes/{node_id}/undrain"): Permission.NODES,
        ("GET", "/api/v1/deployments"): Permission.READ,
        ("POST", "/api/v1/deployments"): Permission.DEPLOY,
        ("GET", "/api/v1/deployments/{name}"): Permission.READ,
        ("DELETE", "/api/v1/deployments/{name}"): Permission.DEPLOY,
        ("POST", "/api/v1/deployments/{name}/stop"): Permission.DEPLOY,
        ("GET", "/api/v1/jobs"): Permission.READ,
        ("POST", "/api/v1/jobs"): Permission.SUBMIT,
        ("POST", "/api/v1/plan"): Permission.PLAN,
        ("POST", "/api/v1/convert"): Permission.PLAN,
        ("GET", "/api/v1/jobs/{job_id}"): Permission.READ,
        ("DELETE", "/api/v1/jobs/{job_id}"): Permission.OWN_JOBS,
        ("POST", "/api/v1/jobs/{job_id}/cancel"): Permission.OWN_JOBS,
        ("POST", "/api/v1/jobs/{job_id}/pause"): Permission.OWN_JOBS,
        ("POST", "/api/v1/jobs/{job_id}/resume"): Permission.OWN_JOBS,
        ("GET", "/api/v1/jobs/{job_id}/events"): Permission.READ,
        ("GET", "/api/v1/jobs/{job_id}/logs"): Permission.READ,
        ("GET", "/api/v1/jobs/{job_id}/metrics"): Permission.READ,
        ("GET", "/api/v1/jobs/{job_id}/curve"): Permission.READ,
        ("GET", "/api/v1/jobs/{job_id}/model"): Permission.READ,
        ("GET", "/api/v1/jobs/{job_id}/files/{name}"): Permission.DOWNLOAD,
        # The page itself holds no data: what it shows it reads by the routes above.
        ("GET", "/static/{path:path}"): Permission.OPEN,
        ("GET", "/{path:path}"): Permission.OPEN,
    }
)
"""What each HTTP route asks for, by its method and path as they stand in the code; HEAD asks for what GET does.

The first that fits a path counts, so the page's routes, which take what is left, are the last.
"""

NODE_ROUTE_PERMISSIONS: Mapping[tuple[str, str], Permission] = MappingProxyType(
    {
        ("POST", "/v1/predict"): Permission.PREDICT,
        # Whether anything answers; what it is called is told to whoever may read.
        ("GET", "/health"): Permission.OPEN,
    }
)
"""What each HTTP route of a node asks for; a node serves no route without its line."""
