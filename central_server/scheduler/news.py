"""What has changed since the last planning cycle, so that a cycle looks at that and at nothing else.

After a cycle every class of needs that still waits is *blocked*: no place would have it. It stays so until a node has
news, whatever joins the queue meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central_server.scheduler.needs import Need


@dataclass(slots=True)
class News:
    """Notes of what a cycle has to look at.

    Attributes:
        nodes: those of which something changed that could let somebody in.
        open_needs: classes that may have a place somewhere; the others that wait are blocked.
        futile_needs: classes that no node could hold, even empty, as nodes are now.
        is_due: whether a cycle is to look at who is first though nothing has changed.
    """

    nodes: set[str] = field(default_factory=set)
    open_needs: set[Need] = field(default_factory=set)
    futile_needs: set[Need] = field(default_factory=set)
    is_due: bool = False
    _blocked: set[Need] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.nodes or self.open_needs or self.is_due)

    def node_has_changed(self, node_id: str) -> None:
        """A node came, went or is another than it was."""
        self.nodes.add(node_id)
        self.futile_needs.clear()

    def has_joined(self, need: Need) -> None:
        """A job stands in line with this need."""
        if need not in self._blocked:
            self.open_needs.add(need)

    def block(self, need: Need) -> None:
        """No place would have the class."""
        self.open_needs.discard(need)
        self._blocked.add(need)

    def block_all(self) -> None:
        """No place is open to anybody."""
        self._blocked |= self.open_needs
        self.open_needs.clear()

    def unblock(self, need: Need) -> None:
        """A node with news would have it."""
        self._blocked.discard(need)
        self.open_needs.add(need)

    def is_gone(self, need: Need) -> None:
        """Nobody waits with this need any more."""
        self.open_needs.discard(need)
        self._blocked.discard(need)
        self.futile_needs.discard(need)

    @property
    def blocked(self) -> frozenset[Need]:
        """The classes that nothing but news of a node can help."""
        return frozenset(self._blocked)
