"""
The pages of applications: listed, added by what they are, looked at, changed, and tried.
"""

import html
import re
from typing import Any

import pytest

from tests.fakes.changes import replace
from tests.fakes.office import ALICE, SECRET, VPN, Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from tests.unit.web.portal.test_filled import READING
from tests.unit.web.portal.test_sentences import GERMAN
from watchword.app.manage.application_rows import ApplicationNamed, ApplicationRow
from watchword.app.manage.applications import ApplicationAdd, ApplicationChange
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.clients import SecretReplace
from watchword.app.manage.directories import DirectoryAdd, DirectoryType
from watchword.app.manage.rules import RuleAdd
from watchword.domain.applications import AuthenticationType
from watchword.domain.caching import CacheType
from watchword.domain.clients import Client
from watchword.domain.presets import PRESETS
from watchword.domain.roles import Role
from watchword.ports.live import ClientObservation, Listening
from watchword.web.portal.application_acts import ACTS, Act
from watchword.web.portal.application_problems import ProblemKind, problems_of
from watchword.web.portal.sentences import said_plainly

CANARY = '"><img src=x onerror=alert(1)>{{7*7}}'
AT = 1_764_000_000_000_000


@pytest.fixture
async def staffed(office: Office) -> Office:
    await office.user(ALICE)
    await office.do("application.add", ApplicationAdd(name=VPN, clients=("127.0.0.1",), secret=SECRET, challenge=True))
    office.seen.sockets = [Listening(protocol="radius", host="192.0.2.1", port=1_812)]
    return office


@pytest.fixture
async def at(staffed: Office) -> Room:
    return room_of(staffed)


async def page(at: Room, path: str, status: int = 200) -> str:
    answer = await at.get(path)
    assert answer.status == status, answer.body
    return html.unescape(answer.body.decode())


async def row_of(office: Office, name: str = VPN) -> ApplicationRow:
    row = await office.do("application.show", ApplicationNamed(name=name))
    assert isinstance(row, ApplicationRow)
    return row


async def home_of(office: Office, name: str = VPN) -> str:
    return f"/applications/{(await row_of(office, name)).id}"


async def clients_of(office: Office) -> tuple[Client, ...]:
    return tuple((await office.configuration()).clients)


def fields(**changed: str) -> dict[str, str]:
    """Return the form of an application as it is sent."""
    sent = {"kind": "other", "name": "Branch", "clients": "192.0.2.7\n2001:db8::/64", "secret": ""}
    sent |= {"primary": "local", "deadline": "50", "challenge": "off", "user_match": "on"}
    return sent | {"message_authenticator": "on", "portal_away": "deny"} | changed


# --- the list


async def test_applications_are_listed_with_what_is_wrong(at: Room, staffed: Office) -> None:
    (client,) = await clients_of(staffed)
    staffed.seen.observations = [
        ClientObservation(client=client.id, address="127.0.0.1", at=AT, without_authenticator=2)
    ]

    shown = await page(at, "/applications")

    assert f'href="{await home_of(staffed)}"' in shown
    assert "127.0.0.1/32" in shown
    assert "asks without Message-Authenticator" in shown
    assert '<time datetime="2025-' in shown
    assert "<html" not in await page(at, "/applications/now")


@pytest.mark.parametrize(("wanted", "there"), [("vp", True), ("127.0", True), ("branch", False)])
async def test_the_list_is_narrowed_down_by_name_or_address(at: Room, wanted: str, *, there: bool) -> None:
    shown = await page(at, f"/applications?q={wanted}")

    assert (f">{VPN}</a>" in shown) is there
    assert ("No application is like that" in shown) is not there


async def test_an_empty_list_teaches(office: Office) -> None:
    shown = await page(room_of(office), "/applications")

    assert "Nothing asks yet" in shown
    assert 'href="/applications/add"' in shown


async def test_a_name_leads_to_the_page(at: Room, staffed: Office) -> None:
    answer = await at.get(f"/applications/named?name={VPN}")

    assert (answer.status, answer.headers["location"]) == (303, await home_of(staffed))
    assert "There is no application" in await page(at, "/applications/named?name=elsewhere", 404)


# --- adding one


