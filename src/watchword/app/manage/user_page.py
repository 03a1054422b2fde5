"""
One user with everything that is known of him but his secrets.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal
from watchword.app.manage import finding
from watchword.app.manage.methods import MethodRow, method_row
from watchword.app.manage.texts import instant, maybe_instant, name_of
from watchword.app.manage.users import BlockRow, UserNamed, block_row
from watchword.domain.bypass import Bypass
from watchword.domain.configuration import Configuration
from watchword.domain.users import Person
from watchword.kit.identifiers import text
from watchword.ports.records import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveBypass:
    """A bypass that the user may use now."""

    id: str
    group: str
    application: str | None
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserShown:
    """A user. Locks are null where there are none; `password` tells whether one is kept here."""

    id: str
    username: str
    name: str
    aliases: tuple[str, ...]
    password: bool
    directory_id: str | None
    blocked: BlockRow | None
    disabled: bool
    locked_until: str | None
    wrong_second_steps: int
    push_off_until: str | None
    methods: tuple[MethodRow, ...]
    bypasses: tuple[ActiveBypass, ...]


async def show(context: Administration, _actor: Actor, arguments: UserNamed) -> UserShown | Refusal:
    """Show a user."""
    now = context.clock.now()

    def read(records: Reader) -> UserShown | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        return UserShown(
            id=text(user.id),
            username=user.username,
            name=user.name,
            aliases=tuple(name for name in records.aliases(user.id) if name != user.username),
            password=records.password_hash(user.id) is not None,
            directory_id=None if user.directory_id is None else user.directory_id.hex(),
            blocked=block_row(user.block),
            disabled=user.disabled,
            locked_until=maybe_instant(found.failures.locked_until) if found.failures.locked(now) else None,
            wrong_second_steps=len(found.failures.recent),
            push_off_until=maybe_instant(found.prompts.off_until) if found.prompts.off(now) else None,
            methods=tuple(method_row(method) for method in found.methods),
            bypasses=_active(found, records.configuration(), now),
        )

    return await context.records.read(read)


def _active(found: Person, configuration: Configuration, now: int) -> tuple[ActiveBypass, ...]:
    groups = finding.group_names(configuration)
    applications = finding.application_names(configuration)

    def row(bypass: Bypass) -> ActiveBypass:
        return ActiveBypass(
            id=text(bypass.id),
            group=name_of(groups, bypass.group) or finding.EVERY_GROUP,
            application=name_of(applications, bypass.application),
            expires_at=instant(bypass.expires_at),
        )

    return tuple(row(bypass) for bypass in found.bypasses if bypass.created_at <= now < bypass.expires_at)
