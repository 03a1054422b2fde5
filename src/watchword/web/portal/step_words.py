"""
The steps of a decision as pages call them, marked for translation.

Every question and every answer of a trace is here. What stands behind an answer is a text of our own, which is
translated, a name, or the words of a directory, which are shown as they came. A test sees that every text of our own
is here.
"""

import re
from collections.abc import Mapping
from typing import Final

from watchword.app.diagnose.words import StepRow, name_of
from watchword.domain.caching import CacheType, Miss
from watchword.domain.methods import MethodKind
from watchword.domain.trace import Answer, Question
from watchword.domain.verification import Reason
from watchword.web.portal.languages import marked
from watchword.web.portal.login_words import LABELS_OF
from watchword.web.portal.reading import Reading
from watchword.web.portal.words import LABELS

QUESTIONS: Final[Mapping[Question, str]] = {
    Question.OTHER: marked("A question that this version does not know"),
    Question.PROTOCOL: marked("Is the way the password came in supported?"),
    Question.CHALLENGE: marked("Does the answer belong to a question of ours that waits for one?"),
    Question.USER: marked("Who is the user?"),
    Question.STANDING: marked("May the user sign in at all?"),
    Question.LOCK: marked("Is the user's second step locked?"),
    Question.THROTTLE: marked("Were there too many wrong passwords from this source?"),
    Question.PASSWORD: marked("Is the password right?"),
    Question.CODE: marked("Is the typed code right and unused?"),
    Question.CACHE: marked("Does a caching rule let this login through?"),
    Question.BYPASS: marked("Is there a one-time bypass?"),
    Question.JOIN: marked("Is the same login in progress, or just ended?"),
    Question.CONTENDED: marked("Is a login of this user in progress from another source?"),
    Question.METHOD: marked("Which second step can be asked for?"),
    Question.ANSWER: marked("What came of the second step?"),
    Question.APPLICATION: marked("May the application ask at all?"),
    Question.PORTAL: marked("Does a portal answer the server?"),
    Question.RELEASE: marked("Does everything still stand at the moment of the answer?"),
}

ANSWERS: Final[Mapping[Answer, str]] = {
    Answer.OTHER: marked("an answer that this version does not know"),
    Answer.NO: marked("no"),
    Answer.YES: marked("yes"),
    Answer.UNKNOWN: marked("nobody goes by that name"),
    Answer.AMBIGUOUS: marked("more than one user goes by that name"),
    Answer.BLOCKED: marked("blocked"),
    Answer.DISABLED: marked("disabled"),
    Answer.LOCKED: marked("locked after wrong second steps"),
    Answer.WAITING: marked("yes, the next one must wait"),
    Answer.RIGHT: marked("right"),
    Answer.WRONG: marked("wrong"),
    Answer.USED: marked("right, but used before"),
    Answer.REFUSED: marked("refused"),
    Answer.AWAY: marked("it could not be checked"),
    Answer.ASSERTED: marked("the application says that it has checked it"),
    Answer.NOT_REQUIRED: marked("the application does not require a known user"),
    Answer.MISS: marked("no"),
    Answer.HIT: marked("yes"),
    Answer.JOINED: marked("yes, its outcome is shared"),
    Answer.CHALLENGED: marked("the user was asked for a code or shown a number"),
    Answer.STARTED: marked("the phone was asked"),
    Answer.APPROVED: marked("approved"),
    Answer.DENIED: marked("denied by the user"),
    Answer.FRAUD: marked("the user says that this was somebody else"),
    Answer.NO_ANSWER: marked("no answer came in time"),
    Answer.EXPIRED: marked("expired"),
    Answer.STALE: marked("no, something changed in the meantime"),
    Answer.FAILED: marked("it could not be written down"),
    Answer.DIRECTORY_ID: marked("the directory's identifier belongs to a user of another name"),
    Answer.OFFLINE: marked("no: offline"),
}

