"""
Those who have tokens, as a replica of them is made from the records, and how they cross to a server and stand there.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from watchword.domain.lockout import Failure, Failures
from watchword.domain.methods import Hotp, Method, MethodId, MethodKind, OathAlgorithm, Totp
from watchword.domain.secrets import Secret
from watchword.domain.users import Block, Person, User, UserId
from watchword.wire.channel.replica import Holder, Token


class CodeHolder(NamedTuple):
    """A user who has a token, and the folded names that mean this user and nobody else."""

    person: Person
    names: tuple[str, ...]


class ReadsCodeHolders(Protocol):
    """Finds those who have tokens."""

    def code_holders(self, *, after: UserId, limit: int) -> list[UserId]:
        """Return users who have a token, in the order of their identifiers, those after `after`."""

    def code_holder(self, user: UserId) -> CodeHolder | None:
        """Load a user, None where he is gone or has no token."""

    def bearers(self, names: Sequence[str]) -> list[UserId]:
        """Return every user who goes by one of these folded names."""


PeopleChanged = Callable[[frozenset[UserId], frozenset[str]], None]
"""Told of users who may be other than they were, and of folded names that may mean somebody else."""


class FollowsPeople(Protocol):
    """Tells of changes."""

    def on_people(self, told: PeopleChanged) -> None:
        """Call `told` on the loop after every commit that changed something of people, before anybody waits for it."""


BLOCKED = "blocked"
DISABLED = "disabled"


def holder_message(holder: CodeHolder) -> Holder:
    """Return how a user crosses. Who may not sign in leaves the secrets behind."""
    person = holder.person
    user = person.user
    standing = BLOCKED if user.block is not None else DISABLED if user.disabled else ""
    return Holder(
        user=user.id,
        username=user.username,
        names=holder.names,
        epoch=user.epoch,
        standing=standing,
        failures=tuple((one.at, one.source) for one in person.failures.recent),
        locked_until=person.failures.locked_until,
        directory_id=user.directory_id,
        tokens=() if standing else tuple(filter(None, map(_token, person.methods))),
    )


def _token(method: Method) -> Token | None:
    detail = method.detail
    if not isinstance(detail, Totp | Hotp):
        return None
    return Token(
        method=method.id,
        secret=detail.secret.octets,
        algorithm=detail.algorithm.value,
        digits=detail.digits,
        period=detail.period if isinstance(detail, Totp) else 0,
        spent=detail.last_step if isinstance(detail, Totp) else detail.counter - 1,
        drift=detail.drift if isinstance(detail, Totp) else 0,
    )


def person_of(holder: Holder) -> Person:
    """Return the user whom a replica holds. A standing that is not understood blocks, a token that is not is none."""
    block = Block(at=0, reason=holder.standing) if holder.standing not in ("", DISABLED) else None
    return Person(
        user=User(
            id=UserId(holder.user),
            username=holder.username,
            epoch=holder.epoch,
            disabled=holder.standing == DISABLED,
            block=block,
            directory_id=holder.directory_id,
        ),
        methods=tuple(filter(None, map(_method, holder.tokens))),
        failures=Failures(
            recent=tuple(Failure(at, source) for at, source in holder.failures), locked_until=holder.locked_until
        ),
    )


def _method(token: Token) -> Method | None:
    try:
        algorithm = OathAlgorithm(token.algorithm)
    except ValueError:
        return None
    secret = Secret(token.secret)
    if token.period == 0:
        counted = Hotp(secret=secret, algorithm=algorithm, digits=token.digits, counter=token.spent + 1)
        return Method(MethodId(token.method), MethodKind.HOTP, counted)
    timed = Totp(secret, algorithm, token.digits, token.period, token.spent, token.drift)
    return Method(MethodId(token.method), MethodKind.TOTP, timed)
