"""
`watchword why` and `watchword what-if`: decisions in words.
"""

from collections.abc import Iterable
from typing import Any

from watchword.cli.families import Here, family
from watchword.cli.session import Session
from watchword.cli.texts import when

why_app = family("why", "Why a login ended as it did.", "watchword why 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12")
what_if_app = family(
    "what-if",
    "What would happen to a login.",
    "watchword what-if alice@example.org vpn --source 198.51.100.7",
    "watchword what-if alice@example.org vpn --code-typed --group berlin",
)


@why_app.default
def why(activity: str, /, *, session: Here) -> None:
    """
    Explain a past decision, question by question.

    Args:
        activity: id of the row, as `watchword activity` shows it.
    """
    explained = session.perform("why", id=activity)
    if session.as_json:
        session.document(explained)
        return
    row = explained["activity"]
    session.say(
        f"{when(row['at'])}  {row['user']} at {row['application'] or 'no application'} from"
        f" {row['source'] or 'nowhere known'}: {explained['outcome'] or row['kind']}, {explained['reason']}"
    )
    if row["detail"]:
        session.say(row["detail"])
    _steps(session, explained["steps"])


@what_if_app.default
def what_if(
    user: str,
    application: str,
    /,
    *,
    source: str | None = None,
    code_typed: bool = False,
    group: str | None = None,
    session: Here,
) -> None:
    """
    Say what would happen to a login, and change nothing.

    Args:
        user: as it would be typed.
        application: where.
        source: the address that he would come from.
        code_typed: as if a code were typed with the password.
        group: the replication group whose servers would be asked; where there are several, the one that the
            application asked last, unless another is named.
    """
    foreseen = session.perform(
        "what-if", user=user, application=application, source=source, code_typed=code_typed, group=group
    )
    if session.as_json:
        session.document(foreseen)
        return
    session.say(f"{foreseen['outcome']}, {foreseen['reason']}")
    _steps(session, foreseen["steps"])
    if foreseen["assumed"]:
        session.say("assuming that", *foreseen["assumed"])


def _steps(session: Session, steps: Iterable[Any]) -> None:
    for number, step in enumerate(steps, start=1):
        decided = "  <- this decided" if step["decided"] else ""
        session.say(f"{number:3}. {step['question']} {step['answer']}{decided}")
