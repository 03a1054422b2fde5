"""
The client of each kind of directory.
"""

import asyncio
from functools import partial

from watchword.domain.directories import Directory, LdapDirectory, RadiusDirectory
from watchword.kit.clock import Clock
from watchword.kit.randomness import Randomness
from watchword.kit.tasks import Tasks
from watchword.kit.timers import Timers
from watchword.upstream.primary.chain import DirectoryClient
from watchword.upstream.primary.datagrams import ConnectedSocket, Resolve
from watchword.upstream.primary.ldap import LdapBinds
from watchword.upstream.primary.ldap_connection import Dialler
from watchword.upstream.primary.radius import RadiusServer


class Connector:
    """
    Makes clients of directories, without connecting to anything yet.

    Args:
        loop: the event loop that their sockets are watched by.
        resolve: finds the addresses of a host.
        clock: time.
        timers: waiting.
        tasks: runs what is a coroutine.
        randomness: unpredictable values.
    """

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        resolve: Resolve,
        clock: Clock,
        timers: Timers,
        tasks: Tasks,
        randomness: Randomness,
    ) -> None:
        self._loop = loop
        self._resolve = resolve
        self._clock = clock
        self._timers = timers
        self._tasks = tasks
        self._randomness = randomness

    def __call__(self, directory: Directory) -> DirectoryClient:
        """Make the client of one directory."""
        match directory:
            case LdapDirectory():
                return LdapBinds(
                    directory,
                    dial=Dialler(self._resolve),
                    clock=self._clock,
                    timers=self._timers,
                    tasks=self._tasks,
                )
            case RadiusDirectory():
                return RadiusServer(
                    directory,
                    open_datagrams=partial(ConnectedSocket, self._loop),
                    resolve=self._resolve,
                    clock=self._clock,
                    timers=self._timers,
                    randomness=self._randomness,
                )
