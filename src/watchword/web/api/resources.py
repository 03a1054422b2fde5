"""
The one table from operations of the catalogue to resources of REST, read in both directions.

`web.api.serving` looks up which operation a method and a path mean; `cli.portal_client` looks up the method and the
path of an operation. Names in braces are arguments of the operation. What else it takes stands in the query for GET and
DELETE, in the body otherwise. Nothing here knows a web framework, so that the command line may read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, get_args, get_origin

from watchword.app.operations import OPERATIONS, Operation

PREFIX: Final = "/api/v1"

LONGEST_PAGE: Final = 500
"""Rows of one page."""

USUAL_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """
    How a list is gone through.

    Attributes:
        behind: the argument that says behind which row to go on.
        key: the field of a row that says so.
    """

    behind: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """
    One method of one path.

    Attributes:
        name: identifies it in the OpenAPI document, for ever.
        operation: what is performed.
        method: of HTTP.
        path: behind the prefix.
        status: of an answer that is no refusal.
        pages: how a list is gone through, None for what comes whole.
        pick: where the operation is a list and one row of it is meant: the field that the last name in `path` is.
        hides: whether its answer shows a secret, which is kept nowhere.
    """

    name: str
    operation: str
    method: str
    path: str
    status: int = 200
    pages: Pages | None = None
    pick: str | None = None
    hides: bool = False

    @property
    def tag(self) -> str:
        """The family that it belongs to: the first part of its path."""
        return self.path.split("/")[1]

    @property
    def does(self) -> Operation[Any, Any]:
        """What is performed."""
        return OPERATIONS[self.operation]

    @property
    def creates(self) -> bool:
        """Whether something is there afterwards that was not there before, so that doing it twice would matter."""
        return self.status == _CREATED

    @property
    def lists(self) -> bool:
        """Whether its answer is a list."""
        return self.pick is None and get_origin(self.does.result) is list

    @property
    def result(self) -> Any:
        """The type of its answer, of each item where it is a list."""
        return get_args(self.does.result)[0] if get_origin(self.does.result) is list else self.does.result

    def in_path(self) -> tuple[str, ...]:
        """Return the names in its path, in order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    def elsewhere(self) -> tuple[str, ...]:
        """Return the arguments that stand in the query or in the body, those of paging left out."""
        taken = {*self.in_path(), *(() if self.pages is None else (self.pages.behind, "limit"))}
        return tuple(field.name for field in fields(self.does.arguments) if field.name not in taken)

    @property
    def has_body(self) -> bool:
        """Whether arguments stand in the body."""
        return self.method in WITH_BODY and bool(self.elsewhere())


