"""
Whether what an administrator wrote can be a directory at all.
"""

import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from watchword.app.administration import Refusal, invalid
from watchword.app.manage.texts import shown
from watchword.domain.applications import SHORTEST_SECRET, ApplicationRefusal
from watchword.domain.secrets import Secret
from watchword.wire.ldap.errors import LdapError
from watchword.wire.ldap.filter_text import parse_filter
from watchword.wire.ldap.filters import fill

DEFAULT_PORTS: Final = {"ldap": 389, "ldaps": 636, "radius": 1812}
"""Ports by scheme (RFC 4516 section 2, IANA's ldaps, RFC 2865 section 3)."""

SHORTEST_TIMEOUT: Final = 0.1
LONGEST_TIMEOUT: Final = 60.0
MOST_TRIES: Final = 10
LONGEST_CA: Final = 1_000_000
"""Characters of certificates in PEM."""

_LONGEST_DN: Final = 1_000
_PLACE: Final = "{username}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a directory listens."""

    scheme: str
    host: str
    port: int
    port_written: bool

    def url(self) -> str:
        """Return it as it is kept."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" if self.port_written else f"{self.scheme}://{host}"


def endpoint_of(url: str) -> Endpoint | Refusal:
    """Read a directory's URL: scheme, host and port, and nothing else."""
    bad = invalid(
        f"{shown(url)!r} is no directory; write ldap://HOST[:PORT], ldaps://HOST[:PORT] or radius://HOST:PORT",
        field="/url",
    )
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return bad
    if parts.scheme not in DEFAULT_PORTS or not host or port == 0 or not host.isprintable() or " " in host:
        return bad
    if parts.username is not None or parts.path not in ("", "/") or parts.query or parts.fragment:
        return invalid(
            "a directory's URL has scheme, host and port only; base, filter and password have options", field="/url"
        )
    return Endpoint(
        scheme=parts.scheme, host=host, port=port or DEFAULT_PORTS[parts.scheme], port_written=port is not None
    )


def _timeout_fault(timeout: float) -> Refusal | None:
    if SHORTEST_TIMEOUT <= timeout <= LONGEST_TIMEOUT:
        return None
    return invalid(f"the time-out must be from {SHORTEST_TIMEOUT:g} to {LONGEST_TIMEOUT:g} seconds", field="/timeout")


def ldap_fault(
    endpoint: Endpoint,
    *,
    base: str,
    bind_dn: str,
    bind_password: Secret | None,
    user_filter: str,
    start_tls: bool,
    ca: str,
    timeout: float,
) -> Refusal | None:
    """Tell why an LDAP directory cannot be used as it is described, None where it can."""
    if endpoint.scheme not in ("ldap", "ldaps"):
        return invalid("a directory of type ldap has a URL of ldap:// or ldaps://", field="/url")
    if start_tls and endpoint.scheme == "ldaps":
        return invalid("ldaps:// is encrypted from the start; leave --start-tls out", field="/start_tls")
    if ca and endpoint.scheme == "ldap" and not start_tls:
        return invalid("a CA proves nothing without TLS; use ldaps:// or --start-tls", field="/ca")
    for written, what, field in ((base, "--base", "/base"), (bind_dn, "--bind-dn", "/bind_dn")):
        if len(written) > _LONGEST_DN or not written.isprintable():
            return invalid(f"{what} must have at most {_LONGEST_DN} printable characters", field=field)
    if "=" not in base:
        return invalid(
            "--base must be the distinguished name under which users are, as in dc=example,dc=org", field="/base"
        )
    if bool(bind_dn.strip()) != bool(bind_password is not None and bind_password.octets):
        # A name with an empty password is an anonymous bind that looks like a success (RFC 4513 section 5.1.2; L5).
        return invalid("--bind-dn and --bind-password-stdin go together, and neither may be empty", field="/bind_dn")
    return _filter_fault(user_filter.strip()) or _ca_fault(ca) or _timeout_fault(timeout)


def _filter_fault(user_filter: str) -> Refusal | None:
    if not user_filter:
        return None
    try:
        tree = parse_filter(user_filter)
    except LdapError as error:
        return invalid(f"the user filter is no LDAP filter (RFC 4515): {error}", field="/user_filter")
    try:
        fill(tree, _PLACE.encode(), b"somebody")
    except LdapError:
        return invalid(
            f"the user filter must say with {_PLACE} where the typed name goes, as in (uid={_PLACE})",
            field="/user_filter",
        )
    return None


def _ca_fault(ca: str) -> Refusal | None:
    if not ca:
        return None
    bad = invalid(
        "the CA file holds no certificate in PEM, the text between BEGIN CERTIFICATE and END CERTIFICATE", field="/ca"
    )
    if len(ca) > LONGEST_CA or not ca.isascii():
        return bad
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=ca)
    except (ssl.SSLError, ValueError):
        return bad
    return None


def radius_fault(endpoint: Endpoint, *, secret: Secret, timeout: float, tries: int) -> Refusal | None:
    """Tell why a RADIUS server cannot be used as it is described, None where it can."""
    if endpoint.scheme != "radius":
        return invalid("a directory of type radius has a URL of radius://HOST:PORT", field="/url")
    if len(secret.octets) < SHORTEST_SECRET:
        return invalid(ApplicationRefusal.SECRET.value, field="/secret")
    if not 1 <= tries <= MOST_TRIES:
        return invalid(f"the tries must be from 1 to {MOST_TRIES}", field="/tries")
    return _timeout_fault(timeout)
