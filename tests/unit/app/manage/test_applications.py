"""
Applications, their clients and their secrets.
"""

from typing import Any

import pytest

from tests.fakes.office import OWNER, SECRET, VPN, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.application_rows import ApplicationList, ApplicationNamed
from watchword.app.manage.applications import NO_AUTHENTICATOR, ApplicationAdd, ApplicationChange
from watchword.app.manage.clients import ClientAdd, ClientRemove, SecretFinish, SecretReplace
from watchword.app.manage.directories import DirectoryAdd, DirectoryType
from watchword.app.manage.rules import RuleAdd, RuleList
from watchword.domain.applications import Application, AuthenticationType, PortalAway, PrimaryKind
from watchword.domain.caching import CacheType
from watchword.domain.clients import Client
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.kit.identifiers import text

NEXT = Secret(b"the next secret of the VPN's own")

CODES = (
    "--portal-away codes gives every MFA server the seeds of all tokens; "
    "while no portal answers, a code is good once at each server"
)


def add(**fields: Any) -> ApplicationAdd:
    wanted: dict[str, Any] = {"name": VPN, "clients": ("192.0.2.7",), "secret": SECRET} | fields
    return ApplicationAdd(**wanted)


async def directory(office: Office, name: str, type_: DirectoryType = DirectoryType.LDAP) -> None:
    url = "ldaps://dc.example.org" if type_ is DirectoryType.LDAP else "radius://192.0.2.9:1812"
    await office.do(
        "directory.add", DirectoryAdd(name=name, type=type_, url=url, base="dc=example,dc=org", secret=SECRET)
    )


async def the_application(office: Office, name: str = VPN) -> Application:
    found = (await office.configuration()).application_named(name)
    assert found is not None
    return found


async def the_clients(office: Office) -> list[Client]:
    return sorted((await office.configuration()).clients, key=lambda client: str(client.network))


async def test_an_application_is_added_with_its_clients(office: Office) -> None:
    added = await office.do(
        "application.add",
        add(
            name=" Head  office ",
            clients=("192.0.2.7/24", "2001:db8::/64", "::ffff:198.51.100.1", "192.0.2.0/24"),
            challenge=True,
            deadline=30,
            user_match=False,
            portal_away=PortalAway.CODES,
        ),
        OWNER,
    )

    application = await the_application(office, "Head office")
    clients = await the_clients(office)
    assert added.id == text(application.id)
    assert (application.primary, application.directories) == (PrimaryKind.LOCAL, ())
    assert (application.challenge, application.deadline, application.user_match) == (True, 30, False)
    assert application.portal_away is PortalAway.CODES
    assert [str(client.network) for client in clients] == ["192.0.2.0/24", "198.51.100.1/32", "2001:db8::/64"]
    assert all(client.secrets == (SECRET,) for client in clients)
    assert all(client.require_message_authenticator for client in clients)
    assert office.audited() == [(AuditEvent.APPLICATION_ADDED, OWNER.name)]


