"""
The checks of `doctor` on what listeners have seen since they were started.
"""

from collections.abc import Iterator
from typing import Final

from watchword.app.diagnose.checks import Finding, Level
from watchword.domain.applications import Application
from watchword.domain.clients import parse_address
from watchword.domain.configuration import Configuration
from watchword.ports.live import ClientObservation, Listening, Observations

_TLS: Final = "give it a certificate (--tls-cert, --tls-key), or let it listen on 127.0.0.1 behind a proxy that has one"


def _send_it(name: str) -> str:
    """Return what helps an application whose requests carry no Message-Authenticator."""
    return (
        f"let it send one; where it cannot, `watchword application change {name!r} --no-message-authenticator` turns"
        " the requirement off, and then whoever sits on the path between can forge requests and answers"
        " (CVE-2024-3596)"
    )


def observed(configuration: Configuration, observations: Observations | None) -> list[Finding]:
    """Tell what is wrong with the sockets, and with what came in."""
    if observations is None:
        return [
            Finding(
                check="listeners",
                level=Level.ADVICE,
                sentence="nothing is running on this data folder, so what clients do was not looked at",
                advice="`watchword up` starts it",
            )
        ]
    findings = [finding for socket in observations.listening() for finding in _socket(socket)]
    clients = {client.id: client for client in configuration.clients}
    for seen in observations.clients():
        client = None if seen.client is None else clients.get(seen.client)
        application = None if client is None else configuration.applications.get(client.application)
        if seen.client is None:
            findings += _stranger(seen)
        elif application is not None:
            findings += _client(application, seen)
    return findings or [Finding(check="listeners", level=Level.OK, sentence="nothing to remark on what came in")]


def _socket(socket: Listening) -> Iterator[Finding]:
    """Tell of a socket that more can reach than should."""
    address = parse_address(socket.host)
    inside = socket.host == "localhost" if address is None else address.is_loopback
    where = f"{socket.protocol} is served on {socket.host} port {socket.port}"
    if socket.protocol == "http" and not inside:
        sentence = f"{where} without TLS, so passwords and codes can be read on the way"
        yield Finding(check="addresses", level=Level.ERROR, sentence=sentence, advice=_TLS)
    elif address is not None and (address.is_unspecified or address.is_global):
        reach = "every address of this machine" if address.is_unspecified else "a public address"
        yield Finding(
            check="addresses",
            level=Level.ADVICE if address.is_unspecified else Level.WARNING,
            sentence=f"{where}: {reach}",
            advice="name the one address on which applications reach it, and let a firewall keep everybody else away",
        )


def _stranger(seen: ClientObservation) -> Iterator[Finding]:
    yield Finding(
        check="clients",
        level=Level.WARNING,
        sentence=f"{_of(seen.dropped)} of addresses that are no client's were dropped, the last from {seen.address}",
        advice="`watchword application add` or `application client-add`, where it is one of yours",
    )


def _client(application: Application, seen: ClientObservation) -> Iterator[Finding]:
    """Tell what is wrong with how an application asks; what is not is not told."""
    name = f"{application.name} ({seen.address})"
    remarks = (
        (
            seen.without_authenticator,
            Level.ERROR,
            f"{_of(seen.without_authenticator)} of {name} without Message-Authenticator were dropped",
            _send_it(application.name),
        ),
        (
            seen.unsigned_proxy_state,
            Level.ERROR,
            f"{_of(seen.unsigned_proxy_state)} of {name} with Proxy-State but no Message-Authenticator were dropped",
            "let the proxy between add Message-Authenticator; this is how answers are forged (CVE-2024-3596)",
        ),
        (
            seen.bad_authenticator,
            Level.ERROR,
            f"{_of(seen.bad_authenticator)} of {name} were dropped because they were made with another secret",
            "compare the secret there with the one here; `watchword application secret-replace` sets it anew",
        ),
        (
            seen.retries,
            Level.WARNING,
            f"{_of(seen.retries)} of {name} came again before they were answered",
            f"raise its time-out above the {application.deadline} seconds that a login may take, or lower --deadline",
        ),
        (
            seen.repeated_authenticators,
            Level.WARNING,
            f"{_of(seen.repeated_authenticators)} of {name} carry an authenticator that was used before",
            "its random numbers repeat, so passwords can be read on the way; update it",
        ),
        (
            seen.dropped,
            Level.WARNING,
            f"{_of(seen.dropped)} of {name} were dropped",
            "the log says why; `/metrics` counts them by cause (watchword_dropped_packets)",
        ),
    )
    for count, level, sentence, advice in remarks:
        if count:
            yield Finding(check="clients", level=level, sentence=sentence, advice=advice)


def _of(count: int) -> str:
    return "one request" if count == 1 else f"{count} requests"
