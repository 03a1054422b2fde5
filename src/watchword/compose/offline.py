"""
Administration, on the database alone or beside what runs.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from watchword.app.administration import Administration
from watchword.app.directory import CurrentConfiguration
from watchword.app.feed import Feed
from watchword.compose.first_step import primaries
from watchword.compose.foundation import Foundation
from watchword.config import Config
from watchword.domain.secrets import Secret
from watchword.kit.passwords import SALT_OCTETS, hashed, matches, pretend
from watchword.kit.randomness import SystemRandomness
from watchword.kit.workers import Workers
from watchword.ports.live import Live, Observations
from watchword.ports.login import LoginCache, PrimaryAuthentication
from watchword.stores.download.keeping import FileDownloads
from watchword.stores.sqlite import SqliteStore
from watchword.upstream.primary.local import LocalPasswords
from watchword.upstream.probe import UdpProbe


def _hash_password(randomness: SystemRandomness, password: Secret) -> str:
    return hashed(password.octets, salt=randomness.octets(SALT_OCTETS))


def _check_password(password: Secret, encoded: str | None) -> bool:
    if encoded is None:
        pretend(password.octets)
        return False
    return matches(encoded, password.octets)


def local_passwords(base: Foundation, store: SqliteStore, workers: Workers) -> LocalPasswords:
    """Make what checks the passwords that are kept in a store."""
    return LocalPasswords(
        password_hash=store.people.password_hash, workers=workers, clock=base.clock, timers=base.timers
    )


async def configuration(store: SqliteStore) -> CurrentConfiguration:
    """Read the configuration, and keep to it as it is changed."""
    current = CurrentConfiguration(await store.records.read(lambda records: records.configuration()))
    store.records.on_configuration(current.swap)
    return current


def administration(  # noqa: PLR0913 - the parts it is made of
    base: Foundation,
    store: SqliteStore,
    primary: PrimaryAuthentication,
    *,
    portal_url: str,
    downloads: FileDownloads,
    live: Live | None = None,
    cache: LoginCache | None = None,
    observations: Observations | None = None,
    feed: Feed | None = None,
) -> Administration:
    """Return what operations may reach; the last four are None where nothing runs."""
    return Administration(
        records=store.records,
        upkeep=store.upkeep,
        clock=base.clock,
        identifiers=base.identifiers,
        randomness=base.randomness,
        hash_password=partial(_hash_password, base.randomness),
        check_password=_check_password,
        primary=primary,
        probe=UdpProbe(),
        portal_url=portal_url,
        free_octets=lambda: shutil.disk_usage(base.config.data).free,
        downloads=downloads,
        live=live,
        cache=cache,
        observations=observations,
        feed=feed,
    )


def file_downloads(base: Foundation, resources: AsyncExitStack) -> FileDownloads:
    """Make what makes and keeps the MFA server as one file, until the resources are closed."""
    workers = base.workers("download", 1)
    resources.callback(workers.close)
    made = FileDownloads(base.config.data, threads=workers, clock=base.clock)
    resources.callback(made.close)
    return made


@asynccontextmanager
async def offline(config: Config) -> AsyncIterator[Administration]:
    """
    Administer the database alone: for when nothing runs, and on the host only.

    Raises one of `StartError`.
    """
    base = Foundation(config)
    async with AsyncExitStack() as resources:
        store = SqliteStore.open(config.data, clock=base.clock, randomness=base.randomness, key_file=config.key_file)
        resources.callback(store.close)
        resources.push_async_callback(base.tasks.stop)
        primary = primaries(base, await configuration(store), resources, local=partial(local_passwords, base, store))
        portal_url = config.public_url or f"http://{config.http}"
        yield administration(base, store, primary, portal_url=portal_url, downloads=file_downloads(base, resources))
