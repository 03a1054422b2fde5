"""
An operation: something that can be administered, as the catalogue has it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from watchword.app.administration import Actor, Administration, Refusal
from watchword.domain.roles import Permission

Arguments = TypeVar("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Arguments, Result]):
    """
    Something that can be administered.

    Attributes:
        name: `noun.verb`, as the command line has it with a blank.
        permission: what whoever asks for it must be allowed.
        arguments: the type of its arguments, a frozen dataclass.
        result: the type of its results as a type expression, for whoever describes them.
        handler: does it.
    """

    name: str
    permission: Permission
    arguments: type[Arguments]
    result: Any
    handler: Callable[[Administration, Actor, Arguments], Awaitable[Result | Refusal]]


def define(
    name: str,
    permission: Permission,
    handler: Callable[[Administration, Actor, Arguments], Awaitable[Result | Refusal]],
    arguments: type[Arguments],
    result: Any,
) -> Operation[Arguments, Result]:
    """Make one."""
    return Operation(name=name, permission=permission, arguments=arguments, result=result, handler=handler)
