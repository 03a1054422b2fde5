"""
The world on the real store: everything is committed at once, on the caller's thread, to a data folder.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.contract.folder import value_of
from tests.fakes.world import Seams, World
from watchword.domain.bypass import Bypass, BypassState
from watchword.domain.challenges import Challenge
from watchword.domain.users import Block, Person, Resolution, UserId
from watchword.kit.randomness import SeededRandomness
from watchword.ports.login import Committed, Unit
from watchword.ports.records import BypassRow, Changer
from watchword.stores.sqlite import SqliteStore

Value = TypeVar("Value")


class SqliteSeams:
    """One object for the three ports."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def commit(self, unit: Unit, done: Callable[[Committed], None]) -> None:
        self._store.ledger.commit(unit, done)

    def resolve(self, name: str, done: Callable[[Resolution], None]) -> None:
        self._store.people.resolve(name, done)

    def load(self, user: UserId, done: Callable[[Person | None], None]) -> None:
        self._store.people.load(user, done)

    def owner(self, directory_id: bytes, done: Callable[[UserId | None], None]) -> None:
        self._store.people.owner(directory_id, done)

    def find(self, digest: bytes, done: Callable[[Challenge | None], None]) -> None:
        self._store.challenges.find(digest, done)


class SqliteWorld(World):
    """One user, one application, and everything that decides between them, in a data folder."""

    def __init__(self, folder: Path, *, kept: int = 20_000, seed: int = 1) -> None:
        self.folder = folder
        self.kept = kept
        super().__init__(seed=seed)
        self.change(lambda changer: changer.add_application(self.vpn, at=self.clock.now()))

    def open_seams(self) -> Seams:
        """Open the data folder."""
        self.sqlite = SqliteStore.open(self.folder, clock=self.clock, randomness=SeededRandomness(7), kept=self.kept)
        return SqliteSeams(self.sqlite)

    def close(self) -> None:
        """Close the data folder."""
        self.sqlite.close()

    def change(self, use_case: Callable[[Changer], Value]) -> Value:
        """Change something as administration does."""
        return value_of(self.sqlite.records.change(use_case))

    # --- who and what there is

    def add_person(self, person: Person) -> None:
        """Put a user there under his full and his short name."""
        user, now = person.user, self.clock.now()

        def add(changer: Changer) -> None:
            changer.add_user(user, (user.username, user.username.partition("@")[0]), at=now)
            for method in person.methods:
                changer.add_method(user.id, method, at=now)

        self.change(add)

    def give_bypass(self, user: UserId, bypass: Bypass) -> None:
        """Give a user a bypass, which supersedes an older one."""
        row = BypassRow(
            id=bypass.id,
            user=user,
            username="",
            group=bypass.group,
            application=bypass.application,
            reason="lost phone",
            seconds=(bypass.expires_at - bypass.created_at) // 1_000_000,
            created_by="olga@example.com",
            created_at=bypass.created_at,
            expires_at=bypass.expires_at,
            state=BypassState.ACTIVE,
            ended_at=None,
            ended_by="",
            used_at_application=None,
            used_from=None,
        )
        self.change(lambda changer: changer.add_bypass(row))

    def cancel_bypasses(self, user: UserId) -> None:
        """Cancel what a user has of bypasses; something happens to him also where he has none."""
        bypasses = self.person(user).bypasses

        def cancel(changer: Changer) -> None:
            ended = [changer.cancel_bypass(one.id, by="olga@example.com", now=self.clock.now()) for one in bypasses]
            if not any(ended):
                changer.bump_epoch(user)

        self.change(cancel)

    def block(self, user: UserId, block: Block | None) -> None:
        """Block a user, or do not."""
        self.change(lambda changer: changer.set_block(user, block))

    def unlock(self, user: UserId) -> None:
        """Unlock a user."""
        self.change(lambda changer: changer.unlock(user))

    def person(self, user: UserId) -> Person:
        """Return a user as he is committed, and see that what is kept in memory of him is no older."""
        kept: list[Person | None] = []
        self.sqlite.people.load(user, kept.append)
        committed = value_of(self.sqlite.records.read(lambda reader: reader.person(user)))
        assert committed is not None
        assert kept[0] is not None
        assert (kept[0].user, kept[0].methods) == (committed.user, committed.methods)
        assert (kept[0].failures, kept[0].prompts) == (committed.failures, committed.prompts)
        return committed
