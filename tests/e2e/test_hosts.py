"""
Portal, two MFA servers and a VPN, each on a host of its own: a VPN that fails over, with Debian's radclient (N7).
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.rigs.hosted import estate
from tests.rigs.watchword import PASSWORD, STATION

pytestmark = pytest.mark.needs("ip", "radclient")


def test_a_vpn_that_fails_over_rings_once(tmp_path: Path) -> None:
    with estate(tmp_path, 2) as hosts, ThreadPoolExecutor() as vpn:
        portal, (one, other) = hosts.portal, hosts.servers
        user, nas = portal.user(), portal.far_nas()
        phone = portal.phone(user)
        first, second = hosts.serving(nas)
        assert [one.row()["ip"], other.row()["ip"]] == [one.host.address, other.host.address]

        asked = vpn.submit(first.radclient, user, PASSWORD, station=STATION, tries=1, seconds=2)
        (prompt,) = portal.waits(user)
        one.kill()
        assert asked.result() == ""
        asked = vpn.submit(second.radclient, user, PASSWORD, station=STATION)
        (still,) = portal.waits(user)
        assert phone.approve().code == 0
        assert asked.result() == "Access-Accept"
        assert still["id"] == prompt["id"]
