"""
What a server obeys: its own portal's word, for itself, newer than the last (N20).
"""

from ipaddress import ip_network

import msgspec
import pytest

from tests.unit.wire.channel.samples import SNAPSHOT
from watchword.domain.applications import ApplicationId, PortalAway, PrimaryKind
from watchword.domain.configuration import Configuration as Domain
from watchword.kit.identities import Identity
from watchword.kit.randomness import SeededRandomness
from watchword.upstream.portal.configuration import Obeyed, Taken
from watchword.wire.channel.configuration import encode_snapshot, signed
from watchword.wire.channel.messages import Configuration

PORTAL, OTHER = Identity.new(SeededRandomness(1)), Identity.new(SeededRandomness(2))


def message(*, by: Identity = PORTAL, **changes: object) -> Configuration:
    body = encode_snapshot(msgspec.structs.replace(SNAPSHOT, **changes))
    return Configuration(body=body, signature=by.sign(signed(body)))


class Disk:
    """Keeps one snapshot, or is full."""

    def __init__(self) -> None:
        self.kept: tuple[bytes, bytes] | None = None
        self.is_full = False

    def load(self) -> tuple[bytes, bytes] | None:
        return self.kept

    def keep(self, body: bytes, signature: bytes) -> None:
        if self.is_full:
            raise OSError
        self.kept = (body, signature)

    def forget(self) -> None:
        self.kept = None


class Desk:
    def __init__(self) -> None:
        self.disk = Disk()
        self.forced: list[Domain] = []
        self.obeyed = self.started()

    def started(self) -> Obeyed:
        return Obeyed(portal=PORTAL.public, server=SNAPSHOT.server, swap=self.forced.append, file=self.disk)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_signed_snapshot_comes_into_force(desk: Desk) -> None:
    assert desk.obeyed.take(message()) is Taken.TAKEN

    (configuration,) = desk.forced
    application = configuration.applications[ApplicationId(b"a" * 16)]
    assert (application.name, application.primary, application.portal_away) == (
        "vpn",
        PrimaryKind.LDAP,
        PortalAway.DENY,
    )
    assert configuration.clients[0].network == ip_network("192.0.2.1/32")
    assert len(configuration.directories) == 2
    assert configuration.settings.radius.reject_delay == 1.0
    assert desk.obeyed.proof_keys == SNAPSHOT.proof_keys
    assert desk.obeyed.serial == SNAPSHOT.serial


def test_what_another_has_signed_is_refused(desk: Desk) -> None:
    assert desk.obeyed.take(message(by=OTHER)) is Taken.FORGED
    assert desk.forced == []


def test_what_was_changed_on_the_way_is_refused(desk: Desk) -> None:
    sent = message()
    changed = msgspec.structs.replace(sent, body=sent.body.replace(b"shared secret", b"another secre"))

    assert desk.obeyed.take(changed) is Taken.FORGED


def test_what_is_signed_and_cannot_be_read_is_refused(desk: Desk) -> None:
    body = b"no snapshot"

    assert desk.obeyed.take(Configuration(body=body, signature=PORTAL.sign(signed(body)))) is Taken.FORGED


def test_a_signature_for_something_else_is_none(desk: Desk) -> None:
    body = encode_snapshot(SNAPSHOT)

    assert desk.obeyed.take(Configuration(body=body, signature=PORTAL.sign(body))) is Taken.FORGED


def test_another_servers_snapshot_is_refused(desk: Desk) -> None:
    assert desk.obeyed.take(message(server=b"j" * 16)) is Taken.OF_ANOTHER
    assert desk.forced == []


@pytest.mark.parametrize("serial", [0, SNAPSHOT.serial - 1, SNAPSHOT.serial])
def test_an_older_snapshot_and_the_same_again_are_refused(desk: Desk, serial: int) -> None:
    desk.obeyed.take(message())

    assert desk.obeyed.take(message(serial=serial)) is Taken.OLD
    assert len(desk.forced) == 1


def test_a_newer_one_replaces_it(desk: Desk) -> None:
    desk.obeyed.take(message())

    assert desk.obeyed.take(message(serial=SNAPSHOT.serial + 1, clients=())) is Taken.TAKEN
    assert desk.forced[-1].clients == ()


def test_who_is_revoked_forgets_every_secret_and_takes_nothing_older(desk: Desk) -> None:
    desk.obeyed.forget()
    assert desk.forced == []
    desk.obeyed.take(message())

    desk.obeyed.forget()

    assert desk.forced[-1] == Domain()
    assert desk.obeyed.proof_keys == ()
    assert b"shared secret" not in repr(desk.obeyed.snapshot).encode()
    assert desk.obeyed.take(message()) is Taken.OLD


def test_what_this_version_does_not_know_lets_nobody_pass(desk: Desk) -> None:
    (application,) = SNAPSHOT.applications
    (client,) = SNAPSHOT.clients
    taken = desk.obeyed.take(
        message(
            applications=(
                msgspec.structs.replace(application, primary="telepathy"),
                msgspec.structs.replace(application, id=b"b" * 16, authentication_type="smoke"),
                msgspec.structs.replace(application, id=b"c" * 16, portal_away="trust"),
            ),
            clients=(msgspec.structs.replace(client, network="everywhere"),),
            reject_delay=1e9,
        )
    )

    assert taken is Taken.TAKEN
    configuration = desk.forced[-1]
    assert [one.portal_away for one in configuration.applications.values()] == [PortalAway.DENY]
    assert configuration.clients == ()
    assert configuration.settings.radius.reject_delay == 10.0


def test_the_next_run_begins_with_what_this_one_obeyed(desk: Desk) -> None:
    desk.obeyed.take(message())
    again = desk.started()
    again.recall()

    assert again.serial == SNAPSHOT.serial
    assert desk.forced[0] == desk.forced[1]
    assert again.take(message()) is Taken.OLD


def test_a_kept_snapshot_is_checked_like_any_other(desk: Desk) -> None:
    forged = message(by=OTHER)
    desk.disk.kept = (forged.body, forged.signature)

    desk.obeyed.recall()

    assert desk.forced == []


def test_on_a_full_disk_it_is_obeyed_all_the_same(desk: Desk) -> None:
    desk.disk.is_full = True

    assert desk.obeyed.take(message()) is Taken.TAKEN
    assert desk.disk.kept is None


def test_who_is_revoked_keeps_nothing_for_the_next_run(desk: Desk) -> None:
    desk.obeyed.take(message())
    desk.obeyed.forget()

    assert desk.disk.kept is None
