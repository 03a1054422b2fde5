"""
How commands are made: what holds for each of them.
"""

from typing import Annotated

from cyclopts import App, Parameter

from watchword.cli.session import Session

Here = Annotated[Session, Parameter(parse=False)]
"""What `cli.main` hands to a command, and nobody types."""


def family(name: str, words: str, *lines: str) -> App:
    """
    Make a family of commands, or the command that is one of its own.

    Args:
        name: what is typed.
        words: what it is about, in a line.
        lines: examples of a command that is one of its own.
    """
    return App(
        name=name,
        help=words,
        help_format="plaintext",
        help_epilogue=examples(*lines) if lines else None,
        default_parameter=Parameter(negative=""),
    )


def examples(*lines: str) -> str:
    """Return what stands below the help of a command."""
    return "Examples:\n" + "\n".join(f"  {line}" for line in lines)
