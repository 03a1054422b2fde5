"""
Sealing of secrets at rest: AES-256-GCM under a ring of keys that lives in a file of its own (O13, O14).

What is sealed is bound to its place: table, row and purpose are authenticated with it, so that a sealed value
copied into another row opens no more (N23). The form is `format (1 octet) | key version (4) | nonce (12) | ciphertext
and tag`; nonces are random, which NIST SP 800-38D section 8.3 allows for 2^32 values under one key. The ring also
makes keyed checksums (HMAC-SHA-256), each purpose under a key derived for it alone.

The file is written whole or not at all: to a temporary name, synced, then linked or renamed into place. It never
becomes part of the database, nor of a copy of it.
"""

import base64
import binascii
import hmac
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from watchword.kit.randomness import Randomness

FORMAT: Final = 1
"""First octet of everything sealed; another form gets another number."""

KEY_OCTETS: Final = 32
NONCE_OCTETS: Final = 12
TAG_OCTETS: Final = 16
HEADER_OCTETS: Final = 1 + 4
_FILE_FORMAT: Final = 1
_LATEST_VERSION: Final = 2**32 - 1


class KeysUnusable(Exception):  # noqa: N818 - it is a state of the world that a person must mend
    """The key ring cannot be used. The message is one sentence for an administrator."""


