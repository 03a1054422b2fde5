"""
A process that serves everything on one machine.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from watchword.app import demo
from watchword.app.administration import Administration, Refusal
from watchword.app.feed import Feed
from watchword.app.manage import api_keys
from watchword.compose.foundation import Foundation
from watchword.compose.offline import administration, configuration, primaries
from watchword.compose.portal import Portal
from watchword.config import Address, Config
from watchword.kit import memory
from watchword.listeners import radius
from watchword.listeners.access import AccessService
from watchword.listeners.accounting import AccountingService
from watchword.listeners.clients import Clients
from watchword.listeners.duplicates import Room
from watchword.listeners.radius import RadiusPort
from watchword.listeners.sockets import ListenError, UdpSocket, bind
from watchword.ports.live import Listening
from watchword.stores.sqlite import Refused, SqliteStore
from watchword.web.sockets import ServeError, listen, listen_control, remove_control, tls
from watchword.web.surroundings import Surroundings as WebSurroundings

if TYPE_CHECKING:
    from watchword.web.servers import Web

DRAIN_SECONDS: Final = 10.0
"""How long a process that stops still answers what it has taken in."""

StartError = (*Refused, ListenError, ServeError)
"""What `serving` raises where it cannot begin: each message is one sentence for whoever starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What serves, and where: RADIUS at one address at least. `example` is what a demonstration's terminal shows."""

    http: str
    radius: tuple[Address, ...]
    accounting: tuple[Address, ...]
    example: tuple[str, ...] = ()


def _radius_ports(
    portal: Portal, config: Config, resources: AsyncExitStack
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Serve RADIUS and its accounting, and return where."""
    base = portal.foundation
    surroundings = radius.Surroundings(
        clock=base.clock,
        metrics=base.metrics,
        log=base.seldom,
        fault=base.fault,
        observations=portal.observations,
        later=base.loop.call_later,
    )
    clients = Clients(
        current=portal.current,
        observations=portal.observations,
        room=Room(),
        clock=base.clock,
        later=base.loop.call_later,
    )
    access = AccessService(
        login=portal.login,
        current=portal.current,
        timers=base.timers,
        randomness=base.randomness,
        surroundings=surroundings,
    )

    ports: list[RadiusPort] = []
    base.metrics.outstanding.read = lambda: sum(map(len, ports))

    def serve(service: radius.Service, where: Address) -> Address:
        opened = bind(where.host, where.port)
        port = RadiusPort(service, clients=clients, can_complete=portal.ledger.can_write, surroundings=surroundings)
        ports.append(port)
        unsent = partial(base.metrics.unsent.add, service.name)
        served = UdpSocket(opened, loop=base.loop, clock=base.clock, unsent=unsent)
        resources.push_async_callback(port.stop, DRAIN_SECONDS)
        port.serve(served)
        return Address(host=where.host, port=served.port)

    reports = AccountingService(accounting=portal.accounting, clock=base.clock)
    accounting = tuple(serve(reports, where) for where in config.accounting)
    return tuple(serve(access, where) for where in config.radius), accounting


async def _web(
    portal: Portal,
    context: Administration,
    *,
    opened: socket.socket,
    control: socket.socket,
    secure: ssl.SSLContext | None,
    development: bool,
) -> "Web":
    """Import the web and read its pages, off the loop because RADIUS serves already, and serve it."""
    base = portal.foundation
    surroundings = WebSurroundings(
        context=context,
        prompting=portal.prompting,
        polls=portal.polls,
        metrics=base.metrics,
        fault=base.fault,
        ready=portal.ledger.can_write,
        authenticate=api_keys.authenticate,
        pause=base.pause,
        development=development,
    )

    def load() -> "Web":
        from watchword.web.servers import Web

        return Web(surroundings, opened=opened, control=control, tls=secure)

    web = await asyncio.to_thread(load)
    await web.start(tasks=base.tasks, log=base.seldom)
    return web


async def _example(context: Administration, served: Address, folder: Path) -> tuple[str, ...]:
    made = await demo.prepare(context)
    if isinstance(made, Refusal):
        return (made.sentence,)
    return demo.lines(made, radius=str(served), folder=str(folder))


@asynccontextmanager
async def serving(config: Config, *, example: bool) -> AsyncIterator[Running]:
    """
    Serve everything on one machine until the block ends; then answer what was taken in, and close.

    Args:
        config: what to serve, and where.
        example: whether to make an example user and an example VPN.

    Raises one of `StartError`.
    """
    base = Foundation(config)
    async with AsyncExitStack() as resources:
        store = SqliteStore.open(config.data, clock=base.clock, randomness=base.randomness, key_file=config.key_file)
        resources.callback(store.close)
        if store.restored is not None:
            base.log.error("the database is an older copy of itself; everything that was good once is void")
        secure = None if config.tls_cert is None or config.tls_key is None else tls(config.tls_cert, config.tls_key)
        control = listen_control(config.data)
        resources.callback(remove_control, config.data)
        resources.callback(control.close)
        opened = listen(config.http.host, config.http.port)
        resources.callback(opened.close)
        current = await configuration(store)
        store.start(base.loop)
        resources.push_async_callback(base.tasks.stop)
        primary = primaries(base, store, current, resources)
        portal = Portal(base, store, current, primary)
        resources.callback(portal.recorder.settle, lambda: None)
        served, accounting = _radius_ports(portal, config, resources)
        address = Address(host=config.http.host, port=opened.getsockname()[1])
        url = f"{'http' if secure is None else 'https'}://{address}"
        feed = Feed()
        store.records.follow(feed.activity)
        resources.callback(feed.close)
        context = administration(
            base,
            store,
            primary,
            portal_url=config.public_url or url,
            live=portal.live,
            cache=portal.cache,
            observations=portal.observations,
            feed=feed,
        )
        portal.keep_in_order(context)
        web = await _web(portal, context, opened=opened, control=control, secure=secure, development=example)
        portal.observations.opened(Listening(protocol=url.partition(":")[0], host=address.host, port=address.port))
        resources.push_async_callback(web.stop)
        resources.callback(portal.polls.close)
        shown = await _example(context, served[0], config.data) if example else ()
        memory.settle()
        yield Running(http=url, radius=served, accounting=accounting, example=shown)
