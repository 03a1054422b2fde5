"""
Taking a password apart: total, and the directory never sees a code or nothing at all (L5, L8, R11).
"""

import base64
import unicodedata
from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st

from watchword.domain.credentials import LONGEST_PASSWORD, Credentials, CredentialsFault, answer_to_challenge, split
from watchword.domain.otp import is_backup_code, is_code
from watchword.domain.secrets import Secret

codes: Final = st.one_of(
    st.text(alphabet="0123456789", min_size=6, max_size=6),
    st.text(alphabet="0123456789", min_size=8, max_size=8),
    st.sampled_from(["ABCD-EFGH", "2345-6789", "ZZZZ-ZZZZ"]),
)
#: Pieces that the forms are made of, so that what is nearly a form is drawn often.
pieces: Final = st.lists(
    st.one_of(
        codes, st.sampled_from([",", ":", "SCRV1", "SCRV1:", "=", " ", "\0", "MTIzNDU2", "\u00e9"]), st.text(max_size=5)
    ),
    max_size=6,
).map("".join)
passwords: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)
anything: Final = st.one_of(st.binary(max_size=60), pieces.map(lambda text: text.encode("utf-8", "surrogatepass")))


def composed(password: str) -> Secret:
    return Secret(unicodedata.normalize("NFC", password).encode())


@given(anything, st.booleans())
def test_whatever_is_typed_is_taken_apart_or_refused(typed: bytes, asserted: bool) -> None:  # noqa: FBT001 - drawn
    found = split(Secret(typed), asserted=asserted)
    if isinstance(found, CredentialsFault):
        return
    assert isinstance(found, Credentials)
    assert found.code is None or is_code(found.code) or is_backup_code(found.code)
    if asserted:
        assert found.password is None
    else:
        assert found.password is not None
        assert found.password.octets
        assert b"\0" not in found.password.octets
        assert unicodedata.is_normalized("NFC", found.password.octets.decode())


@given(st.binary(min_size=LONGEST_PASSWORD + 1, max_size=LONGEST_PASSWORD + 20), st.booleans())
def test_what_is_too_long_is_refused(typed: bytes, asserted: bool) -> None:  # noqa: FBT001 - drawn
    assert split(Secret(typed), asserted=asserted) is CredentialsFault.TOO_LONG


@given(passwords, codes)
def test_a_code_behind_a_comma_is_split_off(password: str, code: str) -> None:
    assume(not password.startswith("SCRV1:"))
    assert split(Secret(f"{password},{code}".encode()), asserted=False) == Credentials(
        password=composed(password), code=code
    )


@given(passwords, st.one_of(st.just(""), codes))
def test_a_static_challenge_is_read(password: str, code: str) -> None:
    parts = (base64.b64encode(part.encode()).decode() for part in (password, code))
    assert split(Secret(f"SCRV1:{':'.join(parts)}".encode()), asserted=False) == Credentials(
        password=composed(password), code=code or None
    )


@given(passwords)
def test_a_password_without_a_code_goes_to_the_directory_as_it_is(password: str) -> None:
    _, comma, tail = unicodedata.normalize("NFC", password).rpartition(",")
    assume(not password.startswith("SCRV1:"))
    assume(not (comma and (is_code(tail) or is_backup_code(tail))))
    assert split(Secret(password.encode()), asserted=False) == Credentials(password=composed(password), code=None)


@given(codes)
def test_l5_a_code_alone_is_no_login_but_where_the_password_is_asserted(code: str) -> None:
    assert split(Secret(f",{code}".encode()), asserted=False) is CredentialsFault.EMPTY
    for typed in (code, f",{code}"):
        assert split(Secret(typed.encode()), asserted=True) == Credentials(password=None, code=code)


@given(anything)
def test_the_answer_to_a_challenge_is_a_code_or_none(typed: bytes) -> None:
    code = answer_to_challenge(Secret(typed))
    assert code is None or is_code(code) or is_backup_code(code)
    if code is not None:
        assert typed.strip(b" ") == code.encode()
