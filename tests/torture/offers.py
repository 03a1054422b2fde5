"""
Things that are good once, as they are offered: by whom, from where, and again and again.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.rigs.nas import Answer, Nas
from tests.rigs.nas import Request as Packet
from tests.torture.field import Field, Line, microseconds
from tests.torture.history import History, Kind, Request, Token
from tests.torture.schedule import drawn
from tests.torture.town import PERIOD, SECRET, App, Person, Town

ANYTHING: Final = "yes"
"""What is typed under a challenge that waits for the phone."""


@dataclass(slots=True, eq=False)
class Offer:
    """A thing that is good once, and what is needed to offer it anew."""

    token: Token
    person: Person
    app: App
    source: str
    sent: list[tuple[Request, Packet]] = field(default_factory=list)


class Offers:
    """Makes requests, and remembers what each of them spends."""

    def __init__(self, *, seed: int, town: Town, field: Field, history: History) -> None:
        self._random = drawn(f"packets {seed}")
        self._town = town
        self._field = field
        self._history = history
        self._nas = {app: Nas(("", 0), SECRET, name=app.value, address="") for app in App}
        self._steps: dict[tuple[str, int], Offer] = {}
        self._states: dict[bytes, bytes] = {}
        self.all: list[Offer] = []
        self.life = 0

    # --- what is good once

    def _new(self, token: Token, person: Person, app: App, source: str) -> Offer:
        offer = Offer(self._history.offer(token), person, app, source)
        self.all.append(offer)
        return offer

    def time_step(self, person: Person, app: App, source: str) -> Offer:
        """Return the time step that is now, which one person has once."""
        step = microseconds() // (PERIOD * 1_000_000)
        known = self._steps.get((person.name, step))
        if known is None:
            token = Token(Kind.TOTP, person.name, person.method, step, typed=person.time_code(step), life=self.life)
            known = self._steps[person.name, step] = self._new(token, person, app, source)
        return known

    def counter(self, person: Person, app: App, source: str) -> Offer:
        """Return the next counter of a token."""
        step, person.counter = person.counter, person.counter + 1
        token = Token(Kind.HOTP, person.name, person.method, step, typed=person.counter_code(step), life=self.life)
        return self._new(token, person, app, source)

    def printed(self, person: Person, app: App, source: str) -> Offer:
        """Return the next printed code."""
        code = person.codes.pop()
        digest = person.backup_digest(code)
        token = Token(Kind.BACKUP, person.name, person.method, digest=digest, typed=code, life=self.life)
        return self._new(token, person, app, source)

    def bypass(self, person: Person, app: App, source: str) -> Offer:
        """Return a bypass."""
        return self._new(Token(Kind.BYPASS, person.name, person.bypass, life=self.life), person, app, source)

    def approval(self, person: Person, app: App, source: str) -> Offer:
        """Return the one yes that a phone will say."""
        person.counter += 1
        token = Token(Kind.APPROVAL, person.name, step=person.counter, typed=ANYTHING, life=self.life)
        return self._new(token, person, app, source)

    def state(self, line: Line, answer: Answer, person: Person) -> Offer:
        """Return the State of a challenge."""
        digest = hashlib.sha256(answer.state).digest()
        self._states[digest] = answer.state
        token = Token(Kind.STATE, person.name, digest, life=self.life)
        offer = self._new(token, person, App.CHALLENGE, line.request.source)
        offer.sent.append((line.request, line.packet))
        return offer

    # --- requests

    def ask(
        self,
        person: Person,
        app: App,
        source: str,
        typed: str,
        spends: Sequence[Offer] = (),
        answered: Callable[[Line, Answer], None] | None = None,
    ) -> Line:
        """Make a login from an address that was never used."""
        request = self._request(person, app, source, self._town.host(app), spends)
        return self._open(request, person, typed, None, spends, answered)

    def answer(self, state: Offer, typed: str, spends: Sequence[Offer] = ()) -> Line:
        """Make an answer to a challenge, from where it was challenged."""
        challenged, _ = state.sent[0]
        spends = (state, *spends)
        request = self._request(state.person, App.CHALLENGE, challenged.source, challenged.host, spends)
        request.answers_challenge = True
        return self._open(request, state.person, typed, self._states[state.token.subject], spends, None)

    def again(self, request: Request, packet: Packet) -> Line:
        """Make a socket from which the very same packet goes out again."""
        return self._field.open(request, packet, None)

    def _request(self, person: Person, app: App, source: str, host: str, spends: Sequence[Offer]) -> Request:
        return Request(
            number=len(self._history.requests),
            host=host,
            user=person.name,
            source=source,
            application=app.value,
            tokens=tuple(offer.token for offer in spends),
        )

    def _open(
        self,
        request: Request,
        person: Person,
        typed: str,
        state: bytes | None,
        spends: Sequence[Offer],
        answered: Callable[[Line, Answer], None] | None,
    ) -> Line:
        self._history.ask(request)
        packet = self._nas[App(request.application)].request(
            person.name,
            typed,
            station=request.source,
            state=state,
            authenticator=self._random.randbytes(16),
            identifier=request.number % 256,
        )
        for offer in spends:
            offer.sent.append((request, packet))
        return self._field.open(request, packet, answered)
