"""
One-time codes for any token: replay (O3, N15), windows, drift, look-ahead and resynchronisation, and the URI read back.
"""

import base64
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.fakes.changes import replace
from tests.property.domain_values import codes, methods, walls
from tests.unit.domain.values import HOTP_ID, SECOND, TOTP_ID
from watchword.domain.methods import Hotp, Method, MethodKind, OathAlgorithm, Totp
from watchword.domain.otp import (
    BACKUP_LENGTH,
    BACKUP_LETTERS,
    LONGEST_DRIFT,
    LOOK_AHEAD,
    RESYNC_AHEAD,
    WINDOW,
    Matched,
    Used,
    Wrong,
    backup_code,
    check,
    code_at,
    is_backup_code,
    is_code,
    uri,
)
from watchword.domain.secrets import Secret

secrets: Final = st.binary(min_size=16, max_size=64).map(Secret)
tokens: Final = st.builds(
    Totp,
    secret=secrets,
    algorithm=st.sampled_from(OathAlgorithm),
    digits=st.just(8),
    period=st.sampled_from([30, 60]),
    drift=st.integers(min_value=-LONGEST_DRIFT, max_value=LONGEST_DRIFT),
    last_step=st.just(-1),
)
counters: Final = st.builds(
    Hotp,
    secret=secrets,
    algorithm=st.sampled_from(OathAlgorithm),
    digits=st.just(8),
    counter=st.integers(min_value=0, max_value=2**40),
    resync=st.none(),
)
steps: Final = st.integers(min_value=50, max_value=2**33)


def timed(token: Totp) -> Method:
    return Method(id=TOTP_ID, kind=MethodKind.TOTP, detail=token)


def counted(token: Hotp) -> Method:
    return Method(id=HOTP_ID, kind=MethodKind.HOTP, detail=token)


def code_of(token: Totp | Hotp, moving: int) -> str:
    return code_at(token.secret.octets, moving, token.digits, token.algorithm)


@given(st.lists(methods, max_size=4).map(tuple), st.one_of(codes, st.text()), walls)
def test_any_text_is_checked_without_an_exception(methods: tuple[Method, ...], code: str, wall: int) -> None:
    found = check(methods, code, wall)
    assert isinstance(found, Matched | Used | Wrong)
    if not (is_code(code) or is_backup_code(code)):
        assert found == Wrong()


@given(st.lists(methods, max_size=4).map(tuple), codes, walls)
def test_v23_what_is_found_belongs_to_the_user(methods: tuple[Method, ...], code: str, wall: int) -> None:
    found = check(methods, code, wall)
    if isinstance(found, Matched):
        assert (found.method, found.kind) in {(method.id, method.kind) for method in methods}
    if isinstance(found, Used):
        assert found.method in {method.id for method in methods}


@given(tokens, steps, st.integers(min_value=-20, max_value=20))
def test_a_time_based_code_is_good_within_its_window_around_the_learned_drift(
    token: Totp, step: int, offset: int
) -> None:
    near = range(-WINDOW, WINDOW + 1)
    code = code_of(token, step + offset)
    # Another step of the window may have the same code by chance, one in a hundred million, and is not what is meant.
    others = (step + token.drift + one for one in near if token.drift + one != offset)
    assume(all(code_of(token, other) != code for other in others))
    found = check((timed(token),), code, step * token.period * SECOND)
    if offset - token.drift in near:
        assert isinstance(found, Matched)
        assert found.step == step + offset
        assert abs(found.drift) <= LONGEST_DRIFT
        assert abs(found.drift - offset) <= (1 if abs(offset) > LONGEST_DRIFT else 0)
    else:
        assert found == Wrong()


@given(tokens, steps, st.integers(min_value=-WINDOW, max_value=WINDOW), st.integers(min_value=-600, max_value=600))
def test_n15_o3_a_code_once_accepted_never_is_again_however_the_clock_is_set(
    token: Totp, step: int, offset: int, later: int
) -> None:
    wall = step * token.period * SECOND
    code = code_of(token, step + token.drift + offset)
    found = check((timed(token),), code, wall)
    assert isinstance(found, Matched)
    spent = replace(token, last_step=found.step, drift=found.drift)
    again = check((timed(spent),), code, wall + later * SECOND)
    # Only a later step may have the same code, by chance.
    assert not isinstance(again, Matched) or again.step > found.step


