"""
`watchword up`: everything on one machine.
"""

import json
import stat
from pathlib import Path

from watchword import config
from watchword.cli.families import Here, family
from watchword.cli.processes import ask_for_files, run, stopped, together, with_port
from watchword.cli.reaching import SERVER
from watchword.cli.session import Refused, Session
from watchword.compose.serving import Running, StartError, serving

app = family(
    "up",
    "Serve everything on this machine: RADIUS, portal, administration.",
    "watchword up --data /var/lib/watchword --radius 0.0.0.0:1812 --http 127.0.0.1:8080",
    "watchword up --data /var/lib/watchword --radius 0.0.0.0:1812,[::]:1812",
    "watchword up --demo --data demo",
    "watchword up --data data --radius 127.0.0.1:0 --http 127.0.0.1:0 --json",
)


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
        "http": with_port("--http", http),
        "radius": with_port("--radius", radius),
        "accounting": accounting if accounting == "off" else with_port("--accounting", accounting),
        "tls_cert": None if tls_cert is None else str(tls_cert),
        "tls_key": None if tls_key is None else str(tls_key),
    }
    data = session.data
    if data.exists() and not data.is_dir():
        raise Refused(f"{data} is no folder; name one, or what is not there yet")
    if (data / SERVER).exists():
        raise Refused(f"{data} is an MFA server's folder; `watchword server run --data {data}` serves it")
    if data.is_dir() and data.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX):
        raise Refused(
            f"{data} is a folder that others use; name one that is Watchword's alone, such as {data}/watchword"
        )
    ask_for_files()
    try:
        run(_serve(session, config.load(data, given), demo=demo))
    except (config.ConfigurationError, *StartError) as error:
        raise Refused(str(error)) from error


async def _serve(session: Session, configuration: config.Config, *, demo: bool) -> None:
    stopping = stopped()
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
        f"RADIUS         {together(running.radius)} (UDP)",
        f"accounting     {together(running.accounting) or 'off'}",
        f"portal         {running.http}",
        f"data           {session.data}",
        *((f"first owner    {running.setup_url} (this link is good once)",) if running.setup_url else ()),
        *running.example,
    )
    session.say(f"`watchword --help` tells what can be administered, with --data {session.data}. Ctrl+C ends it.")
