"""
A second step is shown: the code of a token, or a passkey.

Both are spent by a conditional write, in the transaction that writes what came of it.

Wrong codes lock, as those of users do, and the lock holds for every way in. Nobody can guess a passkey, so that one
which is wrong counts for nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from watchword.app.administration import Administration, Refusal, Scribe, conflict, forbidden, invalid
from watchword.app.manage.texts import instant
from watchword.domain import otp
from watchword.domain.administrators import (
    SIGN_IN_SECONDS,
    Administrator,
    Ceremony,
    Passkey,
    RelyingParty,
    relying_party,
)
from watchword.domain.events import AuditEvent
from watchword.domain.lockout import Failure, count_failure, count_success
from watchword.domain.methods import Method, MethodId, MethodKind
from watchword.kit import passkeys
from watchword.kit.clock import MICROSECONDS
from watchword.ports.records import Changer

CHALLENGE_OCTETS: Final = 32
"""Octets of a challenge; 16 are demanded (WebAuthn section 13.4.3)."""

WRONG_CODE: Final = invalid("the code is wrong, or was used before; wait for the next one")
WRONG_PASSKEY: Final = invalid("this passkey was not accepted; try again, or use another one")
NO_PARTY: Final = conflict(
    "passkeys need a host name, and this portal is known by an address alone: set public_url to the URL that"
    " browsers use"
)


def barred(administrator: Administrator, now: int) -> Refusal | None:
    """Return why somebody may not come in whatever he shows, None where he may."""
    if administrator.disabled:
        return forbidden("this administrator is disabled")
    if administrator.failures.locked(now):
        until = instant(administrator.failures.locked_until)
        return forbidden(
            f"too many wrong codes: locked until {until}; an owner can unlock it earlier, and so can"
            f" `watchword admin unlock {administrator.name}` on the host"
        )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeShown:
    """A code that was typed, from where, and when by the wall clock."""

    code: str
    source: str
    wall: int


def spend_code(records: Changer, administrator: Administrator, shown: CodeShown, scribe: Scribe) -> Refusal | None:
    """Spend a code, or count a wrong one and say that it was wrong."""
    refused = barred(administrator, scribe.at)
    if refused is not None:
        return refused
    if administrator.totp is None:
        return WRONG_CODE
    token = Method(id=MethodId(administrator.id), kind=MethodKind.TOTP, detail=administrator.totp)
    found = otp.check((token,), shown.code, shown.wall)
    if isinstance(found, otp.Matched) and records.spend_administrator_step(
        administrator.id, step=found.step, drift=found.drift
    ):
        cleared = count_success(administrator.failures, shown.source)
        if cleared is not administrator.failures:
            records.set_administrator_failures(administrator.id, cleared)
        return None
    limits = records.configuration().settings.lock
    failures = count_failure(administrator.failures, Failure(scribe.at, shown.source), limits)
    records.set_administrator_failures(administrator.id, failures)
    name, whose, source = administrator.name, administrator.id, shown.source
    because = "used-code" if isinstance(found, otp.Used | otp.Matched) else "wrong-code"
    records.audit(
        scribe.row(AuditEvent.SIGN_IN_FAILED, subject=whose, administrator=name, because=because, source=source)
    )
    if failures.locked(scribe.at):
        records.audit(scribe.row(AuditEvent.ADMINISTRATOR_LOCKED, subject=whose, administrator=name, source=source))
    return WRONG_CODE


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyShown:
    """A passkey that has signed a challenge, which was not spent yet."""

    credential: bytes
    challenge: bytes
    sign_count: int


async def ask_for_passkey(
    context: Administration, ceremony: Ceremony, *, bound: bytes, known: Sequence[Passkey]
) -> dict[str, Any] | Refusal:
    """
    Return what a browser is asked for, with a new challenge.

    Args:
        context: what operations may reach.
        ceremony: what the answer will be good for.
        bound: the digest of the token that the browser must still have then.
        known: passkeys that will do; none for any whose authenticator knows its holder.
    """
    party = relying_party(context.portal_url)
    if party is None:
        return NO_PARTY
    challenge = await new_challenge(context, ceremony, bound=bound)
    offered = [(passkey.credential, passkey.transports) for passkey in known]
    return await asyncio.to_thread(
        passkeys.request_options,
        party=party.id,
        challenge=challenge,
        known=offered,
        verified=ceremony is Ceremony.SIGN_IN,
    )


async def new_challenge(context: Administration, ceremony: Ceremony, *, bound: bytes) -> bytes:
    """Make a challenge that is good once, for one thing, and for whoever it was given to."""
    challenge = context.randomness.octets(CHALLENGE_OCTETS)
    until = context.clock.now() + SIGN_IN_SECONDS * MICROSECONDS
    await context.records.change(
        lambda records: records.add_ceremony(challenge, ceremony, bound=bound, expires_at=until)
    )
    return challenge


async def examine_passkey(
    context: Administration, answer: Mapping[str, Any], ceremony: Ceremony
) -> tuple[Administrator, PasskeyShown] | Refusal:
    """Find whose passkey has answered, and check everything about it but what is spent by a conditional write."""
    party = relying_party(context.portal_url)
    if party is None:
        return NO_PARTY
    credential, challenge = passkeys.credential_in(answer), passkeys.challenge_in(answer)
    if credential is None or challenge is None:
        return WRONG_PASSKEY
    owner = await context.records.read(lambda records: records.passkey_owner(credential))
    if owner is None or not passkeys.is_whose(answer, owner.id):
        return WRONG_PASSKEY
    passkey = next(one for one in owner.passkeys if one.credential == credential)
    shown = await asyncio.to_thread(_asserted, answer, challenge, party, passkey, ceremony)
    if shown is None:
        return WRONG_PASSKEY
    return owner, PasskeyShown(credential=credential, challenge=challenge, sign_count=shown.sign_count)


def _asserted(
    answer: Mapping[str, Any], challenge: bytes, party: RelyingParty, passkey: Passkey, ceremony: Ceremony
) -> passkeys.Asserted | None:
    return passkeys.asserted(
        answer,
        challenge=challenge,
        party=party.id,
        origin=party.origin,
        public_key=passkey.public_key,
        verified=ceremony is Ceremony.SIGN_IN,
    )


def spend_passkey(
    records: Changer,
    administrator: Administrator,
    shown: PasskeyShown,
    ceremony: Ceremony,
    bound: bytes,
    scribe: Scribe,
) -> Refusal | None:
    """Spend a challenge that a passkey has signed, or say that it was not accepted."""
    if not records.take_ceremony(shown.challenge, ceremony, bound=bound, now=scribe.at):
        return WRONG_PASSKEY
    refused = barred(administrator, scribe.at)
    if refused is not None:
        return refused
    passkey = next((one for one in administrator.passkeys if one.credential == shown.credential), None)
    if passkey is None:
        return WRONG_PASSKEY
    if not records.count_passkey(passkey.id, sign_count=shown.sign_count, at=scribe.at):
        # Its count went back: there are two of them, and nobody can tell which one this is (P40).
        records.flag_passkey(passkey.id, at=scribe.at)
        name, label = administrator.name, passkey.label
        records.audit(scribe.row(AuditEvent.PASSKEY_REGRESSED, subject=passkey.id, administrator=name, label=label))
        return WRONG_PASSKEY
    return None
