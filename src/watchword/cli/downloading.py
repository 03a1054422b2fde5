"""
`watchword server download`: the MFA server as one file, for a machine that has nothing but Python.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from watchword.cli.families import Here
from watchword.cli.session import Refused, Session

WAIT: Final = 5
"""Seconds that each question waits for the file."""

_MODE: Final = 0o755


def download(*, output: Path | None = None, session: Here) -> None:
    """
    Get the MFA server as one file, which runs where Python is and nothing else.

    It is for the portal's platform and Python, which it states and checks. The portal makes it when it is first asked
    for: that takes half a minute. SHA-256 is compared before the file gets its name.

    Args:
        output: where to write it; by its own name into this folder where nobody says so.
    """
    offered = _ready(session)
    path = output or Path(offered["file"])
    if path.is_dir():
        path /= offered["file"]
    _write(path, session.performer.octets(offered["path"]), offered["sha256"])
    document = {**offered, "output": str(path)}
    if session.as_json:
        session.document(document)
        return
    session.say(
        f"wrote {path}",
        f"version    {offered['version']}, for Python {offered['python']} on {offered['platform']}"
        + (f" with glibc {offered['glibc']} or newer" if offered["glibc"] else ""),
        f"size       {offered['size']} octets",
        f"SHA-256    {offered['sha256']}",
        f"signature  {offered['signature']}",
        f"key        {offered['key_sha256']} (SHA-256)",
    )


def _ready(session: Session) -> Any:
    """Wait for the file, saying how far it is. Raises `Refused`."""
    percent = -1
    while True:
        stands = session.perform("server.download", wait=WAIT)
        if stands["download"] is not None:
            return stands["download"]
        if stands["why"] is not None:
            raise Refused(stands["why"])
        if not session.as_json and stands["percent"] != percent:
            percent = stands["percent"]
            session.terminal.stderr.write(f"the portal makes the file: {percent} %\n")


def _write(path: Path, octets: Iterator[bytes], sha256: str) -> None:
    """Write a file whose digest is known; nothing is left of another one. Raises `Refused`."""
    half = path.with_name(f".{path.name}.half")
    found = hashlib.sha256()
    try:
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for some in octets:
                    found.update(some)
                    file.write(some)
            if found.hexdigest() != sha256:
                raise Refused("what came is not whole, or another file: its SHA-256 is not the portal's; try again")
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from error
