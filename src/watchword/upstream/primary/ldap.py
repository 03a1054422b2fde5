"""
An LDAP directory that checks passwords: the user is searched for, then bound as.

Searches go over kept connections that are bound as the service account, or as nobody where there is none. Every bind as
a user has a connection of its own, which asks nothing else and is closed afterwards: no search ever runs under a user's
name, and a connection that turns out to be dead never makes one password two binds (L7, L8). A kept connection that
does not answer costs a third of the time that is left, then a fresh one is asked. The whole check keeps to the
directory's time-out and the attempt's deadline.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from watchword.domain.directories import LdapDirectory
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.tasks import Tasks
from watchword.kit.timers import Timers
from watchword.ports.login import PrimaryAttempt
from watchword.upstream.primary import ldap_questions as questions
from watchword.upstream.primary.ldap_connection import Broken, Dial, endpoint_of
from watchword.upstream.primary.ldap_pool import Pool, Pooled
from watchword.upstream.primary.ldap_questions import Answer, Found, Said
from watchword.wire.ldap.errors import LdapError
from watchword.wire.ldap.filter_text import parse_filter
from watchword.wire.ldap.messages import SearchRequest
from watchword.wire.ldap.results import ResultCode

MOST_CHECKS: Final = 128
"""Checks at one directory at once, each with at most two connections; what is over that is told so at once (V34)."""

PAUSE_SECONDS: Final = 10
"""Seconds for which the service account is not tried again after its password was refused, lest we lock it."""

_SEARCHED: Final = frozenset({ResultCode.SUCCESS, ResultCode.SIZE_LIMIT_EXCEEDED})
"""Results of a search that say something about the user, and that the connection is good for another one."""

_CHANGED: Final = "it has just been changed or removed"


class _Outcome:
    """What a check came to, None until it has come to something."""

    __slots__ = ("result",)

    def __init__(self) -> None:
        self.result: PrimaryResult | None = None


class LdapBinds:
    """The client of one LDAP directory; closed when its directory is changed or removed."""

    def __init__(self, directory: LdapDirectory, *, dial: Dial, clock: Clock, timers: Timers, tasks: Tasks) -> None:
        """
        Make the client, without connecting to anything.

        Args:
            directory: where it is and what is searched there.
            dial: opens a connection.
            clock: time.
            timers: waiting.
            tasks: runs the checks.

        Raises:
            LdapError: the user filter is none.
            ssl.SSLError: the directory's certificates are none.
        """
        self._directory = directory
        self._endpoint = endpoint_of(directory.url, start_tls=directory.start_tls, authority=directory.ca)
        self._template = parse_filter(directory.user_filter or questions.DEFAULT_FILTER)
        self._dial = dial
        self._clock = clock
        self._timers = timers
        self._tasks = tasks
        self._checks: set[asyncio.Task[None]] = set()
        self._pool = Pool(clock, timers)
        self._refused: tuple[int, str] | None = None
        self._closed = False

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        """Search for the user and bind as him; the verdict says what came of it."""
        deadline = min(attempt.deadline, self._clock.monotonic() + int(self._directory.timeout * NANOSECONDS))
        if self._closed:
            done(self._away(_CHANGED))
        elif self._clock.monotonic() >= deadline:
            done(self._away("no time was left"))
        elif len(self._checks) >= MOST_CHECKS:
            done(self._away("too many logins wait for it"))
        else:
            outcome = _Outcome()
            task = self._tasks.start(self._run(attempt, deadline, outcome), name="ldap")
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)
            task.add_done_callback(lambda _: done(outcome.result or self._undecided()))

    def close(self) -> None:
        """Check nothing more; what is being checked is AWAY."""
        self._closed = True
        for task in tuple(self._checks):
            task.cancel()
        self._pool.close()

    async def _run(self, attempt: PrimaryAttempt, deadline: int, outcome: _Outcome) -> None:
        try:
            async with self._until(deadline):
                outcome.result = await self._check(attempt.user_name, attempt.password.octets, deadline)
        except TimeoutError:
            outcome.result = self._away("no answer came in time")
        except Broken as error:
            outcome.result = self._away(str(error))

    async def _check(self, typed: str, password: bytes, deadline: int) -> PrimaryResult:
        if not password or b"\0" in password:
            # The one is an anonymous bind that succeeds (RFC 4513 section 5.1.2), the other may be cut to it (L5).
            return self._unasked(Said(verdict=PrimaryVerdict.REJECTED))
        try:
            tree = questions.filter_for(self._template, self._directory.base, typed)
        except LdapError:
            return self._unasked(Said(verdict=PrimaryVerdict.UNKNOWN))
        seconds = max(1, round(self._directory.timeout))
        found = await self._find(questions.search(self._directory.base, tree, seconds=seconds), deadline)
        if isinstance(found, Said):
            return self._unasked(found)
        connection = await self._dial(self._endpoint)
        try:
            answer = await connection.ask(questions.bind(found.name, password))
        finally:
            connection.close()
        said = questions.read_bind(answer.result)
        return PrimaryResult(
            verdict=said.verdict,
            checked_by=self._directory.name,
            by_directory=True,
            detail=said.words,
            directory_id=found.directory_id,
        )

    async def _find(self, request: SearchRequest, deadline: int) -> Found | Said:
        kept = self._pool.take()
        if kept is not None:
            answer = await self._ask_kept(kept, request, deadline)
            if answer is not None:
                return questions.read_search(answer)
        fresh = await self._service_connection()
        answer = await fresh.connection.ask(request)
        self._put_back(fresh, answer)
        return questions.read_search(answer)

    async def _ask_kept(self, kept: Pooled, request: SearchRequest, deadline: int) -> Answer | None:
        """Search over a kept connection; None where that does not work any more, which a fresh one is to tell."""
        now = self._clock.monotonic()
        try:
            async with self._until(now + (deadline - now) // 3):
                answer = await kept.connection.ask(request)
        except (TimeoutError, Broken):
            return None
        return answer if self._put_back(kept, answer) else None

    def _put_back(self, used: Pooled, answer: Answer) -> bool:
        """Keep a connection on which searching works, close one on which it does not, and tell which."""
        works = answer.result.code in _SEARCHED
        if works:
            self._pool.put(used)
        else:
            used.connection.close()
        return works

    async def _service_connection(self) -> Pooled:
        """Open a connection for searches. Raises `Broken`."""
        if self._refused is not None and self._clock.monotonic() < self._refused[0]:
            raise Broken(self._refused[1])
        fresh = Pooled(connection=await self._dial(self._endpoint), opened_at=self._clock.monotonic())
        password = self._directory.bind_password
        if not self._directory.bind_dn or password is None:
            return fresh
        answer = await fresh.connection.ask(questions.bind(self._directory.bind_dn, password.octets))
        if answer.result.code is ResultCode.SUCCESS:
            self._refused = None
            return fresh
        fresh.connection.close()
        why = f"the bind as {self._directory.bind_dn} failed: {questions.words_of(answer.result)}"
        if answer.result.code is ResultCode.INVALID_CREDENTIALS:
            self._refused = (self._clock.monotonic() + PAUSE_SECONDS * NANOSECONDS, why)
        raise Broken(why)

    @asynccontextmanager
    async def _until(self, deadline: int) -> AsyncIterator[None]:
        """Raise TimeoutError in what stands inside once the deadline (monotonic nanosecond) is reached."""
        async with asyncio.timeout(None) as limit:
            call_off = self._timers.at(deadline, lambda: limit.reschedule(0))
            try:
                yield
            finally:
                call_off()

    def _undecided(self) -> PrimaryResult:
        """Return the result of a check that was ended by the end of this client, or by a bug."""
        return self._away(_CHANGED if self._closed else "an error in its client, which the log has")

    def _away(self, why: str) -> PrimaryResult:
        return self._unasked(Said(verdict=PrimaryVerdict.AWAY, words=why))

    def _unasked(self, said: Said) -> PrimaryResult:
        """Return the result of a check in which nobody was asked about the password."""
        return PrimaryResult(verdict=said.verdict, checked_by=self._directory.name, detail=said.words)
