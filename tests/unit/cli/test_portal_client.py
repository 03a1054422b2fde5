"""
Commands for a portal elsewhere: the same documents and exit codes as on its host.
"""

import asyncio
import http.client
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from email.message import Message
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest

from tests.fakes.office import ALICE, SECRET, VPN, Office
from tests.unit.app import conftest
from tests.unit.cli.terminal import Ran, typed
from tests.unit.cli.test_commands import COMMANDS
from tests.unit.cli.test_for_people import Done
from tests.unit.web.api.desk import KEYS, Desk
from watchword.app.operations import OPERATIONS, read_arguments
from watchword.cli.portal_client import LONGEST_WAIT, TRIES, PortalPerformer
from watchword.cli.session import Performer, Refused, Usage
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.web.api.reading import asked
from watchword.web.api.resources import OF_OPERATION, PREFIX
from watchword.web.api.routing import Paths

KEY: Final = Secret(KEYS[Role.OWNER].encode())
PORTAL: Final = "https://portal.example.org"


class Answered:
    """What came back."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = Message()
        for name, value in (headers or {}).items():
            self.headers[name] = value
        self._body = io.BytesIO(body)
        self.read = self._body.read
        self.readline = self._body.readline


class Wire(http.client.HTTPConnection):
    """A connection whose other end is a function of a test's."""

    def __init__(self, answers: Callable[[str, str, bytes | None, dict[str, str]], Answered]) -> None:
        super().__init__("portal.example.org")
        self._answers = answers
        self.sent: list[tuple[str, str, bytes | None, dict[str, str]]] = []

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **_: Any) -> None:
        self.sent.append((method, url, body, dict(headers)))

    def getresponse(self) -> Any:
        return self._answers(*self.sent[-1])


def over(answers: Callable[..., Answered], *, waits: list[float] | None = None) -> tuple[PortalPerformer, Wire]:
    wire = Wire(answers)
    waited = [] if waits is None else waits
    return PortalPerformer(PORTAL, KEY, connection=wire, wait=waited.append), wire


