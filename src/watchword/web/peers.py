"""
Whom a request came from, as far as its connection tells: what proxies write into headers anybody can write.
"""

from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.requests import Request

_IPV6_NETWORK: Final = 64
"""Bits of what one IPv6 subscriber has at least (RFC 6177)."""

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def network_of(request: Request) -> bytes:
    """Return what tells one network from others: an IPv4 address, or the first half of an IPv6 one."""
    host = _host(request)
    try:
        address = ip_address(host)
    except ValueError:
        return b""
    octets = address.packed
    return octets[: _IPV6_NETWORK // 8] if isinstance(address, IPv6Address) else octets


def address_of(request: Request) -> str:
    """Return the address that a request came from, as its connection tells it."""
    return _host(request)


def is_near(request: Request) -> bool:
    """Tell whether a request came straight from this machine or a private network, through no proxy that says so."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return not ip_address(_host(request)).is_global
    except ValueError:
        return False


def is_here(request: Request) -> bool:
    """
    Tell whether a request came from this very machine, and means it by the name that it asks for.

    A page of somebody else's, whose name was pointed at this machine, asks for that name (DNS rebinding).
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    return _is_loopback(_host(request)) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _host(request: Request) -> str:
    host = "" if request.client is None else request.client.host
    return host.partition("%")[0]
