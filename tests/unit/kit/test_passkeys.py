"""
Passkeys: an answer holds only if everything about it does.
"""

from dataclasses import replace
from typing import Any, Final

import pytest

from tests.fakes.authenticator import ORIGIN, PARTY, PRESENT, VERIFIED, Authenticator, b64
from watchword.kit import passkeys

CHALLENGE: Final = b"a challenge of thirty-two octets"
USER: Final = b"administrator-id"


def creation() -> dict[str, Any]:
    return passkeys.creation_options(
        party=PARTY, user=USER, name="ada", display="Ada", challenge=CHALLENGE, known=[b"other"]
    )


def request(*, verified: bool = True, known: bool = True) -> dict[str, Any]:
    offered = [(b"credential-of-ada", ("usb", "telepathy"))] if known else []
    return passkeys.request_options(party=PARTY, challenge=CHALLENGE, known=offered, verified=verified)


def made(authenticator: Authenticator, answer: dict[str, Any] | None = None) -> passkeys.Created | None:
    return passkeys.created(
        authenticator.created(creation()) if answer is None else answer,
        challenge=CHALLENGE,
        party=PARTY,
        origin=ORIGIN,
    )


def checked(authenticator: Authenticator, key: bytes, *, verified: bool = True) -> passkeys.Asserted | None:
    return passkeys.asserted(
        authenticator.signed(request()),
        challenge=CHALLENGE,
        party=PARTY,
        origin=ORIGIN,
        public_key=key,
        verified=verified,
    )


def test_a_browser_is_asked_for_what_we_need() -> None:
    asked = creation()

    assert asked["rp"] == {"id": "localhost", "name": "Watchword"}
    assert asked["user"] == {"id": b64(USER), "name": "ada", "displayName": "Ada"}
    assert asked["challenge"] == b64(CHALLENGE)
    assert asked["attestation"] == "none"
    assert [known["id"] for known in asked["excludeCredentials"]] == [b64(b"other")]
    assert {one["alg"] for one in asked["pubKeyCredParams"]} == {-7, -8, -257}


def test_a_passkey_alone_is_asked_for_with_its_holders_finger() -> None:
    assert request()["userVerification"] == "required"
    assert request(verified=False)["userVerification"] == "discouraged"
    assert request(known=False)["allowCredentials"] == []
    (known,) = request()["allowCredentials"]
    assert known["transports"] == ["usb"]


def test_a_passkey_is_made_and_signs() -> None:
    authenticator = Authenticator()

    created = made(authenticator)

    assert created is not None
    assert (created.credential, created.sign_count, created.transports) == (b"credential-of-ada", 1, ("internal",))
    shown = checked(authenticator, created.public_key)
    assert shown == passkeys.Asserted(sign_count=2, verified=True)


LIES: Final[list[dict[str, Any]]] = [
    {"origin": "https://evil.example"},
    {"origin": "http://localhost:8081"},
    {"origin": "https://localhost:8080"},
    {"party": "evil.example"},
    {"flags": 0},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_nothing_is_made_for_another_site_or_without_a_person(lie: dict[str, Any]) -> None:
    assert made(replace(Authenticator(), **lie)) is None


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_nothing_is_shown_by_another_site_or_without_a_person(lie: dict[str, Any]) -> None:
    honest = Authenticator()
    created = made(honest)
    assert created is not None

    assert checked(replace(honest, **lie), created.public_key) is None


def test_who_is_not_known_by_his_finger_shows_no_passkey_alone() -> None:
    honest = Authenticator()
    created = made(honest)
    assert created is not None
    absent = replace(honest, flags=PRESENT)

    assert checked(absent, created.public_key) is None
    assert checked(absent, created.public_key, verified=False) == passkeys.Asserted(sign_count=3, verified=False)


def test_another_key_signs_for_nobody() -> None:
    created = made(Authenticator())
    assert created is not None

    assert checked(Authenticator(), created.public_key) is None


def test_an_answer_to_another_challenge_is_none() -> None:
    authenticator = Authenticator()
    created = made(authenticator)
    assert created is not None
    other = {**request(), "challenge": b64(b"another one")}

    answer = authenticator.signed(other)

    assert passkeys.challenge_in(answer) == b"another one"
    assert (
        passkeys.asserted(
            answer, challenge=CHALLENGE, party=PARTY, origin=ORIGIN, public_key=created.public_key, verified=True
        )
        is None
    )
    assert made(authenticator, answer) is None


@pytest.mark.parametrize("more", [{"crossOrigin": True}, {"crossOrigin": "no"}, {"topOrigin": "https://evil.example"}])
def test_an_answer_from_a_frame_elsewhere_has_no_challenge(more: dict[str, Any]) -> None:
    assert passkeys.challenge_in(replace(Authenticator(), more=more).signed(request())) is None
    assert passkeys.challenge_in(Authenticator(more={"crossOrigin": False}).signed(request())) == CHALLENGE


def test_an_answer_may_name_its_holder_or_nobody() -> None:
    nobody, other = Authenticator().signed(request()), Authenticator(user_handle=b"other").signed(request())
    his = Authenticator(user_handle=USER).signed(request())

    assert passkeys.is_whose(nobody, USER)
    assert passkeys.is_whose(his, USER)
    assert not passkeys.is_whose(other, USER)


GARBAGE: Final[list[Any]] = [
    {},
    {"response": None},
    {"response": []},
    {"response": {}},
    {"response": {"clientDataJSON": 7}},
    {"response": {"clientDataJSON": "!"}},
    {"response": {"clientDataJSON": b64(b"[]")}},
    {"response": {"clientDataJSON": b64(b"{}")}},
    {"response": {"clientDataJSON": b64(b'{"challenge": 7}')}},
    {"response": {"clientDataJSON": b64(b"[" * 100_000)}},
    {"response": {"clientDataJSON": "ü", "userHandle": 7}},
]


@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_what_is_no_answer_is_none(answer: Any) -> None:
    assert passkeys.challenge_in(answer) is None
    assert passkeys.credential_in(answer) is None
    assert passkeys.created(answer, challenge=CHALLENGE, party=PARTY, origin=ORIGIN) is None
    assert (
        passkeys.asserted(answer, challenge=CHALLENGE, party=PARTY, origin=ORIGIN, public_key=b"", verified=False)
        is None
    )


@pytest.mark.parametrize("answer", [{}, {"response": None}, {"response": {"userHandle": 7}}], ids=range(3))
def test_who_is_named_by_no_answer_is_nobody(answer: Any) -> None:
    assert not passkeys.is_whose(answer, USER)


@pytest.mark.parametrize("where", ["authenticatorData", "signature", "clientDataJSON"])
def test_an_answer_that_was_changed_on_the_way_is_none(where: str) -> None:
    authenticator = Authenticator(flags=PRESENT | VERIFIED)
    created = made(authenticator)
    assert created is not None
    answer = authenticator.signed(request())
    response = answer["response"]

    for cut in (response[where][:-4], "", response[where] + "AAAA", 7):
        changed = {**answer, "response": {**response, where: cut}}
        assert (
            passkeys.asserted(
                changed, challenge=CHALLENGE, party=PARTY, origin=ORIGIN, public_key=created.public_key, verified=True
            )
            is None
        )
