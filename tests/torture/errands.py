"""
How logins go: what a user, a VPN and a phone do one after the other, from the plan of `schedule`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from typing import Final

from tests.rigs.nas import Answer, Code
from tests.torture.field import Field, Line
from tests.torture.helpdesk import Helpdesk
from tests.torture.offers import ANYTHING, Offer, Offers
from tests.torture.phones import Phones
from tests.torture.schedule import Errand, Flow, Shot
from tests.torture.town import PASSWORD, App, Person, Pool, Town
from watchword.domain.prompts import AnswerDecision

HEAD_START: Final = 0.008
"""Seconds that cancelling a bypass is given before it is used: about what that takes."""

Make = Callable[[Person, App, str], Offer]

_POOLS = {
    Flow.TOTP: Pool.TOTP,
    Flow.HOTP: Pool.HOTP,
    Flow.BACKUP: Pool.BACKUP,
    Flow.BYPASS: Pool.BYPASS,
    Flow.HELPDESK: Pool.HELPDESK,
    Flow.CHALLENGE_TOTP: Pool.TOTP,
    Flow.CHALLENGE_HOTP: Pool.HOTP,
    Flow.PUSH: Pool.PUSH,
    Flow.PUSH_NUMBER: Pool.PUSH,
    Flow.PASSWORD: Pool.PASSWORD,
    Flow.CACHED: Pool.CACHED,
}


class Errands:
    """Runs logins."""

    def __init__(
        self,
        *,
        town: Town,
        offers: Offers,
        field: Field,
        phones: Phones,
        helpdesk: Helpdesk,
        send: Callable[[Line], None],
    ) -> None:
        """
        Take what it works with.

        Args:
            town: whose logins they are.
            offers: makes requests.
            field: where they go out.
            phones: say yes or no.
            helpdesk: makes bypasses.
            send: sends a request, and sends it again while it is unanswered.
        """
        self._town = town
        self._offers = offers
        self._field = field
        self._phones = phones
        self._helpdesk = helpdesk
        self._send = send
        self._makes: dict[Flow, Make] = {
            Flow.TOTP: offers.time_step,
            Flow.HOTP: offers.counter,
            Flow.BACKUP: offers.printed,
            Flow.BYPASS: offers.bypass,
        }
        self._flows: dict[Flow, Callable[[Errand, Person, Sequence[str]], None]] = {
            Flow.HELPDESK: self._assisted,
            Flow.PASSWORD: self._with_password,
            Flow.CACHED: self._cached,
            Flow.PUSH: self._pushed,
            Flow.PUSH_NUMBER: lambda errand, person, sources: _Numbered(self, errand, person).begin(sources),
            Flow.CHALLENGE_TOTP: lambda errand, person, sources: _Challenged(self, errand, person).begin(sources),
            Flow.CHALLENGE_HOTP: lambda errand, person, sources: _Challenged(self, errand, person).begin(sources),
        }

    def begin(self, errand: Errand) -> None:
        """Begin a login."""
        pool = _POOLS[errand.flow]
        if pool in (Pool.BYPASS, Pool.HELPDESK) and not self._town.left(pool):
            return
        person = self._town.next(pool)
        if pool is Pool.BACKUP and not person.codes:
            return
        sources = [self._town.source() for _ in {shot.place for shot in errand.shots}]
        make = self._makes.get(errand.flow)
        if make is not None:
            self._typed(errand, person, App.CODES, sources, make)
        else:
            self._flows[errand.flow](errand, person, sources)

    # --- flows of one step

    def _typed(
        self, errand: Errand, person: Person, app: App, sources: Sequence[str], make: Make, *, before: str = ""
    ) -> None:
        offer = make(person, app, sources[0])
        for shot in errand.shots:
            source = sources[shot.place]
            self.shoot(shot, partial(self._offers.ask, person, app, source, before + offer.token.typed, [offer]))

    def _with_password(self, errand: Errand, person: Person, sources: Sequence[str]) -> None:
        self._typed(errand, person, App.PASSWORD, sources, self._offers.time_step, before=f"{PASSWORD},")

    def _assisted(self, errand: Errand, person: Person, sources: Sequence[str]) -> None:
        self._helpdesk.make(person.name, partial(self._made, errand, person, sources))

    def _made(self, errand: Errand, person: Person, sources: Sequence[str], bypass: bytes) -> None:
        """Use a bypass that was just made, and cancel it at the same time where that is planned."""
        person.bypass = bypass
        offer = self._offers.bypass(person, App.CODES, sources[0])
        head_start = HEAD_START if errand.denies else 0.0
        for shot in errand.shots:
            ask = partial(self._offers.ask, person, App.CODES, sources[shot.place], "", [offer])
            self.shoot(Shot(shot.place, shot.after + head_start), ask)
        if errand.denies:
            offer.token.cancelling = True
            self._helpdesk.cancel(bypass, lambda _: setattr(offer.token, "cancelled", True))

    def _pushed(self, errand: Errand, person: Person, sources: Sequence[str]) -> None:
        offer = self._offers.approval(person, App.PUSH, sources[0])
        for shot in errand.shots:
            self.shoot(shot, partial(self._offers.ask, person, App.PUSH, sources[shot.place], "", [offer]))
        self.phone(errand, person, None)

    def _cached(self, errand: Errand, person: Person, sources: Sequence[str]) -> None:
        """Log in with a code, then without one from the same place, which passes, and from another, which does not."""
        offer = self._offers.time_step(person, App.CACHED, sources[0])
        ask = partial(self._offers.ask, person, App.CACHED)
        begun: list[Line] = []

        def answered(line: Line, answer: Answer) -> None:
            if answer.code is not Code.ACCESS_ACCEPT or begun:
                return
            begun.append(line)
            for shot in errand.answers:
                self.shoot(shot, partial(ask, sources[0], ""))
                self.shoot(shot, partial(ask, self._town.source(), ""))

        for shot in errand.shots:
            self.shoot(shot, partial(ask, sources[0], offer.token.typed, [offer], answered))

    # --- for all

    def shoot(self, shot: Shot, make: Callable[[], Line]) -> None:
        """Make and send a request when it is its turn."""
        self._field.after(shot.after, lambda: self._send(make()))

    def phone(self, errand: Errand, person: Person, number: str | None) -> None:
        """Let the user's phone answer what it will be shown."""
        if person.device is not None:
            decision = AnswerDecision.DENY if errand.denies else AnswerDecision.APPROVE
            self._phones.answer(person.device, decision, number)

    @property
    def offers(self) -> Offers:
        """What makes requests."""
        return self._offers