async def test_defaults_are_those_of_the_contract(office: Office) -> None:
    await office.do("application.add", add())

    application = await the_application(office)
    assert (application.deadline, application.challenge, application.user_match) == (50, False, True)
    assert application.portal_away is PortalAway.DENY


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"name": ""}, RefusalKind.INVALID, "an application needs a name of 1 to 100 printable characters"),
        ({"name": "\x1b[2J"}, RefusalKind.INVALID, "an application needs a name of 1 to 100 printable characters"),
        (
            {"type": AuthenticationType.LDAP},
            RefusalKind.INVALID,
            "an application of type ldap cannot be served yet; use --type radius or api",
        ),
        (
            {"clients": ()},
            RefusalKind.INVALID,
            "an application has 1 to 200 addresses or networks that it asks from (--client)",
        ),
        (
            {"clients": ("192.0.2.256",)},
            RefusalKind.INVALID,
            "'192.0.2.256' is no address or network; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64",
        ),
        ({"clients": ("0.0.0.0/0",)}, RefusalKind.INVALID, "the network is wider than /16 (IPv4) or /48 (IPv6)"),
        ({"clients": ("2001:db8::/47",)}, RefusalKind.INVALID, "the network is wider than /16 (IPv4) or /48 (IPv6)"),
        ({"secret": Secret(b"x" * 15)}, RefusalKind.INVALID, "the secret must have at least 16 octets"),
        ({"deadline": 0}, RefusalKind.INVALID, "the deadline must be from 1 to 300 seconds"),
        ({"deadline": 301}, RefusalKind.INVALID, "the deadline must be from 1 to 300 seconds"),
        (
            {"primary": "AD"},
            RefusalKind.NOT_FOUND,
            "there is no directory 'AD'; `watchword directory list` shows them",
        ),
        ({"primary": ""}, RefusalKind.NOT_FOUND, "there is no directory ''"),
        (
            {"primary": "local,asserted"},
            RefusalKind.INVALID,
            "`local` stands alone: it cannot be mixed with directories",
        ),
        (
            {"primary": "AD,AD"},
            RefusalKind.INVALID,
            "--primary names each directory once, and at most 10 of them",
        ),
        ({"name": "Taken"}, RefusalKind.CONFLICT, "there is an application Taken already"),
        (
            {"clients": ("198.51.100.0/24",)},
            RefusalKind.CONFLICT,
            "198.51.100.0/24 is a client of Taken already; one network belongs to one application",
        ),
    ],
)
async def test_an_application_that_cannot_be_is_refused(
    office: Office, fields: dict[str, Any], kind: RefusalKind, sentence: str
) -> None:
    await office.do("application.add", add(name="Taken", clients=("198.51.100.0/24",)))
    before = await office.configuration()

    refusal = await office.refused("application.add", add(**fields))

    assert refusal.kind is kind
    assert refusal.sentence.startswith(sentence)
    assert await office.configuration() == before


async def test_a_wide_network_may_be_meant(office: Office) -> None:
    await office.do("application.add", add(clients=("10.0.0.0/8",), allow_wide=True))

    assert [str(client.network) for client in await the_clients(office)] == ["10.0.0.0/8"]


async def test_a_network_inside_of_anothers_may_be_ones_own(office: Office) -> None:
    await office.do("application.add", add(name="Wide", clients=("192.0.2.0/24",)))
    await office.do("application.add", add(clients=("192.0.2.7",)))

    assert len(await the_clients(office)) == 2


async def test_directories_are_asked_in_their_order(office: Office) -> None:
    await directory(office, "NPS", DirectoryType.RADIUS)
    await directory(office, "AD")
    configuration = await office.configuration()
    ids = {one.name: one.id for one in configuration.directories.values()}

    await office.do("application.add", add(primary="AD, NPS"))
    await office.do("application.add", add(name="Other", clients=("192.0.2.8",), primary="NPS"))

    application, other = await the_application(office), await the_application(office, "Other")
    assert (application.primary, application.directories) == (PrimaryKind.LDAP, (ids["AD"], ids["NPS"]))
    assert (other.primary, other.directories) == (PrimaryKind.RADIUS, (ids["NPS"],))


async def test_directories_do_not_mix_with_local_passwords(office: Office) -> None:
    await directory(office, "AD")

    refusal = await office.refused("application.add", add(primary="AD,local"))

    assert refusal.sentence == "`local` stands alone: it cannot be mixed with directories"


async def test_what_is_legal_and_still_worth_a_second_look_is_told(office: Office) -> None:
    added = await office.do(
        "application.add", add(secret=Secret(b"x" * 16), message_authenticator=False, user_match=False)
    )

    assert added.notes == (
        "the secret is shorter than 24 octets; `openssl rand -base64 32` makes a better one",
        NO_AUTHENTICATOR,
        "--no-user-match changes nothing here: unknown users pass only where a directory checks them",
    )
    assert [client.require_message_authenticator for client in await the_clients(office)] == [False]


