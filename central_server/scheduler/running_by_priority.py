"""Which nodes run attempts of which priority, so that who could make room is found without a look at every node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.identifiers import AttemptKey


@dataclass(slots=True)
class RunningByPriority:
    """Attempts that hold devices and have not been asked to stop."""

    _by_rank: dict[int, dict[AttemptKey, str]] = field(default_factory=dict)

    def put(self, rank: int, key: AttemptKey, node_id: str) -> None:
        """Count an attempt; told again, it changes nothing."""
        self._by_rank.setdefault(rank, {})[key] = node_id

    def remove(self, rank: int, key: AttemptKey) -> None:
        """Count an attempt no more; unknown ones too."""
        self._by_rank.get(rank, {}).pop(key, None)

    def nodes_below(self, rank: int) -> Iterator[str]:
        """Yield nodes that run something of lower priority, the lowest and latest first; some of them repeatedly."""
        for lower in sorted(self._by_rank):
            if lower >= rank:
                return
            yield from reversed(self._by_rank[lower].values())
