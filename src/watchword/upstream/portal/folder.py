"""
What an activated server keeps in its data folder: its key, who its portal is, and what shows that it is no copy.

What is about to be asked of the portal is written down before (`upstream.portal.server_file`): a process that is killed
on the way asks for the very same again.
"""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from watchword.domain.applications import GroupId
from watchword.domain.statements import ActivatedStatement
from watchword.kit import sealing
from watchword.kit.identities import Identity
from watchword.kit.randomness import Randomness
from watchword.kit.sealing import KeyRing, KeysUnusable
from watchword.kit.signatures import digest
from watchword.upstream.portal import server_file
from watchword.upstream.portal.server_file import NAME, FolderFault, Kept, Membership

KEYS: Final = "keys"
LINK_OCTETS: Final = 32


class ServerFolder:
    """The data folder of a server."""

    def __init__(self, folder: Path, *, randomness: Randomness) -> None:
        self.folder = folder
        self._randomness = randomness
        self._keys: KeyRing | None = None
        self._kept: Kept | None = None
        self._made: list[Path] = []

    @classmethod
    def open(cls, folder: Path, *, randomness: Randomness) -> Self:
        """Open the folder of a server that was activated. Raises `FolderFault`."""
        opened = cls(folder, randomness=randomness)
        opened._read()
        if opened._kept is None or opened._kept.membership is None:
            raise FolderFault(f"{folder} holds no activated server; `watchword server activate` makes one")
        return opened

    # --- activation ---------------------------------------------------------------------------------------------------

    def begin(self, *, pin: bytes, email: str, now: int) -> bytes:
        """
        Take the folder for an activation, and return the digest of the secret that the first session shows.

        The key is kept before it is told to anybody; the same portal and credentials find the same key again.

        Raises `FolderFault`.
        """
        self._take(now)
        self._read()
        if self._kept is not None and self._kept.membership is not None:
            raise FolderFault(f"{self.folder} holds an activated server already; name another folder")
        if self._kept is None or (self._kept.pin, self._kept.email) != (pin, email):
            self._write(
                Kept(
                    seed=Identity.new(self._randomness).seed,
                    link=self._randomness.octets(LINK_OCTETS),
                    pin=pin,
                    email=email,
                )
            )
        return digest(self._now.link)

    def finish(
        self, told: ActivatedStatement, *, url: str, portal: bytes, ca: str | None, proxy: str | None
    ) -> Membership:
        """
        Keep what the portal has stated, and the way to it, and return who this server is.

        Raises `FolderFault`.
        """
        membership = Membership(
            portals=(url,),
            ca=ca,
            portal=portal,
            server=told.server,
            name=told.name,
            group=told.group,
            group_name=told.group_name,
        )
        way = None if proxy is None else proxy.encode()
        self._write(replace(self._now, pin=None, email=None, proxy=way, membership=membership))
        return membership

    def give_up(self) -> None:
        """Leave the folder as it was before `begin`."""
        for path in reversed(self._made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        self._made, self._kept = [], None

    def _take(self, now: int) -> None:
        """Make the folder and its key ring where they are not there."""
        keys, file = self.folder / KEYS, self.folder / NAME
        try:
            if not self.folder.exists():
                self.folder.mkdir(mode=0o700, parents=True)
                self._made.append(self.folder)
            others = {entry.name for entry in self.folder.iterdir()} - {KEYS, NAME}
            if others and not file.exists():
                raise FolderFault(f"{self.folder} holds other things; name a folder that is empty, or not there yet")
            self.folder.chmod(0o700)
            if not keys.exists():
                sealing.create(keys, randomness=self._randomness, now=now)
                self._made.append(keys)
            if not file.exists():
                self._made.append(file)
        except OSError as error:
            self.give_up()
            raise FolderFault(f"{self.folder} cannot be used: {error.strerror}") from None
        except KeysUnusable as fault:
            raise FolderFault(str(fault)) from None

    # --- who it is ----------------------------------------------------------------------------------------------------

    @property
    def _now(self) -> Kept:
        if self._kept is None:
            raise FolderFault(f"{self.folder} holds no server")
        return self._kept

    @property
    def identity(self) -> Identity:
        """The server's key."""
        return Identity(self._now.seed)

    @property
    def membership(self) -> Membership:
        """Who this server is to its portal. Raises `FolderFault` where it was not activated."""
        membership = self._now.membership
        if membership is None:
            raise FolderFault(f"{self.folder} holds no activated server")
        return membership

    @property
    def server(self) -> bytes:
        """The server's id."""
        return self.membership.server

    @property
    def portal(self) -> bytes:
        """The public key of the portal's identity."""
        return self.membership.portal

    @property
    def proxy(self) -> str | None:
        """What connections to the portal go through, None for straight ones."""
        return None if self._now.proxy is None else self._now.proxy.decode()

    @property
    def links(self) -> "FolderLinks":
        """What shows that this server is no copy."""
        return FolderLinks(self)

    # --- sessions and renewal -----------------------------------------------------------------------------------------

    def draw(self) -> tuple[bytes, bytes]:
        """
        Return the secret that the next session shows, and the digest of the one for the session after it.

        The latter is kept before anybody is told its digest, and stays the same until `opened`.
        """
        if self._now.drawn is None:
            self._write(replace(self._now, drawn=self._randomness.octets(LINK_OCTETS)))
        return self._now.link, digest(self._now.drawn or b"")

    def opened(self) -> None:
        """Take note that the session was opened."""
        drawn = self._now.drawn
        if drawn is not None:
            self._write(replace(self._now, link=drawn, drawn=None))

    @property
    def is_renewing(self) -> bool:
        """Whether a renewal was begun whose answer never came: it is asked for again before anything else."""
        return self._now.next_seed is not None

    def begin_renewal(self) -> Identity:
        """Return the key that is to take the place of this one, kept before anybody is told of it."""
        if self._now.next_seed is None:
            self._write(replace(self._now, next_seed=Identity.new(self._randomness).seed))
        return Identity(self._now.next_seed or b"")

    def finish_renewal(self) -> None:
        """Use the new key from now on."""
        seed = self._now.next_seed
        if seed is not None:
            self._write(replace(self._now, seed=seed, next_seed=None))

    def belongs(self, *, name: str, group: GroupId, group_name: str) -> None:
        """Keep what the portal calls this server now, and where it has put it."""
        membership = replace(self.membership, name=name, group=group, group_name=group_name)
        if membership != self.membership:
            self._write(replace(self._now, membership=membership))

    # --- the file -----------------------------------------------------------------------------------------------------

    @property
    def _ring(self) -> KeyRing:
        if self._keys is None:
            try:
                self._keys = sealing.load(self.folder / KEYS, randomness=self._randomness)
            except KeysUnusable as fault:
                raise FolderFault(str(fault)) from None
            if self._keys is None:
                raise FolderFault(f"the key file {self.folder / KEYS} is missing: put it back, or activate anew")
        return self._keys

    def _read(self) -> None:
        if (self.folder / NAME).exists():
            self._kept = server_file.read(self.folder, self._ring)

    def _write(self, kept: Kept) -> None:
        server_file.write(self.folder, kept, self._ring, suffix=self._randomness.octets(8).hex())
        self._kept = kept


class FolderLinks:
    """Implements `upstream.portal.link.Links` on a folder."""

    def __init__(self, folder: ServerFolder) -> None:
        self._folder = folder

    def open(self) -> tuple[bytes, bytes]:
        """Return the secret to show, and the digest of the one that was drawn for the session after this one."""
        return self._folder.draw()

    def opened(self) -> None:
        """Take note that the session was opened: the one that was drawn is the one to show next."""
        self._folder.opened()
