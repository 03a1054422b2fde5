"""
Watchword itself as a process of its own, driven from outside as its users drive it.

`Watchword.run` starts the command line as a process and tells its exit code and output; `Watchword.ask` does the same
with `--json` inside of this process, because most of what a process costs is importing Python's libraries. What nearly
every test begins with and looks at goes to the control socket without words (`Watchword.perform`): it is done thousands
of times.

Whatever secret a test makes is remembered in `Watchword.canaries`; `leaks` looks for them where none may be.
"""

import asyncio
import base64
import http.client
import io
import itertools
import json
import os
import re
import select
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from tests.rigs.nas import PATIENCE, Address, Exchange, Nas
from watchword.cli.main import run
from watchword.cli.reaching import reach
from watchword.cli.session import Terminal, secret_of

PROGRAM: Final = str(Path(sys.executable).with_name("watchword"))
PASSWORD: Final = "correct horse battery"
"""Password of every user, where a test wants no other."""

STATION: Final = "203.0.113.7"
"""Where users are, where a test does not say."""

_ADDRESSES: Final = (f"127.44.{high}.{low}" for high, low in itertools.product(range(256), range(1, 255)))
"""Loopback addresses, one for each application: a client is known by its address."""

_NUMBERS: Final = itertools.count(1)


def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until a condition holds of something that cannot be waited for in a better way."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} seconds: {what}"
        time.sleep(0.005)


def _has_loop() -> bool:
    """Tell whether a loop of this thread is running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed, read as one JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a user, played by oathtool."""

    id: str
    secret: str = field(repr=False)
    options: tuple[str, ...]

    def code(self, counter: int | None = None, *, steps: int = 0) -> str:
        """
        Return a code.

        Args:
            counter: of an HOTP token.
            steps: of a TOTP token, time steps of 30 seconds from now on.
        """
        moving = ["--counter", str(counter)] if counter is not None else ["--now", f"@{int(time.time()) + 30 * steps}"]
        kind = ["--hotp"] if counter is not None else [f"--totp={self.options[0]}"]
        command = ["oathtool", *kind, "--base32", *moving, *self.options[1:], "-"]
        done = subprocess.run(command, input=self.secret, capture_output=True, text=True, check=True, timeout=PATIENCE)
        return done.stdout.strip()


class Phone:
    """A paired phone, played by `watchword authenticator`."""

    def __init__(self, server: "Watchword", state: Path) -> None:
        self._server = server
        self.state = state

    def approve(self, number: str | None = None, wait: float = PATIENCE) -> Ran:
        """Approve what waits, or what comes within so many seconds."""
        return self._answer("--approve", *(() if number is None else ("--number", number)), wait=wait)

    def deny(self, wait: float = PATIENCE) -> Ran:
        """Deny it."""
        return self._answer("--deny", wait=wait)

    def fraud(self, wait: float = PATIENCE) -> Ran:
        """Say that it was somebody else."""
        return self._answer("--fraud", wait=wait)

    def _answer(self, *what: str, wait: float) -> Ran:
        command = ("authenticator", "answer", "--state", str(self.state), *what, "--wait", f"{wait:g}")
        return self._server.here(*command, "--json")


