"""
The routes of devices, under `/authenticator/v1`.

Everything that a device says is signed by its own key, and everything that it is told is for its owner alone. The
number that an application shows is in none of it (P23). Nothing here stands in a URL or in a log.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app import enrol
from watchword.app.administration import Refusal
from watchword.app.verify.prompting import AnswerResult, DeviceAnswer, ShownPrompt
from watchword.domain.methods import MethodId
from watchword.domain.prompts import AnswerDecision, FetchStatement
from watchword.domain.secrets import Secret
from watchword.domain.verification import VerificationId
from watchword.kit.identifiers import parse
from watchword.ports.login import StoreAway
from watchword.ports.records import DeviceOwner
from watchword.web.allowances import Allowances
from watchword.web.authenticator.devices import has_signed, owner_of
from watchword.web.bodies import body_of
from watchword.web.peers import network_of
from watchword.web.problems import problem, refused
from watchword.web.surroundings import Surroundings
from watchword.wire import authenticator as wire

PREFIX: Final = "/authenticator/v1"

FAILURES_AT_ONCE: Final = 50
FAILURES_A_SECOND: Final = 1
"""
Tries to pair that fail, from one network. A token has 160 bit; this keeps strangers from the one thread that writes.
Those that succeed count for nothing: an administrator has made a token for each.
"""

REQUESTS_AT_ONCE: Final = 100
REQUESTS_A_SECOND: Final = 5
"""Requests of one device; one that waits asks about twice a minute."""

_UNKNOWN: Final = "this device is not paired, or the signature is not its own; pair it anew"

Asked = TypeVar("Asked")
Handler = Callable[[Request], Awaitable[Response]]


class Devices:
    """Serves devices."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._context = surroundings.context
        self._prompting = surroundings.prompting
        self._polls = surroundings.polls
        clock = surroundings.context.clock
        self._pairings = Allowances(clock=clock, burst=FAILURES_AT_ONCE, per_second=FAILURES_A_SECOND)
        self._requests = Allowances(clock=clock, burst=REQUESTS_AT_ONCE, per_second=REQUESTS_A_SECOND)

    def routes(self) -> list[Route]:
        """Return what is served."""
        handlers = (("pair", self._pair), ("prompts", self._prompts), ("answer", self._answer))
        return [Route(f"{PREFIX}/{name}", _careful(handler), methods=["POST"]) for name, handler in handlers]

    async def _pair(self, request: Request) -> Response:
        network = network_of(request)
        if not self._pairings.spend(network):
            return problem(429)
        asked = await _read(request, wire.decode_pair_request)
        if isinstance(asked, Response):
            return asked
        paired = await enrol.pair(
            self._context, token=Secret(asked.token.encode()), public_key=asked.public_key, proof=asked.proof
        )
        if isinstance(paired, Refusal):
            return refused(paired)
        self._pairings.give_back(network)
        reply = wire.PairReply(
            device=parse(paired.method) or b"",
            user=parse(paired.user) or b"",
            username=paired.username,
            issuer=paired.issuer,
        )
        return _answered(reply)

    async def _prompts(self, request: Request) -> Response:
        asked = await _read(request, wire.decode_fetch_request)
        if isinstance(asked, Response):
            return asked
        statement = FetchStatement(device=MethodId(asked.device), issued_at=asked.issued_at)
        if not statement.is_fresh(self._context.clock.wall()):
            return problem(401, "the device's clock and the portal's differ by more than 5 minutes; set the wrong one")
        owner = await owner_of(self._context.records, asked.device)
        if owner is None or not has_signed(owner, asked):
            return problem(401, _UNKNOWN)
        if not self._requests.spend(owner.method):
            return problem(429)
        return await self._waiting(owner, asked.wait)

    async def _waiting(self, owner: DeviceOwner, seconds: int) -> Response:
        """Answer with what waits for the owner of a device, as soon as something does."""
        poll = self._polls.listen(owner.method)
        if poll is None:
            return problem(503)
        with poll:
            shown = self._prompting.shown(owner.user)
            if shown is None and seconds and await poll.wait(seconds):
                # Whoever was removed while he waited is shown nothing any more.
                still = await owner_of(self._context.records, owner.method)
                shown = None if still != owner else self._prompting.shown(owner.user)
        return _answered(wire.FetchReply(prompt=None if shown is None else _prompt(shown)))

    async def _answer(self, request: Request) -> Response:
        asked = await _read(request, wire.decode_answer_request)
        if isinstance(asked, Response):
            return asked
        try:
            decision = AnswerDecision(asked.decision)
        except ValueError:
            return problem(400, f"decision must be one of {', '.join(AnswerDecision)}")
        owner = await owner_of(self._context.records, asked.device)
        if owner is None:
            return problem(401, _UNKNOWN)
        answer = DeviceAnswer(
            verification=VerificationId(asked.verification),
            decision=decision,
            number=asked.number,
            displayed=asked.displayed,
            signature=asked.signature,
        )
        result = self._prompting.answer(owner, answer)
        if result is AnswerResult.FORGED:
            return problem(401, _UNKNOWN)
        return _answered(wire.AnswerReply(result=result.value))


def _careful(handler: Handler) -> Handler:
    """Return a handler that tells when the database is away instead of raising it."""

    @wraps(handler)
    async def handling(request: Request) -> Response:
        try:
            return await handler(request)
        except StoreAway:
            return problem(503)

    return handling


async def _read(request: Request, decode: Callable[[bytes], Asked]) -> Asked | Response:
    body = await body_of(request, most=wire.LONGEST_MESSAGE)
    if isinstance(body, Response):
        return body
    try:
        return decode(body)
    except wire.AuthenticatorError as error:
        return problem(400, str(error))


def _answered(reply: wire.Message) -> Response:
    return Response(wire.encode(reply), media_type="application/json")


def _prompt(shown: ShownPrompt) -> wire.Prompt:
    return wire.Prompt(
        verification=shown.verification,
        application=shown.application,
        application_name=shown.details.application,
        source=shown.details.source,
        asked_at=shown.details.asked_at,
        number_needed=shown.details.number_needed,
        contended=shown.details.contended,
        nonce=shown.nonce,
        issued_at=shown.issued_at,
        expires_at=shown.expires_at,
    )
