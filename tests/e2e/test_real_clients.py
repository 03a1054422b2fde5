"""
Logins through what organisations really put in front of us, as Debian ships it: PAM, ocserv, OpenVPN and PostgreSQL.

None of them sends a Message-Authenticator.
"""

import base64
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.rigs import vpns
from tests.rigs.nas import Nas
from tests.rigs.vpns import Ended, OpenVpn
from tests.rigs.watchword import PASSWORD, Phone, Watchword, serving, until

pytestmark = pytest.mark.needs("oathtool")

UNSIGNED: Final = "--no-message-authenticator"
SESSION: Final = 2
"""Reports of accounting that a session comes with."""


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """Run clients beside a test that answers their prompts."""
    with ThreadPoolExecutor() as threads:
        yield threads


def approved(server: Watchword, user: str, login: Future[Ended], phone: Phone) -> Ended:
    """Approve the one prompt once the login is taken in, and return how the login ended."""
    server.waits(user)
    assert phone.approve().code == 0
    return login.result(vpns.PATIENCE)


# --- pam_radius


@pytest.mark.needs("pamtester")
def test_pam_lets_in_by_a_code_once(server: Watchword, tmp_path: Path) -> None:
    user, nas = server.user(), server.nas(UNSIGNED)
    typed = f"{PASSWORD},{server.hotp(user).code(0)}"

    assert vpns.pam_radius(tmp_path / "first", nas, user, typed).is_in
    assert not vpns.pam_radius(tmp_path / "again", nas, user, typed).is_in
    assert not vpns.pam_radius(tmp_path / "wrong", nas, user, "wrong").is_in
    assert server.reasons(user) == ["code", "used-code", "wrong-password"]


@pytest.mark.needs("pamtester")
def test_pam_asks_for_the_code_where_it_is_challenged(server: Watchword, tmp_path: Path) -> None:
    user, nas = server.user(), server.nas(UNSIGNED, "--challenge")
    token = server.hotp(user)

    ended = vpns.pam_radius(tmp_path / "right", nas, user, PASSWORD, token.code(0))
    assert (ended.is_in, "Enter your code" in ended.written) == (True, True)
    assert not vpns.pam_radius(tmp_path / "wrong", nas, user, PASSWORD, token.code(0)).is_in


@pytest.mark.needs("pamtester")
def test_pam_waits_for_the_phone(server: Watchword, tmp_path: Path, beside: ThreadPoolExecutor) -> None:
    user, nas = server.user(), server.nas(UNSIGNED)
    phone = server.phone(user)

    login = beside.submit(vpns.pam_radius, tmp_path / "pam", nas, user, PASSWORD)

    assert approved(server, user, login, phone).is_in


# --- ocserv


@pytest.mark.needs("ocserv", "openconnect")
def test_ocserv_lets_in_by_code_challenge_and_phone(
    server: Watchword, tmp_path: Path, beside: ThreadPoolExecutor
) -> None:
    coded, rung, nas = server.user(), server.user(), server.nas(UNSIGNED, "--challenge")
    plain = server.nas(UNSIGNED)
    token, phone = server.hotp(coded), server.phone(rung)

    with vpns.ocserv(tmp_path / "asks", nas) as vpn:
        assert vpn.connect(coded, f"{PASSWORD},{token.code(0)}").is_in
        asked = vpn.connect(coded, PASSWORD, token.code(1))
        assert asked.is_in, (asked.written, server.activity(coded))
        refused = vpn.connect(coded, PASSWORD, token.code(1))
        assert (refused.is_in, "Enter your code" in refused.written) == (False, True)
    with vpns.ocserv(tmp_path / "holds", plain) as vpn:
        assert approved(server, rung, beside.submit(vpn.connect, rung, PASSWORD), phone).is_in
    assert server.reasons(rung) == ["push"]


@pytest.mark.needs("ocserv", "openconnect")
def test_ocserv_that_asks_again_while_the_phone_rings_gets_one_answer(
    server: Watchword, tmp_path: Path, beside: ThreadPoolExecutor
) -> None:
    user, nas = server.user(), server.nas(UNSIGNED)
    phone = server.phone(user)

    with vpns.ocserv(tmp_path / "ocserv", nas, timeout=1) as vpn:
        before = server.metric("watchword_retransmissions_total")
        login = beside.submit(vpn.connect, user, PASSWORD)
        until(lambda: server.metric("watchword_retransmissions_total") > before, "ocserv asked again")
        assert approved(server, user, login, phone).is_in

    assert server.reasons(user) == ["push"]


# --- OpenVPN


@pytest.fixture(scope="module")
def vpn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watchword, Nas, OpenVpn]]:
    """Serve where OpenVPN's plugin can ask: at ports of four digits."""
    radius, accounting = vpns.short_ports(2)
    addresses = ("--radius", f"{vpns.HOST}:{radius}", "--accounting", f"{vpns.HOST}:{accounting}")
    with serving(tmp_path_factory.mktemp("watchword"), *addresses) as server:
        nas = server.nas(UNSIGNED, address=vpns.HOST)
        with vpns.openvpn(tmp_path_factory.mktemp("vpn") / "openvpn", nas, accounting=accounting, wait=1) as openvpn:
            yield server, nas, openvpn


@pytest.mark.needs("openvpn")
def test_openvpn_lets_in_by_a_code_behind_the_password(vpn: tuple[Watchword, Nas, OpenVpn]) -> None:
    server, _, openvpn = vpn
    user = server.user()
    token = server.hotp(user)

    assert openvpn.connect(user, f"{PASSWORD},{token.code(0)}").is_in
    assert not openvpn.connect(user, f"{PASSWORD},123456").is_in
    until(lambda: len(accounts(server, user)) == SESSION, "start and stop of the session in activity")


@pytest.mark.needs("openvpn")
def test_openvpns_static_challenge_is_a_code(vpn: tuple[Watchword, Nas, OpenVpn]) -> None:
    server, _, openvpn = vpn
    user = server.user()
    parts = (base64.b64encode(part.encode()).decode() for part in (PASSWORD, server.hotp(user).code(0)))

    assert openvpn.connect(user, f"SCRV1:{':'.join(parts)}").is_in


@pytest.mark.needs("openvpn")
def test_openvpn_that_asks_again_from_a_new_port_is_answered_there(
    vpn: tuple[Watchword, Nas, OpenVpn], beside: ThreadPoolExecutor
) -> None:
    server, _, openvpn = vpn
    user = server.user()
    phone = server.phone(user)

    login = beside.submit(openvpn.connect, user, PASSWORD)
    server.waits(user)
    server.outstanding(2)
    assert approved(server, user, login, phone).is_in

    logins = [row["reason"] for row in server.activity(user) if row["kind"] == "login"]
    assert sorted(logins) == ["joined", "push"]
    assert phone.approve(wait=0).code == 1, "there was one prompt"


def accounts(server: Watchword, user: str) -> list[dict[str, str]]:
    """Return what was told of a user's sessions."""
    return [row for row in server.activity(user) if row["kind"] == "accounting"]


# --- PostgreSQL


@pytest.mark.needs("psql")
def test_postgresql_lets_in_by_a_code(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("watchword")) as server:
        user = server.user()
        token, nas = server.hotp(user), server.nas(UNSIGNED, address=vpns.HOST)
        with vpns.postgresql(nas) as database:
            database.add(user)

            assert database.connect(user, f"{PASSWORD},{token.code(0)}").is_in
            assert not database.connect(user, f"{PASSWORD},123456").is_in
        assert server.reasons(user) == ["code", "wrong-code"]
