"""
RADIUS on the network, for whatever process decides what comes in.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final

from watchword.app.directory import CurrentConfiguration
from watchword.app.login import Login
from watchword.compose.foundation import Foundation
from watchword.config import Address, Config
from watchword.listeners import radius
from watchword.listeners.access import AccessService
from watchword.listeners.accounting import Accounting, AccountingService
from watchword.listeners.clients import Clients
from watchword.listeners.duplicates import Room
from watchword.listeners.observations import ListenerObservations
from watchword.listeners.radius import RadiusPort
from watchword.listeners.sockets import UdpSocket, bind

DRAIN_SECONDS: Final = 10.0
"""How long a process that stops still answers what it has taken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusListening:
    """
    What RADIUS stands on.

    Attributes:
        login: what decides logins.
        accounting: what writes sessions down.
        current: the configuration in force.
        observations: what is noted of clients.
        can_complete: whether a login could complete now.
    """

    login: Login
    accounting: Accounting
    current: CurrentConfiguration
    observations: ListenerObservations
    can_complete: Callable[[], bool]


def radius_ports(
    base: Foundation, listening: RadiusListening, config: Config, resources: AsyncExitStack
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Serve RADIUS and its accounting, and return where."""
    surroundings = radius.Surroundings(
        clock=base.clock,
        metrics=base.metrics,
        log=base.seldom,
        fault=base.fault,
        observations=listening.observations,
        later=base.loop.call_later,
    )
    clients = Clients(
        current=listening.current,
        observations=listening.observations,
        room=Room(),
        later=base.loop.call_later,
    )
    access = AccessService(
        login=listening.login,
        current=listening.current,
        timers=base.timers,
        randomness=base.randomness,
        surroundings=surroundings,
    )

    ports: list[RadiusPort] = []
    base.metrics.outstanding.read = lambda: sum(map(len, ports))

    def serve(service: radius.Service, where: Address) -> Address:
        opened = bind(where.host, where.port)
        port = RadiusPort(service, clients=clients, can_complete=listening.can_complete, surroundings=surroundings)
        ports.append(port)
        unsent = partial(base.metrics.unsent.add, service.name)
        served = UdpSocket(opened, loop=base.loop, clock=base.clock, unsent=unsent)
        resources.push_async_callback(port.stop, DRAIN_SECONDS)
        port.serve(served)
        return Address(host=where.host, port=served.port)

    reports = AccountingService(accounting=listening.accounting, clock=base.clock)
    accounting = tuple(serve(reports, where) for where in config.accounting)
    return tuple(serve(access, where) for where in config.radius), accounting
