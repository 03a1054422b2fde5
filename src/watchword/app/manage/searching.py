"""
The search for users, quick enough to run with every key that is typed.

Who goes by exactly what was typed comes first, then whose names begin like it, then whose words do.
"""

from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage.users import BlockRow, user_row
from watchword.domain.searching import beginning, words_in
from watchword.domain.users import UserId
from watchword.ports.finding import Match, Matches
from watchword.ports.records import Reader

LONGEST_PAGE: Final = 50

_QUALIFIES: Final = frozenset("@\\")
"""What has one of these is a name with its domain, and no words."""

_NOBODY: Final = Matches(found=(), complete=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSearch:
    r"""
    What is known of the user: `username@domain`, `DOMAIN\name`, a short name, another alias, words of his name.

    Attributes:
        wanted: the beginning of it is enough.
        limit: how many users are wanted at most, 1 to 50.
    """

    wanted: str
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUser:
    """
    A user who was found.

    Attributes:
        matched: the folded name or word that he was found by.
        exact: whether he goes by exactly what was typed; two users may, and then it names neither at a login.
    """

    id: str
    username: str
    name: str
    blocked: BlockRow | None
    disabled: bool
    matched: str
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFound:
    """Who was found, the best first. `more` tells whether there may be others, for whoever types on."""

    users: tuple[FoundUser, ...]
    more: bool


async def search(context: Administration, _actor: Actor, arguments: UserSearch) -> UserFound | Refusal:
    """Find users."""
    limit = arguments.limit
    if not 1 <= limit <= LONGEST_PAGE:
        return invalid(f"the limit must be from 1 to {LONGEST_PAGE}")
    name = beginning(arguments.wanted)
    words = () if _QUALIFIES & set(arguments.wanted) else words_in(arguments.wanted)

    def read(records: Reader) -> tuple[Matches, Matches]:
        named = _NOBODY if name is None else records.named_like(name, limit=limit)
        return named, records.worded(words, limit=limit)

    named, worded = await context.records.read(read)
    found: dict[UserId, Match] = {}
    for match in (*named.found, *worded.found):
        found.setdefault(match.user.id, match)
    exactly = {match.user.id for match in named.found if match.matched == name}
    users = tuple(_found(match, exact=match.user.id in exactly) for match in found.values())
    return UserFound(users=users[:limit], more=len(users) > limit or not (named.complete and worded.complete))


def _found(match: Match, *, exact: bool) -> FoundUser:
    row = user_row(match.user)
    return FoundUser(
        id=row.id,
        username=row.username,
        name=row.name,
        blocked=row.blocked,
        disabled=row.disabled,
        matched=match.matched,
        exact=exact,
    )
