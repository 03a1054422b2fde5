"""
Snapshots of a configuration: what a server needs comes back as it was, and nothing else crosses.
"""

from dataclasses import replace
from ipaddress import ip_network

from watchword.domain.applications import (
    Application,
    ApplicationId,
    ClientId,
    DirectoryId,
    GroupId,
    PortalAway,
    PrimaryKind,
)
from watchword.domain.caching import CacheType, CachingRule, RuleId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.directories import LdapDirectory, RadiusDirectory
from watchword.domain.secrets import Secret
from watchword.domain.servers import Group
from watchword.domain.settings import DEFAULTS, RadiusSettings
from watchword.ports.snapshots import configuration_of, snapshot_of

VPN = Application(
    id=ApplicationId(b"a" * 16),
    name="vpn",
    version=4,
    primary=PrimaryKind.LDAP,
    directories=(DirectoryId(b"d" * 16), DirectoryId(b"e" * 16)),
    challenge=True,
    deadline=20,
    user_match=False,
    portal_away=PortalAway.CODES,
)
CLIENT = Client(
    id=ClientId(b"c" * 16),
    application=VPN.id,
    network=ip_network("2001:db8::/64"),
    secrets=(Secret(b"one"), Secret(b"two")),
    require_message_authenticator=False,
)
LDAP = LdapDirectory(
    id=DirectoryId(b"d" * 16),
    name="ad",
    url="ldap://ad.example.com",
    base="dc=example,dc=com",
    bind_dn="cn=watchword",
    bind_password=Secret(b"bind"),
    user_filter="(uid={username})",
    start_tls=True,
    ca="PEM",
    timeout=2.0,
)
OLD = RadiusDirectory(
    id=DirectoryId(b"e" * 16), name="old", host="192.0.2.5", port=1645, secret=Secret(b"old"), timeout=1.0, tries=3
)
BRANCH = Group(id=GroupId(b"g" * 16), name="branch")
CONFIGURATION = Configuration(
    version=7,
    applications={VPN.id: VPN},
    clients=(CLIENT,),
    directories={LDAP.id: LDAP, OLD.id: OLD},
    rules=(CachingRule(id=RuleId(b"r" * 16), cache_type=CacheType.USER, seconds=60),),
    groups=(BRANCH,),
    settings=replace(DEFAULTS, radius=RadiusSettings(reject_delay=2.5)),
)


def test_what_a_server_needs_comes_back_and_nothing_else() -> None:
    snapshot = snapshot_of(CONFIGURATION, server=b"i" * 16, serial=3, name="one", group=BRANCH, proof_keys=(b"k" * 32,))

    assert configuration_of(snapshot) == replace(CONFIGURATION, rules=(), groups=())
    assert (snapshot.name, snapshot.group, snapshot.group_id) == ("one", "branch", BRANCH.id)


def test_a_directory_without_a_password_comes_back_too() -> None:
    bare = replace(LDAP, bind_password=None)
    configuration = replace(CONFIGURATION, directories={bare.id: bare}, rules=(), groups=())
    snapshot = snapshot_of(configuration, server=b"", serial=1, name="", group=BRANCH, proof_keys=())

    assert configuration_of(snapshot) == configuration


def test_where_other_portals_are_crosses() -> None:
    urls = ("https://a.example.org", "https://b.example.org:8443/mfa")
    snapshot = snapshot_of(CONFIGURATION, server=b"", serial=1, name="", group=BRANCH, proof_keys=(), portals=urls)

    assert snapshot.portals == urls
