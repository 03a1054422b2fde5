"""
What administration changes: `ports.records.Changer` in the single writer, inside one transaction with its audit rows.

Whatever a change touches is noted, so that nothing that was read before outlives the commit (`stores.people`).
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import bindparam, delete, insert, null, select, update

from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import Application, ApplicationId, ClientId, DirectoryId
from watchword.domain.bypass import BypassId
from watchword.domain.caching import CachingRule, RuleId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory
from watchword.domain.events import Audit, AuditEvent
from watchword.domain.lockout import Failures
from watchword.domain.methods import Method, MethodId
from watchword.domain.servers import Group
from watchword.domain.users import Block, User, UserId
from watchword.kit.clock import Clock
from watchword.kit.sealing import KeyRing
from watchword.ports.records import BypassRow, DeviceOwner, Pairing, Taken
from watchword.stores import administrators, alterations, bypasses, finding, methods
from watchword.stores.administrator_records import AdministratorChanges
from watchword.stores.bodies import failures_of, failures_text, instants_text
from watchword.stores.reader import SqlReader
from watchword.stores.requests import RequestChanges
from watchword.stores.scribe import Scribe
from watchword.stores.server_access import SqlServerChanges
from watchword.stores.statements import ONE, Statement
from watchword.stores.tables import METHODS, NAMES, PAIRINGS, USERS

_THERE: Final = (USERS.c.id == bindparam("user"), USERS.c.removed_at.is_(None))
_ADD_USER: Final = Statement(insert(USERS))
_ADD_NAME: Final = Statement(insert(NAMES).prefix_with("OR IGNORE", dialect="sqlite"), "name", "user_id")
_REMOVE_USER: Final = Statement(
    update(USERS)
    .where(*_THERE)
    .values(removed_at=bindparam("at"), epoch=USERS.c.epoch + ONE, directory_id=null(), password=null())
)
_REMOVE_NAMES: Final = Statement(delete(NAMES).where(NAMES.c.user_id == bindparam("user")))
_REMOVE_NAME: Final = Statement(
    delete(NAMES).where(NAMES.c.user_id == bindparam("user"), NAMES.c.name == bindparam("name"))
)
_CALLED: Final = Statement(select(USERS.c.username, USERS.c.name).where(*_THERE))
_SET_DISPLAY_NAME: Final = Statement(update(USERS).where(*_THERE).values(name=bindparam("display")))
_SET_DISABLED: Final = Statement(
    update(USERS).where(*_THERE).values(disabled=bindparam("off"), epoch=USERS.c.epoch + ONE)
)
_SET_PASSWORD: Final = Statement(
    update(USERS).where(*_THERE).values(password=bindparam("encoded"), epoch=USERS.c.epoch + ONE)
)
_SET_BLOCK: Final = Statement(
    update(USERS)
    .where(*_THERE)
    .values(blocked_at=bindparam("at"), block_reason=bindparam("reason"), epoch=USERS.c.epoch + ONE)
)
_FAILURES: Final = Statement(select(USERS.c.failures, USERS.c.locked_until).where(*_THERE))
_UNLOCK: Final = Statement(
    update(USERS)
    .where(*_THERE)
    .values(
        failures=bindparam("none"),
        locked_until=bindparam("never"),
        prompts=bindparam("none"),
        push_off_until=bindparam("never"),
    )
)
_BUMP: Final = Statement(update(USERS).where(*_THERE).values(epoch=USERS.c.epoch + ONE))
_EPOCH: Final = Statement(select(USERS.c.epoch).where(USERS.c.id == bindparam("user")))
_ADD_PAIRING: Final = Statement(insert(PAIRINGS))
_TAKE_PAIRING: Final = Statement(
    delete(PAIRINGS).where(PAIRINGS.c.token_digest == bindparam("token"), PAIRINGS.c.expires_at > bindparam("now"))
)
_PAIR: Final = Statement(
    update(METHODS)
    .where(METHODS.c.id == bindparam("method"), METHODS.c.public_key.is_(None))
    .values(public_key=bindparam("public_key"))
)


@dataclass(slots=True)
class Touched:
    """What a change may have changed: users, the names they go by, and whether anything of the configuration."""

    users: set[UserId] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    configuration: Configuration | None = None
    configured: bool = False


class SqlChanger(SqlServerChanges, AdministratorChanges, RequestChanges, SqlReader):
    """Changes."""

    def __init__(self, connection: sqlite3.Connection, keys: KeyRing, clock: Clock, scribe: Scribe) -> None:
        SqlReader.__init__(self, connection, keys, clock)
        self._scribe = scribe
        self.touched = Touched()

    def audit(self, row: Audit) -> None:
        """Append to the audit trail."""
        self._scribe.journal.audit(row)

    def bump_epoch(self, user: UserId) -> None:
        """End everything older of a user."""
        _BUMP.run(self._connection, user=user)
        self.touched.users.add(user)

    # --- users ----------------------------------------------------------------------------------------------------

    def add_user(self, user: User, names: Sequence[str], *, at: int) -> None:
        """Add a user and the folded names he goes by. Raises `Taken` where the canonical name is in use."""
        try:
            _ADD_USER.run(
                self._connection,
                id=user.id,
                username=user.username,
                name=user.name,
                epoch=user.epoch,
                disabled=user.disabled,
                blocked_at=None if user.block is None else user.block.at,
                block_reason=None if user.block is None else user.block.reason,
                directory_id=user.directory_id,
                password=None,
                failures=failures_text(()),
                locked_until=0,
                prompts=instants_text(()),
                push_off_until=0,
                created_at=at,
                removed_at=None,
            )
        except sqlite3.IntegrityError as problem:
            if problem.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
                raise Taken(f"there is a user {user.username} already") from None
            raise
        self._connection.executemany(_ADD_NAME.sql, [(name, user.id) for name in names])
        finding.add_words(self._connection, user.id, user.username, user.name)
        finding.note_methods(self._connection, user.id)
        self.touched.users.add(user.id)
        self.touched.names.update(names)

    def remove_user(self, user: UserId, *, at: int) -> None:
        """Remove a user: he resolves no more, his methods are erased, his bypasses end; what happened stays written."""
        self.touched.users.add(user)
        self.touched.names.update(self.aliases(user))
        bypasses.cancel_of_user(self._connection, self._scribe, user, because=AuditEvent.USER_REMOVED.value, now=at)
        methods.remove_methods(self._connection, user)
        for username, name in _CALLED.all(self._connection, user=user):
            finding.remove_words(self._connection, user, username, name)
        administrators.unlink(self._connection, user)
        _REMOVE_NAMES.run(self._connection, user=user)
        _REMOVE_USER.run(self._connection, user=user, at=at)
        finding.note_methods(self._connection, user)

    def add_name(self, user: UserId, name: str) -> None:
        """Let a user go by one more folded name."""
        self._connection.execute(_ADD_NAME.sql, (name, user))
        self.touched.users.add(user)
        self.touched.names.add(name)

    def remove_name(self, user: UserId, name: str) -> bool:
        """Let a user go by a name no more, and bump the epoch; False where he does not."""
        removed = _REMOVE_NAME.change(self._connection, user=user, name=name) == 1
        if removed:
            self.touched.names.add(name)
            self.bump_epoch(user)
        return removed

    def set_display_name(self, user: UserId, name: str) -> None:
        """Change how people call a user."""
        for username, old in _CALLED.all(self._connection, user=user):
            finding.remove_words(self._connection, user, username, old)
            finding.add_words(self._connection, user, username, name)
        _SET_DISPLAY_NAME.run(self._connection, user=user, display=name)
        self.touched.users.add(user)

    def set_disabled(self, user: UserId, *, disabled: bool) -> None:
        """Disable or enable a user, and bump the epoch."""
        _SET_DISABLED.run(self._connection, user=user, off=disabled)
        self.touched.users.add(user)

    def set_password(self, user: UserId, encoded: str) -> None:
        """Set the argon2id hash and bump the epoch."""
        _SET_PASSWORD.run(self._connection, user=user, encoded=encoded)
        self.touched.users.add(user)

    def set_block(self, user: UserId, block: Block | None) -> None:
        """Block or unblock, and bump the epoch."""
        at, reason = (None, None) if block is None else (block.at, block.reason)
        _SET_BLOCK.run(self._connection, user=user, at=at, reason=reason)
        self.touched.users.add(user)

    def unlock(self, user: UserId) -> Failures:
        """Clear wrong second steps, the lock and refused prompts, and return what was there."""
        row = _FAILURES.one(self._connection, user=user)
        if row is None:
            return Failures()
        _UNLOCK.run(self._connection, user=user, none=failures_text(()), never=0)
        self.touched.users.add(user)
        return Failures(recent=failures_of(row[0]), locked_until=row[1])

    # --- methods --------------------------------------------------------------------------------------------------

    def add_method(self, user: UserId, method: Method, *, at: int) -> None:
        """Add a method and bump the epoch."""
        methods.add_method(self._connection, self._keys, user, method, at=at)
        finding.note_methods(self._connection, user)
        self.bump_epoch(user)

    def remove_method(self, user: UserId, method: MethodId) -> bool:
        """Remove a method and bump the epoch; False where the user has no such method."""
        removed = methods.remove_method(self._connection, user, method)
        if removed:
            finding.note_methods(self._connection, user)
            self.bump_epoch(user)
        return removed

    def add_pairing(self, pairing: Pairing) -> None:
        """Let a device be paired once with a token."""
        _ADD_PAIRING.run(
            self._connection,
            token_digest=pairing.token_digest,
            method_id=pairing.method,
            user_id=pairing.user,
            expires_at=pairing.expires_at,
        )

    def take_pairing(self, token_digest: bytes, *, public_key: bytes, now: int) -> DeviceOwner | None:
        """Pair a device by one conditional write, bump the epoch; None for a token unknown, spent or expired."""
        pairing = self.pairing(token_digest)
        if pairing is None or _TAKE_PAIRING.change(self._connection, token=token_digest, now=now) != 1:
            return None
        if _PAIR.change(self._connection, method=pairing.method, public_key=public_key) != 1:
            return None
        self.bump_epoch(pairing.user)
        return DeviceOwner(user=pairing.user, method=pairing.method, public_key=public_key)

    # --- bypasses -------------------------------------------------------------------------------------------------

    def add_bypass(self, row: BypassRow) -> list[BypassId]:
        """Add an active bypass and return those of the same user and group that it supersedes."""
        epoch = _EPOCH.one(self._connection, user=row.user)
        self.touched.users.add(row.user)
        return bypasses.add(self._connection, self._scribe, row, epoch=0 if epoch is None else epoch[0])

    def cancel_bypass(self, bypass: BypassId, *, by: str, now: int) -> bool:
        """Cancel a bypass by one conditional write, and bump the epoch; False where it is no longer active."""
        user = bypasses.cancel(self._connection, bypass, by=by, now=now)
        if user is None:
            return False
        self.bump_epoch(user)
        return True

    # --- configuration --------------------------------------------------------------------------------------------

    def add_application(self, application: Application, *, at: int) -> None:
        """Add an application. Raises `Taken` where its name is in use."""
        self.touched.configured = True
        alterations.add_application(self._connection, application, at=at)

    def set_application(self, application: Application) -> None:
        """Replace what an application is but its name and clients, and count its version up whatever `version` says."""
        self.touched.configured = True
        alterations.set_application(self._connection, application)

    def remove_application(self, application: ApplicationId) -> None:
        """Remove an application with its clients, rules of its own and challenges; active bypasses for it end."""
        self.touched.configured = True
        because, now = AuditEvent.APPLICATION_REMOVED.value, self._clock.now()
        self.touched.users.update(
            bypasses.cancel_for_application(self._connection, self._scribe, application, because=because, now=now)
        )
        alterations.remove_application(self._connection, application)

    def add_client(self, client: Client) -> None:
        """Add a client. Raises `Taken` where its network is in use."""
        self.touched.configured = True
        alterations.add_client(self._connection, self._keys, client)

    def set_client_secrets(self, client: Client) -> None:
        """Replace the secrets and switches of a client, and count the application's version up."""
        self.touched.configured = True
        alterations.set_client_secrets(self._connection, self._keys, client)

    def set_api_client(self, client: ApiClient) -> None:
        """Put a client of an application of type `api` in place, and count the application's version up."""
        self.touched.configured = True
        alterations.set_api_client(self._connection, self._keys, client)

    def remove_client(self, client: ClientId) -> None:
        """Remove a client."""
        self.touched.configured = True
        alterations.remove_client(self._connection, client)

    def add_directory(self, directory: Directory) -> None:
        """Add a directory. Raises `Taken` where its name is in use."""
        self.touched.configured = True
        alterations.add_directory(self._connection, self._keys, directory)

    def remove_directory(self, directory: DirectoryId) -> None:
        """Remove a directory."""
        self.touched.configured = True
        alterations.remove_directory(self._connection, directory)

    def add_rule(self, rule: CachingRule, *, at: int) -> None:
        """Add a caching rule."""
        self.touched.configured = True
        alterations.add_rule(self._connection, rule, at=at)

    def set_rule(self, rule: CachingRule) -> None:
        """Replace a rule's seconds and whether it is on, and count its version up whatever `version` says."""
        self.touched.configured = True
        alterations.set_rule(self._connection, rule)

    def remove_rule(self, rule: RuleId) -> bool:
        """Remove a caching rule; False where there is none."""
        self.touched.configured = True
        return alterations.remove_rule(self._connection, rule)

    def add_group(self, group: Group) -> None:
        """Add a replication group. Raises `Taken` where its name is in use."""
        self.touched.configured = True
        alterations.add_group(self._connection, group)

    def set_setting(self, name: str, value: float) -> None:
        """Keep one setting."""
        self.touched.configured = True
        alterations.set_setting(self._connection, name, value)

    def _configured(self) -> None:
        self.touched.configured = True

    def settle(self) -> None:
        """Count the configuration's version where it was changed, and load what will be current after the commit."""
        if self.touched.configured:
            alterations.count_version(self._connection)
            self.touched.configuration = self.configuration()
