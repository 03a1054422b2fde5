"""
The process that makes the file: it says how far it is on standard output, a JSON object in a line, and how it ended.
"""

import errno
import fcntl
import hashlib
import json
import os
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from watchword.ports.downloads import DownloadFile
from watchword.stores.download.installed import ROOT, Incomplete, Machine, Part, machine, parts
from watchword.stores.download.making import make

KNOWN: Final = "known.json"
"""What the file beside it is, and which installation it was made of."""

_LOCK: Final = "lock"
_HALF: Final = ".half"
_NICE: Final = 10


def main(folder: str) -> None:
    """Have the file in a folder, made where it is not there, or not from this installation."""
    # Logins come first.
    os.nice(_NICE)
    try:
        _say({"ready": asdict(_made(Path(folder)))})
    except Incomplete as incomplete:
        _say({"failed": str(incomplete)})
    except BrokenPipeError:
        # Nobody waits for it any more.
        os._exit(1)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        words = "there is no room in it" if full else str(error.strerror)
        _say({"failed": f"the file cannot be written to {folder}: {words}"})


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _made(folder: Path) -> DownloadFile:
    """Return what the folder has once this returns. Raises `Incomplete`, OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    # The system lets go of it when this process ends, however that ends.
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        files, runs_on = parts(), machine()
        state, known = _state(files, runs_on), read_known(folder)
        if known is not None and known[1] == state and _is_whole(folder, known[0]):
            return known[0]
        file = _make(folder, files, runs_on)
        _know(folder, file, state)
    finally:
        os.close(descriptor)
    return file


def _make(folder: Path, files: list[Part], runs_on: Machine) -> DownloadFile:
    """Make the file, and take away what was made before."""
    half = folder / _HALF
    half.unlink(missing_ok=True)
    try:
        made = make(half, files, runs_on, progress=_progress)
        file = DownloadFile(
            name=_name(runs_on),
            version=version(ROOT),
            size=made.size,
            sha256=made.sha256,
            platform=f"{runs_on.system}-{runs_on.machine}",
            python=".".join(map(str, runs_on.python)),
            glibc=runs_on.glibc,
        )
        half.replace(folder / file.name)
    finally:
        half.unlink(missing_ok=True)
    for other in folder.glob("*.pyz"):
        if other.name != file.name:
            other.unlink()
    return file


def _name(runs_on: Machine) -> str:
    major, minor = runs_on.python
    return f"watchword-server-{version(ROOT)}-py{major}{minor}-{runs_on.system}-{runs_on.machine}.pyz"


def _progress(done: int, of: int) -> None:
    percent = 100 * done // of
    if percent != 100 * (done - 1) // of:
        # What follows the last part is not yet done.
        _say({"percent": min(percent, 99)})


def _state(files: list[Part], runs_on: Machine) -> str:
    """Return a digest of an installation as it lies there: it is another one wherever a file was changed."""
    whole = hashlib.sha256(repr((version(ROOT), runs_on)).encode())
    for part in files:
        found = part.source.stat()
        whole.update(f"{part.name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return whole.hexdigest()


def _is_whole(folder: Path, file: DownloadFile) -> bool:
    try:
        with (folder / file.name).open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def read_known(folder: Path) -> tuple[DownloadFile, str] | None:
    """Return what a folder has, and the digest of the installation that it was made of; None where it has nothing."""
    try:
        document = json.loads((folder / KNOWN).read_bytes())
        return DownloadFile(**document["file"]), str(document["state"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _know(folder: Path, file: DownloadFile, state: str) -> None:
    path = folder / KNOWN
    temporary = folder / f"{_HALF}.{KNOWN}"
    temporary.write_text(json.dumps({"file": asdict(file), "state": state}))
    temporary.chmod(0o600)
    temporary.replace(path)
