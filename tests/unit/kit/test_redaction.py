from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import PurePosixPath

import pytest

from watchword.kit.redaction import LONGEST_TEXT, REDACTED, presentable, text

CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "user_password",
        "password_hash",
        "shared_secret",
        "secrets",
        "seed",
        "code",
        "backup_codes",
        "state",
        "radius_state",
        "request_authenticator",
        "api_key",
        "Authorization",
        "set-cookie",
        "token",
        "pairing_url",
        "otpauth_uri",
        "typed",
        "proofs",
        "signature",
    ],
)
def test_fields_with_the_name_of_a_secret_are_not_written(key: str) -> None:
    for value in (CANARY, CANARY.encode(), [CANARY], {"inner": CANARY}, 123456):
        assert presentable({key: value}) == {key: REDACTED}


@pytest.mark.parametrize("key", ["key_version", "url_path", "stateless", "encoder", "reason", "client"])
def test_fields_that_only_look_like_it_are_written(key: str) -> None:
    assert presentable({key: "x"}) == {key: "x"}


@pytest.mark.parametrize(
    "written",
    [
        f"otpauth://totp/x?secret={CANARY}",
        f"SCRV1:{CANARY}:{CANARY}",
        f"header Bearer {CANARY}",
        f"basic {CANARY}",
        f"https://example.org/pair?token={CANARY}&x=1",
        f"https://example.org/#secret={CANARY}",
        f"postgresql://watchword:{CANARY}@db/watchword",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_secret_is_written_in_no_field(written: str) -> None:
    shown = str(presentable({"words": written, "list": [written], "table": {"x": written}, "event": written}))

    assert CANARY not in shown
    assert REDACTED in shown


def test_a_secret_inside_of_a_table_is_found() -> None:
    assert presentable({"request": {"user": "alice", "password": CANARY}}) == {
        "request": {"user": "alice", "password": REDACTED}
    }


@dataclass
class Talkative:
    password: str = field(default=CANARY)


def test_of_octets_only_the_number_and_of_objects_only_the_type_is_told() -> None:
    shown = presentable({"octets": CANARY.encode(), "view": memoryview(b"123"), "object": Talkative()})

    assert shown == {"octets": "[11 octets]", "view": "[3 octets]", "object": "[Talkative]"}


def test_plain_values_are_told_as_they_are() -> None:
    fields = {"text": "VPN größe", "number": 1812, "share": 0.5, "yes": True, "none": None, "password": None}
    assert presentable(fields) == fields
    assert presentable({"a": ip_address("2001:db8::1"), "p": PurePosixPath("data/lock"), "s": {1}}) == {
        "a": "2001:db8::1",
        "p": "data/lock",
        "s": [1],
    }


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("alice\nat=2026 level=info event=forged", "alice\\u{a}at=2026 level=info event=forged"),
        ("a\r\n\x00\x1b[31m", "a\\u{d}\\u{a}\\u{0}\\u{1b}[31m"),
        ("\u202egnp.exe", "\\u{202e}gnp.exe"),
        ("a\u2028b\x85c", "a\\u{2028}b\\u{85}c"),
        ("\ud800", "\\u{d800}"),
    ],
)
def test_what_clients_supply_stays_on_its_line(written: str, shown: str) -> None:
    assert text(written) == shown
    assert presentable({"user": written}) == {"user": shown}
    assert presentable({"table": {written: 1}}) == {"table": {shown: 1}}


def test_long_and_deep_values_are_cut() -> None:
    assert text("x" * 10_000) == "x" * LONGEST_TEXT + "…"
    assert presentable({"list": list(range(10_000))}) == {"list": list(range(50))}
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    assert presentable({"deep": deep}) == {"deep": [[[["[list]"]]]]}


def broken() -> None:
    raise ValueError(CANARY)


def test_of_an_exception_types_and_places_are_told_and_not_its_words() -> None:
    told = KeyError(CANARY)
    try:
        broken()
    except ValueError as error:
        told.__cause__ = error
    shown = presentable({"exc_info": told})

    assert shown["exception"] == ["KeyError", "ValueError"]
    assert CANARY not in str(shown)
    assert any("test_redaction.py" in str(place) and str(place).endswith("broken") for place in shown["places"])  # type: ignore[union-attr]


def test_the_operating_systems_words_are_told() -> None:
    shown = presentable({"exc_info": FileNotFoundError(2, "No such file or directory", CANARY)})

    assert shown == {"exception": ["FileNotFoundError"], "places": [], "words": "No such file or directory"}


def test_the_exception_that_is_being_handled_is_told_of() -> None:
    try:
        broken()
    except ValueError:
        assert presentable({"exc_info": True})["exception"] == ["ValueError"]


def test_exc_info_without_an_exception_tells_of_none() -> None:
    assert presentable({"exc_info": True}) == {"exception": [], "places": []}
