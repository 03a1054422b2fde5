"""
`watchword server run`: on the machine of an MFA server, which serves from then on.
"""

import json

from watchword import config
from watchword.cli.families import Here
from watchword.cli.processes import ask_for_files, run, stopped, together, with_port
from watchword.cli.session import Refused, Session
from watchword.compose.server import ServerRunning, ServerStartError, server


def serve(*, radius: str | None = None, accounting: str | None = None, http: str | None = None, session: Here) -> None:
    """
    Serve as an MFA server until Ctrl+C or SIGTERM; then answer what was taken in, and end.

    It serves as soon as it has tried its portal once, also where none answers: then every login is denied until one
    does, but for codes at applications that allow them (`--portal-away codes`).

    Args:
        radius: HOST:PORT of RADIUS, 127.0.0.1:1812 where nobody says otherwise; several with commas between them.
        accounting: HOST:PORT of RADIUS accounting, several as above, or off; the RADIUS port + 1 where nobody says
            otherwise.
        http: HOST:PORT of health and metrics, and of a page for this machine alone that says what it is doing; nowhere
            where nobody says so.
    """
    given = {
        "radius": with_port("--radius", radius),
        "accounting": accounting if accounting == "off" else with_port("--accounting", accounting),
    }
    health = None if http is None else config.address(with_port("--http", http) or "")
    ask_for_files()
    try:
        run(_serve(session, config.load(session.data, given), health))
    except (config.ConfigurationError, *ServerStartError) as error:
        raise Refused(str(error)) from error


async def _serve(session: Session, configuration: config.Config, health: config.Address | None) -> None:
    stopping = stopped()
    async with server(configuration, health=health) as running:
        _announce(session, running)
        await stopping.wait()


def _announce(session: Session, running: ServerRunning) -> None:
    if session.as_json:
        ready = {
            "event": "ready",
            "server": running.name,
            "group": running.group,
            "radius": str(running.radius[0]),
            "accounting": str(running.accounting[0]) if running.accounting else None,
            "radius_addresses": [str(one) for one in running.radius],
            "accounting_addresses": [str(one) for one in running.accounting],
            "http": None if running.health is None else f"http://{running.health}",
            "portal": running.portal,
            "why": running.why or None,
        }
        session.line(json.dumps(ready))
        return
    session.say(
        f"The MFA server {running.name} serves, in the replication group {running.group}.",
        f"RADIUS         {together(running.radius)} (UDP)",
        f"accounting     {together(running.accounting) or 'off'}",
        f"portal         {running.portal or f'away: {running.why}'}",
        f"data           {session.data}",
    )
