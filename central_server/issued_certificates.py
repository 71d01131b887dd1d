"""Join tokens, the certificates that nodes got for them, and which certificates count no more. It signs nothing.

All of it is kept in the store as small facts, so every server on one database knows it: this one what it wrote itself
at once, what another wrote within `REFRESH_SECONDS`. Of a join token only its hash is kept.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from central_server.structured_logging import log_event
from shared.errors import StoreUnavailable
from shared.join_tokens import JoinToken

REFRESH_SECONDS = 5.0

_CERTIFICATE = "certificate/"
_REVOKED = "revoked_certificate/"
_JOIN_TOKEN = "join_token/"  # noqa: S105  # a name of facts, no secret
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """One certificate of a node."""

    node_id: str
    serial: str
    not_after_ms: int


class Facts(Protocol):
    """As much of the store as this needs."""

    async def facts(self, prefix: str) -> Mapping[str, str]:
        """Return the server's own small facts whose names begin so."""
        ...

    async def put_facts(self, facts: Mapping[str, str | None]) -> None:
        """Keep small facts by name, all or none; None removes one."""
        ...


class IssuedCertificates:
    """Belongs to the event loop."""

    def __init__(self, store: Facts) -> None:
        self._store = store
        self._revoked: frozenset[str] = frozenset()

    def is_revoked(self, serial: str) -> bool:
        """Tell whether a certificate counts no more; asks nobody."""
        return serial in self._revoked

    async def refresh(self) -> None:
        """Learn what is revoked.

        Raises:
            StoreUnavailable: the store cannot be asked.
        """
        found = await self._store.facts(_REVOKED)
        self._revoked = frozenset(name.removeprefix(_REVOKED) for name in found)

    async def keep_fresh(self) -> None:
        """Learn of what other servers revoke, until cancelled."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
            except StoreUnavailable as failure:
                log_event(_logger, "revocations_not_read", is_warning=True, why=str(failure))

    async def add_join_token(self, token: JoinToken, *, now_ms: int) -> None:
        """Keep a new join token, and forget those whose time is over."""
        old = [kept for kept in await self._join_tokens() if kept.expires_at_ms < now_ms]
        facts: dict[str, str | None] = {_JOIN_TOKEN + kept.sha256: None for kept in old}
        await self._store.put_facts(facts | {_JOIN_TOKEN + token.sha256: json.dumps(asdict(token))})

    async def find_join_token(self, sha256: str) -> JoinToken | None:
        """Return what is kept of a join token."""
        text = (await self._store.facts(_JOIN_TOKEN + sha256)).get(_JOIN_TOKEN + sha256)
        return JoinToken(**json.loads(text)) if text is not None else None

    async def valid_certificates(self, node_id: str, *, now_ms: int) -> list[IssuedCertificate]:
        """Return the certificates under which a node may speak now."""
        return [
            issued
            for issued in await self._certificates_of(node_id)
            if issued.not_after_ms > now_ms and not self.is_revoked(issued.serial)
        ]

    async def add_certificate(self, issued: IssuedCertificate, *, now_ms: int, used: JoinToken | None = None) -> None:
        """Keep a node's new certificate, with the join token that was used for it; forget those that have expired."""
        expired = [old for old in await self._certificates_of(issued.node_id) if old.not_after_ms < now_ms]
        facts: dict[str, str | None] = {_name(old): None for old in expired}
        facts |= {_REVOKED + old.serial: None for old in expired}
        facts[_name(issued)] = json.dumps(asdict(issued))
        if used is not None:
            facts[_JOIN_TOKEN + used.sha256] = json.dumps(asdict(used))
        await self._store.put_facts(facts)

    async def revoke(self, serials: Sequence[str], *, by: str, now_ms: int) -> None:
        """Let certificates count no more, from now on and for ever."""
        what = json.dumps({"by": by, "at_ms": now_ms})
        await self._store.put_facts({_REVOKED + serial: what for serial in serials})
        self._revoked |= frozenset(serials)

    async def _certificates_of(self, node_id: str) -> list[IssuedCertificate]:
        found = await self._store.facts(f"{_CERTIFICATE}{node_id}/")
        return [IssuedCertificate(**json.loads(text)) for text in found.values()]

    async def _join_tokens(self) -> list[JoinToken]:
        return [JoinToken(**json.loads(text)) for text in (await self._store.facts(_JOIN_TOKEN)).values()]


def _name(issued: IssuedCertificate) -> str:
    return f"{_CERTIFICATE}{issued.node_id}/{issued.serial}"
