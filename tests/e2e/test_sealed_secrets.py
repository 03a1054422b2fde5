"""
Secrets at rest (N23): each opens only where it belongs, and only with the key under which it was sealed.

Whoever can write into the database can still not give one user another's token, and a folder without its keys is worth
nothing.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.nas import Nas
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword

pytestmark = pytest.mark.needs("oathtool")


class Sealed:
    """Two users with a token each, in a folder that is not served meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.server = server = Watchword(folder)
        server.start()
        server.ask("setting", "set", "radius.reject_delay", "0")
        self.nas: Nas = server.nas()
        self.users = [server.user(), server.user()]
        self.tokens: list[Token] = [server.hotp(user) for user in self.users]
        assert server.stop() == 0

    def change(self, statement: str, *values: object) -> None:
        """Write into the database behind the product's back."""
        with closing(sqlite3.connect(self.server.data / "watchword.db")) as database:
            assert database.execute(statement, values).rowcount > 0
            database.commit()

    def secret(self, user: int) -> bytes:
        """Read what is sealed of a user's token."""
        query = "SELECT secret FROM methods JOIN users ON users.id = user_id WHERE username = ?"
        with closing(sqlite3.connect(self.server.data / "watchword.db")) as database:
            found: bytes = database.execute(query, (self.users[user],)).fetchone()[0]
            return found

    def put(self, user: int, sealed: bytes) -> None:
        """Put something in its place."""
        where = "user_id = (SELECT id FROM users WHERE username = ?)"
        self.change(f"UPDATE methods SET secret = ? WHERE {where}", sealed, self.users[user])  # noqa: S608 - ours

    def passes(self, user: int, token: int, *, counter: int = 0) -> bool:
        """Tell whether a user passes with a token."""
        typed = f"{PASSWORD},{self.tokens[token].code(counter)}"
        self.nas.server = self.server.radius
        return self.nas.login(self.users[user], typed, station=STATION).accepted


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Sealed]:
    """Have two users with a token each."""
    sealed = Sealed(tmp_path)
    yield sealed
    if sealed.server.process is not None:
        assert sealed.server.leaks() == []
        sealed.server.kill()


def swapped(sealed: Sealed) -> None:
    mine, theirs = sealed.secret(0), sealed.secret(1)
    sealed.put(0, theirs)
    sealed.put(1, mine)


def bit_flipped(sealed: Sealed) -> None:
    sealed.put(0, sealed.secret(0)[:-1] + bytes((sealed.secret(0)[-1] ^ 1,)))
    sealed.put(1, sealed.secret(1)[:20] + bytes((sealed.secret(1)[20] ^ 1,)) + sealed.secret(1)[21:])


def cut_short(sealed: Sealed) -> None:
    sealed.put(0, sealed.secret(0)[:-1])
    sealed.put(1, b"")


def of_another_version(sealed: Sealed) -> None:
    for user in (0, 1):
        sealed.put(user, sealed.secret(user)[:1] + b"\xff\xff\xff\xff" + sealed.secret(user)[5:])


CHANGES: Final = (swapped, bit_flipped, cut_short, of_another_version)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_was_changed_behind_our_back_lets_nobody_in_and_disturbs_nobody_else(
    sealed: Sealed, change: Callable[[Sealed], None]
) -> None:
    change(sealed)
    sealed.server.start()

    assert not any(sealed.passes(user, token) for user in (0, 1) for token in (0, 1))
    other = sealed.server.user()
    token = sealed.server.hotp(other)
    assert sealed.nas.login(other, f"{PASSWORD},{token.code(0)}", station=STATION).accepted


def keys_of(sealed: Sealed) -> list[dict[str, object]]:
    """Read the keys that there are."""
    keys: list[dict[str, object]] = json.loads((sealed.server.data / "keys").read_text())["keys"]
    return keys


def test_a_new_key_seals_everything_and_the_old_one_is_needed_as_long_as_anything_is_under_it(sealed: Sealed) -> None:
    server, file = sealed.server, sealed.server.data / "keys"
    old = file.read_bytes()
    server.start()
    rotated = server.ask("key", "rotate")
    assert sealed.passes(0, 0)
    assert server.stop() == 0
    new = file.read_bytes()
    assert new != old

    file.write_bytes(old)
    ran = server.run("user", "list")
    assert ran.code == 1
    assert str(rotated["version"]) in ran.err

    file.write_bytes(new)
    server.start()
    assert sealed.passes(1, 1)


def test_the_keys_may_be_kept_elsewhere_and_nothing_starts_without_them(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "keys"
    elsewhere.parent.mkdir(mode=0o700)
    server = Watchword(tmp_path)
    server.environment = {"WATCHWORD_KEY_FILE": str(elsewhere)}
    server.start()
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted
    assert server.stop() == 0

    assert not (server.data / "keys").exists()
    assert elsewhere.stat().st_mode & 0o077 == 0
    assert server.run("user", "show", user).code == 0
    moved = elsewhere.rename(tmp_path / "away")
    ran = server.run("user", "list")
    assert (ran.code, ran.out) == (1, "")
    assert str(elsewhere) in ran.err
    assert not elsewhere.exists(), "no new keys are made for a database that has some"
    moved.rename(elsewhere)
    assert server.run("user", "list").code == 0
