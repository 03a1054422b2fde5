"""
What was typed into the password field, taken apart once (L8).

The forms are the contract's; what is no login at all is refused before anybody is asked (L5, R9, R11).
"""

import base64

import pytest

from watchword.domain.credentials import LONGEST_PASSWORD, Credentials, CredentialsFault, answer_to_challenge, split
from watchword.domain.secrets import Secret


def taken_apart(typed: str | bytes, *, asserted: bool = False) -> Credentials | CredentialsFault:
    octets = typed if isinstance(typed, bytes) else typed.encode()
    return split(Secret(octets), asserted=asserted)


def both(password: str, code: str | None) -> Credentials:
    return Credentials(password=Secret(password.encode()), code=code)


def static(password: str, code: str) -> str:
    return ":".join(["SCRV1", *(base64.b64encode(part.encode()).decode() for part in (password, code))])


@pytest.mark.parametrize(
    ("typed", "password", "code"),
    [
        ("secret", "secret", None),
        ("secret,123456", "secret", "123456"),
        ("secret,12345678", "secret", "12345678"),
        ("secret,ABCD-EFGH", "secret", "ABCD-EFGH"),
        ("with,comma,123456", "with,comma", "123456"),
        ("with,comma", "with,comma", None),
        ("trailing,", "trailing,", None),
        (",", ",", None),
        (" ,123456", " ", "123456"),
        ("123456", "123456", None),
        ("12345678", "12345678", None),
        ("ABCD-EFGH", "ABCD-EFGH", None),
        ("secret123456", "secret123456", None),
        ("123456,123456", "123456", "123456"),
        ("secret,12345", "secret,12345", None),
        ("secret,1234567", "secret,1234567", None),
        ("secret,123456 ", "secret,123456 ", None),
        ("secret,123456\n", "secret,123456\n", None),
        ("secret, 123456", "secret, 123456", None),
        ("secret,abcd-efgh", "secret,abcd-efgh", None),
        ("secret,\uff11\uff12\uff13\uff14\uff15\uff16", "secret,\uff11\uff12\uff13\uff14\uff15\uff16", None),
        ("secret,\u0661\u0662\u0663\u0664\u0665\u0666", "secret,\u0661\u0662\u0663\u0664\u0665\u0666", None),
        (static("secret", "123456"), "secret", "123456"),
        (static("secret", "12345678"), "secret", "12345678"),
        (static("secret", "ABCD-EFGH"), "secret", "ABCD-EFGH"),
        (static("secret", ""), "secret", None),
        (static("secret,654321", "123456"), "secret,654321", "123456"),
        (static("sec:ret", "123456"), "sec:ret", "123456"),
        ("SCRV1:c2VjcmV0", "SCRV1:c2VjcmV0", None),
        ("SCRV1:c2VjcmV0:MTIzNDU2:", "SCRV1:c2VjcmV0:MTIzNDU2:", None),
        ("scrv1:c2VjcmV0:MTIzNDU2", "scrv1:c2VjcmV0:MTIzNDU2", None),
        ("SCRV1:c2Vj cmV0:MTIzNDU2", "SCRV1:c2Vj cmV0:MTIzNDU2", None),
        ("SCRV1:c2VjcmV:MTIzNDU2", "SCRV1:c2VjcmV:MTIzNDU2", None),
        ("SCRV1:c2VjcmV0:/w==", "SCRV1:c2VjcmV0:/w==", None),
        ("SCRV1:s\u00e9cret:MTIzNDU2", "SCRV1:s\u00e9cret:MTIzNDU2", None),
        ("SCRV1:c2VjcmV0:\uff11", "SCRV1:c2VjcmV0:\uff11", None),
    ],
)
def test_a_password_is_split_once(typed: str, password: str, code: str | None) -> None:
    assert taken_apart(typed) == both(password, code)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", None),
        ("123456", "123456"),
        ("12345678", "12345678"),
        ("ABCD-EFGH", "ABCD-EFGH"),
        ("12345", None),
        ("whatever", None),
        ("whatever,123456", "123456"),
        (",123456", "123456"),
        (static("secret", "123456"), "123456"),
        (static("", "123456"), "123456"),
        (static("secret", ""), None),
        ("\uff11\uff12\uff13\uff14\uff15\uff16", None),
    ],
)
def test_where_the_application_asserts_the_password_only_a_code_matters(typed: str, code: str | None) -> None:
    assert taken_apart(typed, asserted=True) == Credentials(password=None, code=code)


