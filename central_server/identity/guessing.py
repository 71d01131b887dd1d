"""How fast one address may be wrong about tokens: after some failures each costs a longer wait. It does not wait.

256 random bits cannot be guessed; this keeps those who try from costing the store, and the audit log, anything.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from shared.errors import TooManyRequests

FREE_FAILURES = 5
"""So many in a row cost no wait: people mistype."""
LONGEST_WAIT_SECONDS = 60.0
_FORGOTTEN_AFTER_SECONDS = 600.0
_MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    last_seconds: float


class GuessLimit:
    """Failures by address, of a bounded number of addresses."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def refuse_too_fast(self, host: str, now_seconds: float) -> None:
        """Go on if this address may try again.

        Raises:
            TooManyRequests: it has to wait.
        """
        failures = self._failures.get(_network_of(host))
        if failures is None or failures.count <= FREE_FAILURES:
            return
        wait = failures.last_seconds + _wait_seconds(failures.count) - now_seconds
        if wait > 0:
            raise TooManyRequests(
                f"too many wrong credentials came from this address; try again in {wait:.0f} s",
                retry_after_seconds=wait,
            )

    def failed(self, host: str, now_seconds: float) -> None:
        """Count a failure."""
        network = _network_of(host)
        failures = self._failures.pop(network, None)
        is_fresh = failures is None or now_seconds - failures.last_seconds > _FORGOTTEN_AFTER_SECONDS
        self._failures[network] = _Failures(1 if failures is None or is_fresh else failures.count + 1, now_seconds)
        if len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, host: str) -> None:
        """Forget an address's failures."""
        self._failures.pop(_network_of(host), None)


def _wait_seconds(count: int) -> float:
    return min(LONGEST_WAIT_SECONDS, 2.0 ** min(count - FREE_FAILURES - 1, 10))


def _network_of(host: str) -> str:
    """Return what counts as one address: whoever has one of IPv6 has 2⁶⁴."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:100]
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
