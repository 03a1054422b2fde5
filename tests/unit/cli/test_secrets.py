"""
Secrets: a line of standard input, or what is typed unseen; never an argument.
"""

import base64
from typing import Any, Final

import pytest

from tests.unit.cli.terminal import Told, typed

#: Commands that need a secret, and the option that reads it.
NEEDY: Final = [
    ("user password ann", "--password-stdin", "user.password", "password"),
    ("application add vpn --client 192.0.2.1", "--secret-stdin", "application.add", "secret"),
    ("application client-add vpn 192.0.2.1", "--secret-stdin", "application.client-add", "secret"),
    ("application secret-replace vpn", "--secret-stdin", "application.secret-replace", "secret"),
    ("directory add d --type radius --url radius://h:1812", "--secret-stdin", "directory.add", "secret"),
    (
        "directory add d --type ldap --url ldaps://h --bind-dn CN=w",
        "--bind-password-stdin",
        "directory.add",
        "bind_password",
    ),
    ("directory test ad ann", "--password-stdin", "directory.test", "password"),
    ("try vpn ann", "--password-stdin", "try", "password"),
]
DONE: Final[dict[str, Any]] = {
    "id": "x",
    "username": "ann",
    "name": "vpn",
    "client": "192.0.2.1",
    "clients": [],
    "verdict": "accepted",
    "answer": "accept",
    "secret": None,
}


def given(told: Told, name: str) -> bytes:
    ((_, arguments),) = told.calls
    value = arguments[name]
    assert isinstance(value, dict)
    return base64.b64decode(value["octets"])


@pytest.mark.parametrize(("line", "option", "name", "field"), NEEDY)
def test_a_secret_that_comes_from_nowhere_is_asked_for(line: str, option: str, name: str, field: str) -> None:
    told = Told({name: DONE})

    ran = typed(*line.split(" "), told=told, stdin=b"never read\n")

    assert ran.code == 2
    ways = f"{option} or --make-secret" if line.startswith("application ") else option
    assert ran.err == f"watchword: {ways} is needed: a secret is read from standard input, and is never an argument\n"
    assert told.calls == []
    assert field in {"password", "secret", "bind_password"}


@pytest.mark.parametrize(("line", "option", "name", "field"), NEEDY)
def test_on_a_terminal_it_is_typed_unseen(line: str, option: str, name: str, field: str) -> None:
    for options in ((), (option,)):
        told = Told({name: DONE})
        ran = typed(*line.split(" "), *options, "--json", told=told, unseen=["s3cret", "s3cret"])

        assert ran.code == 0
        assert given(told, field) == b"s3cret"


@pytest.mark.parametrize(
    ("stdin", "secret"),
    [
        (b"s3cret\n", b"s3cret"),
        (b"s3cret", b"s3cret"),
        (b"s3cret\n\n", b"s3cret"),
        (b"first\nsecond\n", b"first"),
        (b"  blanks \n", b"  blanks "),
        (b"\xff\xfe\x00\n", b"\xff\xfe\x00"),
        (b"windows\r\n", b"windows\r"),
        (b"\n", b""),
        (b"", b""),
    ],
)
def test_one_line_is_read_and_one_line_end_taken_away(stdin: bytes, secret: bytes) -> None:
    told = Told({"user.add": DONE})

    typed("user", "add", "ann", "--password-stdin", "--json", told=told, stdin=stdin)

    assert given(told, "password") == secret


def test_a_new_password_is_typed_twice_and_must_be_the_same() -> None:
    told = Told({"user.password": DONE})

    ran = typed("user", "password", "ann", told=told, unseen=["s3cret", "s3crte"])

    assert (ran.code, ran.err) == (1, "watchword: the two were not the same; nothing was done\n")
    assert told.calls == []


def test_a_login_with_a_code_alone_needs_no_password() -> None:
    for options in (["--code", "123456"], ["--state", "0a"]):
        told = Told({"try": DONE})
        typed("try", "vpn", "ann", *options, "--json", told=told, stdin=b"never read\n")

        assert given(told, "password") == b""


@pytest.mark.parametrize(
    ("line", "option", "name", "field"), [one for one in NEEDY if one[0].startswith("application")]
)
def test_one_that_is_made_here_is_shown_once_and_asked_from_nobody(
    line: str, option: str, name: str, field: str
) -> None:
    told = Told({name: DONE | {"secret": "made-here"}})

    ran = typed(*line.split(" "), "--make-secret", told=told, stdin=b"never read\n")

    ((_, arguments),) = told.calls
    assert ran.code == 0
    assert arguments.get(field) is None
    assert ran.out.count("made-here") == 1
    assert typed(*line.split(" "), "--make-secret", option, told=told, stdin=b"s3cret\n").code == 2


def test_a_secret_is_in_nothing_that_is_printed() -> None:
    for as_json in ([], ["--json"]):
        told = Told({"application.add": DONE})
        ran = typed(
            "application", "add", "vpn", "--client", "::1", "--secret-stdin", *as_json, told=told, stdin=b"s3cret"
        )

        assert ran.code == 0
        assert "s3cret" not in ran.out + ran.err
