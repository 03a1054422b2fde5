"""
What the one file does once the right Python reads it: it unpacks itself into a private folder, and starts from there.

The folder is named by a digest of everything in it, belongs to whoever runs the file and to nobody else, and appears
whole or not at all. Whatever is in it is compared with the file's list at each start, so that what runs is what was
downloaded; where it is not, it is unpacked anew and that is said. Python then starts again, isolated: nothing of the
machine's own packages, folders or environment gets in.

Nothing but the standard library is imported here: this runs where nothing else is.
"""

import errno
import fcntl
import hashlib
import json
import os
import platform
import pwd
import re
import shutil
import stat
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

TREE: Final = "tree/"
"""What names in the file begin with that are unpacked."""

LOCK: Final = "lock"
_HALF: Final = ".half-"
_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_OURS: Final = re.compile(r"[0-9a-f]{64}")


class Unusable(Exception):  # noqa: N818 - its text is one sentence for whoever has started this
    """It cannot run here, or not from there."""


def main() -> None:
    """Start what is in the file that this is in. It does not return."""
    file = Path(sys.path[0]).absolute()
    try:
        with zipfile.ZipFile(file) as archive:
            contents = json.loads(archive.read("contents.json"))
            check_machine(contents, libc())
            folder, held = unpacked(archive, contents, cache(os.environ))
    except Unusable as error:
        sys.exit(f"watchword: {error}")
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError, RuntimeError):
        sys.exit(f"watchword: {file} is damaged; download it again, and compare its SHA-256 with the portal's")
    # Held while this runs, so that no later version clears the folder away.
    os.set_inheritable(held, True)  # noqa: FBT003 - it is the standard library's
    started = [sys.executable, "-I", "-S", "-B", "-X", f"watchword={file}", str(folder), *sys.argv[1:]]
    os.execv(sys.executable, started)  # noqa: S606 - itself, and no shell


def libc() -> str:
    """Return this machine's C library, `glibc 2.36`, or an empty text for one that does not say."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return ""


def check_machine(contents: Mapping[str, Any], has: str) -> None:
    """
    Let a machine pass that the file was made for. Raises `Unusable`.

    Args:
        contents: of the file.
        has: its C library, as `libc` tells it.
    """
    made_for = (contents["implementation"], contents["machine"])
    here = (sys.implementation.name, platform.machine())
    if made_for != here:
        raise Unusable(
            f"this file is for {made_for[0]} on {made_for[1]}, and this is {here[0]} on {here[1]};"
            " a portal on such a machine offers the right one"
        )
    needs = contents["glibc"]
    if needs is not None and (not has.startswith("glibc ") or _numbers(has.split()[1]) < _numbers(needs)):
        raise Unusable(f"this file needs glibc {needs} or newer, and this machine has {has or 'another C library'}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def cache(environment: Mapping[str, str]) -> Path:
    """
    Return the folder that private folders are made in.

    `WATCHWORD_CACHE` names it, or systemd (`CacheDirectory=`), or XDG; otherwise it is in the home of the user.
    """
    if environment.get("WATCHWORD_CACHE"):
        return Path(environment["WATCHWORD_CACHE"]).absolute()
    if environment.get("CACHE_DIRECTORY"):
        return Path(environment["CACHE_DIRECTORY"].split(":")[0])
    if environment.get("XDG_CACHE_HOME"):
        return Path(environment["XDG_CACHE_HOME"]).absolute() / "watchword"
    with suppress(KeyError):
        return Path(environment.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir).absolute() / ".cache/watchword"
    raise Unusable("this user has no home; name a folder for what is unpacked with WATCHWORD_CACHE")


def unpacked(archive: zipfile.ZipFile, contents: Mapping[str, Any], base: Path) -> tuple[Path, int]:
    """
    Return the folder with what is in the file, and the descriptor that holds it. Raises `Unusable`.

    Args:
        archive: the file.
        contents: its list.
        base: what the folder is made in.
    """
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        base = base.resolve()
        folder = base / str(contents["digest"])
        check_private(base)
        with _alone(base):
            if not folder.is_symlink() and folder.is_dir():
                check_private(folder)
                fault = difference(folder, contents["files"])
                if fault is None:
                    return folder, _hold(folder)
                sys.stderr.write(f"watchword: {folder} was changed ({fault}); it is unpacked anew\n")
            _unpack(archive, contents, folder)
            _clear(base, but=folder)
            return folder, _hold(folder)
    except OSError as error:
        room = -(-sum(size for _, size in contents["files"].values()) // 1_000_000)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Unusable(f"there is no room in {base}: {room} MB are needed") from None
        raise Unusable(
            f"{base} cannot be used: {error.strerror}; name a folder of your own with WATCHWORD_CACHE"
        ) from None


def check_private(folder: Path) -> None:
    """Let a folder pass in which nobody else can have put anything. Raises `Unusable`, OSError."""
    found, user = folder.lstat(), os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user or found.st_mode & _OTHERS:
        raise Unusable(f"{folder} is no folder of this user alone, so what is in it is not trusted; take it away")
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:
        raise Unusable(f"nothing may be run from {folder} (noexec); name another folder with WATCHWORD_CACHE")
    for parent in folder.parents:
        above = parent.stat()
        if above.st_uid not in {0, user} or (above.st_mode & _OTHERS and not above.st_mode & stat.S_ISVTX):
            raise Unusable(f"others can change {parent}, so {folder} is not trusted; name one with WATCHWORD_CACHE")


def difference(folder: Path, files: Mapping[str, tuple[str, int]]) -> str | None:
    """Return what in a folder is not as the list has it, None where all is. Raises OSError."""
    found: set[str] = set()
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 - thousands of names, at each start
            known = os.path.relpath(path, folder)
            found.add(known)
            if known not in files or digest_of(path) != files[known][0]:
                return known
    return next((name for name in sorted(files) if name not in found), None)


def digest_of(path: str) -> str:
    """Return SHA-256 of a file, in hexadecimal, and no file's where it is a link. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return ""
        raise
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return hashlib.sha256(file.readall()).hexdigest()


@contextmanager
def _alone(base: Path) -> Iterator[None]:
    """Let one process at a time unpack; one that is killed lets go."""
    descriptor = os.open(base / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _hold(folder: Path) -> int:
    """Hold a folder: who wants to clear it away cannot, as long as the descriptor is open anywhere."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _unpack(archive: zipfile.ZipFile, contents: Mapping[str, Any], folder: Path) -> None:
    """Unpack into a folder that nobody knows yet, and rename it. Raises `Unusable`, OSError, BadZipFile."""
    for left in folder.parent.glob(_HALF + "*"):
        shutil.rmtree(left, ignore_errors=True)
    half = Path(tempfile.mkdtemp(prefix=_HALF, dir=folder.parent))
    try:
        for name, (digest, _) in contents["files"].items():
            path = half / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            octets = archive.read(TREE + name)
            if hashlib.sha256(octets).hexdigest() != digest:
                raise zipfile.BadZipFile
            path.write_bytes(octets)
        if folder.exists() or folder.is_symlink():
            folder.rename(half.with_name(half.name + ".changed"))
        half.rename(folder)
    finally:
        for left in folder.parent.glob(_HALF + "*"):
            shutil.rmtree(left, ignore_errors=True)


def _clear(base: Path, *, but: Path) -> None:
    """Take away what other versions have unpacked and nobody runs any more."""
    for other in base.iterdir():
        if other == but or not _OURS.fullmatch(other.name):
            continue
        with suppress(OSError):
            descriptor = _hold(other)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(other)
            finally:
                os.close(descriptor)
