"""
Every command of the contract, and what it asks of the catalogue.
"""

import base64
from typing import Any, Final

import pytest

from tests.unit.cli.terminal import Told, typed
from watchword.app.operations import OPERATIONS

ID: Final = "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"


def secret(written: str) -> dict[str, str]:
    return {"octets": base64.b64encode(written.encode()).decode()}


#: What is typed, what it asks for, with which arguments, and what is on standard input.
COMMANDS: Final[list[tuple[str, str, dict[str, Any], bytes]]] = [
    ("user add a@b.example", "user.add", {"username": "a@b.example"}, b""),
    (
        "user add a@b.example --name Ann --alias X\\ann --alias ann2 --password-stdin",
        "user.add",
        {"username": "a@b.example", "name": "Ann", "aliases": ("X\\ann", "ann2"), "password": secret("p w")},
        b"p w\n",
    ),
    ("user list", "user.list", {"limit": 500}, b""),
    ("user show ann", "user.show", {"user": "ann"}, b""),
    ("user block ann --reason stolen", "user.block", {"user": "ann", "reason": "stolen"}, b""),
    ("user unblock ann --reason found", "user.unblock", {"user": "ann", "reason": "found"}, b""),
    ("user list --standing locked", "user.list", {"limit": 500, "standing": "locked"}, b""),
    ("user search an --limit 3", "user.search", {"wanted": "an", "limit": 3}, b""),
    ("user disable ann --reason leave", "user.disable", {"user": "ann", "reason": "leave"}, b""),
    ("user enable ann --reason back", "user.enable", {"user": "ann", "reason": "back"}, b""),
    ("user rename ann --name Ann", "user.rename", {"user": "ann", "name": "Ann"}, b""),
    ("user alias-add ann annie", "user.alias-add", {"user": "ann", "alias": "annie"}, b""),
    ("user alias-remove ann annie", "user.alias-remove", {"user": "ann", "alias": "annie"}, b""),
    ("user unlock ann", "user.unlock", {"user": "ann"}, b""),
    ("user password ann --password-stdin", "user.password", {"user": "ann", "password": secret("new")}, b"new"),
    ("user remove ann", "user.remove", {"user": "ann"}, b""),
    ("method add ann totp", "method.add", {"user": "ann", "type": "totp"}, b""),
    (
        "method add ann hotp --algorithm sha256 --digits 8 --counter 7 --period 60",
        "method.add",
        {"user": "ann", "type": "hotp", "algorithm": "sha256", "digits": 8, "counter": 7, "period": 60},
        b"",
    ),
    ("method add ann push", "method.add", {"user": "ann", "type": "push"}, b""),
    ("method add ann backup-codes", "method.add", {"user": "ann", "type": "backup-codes"}, b""),
    ("method list ann", "method.list", {"user": "ann"}, b""),
    (f"method remove ann {ID}", "method.remove", {"user": "ann", "id": ID}, b""),
    (
        "application add vpn --type radius --client 192.0.2.7 --secret-stdin",
        "application.add",
        {
            "name": "vpn",
            "type": "radius",
            "clients": ("192.0.2.7",),
            "secret": secret("shared"),
            "allow_wide": False,
        },
        b"shared\n",
    ),
    (
        (
            "application add vpn --type radius --client 192.0.2.7 --client 2001:db8::/64 --secret-stdin"
            " --primary ad,old --challenge --deadline 30 --no-user-match --no-message-authenticator"
            " --portal-away codes --allow-wide"
        ),
        "application.add",
        {
            "name": "vpn",
            "type": "radius",
            "clients": ("192.0.2.7", "2001:db8::/64"),
            "secret": secret("shared"),
            "primary": "ad,old",
            "challenge": True,
            "deadline": 30,
            "user_match": False,
            "message_authenticator": False,
            "portal_away": "codes",
            "allow_wide": True,
        },
        b"shared",
    ),
    (
        "application add shop --type api --secret-stdin",
        "application.add",
        {"name": "shop", "type": "api", "clients": (), "secret": secret("shared"), "allow_wide": False},
        b"shared\n",
    ),
    (
        "application change shop --client 192.0.2.7 --client 192.0.2.9",
        "application.change",
        {"name": "shop", "clients": ("192.0.2.7", "192.0.2.9")},
        b"",
    ),
    ("application list", "application.list", {}, b""),
    ("application show vpn", "application.show", {"name": "vpn"}, b""),
    ("application observed", "application.observed", {}, b""),
    ("application observed vpn", "application.observed", {"name": "vpn"}, b""),
    (
        "application add vpn --client 192.0.2.7 --make-secret",
        "application.add",
        {"name": "vpn", "type": "radius", "clients": ("192.0.2.7",), "allow_wide": False},
        b"",
    ),
    ("application secret-replace vpn --make-secret", "application.secret-replace", {"name": "vpn"}, b""),
    ("application change vpn --challenge", "application.change", {"name": "vpn", "challenge": True}, b""),
    (
        (
            "application change vpn --no-challenge --user-match --message-authenticator --no-enabled --deadline 9"
            " --primary local --portal-away deny"
        ),
        "application.change",
        {
            "name": "vpn",
            "challenge": False,
            "user_match": True,
            "message_authenticator": True,
            "enabled": False,
            "deadline": 9,
            "primary": "local",
            "portal_away": "deny",
        },
        b"",
    ),
    ("application remove vpn", "application.remove", {"name": "vpn"}, b""),
    (
        "application client-add vpn 192.0.2.9 --secret-stdin --no-message-authenticator",
        "application.client-add",
        {
            "name": "vpn",
            "client": "192.0.2.9",
            "secret": secret("s"),
            "message_authenticator": False,
            "allow_wide": False,
        },
        b"s\n",
    ),
    (
        "application client-remove vpn 192.0.2.9",
        "application.client-remove",
        {"name": "vpn", "client": "192.0.2.9"},
        b"",
    ),
    (
        "application secret-replace vpn --client 192.0.2.9 --secret-stdin",
        "application.secret-replace",
        {"name": "vpn", "client": "192.0.2.9", "secret": secret("next")},
        b"next\n",
    ),
    ("application secret-finish vpn", "application.secret-finish", {"name": "vpn"}, b""),
    (
        (
            "directory add ad --type ldap --url ldaps://dc --base DC=x --bind-dn CN=w --bind-password-stdin"
            " --user-filter (uid={user}) --timeout 2.5"
        ),
        "directory.add",
        {
            "name": "ad",
            "type": "ldap",
            "url": "ldaps://dc",
            "base": "DC=x",
            "bind_dn": "CN=w",
            "bind_password": secret("bind"),
            "user_filter": "(uid={user})",
            "start_tls": False,
            "timeout": 2.5,
        },
        b"bind\n",
    ),
    (
        "directory add open --type ldap --url ldap://dc --base DC=x --start-tls",
        "directory.add",
        {"name": "open", "type": "ldap", "url": "ldap://dc", "base": "DC=x", "start_tls": True},
        b"",
    ),
    (
        "directory add old --type radius --url radius://h:1812 --secret-stdin --timeout 3 --tries 3",
        "directory.add",
        {
            "name": "old",
            "type": "radius",
            "url": "radius://h:1812",
            "start_tls": False,
            "secret": secret("s"),
            "timeout": 3.0,
            "tries": 3,
        },
        b"s",
    ),
    ("directory list", "directory.list", {}, b""),
    (
        "directory test ad ann --password-stdin",
        "directory.test",
        {"name": "ad", "user": "ann", "password": secret("p")},
        b"p\n",
    ),
    ("directory remove ad", "directory.remove", {"name": "ad"}, b""),
    (
        "bypass add ann --seconds 300 --reason phone",
        "bypass.add",
        {"user": "ann", "seconds": 300, "reason": "phone"},
        b"",
    ),
    (
        f"bypass add ann --seconds 300 --reason phone --group all --application vpn --let-through {ID}",
        "bypass.add",
        {
            "user": "ann",
            "seconds": 300,
            "reason": "phone",
            "group": "all",
            "application": "vpn",
            "let_through": ID,
        },
        b"",
    ),
    ("bypass choices", "bypass.choices", {}, b""),
    ("bypass list", "bypass.list", {"limit": 500, "all": False}, b""),
    ("bypass list --all", "bypass.list", {"limit": 500, "all": True}, b""),
    (f"bypass cancel {ID} --reason found", "bypass.cancel", {"id": ID, "reason": "found"}, b""),
    ("rule add --type user --seconds 60", "rule.add", {"type": "user", "seconds": 60}, b""),
    (
        "rule add --type ip --seconds 60 --authentication-type radius --application vpn",
        "rule.add",
        {"type": "ip", "seconds": 60, "authentication_type": "radius", "application": "vpn"},
        b"",
    ),
    (
        "bypass list --user ann --created-by olga --state used --since 2026-01-01 --until 2026-02-01",
        "bypass.list",
        {
            "limit": 500,
            "all": False,
            "user": "ann",
            "created_by": "olga",
            "state": "used",
            "since": "2026-01-01",
            "until": "2026-02-01",
        },
        b"",
    ),
    ("rule list", "rule.list", {}, b""),
    (
        "application presets --server 192.0.2.1 --port 1812",
        "application.presets",
        {"server": "192.0.2.1", "port": 1812},
        b"",
    ),
    (f"rule change {ID} --seconds 60", "rule.change", {"id": ID, "seconds": 60}, b""),
    (f"rule change {ID} --on", "rule.change", {"id": ID, "enabled": True}, b""),
    (f"rule change {ID} --off", "rule.change", {"id": ID, "enabled": False}, b""),
    (
        "rule foresee --type ip --seconds 60 --authentication-type radius --application vpn --days 3",
        "rule.foresee",
        {"type": "ip", "seconds": 60, "authentication_type": "radius", "application": "vpn", "days": 3},
        b"",
    ),
    (f"rule foresee --rule {ID}", "rule.foresee", {"id": ID}, b""),
    ("rule entries", "rule.entries", {}, b""),
    ("rule entries --user ann", "rule.entries", {"user": "ann"}, b""),
    ("rule purge", "rule.purge", {}, b""),
    ("rule purge --user ann", "rule.purge", {"user": "ann"}, b""),
    (f"rule remove {ID}", "rule.remove", {"id": ID}, b""),
    ("group add berlin", "group.add", {"name": "berlin"}, b""),
    ("group list", "group.list", {}, b""),
    ("group rename berlin --name Berlin", "group.rename", {"group": "berlin", "name": "Berlin"}, b""),
    ("group remove berlin", "group.remove", {"group": "berlin"}, b""),
    ("server credentials", "server.credentials", {}, b""),
    (
        "server credentials --group berlin --address 192.0.2.0/24 --server berlin-1",
        "server.credentials",
        {"group": "berlin", "address": "192.0.2.0/24", "server": "berlin-1"},
        b"",
    ),
    ("server credentials-list", "server.credentials-list", {}, b""),
    ("server credentials-withdraw e@x", "server.credentials-withdraw", {"credentials": "e@x"}, b""),
    ("server list", "server.list", {}, b""),
    ("server show berlin-1", "server.show", {"server": "berlin-1"}, b""),
    ("server move berlin-1 --group potsdam", "server.move", {"server": "berlin-1", "group": "potsdam"}, b""),
    ("server rename berlin-1 --name b", "server.rename", {"server": "berlin-1", "name": "b"}, b""),
    ("server renew berlin-1", "server.renew", {"server": "berlin-1"}, b""),
    ("server revoke berlin-1 --reason stolen", "server.revoke", {"server": "berlin-1", "reason": "stolen"}, b""),
    ("server remove berlin-1", "server.remove", {"server": "berlin-1"}, b""),
    ("setting list", "setting.list", {}, b""),
    ("setting set radius.reject_delay 0.5", "setting.set", {"name": "radius.reject_delay", "value": 0.5}, b""),
    ("setting set lock.failures -1", "setting.set", {"name": "lock.failures", "value": -1.0}, b""),
    ("activity", "activity.list", {"limit": 100}, b""),
    ("activity --user ann --limit 7", "activity.list", {"user": "ann", "limit": 7}, b""),
    (
        "activity --application vpn --outcome denied --reason fraud --source ::1 --server s --since 2026 --until 2027",
        "activity.list",
        {
            "application": "vpn",
            "outcome": "denied",
            "reason": "fraud",
            "source": "::1",
            "server": "s",
            "since": "2026",
            "until": "2027",
            "limit": 100,
        },
        b"",
    ),
    (
        f"activity search --user ann --before {ID} --limit 7",
        "activity.search",
        {"user": "ann", "before": ID, "limit": 7},
        b"",
    ),
    (f"activity search --after {ID} --reason code", "activity.search", {"after": ID, "reason": "code"}, b""),
    (
        "activity statistics --span hour --since 2026-01-01 --application vpn",
        "activity.statistics",
        {"span": "hour", "since": "2026-01-01", "application": "vpn"},
        b"",
    ),
    (f"why {ID}", "why", {"id": ID}, b""),
    ("what-if ann vpn", "what-if", {"user": "ann", "application": "vpn", "code_typed": False}, b""),
    (
        "what-if ann vpn --source 198.51.100.7 --code-typed --group berlin",
        "what-if",
        {"user": "ann", "application": "vpn", "source": "198.51.100.7", "code_typed": True, "group": "berlin"},
        b"",
    ),
    ("pending", "pending", {}, b""),
    ("pending --user ann", "pending", {"user": "ann"}, b""),
    (
        "try vpn ann --password-stdin --code 123456 --station 198.51.100.7 --via 192.0.2.1:1812 --state 0a",
        "try",
        {
            "application": "vpn",
            "user": "ann",
            "password": secret("p"),
            "code": "123456",
            "station": "198.51.100.7",
            "via": "192.0.2.1:1812",
            "state": "0a",
        },
        b"p\n",
    ),
    (
        "try vpn ann --code 123456",
        "try",
        {"application": "vpn", "user": "ann", "password": secret(""), "code": "123456"},
        b"never read\n",
    ),
    ("audit verify", "audit.verify", {}, b""),
    ("admin list", "admin.list", {}, b""),
    ("admin invite ada --role owner", "admin.invite", {"name": "ada", "role": "owner"}, b""),
    (
        "admin invite ada --role owner --display Ada --user ada@example.org",
        "admin.invite",
        {"name": "ada", "role": "owner", "display": "Ada", "user": "ada@example.org"},
        b"",
    ),
    ("admin link ada", "admin.link", {"name": "ada"}, b""),
    ("admin change ada --role auditor", "admin.change", {"name": "ada", "role": "auditor"}, b""),
    ("admin disable ada", "admin.disable", {"name": "ada"}, b""),
    ("admin enable ada", "admin.enable", {"name": "ada"}, b""),
    ("admin unlock ada", "admin.unlock", {"name": "ada"}, b""),
    ("admin remove ada", "admin.remove", {"name": "ada"}, b""),
    ("session list", "session.list", {}, b""),
    ("session list --of ada", "session.list", {"administrator": "ada"}, b""),
    (f"session end {ID}", "session.end", {"id": ID}, b""),
    ("session end-all ada", "session.end-all", {"administrator": "ada"}, b""),
    (
        f"audit list --user ann --actor olga --event bypass --subject {ID} --since 2026 --until 2027 --limit 3",
        "audit.list",
        {
            "user": "ann",
            "actor": "olga",
            "event": "bypass",
            "subject": ID,
            "since": "2026",
            "until": "2027",
            "limit": 3,
        },
        b"",
    ),
    ("key add --role help-desk", "key.add", {"role": "help-desk"}, b""),
    (
        "key add --role auditor --expires-in 60 --name backup",
        "key.add",
        {"role": "auditor", "expires_in": 60, "name": "backup"},
        b"",
    ),
    ("key list", "key.list", {}, b""),
    (f"key revoke {ID}", "key.revoke", {"id": ID}, b""),
    ("key rotate", "key.rotate", {}, b""),
    ("doctor", "doctor", {}, b""),
]

