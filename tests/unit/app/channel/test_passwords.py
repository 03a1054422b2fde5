"""
Local passwords of users elsewhere: hashed there and compared here, and whoever is nobody looks like anybody.
"""

from collections.abc import Callable

from watchword.app.channel.passwords import RemotePasswords
from watchword.domain.users import UserId
from watchword.domain.verification import PrimaryVerdict
from watchword.kit import passwords
from watchword.kit.passwords import Recipe
from watchword.kit.randomness import SeededRandomness
from watchword.ports.login import StoreAway

ALICE, BOB, CAROL = (UserId(name * 16) for name in (b"a", b"b", b"c"))
SALT = bytes(range(16))
ENCODED = passwords.hashed(b"correct horse", salt=SALT)


class Desk:
    def __init__(self) -> None:
        self.kept = {ALICE: ENCODED, CAROL: "no hash"}
        self.away = False
        self.faults: list[str] = []
        self.remote = RemotePasswords(password_hash=self.find, randomness=SeededRandomness(1), fault=self.fault)

    def fault(self, where: str) -> None:
        self.faults.append(where)

    def find(self, user: UserId, done: Callable[[str | None], None]) -> None:
        if self.away:
            raise StoreAway
        done(self.kept.get(user))

    def recipe(self, user: UserId | None) -> Recipe | None:
        found: list[Recipe | None] = []
        self.remote.recipe(user, found.append)
        return found[0]

    def check(self, user: UserId | None, digest: bytes) -> PrimaryVerdict:
        found: list[PrimaryVerdict] = []
        self.remote.check(user, digest, found.append)
        return found[0]


def test_the_right_password_is_right_and_no_other() -> None:
    desk = Desk()
    recipe = desk.recipe(ALICE)
    assert recipe is not None
    assert recipe.salt == SALT

    assert desk.check(ALICE, passwords.made(b"correct horse", recipe)) is PrimaryVerdict.ACCEPTED
    assert desk.check(ALICE, passwords.made(b"correct horsf", recipe)) is PrimaryVerdict.REJECTED


def test_whoever_is_nobody_or_has_no_password_has_a_salt_that_stays_and_no_password() -> None:
    desk = Desk()
    for user in (None, BOB):
        recipe = desk.recipe(user)
        assert recipe is not None
        assert recipe == desk.recipe(user)
        assert (recipe.memory, recipe.passes, recipe.lanes, recipe.octets) == (19_456, 2, 1, 32)
        assert desk.check(user, passwords.made(b"correct horse", recipe)) is PrimaryVerdict.REJECTED
        assert desk.check(user, b"") is PrimaryVerdict.REJECTED
    assert desk.recipe(None) != desk.recipe(BOB)


def test_while_nothing_can_be_read_nothing_is_said() -> None:
    desk = Desk()
    desk.away = True

    assert desk.recipe(ALICE) is None
    assert desk.check(ALICE, b"x" * 32) is PrimaryVerdict.AWAY


def test_a_damaged_hash_fits_nothing_and_is_told() -> None:
    desk = Desk()

    assert desk.recipe(CAROL) is not None
    assert desk.check(CAROL, b"") is PrimaryVerdict.REJECTED
    assert desk.faults == ["password", "password"]
