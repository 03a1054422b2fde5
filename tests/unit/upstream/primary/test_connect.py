"""
Each kind of directory has its client, which does nothing before it is asked.
"""

import asyncio

import pytest

from tests.unit.upstream.primary.doubles import FakeNetwork, World
from watchword.domain.applications import DirectoryId
from watchword.domain.directories import Directory, LdapDirectory, RadiusDirectory
from watchword.domain.secrets import Secret
from watchword.kit.randomness import SeededRandomness
from watchword.kit.tasks import Tasks
from watchword.upstream.primary.connect import Connector
from watchword.upstream.primary.ldap import LdapBinds
from watchword.upstream.primary.radius import RadiusServer

LDAP = LdapDirectory(id=DirectoryId(b"l" * 16), name="hq", url="ldap://hq.test", base="dc=test")
RADIUS = RadiusDirectory(
    id=DirectoryId(b"r" * 16), name="behind", host="192.0.2.1", port=1812, secret=Secret(b"x" * 16)
)


@pytest.mark.parametrize(("directory", "kind"), [(LDAP, LdapBinds), (RADIUS, RadiusServer)])
async def test_each_directory_has_the_client_of_its_kind(directory: Directory, kind: type) -> None:
    world, network = World(), FakeNetwork()
    tasks = Tasks(fault=world.fault)
    connect = Connector(
        loop=asyncio.get_running_loop(),
        resolve=network.resolve,
        clock=world.clock,
        timers=world.timers,
        tasks=tasks,
        randomness=SeededRandomness(1),
    )
    client = connect(directory)

    assert isinstance(client, kind)
    assert network.asked_for == []
    assert len(tasks) == 0
    client.close()