async def test_each_kind_is_proposed_with_its_advice(at: Room) -> None:
    chosen = await page(at, "/applications/add")

    for preset in PRESETS:
        assert f"/applications/add?kind={preset.id}" in chosen
        form = await page(at, f"/applications/add?kind={preset.id}")
        assert f'value="{preset.deadline}"' in form
        assert all(advice in form for advice in preset.advice)
        assert _checked(form, "message_authenticator") is preset.message_authenticator
        assert _checked(form, "challenge") is preset.challenge
    assert "Set its time-out to 60 seconds" in await page(at, "/applications/add?kind=other")
    assert "REST API" in chosen
    assert "/applications/add?kind=other" in await page(at, "/applications/add?kind=nonsense")


def _checked(form: str, name: str) -> bool:
    found = re.search(rf'<input type="checkbox" name="{name}" value="on"( checked)?', form)
    assert found
    return found[1] is not None


async def test_what_is_added_is_shown_once_with_the_text_to_paste(at: Room, staffed: Office) -> None:
    answer = await at.post("/applications/add", **fields(kind="fortigate", challenge="on"))

    shown = html.unescape(answer.body.decode())
    added = await row_of(staffed, "Branch")
    secrets = {secret.octets.decode() for client in await clients_of(staffed) for secret in client.secrets}
    (made,) = secrets - {SECRET.octets.decode()}
    assert answer.status == 200
    assert made in shown
    assert f"set secret {made}" in shown
    assert 'set server "192.0.2.1"' in shown
    assert [client.network for client in added.clients] == ["192.0.2.7/32", "2001:db8::/64"]
    assert (added.challenge, added.deadline, added.primary) == (True, 50, "local")
    for path in ("", "/configuration?kind=fortigate"):
        assert made not in await page(at, f"/applications/{added.id}{path}")


async def test_a_secret_that_was_typed_never_comes_back(at: Room) -> None:
    typed = "typed-by-a-person-0123456789"

    refused = await at.post("/applications/add", **fields(name="", secret=typed))
    done = await at.post("/applications/add", **fields(secret=typed))

    assert (refused.status, done.status) == (422, 200)
    assert typed not in refused.body.decode() + done.body.decode()
    assert "<SECRET>" not in html.unescape(done.body.decode()), "another kind of system has no text to paste"
    assert "It has the one that you gave." in done.body.decode()


async def test_a_program_gets_the_command_that_asks(at: Room, staffed: Office) -> None:
    answer = await at.post("/applications/add", **fields(kind="api", clients=""))

    shown = html.unescape(answer.body.decode())
    assert (await row_of(staffed, "Branch")).authentication_type is AuthenticationType.API
    assert re.search(r"curl --user Branch:[a-z2-7]{32} ", shown)
    assert "/api/v1/verifications" in shown
    assert "/try" not in shown
    found = await page(at, f"{await home_of(staffed, 'Branch')}/configuration")
    assert "curl --user 'Branch:<SECRET>'" in found


async def test_directories_are_asked_in_the_order_that_was_chosen(at: Room, staffed: Office) -> None:
    for name in ("AD", "Old"):
        await _directory(staffed, name)

    answer = await at.post(
        "/applications/add", **fields(primary="directories", **{"directory-1": "Old", "directory-2": "AD"})
    )

    assert answer.status == 200
    assert (await row_of(staffed, "Branch")).primary == "Old,AD"
    form = await page(at, f"{await home_of(staffed, 'Branch')}/change")
    assert re.findall(r'<option value="(\w+)" selected', form) == ["Old", "AD"]


async def _directory(office: Office, name: str) -> None:
    await office.do(
        "directory.add",
        DirectoryAdd(name=name, type=DirectoryType.LDAP, url="ldaps://dc.example.org", base="dc=example,dc=org"),
    )


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"name": VPN}, "name", f"There is an application {VPN} already."),
        ({"clients": "the office"}, "clients", "'the office' is no address or network."),
        ({"clients": ""}, "clients", "Name 1 to 200 addresses or networks."),
        ({"clients": "10.0.0.0/8"}, "clients", "If it is meant, say so below."),
        ({"clients": "127.0.0.1"}, None, f"127.0.0.1/32 belongs to {VPN} already"),
        ({"deadline": "301"}, "deadline", "Choose from 1 to 300 seconds."),
        ({"secret": "short"}, "secret", "A secret has at least 16 characters."),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(
    at: Room, changed: dict[str, str], field: str | None, words: str
) -> None:
    answer = await at.post("/applications/add", **fields(**changed))

    shown = html.unescape(answer.body.decode())
    assert answer.status == 422
    assert words in shown
    assert field is None or f'id="f-{field}-error"' in shown
    assert "Branch" in shown or "name" in changed, "nothing that was typed is lost"


