"""
Local passwords of users who sign in at an MFA server: hashed there, compared here.

Neither the password nor its hash crosses the channel. The server is told what the hash is made with (salt and costs),
makes it of what was typed, and is told whether it is the one that is kept. A user who is nobody or has no password has
a salt all the same, always the same one, and every hash is wrong for him.
"""

from collections.abc import Callable
from typing import Final

from watchword.domain.users import UserId
from watchword.domain.verification import PrimaryVerdict
from watchword.kit import passwords
from watchword.kit.passwords import Recipe
from watchword.kit.randomness import Randomness
from watchword.kit.signatures import equal, keyed_hash
from watchword.kit.telemetry import FaultReport
from watchword.ports.login import PasswordHash, StoreAway

_KEY_OCTETS: Final = 32


class RemotePasswords:
    """Tells what a password is hashed with, and whether a hash is right."""

    def __init__(self, *, password_hash: PasswordHash, randomness: Randomness, fault: FaultReport) -> None:
        self._password_hash = password_hash
        self._key = randomness.octets(_KEY_OCTETS)
        self._fault = fault

    def recipe(self, user: UserId | None, done: Callable[[Recipe | None], None]) -> None:
        """Tell what the hash of a user's password is made with, None where nothing can be read."""

        def found(encoded: str | None) -> None:
            done(self._pretended(user) if encoded is None else self._taken_apart(encoded)[0])

        self._find(user, found, lambda: done(None))

    def check(self, user: UserId | None, digest: bytes, done: Callable[[PrimaryVerdict], None]) -> None:
        """Tell whether a hash is that of a user's password; AWAY where nothing can be read."""

        def found(encoded: str | None) -> None:
            kept = b"" if encoded is None else self._taken_apart(encoded)[1]
            right = bool(kept) and equal(kept, digest)
            done(PrimaryVerdict.ACCEPTED if right else PrimaryVerdict.REJECTED)

        self._find(user, found, lambda: done(PrimaryVerdict.AWAY))

    def _find(self, user: UserId | None, found: Callable[[str | None], None], away: Callable[[], None]) -> None:
        if user is None:
            found(None)
            return
        try:
            self._password_hash(user, found)
        except StoreAway:
            away()

    def _taken_apart(self, encoded: str) -> tuple[Recipe, bytes]:
        try:
            return passwords.taken_apart(encoded)
        except Exception:  # noqa: BLE001 - what is kept is no hash: nothing fits it
            self._fault("password")
            return passwords.pretended(self._key), b""

    def _pretended(self, user: UserId | None) -> Recipe:
        return passwords.pretended(keyed_hash(self._key, b"" if user is None else user))
