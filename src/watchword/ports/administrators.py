"""
What administration reads and changes of those who administer.

Tokens are known by their SHA-256 alone: whoever reads the database can sign in with nothing that he finds there.
"""

from dataclasses import dataclass
from typing import Protocol

from watchword.domain.administrators import (
    Administrator,
    AdministratorId,
    ApiKey,
    ApiKeyId,
    Ceremony,
    Passkey,
    PasskeyId,
    Session,
    SessionId,
    SetupDraft,
    SetupLink,
)
from watchword.domain.lockout import Failures
from watchword.domain.methods import Totp
from watchword.domain.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session, and whose it is."""

    session: Session
    administrator: Administrator


class AdministratorReader(Protocol):
    """What can be read of those who administer."""

    def administrators(self) -> list[Administrator]:
        """Return everybody who administers, in the order of their names."""

    def administrator(self, administrator: AdministratorId) -> Administrator | None:
        """Load an administrator by id."""

    def administrator_named(self, name: str) -> Administrator | None:
        """Find an administrator by his folded name."""

    def passkey_owner(self, credential: bytes) -> Administrator | None:
        """Find whose passkey an authenticator calls so."""

    def signed_in(self, digest: bytes) -> SignedIn | None:
        """Find a session by its token, whether it is live or not."""

    def totp_draft(self, session: SessionId) -> Secret | None:
        """Return the seed of a token that is to be proven in a session, None where there is none."""

    def sessions(self, administrator: AdministratorId | None) -> list[Session]:
        """Return the sessions of an administrator, or of everybody, the newest first."""

    def sign_in(self, digest: bytes, *, now: int) -> Administrator | None:
        """Find who has shown his password with this token and not his second step yet."""

    def setup_link(self, digest: bytes, *, now: int) -> SetupLink | None:
        """Find a link that is still good."""

    def api_key(self, digest: bytes) -> ApiKey | None:
        """Find an API key, whether it is good or not."""

    def api_keys(self) -> list[ApiKey]:
        """Return every API key, the newest first."""


class AdministratorChanger(AdministratorReader, Protocol):
    """What can be changed of those who administer."""

    def add_administrator(self, administrator: Administrator) -> None:
        """Add an administrator without what he signs in with. Raises `ports.records.Taken` for a name in use."""

    def set_administrator(self, administrator: Administrator) -> None:
        """Replace what an administrator is but his name, and nothing of what he signs in with."""

    def remove_administrator(self, administrator: AdministratorId) -> None:
        """Remove an administrator with everything that is his."""

    def set_administrator_password(self, administrator: AdministratorId, encoded: str) -> None:
        """Set the argon2id hash of a password."""

    def set_administrator_totp(self, administrator: AdministratorId, totp: Totp | None) -> None:
        """Set or remove the one time-based token."""

    def spend_administrator_step(self, administrator: AdministratorId, *, step: int, drift: int) -> bool:
        """Spend a time step by one conditional write; False where it or a later one was spent before."""

    def set_administrator_failures(self, administrator: AdministratorId, failures: Failures) -> None:
        """Keep the wrong second steps of an administrator."""

    def add_passkey(self, administrator: AdministratorId, passkey: Passkey) -> None:
        """Add a passkey. Raises `ports.records.Taken` where somebody has it."""

    def remove_passkey(self, administrator: AdministratorId, passkey: PasskeyId) -> bool:
        """Remove a passkey; False where he has no such one."""

    def remove_passkeys(self, administrator: AdministratorId) -> None:
        """Remove every passkey of an administrator."""

    def count_passkey(self, passkey: PasskeyId, *, sign_count: int, at: int) -> bool:
        """Take a passkey's next count by one conditional write; False where it cannot come after the last one."""

    def flag_passkey(self, passkey: PasskeyId, *, at: int) -> None:
        """Remember that a passkey's count went back."""

    def add_session(self, session: Session, digest: bytes) -> None:
        """Begin a session."""

    def renew_session(self, old: bytes, new: bytes, *, confirmed_at: int) -> bool:
        """Give a session another token because more was shown, by one conditional write; False where it has ended."""

    def see_session(self, session: SessionId, *, at: int) -> None:
        """Remember that somebody was there."""

    def draft_totp(self, session: SessionId, seed: Secret | None) -> None:
        """Keep the seed of a token that is to be proven in a session, or forget it."""

    def end_session(self, session: SessionId) -> bool:
        """End a session; False where there is none."""

    def end_sessions(self, administrator: AdministratorId, *, but: SessionId | None = None) -> int:
        """End all sessions and sign-ins of an administrator but one session, and tell how many sessions those were."""

    def add_sign_in(self, digest: bytes, administrator: AdministratorId, *, expires_at: int) -> None:
        """Remember that somebody has shown his password."""

    def take_sign_in(self, digest: bytes, *, now: int) -> bool:
        """Spend that by one conditional write; False where it was spent or is too old."""

    def add_ceremony(self, challenge: bytes, ceremony: Ceremony, *, bound: bytes, expires_at: int) -> None:
        """Remember a passkey's challenge by its SHA-256, what it is for, and the digest of whom it was given to."""

    def take_ceremony(self, challenge: bytes, ceremony: Ceremony, *, bound: bytes, now: int) -> bool:
        """Spend a challenge by one conditional write; False where nothing fits."""

    def add_setup_link(self, digest: bytes, link: SetupLink) -> None:
        """Make a link."""

    def void_setup_links(self, administrator: AdministratorId | None) -> int:
        """Void all links of an administrator, or those of the first owner, and return how many there were."""

    def draft_setup(self, digest: bytes, draft: SetupDraft) -> None:
        """Keep what somebody has chosen who follows his link."""

    def take_setup_link(self, digest: bytes, *, now: int) -> bool:
        """Spend a link by one conditional write; False where it was spent or voided, or is too old."""

    def add_api_key(self, key: ApiKey, digest: bytes) -> None:
        """Add an API key."""

    def revoke_api_key(self, key: ApiKeyId, *, at: int) -> bool:
        """Revoke an API key by one conditional write; False where it is revoked already, or there is none."""

    def see_api_key(self, key: ApiKeyId, *, at: int) -> None:
        """Remember that a key was used."""
