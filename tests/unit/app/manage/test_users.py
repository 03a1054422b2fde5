"""
Users: who is there, what each is called, and the password of those who have one here.
"""

import pytest

from tests.fakes.office import ALICE, OWNER, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.standing import UserReasoned
from watchword.app.manage.users import UserAdd, UserList, UserNamed, UserPassword
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.domain.users import Ambiguous, Unknown
from watchword.kit.identifiers import parse

BAD_NAMES = ["", "alice", "alice@", "@example.org", "a b@example.org", "alice@example.org\n", "al\x1bice@example.org"]
LIKE_A_CODE = (
    "the password ends like a typed code (a comma and 6 or 8 digits, or a backup code), so it could never be told from"
    " one; choose another"
)


async def resolved(office: Office, name: str) -> object:
    return await office.records.read(lambda records: records.resolve(name))


async def test_a_user_is_added_under_every_name_he_goes_by(office: Office) -> None:
    added = await office.do("user.add", UserAdd(username=" Alice@Example.org ", name=" Alice  Example "), OWNER)

    person = await office.person("alice@example.org")
    assert (added.username, parse(added.id), added.notes) == ("alice@example.org", person.user.id, ())
    assert person.user.name == "Alice Example"
    assert await office.person("alice") == await office.person("example\\alice") == person
    assert office.audited() == [(AuditEvent.USER_ADDED, OWNER.name)]
    assert office.hashed == []


async def test_a_password_is_kept_as_a_hash_of_what_a_listener_will_see(office: Office) -> None:
    # Written with a combining accent, sent by a VPN as one letter: NFC makes them the same.
    await office.do("user.add", UserAdd(username=ALICE, password=Secret("cafe\u0301 au lait".encode())), OWNER)

    assert office.hashed == ["caf\u00e9 au lait".encode()]
    assert office.audited() == [(AuditEvent.USER_ADDED, OWNER.name), (AuditEvent.PASSWORD_SET, OWNER.name)]


async def test_aliases_that_are_given_name_the_user(office: Office) -> None:
    await office.do("user.add", UserAdd(username=ALICE, aliases=("Alice.Example@Mail.org", "alice", "a1", "A1")))

    person = await office.person()
    assert await office.person("alice.example@mail.org") == await office.person("a1") == person


@pytest.mark.parametrize("username", BAD_NAMES)
async def test_what_is_no_user_name_is_refused(office: Office, username: str) -> None:
    # A line break at the end is what a script leaves there, and means nothing.
    if username.strip() == ALICE:
        assert (await office.do("user.add", UserAdd(username=username))).username == ALICE
        return
    refusal = await office.refused("user.add", UserAdd(username=username))

    assert refusal.kind is RefusalKind.INVALID
    assert refusal.sentence.endswith("is no user name; write it as username@domain")


@pytest.mark.parametrize(
    ("wrong", "kind", "sentence"),
    [
        (
            UserAdd(username="bob@example.org", name="x" * 201),
            RefusalKind.INVALID,
            "the name must have at most 200 printable characters",
        ),
        (
            UserAdd(username="bob@example.org", name="\x1b[2J"),
            RefusalKind.INVALID,
            "the name must have at most 200 printable characters",
        ),
        (
            UserAdd(username="bob@example.org", aliases=("b\x00b",)),
            RefusalKind.INVALID,
            "'b?b' can be nobody's name",
        ),
        (
            UserAdd(username="bob@example.org", aliases=tuple(f"b{number}" for number in range(21))),
            RefusalKind.INVALID,
            "a user has at most 20 aliases",
        ),
        (
            UserAdd(username="ALICE@example.org"),
            RefusalKind.CONFLICT,
            "there is a user who goes by alice@example.org already; a name that is given must be free",
        ),
        (
            UserAdd(username="bob@example.org", aliases=("alice",)),
            RefusalKind.CONFLICT,
            "there is a user who goes by alice already; a name that is given must be free",
        ),
    ],
)
async def test_a_user_who_cannot_be_added_is_refused(
    office: Office, wrong: UserAdd, kind: RefusalKind, sentence: str
) -> None:
    await office.user()
    before = office.audited()

    assert kinds(await office.refused("user.add", wrong)) == (kind, sentence)
    assert office.audited() == before
    assert await resolved(office, "bob@example.org") == Unknown()


