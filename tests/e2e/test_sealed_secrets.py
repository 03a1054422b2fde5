"""
Secrets at rest (N23): each opens only where it belongs, and only with the key under which it was sealed.

Whoever can write into the database can still not give one user another's token, and a folder without its keys is worth
nothing.
"""

import sqlite3
from contextlib import closing
from typing import Final

import pytest

from tests.rigs.nas import Nas
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword

pytestmark = [pytest.mark.soak, pytest.mark.needs("oathtool")]


class Sealed:
    """Pairs of users with a token each, in a folder that is not served meanwhile."""

    def __init__(self, server: Watchword, pairs: int) -> None:
        self.server = server
        server.start()
        server.ask("setting", "set", "radius.reject_delay", "0")
        self.nas: Nas = server.nas()
        self.pairs = [(server.user(), server.user()) for _ in range(pairs)]
        self.tokens: dict[str, Token] = {user: server.hotp(user) for pair in self.pairs for user in pair}
        assert server.stop() == 0

    def secret(self, user: str) -> bytes:
        """Read what is sealed of a user's token."""
        query = "SELECT secret FROM methods JOIN users ON users.id = user_id WHERE username = ?"
        with closing(sqlite3.connect(self.server.data / "watchword.db")) as database:
            found: bytes = database.execute(query, (user,)).fetchone()[0]
            return found

    def put(self, user: str, sealed: bytes) -> None:
        """Put something in its place, behind the product's back."""
        statement = "UPDATE methods SET secret = ? WHERE user_id = (SELECT id FROM users WHERE username = ?)"
        with closing(sqlite3.connect(self.server.data / "watchword.db")) as database:
            assert database.execute(statement, (sealed, user)).rowcount == 1
            database.commit()

    def start(self) -> None:
        """Serve it again."""
        self.server.start()
        self.nas.server = self.server.radius

    def passes(self, user: str, token: Token) -> bool:
        """Tell whether a user passes with a token."""
        return self.nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted


def swapped(sealed: Sealed, one: str, other: str) -> None:
    secrets = sealed.secret(one), sealed.secret(other)
    sealed.put(one, secrets[1])
    sealed.put(other, secrets[0])


def bit_flipped(sealed: Sealed, one: str, other: str) -> None:
    for user, place in ((one, 20), (other, -1)):
        changed = bytearray(sealed.secret(user))
        changed[place] ^= 1
        sealed.put(user, bytes(changed))


def cut_short(sealed: Sealed, one: str, other: str) -> None:
    sealed.put(one, sealed.secret(one)[:-1])
    sealed.put(other, b"")


def of_another_version(sealed: Sealed, one: str, other: str) -> None:
    for user in (one, other):
        sealed.put(user, sealed.secret(user)[:1] + b"\xff\xff\xff\xff" + sealed.secret(user)[5:])


CHANGES: Final = (swapped, bit_flipped, cut_short, of_another_version)


def test_what_was_changed_behind_our_back_lets_nobody_in_and_disturbs_nobody_else(own: Watchword) -> None:
    sealed = Sealed(own, len(CHANGES))
    for change, pair in zip(CHANGES, sealed.pairs, strict=True):
        change(sealed, *pair)
    sealed.start()

    for change, pair in zip(CHANGES, sealed.pairs, strict=True):
        for user in pair:
            assert not any(sealed.passes(user, sealed.tokens[one]) for one in pair), change.__name__
    other = own.user()
    assert sealed.passes(other, own.hotp(other))
    assert own.leaks() == []
    assert own.stop() == 0


def test_a_new_key_seals_everything_and_the_old_one_is_needed_as_long_as_anything_is_under_it(own: Watchword) -> None:
    sealed, file = Sealed(own, 1), own.data / "keys"
    (one, other), old = sealed.pairs[0], file.read_bytes()
    sealed.start()
    rotated = own.ask("key", "rotate")
    assert sealed.passes(one, sealed.tokens[one])
    assert own.stop() == 0
    new = file.read_bytes()
    assert new != old

    file.write_bytes(old)
    ran = own.here("user", "list")
    assert ran.code == 1
    assert str(rotated["version"]) in ran.err

    file.write_bytes(new)
    sealed.start()
    assert sealed.passes(other, sealed.tokens[other])
    assert own.leaks() == []


def test_the_keys_may_be_kept_elsewhere_and_nothing_starts_without_them(own: Watchword) -> None:
    server, elsewhere = own, own.folder / "elsewhere" / "keys"
    elsewhere.parent.mkdir(mode=0o700)
    server.environment = {"WATCHWORD_KEY_FILE": str(elsewhere)}
    server.start()
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted
    assert server.stop() == 0

    assert not (server.data / "keys").exists()
    assert elsewhere.stat().st_mode & 0o077 == 0
    moved = elsewhere.rename(own.folder / "away")
    ran = server.run("user", "list")
    assert (ran.code, ran.out) == (1, "")
    assert str(elsewhere) in ran.err
    assert not elsewhere.exists(), "no new keys are made for a database that has some"
    moved.rename(elsewhere)
    assert server.run("user", "list").code == 0
