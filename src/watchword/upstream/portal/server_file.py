"""
The file in which a server keeps who it is: `DIR/server`, JSON, written whole or not at all.

What is secret in it is sealed under the key ring in `DIR/keys`, and the server's id is authenticated with it, so that a
folder works with its own key file and no other.
"""

import base64
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from watchword.domain.applications import GroupId
from watchword.domain.servers import ServerId
from watchword.kit.identifiers import parse, text
from watchword.kit.sealing import KeyRing, Place, SealBroken

NAME: Final = "server"
VERSION: Final = 1
LONGEST_FILE: Final = 65_536


class FolderFault(Exception):  # noqa: N818 - it is a state of the world that a person must mend
    """The data folder cannot be used. The text is a sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """
    Who this server is to its portal.

    Attributes:
        portals: URLs without a slash at the end, in the order in which they are tried.
        ca: PEM of the only authorities whose certificates are trusted, None for the system's.
        portal: the public key of the portal's identity.
    """

    portals: tuple[str, ...]
    ca: str | None
    portal: bytes
    server: ServerId
    name: str
    group: GroupId
    group_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    Everything in the file.

    Attributes:
        seed: of the key; `next_seed` of the one that is to take its place, None where none is.
        link: the secret that the next session shows; `drawn` the one for the session after it, None until drawn.
        pin: the portal that it is being activated at, by its fingerprint; None once it is.
        email: of the credentials that were typed, so that another try with others begins anew.
        proxy: what connections go through, None for straight ones; it may hold a password.
    """

    seed: bytes = field(repr=False)
    link: bytes = field(repr=False)
    next_seed: bytes | None = field(default=None, repr=False)
    drawn: bytes | None = field(default=None, repr=False)
    proxy: bytes | None = field(default=None, repr=False)
    pin: bytes | None = None
    email: str | None = None
    membership: Membership | None = None


_SECRETS: Final = ("seed", "link", "next_seed", "drawn", "proxy")


def read(folder: Path, keys: KeyRing) -> Kept | None:
    """Return what is kept in a folder, None where nothing is. Raises `FolderFault`."""
    path = folder / NAME
    try:
        with path.open("rb") as file:
            octets = file.read(LONGEST_FILE)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FolderFault(f"{path} cannot be read: {error.strerror}") from None
    try:
        return _kept_of(json.loads(octets), keys)
    except SealBroken:
        raise FolderFault(
            f"{path} was not sealed by the keys beside it: put the two that belong together back"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FolderFault(f"{path} is damaged: put a copy back, or activate anew") from None


def write(folder: Path, kept: Kept, keys: KeyRing, *, suffix: str) -> None:
    """
    Write under another name, sync, and rename: at every moment there is the old file or the new. Raises `FolderFault`.
    """
    path = folder / NAME
    temporary = path.with_name(f"{NAME}.{suffix}")
    try:
        octets = json.dumps(_document_of(kept, keys), indent=1).encode()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        raise FolderFault(f"{path} cannot be written: {error.strerror}") from None


def _place(name: str, server: bytes) -> Place:
    return Place("server", server, name)


def _owner(membership: Membership | None) -> bytes:
    return b"" if membership is None else bytes(membership.server)


def _document_of(kept: Kept, keys: KeyRing) -> dict[str, Any]:
    membership = kept.membership
    document: dict[str, Any] = {"version": VERSION, "email": kept.email, "pin": _text(kept.pin)}
    for name in _SECRETS:
        plain = getattr(kept, name)
        document[name] = None if plain is None else _text(keys.seal(plain, _place(name, _owner(membership))))
    document["server"] = (
        None
        if membership is None
        else {
            "portals": list(membership.portals),
            "ca": membership.ca,
            "portal": _text(membership.portal),
            "id": text(membership.server),
            "name": membership.name,
            "group": text(membership.group),
            "group_name": membership.group_name,
        }
    )
    return document


def _kept_of(document: dict[str, Any], keys: KeyRing) -> Kept:
    """Read the file. Raises `SealBroken`, ValueError, KeyError, TypeError, AttributeError."""
    if document["version"] != VERSION:
        raise ValueError(document["version"])
    membership = None if document["server"] is None else _membership_of(document["server"])
    secrets = {
        name: None
        if document[name] is None
        else keys.open(_octets(document[name]) or b"", _place(name, _owner(membership)))
        for name in _SECRETS
    }
    return Kept(**secrets, pin=_octets(document["pin"]), email=document["email"], membership=membership)  # type: ignore[arg-type]


def _membership_of(document: dict[str, Any]) -> Membership:
    server, group = parse(document["id"]), parse(document["group"])
    if server is None or group is None:
        raise ValueError(document["id"])
    return Membership(
        portals=tuple(str(url) for url in document["portals"]),
        ca=document["ca"],
        portal=_octets(document["portal"]) or b"",
        server=ServerId(server),
        name=str(document["name"]),
        group=GroupId(group),
        group_name=str(document["group_name"]),
    )


def _text(octets: bytes | None) -> str | None:
    return None if octets is None else base64.b64encode(octets).decode()


def _octets(written: str | None) -> bytes | None:
    return None if written is None else base64.b64decode(written, validate=True)
