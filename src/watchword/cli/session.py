"""
What a command is handed: how it gets something done, and where it says what came of it.

A command prints for people, or, with `--json`, one JSON document on standard output and nothing else there. It ends
early by `Refused` (exit 1) or `Usage` (exit 2), whose texts go to standard error.
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self, TextIO

from watchword.cli.texts import safe

PAGE: Final = 500
"""Rows that are asked for at once; an operation gives at most twice as many."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """It was not done. The text is a sentence that says why."""


class Usage(Exception):  # noqa: N818 - as above
    """The command line cannot be understood. The text is a sentence that says what is wrong with it."""


class Performer(Protocol):
    """Gets operations of the catalogue done. Whatever keeps it from doing so is `Refused`."""

    def perform(self, name: str, arguments: Mapping[str, object]) -> Any:
        """Do an operation and return its result as JSON has it."""

    def follow(self, wanted: Mapping[str, object]) -> Iterator[Any]:
        """Yield rows of activity from now on, those that are all that is wanted."""

    def octets(self, path: str) -> Iterator[bytes]:
        """Yield the octets of a file that the portal offers, by its path there."""

    def close(self) -> None:
        """Let go of the data folder."""


Reach = Callable[[Path], Performer]
"""Finds the way to a data folder. Where there is none it raises `Refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """
    Where a command reads and writes.

    Attributes:
        secret: asks for a secret without showing it, on a terminal; None where standard input is none.
        drawn: whether standard output is a terminal.
    """

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO
    secret: Callable[[str], str] | None
    drawn: bool


class Session:
    """One command."""

    def __init__(
        self,
        *,
        reach: Reach,
        terminal: Terminal,
        data: Path | None,
        as_json: bool,
        performer: Performer | None = None,
    ) -> None:
        self.terminal = terminal
        self.as_json = as_json
        self._reach = reach
        self._data = data
        self._performer = performer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._performer is not None:
            self._performer.close()

    @property
    def data(self) -> Path:
        """The data folder. Raises `Usage` where none was named."""
        if self._data is None:
            raise Usage("say where the data is: --data DIR, or WATCHWORD_DATA in the environment")
        return self._data

    @property
    def performer(self) -> Performer:
        """What gets operations done."""
        if self._performer is None:
            self._performer = self._reach(self.data)
        return self._performer

    def perform(self, name: str, /, **arguments: object) -> Any:
        """Do an operation with the arguments that are not None, and return its result as JSON has it."""
        return self.performer.perform(name, {key: value for key, value in arguments.items() if value is not None})

    def pages(
        self, name: str, /, *, after: str, key: str, most: int | None = None, **arguments: object
    ) -> Iterator[Any]:
        """
        Yield the rows of a list, asking for more as long as there are more.

        Args:
            name: the operation.
            after: its argument that says behind which row to go on.
            key: the field of a row that says so.
            most: how many rows are wanted, None for all.
            arguments: its other arguments.
        """
        behind: str | None = None
        while True:
            wanted = PAGE if most is None else min(PAGE, most)
            rows = self.perform(name, limit=wanted, **{after: behind}, **arguments)
            yield from rows
            most = None if most is None else most - len(rows)
            if not rows or len(rows) < wanted or most == 0:
                return
            behind = rows[-1][key]

    def secret(self, what: str, *, again: bool = False) -> dict[str, str]:
        """
        Read a secret: a line of standard input without its line end, or what is typed on a terminal, unseen.

        Args:
            what: is asked for, on a terminal.
            again: whether it must be typed twice there.
        """
        ask = self.terminal.secret
        if ask is None:
            return secret_of(self.terminal.stdin.readline().removesuffix(b"\n"))
        typed = ask(f"{what}: ")
        if again and ask(f"{what}, once more: ") != typed:
            raise Refused("the two were not the same; nothing was done")
        return secret_of(typed.encode(errors="surrogateescape"))

    def wants_secret(self, given: bool, option: str) -> None:  # noqa: FBT001 - the option as it was given
        """Let a command that needs a secret go on. Raises `Usage` where it can come from nowhere."""
        if not given and self.terminal.secret is None:
            raise Usage(f"{option} is needed: a secret is read from standard input, and is never an argument")

    def document(self, document: object) -> None:
        """Print the one document of a command, as JSON."""
        self.line(json.dumps(document))

    def array(self, rows: Iterable[object]) -> None:
        """Print the rows of a command as one JSON array, as they come."""
        out, between = self.terminal.stdout, "["
        for row in rows:
            out.write(between + json.dumps(row))
            between = ",\n"
        out.write("[]\n" if between == "[" else "]\n")
        out.flush()

    def line(self, written: str) -> None:
        """Print a line of ours."""
        self.terminal.stdout.write(written + "\n")
        self.terminal.stdout.flush()

    def say(self, sentence: str, *notes: str) -> None:
        """Print a sentence for people, and notes below it, whatever others wrote into them."""
        self.line(safe(sentence))
        for note in notes:
            self.line(f"  {safe(note)}")

    def done(self, document: Mapping[str, Any], sentence: str) -> None:
        """Say that something was done: its document, or a sentence and the notes of the document."""
        if self.as_json:
            self.document(document)
        else:
            self.say(sentence, *document.get("notes", ()))


def secret_of(octets: bytes) -> dict[str, str]:
    """Return a secret as operations take it."""
    return {"octets": base64.b64encode(octets).decode()}
