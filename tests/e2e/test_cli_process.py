"""
`watchword up` as a process: how it starts, what it says where it cannot, how it ends, and how quickly commands answer.
"""

import http.client
import json
import os
import re
import select
import signal
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.certificates import make_server_certificate
from tests.rigs.nas import PATIENCE
from tests.rigs.watchword import PASSWORD, PROGRAM, STATION, Watchword, until
from watchword.web.sockets import connect_control

TRIES: Final = 10
"""Runs of which one has to be quick: others may be at work on this machine."""

PORTS: Final = ("--http", "127.0.0.1:0", "--radius", "127.0.0.1:0")


@pytest.fixture
def ended(tmp_path: Path) -> Watchword:
    """Return a data folder that was used, and that nobody has now."""
    server = Watchword(tmp_path / "watchword")
    server.data.mkdir(parents=True)
    server.ask("user", "add", "ann@example.test")
    return server


def refused_to_start(server: Watchword, *options: str) -> str:
    """Start what has to be refused, here and at once, and return why; nothing may be left of it."""
    given = [token for token in zip(PORTS[::2], PORTS[1::2], strict=True) if token[0] not in options]
    ran = server.here("up", *chain.from_iterable(given), *options, "--json")
    assert (ran.code, ran.out) == (1, ""), ran
    lines = ran.err.splitlines()
    assert all(line.startswith("watchword: ") for line in lines), ran.err
    assert not (server.data / "control.sock").exists()
    return "\n".join(line.removeprefix("watchword: ") for line in lines)


# --- starting


def test_what_is_served_is_said_in_one_line(server: Watchword) -> None:
    ready = server.ready

    assert ready["event"] == "ready"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", ready["http"])
    assert re.fullmatch(r"127\.0\.0\.1:\d+", ready["radius"])
    assert re.fullmatch(r"127\.0\.0\.1:\d+", ready["accounting"])
    assert re.fullmatch(r"http://localhost:\d+/setup/[A-Za-z0-9_-]{43}", ready["setup_url"])


def test_nobody_else_may_look_into_the_folder_or_ask_the_process(server: Watchword) -> None:
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.data / "control.sock").stat().st_mode) == 0o600


