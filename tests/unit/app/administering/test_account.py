"""
One's own account: it is one's own alone, and one second step is always left.
"""

from base64 import b32decode
from typing import Any

import pytest

from tests.fakes.administrators import HERE, PASSWORD, Person, person
from tests.fakes.authenticator import Authenticator
from tests.fakes.office import Office
from watchword.app.administering.account import (
    NOBODY,
    WRONG_PASSWORD,
    AccountChange,
    AccountPassword,
    AccountShow,
    AccountShown,
    OwnSessionEnd,
    OwnSessionsEnd,
)
from watchword.app.administering.account_steps import (
    NO_DRAFT,
    ONE_LEFT,
    PasskeyAdd,
    PasskeyBegin,
    PasskeyRemove,
    TotpBegin,
    TotpRemove,
    TotpSet,
)
from watchword.app.administration import HOST, Actor, Refusal, RefusalKind
from watchword.app.entrance import proving
from watchword.app.entrance.opening import Opened, Sessions
from watchword.app.entrance.signing_in import SigningIn
from watchword.domain.administrators import MOST_PASSKEYS
from watchword.domain.events import AuditEvent
from watchword.domain.otp import code_at
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret

NOT_THERE = "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"
NEW = Secret(b"other words and a number 8")


async def own(ada: Person, name: str, arguments: object) -> Any:
    return await ada.office.do(f"account.{name}", arguments, await ada.actor())


async def refused(ada: Person, name: str, arguments: object) -> Refusal:
    return await ada.office.refused(f"account.{name}", arguments, await ada.actor())


async def another_session(ada: Person) -> Secret:
    """Sign in once more, from elsewhere."""
    ada.office.clock.advance(30)
    signing_in = SigningIn(ada.office.context)
    token = await signing_in.password(ada.name, PASSWORD, HERE)
    assert isinstance(token, Secret)
    if ada.authenticator is not None:
        options = await signing_in.ask(token)
        assert not isinstance(options, Refusal)
        opened = await signing_in.passkey(token, ada.authenticator.signed(options), HERE)
    else:
        opened = await signing_in.code(token, ada.code(), HERE)
    assert isinstance(opened, Opened), opened
    return opened.token


async def is_live(ada: Person, token: Secret) -> bool:
    return await Sessions(ada.office.context).recognise(token) is not None


@pytest.mark.parametrize("actor", [HOST, Actor(name="key:backup", role=Role.OWNER)], ids=["the host", "a program"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("show", AccountShow()),
        ("change", AccountChange(display="Ada")),
        ("password", AccountPassword(present_password=PASSWORD, new_password=NEW)),
        ("passkey-begin", PasskeyBegin()),
        ("passkey-remove", PasskeyRemove(id=NOT_THERE)),
        ("totp-begin", TotpBegin()),
        ("totp-set", TotpSet(code="123456")),
        ("totp-remove", TotpRemove()),
        ("session-end", OwnSessionEnd(id=NOT_THERE)),
        ("sessions-end", OwnSessionsEnd()),
    ],
)
async def test_who_is_not_signed_in_has_no_account(office: Office, actor: Actor, name: str, arguments: object) -> None:
    assert await office.refused(f"account.{name}", arguments, actor) == NOBODY


async def test_an_account_shows_what_is_there_and_no_secret(office: Office) -> None:
    ada = await person(office, passkey=Authenticator())
    other = await another_session(ada)

    shown: AccountShown = await own(ada, "show", AccountShow())

    assert (shown.name, shown.role, shown.totp) == ("ada", "owner", False)
    assert [(passkey.label, passkey.regressed_at) for passkey in shown.passkeys] == [("laptop", None)]
    assert [session.current for session in shown.sessions] == [False, True]
    assert other.octets.decode() not in repr(shown)


async def test_name_and_language_are_ones_own_choice(office: Office) -> None:
    ada = await person(office)

    await own(ada, "change", AccountChange(display="Ada L.", language="de"))
    await own(ada, "change", AccountChange(display="Ada Lovelace"))

    now = await ada.now()
    assert (now.display, now.language) == ("Ada Lovelace", "de")
    await own(ada, "change", AccountChange(language=""))
    assert (await ada.now()).language == ""


