"""
The table of resources, and every resource by every role.
"""

import json
import types
from typing import Any, get_args, get_origin
from urllib.parse import quote, urlencode

import msgspec
import pytest

from tests.unit.web.api.desk import Desk
from watchword.app.administration import Refusal
from watchword.app.operations import OPERATIONS
from watchword.domain.roles import PERMISSIONS, Role
from watchword.web.api.examples import EXAMPLES
from watchword.web.api.reading import asked
from watchword.web.api.resources import ALL, NOT_SERVED, PREFIX, WITH_BODY, Resource

BY_NAME = {resource.name: resource for resource in ALL}

#: For ever: programs are made from these. A new resource adds one; none is ever changed.
NAMES = """
    activityList applicationAdd applicationChange applicationClientAdd applicationClientRemove applicationList
    applicationRemove applicationSecretFinish applicationSecretReplace applicationShow auditVerify bypassAdd
    bypassCancel bypassList directoryAdd directoryList directoryRemove directoryShow directoryTest doctor groupAdd
    groupList groupRemove groupRename groupShow keyAdd keyList keyRevoke keyRotate methodAdd methodList methodRemove
    pending ruleAdd ruleEntries ruleList rulePurge ruleRemove ruleShow serverCredentials serverCredentialsList
    serverCredentialsWithdraw serverList serverMove serverRemove serverRename serverRenew serverRevoke serverShow
    settingList settingSet settingShow try userAdd userAliasAdd userAliasRemove userBlock userDisable userEnable
    userList userPassword userRemove userRename userSearch userShow userUnblock userUnlock whatIf why
"""


PERSONS_ONLY = {
    *("keyAdd", "keyRevoke", "sessionEnd", "sessionEndAll"),
    *(f"admin{verb}" for verb in ("Invite", "Change", "Remove", "Disable", "Enable", "Unlock")),
}
"""What no program may do, whatever the role of its key."""


def example_of(resource: Resource) -> tuple[str, Any]:
    """Return the path and the body of the example of a resource."""
    example = EXAMPLES[resource.operation]
    values = {name: example.asked.get(name) or example.row(resource.pick or name) for name in resource.in_path()}
    path = resource.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    given = {name: value for name, value in example.asked.items() if name in resource.elsewhere()}
    if resource.method in WITH_BODY:
        return PREFIX + path, given or None
    written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    return PREFIX + path + (f"?{urlencode(written)}" if written else ""), None


def test_no_name_is_ever_changed() -> None:
    assert set(NAMES.split()) <= set(BY_NAME)


def test_no_two_are_the_same() -> None:
    assert len(BY_NAME) == len(ALL) == len({(one.method, one.path) for one in ALL})


def test_every_name_in_a_path_means_something() -> None:
    for resource in ALL:
        known = types_of(resource.does.arguments)
        assert resource.pick in types_of(resource.result) if resource.pick else set(resource.in_path()) <= known


def types_of(kind: Any) -> set[str]:
    return set(getattr(kind, "__dataclass_fields__", ()))


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - set(NOT_SERVED)))
def test_every_operation_has_an_example_of_its_types(name: str) -> None:
    operation, example = OPERATIONS[name], EXAMPLES[name]

    shown = operation.result
    if get_origin(shown) is types.UnionType:
        shown = get_args(shown)[0]
    read = msgspec.convert(example.shown, type=shown, strict=True, builtin_types=())

    assert within(example.shown, json.loads(msgspec.json.encode(read)))


def within(shown: Any, whole: Any) -> bool:
    """Tell whether an example shows nothing that an answer has not; what has a value of its own may be left out."""
    if isinstance(shown, dict):
        return all(name in whole and within(value, whole[name]) for name, value in shown.items())
    if isinstance(shown, list):
        return all(within(*pair) for pair in zip(shown, whole, strict=True))
    return bool(shown == whole)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_example_can_be_asked(name: str) -> None:
    resource = BY_NAME[name]
    example = EXAMPLES[resource.operation].asked
    in_path = {each: str(example.get(each, "x")) for each in resource.in_path()}
    given = {each: value for each, value in example.items() if each in resource.elsewhere()}
    body = given if resource.has_body else {}
    query = {} if resource.has_body else {each: str(value).lower() for each, value in given.items()}

    assert not isinstance(asked(resource, in_path, query, body), Refusal)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HOST])
async def test_every_resource_by_every_role(desk: Desk, role: Role) -> None:
    for resource in ALL:
        path, body = example_of(resource)

        answer = await desk.ask(resource.method, path, body, role=role, headers={"if-match": "*"})

        may = resource.does.permission in PERMISSIONS[role]
        assert (answer.status != 403) is (may and resource.name not in PERSONS_ONLY), (resource.name, answer.body)
        assert answer.status != 401
        if answer.status == 403:
            assert answer.document.get("permission") == (None if may else resource.does.permission.value)
        assert answer.status < 500 or answer.document["type"] == "/problems/unavailable", (resource.name, answer.body)
    assert desk.portal.faults == []


async def test_nobody_without_a_key_gets_anything(desk: Desk) -> None:
    for number, resource in enumerate(ALL):
        path, body = example_of(resource)

        answer = await desk.ask(resource.method, path, body, role=None, client=f"198.51.{number}.7")

        assert answer.status == 401, resource.name
    assert desk.office.audited() == []
