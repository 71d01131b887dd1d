"""Which addresses a job's dataset may make a node speak to: public ones, unless the operator allows the others too.

A dataset's host is whatever its job says, so without this rule a job could read what only this machine can reach: its
own services, its neighbours, and the metadata service of a cloud.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import BadData, MachineFailure

SETTING = "--allow-private-addresses"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
"""From a host and port to its addresses, as text."""

_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV6_NOT_FOR_HOSTS = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
"""Inside `_GLOBAL_IPV6`: protocol assignments with Teredo, and two ranges for documentation."""
_IPV4_NOT_FOR_HOSTS = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
"""Protocol assignments, relays of 6to4, and the public address at which a cloud answers for its own machines."""
_LOW_32_BITS = 2**32 - 1


def is_public(address: Address) -> bool:
    """Whether anybody on the internet has that address; one that wraps another is judged by what it wraps."""
    wrapped = _wrapped(address)
    if wrapped is not None:
        return is_public(wrapped)
    if isinstance(address, ipaddress.IPv6Address):
        return address in _GLOBAL_IPV6 and not any(address in network for network in _IPV6_NOT_FOR_HOSTS)
    is_special = address.is_multicast or address.is_reserved or not address.is_global
    return not is_special and not any(address in network for network in _IPV4_NOT_FOR_HOSTS)


def resolved(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Where a node may be sent.

    Attributes:
        allows_private: the operator allows every address.
        resolve: asks for a host's addresses.
    """

    allows_private: bool = False
    resolve: Resolve = resolved

    def addresses_of(self, host: str, port: int, url: str) -> tuple[str, ...]:
        """Give the addresses of a host, all of them allowed; dial one of these and never ask for the name again.

        Raises:
            BadData: one of them may not be spoken to.
            MachineFailure: the name has no address now.
        """
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as failure:
            raise MachineFailure(f"{url} cannot be fetched now: no address of {host} is found: {failure}") from failure
        if not found:
            raise MachineFailure(f"{url} cannot be fetched now: {host} has no address")
        for address in found:
            if not self.allows_private and not is_public(ipaddress.ip_address(address)):
                raise BadData(
                    f"{url}: expected a host with a public address, but {host} is {address}; upload the data instead, "
                    f"or let the node's operator say {SETTING}",
                    field="dataset",
                )
        return tuple(found)


def _wrapped(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _LOW_32_BITS)
    return address.ipv4_mapped or address.sixtofour