def to(office: Office) -> Performer:
    """Return a way to an office over its API."""
    desk = Desk(office)

    def answers(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answered:
        answer = asyncio.run(desk.ask(method, path, body, role=None, headers=headers))
        return Answered(answer.status, answer.body, answer.headers)

    return over(answers)[0]


# --- the same as on the host


def furnished(office: Office) -> None:
    async def furnish() -> None:
        await office.user()
        await office.application()

    asyncio.run(furnish())


@pytest.mark.parametrize(("line", "name", "arguments", "stdin"), COMMANDS)
def test_what_a_command_asks_arrives_as_it_was_asked(
    line: str, name: str, arguments: dict[str, Any], stdin: bytes
) -> None:
    """The table, read in one direction by the client and in the other by the portal, says the same."""
    del line, stdin
    if name not in OF_OPERATION:
        pytest.skip("not over REST")
    resource = OF_OPERATION[name]
    performer, wire = over(lambda *_: Answered(200, b'{"items": [], "next": null}'))

    performer.perform(name, arguments)

    method, path, body, _ = wire.sent[-1]
    raw, _, query = path.partition("?")
    found = Paths([(resource.method, resource.path, resource)]).find(raw.removeprefix(PREFIX).encode())
    assert found is not None
    _, in_path = found.by_method[method]
    read = asked(resource, in_path, dict(parameters_of(query)), json.loads(body or b"{}"))
    wanted = values_of(name, arguments)
    if resource.pages is not None:
        wanted = {**wanted, "limit": wanted["limit"] + 1}
    assert getattr(read, "arguments", read) == OPERATIONS[name].arguments(**wanted)


def parameters_of(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def values_of(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    read = read_arguments(OPERATIONS[name], arguments)
    return {field.name: getattr(read, field.name) for field in fields(OPERATIONS[name].arguments)}


SAME: Final = (
    "user list",
    f"user show {ALICE}",
    "user show nobody@example.org",
    f"user block {ALICE} --reason stolen",
    f"user unlock {ALICE}",
    "user add bob@example.org",
    f"user add {ALICE}",
    f"user remove {ALICE}",
    f"method add {ALICE} totp",
    f"method list {ALICE}",
    f"method remove {ALICE} 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12",
    "application list",
    f"application change {VPN} --deadline 40",
    f"application change {VPN} --deadline 400",
    f"application client-remove {VPN} 127.0.0.1",
    f"application remove {VPN}",
    "application remove none",
    f"bypass add {ALICE} --reason phone --seconds 60",
    f"bypass add {ALICE} --reason phone --seconds 999999",
    "bypass list --all",
    "rule add --type user --seconds 60",
    "rule add --type user --seconds 600000",
    "rule list",
    "rule entries",
    "rule purge",
    "group add berlin",
    "group list",
    "setting list",
    "setting set lock.failures 3",
    "setting set lock.failures -1",
    "setting set nothing 1",
    "activity",
    "activity --limit 7",
    "why 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12",
    "why nothing",
    f"what-if {ALICE} {VPN}",
    f"what-if {ALICE} {VPN} --code-typed --source 198.51.100.7",
    "pending",
    "pending --user nobody@example.org",
    "audit verify",
    "key list",
    "doctor",
)


@pytest.mark.parametrize("line", SAME)
def test_a_command_ends_as_on_the_host(office: Office, other: Office, line: str) -> None:
    furnished(office)
    furnished(other)
    tokens = [*line.split(" "), "--json"]

    here = typed(*tokens, reach=lambda _: Done(office))
    there = typed(*tokens, reach=lambda _: to(other))

    assert there == Ran(here.code, *(written.replace("host", "owner key") for written in (here.out, here.err)))


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Office]:
    """Have a second office that is just like the first."""
    made = conftest.office.__wrapped__(tmp_path / "data")  # type: ignore[attr-defined]
    yield next(made)
    made.close()


def test_a_long_list_is_gone_through(office: Office) -> None:
    for number in range(7):
        asyncio.run(office.user(f"user{number}@example.org", password=None))
    performer = to(office)

    first = performer.perform("user.list", {"limit": 3})
    second = performer.perform("user.list", {"limit": 3, "after": first[-1]["username"]})
    third = performer.perform("user.list", {"limit": 3, "after": second[-1]["username"]})

    assert [row["username"][4] for row in first + second + third] == list("0123456")
    assert performer.perform("user.list", {"limit": 3, "after": third[-1]["username"]}) == []


def test_secrets_arrive_whole(office: Office) -> None:
    furnished(office)
    secret = bytes(range(20, 60)) + b"\xff\xfe"

    ran = typed(
        "application", "secret-replace", VPN, "--secret-stdin", reach=lambda _: to(office), stdin=secret + b"\n"
    )

    configuration = asyncio.run(office.configuration())
    assert ran.code == 0
    assert [each.octets for each in configuration.clients[0].secrets] == [SECRET.octets, secret]


# --- where the portal is, and who asks


@pytest.mark.parametrize("key", ["", "   "])
def test_without_a_key_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("WATCHWORD_API_KEY", key)

    ran = typed("user", "list", "--portal", PORTAL, data=None)

    assert (ran.code, ran.out) == (2, "")
    assert "WATCHWORD_API_KEY" in ran.err


@pytest.mark.parametrize("key", ["a\x07b", "schl\xfcssel", "line\nbreak"])
def test_a_key_that_can_be_none_is_not_sent(key: str) -> None:
    with pytest.raises(Refused) as refused:
        PortalPerformer(PORTAL, Secret(key.encode()))

    assert key not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "portal.example",
        "ftp://portal.example",
        "https://",
        "https://a@b",
        "https://a?b",
        "https://a/#b",
        "https://a:b",
        "https://[",
    ],
)
def test_an_address_is_that_of_a_portal(url: str) -> None:
    with pytest.raises(Usage):
        PortalPerformer(url, KEY)


@pytest.mark.parametrize("url", ["http://portal.example", "http://192.0.2.1:8080", "http://localhost.example"])
def test_a_key_is_never_sent_in_clear(url: str) -> None:
    with pytest.raises(Refused) as refused:
        PortalPerformer(url, KEY)

    assert "in clear" in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://[::1]:8080/", "http://localhost"])
def test_this_machine_may_be_spoken_to_in_clear(url: str) -> None:
    PortalPerformer(url, KEY).close()


