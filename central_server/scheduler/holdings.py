"""What nodes are believed to have already: compiled programs and opened datasets, by what ran there lately.

A belief that is wrong costs a compile, nothing else; so it is not stored, and each node's is bounded. A node's new
process has lost its programs and keeps what it has on disk.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

from shared.hyperparameters import ProgramStructure
from shared.job_spec import JobSpec
from shared.model_definition.parse import LONGEST_REMEMBERED

MOST_OF_EACH = 64


def program_of(spec: JobSpec) -> str:
    """Return the same text for jobs that very likely share a compiled program: equal but for numbers and seeds."""
    is_small = len(spec.model_definition) <= LONGEST_REMEMBERED
    digest = _digest_of_small_models if is_small else _digest
    structure = spec.hyperparameters.structure()
    return digest(spec.job_type, spec.model_definition, spec.dataset, spec.batch_size, structure)


def _digest(job_type: str, model_definition: str, dataset: str, batch_size: int, structure: ProgramStructure) -> str:
    parts = (job_type, model_definition, dataset, str(batch_size), _text_of(structure))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


_digest_of_small_models = lru_cache(maxsize=1024)(_digest)


@lru_cache(maxsize=1024)
def _text_of(structure: ProgramStructure) -> str:
    return repr(structure)


@dataclass(slots=True)
class _Shelf:
    """Things of one kind, by node and the other way round; a node's oldest go first."""

    of_node: dict[str, dict[str, None]] = field(default_factory=dict)
    nodes_with: dict[str, dict[str, None]] = field(default_factory=dict)

    def put(self, node_id: str, thing: str) -> None:
        held = self.of_node.setdefault(node_id, {})
        held.pop(thing, None)
        held[thing] = None
        self.nodes_with.setdefault(thing, {})[node_id] = None
        if len(held) > MOST_OF_EACH:
            self._drop(node_id, next(iter(held)))

    def forget(self, node_id: str) -> None:
        for thing in tuple(self.of_node.get(node_id, ())):
            self._drop(node_id, thing)

    def _drop(self, node_id: str, thing: str) -> None:
        del self.of_node[node_id][thing]
        nodes = self.nodes_with[thing]
        del nodes[node_id]
        if not nodes:
            del self.nodes_with[thing]


@dataclass(slots=True)
class Holdings:
    """What every node is believed to hold."""

    _programs: _Shelf = field(default_factory=_Shelf)
    _datasets: _Shelf = field(default_factory=_Shelf)

    def ran(self, node_id: str, program: str, dataset: str) -> None:
        """A job has made its first step on the node: it holds these now."""
        self._programs.put(node_id, program)
        self._datasets.put(node_id, dataset)

    def forget_process(self, node_id: str) -> None:
        """The node's process is another one: what was only in its memory is gone."""
        self._programs.forget(node_id)
        self._datasets.forget(node_id)

    def nodes_with_program(self, program: str) -> frozenset[str]:
        """Return the nodes that have compiled it."""
        return frozenset(self._programs.nodes_with.get(program, ()))

    def nodes_with_dataset(self, dataset: str) -> frozenset[str]:
        """Return the nodes that have opened it."""
        return frozenset(self._datasets.nodes_with.get(dataset, ()))
