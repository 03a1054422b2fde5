"""
Result codes, and what Active Directory hides in a text.
"""

import pytest

from watchword.wire.ldap.results import AdSubCode, LdapResult, ResultCode, ad_sub_code

WINDOWS = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {}, v4563\0"
SAMBA = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {}, v1db1"


def refused(text: str, code: ResultCode = ResultCode.INVALID_CREDENTIALS) -> LdapResult:
    return LdapResult(code=code, diagnostic_message=text)


def test_an_unknown_code_keeps_its_number() -> None:
    code = ResultCode(4242)

    assert (code, code.name, code.value) == (4242, "UNKNOWN_4242", 4242)
    assert code == ResultCode(4242)
    assert code is not ResultCode.SUCCESS


def test_the_largest_code_is_one() -> None:
    assert ResultCode(2**31 - 1) == 2**31 - 1


def test_unknown_codes_are_not_remembered() -> None:
    known = len(ResultCode)

    ResultCode(4242)

    assert len(ResultCode) == known


@pytest.mark.parametrize("value", [-1, 2**31, "0", 0.5, None])
def test_what_cannot_be_a_code_is_none(value: object) -> None:
    with pytest.raises(ValueError, match="is not a valid ResultCode"):
        ResultCode(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [WINDOWS, SAMBA])
@pytest.mark.parametrize("code", list(AdSubCode))
def test_every_sub_code_is_read(text: str, code: AdSubCode) -> None:
    assert ad_sub_code(refused(text.format(code))) is code
    assert ad_sub_code(refused(text.format(code.upper()))) is code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "invalid credentials",
        "data 775",
        WINDOWS.format("57"),
        WINDOWS.format("775775775"),
        WINDOWS.format("xyz"),
        WINDOWS.replace("AcceptSecurityContext error, ", "").format("775"),
    ],
)
def test_no_sub_code_is_guessed(text: str) -> None:
    assert ad_sub_code(refused(text)) is None


@pytest.mark.parametrize("code", [ResultCode.SUCCESS, ResultCode.UNWILLING_TO_PERFORM, ResultCode(4242)])
def test_only_a_refused_bind_has_a_sub_code(code: ResultCode) -> None:
    assert ad_sub_code(refused(WINDOWS.format("775"), code)) is None
