"""Which jobs belong to one array, by their labels, and the order in which a person lists them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from cyxwiz.records import JobInfo

ARRAY_LABEL = "array"
INDEX_LABEL = "array_index"


def in_array_order(infos: Sequence[JobInfo]) -> list[JobInfo]:
    """Return the jobs with each array's own by their index, in the places that they have together.

    They are submitted side by side, so that the times at which they arrived say nothing.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, info in enumerate(infos):
        if ARRAY_LABEL in info.labels and info.labels.get(INDEX_LABEL, "").isdecimal():
            places[info.labels[ARRAY_LABEL]].append(place)
    ordered = list(infos)
    for theirs in places.values():
        members = sorted((infos[place] for place in theirs), key=lambda info: int(info.labels[INDEX_LABEL]))
        for place, info in zip(theirs, members, strict=True):
            ordered[place] = info
    return ordered
