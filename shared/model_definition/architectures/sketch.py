"""Draws a graph of named nodes step by step, as a pattern's template is written; nothing here knows what layers do."""

from __future__ import annotations

from typing import Any


class Sketch:
    """A drawing that grows; `input` is where the batch enters."""

    def __init__(self) -> None:
        self._nodes: list[dict[str, Any]] = [{"id": "input", "type": "DatasetInput"}]
        self._links: list[dict[str, str | int]] = []

    def add(self, node_id: str, kind: str, *sources: str, **parameters: Any) -> str:
        """Draw a node that the sources feed, in the order of its pins; gives its id."""
        self._nodes.append({"id": node_id, "type": kind, "params": parameters})
        for pin, source in enumerate(sources):
            self._links.append({"from": source, "to": node_id, "to_pin_index": pin})
        return node_id

    def drawing(self) -> dict[str, object]:
        """Give the nodes and links."""
        return {"nodes": self._nodes, "links": self._links}
