"""
What administration reads and changes.

A use case is a function over `Reader` or `Changer`. `Records` runs it off the loop: a change in the single writer, in
one transaction with its audit rows, durable when it returns; a read on a snapshot of its own. A function that raises
changes nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import Application, ApplicationId, ClientId, DirectoryId, GroupId
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.caching import CachingRule, RuleId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory
from watchword.domain.events import Activity, Audit
from watchword.domain.lockout import Failures
from watchword.domain.methods import Method, MethodId
from watchword.domain.servers import Group
from watchword.domain.users import Block, Person, Resolution, User, UserId
from watchword.domain.verification import ActivityId
from watchword.ports.administrators import AdministratorChanger, AdministratorReader
from watchword.ports.finding import ChangesPeople, FindsPeople
from watchword.ports.history import ReadsHistory
from watchword.ports.repeats import RepeatsChanger, RepeatsReader
from watchword.ports.replicas import ReadsCodeHolders
from watchword.ports.servers import ServerChanger, ServerReader
from watchword.ports.trail import ReadsTrail

Value = TypeVar("Value")


class Taken(Exception):  # noqa: N818 - it is a refusal that ends the transaction
    """A name that must be unique is in use. The transaction is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassRow:
    """A bypass as the report shows it; instants in UTC microseconds."""

    id: BypassId
    user: UserId
    username: str
    group: GroupId | None
    application: ApplicationId | None
    reason: str
    seconds: int
    created_by: str
    created_at: int
    expires_at: int
    state: BypassState
    ended_at: int | None
    ended_by: str
    used_at_application: ApplicationId | None
    used_from: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassFilter:
    """
    Which bypasses are wanted: those that are all that is named here, made before bypass `before`, at most `limit`.

    `since` is the first instant of their making that is wanted, in UTC microseconds, `until` the first that is not.
    """

    state: BypassState | None = None
    user: UserId | None = None
    created_by: str | None = None
    since: int | None = None
    until: int | None = None
    before: BypassId | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A device that is to be paired: its method, and until when (UTC microseconds) the token (by SHA-256) is good."""

    method: MethodId
    user: UserId
    token_digest: bytes
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOwner:
    """Whose a paired device is."""

    user: UserId
    method: MethodId
    public_key: bytes


class Reader(
    FindsPeople, ReadsHistory, ReadsTrail, ReadsCodeHolders, ServerReader, AdministratorReader, RepeatsReader, Protocol
):
    """What can be read. Everything returned is committed. Raises `ports.login.StoreAway` where nothing can be read."""

    def configuration(self) -> Configuration:
        """Load the whole configuration, secrets unsealed."""

    def resolve(self, name: str) -> Resolution:
        """Find whom a folded name means."""

    def person(self, user: UserId) -> Person | None:
        """Load a user by id."""

    def usernames(self, users: Sequence[UserId]) -> dict[UserId, str]:
        """Return the canonical names of users, also of removed ones whose rows still stand."""

    def users(self, *, after: str, limit: int) -> list[User]:
        """Return users in the order of their names, those after `after`."""

    def aliases(self, user: UserId) -> list[str]:
        """Return every folded name that a user goes by."""

    def password_hash(self, user: UserId) -> str | None:
        """Return the user's argon2id hash, None where he has no local password."""

    def bypasses(self, wanted: BypassFilter, *, now: int) -> list[BypassRow]:
        """Return bypasses, newest first; one that has run out by `now` reads as expired."""

    def bypasses_made(self, *, by: str, since: int, most: int) -> int:
        """Return how many bypasses somebody has made since an instant, up to `most`."""

    def bypasses_for(self, user: UserId, *, since: int, most: int) -> int:
        """Return how many bypasses were made for a user since an instant, up to `most`."""

    def bypass(self, bypass: BypassId, *, now: int) -> BypassRow | None:
        """Load one bypass; one that has run out by `now` reads as expired."""

    def users_without_method(self, *, limit: int) -> list[str]:
        """Return the canonical names of up to `limit` users who have no second step, in their order."""

    def activity_row(self, row: ActivityId) -> Activity | None:
        """Load one row with its trace."""

    def device(self, method: MethodId) -> DeviceOwner | None:
        """Find a paired device."""

    def pairing(self, token_digest: bytes) -> Pairing | None:
        """Find a pairing that waits for its device."""