async def test_an_application_is_changed_and_what_caching_rules_remember_of_it_ends(office: Office) -> None:
    await directory(office, "AD")
    await office.do("application.add", add())
    before = await the_application(office)

    changed = await office.do(
        "application.change",
        ApplicationChange(
            name=VPN,
            primary="AD",
            challenge=True,
            deadline=20,
            user_match=False,
            message_authenticator=False,
            portal_away=PortalAway.CODES,
            enabled=False,
        ),
        OWNER,
    )

    after = await the_application(office)
    assert after.version > before.version
    assert (after.primary, len(after.directories), after.challenge, after.deadline) == (PrimaryKind.LDAP, 1, True, 20)
    assert (after.user_match, after.portal_away, after.enabled) == (False, PortalAway.CODES, False)
    assert [client.require_message_authenticator for client in await the_clients(office)] == [False]
    assert [client.secrets for client in await the_clients(office)] == [(SECRET,)]
    assert changed.notes == (NO_AUTHENTICATOR, CODES)
    assert office.audited()[-1] == (AuditEvent.APPLICATION_CHANGED, OWNER.name)
    assert (
        "changes",
        (
            "primary=AD, challenge=True, deadline=20, user_match=False, message_authenticator=False,"
            " portal_away=codes, enabled=False"
        ),
    ) in office.records.audit[-1].words


async def test_only_what_becomes_otherwise_is_written_down(office: Office) -> None:
    await office.do("application.add", add(challenge=True, deadline=20))

    same = ApplicationChange(
        name=VPN, primary="local", challenge=True, deadline=30, user_match=True, message_authenticator=True
    )
    await office.do("application.change", same)
    await office.do("application.change", same)

    assert [dict(row.words)["changes"] for row in office.records.audit[-2:]] == ["deadline=30", "none"]


async def test_what_is_not_named_stays(office: Office) -> None:
    await office.do("application.add", add(challenge=True, deadline=20, user_match=False))
    before = await the_application(office)

    await office.do("application.change", ApplicationChange(name=VPN, enabled=False))
    await office.do("application.change", ApplicationChange(name=VPN, enabled=True))

    after = await the_application(office)
    assert (after.primary, after.challenge, after.deadline, after.user_match, after.enabled) == (
        before.primary,
        True,
        20,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"deadline": 301}, RefusalKind.INVALID, "the deadline must be from 1 to 300 seconds"),
        ({"deadline": 0}, RefusalKind.INVALID, "the deadline must be from 1 to 300 seconds"),
        ({"primary": "AD"}, RefusalKind.NOT_FOUND, "there is no directory 'AD'"),
        ({"name": "Nobody"}, RefusalKind.NOT_FOUND, "there is no application 'Nobody'"),
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    office: Office, fields: dict[str, Any], kind: RefusalKind, sentence: str
) -> None:
    await office.do("application.add", add())
    before = await office.configuration()

    refusal = await office.refused("application.change", ApplicationChange(**({"name": VPN} | fields)))

    assert refusal.kind is kind
    assert refusal.sentence.startswith(sentence)
    assert await office.configuration() == before


async def test_applications_are_listed_by_name_without_their_secrets(office: Office) -> None:
    await directory(office, "AD")
    await office.do("application.add", add(primary="AD", clients=("2001:db8::/64", "192.0.2.7")))
    await office.do("application.add", add(name="A", clients=("198.51.100.7",), primary="asserted"))
    await office.do("application.secret-replace", SecretReplace(name="A", secret=NEXT))

    first, second = await office.do("application.list", ApplicationList())

    assert (first.name, first.primary, second.name, second.primary) == ("A", "asserted", VPN, "AD")
    assert [client.network for client in second.clients] == ["192.0.2.7/32", "2001:db8::/64"]
    assert (first.clients[0].secrets, second.clients[0].secrets) == (2, 1)
    assert second.clients[0].secret_octets == len(SECRET.octets)
    assert SECRET.octets.decode() not in repr(first) + repr(second)


async def test_an_application_is_removed_with_its_clients_and_rules(office: Office) -> None:
    await office.do("application.add", add())
    await office.do("rule.add", RuleAdd(type=CacheType.IP, seconds=60, application=VPN))

    removed = await office.do("application.remove", ApplicationNamed(name=VPN), OWNER)

    configuration = await office.configuration()
    assert removed.name == VPN
    assert (configuration.applications, configuration.clients) == ({}, ())
    assert await office.do("rule.list", RuleList()) == []
    assert office.audited()[-1] == (AuditEvent.APPLICATION_REMOVED, OWNER.name)
    assert (await office.refused("application.remove", ApplicationNamed(name=VPN))).kind is RefusalKind.NOT_FOUND


# --- clients and secrets


