"""Who asks for something, as far as the edges have found out, and what they may."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import NotPermitted
from shared.permissions import PERMISSIONS_OF, Permission, Role

LOCAL_USER = "local"


@dataclass(frozen=True, slots=True)
class Caller:
    """The one on whose behalf a request is made.

    Attributes:
        role: what they are trusted with.
        also: permissions beyond the role's: a node on this machine needs no credentials.
        token_id: of the token that they showed; empty without one.
        token_name: what that token's maker called it.
        node_id: the node that a verified certificate names; empty for people, and for nodes without certificates.
        certificate_serial: of the certificate that they showed; empty without one.
        peer: where from, such as `ipv4:127.0.0.1:40000`.
        traceparent: of the client's own trace, as it was sent; empty for none.
    """

    user_id: str
    role: Role = Role.SUBMITTER
    also: frozenset[Permission] = frozenset()
    token_id: str = ""
    token_name: str = ""
    node_id: str = ""
    certificate_serial: str = ""
    peer: str = ""
    traceparent: str = ""

    def may(self, permission: Permission) -> bool:
        """Tell whether this caller has a permission."""
        return permission in PERMISSIONS_OF[self.role] or permission in self.also

    def require(self, permission: Permission, what: str) -> None:
        """Go on if this caller has a permission.

        Raises:
            NotPermitted: they have not; the message says who could, and names no place.
        """
        if not self.may(permission):
            raise NotPermitted(
                f"{what} needs the permission '{permission}', which the role '{self.role}' does not have; "
                f"{_who_has(permission)}"
            )

    def require_owner(self, owner: str, called: str, *, what: str = "job") -> None:
        """Go on if a job, or another thing, is this caller's own, or everybody's are theirs to change.

        Raises:
            NotPermitted: it belongs to somebody else.
        """
        if owner != self.user_id and not self.may(Permission.ALL_JOBS):
            raise NotPermitted(
                f"{what} {called} belongs to {owner!r} and the role '{self.role}' changes only the {what}s of its own "
                f"user, {self.user_id!r}; {_who_has(Permission.ALL_JOBS)}"
            )


NOBODY = Caller("", Role.VIEWER)
"""Stands in the audit log for whoever could not be told."""


def _who_has(permission: Permission) -> str:
    roles = [role.value for role in Role if permission in PERMISSIONS_OF[role]]
    return f"use a token of the role {' or '.join(roles)}"
