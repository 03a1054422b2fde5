"""
Why a request ended as it did.
"""

from tests.fakes.office import ALICE, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.diagnose.why import Why
from watchword.app.diagnose.words import StepRow
from watchword.domain.applications import DEFAULT_GROUP, AuthenticationType
from watchword.domain.events import Activity
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.identifiers import text


def commit(office: Office, *, kind: OutcomeKind | None, reason: Reason, trace: Trace) -> str:
    row = Activity(
        id=ActivityId(b"w" * 16),
        at=office.clock.now(),
        group=DEFAULT_GROUP,
        kind=kind,
        reason=reason,
        user=None,
        user_name=ALICE,
        epoch=0,
        application=None,
        authentication_type=AuthenticationType.RADIUS,
        client="127.0.0.1",
        source=None,
        server="local",
        trace=trace,
    )
    office.commit(activity=(row,))
    return text(row.id)


async def test_every_step_of_a_decision_is_told_in_words(office: Office) -> None:
    trace = (
        Step(Question.USER, Answer.YES, detail=ALICE),
        Step(Question.PASSWORD, Answer.RIGHT, detail="local"),
        Step(Question.CODE, Answer.USED, decided=True),
    )
    row = commit(office, kind=OutcomeKind.DENIED, reason=Reason.USED_CODE, trace=trace)

    explained = await office.do("why", Why(id=row))

    assert (explained.id, explained.outcome, explained.reason) == (row, OutcomeKind.DENIED, Reason.USED_CODE)
    assert explained.steps == (
        StepRow(
            question="Who is the user?",
            answer="yes (alice@example.org)",
            decided=False,
            asked="user",
            answered="yes",
            detail=ALICE,
        ),
        StepRow(
            question="Is the password right?",
            answer="right (local)",
            decided=False,
            asked="password",
            answered="right",
            detail="local",
        ),
        StepRow(
            question="Is the typed code right and unused?",
            answer="right, but used before",
            decided=True,
            asked="code",
            answered="used",
            detail="",
        ),
    )
    assert (explained.activity.id, explained.activity.user) == (row, ALICE)


async def test_what_needed_no_decision_has_no_steps(office: Office) -> None:
    row = commit(office, kind=None, reason=Reason.ACCOUNTING, trace=())

    explained = await office.do("why", Why(id=row))

    assert (explained.outcome, explained.steps) == (None, ())


async def test_a_row_that_is_not_there_is_told_so(office: Office) -> None:
    assert kinds(await office.refused("why", Why(id="0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"))) == (
        RefusalKind.NOT_FOUND,
        "there is no row of activity 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12; `watchword activity` shows the last ones",
    )
    assert (await office.refused("why", Why(id="7"))).kind is RefusalKind.INVALID
