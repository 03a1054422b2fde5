"""
The catalogue of everything that can be administered, and the one place where it is decided who may.

Command line, control socket and REST all come through `perform`. An operation has one name, one permission, one type of
arguments and one of results; its name is the command line's with a point for the blank, and its results are the
documents that `--json` prints.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import fields
from typing import Any, Final

import msgspec

from watchword.app import enrol
from watchword.app.administering.catalogue import ADMINISTERING
from watchword.app.administration import Actor, Administration, Refusal, forbidden, invalid, not_found, unavailable
from watchword.app.diagnose import checks, doctor, try_login, what_if, why
from watchword.app.documents import read_document
from watchword.app.manage import (
    activity,
    application_rows,
    applications,
    audit,
    bypasses,
    clients,
    directories,
    directory_test,
    following,
    foreseeing,
    groups,
    keys,
    methods,
    naming,
    observing,
    pending,
    presets,
    report,
    rules,
    searching,
    settings,
    standing,
    statistics,
    user_page,
    users,
)
from watchword.app.manage.following import EVERYTHING, ActivityWanted, Following
from watchword.app.manage.texts import shown
from watchword.app.operation import Operation
from watchword.app.operation import define as _operation
from watchword.app.servers import credentials, downloading, listing, managing
from watchword.domain.roles import PERMISSIONS, Permission
from watchword.ports.login import StoreAway

__all__ = ["FOLLOW", "OPERATIONS", "Operation", "document_of", "follow", "perform", "read_arguments"]

_May = Permission

_ALL: Final[tuple[Operation[Any, Any], ...]] = (
    _operation("user.add", _May.USER_WRITE, users.add, users.UserAdd, users.UserDone),
    _operation("user.list", _May.USER_READ, users.listed, users.UserList, list[users.UserRow]),
    _operation("user.show", _May.USER_READ, user_page.show, users.UserNamed, user_page.UserShown),
    _operation("user.block", _May.USER_BLOCK, standing.block, standing.UserReasoned, users.UserDone),
    _operation("user.unblock", _May.USER_BLOCK, standing.unblock, standing.UserReasoned, users.UserDone),
    _operation("user.unlock", _May.USER_BLOCK, standing.unlock, users.UserNamed, users.UserDone),
    _operation("user.password", _May.USER_WRITE, users.set_password, users.UserPassword, users.UserDone),
    _operation("user.search", _May.USER_READ, searching.search, searching.UserSearch, searching.UserFound),
    _operation("user.disable", _May.USER_WRITE, standing.disable, standing.UserReasoned, users.UserDone),
    _operation("user.enable", _May.USER_WRITE, standing.enable, standing.UserReasoned, users.UserDone),
    _operation("user.rename", _May.USER_WRITE, naming.rename, naming.UserRename, users.UserDone),
    _operation("user.alias-add", _May.USER_WRITE, naming.alias_add, naming.UserAlias, users.UserDone),
    _operation("user.alias-remove", _May.USER_WRITE, naming.alias_remove, naming.UserAlias, users.UserDone),
    _operation("user.remove", _May.USER_WRITE, users.remove, users.UserNamed, users.UserDone),
    _operation("method.add", _May.METHOD_WRITE, enrol.add, enrol.MethodAdd, enrol.MethodAdded),
    _operation("method.list", _May.USER_READ, methods.listed, users.UserNamed, list[methods.MethodRow]),
    _operation("method.remove", _May.METHOD_WRITE, methods.remove, methods.MethodRemove, users.UserDone),
    _operation(
        "application.add",
        _May.APPLICATION_WRITE,
        applications.add,
        applications.ApplicationAdd,
        applications.ApplicationAdded,
    ),
    _operation(
        "application.list",
        _May.APPLICATION_READ,
        application_rows.listed,
        application_rows.ApplicationList,
        list[application_rows.ApplicationRow],
    ),
    _operation(
        "application.show",
        _May.APPLICATION_READ,
        application_rows.show,
        application_rows.ApplicationNamed,
        application_rows.ApplicationRow,
    ),
    _operation(
        "application.observed",
        _May.APPLICATION_READ,
        observing.observed,
        observing.ApplicationObserve,
        list[observing.ApplicationObserved],
    ),
    _operation(
        "application.presets",
        _May.APPLICATION_READ,
        presets.listed,
        presets.ApplicationPresets,
        list[presets.PresetRow],
    ),
    _operation(
        "application.change",
        _May.APPLICATION_WRITE,
        applications.change,
        applications.ApplicationChange,
        applications.ApplicationDone,
    ),
    _operation(
        "application.remove",
        _May.APPLICATION_WRITE,
        applications.remove,
        application_rows.ApplicationNamed,
        applications.ApplicationDone,
    ),
    _operation("application.client-add", _May.APPLICATION_WRITE, clients.add, clients.ClientAdd, clients.ClientAdded),
    _operation(
        "application.client-remove", _May.APPLICATION_WRITE, clients.remove, clients.ClientRemove, clients.ClientDone
    ),
    _operation(
        "application.secret-replace",
        _May.APPLICATION_WRITE,
        clients.secret_replace,
        clients.SecretReplace,
        clients.SecretReplaced,
    ),
    _operation(
        "application.secret-finish",
        _May.APPLICATION_WRITE,
        clients.secret_finish,
        clients.SecretFinish,
        clients.SecretDone,
    ),
    _operation(
        "directory.add", _May.APPLICATION_WRITE, directories.add, directories.DirectoryAdd, directories.DirectoryAdded
    ),
    _operation(
        "directory.list",
        _May.APPLICATION_READ,
        directories.listed,
        directories.DirectoryList,
        list[directories.DirectoryRow],
    ),
    _operation(
        "directory.test",
        _May.APPLICATION_WRITE,
        directory_test.check,
        directory_test.DirectoryTest,
        directory_test.DirectoryTested,
    ),
    _operation(
        "directory.remove",
        _May.APPLICATION_WRITE,
        directories.remove,
        directories.DirectoryNamed,
        directories.DirectoryRemoved,
    ),
    _operation("bypass.add", _May.BYPASS_CREATE, bypasses.add, bypasses.BypassAdd, bypasses.BypassAdded),
    _operation("bypass.choices", _May.BYPASS_READ, bypasses.choices, bypasses.BypassChoices, bypasses.BypassChoice),
    _operation("bypass.list", _May.BYPASS_READ, report.listed, report.BypassList, list[report.BypassRow]),
    _operation("bypass.cancel", _May.BYPASS_CREATE, bypasses.cancel, bypasses.BypassCancel, bypasses.BypassCancelled),
    _operation("rule.add", _May.RULE_WRITE, rules.add, rules.RuleAdd, rules.RuleAdded),
    _operation("rule.list", _May.RULE_READ, rules.listed, rules.RuleList, list[rules.RuleRow]),
    _operation("rule.change", _May.RULE_WRITE, rules.change, rules.RuleChange, rules.RuleChanged),
    _operation("rule.foresee", _May.RULE_READ, foreseeing.foresee, foreseeing.RuleForesee, foreseeing.RuleForeseen),
    _operation("rule.entries", _May.RULE_READ, rules.entries, rules.RuleEntries, list[rules.EntryRow]),
    _operation("rule.purge", _May.RULE_WRITE, rules.purge, rules.RulePurge, rules.RulePurged),
    _operation("rule.remove", _May.RULE_WRITE, rules.remove, rules.RuleRemove, rules.RuleRemoved),
    _operation("group.add", _May.SERVER_WRITE, groups.add, groups.GroupAdd, groups.GroupRow),
    _operation("group.list", _May.SERVER_READ, groups.listed, groups.GroupList, list[groups.GroupRow]),
    _operation("group.rename", _May.SERVER_WRITE, groups.rename, groups.GroupRename, groups.GroupRow),
    _operation("group.remove", _May.SERVER_WRITE, groups.remove, groups.GroupNamed, groups.GroupRow),
    _operation(
        "server.credentials",
        _May.SERVER_WRITE,
        credentials.make,
        credentials.ServerCredentials,
        credentials.CredentialsMade,
    ),
    _operation(
        "server.credentials-list",
        _May.SETTING_READ,
        credentials.listed,
        credentials.CredentialsList,
        list[credentials.CredentialsRow],
    ),
    _operation(
        "server.credentials-withdraw",
        _May.SERVER_WRITE,
        credentials.withdraw,
        credentials.CredentialsWithdraw,
        credentials.CredentialsWithdrawn,
    ),
    _operation(
        "server.download",
        _May.SETTING_READ,
        downloading.download,
        downloading.ServerDownload,
        downloading.ServerDownloaded,
    ),
    _operation("server.list", _May.SERVER_READ, listing.listed, listing.ServerList, list[listing.ServerRow]),
    _operation("server.show", _May.SERVER_READ, listing.show, listing.ServerNamed, listing.ServerShown),
    _operation("server.move", _May.SERVER_WRITE, managing.move, managing.ServerMove, managing.ServerDone),
    _operation("server.rename", _May.SERVER_WRITE, managing.rename, managing.ServerRename, managing.ServerDone),
    _operation("server.renew", _May.SERVER_WRITE, managing.renew, listing.ServerNamed, managing.ServerDone),
    _operation("server.revoke", _May.SERVER_WRITE, managing.revoke, managing.ServerRevoke, managing.ServerDone),
    _operation("server.remove", _May.SERVER_WRITE, managing.remove, listing.ServerNamed, managing.ServerDone),
    _operation("setting.list", _May.SETTING_READ, settings.listed, settings.SettingList, list[settings.SettingRow]),
    _operation("setting.set", _May.SETTING_WRITE, settings.change, settings.SettingSet, settings.SettingRow),
    _operation("activity.list", _May.ACTIVITY_READ, activity.listed, activity.ActivityList, list[activity.ActivityRow]),
    _operation("activity.search", _May.ACTIVITY_READ, activity.search, activity.ActivitySearch, activity.ActivityFound),
    _operation(
        "activity.statistics",
        _May.ACTIVITY_READ,
        statistics.statistics,
        statistics.ActivityStatistics,
        statistics.Statistics,
    ),
    _operation("why", _May.ACTIVITY_READ, why.why, why.Why, why.Explained),
    _operation("what-if", _May.ACTIVITY_READ, what_if.what_if, what_if.WhatIf, what_if.Foreseen),
    _operation("pending", _May.ACTIVITY_READ, pending.listed, pending.PendingList, list[pending.PendingRow]),
    _operation("try", _May.APPLICATION_WRITE, try_login.try_login, try_login.TryLogin, try_login.Tried),
    _operation("audit.list", _May.AUDIT_READ, audit.listed, audit.AuditList, list[audit.AuditRow]),
    _operation("audit.verify", _May.AUDIT_READ, audit.verify, audit.AuditVerify, audit.AuditVerified),
    _operation("audit.verify-begin", _May.AUDIT_READ, audit.verify_begin, audit.AuditVerifyBegin, audit.AuditWalk),
    _operation("audit.verify-state", _May.AUDIT_READ, audit.verify_state, audit.AuditVerifyState, audit.AuditWalk),
    _operation("key.rotate", _May.KEY_WRITE, keys.rotate, keys.KeyRotate, keys.KeyRotated),
    _operation("doctor", _May.SETTING_READ, doctor.doctor, doctor.Doctor, list[checks.Finding]),
)

OPERATIONS: Final[Mapping[str, Operation[Any, Any]]] = {one.name: one for one in (*_ALL, *ADMINISTERING)}
"""Every operation by its name."""

FOLLOW: Final = Permission.ACTIVITY_READ
"""What whoever follows activity must be allowed."""

STORE_AWAY: Final = "the database cannot be read or written at this moment, so nothing was changed; try again"
"""What whoever asks is told while the store is away."""


def forbidden_to(actor: Actor, permission: Permission) -> Refusal | None:
    """Return why an actor may not do what needs a permission, None where he may."""
    if permission in PERMISSIONS[actor.role]:
        return None
    return forbidden(f"the role {actor.role.value} may not do that ({permission.value}); ask somebody who may")


async def perform(context: Administration, actor: Actor, name: str, arguments: object) -> object:
    """
    Do what an administrator asks for, if he may.

    Args:
        context: what operations may reach.
        actor: who asks.
        name: the operation.
        arguments: a value of its type of arguments.

    Returns:
        A value of its type of results, or a `Refusal`.
    """
    operation = OPERATIONS.get(name)
    if operation is None:
        return not_found(f"there is no operation {shown(name)!r}")
    if not isinstance(arguments, operation.arguments):
        raise TypeError(f"{name} takes {operation.arguments.__name__}")
    refused = forbidden_to(actor, operation.permission)
    if refused is not None:
        return refused
    try:
        result = await operation.handler(context, actor, arguments)
    except StoreAway:
        return unavailable(STORE_AWAY)
    if context.feed is not None and not isinstance(result, Refusal) and not operation.permission.only_reads:
        context.feed.operation(name)
    return result


async def follow(
    context: Administration, actor: Actor, user: str | None, wanted: ActivityWanted = EVERYTHING
) -> Following | Refusal:
    """Begin to follow activity, of everybody or of one user, all of it or what is wanted, if whoever asks may."""
    refused = forbidden_to(actor, FOLLOW)
    if refused is not None:
        return refused
    try:
        return await following.follow(context, user, wanted)
    except StoreAway:
        return unavailable(STORE_AWAY)


async def export_bypasses(
    context: Administration, actor: Actor, arguments: report.BypassList
) -> AsyncIterator[str] | Refusal:
    """Return the bypass report as CSV, in pieces that are made off the loop, if whoever asks may read it."""
    refused = forbidden_to(actor, OPERATIONS["bypass.list"].permission)
    if refused is not None:
        return refused
    try:
        return await report.exported(context, arguments)
    except StoreAway:
        return unavailable(STORE_AWAY)


async def export_activity(
    context: Administration, actor: Actor, arguments: activity.ActivityList
) -> AsyncIterator[str] | Refusal:
    """Return activity as CSV, in short pieces, if whoever asks may read it."""
    refused = forbidden_to(actor, OPERATIONS["activity.list"].permission)
    if refused is not None:
        return refused
    try:
        return await activity.exported(context, actor, arguments)
    except StoreAway:
        return unavailable(STORE_AWAY)


def read_wanted(document: Mapping[str, object]) -> tuple[str | None, ActivityWanted] | Refusal:
    """Read whom to follow (`user`), and what is wanted of a row besides, from a document of plain values."""
    user = document.get("user")
    known = {field.name for field in fields(ActivityWanted)}
    if set(document) - known - {"user"} or not (user is None or isinstance(user, str)):
        return invalid(f"follow takes user, a name or null, and {', '.join(sorted(known))}")
    rest = {name: value for name, value in document.items() if name != "user"}
    try:
        return user, msgspec.convert(rest, type=ActivityWanted, strict=True, builtin_types=())
    except msgspec.ValidationError as error:
        return invalid(f"follow: {shown(str(error))}")


def read_arguments(operation: Operation[Any, Any], document: Mapping[str, object]) -> object:
    """
    Read an operation's arguments from a document of plain values, as JSON has them.

    Secrets are objects with their octets in base64: `{"octets": "..."}`.

    Returns:
        The arguments, or a `Refusal` that names what does not fit.
    """
    return read_document(operation.name, operation.arguments, document)


def document_of(result: object) -> Any:
    """Return a result as plain values, as JSON has them."""
    return msgspec.to_builtins(result)
