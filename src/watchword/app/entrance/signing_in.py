"""
Signing in: a password and then a second step, or a passkey alone whose authenticator knows its holder.

Whoever has shown his password alone has a token that opens nothing but the page for the second step. Whether a name is
known tells neither an answer nor the time that it takes (V8, ASVS 6.3.8).
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from watchword.app.administration import SYSTEM, Administration, Refusal, forbidden
from watchword.app.entrance import proving
from watchword.app.entrance.opening import Client, Opened, opening, scribe_of
from watchword.app.entrance.proving import CodeShown
from watchword.app.throttles import Throttles
from watchword.app.tokens import new_token, token_digest
from watchword.domain.administrators import SIGN_IN_SECONDS, Administrator, Ceremony, login_name
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.domain.verification import PrimaryVerdict
from watchword.kit.clock import MICROSECONDS
from watchword.ports.records import Changer, Reader

WRONG_PASSWORD: Final = forbidden("the name or the password is wrong")
TOO_FAST: Final = forbidden("too many wrong passwords; wait a minute, then try again")
START_AGAIN: Final = forbidden("that took too long, or was done already; start again with the password")

_NO_NAME: Final = "?"


class SigningIn:
    """Lets administrators in."""

    def __init__(self, context: Administration) -> None:
        self._context = context
        self._throttles = Throttles(clock=context.clock)

    async def password(self, name: str, password: Secret, client: Client) -> Secret | Refusal:
        """Return the token of a sign-in whose second step is still to be shown, where the password is right."""
        context = self._context
        folded = login_name(name) or _NO_NAME
        limits, known = await context.records.read(
            lambda records: (records.configuration().settings.throttle, records.administrator_named(folded))
        )
        key = (folded if known is None else known.id, client.source)
        attempt = context.identifiers.new()
        if not self._throttles.admit(key, attempt, limits):
            return TOO_FAST
        verdict = PrimaryVerdict.AWAY
        try:
            encoded = None if known is None else known.password
            right = await asyncio.to_thread(context.check_password, password, encoded)
            verdict = PrimaryVerdict.ACCEPTED if right else PrimaryVerdict.REJECTED
        finally:
            self._throttles.settle(key, attempt, verdict, limits)
        if known is None or not right or known.disabled:
            await self._failed(known, client)
            return WRONG_PASSWORD
        return await self._half_way(known)

    async def _failed(self, known: Administrator | None, client: Client) -> None:
        """Write it down, for nobody too: it takes its time. What was typed is not kept: it may be a password."""
        name, subject = (_NO_NAME, None) if known is None else (known.name, known.id)
        row = self._context.scribe(SYSTEM).row(
            AuditEvent.SIGN_IN_FAILED,
            subject=subject,
            administrator=name,
            because="wrong-password",
            source=client.source,
        )
        await self._context.records.change(lambda records: records.audit(row))

    async def _half_way(self, administrator: Administrator) -> Secret:
        token = new_token(self._context.randomness)
        until = self._context.clock.now() + SIGN_IN_SECONDS * MICROSECONDS
        digest = token_digest(token)
        await self._context.records.change(
            lambda records: records.add_sign_in(digest, administrator.id, expires_at=until)
        )
        return token

    async def half_way(self, token: Secret) -> Administrator | None:
        """Return who has shown his password and holds this token, None where nobody has."""
        digest, now = token_digest(token), self._context.clock.now()
        return await self._context.records.read(lambda records: records.sign_in(digest, now=now))

    async def code(self, token: Secret, code: str, client: Client) -> Opened | Refusal:
        """Begin a session with the code of a token, after the password."""
        known = await self.half_way(token)
        if known is None:
            return START_AGAIN
        scribe, session, digest = scribe_of(self._context, known), opening(self._context, client), token_digest(token)
        shown = CodeShown(code=code.strip(), source=client.source, wall=self._context.clock.wall())

        def change(records: Changer) -> Opened | Refusal:
            administrator = records.sign_in(digest, now=scribe.at)
            if administrator is None:
                return START_AGAIN
            refused = proving.spend_code(records, administrator, shown, scribe)
            if refused is not None:
                return refused
            records.take_sign_in(digest, now=scribe.at)
            return session.begin(records, administrator, scribe, by="password and code")

        return await self._context.records.change(change)

    async def ask(self, token: Secret) -> dict[str, Any] | Refusal:
        """
        Return what a browser is asked for.

        Whoever holds the token of a password shows one of his own passkeys; anybody else shows any, with his finger.
        """
        known = await self.half_way(token)
        ceremony = Ceremony.SIGN_IN if known is None else Ceremony.SECOND_STEP
        return await proving.ask_for_passkey(
            self._context, ceremony, bound=token_digest(token), known=() if known is None else known.passkeys
        )

    async def passkey(self, token: Secret, answer: Mapping[str, Any], client: Client) -> Opened | Refusal:
        """Begin a session with a passkey, alone or after the password."""
        half_way = await self.half_way(token)
        ceremony = Ceremony.SIGN_IN if half_way is None else Ceremony.SECOND_STEP
        examined = await proving.examine_passkey(self._context, answer, ceremony)
        if isinstance(examined, Refusal):
            return examined
        owner, shown = examined
        if half_way is not None and half_way.id != owner.id:
            return proving.WRONG_PASSKEY
        scribe, session, digest = scribe_of(self._context, owner), opening(self._context, client), token_digest(token)

        def change(records: Changer) -> Opened | Refusal:
            administrator = _as_it_is_now(records, owner)
            if administrator is None:
                return proving.WRONG_PASSKEY
            refused = proving.spend_passkey(records, administrator, shown, ceremony, digest, scribe)
            if refused is not None:
                return refused
            if ceremony is Ceremony.SECOND_STEP and not records.take_sign_in(digest, now=scribe.at):
                return START_AGAIN
            by = "passkey" if ceremony is Ceremony.SIGN_IN else "password and passkey"
            return session.begin(records, administrator, scribe, by=by)

        return await self._context.records.change(change)


def _as_it_is_now(records: Reader, administrator: Administrator) -> Administrator | None:
    return records.administrator(administrator.id)
