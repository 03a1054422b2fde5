"""
The catalogue: every operation by every role, and arguments and results as documents.
"""

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec
import pytest

from tests.fakes.office import ALICE, SECRET, VPN, Office, kinds
from watchword.app.administration import HOST, Actor, Refusal, RefusalKind
from watchword.app.enrol import MethodAdd, MethodType
from watchword.app.manage.directories import DirectoryType
from watchword.app.manage.report import BypassRow
from watchword.app.manage.users import UserAdd, UserList
from watchword.app.operations import OPERATIONS, Operation, document_of, follow, perform, read_arguments
from watchword.domain.administrators import AdministratorId
from watchword.domain.caching import CacheType
from watchword.domain.roles import PERMISSIONS, Permission, Role
from watchword.domain.secrets import Secret

NOBODY = "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"

#: Arguments with which each operation can be asked for on an empty store. Whether it is done or refused then is no
#: matter here: whoever may not ask is told so before anything is looked at.
ASKED: Mapping[str, Mapping[str, Any]] = {
    "user.add": {"username": ALICE},
    "user.list": {},
    "user.show": {"user": ALICE},
    "user.block": {"user": ALICE, "reason": "left"},
    "user.unblock": {"user": ALICE, "reason": "back"},
    "user.unlock": {"user": ALICE},
    "user.password": {"user": ALICE, "password": Secret(b"correct horse")},
    "user.remove": {"user": ALICE},
    "method.add": {"user": ALICE, "type": MethodType.TOTP},
    "method.list": {"user": ALICE},
    "method.remove": {"user": ALICE, "id": NOBODY},
    "application.add": {"name": VPN, "secret": SECRET, "clients": ("127.0.0.1",)},
    "application.list": {},
    "application.show": {"name": VPN},
    "application.observed": {},
    "application.change": {"name": VPN},
    "application.remove": {"name": VPN},
    "application.client-add": {"name": VPN, "client": "127.0.0.1", "secret": SECRET},
    "application.client-remove": {"name": VPN, "client": "127.0.0.1"},
    "application.secret-replace": {"name": VPN, "secret": SECRET},
    "application.secret-finish": {"name": VPN},
    "directory.add": {"name": "AD", "type": DirectoryType.LDAP, "url": "ldaps://dc.example.org", "base": "dc=x"},
    "directory.list": {},
    "directory.test": {"name": "AD", "user": ALICE, "password": Secret(b"x")},
    "directory.remove": {"name": "AD"},
    "bypass.add": {"user": ALICE, "reason": "lost", "seconds": 60},
    "bypass.choices": {},
    "bypass.list": {},
    "bypass.cancel": {"id": NOBODY, "reason": "found"},
    "rule.add": {"type": CacheType.IP, "seconds": 60},
    "rule.list": {},
    "rule.entries": {},
    "user.search": {"wanted": "ali"},
    "activity.search": {},
    "application.presets": {},
    "rule.change": {"id": NOBODY, "enabled": False},
    "rule.foresee": {"type": CacheType.IP, "seconds": 60},
    "audit.list": {},
    "activity.statistics": {},
    "user.disable": {"user": ALICE, "reason": "leave"},
    "user.enable": {"user": ALICE, "reason": "back"},
    "user.rename": {"user": ALICE, "name": "Alice"},
    "user.alias-add": {"user": ALICE, "alias": "al"},
    "user.alias-remove": {"user": ALICE, "alias": "al"},
    "rule.purge": {},
    "rule.remove": {"id": NOBODY},
    "group.add": {"name": "Branch"},
    "group.list": {},
    "group.rename": {"group": "Branch", "name": "Office"},
    "group.remove": {"group": "Branch"},
    "server.credentials": {},
    "server.credentials-list": {},
    "server.download": {},
    "server.credentials-withdraw": {"credentials": NOBODY},
    "server.list": {},
    "server.show": {"server": "berlin-1"},
    "server.move": {"server": "berlin-1", "group": "default"},
    "server.rename": {"server": "berlin-1", "name": "berlin"},
    "server.renew": {"server": "berlin-1"},
    "server.revoke": {"server": "berlin-1", "reason": "stolen"},
    "server.remove": {"server": "berlin-1"},
    "setting.list": {},
    "setting.set": {"name": "lock.failures", "value": 3},
    "activity.list": {},
    "why": {"id": NOBODY},
    "what-if": {"user": ALICE, "application": VPN},
    "pending": {},
    "try": {"application": VPN, "user": ALICE, "password": Secret(b"x")},
    "audit.verify": {},
    "audit.verify-begin": {},
    "audit.verify-state": {},
    "admin.list": {},
    "admin.invite": {"name": "ada", "role": Role.AUDITOR},
    "admin.link": {"name": "ada"},
    "admin.change": {"name": "ada", "role": Role.AUDITOR},
    "admin.disable": {"name": "ada"},
    "admin.enable": {"name": "ada"},
    "admin.unlock": {"name": "ada"},
    "admin.remove": {"name": "ada"},
    "session.list": {},
    "session.end": {"id": NOBODY},
    "session.end-all": {"administrator": "ada"},
    "account.show": {},
    "account.change": {"display": "Ada"},
    "account.password": {"present_password": Secret(b"correct horse"), "new_password": Secret(b"battery staple")},
    "account.passkey-begin": {},
    "account.passkey-add": {"answer": {}},
    "account.passkey-remove": {"id": NOBODY},
    "account.totp-begin": {},
    "account.totp-set": {"code": "123456"},
    "account.totp-remove": {},
    "account.session-end": {"id": NOBODY},
    "account.sessions-end": {},
    "key.add": {"role": Role.AUDITOR},
    "key.list": {},
    "key.revoke": {"id": NOBODY},
    "key.rotate": {},
    "doctor": {},
}

