"""
One-time codes: the RFCs' vectors, what is a code at all (O7, N15), and what was used before (O3).

Then drift (O4), counters (O6) and the URI (O10).
"""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.fakes.changes import replace
from tests.unit.domain.values import (
    BACKUP,
    BACKUP_CODE,
    BACKUP_ID,
    HOTP_ID,
    NOW,
    PUSH,
    RIGHT_CODE,
    SECOND,
    SEED,
    STEP,
    TOTP,
    TOTP_ID,
    UNPAIRED,
    hotp,
    totp,
)
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind, OathAlgorithm, Totp
from watchword.domain.otp import (
    BACKUP_LENGTH,
    BACKUP_LETTERS,
    LONGEST_DRIFT,
    LOOK_AHEAD,
    RESYNC_AHEAD,
    Matched,
    Used,
    Wrong,
    backup_code,
    backup_digest,
    check,
    code_at,
    is_backup_code,
    is_code,
    uri,
)
from watchword.domain.secrets import Secret

VECTORS: Final = json.loads((Path(__file__).parents[2] / "vectors/oath.json").read_text())


def code(step: int, digits: int = 6) -> str:
    return code_at(SEED.octets, step, digits)


@pytest.mark.parametrize("row", VECTORS["rfc4226"]["rows"], ids=lambda row: str(row["counter"]))
def test_rfc_4226_appendix_d(row: dict[str, Any]) -> None:
    secret = VECTORS["rfc4226"]["secret"].encode()
    assert code_at(secret, row["counter"], 6) == row["code"]
    assert int(code_at(secret, row["counter"], 10)) == row["truncated"]


@pytest.mark.parametrize("algorithm", OathAlgorithm)
@pytest.mark.parametrize("row", VECTORS["rfc6238"]["rows"], ids=lambda row: str(row["seconds"]))
def test_rfc_6238_appendix_b(row: dict[str, Any], algorithm: OathAlgorithm) -> None:
    secret = Secret(VECTORS["rfc6238"]["secrets"][algorithm].encode())
    token = totp(secret=secret, algorithm=algorithm, digits=8)
    found = check((token,), row[algorithm], row["seconds"] * SECOND)
    assert found == Matched(method=TOTP_ID, kind=MethodKind.TOTP, step=row["seconds"] // 30)


def test_a_code_is_six_or_eight_ascii_digits() -> None:
    assert is_code("000000")
    assert is_code("12345678")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1",
        "12345",
        "1234567",
        "123456789",
        "0123456\n",
        "12345\n",
        "\n12345",
        " 12345",
        "12345 ",
        "-12345",
        "+12345",
        "12_345",
        "1e5000",
        "0x1234",
        "12345a",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "\u0661\u0662\u0663\u0664\u0665\u0666",
        "12345\u00b2",
        "12345\0",
    ],
)
def test_n15_nothing_else_is_a_code(typed: str) -> None:
    assert not is_code(typed)
    assert check((TOTP, hotp(), BACKUP), typed, NOW) == Wrong()


def test_a_code_of_another_length_than_the_tokens_is_wrong() -> None:
    assert check((TOTP,), code(STEP, 8), NOW) == Wrong()
    assert check((hotp(),), code(0, 8), NOW) == Wrong()
    assert check((hotp(digits=8),), code(0, 8), NOW) == Matched(method=HOTP_ID, kind=MethodKind.HOTP, step=0)


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_time_based_code_is_right_one_step_around_now(offset: int) -> None:
    found = check((TOTP,), code(STEP + offset), NOW)
    assert found == Matched(method=TOTP_ID, kind=MethodKind.TOTP, step=STEP + offset, drift=offset)


@pytest.mark.parametrize("offset", [-2, 2, -3, 3])
def test_a_time_based_code_is_wrong_further_off(offset: int) -> None:
    assert check((TOTP,), code(STEP + offset), NOW) == Wrong()