class Watchword:
    """A data folder, and the process that serves it while one does."""

    def __init__(self, folder: Path) -> None:
        """Take a folder for everything; nothing is started."""
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "watchword.log"
        self.canaries: set[str] = {PASSWORD}
        self.environment: dict[str, str] = {}
        self.ready: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.arguments_seen: list[str] = []
        self.starting_seconds = PATIENCE

    # --- the process

    def start(self, *options: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Start it at ports that the system chooses, unless told otherwise, and return its ready line."""
        defaults = ("--http", "--radius")
        given = [*options, *(word for name in defaults if name not in options for word in (name, "127.0.0.1:0"))]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "up", "--data", self.data, *given, "--json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment(environment),
            )
        try:
            self.ready = self._ready(self.process)
        except BaseException:
            self._end(signal.SIGKILL, PATIENCE)
            raise
        assert self.ready["event"] == "ready"
        return self.ready

    def _ready(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        out: IO[bytes] | None = process.stdout
        assert out is not None
        readable, _, _ = select.select([out], [], [], self.starting_seconds)
        line = out.readline() if readable else b""
        assert line, f"no ready line came: {self.logged()[-2000:]}"
        read: dict[str, Any] = json.loads(line)
        return read

    def stop(self, seconds: float = PATIENCE) -> int:
        """Ask it to end as a service manager does, and return its exit code."""
        return self._end(signal.SIGTERM, seconds)

    def kill(self) -> None:
        """End it as a loss of power does."""
        assert self._end(signal.SIGKILL, PATIENCE) == -signal.SIGKILL

    def _end(self, by: signal.Signals, seconds: float) -> int:
        process, self.process = self.process, None
        assert process is not None
        try:
            self.arguments_seen.append(arguments_of(process.pid))
            process.send_signal(by)
            return process.wait(seconds)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        return {**os.environ, **self.environment, **(more or {})}

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self.process is not None
        return self.process.pid

    @property
    def radius(self) -> Address:
        """Where it serves RADIUS."""
        host, _, port = self.ready["radius"].rpartition(":")
        return host.strip("[]"), int(port)

    def logged(self) -> str:
        """Return what it has logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # --- commands

    def run(self, *tokens: str, stdin: str | bytes = b"", environment: Mapping[str, str] | None = None) -> Ran:
        """Run a command as a process."""
        done = subprocess.run(
            [PROGRAM, *tokens],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            env=self._environment({"WATCHWORD_DATA": str(self.data), **(environment or {})}),
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def here(self, *tokens: str, stdin: str = "") -> Ran:
        """Run a command inside of this process."""
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(stdin=io.BytesIO(stdin.encode()), stdout=out, stderr=err, secret=None, drawn=False)
        typed = [*tokens, "--data", str(self.data)]
        if not _has_loop():
            return Ran(run(typed, reach=reach, terminal=terminal), out.getvalue(), err.getvalue())
        # A browser's driver keeps this thread's loop until its tests have ended, and a command may want one of its own.
        with ThreadPoolExecutor(1) as beside:
            code = beside.submit(run, typed, reach=reach, terminal=terminal).result()
        return Ran(code, out.getvalue(), err.getvalue())

    def ask(self, *tokens: str, stdin: str = "") -> Any:
        """Run a command that has to succeed, and return its document."""
        ran = self.here(*tokens, "--json", stdin=stdin)
        assert ran.code == 0, f"{' '.join(tokens)}: {ran.err}"
        return ran.document

    def perform(self, operation: str, **arguments: object) -> Any:
        """Have an operation done that has to succeed, and return its document: the one that `--json` prints."""
        with closing(reach(self.data)) as performer:
            return performer.perform(operation, arguments)

    def refused(self, *tokens: str, stdin: str = "") -> str:
        """Run a command that has to be refused, and return why."""
        ran = self.here(*tokens, "--json", stdin=stdin)
        assert (ran.code, ran.out) == (1, ""), f"{' '.join(tokens)}: {ran}"
        return ran.err

    # --- what tests begin with

    def user(self, *, password: str = PASSWORD, name: str | None = None) -> str:
        """Add a user with a password of ours, and return his name."""
        username = name or f"user{next(_NUMBERS)}@example.test"
        self.canaries.add(password)
        self.perform("user.add", username=username, password=secret_of(password.encode()))
        return username

    def totp(self, user: str, *options: str) -> Token:
        """Give a user a time-based token."""
        given = dict(itertools.pairwise(options))
        algorithm = given.get("--algorithm", "sha1")
        return self._token(user, "totp", *options, oathtool=(algorithm, f"--digits={given.get('--digits', 6)}"))

    def hotp(self, user: str, *options: str) -> Token:
        """Give a user a counter-based token, whose codes can be spent one after the other."""
        digits = dict(itertools.pairwise(options)).get("--digits", "6")
        return self._token(user, "hotp", *options, oathtool=("", f"--digits={digits}"))

    def _token(self, user: str, kind: str, *options: str, oathtool: tuple[str, ...]) -> Token:
        given = dict(itertools.pairwise(options))
        read = {name[2:]: int(value) if value.isdigit() else value for name, value in given.items() if name[:1] == "-"}
        made = self.perform("method.add", user=user, type=kind, **read)
        self.canaries.add(made["secret"])
        return Token(made["id"], made["secret"], oathtool)

    def phone(self, user: str) -> Phone:
        """Pair a phone of a user."""
        made = self.perform("method.add", user=user, type="push")
        self.canaries.add(made["pairing_url"])
        state = self.folder / f"phone-{made['id']}"

        def paired() -> bool:
            # A file of tests pairs more phones than one network may pair at once.
            ran = self.here("authenticator", "pair", made["pairing_url"], "--state", str(state))
            assert ran.code == 0 or "Too many requests" in ran.err, ran
            return ran.code == 0

        until(paired, "the phone paired")
        return Phone(self, state)

    def backup_codes(self, user: str) -> list[str]:
        """Give a user printed codes."""
        codes: list[str] = self.perform("method.add", user=user, type="backup-codes")["codes"]
        self.canaries.update(codes)
        return codes

    def nas(self, *options: str, name: str | None = None, secret: str = "", address: str | None = None) -> Nas:
        """Add an application, and return its client, which asks from an address of its own."""
        name = name or f"vpn{next(_NUMBERS)}"
        secret = secret or base64.b64encode(os.urandom(24)).decode()
        address = address or next(_ADDRESSES)
        self.canaries.add(secret)
        given = ("--type", "radius", "--client", address, "--secret-stdin", *options)
        self.ask("application", "add", name, *given, stdin=secret)
        return Nas(self.radius, secret.encode(), name=name, address=address)

    # --- what is seen from outside

    def activity(self, user: str | None = None) -> list[dict[str, Any]]:
        """Return what happened, the oldest first."""
        whose = {} if user is None else {"user": user}
        rows: list[dict[str, Any]] = self.perform("activity.list", limit=1_000, **whose)
        return rows[::-1]

    def reasons(self, user: str) -> list[str]:
        """Return how each of a user's logins ended, the oldest first, counted rejects one by one."""
        return [row["reason"] for row in self.activity(user) for _ in range(row["count"])]

    def metric(self, name: str, **labels: str) -> float:
        """Return a number of `/metrics`, the sum of those whose labels fit."""
        total = 0.0
        for line in self.metrics().splitlines():
            found = re.fullmatch(r"([a-zA-Z_:]+)(?:\{(.*)\})? ([^ ]+)", line)
            if found is None or found[1] != name:
                continue
            known = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
            if labels.items() <= known.items():
                total += float(found[3])
        return total

    def metrics(self) -> str:
        """Return what `/metrics` says."""
        scheme, _, where = self.ready["http"].partition("://")
        host, _, port = where.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
        if scheme == "https":
            # Nothing is told here, and whether the certificate is the right one is shown elsewhere.
            trusting = ssl._create_unverified_context()  # noqa: S323, SLF001
            connection = http.client.HTTPSConnection(host, int(port), timeout=PATIENCE, context=trusting)
        with closing(connection):
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()

    def dropped(self, cause: str) -> float:
        """Return how many packets were dropped for a cause."""
        return self.metric("watchword_dropped_packets_total", cause=cause)

    def waits(self, user: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many verifications of a user are in progress, and return them."""
        found: list[dict[str, Any]] = []

        def looked() -> bool:
            found[:] = [row for row in self.perform("pending") if row["user"] == user]
            return len(found) == count

        until(looked, f"{count} verifications of {user} in progress")
        return found

    def outstanding(self, count: int) -> None:
        """Wait until just so many requests wait for their answers."""
        until(lambda: self.metric("watchword_outstanding") == count, f"{count} requests outstanding")

    def ignored(self, exchange: Exchange, cause: str, before: float) -> None:
        """Wait until the packet of an exchange was dropped for a cause, and see that nothing came back."""
        until(lambda: self.dropped(cause) > before, f"a packet dropped: {cause}")
        assert not exchange.has_answer()

    def copy(self, to: Path) -> None:
        """Copy the database as a backup does: no lock, no control socket, and not the generation beside it."""
        to.mkdir()
        for found in self.data.glob("watchword.db*"):
            shutil.copy2(found, to / found.name)

    def put_back(self, copy: Path) -> None:
        """Put a copied database back."""
        for found in self.data.glob("watchword.db*"):
            found.unlink()
        for found in copy.iterdir():
            shutil.copy2(found, self.data / found.name)

    # --- secrets

    def leaks(self, *, texts: Sequence[str] = ()) -> list[str]:
        """
        Tell where a secret stands that must stand nowhere, and never what it is.

        Looked through are the log, `/metrics` where it serves, the arguments of its processes, everything in the data
        folder but the sealing keys, and `texts`.
        """
        places: dict[str, bytes] = {"log": self.log.read_bytes() if self.log.exists() else b""}
        places |= {f"text {number}": text.encode() for number, text in enumerate(texts)}
        places["arguments"] = "\n".join(self.arguments_seen).encode()
        if self.process is not None:
            places["metrics"] = self.metrics().encode()
            places["arguments"] += arguments_of(self.pid).encode()
        for file in sorted(self.data.iterdir()):
            if file.is_file() and file.name != "keys":
                places[file.name] = file.read_bytes()
        forms = {form for canary in self.canaries for form in _forms(canary)}
        return [name for name, octets in places.items() if any(form in octets for form in forms)]


def _forms(canary: str) -> Iterator[bytes]:
    """Return what a secret looks like where somebody has written it down in one way or another."""
    octets = [canary.encode()]
    if re.fullmatch(r"[A-Z2-7]{16,}", canary):
        octets.append(base64.b32decode(canary + "=" * (-len(canary) % 8)))
    for each in octets:
        yield each
        yield each.hex().encode()
        yield base64.b64encode(each).rstrip(b"=")


def arguments_of(pid: int) -> str:
    """Return what anybody on the machine sees of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Watchword]:
    """
    Serve while the block runs, with Rejects that leave at once.

    Afterwards it has to have ended well, with no bug caught, its chain whole, and no secret where none may be.
    """
    server = Watchword(folder)
    server.start(*options)
    try:
        server.ask("setting", "set", "radius.reject_delay", "0")
        yield server
        if server.process is not None:
            assert server.metric("watchword_faults_total") == 0, server.logged()[-4000:]
            assert server.leaks() == []
            assert server.stop() == 0
        verified = server.here("audit", "verify")
        assert verified.code == 0, verified
        assert server.leaks() == []
    finally:
        if server.process is not None:
            server.kill()