#: Who may ask for what: written out, so that a change of the one table is a change here too.
MAY: Mapping[str, str] = {
    "user.add": "owner admin",
    "user.list": "owner admin desk auditor",
    "user.show": "owner admin desk auditor",
    "user.block": "owner admin desk",
    "user.unblock": "owner admin desk",
    "user.unlock": "owner admin desk",
    "user.password": "owner admin",
    "user.search": "owner admin desk auditor",
    "activity.search": "owner admin desk auditor",
    "rule.change": "owner admin",
    "application.presets": "owner admin desk auditor",
    "rule.foresee": "owner admin auditor",
    "audit.list": "owner admin auditor",
    "activity.statistics": "owner admin desk auditor",
    "user.disable": "owner admin",
    "user.enable": "owner admin",
    "user.rename": "owner admin",
    "user.alias-add": "owner admin",
    "user.alias-remove": "owner admin",
    "user.remove": "owner admin",
    "method.add": "owner admin desk",
    "method.list": "owner admin desk auditor",
    "method.remove": "owner admin desk",
    "application.add": "owner admin",
    "application.list": "owner admin desk auditor",
    "application.show": "owner admin desk auditor",
    "application.observed": "owner admin desk auditor",
    "application.change": "owner admin",
    "application.remove": "owner admin",
    "application.client-add": "owner admin",
    "application.client-remove": "owner admin",
    "application.secret-replace": "owner admin",
    "application.secret-finish": "owner admin",
    "directory.add": "owner admin",
    "directory.list": "owner admin desk auditor",
    "directory.test": "owner admin",
    "directory.remove": "owner admin",
    "bypass.add": "owner admin desk",
    "bypass.choices": "owner admin desk auditor",
    "bypass.list": "owner admin desk auditor",
    "bypass.cancel": "owner admin desk",
    "rule.add": "owner admin",
    "rule.list": "owner admin auditor",
    "rule.entries": "owner admin auditor",
    "rule.purge": "owner admin",
    "rule.remove": "owner admin",
    "group.add": "owner admin",
    "group.list": "owner admin desk auditor",
    "group.rename": "owner admin",
    "group.remove": "owner admin",
    "server.credentials": "owner admin",
    "server.credentials-list": "owner admin auditor",
    "server.download": "owner admin auditor",
    "server.credentials-withdraw": "owner admin",
    "server.list": "owner admin desk auditor",
    "server.show": "owner admin desk auditor",
    "server.move": "owner admin",
    "server.rename": "owner admin",
    "server.renew": "owner admin",
    "server.revoke": "owner admin",
    "server.remove": "owner admin",
    "setting.list": "owner admin auditor",
    "setting.set": "owner",
    "activity.list": "owner admin desk auditor",
    "why": "owner admin desk auditor",
    "what-if": "owner admin desk auditor",
    "pending": "owner admin desk auditor",
    "try": "owner admin",
    "audit.verify": "owner admin auditor",
    "audit.verify-begin": "owner admin auditor",
    "audit.verify-state": "owner admin auditor",
    "admin.list": "owner admin auditor",
    "admin.invite": "owner",
    "admin.link": "",
    "admin.change": "owner",
    "admin.disable": "owner",
    "admin.enable": "owner",
    "admin.unlock": "owner",
    "admin.remove": "owner",
    "session.list": "owner admin auditor",
    "session.end": "owner",
    "session.end-all": "owner",
    "account.show": "owner admin desk auditor",
    "account.change": "owner admin desk auditor",
    "account.password": "owner admin desk auditor",
    "account.passkey-begin": "owner admin desk auditor",
    "account.passkey-add": "owner admin desk auditor",
    "account.passkey-remove": "owner admin desk auditor",
    "account.totp-begin": "owner admin desk auditor",
    "account.totp-set": "owner admin desk auditor",
    "account.totp-remove": "owner admin desk auditor",
    "account.session-end": "owner admin desk auditor",
    "account.sessions-end": "owner admin desk auditor",
    "key.add": "owner",
    "key.list": "owner admin auditor",
    "key.revoke": "owner",
    "key.rotate": "owner",
    "doctor": "owner admin auditor",
}
SHORT = {
    "owner": Role.OWNER,
    "admin": Role.AUTHENTICATION_ADMINISTRATOR,
    "desk": Role.HELP_DESK,
    "auditor": Role.AUDITOR,
}


