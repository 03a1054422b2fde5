"""
The first step of every application: the passwords that are kept here, or its directories in their order.

The first directory that knows the user decides, whatever it decides: a wrong password is one check at one directory,
and one strike there, never two (L8). Only one that is away, or that has never heard of the user, hands over to the
next, and each gets its share of the time that is left, so that one that hangs leaves some for the others. One that was
away is asked last for a short while; where it is the only one it is asked all the same.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from watchword.domain.applications import DirectoryId, PrimaryKind
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.telemetry import FaultReport
from watchword.kit.timers import Timers
from watchword.ports.login import PrimaryAttempt, PrimaryAuthentication

AVOIDED_SECONDS: Final = 10
"""Seconds for which a directory that was away is asked last."""

_HANDED_ON: Final = frozenset({PrimaryVerdict.AWAY, PrimaryVerdict.UNKNOWN})


class DirectoryClient(PrimaryAuthentication, Protocol):
    """Checks passwords at one directory, and keeps to that directory's time-out and the attempt's deadline itself."""

    def close(self) -> None:
        """Check nothing more; what is being checked is AWAY."""


class Primaries:
    """
    The first step, as the configuration in force has it.

    Args:
        configuration: returns the configuration in force.
        local: checks the passwords that are kept here.
        connect: makes the client of a directory, without waiting for anything.
        clock: time.
        timers: waiting.
        fault: reports the exception that is being handled.
    """

    def __init__(
        self,
        *,
        configuration: Callable[[], Configuration],
        local: PrimaryAuthentication,
        connect: Callable[[Directory], DirectoryClient],
        clock: Clock,
        timers: Timers,
        fault: FaultReport,
    ) -> None:
        self._local = local
        self._clients = _Clients(configuration, connect, clock, fault)
        self._clock = clock
        self._timers = timers

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        """Check a password where its application has passwords checked."""
        if not attempt.password.octets:
            # At many a directory a name with an empty password is an anonymous bind, which succeeds (L5).
            done(PrimaryResult(verdict=PrimaryVerdict.REJECTED, checked_by=attempt.application.primary.value))
        elif attempt.application.primary is PrimaryKind.LOCAL:
            self._local.check(attempt, done)
        else:
            _Round(self._clients, self._clock, self._timers, attempt, done).ask_next()

    def follow(self, configuration: Configuration) -> None:
        """Let go of every directory that is gone or another one now; called when a configuration comes into force."""
        self._clients.keep(configuration.directories)

    def close(self) -> None:
        """Let go of every directory, and check nothing more there."""
        self._clients.close()


class _Clients:
    """The clients of the directories in use, and which of these were away."""

    def __init__(
        self,
        configuration: Callable[[], Configuration],
        connect: Callable[[Directory], DirectoryClient],
        clock: Clock,
        fault: FaultReport,
    ) -> None:
        self._configuration = configuration
        self._connect = connect
        self._clock = clock
        self._fault = fault
        self._held: dict[DirectoryId, tuple[Directory, DirectoryClient]] = {}
        self._avoided_until: dict[DirectoryId, int] = {}
        self._closed = False

    def avoided(self, directory: DirectoryId) -> bool:
        return self._avoided_until.get(directory, 0) > self._clock.monotonic()

    def note(self, directory: DirectoryId, verdict: PrimaryVerdict) -> None:
        if verdict is PrimaryVerdict.AWAY:
            self._avoided_until[directory] = self._clock.monotonic() + AVOIDED_SECONDS * NANOSECONDS
        else:
            self._avoided_until.pop(directory, None)

    def named(self, wanted: DirectoryId) -> Directory | None:
        return None if self._closed else self._configuration().directories.get(wanted)

    def check(self, directory: Directory, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        try:
            self._client_of(directory).check(attempt, done)
        except Exception:  # noqa: BLE001 - a directory's client must not take the login with it
            self._fault("directory")
            done(_away(directory.name, "an error in its client, which the log has"))

    def close(self) -> None:
        self._closed = True
        self.keep({})

    def keep(self, directories: dict[DirectoryId, Directory]) -> None:
        for directory, client in tuple(self._held.values()):
            if directories.get(directory.id) != directory:
                del self._held[directory.id]
                self._avoided_until.pop(directory.id, None)
                client.close()

    def _client_of(self, directory: Directory) -> DirectoryClient:
        held = self._held.get(directory.id)
        if held is not None and held[0] == directory:
            return held[1]
        client = self._connect(directory)
        self._held[directory.id] = (directory, client)
        if held is not None:
            held[1].close()
        return client


class _Round:
    """One password on its way through an application's directories, answered once."""

    __slots__ = ("_asked", "_attempt", "_call_off", "_clients", "_clock", "_done", "_left", "_passed")

    def __init__(
        self,
        clients: _Clients,
        clock: Clock,
        timers: Timers,
        attempt: PrimaryAttempt,
        done: Callable[[PrimaryResult], None],
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._attempt = attempt
        self._done = done
        # Named twice, a directory is asked once all the same.
        wanted = dict.fromkeys(attempt.application.directories)
        self._left = deque(sorted(wanted, key=clients.avoided))
        self._asked: Directory | None = None
        self._passed: list[PrimaryResult] = []
        self._call_off = timers.at(attempt.deadline, self._late)

    def ask_next(self) -> None:
        now = self._clock.monotonic()
        while self._left:
            share = (self._attempt.deadline - now) // len(self._left)
            # As it is configured at this moment: it may have been removed while the one before was asked.
            directory = self._clients.named(self._left.popleft())
            if directory is None:
                continue
            if share > 0:
                self._asked = directory
                attempt = replace(self._attempt, deadline=now + share)
                self._clients.check(directory, attempt, partial(self._answered, directory))
                return
            self._passed.append(_away(directory.name, "no time was left"))
        self._end_passed()

    def _answered(self, directory: Directory, result: PrimaryResult) -> None:
        # An answer that comes a second time, or after the deadline, is nobody's any more.
        if self._asked is not directory:
            return
        self._asked = None
        self._clients.note(directory.id, result.verdict)
        if result.verdict in _HANDED_ON:
            self._passed.append(result)
            self.ask_next()
        else:
            self._end(result, self._passed)

    def _late(self) -> None:
        directory, self._asked = self._asked, None
        if directory is not None:
            self._clients.note(directory.id, PrimaryVerdict.AWAY)
            self._passed.append(_away(directory.name, "no answer came in time"))
        self._end_passed()

    def _end_passed(self) -> None:
        """End where nobody has decided: away where anybody was, because that one might have known the user."""
        passed = self._passed or [_away("", "no directory could be asked")]
        result = next((one for one in passed if one.verdict is PrimaryVerdict.AWAY), passed[0])
        self._end(result, [one for one in passed if one is not result])

    def _end(self, result: PrimaryResult, others: list[PrimaryResult]) -> None:
        self._call_off()
        also = [f"{one.checked_by}: {one.detail or one.verdict.value}" for one in others]
        self._done(replace(result, detail="; ".join(filter(None, [result.detail, *also]))))


def _away(name: str, why: str) -> PrimaryResult:
    return PrimaryResult(verdict=PrimaryVerdict.AWAY, checked_by=name, detail=why)
