"""
Commands that are typed, and what comes of them, with a data folder that is a test's.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watchword.cli.main import run
from watchword.cli.session import Performer, Refused, Terminal

DATA = Path("/the/data/folder")
DRAWN = False
"""Whether standard output is a terminal."""


@dataclass
class Told:
    """A performer that notes what it is told, and answers as a test chose."""

    answers: dict[str, Any] = field(default_factory=dict)
    happens: list[Any] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    followed: list[dict[str, object]] = field(default_factory=list)
    reached: list[Path] = field(default_factory=list)
    closed: int = 0

    def reach(self, data: Path) -> Performer:
        self.reached.append(data)
        return self

    def perform(self, name: str, arguments: Mapping[str, object]) -> Any:
        self.calls.append((name, dict(arguments)))
        answer = self.answers.get(name, {})
        if isinstance(answer, Refused):
            raise answer
        return answer(arguments) if callable(answer) else answer

    def follow(self, wanted: Mapping[str, object]) -> Iterator[Any]:
        self.followed.append(dict(wanted))
        yield from self.happens

    def octets(self, path: str) -> Iterator[bytes]:
        self.calls.append((path, {}))
        yield from self.pieces

    def close(self) -> None:
        self.closed += 1


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def typed(
    *tokens: str,
    told: Told | None = None,
    reach: Callable[[Path], Performer] | None = None,
    stdin: bytes = b"",
    unseen: list[str] | None = None,
    data: Path | None = DATA,
) -> Ran:
    """
    Type a command.

    Args:
        tokens: what follows `watchword`.
        told: what gets operations done.
        reach: finds it, where that is not `told`.
        stdin: what standard input holds, where it is no terminal.
        unseen: what is typed unseen, where it is one.
        data: the data folder, None to name none.
    """
    told = told or Told()
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(
        stdin=io.BytesIO(stdin),
        stdout=out,
        stderr=err,
        secret=None if unseen is None else lambda _question: unseen.pop(0),
        drawn=DRAWN,
    )
    where = () if data is None else ("--data", str(data))
    code = run([*tokens, *where], reach=reach or told.reach, terminal=terminal)
    return Ran(code, out.getvalue(), err.getvalue())
