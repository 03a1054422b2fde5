"""
A real FreeRADIUS between the NAS and us.

Its answers go to the NAS as it makes them, and Debian's 3.2.1 puts no Message-Authenticator first into them; what comes
from us it checks by itself. So here only codes and what stands in the answers are looked at.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.freeradius_front import HOST, SECRET, Front, run_front
from tests.rigs.nas import Code, Exchange, Nas, Type, attributes_of
from tests.rigs.watchword import PASSWORD, STATION, Watchword, until

pytestmark = pytest.mark.needs("freeradius", "oathtool")


class Proxied:
    """A NAS that asks a proxy, which asks us."""

    def __init__(self, server: Watchword, folder: Path, *options: str, window: int = 20) -> None:
        self.server = server
        self.home: Nas = server.nas(*options)
        self.running = run_front(
            folder,
            home=server.radius,
            home_secret=self.home.secret.decode(),
            source=self.home.address,
            window=window,
        )
        self.front: Front = self.running.__enter__()
        self.nas = Nas(self.front.address, SECRET.encode(), name="front", address=HOST)

    def close(self) -> None:
        """End the proxy."""
        self.running.__exit__(None, None, None)

    def login(self, user: str, password: str, *, state: bytes | None = None) -> tuple[Code, dict[int, bytes]]:
        """Send a login and wait for its answer."""
        with self.nas.begin(user, password, station=STATION, state=state) as login:
            return answer_of(login)


def answer_of(login: Exchange) -> tuple[Code, dict[int, bytes]]:
    """Read an answer of the proxy."""
    octets = login.octets()
    assert octets[1] == login.request.identifier
    return Code(octets[0]), dict(attributes_of(octets))


@pytest.fixture(scope="module")
def proxied(server: Watchword, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Have a proxy."""
    proxied = Proxied(server, tmp_path_factory.mktemp("front"), "--challenge")
    yield proxied
    proxied.close()


def test_accepts_and_rejects_pass_through_it(server: Watchword, proxied: Proxied) -> None:
    user = server.user()
    token = server.hotp(user)

    assert proxied.login(user, f"{PASSWORD},{token.code(0)}")[0] is Code.ACCESS_ACCEPT
    code, attributes = proxied.login(user, "wrong")
    assert code is Code.ACCESS_REJECT
    assert attributes[Type.REPLY_MESSAGE] == b"Sign-in was refused."
    assert [row["client"] for row in server.activity(user)] == [proxied.home.address] * 2


def test_challenges_pass_through_it(server: Watchword, proxied: Proxied) -> None:
    user = server.user()
    token = server.hotp(user)

    code, attributes = proxied.login(user, PASSWORD)
    assert code is Code.ACCESS_CHALLENGE
    assert attributes[Type.REPLY_MESSAGE] == b"Enter your code"
    assert proxied.login(user, token.code(0), state=attributes[Type.STATE])[0] is Code.ACCESS_ACCEPT


def test_a_phone_is_waited_for_and_retries_of_the_nas_are_one_prompt(server: Watchword, proxied: Proxied) -> None:
    server.ask("application", "change", proxied.home.name, "--no-challenge")
    user = server.user()
    phone = server.phone(user)
    try:
        with proxied.nas.begin(user, PASSWORD, station=STATION) as login:
            server.waits(user)
            before = server.metric("watchword_retransmissions_total")

            def sent_again() -> bool:
                # The proxy passes a retransmission on that comes a second or more after the first.
                login.again()
                return server.metric("watchword_retransmissions_total") > before

            until(sent_again, "the proxy has sent it again")
            assert not login.has_answer()
            phone.approve()
            assert answer_of(login)[0] is Code.ACCESS_ACCEPT
    finally:
        server.ask("application", "change", proxied.home.name, "--challenge")

    assert server.reasons(user) == ["push"]


def test_a_phone_that_nobody_looks_at_makes_us_a_zombie_and_status_server_shows_us_alive(
    server: Watchword, tmp_path: Path
) -> None:
    proxied = Proxied(server, tmp_path, window=1)
    try:
        user, other = server.user(), server.user()
        phone, token = server.phone(user), server.hotp(other)
        before = server.metric("watchword_status_requests_total", answer="alive")
        with proxied.nas.begin(user, PASSWORD, station=STATION) as login:
            # The window is shorter than people are, so that the proxy rejects by itself.
            assert answer_of(login)[0] is Code.ACCESS_REJECT
            assert "as zombie" in proxied.front.logged()
            until(lambda: "Received response to status check" in proxied.front.logged(), "its probe answered")
            assert server.metric("watchword_status_requests_total", answer="alive") > before
        assert proxied.login(other, f"{PASSWORD},{token.code(0)}")[0] is Code.ACCESS_ACCEPT, "others pass meanwhile"
        assert phone.approve().code == 0, "the prompt has not ended with the proxy's patience"
    finally:
        proxied.close()
