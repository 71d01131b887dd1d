"""Who asks over HTTP: by the token, else by the page's session, else, for reading alone, by where it comes from."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from central_server.identity.credentials import Credentials
from central_server.requests.caller import NOBODY, Caller
from central_server.web.hosts import KnownHosts
from central_server.web.sessions import COOKIE, PageSessions
from shared.errors import NotAuthenticated
from shared.permissions import Permission

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class HttpCredentials:
    """An `HttpAuthenticator`; belongs to the event loop."""

    def __init__(self, credentials: Credentials, sessions: PageSessions, hosts: KnownHosts) -> None:
        self._credentials = credentials
        self._sessions = sessions
        self._hosts = hosts

    async def caller(self, connection: HTTPConnection, *, permission: Permission) -> Caller:
        """Return the caller.

        Raises:
            NotAuthenticated: the credentials are wrong, or missing where they are needed.
            NotPermitted: the request came by a name, or from a page, that is not this server's.
            TooManyRequests: they ask, or guess, too fast.
        """
        changes = connection.scope["method"] not in _READING
        caller = await self._shown_by(connection, changes=changes, is_open=permission is Permission.OPEN)
        self._credentials.count_request(caller)
        return caller

    async def of_session(self, connection: HTTPConnection) -> Caller | None:
        """Return whose session the cookie stands for; None for nobody's.

        Raises:
            NotAuthenticated: the token it was begun with counts no more.
        """
        session = self._sessions.find(connection.cookies.get(COOKIE, ""))
        if session is None:
            return None
        if session.token_sha256:
            return await self._credentials.with_token_hash(session.token_sha256, host_of(connection))
        return self._credentials.without_any(host_of(connection))

    def local(self, connection: HTTPConnection) -> Caller:
        """Return who somebody is that shows nothing.

        Raises:
            NotAuthenticated: nobody.
            NotPermitted: the request came by a name that is not this server's.
        """
        self._hosts.check_host(connection)
        return self._credentials.without_any(host_of(connection))

    async def signing_in(self, connection: HTTPConnection, token: str) -> Caller:
        """Return who a page acts for from now on.

        Raises:
            NotAuthenticated: the token does not count, or one is needed.
            TooManyRequests: too many wrong ones came from there.
        """
        if token:
            return await self._credentials.with_authorization(f"Bearer {token}", host_of(connection))
        return self.local(connection)

    async def _shown_by(self, connection: HTTPConnection, *, changes: bool, is_open: bool) -> Caller:
        if changes:
            self._hosts.check_host(connection)
            self._hosts.check_origin(connection, is_needed=False)
        authorization = connection.headers.get("authorization")
        if authorization is not None:
            return await self._credentials.with_authorization(authorization, host_of(connection))
        if is_open:
            return _anybody(connection)
        self._hosts.check_host(connection)
        if (caller := await self.of_session(connection)) is not None:
            self._hosts.check_origin(connection, is_needed=changes)
            return caller
        if changes:
            raise NotAuthenticated(
                "over HTTP, whatever changes something needs 'Authorization: Bearer TOKEN', or a session of the page"
            )
        return self._credentials.without_any(host_of(connection))


def host_of(connection: HTTPConnection) -> str:
    """Return the address that a request comes from."""
    return connection.client.host if connection.client else ""


def _anybody(connection: HTTPConnection) -> Caller:
    return Caller(NOBODY.user_id, NOBODY.role, peer=host_of(connection))