class Changer(Reader, ChangesPeople, ServerChanger, AdministratorChanger, RepeatsChanger, Protocol):
    """What can be changed, and read on the way. `audit` is part of every change."""

    def audit(self, row: Audit) -> None:
        """Append to the audit trail."""

    def add_user(self, user: User, names: Sequence[str], *, at: int) -> None:
        """Add a user and the folded names he goes by. Raises `Taken` where the canonical name is in use."""

    def remove_user(self, user: UserId, *, at: int) -> None:
        """Remove a user: he resolves no more, his methods are erased, his bypasses end; what happened stays written."""

    def set_password(self, user: UserId, encoded: str) -> None:
        """Set the argon2id hash and bump the epoch."""

    def set_block(self, user: UserId, block: Block | None) -> None:
        """Block or unblock, and bump the epoch."""

    def unlock(self, user: UserId) -> Failures:
        """Clear wrong second steps, the lock and refused prompts, and return what was there."""

    def add_method(self, user: UserId, method: Method, *, at: int) -> None:
        """Add a method and bump the epoch."""

    def remove_method(self, user: UserId, method: MethodId) -> bool:
        """Remove a method and bump the epoch; False where the user has no such method."""

    def add_pairing(self, pairing: Pairing) -> None:
        """Let a device be paired once with a token."""

    def take_pairing(self, token_digest: bytes, *, public_key: bytes, now: int) -> DeviceOwner | None:
        """Pair a device by one conditional write, bump the epoch; None for a token unknown, spent or expired."""

    def add_application(self, application: Application, *, at: int) -> None:
        """Add an application. Raises `Taken` where its name is in use."""

    def set_application(self, application: Application) -> None:
        """Replace what an application is but its name and clients, and count its version up whatever `version` says."""

    def remove_application(self, application: ApplicationId) -> None:
        """Remove an application with its clients, rules of its own and challenges; active bypasses for it end."""

    def add_client(self, client: Client) -> None:
        """Add a client. Raises `Taken` where its network is in use."""

    def set_client_secrets(self, client: Client) -> None:
        """Replace the secrets and switches of a client, and count the application's version up."""

    def set_api_client(self, client: ApiClient) -> None:
        """Put a client of an application of type `api` in place, and count the application's version up."""

    def remove_client(self, client: ClientId) -> None:
        """Remove a client."""

    def add_directory(self, directory: Directory) -> None:
        """Add a directory. Raises `Taken` where its name is in use."""

    def remove_directory(self, directory: DirectoryId) -> None:
        """Remove a directory."""

    def add_bypass(self, row: BypassRow) -> list[BypassId]:
        """Add an active bypass and return those of the same user and group that it supersedes."""

    def cancel_bypass(self, bypass: BypassId, *, by: str, now: int) -> bool:
        """Cancel a bypass by one conditional write, and bump the epoch; False where it is no longer active."""

    def add_rule(self, rule: CachingRule, *, at: int) -> None:
        """Add a caching rule."""

    def set_rule(self, rule: CachingRule) -> None:
        """Replace a rule's seconds and whether it is on, and count its version up whatever `version` says."""

    def remove_rule(self, rule: RuleId) -> bool:
        """Remove a caching rule; False where there is none."""

    def add_group(self, group: Group) -> None:
        """Add a replication group. Raises `Taken` where its name is in use."""

    def set_setting(self, name: str, value: float) -> None:
        """Keep one setting."""

    def bump_epoch(self, user: UserId) -> None:
        """End everything older of a user."""


class Records(Protocol):
    """Runs use cases against the store."""

    def read(self, use_case: Callable[[Reader], Value]) -> Awaitable[Value]:
        """Run a read off the loop."""

    def change(self, use_case: Callable[[Changer], Value]) -> Awaitable[Value]:
        """Run a change in the writer; durable when this returns. A failed commit raises `ports.login.StoreAway`."""

    def follow(self, told: Callable[[Activity], None]) -> Callable[[], None]:
        """Call `told` on the loop for every committed row of activity, until the function returned is called."""

    def on_configuration(self, told: Callable[[Configuration], None]) -> None:
        """Call `told` on the loop with the new configuration after every commit that changed it."""
