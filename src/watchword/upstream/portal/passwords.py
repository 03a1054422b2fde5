"""
Local passwords, checked by a server that has none of their hashes (`app.channel.passwords` is the other half).

The portal names what the hash is made with, a thread makes it of what was typed, and the portal compares. The password
stays here; the hash that is kept stays there.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from watchword.domain.applications import PrimaryKind
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit import passwords
from watchword.kit.passwords import Recipe
from watchword.kit.workers import Workers
from watchword.ports.login import PrimaryAttempt
from watchword.upstream.portal.requests import Reply, Requests
from watchword.wire.channel.messages import Check, Checked, Salt, Salted

CHECKED_BY: Final = PrimaryKind.LOCAL.value

_VERDICTS: Final = {
    PrimaryVerdict.ACCEPTED.value: PrimaryVerdict.ACCEPTED,
    PrimaryVerdict.REJECTED.value: PrimaryVerdict.REJECTED,
}


class FarPasswords:
    """Checks passwords that are kept at the portal."""

    def __init__(
        self, requests: Requests, *, proof: Callable[[PrimaryAttempt], bytes | None], workers: Workers
    ) -> None:
        """
        Make it.

        Args:
            requests: how the portal is asked.
            proof: makes the newest proof of the password of an attempt, None where this server has no keys any more.
            workers: threads that hash.
        """
        self._requests = requests
        self._proof = proof
        self._workers = workers

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        """Check a password: ACCEPTED, REJECTED, or AWAY where that cannot be told in time."""
        number = self._requests.number()
        self._requests.ask(
            number,
            lambda _left: Salt(id=number, user=attempt.user),
            partial(self._salted, attempt, done),
            deadline=attempt.deadline,
            anew=True,
        )

    def _salted(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None], reply: Reply | None) -> None:
        if not isinstance(reply, Salted):
            done(_away("the portal does not answer"))
            return
        recipe = Recipe(
            salt=reply.salt, memory=reply.memory, passes=reply.passes, lanes=reply.lanes, octets=reply.octets
        )
        if not recipe.is_bearable:
            done(_away("the password's hash would cost too much here"))
        elif self._workers.full:
            done(_away("too many passwords are being checked at once"))
        else:
            work = partial(passwords.made, attempt.password.octets, recipe)
            self._workers.submit(work, partial(self._made, attempt, done))

    def _made(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None], digest: bytes | None) -> None:
        if digest is None:
            done(_away("the password could not be hashed"))
            return
        number, proof = self._requests.number(), self._proof(attempt)
        if proof is None:
            # It was revoked while it hashed, and has forgotten what the portal had given it.
            done(_away("this server may not check passwords any more"))
            return
        self._requests.ask(
            number,
            lambda left: Check(id=number, user=attempt.user, digest=digest, proof=proof, remaining=left),
            partial(_checked, done),
            deadline=attempt.deadline,
            anew=False,
        )


def _checked(done: Callable[[PrimaryResult], None], reply: Reply | None) -> None:
    verdict = _VERDICTS.get(reply.verdict) if isinstance(reply, Checked) else None
    if verdict is None:
        done(_away("the portal did not say whether the password was right"))
    else:
        done(PrimaryResult(verdict=verdict, checked_by=CHECKED_BY))


def _away(why: str) -> PrimaryResult:
    return PrimaryResult(verdict=PrimaryVerdict.AWAY, checked_by=CHECKED_BY, detail=why)