def arguments_of(name: str) -> object:
    return OPERATIONS[name].arguments(**ASKED[name])


def test_the_matrix_has_every_operation() -> None:
    assert set(ASKED) == set(MAY) == set(OPERATIONS)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", list(OPERATIONS))
async def test_every_operation_by_every_role(office: Office, name: str, role: Role) -> None:
    may = role is Role.HOST or role in {SHORT[short] for short in MAY[name].split()}

    actor = Actor(name="somebody", role=role, administrator=AdministratorId(bytes(16)))

    result = await perform(office.context, actor, name, arguments_of(name))

    forbidden = isinstance(result, Refusal) and result.kind is RefusalKind.FORBIDDEN
    assert forbidden is not may
    if not may:
        permission = OPERATIONS[name].permission.value
        assert result == Refusal(
            f"the role {role.value} may not do that ({permission}); ask somebody who may", RefusalKind.FORBIDDEN
        )
        assert office.audited() == []


async def test_whoever_may_not_read_activity_may_not_follow_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PERMISSIONS, Role.AUDITOR, PERMISSIONS[Role.AUDITOR] - {Permission.ACTIVITY_READ})

    refused = await follow(office.context, Actor(name="somebody", role=Role.AUDITOR), None)

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.FORBIDDEN


def test_whoever_only_reads_can_ask_for_nothing_that_changes() -> None:
    changing = {"add", "remove", "change", "block", "unblock", "unlock", "password", "cancel", "purge", "set", "rotate"}
    for name, operation in OPERATIONS.items():
        # Everybody changes his own account, and nobody else's.
        if not name.startswith("account.") and changing & set(name.replace("-", ".").split(".")):
            assert operation.permission not in PERMISSIONS[Role.AUDITOR], name