def test_the_step_changes_at_the_period_and_not_before() -> None:
    start = STEP * 30 * SECOND
    assert check((TOTP,), code(STEP + 2), start + 30 * SECOND - 1) == Wrong()
    assert isinstance(check((TOTP,), code(STEP + 2), start + 30 * SECOND), Matched)
    assert isinstance(check((totp(period=60),), code(start // (60 * SECOND)), start), Matched)


@pytest.mark.parametrize("seconds", [0, 1, 29, 31, 59])
def test_n15_an_accepted_code_is_never_accepted_again(seconds: int) -> None:
    token = totp(last_step=STEP)
    assert check((token,), RIGHT_CODE, NOW + seconds * SECOND) in (Used(TOTP_ID), Wrong())


def test_a_step_before_the_last_accepted_one_is_used_too() -> None:
    assert check((totp(last_step=STEP),), code(STEP - 1), NOW) == Used(TOTP_ID)
    assert isinstance(check((totp(last_step=STEP),), code(STEP + 1), NOW), Matched)


def test_a_clock_set_back_revives_no_code() -> None:
    token = totp(last_step=STEP)
    assert check((token,), code(STEP - 120), NOW - 3_600 * SECOND) == Used(TOTP_ID)


def test_the_first_step_of_all_can_be_accepted() -> None:
    assert check((TOTP,), code(0), 0) == Matched(method=TOTP_ID, kind=MethodKind.TOTP, step=0)


def test_before_the_first_step_there_is_no_code() -> None:
    assert check((TOTP,), code(1), -1) == Wrong()


def test_drift_is_learned_and_followed() -> None:
    found = check((TOTP,), code(STEP + 1), NOW)
    assert isinstance(found, Matched)
    drifting = totp(drift=found.drift, last_step=found.step)
    later = NOW + 600 * SECOND
    assert check((drifting,), code(STEP + 20 + 2), later) == Matched(
        method=TOTP_ID, kind=MethodKind.TOTP, step=STEP + 22, drift=2
    )
    assert check((drifting,), code(STEP + 20 - 1), later) == Wrong()


@pytest.mark.parametrize("sign", [-1, 1])
def test_drift_is_clamped(sign: int) -> None:
    token = totp(drift=sign * LONGEST_DRIFT)
    found = check((token,), code(STEP + sign * (LONGEST_DRIFT + 1)), NOW)
    assert isinstance(found, Matched)
    assert found.drift == sign * LONGEST_DRIFT
    assert check((token,), code(STEP + sign * (LONGEST_DRIFT + 2)), NOW) == Wrong()


@pytest.mark.parametrize("ahead", [0, 1, LOOK_AHEAD])
def test_a_counter_token_may_be_ahead(ahead: int) -> None:
    assert check((hotp(counter=5),), code(5 + ahead), NOW) == Matched(
        method=HOTP_ID, kind=MethodKind.HOTP, step=5 + ahead
    )


def test_a_counter_token_never_goes_back() -> None:
    assert check((hotp(counter=5),), code(4), NOW) == Used(HOTP_ID)
    assert check((hotp(counter=5),), code(3), NOW) == Wrong()
    assert check((hotp(counter=0),), code(3_000), NOW) == Wrong()


@pytest.mark.parametrize("ahead", [LOOK_AHEAD + 1, RESYNC_AHEAD])
def test_two_codes_in_a_row_bring_a_counter_token_back(ahead: int) -> None:
    assert check((hotp(counter=5),), code(5 + ahead), NOW) == Wrong((HOTP_ID, 5 + ahead + 1))
    remembered = hotp(counter=5, resync=5 + ahead + 1)
    assert check((remembered,), code(5 + ahead + 1), NOW) == Matched(
        method=HOTP_ID, kind=MethodKind.HOTP, step=5 + ahead + 1
    )


def test_the_second_code_must_be_the_next_one() -> None:
    remembered = hotp(counter=5, resync=40)
    assert check((remembered,), code(39), NOW) == Wrong((HOTP_ID, 40))
    assert check((remembered,), code(41), NOW) == Wrong((HOTP_ID, 42))


def test_beyond_the_search_nothing_brings_a_counter_token_back() -> None:
    assert check((hotp(counter=5),), code(5 + RESYNC_AHEAD + 1), NOW) == Wrong()
    assert check((hotp(counter=5),), code(5 + RESYNC_AHEAD + 2), NOW) == Wrong()


def test_of_two_counters_with_one_code_the_nearer_is_spent() -> None:
    # The code of counter 5 under this seed is that of counter 15 as well, the last one looked at: found by search.
    seed = b"seed 18486".ljust(20, b".")
    assert code_at(seed, 5, 6) == code_at(seed, 5 + LOOK_AHEAD, 6)
    assert check((hotp(secret=Secret(seed), counter=5),), code_at(seed, 5, 6), NOW) == Matched(
        method=HOTP_ID, kind=MethodKind.HOTP, step=5
    )


def test_a_backup_code_is_found_by_its_digest() -> None:
    assert check((BACKUP,), BACKUP_CODE, NOW) == Matched(
        method=BACKUP_ID, kind=MethodKind.BACKUP_CODE, step=0, digest=backup_digest(SEED, BACKUP_CODE)
    )
    assert check((BACKUP,), "ABCD-EFGJ", NOW) == Wrong()


def test_a_spent_backup_code_is_wrong() -> None:
    spent = replace(BACKUP, detail=BackupCodes(secret=SEED, left=(b"\0" * 32,)))
    assert check((spent,), BACKUP_CODE, NOW) == Wrong()


def test_a_backup_code_of_somebody_else_is_wrong() -> None:
    # The same digests under another key: a row copied from one user to another proves nothing (V33).
    copied = replace(BACKUP, detail=BackupCodes(secret=Secret(b"other"), left=(backup_digest(SEED, BACKUP_CODE),)))
    assert check((copied,), BACKUP_CODE, NOW) == Wrong()


def test_every_method_is_looked_at() -> None:
    methods = (PUSH, UNPAIRED, BACKUP, hotp(), TOTP)
    assert check(methods, RIGHT_CODE, NOW) == Matched(method=TOTP_ID, kind=MethodKind.TOTP, step=STEP)
    assert check(methods, code(0), NOW) == Matched(method=HOTP_ID, kind=MethodKind.HOTP, step=0)
    assert isinstance(check(methods, BACKUP_CODE, NOW), Matched)


def test_an_unused_code_of_one_token_beats_a_used_one_of_another() -> None:
    other = MethodId(b"other".ljust(16, b"\0"))
    unused = replace(TOTP, id=other)
    expected = Matched(method=other, kind=MethodKind.TOTP, step=STEP)
    assert check((totp(last_step=STEP), unused), RIGHT_CODE, NOW) == expected
    assert check((unused, totp(last_step=STEP)), RIGHT_CODE, NOW) == expected
    assert check((unused, TOTP), RIGHT_CODE, NOW) == expected


def test_a_used_code_beats_a_counter_far_ahead() -> None:
    far = hotp(secret=SEED, counter=STEP - 50)
    assert check((totp(last_step=STEP), far), RIGHT_CODE, NOW) == Used(TOTP_ID)
    assert check((far,), RIGHT_CODE, NOW) == Wrong((HOTP_ID, STEP + 1))


def test_no_method_has_no_code() -> None:
    assert check((), RIGHT_CODE, NOW) == Wrong()


def test_backup_codes_have_their_form() -> None:
    assert backup_code(tuple(range(BACKUP_LENGTH))) == "2345-6789"
    assert backup_code((BACKUP_LETTERS - 1,) * BACKUP_LENGTH) == "ZZZZ-ZZZZ"
    assert all(is_backup_code(backup_code((number,) * BACKUP_LENGTH)) for number in range(BACKUP_LETTERS))


def test_a_number_that_is_no_letter_spells_nothing() -> None:
    with pytest.raises(IndexError):
        backup_code((BACKUP_LETTERS,) * BACKUP_LENGTH)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ABCDEFGH",
        "ABCD-EFG",
        "ABCD-EFGHJ",
        "ABCDE-FGH",
        "ABCDE-FGHJ",
        "abcd-efgh",
        "ABCD-EFGI",
        "ABCL-EFGH",
        "OBCD-EFGH",
        "UBCD-EFGH",
        "0BCD-EFGH",
        "1BCD-EFGH",
        "ABCD\u2010EFGH",
        "ABCD-EFGH\n",
        "ABCD--FGH",
        "-ABC-DEFG",
        "\u0410BCD-EFGH",
    ],
)
def test_nothing_else_has_a_backup_codes_form(typed: str) -> None:
    assert not is_backup_code(typed)


def test_a_time_based_token_as_a_uri() -> None:
    made = uri(Totp(secret=SEED), issuer="Big & Co: VPN/x", account="alice@example.com")
    assert made == (
        "otpauth://totp/Big%20%26%20Co%3A%20VPN%2Fx:alice%40example.com"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Big%20%26%20Co%3A%20VPN%2Fx"
        "&algorithm=SHA1&digits=6&period=30"
    )
    parts = urlsplit(made)
    assert unquote(parts.path) == "/Big & Co: VPN/x:alice@example.com"
    assert parse_qs(parts.query)["issuer"] == ["Big & Co: VPN/x"]


def test_a_counter_based_token_as_a_uri() -> None:
    token = Hotp(secret=Secret(b"12345"), algorithm=OathAlgorithm.SHA512, digits=8, counter=3)
    assert uri(token, issuer="Watchword", account="alice") == (
        "otpauth://hotp/Watchword:alice?secret=GEZDGNBV&issuer=Watchword&algorithm=SHA512&digits=8&counter=3"
    )


def test_the_secret_in_a_uri_has_no_padding() -> None:
    made = uri(Totp(secret=Secret(b"123456")), issuer="W", account="a")
    assert "secret=GEZDGNBVGY&" in made


@pytest.mark.needs("oathtool")
@pytest.mark.parametrize("algorithm", OathAlgorithm)
@pytest.mark.parametrize("digits", [6, 8])
@pytest.mark.parametrize("octets", [16, 20, 32, 33, 64])
def test_oathtool_makes_the_same_codes_from_a_uri(octets: int, digits: int, algorithm: OathAlgorithm) -> None:
    token = Totp(secret=Secret(bytes(range(octets))), algorithm=algorithm, digits=digits)
    fields = parse_qs(urlsplit(uri(token, issuer="Watchword", account="alice")).query)
    said = subprocess.run(
        [
            "oathtool",
            f"--totp={fields['algorithm'][0].lower()}",
            f"--digits={fields['digits'][0]}",
            f"--time-step-size={fields['period'][0]}s",
            f"--now=@{NOW // SECOND}",
            "--base32",
            fields["secret"][0],
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    method = Method(id=TOTP_ID, kind=MethodKind.TOTP, detail=token)
    assert check((method,), said.stdout.strip(), NOW) == Matched(method=TOTP_ID, kind=MethodKind.TOTP, step=STEP)


def test_the_vectors_secrets_have_the_lengths_of_the_erratum() -> None:
    lengths = {name: len(secret) for name, secret in VECTORS["rfc6238"]["secrets"].items()}
    assert lengths == {"sha1": 20, "sha256": 32, "sha512": 64}


def test_codes_fill_up_with_zeros() -> None:
    assert code_at(VECTORS["rfc6238"]["secrets"]["sha1"].encode(), 1_111_111_109 // 30, 8) == "07081804"


def test_secrets_in_uris_are_base32() -> None:
    fields = parse_qs(urlsplit(uri(Totp(secret=SEED), issuer="W", account="a")).query)
    assert base64.b32decode(fields["secret"][0]) == SEED.octets
