"""Where a node's own server is, and what is shown there. It opens nothing."""

from __future__ import annotations

from dataclasses import dataclass

from cyxwiz.tls_choice import TlsChoice

_Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NodeDoor:
    """What it takes to call a node.

    Attributes:
        tls: None for none. A node on this machine's own address speaks none either.
        token: empty for none.
    """

    node_id: str
    address: str
    tls: TlsChoice | None = None
    token: str = ""

    @property
    def metadata(self) -> _Metadata:
        """What goes with every call."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()
