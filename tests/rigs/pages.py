"""
Every page of the portal, for what is looked at on all of them: accessibility, languages, screenshots.

Whoever writes a page adds a line: its name, and its path. `{user}`, `{rule}`, `{bypass}` and the other names of
`Samples` stand for what `sample` has made.
"""

from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import quote

from tests.rigs.nas import Signed
from tests.rigs.servers import MfaServer
from tests.rigs.watchword import PASSWORD, Watchword
from watchword.cli.session import secret_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """
    What there is to look at: names and identifiers as paths have them.

    Attributes:
        asks: the application by its id; `halfway` one that asks wrongly and whose secret is being replaced.
    """

    user: str
    application: str
    asks: str
    halfway: str
    directory: str
    bypass: str
    rule: str
    server: str
    group: str


PAGES: Final[dict[str, str]] = {
    "overview": "/",
    "find": "/find?q=an",
    "bypasses": "/bypasses",
    "bypass-add": "/bypasses/add?user={user}",
    "bypass-cancel": "/bypasses/{bypass}/cancel",
    "bypass-report": "/bypasses/report",
    "rules": "/rules",
    "rule-add": "/rules/add",
    "rule-change": "/rules/{rule}/change",
    "rule-remove": "/rules/{rule}/remove",
    "rule-entries": "/rules/entries",
    "rule-purge": "/rules/entries/purge",
    "pending": "/pending",
    "activity": "/activity",
    "what-if": "/what-if?user={user}&application={application}&source=203.0.113.7",
    "what-if-empty": "/what-if",
    "applications": "/applications",
    "application-kinds": "/applications/add",
    "application-add": "/applications/add?kind=fortigate",
    "application": "/applications/{asks}",
    "application-halfway": "/applications/{halfway}",
    "application-configuration": "/applications/{asks}/configuration?kind=cisco-asa",
    "application-change": "/applications/{asks}/change",
    "application-try": "/applications/{asks}/try",
    "application-unsigned": "/applications/{halfway}/unsigned",
    "directories": "/directories",
    "directory-add": "/directories/add",
    "directory-test": "/directories/{directory}/test",
    "users": "/users",
    "user-add": "/users/add",
    "user": "/users/{user}",
    "user-block": "/users/{user}/block",
    "user-method-add": "/users/{user}/methods/add",
    "servers": "/servers",
    "server": "/servers/{server}",
    "server-revoke": "/servers/{server}/revoke",
    "server-settings": "/server-settings",
    "server-credentials-add": "/server-settings/credentials/add",
    "groups": "/groups",
    "group-rename": "/groups/{group}/rename",
    "administrators": "/administrators",
    "audit": "/audit",
    "audit-verification": "/audit/verification",
    "api-keys": "/api-keys",
    "settings": "/settings",
    "setting": "/settings/bypass.longest_seconds",
    "account": "/account",
}
"""The path of each page of somebody who is signed in, by the name of its screenshot."""


PEOPLE: Final = {
    "anna.berg@example.org": "Anna Berg",
    "bela.kovacs@example.org": "Béla Kovács",
    "carla.rossi@example.org": "Carla Rossi",
    "dimitri.laskaris@example.org": "Dimitri Laskaris",
}


def paths(samples: Samples) -> dict[str, str]:
    """Return where each page is."""
    written = {name: quote(value, safe="@") for name, value in asdict(samples).items()}
    return {name: path.format(**written) for name, path in PAGES.items()}


def sample(portal: Watchword) -> Samples:
    """Make something of everything that pages show: people, VPNs, rules, bypasses, logins of every kind."""
    for username, name in PEOPLE.items():
        portal.perform("user.add", username=username, name=name, password=secret_of(PASSWORD.encode()))
    anna, bela, carla, dimitri = PEOPLE
    token = portal.hotp(anna)
    vpn = portal.nas(name="Branch office VPN")
    gateway = portal.nas(name="Remote desktop")
    for _ in range(2):
        exchange = gateway.send(gateway.request(bela, PASSWORD, signed=Signed.MISSING))
        exchange.close()
    gateway.login(bela, "wrong", station="203.0.113.81")
    portal.perform("application.secret-replace", name=gateway.name)
    directory = portal.perform(
        "directory.add", name="Head office", type="ldap", url="ldaps://dc1.example.org", base="DC=example,DC=org"
    )["id"]
    asks = {row["name"]: row["id"] for row in portal.perform("application.list")}
    rule = portal.perform("rule.add", type="ip", seconds=28_800, application=vpn.name)["id"]
    portal.perform("rule.add", type="application", seconds=300)
    for _ in range(3):
        vpn.login(anna, "wrong", station="198.51.100.23")
    for counter in range(2):
        vpn.login(anna, f"{PASSWORD},{token.code(counter)}", station="203.0.113.7")
    portal.perform("bypass.add", user=carla, seconds=900, reason="Phone at the repair shop, called back at her desk")
    vpn.login(carla, PASSWORD, station="203.0.113.80")
    bypass = portal.perform(
        "bypass.add", user=bela, seconds=900, reason="New phone, the app is not set up yet", application=vpn.name
    )["id"]
    ended = portal.perform("bypass.add", user=dimitri, seconds=300, reason="Phone lost on the train")["id"]
    portal.perform("bypass.cancel", id=ended, reason="It was found again")
    server = MfaServer(portal.folder / "berlin-1", portal)
    server.activate()
    portal.perform("server.rename", server=server.identifier, name="berlin-1")
    portal.perform("server.credentials")
    # With a second group forms ask for one, so it comes last.
    group = portal.perform("group.add", name="Branch office")["id"]
    return Samples(
        user=anna,
        application=vpn.name,
        asks=asks[vpn.name],
        halfway=asks[gateway.name],
        directory=directory,
        bypass=bypass,
        rule=rule,
        server=server.identifier,
        group=group,
    )
