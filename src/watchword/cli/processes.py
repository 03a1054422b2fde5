"""
What commands share that serve until somebody ends them.
"""

import asyncio
import os
import resource
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from watchword import config
from watchword.cli.session import Usage

MOST_FILES: Final = 65_536
"""File descriptors that are asked for: every device that waits holds one."""


def with_port(option: str, written: str | None) -> str | None:
    """Return HOST:PORT, or several. Raises `Usage` where what should be a port is no number."""
    if written is not None and not all(one.rpartition(":")[2].isdecimal() for one in written.split(",")):
        raise Usage(f"{option} must be HOST:PORT, such as 127.0.0.1:1812 or [::1]:1812")
    return written


def ask_for_files() -> None:
    """Ask the system for as many file descriptors as a busy process needs."""
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(MOST_FILES, most)
    if granted < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run it on the faster loop, where there is one."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with suppress(ImportError):
        from uvloop import new_event_loop

        factory = new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)


def stopped() -> asyncio.Event:
    """Return what is set when somebody asks the process to end; a second time ends it at once."""
    stopping = asyncio.Event()

    def stop(number: int) -> None:
        if stopping.is_set():
            # Whoever asks twice means it: what is committed is committed.
            os._exit(128 + number)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    return stopping


def together(addresses: tuple[config.Address, ...]) -> str:
    """Return addresses as one text."""
    return ", ".join(map(str, addresses))
