"""
What an application of type `api` says when it asks for a verification, and what it is told.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from watchword.app.administration import Refusal, invalid
from watchword.app.attempt import LoginAttempt
from watchword.app.documents import pointer, read_document
from watchword.app.manage.texts import maybe_id, shown
from watchword.domain.applications import Application, PrimaryKind
from watchword.domain.otp import is_backup_code, is_code
from watchword.domain.secrets import Secret
from watchword.domain.sources import place_of
from watchword.domain.verification import Allowed, Challenged, Credential, Outcome, Reason
from watchword.kit.clock import NANOSECONDS, Clock

LONGEST_WAIT: Final = 30
"""Seconds for which one request waits: less than what proxies on the way let pass without an answer."""

LONGEST_USER: Final = 253
LONGEST_SOURCE: Final = 253
"""Characters, as a RADIUS attribute has room for octets."""

LONGEST_PASSWORD: Final = 512
"""Octets of a password."""

LONGEST_STATE: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCredentials:
    """The application that asks: its name and its secret."""

    name: str
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationAsked:
    """
    A login for which an application wants a verification.

    Attributes:
        user: any name that he goes by, as he typed it.
        application: who asks; may be HTTP Basic instead.
        password: what he typed; not where the application has checked it itself (primary `asserted`), nor with a state.
        code: a code or backup code that he typed.
        source: where he is: his IP address as the application sees it. Without one nothing is joined or remembered.
        state: of the challenge that is answered.
        wait: seconds for which this request waits for an outcome before it is told to ask again.
    """

    user: str
    application: ApplicationCredentials | None = None
    password: Secret | None = None
    code: str | None = None
    source: str | None = None
    state: str | None = None
    wait: int = 1


class VerificationOutcome(StrEnum):
    """How a verification stands."""

    ALLOWED = "allowed"
    DENIED = "denied"
    CHALLENGED = "challenged"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationAnswered:
    """
    How a verification stands.

    Attributes:
        reason: why it ended so; null while it is pending. Whom it tells more than yes or no should be nobody but you.
        activity: id of the row of activity that says so.
        url: where to wait for the outcome, or to cancel, while it is pending.
        state: of a challenge: send it back with the code that the user types, or to wait for his phone.
        number: of a challenge: what the user must see, to type it on his phone; null where a code is asked for.
    """

    outcome: VerificationOutcome
    reason: Reason | None = None
    activity: str | None = None
    url: str | None = None
    state: str | None = None
    number: str | None = None


def read(document: Mapping[str, Any]) -> VerificationAsked | Refusal:
    """Read what is asked; secrets may be text."""
    given = dict(document)
    if isinstance(given.get("password"), str):
        given["password"] = _octets(given["password"])
    application = given.get("application")
    if isinstance(application, dict) and isinstance(application.get("secret"), str):
        given["application"] = {**application, "secret": _octets(application["secret"])}
    unknown = sorted(set(application) - {"name", "secret"}) if isinstance(application, dict) else []
    if unknown:
        words = f"application has name and secret, not {shown(unknown[0])!r}"
        return invalid(words, field=pointer("application", unknown[0]))
    read = read_document("verification", VerificationAsked, given)
    return read if isinstance(read, Refusal) else _bounded(read)


def _octets(written: str) -> dict[str, str]:
    return {"octets": base64.b64encode(written.encode()).decode()}


def _bounded(asked: VerificationAsked) -> VerificationAsked | Refusal:
    if not 0 <= asked.wait <= LONGEST_WAIT:
        return invalid(f"wait is from 0 to {LONGEST_WAIT} seconds", field="/wait")
    if not 1 <= len(asked.user) <= LONGEST_USER:
        return invalid(f"user has 1 to {LONGEST_USER} characters", field="/user")
    if asked.source is not None and not (len(asked.source) <= LONGEST_SOURCE and asked.source.isprintable()):
        return invalid(f"source is at most {LONGEST_SOURCE} printable characters", field="/source")
    if asked.code is not None and not (is_code(asked.code) or is_backup_code(asked.code)):
        return invalid("a code has 6 or 8 digits, a backup code the form XXXX-XXXX", field="/code")
    if asked.password is not None and not _is_text(asked.password.octets):
        return invalid(f"a password is text of 1 to {LONGEST_PASSWORD} octets, without NUL", field="/password")
    if asked.state is not None and (asked.password is not None or not _state(asked.state)):
        return invalid("state is the one of a challenge, and comes without a password", field="/state")
    return asked


def _is_text(octets: bytes) -> bool:
    try:
        return 1 <= len(octets) <= LONGEST_PASSWORD and "\x00" not in octets.decode()
    except UnicodeDecodeError:
        return False


def _state(written: str) -> bytes:
    """Return the octets of a state, none where it cannot be one."""
    if len(written) > LONGEST_STATE:
        return b""
    try:
        return base64.b64decode(written, altchars=b"-_", validate=True)
    except ValueError:
        return b""


def attempt_of(
    asked: VerificationAsked, application: Application, *, client: str, clock: Clock
) -> LoginAttempt | Refusal:
    """Return the login that is asked for, as every other listener hands it over."""
    if asked.state is None and application.primary is PrimaryKind.ASSERTED and asked.password is not None:
        words = f"{application.name} asserts that it has checked the password itself, so none is sent"
        return invalid(words, field="/password")
    if asked.state is None and application.primary is not PrimaryKind.ASSERTED and asked.password is None:
        return invalid(f"passwords of {application.name} are checked here, so one is needed", field="/password")
    source, address = place_of(asked.source or "")
    return LoginAttempt(
        application=application,
        client=client,
        user_name=asked.user,
        typed=Secret(_typed(asked)),
        credential=Credential.PAP,
        source=source,
        address=address,
        state=None if asked.state is None else _state(asked.state),
        received_at=clock.now(),
        deadline=clock.monotonic() + application.deadline * NANOSECONDS,
    )


def _typed(asked: VerificationAsked) -> bytes:
    """
    Return what stands for password and code in the field of a listener that has one field for both.

    It is the form of OpenVPN's static challenge, because that alone never takes a password for one with a code in it.
    """
    code = (asked.code or "").encode()
    if asked.state is not None:
        return code
    password = b"" if asked.password is None else asked.password.octets
    return b"SCRV1:" + base64.b64encode(password) + b":" + base64.b64encode(code)


def answer_of(outcome: Outcome | None, url: str) -> VerificationAnswered:
    """Return what an application is told of an outcome, None while there is none."""
    if outcome is None:
        return VerificationAnswered(outcome=VerificationOutcome.PENDING, url=url)
    activity = maybe_id(outcome.activity)
    if isinstance(outcome, Challenged):
        return VerificationAnswered(
            outcome=VerificationOutcome.CHALLENGED,
            reason=Reason.CHALLENGE,
            activity=activity,
            state=base64.urlsafe_b64encode(outcome.state).decode(),
            number=outcome.prompt.number,
        )
    kind = VerificationOutcome.ALLOWED if isinstance(outcome, Allowed) else VerificationOutcome.DENIED
    return VerificationAnswered(outcome=kind, reason=outcome.reason, activity=activity)


def encoded(answered: VerificationAnswered) -> bytes:
    """Return an answer as JSON."""
    return msgspec.json.encode(answered)