def test_a_portal_below_a_path_is_asked_there() -> None:
    wire = Wire(lambda *_: Answered(200, b'{"items": [], "next": null}'))

    PortalPerformer("https://portal.example.org/mfa/", KEY, connection=wire).perform("group.list", {})

    assert wire.sent[0][:2] == ("GET", "/mfa/api/v1/groups")


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    for name, octets in (("none.pem", None), ("empty.pem", b""), ("other.pem", b"no certificate")):
        if octets is not None:
            (tmp_path / name).write_bytes(octets)
        with pytest.raises(Refused):
            PortalPerformer(PORTAL, KEY, ca=tmp_path / name)


def test_two_places_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_API_KEY", "wwk")

    assert typed("user", "list", "--portal", PORTAL).code == 2
    assert typed("user", "list", "--ca", "x.pem").code == 2


def test_the_key_stands_in_the_header_and_nowhere_else() -> None:
    performer, wire = over(lambda *_: Answered(201, b"{}"))

    performer.perform("user.add", {"username": ALICE})

    method, path, body, headers = wire.sent[0]
    assert headers["authorization"] == f"Bearer {KEYS[Role.OWNER]}"
    assert KEYS[Role.OWNER] not in f"{method} {path} {body!r}"
    assert "authorization" not in repr(performer)
    assert re.fullmatch(r"[0-9a-f]{32}", headers["idempotency-key"])


# --- what may go wrong on the way


def test_a_portal_that_is_asked_too_often_is_waited_for() -> None:
    waits: list[float] = []
    answers = [Answered(429, b"{}", {"retry-after": "2"}), Answered(200, b'{"items": [], "next": null}')]
    performer, _ = over(lambda *_: answers.pop(0), waits=waits)

    assert performer.perform("group.list", {}) == []
    assert waits == [2]


def test_it_is_not_waited_for_ever() -> None:
    waits: list[float] = []
    performer, wire = over(lambda *_: Answered(429, b"{}", {"retry-after": "1"}), waits=waits)
    with pytest.raises(Refused):
        performer.perform("group.list", {})
    assert len(waits) == len(wire.sent) == TRIES

    performer, wire = over(lambda *_: Answered(429, b'{"detail": "no"}', {"retry-after": str(LONGEST_WAIT + 1)}))
    with pytest.raises(Refused, match="no"):
        performer.perform("group.list", {})
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"detail": "x"}', "does not take this API key"),
        (403, b'{"detail": "the role may not"}', "the role may not"),
        (502, b"<html>", "HTTP status 502"),
        (500, b'{"detail": 7}', "HTTP status 500"),
        (200, b"<html>", "cannot be understood"),
        (302, b"", "HTTP status 302"),
    ],
)
def test_a_refusal_is_told_in_the_portals_words(status: int, body: bytes, words: str) -> None:
    performer, _ = over(lambda *_: Answered(status, body))

    with pytest.raises(Refused, match=words):
        performer.perform("group.list", {})


def lost(times: int) -> Callable[..., Answered]:
    def answers(*_: object) -> Answered:
        nonlocal times
        times -= 1
        if times >= 0:
            raise http.client.RemoteDisconnected("gone")
        return Answered(200, b'{"items": [], "next": null}')

    return answers


def test_a_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    performer, wire = over(lost(1))
    wire.sock = io.BytesIO()

    assert performer.perform("group.list", {}) == []


def test_what_may_have_been_done_is_not_done_again() -> None:
    performer, wire = over(lost(1))
    wire.sock = io.BytesIO()

    with pytest.raises(Refused, match="not known"):
        performer.perform("user.unlock", {"user": ALICE})
    assert len(wire.sent) == 1


def test_a_portal_that_cannot_be_reached_is_told() -> None:
    performer, _ = over(lost(1))

    with pytest.raises(Refused, match="cannot be reached"):
        performer.perform("group.list", {})


def test_what_happens_is_followed_line_by_line() -> None:
    performer, wire = over(lambda *_: Answered(200, b'{"id": "1"}\n{"id": "2"}\n'))

    assert [row["id"] for row in performer.follow({"user": "ann", "reason": "push"})] == ["1", "2"]
    assert wire.sent[0][1] == "/api/v1/activity/stream?user=ann&reason=push"
    assert wire.sent[0][3]["accept"] == "application/x-ndjson"
    assert [*over(lambda *_: Answered(200, b""))[0].follow({})] == []


def test_who_may_not_follow_is_told() -> None:
    performer, _ = over(lambda *_: Answered(403, b'{"detail": "no"}'))

    with pytest.raises(Refused, match="no"):
        next(iter(performer.follow({})))
