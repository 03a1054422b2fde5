"""
What happens in each life of the server, from the seed alone.

That is which logins begin when, from how many places and with how many packets, and when the process is killed. Codes
come from the clock and States from the server, so two runs of one seed differ in octets, and in what comes of a race.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final


class Flow(StrEnum):
    """How a login goes."""

    TOTP = "totp"
    HOTP = "hotp"
    BACKUP = "backup code"
    BYPASS = "bypass"
    HELPDESK = "bypass, just made"
    CHALLENGE_TOTP = "challenge, totp"
    CHALLENGE_HOTP = "challenge, hotp"
    PUSH = "push"
    PUSH_NUMBER = "push with a number"
    PASSWORD = "password and code"
    CACHED = "cached"


_SHARES: Final = {
    Flow.TOTP: 30,
    Flow.HOTP: 14,
    Flow.BACKUP: 10,
    Flow.BYPASS: 11,
    Flow.HELPDESK: 6,
    Flow.CHALLENGE_TOTP: 8,
    Flow.CHALLENGE_HOTP: 12,
    Flow.PUSH: 4,
    Flow.PUSH_NUMBER: 4,
    Flow.PASSWORD: 1,
    Flow.CACHED: 3,
}


class Moment(StrEnum):
    """When the process is killed."""

    ANY = "at any moment"
    BURST = "in a burst"
    ANSWER = "at an answer"
    START = "while it starts"


_MOMENTS: Final = {Moment.ANY: 35, Moment.BURST: 30, Moment.ANSWER: 25, Moment.START: 10}

BURST: Final = 40
"""Logins that begin at once."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One packet of a login: from which of its places, and how many seconds after the first."""

    place: int
    after: float


@dataclass(frozen=True, slots=True)
class Errand:
    """
    A login.

    Attributes:
        at: seconds after the life has begun to serve (or was started, where it is killed while it starts).
        shots: packets of the first step.
        answers: packets of the answer to a challenge, or of the same login again under a caching rule.
        other_codes: whether each of those carries a code of its own.
        denies: whether the phone says no, or the help desk cancels what it has made.
    """

    at: float
    flow: Flow
    shots: tuple[Shot, ...]
    answers: tuple[Shot, ...]
    other_codes: bool
    denies: bool


@dataclass(frozen=True, slots=True)
class Life:
    """
    A life of the server.

    Attributes:
        moment: how it ends, None where it is left to end by itself.
        seconds: after which it is killed; after which the next answer kills it, and `late` then tells how soon.
    """

    number: int
    moment: Moment | None
    seconds: float
    late: float
    errands: tuple[Errand, ...]


def drawn(purpose: str) -> Random:
    """Return chance that comes again for the same purpose, which has the seed in it; no secret is made of it."""
    return Random(purpose)  # noqa: S311


def life(seed: int, number: int, *, rate: float) -> Life:
    """
    Plan a life that ends by a kill.

    Args:
        seed: of the run.
        number: of the life, from 0.
        rate: logins that begin in a second.
    """
    random = drawn(f"life {number} of {seed}")
    (moment,) = random.choices(tuple(_MOMENTS), tuple(_MOMENTS.values()))
    # The first life has the empty folder's first start behind it: it gets to serve.
    if moment is Moment.START and number == 0:
        moment = Moment.ANY
    begins = {Moment.ANY: (0.1, 2.5), Moment.BURST: (0.2, 1.5), Moment.ANSWER: (0.1, 1.5), Moment.START: (0.02, 1.2)}
    seconds = random.uniform(*begins[moment])
    times = _times(random, seconds + 0.5, rate)
    late = random.uniform(0, 0.003)
    if moment is Moment.BURST:
        times += [seconds] * BURST
        seconds += random.uniform(0, 0.15)
    errands = tuple(errand(random, at) for at in sorted(times))
    return Life(number=number, moment=moment, seconds=seconds, late=late, errands=errands)


def last(seed: int, number: int, *, rate: float) -> Life:
    """Plan the life that is not killed."""
    random = drawn(f"last life of {seed}")
    return Life(number=number, moment=None, seconds=0, late=0, errands=steady(random, 3.0, rate))


def steady(random: Random, seconds: float, rate: float) -> tuple[Errand, ...]:
    """Plan logins of so many seconds, `rate` of them in each."""
    return tuple(errand(random, at) for at in _times(random, seconds, rate))


def _times(random: Random, seconds: float, rate: float) -> list[float]:
    times, at = [], random.expovariate(rate)
    while at < seconds:
        times.append(at)
        at += random.expovariate(rate)
    return times


def errand(random: Random, at: float) -> Errand:
    """Plan a login."""
    (flow,) = random.choices(tuple(_SHARES), tuple(_SHARES.values()))
    # Two places at once take plain approval away from a phone, so that is seldom.
    alone = flow in (Flow.PUSH, Flow.PUSH_NUMBER) and random.random() < 0.9
    places = 1 if alone else random.choice((1, 2, 2, 3))
    return Errand(
        at=at,
        flow=flow,
        shots=_shots(random, places, random.choice((1, 2, 2, 3))),
        answers=_shots(random, 1, random.choice((1, 2, 3))),
        other_codes=random.random() < 0.5,
        denies=random.random() < 0.1,
    )


def _shots(random: Random, places: int, packets: int) -> tuple[Shot, ...]:
    """Return packets from each of so many places, most of them at once, some a little later."""
    made = [
        Shot(place, 0.0 if random.random() < 0.6 else random.uniform(0, 0.1))
        for place in range(places)
        for _ in range(packets)
    ]
    random.shuffle(made)
    return tuple(made)
