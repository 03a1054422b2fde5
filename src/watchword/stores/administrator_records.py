"""
`ports.administrators` on one connection: the part of reader and changer that is about those who administer.
"""

import sqlite3

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
from watchword.kit.sealing import KeyRing
from watchword.ports.administrators import SignedIn
from watchword.stores import administrators, api_keys, entrances


class AdministratorReads:
    """Reads."""

    _connection: sqlite3.Connection
    _keys: KeyRing

    def administrators(self) -> list[Administrator]:
        """Return everybody who administers, in the order of their names."""
        return administrators.everybody(self._connection, self._keys)

    def administrator(self, administrator: AdministratorId) -> Administrator | None:
        """Load an administrator by id."""
        return administrators.load(self._connection, self._keys, administrator)

    def administrator_named(self, name: str) -> Administrator | None:
        """Find an administrator by his folded name."""
        return administrators.named(self._connection, self._keys, name)

    def passkey_owner(self, credential: bytes) -> Administrator | None:
        """Find whose passkey an authenticator calls so."""
        return administrators.owner(self._connection, self._keys, credential)

    def signed_in(self, digest: bytes) -> SignedIn | None:
        """Find a session by its token, whether it is live or not."""
        found = entrances.session(self._connection, digest)
        if found is None:
            return None
        administrator = self.administrator(found.administrator)
        return None if administrator is None else SignedIn(session=found, administrator=administrator)

    def totp_draft(self, session: SessionId) -> Secret | None:
        """Return the seed of a token that is to be proven in a session, None where there is none."""
        return entrances.totp_draft(self._connection, self._keys, session)

    def sessions(self, administrator: AdministratorId | None) -> list[Session]:
        """Return the sessions of an administrator, or of everybody, the newest first."""
        return entrances.sessions(self._connection, administrator)

    def sign_in(self, digest: bytes, *, now: int) -> Administrator | None:
        """Find who has shown his password with this token and not his second step yet."""
        found = entrances.sign_in(self._connection, digest, now=now)
        return None if found is None else self.administrator(found)

    def setup_link(self, digest: bytes, *, now: int) -> SetupLink | None:
        """Find a link that is still good."""
        return entrances.setup_link(self._connection, self._keys, digest, now=now)

    def api_key(self, digest: bytes) -> ApiKey | None:
        """Find an API key, whether it is good or not."""
        return api_keys.api_key(self._connection, digest)

    def api_keys(self) -> list[ApiKey]:
        """Return every API key, the newest first."""
        return api_keys.api_keys(self._connection)