@pytest.mark.needs("oathtool")
def test_the_example_is_shown_to_people_and_works(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    command = [str(PROGRAM), "up", "--demo", "--data", str(server.data), *PORTS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("`watchword --help`"):
                break
        shown = "".join(lines)
        password, token = re.search(r"password (\S+)", shown), re.search(r"its token +(\S+)", shown)
        assert password is not None, shown
        assert token is not None, shown
        typing = ["oathtool", "--totp", "--base32", token[1]]
        code = subprocess.run(typing, capture_output=True, text=True, check=True).stdout.strip()
        named = ("Example VPN", "alice@example.org", "--password-stdin", "--code", code)
        tried = server.run("try", *named, "--json", stdin=password[1])
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0

    assert shown.startswith("Watchword serves.\n  RADIUS         127.0.0.1:")
    assert (tried.code, tried.document["answer"]) == (0, "accept")


def test_https_is_served_to_whoever_trusts_its_authority(tmp_path: Path) -> None:
    files = make_server_certificate(tmp_path, host="localhost")
    server = Watchword(tmp_path)
    server.start("--tls-cert", str(files.certificate), "--tls-key", str(files.key))
    trusting = ssl.create_default_context(cafile=str(files.authority))
    port = int(server.ready["http"].rpartition(":")[2])
    with closing(http.client.HTTPSConnection("localhost", port, timeout=PATIENCE, context=trusting)) as connection:
        connection.request("GET", "/healthz/ready")
        answer = connection.getresponse()
        body = json.loads(answer.read())

    assert server.ready["http"].startswith("https://")
    assert (answer.status, body) == (200, {"status": "ok"})
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert server.stop() == 0


# --- where it cannot


def test_a_port_in_use_is_one_sentence(ended: Watchword) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = "{}:{}".format(*taken.getsockname())
        assert refused_to_start(ended, "--http", where) == (
            f"{where} is in use by another program; stop that one, or choose another with --http"
        )


def test_a_radius_port_in_use_is_one_sentence(ended: Watchword) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        where = "{}:{}".format(*taken.getsockname())
        for option in ("--radius", "--accounting"):
            assert refused_to_start(ended, option, where).startswith(f"{where} is in use by another program")


def test_an_address_that_is_not_ours_is_one_sentence(ended: Watchword) -> None:
    assert refused_to_start(ended, "--http", "192.0.2.1:0").startswith("192.0.2.1:0 is no address of this machine")
    assert refused_to_start(ended, "--radius", "192.0.2.1:0").startswith("192.0.2.1:0 is no address of this machine")


def test_a_folder_that_another_process_has_is_left_to_it(server: Watchword) -> None:
    ran = server.run("up", *PORTS, "--json")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"watchword: the data folder {server.data} is in use by another process\n"
    assert server.run("user", "list").code == 0, "and that one still serves"


def test_a_folder_that_everybody_uses_is_not_taken(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    server.data.mkdir()
    server.data.chmod(0o1777)

    assert refused_to_start(server).startswith(f"{server.data} is a folder that others use")

    assert list(server.data.iterdir()) == []
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o1777


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    server.data.write_text("a file")

    assert refused_to_start(server) == f"{server.data} is no folder; name one, or what is not there yet"
    assert server.data.read_text() == "a file"


def broken(server: Watchword) -> None:
    database = server.data / "watchword.db"
    database.write_bytes(b"no database" + database.read_bytes()[11:])


def of_the_future(server: Watchword) -> None:
    with closing(sqlite3.connect(server.data / "watchword.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()


def of_another_program(server: Watchword) -> None:
    (server.data / "watchword.db").unlink()
    with closing(sqlite3.connect(server.data / "watchword.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE letters (text)")
        database.commit()


def without_its_keys(server: Watchword) -> None:
    (server.data / "keys").unlink()


def with_others_keys(server: Watchword) -> None:
    (server.data / "keys").write_text("no keys")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (broken, "watchword.db"),
        (of_the_future, "was made by a later Watchword"),
        (of_another_program, "was not made by Watchword: give another data folder"),
        (without_its_keys, "keys is missing, and the secrets in"),
        (with_others_keys, "keys"),
    ],
)
def test_a_database_that_cannot_be_used_is_left_as_it_is(
    ended: Watchword, what: Callable[[Watchword], None], words: str
) -> None:
    what(ended)
    before = {file.name: file.read_bytes() for file in ended.data.iterdir()}

    reason = refused_to_start(ended)
    listed = ended.here("user", "list", "--json")

    assert words in reason
    assert "\n" not in reason
    assert (listed.code, listed.out, listed.err) == (1, "", f"watchword: {reason}\n")
    after = {file.name: file.read_bytes() for file in ended.data.iterdir()}
    assert {name: octets for name, octets in after.items() if name in before} == before
    assert set(after) - set(before) <= {"watchword.db-shm", "watchword.db-wal"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("radius = 1812", "radius must be a text in quotes"),
        ("radios = '127.0.0.1:1812'", "there is no key 'radios'; the keys are http, radius"),
        ("public_url = 'portal.example.org'", "public_url must start with http:// or https://"),
        ("log_format = 'xml'", "log_format must be json or console"),
        ("tls_cert = 'cert.pem'", "tls_cert and tls_key go together"),
        ("radius =", "watchword.toml is not TOML"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told_by_its_key(ended: Watchword, text: str, words: str) -> None:
    (ended.data / "watchword.toml").write_text(text)

    assert words in refused_to_start(ended)


def test_every_fault_of_a_configuration_is_told_at_once(ended: Watchword) -> None:
    (ended.data / "watchword.toml").write_text("log_format = 'xml'\nradios = '1'\npublic_url = 'x'")

    assert len(refused_to_start(ended).splitlines()) == 3


def test_a_certificate_that_cannot_be_used_is_told(ended: Watchword, tmp_path: Path) -> None:
    files = make_server_certificate(tmp_path, host="localhost")

    nowhere = refused_to_start(ended, "--tls-cert", "/nowhere.pem", "--tls-key", str(files.key))
    swapped = refused_to_start(ended, "--tls-cert", str(files.key), "--tls-key", str(files.certificate))

    assert nowhere == "tls_cert: there is no file /nowhere.pem"
    assert swapped.endswith("do not fit together or are no PEM")


# --- ending


def test_it_ends_soon_though_a_device_waits_and_somebody_follows(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    server.start()
    phone = server.phone(server.user())
    waits = [str(PROGRAM), "authenticator", "answer", "--state", str(phone.state), "--approve", "--wait", "60"]
    follows = [str(PROGRAM), "activity", "--follow", "--json", "--data", str(server.data)]
    nas = server.nas("--primary", "asserted")
    with (
        subprocess.Popen(waits, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as device,
        subprocess.Popen(follows, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as following,
    ):
        assert following.stdout is not None
        for number in range(100):
            with nas.begin(f"nobody{number}@example.test", "123456", station=STATION) as login:
                assert login.answer().rejected
            if select.select([following.stdout], [], [], 0.1)[0]:
                break
        began = time.monotonic()
        assert server.stop() == 0
        took = time.monotonic() - began
        lines = following.stdout.read().splitlines()
        assert following.wait(PATIENCE) == 0
        assert device.wait(PATIENCE) == 1

    assert json.loads(lines[0])["reason"] == "unknown-user"
    assert took < 5


def test_a_login_that_waits_is_answered_before_it_ends(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    server.start()
    user, nas = server.user(), server.nas("--deadline", "3")
    server.phone(user)
    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        assert server.stop() == 0
        assert login.answer().rejected


def listens(server: Watchword) -> bool:
    try:
        connect_control(server.data, seconds=PATIENCE).close()
    except OSError:
        return False
    return True


def test_whoever_asks_twice_means_it(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    server.start()
    user, nas = server.user(), server.nas()
    server.phone(user)
    process = server.process
    assert process is not None
    with nas.begin(user, PASSWORD, station=STATION):
        server.waits(user)
        process.send_signal(signal.SIGINT)
        until(lambda: not listens(server), "the first signal heard")
        process.send_signal(signal.SIGINT)
        assert process.wait(2) == 128 + signal.SIGINT
    assert process.stdout is not None
    process.stdout.close()

    assert server.run("audit", "verify").code == 0
    server.start()
    assert server.stop() == 0


def test_a_socket_that_a_killed_process_has_left_is_replaced(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    server.start()
    server.kill()
    assert (server.data / "control.sock").is_socket()

    assert server.run("user", "list").code == 0, "on the database alone"
    server.start()
    assert server.run("user", "list").code == 0
    assert server.stop() == 0
    assert not (server.data / "control.sock").exists()


# --- commands beside it


def cheapest(server: Watchword, limit: float) -> float:
    """Return the processor time of the first run within a limit, or of the cheapest: waiting for others counts not."""
    times: list[float] = []
    while not times or (min(times) >= limit and len(times) < TRIES):
        before = os.times()
        assert server.run("user", "list", "--json").code == 0
        after = os.times()
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return min(times)


def test_a_command_costs_less_than_300_ms_through_the_process(server: Watchword) -> None:
    assert cheapest(server, 0.3) < 0.3


def test_a_command_costs_less_than_a_second_on_the_database_alone(ended: Watchword) -> None:
    assert cheapest(ended, 1.0) < 1.0


#: What takes long to import, and belongs to the process that serves.
HEAVY: Final = (
    "alembic",
    "asyncio",
    "cryptography",
    "msgspec",
    "rich",
    "sqlalchemy",
    "starlette",
    "structlog",
    "uvicorn",
)


def loaded(server: Watchword, *tokens: str) -> set[str]:
    """Return the packages that a command has imported."""
    program = (
        "import sys\nfrom watchword.cli.main import main\ntry:\n    main()\nfinally:\n"
        "    sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *tokens, "--data", server.data], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_a_command_imports_nothing_heavy_where_a_process_does_the_work(server: Watchword) -> None:
    assert loaded(server, "user", "list", "--json").isdisjoint(HEAVY)
    assert loaded(server, "bypass", "list", "--all", "--json").isdisjoint(HEAVY)


def test_on_the_database_alone_it_imports_what_that_needs(ended: Watchword) -> None:
    assert loaded(ended, "user", "list", "--json").isdisjoint({"alembic", "starlette", "uvicorn"})


def test_a_reader_that_has_seen_enough_ends_a_command_quietly(server: Watchword) -> None:
    for _ in range(3):
        server.user()
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [PROGRAM, "user", "list", "--json", "--data", server.data], stdout=writes, stderr=subprocess.PIPE, check=False
    )
    os.close(writes)

    assert (done.returncode, done.stderr) == (1, b"")


# --- health


def asked(server: Watchword, path: str, **headers: str) -> tuple[int, bytes, http.client.HTTPMessage]:
    host, _, port = server.ready["http"].removeprefix("http://").rpartition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=PATIENCE)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers


def test_health_is_told_to_everybody_and_numbers_to_those_nearby(server: Watchword) -> None:
    assert asked(server, "/healthz/live")[:2] == (200, b'{"status":"ok"}')
    assert asked(server, "/healthz/ready")[:2] == (200, b'{"status":"ok"}')
    assert b"watchword_outcomes_total" in asked(server, "/metrics")[1]
    assert asked(server, "/metrics", **{"X-Forwarded-For": "8.8.8.8"})[0] == 404


@pytest.mark.parametrize("path", ["/operations/user.list", "/alive", "/follow", "/docs", "/openapi.json", "/../keys"])
def test_there_is_nothing_else_over_tcp(server: Watchword, path: str) -> None:
    status, body, headers = asked(server, path)

    assert status == 404
    assert json.loads(body)["type"] == "/problems/not-found"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


# --- secrets


def test_no_secret_of_a_command_is_seen_by_anybody_else(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    server.start()
    user = "canary@example.test"
    secrets = {
        name: f"canary-{name}-{'x' * 24}" for name in ("password", "next", "vpn", "client", "new", "bind", "old")
    }
    server.canaries.update(secrets.values())
    ldap = ("--type", "ldap", "--url", "ldap://127.0.0.1:9", "--base", "dc=x")
    commands = [
        (("user", "add", user, "--password-stdin"), "password"),
        (("user", "password", user, "--password-stdin"), "next"),
        (("application", "add", "vpn", "--client", "127.0.0.1", "--secret-stdin"), "vpn"),
        (("application", "client-add", "vpn", "192.0.2.1", "--secret-stdin"), "client"),
        (("application", "secret-replace", "vpn", "--client", "192.0.2.1", "--secret-stdin"), "new"),
        (("directory", "add", "ad", *ldap, "--bind-dn", "cn=x", "--bind-password-stdin"), "bind"),
        (("directory", "add", "old", "--type", "radius", "--url", "radius://127.0.0.1:9", "--secret-stdin"), "old"),
        (("directory", "test", "ad", user, "--password-stdin"), "next"),
        (("try", "vpn", user, "--password-stdin"), "next"),
        (("try", "vpn", user, "--password-stdin", "--code", "123456"), "password"),
    ]
    said = []
    for tokens, name in commands:
        ran = server.run(*tokens, stdin=secrets[name] + "\n")
        assert ran.code in {0, 1}
        said.append(ran.out + ran.err)
    for tokens in (("application", "list"), ("directory", "list"), ("activity",), ("doctor",), ("user", "show", user)):
        ran = server.here(*tokens, "--json")
        said.append(ran.out + ran.err)

    assert server.leaks(texts=said) == []
    assert server.stop() == 0
    assert server.leaks(texts=said) == []
