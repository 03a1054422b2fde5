"""
What a paired device keeps: its private key, whose it is, and where its portal is; in one file for nobody but its owner.
"""

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from watchword.domain.methods import MethodId
from watchword.domain.users import UserId
from watchword.kit.identifiers import parse, text

VERSION: Final = 1
"""Version of the file."""

LONGEST_FILE: Final = 16_384


class StateError(Exception):
    """The file cannot be used. The text is a sentence that says why."""


class DeviceKey:
    """A key pair of a device: ECDSA P-256 (design.md section 11)."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private

    @classmethod
    def new(cls) -> "DeviceKey":
        """Make a new one."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, pem: str) -> "DeviceKey":
        """Read one from PKCS #8 PEM. Raises ValueError or TypeError where it is no such key."""
        private = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != ec.SECP256R1.name:
            raise TypeError
        return cls(private)

    def pem(self) -> str:
        """Return it as PKCS #8 PEM."""
        octets = self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return octets.decode()

    def public(self) -> bytes:
        """Return the public half as SubjectPublicKeyInfo in DER."""
        return self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, octets: bytes) -> bytes:
        """Sign octets: ECDSA with SHA-256, in DER."""
        return self._private.sign(octets, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A paired device. `portal` is a URL without a slash at its end."""

    portal: str
    method: MethodId
    user: UserId
    username: str
    key: DeviceKey = field(repr=False)


class StateFile:
    """A place for a device that is not there yet: nothing is overwritten, and nothing is paired that cannot be kept."""

    def __init__(self, path: Path) -> None:
        """Take the place. Raises `StateError` where there is something already, or where nothing can be written."""
        self._path = path
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise StateError(f"{path} is there already; name a file that is not, or remove that one") from None
        except OSError as error:
            raise StateError(f"{path} cannot be written: {error.strerror}") from error

    def keep(self, device: Device) -> None:
        """Write the device down, whole or not at all. Raises `StateError`."""
        document = {
            "version": VERSION,
            "portal": device.portal,
            "device": text(device.method),
            "user": text(device.user),
            "username": device.username,
            "private_key": device.key.pem(),
        }
        try:
            self._replace(json.dumps(document, indent=1).encode())
        except OSError as error:
            raise StateError(f"{self._path} cannot be written: {error.strerror}") from error

    def give_up(self) -> None:
        """Leave the place as it was."""
        with suppress(OSError):
            self._path.unlink()

    def _replace(self, octets: bytes) -> None:
        # mkstemp's file has mode 0600 from its first moment.
        descriptor, made = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            Path(made).replace(self._path)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise


def load(path: Path) -> Device:
    """Read a device. Raises `StateError`."""
    try:
        with path.open("rb") as file:
            octets = file.read(LONGEST_FILE)
    except OSError as error:
        raise StateError(
            f"{path} cannot be read: {error.strerror}; `watchword authenticator pair URL --state {path}` makes it"
        ) from error
    try:
        return _device(json.loads(octets))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"{path} is no file of `watchword authenticator pair`; pair the device anew") from error


def _device(document: dict[str, Any]) -> Device:
    method, user = parse(document["device"]), parse(document["user"])
    portal, username = document["portal"], document["username"]
    if document["version"] != VERSION or method is None or user is None:
        raise ValueError
    if not (isinstance(portal, str) and isinstance(username, str)):
        raise TypeError
    return Device(
        portal=portal,
        method=MethodId(method),
        user=UserId(user),
        username=username,
        key=DeviceKey.read(document["private_key"]),
    )
