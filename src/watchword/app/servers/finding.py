"""
From what an administrator wrote to the server that he means.
"""

from watchword.app.administration import Refusal, not_found
from watchword.app.manage.texts import shown
from watchword.domain.servers import Server, ServerId
from watchword.kit.identifiers import parse
from watchword.ports.servers import ServerReader


def server_named(records: ServerReader, written: str) -> Server | Refusal:
    """Find a server by its name or id."""
    wanted = written.strip()
    identifier = parse(wanted)
    by_id = None if identifier is None else records.server(ServerId(identifier))
    found = by_id or next((server for server in records.servers() if server.name == wanted), None)
    if found is None:
        return not_found(f"there is no server {shown(written)!r}; `watchword server list` shows them")
    return found