@given(tokens, steps, st.integers(min_value=0, max_value=5))
def test_o3_no_step_up_to_the_last_accepted_one_is_accepted(token: Totp, step: int, ahead: int) -> None:
    spent = replace(token, last_step=step + token.drift + ahead)
    for offset in range(-WINDOW, WINDOW + 1):
        found = check((timed(spent),), code_of(token, step + token.drift + offset), step * token.period * SECOND)
        assert not isinstance(found, Matched) or found.step > spent.last_step


@given(counters, st.integers(min_value=-3, max_value=RESYNC_AHEAD + 5))
def test_o6_a_counter_moves_forward_only_and_not_further_than_is_looked_ahead(token: Hotp, ahead: int) -> None:
    counter = token.counter + ahead
    assume(counter >= 0)
    code = code_of(token, counter)
    looked_at = range(max(0, token.counter - 1), token.counter + RESYNC_AHEAD + 2)
    assume(all(code_of(token, other) != code for other in looked_at if other != counter))
    found = check((counted(token),), code, 0)
    if 0 <= ahead <= LOOK_AHEAD:
        assert found == Matched(method=HOTP_ID, kind=MethodKind.HOTP, step=counter)
    elif LOOK_AHEAD < ahead <= RESYNC_AHEAD:
        assert found == Wrong((HOTP_ID, counter + 1))
        second = check((counted(replace(token, resync=counter + 1)),), code_of(token, counter + 1), 0)
        assert second == Matched(method=HOTP_ID, kind=MethodKind.HOTP, step=counter + 1)
    elif ahead == -1:
        assert found == Used(HOTP_ID)
    else:
        assert found == Wrong()


@given(counters, st.one_of(st.none(), st.integers(min_value=0, max_value=2**40 + 200)), codes)
def test_o6_a_spent_counter_is_never_accepted(token: Hotp, resync: int | None, code: str) -> None:
    found = check((counted(replace(token, resync=resync)),), code, 0)
    if isinstance(found, Matched):
        assert found.step >= token.counter


@given(tokens | counters, st.text(min_size=1), st.text(min_size=1))
def test_o10_a_uri_says_what_the_token_is(token: Totp | Hotp, issuer: str, account: str) -> None:
    assume(max(issuer + account) < "\ud800" or max(issuer + account) > "\udfff")
    parts = urlsplit(uri(token, issuer=issuer, account=account))
    said_issuer, _, said_account = parts.path.removeprefix("/").partition(":")
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp" if isinstance(token, Totp) else "hotp")
    assert (unquote(said_issuer), unquote(said_account)) == (issuer, account)
    fields = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
    secret = fields.pop("secret")
    assert base64.b32decode(secret + "=" * (-len(secret) % 8)) == token.secret.octets
    assert fields == {
        "issuer": issuer,
        "algorithm": token.algorithm.value.upper(),
        "digits": str(token.digits),
        **({"period": str(token.period)} if isinstance(token, Totp) else {"counter": str(token.counter)}),
    }


@given(st.text(alphabet=st.characters(categories=["Nd", "No", "Nl"]) | st.sampled_from(" -+_\n")))
def test_o7_a_code_is_ascii_digits(text: str) -> None:
    assert is_code(text) == (len(text) in {6, 8} and all(character in "0123456789" for character in text))


numbers: Final = st.integers(min_value=0, max_value=BACKUP_LETTERS - 1)


@given(st.lists(numbers, min_size=BACKUP_LENGTH, max_size=BACKUP_LENGTH).map(tuple))
def test_every_backup_code_has_the_form_and_spells_its_numbers(spelled: tuple[int, ...]) -> None:
    code = backup_code(spelled)
    assert is_backup_code(code)
    assert not is_code(code)
    alphabet = [backup_code((number,) * BACKUP_LENGTH)[0] for number in range(BACKUP_LETTERS)]
    assert tuple(alphabet.index(letter) for letter in code.replace("-", "")) == spelled
