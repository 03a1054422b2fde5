"""
Programs that speak to the REST API: one with an API key, and one that is an application of type `api`.
"""

import base64
import http.client
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.rigs.nas import PATIENCE
from tests.rigs.watchword import PASSWORD, Ran, Watchword
from watchword.cli.main import run
from watchword.cli.reaching import reach
from watchword.cli.session import Terminal

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Program:
    """A program that has an API key."""

    server: Watchword
    key: str = field(repr=False)

    @classmethod
    def of(cls, server: Watchword, role: str = "owner") -> "Program":
        """Return a program with a new key."""
        key = server.ask("key", "add", "--role", role)["key"]
        server.canaries.add(key)
        return cls(server, key)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request with the key."""
        return asked(self.server, method, path, body, {"authorization": f"Bearer {self.key}", **headers})

    def command(self, *tokens: str, stdin: str = "", url: str | None = None) -> Ran:
        """Run a command with `--portal` inside of this process."""
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(stdin=io.BytesIO(stdin.encode()), stdout=out, stderr=err, secret=None, drawn=False)
        before = os.environ.get("WATCHWORD_API_KEY")
        os.environ["WATCHWORD_API_KEY"] = self.key
        try:
            code = run([*tokens, "--portal", url or self.server.ready["http"]], reach=reach, terminal=terminal)
        finally:
            os.environ.pop("WATCHWORD_API_KEY") if before is None else os.environ.update(WATCHWORD_API_KEY=before)
        return Ran(code, out.getvalue(), err.getvalue())


@dataclass
class Shop:
    """An application of type `api`."""

    server: Watchword
    name: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, server: Watchword, name: str, *options: str) -> "Shop":
        """Add an application of type `api`."""
        secret = base64.b64encode(os.urandom(24)).decode()
        server.canaries.add(secret)
        server.ask("application", "add", name, "--type", "api", "--secret-stdin", *options, stdin=secret)
        return cls(server, name, secret)

    @property
    def headers(self) -> dict[str, str]:
        """What shows who it is."""
        return {"authorization": "Basic " + base64.b64encode(f"{self.name}:{self.secret}".encode()).decode()}

    def login(self, user: str, **asked_: Any) -> Any:
        """Ask for a verification, and return what is answered."""
        body = {"user": user, "password": PASSWORD, "source": "203.0.113.7"} | asked_
        body = {name: value for name, value in body.items() if value is not None}
        answer = asked(self.server, "POST", f"{PREFIX}/verifications", body, self.headers)
        assert answer.status in {200, 202}, answer
        return answer.document

    def wait(self, pending: Any, seconds: int = 20) -> Any:
        """Wait for the outcome of a verification by long poll."""
        assert pending["outcome"] == "pending", pending
        answer = asked(self.server, "GET", f"{pending['url']}?wait={seconds}", None, self.headers)
        assert answer.status == 200, answer
        return answer.document

    def cancel(self, pending: Any) -> int:
        """Cancel a verification, and return the status."""
        return asked(self.server, "DELETE", pending["url"], None, self.headers).status

    def events(self, pending: Any) -> Iterator[tuple[str, Any]]:
        """Yield the events of a verification."""
        with closing(connection(self.server)) as opened:
            opened.request("GET", pending["url"], headers={**self.headers, "accept": "text/event-stream"})
            answer = opened.getresponse()
            assert answer.getheader("content-type", "").startswith("text/event-stream")
            name = ""
            while line := answer.readline().decode().rstrip("\n") or " ":
                if line == " " and answer.closed:
                    return
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield name, json.loads(line.removeprefix("data: "))


def connection(server: Watchword) -> http.client.HTTPConnection:
    """Return a connection to a server."""
    parts = urlsplit(server.ready["http"])
    assert parts.hostname is not None
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)


def asked(server: Watchword, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
    """Send a request over a connection of its own."""
    with closing(connection(server)) as opened:
        octets = None if body is None else json.dumps(body).encode()
        sent = dict(headers) | ({} if body is None else {"content-type": "application/json"})
        opened.request(method, path, octets, sent)
        answer = opened.getresponse()
        shown = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, shown, answer.read())
