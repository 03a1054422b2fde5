"""
Setting up: whoever follows his link chooses a password and a second step, shows that it works, and is signed in.

The first link makes the first owner. It is made at every start as long as there is none, and voids the ones before it;
the others are made for one administrator each. A link is spent by a conditional write in the transaction that makes
him who he is (design.md section 6 of those links: single use, 24 hours at most).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from watchword.app.administration import SYSTEM, Administration, Refusal, Scribe, conflict, forbidden, invalid
from watchword.app.enrol import ISSUER
from watchword.app.entrance import proving
from watchword.app.entrance.opening import Client, Opened, opening
from watchword.app.manage.texts import label_of
from watchword.app.tokens import new_token, token_digest
from watchword.domain import otp
from watchword.domain.administrators import (
    SETUP_LINK_SECONDS,
    TOTP_SECONDS,
    Administrator,
    AdministratorId,
    Ceremony,
    Passkey,
    PasskeyId,
    SetupDraft,
    SetupLink,
    login_name,
    password_fault,
    relying_party,
    site_of,
)
from watchword.domain.events import AuditEvent
from watchword.domain.lockout import NO_FAILURES
from watchword.domain.methods import Method, MethodId, MethodKind, Totp
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.kit import passkeys
from watchword.kit.clock import MICROSECONDS
from watchword.ports.records import Changer, Reader, Taken

SEED_OCTETS: Final = 20
"""Octets of a token's seed: as long as SHA-1's output (RFC 4226 section 4 R6)."""

SPENT: Final = forbidden(
    "this link was used, replaced by a newer one, or is older than a day; `watchword admin link` on the host makes"
    " another"
)
NOT_CHOSEN: Final = invalid("choose a name and a password first")
DISABLED: Final = forbidden("this administrator is disabled; an owner has to enable him first")
OWNED: Final = conflict("there is an owner already; ask him for an invitation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What somebody chooses who follows his link; the name is that of the link, where it is somebody's."""

    name: str
    display: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """
    What somebody who follows a link sees of himself.

    Attributes:
        name: what he will sign in with, empty as long as the first owner has not chosen it.
        uri: what his authenticator app scans, None before he has chosen a password.
        seed: the same, to be typed, in groups of four.
    """

    name: str
    display: str
    role: Role
    uri: str | None = field(default=None, repr=False)
    seed: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A time-based token as it is shown to whoever will have it."""

    uri: str = field(repr=False)
    seed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    """The second step that was seen to work: one of the two."""

    totp: Totp | None = None
    passkey: Passkey | None = None
    challenge: bytes = b""


def token_of(seed: Secret, name: str) -> Token:
    """Return how a token is shown."""
    uri = otp.uri(Totp(secret=seed, period=TOTP_SECONDS), issuer=ISSUER, account=name)
    written = uri.partition("secret=")[2].partition("&")[0]
    return Token(uri=uri, seed=" ".join(written[start : start + 4] for start in range(0, len(written), 4)))


def first_code(seed: Secret, code: str, wall: int) -> Totp | None:
    """Return the token of a seed whose code was typed, with that code spent; None where it is another's."""
    token = Totp(secret=seed, period=TOTP_SECONDS)
    found = otp.check((Method(id=MethodId(b""), kind=MethodKind.TOTP, detail=token),), code.strip(), wall)
    return token._replace(last_step=found.step, drift=found.drift) if isinstance(found, otp.Matched) else None


async def first_link(context: Administration) -> str | None:
    """Return the URL that makes the first owner, a new one for each call; None once there is one."""
    token, scribe = new_token(context.randomness), context.scribe(SYSTEM)

    def change(records: Changer) -> bool:
        voided = records.void_setup_links(None)
        if any(one.is_acting_owner for one in records.administrators()):
            return False
        add_link(records, None, token, scribe, voided=voided)
        return True

    return url_of(context, token) if await context.records.change(change) else None


def add_link(
    records: Changer, administrator: AdministratorId | None, token: Secret, scribe: Scribe, *, voided: int
) -> SetupLink:
    """Make a link, in the transaction that voids those before it."""
    until = scribe.at + SETUP_LINK_SECONDS * MICROSECONDS
    link = SetupLink(administrator=administrator, created_at=scribe.at, expires_at=until)
    records.add_setup_link(token_digest(token), link)
    records.audit(scribe.row(AuditEvent.SETUP_LINK_MADE, subject=administrator, voided=str(voided)))
    return link


