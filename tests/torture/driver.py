"""
Kills the process again and again, and lets the clients go on as if nothing were.

A life of the server: it is started; whatever was not answered before is sent again meanwhile, and still is when it
serves; what was offered in earlier lives is offered anew; logins begin as planned; the process is killed in the midst
of them. After each start, and at the end, the checker looks.
"""

import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Final

from tests.rigs.nas import Address, Answer, Code
from tests.torture import schedule
from tests.torture.checker import Checker
from tests.torture.disturbances import Disturbance
from tests.torture.errands import Errands
from tests.torture.field import Field, Line, microseconds
from tests.torture.helpdesk import Helpdesk
from tests.torture.history import Answered, History, Kind, Life
from tests.torture.offers import ANYTHING, Offer, Offers
from tests.torture.phones import Phones
from tests.torture.process import Process
from tests.torture.schedule import Moment, drawn
from tests.torture.town import App, Town
from watchword.stores.connections import NAME

RATE: Final = 40.0
"""Logins that begin in a second: some 250 packets, which leaves a core of two idle for half of the time."""
RESTART_LIMIT: Final = 30.0
"""Seconds from start to service that are a failure, also on a machine that has much else to do."""
AGAIN: Final = (0.3, 0.6)
"""Seconds after which a client sends what is unanswered once more, and once more after that."""
WHILE_STARTING: Final = 0.3
"""Seconds between two tries while nobody answers."""
SPREAD: Final = 0.4
"""Seconds over which old things are offered anew."""
OLDER: Final = 20
"""Things of earlier lives that are offered in each."""
SETTLING: Final = 10.0
"""Seconds in which everything that was asked in the last life has its answer."""
SWEEP: Final = 500
SWEEP_PAUSE: Final = 0.0025
"""At the end what was ever offered is offered once more: so many at a time, and so many seconds after one another."""


@dataclass(slots=True)
class Figures:
    """What a run came to."""

    kills: dict[str, int] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)
    begun: int = 0
    outstanding: list[int] = field(default_factory=list)
    verified: int = 0


