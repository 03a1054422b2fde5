"""
Caching rules: which logins are let through again without a second step, and what is remembered under them now.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, conflict, invalid, not_found
from watchword.app.manage import finding
from watchword.app.manage.texts import instant, name_of
from watchword.domain import caching
from watchword.domain.applications import Application, ApplicationId, AuthenticationType
from watchword.domain.caching import CacheType, CachingRule, RuleId, RuleRefusal
from watchword.domain.configuration import Configuration
from watchword.domain.events import AuditEvent
from watchword.domain.users import UserId
from watchword.kit.clock import MICROSECONDS
from watchword.kit.identifiers import text
from watchword.ports.history import Span
from watchword.ports.login import CachedLogin
from watchword.ports.records import Changer, Reader

_HITS: Final = 30 * 86_400 * MICROSECONDS
"""For how long back the hits of a rule are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAdd:
    """A rule to be added. `authentication_type` and `application` None mean any."""

    type: CacheType
    seconds: int
    authentication_type: AuthenticationType | None = None
    application: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAdded:
    """The rule was added and holds from now on."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleList:
    """All rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """
    A rule in the order in which rules decide.

    Attributes:
        hits: logins of the last 30 days that it let through, as far as they are counted (`activity.statistics`).
        entries: logins that are remembered under it now; null while nothing runs.
    """

    id: str
    type: CacheType
    seconds: int
    authentication_type: AuthenticationType | None
    application: str | None
    enabled: bool
    hits: int
    entries: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What is to be changed of a rule; what is null stays."""

    id: str
    seconds: int | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChanged:
    """The rule was changed, and nothing is honoured any more that was remembered under what it was before."""

    id: str
    seconds: int
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntries:
    """What is remembered, all of it or for one user."""

    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """A login that is remembered. `application` and `source` are null where the rule's type does not use them."""

    rule: str
    user: str
    application: str | None
    source: str | None
    created_at: str
    expires_at: str
    hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePurge:
    """Forget what is remembered, all of it or for one user."""

    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePurged:
    """How many entries were forgotten."""

    purged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRemove:
    """The rule that is to go."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRemoved:
    """The rule is gone, and nothing is honoured under it any more."""

    id: str


async def add(context: Administration, actor: Actor, arguments: RuleAdd) -> RuleAdded | Refusal:
    """Add a rule."""
    scribe = context.scribe(actor)
    rule_id = RuleId(context.identifiers.new())

    def change(records: Changer) -> RuleAdded | Refusal:
        configuration = records.configuration()
        application = _application(configuration, arguments)
        if isinstance(application, Refusal):
            return application
        rule = CachingRule(
            id=rule_id,
            cache_type=arguments.type,
            seconds=arguments.seconds,
            authentication_type=arguments.authentication_type,
            application=None if application is None else application.id,
        )
        refused = _refused(rule, configuration)
        if refused is not None:
            return refused
        records.add_rule(rule, at=scribe.at)
        records.audit(
            scribe.row(
                AuditEvent.RULE_ADDED,
                subject=rule.id,
                type=rule.cache_type.value,
                seconds=str(rule.seconds),
                authentication_type="" if rule.authentication_type is None else rule.authentication_type.value,
                application="" if application is None else application.name,
            )
        )
        return RuleAdded(id=text(rule.id))

    return await context.records.change(change)


def _application(configuration: Configuration, arguments: RuleAdd) -> Application | Refusal | None:
    if arguments.application is None:
        return None
    found = finding.application(configuration, arguments.application)
    if isinstance(found, Refusal):
        return found
    if arguments.authentication_type not in (None, found.authentication_type):
        return invalid(
            f"{found.name} asks by {found.authentication_type.value}, so a rule for another authentication type would"
            " never apply to it"
        )
    return found


def _refused(rule: CachingRule, configuration: Configuration) -> Refusal | None:
    match caching.refusal(rule, configuration.rules, configuration.settings.caching):
        case RuleRefusal.SECONDS as why:
            longest = caching.longest_seconds(rule.cache_type, configuration.settings.caching)
            return invalid(
                f"{why.value}: a rule of type {rule.cache_type.value} keeps a login for 1 to {longest} seconds"
            )
        case RuleRefusal.EQUAL as why:
            return conflict(f"{why.value}; remove that one first (`watchword rule list`)")
        case None:
            return None


async def listed(context: Administration, _actor: Actor, _arguments: RuleList) -> list[RuleRow] | Refusal:
    """List the rules, in the order in which they decide."""
    remembered = None if context.cache is None else Counter(login.key.rule for login in context.cache.listed())
    now = context.clock.now()

    def read(records: Reader) -> list[RuleRow]:
        configuration = records.configuration()
        applications = finding.application_names(configuration)
        hits: Counter[RuleId] = Counter()
        for total in records.totals(Span.DAY, since=now - _HITS, until=now + 1):
            if total.rule is not None:
                hits[total.rule] += total.count
        return [
            RuleRow(
                id=text(rule.id),
                type=rule.cache_type,
                seconds=rule.seconds,
                authentication_type=rule.authentication_type,
                application=name_of(applications, rule.application),
                enabled=rule.enabled,
                hits=hits[rule.id],
                entries=None if remembered is None else remembered[rule.id],
            )
            for rule in caching.in_order(configuration.rules)
        ]

    return await context.records.read(read)


async def change(context: Administration, actor: Actor, arguments: RuleChange) -> RuleChanged | Refusal:
    """Change a rule's seconds, or turn it on or off."""
    wanted = finding.identifier(arguments.id, "a caching rule")
    if isinstance(wanted, Refusal):
        return wanted
    scribe = context.scribe(actor)

    def change_it(records: Changer) -> RuleChanged | Refusal:
        configuration = records.configuration()
        rule = rule_of(configuration, wanted)
        if isinstance(rule, Refusal):
            return rule
        changed = replace(
            rule,
            seconds=rule.seconds if arguments.seconds is None else arguments.seconds,
            enabled=rule.enabled if arguments.enabled is None else arguments.enabled,
        )
        refused = _refused(changed, configuration)
        if refused is not None:
            return refused
        changes = [] if changed.seconds == rule.seconds else [f"{rule.seconds} to {changed.seconds} seconds"]
        changes += [] if changed.enabled == rule.enabled else ["on" if changed.enabled else "off"]
        if changes:
            records.set_rule(changed)
            records.audit(
                scribe.row(
                    AuditEvent.RULE_CHANGED, subject=rule.id, type=rule.cache_type.value, changes=", ".join(changes)
                )
            )
        return RuleChanged(id=text(rule.id), seconds=changed.seconds, enabled=changed.enabled)

    return await context.records.change(change_it)