_CREATED: Final = 201
WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose requests have a body; that of another is not looked at."""


def _named(operation: str) -> str:
    first, *others = operation.replace(".", "-").split("-")
    return first + "".join(word.capitalize() for word in others)


def _at(operation: str, method: str, path: str, name: str | None = None, **more: Any) -> Resource:
    return Resource(name=name or _named(operation), operation=operation, method=method, path=path, **more)


def _one(operation: str, path: str, pick: str, name: str) -> Resource:
    return _at(operation, "GET", path, name, pick=pick)


ALL: Final[tuple[Resource, ...]] = (
    _at("user.list", "GET", "/users", pages=Pages(behind="after", key="username")),
    _at("user.add", "POST", "/users", status=201),
    _at("user.search", "GET", "/users/search"),
    _at("user.show", "GET", "/users/{user}"),
    _at("user.remove", "DELETE", "/users/{user}"),
    _at("user.block", "POST", "/users/{user}/block"),
    _at("user.unblock", "POST", "/users/{user}/unblock"),
    _at("user.unlock", "POST", "/users/{user}/unlock"),
    _at("user.disable", "POST", "/users/{user}/disable"),
    _at("user.enable", "POST", "/users/{user}/enable"),
    _at("user.password", "PUT", "/users/{user}/password"),
    _at("user.rename", "PUT", "/users/{user}/name"),
    _at("user.alias-add", "POST", "/users/{user}/aliases", status=201),
    _at("user.alias-remove", "DELETE", "/users/{user}/aliases/{alias}"),
    _at("method.list", "GET", "/methods"),
    _at("method.add", "POST", "/methods", status=201, hides=True),
    _at("method.remove", "DELETE", "/methods/{id}"),
    _at("application.list", "GET", "/applications"),
    _at("application.presets", "GET", "/application-presets"),
    _at("application.observed", "GET", "/application-observations"),
    _at("application.add", "POST", "/applications", status=201, hides=True),
    _at("application.show", "GET", "/applications/{name}"),
    _at("application.change", "PATCH", "/applications/{name}"),
    _at("application.remove", "DELETE", "/applications/{name}"),
    _at("application.client-add", "POST", "/applications/{name}/clients", status=201, hides=True),
    _at("application.client-remove", "DELETE", "/applications/{name}/clients/{client}"),
    _at("application.secret-replace", "POST", "/applications/{name}/secret/replace", hides=True),
    _at("application.secret-finish", "POST", "/applications/{name}/secret/finish"),
    _at("directory.list", "GET", "/directories"),
    _at("directory.add", "POST", "/directories", status=201),
    _one("directory.list", "/directories/{name}", "name", "directoryShow"),
    _at("directory.remove", "DELETE", "/directories/{name}"),
    _at("directory.test", "POST", "/directories/{name}/test"),
    _at("bypass.list", "GET", "/bypasses", pages=Pages(behind="before", key="id")),
    _at("bypass.add", "POST", "/bypasses", status=201),
    _at("bypass.choices", "GET", "/bypasses/choices"),
    _at("bypass.cancel", "POST", "/bypasses/{id}/cancel"),
    _at("rule.list", "GET", "/caching-rules"),
    _at("rule.add", "POST", "/caching-rules", status=201),
    _at("rule.change", "PATCH", "/caching-rules/{id}"),
    _at("rule.foresee", "GET", "/caching-rules/foreseen"),
    _at("rule.entries", "GET", "/caching-rules/entries"),
    _at("rule.purge", "POST", "/caching-rules/entries/purge"),
    _one("rule.list", "/caching-rules/{id}", "id", "ruleShow"),
    _at("rule.remove", "DELETE", "/caching-rules/{id}"),
    _at("group.list", "GET", "/groups"),
    _at("group.add", "POST", "/groups", status=201),
    _one("group.list", "/groups/{group}", "name", "groupShow"),
    _at("group.remove", "DELETE", "/groups/{group}"),
    _at("group.rename", "PUT", "/groups/{group}/name"),
    _at("server.list", "GET", "/servers"),
    _at("server.show", "GET", "/servers/{server}"),
    _at("server.remove", "DELETE", "/servers/{server}"),
    _at("server.rename", "PUT", "/servers/{server}/name"),
    _at("server.move", "POST", "/servers/{server}/move"),
    _at("server.renew", "POST", "/servers/{server}/renew"),
    _at("server.revoke", "POST", "/servers/{server}/revoke"),
    _at("server.download", "GET", "/server-download"),
    _at("server.credentials-list", "GET", "/activation-credentials"),
    _at("server.credentials", "POST", "/activation-credentials", status=201, hides=True),
    _at("server.credentials-withdraw", "POST", "/activation-credentials/{credentials}/withdraw"),
    _at("setting.list", "GET", "/settings"),
    _one("setting.list", "/settings/{name}", "name", "settingShow"),
    _at("setting.set", "PUT", "/settings/{name}"),
    _at("activity.list", "GET", "/activity", pages=Pages(behind="before", key="id")),
    _at("activity.search", "GET", "/activity/search"),
    _at("activity.statistics", "GET", "/activity/statistics"),
    _at("why", "GET", "/activity/{id}/why"),
    _at("what-if", "POST", "/what-if"),
    _at("pending", "GET", "/pending"),
    _at("try", "POST", "/try"),
    _at("audit.list", "GET", "/audit", pages=Pages(behind="before", key="id")),
    _at("audit.verify", "GET", "/audit/verification"),
    _at("audit.verify-begin", "POST", "/audit/verification"),
    _at("audit.verify-state", "GET", "/audit/verification/state"),
    _at("admin.list", "GET", "/administrators"),
    _at("admin.invite", "POST", "/administrators", status=201, hides=True),
    _at("admin.change", "PATCH", "/administrators/{name}"),
    _at("admin.remove", "DELETE", "/administrators/{name}"),
    _at("admin.link", "POST", "/administrators/{name}/link", hides=True),
    _at("admin.disable", "POST", "/administrators/{name}/disable"),
    _at("admin.enable", "POST", "/administrators/{name}/enable"),
    _at("admin.unlock", "POST", "/administrators/{name}/unlock"),
    _at("session.list", "GET", "/sessions"),
    _at("session.end", "DELETE", "/sessions/{id}"),
    _at("session.end-all", "POST", "/administrators/{administrator}/end-sessions"),
    _at("key.list", "GET", "/api-keys"),
    _at("key.add", "POST", "/api-keys", status=201, hides=True),
    _at("key.revoke", "POST", "/api-keys/{id}/revoke"),
    _at("key.rotate", "POST", "/sealing-keys/rotate"),
    _at("doctor", "GET", "/doctor"),
)
"""Every resource."""

NOT_SERVED: Final[Mapping[str, str]] = {
    name: "a program has no account of its own" for name in OPERATIONS if name.startswith("account.")
}
"""Operations without a resource, and why."""

OF_OPERATION: Final[Mapping[str, Resource]] = {one.operation: one for one in ALL if one.pick is None}
"""The resource that an operation is reached by."""

SHOWN_AT: Final[Mapping[str, Resource]] = {one.path: one for one in ALL if one.method == "GET" and not one.lists}
"""What is shown at a path: whoever changes something there may say which version he has seen."""


def guards(resource: Resource) -> Resource | None:
    """Return what is shown where this changes something, None where nothing is."""
    return SHOWN_AT.get(resource.path) if resource.method in {"PUT", "PATCH", "DELETE"} else None


def must_have_seen(resource: Resource) -> bool:
    """Tell whether who changes something must say which version he has seen."""
    return resource.method in {"PUT", "PATCH"} and guards(resource) is not None
