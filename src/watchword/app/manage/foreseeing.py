"""
What a caching rule would have done over the last days, before it is switched on or changed.
"""

from dataclasses import dataclass, replace
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.manage import finding
from watchword.app.manage.rules import rule_of
from watchword.app.manage.texts import instant
from watchword.domain import caching
from watchword.domain.applications import AuthenticationType
from watchword.domain.caching import CacheType, CachingRule, RuleId
from watchword.domain.configuration import Configuration
from watchword.domain.foreseeing import Foresight
from watchword.kit.clock import MICROSECONDS
from watchword.ports.records import Reader
from watchword.ports.trail import Stretch

MOST_DAYS: Final = 30
MOST_ROWS: Final = 200_000
"""Rows of activity that are looked at: a second or two of one thread, a few milliseconds at a time."""

SLICE: Final = 200
_DAY: Final = 86_400 * MICROSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleForesee:
    """A rule that is thought of, or one that is there (`id`) with other seconds; `days` to look back, 1 to 30."""

    id: str | None = None
    type: CacheType | None = None
    seconds: int | None = None
    authentication_type: AuthenticationType | None = None
    application: str | None = None
    days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleForeseen:
    """
    What the rule would have done.

    Attributes:
        since: from when on logins were looked at.
        complete: whether that was every one, and not the newest 200,000 only.
        logins: for which it would have decided.
        prompts: of these, how many asked for a second step.
        saved: of these, how many it would have let through without one.
        users: how many users that would have been.
        risks: sentences about what speaks against it.
    """

    since: str
    complete: bool
    logins: int
    prompts: int
    saved: int
    users: int
    risks: tuple[str, ...]


async def foresee(context: Administration, _actor: Actor, arguments: RuleForesee) -> RuleForeseen | Refusal:
    """Tell what a rule would have done."""
    if not 1 <= arguments.days <= MOST_DAYS:
        return invalid(f"the days must be from 1 to {MOST_DAYS}")
    since = context.clock.now() - arguments.days * _DAY

    def begin(records: Reader) -> tuple[Foresight, int, bool] | Refusal:
        configuration = records.configuration()
        rule = _rule(configuration, arguments)
        if isinstance(rule, Refusal):
            return rule
        return Foresight(rule, configuration.rules), *records.stretch_begin(since=since, most=MOST_ROWS)

    begun = await context.records.read(begin)
    if isinstance(begun, Refusal):
        return begun
    foresight, start, complete = begun
    first: int | None = None
    behind: int | None = start
    while behind is not None:
        at = behind

        def look(records: Reader) -> Stretch:
            stretch = records.stretch(behind=at, limit=SLICE)  # noqa: B023 - it is awaited before `at` changes
            for row in stretch.rows:
                foresight.look(row)
            return stretch

        stretch = await context.records.read(look)
        first = stretch.rows[0].at if first is None and stretch.rows else first
        behind = stretch.behind
    return RuleForeseen(
        since=instant(since if first is None else max(first, since)),
        complete=complete,
        logins=foresight.logins,
        prompts=foresight.prompts,
        saved=foresight.saved,
        users=len(foresight.users),
        risks=_risks(foresight.rule),
    )


def _rule(configuration: Configuration, arguments: RuleForesee) -> CachingRule | Refusal:
    if arguments.id is not None:
        wanted = finding.identifier(arguments.id, "a caching rule")
        rule = wanted if isinstance(wanted, Refusal) else rule_of(configuration, wanted)
        if isinstance(rule, Refusal):
            return rule
        seconds = rule.seconds if arguments.seconds is None else arguments.seconds
        return _bounded(configuration, replace(rule, seconds=seconds, enabled=True))
    if arguments.type is None or arguments.seconds is None:
        return invalid("say which rule: an id, or a type and seconds")
    application = None
    if arguments.application is not None:
        found = finding.application(configuration, arguments.application)
        if isinstance(found, Refusal):
            return found
        application = found.id
    return _bounded(
        configuration,
        CachingRule(
            id=RuleId(bytes(16)),
            cache_type=arguments.type,
            seconds=arguments.seconds,
            authentication_type=arguments.authentication_type,
            application=application,
        ),
    )


def _bounded(configuration: Configuration, rule: CachingRule) -> CachingRule | Refusal:
    longest = caching.longest_seconds(rule.cache_type, configuration.settings.caching)
    if not 1 <= rule.seconds <= longest:
        return invalid(f"a rule of type {rule.cache_type.value} keeps a login for 1 to {longest} seconds")
    return rule


_USUAL: Final = {CacheType.USER: 300, CacheType.APPLICATION: 3_600, CacheType.IP: 86_400}


def _risks(rule: CachingRule) -> tuple[str, ...]:
    """Tell what speaks against a rule (K1 to K4, design.md section 7)."""
    found = []
    if rule.cache_type is CacheType.USER:
        found.append(
            "a rule of type user lets whoever has the password in from anywhere, and at every application, for as long"
            " as it lasts"
        )
    if rule.cache_type is CacheType.APPLICATION:
        found.append("whoever has the password gets in from any address for as long as the rule lasts")
    if rule.cache_type is CacheType.IP:
        found.append("whoever shares the address of a user, behind the same router for one, needs only his password")
    if rule.application is None:
        found.append("it holds at every application, the ones that are added later too")
    if rule.seconds > _USUAL[rule.cache_type]:
        found.append(f"it lasts longer than the {_USUAL[rule.cache_type]} seconds that are usual for its type")
    return tuple(found)