class Torture:
    """One run."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        kills: int,
        rate: float = RATE,
        verify_every: int = 1,
        disturbance: Disturbance | None = None,
    ) -> None:
        """
        Prepare everything but the data folder.

        Args:
            folder: where data and log are kept.
            seed: what follows from it is told in `schedule`.
            kills: how often the process is killed.
            rate: logins that begin in a second.
            verify_every: lives after which `watchword audit verify` is asked, too.
            disturbance: begins in every life that serves and is killed.
        """
        self.seed = seed
        self.kills = kills
        self.rate = rate
        self.figures = Figures()
        self.history = History()
        self.faults: list[str] = []
        self._verify_every = verify_every
        self._disturbance = disturbance
        radius, http = _free(), _free()
        self.process = Process(folder / "data", radius=radius, http=http, log=folder / "watchword.log")
        self.town = Town(seed=seed, portal=f"http://{http[0]}:{http[1]}")
        self.checker = Checker(self.process.data / NAME, self.history)
        self._field = Field(radius, self._heard)
        self._phones = Phones(self.history.approvals.append)
        self.helpdesk = Helpdesk(self.process.data)
        self._field.watch(self.helpdesk.descriptor, self.helpdesk.listen)
        self._offers = Offers(seed=seed, town=self.town, field=self._field, history=self.history)
        self._errands = Errands(
            town=self.town,
            offers=self._offers,
            field=self._field,
            phones=self._phones,
            helpdesk=self.helpdesk,
            send=self._send,
        )
        self._random = drawn(f"offers {seed}")
        self._life = 0
        self._serves = False
        self._dies = False
        self._kill_at_answer: float | None = None
        self._said = 0

    def run(self, tell: Callable[[str], None]) -> None:
        """Run all lives; stop at the first fault."""
        try:
            self.town.fill(self.process.data, self.kills)
            for number in range(self.kills):
                self._live(schedule.life(self.seed, number, rate=self.rate))
                if self.faults:
                    return
                if (number + 1) % 20 == 0:
                    tell(f"{number + 1} kills, {len(self.history.requests)} requests, {self.checker.rows} rows")
            self._live_on(schedule.last(self.seed, self.kills, rate=self.rate))
        finally:
            self.close()

    def close(self) -> None:
        """End everything."""
        self._phones.close()
        self._field.unwatch(self.helpdesk.descriptor)
        self.helpdesk.close()
        self._field.close()
        self.process.clear()

    # --- lives ----------------------------------------------------------------------------------------------------

    def _begin(self, number: int) -> None:
        self._life = self._offers.life = number
        self._serves = self._dies = False
        self._kill_at_answer = None
        self.history.lives.append(Life(number, microseconds()))
        descriptor = self.process.start()
        self._field.watch(descriptor, partial(self._ready, descriptor))
        self._carry_on()

    def _ready(self, descriptor: int) -> None:
        self._field.unwatch(descriptor)
        self.process.ready()
        self.figures.starts.append(time.monotonic() - self.process.started)
        self._serves = True

    def _live(self, plan: schedule.Life) -> None:
        """Live until the kill."""
        self._begin(plan.number)
        if plan.moment is not Moment.START:
            self._serve()
            if self._disturbance is not None:
                self._disturbance.begin(self.process.pid)
        self._offer_anew()
        self._plan(plan.errands)
        if plan.moment is Moment.ANSWER:
            self._field.after(plan.seconds, lambda: self._arm(plan.late))
            # Where no answer comes, it dies all the same.
            self._field.after(plan.seconds + 3, self._die)
        else:
            self._field.after(plan.seconds, self._die)
        self._field.run(lambda: self._dies, RESTART_LIMIT)
        self.process.kill()
        self._field.drain()
        if self._disturbance is not None:
            self._disturbance.end()
        moment = str(plan.moment)
        self.figures.kills[moment] = self.figures.kills.get(moment, 0) + 1
        self._field.forget_plans()
        self._leave()

    def _live_on(self, plan: schedule.Life) -> None:
        """Live until everything is answered, and end well."""
        self._begin(plan.number)
        self._serve()
        self._offer_anew()
        self._plan(plan.errands)
        self._field.run(lambda: False, plan.errands[-1].at + 1)
        self._settle()
        self._sweep()
        self.faults += self._missing_flows()
        self._end_well()

    def _end_well(self) -> None:
        """End the process as a service manager does, once everything is answered, and look at what it leaves."""
        self._settle()
        self._look()
        code = self.process.stop()
        if code != 0:
            self.faults.append(f"it ended with {code} when it was asked to")
        self._look()
        self._verify()
        self.faults += [line for line in self.process.logged().splitlines() if "bug" in line or "Traceback" in line]

    def _serve(self) -> None:
        """Wait until it serves, and look whether everything is as it must be."""
        if not self._field.run(lambda: self._serves, RESTART_LIMIT):
            self.faults.append(f"life {self._life}: it did not serve within {RESTART_LIMIT} seconds")
        self._look()
        if self._life and self._life % self._verify_every == 0:
            self._verify()

    def _look(self) -> None:
        self.faults += self.checker.look()
        for faults in (self._phones.faults, self.helpdesk.faults):
            self.faults += faults
            faults.clear()

    def _verify(self) -> None:
        whole, said = self.process.verifies()
        self.figures.verified += 1
        if not whole:
            self.faults.append(f"`watchword audit verify`: {said.strip()}")

    def _plan(self, errands: Iterable[schedule.Errand]) -> None:
        for errand in errands:
            self._field.after(errand.at, partial(self._do, errand))

    def _do(self, errand: schedule.Errand) -> None:
        self.figures.begun += 1
        self._errands.begin(errand)

    def _arm(self, late: float) -> None:
        self._kill_at_answer = late

    def _die(self) -> None:
        self._dies = True

    # --- packets --------------------------------------------------------------------------------------------------

    def _send(self, line: Line, tries: int = 0) -> None:
        """Send a request, and again as a VPN does."""
        if _answered_in(line, self._life):
            return
        self._field.send(line, self._life)
        if tries < len(AGAIN):
            self._field.after(AGAIN[tries], partial(self._send, line, tries + 1))

    def _heard(self, line: Line, answer: Answer) -> None:
        if not self.history.answer(line.request, Answered(self._life, microseconds(), answer.code)):
            return
        if line.answered is not None:
            line.answered(line, answer)
        late, lets_in = self._kill_at_answer, answer.code is not Code.ACCESS_REJECT
        if late is not None and lets_in:
            self._kill_at_answer = None
            self._field.after(late, self._die)

    def _leave(self) -> None:
        """Hang up what is answered, and what no VPN would ask again."""
        open_lines = [line for line in self._field.lines() if not line.request.answers]
        self.figures.outstanding.append(len(open_lines))
        kept = {
            id(line)
            for line in open_lines
            # A challenge that is asked for anew is another one, and a host has one State, or rows would be two's.
            if line.request.tokens and line.request.sent[0].life >= self._life - 1
        }
        for line in self._field.lines():
            if id(line) not in kept:
                self._field.hang_up(line)

    def _carry_on(self) -> None:
        """Send what was not answered again and again while nobody serves."""
        waiting = [line for line in self._field.lines() if not line.request.answers]
        for line in waiting:
            self._field.send(line, self._life)
        if waiting and not self._serves:
            self._field.after(WHILE_STARTING, self._carry_on)

    # --- old things anew ------------------------------------------------------------------------------------------

    def _offer_anew(self) -> None:
        """Offer what was offered before: from the same place, from another, and by the same packet."""
        ages = defaultdict[int, list[Offer]](list)
        for offer in self._offers.all:
            ages[self._life - offer.token.life].append(offer)
        last, before = ages.pop(1, []), ages.pop(2, [])
        codes: dict[str, Offer] = {}
        for offer in last:
            self._soon(partial(self._anew, offer, offer.source, codes))
            self._soon(partial(self._anew, offer, self.town.source(), codes))
            self._soon(partial(self._replay, offer))
        older = chain.from_iterable(ages.values())
        lasting = [offer for offer in older if offer.token.kind not in (Kind.TOTP, Kind.APPROVAL)]
        for offer in [*before, *self._random.sample(lasting, min(OLDER, len(lasting)))]:
            self._soon(partial(self._anew, offer, self.town.source(), codes))
        for said in self._phones.said[self._said :]:
            self._phones.repeat(said)
        self._said = len(self._phones.said)

    def _soon(self, call: Callable[[], None]) -> None:
        self._field.after(self._random.uniform(0, SPREAD), call)

    def _anew(self, offer: Offer, source: str, codes: dict[str, Offer]) -> None:
        ask, person = self._offers.ask, offer.person
        match offer.token.kind:
            case Kind.STATE:
                self._send(self._answer_anew(offer, codes))
            case Kind.APPROVAL:
                if offer.app is App.PUSH and source == offer.source:
                    self._send(ask(person, App.PUSH, source, "", [offer]))
            case _:
                self._send(ask(person, App.CODES, source, offer.token.typed, [offer]))

    def _answer_anew(self, state: Offer, codes: dict[str, Offer]) -> Line:
        """Answer an old challenge with a fresh code, so that only its State can be what is spent."""
        person = state.person
        if person.device is not None:
            return self._offers.answer(state, ANYTHING)
        if person.name not in codes:
            make = self._offers.counter if person.name.startswith("hotp") else self._offers.time_step
            codes[person.name] = make(person, App.CODES, state.source)
        fresh = codes[person.name]
        return self._offers.answer(state, fresh.token.typed, [fresh])

    def _replay(self, offer: Offer) -> None:
        """Send the very octets that were accepted, or else the first that were sent."""
        sent = offer.sent[1:] if offer.token.kind is Kind.STATE else offer.sent
        accepted = [pair for pair in sent if any(one.code is Code.ACCESS_ACCEPT for one in pair[0].answers)]
        for request, packet in (accepted or sent)[:1]:
            # Once in a life, and not where it is still open: the same octets from another port are another packet.
            if request.answers and request.sent[-1].life < self._life:
                self._field.send(self._offers.again(request, packet), self._life)

    # --- the end --------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Wait until everything is answered that was asked in this life."""
        self._field.run(lambda: not self._unanswered(), SETTLING)
        self.faults += [f"{line.request} has no answer" for line in self._unanswered()]

    def _unanswered(self) -> list[Line]:
        return [line for line in self._field.lines() if not _answered_in(line, self._life)]

    def _sweep(self) -> None:
        """Offer everything once more that lasts, some at a time: a process may have only so many sockets."""
        lasting = iter(
            [offer for offer in self._offers.all if offer.token.kind in (Kind.BYPASS, Kind.BACKUP, Kind.HOTP)]
        )
        while some := list(islice(lasting, SWEEP)):
            for number, offer in enumerate(some):
                self._field.after(number * SWEEP_PAUSE, partial(self._anew, offer, self.town.source(), {}))
            self._field.run(lambda: False, SWEEP * SWEEP_PAUSE)
            self._settle()
            for line in self._field.lines():
                self._field.hang_up(line)

    def _missing_flows(self) -> list[str]:
        """See that what was new in the last life could be spent: a server that denies everybody passes all else."""
        new = [offer.token for offer in self._offers.all if offer.token.life == self._life]
        kinds = {token.kind for token in new}
        passed = {token.kind for token in new if token.spent_in is not None}
        return [f"nobody passed by a new {kind} in the last life" for kind in sorted(kinds - passed)]


def _answered_in(line: Line, life: int) -> bool:
    return any(answered.life == life for answered in line.request.answers)


def _free() -> Address:
    """Find a port of loopback that is nobody's, for TCP and UDP alike."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.bind(("127.0.0.1", 0))
        host, port = found.getsockname()
    return host, port
