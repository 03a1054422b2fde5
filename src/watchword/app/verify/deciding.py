"""
Deciding a login whose password has been checked.

What the decision reads is loaded, the policy decides, and what it decided is carried out.
"""

from watchword.app.pending import Around
from watchword.app.verify.allowing import Allowing
from watchword.app.verify.asking import Asking
from watchword.app.verify.case import Case
from watchword.app.verify.denying import Denying
from watchword.app.verify.parts import guarded
from watchword.app.verify.remembering import honour, remembering
from watchword.app.verify.sharing import Sharing
from watchword.domain import policy
from watchword.domain.bypass import applicable
from watchword.domain.caching import CacheEntry
from watchword.domain.decisions import Allow, Ask, Decision, Deny, Facts, Join
from watchword.domain.joining import Standing, keys_of
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Person, Resolution, Unknown, UserId
from watchword.domain.verification import (
    Denied,
    PrimaryResult,
    PrimaryVerdict,
    Reason,
)
from watchword.ports.login import Ticket

_OUTDATED = Step(Question.RELEASE, Answer.STALE, decided=True, detail="something happened to the user meanwhile")
_NOTHING = Around(None, Standing.NONE, contended=False)


class Deciding(Case):
    """Loads what the decision reads, one thing after the other, and carries the decision out."""

    _owner: UserId | None = None
    _primary: PrimaryResult
    _ticket: Ticket

    def decide(self, ticket: Ticket, primary: PrimaryResult) -> None:
        """Decide once the user's turn has come; `gate` has given the ticket, and the first step the result."""
        self._ticket = ticket
        self._primary = primary
        self.attributes = primary.attributes
        self.learns = primary.directory_id
        if primary.verdict is not PrimaryVerdict.ACCEPTED:
            self.detail = primary.detail
        self.begin(ticket.user)

    def gather(self) -> None:
        """Load the user as he is committed now."""
        user = self._ticket.user
        if user is None:
            self.parts.people.resolve(self._ticket.name, self._resolved)
        else:
            self.parts.people.load(user, self._loaded)

    @guarded
    def _resolved(self, resolution: Resolution) -> None:
        if isinstance(resolution, Person):
            # The name came to mean somebody while the password was checked, and nobody has looked whether he may sign
            # in.
            self.finish(Denied(reason=Reason.AMBIGUOUS_USER))
        else:
            self._known(resolution)

    @guarded
    def _loaded(self, person: Person | None) -> None:
        self._known(Unknown() if person is None else person)

    def _known(self, resolution: Resolution) -> None:
        self.identify(resolution)
        if self._primary.directory_id is None:
            self._look_up()
        else:
            self.parts.people.owner(self._primary.directory_id, self._owned)

    @guarded
    def _owned(self, owner: UserId | None) -> None:
        self._owner = owner
        self._look_up()

    def _look_up(self) -> None:
        person, request = self.person, self.request
        if person is None:
            self._decide(None)
            return
        found = self.remembering = remembering(self.parts, request, self.application, person.user.id)
        self.keys = keys_of(
            group=request.served_by.group,
            user=person.user.id,
            application=request.application,
            source=request.source,
            proofs=request.proofs,
            code=request.code,
            rule=None if found.rule is None or found.key is None else found.rule.cache_type,
        )
        if found.key is None:
            self._decide(None)
        else:
            self.parts.cache.find(found.key, self._decide)

    @guarded
    def _decide(self, entry: CacheEntry | None) -> None:
        parts, person, request, application = self.parts, self.person, self.request, self.application
        moment = parts.clock.read()
        around, bypass = _NOTHING, None
        if person is not None:
            around = parts.pending.around(person.user.id, self.keys, self.epoch)
            if person.bypasses:
                group = request.served_by.group
                bypass = applicable(person.bypasses, group=group, application=application.id, now=moment.now)
        facts = Facts(
            request,
            application,
            self.resolution,
            self._primary,
            self._owner,
            honour(self.remembering, entry, request, application, self.epoch, moment),
            bypass,
            around.standing,
            around.contended,
            moment.now,
            moment.wall,
        )
        decision = policy.decide(facts, gated=self._ticket.trace)
        if self.epoch != self._ticket.epoch and not isinstance(decision, Deny) and self._is_outdated(around):
            decision = Deny(reason=Reason.SUPERSEDED, trace=(*decision.trace, _OUTDATED))
        self._carry_out(decision, around, moment.now)

    def _is_outdated(self, around: Around) -> bool:
        """
        Tell whether what has happened to the user since his password was checked ends this login.

        Where the same login, with the same password, was taken in since, it does not: what happened was perhaps that
        very login, by a bypass.
        """
        if self.person is None:
            return False
        same = around.same
        return around.standing is Standing.NONE or (same is not None and same.epoch != self.epoch)

    def _carry_out(self, decision: Decision, around: Around, now: int) -> None:
        person = self.person
        match decision:
            case Allow():
                Allowing(self, decision).allow(now)
            case Deny():
                Denying(self, decision).deny()
            case Ask() if person is not None:
                Asking(self, person, self._ticket.name).ask(decision)
            case Join() if person is not None and around.same is not None:
                Asking(self, person, self._ticket.name).join(around.same, decision)
            case Join() if person is not None:
                Sharing(self, person, decision).share()
            case _:
                self.finish(Denied(reason=Reason.ERROR))
