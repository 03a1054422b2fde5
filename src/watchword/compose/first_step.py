"""
The first step of every application, wherever a process checks passwords.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from watchword.app.directory import CurrentConfiguration
from watchword.compose.foundation import Foundation
from watchword.kit.workers import Workers
from watchword.ports.login import PrimaryAuthentication
from watchword.upstream.primary.chain import Primaries
from watchword.upstream.primary.connect import Connector
from watchword.upstream.primary.datagrams import Names

PASSWORD_THREADS: Final = 2
NAME_THREADS: Final = 4


def primaries(
    base: Foundation,
    current: CurrentConfiguration,
    resources: AsyncExitStack,
    *,
    local: Callable[[Workers], PrimaryAuthentication],
) -> Primaries:
    """Make the first step of every application; `local` makes what checks local passwords, with threads to hash on."""
    passwords, names = base.workers("passwords", PASSWORD_THREADS), base.workers("names", NAME_THREADS)
    resources.callback(passwords.close)
    resources.callback(names.close)
    primaries = Primaries(
        configuration=lambda: current.value,
        local=local(passwords),
        connect=Connector(
            loop=base.loop,
            resolve=Names(names).resolve,
            clock=base.clock,
            timers=base.timers,
            tasks=base.tasks,
            randomness=base.randomness,
        ),
        clock=base.clock,
        timers=base.timers,
        fault=base.fault,
    )
    current.on_swap(primaries.follow)
    resources.callback(primaries.close)
    return primaries