DETAILS: Final[Mapping[str, str]] = {
    Miss.NO_RULE: marked("no caching rule matches"),
    Miss.KEY: marked("the request lacks a part of the rule's key"),
    Miss.NO_ENTRY: marked("nothing is remembered"),
    Miss.EXPIRED: marked("what was remembered has expired"),
    Miss.EPOCH: marked("something happened to the user since"),
    Miss.CHANGED: marked("the rule or the application was changed since"),
    Miss.PASSWORD: marked("the password is another one"),
    "local": marked("checked here"),
    "asserted": marked("checked by the application"),
    "the whole trace": marked("all of it"),
    "decided by the server itself": marked("decided by the server itself"),
    "no directory of this server has checked it": marked("no directory of this server has checked it"),
    "in the replica": marked("in the replica"),
    "a code as late was accepted before this was told": marked("a code as late was accepted before this was told"),
    "the same code was accepted elsewhere too": marked("the same code was accepted elsewhere too"),
    "the server names a code that it cannot have checked": marked(
        "the server names a code that it cannot have checked"
    ),
    "the application does not allow codes without a portal": marked(
        "the application does not allow codes without a portal"
    ),
    "the application's passwords are kept at the portal": marked("the application's passwords are kept at the portal"),
    "no code of a token was typed": marked("no code of a token was typed"),
    "this server has no replica of those who have codes": marked("this server has no replica of those who have codes"),
    "no portal was heard since this server has a replica": marked(
        "no portal was heard since this server has a replica"
    ),
    "the machine was started since a portal was heard": marked("the machine was started since a portal was heard"),
    "this machine's clock went back since a portal was heard": marked(
        "this machine's clock went back since a portal was heard"
    ),
    "a portal was last heard more than 15 minutes ago": marked("a portal was last heard more than 15 minutes ago"),
    "this server may not check passwords any more": marked("this server may not check passwords any more"),
    "the same password was refused a moment ago": marked("the same password was refused a moment ago"),
    "no code was typed": marked("no code was typed"),
    "a code is asked for": marked("a code is asked for"),
    "push is off after prompts that were not approved": marked("prompts are off after several that were not approved"),
    "it was never made, or was used before": marked("there was none such, or it was answered before"),
    "it was made for another application": marked("it was of another application"),
    "it came from another client": marked("it came from another system"),
    "it came with another user name": marked("it came with another user name"),
    "the user is gone": marked("the user is gone"),
    "it has expired": marked("it has expired"),
    "it can be nobody's name": marked("it can be nobody's name"),
    "the application was changed": marked("the application was changed"),
    "too many logins of the user wait": marked("too many logins of the user wait"),
    "too many prompts are in progress": marked("too many prompts are in progress"),
    "something happened to the user meanwhile": marked("something happened to the user meanwhile"),
    "the login that this one joined was refused": marked("the login that this one joined was refused"),
    "no portal answered the server": marked("no portal answered the server"),
    "the server never told what the password came to": marked("the server never told what the password came to"),
    "the password was not shown to be right": marked("the password was not shown to be right"),
    "the user has no password here": marked("the user has no password here"),
    "no answer came in time": marked("no answer came in time"),
    "no directory could be asked": marked("no directory could be asked"),
    "an error in its client, which the log has": marked("an error of ours, which the log has"),
    "no time was left": marked("no time was left"),
    "too many logins wait for it": marked("too many logins wait for it"),
    "it has just been changed or removed": marked("it has just been changed or removed"),
    "the search for the user found an entry without a name": marked("the entry that was found has no name"),
    "the store cannot be read": marked("the database cannot be read"),
    "too many passwords are being checked at once": marked("too many passwords are being checked at once"),
    "the password was not checked in time": marked("the password was not checked in time"),
    "the password could not be checked": marked("the password could not be checked"),
    "the portal does not answer": marked("the portal does not answer"),
    "the password's hash would cost too much here": marked("the password's hash would cost too much here"),
    "the password could not be hashed": marked("the password could not be hashed"),
    "the portal did not say whether the password was right": marked(
        "the portal did not say whether the password was right"
    ),
    "it is not connected": marked("it is not connected"),
    "the connection was lost during the TLS handshake": marked("the connection was lost while TLS began"),
    "the account may not sign in at this time": marked("the account may not sign in at this time"),
    "the account may not sign in from here": marked("the account may not sign in from here"),
    "the password has expired": marked("the password has expired"),
    "the account is disabled": marked("the account is disabled"),
    "the account has expired": marked("the account has expired"),
    "the password must be changed first": marked("the password must be changed first"),
    "the account is locked": marked("the account is locked"),
    "unknown": marked("nobody goes by that name"),
    "away": marked("it could not be asked"),
}
"""Texts of our own that may stand behind an answer, by how `domain`, `app` and `upstream` write them."""

_BETWEEN: Final = "; "
_NUMBER: Final = re.compile(r" \(\d+\)$")
"""A directory's own code behind our words for it."""

_KINDS: Final[Mapping[tuple[Question, Answer], Mapping[str, str]]] = {
    (Question.CODE, Answer.RIGHT): {kind.value: LABELS_OF[MethodKind][kind] for kind in MethodKind},
    (Question.METHOD, Answer.STARTED): {kind.value: LABELS_OF[MethodKind][kind] for kind in MethodKind},
    (Question.METHOD, Answer.CHALLENGED): {kind.value: LABELS_OF[MethodKind][kind] for kind in MethodKind},
    (Question.CACHE, Answer.HIT): {kind.value: LABELS[kind] for kind in CacheType},
}
"""What closed values behind an answer are called; behind any other a closed value is the reason of an outcome."""

_REASONS: Final = {reason.value: LABELS_OF[Reason][reason] for reason in Reason}
_OF_REASONS: Final = frozenset({Question.RELEASE, Question.ANSWER})

_ASKED: Final = {name_of(question): question for question in Question}
_ANSWERED: Final = {name_of(answer): answer for answer in Answer}


def question_said(step: StepRow, reading: Reading) -> str:
    """Return the question of a step in the reader's language."""
    return reading.gettext(QUESTIONS[_ASKED[step.asked]])


def answer_said(step: StepRow, reading: Reading) -> str:
    """Return the answer of a step in the reader's language, with what stands behind it."""
    answer = reading.gettext(ANSWERS[_ANSWERED[step.answered]])
    if not step.detail:
        return answer
    kinds = _KINDS.get((_ASKED[step.asked], _ANSWERED[step.answered]), {})
    if _ASKED[step.asked] in _OF_REASONS:
        kinds = _REASONS
    behind = _BETWEEN.join(_part(part, kinds, reading) for part in step.detail.split(_BETWEEN))
    return f"{answer} ({behind})"


def _part(written: str, kinds: Mapping[str, str], reading: Reading) -> str:
    """Return one of the texts behind an answer; `DIRECTORY: words` has a name in front."""
    whole = kinds.get(written) or DETAILS.get(written)
    if whole is not None:
        return reading.gettext(whole)
    name, colon, words = written.partition(": ")
    found = DETAILS.get(_NUMBER.sub("", words if colon else written))
    if found is None:
        return written
    said = reading.gettext(found)
    return f"{reading.gettext(DETAILS.get(name, name))}: {said}" if colon else said
