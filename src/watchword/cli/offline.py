"""
Getting operations done on the database alone, where nothing runs.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from watchword import config
from watchword.app import operations
from watchword.app.administration import HOST, Refusal
from watchword.cli.session import Refused
from watchword.compose.offline import offline
from watchword.config import FILE, Config
from watchword.stores.connections import NAME as DATABASE
from watchword.stores.lock import NAME as LOCK
from watchword.stores.lock import Held
from watchword.stores.sqlite import Refused as Unusable

_BEFORE: Final = frozenset({FILE, LOCK, "keys", "generation", "lost+found"})
"""What a folder may hold in which nothing was started yet."""


class OfflinePerformer:
    """Implements `cli.session.Performer`."""

    def __init__(self, configuration: Config) -> None:
        """Open the data folder. Raises one of `stores.sqlite.Refused`."""
        with ExitStack() as resources:
            self._runner = resources.enter_context(asyncio.Runner())
            opening = offline(configuration)
            self._context = self._runner.run(opening.__aenter__())
            resources.callback(lambda: self._runner.run(opening.__aexit__(None, None, None)))
            self._resources = resources.pop_all()

    def close(self) -> None:
        """Close the data folder."""
        self._resources.close()

    def perform(self, name: str, arguments: Mapping[str, object]) -> Any:
        """Do an operation."""
        read = operations.read_arguments(operations.OPERATIONS[name], arguments)
        if isinstance(read, Refusal):
            raise Refused(read.sentence)
        result = self._runner.run(operations.perform(self._context, HOST, name, read))
        if isinstance(result, Refusal):
            raise Refused(result.sentence)
        return operations.document_of(result)

    def octets(self, path: str) -> Iterator[bytes]:
        """Yield the octets of a file that the portal offers."""
        sha256, name = path.split("/")[-2:]
        found = self._context.downloads.kept(sha256=sha256, name=name)
        if found is None:
            raise Refused("the file is not there any more; try again")
        yield found.read_bytes()

    def follow(self, wanted: Mapping[str, object]) -> Iterator[Any]:
        """Refuse: nothing happens while nothing runs."""
        del wanted
        raise Refused("nothing runs with this data folder, so nothing happens that could be followed")


def opened(data: Path) -> OfflinePerformer | None:
    """Open a data folder, None where somebody has it. Where it cannot be used it raises `Refused`."""
    names = {entry.name for entry in data.iterdir()}
    if DATABASE not in names and not names <= _BEFORE:
        raise Refused(f"{data} holds other things and no data of Watchword; name the folder that `watchword up` has")
    try:
        return OfflinePerformer(config.load(data, {}))
    except Held:
        return None
    except (config.ConfigurationError, *Unusable) as error:
        raise Refused(str(error)) from error
