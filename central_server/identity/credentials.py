"""From what somebody shows to who they are, the same for gRPC and HTTP. What they may is the table's matter."""

from __future__ import annotations

from dataclasses import dataclass

from central_server.identity.guessing import GuessLimit
from central_server.identity.known_tokens import KnownTokens
from central_server.identity.peers import is_loopback_host
from central_server.identity.rate_limit import RateLimit
from central_server.identity.tokens import caller_with, hash_of, is_formed_like_a_token
from central_server.requests.caller import LOCAL_USER, Caller
from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.permissions import Permission, Role

_BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What the operator said of who needs credentials.

    Attributes:
        requires_token: nobody is let in without, on this machine either.
        trusts_everybody: whoever reaches the server without credentials counts as being on this machine.
        requests_per_second: of one identity; 0 is no limit.
    """

    requires_token: bool = False
    trusts_everybody: bool = False
    requests_per_second: float = 0.0


class Credentials:
    """Knows tokens, and the local user; belongs to the event loop."""

    def __init__(self, known: KnownTokens, clock: Clock, rules: AccessRules) -> None:
        self._known = known
        self._clock = clock
        self._rules = rules
        self._guesses = GuessLimit()
        self._rate = RateLimit(rules.requests_per_second)

    async def with_authorization(self, value: str, host: str) -> Caller:
        """Return who shows this `authorization`.

        Raises:
            NotAuthenticated: it is no token that counts.
            TooManyRequests: too many wrong ones came from there.
        """
        scheme, _, token = value.strip().partition(" ")
        if scheme.lower() != _BEARER or not is_formed_like_a_token(token.strip()):
            self._refuse_too_fast(host)
            self._guesses.failed(host, self._clock.monotonic_seconds())
            raise NotAuthenticated("authorization must be 'Bearer TOKEN' with a token that begins with cyx_")
        return await self.with_token_hash(hash_of(token.strip()), host)

    async def with_token_hash(self, sha256: str, host: str) -> Caller:
        """Return who shows the token with this hash.

        Raises:
            NotAuthenticated: it does not count, or no more.
            TooManyRequests: too many wrong ones came from there.
        """
        record = self._known.remembered(sha256)
        if record is None:
            # Whoever guesses from an address must not lock out those there whose tokens are good.
            if not self._known.is_familiar(sha256):
                self._refuse_too_fast(host)
            record = await self._known.find(sha256)
        # One that has ended was given to somebody once: many may go on showing it, and none of them guesses.
        if record is None:
            self._guesses.failed(host, self._clock.monotonic_seconds())
        caller = caller_with(record, sha256, now_ms=self._clock.unix_ms(), peer=host)
        self._guesses.succeeded(host)
        return caller

    def without_any(self, host: str) -> Caller:
        """Return who somebody is that shows nothing.

        Raises:
            NotAuthenticated: nobody; a token is needed.
        """
        is_here = self._rules.trusts_everybody or is_loopback_host(host)
        if self._rules.requires_token or not is_here:
            raise NotAuthenticated(
                "this server asks for a token: give one with --token-file FILE or CYXWIZ_TOKEN, or over HTTP as "
                "'Authorization: Bearer TOKEN'"
            )
        return Caller(LOCAL_USER, Role.SUBMITTER, also=frozenset({Permission.NODE_LINK}), peer=host)

    def count_request(self, caller: Caller) -> None:
        """Count one request of somebody's.

        Raises:
            TooManyRequests: they ask too fast.
        """
        identity = caller.token_id or caller.node_id or f"{caller.user_id}@{caller.peer}"
        self._rate.take(identity, self._clock.monotonic_seconds())

    def _refuse_too_fast(self, host: str) -> None:
        self._guesses.refuse_too_fast(host, self._clock.monotonic_seconds())
