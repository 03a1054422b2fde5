"""
Who asks: an API key as a bearer token (RFC 6750), in the `Authorization` header and nowhere else.

All that is no good key is refused alike and after the same time, so that nothing is learnt from a refusal. Whoever
fails again and again is made to wait by his network; a key that has just been good is not, so that a stranger behind
the same address cannot keep others out.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from watchword.app.administration import Actor, Administration
from watchword.domain.secrets import Secret
from watchword.kit.clock import NANOSECONDS
from watchword.web.allowances import Allowances
from watchword.web.peers import network_of
from watchword.web.problems import problem

FAILURES_AT_ONCE: Final = 20
FAILURES_A_SECOND: Final = 0.2
"""Keys and secrets of one network that may be wrong."""

REFUSAL_SECONDS: Final = 0.05
"""When a refusal leaves, counted from the request: later than any look-up takes."""

LONGEST_KEY: Final = 512
MOST_KNOWN: Final = 1_000

Pause = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""

Authenticate = Callable[[Administration, Secret], Awaitable[Actor | None]]
"""Finds whose a key is, None where it is nobody's: `app.manage.api_keys.authenticate`."""

_CHALLENGE: Final = 'Bearer realm="watchword"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whoever asks, by the digest of his key, and the key itself."""

    actor: Actor
    key: Secret
    digest: bytes


class Guesses:
    """Keeps those who guess from going on, and from learning anything by the time that a refusal takes."""

    def __init__(self, context: Administration, *, pause: Pause) -> None:
        self._clock = context.clock
        self._pause = pause
        self._failures = Allowances(clock=context.clock, burst=FAILURES_AT_ONCE, per_second=FAILURES_A_SECOND)
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def too_many(self, request: Request, digest: bytes) -> Response | None:
        """Refuse a network that has guessed too often, unless what it shows was good a moment ago."""
        network = network_of(request)
        if digest in self._good or self._failures.has_any(network):
            return None
        response = problem(429)
        response.headers["retry-after"] = str(self._failures.seconds_to_one(network))
        return response

    def good(self, digest: bytes) -> None:
        """Remember that something was good."""
        self._good[digest] = None
        self._good.move_to_end(digest)
        if len(self._good) > MOST_KNOWN:
            self._good.popitem(last=False)

    async def refuse(self, request: Request, digest: bytes, challenge: str, since: int) -> Response:
        """Count a guess and refuse it, so many seconds after `since` (monotonic nanoseconds)."""
        self._good.pop(digest, None)
        self._failures.spend(network_of(request))
        left = REFUSAL_SECONDS - (self._clock.monotonic() - since) / NANOSECONDS
        if left > 0:
            await self._pause(left)
        response = problem(401)
        response.headers["www-authenticate"] = challenge
        return response


class Bearers:
    """Finds out who asks."""

    def __init__(self, context: Administration, guesses: Guesses, authenticate: Authenticate) -> None:
        self._context = context
        self._guesses = guesses
        self._authenticate = authenticate

    async def who(self, request: Request) -> Known | Response:
        """Return who asks, or his refusal. Raises `ports.login.StoreAway`."""
        since = self._context.clock.monotonic()
        scheme, _, written = request.headers.get("authorization", "").partition(" ")
        key = Secret(written.strip().encode()[:LONGEST_KEY])
        digest = hashlib.sha256(key.octets).digest()
        refused = self._guesses.too_many(request, digest)
        if refused is not None:
            return refused
        if scheme.lower() == "bearer" and key.octets:
            actor = await self._authenticate(self._context, key)
            if actor is not None:
                self._guesses.good(digest)
                return Known(actor=actor, key=key, digest=digest)
        return await self._guesses.refuse(request, digest, _CHALLENGE, since)
