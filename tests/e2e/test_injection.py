"""
What others write and administrators read: user names, reasons, addresses (N27).

It is text in every place where it comes out: in the log a line stays a line, in a terminal nothing moves the cursor, in
a spreadsheet nothing is run.
"""

import csv
import io
import json
from typing import Final

import pytest

from tests.rigs.nas import Signed
from tests.rigs.watchword import PASSWORD, Watchword, until

HOSTILE: Final = [
    "=HYPERLINK(1)",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "%0a",
    "a\r\nb",
    "a\n2026-01-01 admin logged in",
    "\x1b[2J\x1b]0;title\x07",
    '"><script>alert(1)</script>',
    "a,b;c\"d'e",
    "\u202egnihtemos",
    "\x9b2J",
    "a\u2028b",
]


def lines_of(written: str) -> list[str]:
    """Return the lines as a terminal counts them."""
    return written.split("\n")


def is_plain(written: str) -> bool:
    """Tell whether a text moves no cursor: no control characters but line ends, nothing that turns letters round."""
    return all(
        character == "\n" or (character.isprintable() and character not in "\u202e\u2028") for character in written
    )


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_a_reason_is_text_wherever_it_is_read(server: Watchword, hostile: str) -> None:
    user = server.user()
    if "".join(hostile.split()).isprintable():
        server.ask("bypass", "add", user, "--seconds", "60", f"--reason={hostile}")
        server.ask("user", "block", user, f"--reason={hostile}")
    else:
        assert "printable" in server.refused("bypass", "add", user, "--seconds", "60", f"--reason={hostile}")
        assert "printable" in server.refused("user", "block", user, f"--reason={hostile}")
        return

    sheet = server.here("bypass", "list", "--all", "--csv").out
    rows = [row for row in csv.DictReader(io.StringIO(sheet)) if row["user"] == user]
    assert len(rows) == 1
    assert not rows[0]["reason"].startswith(("=", "+", "-", "@", "\t", "%", "|"))
    for tokens in (("bypass", "list", "--all"), ("user", "show", user), ("user", "list")):
        shown = server.here(*tokens)
        assert shown.code == 0
        assert is_plain(shown.out), tokens
    json.loads(server.here("bypass", "list", "--all", "--json").out)


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_a_user_name_and_a_station_are_text_wherever_they_are_read(server: Watchword, hostile: str) -> None:
    nas = server.nas()
    before = len(lines_of(server.logged()))

    with nas.begin(hostile, PASSWORD, station=hostile) as login:
        answer = login.answer()
    assert answer.rejected
    assert answer.message == "Sign-in was refused.", "nothing of the request is echoed"

    shown = server.here("activity", "--limit", "3")
    assert shown.code == 0
    assert is_plain(shown.out)
    (newest,) = server.ask("activity", "--limit", "1")
    assert server.here("why", newest["id"]).code == 0
    assert is_plain(server.here("why", newest["id"]).out)
    assert is_plain(server.logged())
    assert len(lines_of(server.logged())) - before <= 2
    assert hostile not in server.metrics()


def test_what_is_dropped_tells_the_log_nothing_of_its_own(server: Watchword) -> None:
    nas = server.nas()
    before = server.dropped("no-message-authenticator")
    with nas.send(nas.request("\x1b[31mfake\n", PASSWORD, station="\x1b[2J", signed=Signed.MISSING)) as login:
        server.ignored(login, "no-message-authenticator", before)

    until(lambda: nas.name in server.logged(), "a line about the client")
    assert "fake" not in server.logged()
    assert is_plain(server.logged())


@pytest.mark.parametrize("name", ["", " ", "\x1b[2J", "x" * 101, "\u202ename"])
def test_names_that_people_read_are_printable(server: Watchword, name: str) -> None:
    given = ("--client", "127.70.0.1", "--secret-stdin")

    server.refused("application", "add", name, *given, stdin="a secret that is long enough")
    server.refused("directory", "add", name, "--type", "ldap", "--url", "ldap://h", "--base", "dc=x")


@pytest.mark.parametrize(
    "name", ["a b@c.test", "a\n@c.test", "@c.test", "a@", "a", "a@b@c", "\x1b@c.test", f"{'x' * 300}@c.test"]
)
def test_user_names_are_names(server: Watchword, name: str) -> None:
    server.refused("user", "add", name)
