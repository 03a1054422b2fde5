"""
What a caching rule would have done, told from what happened.

A prompt counts as saved where the same key had a real second step within the cache seconds before, and the user's epoch
had not moved since. The passwords of the past are nowhere written, so they are taken to have been the same; a prompt
that was saved leaves no success behind that could save the next one.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from watchword.domain.caching import CacheKey, CachingRule, deciding_rule, in_order, key_of
from watchword.domain.events import Activity
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason

MICROSECONDS: Final = 1_000_000

_REAL: Final = frozenset({Reason.PUSH, Reason.CODE, Reason.BACKUP_CODE})
"""Reasons of what a caching rule remembers."""

_ASKED: Final = frozenset(
    {
        Reason.CHALLENGE,
        Reason.PUSH,
        Reason.NO_ANSWER,
        Reason.DENIED_BY_USER,
        Reason.FRAUD,
        Reason.WRONG_NUMBER,
        Reason.CONTENDED,
    }
)
"""Reasons of rows that stand for a prompt, where nothing was asked before."""


def address_of(source: str | None) -> str | None:
    """Return where a request came from, where that is an IP address."""
    try:
        return None if source is None else str(ip_address(source))
    except ValueError:
        return None


class Foresight:
    """
    Looks at logins in the order of time, and counts what a rule would have done.

    Attributes:
        rule: the one in question, taken to be on.
        logins: looked at, of users and applications that the rule decides for.
        prompts: of these, how many asked for a second step.
        saved: of these, how many it would have let through without.
        users: whom it would have saved a prompt.
    """

    def __init__(self, rule: CachingRule, others: Sequence[CachingRule] = ()) -> None:
        """Take the rule, and those that stand beside it; the ones that are narrower and on decide before it."""
        self.rule = rule
        self.logins = 0
        self.prompts = 0
        self.saved = 0
        self.users: set[UserId] = set()
        self._rules = in_order((*(one for one in others if one.id != rule.id), rule))
        self._entries: dict[CacheKey, tuple[int, int]] = {}
        self._saved: set[ActivityId] = set()

    def look(self, row: Activity) -> None:
        """Look at the next row of activity."""
        key = self._key(row)
        if key is None or row.kind is None:
            return
        self.logins += row.origin is None
        if row.origin is None and row.reason in _ASKED:
            self.prompts += 1
            at, epoch = self._entries.get(key, (-1, -1))
            if epoch == row.epoch and row.at < at + self.rule.seconds * MICROSECONDS:
                self.saved += 1
                self.users.add(key.user)
                self._saved.add(row.id)
                return
        real = row.kind is OutcomeKind.ALLOWED and row.reason in _REAL
        if real and (row.origin is None or row.origin not in self._saved):
            self._entries[key] = row.at, row.epoch

    def _key(self, row: Activity) -> CacheKey | None:
        if row.user is None or row.application is None or row.authentication_type is None:
            return None
        decides = deciding_rule(self._rules, row.authentication_type, row.application)
        if decides is None or decides.id != self.rule.id:
            return None
        return key_of(
            self.rule,
            group=row.group,
            user=row.user,
            authentication_type=row.authentication_type,
            application=row.application,
            address=address_of(row.source),
        )
