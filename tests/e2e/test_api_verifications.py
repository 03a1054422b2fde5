"""
Applications of type `api`: verifications decided exactly as those of a VPN.
"""

import pytest

from tests.rigs.nas import Nas
from tests.rigs.rest import PREFIX, Program, Shop, asked
from tests.rigs.watchword import PASSWORD, STATION, Watchword

pytestmark = pytest.mark.needs("oathtool")


@pytest.fixture(scope="module")
def shop(server: Watchword) -> Shop:
    return Shop.of(server, "shop")


def test_a_code_decides_and_is_good_once(server: Watchword, shop: Shop) -> None:
    user = server.user()
    token = server.hotp(user)

    allowed = shop.login(user, code=token.code(0))
    used = shop.login(user, code=token.code(0), source="203.0.113.99")
    wrong = shop.login(user, code="000000")
    without = shop.login(user)

    assert (allowed["outcome"], allowed["reason"]) == ("allowed", "code")
    assert (used["outcome"], used["reason"]) == ("denied", "used-code")
    assert wrong["outcome"] == without["outcome"] == "denied"
    assert server.ask("why", allowed["activity"])["outcome"] == "allowed"
    row = next(row for row in server.activity(user) if row["id"] == allowed["activity"])
    assert (row["authentication_type"], row["application"], row["source"], row["client"]) == (
        "api",
        "shop",
        "203.0.113.7",
        "127.0.0.1",
    )


def test_a_phone_is_waited_for_by_long_poll(server: Watchword, shop: Shop) -> None:
    user = server.user()
    phone = server.phone(user)

    pending = shop.login(user, wait=0)
    assert phone.approve().code == 0
    ended = shop.wait(pending)

    assert (ended["outcome"], ended["reason"]) == ("allowed", "push")
    assert shop.wait({**pending, "outcome": "pending"})["outcome"] == "allowed"


def test_a_phone_is_waited_for_by_server_sent_events(server: Watchword, shop: Shop) -> None:
    user = server.user()
    phone = server.phone(user)
    events = shop.events(shop.login(user, wait=0))

    assert next(events)[0] == "pending"
    assert phone.deny().code == 0
    name, ended = next(events)

    assert (name, ended["reason"]) == ("denied", "denied-by-user")


def test_the_same_login_twice_is_one_prompt(server: Watchword, shop: Shop) -> None:
    user = server.user()
    phone = server.phone(user)

    first, second = shop.login(user, wait=0), shop.login(user, wait=0)
    server.waits(user, 1)
    assert phone.approve().code == 0

    assert [shop.wait(each)["outcome"] for each in (first, second)] == ["allowed", "allowed"]
    assert sorted(server.reasons(user)) == ["joined", "push"]
    assert phone.approve(wait=0).code == 1


def test_a_bypass_is_used_once(server: Watchword, shop: Shop) -> None:
    user = server.user()
    server.ask("bypass", "add", user, "--seconds", "60", "--reason", "phone lost")

    first = shop.login(user)
    second = shop.login(user, source="203.0.113.99")

    assert (first["outcome"], first["reason"]) == ("allowed", "bypass")
    assert (second["outcome"], second["reason"]) == ("denied", "no-method")


def test_a_caching_rule_saves_a_prompt(server: Watchword) -> None:
    cached, user = Shop.of(server, "cached"), server.user()
    token = server.hotp(user)
    server.ask("rule", "add", "--type", "application", "--seconds", "60", "--application", "cached")

    assert cached.login(user, code=token.code(0))["reason"] == "code"

    again = cached.login(user)
    assert (again["outcome"], again["reason"]) == ("allowed", "cache")
    assert cached.login(user, password="wrong")["reason"] == "wrong-password"


def test_wrong_codes_lock_whatever_they_come_through(server: Watchword, shop: Shop) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    for number in range(5):
        assert shop.login(user, code=f"00000{number}", source=f"203.0.113.{number}")["outcome"] == "denied"

    assert shop.login(user, code=token.code(0))["reason"] == "locked"
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).rejected


