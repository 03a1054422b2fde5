"""
What is wrong with how an application asks, and with what it is allowed: what was seen of it, and what is set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network

from watchword.app.manage.application_rows import ApplicationRow
from watchword.app.manage.clients import ClientRow
from watchword.app.manage.observing import ApplicationObserved, ClientObserved
from watchword.domain.applications import SHORT_SECRET, WIDEST_PREFIX


class ProblemKind(StrEnum):
    """What is wrong, the worst first."""

    WITHOUT_AUTHENTICATOR = "without-authenticator"
    UNSIGNED_PROXY_STATE = "unsigned-proxy-state"
    OTHER_SECRET = "other-secret"  # noqa: S105 - a word
    NO_NETWORK = "no-network"
    RETRIES = "retries"
    REPEATED_AUTHENTICATORS = "repeated-authenticators"
    DROPPED = "dropped"
    NOT_REQUIRED = "not-required"
    SHORT_SECRET = "short-secret"  # noqa: S105 - a word
    WIDE_NETWORK = "wide-network"
    TWO_SECRETS = "two-secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    One thing that is wrong.

    Attributes:
        count: how many requests it was seen with, 0 where it is about what is set.
        where: the address, or the network that it is about; empty where there is none.
    """

    kind: ProblemKind
    count: int = 0
    where: str = ""


def problems_of(row: ApplicationRow, observed: ApplicationObserved | None) -> list[Problem]:
    """Return what is wrong with an application, the worst first."""
    found = [problem for client in (() if observed is None else observed.clients) for problem in _seen(client)]
    found += [problem for client in row.clients for problem in _set(client)]
    if row.api is not None:
        found += _secret(row.api.secrets, row.api.secret_octets, "")
    elif not row.clients:
        found.append(Problem(kind=ProblemKind.NO_NETWORK))
    order = list(ProblemKind)
    return sorted(found, key=lambda problem: order.index(problem.kind))


def _seen(client: ClientObserved) -> Iterator[Problem]:
    counts = (
        (ProblemKind.WITHOUT_AUTHENTICATOR, client.without_authenticator),
        (ProblemKind.UNSIGNED_PROXY_STATE, client.unsigned_proxy_state),
        (ProblemKind.OTHER_SECRET, client.bad_authenticator),
        (ProblemKind.RETRIES, client.retries),
        (ProblemKind.REPEATED_AUTHENTICATORS, client.repeated_authenticators),
        (ProblemKind.DROPPED, client.dropped),
    )
    for kind, count in counts:
        if count:
            yield Problem(kind=kind, count=count, where=client.address or client.network)


def _set(client: ClientRow) -> Iterator[Problem]:
    network = ip_network(client.network)
    if not client.message_authenticator:
        yield Problem(kind=ProblemKind.NOT_REQUIRED, where=client.network)
    if network.prefixlen < WIDEST_PREFIX[network.version]:
        yield Problem(kind=ProblemKind.WIDE_NETWORK, where=client.network)
    yield from _secret(client.secrets, client.secret_octets, client.network)


def _secret(secrets: int, octets: int, where: str) -> Iterator[Problem]:
    if octets < SHORT_SECRET:
        yield Problem(kind=ProblemKind.SHORT_SECRET, count=octets, where=where)
    if secrets > 1:
        yield Problem(kind=ProblemKind.TWO_SECRETS, where=where)