def url_of(context: Administration, token: Secret) -> str:
    """Return the URL of a link."""
    return f"{site_of(context.portal_url)}/setup/{token.octets.decode()}"


class SettingUp:
    """Makes administrators of those who follow their links."""

    def __init__(self, context: Administration) -> None:
        self._context = context

    async def look(self, token: Secret) -> Shown | Refusal:
        """Return what somebody who follows a link sees."""
        digest, now = token_digest(token), self._context.clock.now()

        def read(records: Reader) -> Shown | Refusal:
            link = records.setup_link(digest, now=now)
            if link is None:
                return SPENT
            known = _whose(records, link)
            name, display, role = ("", "", Role.OWNER) if known is None else (known.name, known.display, known.role)
            if link.draft is None:
                return Shown(name=name, display=display, role=role)
            shown = token_of(link.draft.seed, link.draft.name)
            return Shown(name=link.draft.name, display=link.draft.display, role=role, uri=shown.uri, seed=shown.seed)

        return await self._context.records.read(read)

    async def choose(self, token: Secret, choice: Choice) -> Shown | Refusal:
        """Keep what was chosen until the second step was seen to work."""
        context, digest = self._context, token_digest(token)
        fault = password_fault(choice.password.octets)
        if fault is not None:
            return invalid(fault)
        display = label_of(choice.display or choice.name, "an administrator")
        if isinstance(display, Refusal):
            return display
        encoded = await asyncio.to_thread(context.hash_password, choice.password)
        seed, now = Secret(context.randomness.octets(SEED_OCTETS)), context.clock.now()
        new = AdministratorId(context.identifiers.new())

        def change(records: Changer) -> Refusal | None:
            link = records.setup_link(digest, now=now)
            if link is None:
                return SPENT
            known = _whose(records, link)
            name = login_name(choice.name) if known is None else known.name
            if name is None:
                return invalid("the name must have 1 to 64 characters, without blanks and colons")
            if known is None and records.administrator_named(name) is not None:
                return conflict(f"there is an administrator {name} already; choose another name")
            identifier = new if known is None else known.id
            draft = SetupDraft(id=identifier, name=name, display=display, password=encoded, seed=seed)
            records.draft_setup(digest, draft)
            return None

        return await context.records.change(change) or await self.look(token)

    async def by_code(self, token: Secret, code: str, client: Client) -> Opened | Refusal:
        """Finish with the code of the token that was shown."""
        wall = self._context.clock.wall()

        def prove(link: SetupLink) -> _Proof | Refusal:
            totp = None if link.draft is None else first_code(link.draft.seed, code, wall)
            return proving.WRONG_CODE if totp is None else _Proof(totp=totp)

        return await self._finish(token, client, prove, by="password and code")

    async def ask(self, token: Secret) -> dict[str, Any] | Refusal:
        """Return what a browser is asked for, to make a passkey."""
        party, link = relying_party(self._context.portal_url), await self._link(token)
        if party is None:
            return proving.NO_PARTY
        if isinstance(link, Refusal):
            return link
        if link.draft is None:
            return NOT_CHOSEN
        challenge = await proving.new_challenge(self._context, Ceremony.SET_UP, bound=token_digest(token))
        return await asyncio.to_thread(
            passkeys.creation_options,
            party=party.id,
            user=link.draft.id,
            name=link.draft.name,
            display=link.draft.display,
            challenge=challenge,
            known=(),
        )

    async def by_passkey(
        self, token: Secret, answer: Mapping[str, Any], label: str, client: Client
    ) -> Opened | Refusal:
        """Finish with a passkey that was made."""
        made = await new_passkey(self._context, answer, label)
        if isinstance(made, Refusal):
            return made
        passkey, challenge = made
        return await self._finish(
            token, client, lambda _: _Proof(passkey=passkey, challenge=challenge), by="password and passkey"
        )

    async def _link(self, token: Secret) -> SetupLink | Refusal:
        digest, now = token_digest(token), self._context.clock.now()
        return await self._context.records.read(lambda records: records.setup_link(digest, now=now)) or SPENT

    async def _finish(
        self, token: Secret, client: Client, prove: Callable[[SetupLink], _Proof | Refusal], *, by: str
    ) -> Opened | Refusal:
        context, digest = self._context, token_digest(token)
        link = await self._link(token)
        if isinstance(link, Refusal):
            return link
        if link.draft is None:
            return NOT_CHOSEN
        proof = prove(link)
        if isinstance(proof, Refusal):
            return proof
        draft, session = link.draft, opening(context, client)
        scribe = context.scribe(replace(SYSTEM, name=draft.name))

        def change(records: Changer) -> Opened | Refusal:
            kept = records.setup_link(digest, now=scribe.at)
            if kept is None or kept.draft != draft or not records.take_setup_link(digest, now=scribe.at):
                return SPENT
            if proof.passkey is not None and not records.take_ceremony(
                proof.challenge, Ceremony.SET_UP, bound=digest, now=scribe.at
            ):
                raise _Undone(proving.WRONG_PASSKEY)
            administrator = _whose(records, kept) or _first_owner(records, kept, draft, scribe)
            if administrator.disabled:
                raise _Undone(DISABLED)
            _arm(records, administrator, draft, proof, scribe)
            return session.begin(records, administrator, scribe, by=by)

        try:
            return await context.records.change(change)
        except Taken as taken:
            return conflict(str(taken))
        except _Undone as undone:
            return undone.refusal


