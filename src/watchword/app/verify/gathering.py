"""
What is known of a login at the moment of its decision, gathered from the stores, and handed to the policy.
"""

from watchword.app.verify.allowing import Allowing
from watchword.app.verify.asking import Asking
from watchword.app.verify.case import Case
from watchword.app.verify.denying import Denying
from watchword.app.verify.parts import guarded
from watchword.app.verify.releases import Releases
from watchword.app.verify.remembering import miss, remembering
from watchword.app.verify.sharing import share
from watchword.domain import policy
from watchword.domain.bypass import applicable
from watchword.domain.caching import CacheEntry
from watchword.domain.decisions import Allow, Ask, Decision, Deny, Facts, Join
from watchword.domain.joining import Standing, keys_of
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Person, Resolution, Unknown, UserId
from watchword.domain.verification import Denied, PrimaryResult, Reason
from watchword.ports.login import Ticket

_OUTDATED = Step(Question.RELEASE, Answer.STALE, decided=True, detail="something happened to the user meanwhile")


class Gathering:
    """Loads what the decision reads, one thing after the other, and carries the decision out."""

    def __init__(self, case: Case, ticket: Ticket, primary: PrimaryResult, releases: Releases) -> None:
        self._case = case
        self._ticket = ticket
        self._primary = primary
        self._releases = releases
        self._owner: UserId | None = None

    def begin(self) -> None:
        """Begin once no other decision about the user is under way."""
        self._case.attributes = self._primary.attributes
        self._case.learns = self._primary.directory_id
        self._case.begin(self._ticket.user, guarded(self._case, self._gather))

    def _gather(self) -> None:
        people = self._case.parts.people
        if self._ticket.user is None:
            people.resolve(self._ticket.name, guarded(self._case, self._resolved))
        else:
            people.load(self._ticket.user, guarded(self._case, self._loaded))

    def _loaded(self, person: Person | None) -> None:
        self._resolved(Unknown() if person is None else person)

    def _resolved(self, resolution: Resolution) -> None:
        case = self._case
        if self._ticket.user is None and isinstance(resolution, Person):
            # The name came to mean somebody while the password was checked, and nobody has looked whether he may sign
            # in.
            case.finish(Denied(reason=Reason.AMBIGUOUS_USER))
            return
        case.identify(resolution)
        if self._primary.directory_id is None:
            self._owned(None)
        else:
            case.parts.people.owner(self._primary.directory_id, guarded(case, self._owned))

    def _owned(self, owner: UserId | None) -> None:
        self._owner = owner
        case, person = self._case, self._case.person
        if person is None:
            self._decide(None)
            return
        case.remembering = remembering(case.parts, case.request, case.application, person.user.id)
        rule = case.remembering.rule
        case.keys = keys_of(
            group=case.parts.group,
            user=person.user.id,
            application=case.request.application,
            source=case.request.source,
            proofs=case.request.proofs,
            code=case.request.code,
            rule=None if rule is None or case.remembering.key is None else rule.cache_type,
        )
        if case.remembering.key is None:
            self._decide(None)
        else:
            case.parts.cache.find(case.remembering.key, guarded(case, self._decide))

    def _decide(self, entry: CacheEntry | None) -> None:
        facts = self._facts(entry)
        if facts.cache is None and entry is not None:
            self._case.origin = entry.origin
        decision = policy.decide(facts, gated=self._ticket.trace)
        if not isinstance(decision, Deny) and self._is_outdated(facts.standing):
            decision = Deny(reason=Reason.SUPERSEDED, trace=(*decision.trace, _OUTDATED))
        self._carry_out(decision)

    def _is_outdated(self, standing: Standing) -> bool:
        """
        Tell whether something has happened to the user since his password was checked: it may be another one by now.

        Where the same login, with the same password, was taken in since, it is not: what happened was perhaps that very
        login, by a bypass.
        """
        case = self._case
        if case.person is None or case.epoch == self._ticket.epoch:
            return False
        same = case.parts.pending.same(case.keys)
        return standing is Standing.NONE or (same is not None and same.epoch != case.epoch)

    def _facts(self, entry: CacheEntry | None) -> Facts:
        case, parts, person = self._case, self._case.parts, self._case.person
        now = parts.clock.now()
        same = parts.pending.same(case.keys)
        rule = case.remembering.rule
        return Facts(
            request=case.request,
            application=case.application,
            resolution=case.resolution,
            primary=self._primary,
            directory_owner=self._owner,
            cache=miss(parts, case.remembering, entry, case.request, case.application, case.epoch),
            cache_detail="" if rule is None else rule.cache_type.value,
            bypass=None
            if person is None
            else applicable(person.bypasses, group=parts.group, application=case.request.application, now=now),
            standing=Standing.NONE if person is None else parts.pending.standing(case.keys, case.epoch),
            contended=person is not None and any(one is not same for one in parts.pending.of(person.user.id)),
            now=now,
            wall=parts.clock.wall(),
        )

    def _carry_out(self, decision: Decision) -> None:
        case, person = self._case, self._case.person
        match decision:
            case Allow():
                case.origin = case.origin if decision.reason is Reason.CACHE else None
                Allowing(case, self._releases).allow(decision)
            case Deny():
                Denying(case, self._releases).deny(decision)
            case Ask() if person is not None:
                Asking(case, person, self._ticket.name, self._releases).ask(decision)
            case Join() if person is not None:
                login = case.parts.pending.same(case.keys)
                if login is None:
                    share(case, person, decision)
                else:
                    Asking(case, person, self._ticket.name, self._releases).join(login, decision)
            case _:
                case.finish(Denied(reason=Reason.ERROR))
