"""
Verifications for applications of type `api`: asked for, waited for, cancelled.

An application shows who it is by its name and secret (HTTP Basic, or in the body), from a network that it may ask from.
What it asks for goes the way of every login (`app.login`): joining, caching, bypasses, locks and the deadline of the
application are those of RADIUS.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from watchword.app.administration import Refusal, invalid
from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import Application, ApplicationId
from watchword.domain.clients import parse_address
from watchword.domain.secrets import Secret
from watchword.web.api.asking import (
    LONGEST_WAIT,
    ApplicationCredentials,
    VerificationAnswered,
    VerificationAsked,
    answer_of,
    attempt_of,
    encoded,
    read,
)
from watchword.web.api.bearer import LONGEST_KEY, Guesses
from watchword.web.api.limits import Limits
from watchword.web.api.reading import accepts_json, document_in, query_of, whole
from watchword.web.api.resources import PREFIX
from watchword.web.api.waiting import Verification, Verifications
from watchword.web.problems import problem, problem_of, refused
from watchword.web.surroundings import Surroundings

PATH: Final = "/verifications"
ONE: Final = "/verifications/{id}"

AT_ONCE: Final = 2_000
A_SECOND: Final = 500
"""Requests of one application."""

LONGEST_ASKED: Final = 16_384
"""Octets of what is asked, which is read before anybody has shown who he is."""

EVENTS: Final = "text/event-stream"
BEAT_SECONDS: Final = 15
"""Seconds between two signs of life of a stream, so that nobody on the way takes it for dead."""

_CHALLENGE: Final = 'Basic realm="application", charset="UTF-8"'
_JSON: Final = "application/json"
_NOBODY: Final = ApiClient(application=ApplicationId(bytes(16)), secrets=(Secret(bytes(32)),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """An application that has shown who it is, and from where it asks."""

    application: Application
    address: str


class ApiVerifications:
    """Serves applications."""

    def __init__(self, surroundings: Surroundings, guesses: Guesses) -> None:
        context = surroundings.context
        self._clock = context.clock
        self._configuration = surroundings.configuration
        self._guesses = guesses
        self._limits = Limits(context.clock, name="application", at_once=AT_ONCE, a_second=A_SECOND)
        self._all = Verifications(login=surroundings.login, clock=context.clock, randomness=context.randomness)

    def close(self) -> None:
        """Let go whoever waits."""
        self._all.close()

    async def ask(self, request: Request, _in_path: Mapping[str, str]) -> Response:
        """Take a login in."""
        since = self._clock.monotonic()
        body = await document_in(request, most=LONGEST_ASKED)
        if isinstance(body, Response):
            return body
        asked = read(body[1])
        if isinstance(asked, Refusal):
            return refused(asked)
        shown = _credentials(request, asked)
        if isinstance(shown, Refusal):
            return refused(shown)
        asker = await self._who(request, shown, since)
        if isinstance(asker, Response):
            return asker
        attempt = attempt_of(asked, asker.application, client=asker.address, clock=self._clock)
        if isinstance(attempt, Refusal):
            return refused(attempt)
        verification = self._all.begin(attempt)
        if verification is None:
            return problem(503)
        await verification.wait(asked.wait)
        return self._told(asker, verification, begun=True)

    async def look(self, request: Request, in_path: Mapping[str, str]) -> Response:
        """Tell how a verification stands: at once, by long poll, or by server-sent events."""
        found = await self._found(request, in_path)
        if isinstance(found, Response):
            return found
        asker, verification = found
        query = query_of(request)
        if isinstance(query, Refusal):
            return refused(query)
        wait = whole(query.pop("wait", "0"), most=LONGEST_WAIT)
        if query or wait is None:
            words = f"wait is from 0 to {LONGEST_WAIT} seconds, and nothing else is asked"
            return refused(invalid(words, field="/wait"))
        accept = request.headers.get("accept", "*/*")
        if EVENTS in accept and request.method == "GET":
            return StreamingResponse(_events(verification), media_type=EVENTS)
        if not accepts_json(accept):
            return problem_of("not-acceptable", f"accept {_JSON} or {EVENTS}")
        await verification.wait(wait)
        return self._told(asker, verification)

    async def cancel(self, request: Request, in_path: Mapping[str, str]) -> Response:
        """Want no answer any more."""
        found = await self._found(request, in_path)
        if isinstance(found, Response):
            return found
        self._all.cancel(found[1])
        return Response(status_code=204, headers=self._limits.headers(found[0].application.id))

    async def _found(self, request: Request, in_path: Mapping[str, str]) -> tuple[Asker, Verification] | Response:
        asker = await self._who(request, _basic(request), self._clock.monotonic())
        if isinstance(asker, Response):
            return asker
        verification = self._all.find(in_path["id"], asker.application.id)
        return problem(404) if verification is None else (asker, verification)

    async def _who(self, request: Request, shown: ApplicationCredentials | None, since: int) -> Asker | Response:
        """Return the application that asks, or its refusal."""
        address = _address(request)
        named = ApplicationCredentials(name="", secret=Secret(b"")) if shown is None else shown
        octets = named.name.encode() + b"\0" + named.secret.octets
        digest = hashlib.sha256(octets).digest()
        too_many = self._guesses.too_many(request, digest)
        if too_many is not None:
            return too_many
        configuration = self._configuration()
        application = configuration.application_named(named.name)
        client = None if application is None else configuration.api_clients.get(application.id)
        # Whoever names an application that there is not is compared too, and refused whatever comes of it.
        known = client or _NOBODY
        right = known.knows(named.secret) and known.may_ask_from(address)
        if application is None or client is None or not application.enabled or not right:
            return await self._guesses.refuse(request, digest, _CHALLENGE, since)
        self._guesses.good(digest)
        return self._limits.spend(application.id) or Asker(application=application, address=address)

    def _told(self, asker: Asker, verification: Verification, *, begun: bool = False) -> Response:
        url = f"{PREFIX}{PATH}/{verification.handle}"
        outcome = verification.outcome
        headers = {"content-type": _JSON, **self._limits.headers(asker.application.id)}
        pending = begun and outcome is None
        if pending:
            headers["location"] = url
        return Response(encoded(answer_of(outcome, url)), status_code=202 if pending else 200, headers=headers)


def _credentials(request: Request, asked: VerificationAsked) -> ApplicationCredentials | Refusal | None:
    """Return what an application shows, None where it is nothing."""
    basic = _basic(request)
    if basic is not None and asked.application is not None:
        return invalid("the application shows who it is once: by HTTP Basic or in the body", field="/application")
    return asked.application or basic


def _basic(request: Request) -> ApplicationCredentials | None:
    """Return the name and secret that HTTP Basic (RFC 7617) shows, None where it shows none."""
    scheme, _, written = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or len(written) > LONGEST_KEY:
        return None
    try:
        name, colon, secret = base64.b64decode(written.strip(), validate=True).partition(b":")
        return ApplicationCredentials(name=name.decode(), secret=Secret(secret)) if colon else None
    except ValueError:
        return None


def _address(request: Request) -> str:
    host = "" if request.client is None else request.client.host
    address = parse_address(host)
    return host if address is None else str(address)


async def _events(verification: Verification) -> AsyncIterator[bytes]:
    url = f"{PREFIX}{PATH}/{verification.handle}"
    outcome = verification.outcome
    if outcome is None:
        yield _event(answer_of(None, url))
    while outcome is None:
        outcome = await verification.wait(BEAT_SECONDS)
        if outcome is None and verification.is_let_go:
            return
        if outcome is None:
            yield b": waiting\n\n"
    yield _event(answer_of(outcome, url))


def _event(answered: VerificationAnswered) -> bytes:
    return b"event: " + answered.outcome.value.encode() + b"\ndata: " + encoded(answered) + b"\n\n"