async def test_an_application_may_ask_from_another_network_too(office: Office) -> None:
    await office.do("application.add", add())
    before = await the_application(office)

    added = await office.do(
        "application.client-add",
        ClientAdd(name=VPN, client="198.51.100.0/24", secret=NEXT, message_authenticator=False),
        OWNER,
    )

    first, second = await the_clients(office)
    assert (added.client, added.id) == ("198.51.100.0/24", text(second.id))
    assert (first.secrets, second.secrets) == ((SECRET,), (NEXT,))
    assert (first.require_message_authenticator, second.require_message_authenticator) == (True, False)
    assert (await the_application(office)).version > before.version
    assert office.audited()[-1] == (AuditEvent.APPLICATION_CHANGED, OWNER.name)


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"client": "x"}, RefusalKind.INVALID, "'x' is no address or network"),
        ({"client": "10.0.0.0/8"}, RefusalKind.INVALID, "the network is wider than /16"),
        ({"secret": Secret(b"x" * 15)}, RefusalKind.INVALID, "the secret must have at least 16 octets"),
        ({"client": "192.0.2.7"}, RefusalKind.CONFLICT, "192.0.2.7/32 is a client of VPN already"),
        ({"name": "Nobody"}, RefusalKind.NOT_FOUND, "there is no application 'Nobody'"),
    ],
)
async def test_a_network_that_cannot_be_added_is_refused(
    office: Office, fields: dict[str, Any], kind: RefusalKind, sentence: str
) -> None:
    await office.do("application.add", add())
    before = await office.configuration()
    wanted: dict[str, Any] = {"name": VPN, "client": "198.51.100.0/24", "secret": NEXT} | fields

    refusal = await office.refused("application.client-add", ClientAdd(**wanted))

    assert refusal.kind is kind
    assert refusal.sentence.startswith(sentence)
    assert await office.configuration() == before


async def test_an_application_has_two_hundred_networks_at_most(office: Office) -> None:
    await office.do("application.add", add(clients=tuple(f"192.0.2.{number}" for number in range(200))))

    refusal = await office.refused("application.client-add", ClientAdd(name=VPN, client="198.51.100.7", secret=NEXT))

    assert kinds(refusal) == (
        RefusalKind.CONFLICT,
        "VPN has 200 networks already; a wider one may cover several",
    )


async def test_an_application_asks_from_a_network_no_more(office: Office) -> None:
    await office.do("application.add", add(clients=("192.0.2.7", "198.51.100.7")))

    removed = await office.do("application.client-remove", ClientRemove(name=VPN, client="192.0.2.7/32"), OWNER)

    assert removed.client == "192.0.2.7/32"
    assert [str(client.network) for client in await the_clients(office)] == ["198.51.100.7/32"]
    assert office.audited()[-1] == (AuditEvent.APPLICATION_CHANGED, OWNER.name)
    for written in ("192.0.2.7", "nonsense"):
        refusal = await office.refused("application.client-remove", ClientRemove(name=VPN, client=written))
        assert kinds(refusal) == (
            RefusalKind.NOT_FOUND,
            f"'{written}' is no client of VPN; it has 198.51.100.7/32",
        )


async def test_a_secret_is_replaced_in_two_steps(office: Office) -> None:
    await office.do("application.add", add(clients=("192.0.2.7", "198.51.100.7")))

    replaced = await office.do("application.secret-replace", SecretReplace(name=VPN, secret=NEXT), OWNER)
    assert [client.secrets for client in await the_clients(office)] == [(SECRET, NEXT), (SECRET, NEXT)]
    finished = await office.do("application.secret-finish", SecretFinish(name=VPN), OWNER)

    assert [client.secrets for client in await the_clients(office)] == [(NEXT,), (NEXT,)]
    assert replaced.clients == finished.clients == ("192.0.2.7/32", "198.51.100.7/32")
    assert [row.event for row in office.records.audit[-2:]] == [AuditEvent.APPLICATION_CHANGED] * 2
    assert not any(NEXT.octets.decode() in str(row) for row in office.records.audit)


async def test_a_secret_may_be_replaced_for_one_network_alone(office: Office) -> None:
    await office.do("application.add", add(clients=("192.0.2.7", "198.51.100.7")))

    await office.do("application.secret-replace", SecretReplace(name=VPN, secret=NEXT, client="198.51.100.7"))
    assert [len(client.secrets) for client in await the_clients(office)] == [1, 2]
    finished = await office.do("application.secret-finish", SecretFinish(name=VPN))

    assert finished.clients == ("198.51.100.7/32",)
    assert [client.secrets for client in await the_clients(office)] == [(SECRET,), (NEXT,)]