def rule_of(configuration: Configuration, wanted: bytes) -> CachingRule | Refusal:
    """Find a rule by its identifier."""
    found = next((rule for rule in configuration.rules if rule.id == wanted), None)
    return found or not_found(f"there is no caching rule {text(wanted)}; `watchword rule list` shows them")


async def remove(context: Administration, actor: Actor, arguments: RuleRemove) -> RuleRemoved | Refusal:
    """Remove a rule."""
    wanted = finding.identifier(arguments.id, "a caching rule")
    if isinstance(wanted, Refusal):
        return wanted
    scribe = context.scribe(actor)

    def change(records: Changer) -> RuleRemoved | Refusal:
        if not records.remove_rule(RuleId(wanted)):
            return not_found(f"there is no caching rule {text(wanted)}; `watchword rule list` shows them")
        records.audit(scribe.row(AuditEvent.RULE_REMOVED, subject=wanted))
        return RuleRemoved(id=text(wanted))

    return await context.records.change(change)


async def entries(context: Administration, _actor: Actor, arguments: RuleEntries) -> list[EntryRow] | Refusal:
    """List what is remembered. While nothing runs nothing is: entries live in memory."""
    logins = () if context.cache is None else tuple(context.cache.listed())

    def read(records: Reader) -> list[EntryRow] | Refusal:
        user = _user(records, arguments.user)
        if isinstance(user, Refusal):
            return user
        wanted = [login for login in logins if user in (None, login.key.user)]
        users = records.usernames([login.key.user for login in wanted])
        applications = finding.application_names(records.configuration())
        return [_entry_row(login, users.get(login.key.user, text(login.key.user)), applications) for login in wanted]

    return await context.records.read(read)


def _entry_row(login: CachedLogin, user: str, applications: dict[ApplicationId, str]) -> EntryRow:
    return EntryRow(
        rule=text(login.key.rule),
        user=user,
        application=name_of(applications, login.key.application),
        source=login.key.address,
        created_at=instant(login.entry.created_at),
        expires_at=instant(login.entry.expires_at),
        hits=login.hits,
    )


async def purge(context: Administration, actor: Actor, arguments: RulePurge) -> RulePurged | Refusal:
    """Forget what is remembered."""
    scribe = context.scribe(actor)

    def change(records: Changer) -> UserId | Refusal | None:
        user = _user(records, arguments.user)
        if not isinstance(user, Refusal):
            records.audit(scribe.row(AuditEvent.CACHE_PURGED, user=user))
        return user

    user = await context.records.change(change)
    if isinstance(user, Refusal):
        return user
    return RulePurged(purged=0 if context.cache is None else context.cache.purge(user))


def _user(records: Reader, written: str | None) -> UserId | Refusal | None:
    if written is None:
        return None
    found = finding.person(records, written)
    return found if isinstance(found, Refusal) else found.user.id