async def test_a_form_without_a_kind_asks_for_it(at: Room) -> None:
    answer = await at.post("/applications/add", **fields(kind="nonsense"))

    assert "What is it?" in answer.body.decode()


# --- one application


async def test_its_page_says_what_is_set_and_what_happens(at: Room, staffed: Office) -> None:
    await staffed.do("rule.add", RuleAdd(type=CacheType.IP, seconds=3_600, application=VPN))
    await staffed.do("bypass.add", BypassAdd(user=ALICE, seconds=300, reason="phone lost", application=VPN))

    shown = await page(at, await home_of(staffed))

    for words in ("50 seconds", "127.0.0.1/32", "1 hour", "phone lost", "It has not asked yet", "RADIUS"):
        assert words in shown, words
    assert "phone lost" in await page(at, f"{await home_of(staffed)}/now")
    assert "127.0.0.1/32" in await page(at, f"{await home_of(staffed)}/seen")
    assert f"/activity?application={VPN}" in shown


async def test_what_asks_without_message_authenticator_is_told_so_and_what_to_do(at: Room, staffed: Office) -> None:
    (client,) = await clients_of(staffed)
    staffed.seen.observations = [
        ClientObservation(client=client.id, address="127.0.0.1", at=AT, without_authenticator=3)
    ]
    home = await home_of(staffed)

    shown = await page(at, home)
    costs = await page(at, f"{home}/unsigned")
    answer = await at.post(f"{home}/unsigned")

    assert "It asks without Message-Authenticator, and gets no answer" in shown
    assert "3 requests from 127.0.0.1 were dropped" in shown
    assert f'href="{home}/unsigned"' in shown
    assert "whoever sits on the network between the two can forge requests" in costs
    assert "CVE-2024-3596" in costs
    assert (answer.status, answer.headers["location"]) == (303, home)
    assert [client.message_authenticator for client in (await row_of(staffed)).clients] == [False]
    assert "need no Message-Authenticator" in await page(at, home)
    assert (await at.post(f"{home}/signed")).status == 303
    assert [client.message_authenticator for client in (await row_of(staffed)).clients] == [True]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"unsigned_proxy_state": 1}, "One request from 127.0.0.1 with Proxy-State was dropped."),
        ({"bad_authenticator": 2}, "2 requests from 127.0.0.1 were made with a secret that is not the one kept here."),
        ({"retries": 4}, "4 requests from 127.0.0.1 came again."),
        ({"repeated_authenticators": 1}, "One request from 127.0.0.1 carries an authenticator that was used before,"),
        ({"dropped": 5}, "5 requests from 127.0.0.1 were no valid packets"),
    ],
)
async def test_every_problem_is_told_in_words(at: Room, staffed: Office, counts: dict[str, int], words: str) -> None:
    (client,) = await clients_of(staffed)
    staffed.seen.observations = [replace(ClientObservation(client=client.id, address="127.0.0.1", at=AT), **counts)]

    assert words in await page(at, await home_of(staffed))


async def test_what_is_set_carelessly_is_told_too(at: Room, staffed: Office) -> None:
    await staffed.do(
        "application.add",
        ApplicationAdd(name="Wide", clients=("10.0.0.0/8",), secret=replace(SECRET, octets=b"x" * 16), allow_wide=True),
    )
    wide = await page(at, await home_of(staffed, "Wide"))
    assert "very wide network: 10.0.0.0/8" in wide
    assert "It has 16 characters" in wide

    answer = await at.post(f"{await home_of(staffed, 'Wide')}/networks/remove", client="10.0.0.0/8")
    assert answer.status == 303
    assert "It may ask from nowhere" in await page(at, await home_of(staffed, "Wide"))


async def test_the_worst_problem_stands_first(staffed: Office) -> None:
    row = await row_of(staffed)
    client = replace(row.clients[0], message_authenticator=False, secrets=2, secret_octets=16)

    found = problems_of(replace(row, clients=(client,)), None)

    assert [problem.kind for problem in found] == [
        ProblemKind.NOT_REQUIRED,
        ProblemKind.SHORT_SECRET,
        ProblemKind.TWO_SECRETS,
    ]


# --- changing it


