"""
Signing in: nobody passes by a password alone, nobody guesses, and nothing is good twice.
"""

from collections import Counter
from dataclasses import replace

import pytest

from tests.fakes.administrators import ELSEWHERE, HERE, PASSWORD, Person, link_of, person
from tests.fakes.authenticator import PRESENT, Authenticator
from tests.fakes.office import Office
from watchword.app.administering.administrators import AdminNamed
from watchword.app.administration import Refusal
from watchword.app.entrance import proving
from watchword.app.entrance.opening import MOST_SESSIONS, Client, Opened, Sessions, client_of
from watchword.app.entrance.signing_in import START_AGAIN, TOO_FAST, WRONG_PASSWORD, SigningIn
from watchword.domain.events import AuditEvent
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret

WRONG = Secret(b"not the right password")


async def half_way(signing_in: SigningIn, name: str = "ada", client: Client = HERE) -> Secret:
    token = await signing_in.password(name, PASSWORD, client)
    assert isinstance(token, Secret), token
    return token


async def signed_in(office: Office, ada: Person) -> Opened | Refusal:
    signing_in = SigningIn(office.context)
    return await signing_in.code(await half_way(signing_in), ada.code(), HERE)


def events(office: Office) -> Counter[AuditEvent]:
    return Counter(event for event, _ in office.audited())


async def test_a_password_and_a_code_begin_a_session(office: Office) -> None:
    ada = await person(office)

    opened = await signed_in(office, ada)

    assert isinstance(opened, Opened)
    who = await ada.who(opened.token)
    assert (who.session.source, who.session.agent) == (HERE.source, HERE.agent)
    assert opened.token.octets not in (ada.token.octets, b"")


async def test_the_name_is_folded(office: Office) -> None:
    await person(office)

    assert isinstance(await SigningIn(office.context).password(" ADA ", PASSWORD, HERE), Secret)


@pytest.mark.parametrize("name", ["ada", "nobody", "", "a b", "x" * 1_000])
async def test_a_wrong_password_and_a_wrong_name_are_told_alike_and_take_the_same_work(
    office: Office, name: str
) -> None:
    await person(office)
    before = events(office)[AuditEvent.SIGN_IN_FAILED]

    assert await SigningIn(office.context).password(name, WRONG, HERE) == WRONG_PASSWORD

    assert [password for password, _ in office.checked] == [WRONG.octets]
    assert events(office)[AuditEvent.SIGN_IN_FAILED] == before + 1
    typed = [word for row in office.records.audit for pair in row.words for word in pair]
    assert "nobody" not in typed, "what was typed may be a password"


async def test_who_has_no_password_yet_has_none_that_is_right(office: Office) -> None:
    await link_of(office, "eve", Role.OWNER)

    assert await SigningIn(office.context).password("eve", Secret(b""), HERE) == WRONG_PASSWORD


async def test_wrong_passwords_slow_down_from_there_and_nowhere_else(office: Office) -> None:
    await person(office)
    signing_in = SigningIn(office.context)
    for _ in range(5):
        assert await signing_in.password("ada", WRONG, HERE) == WRONG_PASSWORD

    assert await signing_in.password("ada", PASSWORD, HERE) == TOO_FAST
    assert isinstance(await signing_in.password("ada", PASSWORD, ELSEWHERE), Secret)
    office.clock.advance(1)
    assert isinstance(await signing_in.password("ada", PASSWORD, HERE), Secret)


async def test_names_of_nobody_are_slowed_down_too(office: Office) -> None:
    signing_in = SigningIn(office.context)
    for _ in range(5):
        await signing_in.password("nobody", WRONG, HERE)

    assert await signing_in.password("nobody", WRONG, HERE) == TOO_FAST


async def test_a_disabled_administrator_is_told_nothing(office: Office) -> None:
    await person(office, "olga")
    await person(office)
    await office.do("admin.disable", AdminNamed(name="ada"))

    assert await SigningIn(office.context).password("ada", PASSWORD, HERE) == WRONG_PASSWORD


async def test_a_sign_in_takes_five_minutes_at_most(office: Office) -> None:
    ada = await person(office)
    signing_in = SigningIn(office.context)
    token = await half_way(signing_in)
    office.clock.advance(299)
    assert await signing_in.half_way(token) is not None

    office.clock.advance(1)

    assert await signing_in.half_way(token) is None
    assert await signing_in.code(token, ada.code(), HERE) == START_AGAIN


async def test_a_sign_in_is_spent_by_its_session(office: Office) -> None:
    ada = await person(office)
    signing_in = SigningIn(office.context)
    token = await half_way(signing_in)
    assert isinstance(await signing_in.code(token, ada.code(), HERE), Opened)

    assert await signing_in.code(token, ada.code(1), HERE) == START_AGAIN