#: Operations whose result is a list, which is printed as it comes.
LISTS: Final = {
    "user.list",
    "method.list",
    "application.list",
    "application.observed",
    "directory.list",
    "bypass.list",
    "rule.list",
    "rule.entries",
    "group.list",
    "server.list",
    "server.credentials-list",
    "setting.list",
    "activity.list",
    "audit.list",
    "application.presets",
    "key.list",
    "admin.list",
    "session.list",
    "pending",
    "doctor",
}


class Anything(dict[str, Any]):
    """A result that has whatever a sentence for people asks for."""

    def __missing__(self, key: str) -> str:
        return key


#: What commands look at to find their exit code, and what is no text.
RESULTS: Final[dict[str, Any]] = {
    "directory.test": {"verdict": "accepted"},
    "try": {"answer": "accept"},
    "audit.verify": {"whole": True},
    "admin.invite": {"expires_at": "2026-11-24T05:25:43.000000Z"},
    "admin.link": {"expires_at": "2026-11-24T05:25:43.000000Z"},
    "key.add": {"expires_at": None},
    "key.rotate": {"created_at": "2026-11-24T05:25:43.000000Z"},
    "setting.set": {"value": 1.0},
}


@pytest.mark.parametrize(("line", "name", "arguments", "stdin"), COMMANDS)
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_command_asks_for_one_operation(
    line: str, name: str, arguments: dict[str, Any], stdin: bytes, where: str
) -> None:
    result: Any = [] if name in LISTS else Anything({"id": ID} | RESULTS.get(name, {}))
    told = Told({name: result})
    tokens = line.split(" ")

    ran = typed(*(["--json", *tokens] if where == "before" else [*tokens, "--json"]), told=told, stdin=stdin)

    assert (ran.code, ran.err) == (0, "")
    assert ran.document == result
    assert told.calls == [(name, arguments)]
    assert told.closed == 1


def test_every_operation_has_a_command() -> None:
    # Whoever is at the host, or has a key, has no account at the portal. What asks until it is answered is shown apart.
    apart = {name for name in OPERATIONS if name.startswith("account.")} | {"server.download"}
    # A page cannot wait for the end of a long walk along the chain; a command can.
    for_pages = {"audit.verify-begin", "audit.verify-state"}
    assert {name for _, name, _, _ in COMMANDS} == set(OPERATIONS) - apart - for_pages


def test_a_secret_is_never_an_argument() -> None:
    for line, _, arguments, stdin in COMMANDS:
        for value in arguments.values():
            if isinstance(value, dict) and value["octets"]:
                written = base64.b64decode(value["octets"]).decode()
                assert written in stdin.decode()
                assert written not in line.split(" ")
