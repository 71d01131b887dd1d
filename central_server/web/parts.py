"""What the HTTP routes stand on, in one record; the process makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from central_server.election import Election
from central_server.ports import Artifacts, Store
from central_server.read_model import ReadModel
from central_server.requests.job_commands import JobCommands
from central_server.requests.node_commands import NodeCommands
from central_server.requests.planning import Planning


@dataclass(frozen=True, slots=True)
class WebParts:
    """Everything that routes read, and the commands that they pass on.

    Attributes:
        is_working: whether the control loop works.
    """

    read_model: ReadModel
    store: Store
    artifacts: Artifacts
    jobs: JobCommands
    nodes: NodeCommands
    planning: Planning
    election: Election
    is_working: Callable[[], bool]
