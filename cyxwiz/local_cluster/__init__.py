"""A whole cluster on this machine: one central server and some nodes, each a process of its own, watched over.

`running_cluster` is the way in. It starts processes by their documented commands and imports nothing of them.
"""

from __future__ import annotations

from cyxwiz.local_cluster.cluster import LocalCluster, running_cluster
from cyxwiz.local_cluster.settings import ClusterSettings, default_state_dir

__all__ = ["ClusterSettings", "LocalCluster", "default_state_dir", "running_cluster"]
