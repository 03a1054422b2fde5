"""
How servers become known and renew their keys, over HTTP: `docs/channel.md` tells it octet by octet.

- `GET /enrolment/v1/portal?nonce=HEX`: the portal proves who it is, and names the key that boxes for it are made for.
- `POST /enrolment/v1/activate`: spends activation credentials, in a box.
- `POST /enrolment/v1/renew`: a server that is known gets another key.

Nothing that is refused here says more than whoever asks may know; strangers reach neither the writer nor a lock.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.servers.enrolling import Activation, activate
from watchword.app.servers.identity import portal_identity
from watchword.app.servers.renewing import Renewal, renew
from watchword.domain.enrolment import WORDS, EnrolmentRefusal
from watchword.domain.secrets import Secret
from watchword.domain.servers import Report, ServerId
from watchword.domain.statements import (
    ACTIVATION_BOX,
    NONCE_OCTETS,
    ActivationStatement,
    PortalStatement,
    RenewalStatement,
)
from watchword.kit.identities import BoxBroken
from watchword.ports.login import StoreAway
from watchword.web.allowances import Allowances
from watchword.web.bodies import body_of
from watchword.web.peers import address_of, network_of
from watchword.web.problems import problem, problem_of
from watchword.web.surroundings import Surroundings
from watchword.wire.channel import enrolment as wire

PREFIX: Final = "/enrolment/v1"

PROOFS_AT_ONCE: Final = 60
PROOFS_A_SECOND: Final = 2
"""Proofs of the portal's identity for one network: each is a signature and a read."""

FAILURES_AT_ONCE: Final = 20
FAILURES_A_SECOND: Final = 0.2
"""Activations and renewals from one network that fail; what succeeds counts for nothing."""

Handler = Callable[[Request], Awaitable[Response]]


class Enrolment:
    """Serves servers that are not on the channel yet."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._context = surroundings.context
        clock = surroundings.context.clock
        self._proofs = Allowances(clock=clock, burst=PROOFS_AT_ONCE, per_second=PROOFS_A_SECOND)
        self._tries = Allowances(clock=clock, burst=FAILURES_AT_ONCE, per_second=FAILURES_A_SECOND)

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [
            Route(f"{PREFIX}/portal", _careful(self._portal), methods=["GET"]),
            Route(f"{PREFIX}/activate", _careful(self._activate), methods=["POST"]),
            Route(f"{PREFIX}/renew", _careful(self._renew), methods=["POST"]),
        ]

    async def _portal(self, request: Request) -> Response:
        if not self._proofs.spend(network_of(request)):
            return problem(429)
        try:
            nonce = bytes.fromhex(request.query_params.get("nonce", ""))
        except ValueError:
            nonce = b""
        if len(nonce) != NONCE_OCTETS:
            return problem(400, f"the nonce must be {NONCE_OCTETS} octets in hexadecimal")
        identity, at = await portal_identity(self._context), self._context.clock.wall()
        statement = PortalStatement(nonce=nonce, box_key=identity.box_key, at=at)
        shown = wire.PortalShown(
            key=identity.public, box_key=identity.box_key, at=at, signature=identity.sign(statement.canonical())
        )
        return _answered(shown)

    async def _activate(self, request: Request) -> Response:
        network = network_of(request)
        if not self._tries.spend(network):
            return problem(429)
        boxed = wire.decode(await _body(request), wire.Boxed)
        asked = None if boxed is None else await self._unboxed(boxed.box)
        if asked is None:
            return problem(400, "the body must be an activation in a box for this portal")
        activation = Activation(
            statement=ActivationStatement(
                portal=asked.portal, email=asked.email, key=asked.key, link=asked.link, at=asked.at
            ),
            proof=asked.proof,
            password=Secret(asked.password.encode("utf-8", "surrogatepass")),
            group=asked.group,
            report=Report(version=asked.version, host_name=asked.host_name, address=asked.address),
            address=address_of(request),
        )
        done = await activate(self._context, activation)
        if isinstance(done, EnrolmentRefusal):
            return _refused(done)
        self._tries.give_back(network)
        said = done.statement
        return _answered(
            wire.Known(
                server=said.server,
                key=said.key,
                name=said.name,
                group=said.group,
                group_name=said.group_name,
                signature=done.signature,
            )
        )

    async def _unboxed(self, box: bytes) -> wire.Asked | None:
        try:
            plain = (await portal_identity(self._context)).open(box, purpose=ACTIVATION_BOX)
        except BoxBroken:
            return None
        return wire.decode(plain, wire.Asked)

    async def _renew(self, request: Request) -> Response:
        network = network_of(request)
        if not self._tries.spend(network):
            return problem(429)
        asked = wire.decode(await _body(request), wire.Renewing)
        if asked is None:
            return problem(400, "the body must be a renewal")
        renewal = Renewal(
            statement=RenewalStatement(portal=asked.portal, server=ServerId(asked.server), key=asked.key, at=asked.at),
            proof=asked.proof,
            new_proof=asked.new_proof,
        )
        done = await renew(self._context, renewal)
        if isinstance(done, EnrolmentRefusal):
            return _refused(done)
        self._tries.give_back(network)
        return _answered(wire.Renewed(server=done.statement.server, key=done.statement.key, signature=done.signature))


class _Unread(Exception):  # noqa: N818 - it carries a response to whoever serves
    """A body that was not taken in."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


async def _body(request: Request) -> bytes:
    """Return the body of a request. Raises `_Unread` where it is too long or too slow."""
    body = await body_of(request, most=wire.LONGEST_MESSAGE)
    if isinstance(body, Response):
        raise _Unread(body)
    return body


def _careful(handler: Handler) -> Handler:
    """Return a handler that answers instead of raising what is no bug."""

    @wraps(handler)
    async def handling(request: Request) -> Response:
        try:
            return await handler(request)
        except _Unread as unread:
            return unread.response
        except StoreAway:
            return problem(503)

    return handling


def _refused(refusal: EnrolmentRefusal) -> Response:
    return problem_of("enrolment-refused", WORDS[refusal], code=refusal.value)


def _answered(message: wire.PortalShown | wire.Known | wire.Renewed) -> Response:
    return Response(wire.encode(message), media_type="application/json")