def test_what_is_cancelled_cannot_be_fetched(server: Watchword, shop: Shop) -> None:
    user = server.user()
    server.phone(user)
    pending = shop.login(user, wait=0)

    assert shop.cancel(pending) == 204
    assert shop.cancel(pending) == 404
    assert asked(server, "GET", pending["url"], None, shop.headers).status == 404


def test_the_deadline_is_the_applications(server: Watchword) -> None:
    hasty, user = Shop.of(server, "hasty", "--deadline", "1"), server.user()
    server.phone(user)

    ended = hasty.login(user, wait=20)

    assert (ended["outcome"], ended["reason"]) == ("denied", "no-answer")


def test_a_block_ends_what_is_pending(server: Watchword, shop: Shop) -> None:
    user = server.user()
    phone = server.phone(user)
    pending = shop.login(user, wait=0)
    server.waits(user)

    server.ask("user", "block", user, "--reason", "left")

    assert shop.wait(pending)["outcome"] == "denied"
    assert phone.approve(wait=0).code == 1
    assert shop.login(user)["reason"] == "blocked"


def test_a_number_is_shown_and_typed_on_the_phone(server: Watchword) -> None:
    careful, user = Shop.of(server, "careful", "--challenge"), server.user()
    phone = server.phone(user)

    challenged = careful.login(user)
    assert challenged["outcome"] == "challenged"
    waiting = careful.login(user, password=None, state=challenged["state"], wait=0)
    assert phone.approve(challenged["number"]).code == 0

    assert careful.wait(waiting)["outcome"] == "allowed"
    again = careful.login(user, password=None, state=challenged["state"], source="203.0.113.99")
    assert again["outcome"] == "denied"


def test_an_application_may_assert_the_password(server: Watchword) -> None:
    asserting, user = Shop.of(server, "asserting", "--primary", "asserted"), server.user()
    token = server.hotp(user)

    assert asserting.login(user, password=None, code=token.code(0))["outcome"] == "allowed"
    assert asserting.login(user, password=None)["outcome"] == "denied"


def test_two_sources_at_once_are_told_apart(server: Watchword, shop: Shop) -> None:
    user = server.user()
    server.phone(user)
    pending = shop.login(user, wait=0)
    server.waits(user)

    assert shop.login(user, source="198.51.100.66")["reason"] == "contended"
    assert shop.cancel(pending) == 204


def test_no_other_application_and_no_key_gets_at_it(server: Watchword, shop: Shop) -> None:
    user, other = server.user(), Shop.of(server, "another")
    server.phone(user)
    pending = shop.login(user, wait=0)

    assert asked(server, "GET", pending["url"], None, other.headers).status == 404
    assert asked(server, "DELETE", pending["url"], None, other.headers).status == 404
    assert Program.of(server).ask("GET", pending["url"]).status == 401
    assert asked(server, "GET", pending["url"], None, {}).status == 401
    assert shop.cancel(pending) == 204


def test_a_secret_is_replaced_without_a_gap(server: Watchword) -> None:
    rotated, user = Shop.of(server, "rotated"), server.user()
    token = server.hotp(user)
    server.canaries.add("the next secret of the application")
    renewed = Shop(server, "rotated", "the next secret of the application")

    server.ask("application", "secret-replace", "rotated", "--secret-stdin", stdin=renewed.secret)
    assert rotated.login(user, code=token.code(0))["outcome"] == "allowed"
    assert renewed.login(user, code=token.code(1), source="203.0.113.99")["outcome"] == "allowed"
    server.ask("application", "secret-finish", "rotated")

    body = {"user": user, "password": PASSWORD}
    assert asked(server, "POST", f"{PREFIX}/verifications", body, rotated.headers).status == 401
    assert renewed.login(user, code=token.code(2), source="203.0.113.98")["outcome"] == "allowed"


def test_it_is_not_heard_over_radius(server: Watchword, shop: Shop) -> None:
    """The secret of an application of type `api` is no RADIUS secret, whatever address asks."""
    before = server.dropped("unknown-client")
    nas = Nas(server.radius, shop.secret.encode(), name="shop", address="127.45.0.1")
    with nas.begin(server.user(), PASSWORD, station=STATION) as exchange:
        server.ignored(exchange, "unknown-client", before)
