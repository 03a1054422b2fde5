"""
The way to a data folder: through the process that has it, or, where none has, through the database itself.

`DIR/lock` tells which. A process that has it and does not answer is not passed by: whatever hangs there may hold what
was not written yet.
"""

from pathlib import Path
from threading import Event
from typing import Final

from watchword.cli.control_client import ALIVE_SECONDS, ControlPerformer, NotAlive
from watchword.cli.session import Performer, Refused
from watchword.kit.clock import NANOSECONDS, SystemClock
from watchword.stores.lock import is_held
from watchword.web.sockets import CONTROL, connect_control

SERVER: Final = "server"
"""The file that an MFA server's data folder has, and no other."""

PAUSE: Final = 0.02
"""Seconds between two looks while a process starts or another command ends."""


def reach(data: Path) -> Performer:
    """
    Find the way to a data folder.

    Raises:
        Refused: there is none.
    """
    if not data.is_dir():
        raise Refused(f"there is no folder {data}; `watchword up --data {data}` makes it")
    clock = SystemClock()
    latest = clock.monotonic() + int(ALIVE_SECONDS * NANOSECONDS)
    while True:
        try:
            found = _running(data) if is_held(data) else _offline(data)
        except PermissionError as error:
            raise Refused(f"{data} belongs to somebody else; run this as the user that Watchword runs as") from error
        if found is not None:
            return found
        if clock.monotonic() >= latest:
            raise Refused(
                f"a process has {data} and does not answer at {data / CONTROL};"
                " look at its log, and stop it if it hangs"
            )
        Event().wait(PAUSE)


def _running(data: Path) -> Performer | None:
    """Reach the process that has the data folder, None where it does not answer."""
    try:
        return ControlPerformer(connect_control(data, seconds=ALIVE_SECONDS))
    except PermissionError:
        raise
    except (OSError, NotAlive):
        return None


def _offline(data: Path) -> Performer | None:
    """Open the database, None where somebody was quicker."""
    if (data / SERVER).exists():
        raise Refused(
            f"{data} is an MFA server's folder, and it does not run; `watchword server run --data {data}` starts it,"
            " and what it serves is administered at its portal"
        )
    from watchword.cli.offline import opened

    return opened(data)
