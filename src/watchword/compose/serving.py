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
from typing import TYPE_CHECKING

from watchword.app import demo
from watchword.app.administration import Administration, Refusal
from watchword.app.channel.hub import STOPPING
from watchword.app.entrance import setting_up
from watchword.app.feed import Feed
from watchword.app.manage import api_keys
from watchword.compose.channel import PortalChannel, portal_channel
from watchword.compose.first_step import primaries
from watchword.compose.foundation import Foundation
from watchword.compose.listening import RadiusListening, radius_ports
from watchword.compose.offline import administration, configuration, file_downloads, local_passwords
from watchword.compose.portal import Portal
from watchword.config import Address, Config
from watchword.kit import enumerations, memory
from watchword.listeners.sockets import ListenError
from watchword.ports.live import Listening
from watchword.ports.login import StoreAway
from watchword.stores.sqlite import Refused, SqliteStore
from watchword.web.sockets import ServeError, listen, listen_control, remove_control, tls
from watchword.web.surroundings import Surroundings as WebSurroundings

if TYPE_CHECKING:
    from watchword.web.servers import Web

StartError = (*Refused, ListenError, ServeError)
"""What `serving` raises where it cannot begin: each message is one sentence for whoever starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """
    What serves, and where: RADIUS at one address at least.

    Attributes:
        example: what a demonstration's terminal shows.
        setup_url: makes the first owner, once; None where there is one.
    """

    http: str
    radius: tuple[Address, ...]
    accounting: tuple[Address, ...]
    example: tuple[str, ...] = ()
    setup_url: str | None = None


async def _web(
    channel: PortalChannel,
    *,
    opened: socket.socket,
    control: socket.socket,
    secure: ssl.SSLContext | None,
    development: bool,
) -> "Web":
    """Import the web and read its pages, off the loop because RADIUS serves already, and serve it."""
    portal, context, base = channel.portal, channel.context, channel.portal.foundation
    surroundings = WebSurroundings(
        context=context,
        prompting=portal.prompting,
        polls=portal.polls,
        metrics=base.metrics,
        fault=base.fault,
        ready=portal.ledger.can_write,
        login=portal.login,
        configuration=lambda: portal.current.value,
        authenticate=api_keys.authenticate,
        pause=base.pause,
        development=development,
    )

    def load() -> "Web":
        from watchword.web.channel.served import ChannelSurroundings
        from watchword.web.servers import Web

        calls = ChannelSurroundings(
            threshold=channel.threshold,
            doorkeeper=channel.doorkeeper(),
            hub=channel.hub,
            tasks=base.tasks,
            log=base.seldom,
        )
        return Web(surroundings, opened=opened, control=control, tls=secure, channel=calls)

    web = await asyncio.to_thread(load)
    await web.start(tasks=base.tasks, log=base.seldom)
    return web


async def _example(context: Administration, served: Address, folder: Path) -> tuple[str, ...]:
    made = await demo.prepare(context)
    if isinstance(made, Refusal):
        return (made.sentence,)
    return demo.lines(made, radius=str(served), folder=str(folder))


async def _first_link(base: Foundation, context: Administration) -> str | None:
    """Make the first owner's link; on a full disk there is none, and logins are answered all the same."""
    try:
        return await setting_up.first_link(context)
    except StoreAway:
        base.log.warning("no link for a first owner was made: the database cannot be written; start again once it can")
        return None


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
        primary = primaries(base, current, resources, local=partial(local_passwords, base, store))
        portal = Portal(base, store, current, primary)
        resources.callback(portal.recorder.settle, lambda: None)
        listening = RadiusListening(
            login=portal.login,
            accounting=portal.accounting,
            current=portal.current,
            observations=portal.observations,
            can_complete=portal.ledger.can_write,
        )
        served, accounting = radius_ports(base, listening, config, resources)
        address = Address(host=config.http.host, port=opened.getsockname()[1])
        url = f"{'http' if secure is None else 'https'}://{address}"
        feed = Feed()
        store.records.follow(feed.activity)
        portal.parts.pending.on_change(feed.pending)
        context = administration(
            base,
            store,
            primary,
            portal_url=config.public_url or url,
            downloads=file_downloads(base, resources),
            live=portal.live,
            cache=portal.cache,
            observations=portal.observations,
            feed=feed,
        )
        channel = await portal_channel(portal, context)
        portal.keep_in_order(channel.context)
        web = await _web(channel, opened=opened, control=control, secure=secure, development=example)
        portal.observations.opened(Listening(protocol=url.partition(":")[0], host=address.host, port=address.port))
        resources.push_async_callback(web.stop)
        resources.callback(channel.hub.close, STOPPING)
        resources.callback(portal.polls.close)
        resources.callback(feed.close)
        shown = await _example(channel.context, served[0], config.data) if example else ()
        enumerations.settle()
        memory.settle()
        setup_url = await _first_link(base, context)
        yield Running(http=url, radius=served, accounting=accounting, example=shown, setup_url=setup_url)