def test_every_permission_is_one_that_some_operation_needs() -> None:
    assert {operation.permission for operation in OPERATIONS.values()} == set(Permission)


async def test_an_operation_that_is_not_there_is_told_so(office: Office) -> None:
    assert kinds(await office.refused("user.\x1bfly", UserList())) == (
        RefusalKind.NOT_FOUND,
        "there is no operation 'user.?fly'",
    )


async def test_arguments_of_another_operation_are_a_bug(office: Office) -> None:
    with pytest.raises(TypeError, match=r"user\.add takes UserAdd"):
        await office.do("user.add", UserList())


@pytest.mark.parametrize("name", ["user.add", "user.list", "bypass.add", "rule.entries", "doctor"])
async def test_where_the_store_is_away_that_is_said(office: Office, name: str) -> None:
    office.records.away = True

    assert kinds(await office.refused(name, arguments_of(name))) == (
        RefusalKind.UNAVAILABLE,
        "the database cannot be read or written at this moment, so nothing was changed; try again",
    )


# --- text that people supply

#: What could rewrite a terminal, forge a line of a log, end a cell or a page's text, or reverse what is read (N27).
CANARIES = (
    "\x1b]0;owned\x07",
    "a\nb: forged",
    "a\x00b",
    "\u202eevil",
    "\u2028line",
    "<script>alert(1)</script>",
    "=1+1",
)


def texts_in(document: Any) -> list[str]:
    if isinstance(document, str):
        return [document]
    if isinstance(document, Mapping):
        return [text for value in document.values() for text in texts_in(value)]
    return [text for value in document for text in texts_in(value)] if isinstance(document, list) else []


@pytest.mark.parametrize("name", list(OPERATIONS))
async def test_no_text_from_outside_comes_back_as_more_than_a_line_of_text(office: Office, name: str) -> None:
    await office.application()
    await office.user()
    operation = OPERATIONS[name]
    for field, kind in typing.get_type_hints(operation.arguments).items():
        several = kind == tuple[str, ...]
        for canary in CANARIES if several or str in results_of(kind) else ():
            wanted = {**ASKED[name], field: (canary,) if several else canary}
            result = await perform(office.context, HOST, name, operation.arguments(**wanted))
            said = [result.sentence] if isinstance(result, Refusal) else texts_in(document_of(result))
            assert all(text.isprintable() for text in said), (name, field, said)
    words = [word for row in office.records.audit for pair in row.words for word in pair]
    assert all(word.isprintable() for word in words)


# --- the shape of the catalogue


def results_of(expression: Any) -> set[Any]:
    return set(typing.get_args(expression)) if isinstance(expression, types.UnionType) else {expression}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_what_is_said_of_an_operation_is_what_its_handler_takes_and_gives(operation: Operation[Any, Any]) -> None:
    hints = typing.get_type_hints(operation.handler)
    (_, _, arguments) = inspect.signature(operation.handler).parameters

    assert hints[arguments] is operation.arguments
    assert results_of(hints["return"]) == results_of(operation.result) | {Refusal}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_arguments_are_frozen_data_that_reads_back_from_a_document(operation: Operation[Any, Any]) -> None:
    arguments = arguments_of(operation.name)
    assert is_dataclass(operation.arguments)
    assert operation.arguments.__dataclass_params__.frozen  # type: ignore[attr-defined]

    document = msgspec.json.decode(msgspec.json.encode(arguments))

    assert read_arguments(operation, document) == arguments


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_no_repr_of_arguments_shows_a_secret(operation: Operation[Any, Any]) -> None:
    for name, kind in typing.get_type_hints(operation.arguments).items():
        secretive = any(word in name for word in ("password", "secret"))
        assert (Secret in results_of(kind)) is secretive, (operation.name, name)


