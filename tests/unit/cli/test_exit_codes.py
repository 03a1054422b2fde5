"""
How commands end: 0 done, 1 refused, 2 not understood; and what stands on which of the two outputs.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.terminal import DATA, Told, typed
from watchword.cli.session import Refused

ID = "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", 'Unknown command "nonsense"'),
        ("user nonsense", 'Unknown command "nonsense"'),
        ("user add", "parameter USER requires an argument. --help shows examples."),
        ("user add ann --colour red", "Unknown option: --colour."),
        ("user add ann --password secret", "Unknown option: --password. Did you mean --password-stdin?"),
        ("user add \udcff@b.example", "is not UTF-8"),
        ("user add ann bob", "'bob' is more than this command takes"),
        ("user block ann", "parameter --reason requires an argument"),
        ("user block ann --reason", "parameter --reason requires an argument"),
        ("method add ann carrier-pigeon", 'Choose from: "totp", "hotp", "push", "backup-codes"'),
        ("method add ann totp --digits six", "'six' is no whole number"),
        ("application add vpn --secret-stdin", "parameter --client requires an argument"),
        ("application add vpn --type telnet --client 192.0.2.1 --secret-stdin", 'Choose from: "radius"'),
        ("application add vpn --client 192.0.2.1 --secret-stdin --deadline 30s", "'30s' is no whole number"),
        ("application change vpn --challenge=perhaps", "perhaps"),
        ("bypass add ann --seconds many --reason x", "'many' is no whole number"),
        ("bypass add ann --seconds 1.5 --reason x", "'1.5' is no whole number"),
        ("bypass add ann --seconds 1e2 --reason x", "'1e2' is no whole number"),
        ("bypass add ann --seconds ٣ --reason x", "is no whole number"),
        ("rule add --type weekday --seconds 1", 'Choose from: "user", "application", "ip"'),
        ("setting set x much", "'much' is no number"),
        ("setting set x nan", "'nan' is no number"),
        ("setting set x inf", "'inf' is no number"),
        ("directory add d --type radius --url radius://h --secret-stdin --timeout soon", "'soon' is no number"),
        ("activity --limit all", "'all' is no whole number"),
        ("up --radius 127.0.0.1:radius", "--radius must be HOST:PORT"),
        ("up --radius 127.0.0.1:0,[::1]", "--radius must be HOST:PORT"),
        ("up --http somewhere", "--http must be HOST:PORT"),
        ("up --accounting on", "--accounting must be HOST:PORT"),
        ("authenticator pair --state x", "name the pairing URL, or give --url-stdin"),
        ("authenticator pair https://x/pair#t --url-stdin --state x", "name the pairing URL, or give --url-stdin"),
        ("authenticator answer --state x", "one of --approve, --deny and --fraud"),
        ("authenticator answer --state x --approve --deny", "one of --approve, --deny and --fraud"),
        ("authenticator answer --state x --approve --number four", "--number must be the digits"),
        ("authenticator answer --state x --approve --wait long", "'long' is no whole number"),
    ],
)
def test_what_cannot_be_understood_ends_with_2_and_one_line(line: str, words: str) -> None:
    told = Told()

    ran = typed(*line.split(" "), told=told, stdin=b"a secret of 24 octets: yes")

    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.startswith("watchword: ")
    assert ran.err.count("\n") == 1
    assert told.calls == [], "and nothing was done"


@pytest.mark.parametrize("tokens", [(), ("user",), ("method",), ("authenticator",), ("user", "--json")])
def test_where_no_command_is_named_help_goes_to_standard_error(
    tokens: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    ran = typed(*tokens, data=None)

    assert ran.code == 2
    assert "Usage: watchword" in capsys.readouterr().err


@pytest.mark.parametrize("tokens", [("--help",), ("-h",), ("user", "--help"), ("user", "add", "--help"), ("up", "-h")])
def test_where_help_is_asked_for_it_is_the_output(tokens: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ran = typed(*tokens, data=None)

    assert ran.code == 0
    assert "Usage: watchword" in capsys.readouterr().out


def test_the_version_is_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    ran = typed("--version", data=None)

    assert ran.code == 0
    assert capsys.readouterr().out == "0.1.0\n"


@pytest.mark.parametrize("line", ["user list", "bypass add ann --reason x", f"why {ID}", "doctor"])
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_what_is_refused_ends_with_1_and_the_reason(line: str, as_json: tuple[str, ...]) -> None:
    name = {"bypass add ann --reason x": "bypass.add", "user list": "user.list", "doctor": "doctor"}.get(line, "why")
    told = Told({name: Refused("that is not possible today; try tomorrow")})

    ran = typed(*line.split(" "), *as_json, told=told)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "watchword: that is not possible today; try tomorrow\n"
    assert told.closed == 1


def test_a_reason_cannot_rewrite_the_terminal() -> None:
    told = Told({"user.list": Refused("no \x1b[2Jscreen\u202e")})

    assert typed("user", "list", told=told).err == "watchword: no \\u{1b}[2Jscreen\\u{202e}\n"
    assert "\x1b" not in typed("user", "add", "a", "\x1b[2J").err


@pytest.mark.parametrize(
    ("line", "name", "result", "code"),
    [
        ("audit verify", "audit.verify", {"whole": True, "rows": 3, "fault": ""}, 0),
        ("audit verify", "audit.verify", {"whole": False, "rows": 3, "fault": "row 2 was changed"}, 1),
        ("doctor", "doctor", [{"check": "c", "level": "warning", "sentence": "s", "advice": "a"}], 0),
        ("doctor", "doctor", [{"check": "c", "level": "error", "sentence": "s", "advice": "a"}], 1),
        ("try vpn ann --code 123456", "try", {"answer": "accept", "message": "", "state": None, "seconds": 1}, 0),
        ("try vpn ann --code 123456", "try", {"answer": "challenge", "message": "m", "state": "0a", "seconds": 1}, 0),
        ("try vpn ann --code 123456", "try", {"answer": "reject", "message": "", "state": None, "seconds": 1}, 1),
        ("try vpn ann --code 123456", "try", {"answer": "silence", "message": "", "state": None, "seconds": 1}, 1),
        (
            "directory test ad ann --password-stdin",
            "directory.test",
            {"verdict": "rejected", "sentence": "wrong", "detail": "", "seconds": 1},
            1,
        ),
        (
            "directory test ad ann --password-stdin",
            "directory.test",
            {"verdict": "accepted", "sentence": "right", "detail": "52e", "seconds": 1},
            0,
        ),
    ],
)
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_the_exit_code_tells_what_a_command_found(
    line: str, name: str, result: Any, code: int, as_json: tuple[str, ...]
) -> None:
    ran = typed(*line.split(" "), *as_json, told=Told({name: result}))

    assert (ran.code, ran.err) == (code, "")
    if as_json:
        assert ran.document == result


# --- where the data is


def test_where_no_data_folder_is_named_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHWORD_DATA", raising=False)

    ran = typed("user", "list", data=None)

    assert ran.code == 2
    assert ran.err == "watchword: say where the data is: --data DIR, or WATCHWORD_DATA in the environment\n"


def test_the_environment_names_it_where_the_command_line_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_DATA", "/elsewhere")
    told = Told({"user.list": []})

    typed("user", "list", told=told, data=None)
    typed("user", "list", told=told)

    assert told.reached == [Path("/elsewhere"), DATA]


def test_ctrl_c_ends_a_command_quietly() -> None:
    def interrupted(_arguments: object) -> None:
        raise KeyboardInterrupt

    ran = typed("user", "list", told=Told({"user.list": interrupted}))

    assert (ran.code, ran.err) == (130, "")