class _Undone(Exception):  # noqa: N818 - it ends a transaction, so that the link stays good
    """A refusal that undoes what was written before it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


async def new_passkey(
    context: Administration, answer: Mapping[str, Any], label: str
) -> tuple[Passkey, bytes] | Refusal:
    """Return a passkey that a browser says was made, and the challenge that it answers, which is not spent yet."""
    party = relying_party(context.portal_url)
    if party is None:
        return proving.NO_PARTY
    named = label_of(label or "Passkey", "a passkey")
    if isinstance(named, Refusal):
        return named
    challenge = passkeys.challenge_in(answer)
    if challenge is None:
        return proving.WRONG_PASSKEY
    made = await asyncio.to_thread(passkeys.created, answer, challenge=challenge, party=party.id, origin=party.origin)
    if made is None:
        return proving.WRONG_PASSKEY
    passkey = Passkey(
        id=PasskeyId(context.identifiers.new()),
        credential=made.credential,
        public_key=made.public_key,
        sign_count=made.sign_count,
        label=named,
        transports=made.transports,
        synced=made.synced,
        created_at=context.clock.now(),
    )
    return passkey, challenge


def _whose(records: Reader, link: SetupLink) -> Administrator | None:
    return None if link.administrator is None else records.administrator(link.administrator)


def _first_owner(records: Changer, link: SetupLink, draft: SetupDraft, scribe: Scribe) -> Administrator:
    if link.administrator is not None or any(one.is_acting_owner for one in records.administrators()):
        raise _Undone(OWNED)
    owner = Administrator(
        id=draft.id,
        name=draft.name,
        display=draft.display,
        role=Role.OWNER,
        created_at=scribe.at,
    )
    records.add_administrator(owner)
    records.void_setup_links(None)
    row = scribe.row(AuditEvent.ADMINISTRATOR_ADDED, subject=owner.id, name=owner.name, role=owner.role.value)
    records.audit(row)
    return owner


def _arm(records: Changer, administrator: Administrator, draft: SetupDraft, proof: _Proof, scribe: Scribe) -> None:
    """Give an administrator what he signs in with, in place of whatever he had."""
    records.end_sessions(administrator.id)
    records.set_administrator_failures(administrator.id, NO_FAILURES)
    records.remove_passkeys(administrator.id)
    records.set_administrator(replace(administrator, display=draft.display))
    records.set_administrator_password(administrator.id, draft.password)
    records.set_administrator_totp(administrator.id, proof.totp)
    if proof.passkey is not None:
        records.add_passkey(administrator.id, proof.passkey)
    second = "passkey" if proof.passkey is not None else "totp"
    records.audit(
        scribe.row(
            AuditEvent.ADMINISTRATOR_SET_UP, subject=administrator.id, name=administrator.name, second_step=second
        )
    )
