"""
Whether a user may sign in: block and unblock, disable and enable, and unlock after wrong second steps.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, conflict
from watchword.app.manage import finding
from watchword.app.manage.texts import reason_of
from watchword.app.manage.users import UserDone, UserNamed, done, ended
from watchword.domain.events import AuditEvent
from watchword.domain.users import Block, User
from watchword.kit.identifiers import text
from watchword.ports.records import Changer


@dataclass(frozen=True, slots=True, kw_only=True)
class UserReasoned:
    """The user that is meant, by any of his names, and why it is done."""

    user: str
    reason: str


async def block(context: Administration, actor: Actor, arguments: UserReasoned) -> UserDone | Refusal:
    """Block a user: he passes nowhere, whatever he has, and what is in progress for him ends at once."""
    reason = reason_of(arguments.reason)
    if isinstance(reason, Refusal):
        return reason
    scribe = context.scribe(actor)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        records.set_block(user.id, Block(at=scribe.at, reason=reason))
        records.audit(scribe.row(AuditEvent.USER_BLOCKED, user=user.id, username=user.username, reason=reason))
        return user

    return await ended(context, await context.records.change(change))


async def unblock(context: Administration, actor: Actor, arguments: UserReasoned) -> UserDone | Refusal:
    """End the block of a user."""
    reason = reason_of(arguments.reason)
    if isinstance(reason, Refusal):
        return reason
    scribe = context.scribe(actor)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        if user.block is None:
            return conflict(f"{user.username} is not blocked")
        records.set_block(user.id, None)
        records.audit(scribe.row(AuditEvent.USER_UNBLOCKED, user=user.id, username=user.username, reason=reason))
        return user

    return done(context, await context.records.change(change))


async def disable(context: Administration, actor: Actor, arguments: UserReasoned) -> UserDone | Refusal:
    """Disable a user who is not to sign in for the time being, and end at once what is in progress for him."""
    return await _set_disabled(context, actor, arguments, disabled=True)


async def enable(context: Administration, actor: Actor, arguments: UserReasoned) -> UserDone | Refusal:
    """Let a user who was disabled sign in again."""
    return await _set_disabled(context, actor, arguments, disabled=False)


async def _set_disabled(
    context: Administration, actor: Actor, arguments: UserReasoned, *, disabled: bool
) -> UserDone | Refusal:
    reason = reason_of(arguments.reason)
    if isinstance(reason, Refusal):
        return reason
    scribe = context.scribe(actor)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        if user.disabled is disabled:
            return conflict(f"{user.username} is {'disabled already' if disabled else 'not disabled'}")
        records.set_disabled(user.id, disabled=disabled)
        event = AuditEvent.USER_DISABLED if disabled else AuditEvent.USER_ENABLED
        records.audit(scribe.row(event, user=user.id, username=user.username, reason=reason))
        return user

    return done(context, await context.records.change(change))


async def unlock(context: Administration, actor: Actor, arguments: UserNamed) -> UserDone | Refusal:
    """Clear a user's wrong second steps and refused prompts, and the locks that came of them."""
    scribe = context.scribe(actor)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        was = records.unlock(user.id)
        locked = "yes" if was.locked(scribe.at) else "no"
        records.audit(scribe.row(AuditEvent.USER_UNLOCKED, user=user.id, username=user.username, was_locked=locked))
        return user

    changed = await context.records.change(change)
    # Nothing that is in progress ends: the user is as he was, and may go on trying.
    return changed if isinstance(changed, Refusal) else UserDone(id=text(changed.id), username=changed.username)
