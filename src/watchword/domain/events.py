"""
What is written down: activity, one row a request, and audit, one row for each act of administration and single use.

The names are a closed vocabulary with one grammar, `noun.verb`, so that a search for a noun finds everything that
befell it.
"""

from enum import StrEnum
from typing import NamedTuple, NewType

from watchword.domain.applications import ApplicationId, AuthenticationType, GroupId
from watchword.domain.bypass import BypassId
from watchword.domain.caching import RuleId
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason

AuditId = NewType("AuditId", bytes)


class AuditEvent(StrEnum):
    """What can befall what."""

    USER_ADDED = "user.added"
    USER_REMOVED = "user.removed"
    USER_BLOCKED = "user.blocked"
    USER_UNBLOCKED = "user.unblocked"
    USER_LOCKED = "user.locked"
    USER_UNLOCKED = "user.unlocked"
    USER_FRAUD = "user.fraud-reported"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_RENAMED = "user.renamed"
    ALIAS_ADDED = "alias.added"
    ALIAS_REMOVED = "alias.removed"
    PASSWORD_SET = "password.set"  # noqa: S105 - a name
    METHOD_ADDED = "method.added"
    METHOD_PAIRED = "method.paired"
    METHOD_REMOVED = "method.removed"
    METHOD_USED_UP = "method.used-up"
    CODE_USED_TWICE = "code.used-twice"
    PUSH_TURNED_OFF = "push.turned-off"
    APPLICATION_ADDED = "application.added"
    APPLICATION_CHANGED = "application.changed"
    APPLICATION_REMOVED = "application.removed"
    DIRECTORY_ADDED = "directory.added"
    DIRECTORY_REMOVED = "directory.removed"
    BYPASS_CREATED = "bypass.created"
    BYPASS_USED = "bypass.used"
    BYPASS_CANCELLED = "bypass.cancelled"
    BYPASS_EXPIRED = "bypass.expired"
    BYPASS_SUPERSEDED = "bypass.superseded"
    RULE_ADDED = "rule.added"
    RULE_CHANGED = "rule.changed"
    RULE_REMOVED = "rule.removed"
    CACHE_PURGED = "cache.purged"
    GROUP_ADDED = "group.added"
    GROUP_RENAMED = "group.renamed"
    GROUP_REMOVED = "group.removed"
    PORTAL_IDENTITY_MADE = "portal.identity-made"
    CREDENTIALS_MADE = "credentials.made"
    CREDENTIALS_WITHDRAWN = "credentials.withdrawn"
    CREDENTIALS_VOIDED = "credentials.voided"
    CREDENTIALS_MISUSED = "credentials.misused"
    SERVER_ACTIVATED = "server.activated"
    SERVER_RENEWED = "server.renewed"
    SERVER_RENEWAL_WANTED = "server.renewal-wanted"
    SERVER_MOVED = "server.moved"
    SERVER_RENAMED = "server.renamed"
    SERVER_REVOKED = "server.revoked"
    SERVER_REMOVED = "server.removed"
    SERVER_ALARMED = "server.alarmed"
    SETTING_CHANGED = "setting.changed"
    KEY_ROTATED = "key.rotated"
    SETUP_LINK_MADE = "setup-link.made"
    ADMINISTRATOR_ADDED = "administrator.added"
    ADMINISTRATOR_SET_UP = "administrator.set-up"
    ADMINISTRATOR_CHANGED = "administrator.changed"
    ADMINISTRATOR_DISABLED = "administrator.disabled"
    ADMINISTRATOR_ENABLED = "administrator.enabled"
    ADMINISTRATOR_LOCKED = "administrator.locked"
    ADMINISTRATOR_UNLOCKED = "administrator.unlocked"
    ADMINISTRATOR_REMOVED = "administrator.removed"
    SIGN_IN_FAILED = "sign-in.failed"
    SESSION_STARTED = "session.started"
    SESSION_CONFIRMED = "session.confirmed"
    SESSION_ENDED = "session.ended"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REMOVED = "passkey.removed"
    PASSKEY_REGRESSED = "passkey.regressed"
    TOTP_SET = "totp.set"
    TOTP_REMOVED = "totp.removed"
    API_KEY_ADDED = "api-key.added"
    API_KEY_REVOKED = "api-key.revoked"
    RECORDS_RETIRED = "records.retired"
    DATABASE_RESTORED = "database.restored"
    PROCESS_STARTED = "process.started"
    PROCESS_STOPPED = "process.stopped"


class Activity(NamedTuple):
    """
    What happened to one request, or to several alike (`count`).

    Attributes:
        at: UTC microseconds at which it was decided.
        kind: None for accounting, which asks for no decision.
        user: None where the name means nobody; `user_name` is then what was typed.
        origin: the row of the login whose outcome this one shares, or of the success that a cache entry came from.
        detail: a short text of our own, never a secret.
        asked_at: UTC microseconds at which the phone was asked whose answer this row tells of.
    """

    id: ActivityId
    at: int
    group: GroupId
    kind: OutcomeKind | None
    reason: Reason
    user: UserId | None
    user_name: str
    epoch: int
    application: ApplicationId | None
    authentication_type: AuthenticationType | None
    client: str
    source: str | None
    server: str
    rule: RuleId | None = None
    bypass: BypassId | None = None
    origin: ActivityId | None = None
    count: int = 1  # type: ignore[assignment] # How many requests; nobody counts the values in a row.
    detail: str = ""
    trace: Trace = ()
    asked_at: int | None = None


def refused(row: Activity, reason: Reason) -> Activity:
    """Return what is written instead of a row where a conditional write that it stands for does not take."""
    step = Step(Question.RELEASE, Answer.STALE, decided=True, detail=reason.value)
    return row._replace(kind=OutcomeKind.DENIED, reason=reason, rule=None, bypass=None, trace=(*row.trace, step))


class Audit(NamedTuple):
    """
    Who did what to whom.

    Attributes:
        at: UTC microseconds.
        actor: who did it: an administrator's name, `host` for the holder of the data folder, `system` for ourselves.
        subject: identifier of what it befell, if it has one.
        words: the rest, as short `name=value` texts; never a secret.
    """

    id: AuditId
    at: int
    event: AuditEvent
    actor: str
    user: UserId | None = None
    subject: bytes | None = None
    words: tuple[tuple[str, str], ...] = ()
