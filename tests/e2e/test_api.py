"""
The REST API of a running portal, and every command over it.
"""

import json
import select
import subprocess
from pathlib import Path

import pytest

from tests.rigs.certificates import make_server_certificate
from tests.rigs.rest import PREFIX, Program, asked
from tests.rigs.watchword import PASSWORD, PROGRAM, Watchword, until


@pytest.fixture(scope="module")
def owner(server: Watchword) -> Program:
    return Program.of(server)


def test_every_kind_of_command_ends_as_on_the_host(server: Watchword, owner: Program) -> None:
    user = server.user()
    nas = server.nas()
    server.totp(user)
    nas.login(user, "wrong", station="203.0.113.7")
    row = server.activity(user)[0]["id"]

    for line in (
        f"user show {user}",
        "user show nobody@nowhere.test",
        f"method list {user}",
        "application list",
        f"application change {nas.name} --deadline 400",
        "bypass list --all",
        "rule list",
        "group list",
        "setting list",
        "setting set lock.failures -1",
        f"activity --user {user}",
        f"why {row}",
        f"what-if {user} {nas.name} --code-typed",
        "pending",
        "key list",
    ):
        tokens = [*line.split(" "), "--json"]
        here, there = server.here(*tokens), owner.command(*tokens)
        # That the key was used is told a minute apart at most.
        assert (there.code, there.err) == (here.code, here.err), line
        if line != "key list":
            assert there.out == here.out, line


def test_what_is_made_over_the_api_counts(server: Watchword, owner: Program) -> None:
    made = owner.command("user", "add", "zoe@example.test", "--password-stdin", "--json", stdin=PASSWORD)
    token = owner.command("method", "add", "zoe@example.test", "hotp", "--json")
    assert (made.code, token.code) == (0, 0)
    server.canaries.add(token.document["secret"])

    assert server.ask("user", "show", "zoe@example.test")["methods"][0]["kind"] == "hotp"
    assert server.nas().login("zoe@example.test", PASSWORD).rejected
    assert owner.command("user", "remove", "zoe@example.test").code == 0
    assert owner.command("user", "remove", "zoe@example.test").code == 1


def test_a_long_list_comes_page_by_page(server: Watchword, owner: Program) -> None:
    names = {server.user() for _ in range(7)}

    seen: list[str] = []
    path = f"{PREFIX}/users?limit=3"
    while path:
        page = owner.ask("GET", path).document
        seen += [row["username"] for row in page["items"]]
        path = page["next"]

    assert seen == sorted(seen)
    assert names <= set(seen)
    assert [row["username"] for row in owner.command("user", "list", "--json").document] == seen


def test_a_key_that_was_revoked_opens_nothing_any_more(server: Watchword) -> None:
    program = Program.of(server, "help-desk")
    row = max(server.ask("key", "list"), key=lambda each: each["id"])
    assert program.ask("GET", f"{PREFIX}/users?limit=1").status == 200
    assert program.ask("GET", f"{PREFIX}/settings").status == 403

    server.ask("key", "revoke", row["id"])

    refused = program.ask("GET", f"{PREFIX}/users?limit=1")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, 'Bearer realm="watchword"')
    assert program.command("user", "list").code == 1


def test_what_a_role_may_not_is_refused_everywhere_alike(server: Watchword) -> None:
    auditor = Program.of(server, "auditor")

    ran = auditor.command("user", "add", "x@example.test")

    assert (ran.code, ran.out) == (1, "")
    assert "the role auditor may not do that (user:write)" in ran.err


def test_no_key_makes_another(server: Watchword, owner: Program) -> None:
    assert owner.ask("POST", f"{PREFIX}/api-keys", {"role": "owner"}).status == 403
    assert owner.command("key", "add", "--role", "auditor").code == 1
    assert server.metric("watchword_faults_total") == 0


def test_what_happens_is_followed_from_elsewhere(server: Watchword, owner: Program) -> None:
    user, nas = server.user(), server.nas()
    command = [PROGRAM, "activity", "--follow", "--user", user, "--json", "--portal", server.ready["http"]]
    stations = iter(range(1, 255))
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={"WATCHWORD_API_KEY": owner.key}) as following:
        out = following.stdout
        assert out is not None

        def told() -> bool:
            # What happens before it is followed is not told, and rejects that repeat are one row.
            nas.login(user, "wrong", station=f"203.0.113.{next(stations)}")
            return bool(select.select([out], [], [], 0.1)[0])

        try:
            until(told, "a row")
            row = json.loads(out.readline())
        finally:
            following.kill()

    assert (row["user"], row["reason"]) == (user, "wrong-password")


def test_a_creation_is_done_once_over_a_loss_of_power(own: Watchword) -> None:
    own.start()
    program = Program.of(own)
    named = {"idempotency-key": "over a loss of power"}
    first = program.ask("POST", f"{PREFIX}/users", {"username": "ann@example.test"}, **named)
    own.kill()
    own.start()

    again = program.ask("POST", f"{PREFIX}/users", {"username": "ann@example.test"}, **named)
    other = program.ask("POST", f"{PREFIX}/users", {"username": "bob@example.test"}, **named)

    assert (again.status, again.body) == (first.status, first.body) == (201, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert other.status == 409
    assert own.leaks() == []
    assert own.stop() == 0


def test_a_portal_is_believed_by_its_certificate_alone(own: Watchword, tmp_path: Path) -> None:
    files = make_server_certificate(tmp_path, host="portal.test", address="127.0.0.1")
    own.start("--tls-cert", str(files.certificate), "--tls-key", str(files.key))
    program = Program.of(own)
    url = own.ready["http"]
    assert url.startswith("https://127.0.0.1:")

    trusted = program.command("group", "list", "--json", "--ca", str(files.authority))
    stranger = program.command("group", "list", "--json")
    another = program.command("group", "list", "--ca", str(files.authority), url=url.replace("127.0.0.1", "localhost"))

    assert [group["name"] for group in trusted.document] == ["default"]
    assert (stranger.code, another.code) == (1, 1)
    assert "is not trusted here" in stranger.err
    assert "is not trusted here" in another.err
    assert own.stop() == 0


def test_the_document_and_the_pages_of_problems_are_for_everybody(server: Watchword) -> None:
    document = asked(server, "GET", f"{PREFIX}/openapi.json", None, {})
    refused = asked(server, "GET", f"{PREFIX}/users", None, {})
    page = asked(server, "GET", refused.document["type"], None, {})

    assert document.document["openapi"] == "3.1.0"
    assert (
        asked(server, "GET", f"{PREFIX}/openapi.json", None, {"if-none-match": document.headers["etag"]}).status == 304
    )
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_whoever_guesses_keys_is_slowed_down_and_others_are_not(own: Watchword) -> None:
    own.start()
    program = Program.of(own)
    assert program.ask("GET", f"{PREFIX}/groups").status == 200

    statuses = [
        asked(own, "GET", f"{PREFIX}/groups", None, {"authorization": f"Bearer wwk_{number}"}).status
        for number in range(25)
    ]

    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert program.ask("GET", f"{PREFIX}/groups").status == 200
    assert own.stop() == 0
