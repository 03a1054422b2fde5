"""
Getting operations done by a portal elsewhere, over its REST API.

What stands where is read from the table that the portal serves from, in the other direction.
"""

import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from watchword.cli.session import Refused, Usage
from watchword.domain.secrets import Secret
from watchword.kit.randomness import Randomness, SystemRandomness
from watchword.upstream.authenticator.portal import is_here
from watchword.web.api.resources import (
    LONGEST_PAGE,
    NOT_SERVED,
    OF_OPERATION,
    PREFIX,
    WITH_BODY,
    Resource,
    must_have_seen,
)

SECONDS: Final = 60.0
"""Seconds that the portal has for an answer; a walk of a whole chain has `LONGEST_SECONDS`."""

LONGEST_SECONDS: Final = 3_600.0
LONGEST_WAIT: Final = 10
"""Seconds that a portal which is asked too often may let us wait before we give up."""

TRIES: Final = 10
LONGEST_ANSWER: Final = 64 << 20
NAME_OCTETS: Final = 16
PIECE: Final = 1 << 16

_SLOW: Final = frozenset({"audit.verify", "key.rotate", "try", "directory.test"})

Wait = Callable[[float], object]
"""Waits so many seconds."""


class PortalPerformer:
    """Implements `cli.session.Performer`."""

    def __init__(
        self,
        url: str,
        key: Secret | None,
        *,
        ca: Path | None = None,
        randomness: Randomness | None = None,
        wait: Wait | None = None,
        connection: http.client.HTTPConnection | None = None,
    ) -> None:
        """
        Prepare to ask; nothing is sent yet.

        Args:
            url: of the portal.
            key: the API key.
            ca: certificates of authorities that are trusted besides those of the system, None for those alone.
            randomness: names requests.
            wait: waits where the portal is asked too often.
            connection: to speak over, None for one of its own.

        Raises:
            Usage: it is no such URL, or no key was given.
            Refused: it may not be used, or the certificates cannot be read.
        """
        if key is None:
            raise Usage("an API key is needed for --portal: WATCHWORD_API_KEY in the environment, and nowhere else")
        if not (key.octets.isascii() and key.octets.decode().isprintable()):
            raise Refused("WATCHWORD_API_KEY is no API key; `watchword key add` makes one")
        self._key = key
        self._randomness = randomness or SystemRandomness()
        self._wait = wait or Event().wait
        self._host, own, self._path = _connection(url, ca)
        self._connection = connection or own
        self._next: dict[tuple[str, str], str | None] = {}

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def perform(self, name: str, arguments: Mapping[str, object]) -> Any:
        """Do an operation."""
        resource = OF_OPERATION.get(name)
        if resource is None:
            raise Refused(f"that is done on the portal's host, with --data: {NOT_SERVED.get(name, 'it has no API')}")
        given = dict(arguments)
        if resource.pages is None:
            return self._done(resource, self._path_of(resource, given), given)
        behind = given.pop(resource.pages.behind, None)
        rows = self._page(resource, given, None if behind in {None, ""} else str(behind))
        return rows["items"]

    def _page(self, resource: Resource, given: dict[str, object], behind: str | None) -> Any:
        if behind is None:
            limit = given.pop("limit", None)
            wanted = given if limit is None else {**given, "limit": min(limit, LONGEST_PAGE)}  # type: ignore[call-overload]
            path = f"{PREFIX}{resource.path}?{urlencode(_texts(wanted))}"
        else:
            following = self._next.get((resource.name, behind))
            if following is None:
                return {"items": []}
            path = following
        page = self._answered(resource, "GET", path, None, {})
        if page["items"] and resource.pages is not None:
            self._next[resource.name, page["items"][-1][resource.pages.key]] = page["next"]
        return page

    def follow(self, wanted: Mapping[str, object]) -> Iterator[Any]:
        """Yield rows of activity as they happen, until the portal ends."""
        query = f"?{urlencode(_texts(wanted))}" if wanted else ""
        path = f"{PREFIX}/activity/stream{query}"
        answer = self._asked("GET", path, None, {"accept": "application/x-ndjson"}, LONGEST_SECONDS)
        if answer.status != http.client.OK:
            raise Refused(_refusal(answer.status, answer.read(LONGEST_ANSWER)))
        if self._connection.sock is not None:
            self._connection.sock.settimeout(None)
        # The end of a connection is the end of what could be followed.
        with suppress(OSError, http.client.HTTPException):
            while line := answer.readline():
                yield json.loads(line)

    def octets(self, path: str) -> Iterator[bytes]:
        """Yield the octets of a file that the portal offers."""
        answer = self._asked("GET", path, None, {"accept": "*/*"}, SECONDS)
        if answer.status != http.client.OK:
            raise Refused(_refusal(answer.status, answer.read(LONGEST_ANSWER)))
        try:
            while some := answer.read(PIECE):
                yield some
        except (OSError, http.client.HTTPException) as error:
            raise Refused(f"the file of {self._host} did not come whole; try again") from error

    def _path_of(self, resource: Resource, given: dict[str, object]) -> str:
        """Return where a resource is, and take what stands in its path out of the arguments."""
        path = resource.path
        for name in resource.in_path():
            value = str(given.pop(name))
            if not value:
                raise Refused(f"{name} must not be empty")
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return PREFIX + path

    def _done(self, resource: Resource, path: str, given: Mapping[str, object]) -> Any:
        body = None
        if resource.method in WITH_BODY:
            body = json.dumps(given).encode() if given else None
        elif given:
            path = f"{path}?{urlencode(_texts(given))}"
        headers = {"content-type": "application/json"} if body is not None else {}
        if must_have_seen(resource):
            # A command changes what is there, whoever has changed it before: so it does on the host.
            headers["if-match"] = "*"
        if resource.creates:
            headers["idempotency-key"] = self._randomness.octets(NAME_OCTETS).hex()
        answer = self._answered(resource, resource.method, path, body, headers)
        return answer["items"] if resource.lists else answer

    def _answered(
        self, resource: Resource, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Any:
        seconds = LONGEST_SECONDS if resource.operation in _SLOW else SECONDS
        for _ in range(TRIES):
            answer = self._asked(method, path, body, headers, seconds)
            octets = answer.read(LONGEST_ANSWER)
            wait = answer.headers.get("retry-after", "")
            if answer.status != http.client.TOO_MANY_REQUESTS or not wait.isdigit() or int(wait) > LONGEST_WAIT:
                break
            self._wait(int(wait))
        else:
            raise Refused(f"the portal at {self._host} is asked too often; try again a little later")
        if answer.status not in {http.client.OK, http.client.CREATED}:
            raise Refused(_refusal(answer.status, octets))
        try:
            return json.loads(octets)
        except (ValueError, RecursionError) as error:
            raise Refused(f"the answer of {self._host} cannot be understood; is a portal there?") from error

    def _asked(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> http.client.HTTPResponse:
        """Send a request, once more where the connection was lost and nothing can be done twice by that."""
        shown = {"accept": "application/json", **headers, "authorization": f"Bearer {self._key.octets.decode()}"}
        again = method == "GET" or "idempotency-key" in headers
        while True:
            sent = self._connection.sock is not None
            try:
                self._connection.timeout = seconds
                self._connection.request(method, self._path + path, body, shown)
                return self._connection.getresponse()
            except ssl.SSLCertVerificationError as error:
                raise Refused(f"the certificate of {self._host} is not trusted here: {error.verify_message}") from error
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if again and sent:
                    # What was kept open may have been closed since by the other side.
                    again = False
                    continue
                words = getattr(error, "strerror", None) or str(error) or type(error).__name__
                unknown = "" if method == "GET" else "; whether it was done is not known, so look before you try again"
                raise Refused(f"the portal at {self._host} cannot be reached: {words}{unknown}") from error


def _connection(url: str, ca: Path | None) -> tuple[str, http.client.HTTPConnection, str]:
    """Read the URL of a portal: its host, a connection that is not opened yet, and what its paths begin with."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise Usage("--portal takes https://HOST or https://HOST:PORT")
    path = parts.path.rstrip("/")
    if parts.scheme == "http":
        if not is_here(host):
            raise Refused(f"{host} would be told the API key in clear, where others can read it; use https://")
        return host, http.client.HTTPConnection(host, port, timeout=SECONDS), path
    try:
        context = ssl.create_default_context()
        if ca is not None:
            context.load_verify_locations(ca)
    except (OSError, ValueError) as error:
        raise Refused(f"the certificates in {ca} cannot be used: {error}") from error
    return host, http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context), path


def _texts(given: Mapping[str, object]) -> dict[str, str]:
    """Return values as a query has them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


def _refusal(status: int, octets: bytes) -> str:
    """Return the portal's words for a refusal, where they are a problem document (RFC 9457)."""
    try:
        detail = json.loads(octets)["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        detail = None
    if status == http.client.UNAUTHORIZED:
        return "the portal does not take this API key (WATCHWORD_API_KEY): it is wrong, withdrawn or has run out"
    return detail if isinstance(detail, str) else f"the portal answers with HTTP status {status}"
