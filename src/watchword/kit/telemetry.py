"""
Logs: one line for each thing worth telling, JSON for machines or text for people, and no secret in any of them.

What may stand in a line `kit.redaction` decides, in the last step before a line is written. Whoever logs is handed a
`Log`. structlog is imported when the first one is opened, so that commands that log nothing start without it.
"""

import hashlib
import json
import re
import sys
import traceback
from collections.abc import Callable, Hashable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import PurePath
from typing import Final, Protocol, TextIO, cast

from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.redaction import Field, presentable

_Line = MutableMapping[str, object]


class LogForm(StrEnum):
    """How a line is written."""

    JSON = "json"
    CONSOLE = "console"


class Log(Protocol):
    """Where lines go. `event` is a constant sentence, `fields` whatever it is about."""

    def debug(self, event: str, **fields: object) -> object:
        """Tell what helps to find a fault."""

    def info(self, event: str, **fields: object) -> object:
        """Tell what happened."""

    def warning(self, event: str, **fields: object) -> object:
        """Tell what somebody should look at."""

    def error(self, event: str, **fields: object) -> object:
        """Tell what is broken."""

    def exception(self, event: str, **fields: object) -> object:
        """Tell what is broken, and where the exception that is being handled came from."""


class FaultReport(Protocol):
    """Tells the operator of a bug; called while the exception is being handled."""

    def __call__(self, where: str) -> None:
        """Report the exception that is being handled."""


@contextmanager
def _without(package: str) -> Iterator[None]:
    """Let whatever is imported in the block do without a package, unless that is here already."""
    missing = package not in sys.modules
    if missing:
        sys.modules[package] = None  # type: ignore[assignment] # So Python says that it is not installed.
    try:
        yield
    finally:
        if missing:
            del sys.modules[package]


def open_log(*, clock: Clock, stream: TextIO, form: LogForm, least: str = "info") -> Log:
    """
    Open the log of a process.

    Args:
        clock: what lines are stamped with.
        stream: where lines are written; what cannot be written is lost, and nobody is disturbed by it.
        form: how lines look.
        least: the least level that is written: `debug`, `info`, `warning` or `error`.
    """
    with _without("rich"):
        # It takes 0.1 s, which commands that log nothing do not have. With rich it would take 5 MiB more, for colours.
        import structlog  # noqa: PLC0415

    def stamp(_logger: object, level: str, line: _Line) -> _Line:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=clock.wall())
        return {"at": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}", "level": level, "event": line.pop("event"), **line}

    written = _as_json if form is LogForm.JSON else _for_people
    opened = structlog.wrap_logger(
        _Sink(stream),
        processors=[stamp, lambda _logger, _level, line: written(presentable(line))],
        wrapper_class=structlog.make_filtering_bound_logger(least),
    )
    return cast("Log", opened.bind())


class _Sink:
    """Writes lines; what structlog calls when one is ready."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def _write(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # A full disk or a reader that has gone away must not decide a login.
            return

    debug = info = warning = error = _write


def _as_json(line: Mapping[str, Field]) -> str:
    return json.dumps(line)


def _for_people(line: Mapping[str, Field]) -> str:
    rest = {key: value for key, value in line.items() if key not in {"at", "level", "event"}}
    pairs = [
        f"{key}={value if _is_plain(value) else json.dumps(value, ensure_ascii=False)}" for key, value in rest.items()
    ]
    return "  ".join([f"{line['at']} {line['level']:<7} {line['event']}", *([" ".join(pairs)] if pairs else [])])


def _is_plain(value: Field) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"[^\s\"=]+", value) is not None)


class SeldomLog:
    """
    Lines that strangers can cause: of each kind one a minute, with the number of those that were left out before it.

    Kinds are bounded; past the bound all new ones count as one.
    """

    MOST_KINDS: Final = 1_000

    def __init__(self, log: Log, *, clock: Clock, seconds: int = 60) -> None:
        self._log = log
        self._clock = clock
        self._pause = seconds * NANOSECONDS
        self._kinds: dict[Hashable, tuple[int, int]] = {}

    def tell(self, kind: Hashable, event: str, **fields: object) -> None:
        """Write a warning, unless one of its kind was written within the last minute."""
        left_out = self._due(kind)
        if left_out is not None:
            self._log.warning(event, **fields, **({"left_out": left_out} if left_out else {}))

    def tell_exception(self, kind: Hashable, event: str, **fields: object) -> None:
        """Write about the exception that is being handled, by the same rule."""
        left_out = self._due(kind)
        if left_out is not None:
            self._log.exception(event, **fields, **({"left_out": left_out} if left_out else {}))

    def _due(self, kind: Hashable) -> int | None:
        now = self._clock.monotonic()
        if kind not in self._kinds and len(self._kinds) >= self.MOST_KINDS:
            self._forget(now)
            kind = kind if len(self._kinds) < self.MOST_KINDS else None
        again_at, left_out = self._kinds.get(kind, (now, 0))
        if now < again_at:
            self._kinds[kind] = (again_at, left_out + 1)
            return None
        self._kinds[kind] = (now + self._pause, 0)
        return left_out

    def _forget(self, now: int) -> None:
        self._kinds = {kind: kept for kind, kept in self._kinds.items() if now < kept[0]}


class Faults:
    """Reports bugs: each is counted, and told once a minute for each place where it comes from and was caught."""

    def __init__(self, log: SeldomLog, *, count: Callable[[str], None]) -> None:
        self._log = log
        self._count = count

    def __call__(self, where: str) -> None:
        """Report the exception that is being handled, caught in `where`."""
        self._count(where)
        reference = bug_reference(sys.exception())
        self._log.tell_exception(("fault", where, reference), "this is a bug", where=where, reference=reference)


def bug_reference(raised: BaseException | None) -> str:
    """
    Return what a bug is called by: the same for the same exception at the same place.

    Whoever meets it is told this and nothing more, and whoever reads the log finds its line by it.
    """
    places = traceback.extract_tb(None if raised is None else raised.__traceback__)
    said = f"{type(raised).__name__}" + "".join(f" {PurePath(one.filename).name}:{one.lineno}" for one in places[-3:])
    number = hashlib.sha256(said.encode()).hexdigest()[:8].upper()
    return f"{number[:4]}-{number[4:]}"
