"""
`watchword authenticator`: a phone in the terminal.

It is a full client of the protocol of devices: it holds its own key, shows what is asked, and signs what it showed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from watchword.cli.answering import Answering, Wanted
from watchword.cli.families import Here, Whole, examples, family
from watchword.cli.session import Refused, Session, Usage
from watchword.domain.methods import MethodId
from watchword.domain.prompts import AnswerDecision, PairingStatement
from watchword.domain.users import UserId
from watchword.kit.clock import SystemClock
from watchword.kit.identifiers import text
from watchword.upstream.authenticator.device import Device, DeviceKey, StateError, StateFile, load
from watchword.upstream.authenticator.portal import PairingUrl, PortalClient, PortalError
from watchword.wire.authenticator import PairRequest

app = family("authenticator", "A phone in the terminal: a device that is paired with a user and answers his prompts.")

WAIT: Final = 60
"""Seconds that are waited for a prompt where nobody says how many."""


@app.command(
    name="pair",
    help_epilogue=examples(
        "watchword authenticator pair https://portal.example.org/pair#TOKEN --state phone.json",
        "watchword authenticator pair --url-stdin --state phone.json < pairing-url.txt",
    ),
)
def pair(
    pairing_url: str | None = None,
    /,
    *,
    state: Path,
    url_stdin: bool = False,
    insecure_http: bool = False,
    session: Here,
) -> None:
    """
    Pair this terminal with the user whom a pairing URL was made for.

    Args:
        pairing_url: as `watchword method add USER push` has printed it; it is good once.
        state: file that is made to keep the device's key in; who has it can answer for the user.
        url_stdin: read the pairing URL from standard input, so that nobody on this machine sees it.
        insecure_http: speak in clear with a portal that is not on this machine. For laboratories only.
    """
    if (pairing_url is None) != url_stdin:
        raise Usage("name the pairing URL, or give --url-stdin")
    written = pairing_url or session.terminal.stdin.readline().decode(errors="replace")
    try:
        url = PairingUrl.read(written)
        portal = PortalClient(url.portal, in_clear=insecure_http)
        device = _paired(url, portal, StateFile(state))
    except (PortalError, StateError) as error:
        raise Refused(str(error)) from error
    done = {"device": text(device.method), "user": text(device.user), "username": device.username, "portal": url.portal}
    session.done(
        done, f"paired with {device.username}; `watchword authenticator answer --state {state} --approve` waits"
    )


def _paired(url: PairingUrl, portal: PortalClient, file: StateFile) -> Device:
    key = DeviceKey.new()
    statement = PairingStatement(token=url.token.encode(), public_key=key.public())
    request = PairRequest(token=url.token, public_key=key.public(), proof=key.sign(statement.canonical()))
    try:
        reply = portal.pair(request)
        device = Device(
            portal=url.portal,
            method=MethodId(reply.device),
            user=UserId(reply.user),
            username=reply.username,
            key=key,
        )
        file.keep(device)
    except (PortalError, StateError):
        file.give_up()
        raise
    return device


@app.command(
    name="answer",
    help_epilogue=examples(
        "watchword authenticator answer --state phone.json --approve",
        "watchword authenticator answer --state phone.json --approve --number 47 --wait 30",
        "watchword authenticator answer --state phone.json --fraud",
    ),
)
def answer(
    *,
    state: Path,
    approve: bool = False,
    deny: bool = False,
    fraud: bool = False,
    number: str | None = None,
    wait: Whole = WAIT,
    insecure_http: bool = False,
    session: Here,
) -> None:
    """
    Wait for a prompt, show it, and answer it. Exit code 1 where nothing came in time.

    Args:
        state: file of the device.
        approve: let the login through.
        deny: do not.
        fraud: do not, and say that this was not you: everything in progress for you ends.
        number: the number that the application shows, where it shows one.
        wait: seconds to wait for a prompt.
        insecure_http: speak in clear with a portal that is not on this machine. For laboratories only.
    """
    wanted = _wanted(approve=approve, deny=deny, fraud=fraud)
    if number is not None and not (number.isascii() and number.isdigit()):
        raise Usage("--number must be the digits that the application shows")
    try:
        device = load(state)
        answering = Answering(
            device=device,
            portal=PortalClient(device.portal, in_clear=insecure_http),
            clock=SystemClock(),
            show=lambda line: _tell(session, line),
            ask=_asking(session),
        )
        verification = answering.answer(Wanted(decision=wanted, number=number), seconds=wait)
    except (PortalError, StateError) as error:
        raise Refused(str(error)) from error
    document = {"verification": text(verification), "answer": wanted.value}
    session.done(document, f"answered: {wanted.value}")


def _wanted(*, approve: bool, deny: bool, fraud: bool) -> AnswerDecision:
    given = {AnswerDecision.APPROVE: approve, AnswerDecision.DENY: deny, AnswerDecision.FRAUD: fraud}
    chosen = [decision for decision, is_given in given.items() if is_given]
    if len(chosen) != 1:
        raise Usage("say what to answer: one of --approve, --deny and --fraud")
    return chosen[0]


def _tell(session: Session, line: str) -> None:
    session.terminal.stderr.write(line + "\n")
    session.terminal.stderr.flush()


def _asking(session: Session) -> Callable[[str], str] | None:
    """Return what asks the owner something, None where nobody sits at a terminal."""
    terminal = session.terminal
    if terminal.secret is None or session.as_json:
        return None

    def ask(question: str) -> str:
        terminal.stderr.write(question)
        terminal.stderr.flush()
        return terminal.stdin.readline().decode(errors="replace")

    return ask