async def test_a_name_that_two_users_share_names_neither_and_that_is_said(office: Office) -> None:
    await office.user("alice@example.org")
    added = await office.do("user.add", UserAdd(username="alice@example.com"))

    assert added.notes == (
        "alice was a name of alice@example.org and now names nobody, because two users share it",
        "example\\alice was a name of alice@example.org and now names nobody, because two users share it",
    )
    assert await resolved(office, "alice") == Ambiguous()
    assert (await office.person("alice@example.org")).user.username == "alice@example.org"


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        (b"", "the password must be UTF-8 text of at least one character, without NUL"),
        (b"a\x00b", "the password must be UTF-8 text of at least one character, without NUL"),
        (b"\xff\xfe", "the password must be UTF-8 text of at least one character, without NUL"),
        (b"x" * 119, "the password is too long: at most 118 octets fit a RADIUS request with a code"),
        (
            b"correct horse,123456",
            LIKE_A_CODE,
        ),
        (
            b"correct horse,23AB-CD45",
            LIKE_A_CODE,
        ),
    ],
)
@pytest.mark.parametrize("operation", ["user.add", "user.password"])
async def test_a_password_that_nobody_could_sign_in_with_is_refused(
    office: Office, operation: str, password: bytes, sentence: str
) -> None:
    await office.user("bob@example.org", password=None)
    arguments = (
        UserAdd(username=ALICE, password=Secret(password))
        if operation == "user.add"
        else UserPassword(user="bob", password=Secret(password))
    )

    assert kinds(await office.refused(operation, arguments)) == (RefusalKind.INVALID, sentence)
    assert office.hashed == []
    assert await resolved(office, ALICE) == Unknown()


async def test_the_longest_password_fits_a_packet_together_with_a_backup_code(office: Office) -> None:
    await office.do("user.add", UserAdd(username=ALICE, password=Secret(b"x" * 118)))

    assert len(b"x" * 118 + b",XXXX-XXXX") == 128


async def test_a_short_password_is_taken_and_told(office: Office) -> None:
    added = await office.do("user.add", UserAdd(username=ALICE, password=Secret(b"sieben7")))

    assert added.notes == ("the password is shorter than 8 characters",)


async def test_a_new_password_ends_everything_older(office: Office) -> None:
    user = await office.user()
    before = await office.person()

    changed = await office.do("user.password", UserPassword(user="ALICE", password=Secret(b"another one")), OWNER)

    assert (await office.person()).user.epoch > before.user.epoch
    assert changed.username == ALICE
    assert office.running.ends == [user]
    assert office.hashed[-1] == b"another one"
    assert office.audited()[-1] == (AuditEvent.PASSWORD_SET, OWNER.name)


async def test_users_are_listed_by_name_page_by_page(office: Office) -> None:
    for name in ("carol", "alice", "bob"):
        await office.user(f"{name}@example.org", password=None)
    await office.do("user.block", UserReasoned(user="bob", reason="left"))

    first = await office.do("user.list", UserList(limit=2))
    second = await office.do("user.list", UserList(after=first[-1].username, limit=2))

    assert [row.username for row in (*first, *second)] == [
        "alice@example.org",
        "bob@example.org",
        "carol@example.org",
    ]
    assert [row.blocked and row.blocked.reason for row in (*first, *second)] == [None, "left", None]
    assert not first[0].disabled


@pytest.mark.parametrize("limit", [0, -1, 1_001])
async def test_a_page_has_bounds(office: Office, limit: int) -> None:
    refusal = await office.refused("user.list", UserList(limit=limit))

    assert kinds(refusal) == (RefusalKind.INVALID, "the limit must be from 1 to 1000")


async def test_a_removed_user_resolves_no_more_and_is_not_inherited_by_his_successor(office: Office) -> None:
    user = await office.user()
    await office.token()

    removed = await office.do("user.remove", UserNamed(user=ALICE), OWNER)

    assert removed.username == ALICE
    assert await resolved(office, ALICE) == Unknown()
    assert office.running.ends[-1] == user
    assert office.audited()[-1] == (AuditEvent.USER_REMOVED, OWNER.name)
    assert await office.user() != user
    assert (await office.person()).methods == ()


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("user.show", UserNamed(user="bob")),
        ("user.remove", UserNamed(user="bob")),
        ("user.unlock", UserNamed(user="bob")),
        ("user.block", UserReasoned(user="bob", reason="left")),
        ("user.unblock", UserReasoned(user="bob", reason="back")),
        ("user.password", UserPassword(user="bob", password=Secret(b"correct horse"))),
        ("method.list", UserNamed(user="bob")),
    ],
)
async def test_a_user_who_is_not_there_is_told_so(office: Office, operation: str, arguments: object) -> None:
    assert kinds(await office.refused(operation, arguments)) == (
        RefusalKind.NOT_FOUND,
        "there is no user bob; `watchword user list` shows who is there",
    )
    await office.user("bob@example.org", password=None)
    await office.user("bob@example.com", password=None)
    assert kinds(await office.refused(operation, arguments)) == (
        RefusalKind.CONFLICT,
        "more than one user goes by bob; write the whole name, username@domain",
    )


async def test_what_can_be_nobodys_name_is_told_so(office: Office) -> None:
    assert kinds(await office.refused("user.show", UserNamed(user="a\x07b"))) == (
        RefusalKind.INVALID,
        "'a?b' can be nobody's name; write it as username@domain",
    )