@pytest.mark.parametrize(
    "wanted", [AccountChange(display=""), AccountChange(language="a b"), AccountChange(language="x" * 36)]
)
async def test_what_cannot_be_shown_is_refused(office: Office, wanted: AccountChange) -> None:
    assert (await refused(await person(office), "change", wanted)).kind is RefusalKind.INVALID


# --- password


async def test_a_new_password_ends_the_other_sessions(office: Office) -> None:
    ada = await person(office)
    other = await another_session(ada)

    done = await own(ada, "password", AccountPassword(present_password=PASSWORD, new_password=NEW))

    assert done.ended == 1
    assert await is_live(ada, ada.token)
    assert not await is_live(ada, other)
    assert isinstance(await SigningIn(office.context).password("ada", NEW, HERE), Secret)
    assert not isinstance(await SigningIn(office.context).password("ada", PASSWORD, HERE), Secret)


async def test_a_new_password_takes_the_present_one_and_must_be_good(office: Office) -> None:
    ada = await person(office)

    wrong = AccountPassword(present_password=Secret(b"not the right one"), new_password=NEW)
    assert await refused(ada, "password", wrong) == WRONG_PASSWORD
    poor = AccountPassword(present_password=PASSWORD, new_password=Secret(b"short"))
    assert (await refused(ada, "password", poor)).kind is RefusalKind.INVALID


# --- passkeys


async def added(ada: Person, passkey: Authenticator, label: str = "blue key") -> None:
    options = await own(ada, "passkey-begin", PasskeyBegin())
    await own(ada, "passkey-add", PasskeyAdd(answer=passkey.created(options), label=label))


async def test_a_passkey_is_added_and_opens_the_portal(office: Office) -> None:
    ada, passkey = await person(office), Authenticator()

    await added(ada, passkey)

    (kept,) = (await ada.now()).passkeys
    assert kept.label == "blue key"
    assert office.audited()[-1] == (AuditEvent.PASSKEY_ADDED, "ada")
    ada.authenticator = passkey
    assert await is_live(ada, await another_session(ada))


async def test_a_challenge_to_add_is_good_once_and_for_its_session_alone(office: Office) -> None:
    ada, olga = await person(office), await person(office, "olga")
    options = await own(ada, "passkey-begin", PasskeyBegin())
    answer = Authenticator().created(options)

    assert await refused(olga, "passkey-add", PasskeyAdd(answer=answer)) == proving.WRONG_PASSKEY
    await own(ada, "passkey-add", PasskeyAdd(answer=answer))
    assert await refused(ada, "passkey-add", PasskeyAdd(answer=answer)) == proving.WRONG_PASSKEY


async def test_a_passkey_of_somebody_elses_is_added_to_nobody(office: Office) -> None:
    await person(office, "olga", passkey=Authenticator())
    ada = await person(office)
    options = await own(ada, "passkey-begin", PasskeyBegin())

    answer = Authenticator().created(options)

    assert (await refused(ada, "passkey-add", PasskeyAdd(answer=answer))).kind is RefusalKind.CONFLICT


async def test_there_are_only_so_many(office: Office) -> None:
    ada = await person(office)
    for number in range(MOST_PASSKEYS):
        await added(ada, Authenticator(credential=bytes([number])))
    options = await own(ada, "passkey-begin", PasskeyBegin())
    answer = Authenticator(credential=b"one more").created(options)

    assert (await refused(ada, "passkey-add", PasskeyAdd(answer=answer))).kind is RefusalKind.CONFLICT


async def test_a_removed_passkey_opens_nothing_and_ends_the_other_sessions(office: Office) -> None:
    passkey = Authenticator()
    ada = await person(office, passkey=passkey)
    await added(ada, Authenticator(credential=b"another"))
    other = await another_session(ada)
    (first, _) = (await own(ada, "show", AccountShow())).passkeys

    done = await own(ada, "passkey-remove", PasskeyRemove(id=first.id))

    assert done.ended == 1
    assert not await is_live(ada, other)
    token = Secret(b"entry")
    options = await SigningIn(office.context).ask(token)
    assert not isinstance(options, Refusal)
    assert await SigningIn(office.context).passkey(token, passkey.signed(options), HERE) == proving.WRONG_PASSKEY