class SealBroken(Exception):  # noqa: N818 - as above
    """A sealed value is not what was sealed here: another row's, changed, cut short, or under a key not in the ring."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands. `row` is whatever identifies the row and must not be exchanged for another's."""

    table: str
    row: bytes
    purpose: str

    def octets(self) -> bytes:
        """Return the place as authenticated data: each part behind its length, so that no two places read alike."""
        parts = (self.table.encode(), self.row, self.purpose.encode())
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the ring, and since when it is there (UTC microseconds)."""

    version: int
    created_at: int
    octets: bytes = field(repr=False)


class KeyRing:
    """Every key that something may still be sealed under. The newest seals."""

    def __init__(self, keys: Iterable[Key], *, randomness: Randomness) -> None:
        """
        Take the keys.

        Args:
            keys: at least one, each of another version.
            randomness: where nonces and new keys come from.
        """
        self._randomness = randomness
        self._take(tuple(sorted(keys, key=lambda key: key.version)))

    def _take(self, keys: tuple[Key, ...]) -> None:
        if not keys:
            raise ValueError("a ring has at least one key")
        # Other threads seal meanwhile, so the ciphers are there before the key that asks for one.
        self._ciphers = {key.version: AESGCM(key.octets) for key in keys}
        self._derived: dict[tuple[int, str], bytes] = {}
        self._keys = keys

    @property
    def newest(self) -> Key:
        """The key that seals."""
        return self._keys[-1]

    @property
    def keys(self) -> tuple[Key, ...]:
        """All keys, the newest first."""
        return self._keys[::-1]

    def seal(self, plain: bytes, place: Place) -> bytes:
        """Seal `plain` for `place` under the newest key."""
        header = self.header
        nonce = self._randomness.octets(NONCE_OCTETS)
        return header + nonce + self._ciphers[version_in(header)].encrypt(nonce, plain, header + place.octets())

    def open(self, sealed: bytes, place: Place) -> bytes:
        """Return what was sealed for `place`. Raises `SealBroken`."""
        cipher = self._ciphers.get(version_of(sealed))
        if cipher is None:
            raise SealBroken(f"a value of {place.table} is sealed under a key that is not in the ring")
        header, body = sealed[:HEADER_OCTETS], sealed[HEADER_OCTETS:]
        try:
            return cipher.decrypt(body[:NONCE_OCTETS], body[NONCE_OCTETS:], header + place.octets())
        except InvalidTag:
            raise SealBroken(f"a sealed value of {place.table} was changed, or stands in another's row") from None

    @property
    def header(self) -> bytes:
        """What everything starts with that is sealed under the newest key."""
        return bytes((FORMAT,)) + self._keys[-1].version.to_bytes(4, "big")

    def checksum(self, message: bytes, *, purpose: str, version: int | None = None) -> bytes | None:
        """
        Return the keyed checksum of `message`: 32 octets.

        Args:
            message: what is to be vouched for.
            purpose: what for; checksums of unequal purposes have nothing in common.
            version: of the key, the newest where it is None.

        Returns:
            None where the ring has no key of that version.
        """
        wanted = self._keys[-1].version if version is None else version
        derived = self._derived.get((wanted, purpose))
        if derived is None:
            key = next((key for key in self._keys if key.version == wanted), None)
            if key is None:
                return None
            derived = hmac.digest(key.octets, b"watchword checksum: " + purpose.encode(), "sha256")
            self._derived[wanted, purpose] = derived
        return hmac.digest(derived, message, "sha256")

    def require(self, versions: Iterable[int], *, path: Path) -> None:
        """Raise `KeysUnusable` unless every one of `versions` is in the ring (O14)."""
        missing = sorted(set(versions) - {key.version for key in self._keys})
        if missing:
            listed = ", ".join(str(version) for version in missing)
            raise KeysUnusable(
                f"{path} lacks key version {listed}, under which secrets in the database are sealed: "
                "put the key file back that belongs to this database"
            )

    def rotate(self, path: Path, *, now: int, agreed: Callable[[Key], None]) -> Key:
        """
        Add a new newest key, durably, and return it.

        Args:
            path: the key file, replaced whole.
            now: UTC microseconds.
            agreed: called with the key once it is in the file and before anything is sealed under it; where it raises,
                nothing ever is, and the next rotation makes another key of that version.
        """
        key = Key(version=self.newest.version + 1, created_at=now, octets=self._randomness.octets(KEY_OCTETS))
        if key.version > _LATEST_VERSION:
            raise KeysUnusable(f"{path} has no number left for another key")
        keys = (*self._keys, key)
        _write(path, keys, suffix=self._randomness.octets(8).hex(), replace=True)
        agreed(key)
        self._take(keys)
        return key


def version_of(sealed: bytes) -> int:
    """Return the version of the key that something is sealed under. Raises `SealBroken` for what was never sealed."""
    if len(sealed) < HEADER_OCTETS + NONCE_OCTETS + TAG_OCTETS or sealed[0] != FORMAT:
        raise SealBroken("a value that must be sealed is not")
    return version_in(sealed)


def version_in(header: bytes) -> int:
    """Return the version in the first octets of something sealed."""
    return int.from_bytes(header[1:HEADER_OCTETS], "big")


def create(path: Path, *, randomness: Randomness, now: int) -> KeyRing:
    """Make a key file that is not there yet, with one key in it. Raises `KeysUnusable` where it cannot be made."""
    key = Key(version=1, created_at=now, octets=randomness.octets(KEY_OCTETS))
    _write(path, (key,), suffix=randomness.octets(8).hex(), replace=False)
    return KeyRing((key,), randomness=randomness)


def load(path: Path, *, randomness: Randomness) -> KeyRing | None:
    """Read a key file, None where there is none. Raises `KeysUnusable` where it cannot be read or makes no sense."""
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise KeysUnusable(f"the key file {path} cannot be read: {problem.strerror}") from None
    keys = _parsed(written)
    if keys is None:
        raise KeysUnusable(f"the key file {path} is damaged: put a copy back, nothing else opens what is sealed")
    return KeyRing(keys, randomness=randomness)


def _parsed(written: bytes) -> tuple[Key, ...] | None:
    try:
        document = json.loads(written)
        if document["format"] != _FILE_FORMAT:
            return None
        keys = tuple(
            Key(
                version=int(one["version"]),
                created_at=int(one["created_at"]),
                octets=base64.b64decode(one["key"], validate=True),
            )
            for one in document["keys"]
        )
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    versions = {key.version for key in keys}
    sound = keys and len(versions) == len(keys) and all(len(key.octets) == KEY_OCTETS for key in keys)
    return keys if sound and all(0 < version <= _LATEST_VERSION for version in versions) else None


def _write(path: Path, keys: Iterable[Key], *, suffix: str, replace: bool) -> None:
    """Write the file under another name, sync it, and rename it: at every moment there is the old file or the new."""
    document = {
        "format": _FILE_FORMAT,
        "keys": [
            {"version": key.version, "created_at": key.created_at, "key": base64.b64encode(key.octets).decode()}
            for key in keys
        ],
    }
    temporary = path.with_name(f"{path.name}.{suffix}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(document, indent=1).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            if replace:
                temporary.replace(path)
            else:
                os.link(temporary, path)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise KeysUnusable(f"the key file {path} is there already and is never overwritten") from None
    except OSError as problem:
        raise KeysUnusable(f"the key file {path} cannot be written: {problem.strerror}") from None