class _Challenged:
    """A login that is challenged for a code: every State is answered by several packets at once."""

    def __init__(self, errands: Errands, errand: Errand, person: Person) -> None:
        self._errands = errands
        self._errand = errand
        self._person = person
        self._codes: list[Offer] = []

    def begin(self, sources: Sequence[str]) -> None:
        # More than two places would be more wrong codes than a lock forgives, and show nothing new.
        shots = [shot for shot in self._errand.shots if shot.place < 2][:4]
        ask = self._errands.offers.ask
        for shot in shots:
            make = partial(ask, self._person, App.CHALLENGE, sources[shot.place], "", (), self._answered)
            self._errands.shoot(shot, make)

    def _answered(self, line: Line, answer: Answer) -> None:
        if answer.code is not Code.ACCESS_CHALLENGE:
            return
        offers, errand = self._errands.offers, self._errand
        if not self._codes:
            counted = errand.flow is Flow.CHALLENGE_HOTP
            make = offers.counter if counted else offers.time_step
            different = len(errand.answers) if counted and errand.other_codes else 1
            self._codes = [make(self._person, App.CODES, line.request.source) for _ in range(different)]
        state = offers.state(line, answer, self._person)
        for shot, code in zip(errand.answers, cycle(self._codes), strict=False):
            self._errands.shoot(shot, partial(offers.answer, state, code.token.typed, [code]))


class _Numbered:
    """A login that is shown a number: the phone types it, and every State waits for that."""

    def __init__(self, errands: Errands, errand: Errand, person: Person) -> None:
        self._errands = errands
        self._errand = errand
        self._person = person
        self._approval: Offer | None = None

    def begin(self, sources: Sequence[str]) -> None:
        for shot in self._errand.shots:
            ask = self._errands.offers.ask
            make = partial(ask, self._person, App.CHALLENGE, sources[shot.place], "", (), self._answered)
            self._errands.shoot(shot, make)

    def _answered(self, line: Line, answer: Answer) -> None:
        if answer.code is not Code.ACCESS_CHALLENGE:
            return
        offers = self._errands.offers
        if self._approval is None:
            self._approval = offers.approval(self._person, App.CHALLENGE, line.request.source)
            self._errands.phone(self._errand, self._person, answer.number)
        state = offers.state(line, answer, self._person)
        for shot in self._errand.answers:
            self._errands.shoot(shot, partial(offers.answer, state, ANYTHING, [self._approval]))
