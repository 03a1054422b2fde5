"""
Requests that create something and may be sent again: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

What a key was used for is written down in the transaction that creates the thing, so that a request is done once, over
crashes too. It is kept for a day, under the digest of the API key that asked; what was asked for is kept as a checksum
under that key, because a request may hold a password. A refusal changes nothing and is not kept. An answer that shows a
secret is not kept either: whoever asks again is told that it was shown.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from watchword.app.administration import Administration
from watchword.kit.clock import MICROSECONDS
from watchword.ports.records import Changer, Reader
from watchword.ports.repeats import Done, Remembered
from watchword.web.api.bearer import Known
from watchword.web.api.conditions import Unmet
from watchword.web.api.resources import Resource
from watchword.web.problems import problem, problem_of

HEADER: Final = "idempotency-key"
REPLAYED: Final = "idempotency-replayed"
LONGEST_NAME: Final = 255
KEPT_SECONDS: Final = 86_400
"""Seconds for which a request is remembered."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """An answer as it is kept."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request under a name that was given to it."""

    done: Done

    def write(self, changer: Changer) -> None:
        """Write down that it was done, with what it does. Raises `Unmet` where another was quicker."""
        if not changer.remember(self.done):
            raise Unmet("running")


class Repeats:
    """Knows what was done before."""

    def __init__(self, context: Administration) -> None:
        self._context = context
        self._running: set[tuple[bytes, bytes]] = set()

    async def begin(self, request: Request, known: Known, resource: Resource, body: bytes) -> Attempt | Response | None:
        """
        Begin a request.

        Returns:
            None where it has no name, its answer where it was done before or cannot be done now; otherwise the attempt,
            which must be ended.
        """
        written = request.headers.get(HEADER)
        if written is None or not resource.creates:
            return None
        if not (0 < len(written) <= LONGEST_NAME and written.isascii() and written.isprintable()):
            return problem(400, f"Idempotency-Key is 1 to {LONGEST_NAME} visible ASCII characters")
        name = hashlib.sha256(written.encode()).digest()
        now = self._context.clock.now()
        asked = hmac.digest(known.key.octets, f"{request.method} {request.url.path}\n".encode() + body, "sha256")
        done = Done(owner=known.digest, name=name, request=asked, at=now, expires_at=now + KEPT_SECONDS * MICROSECONDS)
        if (done.owner, name) in self._running:
            return problem_of("running")
        self._running.add((done.owner, name))
        answered = False
        try:
            before = await self._context.records.read(lambda records: _look(records, done))
            if before is not None:
                return _again(before, asked, resource)
            answered = True
            return Attempt(done)
        finally:
            if not answered:
                self._running.discard((done.owner, name))

    async def end(self, attempt: Attempt, resource: Resource, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the answer of an attempt that was done."""
        kept = b"" if resource.hides else msgspec.msgpack.encode(Kept(resource.status, tuple(headers.items()), body))
        done = attempt.done

        def keep(changer: Changer) -> None:
            changer.keep_answer(done.owner, done.name, kept)

        await self._context.records.change(keep)

    def over(self, attempt: Attempt) -> None:
        """Let the same name be used again."""
        self._running.discard((attempt.done.owner, attempt.done.name))


def _look(records: Reader, done: Done) -> Remembered | None:
    return records.remembered(done.owner, done.name, now=done.at)


def _again(before: Remembered, asked: bytes, resource: Resource) -> Response:
    if not hmac.compare_digest(before.request, asked):
        return problem_of("other-request")
    if before.answer is None:
        return problem_of("answer-lost")
    if resource.hides or not before.answer:
        return problem_of("shown-once")
    kept = msgspec.msgpack.decode(before.answer, type=Kept)
    return Response(kept.body, status_code=kept.status, headers={**dict(kept.headers), REPLAYED: "true"})
