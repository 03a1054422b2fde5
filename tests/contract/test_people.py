"""
People and Challenges: always what was committed last.
"""

import pytest

from tests.contract.folder import Folder
from tests.fakes.changes import replace
from watchword.domain.applications import DEFAULT_GROUP, GroupId
from watchword.domain.bypass import Bypass
from watchword.domain.lockout import Failures, Prompts
from watchword.domain.methods import BackupCodes, Hotp, MethodKind, OathAlgorithm, Push, Totp
from watchword.domain.secrets import Secret
from watchword.domain.users import Ambiguous, Block, Person, Unknown, User, UserId
from watchword.ports.login import MintState, SpendBackupCode, SpendStep


def test_a_person_comes_back_whole(folder: Folder) -> None:
    user = folder.user(name="Alice", directory_id=b"guid")
    totp = Totp(secret=Secret(b"a"), algorithm=OathAlgorithm.SHA512, digits=8, period=60, last_step=3, drift=-2)
    hotp = Hotp(secret=Secret(b"b"), algorithm=OathAlgorithm.SHA256, digits=6, counter=7, resync=9)
    codes = BackupCodes(secret=Secret(b"c"), left=(b"1" * 32, b"2" * 32))
    methods = [folder.method(user, detail) for detail in (totp, hotp, codes, Push(public_key=b"key"), Push())]
    row = folder.bypass(user, group=None)
    folder.add_bypass(row)

    person = folder.load(user)

    assert person == Person(
        user=User(id=user, username="alice@example.org", name="Alice", epoch=5, directory_id=b"guid"),
        methods=person.methods,
        failures=Failures(),
        prompts=Prompts(),
        bypasses=(
            Bypass(id=row.id, group=None, application=None, created_at=row.created_at, expires_at=row.expires_at),
        ),
    )
    assert [method.id for method in person.methods] == methods
    assert [method.detail for method in person.methods] == [totp, hotp, codes, Push(public_key=b"key"), Push()]
    assert [method.kind for method in person.methods][2:] == [MethodKind.BACKUP_CODE, MethodKind.PUSH, MethodKind.PUSH]


@pytest.mark.parametrize("name", ["alice@example.org", "alice", "example\\alice"])
def test_every_name_means_the_one_person(folder: Folder, name: str) -> None:
    user = folder.user()

    found = folder.resolve(name)

    assert isinstance(found, Person)
    assert found.user.id == user


def test_a_name_of_two_names_neither(folder: Folder) -> None:
    folder.user("alice@example.org")
    folder.user("alice@example.com")

    assert folder.resolve("alice") == Ambiguous()
    assert folder.resolve("example\\alice") == Ambiguous()
    assert isinstance(folder.resolve("alice@example.com"), Person)


def test_names_mean_what_was_committed_last(folder: Folder) -> None:
    assert folder.resolve("alice") == Unknown()
    first = folder.user("alice@example.org")
    assert isinstance(folder.resolve("alice"), Person)
    second = folder.user("alice@example.com")
    assert folder.resolve("alice") == Ambiguous()
    folder.change(lambda changer: changer.remove_user(first, at=folder.clock.now()))
    found = folder.resolve("alice")
    assert isinstance(found, Person)
    assert found.user.id == second
    folder.change(lambda changer: changer.remove_user(second, at=folder.clock.now()))
    assert folder.resolve("alice") == Unknown()
    again = folder.user("alice@example.org")
    found = folder.resolve("alice")
    assert isinstance(found, Person)
    assert found.user.id == again != first


def test_a_person_is_what_was_committed_last(folder: Folder) -> None:
    user = folder.user()
    method = folder.totp(user)
    codes = folder.method(user, BackupCodes(secret=Secret(b"c"), left=(b"1" * 32, b"2" * 32)))
    seen = [folder.load(user)]

    folder.commit(SpendStep(method=method, step=50, drift=1))
    seen.append(folder.load(user))
    folder.commit(SpendBackupCode(method=codes, digest=b"1" * 32))
    seen.append(folder.load(user))
    folder.change(lambda changer: changer.set_block(user, Block(at=1, reason="left")))
    seen.append(folder.load(user))
    folder.change(lambda changer: changer.remove_method(user, method))
    seen.append(folder.load(user))

    folder.reopen()
    fresh = folder.load(user)
    assert seen[-1] == fresh
    assert [len(person.methods) for person in seen] == [2, 2, 2, 2, 1]
    assert seen[0] != seen[1] != seen[2] != seen[3] != seen[4]
    assert [person.user.epoch for person in seen] == [2, 2, 2, 3, 4]


def test_somebody_who_was_removed_is_gone(folder: Folder) -> None:
    user = folder.user(directory_id=b"guid")
    folder.totp(user)
    folder.change(lambda changer: changer.remove_user(user, at=folder.clock.now()))

    found: list[object] = []
    folder.store.people.load(user, found.append)
    folder.store.people.load(UserId(bytes(16)), found.append)
    folder.store.people.owner(b"guid", found.append)
    assert found == [None, None, None]


def test_a_person_has_active_bypasses_only(folder: Folder) -> None:
    user = folder.user()
    one = folder.bypass(user, group=DEFAULT_GROUP)
    other = folder.bypass(user, group=GroupId(b"another group's.."[:16]), expires_at=one.expires_at + 1)
    folder.change(lambda changer: [changer.add_bypass(row) for row in (one, other)])
    assert [bypass.id for bypass in folder.load(user).bypasses] == [one.id, other.id]

    folder.clock.advance(300)
    folder.reopen()
    assert [bypass.id for bypass in folder.load(user).bypasses] == [other.id]
    folder.change(lambda changer: changer.cancel_bypass(other.id, by="olga", now=folder.clock.now()))
    assert folder.load(user).bypasses == ()


def test_the_owner_of_a_directory_id_is_found(folder: Folder) -> None:
    user = folder.user(directory_id=b"guid")
    found: list[UserId | None] = []

    folder.store.people.owner(b"guid", found.append)
    folder.store.people.owner(b"none", found.append)

    assert found == [user, None]


def test_the_hash_of_a_password_is_found(folder: Folder) -> None:
    user = folder.user()
    found: list[str | None] = []

    folder.store.people.password_hash(user, found.append)
    folder.change(lambda changer: changer.set_password(user, "$argon2id$"))
    folder.store.people.password_hash(user, found.append)

    assert found == [None, "$argon2id$"]


def test_a_challenge_has_everything_that_it_was_made_with(folder: Folder) -> None:
    challenge = folder.challenge(folder.user(), folder.application())
    bare = replace(challenge, digest=b"b" * 32, source=None, address=None, attributes=(), verification=None)
    for one in (challenge, bare):
        folder.commit(MintState(challenge=one))

    assert folder.find(challenge.digest) == challenge
    assert folder.find(bare.digest) == bare