@pytest.mark.parametrize("typed", ["", ",123456", ",12345678", ",ABCD-EFGH", static("", "123456"), static("", "")])
def test_l5_no_password_is_no_login(typed: str) -> None:
    assert taken_apart(typed) is CredentialsFault.EMPTY


@pytest.mark.parametrize("typed", ["se\0cret", "secret\0", "\0", "secret\0,123456"])
def test_r9_a_nul_is_no_text(typed: str) -> None:
    assert taken_apart(typed) is CredentialsFault.NOT_TEXT
    assert taken_apart(typed, asserted=True) is CredentialsFault.NOT_TEXT


def test_a_nul_within_a_static_challenge_is_no_password() -> None:
    assert taken_apart(static("se\0cret", "123456")) is CredentialsFault.EMPTY


@pytest.mark.parametrize("typed", [b"\xff", b"\xc0\xaf", b"secret\xed\xa0\x80", b"\x80,123456"])
def test_r11_what_is_no_utf_8_is_no_text(typed: bytes) -> None:
    assert taken_apart(typed) is CredentialsFault.NOT_TEXT
    assert taken_apart(typed, asserted=True) is CredentialsFault.NOT_TEXT


@pytest.mark.parametrize(
    "code", ["12345", "123456 ", "123456\n", "\uff11\uff12\uff13\uff14\uff15\uff16", "hello", "\0"]
)
def test_a_static_challenge_is_answered_with_a_code_or_nothing(code: str) -> None:
    assert taken_apart(static("secret", code)) is CredentialsFault.NOT_A_CODE
    assert taken_apart(static("secret", code), asserted=True) is CredentialsFault.NOT_A_CODE


def test_a_password_has_a_longest_length() -> None:
    assert taken_apart(b"x" * LONGEST_PASSWORD) == both("x" * LONGEST_PASSWORD, None)
    assert taken_apart(b"x" * (LONGEST_PASSWORD + 1)) is CredentialsFault.TOO_LONG


def test_r11_a_password_is_composed() -> None:
    composed = both("caf\u00e9", None)
    assert taken_apart("cafe\u0301") == composed
    assert taken_apart("caf\u00e9") == composed
    assert taken_apart("cafe\u0301,123456") == both("caf\u00e9", "123456")
    assert taken_apart(static("cafe\u0301", "123456")) == both("caf\u00e9", "123456")


def test_a_password_is_composed_and_nothing_more() -> None:
    # Compatibility forms stay: another password is another password.
    assert taken_apart("\ufb01sh") == both("\ufb01sh", None)
    assert taken_apart(" Secret ") == both(" Secret ", None)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (b"123456", "123456"),
        (b"12345678", "12345678"),
        (b"ABCD-EFGH", "ABCD-EFGH"),
        (b" 123456 ", "123456"),
        (b"", None),
        (b"42", None),
        (b"1234567", None),
        (b"123456\n", None),
        (b"\t123456", None),
        (b"123 456", None),
        (b"ok", None),
        (b"secret,123456", None),
        (b"\xff123456", None),
        (b"123456\0", None),
        ("\uff11\uff12\uff13\uff14\uff15\uff16".encode(), None),
        (b" " * LONGEST_PASSWORD + b"123456", None),
    ],
)
def test_the_answer_to_a_challenge_is_a_code_or_none(typed: bytes, code: str | None) -> None:
    assert answer_to_challenge(Secret(typed)) == code


def test_what_was_typed_does_not_show() -> None:
    assert "hunter2" not in repr(taken_apart("hunter2,123456"))
