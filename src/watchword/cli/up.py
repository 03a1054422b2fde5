"""
`watchword up`: everything on one machine.
"""

import asyncio
import json
import os
import resource
import signal
import stat
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from watchword import config
from watchword.cli.families import Here, family
from watchword.cli.session import Refused, Session, Usage
from watchword.compose.serving import Running, StartError, serving

app = family(
    "up",
    "Serve everything on this machine: RADIUS, portal, administration.",
    "watchword up --data /var/lib/watchword --radius 0.0.0.0:1812 --http 127.0.0.1:8080",
    "watchword up --data /var/lib/watchword --radius 0.0.0.0:1812,[::]:1812",
    "watchword up --demo --data demo",
    "watchword up --data data --radius 127.0.0.1:0 --http 127.0.0.1:0 --json",
)

MOST_FILES: Final = 65_536
"""File descriptors that are asked for: every device that waits holds one."""


@app.default
def up(
    *,
    http: str | None = None,
    radius: str | None = None,
    accounting: str | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    demo: bool = False,
    session: Here,
) -> None:
    """
    Serve until Ctrl+C or SIGTERM; then answer what was taken in, and end. A second signal ends it at once.

    Args:
        http: HOST:PORT of the portal, 127.0.0.1:8080 where nobody says otherwise; port 0 for any.
        radius: HOST:PORT of RADIUS, 127.0.0.1:1812 where nobody says otherwise; several with commas between them, as
            in 0.0.0.0:1812,[::]:1812 for all of IPv4 and of IPv6.
        accounting: HOST:PORT of RADIUS accounting, several as above, or off; the RADIUS port + 1 where nobody says
            otherwise.
        tls_cert: PEM file of the portal's certificate and those that lead to its authority.
        tls_key: PEM file of its key.
        demo: make an example user and an example VPN, and show how to try a login.
    """
    given = {
        "http": _with_port("--http", http),
        "radius": _with_port("--radius", radius),
        "accounting": accounting if accounting == "off" else _with_port("--accounting", accounting),
        "tls_cert": None if tls_cert is None else str(tls_cert),
        "tls_key": None if tls_key is None else str(tls_key),
    }
    data = session.data
    if data.exists() and not data.is_dir():
        raise Refused(f"{data} is no folder; name one, or what is not there yet")
    if data.is_dir() and data.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX):
        raise Refused(
            f"{data} is a folder that others use; name one that is Watchword's alone, such as {data}/watchword"
        )
    _ask_for_files()
    try:
        _run(_serve(session, config.load(data, given), demo=demo))
    except (config.ConfigurationError, *StartError) as error:
        raise Refused(str(error)) from error


def _with_port(option: str, written: str | None) -> str | None:
    """Return HOST:PORT, or several. Raises `Usage` where what should be a port is no number."""
    if written is not None and not all(one.rpartition(":")[2].isdecimal() for one in written.split(",")):
        raise Usage(f"{option} must be HOST:PORT, such as 127.0.0.1:1812 or [::1]:1812")
    return written


def _ask_for_files() -> None:
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(MOST_FILES, most)
    if granted < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run it on the faster loop, where there is one."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with suppress(ImportError):
        from uvloop import new_event_loop

        factory = new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)


async def _serve(session: Session, configuration: config.Config, *, demo: bool) -> None:
    stopping = asyncio.Event()

    def stop(number: int) -> None:
        if stopping.is_set():
            # Whoever asks twice means it: what is committed is committed.
            os._exit(128 + number)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    async with serving(configuration, example=demo) as running:
        _announce(session, running)
        await stopping.wait()


def _announce(session: Session, running: Running) -> None:
    if session.as_json:
        ready = {
            "event": "ready",
            "http": running.http,
            "radius": str(running.radius[0]),
            "accounting": str(running.accounting[0]) if running.accounting else None,
            "radius_addresses": [str(one) for one in running.radius],
            "accounting_addresses": [str(one) for one in running.accounting],
            "setup_url": running.setup_url,
            "example": list(running.example),
        }
        session.line(json.dumps(ready))
        return
    session.say(
        "Watchword serves.",
        f"RADIUS         {_together(running.radius)} (UDP)",
        f"accounting     {_together(running.accounting) or 'off'}",
        f"portal         {running.http}",
        f"data           {session.data}",
        *((f"first owner    {running.setup_url} (this link is good once)",) if running.setup_url else ()),
        *running.example,
    )
    session.say(f"`watchword --help` tells what can be administered, with --data {session.data}. Ctrl+C ends it.")


def _together(addresses: tuple[config.Address, ...]) -> str:
    return ", ".join(map(str, addresses))
