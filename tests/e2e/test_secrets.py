"""
Secrets stand nowhere (N25): not in the log, in metrics, in arguments, in the database, in what commands print.

Each file of tests that shares a server looks for what it used when it ends (`tests.rigs.watchword.serving`). Here all
that can go wrong goes wrong first, and the places are looked through while the database's log is still there.
"""

import base64
import json
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.nas import Code, Signed, Type, packet
from tests.rigs.watchword import PASSWORD, STATION, Watchword, arguments_of

pytestmark = pytest.mark.needs("oathtool")

TYPED_WRONG: Final = "canary-typed-into-the-wrong-field"
BIND: Final = "canary-of-the-directory's-service-account"
BEHIND: Final = "canary-shared-with-the-server-behind"
NEXT: Final = "canary-that-comes-after-the-first-secret"

COMMANDS: Final = (
    ("user", "list"),
    ("application", "list"),
    ("directory", "list"),
    ("bypass", "list", "--all"),
    ("rule", "list"),
    ("rule", "entries"),
    ("activity", "--limit", "500"),
    ("pending",),
    ("setting", "list"),
    ("doctor",),
    ("audit", "verify"),
)


def directories(server: Watchword) -> None:
    """Add directories with secrets, which nobody answers for."""
    server.canaries |= {BIND, BEHIND, NEXT, TYPED_WRONG}
    ldap = ("--type", "ldap", "--url", "ldap://127.0.0.1:1", "--base", "dc=x", "--timeout", "1")
    server.ask("directory", "add", "people", *ldap, "--bind-dn", "cn=s,dc=x", "--bind-password-stdin", stdin=BIND)
    radius = ("--type", "radius", "--url", "radius://127.0.0.1:1", "--secret-stdin", "--timeout", "1")
    server.ask("directory", "add", "old", *radius, stdin=BEHIND)


def logins(server: Watchword) -> list[str]:
    """Log in in every way, right and wrong, and return whom that was about."""
    nas, asking, unsigned = server.nas(), server.nas("--challenge"), server.nas("--no-message-authenticator")
    away = server.nas("--primary", "people,old")
    user = server.user()
    totp, hotp, phone = server.totp(user, "--digits", "8"), server.hotp(user, "--digits", "8"), server.phone(user)
    printed = server.backup_codes(user)
    typed = [totp.code(), hotp.code(0), *printed[:2]]
    server.canaries |= set(typed)

    for number, code in enumerate(typed):
        nas.login(user, f"{PASSWORD},{code}", station=f"198.51.100.{number}")
        nas.login(user, f"{TYPED_WRONG},{code}", station=f"198.51.100.{20 + number}")
    static = ":".join(("SCRV1", *(base64.b64encode(part.encode()).decode() for part in (PASSWORD, hotp.code(1)))))
    nas.login(user, static, station="198.51.100.40")
    challenge = asking.login(user, PASSWORD, station="198.51.100.41")
    assert phone.approve(challenge.number).code == 0
    asking.login(user, TYPED_WRONG, state=challenge.state)
    away.login(user, PASSWORD, station="198.51.100.42")
    for name, password in (
        ("nobody", TYPED_WRONG),
        (user, TYPED_WRONG),
        (user, f"{TYPED_WRONG}\0"),
        (user, b"\xff" * 9),
    ):
        nas.login(name, password, station="198.51.100.43")
    for signed in Signed:
        with unsigned.send(unsigned.request(user, TYPED_WRONG, station=STATION, signed=signed)):
            pass
    with nas.send(packet(Code.ACCESS_REQUEST, nas.secret, ((Type.USER_PASSWORD, TYPED_WRONG.encode()),))) as broken:
        assert broken.answer().rejected
    server.canaries.add(challenge.state.hex())
    return [user, nas.name]


def mistakes(server: Watchword, user: str, application: str) -> list[str]:
    """Make the mistakes that administrators make with secrets, and return what was printed about them."""
    printed = []
    for tokens in (
        ("user", "password", "nobody@nowhere.test", "--password-stdin"),
        ("user", "add", user, "--password-stdin"),
        ("application", "add", application, "--client", "192.0.2.1", "--secret-stdin"),
        ("application", "add", "x", "--client", "nowhere", "--secret-stdin"),
        ("application", "secret-replace", "nobody's", "--secret-stdin"),
        ("directory", "add", "people", "--type", "ldap", "--url", "ldap://h", "--base", "x", "--bind-password-stdin"),
        ("directory", "test", "people", user, "--password-stdin"),
        ("try", application, user, "--password-stdin"),
        ("user", "password", user, "--password-stdin", "--no-such-option"),
    ):
        ran = server.here(*tokens, "--json", stdin=TYPED_WRONG)
        assert ran.code in (1, 2), tokens
        printed += [ran.out, ran.err]
    server.ask("application", "secret-replace", application, "--secret-stdin", stdin=NEXT)
    return printed


def test_after_everything_has_gone_wrong_no_secret_stands_anywhere(own: Watchword) -> None:
    server = own
    server.start(environment={"WATCHWORD_LOG_FORMAT": "json"})
    server.ask("setting", "set", "radius.reject_delay", "0")
    directories(server)
    user, application = logins(server)
    printed = mistakes(server, user, application)
    for row in server.activity(user):
        printed.append(json.dumps(server.ask("why", row["id"])))
    for tokens in (*COMMANDS, ("user", "show", user), ("method", "list", user)):
        for form in ((), ("--json",)):
            ran = server.here(*tokens, *form)
            printed += [ran.out, ran.err]
    printed.append(server.here("bypass", "list", "--all", "--csv").out)
    assert (server.data / "watchword.db-wal").stat().st_size > 0

    assert server.leaks(texts=printed) == []
    server.kill()
    assert server.leaks() == []
    server.start()
    assert server.leaks() == []
    assert server.stop() == 0
    assert server.leaks() == []


def test_nobody_else_may_look_into_the_folder(server: Watchword) -> None:
    assert server.data.stat().st_mode & 0o077 == 0
    for file in server.data.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """A search that found nothing anywhere would pass for anything."""
    server = Watchword(tmp_path)
    server.data.mkdir()
    seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    server.canaries = {seed}
    octets = base64.b32decode(seed)
    for form in (seed.encode(), octets, octets.hex().encode(), base64.b64encode(octets).rstrip(b"=")):
        (server.data / "watchword.db").write_bytes(b"before" + form + b"after")
        assert server.leaks() == ["watchword.db"]
        (server.data / "watchword.db").write_bytes(b"")
        server.log.write_bytes(b"before" + form + b"after")
        assert server.leaks() == ["log"]
        server.log.write_bytes(b"")
    assert server.leaks(texts=[f"before {seed} after"]) == ["text 0"]
    server.arguments_seen.append(f"program --secret {seed}")
    assert server.leaks() == ["arguments"]


def test_what_is_typed_into_a_command_is_in_nobodys_list_of_processes(server: Watchword) -> None:
    """The command line has no option that takes a secret; what it is started with is what everybody may see."""
    assert PASSWORD not in arguments_of(server.pid)
    for tokens in (("user", "add", "--help"), ("application", "add", "--help"), ("directory", "add", "--help")):
        words = server.run(*tokens).out
        assert "-stdin" in words
        assert "--password " not in words
        assert "--secret " not in words
