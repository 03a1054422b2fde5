"""
Sentences of operations that pages show, and how pages say them.

The first is what stands in `app`, with a name in braces for each value; the second is said instead, and is translated.
A test sees that each is still said there.
"""

from collections.abc import Mapping
from typing import Final

from watchword.web.portal.languages import marked
from watchword.web.portal.said_of_administering import ADMINISTERING
from watchword.web.portal.said_of_applications import APPLICATIONS
from watchword.web.portal.said_of_others import OTHERS
from watchword.web.portal.said_of_presets import PRESETS
from watchword.web.portal.said_of_servers import SERVERS
from watchword.web.portal.said_of_the_trail import TRAIL

PATTERNS: Final[Mapping[str, str]] = {
    **ADMINISTERING,
    **APPLICATIONS,
    **PRESETS,
    **SERVERS,
    **TRAIL,
    **OTHERS,
    "there is no user {name}; `watchword user list` shows who is there": marked(
        "Nobody goes by %(name)s. Write it as username@domain, DOMAIN\\name or the short name."
    ),
    "{name} can be nobody's name; write it as username@domain": marked(
        "%(name)s can be nobody's name. Write it as username@domain."
    ),
    "more than one user goes by {name}; write the whole name, username@domain": marked(
        "More than one user goes by %(name)s. Write the whole name, username@domain."
    ),
    "there is no application {name}; `watchword application list` shows them": marked(
        "There is no application %(name)s."
    ),
    "there is no replication group {name}; `watchword group list` shows them": marked(
        "There is no replication group %(name)s."
    ),
    "a reason is needed: 1 to {most} printable characters": marked(
        "A reason is needed, of at most %(most)s characters."
    ),
    "the seconds are out of range: a bypass lasts from 1 to {longest} seconds": marked(
        "A bypass lasts from 1 to %(longest)s seconds."
    ),
    "nobody creates a bypass for himself; ask another administrator": marked(
        "Nobody creates a bypass for themselves. Ask another administrator."
    ),
    "there is more than one replication group: name one, or all (--group); there are {names}": marked(
        "Choose where it is good: %(names)s, or all of them."
    ),
    "that verification is not one of {user}; `watchword pending` shows whose it is": marked(
        "That login is not one of %(user)s."
    ),
    "no verification {id} is in progress any more; `watchword pending` shows what is": marked(
        "That login is over by now. Choose again."
    ),
    "that verification was over by then; the bypass waits for the next login": marked(
        "That login was over by then. The bypass waits for the next one."
    ),
    "there is no bypass {id}; `watchword bypass list --all` shows every one": marked("There is no such bypass."),
    "the bypass is {state}, so there is nothing left to cancel": marked(
        "The bypass is over already, so there is nothing left to cancel."
    ),
    "{user} is blocked, and a block beats a bypass; `watchword user unblock {name}` ends it": marked(
        "%(user)s is blocked, and a block beats a bypass: unblock them first."
    ),
    "{user} is disabled, and that beats a bypass": marked("%(user)s is disabled, and that beats a bypass."),
    "{user} is locked, and a lock beats a bypass; `watchword user unlock {name}` ends it": marked(
        "%(user)s is locked, and a lock beats a bypass: unlock them first."
    ),
    "the cache seconds are out of range for this cache type: a rule of type {type} keeps a login for 1 to {longest}"
    " seconds": marked("A rule of this type keeps a login for 1 to %(longest)s seconds."),
    "there is a rule with the same cache type, authentication type and application already; remove that one first"
    " (`watchword rule list`)": marked(
        "There is a rule with the same cache type, authentication type and application already."
    ),
    "there is no caching rule {id}; `watchword rule list` shows them": marked("There is no such rule."),
    "{application} asks by {type}, so a rule for another authentication type would never apply to it": marked(
        "%(application)s asks by %(type)s, so a rule for another authentication type would never apply to it."
    ),
    "a rule of type user lets whoever has the password in from anywhere, and at every application, for as long as it"
    " lasts": marked("Whoever has the password gets in from anywhere, at every application, for as long as it lasts."),
    "whoever has the password gets in from any address for as long as the rule lasts": marked(
        "Whoever has the password gets in from any address for as long as it lasts."
    ),
    "whoever shares the address of a user, behind the same router for one, needs only his password": marked(
        "Whoever shares the address of a user, behind the same router for one, needs only their password."
    ),
    "it holds at every application, the ones that are added later too": marked(
        "It holds at every application, the ones that are added later too."
    ),
    "it lasts longer than the {seconds} seconds that are usual for its type": marked(
        "It lasts longer than the %(seconds)s seconds that are usual for its type."
    ),
    "{setting} must be from {least} to {most}": marked("Write a value from %(least)s to %(most)s."),
    "{setting} must be a whole number": marked("Write a whole number."),
    "there is no such setting": marked("There is no such setting."),
    "the password is right": marked("The password is right."),
    "the application has checked the password": marked("The application has checked the password."),
    "{directory} answers and finds the password right": marked("%(directory)s answers and finds the password right."),
    "the typed code is right and unused, by {method}": marked(
        "The typed code is right and unused, of this second step: %(method)s."
    ),
    "a code is typed, and the user has no method whose code could be right": marked(
        "A code is typed, and the user has no second step whose code could be right."
    ),
    "the verification in progress is of the same login": marked("The login in progress is the same one."),
    "it is approved": marked("It is approved."),
    "whoever holds the phone approves in time": marked("Whoever holds the phone approves in time."),
    "the source must be an address, or the text that the application sends as Calling-Station-Id": marked(
        "Write an address, or the text that the application sends in its place."
    ),
    "without a second step, and so denied: {names}": marked("Without a second step, and so denied: %(names)s."),
    "`watchword method add USER totp` gives one": marked("Enrol a second step for each of them."),
    "the database cannot be read or written at this moment, so nothing was changed; try again": marked(
        "The database cannot be read or written at this moment, so nothing was changed. Try again."
    ),
    "this was sent by a page of another site": marked("This was sent by a page of another site."),
    "the form was of another session; open the page anew": marked(
        "The form was of another session. Open the page anew."
    ),
    "the role {role} may not do that ({permission}); ask somebody who may": marked(
        "Your role may not do that (%(permission)s). Ask somebody who may."
    ),
}
