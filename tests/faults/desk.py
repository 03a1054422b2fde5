"""
A help desk: administration through the portal's control socket, while the portal dies and stands still.
"""

import time
from http.client import HTTPException
from pathlib import Path
from typing import Any

from watchword.cli.control_client import ALIVE_SECONDS, ControlPerformer, NotAlive
from watchword.cli.session import Refused
from watchword.web.sockets import connect_control

PAUSE = 0.1


def asked(data: Path, operation: str, **arguments: object) -> Any:
    """Have an operation done by the process that serves `data`; None where it was not done, or nobody knows."""
    try:
        performer = ControlPerformer(connect_control(data, seconds=ALIVE_SECONDS))
    except (OSError, HTTPException, NotAlive):
        return None
    try:
        return performer.perform(operation, arguments)
    except (Refused, ValueError):
        # A line that was cut short by the death of the process is no JSON.
        return None
    finally:
        performer.close()


def insisted(data: Path, operation: str, *, seconds: float, **arguments: object) -> Any:
    """Ask again and again for something that may be done twice, until it is done; None where it is not in time."""
    deadline = time.monotonic() + seconds
    while True:
        done = asked(data, operation, **arguments)
        if done is not None or time.monotonic() > deadline:
            return done
        time.sleep(PAUSE)