async def test_a_replacement_that_cannot_be_is_refused(office: Office) -> None:
    await office.do("application.add", add())

    assert kinds(await office.refused("application.secret-finish", SecretFinish(name=VPN))) == (
        RefusalKind.CONFLICT,
        "no secret of VPN is being replaced",
    )
    same = SecretReplace(name=VPN, secret=SECRET)
    assert kinds(await office.refused("application.secret-replace", same)) == (
        RefusalKind.CONFLICT,
        "that is the secret which VPN has already",
    )
    short = SecretReplace(name=VPN, secret=Secret(b"x" * 15))
    assert (await office.refused("application.secret-replace", short)).kind is RefusalKind.INVALID
    elsewhere = SecretReplace(name=VPN, secret=NEXT, client="198.51.100.7")
    assert (await office.refused("application.secret-replace", elsewhere)).kind is RefusalKind.NOT_FOUND
    await office.do("application.secret-replace", SecretReplace(name=VPN, secret=NEXT))
    third = SecretReplace(name=VPN, secret=Secret(b"a third secret of the VPN's own"))
    assert kinds(await office.refused("application.secret-replace", third)) == (
        RefusalKind.CONFLICT,
        "a secret of VPN is being replaced already; `watchword application secret-finish` ends the older one first",
    )


async def test_a_secret_is_made_here_where_none_is_given_and_is_shown_once(office: Office) -> None:
    added = await office.do("application.add", add(secret=None))
    besides = await office.do("application.client-add", ClientAdd(name=VPN, client="192.0.2.9"))
    replaced = await office.do("application.secret-replace", SecretReplace(name=VPN, client="192.0.2.7"))

    made = [added.secret, besides.secret, replaced.secret]
    assert all(len(secret) == 32 and secret.isalnum() and secret.islower() for secret in made)
    assert len(set(made)) == 3
    assert all(secret not in repr((added, besides, replaced)) for secret in made)
    first, other = await the_clients(office)
    assert [secret.octets.decode() for secret in first.secrets] == [added.secret, replaced.secret]
    assert [secret.octets.decode() for secret in other.secrets] == [besides.secret]


async def test_a_secret_that_was_given_is_not_shown(office: Office) -> None:
    assert (await office.do("application.add", add())).secret is None
    assert (await office.do("application.secret-replace", SecretReplace(name=VPN, secret=NEXT))).secret is None


async def test_one_application_is_shown_by_name_or_id(office: Office) -> None:
    added = await office.do("application.add", add())

    (row,) = await office.do("application.list", ApplicationList())
    assert await office.do("application.show", ApplicationNamed(name=VPN)) == row
    assert await office.do("application.show", ApplicationNamed(name=added.id)) == row
    refusal = await office.refused("application.show", ApplicationNamed(name="elsewhere"))
    assert refusal.kind is RefusalKind.NOT_FOUND


async def test_a_change_of_what_has_changed_meanwhile_is_refused(office: Office) -> None:
    await office.do("application.add", add())
    seen = await office.do("application.show", ApplicationNamed(name=VPN))

    await office.do("application.change", ApplicationChange(name=VPN, deadline=40, version=seen.version))
    refusal = await office.refused("application.change", ApplicationChange(name=VPN, deadline=9, version=seen.version))

    assert refusal.kind is RefusalKind.CONFLICT
    now = await office.do("application.show", ApplicationNamed(name=VPN))
    assert (now.deadline, now.version) == (40, seen.version + 1)


async def test_codes_without_a_portal_are_told_what_they_cost_and_where_they_change_nothing(office: Office) -> None:
    async def notes(name: str, **fields: Any) -> tuple[str, ...]:
        made = await office.do("application.add", add(name=name, portal_away=PortalAway.CODES, **fields), OWNER)
        told: tuple[str, ...] = made.notes
        return told

    assert CODES in await notes("asserted", primary="asserted")
    assert any("changes nothing here" in note for note in await notes("local", clients=("198.51.100.0/24",)))