async def test_the_only_second_step_stays(office: Office) -> None:
    with_key, with_app = await person(office, passkey=Authenticator()), await person(office, "olga")
    (only,) = (await own(with_key, "show", AccountShow())).passkeys

    assert await refused(with_key, "passkey-remove", PasskeyRemove(id=only.id)) == ONE_LEFT
    assert await refused(with_app, "totp-remove", TotpRemove()) == ONE_LEFT


async def test_what_is_not_there_cannot_be_removed(office: Office) -> None:
    ada = await person(office, passkey=Authenticator())

    assert (await refused(ada, "passkey-remove", PasskeyRemove(id=NOT_THERE))).kind is RefusalKind.NOT_FOUND
    assert (await refused(ada, "passkey-remove", PasskeyRemove(id="x"))).kind is RefusalKind.INVALID
    assert (await refused(ada, "totp-remove", TotpRemove())).kind is RefusalKind.NOT_FOUND


# --- authenticator app


def shown_code(office: Office, seed: str) -> str:
    return code_at(b32decode(seed.replace(" ", "")), office.clock.wall() // 30_000_000, 6)


async def test_an_app_counts_from_its_first_code_on_and_ends_the_other_sessions(office: Office) -> None:
    ada = await person(office)
    old_seed, other = ada.seed, await another_session(ada)
    shown = await own(ada, "totp-begin", TotpBegin())
    assert shown.seed not in repr(shown)
    assert (await ada.now()).totp is not None

    done = await own(ada, "totp-set", TotpSet(code=shown_code(office, shown.seed)))

    assert done.ended == 1
    assert not await is_live(ada, other)
    now = (await ada.now()).totp
    assert now is not None
    assert now.secret.octets != old_seed
    assert await refused(ada, "totp-set", TotpSet(code="123456")) == NO_DRAFT


async def test_a_wrong_first_code_changes_nothing(office: Office) -> None:
    ada = await person(office)
    shown = await own(ada, "totp-begin", TotpBegin())

    assert await refused(ada, "totp-set", TotpSet(code="000000")) == proving.WRONG_CODE

    now = (await ada.now()).totp
    assert now is not None
    assert now.secret.octets == ada.seed
    await own(ada, "totp-set", TotpSet(code=shown_code(office, shown.seed)))


async def test_an_app_is_removed_where_a_passkey_is_left(office: Office) -> None:
    ada = await person(office)
    await added(ada, Authenticator())

    await own(ada, "totp-remove", TotpRemove())

    assert (await ada.now()).totp is None


async def test_a_lock_by_codes_holds_for_a_passkey_too(office: Office) -> None:
    ada, passkey = await person(office), Authenticator()
    await added(ada, passkey)
    signing_in = SigningIn(office.context)
    token = await signing_in.password("ada", PASSWORD, HERE)
    assert isinstance(token, Secret)
    for _ in range(5):
        assert await signing_in.code(token, "000000", HERE) == proving.WRONG_CODE
    options = await signing_in.ask(Secret(b"entry"))
    assert not isinstance(options, Refusal)

    locked = await signing_in.passkey(Secret(b"entry"), passkey.signed(options), HERE)

    assert isinstance(locked, Refusal)
    assert "locked until" in locked.sentence


# --- sessions


async def test_ones_own_sessions_end_one_by_one_and_all_others(office: Office) -> None:
    ada, olga = await person(office), await person(office, "olga")
    one, two = await another_session(ada), await another_session(ada)
    rows = (await own(ada, "show", AccountShow())).sessions
    others = (await own(olga, "show", AccountShow())).sessions

    await own(ada, "session-end", OwnSessionEnd(id=rows[0].id))
    assert (await is_live(ada, one), await is_live(ada, two)) == (True, False)
    assert (await refused(ada, "session-end", OwnSessionEnd(id=others[0].id))).kind is RefusalKind.NOT_FOUND
    assert (await refused(ada, "session-end", OwnSessionEnd(id="x"))).kind is RefusalKind.INVALID
    assert await is_live(olga, olga.token)
    assert (await own(ada, "sessions-end", OwnSessionsEnd())).ended == 1
    assert (await is_live(ada, one), await is_live(ada, ada.token)) == (False, True)
