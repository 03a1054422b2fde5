"""
The examples of docs/api.md, run from its first to its last.
"""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.rigs.rest import Answer, Program, Shop, asked
from tests.rigs.watchword import Watchword

DOCS: Final = Path(__file__).parents[2] / "docs" / "api.md"
ANYTHING: Final = "…"


@dataclass(frozen=True)
class Message:
    """A request or an answer, as the page has it."""

    first: str
    headers: dict[str, str]
    body: Any

    @classmethod
    def read(cls, written: str) -> "Message":
        head, _, body = written.partition("\n\n")
        first, *lines = head.splitlines()
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return cls(first, headers, json.loads(body) if body.strip() else None)


def messages() -> list[Message]:
    return [Message.read(found) for found in re.findall(r"```http\n(.*?)```", DOCS.read_text(), re.DOTALL)]


def fits(shown: Any, real: Any) -> bool:
    """Tell whether an answer is the one that the page shows; it may have more, as answers of later versions will."""
    if shown == ANYTHING:
        return isinstance(real, str) and bool(real)
    if isinstance(shown, dict):
        return isinstance(real, dict) and shown.keys() <= real.keys() and all(fits(shown[k], real[k]) for k in shown)
    if isinstance(shown, list):
        return isinstance(real, list) and len(shown) == len(real) and all(map(fits, shown, real))
    return bool(shown == real)


class Reader:
    """Somebody who does what the page shows, one after the other."""

    def __init__(self, server: Watchword) -> None:
        self._server = server
        shop = Shop.of(server, "shop")
        basic = base64.b64encode(f"{shop.name}:{shop.secret}".encode()).decode()
        self._known = {"<KEY>": Program.of(server).key, "<BASIC>": basic}

    def sends(self, request: Message) -> Answer:
        method, path = self._filled(request.first).split(" ", 1)
        headers = {name: self._filled(value) for name, value in request.headers.items() if name != "content-type"}
        answer = asked(self._server, method, path, request.body, headers)
        self._known |= {"<ETAG>": answer.headers["etag"]} if "etag" in answer.headers else {}
        document = answer.document if answer.body else {}
        self._known |= {f"<{name.upper()}>": document[name] for name in ("next", "url") if document.get(name)}
        return answer

    def _filled(self, written: str) -> str:
        for name, value in self._known.items():
            written = written.replace(name, value)
        assert "<" not in written, written
        return written


def test_every_example_is_what_really_happens(server: Watchword) -> None:
    reader, shown = Reader(server), messages()
    assert len(shown) > 20

    for request, expected in zip(shown[::2], shown[1::2], strict=True):
        if "carol" in str(request.body):
            # She comes with a phone, after the lists were looked at.
            server.phone(server.user(name="carol@example.org"))
        answer = reader.sends(request)

        assert expected.first == f"HTTP/1.1 {answer.status}", (request.first, answer.body)
        for name, value in expected.headers.items():
            assert fits(value, answer.headers[name]), (request.first, name)
        assert expected.body is None or fits(expected.body, answer.document), (request.first, answer.body)
