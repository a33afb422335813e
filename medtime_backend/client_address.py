"""Whose request it is before anybody has signed in: the client's address, as far as it can be believed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
# A household's or a phone's own network: who has one address of it can have any.
IPV6_PREFIX = 64
UNKNOWN = "unknown"


class Networks:
    """The networks of a setting. Raises ValueError."""

    def __init__(self, given: Iterable[str]) -> None:
        self._networks: Sequence[IPv4Network | IPv6Network] = [ip_network(network) for network in given]

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Networks) -> str:
    """The client's address, or `unknown`.

    `forwarded` are the values of X-Forwarded-For. Each proxy appends the address it was called from, so they are read
    from the end, and only as long as the one who appended is one of ours (`trusted`): what a client writes in front
    itself is never reached. A part that is no address ends the reading.
    """
    found = _read(peer or "")
    if found is None:
        return UNKNOWN
    for part in reversed(",".join(forwarded).split(",")):
        if found not in trusted:
            break
        named = _read(part.strip())
        if named is None:
            break
        found = named
    return str(found)


def holder_of(address: str) -> str:
    """What limits count an address by: itself, or the /64 network of an IPv6 address."""
    found = _read(address)
    return str(ip_network((found, IPV6_PREFIX), strict=False)) if isinstance(found, IPv6Address) else address


def belongs(address: str, networks: Networks) -> bool:
    """Whether an address lies in one of the networks; `unknown` lies in none."""
    found = _read(address)
    return found is not None and found in networks


@lru_cache(4096)
def _read(text: str) -> Address | None:
    """The address of a text; some proxies add a port, in brackets for IPv6."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
