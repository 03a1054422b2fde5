"""
Whether a user may sign in: block and unblock, disable and enable, and unlock after wrong second steps.
"""

from collections.abc import Callable
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


_Alter = Callable[[Changer, User, Block], AuditEvent | Refusal]
"""Alters how a user stands, at the instant and for the reason of a block; the event that tells of it, or why not."""


async def block(context: Administration, actor: Actor, arguments: UserReasoned) -> UserDone | Refusal:
    """Block a user: he passes nowhere, whatever he has, and what is in progress for him ends at once."""

    def alter(records: Changer, user: User, block: Block) -> AuditEvent:
        records.set_block(user.id, block)
        return AuditEvent.USER_BLOCKED

    return await ended(context, await _altered(context, actor, arguments, alter))


async def unblock(context: Administration, actor: Actor, arguments: UserReasoned) -> UserDone | Refusal:
    """End the block of a user."""

    def alter(records: Changer, user: User, _block: Block) -> AuditEvent | Refusal:
        if user.block is None:
            return conflict(f"{user.username} is not blocked")
        records.set_block(user.id, None)
        return AuditEvent.USER_UNBLOCKED

    return done(context, await _altered(context, actor, arguments, alter))


async def disable(context: Administration, actor: Actor, arguments: UserReasoned) -> UserDone | Refusal:
    """Disable a user who is not to sign in for the time being, and end at once what is in progress for him."""

    def alter(records: Changer, user: User, _block: Block) -> AuditEvent | Refusal:
        if user.disabled:
            return conflict(f"{user.username} is disabled already")
        records.set_disabled(user.id, disabled=True)
        return AuditEvent.USER_DISABLED

    return await ended(context, await _altered(context, actor, arguments, alter))


async def enable(context: Administration, actor: Actor, arguments: UserReasoned) -> UserDone | Refusal:
    """Let a user who was disabled sign in again."""

    def alter(records: Changer, user: User, _block: Block) -> AuditEvent | Refusal:
        if not user.disabled:
            return conflict(f"{user.username} is not disabled")
        records.set_disabled(user.id, disabled=False)
        return AuditEvent.USER_ENABLED

    return done(context, await _altered(context, actor, arguments, alter))


async def _altered(context: Administration, actor: Actor, arguments: UserReasoned, alter: _Alter) -> User | Refusal:
    """Alter how a user stands, with the row of audit that says why."""
    reason = reason_of(arguments.reason)
    if isinstance(reason, Refusal):
        return reason
    scribe = context.scribe(actor)

    def change(records: Changer) -> User | Refusal:
        found = finding.person(records, arguments.user)
        if isinstance(found, Refusal):
            return found
        user = found.user
        event = alter(records, user, Block(at=scribe.at, reason=reason))
        if isinstance(event, Refusal):
            return event
        records.audit(scribe.row(event, user=user.id, username=user.username, reason=reason))
        return user

    return await context.records.change(change)


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
