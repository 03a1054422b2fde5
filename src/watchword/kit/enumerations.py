"""
How Python finds the members of enumerations.

Until Python 3.12, `EnumType` has a `__getattr__` that no member needs any more: every one stands in the dictionary of
its class. But a metaclass that has one makes Python take its slow way at each `Reason.CODE`: 60 to 240 ns instead of
20, some thirty times a login. Python 3.12 has taken it away (gh-95083), and so does whoever serves on 3.11.
"""

from enum import EnumType


def settle() -> None:
    """Find members as Python 3.12 does, from now on and in the whole process."""
    if "__getattr__" in vars(EnumType):
        type.__delattr__(EnumType, "__getattr__")
