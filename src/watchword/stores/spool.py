"""
A file of rows that are on their way to the portal: written whole or not at all, readable by its owner alone.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.ports.spool import AwayRow

NAME: Final = "away"
"""Name of the file in the data folder."""

LONGEST: Final = 16 * 1024 * 1024
"""Octets of a file that is read."""


class _Written(msgspec.Struct, frozen=True, array_like=True):
    key: bytes
    at: int
    count: int
    application: bytes
    authentication_type: str
    user_name: str
    client: str
    source: str | None
    why: str = ""


_encode: Final = msgspec.msgpack.Encoder().encode
_rows: Final = msgspec.msgpack.Decoder(tuple[msgspec.Raw, ...])
_row: Final = msgspec.msgpack.Decoder(_Written)


class FileSpool:
    """Implements `ports.spool.Spool`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def load(self) -> list[AwayRow]:
        """Return what an earlier run has kept; what cannot be read any more is left out."""
        try:
            with self._path.open("rb") as file:
                raws = _rows.decode(file.read(LONGEST))
        except (OSError, msgspec.MsgspecError):
            return []
        return [row for row in map(_read, raws) if row is not None]

    def keep(self, rows: Sequence[AwayRow]) -> None:
        """Keep exactly these rows, durably. Raises OSError."""
        octets = _encode([_written(row) for row in rows])
        temporary = self._path.with_name(f"{NAME}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise


def _written(row: AwayRow) -> _Written:
    return _Written(
        key=row.key,
        at=row.at,
        count=row.count,
        application=row.application,
        authentication_type=row.authentication_type.value,
        user_name=row.user_name,
        client=row.client,
        source=row.source,
        why=row.why,
    )


def _read(raw: msgspec.Raw) -> AwayRow | None:
    try:
        written = _row.decode(raw)
        kind = AuthenticationType(written.authentication_type)
    except (msgspec.MsgspecError, ValueError):
        return None
    return AwayRow(
        key=written.key,
        at=written.at,
        count=written.count,
        application=ApplicationId(written.application),
        authentication_type=kind,
        user_name=written.user_name,
        client=written.client,
        source=written.source,
        why=written.why,
    )
