"""
Every command that scripts may rely on, as processes: through the running process, and on the database alone.

The fields are those of the contract; a command may print more of them.
"""

import csv
import io
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.rigs.nas import PATIENCE, Nas
from tests.rigs.watchword import PASSWORD, PROGRAM, STATION, Ran, Watchword

pytestmark = pytest.mark.needs("oathtool")

LOOPBACK: Final = "127.0.0.1"
SECRET: Final = "a secret of at least 24 octets"
IDENTIFIER: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

BYPASS: Final = frozenset(
    {"id", "user", "group", "application", "reason", "seconds", "created_by", "created_at", "expires_at", "state"}
    | {"ended_at", "used_at_application", "used_from"}
)
ACTIVITY: Final = frozenset(
    {
        "id",
        "at",
        "user",
        "application",
        "authentication_type",
        "source",
        "server",
        "outcome",
        "reason",
        "rule",
        "bypass",
    }
)
ENTRY: Final = frozenset({"rule", "user", "application", "source", "created_at", "expires_at", "hits"})


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    """Have a data folder that no process serves."""
    alone = Watchword(tmp_path_factory.mktemp("alone"))
    alone.start()
    assert alone.stop() == 0
    yield alone
    assert alone.leaks() == []


@pytest.fixture(params=["running", "alone"])
def folder(request: pytest.FixtureRequest) -> Watchword:
    """Have a data folder, with and without a process that serves it."""
    found: Watchword = request.getfixturevalue("server" if request.param == "running" else "alone")
    return found


run_as_processes: set[tuple[str, ...]] = set()


def done(folder: Watchword, *tokens: str, stdin: str = "") -> Any:
    """
    Run a command with `--json`; it has to print one document and nothing else.

    Where a process serves the folder each command is a process too, the first time that it is run. Alone each would
    import SQL and everything else anew, so there one test for all shows that processes do the same.
    """
    run = folder.here
    if folder.process is not None and tokens[:2] not in run_as_processes:
        run_as_processes.add(tokens[:2])
        run = folder.run
    ran = run(*tokens, "--json", stdin=stdin)
    assert (ran.code, ran.err) == (0, ""), ran
    return ran.document


def has(document: Mapping[str, Any], *fields: str) -> None:
    """See that a document has fields, its identifier and instants in their forms."""
    assert set(fields) <= set(document)
    for name, value in document.items():
        if name == "id":
            assert IDENTIFIER.fullmatch(value)
        if name in ("at", "since") or name.endswith("_at"):
            assert value is None or INSTANT.fullmatch(value)


# --- people and what they have


def test_users(folder: Watchword) -> None:
    added = done(folder, "user", "add", "ann@commands.test", "--name", "Ann Other", "--password-stdin", stdin=PASSWORD)
    has(added, "id", "username")
    assert added["username"] == "ann@commands.test"

    assert "ann@commands.test" in [row["username"] for row in done(folder, "user", "list")]
    shown = done(folder, "user", "show", "ann@commands.test")
    has(shown, "id", "username", "name", "blocked", "locked_until", "methods", "bypasses")
    assert (shown["id"], shown["name"], shown["blocked"]) == (added["id"], "Ann Other", None)

    done(folder, "user", "block", "ann@commands.test", "--reason", "left")
    assert done(folder, "user", "show", "ann")["blocked"]["reason"] == "left"
    done(folder, "user", "unblock", "ann@commands.test", "--reason", "came back")
    assert done(folder, "user", "show", "ann")["blocked"] is None
    done(folder, "user", "unlock", "ann@commands.test")

    done(folder, "user", "remove", "ann@commands.test")
    assert folder.run("user", "show", "ann@commands.test").code == 1