async def test_a_code_opens_once(office: Office) -> None:
    ada = await person(office)
    assert isinstance(await signed_in(office, ada), Opened)

    assert await signed_in(office, ada) == proving.WRONG_CODE

    assert office.records.audit[-1].words[1] == ("because", "used-code")


async def test_what_opens_the_second_step_opens_no_page(office: Office) -> None:
    await person(office)
    token = await half_way(SigningIn(office.context))

    assert await Sessions(office.context).recognise(token) is None


async def test_wrong_codes_lock_every_way_in_wherever_they_come_from(office: Office) -> None:
    ada = await person(office, passkey=(passkey := Authenticator()))
    other = await person(office, "olga")
    signing_in = SigningIn(office.context)
    for number in range(5):
        client = Client(source=f"192.0.2.{number}", agent="")
        token = await half_way(signing_in, "olga", client)
        assert await signing_in.code(token, "000000", client) == proving.WRONG_CODE

    token = await half_way(signing_in, "olga")
    refused = await signing_in.code(token, other.code(), HERE)
    assert isinstance(refused, Refusal)
    assert "locked until" in refused.sentence
    assert events(office)[AuditEvent.ADMINISTRATOR_LOCKED] == 1
    assert isinstance(await by_passkey(office, passkey), Opened), f"{ada.name} is not locked"
    office.clock.advance(900)
    token = await half_way(signing_in, "olga")
    assert isinstance(await signing_in.code(token, other.code(), HERE), Opened)


async def test_who_has_no_app_is_locked_out_by_no_code(office: Office) -> None:
    await person(office, passkey=Authenticator())
    signing_in = SigningIn(office.context)
    token = await half_way(signing_in)
    for _ in range(5):
        assert await signing_in.code(token, "000000", HERE) == proving.WRONG_CODE
    one = await office.records.read(lambda records: records.administrator_named("ada"))
    assert one is not None
    assert one.failures.locked_until == 0


async def test_an_unlocked_administrator_comes_in_again(office: Office) -> None:
    ada = await person(office)
    await person(office, "olga")
    signing_in = SigningIn(office.context)
    token = await half_way(signing_in)
    for _ in range(5):
        await signing_in.code(token, "000000", HERE)
    await office.do("admin.unlock", AdminNamed(name="ada"))

    assert isinstance(await signing_in.code(token, ada.code(), HERE), Opened)


# --- passkeys


async def by_passkey(office: Office, passkey: Authenticator, token: Secret | None = None) -> Opened | Refusal:
    signing_in, token = SigningIn(office.context), token or Secret(b"entry" * 8)
    options = await signing_in.ask(token)
    assert not isinstance(options, Refusal)
    return await signing_in.passkey(token, passkey.signed(options), HERE)


async def test_a_passkey_alone_begins_a_session(office: Office) -> None:
    passkey = Authenticator()
    ada = await person(office, passkey=passkey)

    opened = await by_passkey(office, passkey)

    assert isinstance(opened, Opened)
    (used,) = (await ada.now()).passkeys
    assert (used.sign_count, used.used_at) == (2, office.clock.now())


async def test_a_passkey_alone_takes_a_finger_and_after_the_password_does_not(office: Office) -> None:
    passkey = Authenticator()
    await person(office, passkey=passkey)
    passkey.flags = PRESENT

    assert await by_passkey(office, passkey) == proving.WRONG_PASSKEY
    token = await half_way(SigningIn(office.context))
    assert isinstance(await by_passkey(office, passkey, token), Opened)


async def test_a_passkey_after_the_password_spends_the_sign_in(office: Office) -> None:
    passkey, signing_in = Authenticator(), SigningIn(office.context)
    await person(office, passkey=passkey)
    token = await half_way(signing_in)

    assert isinstance(await by_passkey(office, passkey, token), Opened)

    assert await signing_in.half_way(token) is None


async def test_an_answer_is_good_once(office: Office) -> None:
    passkey, signing_in, token = Authenticator(), SigningIn(office.context), Secret(b"entry" * 8)
    await person(office, passkey=passkey)
    options = await signing_in.ask(token)
    assert not isinstance(options, Refusal)
    answer = passkey.signed(options)

    assert isinstance(await signing_in.passkey(token, answer, HERE), Opened)
    assert await signing_in.passkey(token, answer, HERE) == proving.WRONG_PASSKEY