async def test_a_change_is_saved_as_a_whole(at: Room, staffed: Office) -> None:
    home, row = await home_of(staffed), await row_of(staffed)
    form = await page(at, f"{home}/change")
    assert f'name="version" value="{row.version}"' in form
    assert _checked(form, "challenge")

    sent = fields(version=str(row.version), deadline="28", user_match="off", primary="asserted", portal_away="codes")
    answer = await at.post(f"{home}/change", **sent)

    changed = await row_of(staffed)
    assert (answer.status, answer.headers["location"]) == (303, home)
    assert (changed.deadline, changed.user_match, changed.primary) == (28, False, "asserted")
    assert (changed.challenge, changed.portal_away) == (False, "codes")
    assert changed.clients == row.clients, "networks have secrets, and are changed elsewhere"


async def test_what_somebody_else_changed_meanwhile_is_not_lost(at: Room, staffed: Office) -> None:
    home, seen = await home_of(staffed), await row_of(staffed)
    await staffed.do("application.change", ApplicationChange(name=VPN, deadline=40))

    answer = await at.post(f"{home}/change", **fields(version=str(seen.version), deadline="28"))

    assert answer.status == 422
    assert "Somebody has changed VPN meanwhile." in html.unescape(answer.body.decode())
    assert (await row_of(staffed)).deadline == 40


async def test_a_program_is_changed_with_the_addresses_that_it_asks_from(at: Room, staffed: Office) -> None:
    await staffed.do("application.add", ApplicationAdd(name="Shop", type=AuthenticationType.API))
    home = await home_of(staffed, "Shop")
    assert "From anywhere" in await page(at, home)

    for written, networks in (("192.0.2.7", ("192.0.2.7/32",)), ("", ())):
        row = await row_of(staffed, "Shop")
        answer = await at.post(
            f"{home}/change", **fields(version=str(row.version), clients_shown="yes", clients=written)
        )
        assert answer.status == 303
        changed = await row_of(staffed, "Shop")
        assert changed.api is not None
        assert changed.api.networks == networks


@pytest.mark.parametrize("act", [act for act in ACTS if act.name not in ("secret/finish", "networks/remove")])
async def test_each_act_says_what_it_does_and_does_it(at: Room, staffed: Office, act: Act) -> None:
    home = await home_of(staffed)

    assert act.means in await page(at, f"{home}/{act.name}")
    answer = await at.post(f"{home}/{act.name}")

    assert answer.status == 303
    assert answer.headers["location"] == ("/applications" if act.name == "remove" else home)


async def test_what_is_gone_is_told(at: Room, staffed: Office) -> None:
    home = await home_of(staffed)
    await at.post(f"{home}/remove")

    for path in ("", "/now", "/seen", "/configuration", "/change", "/secret", "/networks/add", "/try", "/remove"):
        assert "There is no application" in await page(at, home + path, 404)
    assert (await at.post(f"{home}/remove")).status == 404


# --- secrets


async def test_a_secret_is_replaced_in_two_steps_and_seen_in_between(at: Room, staffed: Office) -> None:
    home = await home_of(staffed)
    assert "Nobody has to change both sides at the same instant" in await page(at, f"{home}/secret")

    answer = await at.post(f"{home}/secret", secret="")

    (client,) = await clients_of(staffed)
    older, newer = (secret.octets.decode() for secret in client.secrets)
    assert older == SECRET.octets.decode()
    assert newer in answer.body.decode()
    assert "The older one counts too until you end it." in html.unescape(answer.body.decode())
    for seen, words in ((None, "not seen yet"), (False, "still asks with the older one"), (True, "the newer one")):
        staffed.seen.observations = [ClientObservation(client=client.id, address="127.0.0.1", at=AT, newer_secret=seen)]
        shown = await page(at, home)
        assert words in shown
        assert newer not in shown
    assert (await at.post(f"{home}/secret", secret="")).status == 422
    assert (await at.post(f"{home}/secret/finish")).status == 303
    (client,) = await clients_of(staffed)
    assert [secret.octets.decode() for secret in client.secrets] == [newer]
    again = await at.post(f"{home}/secret/finish")
    assert (again.status, "No secret of VPN is being replaced." in again.body.decode()) == (422, True)


