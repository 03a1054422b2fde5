"""
Refusals that need no decision: what was typed cannot be a login, or came in a way that is not supported.
"""

from watchword.app.verify.case import Case
from watchword.app.verify.parts import guarded
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Resolution, Unknown, fold
from watchword.domain.verification import Denied, Reason
from watchword.ports.login import StoreAway


class Refusing(Case):
    """Writes down a refusal with the user whom it befell."""

    _reason = Reason.ERROR

    @guarded
    def refuse(self, reason: Reason) -> None:
        """Find whom the name means, and refuse him."""
        self._reason = reason
        name = fold(self.request.user_name)
        if name is None:
            self._resolved(Unknown())
        else:
            self.parts.people.resolve(name, self._resolved)

    @guarded
    def _resolved(self, resolution: Resolution) -> None:
        self.identify(resolution)
        question = Question.PROTOCOL if self._reason is Reason.UNSUPPORTED_PROTOCOL else Question.PASSWORD
        self.reject(self._reason, (Step(question, Answer.NO, decided=True),))

    def fail(self, problem: Exception) -> None:
        """End all the same where nobody can be looked up: it was refused before anything was asked."""
        if isinstance(problem, StoreAway):
            self.finish(Denied(reason=self._reason))
        else:
            super().fail(problem)
