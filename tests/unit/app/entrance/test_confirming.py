"""
A fresh second step: shown by whoever the session is, counted for five minutes, and with another token after it.
"""

from tests.fakes.administrators import HERE, Person, person
from tests.fakes.authenticator import Authenticator
from tests.fakes.office import Office
from watchword.app.administering.sessions import SessionEndAll
from watchword.app.administration import Refusal
from watchword.app.entrance import proving
from watchword.app.entrance.confirming import GONE, ask_to_confirm, confirm_by_code, confirm_by_passkey
from watchword.app.entrance.opening import Opened, Sessions
from watchword.app.entrance.signing_in import SigningIn
from watchword.domain.secrets import Secret


async def fresh(person: Person, token: Secret | None = None) -> bool:
    return (await person.who(token)).session.is_fresh(person.office.clock.now())


async def test_a_session_is_fresh_for_five_minutes_from_its_beginning(office: Office) -> None:
    ada = await person(office)
    assert await fresh(ada)

    office.clock.advance(300)

    assert not await fresh(ada)


async def test_a_code_makes_it_fresh_and_gives_it_another_token(office: Office) -> None:
    ada = await person(office)
    office.clock.advance(600)
    before = await ada.who()

    opened = await confirm_by_code(office.context, ada.token, before, ada.code(), HERE)

    assert isinstance(opened, Opened)
    assert await fresh(ada, opened.token)
    assert (await ada.who(opened.token)).session.id == before.session.id
    assert await Sessions(office.context).recognise(ada.token) is None, "what was seen before is worth nothing now"


async def test_a_wrong_code_counts_as_anywhere_else(office: Office) -> None:
    ada = await person(office)
    who = await ada.who()
    for _ in range(5):
        assert await confirm_by_code(office.context, ada.token, who, "000000", HERE) == proving.WRONG_CODE

    refused = await confirm_by_code(office.context, ada.token, who, ada.code(), HERE)

    assert isinstance(refused, Refusal)
    assert "locked until" in refused.sentence


async def test_a_passkey_makes_it_fresh_too(office: Office) -> None:
    passkey = Authenticator()
    ada = await person(office, passkey=passkey)
    office.clock.advance(600)
    who = await ada.who()
    options = await ask_to_confirm(office.context, ada.token, who)
    assert not isinstance(options, Refusal)

    opened = await confirm_by_passkey(office.context, ada.token, who, passkey.signed(options))

    assert isinstance(opened, Opened)
    assert await fresh(ada, opened.token)


async def test_somebody_elses_passkey_confirms_nothing(office: Office) -> None:
    mine, others = Authenticator(), Authenticator(credential=b"credential-of-olga")
    ada = await person(office, passkey=mine)
    await person(office, "olga", passkey=others)
    who = await ada.who()
    options = await ask_to_confirm(office.context, ada.token, who)
    assert not isinstance(options, Refusal)

    assert await confirm_by_passkey(office.context, ada.token, who, others.signed(options)) == proving.WRONG_PASSKEY


async def test_a_challenge_to_sign_in_confirms_nothing_and_the_other_way_round(office: Office) -> None:
    passkey = Authenticator()
    ada = await person(office, passkey=passkey)
    who = await ada.who()
    to_sign_in = await SigningIn(office.context).ask(ada.token)
    to_confirm = await ask_to_confirm(office.context, ada.token, who)
    assert not isinstance(to_sign_in, Refusal)
    assert not isinstance(to_confirm, Refusal)

    wrong = await confirm_by_passkey(office.context, ada.token, who, passkey.signed(to_sign_in))
    other = await SigningIn(office.context).passkey(ada.token, passkey.signed(to_confirm), HERE)

    assert wrong == other == proving.WRONG_PASSKEY


async def test_a_session_that_has_ended_is_confirmed_by_nothing(office: Office) -> None:
    ada = await person(office)
    who = await ada.who()
    await office.do("session.end-all", SessionEndAll(administrator="ada"))

    assert await confirm_by_code(office.context, ada.token, who, ada.code(), HERE) == GONE
