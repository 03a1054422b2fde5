"""
The command `watchword`: finds the command that is meant, and turns how it ended into an exit code.

0 done, 1 refused, with the reason on standard error, 2 a command line that cannot be understood. Families of commands
are imported when one of theirs is typed, so that each answers quickly.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, CycloptsError, MissingArgumentError, Parameter, UnusedCliTokensError

from watchword import config
from watchword.cli.reaching import reach
from watchword.cli.session import Reach, Refused, Session, Terminal, Usage
from watchword.cli.texts import safe

INTERRUPTED: Final = 130
"""What a shell has for a command that Ctrl+C has ended."""

_HELP: Final = frozenset({"--help", "-h"})

_FAMILIES: Final = (
    ("up", "watchword.cli.up:app", "Serve everything on this machine: RADIUS, portal, administration."),
    ("user", "watchword.cli.users:app", "Users."),
    ("method", "watchword.cli.methods:app", "Second steps of users: tokens, phones, printed codes."),
    ("application", "watchword.cli.applications:app", "What asks: VPNs and other RADIUS clients."),
    ("directory", "watchword.cli.directories:app", "Where passwords are checked."),
    ("bypass", "watchword.cli.bypasses:app", "One-time bypasses: one login without the second step."),
    ("rule", "watchword.cli.rules:app", "Caching rules: when a second step is not asked for again."),
    ("group", "watchword.cli.groups:app", "Replication groups."),
    ("server", "watchword.cli.servers:app", "MFA servers: on machines next to the VPNs."),
    ("setting", "watchword.cli.settings:app", "Settings of the organisation."),
    ("admin", "watchword.cli.administrators:app", "Administrators of the portal."),
    ("session", "watchword.cli.administrators:sessions_app", "Sessions of administrators."),
    (
        "key",
        "watchword.cli.keys:app",
        "Keys of programs that use the API, and the keys under which secrets are sealed.",
    ),
    ("audit", "watchword.cli.audits:app", "The audit trail."),
    ("activity", "watchword.cli.activities:app", "What happened."),
    ("why", "watchword.cli.explaining:why_app", "Why a login ended as it did."),
    ("what-if", "watchword.cli.explaining:what_if_app", "What would happen to a login."),
    ("pending", "watchword.cli.pending:app", "Logins that wait for a second step."),
    ("try", "watchword.cli.trying:app", "Try a login, as a VPN would send it."),
    ("doctor", "watchword.cli.doctor:app", "What is not as it should be, and what to do about it."),
    ("authenticator", "watchword.cli.authenticator:app", "A phone in the terminal."),
)


def main() -> None:
    """Run what was typed."""
    try:
        code = run(sys.argv[1:], reach=reach, terminal=_terminal())
    except BrokenPipeError:
        # Whoever reads has seen enough. What is left in the buffer must not be tried again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def run(tokens: Sequence[str], *, reach: Reach, terminal: Terminal) -> int:
    """
    Run a command.

    Args:
        tokens: what was typed after `watchword`.
        reach: finds the way to a data folder.
        terminal: where to read and write.

    Returns:
        The exit code.
    """
    try:
        _check_text(tokens)
        return _dispatch(tokens, reach=reach, terminal=terminal)
    except (CycloptsError, Usage) as error:
        terminal.stderr.write(f"watchword: {safe(_sentence(error))}\n")
        return 2
    except Refused as error:
        terminal.stderr.writelines(f"watchword: {safe(line)}\n" for line in str(error).splitlines())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _check_text(tokens: Sequence[str]) -> None:
    """Raise `Usage` where a token holds octets that are no text: nothing that was stored could ever be named so."""
    for token in tokens:
        try:
            token.encode()
        except UnicodeEncodeError as error:
            raise Usage(f"{token!r} is not UTF-8") from error


def _dispatch(tokens: Sequence[str], *, reach: Reach, terminal: Terminal) -> int:
    app = application()
    app.meta.suppress_keyboard_interrupt = False

    @app.meta.default
    def globally(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        data: Path | None = None,
        portal: str | None = None,
        ca: Path | None = None,
        json: bool = False,
    ) -> int:
        """
        Run a command.

        Args:
            tokens: the command.
            data: folder of the database (or WATCHWORD_DATA).
            portal: URL of a portal elsewhere; its API key is in WATCHWORD_API_KEY.
            ca: certificates (PEM) of the authority that the portal's is from, where the system does not know it.
            json: print one JSON document on standard output, and nothing else.
        """
        command, bound, handed = app.parse_args(tokens, exit_on_error=False, print_error=False)
        if command == app.help_print and not _HELP.intersection(tokens):
            app.help_print(tokens, console=app.error_console)
            return 2
        session = _session(reach, terminal, data=data, portal=portal, ca=ca, as_json=json)
        with session:
            return _ended(command(*bound.args, **bound.kwargs, **dict.fromkeys(handed, session)))

    return _ended(app.meta(tokens, exit_on_error=False, print_error=False, result_action="return_value"))


def _session(
    reach: Reach, terminal: Terminal, *, data: Path | None, portal: str | None, ca: Path | None, as_json: bool
) -> Session:
    if portal is None:
        if ca is not None:
            raise Usage("--ca goes with --portal")
        return Session(reach=reach, terminal=terminal, data=config.data_folder(data), as_json=as_json)
    if data is not None:
        raise Usage("--data and --portal name two places; say one")
    from watchword.cli.portal_client import PortalPerformer

    performer = PortalPerformer(portal, config.api_key(), ca=ca)
    return Session(reach=reach, terminal=terminal, data=None, as_json=as_json, performer=performer)


def _ended(result: object) -> int:
    return result if isinstance(result, int) else 0


def application() -> App:
    """Return every command."""
    app = App(
        name="watchword",
        help="Multi-factor authentication for VPNs and whatever else speaks RADIUS.",
        help_format="plaintext",
        version=_version,
        default_parameter=Parameter(negative=""),
    )
    for name, where, words in _FAMILIES:
        app.command(where, name=name, help=words)
    app.register_install_completion_command(help="Let the shell complete commands and options.")
    return app


def _version() -> str:
    from importlib.metadata import version

    return version("watchword")


def _sentence(error: CycloptsError | Usage) -> str:
    match error:
        case UnusedCliTokensError(unused_tokens=[first, *_]):
            return f"{first!r} is more than this command takes; --help shows how it is written"
        case MissingArgumentError():
            error.verbose = False
            return f"{error} --help shows examples."
        case CycloptsError():
            error.verbose = False
    return str(error)


def _terminal() -> Terminal:
    return Terminal(
        stdin=sys.stdin.buffer,
        stdout=sys.stdout,
        stderr=sys.stderr,
        secret=_unseen if sys.stdin.isatty() else None,
        drawn=sys.stdout.isatty(),
    )


def _unseen(question: str) -> str:
    from getpass import getpass

    return getpass(question)
