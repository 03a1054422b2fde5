"""
Sentences of the operations about those who administer, and how pages say them (`web.portal.said`).
"""

from collections.abc import Mapping
from typing import Final

from watchword.web.portal.languages import marked

ADMINISTERING: Final[Mapping[str, str]] = {
    "the name or the password is wrong": marked("The name or the password is wrong."),
    "too many wrong passwords; wait a minute, then try again": marked(
        "Too many wrong passwords. Wait a minute, then try again."
    ),
    "that took too long, or was done already; start again with the password": marked(
        "That took too long, or was done already. Start again with the password."
    ),
    "the code is wrong, or was used before; wait for the next one": marked(
        "The code is wrong, or was used before. Wait for the next one."
    ),
    "this passkey was not accepted; try again, or use another one": marked(
        "This passkey was not accepted. Try again, or use another one."
    ),
    "this session has ended; sign in again": marked("This session has ended. Sign in again."),
    "this administrator is disabled": marked("This administrator is disabled."),
    (
        "too many wrong codes: locked until {until}; an owner can unlock it earlier, and so can"
        " `watchword admin unlock {name}` on the host"
    ): marked("Too many wrong codes: locked until %(until)s. An owner can unlock it earlier."),
    "the present password is wrong": marked("The present password is wrong."),
    "this is the only second step; add another one first": marked(
        "This is the only second step. Add another one first."
    ),
    "this is the last owner who can sign in; make another one first": marked(
        "This is the last owner who can sign in. Make another one first."
    ),
    "nobody changes what he himself may do; another owner does that": marked(
        "Nobody changes what they themselves may do. Another owner does that."
    ),
    "there is an administrator {name} already": marked("There is an administrator %(name)s already."),
    "there is an administrator {name} already; choose another name": marked(
        "There is an administrator %(name)s already. Choose another name."
    ),
    "the name must have 1 to 64 characters, without blanks and colons": marked(
        "The name must have 1 to 64 characters, without blanks and colons."
    ),
    "the password must have at least {least} characters; several words make a good one": marked(
        "The password must have at least %(least)s characters. Several words make a good one."
    ),
    "the password must have at least {fewest} different characters": marked(
        "The password must have at least %(fewest)s different characters."
    ),
    "there is a key {name} already; what it did would not be told from what this one does": marked(
        "There is a key %(name)s already. What it did could not be told from what this one does."
    ),
    "this key makes no bypasses; an owner who wants that makes another one for it"
    " (`watchword key add --bypasses`)": marked(
        "This key makes no bypasses. An owner who wants that makes another one for it."
    ),
    "the key {name} is revoked already": marked("The key %(name)s is revoked already."),
}
"""What is said instead."""
