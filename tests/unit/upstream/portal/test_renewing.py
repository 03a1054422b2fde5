"""
How a server renews its key (E5): kept before it is told, used once it is known, asked for again after whatever happens.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.upstream.portal.portals import GROUP, SERVER, Portal, serving
from watchword.domain.statements import ActivatedStatement
from watchword.kit.clock import SystemClock
from watchword.kit.identities import fingerprint
from watchword.kit.randomness import SeededRandomness, SystemRandomness
from watchword.kit.telemetry import LogForm, SeldomLog, open_log
from watchword.upstream.portal.enrolment import TRIES, PortalDoor, PortalUrl
from watchword.upstream.portal.folder import ServerFolder
from watchword.upstream.portal.renewing import Asked, KeyRenewal


class Thread:
    """Does its work when it is told to, or never."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Asked], Callable[[Asked | None], None]]] = []
        self.full = False

    def submit(self, work: Callable[[], Asked], done: Callable[[Asked | None], None]) -> Callable[[], None]:
        if self.full:
            done(None)
        else:
            self.waiting.append((work, done))
        return lambda: None

    def run(self) -> None:
        """Do what waits."""
        work, done = self.waiting.pop()
        done(work())


class Site:
    """An activated server and what renews its key."""

    def __init__(self, data: Path, portal: Portal, *, before: tuple[str, ...] = ()) -> None:
        self.data = data
        self.folder = ServerFolder(data, randomness=SeededRandomness(1))
        self.folder.begin(pin=b"p" * 32, email="a@b", now=1)
        told = ActivatedStatement(
            server=SERVER, key=self.folder.identity.public, name="berlin-1", group=GROUP, group_name="berlin"
        )
        self.folder.finish(told, url=portal.url, portal=portal.identity.public, ca=None, proxy=None)
        self.threads = Thread()
        self.text = io.StringIO()
        self.urls = (*before, portal.url)
        self.pin = fingerprint(portal.identity.public)
        self.renewal = self.renewal_of(self.folder)

    def renewal_of(self, folder: ServerFolder) -> KeyRenewal:
        clock = SystemClock()
        doors = [
            PortalDoor(PortalUrl(url=url, pin=self.pin), clock=clock, randomness=SystemRandomness())
            for url in self.urls
        ]
        log = SeldomLog(open_log(clock=clock, stream=self.text, form=LogForm.JSON), clock=clock)
        return KeyRenewal(folder, lambda: doors, threads=self.threads, log=log)


@pytest.fixture
def portal() -> Iterator[Portal]:
    with serving(Portal()) as portal:
        yield portal


def test_a_new_key_is_used_once_the_portal_knows_it(tmp_path: Path, portal: Portal) -> None:
    site = Site(tmp_path / "data", portal)
    old = site.folder.identity.public
    site.renewal.begin()
    site.renewal.begin()
    assert (site.folder.identity.public, len(site.threads.waiting)) == (old, 1)

    site.threads.run()

    (asked,) = portal.renewing
    assert asked.key == site.folder.identity.public != old
    assert not site.folder.is_renewing
    assert "the key was renewed" in site.text.getvalue()


def test_one_portal_after_the_other_is_asked(tmp_path: Path, portal: Portal) -> None:
    site = Site(tmp_path / "data", portal, before=("http://127.0.0.1:1",))

    site.renewal.begin()
    site.threads.run()

    assert site.folder.identity.public == portal.renewing[0].key


def test_a_lost_answer_is_asked_for_again_also_by_the_next_process(tmp_path: Path, portal: Portal) -> None:
    site = Site(tmp_path / "data", portal)
    old = site.folder.identity.public
    portal.loses = TRIES
    site.renewal.begin()
    site.threads.run()
    assert (site.folder.identity.public, site.folder.is_renewing) == (old, True)

    again = ServerFolder.open(site.data, randomness=SeededRandomness(5))
    site.renewal_of(again).go_on()
    site.threads.run()

    assert len({asked.key for asked in portal.renewing}) == 1
    assert again.identity.public == portal.renewing[0].key


def test_nothing_goes_on_where_nothing_was_begun(tmp_path: Path, portal: Portal) -> None:
    site = Site(tmp_path / "data", portal)
    site.renewal.go_on()

    assert site.threads.waiting == []


def test_a_no_is_told_and_the_old_key_stays(tmp_path: Path, portal: Portal) -> None:
    site = Site(tmp_path / "data", portal)
    old = site.folder.identity.public
    portal.instead = lambda name: (403, b'{"code": "revoked"}') if name == "/renew" else None
    site.renewal.begin()
    site.threads.run()
    site.threads.full = True
    site.renewal.begin()

    assert site.folder.identity.public == old
    assert '"cause": "revoked"' in site.text.getvalue()
    assert '"cause": "busy"' in site.text.getvalue()


def test_a_folder_that_cannot_be_written_keeps_its_key(tmp_path: Path, portal: Portal) -> None:
    site = Site(tmp_path / "data", portal)
    old = site.folder.identity.public
    site.renewal.begin()
    site.data.rename(tmp_path / "moved")
    site.threads.run()
    assert site.folder.identity.public == old
    (tmp_path / "moved").rename(site.data)
    site.renewal.begin()
    site.threads.run()
    assert site.folder.identity.public != old
    site.data.rename(tmp_path / "moved")
    site.renewal.begin()

    assert site.threads.waiting == []
    assert "cannot be written" in site.text.getvalue()
