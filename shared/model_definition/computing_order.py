"""An order in which the layers of a drawing can be computed, every one behind what feeds it; or the cycle, in words."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from shared.model_definition.refusal import refusal


def computing_order(sources: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Every id behind its sources; among those that are free to go, numbers by size, then words as they are written.

    Args:
        sources: by node id, in the order in which the nodes are written, the ids that feed it.
        labels: how messages name each node.

    Raises:
        InvalidField: when layers feed themselves, naming one of them.
    """
    ranks = _ranks(sources)
    readers: dict[str, list[str]] = {node_id: [] for node_id in sources}
    missing = {node_id: len(set(feeding)) for node_id, feeding in sources.items()}
    for node_id, feeding in sources.items():
        for source in set(feeding):
            readers[source].append(node_id)
    free = [(ranks[node_id], node_id) for node_id, count in missing.items() if count == 0]
    heapq.heapify(free)
    order: list[str] = []
    while free:
        _, node_id = heapq.heappop(free)
        order.append(node_id)
        for reader in readers[node_id]:
            missing[reader] -= 1
            if missing[reader] == 0:
                heapq.heappush(free, (ranks[reader], reader))
    if len(order) < len(sources):
        raise _cycle(sources, set(order), labels)
    return tuple(order)


def _ranks(sources: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, int]]:
    return {
        node_id: (0, int(node_id)) if node_id.lstrip("-").isdecimal() else (1, place)
        for place, node_id in enumerate(sources)
    }


def _cycle(sources: Mapping[str, Sequence[str]], ordered: set[str], labels: Mapping[str, str]) -> Exception:
    walked: dict[str, None] = {}
    node_id = next(node_id for node_id in sources if node_id not in ordered)
    while node_id not in walked:
        walked[node_id] = None
        node_id = next(source for source in sources[node_id] if source not in ordered)
    return refusal(f"the graph has a cycle through {labels[node_id]}; layers cannot feed themselves")