async def test_requests_that_prove_no_secret_are_told_of_while_one_is_replaced(at: Room, staffed: Office) -> None:
    await staffed.do("application.change", ApplicationChange(name=VPN, message_authenticator=False))
    await staffed.do("application.secret-replace", SecretReplace(name=VPN))

    assert "end it right after the change" in await page(at, await home_of(staffed))


async def test_a_network_is_added_with_a_secret_of_its_own_and_removed(at: Room, staffed: Office) -> None:
    home = await home_of(staffed)
    assert 'value="198.51.100.9"' in await page(at, f"{home}/networks/add?client=198.51.100.9")

    refused = await at.post(f"{home}/networks/add", client="nowhere", message_authenticator="on")
    answer = await at.post(f"{home}/networks/add", client="198.51.100.9", message_authenticator="on")

    assert refused.status == 422
    assert 'id="f-client-error"' in refused.body.decode()
    made = {secret.octets.decode() for client in await clients_of(staffed) for secret in client.secrets}
    (secret,) = made - {SECRET.octets.decode()}
    assert secret in answer.body.decode()
    assert "198.51.100.9/32" in await page(at, home)
    assert (await at.post(f"{home}/networks/remove", client="198.51.100.9/32")).status == 303
    assert (await at.post(f"{home}/networks/remove", client="198.51.100.9/32")).status == 422


# --- its configuration


async def test_the_configuration_is_shown_without_the_secret(at: Room, staffed: Office) -> None:
    home = await home_of(staffed)
    assert "What is it?" in await page(at, f"{home}/configuration")

    own = await page(at, f"{home}/configuration?kind=ocserv")
    other = await page(at, f"{home}/configuration?kind=ocserv&server=198.51.100.1&port=1645")

    assert "authserver 192.0.2.1:1812" in own
    assert "authserver 198.51.100.1:1645" in other
    assert "<SECRET>" in own
    assert SECRET.octets.decode() not in own
    for port in ("many", "0", "65536", "9" * 30):
        assert "192.0.2.1:1812" in await page(at, f"{home}/configuration?kind=ocserv&port={port}")


# --- what others wrote, and who may


async def test_what_others_wrote_is_only_text(at: Room, staffed: Office) -> None:
    await staffed.do("application.add", ApplicationAdd(name=CANARY, clients=("192.0.2.9",)))
    home = await home_of(staffed, CANARY)

    for path in ("/applications", home, f"{home}/configuration", f"{home}/change", f"{home}/remove", f"{home}/try"):
        body = (await at.get(path)).body.decode()
        assert "<img src=x" not in body, path
        assert "49" not in re.findall(r"<h1>(.*)</h1>", body)


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.AUDITOR])
async def test_who_only_reads_sees_and_changes_nothing(staffed: Office, role: Role) -> None:
    at = room_of(staffed, visitor(role))
    home = await home_of(staffed)

    for path in ("/applications", home, f"{home}/configuration", "/directories"):
        shown = await page(at, path)
        for act in ("add", "change", "remove", "secret", "try", "turn-off"):
            assert f'{home}/{act}"' not in shown
        assert 'href="/applications/add"' not in shown
    for path in ("/applications/add", *(f"{home}/{name}" for name in ("change", "secret", "try", "remove"))):
        assert (await at.get(path)).status == 403
        assert (await at.post(path)).status == 403


async def test_what_touches_secrets_wants_a_fresh_second_step(staffed: Office) -> None:
    at = room_of(staffed, visitor(fresh=False))
    home = await home_of(staffed)

    for path in ("/applications/add", f"{home}/secret", f"{home}/networks/add", f"{home}/unsigned", f"{home}/try"):
        for answer in (await at.get(path), await at.post(path)):
            assert answer.status == 303
            assert answer.headers["location"].startswith("/confirm?")


async def test_the_palette_and_what_names_an_application_lead_to_its_page(at: Room, staffed: Office) -> None:
    await staffed.do("rule.add", RuleAdd(type=CacheType.IP, seconds=3_600, application=VPN))

    assert f'data-href="{await home_of(staffed)}"' in await page(at, "/find/anything?q=vp")
    assert f'href="/applications/named?name={VPN}"' in await page(at, "/rules")


def test_every_word_of_the_presets_is_said_in_german() -> None:
    words: list[Any] = [word for preset in PRESETS for word in (preset.name, preset.usual, *preset.advice)]

    assert [word for word in words if said_plainly(word, READING) != (word, True)] == []
    assert [word for word in words if not said_plainly(word, GERMAN)[1]] == []