class AdministratorChanges(AdministratorReads):
    """Changes."""

    def add_administrator(self, administrator: Administrator) -> None:
        """Add an administrator without what he signs in with. Raises `ports.records.Taken` for a name in use."""
        administrators.add(self._connection, administrator)

    def set_administrator(self, administrator: Administrator) -> None:
        """Replace what an administrator is but his name, and nothing of what he signs in with."""
        administrators.change(self._connection, administrator)

    def remove_administrator(self, administrator: AdministratorId) -> None:
        """Remove an administrator with everything that is his."""
        administrators.remove(self._connection, administrator)

    def set_administrator_password(self, administrator: AdministratorId, encoded: str) -> None:
        """Set the argon2id hash of a password."""
        administrators.set_password(self._connection, administrator, encoded)

    def set_administrator_totp(self, administrator: AdministratorId, totp: Totp | None) -> None:
        """Set or remove the one time-based token."""
        administrators.set_totp(self._connection, self._keys, administrator, totp)

    def spend_administrator_step(self, administrator: AdministratorId, *, step: int, drift: int) -> bool:
        """Spend a time step by one conditional write; False where it or a later one was spent before."""
        return administrators.spend_step(self._connection, administrator, step=step, drift=drift)

    def set_administrator_failures(self, administrator: AdministratorId, failures: Failures) -> None:
        """Keep the wrong second steps of an administrator."""
        administrators.set_failures(self._connection, administrator, failures)

    def add_passkey(self, administrator: AdministratorId, passkey: Passkey) -> None:
        """Add a passkey. Raises `ports.records.Taken` where somebody has it."""
        administrators.add_passkey(self._connection, administrator, passkey)

    def remove_passkey(self, administrator: AdministratorId, passkey: PasskeyId) -> bool:
        """Remove a passkey; False where he has no such one."""
        return administrators.remove_passkey(self._connection, administrator, passkey)

    def remove_passkeys(self, administrator: AdministratorId) -> None:
        """Remove every passkey of an administrator."""
        administrators.remove_passkeys(self._connection, administrator)

    def count_passkey(self, passkey: PasskeyId, *, sign_count: int, at: int) -> bool:
        """Take a passkey's next count by one conditional write; False where it cannot come after the last one."""
        return administrators.count_passkey(self._connection, passkey, sign_count=sign_count, at=at)

    def flag_passkey(self, passkey: PasskeyId, *, at: int) -> None:
        """Remember that a passkey's count went back."""
        administrators.flag_passkey(self._connection, passkey, at=at)

    def add_session(self, session: Session, digest: bytes) -> None:
        """Begin a session."""
        entrances.add_session(self._connection, session, digest)

    def renew_session(self, old: bytes, new: bytes, *, confirmed_at: int) -> bool:
        """Give a session another token because more was shown, by one conditional write; False where it has ended."""
        return entrances.renew_session(self._connection, old, new, at=confirmed_at)

    def see_session(self, session: SessionId, *, at: int) -> None:
        """Remember that somebody was there."""
        entrances.see_session(self._connection, session, at=at)

    def draft_totp(self, session: SessionId, seed: Secret | None) -> None:
        """Keep the seed of a token that is to be proven in a session, or forget it."""
        entrances.draft_totp(self._connection, self._keys, session, seed)

    def end_session(self, session: SessionId) -> bool:
        """End a session; False where there is none."""
        return entrances.end_session(self._connection, session)

    def end_sessions(self, administrator: AdministratorId, *, but: SessionId | None = None) -> int:
        """End all sessions and sign-ins of an administrator but one session, and tell how many sessions those were."""
        return entrances.end_sessions(self._connection, administrator, but=but)

    def add_sign_in(self, digest: bytes, administrator: AdministratorId, *, expires_at: int) -> None:
        """Remember that somebody has shown his password."""
        entrances.add_sign_in(self._connection, digest, administrator, expires_at=expires_at)

    def take_sign_in(self, digest: bytes, *, now: int) -> bool:
        """Spend that by one conditional write; False where it was spent or is too old."""
        return entrances.take_sign_in(self._connection, digest, now=now)

    def add_ceremony(self, challenge: bytes, ceremony: Ceremony, *, bound: bytes, expires_at: int) -> None:
        """Remember a passkey's challenge by its SHA-256, what it is for, and the digest of whom it was given to."""
        entrances.add_ceremony(self._connection, challenge, ceremony, bound=bound, expires_at=expires_at)

    def take_ceremony(self, challenge: bytes, ceremony: Ceremony, *, bound: bytes, now: int) -> bool:
        """Spend a challenge by one conditional write; False where nothing fits."""
        return entrances.take_ceremony(self._connection, challenge, ceremony, bound=bound, now=now)

    def add_setup_link(self, digest: bytes, link: SetupLink) -> None:
        """Make a link."""
        entrances.add_setup_link(self._connection, digest, link)

    def void_setup_links(self, administrator: AdministratorId | None) -> int:
        """Void all links of an administrator, or those of the first owner, and return how many there were."""
        return entrances.void_setup_links(self._connection, administrator)

    def draft_setup(self, digest: bytes, draft: SetupDraft) -> None:
        """Keep what somebody has chosen who follows his link."""
        entrances.draft_setup(self._connection, self._keys, digest, draft)

    def take_setup_link(self, digest: bytes, *, now: int) -> bool:
        """Spend a link by one conditional write; False where it was spent or voided, or is too old."""
        return entrances.take_setup_link(self._connection, digest, now=now)

    def add_api_key(self, key: ApiKey, digest: bytes) -> None:
        """Add an API key."""
        api_keys.add_api_key(self._connection, key, digest)

    def revoke_api_key(self, key: ApiKeyId, *, at: int) -> bool:
        """Revoke an API key by one conditional write; False where it is revoked already, or there is none."""
        return api_keys.revoke_api_key(self._connection, key, at=at)

    def see_api_key(self, key: ApiKeyId, *, at: int) -> None:
        """Remember that a key was used."""
        api_keys.see_api_key(self._connection, key, at=at)
