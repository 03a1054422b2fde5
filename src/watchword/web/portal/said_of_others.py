"""
Sentences about people, keys, activity and what `doctor` finds, and how pages say them (`web.portal.said`).
"""

from collections.abc import Mapping
from typing import Final

from watchword.web.portal.languages import marked

OTHERS: Final[Mapping[str, str]] = {
    "nothing is running on this data folder, so nothing is in progress; `watchword up` starts it": marked(
        "Nothing runs here, so nothing is in progress."
    ),
    "only somebody who is signed in at the portal has an account": marked(
        "Only somebody who is signed in has an account."
    ),
    "a language is named by its tag, such as en or de": marked("A language is named by its tag, such as en or de."),
    "there is no such session; it may have ended already": marked(
        "There is no such session. It may have ended already."
    ),
    "begin again: the code that was shown is not there any more": marked(
        "Begin again: the code that was shown is not good any more."
    ),
    "an administrator has at most {most} passkeys; remove one first": marked(
        "An administrator has at most %(most)s passkeys. Remove one first."
    ),
    "there is no such passkey": marked("There is no such passkey."),
    "there is no token": marked("There is no authenticator app."),
    "nobody has the role host; choose owner, authentication-administrator, help-desk or auditor": marked(
        "Choose one of the four roles."
    ),
    "no key has the role host; choose owner, authentication-administrator, help-desk or auditor": marked(
        "Choose one of the four roles."
    ),
    "there is no administrator {name}; `watchword admin list` shows them": marked(
        "There is no administrator %(name)s."
    ),
    "a program with an API key may not do that; sign in at the portal, or do it on the host": marked(
        "A program with an API key may not do that."
    ),
    "{name} is no name to sign in with: 1 to 64 characters, no blanks, no colons": marked(
        "%(name)s is no name to sign in with: it has 1 to 64 characters, without blanks and colons."
    ),
    "{name} is disabled already": marked("%(name)s is disabled already."),
    "{name} is not disabled": marked("%(name)s is not disabled."),
    "{name} is not blocked": marked("%(name)s is not blocked."),
    "a key is good for 1 to {most} seconds, or until it is revoked": marked(
        "A key is good for 1 to %(most)s seconds, or until it is revoked."
    ),
    "there is no such key; `watchword key list` shows them": marked("There is no such key."),
    "there is no row of activity {id}; `watchword activity` shows the last ones": marked("There is no such login."),
    "a page is before one row or after one, not both": marked("A page is before one row or after one, not both."),
    "{name} can be nobody's name": marked("%(name)s can be nobody's name."),
    "a code has 6 or 8 digits": marked("A code has 6 or 8 digits."),
    "a time step has {least} to {most} seconds": marked("A time step has %(least)s to %(most)s seconds."),
    "a counter is from 0 to {most}": marked("A counter is from 0 to %(most)s."),
    "{user} has {count} methods already; `watchword method remove` takes one away": marked(
        "%(user)s has %(count)s second steps already. Remove one first."
    ),
    "{user} has no method {id}; `watchword method list {name}` shows what he has": marked(
        "%(user)s has no such second step any more."
    ),
    "{user} goes by {alias} already": marked("%(user)s goes by %(alias)s already."),
    "a user has at most {most} aliases": marked("A user has at most %(most)s further names."),
    "there is a user who goes by {alias} already; a name that is given must be free": marked(
        "Somebody goes by %(alias)s already. Choose a name that is free."
    ),
    "{alias} is the user's own name; `watchword user remove` removes the user": marked(
        "%(alias)s is the user's own name, which stays."
    ),
    "{user} does not go by {alias}; `watchword user show` lists his names": marked(
        "%(user)s does not go by %(alias)s."
    ),
    "the name must have at most {most} printable characters": marked(
        "The name has at most %(most)s characters that can be shown."
    ),
    "the password is too long: at most {most} octets fit a RADIUS request with a code": marked(
        "The password is too long: at most %(most)s octets fit beside a code."
    ),
    "the password must be UTF-8 text of at least one character, without NUL": marked(
        "The password must be text of at least one character."
    ),
    "the password ends like a typed code (a comma and 6 or 8 digits, or a backup code), so it could never"
    " be told from one"
    "; choose another": marked(
        "The password ends like a typed code: a comma and 6 or 8 digits, or a backup code. Choose another."
    ),
    "{name} is no user name; write it as username@domain": marked(
        "%(name)s is no user name. Write it as username@domain."
    ),
    "there is a user {name} already": marked("There is a user %(name)s already."),
    "this link was used, replaced by a newer one, or is older than a day"
    "; `watchword admin link` on the host makes another": marked(
        "This link was used, replaced by a newer one, or is older than a day. Ask for another."
    ),
    "choose a name and a password first": marked("Choose a name and a password first."),
    "this administrator is disabled; an owner has to enable him first": marked(
        "This administrator is disabled. An owner has to enable them first."
    ),
    "there is an owner already; ask him for an invitation": marked(
        "There is an owner already. Ask them for an invitation."
    ),
    "passkeys need a host name, and this portal is known by an address alone: set public_url to the URL "
    "that browsers use": marked(
        "Passkeys need a host name, and this portal has only an address. Use an authenticator app, or let its"
        " host be given a public URL."
    ),
    "say which rule: an id, or a type and seconds": marked("Choose a type and the seconds."),
    "a rule of type {type} keeps a login for 1 to {longest} seconds": marked(
        "A rule of this type keeps a login for 1 to %(longest)s seconds."
    ),
    "at most {most} {span}s can be shown, from one instant to a later one": marked(
        "At most %(most)s spans can be shown, from one instant to a later one."
    ),
    "too many bypasses were made by one administrator within an hour, {most}"
    "; wait, or ask another administrator": marked(
        "You have made %(most)s bypasses within an hour. Wait, or ask another administrator."
    ),
    "too many bypasses were made for one user within a day, {most}"
    "; give the user a method, or let an owner raise bypass.most_for_user": marked(
        "This user had %(most)s bypasses within a day. Enrol a second step for them, or let an owner raise "
        "the limit in the settings."
    ),
    "a reason is needed, of at most 500 characters": marked("A reason is needed, of at most 500 characters."),
    "{thing} needs a name of 1 to {most} printable characters": marked(
        "A name is needed, of at most %(most)s characters."
    ),
    "{application} asks by {type}: each of its networks has a secret"
    "; `watchword application client-add` and `client-remove` change them": marked(
        "Each network of %(application)s has a secret of its own. Add and remove them at its page."
    ),
    "an application of type {type} cannot be served yet; use --type radius or api": marked(
        "An application of that type cannot be served yet. Choose RADIUS or API."
    ),
    "--primary names each directory once, and at most {most} of them": marked(
        "Name each directory once, and at most %(most)s of them."
    ),
    "`{name}` stands alone: it cannot be mixed with directories": marked(
        "%(name)s stands alone: it cannot be mixed with directories."
    ),
    "{application} asks by api and has one secret"
    "; `watchword application change --client` says from where it may ask": marked(
        "%(application)s asks by API and has one secret."
    ),
    "{application} has {count} networks already; a wider one may cover several": marked(
        "%(application)s has %(count)s networks already. A wider one may cover several."
    ),
    "the user filter is no LDAP filter (RFC 4515): {why}": marked(
        "The user filter is no LDAP filter (RFC 4515): %(why)s."
    ),
    "{field} must have at most {most} printable characters": marked("At most %(most)s characters that can be shown."),
    "`{name}` means every replication group; choose another name": marked(
        "%(name)s means every replication group. Choose another name."
    ),
    "{application} asks by api and not by RADIUS: POST /api/v1/verifications is how": marked(
        "%(application)s asks by API and not by RADIUS, so nothing can be sent in its place."
    ),
    "password and code have more than the {most} octets that a request can carry": marked(
        "Password and code are longer than a request can carry: %(most)s octets."
    ),
    "there is no way from here to {host} port {port}": marked("There is no way from here to %(host)s port %(port)s."),
    "{nothing}, or --via HOST:PORT names another server": marked("Nothing runs here that could be asked."),
    "{application} would take codes without a portal, but its passwords are at the portal": marked(
        "%(application)s would take codes without a portal, but its passwords are at the portal."
    ),
    "check its passwords at a directory, or set --portal-away deny, which is what happens": marked(
        "Check its passwords at a directory, or let it deny while no portal answers, which is what happens."
    ),
    "the clock lies {seconds} seconds behind the latest instant that was written down": marked(
        "The clock lies %(seconds)s seconds behind the latest instant that was written down."
    ),
    "codes of tokens are judged by the clock; let a time service (NTP) set it, then run this again": marked(
        "Codes of tokens are judged by the clock. Let a time service (NTP) set it."
    ),
    "the database file is damaged: {fault}": marked("The database file is damaged: %(fault)s."),
    "stop Watchword, keep a copy of the data folder, and restore the last backup": marked(
        "Stop Watchword, keep a copy of the data folder, and put the last backup back."
    ),
    "the sealing key (version {version}) is {days} days old": marked("The sealing key is %(days)s days old."),
    "`watchword key rotate` makes a new one and seals everything under it": marked(
        "Run “watchword key rotate” on the host: it makes a new one and seals everything under it."
    ),
    "there is no sealing key": marked("There is no sealing key."),
    "{application} has no network that it asks from, so it is never heard": marked(
        "%(application)s has no network that it asks from, so it is never heard."
    ),
    "`watchword application client-add {application} ADDRESS --secret-stdin`": marked(
        "Add a network at the application's page."
    ),
    "the secret of {application} has {octets} octets; {advised} random ones are advised": marked(
        "The secret of %(application)s has %(octets)s octets; %(advised)s random ones are advised."
    ),
    "`openssl rand -base64 32` makes one; `watchword application secret-replace` puts it in place": marked(
        "Replace the secret at the application's page, which makes a good one."
    ),
    "the secret of {application} is being replaced, and both count": marked(
        "The secret of %(application)s is being replaced, and both count."
    ),
    "`watchword application secret-finish` ends the older one once the application has the newer": marked(
        "End the older one at the application's page once the application has the newer."
    ),
    "{applications} have the same secret, so each could speak for the other": marked(
        "%(applications)s have the same secret, so each could speak for the other."
    ),
    "`watchword application secret-replace` gives one of them another": marked(
        "Replace the secret of one of them at its page."
    ),
    "{application} takes requests from a very wide network": marked(
        "%(application)s takes requests from a very wide network."
    ),
    "name the addresses that really ask": marked("Name the addresses that really ask."),
    "let it send one; where it cannot, `watchword application change {name} --no-message-authenticator` turns"
    " the requirement off, and then whoever sits on the path between can forge requests and answers"
    " (CVE-2024-3596)": marked(
        "Let it send one. Where it cannot, turn the requirement off at the application's page; whoever sits on the"
        " path between can forge requests and answers then (CVE-2024-3596)."
    ),
    "let it send Message-Authenticator, then `watchword application change --message-authenticator`": marked(
        "Let it send Message-Authenticator, then require it at the application's page."
    ),
    "passwords go to {directory} in clear text": marked("Passwords go to %(directory)s in clear text."),
    "add it anew with ldaps:// or --start-tls": marked("Add it anew with ldaps:// or StartTLS."),
    "{requests} of addresses that are no client's were dropped, the last from {address}": marked(
        "Requests came from addresses of no application and were dropped, the last from %(address)s."
    ),
    "`watchword application add` or `application client-add`, where it is one of yours": marked(
        "If it is one of yours, add it as an application, or its network to one."
    ),
    "name the one address on which applications reach it, and let a firewall keep everybody else away": marked(
        "Name the one address on which applications reach it, and let a firewall keep everybody else away."
    ),
}
"""What is said instead."""