async def test_an_answer_is_good_for_whoever_asked_and_for_five_minutes(office: Office) -> None:
    passkey, signing_in, token = Authenticator(), SigningIn(office.context), Secret(b"entry" * 8)
    await person(office, passkey=passkey)
    options = await signing_in.ask(token)
    assert not isinstance(options, Refusal)

    assert await signing_in.passkey(Secret(b"other" * 8), passkey.signed(options), HERE) == proving.WRONG_PASSKEY
    office.clock.advance(300)
    assert await signing_in.passkey(token, passkey.signed(options), HERE) == proving.WRONG_PASSKEY


async def test_after_the_password_only_ones_own_passkey_counts(office: Office) -> None:
    mine, others = Authenticator(), Authenticator(credential=b"credential-of-olga")
    await person(office, passkey=mine)
    await person(office, "olga", passkey=others)
    token = await half_way(SigningIn(office.context))

    assert await by_passkey(office, others, token) == proving.WRONG_PASSKEY


async def test_an_answer_that_names_another_holder_is_refused(office: Office) -> None:
    passkey = Authenticator()
    await person(office, passkey=passkey)
    passkey.user_handle = b"somebody else"

    assert await by_passkey(office, passkey) == proving.WRONG_PASSKEY


async def test_a_passkey_whose_count_goes_back_opens_nothing_and_is_remembered(office: Office) -> None:
    passkey = Authenticator()
    ada = await person(office, passkey=passkey)
    assert isinstance(await by_passkey(office, passkey), Opened)
    copied = replace(passkey, count=passkey.count - 1)

    assert await by_passkey(office, copied) == proving.WRONG_PASSKEY

    (one,) = (await ada.now()).passkeys
    assert one.regressed_at == office.clock.now()
    assert events(office)[AuditEvent.PASSKEY_REGRESSED] == 1


async def test_a_passkey_that_never_counts_is_no_copy(office: Office) -> None:
    passkey = Authenticator(count=0)
    await person(office, passkey=passkey)
    passkey.count = -1
    assert isinstance(await by_passkey(office, passkey), Opened)
    passkey.count = -1

    assert isinstance(await by_passkey(office, passkey), Opened)


@pytest.mark.parametrize("answer", [{}, {"rawId": "AAAA"}, {"rawId": "AAAA", "response": {}}])
async def test_what_is_no_answer_opens_nothing(office: Office, answer: dict[str, object]) -> None:
    assert await SigningIn(office.context).passkey(Secret(b"entry"), answer, HERE) == proving.WRONG_PASSKEY


async def test_a_disabled_administrators_passkey_opens_nothing(office: Office) -> None:
    passkey = Authenticator()
    await person(office, passkey=passkey)
    await person(office, "olga")
    await office.do("admin.disable", AdminNamed(name="ada"))

    refused = await by_passkey(office, passkey)

    assert isinstance(refused, Refusal)
    assert "disabled" in refused.sentence


# --- sessions


async def test_a_session_ends_where_nobody_is_there_and_at_its_age(office: Office) -> None:
    ada = await person(office)
    sessions = Sessions(office.context)
    for _ in range(20):
        office.clock.advance(1_700)
        assert await sessions.recognise(ada.token) is not None
    office.clock.advance(1_800)
    assert await sessions.recognise(ada.token) is None

    opened = await signed_in(office, ada)
    assert isinstance(opened, Opened)
    for _ in range(30):
        office.clock.advance(1_400)
        assert await sessions.recognise(opened.token) is not None
    office.clock.advance(1_400)
    assert await sessions.recognise(opened.token) is None


async def test_a_session_of_somebody_who_is_disabled_opens_nothing_even_where_it_did_not_end(office: Office) -> None:
    ada = await person(office)
    now = await ada.now()

    await office.records.change(lambda records: records.set_administrator(replace(now, disabled=True)))

    assert await Sessions(office.context).recognise(ada.token) is None


async def test_the_oldest_session_ends_where_there_are_too_many(office: Office) -> None:
    ada = await person(office)
    for _ in range(MOST_SESSIONS):
        office.clock.advance(30)
        assert isinstance(await signed_in(office, ada), Opened)

    assert len(await office.records.read(lambda records: records.sessions(None))) == MOST_SESSIONS
    assert await Sessions(office.context).recognise(ada.token) is None


async def test_signing_out_ends_the_session_once(office: Office) -> None:
    ada = await person(office)
    sessions = Sessions(office.context)

    await sessions.sign_out(ada.token)
    await sessions.sign_out(ada.token)

    assert await sessions.recognise(ada.token) is None
    assert events(office)[AuditEvent.SESSION_ENDED] == 1


def test_what_a_browser_calls_itself_is_kept_as_one_short_line() -> None:
    assert client_of("192.0.2.7", "A\tB\n" + "x" * 500).agent == "A B " + "x" * 196
    assert client_of("192.0.2.7", "\x1b[2J").agent == ""
