"""The devices that could take somebody now, best first, kept sorted from change to change.

A cluster of a thousand nodes is not looked at again because one device came free: only nodes of which something changed
are put here anew. It knows nothing of jobs.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from central_server.scheduler.placement import Place, spare_slots
from shared.node_messages import DeviceKind

_SortKey = tuple[float, int, str, str]


@dataclass(slots=True)
class OpenPlaces:
    """Places of nodes with a free slot, in lines by kind of device."""

    _of_node: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    _keys: dict[bool, list[_SortKey]] = field(default_factory=lambda: {False: [], True: []})
    _places: dict[_SortKey, Place] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._of_node)

    def put(self, node_id: str, places: Sequence[Place]) -> None:
        """Have these places of a node, and no others; none at all closes it."""
        for place in self._of_node.pop(node_id, ()):
            self._take_out(place)
        if not places:
            return
        self._of_node[node_id] = tuple(places)
        for place in places:
            key = _sort_key(place)
            insort(self._keys[_is_accelerator(place)], key)
            self._places[key] = place

    def of_node(self, node_id: str) -> tuple[Place, ...]:
        """Return the open places of one node."""
        return self._of_node.get(node_id, ())

    def node_ids(self) -> Iterable[str]:
        """Return the nodes that have an open place."""
        return self._of_node.keys()

    def best_first(self, kind: DeviceKind | None) -> Iterator[Place]:
        """Yield the places that may be of this kind: accelerators, then emptier nodes, then roomier devices."""
        for is_accelerator in _worth_a_look(kind):
            for key in self._keys[is_accelerator]:
                yield self._places[key]

    def _take_out(self, place: Place) -> None:
        key = _sort_key(place)
        keys = self._keys[_is_accelerator(place)]
        del keys[bisect_left(keys, key)]
        del self._places[key]


def _sort_key(place: Place) -> _SortKey:
    return (-spare_slots(place), -place.free_bytes, place.node.node_id, place.device.device_id)


def _is_accelerator(place: Place) -> bool:
    return place.device.kind is not DeviceKind.CPU


def _worth_a_look(kind: DeviceKind | None) -> tuple[bool, ...]:
    if kind is None:
        return (True, False)
    return (kind is not DeviceKind.CPU,)