@pytest.mark.parametrize(
    ("name", "document", "sentence"),
    [
        (
            "user.add",
            {"username": ALICE, "pasword": "x"},
            "user.add has no argument 'pasword'; it has aliases, name, password, username",
        ),
        ("user.add", {}, "user.add: Object missing required field `username`"),
        ("user.add", {"username": 7}, "user.add: Expected `str`, got `int` - at `$.username`"),
        ("bypass.add", {"user": ALICE, "reason": "x", "seconds": "60"}, "bypass.add: Expected `int | null`, got `str`"),
        (
            "bypass.add",
            {"user": ALICE, "reason": "x", "seconds": 1.5},
            "bypass.add: Expected `int | null`, got `float`",
        ),
        ("rule.add", {"type": "wide", "seconds": 60}, "rule.add: Invalid enum value 'wide'"),
        ("rule.add", {"type": "\x1b[2J", "seconds": 60}, "rule.add: Invalid enum value"),
        ("user.password", {"user": ALICE, "password": "geheim"}, "user.password: Expected `object`, got `str`"),
        ("user.password", {"user": ALICE, "password": {"octets": "!"}}, "user.password: Invalid base64"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(name: str, document: dict[str, Any], sentence: str) -> None:
    refused = read_arguments(OPERATIONS[name], document)

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.INVALID
    assert refused.sentence.startswith(sentence)
    assert refused.sentence.isprintable()
    assert "geheim" not in refused.sentence


def test_a_secret_is_octets_in_base64() -> None:
    read = read_arguments(OPERATIONS["user.add"], {"username": ALICE, "password": {"octets": "Y29ycmVjdCBob3JzZQ=="}})

    assert read == UserAdd(username=ALICE, password=Secret(b"correct horse"))


# --- the contract's documents


async def test_results_have_the_fields_of_the_contract(office: Office) -> None:
    await office.application()
    user = document_of(await office.do("user.add", UserAdd(username=ALICE)))
    assert {"id", "username"} <= set(user)
    wanted = {
        MethodType.TOTP: {"id", "uri", "secret"},
        MethodType.HOTP: {"id", "uri", "secret"},
        MethodType.PUSH: {"id", "pairing_url"},
        MethodType.BACKUP_CODES: {"codes"},
    }
    for type_, names in wanted.items():
        method = document_of(await office.do("method.add", MethodAdd(user=ALICE, type=type_)))
        assert names <= set(method)
    bypass = document_of(await office.do("bypass.add", arguments_of("bypass.add")))
    assert {"id", "expires_at"} <= set(bypass)
    rule = document_of(await office.do("rule.add", arguments_of("rule.add")))
    assert set(rule) == {"id"}
    foreseen = document_of(await office.do("what-if", arguments_of("what-if")))
    assert {"outcome", "reason", "steps"} <= set(foreseen)
    assert all({"question", "answer", "decided"} <= set(step) for step in foreseen["steps"])


def names_of(row: Any) -> set[str]:
    return {field.name for field in fields(row)}


def test_rows_have_the_fields_of_the_contract() -> None:
    (activity,) = typing.get_args(OPERATIONS["activity.list"].result)
    (entry,) = typing.get_args(OPERATIONS["rule.entries"].result)
    (pending,) = typing.get_args(OPERATIONS["pending"].result)

    assert names_of(BypassRow) >= {
        *("id", "user", "group", "application", "reason", "seconds", "created_by", "created_at", "expires_at"),
        *("state", "ended_at", "used_at_application", "used_from"),
    }
    assert names_of(activity) >= {
        *("id", "at", "user", "application", "authentication_type", "source", "server", "outcome", "reason"),
        *("rule", "bypass"),
    }
    assert names_of(entry) == {"rule", "user", "application", "source", "created_at", "expires_at", "hits"}
    assert names_of(pending) == {"id", "user", "application", "source", "since", "contended"}
    assert names_of(OPERATIONS["why"].result) >= {"id", "outcome", "reason", "steps"}
    assert names_of(OPERATIONS["try"].result) == {"answer", "message", "state", "seconds"}
