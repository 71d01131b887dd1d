"""Which nodes would not have which job lately, so that they are not asked again at once.

A node is asked again when it has news (it connects, changes, or an attempt on it ends) or after a while. Not stored:
after a restart of the server each node is simply asked once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central_server.scheduler.needs import AvoidedNode


@dataclass(slots=True)
class Avoidances:
    """Nodes to leave alone, by job."""

    _by_job: dict[str, dict[str, str]] = field(default_factory=dict)

    def of_job(self, job_id: str) -> tuple[AvoidedNode, ...]:
        """Return the nodes `job_id` avoids, in order of node id."""
        nodes = self._by_job.get(job_id)
        return tuple(AvoidedNode(node_id, why) for node_id, why in sorted(nodes.items())) if nodes else ()

    def add(self, job_id: str, node_id: str, reason: str) -> None:
        """Leave `node_id` alone with `job_id`."""
        self._by_job.setdefault(job_id, {})[node_id] = reason

    def remove(self, job_id: str, node_id: str) -> None:
        """Let `job_id` be offered to `node_id` again."""
        nodes = self._by_job.get(job_id, {})
        nodes.pop(node_id, None)
        if not nodes:
            self._by_job.pop(job_id, None)

    def forget_job(self, job_id: str) -> None:
        """Drop everything about a job."""
        self._by_job.pop(job_id, None)

    def jobs_avoiding(self, node_id: str) -> tuple[str, ...]:
        """Return the jobs that leave `node_id` alone."""
        return tuple(job_id for job_id, nodes in self._by_job.items() if node_id in nodes)