def test_methods(folder: Watchword) -> None:
    user = folder.user()
    totp = done(folder, "method", "add", user, "totp")
    hotp = done(folder, "method", "add", user, "hotp")
    push = done(folder, "method", "add", user, "push")
    printed = done(folder, "method", "add", user, "backup-codes")

    has(totp, "id", "uri", "secret")
    assert totp["uri"].startswith("otpauth://totp/Watchword:")
    assert totp["secret"] in totp["uri"]
    has(hotp, "id", "uri", "secret")
    assert hotp["uri"].startswith("otpauth://hotp/Watchword:")
    has(push, "id", "pairing_url")
    assert len(printed["codes"]) == len(set(printed["codes"])) == 10
    assert all(re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", code) for code in printed["codes"])

    rows = done(folder, "method", "list", user)
    assert {row["id"] for row in rows} >= {totp["id"], hotp["id"], push["id"]}
    assert {row["kind"] for row in rows} == {"totp", "hotp", "push", "backup-code"}
    assert totp["secret"] not in json.dumps(rows)

    for row in rows:
        done(folder, "method", "remove", user, row["id"])
    assert done(folder, "method", "list", user) == []


# --- applications and directories


def test_applications(folder: Watchword) -> None:
    options = ("--type", "radius", "--client", "192.0.2.0/28", "--secret-stdin")
    added = done(folder, "application", "add", "plain", *options, stdin=SECRET)
    has(added, "id")

    more = ("--primary", "asserted", "--challenge", "--deadline", "20", "--no-user-match", "--no-message-authenticator")
    client = ("--type", "radius", "--client", "2001:db8::/64", "--secret-stdin", "--portal-away", "codes")
    done(folder, "application", "add", "all of it", *client, *more, stdin=SECRET)

    rows = {row["name"]: row for row in done(folder, "application", "list")}
    plain, full = rows["plain"], rows["all of it"]
    assert (plain["primary"], plain["challenge"], plain["deadline"]) == ("local", False, 50)
    assert (plain["user_match"], plain["portal_away"]) == (True, "deny")
    assert (full["primary"], full["challenge"], full["deadline"]) == ("asserted", True, 20)
    assert (full["user_match"], full["portal_away"]) == (False, "codes")
    assert full["clients"][0]["network"] == "2001:db8::/64"
    assert full["clients"][0]["message_authenticator"] is False
    assert SECRET not in json.dumps([*rows.values()])

    for name in ("plain", "all of it"):
        done(folder, "application", "remove", name)
    assert not {"plain", "all of it"} & {row["name"] for row in done(folder, "application", "list")}


def test_directories(folder: Watchword) -> None:
    ldap = ("--type", "ldap", "--url", "ldap://127.0.0.1:1", "--base", "dc=example,dc=test", "--timeout", "2")
    bind = ("--bind-dn", "cn=service,dc=example,dc=test", "--bind-password-stdin", "--start-tls")
    narrow = ("--user-filter", "(uid={username})")
    has(done(folder, "directory", "add", "people", *ldap, *bind, *narrow, stdin="bind password"), "id")
    radius = ("--type", "radius", "--url", "radius://127.0.0.1:1", "--secret-stdin", "--timeout", "1", "--tries", "1")
    has(done(folder, "directory", "add", "old", *radius, stdin=SECRET), "id")

    rows = {row["name"]: row for row in done(folder, "directory", "list")}
    assert (rows["people"]["type"], rows["old"]["type"]) == ("ldap", "radius")
    assert rows["people"]["user_filter"] == "(uid={username})"
    assert "bind password" not in json.dumps([*rows.values()])

    tested = folder.run("directory", "test", "people", "alice", "--password-stdin", "--json", stdin=PASSWORD)
    assert (tested.code, tested.document["verdict"]) == (1, "away")

    options = ("--type", "radius", "--client", "192.0.2.64", "--secret-stdin", "--primary", "people,old")
    done(folder, "application", "add", "by directory", *options, stdin=SECRET)
    assert folder.run("directory", "remove", "old").code == 1, "an application asks it"
    done(folder, "application", "remove", "by directory")
    for name in ("people", "old"):
        done(folder, "directory", "remove", name)
    assert done(folder, "directory", "list") == []


# --- bypasses and rules


def test_bypasses(folder: Watchword) -> None:
    user = folder.user()
    options = ("--seconds", "60", "--reason", "phone at home", "--group", "default")
    first = done(folder, "bypass", "add", user, *options)
    has(first, "id", "expires_at")
    second = done(folder, "bypass", "add", user, "--seconds", "60", "--reason", "lost", "--group", "all")

    (active,) = (row for row in done(folder, "bypass", "list") if row["user"] == user)
    has(active, *BYPASS)
    assert (active["id"], active["state"], active["seconds"], active["group"]) == (second["id"], "active", 60, "all")
    assert active["expires_at"] == second["expires_at"]
    assert (active["application"], active["used_at_application"], active["used_from"]) == (None, None, None)

    done(folder, "bypass", "cancel", second["id"], "--reason", "found")
    rows = [row for row in done(folder, "bypass", "list", "--all") if row["user"] == user]
    assert [(row["id"], row["state"]) for row in rows] == [(second["id"], "cancelled"), (first["id"], "superseded")]

    sheet = folder.run("bypass", "list", "--all", "--csv")
    assert sheet.code == 0
    lines = [line for line in csv.DictReader(io.StringIO(sheet.out)) if line["user"] == user]
    assert [line["state"] for line in lines] == ["cancelled", "superseded"]
    assert set(lines[0]) >= BYPASS


def test_rules(folder: Watchword) -> None:
    folder.ask("application", "add", "ruled", "--client", "192.0.2.99", "--secret-stdin", stdin=SECRET)
    rules = (
        ("--type", "user", "--seconds", "60"),
        ("--type", "application", "--seconds", "600", "--authentication-type", "radius"),
        ("--type", "ip", "--seconds", "3600", "--authentication-type", "radius", "--application", "ruled"),
    )
    added = [done(folder, "rule", "add", *rule)["id"] for rule in rules]

    rows = {row["id"]: row for row in done(folder, "rule", "list")}
    assert [(rows[one]["type"], rows[one]["seconds"], rows[one]["application"]) for one in added] == [
        ("user", 60, None),
        ("application", 600, None),
        ("ip", 3600, "ruled"),
    ]
    assert done(folder, "rule", "entries") == []
    assert done(folder, "rule", "entries", "--user", folder.user()) == []
    assert done(folder, "rule", "purge")["purged"] == 0
    assert folder.run("rule", "add", *rules[0]).code == 1, "an equal rule is refused"

    for one in added:
        done(folder, "rule", "remove", one)
    assert done(folder, "rule", "list") == []
    folder.ask("application", "remove", "ruled")


# --- what happened, and what would


def test_activity_and_why(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION)
    nas.login(user, "wrong", station=STATION)

    newest, oldest = done(server, "activity", "--user", user)
    has(newest, *ACTIVITY)
    assert (oldest["outcome"], oldest["reason"], oldest["source"]) == ("allowed", "code", STATION)
    assert (oldest["user"], oldest["application"], oldest["authentication_type"]) == (user, nas.name, "radius")
    assert (newest["outcome"], newest["reason"]) == ("denied", "wrong-password")
    assert done(server, "activity", "--user", user, "--limit", "1") == [newest]
    assert len(done(server, "activity", "--limit", "1")) == 1

    why = done(server, "why", newest["id"])
    has(why, "id", "outcome", "reason", "steps")
    assert all({"question", "answer", "decided"} <= set(step) for step in why["steps"])
    assert [step["decided"] for step in why["steps"]].count(True) == 1
    assert why["steps"][-1]["decided"]
    words = server.run("why", newest["id"])
    assert words.code == 0
    assert all(step["question"] in words.out and step["answer"] in words.out for step in why["steps"])


def test_activity_and_why_after_the_process_has_ended(own: Watchword) -> None:
    server = own
    ready = server.start()
    assert set(ready) >= {"event", "http", "radius", "setup_url"}
    assert ready["http"].startswith("http://127.0.0.1:")
    assert re.fullmatch(r"127\.0\.0\.1:\d+", ready["radius"])
    user, nas = server.user(), server.nas()
    server.totp(user)
    assert nas.login(user, PASSWORD, station=STATION).rejected
    before = done(server, "activity", "--user", user)
    why = done(server, "why", before[0]["id"])
    assert server.stop() == 0

    assert done(server, "activity", "--user", user) == before
    assert done(server, "why", before[0]["id"]) == why


def test_activity_is_followed_an_object_a_line(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    command = [PROGRAM, "activity", "--follow", "--user", user, "--json", "--data", str(server.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        # What was there before is printed first: then it follows.
        before = time.monotonic() + PATIENCE
        seen: list[dict[str, Any]] = []
        counter = 0
        os.set_blocking(following.stdout.fileno(), False)
        while not seen and time.monotonic() < before:
            nas.login(user, f"{PASSWORD},{token.code(counter)}", station=f"203.0.113.{counter + 1}")
            counter += 1
            line = following.stdout.readline()
            seen += [json.loads(line)] if line else []
        following.send_signal(signal.SIGINT)
        assert following.wait(PATIENCE) == 130

    has(seen[0], *ACTIVITY)
    assert (seen[0]["user"], seen[0]["reason"]) == (user, "code")


def test_what_if(folder: Watchword) -> None:
    user = folder.user()
    folder.ask("method", "add", user, "totp")
    folder.ask("application", "add", f"asks {user}", "--client", next(NETWORKS), "--secret-stdin", stdin=SECRET)
    before = folder.activity(user)

    typed = done(folder, "what-if", user, f"asks {user}", "--source", STATION, "--code-typed")
    has(typed, "outcome", "reason", "steps")
    assert (typed["outcome"], typed["reason"]) == ("allowed", "code")
    untyped = done(folder, "what-if", user, f"asks {user}", "--source", STATION)
    assert (untyped["outcome"], untyped["reason"]) == ("denied", "no-method")
    folder.ask("bypass", "add", user, "--seconds", "60", "--reason", "test")
    bypassed = done(folder, "what-if", user, f"asks {user}", "--source", STATION)
    assert (bypassed["outcome"], bypassed["reason"]) == ("allowed", "bypass")
    assert done(folder, "what-if", user, f"asks {user}", "--source", STATION) == bypassed
    unknown = done(folder, "what-if", "nobody", f"asks {user}")
    assert (unknown["outcome"], unknown["reason"]) == ("denied", "unknown-user")

    assert folder.activity(user) == before, "nothing was changed"
    (bypass,) = (row for row in folder.ask("bypass", "list") if row["user"] == user)
    assert bypass["state"] == "active"


NETWORKS: Final = (f"198.51.100.{last}" for last in range(1, 255))


def test_pending_and_what_a_bypass_lets_through(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    server.phone(user)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        (row,) = (one for one in done(server, "pending") if one["user"] == user)
        has(row, "id", "user", "application", "source", "since", "contended")
        assert (row["application"], row["source"], row["contended"]) == (nas.name, STATION, False)

        made = done(server, "bypass", "add", user, "--seconds", "60", "--reason", "flat battery")
        assert [one["id"] for one in made["pending"]] == [row["id"]]
        assert not login.has_answer(), "a bypass alone decides nothing that is pending"
        options = ("--seconds", "60", "--reason", "flat battery", "--let-through", row["id"])
        assert done(server, "bypass", "add", user, *options)["let_through"] is True
        assert login.answer().accepted

    assert server.reasons(user) == ["bypass"]
    assert not [one for one in done(server, "pending") if one["user"] == user]


def test_pending_without_a_process_is_refused(alone: Watchword) -> None:
    ran = alone.run("pending", "--json")

    assert (ran.code, ran.out) == (1, "")
    assert "nothing is running" in ran.err


# --- try


@pytest.fixture(scope="module")
def tried(server: Watchword) -> Nas:
    """Make this machine the client of an application that challenges."""
    return server.nas("--challenge", name="tried", address=LOOPBACK)


def attempt(server: Watchword, user: str, *options: str, stdin: str = PASSWORD) -> tuple[int, Any]:
    ran: Ran = server.run("try", "tried", user, *options, "--json", stdin=stdin)
    has(ran.document, "answer", "message", "state", "seconds")
    return ran.code, ran.document


@pytest.mark.usefixtures("tried")
def test_try_is_a_login_as_a_vpn_sends_it(server: Watchword) -> None:
    user = server.user()
    token = server.hotp(user)

    code, answered = attempt(server, user, "--password-stdin", "--code", token.code(0), "--station", STATION)
    assert (code, answered["answer"], answered["state"]) == (0, "accept", None)

    code, answered = attempt(server, user, "--password-stdin", "--station", "203.0.113.200", stdin="wrong")
    assert (code, answered["answer"]) == (1, "reject")

    code, challenge = attempt(server, user, "--password-stdin", "--station", "203.0.113.201")
    assert (code, challenge["answer"], challenge["message"]) == (0, "challenge", "Enter your code")
    code, answered = attempt(server, user, "--state", challenge["state"], "--code", token.code(1))
    assert (code, answered["answer"]) == (0, "accept")

    rows = server.activity(user)
    assert [row["reason"] for row in rows] == ["code", "wrong-password", "challenge", "code"]
    assert rows[0]["source"] == STATION


@pytest.mark.usefixtures("tried")
def test_try_goes_where_it_is_sent(server: Watchword) -> None:
    user = server.user()
    token = server.hotp(user)

    code, answered = attempt(server, user, "--password-stdin", "--code", token.code(0), "--via", server.ready["radius"])
    assert (code, answered["answer"]) == (0, "accept")

    code, answered = attempt(server, user, "--password-stdin", "--via", f"{LOOPBACK}:1")
    assert (code, answered["answer"], answered["state"]) == (1, "silence", None)


# --- audit and doctor


def test_the_chain_is_whole(folder: Watchword) -> None:
    assert folder.here("audit", "verify").code == 0


def test_a_process_does_on_the_database_alone_what_a_command_does_here(alone: Watchword) -> None:
    added = alone.run("user", "add", "process@commands.test", "--json")
    assert added.code == 0
    assert alone.run("user", "show", added.document["id"]).code == 1, "an id is no name"
    shown = alone.run("user", "show", "process@commands.test", "--json")
    assert shown.document == alone.ask("user", "show", "process@commands.test")
    assert alone.run("user", "show").code == 2


def test_doctor_names_what_it_has_looked_at(folder: Watchword) -> None:
    ran = folder.here("doctor", "--json")

    assert {finding["check"] for finding in ran.document} >= {"clock", "disk", "database", "keys", "listeners"}
    assert ran.code == (1 if any(finding["level"] == "error" for finding in ran.document) else 0)


# --- the phone in the terminal


def test_the_authenticator_pairs_and_answers(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    url = server.ask("method", "add", user, "push")["pairing_url"]
    state = server.folder / "terminal.json"

    paired = server.run("authenticator", "pair", url, "--state", str(state), "--json")
    assert paired.code == 0, paired
    assert state.stat().st_mode & 0o077 == 0
    again = server.run("authenticator", "pair", url, "--state", str(server.folder / "another"), "--json")
    assert again.code == 1, "a pairing URL is good once"

    nothing = server.run("authenticator", "answer", "--state", str(state), "--approve", "--wait", "0", "--json")
    assert (nothing.code, nothing.out) == (1, "")

    with nas.begin(user, PASSWORD, station=STATION) as login:
        (waiting,) = server.waits(user)
        answered = server.run("authenticator", "answer", "--state", str(state), "--approve", "--wait", "10", "--json")
        assert answered.code == 0, answered
        assert answered.document == {"verification": waiting["id"], "answer": "approve"}
        assert login.answer().accepted
    with nas.begin(user, PASSWORD, station="203.0.113.210") as login:
        server.waits(user)
        assert server.run("authenticator", "answer", "--state", str(state), "--deny").code == 0
        assert login.answer().rejected
    with nas.begin(user, PASSWORD, station="203.0.113.211") as login:
        server.waits(user)
        assert server.run("authenticator", "answer", "--state", str(state), "--fraud").code == 0
        assert login.answer().rejected

    assert server.reasons(user) == ["push", "denied-by-user", "fraud"]
    assert server.run("authenticator", "answer", "--state", str(state)).code == 2
    assert server.run("authenticator", "answer", "--state", str(state), "--approve", "--deny").code == 2


# --- reaching a folder, and exit codes


def test_the_environment_may_name_the_folder(server: Watchword) -> None:
    named = {"WATCHWORD_DATA": str(server.data)}
    command = [PROGRAM, "user", "list", "--json"]
    without = {name: value for name, value in os.environ.items() if name != "WATCHWORD_DATA"}
    done = subprocess.run(command, capture_output=True, check=True, env=without | named, timeout=PATIENCE)
    assert isinstance(json.loads(done.stdout), list)

    assert subprocess.run(command, capture_output=True, check=False, env=without, timeout=PATIENCE).returncode == 2


def test_a_process_that_hangs_is_not_passed_by(own: Watchword) -> None:
    own.start()
    os.kill(own.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        ran = own.run("user", "list")
        assert time.monotonic() - began < 5
    finally:
        os.kill(own.pid, signal.SIGCONT)

    assert ran.code == 1
    assert "does not answer" in ran.err
    assert own.run("user", "list").code == 0
    assert own.stop() == 0


def test_a_folder_that_is_not_there_is_refused_and_not_made(own: Watchword) -> None:
    ran = own.run("user", "list")

    assert ran.code == 1
    assert "no folder" in ran.err
    assert not own.data.exists()


USAGE: Final = [
    ("no-such-command",),
    ("user", "no-such-command"),
    ("user", "add"),
    ("user", "add", "a@b.test", "--no-such-option"),
    ("user", "add", "a@b.test", "c@d.test"),
    ("user", "block", "a@b.test"),
    ("bypass", "add", "a@b.test", "--seconds", "many", "--reason", "r"),
    ("bypass", "add", "a@b.test", "--seconds", "1.5", "--reason", "r"),
    ("bypass", "add", "a@b.test", "--seconds", "60"),
    ("rule", "add", "--type", "user", "--seconds", "x"),
    ("activity", "--limit", "x"),
    ("application", "add", "x", "--client", "192.0.2.1", "--secret-stdin", "--deadline", "soon"),
    ("directory", "add", "x", "--type", "ldap", "--url", "ldap://h", "--base", "b", "--timeout", "long"),
    ("setting", "set", "radius.reject_delay", "none"),
    ("authenticator", "answer", "--state", "x", "--approve", "--number", "seven"),
    ("up", "--radius", "127.0.0.1:radius"),
    ("try", "vpn"),
    ("what-if", "a@b.test"),
    ("why",),
]


@pytest.mark.parametrize("tokens", USAGE, ids=" ".join)
def test_what_cannot_be_understood_is_exit_code_2_and_a_sentence(alone: Watchword, tokens: tuple[str, ...]) -> None:
    ran = alone.here(*tokens)

    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("watchword: ")


REFUSED: Final = [
    ("user", "add", "no-domain"),
    ("user", "show", "nobody@nowhere.test"),
    ("user", "block", "nobody@nowhere.test", "--reason", "r"),
    ("user", "remove", "nobody@nowhere.test"),
    ("method", "add", "nobody@nowhere.test", "totp"),
    ("method", "add", "nobody@nowhere.test", "totp", "--digits", "7"),
    ("application", "remove", "none such"),
    ("application", "add", "x", "--client", "not-an-address", "--secret-stdin"),
    ("application", "add", "x", "--client", "192.0.2.1", "--secret-stdin", "--deadline", "0"),
    ("application", "add", "x", "--client", "192.0.2.1", "--secret-stdin", "--deadline", "301"),
    ("application", "add", "x", "--client", "192.0.2.1", "--secret-stdin", "--primary", "none-such"),
    ("application", "add", "x", "--client", "0.0.0.0/0", "--secret-stdin"),
    ("directory", "remove", "none such"),
    ("directory", "add", "x", "--type", "ldap", "--url", "http://h", "--base", "dc=x"),
    ("bypass", "add", "nobody@nowhere.test", "--seconds", "60", "--reason", "r"),
    ("bypass", "cancel", "00000000-0000-7000-8000-000000000000", "--reason", "r"),
    ("bypass", "cancel", "no-identifier", "--reason", "r"),
    ("rule", "add", "--type", "user", "--seconds", "0"),
    ("rule", "add", "--type", "user", "--seconds", "301"),
    ("rule", "add", "--type", "application", "--seconds", "3601"),
    ("rule", "add", "--type", "ip", "--seconds", "86401"),
    ("rule", "remove", "00000000-0000-7000-8000-000000000000"),
    ("activity", "--limit", "0"),
    ("why", "00000000-0000-7000-8000-000000000000"),
    ("what-if", "nobody", "none such"),
    ("setting", "set", "radius.reject_delay", "11"),
    ("setting", "set", "none.such", "1"),
    ("authenticator", "answer", "--state", "/nonexistent/state", "--approve"),
    ("authenticator", "pair", "not a url", "--state", "/nonexistent/state"),
]


@pytest.mark.parametrize("tokens", REFUSED, ids=" ".join)
def test_what_is_refused_is_exit_code_1_and_a_reason(alone: Watchword, tokens: tuple[str, ...]) -> None:
    before = [alone.here(*listing, "--json").out for listing in (("application", "list"), ("user", "list"))]

    ran = alone.here(*tokens, "--json", stdin=SECRET)

    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("watchword: ")
    assert [alone.here(*listing, "--json").out for listing in (("application", "list"), ("user", "list"))] == before


@pytest.mark.parametrize("seconds", ["0", "-1", "3601", "1000000000000000000000"])
def test_a_bypass_of_impossible_length_is_refused(alone: Watchword, seconds: str) -> None:
    user = alone.user()

    assert alone.here("bypass", "add", user, f"--seconds={seconds}", "--reason", "r").code == 1
    assert not [row for row in alone.ask("bypass", "list", "--all") if row["user"] == user]
