"""The replicas of this node that answer now, by deployment: attempts put them in, the services find them here."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from server_node.serving.replica import Replica
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class LiveReplica:
    """A replica, of which deployment it is, and which of its models it serves."""

    deployment_id: str
    generation: int
    replica: Replica


class LiveReplicas:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._replicas: dict[str, list[tuple[int, Replica]]] = {}
        self._turn = 0

    def add(self, deployment_id: str, generation: int, replica: Replica) -> None:
        """Let it be found."""
        with self._lock:
            self._replicas.setdefault(deployment_id, []).append((generation, replica))

    def remove(self, deployment_id: str, replica: Replica) -> None:
        """Let it be found no more; once or more."""
        with self._lock:
            left = [one for one in self._replicas.get(deployment_id, []) if one[1] is not replica]
            if left:
                self._replicas[deployment_id] = left
            else:
                self._replicas.pop(deployment_id, None)

    def find(self, deployment: str) -> Replica:
        """Return a replica of a deployment, named by its id or what people call it: of its newest model, in turn.

        Raises:
            NotFound: none is live here.
        """
        with self._lock:
            candidates = self._replicas.get(deployment) or [
                one for several in self._replicas.values() for one in several if one[1].name == deployment
            ]
            if not candidates:
                raise NotFound(
                    f"no replica of {deployment[:200]!r} is live on this node; ask the central server where one is",
                    field="deployment_id",
                )
            newest = max(generation for generation, _ in candidates)
            live = [replica for generation, replica in candidates if generation == newest]
            self._turn += 1
            return live[self._turn % len(live)]

    def every(self) -> tuple[LiveReplica, ...]:
        """Return all of them, by name and deployment."""
        with self._lock:
            every = [
                LiveReplica(deployment_id, generation, replica)
                for deployment_id, several in self._replicas.items()
                for generation, replica in several
            ]
        return tuple(sorted(every, key=lambda each: (each.replica.name, each.deployment_id, each.generation)))

    def names(self) -> tuple[str, ...]:
        """Return what the live deployments are called."""
        with self._lock:
            return tuple(sorted({replica.name for several in self._replicas.values() for _, replica in several}))
