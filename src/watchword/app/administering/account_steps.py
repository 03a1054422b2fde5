"""
An administrator's own second steps: passkeys and a time-based token, added, set and removed.

Whatever takes one away ends his other sessions: they may be somebody else's. One second step is always left.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from watchword.app.administering.account import AccountDone, others_ended, self_of, to_self
from watchword.app.administration import Actor, Administration, Refusal, Scribe, conflict, not_found
from watchword.app.entrance import proving
from watchword.app.entrance.setting_up import SEED_OCTETS, first_code, new_passkey, token_of
from watchword.app.manage import finding
from watchword.domain.administrators import (
    MOST_PASSKEYS,
    Administrator,
    Ceremony,
    PasskeyId,
    SessionId,
    relying_party,
)
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.kit import passkeys
from watchword.ports.records import Changer, Taken

ONE_LEFT: Final = conflict("this is the only second step; add another one first")
NO_DRAFT: Final = conflict("begin again: the code that was shown is not there any more")


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyBegin:
    """Begin to add a passkey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAdd:
    """A passkey that was made, as the browser tells it, and how it is called."""

    answer: Mapping[str, Any]
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRemove:
    """The passkey that is to go."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpBegin:
    """Begin to set another token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpShown:
    """The token: `uri` is what an authenticator app scans, `seed` the same to be typed. Both are shown once."""

    uri: str = field(repr=False)
    seed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpSet:
    """The first code of the token that was shown: from now on it counts, and no other."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpRemove:
    """The token is to go."""


async def begin_passkey(context: Administration, actor: Actor, _arguments: PasskeyBegin) -> dict[str, Any] | Refusal:
    """Return what a browser is asked for, to make a passkey."""
    one = await context.records.read(lambda records: self_of(records, actor))
    if isinstance(one, Refusal):
        return one
    party = relying_party(context.portal_url)
    if party is None:
        return proving.NO_PARTY
    challenge = await proving.new_challenge(context, Ceremony.ADD, bound=_bound(actor))
    return await asyncio.to_thread(
        passkeys.creation_options,
        party=party.id,
        user=one.id,
        name=one.name,
        display=one.display,
        challenge=challenge,
        known=[passkey.credential for passkey in one.passkeys],
    )


async def add_passkey(context: Administration, actor: Actor, arguments: PasskeyAdd) -> AccountDone | Refusal:
    """Add a passkey that was made."""
    made = await new_passkey(context, arguments.answer, arguments.label)
    if isinstance(made, Refusal):
        return made
    passkey, challenge = made

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> AccountDone | Refusal:
        if not records.take_ceremony(challenge, Ceremony.ADD, bound=_bound(actor), now=scribe.at):
            return proving.WRONG_PASSKEY
        if len(one.passkeys) >= MOST_PASSKEYS:
            return conflict(f"an administrator has at most {MOST_PASSKEYS} passkeys; remove one first")
        records.add_passkey(one.id, passkey)
        name, label = one.name, passkey.label
        records.audit(scribe.row(AuditEvent.PASSKEY_ADDED, subject=passkey.id, administrator=name, label=label))
        return AccountDone(name=one.name)

    try:
        return await to_self(context, actor, alter)
    except Taken as taken:
        return conflict(str(taken))


async def remove_passkey(context: Administration, actor: Actor, arguments: PasskeyRemove) -> AccountDone | Refusal:
    """Remove a passkey; every other session of one's own ends."""
    identifier = finding.identifier(arguments.id, "a passkey")
    if isinstance(identifier, Refusal):
        return identifier
    wanted = PasskeyId(identifier)

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> AccountDone | Refusal:
        passkey = next((known for known in one.passkeys if known.id == wanted), None)
        if passkey is None:
            return not_found("there is no such passkey")
        if one.second_steps == 1:
            return ONE_LEFT
        records.remove_passkey(one.id, wanted)
        name, label = one.name, passkey.label
        records.audit(scribe.row(AuditEvent.PASSKEY_REMOVED, subject=wanted, administrator=name, label=label))
        return others_ended(records, one, actor, scribe)

    return await to_self(context, actor, alter)


async def begin_totp(context: Administration, actor: Actor, _arguments: TotpBegin) -> TotpShown | Refusal:
    """Show a new token; it counts from its first code on."""
    seed = Secret(context.randomness.octets(SEED_OCTETS))

    def keep(records: Changer) -> Administrator | Refusal:
        one = self_of(records, actor)
        if not isinstance(one, Refusal):
            records.draft_totp(_session(actor), seed)
        return one

    kept = await context.records.change(keep)
    if isinstance(kept, Refusal):
        return kept
    shown = token_of(seed, kept.name)
    return TotpShown(uri=shown.uri, seed=shown.seed)


async def set_totp(context: Administration, actor: Actor, arguments: TotpSet) -> AccountDone | Refusal:
    """Set the token that was shown; every other session of one's own ends."""
    wall = context.clock.wall()

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> AccountDone | Refusal:
        seed = records.totp_draft(_session(actor))
        if seed is None:
            return NO_DRAFT
        totp = first_code(seed, arguments.code, wall)
        if totp is None:
            return proving.WRONG_CODE
        records.set_administrator_totp(one.id, totp)
        records.draft_totp(_session(actor), None)
        records.audit(scribe.row(AuditEvent.TOTP_SET, subject=one.id, administrator=one.name))
        return others_ended(records, one, actor, scribe)

    return await to_self(context, actor, alter)


async def remove_totp(context: Administration, actor: Actor, _arguments: TotpRemove) -> AccountDone | Refusal:
    """Remove the token; every other session of one's own ends."""

    def alter(records: Changer, one: Administrator, scribe: Scribe) -> AccountDone | Refusal:
        if one.totp is None:
            return not_found("there is no token")
        if one.second_steps == 1:
            return ONE_LEFT
        records.set_administrator_totp(one.id, None)
        records.audit(scribe.row(AuditEvent.TOTP_REMOVED, subject=one.id, administrator=one.name))
        return others_ended(records, one, actor, scribe)

    return await to_self(context, actor, alter)


def _bound(actor: Actor) -> bytes:
    """Return what a challenge is bound to: the session, whatever its token is by now."""
    return hashlib.sha256(b"session" + _session(actor)).digest()


def _session(actor: Actor) -> SessionId:
    """Return the session of whoever `_self` has found."""
    return SessionId(b"") if actor.session is None else actor.session
